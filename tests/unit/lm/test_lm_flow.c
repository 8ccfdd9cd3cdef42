/* Asks that come and are dropped at any time while others run: each answer has the bytes of the offline batch, and what
 * was dropped costs no further row. */
#include "tiny_model.h"

#include "lm/engine/flow.h"
#include "lm/engine/kept.h"

enum { ASKS = 60, LONGEST = 90 };

struct fixture {
    struct lm_model *model;
    struct pool *pool;
    struct arena arena;
    struct lm_generate_ask asks[ASKS];
    struct lm_generate_result offline[ASKS];
};

/* ---- a processor with a state, so that a call too many shows ---- */

static bool count_begin(const void *settings, void **state, struct error *err) {
    (void)settings;
    *state = memory_zeroed(1, sizeof(size_t));
    return *state != NULL || error_memory(err, "state");
}

static bool count_change(const void *settings, void *state, struct logits_row *row, struct error *err) {
    size_t *calls = state;
    (void)settings;
    if (row->n_answer != (*calls)++) return error_set(err, ERROR_DATA, "called %zu times", *calls);
    row->logits[(row->n_answer * 7) % row->vocabulary] += 2;
    row->ends = row->n_answer == 21;
    return true;
}

static void count_end(void *state) {
    memory_free(state);
}

static const struct logits_processor_kind count_kind = {"count", count_begin, count_change, count_end};
static const struct logits_processor counter = {&count_kind, NULL};

/* ---- asks ---- */

/* Beginnings are shared by groups, so that waves are real trees; some prompts are equal, some a part of another. */
static void make_asks(struct fixture *f) {
    static int32_t ids[ASKS][LONGEST];
    static float direction[40];
    static struct lm_hook hook = {
        .site = {LM_STATE, 2, 0}, .change = LM_ADD, .coefficient = 1, .n_values = 1, .where = LM_IN_ANSWER};
    static struct lm_hooks hooks = {&hook, 1};
    hook.values = direction;
    for (size_t i = 0; i < 40; i++) direction[i] = (float)i / 40 - 0.5f;
    for (size_t i = 0; i < ASKS; i++) {
        struct rng own = rng_stream(5, "flow", i), group = rng_stream(5, "group", i % 5);
        size_t shared = rng_below(&group, 50), n = 1 + rng_below(&own, LONGEST - 1);
        if (i % 7 == 0) n = shared + 1;
        for (size_t k = 0; k < n; k++) ids[i][k] = (int32_t)rng_below(k <= shared ? &group : &own, 61);
        f->asks[i] = (struct lm_generate_ask){
            .prompt = ids[i],
            .n_prompt = n,
            .max_tokens = rng_below(&own, 40),
            .sampling = {.temperature = i % 3 ? 0.9 : 0, .top_p = 0.95, .top_k = i % 4 ? 0 : 12, .seed = i},
            .stream = i * 3,
            .sample = i % 2,
            .top = i % 4 == 1 ? 5 : 0,
            .processors = i % 5 == 2 ? &counter : NULL,
            .n_processors = i % 5 == 2,
            .hooks = i % 6 == 3 ? &hooks : NULL};
    }
}

static int setup(void **state) {
    struct error err = {0};
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena, 0);
    f->model = tiny_model_new(&tiny_shape, MATMUL_F32, 3);
    f->pool = pool_new(3, &err);
    check_ok(f->pool);
    make_asks(f);
    struct lm_engine *e = lm_engine_new(f->model, NULL, (struct lm_engine_options){.rows = 64}, &err);
    check_ok(e);
    check_ok(lm_generate(e, f->asks, ASKS, f->offline, &f->arena, NULL, NULL, NULL, &err));
    lm_engine_free(e);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    pool_free(f->pool);
    tiny_model_free(f->model);
    arena_done(&f->arena);
    free(f);
    return 0;
}

/* ---- against the offline batch ---- */

struct run {
    const struct fixture *f;
    bool ended[ASKS], dropped[ASKS], added[ASKS];
    size_t n_ended;
};

static void compare(void *context, size_t ask, const struct lm_generate_result *r) {
    struct run *run = context;
    const struct lm_generate_result *o = &run->f->offline[ask];
    assert_true(ask < ASKS && run->added[ask] && !run->ended[ask] && !run->dropped[ask]);
    run->ended[ask] = true;
    run->n_ended++;
    assert_int_equal(r->error.kind, ERROR_NONE);
    assert_int_equal(r->finish, o->finish);
    assert_int_equal(r->n, o->n);
    if (!o->n) return;
    assert_memory_equal(r->ids, o->ids, o->n * sizeof *o->ids);
    assert_memory_equal(r->logprobs, o->logprobs, o->n * sizeof *o->logprobs);
    assert_true((r->top != NULL) == (o->top != NULL));
    if (o->top) assert_memory_equal(r->top, o->top, o->n * run->f->asks[ask].top * sizeof *o->top);
}

/* In an order of its own some asks come before each pass and some that came are dropped. */
static void run_randomly(const struct fixture *f, struct lm_engine_options options, struct pool *pool, uint64_t seed,
                         double coming, double going) {
    struct error err = {0};
    struct run run = {.f = f};
    struct rng rng = rng_stream(seed, "run", 0);
    struct lm_engine *e = lm_engine_new(f->model, pool, options, &err);
    check_ok(e);
    struct lm_flow *flow = lm_flow_new(e, compare, &run, &err);
    check_ok(flow);
    size_t order[ASKS], n_added = 0, n_dropped = 0;
    for (size_t i = 0; i < ASKS; i++) order[i] = i;
    for (size_t i = ASKS; i > 1; i--) {
        size_t k = rng_below(&rng, i), t = order[k];
        order[k] = order[i - 1];
        order[i - 1] = t;
    }
    for (size_t passes = 0; n_added < ASKS || lm_flow_asks(flow); passes++) {
        assert_true(passes < 20000);
        while (n_added < ASKS && rng_unit(&rng) < coming) {
            size_t i = order[n_added++];
            run.added[i] = true;
            check_ok(lm_flow_add(flow, &f->asks[i], i, &err));
        }
        if (rng_unit(&rng) < going) {
            size_t i = rng_below(&rng, ASKS);
            if (run.added[i] && !run.ended[i] && !run.dropped[i]) run.dropped[i] = true, n_dropped++;
            if (!run.added[i] || run.dropped[i]) lm_flow_drop(flow, i);
        }
        check_ok(lm_flow_pass(flow, NULL, &err));
    }
    assert_int_equal(run.n_ended + n_dropped, ASKS);
    assert_true(going == 0 ? n_dropped == 0 : n_dropped > 0);
    lm_flow_free(flow);
    lm_engine_free(e);
}

/* Pages hold 16 positions of 3 layers, keys and values of 3 heads of 10. */
static size_t pages(size_t n) {
    return n * 16 * 3 * 2 * 30 * sizeof(float);
}

static void answers_are_those_of_the_offline_batch(void **state) {
    const struct fixture *f = *state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        run_randomly(f, (struct lm_engine_options){.rows = 64}, NULL, seed, 0.6, 0);
        run_randomly(f, (struct lm_engine_options){.rows = 7}, NULL, seed, 0.3, 0.2);
        run_randomly(f, (struct lm_engine_options){.rows = 33}, f->pool, seed, 0.9, 0.9);
        run_randomly(f, (struct lm_engine_options){.rows = 16, .no_prefix_sharing = true}, f->pool, seed, 0.8, 0.5);
        run_randomly(f, (struct lm_engine_options){.rows = 40, .kv_bytes = pages(26)}, NULL, seed, 0.9, 0.3);
    }
}

/* ---- what dropping saves, and what cannot run ---- */

static void nothing(void *context, size_t ask, const struct lm_generate_result *result) {
    size_t *told = context;
    (void)ask, (void)result;
    ++*told;
}

static void what_is_dropped_costs_no_row(void **state) {
    const struct fixture *f = *state;
    struct error err = {0};
    size_t told = 0;
    int32_t first[200], second[200];
    for (size_t i = 0; i < 200; i++) first[i] = (int32_t)(i % 61), second[i] = (int32_t)(i < 50 ? i : (i + 1) % 61);
    struct lm_generate_ask asks[2] = {{.prompt = first, .n_prompt = 200, .max_tokens = 50, .sampling = {.top_p = 1}},
                                      {.prompt = second, .n_prompt = 200, .max_tokens = 50, .sampling = {.top_p = 1}}};
    struct lm_engine *e = lm_engine_new(f->model, NULL, (struct lm_engine_options){.rows = 10}, &err);
    struct lm_flow *flow = lm_flow_new(e, nothing, &told, &err);
    check_ok(flow);
    check_ok(lm_flow_add(flow, &asks[0], 0, &err));
    check_ok(lm_flow_add(flow, &asks[1], 1, &err));
    for (size_t i = 0; i < 6; i++) check_ok(lm_flow_pass(flow, NULL, &err));
    assert_int_equal(lm_rows_computed(e), 60);
    lm_flow_drop(flow, 0); /* ten positions behind the one at which they part */
    while (lm_flow_asks(flow)) check_ok(lm_flow_pass(flow, NULL, &err));
    assert_int_equal(told, 1);
    assert_int_equal(lm_rows_computed(e), 60 + 150 + 49);
    check_ok(lm_flow_add(flow, &asks[0], 2, &err));
    for (size_t i = 0; i < 30; i++) check_ok(lm_flow_pass(flow, NULL, &err)); /* 20 for the prompt, 10 tokens */
    lm_flow_drop(flow, 2);
    assert_int_equal(lm_flow_asks(flow), 0);
    uint64_t before = lm_rows_computed(e);
    check_ok(lm_flow_pass(flow, NULL, &err));
    assert_int_equal(lm_rows_computed(e), before);
    assert_int_equal(told, 1);
    lm_flow_free(flow);
    lm_engine_free(e);
}

static void asks_that_cannot_run_are_refused_alone(void **state) {
    const struct fixture *f = *state;
    struct error err = {0};
    size_t told = 0;
    int32_t ids[301] = {0};
    struct lm_generate_ask fine = {.prompt = ids, .n_prompt = 20, .max_tokens = 20, .sampling = {.top_p = 1}};
    struct lm_generate_ask large = fine, longer = fine, none = fine;
    large.max_tokens = 200;
    longer.n_prompt = 301;
    none.max_tokens = 0;
    struct lm_engine *e = lm_engine_new(f->model, NULL, (struct lm_engine_options){.kv_bytes = pages(5)}, &err);
    struct lm_flow *flow = lm_flow_new(e, nothing, &told, &err);
    check_ok(flow);
    check_fails(lm_flow_add(flow, &large, 1, &err), ERROR_DATA, "need 15 pages of keys and values, there are 5");
    check_fails(lm_flow_add(flow, &longer, 2, &err), ERROR_DATA, "longer than the context of 300");
    for (size_t i = 0; i < 4; i++) check_ok(lm_flow_add(flow, &fine, 3 + i, &err));
    check_ok(lm_flow_add(flow, &none, 9, &err));
    assert_int_equal(told, 1);
    while (lm_flow_asks(flow)) check_ok(lm_flow_pass(flow, NULL, &err));
    assert_int_equal(told, 5);
    lm_flow_free(flow);
    lm_engine_free(e);
}

static void interrupts_and_failures_are_survived(void **state) {
    struct fixture *f = *state;
    bool done = false;
    for (uint64_t i = 1; !done; i++) {
        struct error err = {0};
        size_t told = 0;
        bool ok = true;
        memory_fail_at(i);
        struct lm_engine *e = lm_engine_new(f->model, NULL, (struct lm_engine_options){.rows = 5}, &err);
        struct lm_flow *flow = e ? lm_flow_new(e, nothing, &told, &err) : NULL;
        for (size_t k = 0; flow && ok && k < 6; k++)
            ok = lm_flow_add(flow, &f->asks[k], k, &err) && lm_flow_pass(flow, NULL, &err);
        while (flow && ok && lm_flow_asks(flow)) ok = lm_flow_pass(flow, NULL, &err);
        memory_fail_at(0);
        done = flow && ok && told == 6;
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        lm_flow_free(flow);
        lm_engine_free(e);
        assert_true(i < 2000);
    }
    struct error err = {0};
    size_t told = 0;
    struct interrupt stop = {1};
    struct lm_engine *e = lm_engine_new(f->model, NULL, (struct lm_engine_options){0}, &err);
    struct lm_flow *flow = lm_flow_new(e, nothing, &told, &err);
    check_ok(flow);
    check_ok(lm_flow_add(flow, &f->asks[1], 0, &err));
    check_fails(lm_flow_pass(flow, &stop, &err), ERROR_INTERRUPTED, "interrupted");
    lm_flow_free(flow);
    struct lm_generate_result r; /* the engine goes on */
    check_ok(lm_generate(e, &f->asks[1], 1, &r, &f->arena, NULL, NULL, NULL, &err));
    assert_memory_equal(r.ids, f->offline[1].ids, r.n * sizeof *r.ids);
    lm_engine_free(e);
}

/* ---- the likeliest tokens ---- */

static void likeliest_tokens_hold_the_drawn_one(void **state) {
    const struct fixture *f = *state;
    size_t seen = 0;
    for (size_t i = 0; i < ASKS; i++) {
        const struct lm_generate_result *r = &f->offline[i];
        size_t top = f->asks[i].top;
        assert_true((r->top != NULL) == (top > 0));
        for (size_t k = 0; top && k < r->n; k++) {
            const struct lm_top *t = r->top + k * top;
            for (size_t j = 0; j < top; j++) {
                assert_true(!j || t[j - 1].logprob >= t[j].logprob);
                if (t[j].id == r->ids[k]) assert_float_equal(t[j].logprob, r->logprobs[k], 0), seen++;
            }
            if (f->asks[i].sampling.temperature == 0 && !f->asks[i].n_processors) assert_int_equal(t[0].id, r->ids[k]);
        }
    }
    assert_true(seen > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_the_offline_batch),
        cmocka_unit_test(what_is_dropped_costs_no_row),
        cmocka_unit_test(asks_that_cannot_run_are_refused_alone),
        cmocka_unit_test(interrupts_and_failures_are_survived),
        cmocka_unit_test(likeliest_tokens_hold_the_drawn_one),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
