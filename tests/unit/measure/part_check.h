/* What is tested of every family and block of the pocket world: items for tests come from no training text, no prompt
 * stands twice, another draw asks other things, and every size is what a small model can read. */
#ifndef TESTS_PART_CHECK_H
#define TESTS_PART_CHECK_H

#include "world_fixture.h"

/* Makes the line of each item of a file; `visit` looks at it. Returns how many there were. */
typedef void part_visit(const struct item *item, const struct world_line *line, void *context);
static size_t part_items(const char *name, enum split split, uint64_t draw, uint64_t count, part_visit *visit,
                         void *context) {
    struct error err;
    struct arena arena;
    struct item *items;
    struct world_line line;
    size_t n;
    const struct world_family *family = world_family_find(name);
    assert_non_null(family);
    arena_init(&arena, (size_t)1 << 30);
    world_line_init(&line);
    check_ok(world_plan_items(w, family, split, draw, count, NULL, &items, &n, &arena, &err));
    for (size_t i = 0; i < n; i++) {
        if (!world_make_line(&line, w, &items[i], draw)) fail_msg("%s %u is not made", name, items[i].number);
        assert_int_equal(items[i].split, split);
        assert_false(line.prompt.failed || line.reply.failed || line.labels.failed || line.turns.failed);
        if (visit) visit(&items[i], &line, context);
    }
    world_line_done(&line);
    arena_done(&arena);
    return n;
}

struct part_texts {
    struct buffer bytes;
    struct text at[4096];
    size_t n, longest;
};
static inline void part_gather(const struct item *item, const struct world_line *line, void *context) {
    struct part_texts *t = context;
    (void)item;
    assert_true(t->n < 4096);
    t->at[t->n] = (struct text){NULL, t->bytes.len};
    buffer_put_text(&t->bytes, buffer_text(&line->turns)), buffer_put_text(&t->bytes, buffer_text(&line->prompt));
    size_t size = line->turns.len + line->prompt.len;
    if (size > t->longest) t->longest = size;
    t->n++;
}
static inline int part_by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}
static inline void part_gathered(struct part_texts *t, const char *name, enum split split, uint64_t draw) {
    buffer_init(&t->bytes, (size_t)1 << 26);
    t->n = t->longest = 0;
    part_items(name, split, draw, 2400, part_gather, t);
    assert_false(t->bytes.failed);
    for (size_t i = 0; i < t->n; i++) {
        size_t from = t->at[i].len, to = i + 1 < t->n ? t->at[i + 1].len : t->bytes.len;
        t->at[i] = (struct text){t->bytes.at + from, to - from};
    }
    qsort(t->at, t->n, sizeof *t->at, part_by_text);
}
static inline size_t part_common(const struct part_texts *a, const struct part_texts *b) {
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) n += bsearch(&a->at[i], b->at, b->n, sizeof *b->at, part_by_text) != NULL;
    return n;
}

/* items: of each split at least this many; longest: bytes of turns and prompt together. */
static inline void part_check_family(const char *name, size_t least, size_t longest) {
    static struct part_texts of[N_SPLITS], other;
    for (int s = 0; s < N_SPLITS; s++) {
        part_gathered(&of[s], name, (enum split)s, 1);
        if (of[s].n < least) fail_msg("%s: %zu items for %s", name, of[s].n, world_split_names[s]);
        if (of[s].longest > longest) fail_msg("%s: a prompt of %zu bytes", name, of[s].longest);
        for (size_t i = 1; i < of[s].n; i++)
            if (text_equal(of[s].at[i - 1], of[s].at[i]))
                fail_msg("%s: '%.*s' stands twice", name, TEXT_ARG(of[s].at[i]));
        for (int k = 0; k < s; k++) assert_int_equal(part_common(&of[s], &of[k]), 0);
    }
    part_gathered(&other, name, TRAIN, 2);
    if (part_common(&other, &of[TRAIN]) * 10 > other.n) fail_msg("%s: draw 2 asks what draw 1 did", name);
    buffer_done(&other.bytes);
    for (int s = 0; s < N_SPLITS; s++) buffer_done(&of[s].bytes);
}

struct part_leak {
    struct leaks *leaks;
};
static inline void part_leak_add(const struct item *item, const struct world_line *line, void *context) {
    struct part_leak *l = context;
    struct error err;
    char id[ITEM_ID];
    struct buffer json;
    world_item_id(item, id);
    buffer_init(&json, 1 << 16);
    json_put_string(&json, buffer_text(&line->prompt)); /* documents are JSON strings */
    check_ok(world_leaks_add(l->leaks, text_of(id), text_part(buffer_text(&json), 1, json.len - 1), &err));
    buffer_done(&json);
}

/* Every document: made, the same again, within longest bytes, without a prompt for tests of the families. Prints bytes.
 */
static inline void part_check_block(const char *name, size_t longest, const char *const *families, size_t n_families) {
    const struct world_block *block = block_of(name);
    struct world_document d, again;
    struct part_leak l;
    struct error err;
    size_t bytes = 0, at;
    struct text id;
    uint64_t n = block->documents(w);
    check_ok(l.leaks = world_leaks_new(&err));
    for (size_t f = 0; f < n_families; f++)
        part_items(families[f], TEST, 1, 2000, part_leak_add, &l),
            part_items(families[f], HELD_OUT, 1, 2000, part_leak_add, &l);
    check_ok(world_leaks_close(l.leaks, &err));
    buffer_init(&d.text, 1 << 16), buffer_init(&d.turns, 1 << 16), buffer_init(&again.text, 1 << 16),
        buffer_init(&again.turns, 1 << 16);
    for (uint64_t i = 0; i < n; i++) {
        buffer_clear(&d.text), buffer_clear(&d.turns);
        assert_true(block->put(&d, w, i, 1));
        size_t size = d.text.len + d.turns.len;
        bytes += size;
        assert_true(size > 0 && (d.text.len == 0 || d.turns.len == 0) && !d.text.failed && !d.turns.failed);
        if (size > longest) fail_msg("%s %llu: %zu bytes", name, (unsigned long long)i, size);
        struct text t = d.text.len ? buffer_text(&d.text) : buffer_text(&d.turns);
        if (world_leaks_find(l.leaks, t, &id, &at))
            fail_msg("%s %llu holds %.*s", name, (unsigned long long)i, TEXT_ARG(id));
        if (i % 97) continue;
        buffer_clear(&again.text), buffer_clear(&again.turns);
        assert_true(block->put(&again, w, i, 1));
        assert_true(text_equal(buffer_text(&d.text), buffer_text(&again.text)) &&
                    text_equal(buffer_text(&d.turns), buffer_text(&again.turns)));
    }
    print_message("block %s: %llu documents, %zu bytes, %zu each\n", name, (unsigned long long)n, bytes,
                  bytes / (size_t)n);
    buffer_done(&d.text), buffer_done(&d.turns), buffer_done(&again.text), buffer_done(&again.turns);
    world_leaks_free(l.leaks);
}

#endif
