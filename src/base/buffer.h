/* A growing byte buffer with a mandatory maximum. After a failed put the buffer stays failed and keeps what it had,
 * so a writer may put many things and check once. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/text.h"

struct buffer {
    char *at; /* always zero-terminated once something was put */
    size_t len, capacity, max;
    bool failed;
    bool full; /* failed because of max, not of memory */
};

void buffer_init(struct buffer *buffer, size_t max);
void buffer_done(struct buffer *buffer);
void buffer_clear(struct buffer *buffer); /* keeps the memory, forgets a failure */
bool buffer_put(struct buffer *buffer, const void *at, size_t n);
bool buffer_put_text(struct buffer *buffer, struct text t);
/* Bytes that are no UTF-8 become U+FFFD, each its own. */
bool buffer_put_utf8(struct buffer *buffer, struct text t);
bool buffer_put_c(struct buffer *buffer, const char *zero_terminated);
bool buffer_put_char(struct buffer *buffer, char c);
bool buffer_put_f64(struct buffer *buffer, double value); /* shortest form that round-trips */
bool buffer_printf(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
struct text buffer_text(const struct buffer *buffer); /* borrowed until the next put */
/* Sets err when the buffer has failed. */
bool buffer_check(const struct buffer *buffer, const char *what, struct error *err) MUST_CHECK;

#endif
