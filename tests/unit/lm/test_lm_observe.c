/* What is seen inside of a model, for every architecture: states against plain loops, parts that add up to states bit
 * for bit, the likeliest tokens against all logits; the same bytes however texts are dealt; bad asks. */
#include "plain_model.h"

#include "lm/engine/observe.h"

enum { TOKENS = 24, TEXTS = 9, V = 260, TOP = 5 };
#define SMALL ",width=24,heads=4,hidden=20,vocabulary=260,context=96"

static struct lm_model *make(const char *arch) {
    struct error err = {0};
    char spec[128];
    double entropy;
    snprintf(spec, sizeof spec, "%s" SMALL, arch);
    struct lm_model *m = lm_model_random_of(text_of(spec), &entropy, &err);
    check_ok(m);
    return m;
}

/* A text for which this is called with every architecture. */
static void each_architecture(void (*check)(const struct lm_model *m, const char *name)) {
    const struct lm_arch *const *all;
    size_t n = lm_archs(&all);
    assert_true(n >= 12);
    for (size_t i = 0; i < n; i++) {
        struct lm_model *m = make(lm_arch_name(all[i]));
        check(m, lm_arch_name(all[i]));
        lm_model_free(m);
    }
}

/* Texts that share beginnings, one inside another, two equal. */
static int32_t texts[TEXTS][TOKENS];
static const size_t lengths[TEXTS] = {24, 24, 10, 1, 24, 17, 17, 5, 23};

static void draw(void) {
    struct rng rng = rng_stream(3, "observe", 0);
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t t = 0; t < TOKENS; t++) texts[i][t] = (int32_t)rng_below(&rng, V);
    memcpy(texts[1], texts[0], 20 * sizeof(int32_t));
    memcpy(texts[2], texts[0], 10 * sizeof(int32_t));
    memcpy(texts[6], texts[5], 17 * sizeof(int32_t));
    memcpy(texts[8], texts[5], 3 * sizeof(int32_t));
}

struct seen {
    struct arena arena;
    struct lm_observed results[TEXTS];
};

static void observe(const struct lm_model *m, struct lm_engine_options how, size_t threads, bool backwards,
                    const struct lm_observe_options *options, size_t from, struct seen *seen) {
    struct error err = {0};
    struct pool *pool = pool_new(threads, &err);
    struct lm_engine *e = lm_engine_new(m, pool, how, &err);
    struct lm_observe_ask asks[TEXTS];
    struct lm_observed results[TEXTS];
    check_ok(e);
    arena_init(&seen->arena, 0);
    for (size_t i = 0; i < TEXTS; i++) {
        size_t k = backwards ? TEXTS - 1 - i : i;
        asks[i] = (struct lm_observe_ask){texts[k], lengths[k], lengths[k] > from ? from : 0, 0, NULL, 0};
    }
    check_ok(lm_observe(e, options, asks, TEXTS, results, &seen->arena, NULL, &err));
    for (size_t i = 0; i < TEXTS; i++) seen->results[backwards ? TEXTS - 1 - i : i] = results[i];
    lm_engine_free(e);
    pool_free(pool);
}

static struct lm_site sites[64];

static size_t all_states(const struct lm_model *m) {
    for (size_t l = 0; l < m->shape.layers + 2; l++) sites[l] = (struct lm_site){LM_STATE, l, 0};
    return m->shape.layers + 2;
}

static void check_states(const struct lm_model *m, const char *name) {
    struct lm_observe_options options = {.sites = sites, .n_sites = all_states(m)};
    size_t row = options.n_sites * m->shape.width;
    static double logits[TOKENS * V];
    double *states = whole_new(TOKENS * row), most = 0, largest = 0;
    struct seen seen;
    draw();
    observe(m, (struct lm_engine_options){0}, 1, false, &options, 0, &seen);
    for (size_t i = 0; i < TEXTS; i++) {
        whole_run(m, texts[i], lengths[i], logits, states);
        assert_int_equal(seen.results[i].error.kind, ERROR_NONE);
        assert_int_equal(seen.results[i].n_rows, lengths[i]);
        for (size_t j = 0; j < lengths[i] * row; j++) {
            most = fmax(most, fabs((double)seen.results[i].values[j] - states[j]));
            largest = fmax(largest, fabs(states[j]));
        }
    }
    if (!(most <= 1e-5 * largest)) fail_msg("%s: states differ by %g, the largest is %g", name, most, largest);
    arena_done(&seen.arena);
    free(states);
}

static void states_match_plain_loops(void **state) {
    each_architecture(check_states);
}

/* state l - 1 + attention l + feed-forward l is state l; heads times the output matrix are the attention. */
static void check_parts(const struct lm_model *m, const char *name) {
    const struct lm_shape *s = &m->shape;
    size_t width = s->width, size = s->head_size;
    for (size_t l = 1; l <= s->layers; l++) {
        struct lm_site own[4 + 8] = {
            {LM_STATE, l - 1, 0}, {LM_ATTENTION, l, 0}, {LM_FEED_FORWARD, l, 0}, {LM_STATE, l, 0}};
        for (size_t h = 0; h < s->heads; h++) own[4 + h] = (struct lm_site){LM_HEAD, l, h};
        struct lm_observe_options options = {.sites = own, .n_sites = 4 + s->heads};
        struct seen seen;
        draw();
        observe(m, (struct lm_engine_options){0}, 1, false, &options, 0, &seen);
        size_t row = lm_sites_size(s, own, options.n_sites);
        assert_int_equal(row, 4 * width + s->heads * size);
        double *z = whole_new(s->heads * size), *a = whole_new(width);
        for (size_t t = 0; t < TOKENS; t++) {
            const float *x = seen.results[0].values + t * row;
            for (size_t j = 0; j < width; j++)
                if (x[j] + x[width + j] + x[2 * width + j] != x[3 * width + j])
                    fail_msg("%s: layer %zu does not add up", name, l);
            for (size_t j = 0; j < s->heads * size; j++) z[j] = (double)x[4 * width + j];
            whole_product(&m->layers[l - 1].o, z, a);
            if (m->layers[l - 1].attention_post_norm)
                whole_norm(a, m->layers[l - 1].attention_post_norm, NULL, width, (double)s->norm_eps);
            for (size_t j = 0; j < width; j++) check_near((double)x[width + j], a[j], 1e-4 * (1 + fabs(a[j])));
        }
        free(z), free(a);
        arena_done(&seen.arena);
    }
}

static void parts_add_up_to_states(void **state) {
    each_architecture(check_parts);
}

static size_t bytes_of(const struct lm_observe_options *options, const struct lm_observed *r, size_t row, float *out) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_rows * row; i++) out[n++] = r->values[i];
    for (size_t i = 0; i < r->positions * options->top; i++) {
        out[n++] = (float)r->top[i].id;
        out[n++] = r->top[i].logprob;
    }
    for (size_t i = 0; options->top && i < r->positions; i++) out[n++] = (float)r->rest[i];
    for (size_t i = 0; options->next && i + 1 < r->positions; i++) out[n++] = r->next[i];
    return n;
}

/* Every site at once, any pool, however the texts are dealt. */
static void check_bytes(const struct lm_model *m, const char *name) {
    size_t n = all_states(m);
    for (size_t l = 1; l <= m->shape.layers; l++) {
        sites[n++] = (struct lm_site){LM_ATTENTION, l, 0};
        sites[n++] = (struct lm_site){LM_FEED_FORWARD, l, 0};
        sites[n++] = (struct lm_site){LM_HEAD, l, 3};
    }
    static float first[1 << 17], other[1 << 17];
    for (enum lm_pool pool = LM_POOL_EACH; pool <= LM_POOL_LAST; pool++) {
        struct lm_observe_options options = {.sites = sites, .n_sites = n, .pool = pool, .top = TOP, .next = true};
        size_t row = lm_sites_size(&m->shape, sites, n);
        assert_true(TOKENS * (row + 2 * TOP + 2) <= sizeof first / sizeof *first);
        struct seen plain, seen;
        draw();
        observe(m, (struct lm_engine_options){0}, 1, false, &options, 2, &plain);
        static const size_t rows[] = {1, 7, 64};
        for (size_t k = 0; k < 12; k++) {
            struct lm_engine_options how = {.rows = rows[k % 3], .no_prefix_sharing = k / 3 % 2};
            observe(m, how, 1 + k / 6, k % 2, &options, 2, &seen);
            for (size_t i = 0; i < TEXTS; i++) {
                size_t bytes = bytes_of(&options, &plain.results[i], row, first) * sizeof *first;
                assert_int_equal(bytes, bytes_of(&options, &seen.results[i], row, other) * sizeof *other);
                if (memcmp(first, other, bytes))
                    fail_msg("%s: pool %d, dealing %zu: text %zu differs", name, (int)pool, k, i);
            }
            arena_done(&seen.arena);
        }
        arena_done(&plain.arena);
    }
}

static void bytes_do_not_depend_on_dealing(void **state) {
    each_architecture(check_bytes);
}

static void pools_are_of_the_range(void **state) {
    struct lm_model *m = make("qwen2");
    struct lm_observe_options options = {.sites = sites, .n_sites = all_states(m)};
    size_t row = options.n_sites * m->shape.width;
    struct seen each, pooled;
    draw();
    observe(m, (struct lm_engine_options){0}, 1, false, &options, 2, &each);
    for (options.pool = LM_POOL_MEAN; options.pool <= LM_POOL_LAST; options.pool++) {
        observe(m, (struct lm_engine_options){0}, 1, false, &options, 2, &pooled);
        for (size_t i = 0; i < TEXTS; i++) {
            const struct lm_observed *a = &each.results[i], *b = &pooled.results[i];
            assert_int_equal(b->n_rows, 1);
            assert_int_equal(a->n_rows, lengths[i] > 2 ? lengths[i] - 2 : lengths[i]);
            for (size_t j = 0; j < row; j++) {
                double sum = 0;
                for (size_t t = 0; t < a->n_rows; t++) sum += (double)a->values[t * row + j];
                float expected = options.pool == LM_POOL_MEAN    ? (float)(sum / (double)a->n_rows)
                                 : options.pool == LM_POOL_FIRST ? a->values[j]
                                                                 : a->values[(a->n_rows - 1) * row + j];
                assert_true(b->values[j] == expected);
            }
        }
        arena_done(&pooled.arena);
    }
    arena_done(&each.arena);
    lm_model_free(m);
}

static int by_logit(const void *a, const void *b) {
    const struct lm_top *x = a, *y = b;
    return x->logprob != y->logprob ? (x->logprob > y->logprob ? -1 : 1) : x->id < y->id ? -1 : 1;
}

/* Against all logits of the text, and the scores of its own tokens. */
static void check_top(const struct lm_model *m, const char *name) {
    struct error err = {0};
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    static float logits[TOKENS * V];
    static struct lm_top sorted[V];
    struct lm_observe_options options = {.top = TOP, .next = true, .all = true};
    struct seen seen;
    struct lm_score_result score;
    draw();
    check_ok(e);
    observe(m, (struct lm_engine_options){0}, 1, false, &options, 0, &seen);
    check_ok(lm_logits(e, texts[0], TOKENS, logits, &err));
    check_ok(
        lm_score(e, &(struct lm_score_ask){.continuation = texts[0], .n = TOKENS}, 1, &score, &seen.arena, NULL, &err));
    const struct lm_observed *r = &seen.results[0];
    for (size_t t = 0; t < TOKENS; t++) {
        double sum = 0, kept = 0;
        for (size_t i = 0; i < V; i++) sum += exp((double)logits[t * V + i]);
        for (size_t i = 0; i < V; i++) sorted[i] = (struct lm_top){(int32_t)i, logits[t * V + i]};
        qsort(sorted, V, sizeof *sorted, by_logit);
        for (size_t i = 0; i < TOP; i++) {
            if (r->top[t * TOP + i].id != sorted[i].id) fail_msg("%s: place %zu behind token %zu", name, i, t);
            check_near((double)r->top[t * TOP + i].logprob, (double)sorted[i].logprob - log(sum), 1e-5);
            kept += exp((double)sorted[i].logprob) / sum;
        }
        check_near(r->rest[t], 1 - kept, 1e-6);
        for (size_t i = 0; i < V; i++)
            check_near((double)r->all[t * V + i], (double)logits[t * V + i] - log(sum), 1e-5);
        if (t + 1 < TOKENS) assert_true(r->next[t] == score.tokens[t + 1]);
    }
    assert_true(isnan(r->next[TOKENS - 1]));
    arena_done(&seen.arena);
    lm_engine_free(e);
}

static void tops_match_all_logits(void **state) {
    each_architecture(check_top);
}

static void whole_vocabulary_leaves_no_rest(void **state) {
    struct lm_model *m = make("llama");
    struct lm_observe_options options = {.top = V};
    struct seen seen;
    draw();
    observe(m, (struct lm_engine_options){0}, 1, false, &options, 0, &seen);
    bool found[V] = {false};
    for (size_t i = 0; i < V; i++) found[seen.results[3].top[i].id] = true;
    for (size_t i = 0; i < V; i++) assert_true(found[i]);
    assert_true(seen.results[3].rest[0] == 0);
    arena_done(&seen.arena);
    lm_model_free(m);
}

static void what_is_bad_is_told(void **state) {
    struct lm_model *m = make("llama");
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    check_ok(e);
    int32_t ids[200] = {0}, odd[] = {1, V};
    struct lm_observe_ask asks[] = {{ids, 0, 0, 0, NULL, 0}, {ids, 97, 0, 0, NULL, 0}, {ids, 4, 4, 0, NULL, 0},
                                    {ids, 4, 0, 5, NULL, 0}, {odd, 2, 0, 0, NULL, 0},  {ids, 4, 1, 3, NULL, 0}};
    static const char *const said[] = {"ask 0: the text is empty", "97 tokens is longer than the context of 96",
                                       "positions 4 to 4 are none of the 4", "positions 0 to 5 are none of the 4",
                                       "token 1 of the text is 260"};
    struct lm_observed results[6];
    struct lm_site site = {LM_STATE, 1, 0};
    struct lm_observe_options options = {.sites = &site, .n_sites = 1};
    check_ok(lm_observe(e, &options, asks, 6, results, &arena, NULL, &err));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(results[i].error.kind, ERROR_DATA);
        assert_non_null(strstr(results[i].error.message, said[i]));
    }
    assert_int_equal(results[5].error.kind, ERROR_NONE);
    assert_int_equal(results[5].n_rows, 2);
    site = (struct lm_site){LM_STATE, m->shape.layers + 2, 0};
    check_fails(lm_observe(e, &options, asks, 6, results, &arena, NULL, &err), ERROR_USAGE,
                "state of layer 6: model 'random-llama-1' has 0 to 5");
    site = (struct lm_site){LM_HEAD, 1, 4};
    check_fails(lm_observe(e, &options, asks, 6, results, &arena, NULL, &err), ERROR_USAGE, "head 4 of layer 1");
    site = (struct lm_site){LM_ATTENTION, 0, 0};
    check_fails(lm_observe(e, &options, asks, 6, results, &arena, NULL, &err), ERROR_USAGE, "attention of layer 0");
    options = (struct lm_observe_options){.top = V + 1};
    check_fails(lm_observe(e, &options, asks, 6, results, &arena, NULL, &err), ERROR_USAGE, "the vocabulary has 260");
    lm_engine_free(e);
    arena_done(&arena);
    lm_model_free(m);
}

/* Each allocation fails once: told, nothing leaks, and the engine still works. */
static void memory_that_fails_is_told(void **state) {
    struct lm_model *m = make("qwen3moe");
    struct error err = {0};
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){.rows = 7}, &err);
    struct lm_observe_ask asks[2] = {{texts[0], TOKENS, 0, 0, NULL, 0}, {texts[1], TOKENS, 3, 9, NULL, 0}};
    struct lm_observe_options options = {
        .sites = sites, .n_sites = all_states(m), .pool = LM_POOL_MEAN, .top = TOP, .next = true};
    struct lm_observed results[2];
    check_ok(e);
    draw();
    uint64_t n = 1;
    for (bool done = false; !done; n++) {
        struct arena arena;
        arena_init(&arena, 0);
        error_clear(&err);
        memory_fail_at(n);
        done = lm_observe(e, &options, asks, 2, results, &arena, NULL, &err);
        memory_fail_at(0);
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        arena_done(&arena);
    }
    assert_true(n > 5);
    lm_engine_free(e);
    lm_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_match_plain_loops),
        cmocka_unit_test(parts_add_up_to_states),
        cmocka_unit_test(bytes_do_not_depend_on_dealing),
        cmocka_unit_test(pools_are_of_the_range),
        cmocka_unit_test(tops_match_all_logits),
        cmocka_unit_test(whole_vocabulary_leaves_no_rest),
        cmocka_unit_test(what_is_bad_is_told),
        cmocka_unit_test(memory_that_fails_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
