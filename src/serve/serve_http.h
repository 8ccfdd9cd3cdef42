/* Connections: what may come in, routes, and replies. libmicrohttpd gives each connection a thread, which reads the
 * body, makes the job, waits for the desk and writes the reply.
 *
 * Who may come in: the Host must name this machine (127.0.0.1, localhost, [::1]), so that a page of a foreign site
 * whose name was made to point here gets nothing; an Origin, which browsers send, must be this server itself; with a
 * key, Authorization must bring it. Bounds: bytes of a body, seconds for a head and for a body, requests in the house.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "serve/serve_desk.h"

struct serve_http;

struct serve_http_settings {
    struct subject *subject;
    struct serve_desk *desk;
    struct serve_forms *forms;
    unsigned port;      /* 0: a free one */
    const char *key;    /* NULL: none; borrowed */
    size_t body_max;    /* bytes */
    double patience;    /* seconds for a head, and for a body */
    size_t connections; /* at once */
};
/* Listens on 127.0.0.1. */
struct serve_http *serve_http_new(const struct serve_http_settings *settings, struct error *err) MUST_CHECK;
unsigned serve_http_port(const struct serve_http *http);
/* Cuts connections that have taken too long to say what they want; to be called about once a second. */
void serve_http_tend(struct serve_http *http);
/* No new connections from now on. */
void serve_http_close(struct serve_http *http);
/* Waits for the replies under way: the desk must have none left. */
void serve_http_free(struct serve_http *http);

#endif
