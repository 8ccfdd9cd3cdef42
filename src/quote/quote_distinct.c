/* How many different windows the shards hold: their sorted suffixes are walked together, and a window counts when it is
 * not the one before. The walk is cut where the first bytes change, so that threads share it. */
#include "quote/quote_build.h"

#include <string.h>

enum { AHEAD = 24, PARTS = 64, SPLIT_BYTES = 4 };

struct cursor {
    const struct quote_shard *shard;
    size_t rank, end;
    const unsigned char *at; /* of its window; NULL: at its end */
    size_t len;
};

struct part {
    uint64_t distinct;
};

struct walking {
    const struct quote_shard *shards;
    size_t n, width;
    struct part parts[PARTS];
    bool failed;
};

/* Bytes of the window of `width` characters at a position; 0: none begins here. */
static size_t window_at(const struct quote_shard *s, size_t at, size_t width) {
    const unsigned char *text = s->text.at;
    if ((text[at] & 0xc0) == 0x80) return 0;
    size_t i = at;
    for (size_t c = 0; c < width; c++) {
        if (i >= s->n || text[i] == QUOTE_END) return 0;
        i += text[i] < 0x80 ? 1 : text[i] < 0xe0 ? 2 : text[i] < 0xf0 ? 3 : 4;
    }
    return i <= s->n ? i - at : 0;
}

static void advance(struct cursor *c, size_t width) {
    for (c->at = NULL; !c->at && c->rank < c->end; c->rank++) {
        if (c->rank + AHEAD < c->end) {
            size_t soon = quote_shard_position(c->shard, c->rank + AHEAD);
            __builtin_prefetch(c->shard->text.at + soon);
            __builtin_prefetch(c->shard->text.at + soon + 63);
        }
        size_t at = quote_shard_position(c->shard, c->rank), len = window_at(c->shard, at, width);
        if (len) c->at = c->shard->text.at + at, c->len = len;
    }
}

static int compare(const struct cursor *a, const struct cursor *b) {
    int order = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

/* The first rank of a part: parts begin where suffixes of the first shard at even distances do, as far as their first
 * few bytes say, so that equal windows are never in two parts. */
static size_t begin_of(const struct walking *w, const struct quote_shard *s, size_t part) {
    const struct quote_shard *first = &w->shards[0];
    if (part == 0 || first->n == 0) return 0;
    if (part == PARTS) return s->n;
    size_t at = quote_shard_position(first, first->n / PARTS * part), len = first->n - at;
    size_t most = w->width < SPLIT_BYTES ? w->width : SPLIT_BYTES;
    struct text split = {(const char *)first->text.at + at, len < most ? len : most};
    return quote_shard_range(s, split).lo;
}

static void walk_part(void *context, size_t part, size_t worker) {
    struct walking *w = context;
    struct cursor *cursors = memory_zeroed(w->n, sizeof *cursors);
    if (!cursors) {
        __atomic_store_n(&w->failed, true, __ATOMIC_RELAXED);
        return;
    }
    for (size_t i = 0; i < w->n; i++) {
        const struct quote_shard *s = &w->shards[i];
        cursors[i] = (struct cursor){.shard = s, .rank = begin_of(w, s, part), .end = begin_of(w, s, part + 1)};
        advance(&cursors[i], w->width);
    }
    struct cursor last = {0};
    for (;;) {
        struct cursor *least = NULL;
        for (size_t i = 0; i < w->n; i++)
            if (cursors[i].at && (!least || compare(&cursors[i], least) < 0)) least = &cursors[i];
        if (!least) break;
        w->parts[part].distinct += !last.at || compare(least, &last) != 0;
        last = *least;
        advance(least, w->width);
    }
    memory_free(cursors);
}

bool quote_count_distinct(const struct quote_shard *shards, size_t n, size_t width, struct pool *pool, uint64_t *out,
                          struct error *err) {
    struct walking w = {.shards = shards, .n = n, .width = width};
    *out = 0;
    if (n == 0) return true;
    pool_run(pool, PARTS, walk_part, &w);
    for (size_t i = 0; i < PARTS; i++) *out += w.parts[i].distinct;
    return !w.failed || error_memory(err, "counting windows");
}
