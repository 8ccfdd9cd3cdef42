/* A client that speaks HTTP by hand, so that it can do what no library does: stop in the middle, dribble, lie. */
#ifndef TESTS_HTTP_CLIENT_H
#define TESTS_HTTP_CLIENT_H

#include "base/buffer.h"

#include <stdbool.h>

struct http_reply {
    int status;         /* 0: none came */
    struct buffer head; /* lines */
    struct buffer body; /* of chunks joined */
    bool whole;
};

/* A socket to 127.0.0.1, or -1. Reads give up after `seconds`. */
int http_connect(unsigned port, double seconds);
bool http_send(int fd, const char *bytes, size_t n);
/* "POST /v1/completions" and the like, with Host and Content-Length and further header lines ("A: b\r\n"). */
bool http_send_request(int fd, const char *what, const char *headers, struct text body);
void http_reply_init(struct http_reply *reply);
void http_reply_done(struct http_reply *reply);
/* Reads a reply to its end; stop_after > 0: at least that many bytes of the body, then what is read stays as it is. */
void http_read_reply(int fd, struct http_reply *reply, size_t stop_after);
/* All in one, on a connection of its own. */
void http_ask(unsigned port, const char *what, const char *headers, struct text body, struct http_reply *reply);
/* Whether the other side has closed the connection within `seconds`. */
bool http_is_closed(int fd, double seconds);

#endif
