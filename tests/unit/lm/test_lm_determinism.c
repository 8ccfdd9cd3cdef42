/* The promise of the engine: the same bytes for any number of rows, threads, order of asks, with and without shared
 * prefixes, and the same log-probabilities from scoring and from generation. */
#include "tiny_model.h"

enum { V = 61, N_ASKS = 23, N_SAMPLES = 4 };

/* Asks that share prefixes of many lengths, end inside one another, or are equal. */
struct fixture {
    struct lm_model *model;
    int32_t ids[300], tails[N_ASKS][24];
    struct lm_score_ask asks[N_ASKS];
};

static void fixture_init(struct fixture *f, enum matmul_type type) {
    f->model = tiny_model_new(&tiny_shape, type, 11);
    struct rng rng = rng_stream(4, "determinism", 0);
    random_ids(&rng, f->ids, 300, V);
    for (size_t i = 0; i < N_ASKS; i++) {
        size_t prefix = i < 3 ? i : rng_below(&rng, 100), n = 1 + rng_below(&rng, 23);
        random_ids(&rng, f->tails[i], 24, i % 2 ? 2 : V); /* few different tokens, so that tails share beginnings */
        if (i % 4 == 0)
            memcpy(f->tails[i], f->ids + prefix, 10 * sizeof(int32_t)); /* goes along with longer prefixes */
        f->asks[i] = (struct lm_score_ask){f->ids, prefix, f->tails[i], n};
    }
    f->asks[7] = f->asks[6];
}

struct outcome {
    double sum;
    float tokens[24];
    bool greedy;
};

static void score_all(struct fixture *f, struct lm_engine_options options, size_t threads, bool backwards,
                      struct outcome *out) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct pool *pool = pool_new(threads, &err);
    struct lm_engine *e = lm_engine_new(f->model, pool, options, &err);
    check_ok(e);
    struct lm_score_ask asks[N_ASKS];
    struct lm_score_result results[N_ASKS];
    for (size_t i = 0; i < N_ASKS; i++) asks[i] = f->asks[backwards ? N_ASKS - 1 - i : i];
    check_ok(lm_score(e, asks, N_ASKS, results, &arena, NULL, &err));
    memset(out, 0, N_ASKS * sizeof *out);
    for (size_t i = 0; i < N_ASKS; i++) {
        struct outcome *o = &out[backwards ? N_ASKS - 1 - i : i];
        assert_int_equal(results[i].error.kind, ERROR_NONE);
        o->sum = results[i].sum;
        o->greedy = results[i].greedy;
        memcpy(o->tokens, results[i].tokens, asks[i].n * sizeof(float));
    }
    lm_engine_free(e);
    pool_free(pool);
    arena_done(&arena);
}

static void check_scores(enum matmul_type type) {
    struct fixture f;
    fixture_init(&f, type);
    static struct outcome first[N_ASKS], other[N_ASKS];
    score_all(&f, (struct lm_engine_options){0}, 1, false, first);
    static const size_t rows[] = {1, 7, 64, 512};
    for (size_t r = 0; r < 4; r++)
        for (size_t threads = 1; threads <= 3; threads++)
            for (int mode = 0; mode < 4; mode++) {
                struct lm_engine_options options = {.rows = rows[r], .no_prefix_sharing = mode & 1};
                score_all(&f, options, threads, mode & 2, other);
                assert_memory_equal(first, other, sizeof first);
            }
    tiny_model_free(f.model);
}

static void scores_are_the_same_bytes(void **state) {
    check_scores(MATMUL_F32);
}

static void scores_in_bf16_are_the_same_bytes(void **state) {
    check_scores(MATMUL_BF16);
}

static void logits_are_the_same_bytes(void **state) {
    struct error err = {0};
    struct fixture f;
    fixture_init(&f, MATMUL_F32);
    static float first[100 * V], other[100 * V];
    for (size_t rows = 1; rows < 200; rows = rows * 3 + 2) {
        struct lm_engine *e = lm_engine_new(f.model, NULL, (struct lm_engine_options){.rows = rows}, &err);
        check_ok(e);
        check_ok(lm_logits(e, f.ids, 100, rows == 1 ? first : other, &err));
        if (rows > 1) assert_memory_equal(first, other, sizeof first);
        lm_engine_free(e);
    }
    tiny_model_free(f.model);
}

/* ---- Generation ---- */

struct answer {
    size_t n;
    int32_t ids[40];
    float logprobs[40];
};

static const size_t prompt_lengths[] = {1, 16, 17, 40, 41, 41, 77, 100, 298};
enum { N_PROMPTS = sizeof prompt_lengths / sizeof *prompt_lengths, N_ANSWERS = N_PROMPTS * N_SAMPLES };

static void generate_all(struct fixture *f, struct lm_engine_options options, size_t threads, bool backwards,
                         struct answer *out) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct pool *pool = pool_new(threads, &err);
    struct lm_engine *e = lm_engine_new(f->model, pool, options, &err);
    check_ok(e);
    static struct lm_generate_ask asks[N_ANSWERS];
    static struct lm_generate_result results[N_ANSWERS];
    for (size_t i = 0; i < N_ANSWERS; i++) {
        size_t at = backwards ? N_ANSWERS - 1 - i : i, prompt = at / N_SAMPLES, sample = at % N_SAMPLES;
        asks[i] = (struct lm_generate_ask){.prompt = f->ids,
                                           .n_prompt = prompt_lengths[prompt],
                                           .max_tokens = 5 + at,
                                           .sampling = {.temperature = sample ? 0.8 : 0,
                                                        .top_p = sample == 2 ? 0.9 : 1,
                                                        .top_k = sample == 3 ? 5 : 0,
                                                        .seed = 7},
                                           .stream = prompt,
                                           .sample = sample};
    }
    check_ok(lm_generate(e, asks, N_ANSWERS, results, &arena, NULL, NULL, NULL, &err));
    memset(out, 0, N_ANSWERS * sizeof *out);
    for (size_t i = 0; i < N_ANSWERS; i++) {
        struct answer *a = &out[backwards ? N_ANSWERS - 1 - i : i];
        assert_int_equal(results[i].finish, LM_FINISH_LENGTH);
        a->n = results[i].n;
        memcpy(a->ids, results[i].ids, a->n * sizeof *a->ids);
        memcpy(a->logprobs, results[i].logprobs, a->n * sizeof *a->logprobs);
    }
    lm_engine_free(e);
    pool_free(pool);
    arena_done(&arena);
}

static void answers_are_the_same_bytes(void **state) {
    struct fixture f;
    fixture_init(&f, MATMUL_F32);
    static struct answer first[N_ANSWERS], other[N_ANSWERS];
    size_t page = tiny_shape.layers * 2 * tiny_shape.kv_heads * tiny_shape.head_size * 16 * sizeof(float);
    generate_all(&f, (struct lm_engine_options){0}, 1, false, first);
    for (size_t i = 0; i < N_ANSWERS; i++) {
        size_t room = tiny_shape.context - prompt_lengths[i / N_SAMPLES], most = 5 + i;
        assert_int_equal(first[i].n, most < room ? most : room);
    }
    static const size_t rows[] = {1, 7, 64, 512};
    for (size_t r = 0; r < 4; r++)
        for (size_t threads = 1; threads <= 3; threads++)
            for (int mode = 0; mode < 8; mode++) {
                struct lm_engine_options options = {
                    .rows = rows[r], .no_prefix_sharing = mode & 1, .kv_bytes = mode & 4 ? 44 * page : 0};
                generate_all(&f, options, threads, mode & 2, other);
                assert_memory_equal(first, other, sizeof first);
            }
    tiny_model_free(f.model);
}

/* Every token of an answer has the log-probability that scoring gives it, bit for bit. */
static void answers_are_scored_alike(void **state) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct fixture f;
    fixture_init(&f, MATMUL_F32);
    static struct answer answers[N_ANSWERS];
    generate_all(&f, (struct lm_engine_options){.rows = 9}, 2, false, answers);
    struct lm_engine *e = lm_engine_new(f.model, NULL, (struct lm_engine_options){0}, &err);
    check_ok(e);
    for (size_t i = 0; i < N_ANSWERS; i++) {
        struct lm_score_ask ask = {f.ids, prompt_lengths[i / N_SAMPLES], answers[i].ids, answers[i].n};
        struct lm_score_result result;
        check_ok(lm_score(e, &ask, 1, &result, &arena, NULL, &err));
        assert_memory_equal(result.tokens, answers[i].logprobs, answers[i].n * sizeof(float));
        if (i % N_SAMPLES == 0) assert_true(result.greedy);
    }
    lm_engine_free(e);
    tiny_model_free(f.model);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_the_same_bytes), cmocka_unit_test(scores_in_bf16_are_the_same_bytes),
        cmocka_unit_test(logits_are_the_same_bytes), cmocka_unit_test(answers_are_the_same_bytes),
        cmocka_unit_test(answers_are_scored_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
