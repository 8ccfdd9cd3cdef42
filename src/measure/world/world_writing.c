/* Files of a made folder: see world_writing.h. Items are rendered by all threads in pieces, which one thread hashes and
 * writes in their order. */
#include "measure/world/world_writing.h"

enum { PIECES = 16, PIECE = 64, LINE_MOST = 1 << 18 };

uint64_t world_count_lines(struct text t) {
    uint64_t n = 0;
    for (size_t i = 0; i < t.len; i++) n += t.at[i] == '\n';
    return n;
}

bool writing_begin(struct writing *f, struct made_file *file, const char *path, const struct interrupt *stop,
                   struct error *err) {
    *f = (struct writing){.file = file, .stop = stop, .err = err};
    sha256_init(&f->sha);
    return file_out_open(&f->out, path, err);
}

bool writing_put(struct writing *f, struct text lines) {
    if (interrupted(f->stop)) return error_set(f->err, ERROR_INTERRUPTED, "interrupted; nothing was made");
    sha256_add(&f->sha, lines.at, lines.len);
    f->file->bytes += lines.len;
    f->file->lines += world_count_lines(lines);
    return file_out_put(&f->out, lines.at, lines.len) || file_out_commit(&f->out, f->err); /* which tells why */
}

bool writing_end(struct writing *f, bool ok) {
    if (!ok) return file_out_abandon(&f->out), false;
    sha256_end_hex(&f->sha, f->file->sha256);
    return file_out_commit(&f->out, f->err);
}

/* ---- many lines */

struct piece {
    struct world_line line;
    struct buffer lines;
    bool failed;
};

struct rendering {
    writing_source *put;
    const void *context;
    size_t from, n;
    struct piece *piece;
};

static void render_piece(void *context, size_t part, size_t worker) {
    struct rendering *r = context;
    struct piece *p = &r->piece[part];
    size_t to = (part + 1) * PIECE < r->n ? (part + 1) * PIECE : r->n;
    (void)worker;
    buffer_clear(&p->lines);
    for (size_t i = part * PIECE; i < to && !p->failed; i++)
        p->failed = !r->put(&p->lines, &p->line, r->context, r->from + i) || !buffer_put_char(&p->lines, '\n');
}

static bool put_pieces(struct writing *f, struct rendering *r, struct pool *pool) {
    size_t pieces = (r->n + PIECE - 1) / PIECE;
    pool_run(pool, pieces, render_piece, r);
    for (size_t i = 0; i < pieces; i++) {
        if (r->piece[i].failed) return error_memory(f->err, f->file->path);
        if (!writing_put(f, buffer_text(&r->piece[i].lines))) return false;
    }
    return true;
}

bool writing_put_lines(struct writing *f, writing_source *put, const void *context, size_t n, struct pool *pool) {
    struct rendering r = {.put = put, .context = context, .piece = memory_zeroed(PIECES, sizeof *r.piece)};
    bool ok = r.piece || error_memory(f->err, f->file->path);
    for (size_t i = 0; ok && i < PIECES; i++)
        world_line_init(&r.piece[i].line), buffer_init(&r.piece[i].lines, (size_t)PIECE * LINE_MOST);
    for (; ok && r.from < n; r.from += r.n) {
        r.n = n - r.from < PIECES * PIECE ? n - r.from : PIECES * PIECE;
        ok = put_pieces(f, &r, pool);
    }
    for (size_t i = 0; r.piece && i < PIECES; i++) world_line_done(&r.piece[i].line), buffer_done(&r.piece[i].lines);
    memory_free(r.piece);
    return ok;
}

/* ---- items */

struct item_source {
    const struct world *world;
    const struct item *items;
    const struct item_style *style;
};

static bool put_item(struct buffer *out, struct world_line *line, const void *context, size_t i) {
    const struct item_source *s = context;
    line->manner = s->style->manner;
    return world_put_item(out, line, s->world, &s->items[i], s->style->draw);
}

bool writing_put_items(struct writing *f, const struct world *world, const struct item *items, size_t n,
                       const struct item_style *style, struct pool *pool) {
    return writing_put_lines(f, put_item, &(struct item_source){world, items, style}, n, pool);
}
