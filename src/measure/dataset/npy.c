/* See npy.h. */
#include "measure/dataset/npy.h"

#include <math.h>
#include <string.h>

enum { HEADER_MOST = 4096, CODES_MOST = 4096 };

static bool bad(const struct npy *npy, size_t offset, const char *expected, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: byte %zu: expected %s", npy->name, offset, expected);
}

/* What stands behind 'KEY': in the header. */
static bool entry(struct text header, const char *key, struct text *out) {
    size_t at = text_find(header, text_of(key), 0);
    if (at == SIZE_MAX) return false;
    *out = text_part(header, at + strlen(key), header.len);
    size_t colon = text_find(*out, TEXT(":"), 0);
    if (colon == SIZE_MAX) return false;
    *out = text_trim(text_part(*out, colon + 1, out->len));
    return true;
}

static bool number_before(struct text t, char end, size_t *out) {
    size_t at = 0;
    int64_t n;
    while (at < t.len && t.at[at] != end) at++;
    if (at == t.len || !text_to_i64(text_trim(text_part(t, 0, at)), &n) || n < 0) return false;
    *out = (size_t)n;
    return true;
}

/* '<i8' */
static bool read_type(struct npy *npy, struct text t) {
    size_t width;
    if (t.len < 5 || t.at[0] != '\'' || !t.at[1] || !strchr("<|", t.at[1]) || !t.at[2] || !strchr("biufU", t.at[2]) ||
        !number_before(text_part(t, 3, t.len), '\'', &width))
        return false;
    npy->kind = t.at[2];
    npy->width = npy->kind == 'U' ? 4 * width : width;
    if (npy->kind == 'U') return width >= 1 && width <= CODES_MOST;
    if (npy->kind == 'b') return width == 1;
    if (npy->kind == 'f') return width == 4 || width == 8;
    return width == 1 || (t.at[1] == '<' && npy->kind == 'i' && (width == 2 || width == 4 || width == 8));
}

/* "(20, 8, 2)" or "(20,)": sizes, their number and product. */
static bool read_shape(struct npy *npy, struct text t) {
    size_t end = text_find(t, TEXT(")"), 0);
    if (!t.len || t.at[0] != '(' || end == SIZE_MAX) return false;
    struct text rest = text_part(t, 1, end), piece;
    npy->n = 1;
    while (text_next(&rest, ',', &piece)) {
        int64_t size;
        if (!text_trim(piece).len && npy->dimensions == 1 && !text_trim(rest).len) break;
        if (npy->dimensions == 4 || !text_to_i64(text_trim(piece), &size) || size < 0) return false;
        if (size && npy->n > SIZE_MAX / (size_t)size) return false;
        npy->shape[npy->dimensions++] = (size_t)size;
        npy->n *= (size_t)size;
    }
    return npy->dimensions > 0;
}

static bool read_header(struct npy *npy, struct text header, size_t offset, struct error *err) {
    struct text t;
    if (!entry(header, "'descr'", &t) || !read_type(npy, t))
        return bad(npy, offset, "a type that is known: b1, i1, u1, <i2, <i4, <i8, <f4, <f8 or <Uk", err);
    if (!entry(header, "'shape'", &t) || !read_shape(npy, t))
        return bad(npy, offset, "a shape of one to four dimensions", err);
    if (entry(header, "'fortran_order'", &t) && text_starts(t, TEXT("True")) && npy->dimensions > 1)
        return bad(npy, offset, "the last dimension fastest", err);
    return true;
}

static bool open_map(struct npy *npy, struct error *err) {
    const unsigned char *b = (const unsigned char *)npy->map.at;
    size_t len = npy->map.len;
    if (len < 12 || memcmp(b, "\x93NUMPY", 6) != 0 || b[6] < 1 || b[6] > 3)
        return bad(npy, 0, "\\x93NUMPY and a version of 1 to 3", err);
    size_t from = b[6] == 1 ? 10 : 12;
    size_t n = b[8] | (size_t)b[9] << 8;
    if (b[6] > 1) n |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
    if (n > HEADER_MOST || n > len - from) return bad(npy, 8, "a header inside the file, of 4096 bytes at most", err);
    if (!read_header(npy, (struct text){(const char *)b + from, n}, from, err)) return false;
    npy->at = b + from + n;
    size_t left = len - from - n;
    if (npy->n != left / npy->width || left % npy->width)
        return bad(npy, from + n, "as many values as the shape says, and the end of the file", err);
    return true;
}

bool npy_open(const char *path, const char *shown_name, struct npy *out, struct error *err) {
    if (!npy_open_array(path, shown_name, out, err)) return false;
    if (out->dimensions == 1) return true;
    npy_close(out);
    return error_set(err, ERROR_DATA, "%s: byte 10: expected one dimension", shown_name);
}

bool npy_open_array(const char *path, const char *shown_name, struct npy *out, struct error *err) {
    *out = (struct npy){.name = shown_name};
    if (!file_map(path, &out->map, err)) return false;
    if (open_map(out, err)) return true;
    npy_close(out);
    return false;
}

void npy_close(struct npy *npy) {
    file_unmap(&npy->map);
    *npy = (struct npy){0};
}

static uint64_t bits_of(const unsigned char *b, size_t width) {
    uint64_t bits = 0;
    for (size_t i = 0; i < width; i++) bits |= (uint64_t)b[i] << (8 * i);
    return bits;
}

/* Code points as UTF-8; NULL without an error of memory: one that is none. */
static json_t *text_value(const struct npy *npy, const unsigned char *b) {
    char utf8[4 * CODES_MOST];
    size_t n = 0;
    for (size_t i = 0; i < npy->width; i += 4) {
        uint64_t c = bits_of(b + i, 4);
        if (c == 0) break;
        if (c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return NULL;
        if (c >= 0x10000) utf8[n++] = (char)(0xF0 | c >> 18);
        else if (c >= 0x800) utf8[n++] = (char)(0xE0 | c >> 12);
        else if (c >= 0x80) utf8[n++] = (char)(0xC0 | c >> 6);
        else utf8[n++] = (char)c;
        if (c >= 0x10000) utf8[n++] = (char)(0x80 | (c >> 12 & 63));
        if (c >= 0x800) utf8[n++] = (char)(0x80 | (c >> 6 & 63));
        if (c >= 0x80) utf8[n++] = (char)(0x80 | (c & 63));
    }
    return json_stringn(utf8, n);
}

static json_t *real_value(const struct npy *npy, uint64_t bits) {
    uint32_t half = (uint32_t)bits;
    double wide;
    float narrow;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &half, sizeof narrow);
    double value = npy->width == 4 ? (double)narrow : wide;
    return isfinite(value) ? json_real(value) : NULL;
}

static json_t *whole_value(const struct npy *npy, uint64_t bits) {
    if (npy->kind == 'b') return json_boolean(bits != 0);
    if (npy->kind == 'i' && npy->width < 8 && bits >> (8 * npy->width - 1)) bits |= ~(uint64_t)0 << (8 * npy->width);
    return json_integer((json_int_t)bits);
}

json_t *npy_value(const struct npy *npy, size_t i, struct error *err) {
    if (i >= npy->n) {
        error_set(err, ERROR_DATA, "%s: %zu values, but there are more rows", npy->name, npy->n);
        return NULL;
    }
    const unsigned char *b = npy->at + i * npy->width;
    json_t *value = npy->kind == 'U'   ? text_value(npy, b)
                    : npy->kind == 'f' ? real_value(npy, bits_of(b, npy->width))
                                       : whole_value(npy, bits_of(b, npy->width));
    if (!value)
        error_set(err, ERROR_DATA, "%s: value %zu: expected a finite number, or code points of Unicode", npy->name, i);
    return value;
}
