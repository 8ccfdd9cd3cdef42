/* Protocol buffers: see protobuf.h. */
#include "lm/files/protobuf.h"

#include <string.h>

enum { VARINT_MAX = 10 };

static int bad(const struct protobuf *p, struct error *err, const char *what) {
    error_set(err, ERROR_DATA, "%s: byte %zu: %s", p->path, p->offset, what);
    return -1;
}

static void advance(struct protobuf *p, size_t n) {
    p->rest = text_part(p->rest, n, p->rest.len);
    p->offset += n;
}

static bool take_varint(struct protobuf *p, uint64_t *out) {
    *out = 0;
    for (size_t i = 0; i < VARINT_MAX && i < p->rest.len; i++) {
        unsigned char byte = (unsigned char)p->rest.at[i];
        *out |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            advance(p, i + 1);
            return true;
        }
    }
    return false;
}

static bool take_fixed(struct protobuf *p, size_t n, uint64_t *out) {
    if (p->rest.len < n) return false;
    *out = 0;
    memcpy(out, p->rest.at, n); /* little-endian, as everything this program reads */
    advance(p, n);
    return true;
}

static int take_bytes(struct protobuf *p, struct protobuf_field *field, struct error *err) {
    if (!take_varint(p, &field->value)) return bad(p, err, "a length is cut short");
    if (field->value > p->rest.len) return bad(p, err, "a field is longer than what is left of its message");
    field->bytes = text_part(p->rest, 0, (size_t)field->value);
    field->offset = p->offset;
    advance(p, (size_t)field->value);
    return 1;
}

int protobuf_next(struct protobuf *p, struct protobuf_field *field, struct error *err) {
    uint64_t key;
    if (!p->rest.len) return 0;
    *field = (struct protobuf_field){0};
    if (!take_varint(p, &key)) return bad(p, err, "the key of a field is cut short");
    field->number = (uint32_t)(key >> 3);
    field->wire = (enum protobuf_wire)(key & 7);
    if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
        return bad(p, err, "expected the number of a field, from 1 to 2^29 - 1");
    switch (key & 7) {
    case PROTOBUF_VARINT:
        return take_varint(p, &field->value) ? 1 : bad(p, err, "a number is cut short");
    case PROTOBUF_64:
        return take_fixed(p, 8, &field->value) ? 1 : bad(p, err, "a number of 8 bytes is cut short");
    case PROTOBUF_32:
        return take_fixed(p, 4, &field->value) ? 1 : bad(p, err, "a number of 4 bytes is cut short");
    case PROTOBUF_BYTES:
        return take_bytes(p, field, err);
    default:
        return bad(p, err, "a field of an unknown wire type, expected 0, 1, 2 or 5");
    }
}

struct protobuf protobuf_inside(const struct protobuf *p, const struct protobuf_field *field) {
    return (struct protobuf){field->bytes, field->offset, p->path};
}

float protobuf_float(const struct protobuf_field *field) {
    uint32_t bits = (uint32_t)field->value;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
