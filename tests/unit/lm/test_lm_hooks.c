/* Hooks, for every architecture: a run whose states are replaced by another run's becomes that run, bit for bit; each
 * change does its arithmetic; hooks act where they say and nowhere else; the same bytes however asks are dealt. */
#include "check.h"

#include "lm/engine/observe.h"

enum { TOKENS = 20, V = 260 };
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

static int32_t one[TOKENS], two[TOKENS];

static void draw(void) {
    struct rng rng = rng_stream(5, "hooks", 0);
    for (size_t t = 0; t < TOKENS; t++) {
        one[t] = (int32_t)rng_below(&rng, V);
        two[t] = (int32_t)rng_below(&rng, V);
    }
}

struct lab {
    struct lm_engine *engine;
    struct arena arena;
};

static void lab_init(struct lab *lab, const struct lm_model *m) {
    struct error err = {0};
    arena_init(&lab->arena, 0);
    lab->engine = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    check_ok(lab->engine);
}

static void lab_done(struct lab *lab) {
    lm_engine_free(lab->engine);
    arena_done(&lab->arena);
}

/* Activations of one site at each position, and log-probabilities of the text's tokens. */
static struct lm_observed look(struct lab *lab, const int32_t *ids, struct lm_site site, const struct lm_hooks *hooks,
                               size_t mark) {
    struct error err = {0};
    struct lm_observe_options options = {.sites = &site, .n_sites = 1, .next = true};
    struct lm_observe_ask ask = {ids, TOKENS, 0, 0, hooks, mark};
    struct lm_observed r;
    check_ok(lm_observe(lab->engine, &options, &ask, 1, &r, &lab->arena, NULL, &err));
    if (r.error.kind) fail_msg("%s", r.error.message);
    return r;
}

/* The likeliest token behind each position. */
static struct lm_observed guess(struct lab *lab, const int32_t *ids, const struct lm_hooks *hooks) {
    struct error err = {0};
    struct lm_observe_options options = {.top = V};
    struct lm_observe_ask ask = {ids, TOKENS, 0, 0, hooks, 0};
    struct lm_observed r;
    check_ok(lm_observe(lab->engine, &options, &ask, 1, &r, &lab->arena, NULL, &err));
    return r;
}

static void check_patching(const struct lm_model *m, const char *name) {
    struct lab lab;
    lab_init(&lab, m);
    draw();
    struct lm_observed there = guess(&lab, two, NULL), here = guess(&lab, one, NULL);
    assert_memory_not_equal(there.top, here.top, TOKENS * V * sizeof *here.top);
    for (size_t l = 0; l <= m->shape.layers; l++) {
        struct lm_site site = {LM_STATE, l, 0};
        struct lm_hook hook = {
            .site = site, .change = LM_REPLACE, .values = look(&lab, two, site, NULL, 0).values, .n_values = TOKENS};
        struct lm_hooks hooks = {&hook, 1};
        struct lm_observed patched = guess(&lab, one, &hooks);
        if (memcmp(patched.top, there.top, TOKENS * V * sizeof *there.top)) fail_msg("%s: state %zu", name, l);
    }
    lab_done(&lab);
}

static void replaced_states_make_the_other_run(void **state) {
    each_architecture(check_patching);
}

/* All parts of the first block together are what it adds: with the embedding of the other run they make its state. */
static void check_parts(const struct lm_model *m, const char *name) {
    struct lab lab;
    lab_init(&lab, m);
    draw();
    size_t heads = m->shape.heads;
    struct lm_hook list[8] = {{.site = {LM_STATE, 0, 0}, .change = LM_REPLACE, .n_values = TOKENS},
                              {.site = {LM_FEED_FORWARD, 1, 0}, .change = LM_REPLACE, .n_values = TOKENS}};
    for (size_t h = 0; h < heads; h++)
        list[2 + h] = (struct lm_hook){.site = {LM_HEAD, 1, h}, .change = LM_REPLACE, .n_values = TOKENS};
    for (size_t i = 0; i < 2 + heads; i++) list[i].values = look(&lab, two, list[i].site, NULL, 0).values;
    struct lm_hooks hooks = {list, 2 + heads};
    struct lm_site after = {LM_STATE, 1, 0};
    struct lm_observed there = look(&lab, two, after, NULL, 0), here = look(&lab, one, after, &hooks, 0);
    if (memcmp(here.values, there.values, TOKENS * m->shape.width * sizeof(float))) fail_msg("%s: heads", name);
    list[2] = (struct lm_hook){.site = {LM_ATTENTION, 1, 0}, .change = LM_REPLACE, .n_values = TOKENS};
    list[2].values = look(&lab, two, list[2].site, NULL, 0).values;
    hooks.n = 3;
    here = look(&lab, one, after, &hooks, 0);
    if (memcmp(here.values, there.values, TOKENS * m->shape.width * sizeof(float))) fail_msg("%s: attention", name);
    lab_done(&lab);
}

static void replaced_parts_make_the_other_state(void **state) {
    each_architecture(check_parts);
}

static double along(const float *x, const float *v, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)v[i];
    return sum;
}

/* Each change against its formula, at the site itself. */
static void check_changes(const struct lm_model *m, const char *name) {
    static const enum lm_part parts[] = {LM_STATE, LM_ATTENTION, LM_FEED_FORWARD, LM_HEAD};
    struct lab lab;
    float v[64];
    lab_init(&lab, m);
    draw();
    for (size_t i = 0; i < 64; i++) v[i] = (float)i / 40 - 0.7f;
    for (size_t p = 0; p < 4; p++)
        for (enum lm_change how = LM_ADD; how <= LM_PROJECT_OUT; how++) {
            struct lm_site site = {parts[p], 2, p == 3 ? 2 : 0};
            size_t n = lm_site_size(&m->shape, site);
            struct lm_hook hook = {.site = site,
                                   .change = how,
                                   .coefficient = how == LM_PROJECT_OUT ? 1 : 0.25f,
                                   .values = how == LM_SCALE ? NULL : v,
                                   .n_values = 1,
                                   .where = LM_BETWEEN,
                                   .from = 3,
                                   .to = 8};
            struct lm_observed before = look(&lab, one, site, NULL, 0),
                               after = look(&lab, one, site, &(struct lm_hooks){&hook, 1}, 0);
            for (size_t t = 0; t < 8; t++) /* later rows see the change through attention only at later layers */
                for (size_t i = 0; i < n; i++) {
                    const float *x = before.values + t * n;
                    float expected = t < 3               ? x[i]
                                     : how == LM_ADD     ? x[i] + 0.25f * v[i]
                                     : how == LM_REPLACE ? v[i]
                                     : how == LM_SCALE   ? x[i] * 0.25f
                                                         : x[i] - (float)(along(x, v, n) / along(v, v, n)) * v[i];
                    if (after.values[t * n + i] != expected)
                        fail_msg("%s: part %zu, change %d, position %zu", name, p, (int)how, t);
                }
            if (how == LM_PROJECT_OUT) assert_true(fabs(along(after.values + 4 * n, v, n)) < 1e-5);
            assert_memory_equal(before.values + 8 * n, after.values + 8 * n, (TOKENS - 8) * n * sizeof(float));
            /* what comes later changes: all tokens from the first changed position on, none before */
            assert_memory_equal(before.next, after.next, 3 * sizeof(float));
            size_t changed = 0;
            for (size_t t = 3; t + 1 < TOKENS; t++) changed += before.next[t] != after.next[t];
            if (changed < 5) fail_msg("%s: part %zu, change %d changes %zu tokens", name, p, (int)how, changed);
        }
    lab_done(&lab);
}

static void changes_do_their_arithmetic(void **state) {
    each_architecture(check_changes);
}

static void places_are_where_they_say(void **state) {
    struct lm_model *m = make("llama");
    struct lab lab;
    lab_init(&lab, m);
    draw();
    size_t n = m->shape.width;
    static const struct {
        enum lm_where where;
        size_t from, to, n_values, first, end;
    } rows[] = {{LM_EVERYWHERE, 0, 0, 1, 0, TOKENS},  {LM_IN_PROMPT, 0, 0, 1, 0, 7},
                {LM_AT_PROMPT_END, 0, 0, 1, 6, 7},    {LM_IN_ANSWER, 0, 0, 1, 7, TOKENS},
                {LM_BETWEEN, 4, 9, 1, 4, 9},          {LM_IN_ANSWER, 0, 0, 3, 7, 10},
                {LM_BETWEEN, 18, 400, 1, 18, TOKENS}, {LM_BETWEEN, 18, 400, 2, 18, TOKENS}};
    static float v[3 * 24];
    for (size_t i = 0; i < 3 * n; i++) v[i] = 1 + (float)(i / n);
    struct lm_site site = {LM_STATE, 1, 0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lm_hook hook = {.site = site,
                               .change = LM_REPLACE,
                               .values = v,
                               .n_values = rows[i].n_values,
                               .where = rows[i].where,
                               .from = rows[i].from,
                               .to = rows[i].to};
        struct lm_observed before = look(&lab, one, site, NULL, 7),
                           after = look(&lab, one, site, &(struct lm_hooks){&hook, 1}, 7);
        for (size_t t = 0; t < TOKENS; t++) {
            bool inside = t >= rows[i].first && t < rows[i].end;
            size_t which = rows[i].n_values > 1 ? t - rows[i].first : 0;
            if (memcmp(after.values + t * n, inside ? v + which * n : before.values + t * n, n * sizeof(float)))
                fail_msg("row %zu, position %zu", i, t);
        }
    }
    lab_done(&lab);
    lm_model_free(m);
}

/* ---- scoring and generation, many asks with different hooks ---- */

enum { ASKS = 12, LONG = 10 };
struct outcome {
    double sums[ASKS];
    int32_t answers[ASKS][LONG];
    float logprobs[ASKS][LONG];
    size_t lengths[ASKS];
};

static void run_all(const struct lm_model *m, struct lm_engine_options how, size_t threads, bool backwards, bool alone,
                    const struct lm_hooks *const *hooks, struct outcome *out) {
    struct error err = {0};
    struct arena arena;
    struct pool *pool = pool_new(threads, &err);
    struct lm_engine *e = lm_engine_new(m, pool, how, &err);
    struct lm_score_ask scores[ASKS];
    struct lm_generate_ask asks[ASKS];
    struct lm_score_result scored[ASKS];
    struct lm_generate_result answers[ASKS];
    arena_init(&arena, 0);
    check_ok(e);
    for (size_t i = 0; i < ASKS; i++) {
        size_t k = backwards ? ASKS - 1 - i : i;
        scores[i] = (struct lm_score_ask){one, 5 + k % 5, k % 2 ? two : one + 5 + k % 5, 6, hooks[k % 4]};
        asks[i] = (struct lm_generate_ask){.prompt = one,
                                           .n_prompt = 8 + k % 3,
                                           .max_tokens = LONG,
                                           .stream = k,
                                           .sampling = {1, 1, 0, 7},
                                           .hooks = hooks[k % 4]};
    }
    for (size_t i = 0; i < (alone ? (size_t)ASKS : 1); i++) {
        size_t n = alone ? 1 : ASKS;
        check_ok(lm_score(e, scores + i, n, scored + i, &arena, NULL, &err));
        check_ok(lm_generate(e, asks + i, n, answers + i, &arena, NULL, NULL, NULL, &err));
    }
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < ASKS; i++) {
        size_t k = backwards ? ASKS - 1 - i : i;
        out->sums[k] = scored[i].sum;
        out->lengths[k] = answers[i].n;
        memcpy(out->answers[k], answers[i].ids, answers[i].n * sizeof(int32_t));
        memcpy(out->logprobs[k], answers[i].logprobs, answers[i].n * sizeof(float));
    }
    lm_engine_free(e);
    pool_free(pool);
    arena_done(&arena);
}

static void check_asks(const struct lm_model *m, const char *name) {
    static struct outcome first, other;
    static float v[24];
    struct lm_hook list[] = {
        {.site = {LM_STATE, 1, 0}, .change = LM_ADD, .coefficient = 2, .values = v, .n_values = 1},
        {.site = {LM_ATTENTION, 2, 0}, .change = LM_SCALE, .coefficient = 0, .where = LM_AT_PROMPT_END},
        {.site = {LM_STATE, 2, 0},
         .change = LM_PROJECT_OUT,
         .coefficient = 1,
         .values = v,
         .n_values = 1,
         .where = LM_IN_ANSWER},
    };
    const struct lm_hooks everywhere = {list, 1}, ends = {list + 1, 2}, all = {list, 3};
    const struct lm_hooks *const hooks[4] = {NULL, &everywhere, &ends, &all}, *const none[4] = {NULL, NULL, NULL, NULL};
    for (size_t i = 0; i < 24; i++) v[i] = (float)(i % 5) - 2;
    draw();
    run_all(m, (struct lm_engine_options){0}, 1, false, false, hooks, &first);
    static const size_t rows[] = {1, 7, 64};
    for (size_t k = 0; k < 12; k++) {
        struct lm_engine_options how = {.rows = rows[k % 3], .no_prefix_sharing = k / 3 % 2};
        run_all(m, how, 1 + k / 6, k % 2, k == 5, hooks, &other);
        if (memcmp(&first, &other, sizeof first)) fail_msg("%s: dealing %zu gives other bytes", name, k);
    }
    run_all(m, (struct lm_engine_options){0}, 1, false, false, none, &other);
    for (size_t k = 0; k < ASKS; k++)
        if ((first.sums[k] == other.sums[k]) != (k % 4 == 0)) fail_msg("%s: ask %zu: hooks %zu", name, k, k % 4);
}

static void asks_with_hooks_give_the_same_bytes(void **state) {
    each_architecture(check_asks);
}

static void what_is_bad_is_told(void **state) {
    struct lm_model *m = make("llama");
    struct error err = {0};
    float v[24] = {0};
    size_t layers = m->shape.layers;
    const struct {
        struct lm_hook hook;
        const char *said;
    } rows[] = {
        {{.site = {LM_STATE, layers + 1, 0}, .change = LM_ADD, .values = v, .n_values = 1},
         "can be read but not changed"},
        {{.site = {LM_FEED_FORWARD, 0, 0}, .change = LM_ADD, .values = v, .n_values = 1}, "feed-forward of layer 0"},
        {{.site = {LM_HEAD, 1, 9}, .change = LM_ADD, .values = v, .n_values = 1}, "head 9 of layer 1"},
        {{.site = {LM_STATE, 1, 0}, .change = LM_ADD}, "it has no values"},
        {{.site = {LM_STATE, 1, 0}, .change = LM_SCALE, .where = LM_BETWEEN, .from = 3, .to = 3},
         "positions 3 to 3 are none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lm_hook list[] = {{.site = {LM_STATE, 1, 0}, .change = LM_SCALE}, rows[i].hook};
        struct lm_hooks hooks = {list, 2};
        check_fails(lm_hooks_check(m, &hooks, &err), ERROR_USAGE, rows[i].said);
        assert_non_null(strstr(err.message, "hook 1: "));
    }
    check_ok(lm_hooks_check(m, NULL, &err));
    struct lab lab;
    lab_init(&lab, m);
    struct lm_hook hook = {.site = {LM_STATE, 99, 0}, .change = LM_SCALE};
    struct lm_hooks hooks = {&hook, 1};
    struct lm_score_ask asks[] = {{one, 3, two, 3, &hooks}, {one, 3, two, 3, NULL}};
    struct lm_score_result results[2];
    check_ok(lm_score(lab.engine, asks, 2, results, &lab.arena, NULL, &err));
    assert_non_null(strstr(results[0].error.message, "ask 0: hook 0: state of layer 99"));
    assert_int_equal(results[1].error.kind, ERROR_NONE);
    lab_done(&lab);
    lm_model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaced_states_make_the_other_run),  cmocka_unit_test(replaced_parts_make_the_other_state),
        cmocka_unit_test(changes_do_their_arithmetic),         cmocka_unit_test(places_are_where_they_say),
        cmocka_unit_test(asks_with_hooks_give_the_same_bytes), cmocka_unit_test(what_is_bad_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
