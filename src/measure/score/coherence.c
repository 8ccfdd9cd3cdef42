/* Cosines of texts: see coherence.h. */
#include "measure/score/coherence.h"

#include "base/hash.h"
#include "lm/engine/observe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double cosine(double ab, double aa, double bb) {
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* ---- by words */

struct word {
    uint64_t number; /* equal for equal words */
    double count;
};
struct bag {
    struct word *words; /* [n], by rising number */
    size_t n;
};

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80;
}

static int by_number(const void *a, const void *b) {
    uint64_t x = ((const struct word *)a)->number, y = ((const struct word *)b)->number;
    return x < y ? -1 : x > y;
}

static uint64_t number_of(struct text word) {
    char lower[128];
    size_t n = word.len < sizeof lower ? word.len : sizeof lower;
    for (size_t i = 0; i < n; i++) {
        char c = word.at[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    return hash_xxh3(lower, n);
}

static bool fill_bag(struct text t, struct arena *arena, struct bag *out, struct error *err) {
    struct word *words = arena_new(arena, struct word, t.len / 2 + 1, err);
    size_t n = 0, kept = 0;
    if (!words) return false;
    for (size_t i = 0; i < t.len;) {
        size_t from = i;
        while (i < t.len && is_word_byte(t.at[i])) i++;
        if (i > from) words[n++] = (struct word){number_of(text_part(t, from, i)), 1};
        while (i < t.len && !is_word_byte(t.at[i])) i++;
    }
    qsort(words, n, sizeof *words, by_number);
    for (size_t i = 0; i < n; i++) {
        if (kept && words[kept - 1].number == words[i].number)
            words[kept - 1].count++;
        else
            words[kept++] = words[i];
    }
    *out = (struct bag){words, kept};
    return true;
}

/* In how many bags each word stands: `all` becomes the list, by rising number. */
static size_t count_bags(const struct bag *bags, size_t n, struct word *all) {
    size_t total = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < bags[i].n; k++) all[total++] = (struct word){bags[i].words[k].number, 1};
    qsort(all, total, sizeof *all, by_number);
    for (size_t i = 0; i < total; i++) {
        if (kept && all[kept - 1].number == all[i].number)
            all[kept - 1].count++;
        else
            all[kept++] = all[i];
    }
    return kept;
}

static void weigh(struct bag *bag, const struct word *all, size_t n_all, size_t texts) {
    for (size_t i = 0; i < bag->n; i++) {
        const struct word *found = bsearch(&bag->words[i], all, n_all, sizeof *all, by_number);
        bag->words[i].count *= log((1 + (double)texts) / (1 + found->count)) + 1;
    }
}

static double bags_cosine(const struct bag *a, const struct bag *b) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < a->n; i++) aa += a->words[i].count * a->words[i].count;
    for (size_t i = 0; i < b->n; i++) bb += b->words[i].count * b->words[i].count;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        uint64_t x = a->words[i].number, y = b->words[k].number;
        if (x == y) ab += a->words[i].count * b->words[k].count;
        i += x <= y;
        k += y <= x;
    }
    return cosine(ab, aa, bb);
}

bool coherence_by_words(const struct text *prompts, const struct text *answers, size_t n, double *out,
                        struct error *err) {
    struct arena arena;
    size_t total = 0;
    arena_init(&arena, (size_t)4 << 30);
    struct bag *bags = arena_new(&arena, struct bag, 2 * n + 1, err);
    bool ok = bags != NULL;
    for (size_t i = 0; ok && i < 2 * n; i++) {
        ok = fill_bag(i < n ? prompts[i] : answers[i - n], &arena, &bags[i], err);
        total += ok ? bags[i].n : 0;
    }
    struct word *all = ok ? arena_new(&arena, struct word, total + 1, err) : NULL;
    ok = all != NULL;
    size_t n_all = ok ? count_bags(bags, 2 * n, all) : 0;
    for (size_t i = 0; ok && i < 2 * n; i++) weigh(&bags[i], all, n_all, 2 * n);
    for (size_t i = 0; ok && i < n; i++) out[i] = bags_cosine(&bags[i], &bags[n + i]);
    arena_done(&arena);
    return ok;
}

/* ---- by states */

enum { TOGETHER = 64 }; /* pairs of one call of the engine */

struct encoder {
    struct lm_model *model;
    struct pool *pool;
    struct lm_engine *engine;
    struct arena arena;
};

static bool make_ask(struct encoder *e, struct text t, struct token_list *ids, struct lm_observe_ask *out,
                     struct error *err) {
    ids->n = 0;
    if (!tokenizer_encode(e->model->tokenizer, t, TOKENIZE_BOS, ids, err)) return false;
    size_t n = ids->n < e->model->shape.context ? ids->n : e->model->shape.context;
    int32_t *copy = arena_new(&e->arena, int32_t, n + 1, err);
    if (!copy) return false;
    if (n) memcpy(copy, ids->ids, n * sizeof *copy);
    *out = (struct lm_observe_ask){.ids = copy, .n = n};
    return true;
}

static double states_cosine(const struct lm_observed *a, const struct lm_observed *b, size_t width) {
    double ab = 0, aa = 0, bb = 0;
    if (a->error.kind || b->error.kind) return NAN;
    for (size_t i = 0; i < width; i++) {
        double x = (double)a->values[i], y = (double)b->values[i];
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return cosine(ab, aa, bb);
}

static bool some_states(struct encoder *e, const struct text *prompts, const struct text *answers, size_t n,
                        double *out, struct error *err) {
    const struct lm_site site = {LM_STATE, e->model->shape.layers + 1, 0};
    const struct lm_observe_options options = {.sites = &site, .n_sites = 1, .pool = LM_POOL_MEAN};
    struct token_list ids = {0};
    arena_reset(&e->arena);
    struct lm_observe_ask *asks = arena_new(&e->arena, struct lm_observe_ask, 2 * n, err);
    struct lm_observed *seen = asks ? arena_new(&e->arena, struct lm_observed, 2 * n, err) : NULL;
    bool ok = seen != NULL;
    for (size_t i = 0; ok && i < 2 * n; i++) ok = make_ask(e, i < n ? prompts[i] : answers[i - n], &ids, &asks[i], err);
    ok = ok && lm_observe(e->engine, &options, asks, 2 * n, seen, &e->arena, NULL, err);
    for (size_t i = 0; ok && i < n; i++) out[i] = states_cosine(&seen[i], &seen[n + i], e->model->shape.width);
    token_list_done(&ids);
    return ok;
}

bool coherence_by_states(const char *path, const struct text *prompts, const struct text *answers, size_t n,
                         double *out, struct error *err) {
    const struct lm_load_options load = {.compute = MATMUL_F32};
    struct encoder e = {0};
    arena_init(&e.arena, (size_t)2 << 30);
    bool ok = (e.model = lm_model_load(path, &load, err)) &&
              (e.model->tokenizer || error_set(err, ERROR_DATA, "'%s' brings no tokenizer", path)) &&
              (e.pool = pool_new(0, err)) &&
              (e.engine = lm_engine_new(e.model, e.pool, (struct lm_engine_options){0}, err));
    for (size_t from = 0; ok && from < n; from += TOGETHER) {
        size_t some = n - from < TOGETHER ? n - from : TOGETHER;
        ok = some_states(&e, prompts + from, answers + from, some, out + from, err);
    }
    lm_engine_free(e.engine);
    pool_free(e.pool);
    lm_model_free(e.model);
    arena_done(&e.arena);
    return ok;
}
