/* A bounded reader of protocol buffers' wire format (https://protobuf.dev/programming-guides/encoding): fields one
 * after another, never beyond the end of a message. Groups (wire types 3 and 4), which no file here uses,
 * are an error. */
#ifndef LM_PROTOBUF_H
#define LM_PROTOBUF_H

#include "base/text.h"

struct protobuf {
    struct text rest;
    size_t offset; /* of `rest` in the file, for messages */
    const char *path;
};

enum protobuf_wire { PROTOBUF_VARINT = 0, PROTOBUF_64 = 1, PROTOBUF_BYTES = 2, PROTOBUF_32 = 5 };

struct protobuf_field {
    uint32_t number;
    enum protobuf_wire wire;
    uint64_t value;    /* VARINT, and the bits of 64 and 32 */
    struct text bytes; /* BYTES; borrowed */
    size_t offset;     /* of bytes in the file */
};

/* 1 a field, 0 the end, -1 an error (ERROR_DATA: "PATH: byte OFFSET: ..."). */
int protobuf_next(struct protobuf *p, struct protobuf_field *field, struct error *err) MUST_CHECK;
/* The message that a field of bytes is. */
struct protobuf protobuf_inside(const struct protobuf *p, const struct protobuf_field *field);
float protobuf_float(const struct protobuf_field *field);

#endif
