/* The engine against a plain transformer in f64, its kernels against one another, and its answers to bad asks. */
#include "tiny_model.h"

#include "lm/engine/engine_internal.h"
#include "lm/engine/engine_kernel.h"
#include "lm/engine/forward_visit.h"

static const struct lm_shape shapes[] = {
    {.layers = 3,
     .width = 40,
     .heads = 6,
     .kv_heads = 3,
     .head_size = 10,
     .hidden = 52,
     .vocabulary = 61,
     .context = 300,
     .norm_eps = 1e-5f,
     .rope_base = 10000.0f,
     .rope_interleaved = true,
     .tied = true},
    {.layers = 1,
     .width = 24,
     .heads = 1,
     .kv_heads = 1,
     .head_size = 32,
     .hidden = 17,
     .vocabulary = 7,
     .context = 64,
     .norm_eps = 1e-6f,
     .rope_base = 500.0f,
     .rope_interleaved = false,
     .tied = false},
    {.layers = 2,
     .width = 64,
     .heads = 8,
     .kv_heads = 2,
     .head_size = 8,
     .hidden = 172,
     .vocabulary = 512,
     .context = 512,
     .norm_eps = 1e-5f,
     .rope_base = 10000.0f,
     .rope_interleaved = false,
     .tied = true},
};

static void check_logits(const struct lm_shape *shape, size_t n, size_t rows) {
    struct error err = {0};
    struct lm_model *m = tiny_model_new(shape, MATMUL_F32, 3);
    struct pool *pool = pool_new(2, &err);
    struct lm_engine *e = lm_engine_new(m, pool, (struct lm_engine_options){.rows = rows}, &err);
    check_ok(e);
    struct rng rng = rng_stream(1, "ids", n);
    int32_t ids[300];
    random_ids(&rng, ids, n, shape->vocabulary);
    float *found = malloc(n * shape->vocabulary * sizeof *found);
    double *expected = malloc(n * shape->vocabulary * sizeof *expected);
    plain_logits(m, ids, n, expected);
    check_ok(lm_logits(e, ids, n, found, &err));
    for (size_t i = 0; i < n * shape->vocabulary; i++) check_near((double)found[i], expected[i], 5e-4);
    free(found), free(expected);
    lm_engine_free(e);
    pool_free(pool);
    tiny_model_free(m);
}

static void logits_match_plain_loops(void **state) {
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_logits(&shapes[i], 1, 0);
        check_logits(&shapes[i], 17, 5);
        check_logits(&shapes[i], 60, 0);
    }
    check_logits(&shapes[0], 300, 512);
}

/* Both orders of rotation pairs give the same bits for the same weights. */
static void rotation_layouts_agree(void **state) {
    struct error err = {0};
    struct lm_shape shape = tiny_shape;
    struct lm_model *m = tiny_model_new(&shape, MATMUL_F32, 5);
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    check_ok(e);
    int32_t ids[50];
    static float first[50 * 61], other[50 * 61];
    struct rng rng = rng_stream(3, "ids", 0);
    random_ids(&rng, ids, 50, 61);
    check_ok(lm_logits(e, ids, 50, first, &err));
    for (size_t l = 0; l < shape.layers; l++)
        for (int which = 0; which < 2; which++) {
            struct lm_matrix *w = which ? &m->layers[l].q : &m->layers[l].k;
            float *rows = malloc(w->n * w->k * sizeof *rows);
            for (size_t i = 0; i < w->n; i++) {
                size_t head = i / 10, j = i % 10; /* row j of a head comes from pair j % 5, side j / 5 */
                memcpy(rows + i * w->k, w->values + (head * 10 + j % 5 * 2 + j / 5) * w->k, w->k * sizeof *rows);
            }
            memcpy(w->values, rows, w->n * w->k * sizeof *rows);
            check_ok(matmul_weights_update(w->packed, w->values, &err));
            free(rows);
        }
    m->shape.rope_interleaved = false;
    check_ok(lm_logits(e, ids, 50, other, &err));
    assert_memory_equal(first, other, sizeof first);
    lm_engine_free(e);
    tiny_model_free(m);
}

/* Scores are the log-softmax of the logits, summed in f64; equal asks and an empty one are fine. */
static void scores_match_logits(void **state) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct lm_model *m = tiny_model_new(&tiny_shape, MATMUL_F32, 5);
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    check_ok(e);
    struct rng rng = rng_stream(2, "ids", 0);
    enum { N = 40, V = 61 };
    int32_t ids[N];
    random_ids(&rng, ids, N, V);
    double logits[N * V];
    plain_logits(m, ids, N, logits);
    struct lm_score_ask asks[] = {
        {ids, 30, ids + 30, 10}, {ids, 0, ids, N}, {ids, 30, ids + 30, 10}, {ids, 5, ids, 0}, {ids, 12, ids + 12, 1}};
    struct lm_score_result results[5];
    check_ok(lm_score(e, asks, 5, results, &arena, NULL, &err));
    for (size_t a = 0; a < 5; a++) {
        double sum = 0;
        bool greedy = true;
        for (size_t i = 0; i < asks[a].n; i++) {
            size_t at = asks[a].n_prefix + i;
            if (at == 0) {
                check_near((double)results[a].tokens[0], 0, 0);
                continue;
            }
            const double *row = logits + (at - 1) * V;
            double mass = 0;
            for (size_t j = 0; j < V; j++) mass += exp(row[j]);
            for (size_t j = 0; j < V; j++) greedy &= row[j] <= row[ids[at]];
            check_near((double)results[a].tokens[i], row[ids[at]] - log(mass), 2e-4);
            sum += (double)results[a].tokens[i];
        }
        check_near(results[a].sum, sum, 0);
        assert_int_equal(results[a].greedy, greedy);
        assert_int_equal(results[a].error.kind, ERROR_NONE);
    }
    lm_engine_free(e);
    tiny_model_free(m);
    arena_done(&arena);
}

static void bad_asks_are_named(void **state) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct lm_model *m = tiny_model_new(&tiny_shape, MATMUL_F32, 5);
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    check_ok(e);
    int32_t ids[301] = {0}, bad[] = {3, 61}, negative[] = {-1};
    struct lm_score_ask asks[] = {{ids, 300, ids, 1}, {ids, 1, bad, 2}, {negative, 1, ids, 1}, {ids, 299, ids, 1}};
    struct lm_score_result results[4];
    check_ok(lm_score(e, asks, 4, results, &arena, NULL, &err));
    const char *parts[] = {"ask 0: 300 + 1 tokens are longer than the context of 300",
                           "ask 1: token 1 of the continuation is 61, the vocabulary has 0..60",
                           "ask 2: token 0 of the prefix is -1"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(results[i].error.kind, ERROR_DATA);
        if (!strstr(results[i].error.message, parts[i])) fail_msg("%s", results[i].error.message);
    }
    assert_int_equal(results[3].error.kind, ERROR_NONE);
    float *out = malloc(301 * 61 * sizeof *out);
    check_fails(lm_logits(e, ids, 301, out, &err), ERROR_DATA, "longer than the context");
    check_fails(lm_logits(e, bad, 2, out, &err), ERROR_DATA, "token 1");
    struct interrupt stop = {1};
    check_fails(lm_score(e, asks, 4, results, &arena, &stop, &err), ERROR_INTERRUPTED, "interrupted");
    free(out);
    lm_engine_free(e);
    tiny_model_free(m);
    arena_done(&arena);
}

/* ---- stopping ---- */

/* Asks to stop in the given layer of the given pass, and counts what is computed from then on. */
struct stopper {
    struct interrupt stop;
    size_t passes, late;
    size_t at_pass, at_layer;
};

static void stop_there(void *context, const struct visit *visit, const float *values, size_t stride) {
    struct stopper *s = context;
    (void)values;
    (void)stride;
    if (visit->part != LM_ATTENTION) return;
    s->late += s->stop.asked;
    s->passes += visit->layer == 1;
    if (s->passes == s->at_pass && visit->layer == s->at_layer) s->stop.asked = 1;
}

/* An interrupt is obeyed inside of a pass; what was done has the results of an undisturbed call, the rest is named. */
static void an_interrupt_is_obeyed_within_a_layer(void **state) {
    (void)state;
    enum { ASKS = 12 };
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct lm_model *m = tiny_model_new(&shapes[0], MATMUL_F32, 5);
    struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){.rows = 8}, &err);
    check_ok(e);
    int32_t ids[ASKS][6];
    struct lm_score_ask asks[ASKS];
    struct lm_score_result whole[ASKS], part[ASKS], again[ASKS];
    for (int i = 0; i < ASKS; i++) {
        for (int k = 0; k < 6; k++) ids[i][k] = (i * 7 + k * 5) % 61;
        asks[i] = (struct lm_score_ask){ids[i], 3, ids[i] + 3, 3};
    }
    check_ok(lm_score(e, asks, ASKS, whole, &arena, NULL, &err));
    struct stopper s = {.at_pass = 4, .at_layer = 2};
    struct forward_watch watch = {&s, stop_there, shapes[0].layers};
    e->watch = &watch;
    check_fails(lm_score(e, asks, ASKS, part, &arena, &s.stop, &err), ERROR_INTERRUPTED, "scoring was interrupted");
    e->watch = NULL;
    assert_int_equal(s.passes, 4);
    assert_int_equal(s.late, 0);
    size_t done = 0;
    for (size_t i = 0; i < ASKS; i++) {
        if (part[i].error.kind == ERROR_INTERRUPTED) continue;
        assert_int_equal(part[i].error.kind, ERROR_NONE);
        assert_true(part[i].sum == whole[i].sum && part[i].greedy == whole[i].greedy);
        done++;
    }
    assert_int_equal(done, 4); /* three passes of 8 rows, of 5 rows an ask */
    check_ok(lm_score(e, asks, ASKS, again, &arena, NULL, &err)); /* the engine goes on */
    for (size_t i = 0; i < ASKS; i++) assert_true(again[i].sum == whole[i].sum);
    lm_engine_free(e);
    tiny_model_free(m);
    arena_done(&arena);
}

static void little_key_memory_is_enough_or_named(void **state) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct lm_model *m = tiny_model_new(&tiny_shape, MATMUL_F32, 5);
    size_t page = tiny_shape.layers * 2 * tiny_shape.kv_heads * tiny_shape.head_size * 16 * sizeof(float);
    int32_t ids[64], ends[4] = {1, 2, 3, 4};
    struct rng rng = rng_stream(2, "ids", 0);
    random_ids(&rng, ids, 64, 61);
    struct lm_score_ask asks[4];
    for (size_t i = 0; i < 4; i++) asks[i] = (struct lm_score_ask){ids, 50 + i, ends, 4};
    struct lm_score_result few[4], many[4];
    struct lm_engine *small = lm_engine_new(m, NULL, (struct lm_engine_options){.kv_bytes = 5 * page}, &err);
    struct lm_engine *large = lm_engine_new(m, NULL, (struct lm_engine_options){0}, &err);
    check_ok(small);
    check_ok(large);
    check_ok(lm_score(small, asks, 4, few, &arena, NULL, &err));
    check_ok(lm_score(large, asks, 4, many, &arena, NULL, &err));
    for (size_t i = 0; i < 4; i++) assert_memory_equal(few[i].tokens, many[i].tokens, 4 * sizeof(float));
    lm_engine_free(small);
    small = lm_engine_new(m, NULL, (struct lm_engine_options){.kv_bytes = 3 * page}, &err);
    check_ok(small);
    check_fails(lm_score(small, asks, 4, few, &arena, NULL, &err), ERROR_ENVIRONMENT, "3 pages of 16 positions");
    check_ok(lm_score(small, &(struct lm_score_ask){ids, 40, ends, 4}, 1, few, &arena, NULL, &err));
    lm_engine_free(small);
    lm_engine_free(large);
    tiny_model_free(m);
    arena_done(&arena);
}

static void allocation_failures_are_survived(void **state) {
    struct lm_model *m = tiny_model_new(&shapes[1], MATMUL_F32, 5);
    int32_t ids[] = {1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6};
    struct lm_score_ask asks[] = {{ids, 17, ids, 2}, {ids, 17, ids + 4, 2}};
    bool done = false;
    for (uint64_t i = 1; !done; i++) {
        struct error err = {0};
        struct arena arena;
        struct lm_score_result results[2];
        arena_init(&arena, 0);
        memory_fail_at(i);
        struct lm_engine *e = lm_engine_new(m, NULL, (struct lm_engine_options){.rows = 8}, &err);
        done = e && lm_score(e, asks, 2, results, &arena, NULL, &err);
        memory_fail_at(0);
        if (!done) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        if (e && !done) check_ok(lm_score(e, asks, 2, results, &arena, NULL, &err)); /* usable afterwards */
        lm_engine_free(e);
        arena_done(&arena);
        assert_true(i < 1000);
    }
    tiny_model_free(m);
}

/* ---- Kernels ---- */

static size_t kernel_twins(const struct engine_kernels *twins[3]) {
    size_t n = 0;
    twins[n++] = &engine_kernels_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) twins[n++] = &engine_kernels_avx2;
    if (engine_kernels() == &engine_kernels_avx512) twins[n++] = &engine_kernels_avx512;
#endif
    return n;
}

static void kernels_give_equal_bits(void **state) {
    const struct engine_kernels *twins[3];
    size_t n_twins = kernel_twins(twins);
    struct rng rng = rng_stream(9, "kernels", 0);
    enum { N = 83, SIZE = 27, PAGES = 3 };
    static float x[N], gain[N], pages[PAGES * 2 * SIZE * 16], out[3][12 * N], scores[64];
    const float *table[PAGES] = {pages, pages + 2 * SIZE * 16, pages + 4 * SIZE * 16};
    for (size_t i = 0; i < N; i++) x[i] = (float)(3 * rng_normal(&rng)), gain[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < PAGES * 2 * SIZE * 16; i++) pages[i] = (float)rng_normal(&rng);
    for (size_t n = 1; n < N; n += 3) {
        for (size_t t = 0; t < n_twins; t++) {
            float *o = out[t];
            memset(o, 0, sizeof out[t]);
            twins[t]->rmsnorm(o, x, gain, n, 1e-5f);
            memcpy(o + N, x, sizeof x);
            twins[t]->swiglu(o + N, gain, n);
            twins[t]->powers(o + 2 * N, x, n, x[0], 0.7f);
            struct kernel_mass mass = twins[t]->mass(x, n);
            o[3 * N] = mass.max, o[3 * N + 1] = (float)mass.sum, o[3 * N + 2] = (float)mass.best;
            if (n <= PAGES * 16) twins[t]->attention(o + 3 * N + 3, gain, table, 0, SIZE * 16, SIZE, n, scores);
            twins[t]->rope(o + 3 * N + 3 + SIZE, x, 4, 10, gain, gain + 5, n % 2, 0.3f);
            twins[t]->layernorm(o + 5 * N, x, gain, gain, n, 1e-5f);
            memcpy(o + 6 * N, x, sizeof x);
            twins[t]->gelu(o + 6 * N, n);
            memcpy(o + 7 * N, x, sizeof x);
            twins[t]->geglu(o + 7 * N, gain, n);
            memcpy(o + 8 * N, x, sizeof x);
            twins[t]->cap(o + 8 * N, n, 2.0f);
            memcpy(o + 10 * N, x, sizeof x);
            twins[t]->gelu_erf(o + 10 * N, n);
            memcpy(o + 11 * N, x, sizeof x);
            twins[t]->geglu_erf(o + 11 * N, gain, n);
            if (n <= PAGES * 16)
                twins[t]->attention_within(o + 9 * N, gain, table, 0, SIZE * 16, SIZE, n / 2, n, n % 2 ? 0 : 5.0f, scores);
            assert_memory_equal(out[0], out[t], sizeof out[0]);
        }
    }
}

/* The header's bound, from far below to far above; beyond, what is below is 0 and what is above itself. */
static void exact_gelu_is_within_its_bound(void **state) {
    enum { N = 1000 };
    static float x[N], y[N], gate[N], up[N];
    double most = 0, tanh_most = 0;
    for (size_t part = 0; part < 400; part++) {
        for (size_t i = 0; i < N; i++) {
            x[i] = y[i] = gate[i] = (float)((double)(part * N + i) * 1e-4 - 20);
            up[i] = 3;
        }
        engine_kernels()->gelu_erf(y, N);
        engine_kernels()->geglu_erf(gate, up, N);
        for (size_t i = 0; i < N; i++) {
            double exact = 0.5 * (double)x[i] * erfc((double)x[i] / -sqrt(2)), size = fmax(fabs((double)x[i]), 1);
            most = fmax(most, fabs((double)y[i] - exact) / size);
            assert_true(gate[i] == y[i] * 3);
        }
        engine_kernels()->gelu(x, N);
        for (size_t i = 0; i < N; i++) tanh_most = fmax(tanh_most, fabs((double)(x[i] - y[i])));
    }
    if (!(most < 2e-7)) fail_msg("off by %g", most);
    assert_true(tanh_most > 4e-4); /* another function */
    float ends[4] = {-1e30f, 1e30f, NAN, 0};
    engine_kernels()->gelu_erf(ends, 4);
    assert_true(ends[0] == 0 && ends[1] == 1e30f && isnan(ends[2]) && ends[3] == 0);
}

/* What stands behind the last position must not matter, whatever it is. */
static void attention_ignores_what_lies_beyond(void **state) {
    enum { SIZE = 8 };
    static float page[2 * SIZE * 16], q[SIZE], scores[16], a[SIZE], b[SIZE];
    const float *table[] = {page};
    struct rng rng = rng_stream(9, "beyond", 0);
    for (size_t i = 0; i < SIZE; i++) q[i] = (float)rng_normal(&rng);
    for (size_t i = 0; i < 2 * SIZE * 16; i++) page[i] = (float)rng_normal(&rng);
    engine_kernels()->attention(a, q, table, 0, SIZE * 16, SIZE, 5, scores);
    for (size_t i = 0; i < 2 * SIZE * 16; i++)
        if (i % 16 >= 5) page[i] = i % 3 ? NAN : INFINITY;
    engine_kernels()->attention(b, q, table, 0, SIZE * 16, SIZE, 5, scores);
    assert_memory_equal(a, b, sizeof a);
}

static void mass_finds_the_first_best_and_nan(void **state) {
    float x[40] = {0};
    x[20] = x[33] = 2;
    struct kernel_mass mass = engine_kernels()->mass(x, 40);
    assert_int_equal(mass.best, 20);
    check_near(mass.sum, 2 + 38 * exp(-2), 1e-5);
    x[35] = NAN;
    assert_true(isnan(engine_kernels()->mass(x, 40).sum));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_match_plain_loops),
        cmocka_unit_test(rotation_layouts_agree),
        cmocka_unit_test(scores_match_logits),
        cmocka_unit_test(bad_asks_are_named),
        cmocka_unit_test(an_interrupt_is_obeyed_within_a_layer), cmocka_unit_test(little_key_memory_is_enough_or_named),
        cmocka_unit_test(allocation_failures_are_survived),
        cmocka_unit_test(kernels_give_equal_bits),
        cmocka_unit_test(exact_gelu_is_within_its_bound),
        cmocka_unit_test(attention_ignores_what_lies_beyond),
        cmocka_unit_test(mass_finds_the_first_best_and_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
