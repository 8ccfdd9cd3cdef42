/* Part `guidelines`: words, near-duplicates, truth. See pocket/guidelines.yaml. */
#include "measure/world/world_guidelines.h"

#include <string.h>

enum { MOST_WORDS = 40, GUIDE_MOST = 160 };

/* ---- words */

static bool read_types(struct words_reader *r, const struct yaml *root, const struct world *w,
                       struct guideline_words *g) {
    const struct yaml *types = words_member(r, root, "types");
    if (!types) return false;
    if (types->kind != YAML_MAPPING || types->n != RISKS) return yaml_error(types, r->err, "types: expected %d", RISKS);
    for (size_t i = 0; i < RISKS; i++) {
        const struct yaml *list = types->child[i];
        if (!text_equal(types->key[i]->scalar, w->words.policy.risk[i].name))
            return yaml_error(types->key[i], r->err, "expected '%.*s'", TEXT_ARG(w->words.policy.risk[i].name));
        if (list->kind != YAML_SEQUENCE || list->n != N_WAYS)
            return yaml_error(list, r->err, "expected %d guidelines", N_WAYS);
        for (size_t k = 0; k < N_WAYS; k++) {
            struct guide *guide = &g->guide[i * N_WAYS + k];
            guide->of = (unsigned)(i * N_WAYS + k);
            if (!words_text(r, list->child[k], "", &guide->text)) return false;
            if (guide->text.len > GUIDE_MOST)
                return yaml_error(list->child[k], r->err, "more than %d bytes", GUIDE_MOST);
        }
    }
    return true;
}

static bool read_words(struct words_reader *r, const struct world *w, struct guideline_words *g) {
    const struct yaml *root = words_open(r, "guidelines.yaml");
    const struct yaml *synonyms = root ? words_member(r, root, "synonyms") : NULL;
    if (!synonyms || !words_text_of(r, root, "block", "GQ", &g->block) ||
        !words_list(r, root, "pick", "QO", WORDINGS, &g->pick) || !read_types(r, root, w, g))
        return false;
    if (synonyms->kind != YAML_SEQUENCE || synonyms->n > 32) return yaml_error(synonyms, r->err, "expected 32 at most");
    g->n_synonyms = synonyms->n;
    for (size_t i = 0; i < synonyms->n; i++) {
        const struct yaml *pair = synonyms->child[i];
        struct text *two = arena_new(r->arena, struct text, 2, r->err);
        if (!two) return false;
        if (pair->kind != YAML_SEQUENCE || pair->n != 2) return yaml_error(pair, r->err, "expected two words");
        if (!words_text(r, pair->child[0], "", &two[0]) || !words_text(r, pair->child[1], "", &two[1])) return false;
        g->synonym[i] = (struct list){two, 2};
    }
    struct text *others = arena_new(r->arena, struct text, DISTRACTORS, r->err);
    if (!others || !words_texts(r, root, "distractors", "", others, DISTRACTORS)) return false;
    for (size_t i = 0; i < DISTRACTORS; i++)
        g->guide[TRUE_GUIDES + NEAR_GUIDES + i] = (struct guide){.text = others[i], .of = GUIDES};
    return true;
}

/* ---- near-duplicates */

/* The words of a guideline, each without the comma or full stop behind it, and which synonym could stand for it. */
struct replaceable {
    struct text word;
    const struct text *by;
};

static size_t find_replaceable(const struct guideline_words *g, struct text t, struct replaceable out[MOST_WORDS]) {
    struct text rest = t, word;
    size_t n = 0;
    while (text_next(&rest, ' ', &word) && n < MOST_WORDS) {
        while (word.len && strchr(".,", word.at[word.len - 1])) word.len--;
        for (size_t i = 0; i < g->n_synonyms; i++)
            if (text_equal(word, g->synonym[i].at[0])) {
                out[n++] = (struct replaceable){word, &g->synonym[i].at[1]};
                break;
            }
    }
    return n;
}

/* Levenshtein distance in characters; both at most 2 x GUIDE_MOST. */
static unsigned distance(struct text a, struct text b) {
    unsigned row[2 * GUIDE_MOST + 1];
    for (size_t j = 0; j <= b.len; j++) row[j] = (unsigned)j;
    for (size_t i = 1; i <= a.len; i++) {
        unsigned corner = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned best = corner + (a.at[i - 1] != b.at[j - 1]);
            if (row[j] + 1 < best) best = row[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            corner = row[j], row[j] = best;
        }
    }
    return row[b.len];
}

static bool put_near(const struct world *w, const struct guideline_words *g, size_t of, unsigned words,
                     struct buffer *out, struct arena *scratch, struct error *err) {
    struct replaceable all[MOST_WORDS];
    bool chosen[MOST_WORDS] = {false};
    struct text t = g->guide[of].text;
    size_t n = find_replaceable(g, t, all), *order;
    const char *at = t.at;
    if (n < NEAR)
        return error_set(err, ERROR_DATA, "pocket/guidelines.yaml: '%.*s': expected %d words that have a synonym",
                         TEXT_ARG(t), NEAR);
    if (!world_order(w, "guidelines/near", of * NEAR + words - 1, n, &order, scratch, err)) return false;
    for (size_t i = 0; i < words; i++) chosen[order[i]] = true;
    for (size_t i = 0; i < n; i++) {
        if (!chosen[i]) continue;
        buffer_put(out, at, (size_t)(all[i].word.at - at));
        buffer_put_text(out, *all[i].by);
        at = all[i].word.at + all[i].word.len;
    }
    buffer_put(out, at, (size_t)(t.at + t.len - at));
    return buffer_check(out, "guideline", err);
}

static bool draw_near(struct world *w, struct guideline_words *g, struct arena *scratch, struct error *err) {
    struct buffer text;
    bool ok = true;
    buffer_init(&text, 2 * GUIDE_MOST);
    for (size_t i = 0; i < NEAR_GUIDES && ok; i++) {
        struct guide *near = &g->guide[TRUE_GUIDES + i];
        unsigned words = (unsigned)(i % NEAR) + 1;
        buffer_clear(&text);
        ok = put_near(w, g, i / NEAR, words, &text, scratch, err);
        const char *copy = ok ? text_copy(&w->arena, buffer_text(&text), err) : NULL;
        ok = copy != NULL;
        if (ok) *near = (struct guide){.text = {copy, text.len}, .of = (unsigned)(i / NEAR), .words = words};
        if (ok) near->chars = distance(near->text, g->guide[near->of].text);
    }
    buffer_done(&text);
    return ok;
}

/* ---- truth */

static bool draw(struct world *w, void *state, struct error *err) {
    struct words_reader r = {&w->arena, err};
    struct arena scratch;
    arena_init(&scratch, 1 << 22);
    bool ok = read_words(&r, w, state) && draw_near(w, state, &scratch, err);
    arena_done(&scratch);
    return ok;
}

const struct guide *world_guide(const struct world *w, size_t i) {
    const struct guideline_words *g = world_state(w, &world_part_guidelines);
    return &g->guide[i];
}

static size_t rows(const struct world *w) {
    (void)w;
    return GUIDES;
}

static bool put_row(struct buffer *out, const struct world *w, size_t i) {
    const struct guide *g = world_guide(w, i);
    buffer_printf(out, "{\"id\":\"gu%03zu\",\"kind\":\"%s\"", i,
                  g->of == GUIDES ? "distractor"
                  : g->words      ? "near"
                                  : "true");
    world_put_pair(out, "text", g->text);
    if (g->of == GUIDES) return buffer_put_char(out, '}');
    world_put_pair(out, "risk", w->words.policy.risk[g->of / N_WAYS].name);
    world_put_pair(out, "way", text_of(world_way_names[g->of % N_WAYS]));
    if (g->words) buffer_printf(out, ",\"of\":\"gu%03u\",\"words\":%u,\"chars\":%u", g->of, g->words, g->chars);
    return buffer_put_char(out, '}');
}

static size_t find(const struct world *w, struct text id) {
    uint64_t i;
    (void)w;
    bool is = id.len == 5 && text_starts(id, TEXT("gu")) && text_to_u64(text_part(id, 2, 5), &i) && i < GUIDES;
    return is ? (size_t)i : SIZE_MAX;
}

const struct world_part world_part_guidelines = {.name = "guidelines",
                                                 .version = 1,
                                                 .words = true,
                                                 .state_size = sizeof(struct guideline_words),
                                                 .draw = draw,
                                                 .rows = rows,
                                                 .put_row = put_row,
                                                 .find = find,
                                                 .families = world_guideline_families,
                                                 .n_families = 2,
                                                 .blocks = &world_block_guidelines,
                                                 .n_blocks = 1};
