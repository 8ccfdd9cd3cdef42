/* Writing a corpus: each row's documents are rendered in a drawn order until its bytes are full, each gets a place
 * inside the row's window, and all are written in the order of their places. */
#include "measure/world/world_manner.h"
#include "measure/world/world_mix.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNK = 1024,
    PIECES = 16,
    DOCUMENT_MOST = 1 << 20,
    MOST_PASSES = 64,
    THOUSANDTH = 4000000,
    PASS = 1 << 16,
    ROWS = 64
};

struct placed {
    uint64_t at; /* in text */
    uint32_t len, place, serial;
};

struct mixing {
    const struct world *world;
    uint64_t draw;
    uint32_t from, to; /* places */
    struct pool *pool;
    const struct interrupt *stop;
    struct buffer text; /* all lines, in the order in which they were rendered */
    struct placed *documents;
    size_t n, capacity;
    struct error *err;
};

/* A stretch of documents rendered by one worker. */
struct piece {
    struct buffer lines;
    uint32_t len[CHUNK], content[CHUNK]; /* of a line; of its text alone */
    size_t n;
    bool failed;
    struct world_line line;
    struct world_document document;
};

struct stretch {
    struct mixing *m;
    const struct mix_row *row;
    size_t row_number;
    uint64_t pass;
    const size_t *order;       /* of a block: numbers of documents */
    const struct item *items;  /* of a family */
    size_t first, n;           /* in order or items */
    struct piece *piece;
};

/* ---- one document as a line */

static bool put_text_line(struct buffer *out, struct text text) {
    return buffer_put_c(out, "{\"text\":") && json_put_string(out, text) && buffer_put_c(out, "}\n");
}

static bool put_talk_line(struct buffer *out, struct text turns) {
    return buffer_put_c(out, "{\"messages\":[") && buffer_put_text(out, turns) && buffer_put_c(out, "]}\n");
}

static bool put_block(struct piece *p, const struct stretch *c, uint64_t number) {
    struct world_document *d = &p->document;
    buffer_clear(&d->text), buffer_clear(&d->turns);
    if (!c->row->block->put(d, c->m->world, number, c->m->draw) || d->text.failed || d->turns.failed) return false;
    p->content[p->n] = (uint32_t)(d->text.len + d->turns.len);
    return d->turns.len ? put_talk_line(&p->lines, buffer_text(&d->turns))
                        : put_text_line(&p->lines, buffer_text(&d->text));
}

/* Prompt and reply without marks, in one of three forms. */
static bool put_plain(struct piece *p, struct text prompt, struct rng *rng) {
    static const char *const forms[][2] = {{"", " "}, {"", "\n"}, {"Question: ", "\nAnswer: "}};
    const char *const *form = forms[rng_below(rng, 3)];
    struct buffer *text = &p->document.text;
    buffer_clear(text);
    return buffer_put_c(text, form[0]) && buffer_put_text(text, prompt) && buffer_put_c(text, form[1]) &&
           buffer_put_text(text, buffer_text(&p->line.reply)) && put_text_line(&p->lines, buffer_text(text));
}

static bool put_item(struct piece *p, const struct stretch *c, size_t place) {
    struct world_line *line = &p->line;
    uint64_t draw = c->m->draw + (c->pass + c->row_number * ROWS) * PASS;
    const struct item *item = &c->items[place];
    char stream[64];
    snprintf(stream, sizeof stream, "mix/form/%s", item->family->name);
    struct rng rng = world_stream(c->m->world, stream, draw, item->number);
    if (!world_make_line(line, c->m->world, item, draw)) return false;
    struct text prompt = buffer_text(&line->prompt);
    if (c->row->manner) {
        buffer_clear(&line->said);
        if (!world_style(&line->said, c->m->world, prompt, (enum manner)(c->row->manner - 1), &rng)) return false;
        prompt = buffer_text(&line->said);
    }
    p->content[p->n] = (uint32_t)(line->turns.len + prompt.len + line->reply.len);
    if (!line->turns.len && rng_below(&rng, 100) >= c->row->talk) return put_plain(p, prompt, &rng);
    return world_turn(line, "user", prompt) &&
           world_turn(line, "assistant", buffer_text(&line->reply)) &&
           put_talk_line(&p->lines, buffer_text(&line->turns));
}

static void render_piece(void *context, size_t part, size_t worker) {
    struct stretch *c = context;
    struct piece *p = &c->piece[part];
    (void)worker;
    buffer_clear(&p->lines);
    p->n = 0, p->failed = false;
    size_t from = c->n * part / PIECES, to = c->n * (part + 1) / PIECES;
    for (size_t i = c->first + from; i < c->first + to && !p->failed; i++) {
        size_t before = p->lines.len;
        p->failed = !(c->row->block ? put_block(p, c, c->order[i]) : put_item(p, c, i));
        p->len[p->n++] = (uint32_t)(p->lines.len - before);
    }
}

/* ---- a row */

/* What lies outside the stretch is left out; *added says whether it was taken. */
static bool add(struct mixing *m, const struct stretch *c, const char *line, uint32_t len, struct rng *rng,
                bool *added) {
    const uint32_t *window = c->row->window;
    uint32_t place = window[0] * THOUSANDTH + (uint32_t)rng_below(rng, (uint64_t)(window[1] - window[0]) * THOUSANDTH);
    *added = place >= m->from && place < m->to;
    if (!*added) return true;
    if (m->n == m->capacity) {
        size_t wanted = m->capacity ? m->capacity * 2 : 1 << 16;
        struct placed *more = memory_grow(m->documents, wanted, sizeof *more);
        if (!more) return error_memory(m->err, "corpus");
        m->documents = more, m->capacity = wanted;
    }
    m->documents[m->n] = (struct placed){m->text.len, len, place, (uint32_t)m->n};
    m->n++;
    return buffer_put(&m->text, line, len) || buffer_check(&m->text, "corpus", m->err);
}

struct filling {
    uint64_t documents, kept; /* inside the stretch */
    uint64_t bytes, most_bytes; /* most_bytes 0: no limit */
    struct rng rng;
};

static bool is_full(const struct filling *f) {
    return f->most_bytes && f->bytes >= f->most_bytes;
}

/* Takes a chunk's documents in order until the row is full. */
static bool take(struct mixing *m, struct stretch *c, struct filling *f) {
    for (size_t i = 0; i < PIECES; i++) {
        struct piece *p = &c->piece[i];
        size_t at = 0;
        if (p->failed)
            return error_set(m->err, ERROR_DATA, "corpus: a document of '%.*s' could not be rendered",
                             TEXT_ARG(c->row->from));
        for (size_t d = 0; d < p->n && !is_full(f); at += p->len[d++]) {
            bool added;
            if (!add(m, c, p->lines.at + at, p->len[d], &f->rng, &added)) return false;
            f->bytes += p->content[d];
            if (added) f->documents++, f->kept += p->content[d];
        }
    }
    return true;
}

static bool render_range(struct mixing *m, struct stretch *c, size_t n, struct filling *f) {
    for (size_t first = 0; first < n && !is_full(f); first += CHUNK) {
        if (interrupted(m->stop)) return error_set(m->err, ERROR_INTERRUPTED, "interrupted; nothing was made");
        c->first = first, c->n = n - first < CHUNK ? n - first : CHUNK;
        pool_run(m->pool, PIECES, render_piece, c);
        if (!take(m, c, f)) return false;
    }
    return true;
}

/* A block's documents in a drawn order, again and again until the row is full; without a limit once. */
static bool fill_from_block(struct mixing *m, struct stretch *c, uint64_t scale, struct filling *f) {
    size_t n = (size_t)c->row->block->documents(m->world), *order = memory_zeroed(n ? n : 1, sizeof *order);
    char stream[96];
    bool ok = order || error_memory(m->err, "corpus");
    if (ok && !n) ok = error_set(m->err, ERROR_DATA, "corpus: '%.*s' has no documents", TEXT_ARG(c->row->from));
    for (size_t i = 0; ok && i < n; i++) order[i] = i;
    snprintf(stream, sizeof stream, "mix/order/%.*s", TEXT_ARG(c->row->from));
    struct rng rng = world_stream(m->world, stream, m->draw, 0);
    if (ok) rng_shuffle(&rng, order, n);
    c->order = order;
    do
        ok = ok && render_range(m, c, f->most_bytes ? n : (size_t)(n * scale / 100), f);
    while (ok && f->most_bytes && !is_full(f));
    memory_free(order);
    return ok;
}

static bool fits(const struct mixing *m, const struct mix_row *row, uint64_t number) {
    const struct world_family *family = row->family;
    if (family->trains && !family->trains(m->world, number)) return false;
    if (!row->only_core && !row->no_core) return true;
    return family->core(m->world, number) == row->only_core;
}

/* The questions for training that the row's texts may answer, in the order of the pass. */
static size_t keep_fitting(const struct mixing *m, const struct mix_row *row, struct item *items, size_t n) {
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (fits(m, row, items[i].number)) items[kept++] = items[i];
    return kept;
}

/* All questions for training, with a draw of its own for each pass, until the row is full. */
static bool fill_from_family(struct mixing *m, struct stretch *c, struct filling *f) {
    for (c->pass = 0; !is_full(f); c->pass++) {
        struct arena arena;
        struct item *items;
        size_t n;
        arena_init(&arena, (size_t)512 << 20);
        bool ok = world_plan_items(m->world, c->row->family, TRAIN, m->draw + (c->pass + c->row_number * ROWS) * PASS,
                                   UINT64_MAX, NULL, &items, &n, &arena, m->err);
        if (ok) n = keep_fitting(m, c->row, items, n);
        if (ok && (n == 0 || c->pass == MOST_PASSES))
            ok = error_set(m->err, ERROR_DATA, "corpus: '%.*s' has too few questions for training",
                           TEXT_ARG(c->row->from));
        c->items = items;
        ok = ok && render_range(m, c, n, f);
        arena_done(&arena);
        if (!ok) return false;
    }
    return true;
}

static bool fill_row(struct mixing *m, struct stretch *c, uint64_t scale, struct filling *f) {
    char stream[96];
    snprintf(stream, sizeof stream, "mix/place/%.*s", TEXT_ARG(c->row->from));
    *f = (struct filling){.most_bytes = c->row->bytes * scale / 100};
    f->rng = world_stream(m->world, stream, m->draw, c->row_number);
    return c->row->block ? fill_from_block(m, c, scale, f) : fill_from_family(m, c, f);
}

/* ---- all rows, in the order of places */

static int by_place(const void *a, const void *b) {
    const struct placed *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

static bool write_all(struct mixing *m, const char *path) {
    struct file_out out;
    if (!file_out_open(&out, path, m->err)) return false;
    if (m->n) qsort(m->documents, m->n, sizeof *m->documents, by_place);
    for (size_t i = 0; i < m->n && file_out_put(&out, m->text.at + m->documents[i].at, m->documents[i].len); i++)
        continue;
    bool ok = file_out_commit(&out, m->err);
    file_out_abandon(&out);
    return ok;
}

static struct piece *new_pieces(void) {
    struct piece *pieces = memory_zeroed(PIECES, sizeof *pieces);
    for (size_t i = 0; pieces && i < PIECES; i++) {
        buffer_init(&pieces[i].lines, (size_t)CHUNK * DOCUMENT_MOST);
        buffer_init(&pieces[i].document.text, DOCUMENT_MOST), buffer_init(&pieces[i].document.turns, DOCUMENT_MOST);
        world_line_init(&pieces[i].line);
    }
    return pieces;
}

static void free_pieces(struct piece *pieces) {
    for (size_t i = 0; pieces && i < PIECES; i++) {
        buffer_done(&pieces[i].lines);
        buffer_done(&pieces[i].document.text), buffer_done(&pieces[i].document.turns);
        world_line_done(&pieces[i].line);
    }
    memory_free(pieces);
}

bool world_mix_write(const struct world *world, const struct mix_spec *spec, uint64_t draw, const char *path,
                     struct pool *pool, const struct interrupt *stop, struct mix_made *made, struct arena *arena,
                     struct error *err) {
    struct mixing m = {.world = world, .pool = pool, .stop = stop, .err = err};
    /* Corpora of one draw choose their wordings apart. */
    m.draw = draw + (hash_xxh3(spec->mix.name.at, spec->mix.name.len) << 40 >> 8);
    m.from = (uint32_t)spec->from * THOUSANDTH, m.to = (uint32_t)spec->to * THOUSANDTH;
    size_t n = spec->mix.n;
    *made = (struct mix_made){.row_documents = arena_new(arena, uint64_t, n, err),
                              .row_bytes = arena_new(arena, uint64_t, n, err)};
    struct piece *pieces = new_pieces();
    buffer_init(&m.text, (size_t)2 << 30);
    bool ok = (pieces || error_memory(err, "corpus")) && made->row_documents && made->row_bytes;
    for (size_t r = 0; ok && r < n; r++) {
        struct stretch c = {.m = &m, .row = &spec->mix.rows[r], .row_number = r, .piece = pieces};
        struct filling f;
        ok = fill_row(&m, &c, spec->scale, &f);
        made->row_documents[r] = f.documents, made->row_bytes[r] = f.kept;
    }
    made->documents = m.n, made->bytes = m.text.len;
    ok = ok && write_all(&m, path);
    free_pieces(pieces);
    buffer_done(&m.text);
    memory_free(m.documents);
    return ok;
}
