/* gzip: see deflate.h. */
#include "base/deflate.h"

#include <limits.h>
#include <zlib.h>

enum { GZIP = 16, WINDOW = 15, MEMORY = 8 };

static bool put_pieces(struct buffer *out, z_stream *z, struct error *err) {
    unsigned char piece[1 << 15];
    int state;
    do {
        z->next_out = piece, z->avail_out = sizeof piece;
        state = deflate(z, Z_FINISH);
        if (!buffer_put(out, piece, sizeof piece - z->avail_out)) return buffer_check(out, "gzip", err);
    } while (state == Z_OK);
    return state == Z_STREAM_END || error_set(err, ERROR_DATA, "gzip: zlib gave up with code %d", state);
}

bool deflate_put(struct buffer *out, struct text t, int level, struct error *err) {
    z_stream z = {0};
    if (t.len > UINT_MAX) return error_set(err, ERROR_DATA, "gzip: more than %u bytes at once", UINT_MAX);
    if (deflateInit2(&z, level, Z_DEFLATED, WINDOW + GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return error_memory(err, "gzip");
    z.next_in = (unsigned char *)(t.at ? t.at : ""), z.avail_in = (unsigned)t.len;
    bool ok = put_pieces(out, &z, err);
    deflateEnd(&z);
    return ok;
}
