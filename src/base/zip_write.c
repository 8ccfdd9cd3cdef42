/* Writing ZIP files: see zip.h. */
#include "base/zip.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define ZSTD_LEVEL 3
#define DATE_1980 0x21 /* 1 January: the least that the format can say */

static void put_number(struct buffer *b, uint64_t v, size_t bytes) {
    buffer_put(b, &v, bytes); /* little-endian */
}

void zip_begin(struct zip_writer *w, struct buffer *out) {
    *w = (struct zip_writer){.out = out};
    buffer_init(&w->directory, (size_t)1 << 30);
}

static bool deflate_all(struct text content, struct buffer *out) {
    z_stream s = {.next_in = (unsigned char *)(uintptr_t)content.at, .avail_in = (uInt)content.len};
    if (deflateInit2(&s, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) return false;
    uLong most = deflateBound(&s, (uLong)content.len);
    unsigned char *at = memory_alloc(most);
    s.next_out = at;
    s.avail_out = (uInt)most;
    bool ok = at && deflate(&s, Z_FINISH) == Z_STREAM_END && buffer_put(out, at, most - s.avail_out);
    deflateEnd(&s);
    memory_free(at);
    return ok;
}

static bool zstd_all(struct text content, struct buffer *out) {
    size_t most = ZSTD_compressBound(content.len), n = 0;
    char *at = memory_alloc(most ? most : 1);
    ZSTD_CCtx *c = ZSTD_createCCtx();
    bool ok = at && c && !ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, ZSTD_LEVEL)) &&
              !ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1)) &&
              !ZSTD_isError(n = ZSTD_compress2(c, at, most, content.at, content.len)) && buffer_put(out, at, n);
    ZSTD_freeCCtx(c);
    memory_free(at);
    return ok;
}

/* What the member's own header and its entry in the directory share. */
static void put_facts(struct buffer *b, enum zip_method method, uint32_t crc, size_t packed, size_t size, size_t name) {
    put_number(b, method == ZIP_ZSTD ? 63 : 20, 2);
    put_number(b, 0x800, 2); /* names are UTF-8 */
    put_number(b, method, 2);
    put_number(b, 0, 2);
    put_number(b, DATE_1980, 2);
    put_number(b, crc, 4);
    put_number(b, packed, 4);
    put_number(b, size, 4);
    put_number(b, name, 2);
    put_number(b, 0, 2);
}

bool zip_put(struct zip_writer *w, struct text name, struct text content, enum zip_method method, struct error *err) {
    struct buffer packed;
    if (content.len > INT32_MAX || name.len > UINT16_MAX)
        return error_set(err, ERROR_DATA, "zip: member '%.*s' has %zu bytes, at most 2 GiB are written",
                         (int)(name.len < 120 ? name.len : 120), name.at, content.len);
    buffer_init(&packed, (size_t)UINT32_MAX);
    bool ok = method == ZIP_STORED     ? content.len == 0 || buffer_put_text(&packed, content)
              : method == ZIP_DEFLATED ? deflate_all(content, &packed)
                                       : zstd_all(content, &packed);
    uint64_t at = w->out->len;
    uint32_t crc = (uint32_t)crc32_z(0, (const unsigned char *)(content.at ? content.at : ""), content.len);
    if (ok) {
        put_number(w->out, 0x04034b50, 4);
        put_facts(w->out, method, crc, packed.len, content.len, name.len);
        buffer_put_text(w->out, name);
        buffer_put_text(w->out, buffer_text(&packed));
        put_number(&w->directory, 0x02014b50, 4);
        put_number(&w->directory, 63, 2);
        put_facts(&w->directory, method, crc, packed.len, content.len, name.len);
        put_number(&w->directory, 0, 6); /* comment, disk, inner attributes */
        put_number(&w->directory, 0, 4); /* outer attributes */
        put_number(&w->directory, at, 4);
        buffer_put_text(&w->directory, name);
        w->n++;
    }
    buffer_done(&packed);
    if (!ok) return error_memory(err, "zip member");
    if (at > UINT32_MAX) return error_set(err, ERROR_DATA, "zip: over 4 GiB are not written");
    return buffer_check(w->out, "zip file", err) && buffer_check(&w->directory, "zip directory", err);
}

/* Counts beyond 16 bits need the larger end record and a pointer to it. */
static void put_large_end(struct zip_writer *w, uint64_t at) {
    uint64_t here = w->out->len;
    put_number(w->out, 0x06064b50, 4);
    put_number(w->out, 44, 8);
    put_number(w->out, 63, 2);
    put_number(w->out, 45, 2);
    put_number(w->out, 0, 8); /* disks */
    put_number(w->out, w->n, 8);
    put_number(w->out, w->n, 8);
    put_number(w->out, w->directory.len, 8);
    put_number(w->out, at, 8);
    put_number(w->out, 0x07064b50, 4);
    put_number(w->out, 0, 4);
    put_number(w->out, here, 8);
    put_number(w->out, 1, 4);
}

bool zip_end(struct zip_writer *w, struct error *err) {
    uint64_t at = w->out->len, shown = w->n < 0xFFFF ? w->n : 0xFFFF;
    bool ok = at < UINT32_MAX || error_set(err, ERROR_DATA, "zip: over 4 GiB are not written");
    if (w->directory.len) buffer_put_text(w->out, buffer_text(&w->directory));
    if (shown == 0xFFFF) put_large_end(w, at);
    put_number(w->out, 0x06054b50, 4);
    put_number(w->out, 0, 4);
    put_number(w->out, shown, 2);
    put_number(w->out, shown, 2);
    put_number(w->out, w->directory.len, 4);
    put_number(w->out, at, 4);
    put_number(w->out, 0, 2);
    buffer_done(&w->directory);
    return ok && buffer_check(w->out, "zip file", err);
}
