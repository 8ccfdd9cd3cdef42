/* Base64 (RFC 4648, section 4) to bytes. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buffer.h"

/* Appends the bytes of t; padding may be left out. False: a character that has no place there,
 * or more than out takes. */
bool base64_read(struct buffer *out, struct text t) MUST_CHECK;
/* Appends t as Base64 with padding. */
bool base64_put(struct buffer *out, struct text t);

#endif
