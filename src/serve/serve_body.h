/* The body of a request as it comes in, of a server or of the page: bounded in bytes and in time. What is refused is
 * read to its end and thrown away, so that a client that is still writing sees the reply; a body that is much too long
 * is not. */
#ifndef SERVE_SERVE_BODY_H
#define SERVE_SERVE_BODY_H

#include "serve/api_error.h"

struct serve_body {
    struct buffer bytes;
    size_t most, drained;
    double began, patience; /* seconds */
};
void serve_body_init(struct serve_body *body, size_t most, double patience);
void serve_body_done(struct serve_body *body);
/* Of the head: what Content-Length says (empty: nothing). False: too long, said in *refused; *hopeless: so long that it
 * is not read. */
bool serve_body_admit(const struct serve_body *body, struct text content_length, bool *hopeless,
                      struct api_error *refused);
/* Takes n more bytes. What goes wrong is said in *refused; false: the connection is to be cut. */
bool serve_body_take(struct serve_body *body, const char *data, size_t n, struct api_error *refused);

#endif
