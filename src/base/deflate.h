/* gzip (RFC 1952) by zlib. */
#ifndef BASE_DEFLATE_H
#define BASE_DEFLATE_H

#include "base/buffer.h"

/* Appends t as one gzip member without a name or time, so equal bytes give equal bytes. level:
 * 1 (fast) to 9 (small). */
bool deflate_put(struct buffer *out, struct text t, int level, struct error *err) MUST_CHECK;

#endif
