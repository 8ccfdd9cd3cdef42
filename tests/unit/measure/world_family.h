/* What the tests of the world's parts share: walking through the items of a family and the documents of a block. */
#ifndef TESTS_WORLD_FAMILY_H
#define TESTS_WORLD_FAMILY_H

#include "world_fixture.h"

typedef void item_visit(void *context, uint64_t number, enum split split, const struct world_line *line);

/* Every item of a family that exists, `step` numbers apart. */
static inline void each_item(const struct world_family *family, uint64_t draw, uint64_t step,
                             item_visit *visit, void *context) {
    struct world_line line;
    struct item item = {.family = family};
    world_line_init(&line);
    for (uint64_t i = 0; i < family->numbers(w); i += step) {
        if (!family->split(w, i, &item.split)) continue;
        item.number = (uint32_t)i;
        if (!world_make_line(&line, w, &item, draw)) fail_msg("%s %llu: not made", family->name, (unsigned long long)i);
        assert_false(line.prompt.failed || line.reply.failed || line.labels.failed || line.slots.failed ||
                     line.prov.failed);
        assert_true(line.prompt.len && line.reply.len && line.template.len);
        visit(context, i, item.split, &line);
    }
    world_line_done(&line);
}

struct prompt_hashes {
    uint64_t *at;
    size_t n, capacity;
};

static inline void keep_hash(void *context, uint64_t number, enum split split, const struct world_line *line) {
    struct prompt_hashes *h = context;
    (void)number, (void)split;
    if (h->n == h->capacity) {
        h->capacity = h->capacity ? 2 * h->capacity : 1024;
        assert_non_null(h->at = realloc(h->at, h->capacity * sizeof *h->at));
    }
    h->at[h->n++] = hash_xxh3(line->prompt.at, line->prompt.len) ^ hash_xxh3(line->turns.at, line->turns.len) * 3;
}

static inline int by_hash(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* No prompt twice among the items `step` apart; returns the hashes, sorted. */
static inline struct prompt_hashes distinct_prompts(const struct world_family *family,
                                                    uint64_t draw, uint64_t step) {
    struct prompt_hashes h = {0};
    each_item(family, draw, step, keep_hash, &h);
    qsort(h.at, h.n, sizeof *h.at, by_hash);
    for (size_t i = 1; i < h.n; i++)
        if (h.at[i] == h.at[i - 1]) fail_msg("%s: a prompt stands twice", family->name);
    return h;
}

/* The share of prompts of one draw's file that stand in another draw's file of the same split, in percent. */
static inline unsigned kept_prompts(const struct world_family *family, enum split split) {
    struct prompt_hashes h[2] = {{0}, {0}};
    struct world_line line;
    struct error err;
    size_t same = 0;
    world_line_init(&line);
    for (uint64_t draw = 1; draw <= 2; draw++) {
        struct arena arena;
        struct item *items;
        size_t n;
        arena_init(&arena, (size_t)512 << 20);
        check_ok(world_plan_items(w, family, split, draw, 0, NULL, &items, &n, &arena, &err));
        for (size_t i = 0; i < n; i++) {
            assert_true(world_make_line(&line, w, &items[i], draw));
            keep_hash(&h[draw - 1], 0, split, &line);
        }
        arena_done(&arena);
    }
    qsort(h[1].at, h[1].n, sizeof *h[1].at, by_hash);
    for (size_t i = 0; i < h[0].n; i++) same += bsearch(&h[0].at[i], h[1].at, h[1].n, sizeof *h[1].at, by_hash) != NULL;
    unsigned percent = (unsigned)(h[0].n ? same * 100 / h[0].n : 100);
    free(h[0].at), free(h[1].at);
    world_line_done(&line);
    return percent;
}

/* SHA-256 over all documents of a block, each with a line end. */
static inline void block_hash(const struct world_block *block, uint64_t draw,
                              char hex[HASH_HEX]) {
    struct world_document d;
    struct sha256 sha;
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16);
    sha256_init(&sha);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&d.text), buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, draw));
        sha256_add(&sha, d.text.at, d.text.len), sha256_add(&sha, d.turns.at, d.turns.len), sha256_add(&sha, "\n", 1);
    }
    sha256_end_hex(&sha, hex);
    buffer_done(&d.text), buffer_done(&d.turns);
}

#endif
