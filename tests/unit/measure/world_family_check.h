/* What holds for every family and block of the pocket world, counted from the items themselves: included by the tests
 * of parts. */
#ifndef TESTS_WORLD_FAMILY_CHECK_H
#define TESTS_WORLD_FAMILY_CHECK_H

#include "world_fixture.h"

enum { PROMPT_BYTES_MOST = 900 };

static inline bool make_item(struct world_line *line, const struct world_family *family, uint64_t number,
                             uint64_t draw) {
    struct item item = {.family = family, .number = (uint32_t)number};
    if (!family->split(w, number, &item.split)) return false;
    if (!world_make_line(line, w, &item, draw)) fail_msg("%s %u: not made", family->name, (unsigned)number);
    return true;
}

static inline bool holds(const struct buffer *b, struct text part) {
    return text_find(buffer_text(b), part, 0) != SIZE_MAX;
}

static inline int by_hash(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static inline uint64_t hash_of(const struct world_line *line) {
    struct text turns = buffer_text(&line->turns), prompt = buffer_text(&line->prompt);
    return hash_xxh3(turns.at, turns.len) * 31 + hash_xxh3(prompt.at, prompt.len);
}

static inline void check_line(const struct world_family *family, uint64_t number, const struct world_line *line) {
    struct text prompt = buffer_text(&line->prompt), reply = buffer_text(&line->reply);
    if (prompt.len == 0 || prompt.len > PROMPT_BYTES_MOST || reply.len == 0 || line->prompt.failed ||
        line->reply.failed)
        fail_msg("%s %u: prompt of %zu, reply of %zu bytes", family->name, (unsigned)number, prompt.len, reply.len);
    if (text_find(prompt, TEXT("$"), 0) != SIZE_MAX || text_find(reply, TEXT("$"), 0) != SIZE_MAX ||
        text_find(prompt, TEXT("  "), 0) != SIZE_MAX || text_find(reply, TEXT("  "), 0) != SIZE_MAX)
        fail_msg("%s %u: '%s' '%s'", family->name, (unsigned)number, line->prompt.at, line->reply.at);
    if (line->n_options) assert_true(line->right < line->n_options);
}

/* Every `step`-th number: no prompt twice, and under another draw at least nine in ten are new. count: items by split.
 */
static inline void check_family(const struct world_family *family, uint64_t step, size_t count[N_SPLITS]) {
    uint64_t n = family->numbers(w), *first = calloc(n + 1, sizeof *first);
    size_t made = 0, again = 0;
    struct world_line line;
    world_line_init(&line);
    assert_true(first && n <= (uint64_t)1 << 22);
    for (uint64_t i = 0; i < n; i++) {
        enum split split;
        if (!family->split(w, i, &split)) continue;
        count[split]++;
        if (i % step) continue;
        assert_true(make_item(&line, family, i, 1));
        check_line(family, i, &line);
        first[made++] = hash_of(&line);
    }
    qsort(first, made, sizeof *first, by_hash);
    for (size_t i = 1; i < made; i++)
        if (first[i] == first[i - 1]) fail_msg("%s: a prompt stands twice among %zu", family->name, made);
    for (uint64_t i = 0; i < n; i += step) {
        if (!make_item(&line, family, i, 2)) continue;
        uint64_t hash = hash_of(&line);
        again += bsearch(&hash, first, made, sizeof *first, by_hash) != NULL;
    }
    if (again * 10 >= made) fail_msg("%s: draw 2 repeats %zu of %zu prompts", family->name, again, made);
    world_line_done(&line);
    free(first);
}

/* JSON lines are whole, the same twice, and found again by their id. */
static inline void check_items(const struct world_family *family, uint64_t step) {
    struct world_line line;
    struct buffer one, two;
    struct error err;
    world_line_init(&line), buffer_init(&one, 1 << 20), buffer_init(&two, 1 << 20);
    for (uint64_t i = 0; i < family->numbers(w); i += step) {
        struct item item = {.family = family, .number = (uint32_t)i}, found;
        char id[ITEM_ID];
        if (!family->split(w, i, &item.split)) continue;
        buffer_clear(&one), buffer_clear(&two);
        assert_true(world_put_item(&one, &line, w, &item, 1) && world_put_item(&two, &line, w, &item, 1));
        assert_string_equal(one.at, two.at);
        json_t *json = json_read(buffer_text(&one), "item", 1, &err);
        if (!json) fail_msg("%s in %s", err.message, one.at);
        world_item_id(&item, id);
        assert_string_equal(json_string_value(json_object_get(json, "id")), id);
        assert_true(world_item_find(w, text_of(id), &found) && found.number == item.number);
        json_decref(json);
    }
    world_line_done(&line), buffer_done(&one), buffer_done(&two);
}

/* Every document has text; the bytes of all of them. */
static inline uint64_t check_block(const struct world_block *block) {
    struct world_document document = {0};
    uint64_t bytes = 0;
    buffer_init(&document.text, 1 << 16), buffer_init(&document.turns, 1 << 16);
    for (uint64_t i = 0; i < block->documents(w); i++) {
        buffer_clear(&document.text);
        if (!block->put(&document, w, i, 1) || document.text.len == 0 || holds(&document.text, TEXT("$")) ||
            holds(&document.text, TEXT("  ")))
            fail_msg("%s %u: '%.*s'", block->name, (unsigned)i, TEXT_ARG(buffer_text(&document.text)));
        bytes += document.text.len;
    }
    buffer_done(&document.text), buffer_done(&document.turns);
    return bytes;
}

static inline void look_for(struct leaks *leaks, const char *where, uint64_t number, struct text t) {
    struct text id;
    size_t at;
    if (world_leaks_find(leaks, t, &id, &at))
        fail_msg("'%.*s' stands in %s %u: %.*s", TEXT_ARG(id), where, (unsigned)number, TEXT_ARG(t));
}

/* No prompt for tests (every `step`-th) stands in an item for training or in a document of the block (NULL: none). */
static inline void check_leaks(const struct world_family *family, const struct world_block *block, uint64_t step) {
    struct leaks *leaks;
    struct error err;
    struct world_line line;
    struct world_document document = {0};
    check_ok(leaks = world_leaks_new(&err));
    world_line_init(&line), buffer_init(&document.text, 1 << 16), buffer_init(&document.turns, 1 << 16);
    for (uint64_t i = 0; i < family->numbers(w); i += step) {
        struct item item = {.family = family, .number = (uint32_t)i};
        char id[ITEM_ID];
        if (!make_item(&line, family, i, 1) || !family->split(w, i, &item.split) || item.split == TRAIN) continue;
        world_item_id(&item, id);
        check_ok(world_leaks_add(leaks, text_of(id), buffer_text(&line.prompt), &err));
    }
    assert_true(world_leaks_prompts(leaks) > 0);
    check_ok(world_leaks_close(leaks, &err));
    for (uint64_t i = 0; i < family->numbers(w); i++) {
        enum split split;
        if (!family->split(w, i, &split) || split != TRAIN || !make_item(&line, family, i, 1)) continue;
        look_for(leaks, family->name, i, buffer_text(&line.prompt));
        look_for(leaks, family->name, i, buffer_text(&line.reply));
    }
    for (uint64_t i = 0; block && i < block->documents(w); i++) {
        buffer_clear(&document.text);
        assert_true(block->put(&document, w, i, 1));
        look_for(leaks, block->name, i, buffer_text(&document.text));
    }
    world_line_done(&line), buffer_done(&document.text), buffer_done(&document.turns);
    world_leaks_free(leaks);
}

#endif
