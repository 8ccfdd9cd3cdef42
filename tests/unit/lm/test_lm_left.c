/* Weights that are left in the model's file: given text gives the bits of packed weights, and those of the same values
 * stored as F32; generated rows depend on nothing but their own ask. */
#include "check.h"

#include "base/file.h"
#include "base/rng.h"
#include "lm/engine/engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDS = 70, WORDS = 512 };

static char folder[] = "/tmp/basanite-left-XXXXXX";

/* A model of an architecture, stored in a type; rows of whole blocks of every type. */
static const char *stored(const char *arch, enum lm_type type, char path[256]) {
    struct error err = {0};
    char spec[128];
    double entropy;
    snprintf(spec, sizeof spec, "%s,layers=2,width=256,heads=4,hidden=256,vocabulary=512", arch);
    snprintf(path, 256, "%s/%s.%d.gguf", folder, arch, (int)type);
    if (file_exists(path)) return path;
    struct lm_model *m = lm_model_random_of(text_of(spec), &entropy, &err);
    check_ok(m);
    check_ok(lm_model_save(m, path, type, NULL, 0, &err));
    lm_model_free(m);
    return path;
}

static struct lm_model *loaded(const char *path, enum lm_weights weights) {
    struct error err = {0};
    const struct lm_load_options options = {.weights = weights, .given = LM_GIVEN_F32};
    struct lm_model *m = lm_model_load(path, &options, &err);
    check_ok(m);
    return m;
}

static void make_ids(int32_t *ids, size_t n, uint64_t stream) {
    struct rng rng = rng_stream(3, "ids", stream);
    for (size_t i = 0; i < n; i++) ids[i] = (int32_t)rng_below(&rng, 256);
}

static float *logits_of(const struct lm_model *m, size_t threads, size_t rows) {
    struct error err = {0};
    int32_t ids[IDS];
    struct pool *pool = pool_new(threads, &err);
    struct lm_engine *e = lm_engine_new(m, pool, (struct lm_engine_options){.rows = rows}, &err);
    float *out = malloc(IDS * WORDS * sizeof *out);
    check_ok(pool && e && out);
    make_ids(ids, IDS, 0);
    check_ok(lm_logits(e, ids, IDS, out, &err));
    lm_engine_free(e);
    pool_free(pool);
    return out;
}

static void check_same_logits(const float *a, float *b) {
    assert_memory_equal(a, b, IDS * WORDS * sizeof *a);
    free(b);
}

/* The values that a file of blocks gives back, as a file of F32. */
static void as_f32(const char *path, const char *to) {
    struct error err = {0};
    const struct lm_load_options options = {.no_packing = true};
    struct lm_model *m = lm_model_load(path, &options, &err);
    check_ok(m);
    check_ok(lm_model_save(m, to, LM_F32, NULL, 0, &err));
    lm_model_free(m);
}

static const enum lm_type file_types[] = {LM_F32, LM_F16, LM_BF16, LM_Q8_0, LM_Q4_0, LM_Q5_1, LM_Q4_K, LM_Q6_K, LM_IQ4_XS};
enum { TYPES = sizeof file_types / sizeof *file_types };

static void given_text_gives_the_bits_of_packed_weights(void **state) {
    static const char *const archs[] = {"llama", "phi3", "qwen3moe", "qwen2moe", "gemma2"};
    for (size_t i = 0; i < TYPES + 4; i++) {
        char path[256], f32[300];
        const char *arch = archs[i < TYPES ? 0 : i - TYPES + 1];
        stored(arch, i < TYPES ? file_types[i] : LM_Q8_0, path);
        struct lm_model *packed = loaded(path, LM_WEIGHTS_PACKED), *left = loaded(path, LM_WEIGHTS_LEFT);
        assert_true(left->store && left->file && left->layers[0].o.stored.type && !left->layers[0].o.values);
        assert_true(!left->embedding.values && matmul_weights_bytes(left->output.packed) == 0);
        assert_true(!packed->store && !packed->file && matmul_weights_bytes(packed->output.packed) > 0);
        assert_string_equal(left->types, packed->types);
        assert_int_equal(left->parameters, packed->parameters);
        float *expected = logits_of(packed, 1, 0);
        check_same_logits(expected, logits_of(left, 1, 0));
        check_same_logits(expected, logits_of(left, 2, 7));
        snprintf(f32, sizeof f32, "%s.f32", path);
        as_f32(path, f32);
        struct lm_model *values = loaded(f32, LM_WEIGHTS_LEFT);
        check_same_logits(expected, logits_of(values, 2, 0));
        free(expected);
        lm_model_free(values), lm_model_free(packed), lm_model_free(left);
    }
}

/* ---- generated rows ---- */

enum { ASKS = 9, TOKENS = 12 };

static void answers_of(const struct lm_model *m, size_t threads, size_t rows, bool one_by_one, int32_t ids[ASKS][TOKENS],
                       float logprobs[ASKS][TOKENS]) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    struct pool *pool = pool_new(threads, &err);
    struct lm_engine *e = lm_engine_new(m, pool, (struct lm_engine_options){.rows = rows}, &err);
    check_ok(pool && e);
    int32_t prompts[ASKS][8];
    struct lm_generate_ask asks[ASKS];
    struct lm_generate_result results[ASKS];
    for (size_t i = 0; i < ASKS; i++) {
        make_ids(prompts[i], 8, i % 4); /* some are equal */
        asks[i] = (struct lm_generate_ask){.prompt = prompts[i], .n_prompt = 3 + i % 5, .max_tokens = TOKENS,
                                           .sampling = {.temperature = i % 2 ? 1 : 0, .top_p = 1, .seed = 4}, .stream = i};
    }
    for (size_t i = 0; i < (one_by_one ? ASKS : 1); i++)
        check_ok(lm_generate(e, asks + i, one_by_one ? 1 : ASKS, results + i, &arena, NULL, NULL, NULL, &err));
    for (size_t i = 0; i < ASKS; i++) {
        for (size_t t = 0; t < TOKENS; t++) {
            ids[i][t] = t < results[i].n ? results[i].ids[t] : -1;
            logprobs[i][t] = t < results[i].n ? results[i].logprobs[t] : 0;
        }
    }
    lm_engine_free(e);
    pool_free(pool);
    arena_done(&arena);
}

static void answers_depend_on_their_ask_alone(void **state) {
    static const char *const archs[] = {"llama", "qwen3moe"};
    static int32_t expected[ASKS][TOKENS], ids[ASKS][TOKENS];
    static float expected_logprobs[ASKS][TOKENS], logprobs[ASKS][TOKENS];
    for (size_t i = 0; i < 4; i++) {
        char path[256];
        const enum lm_type types[] = {LM_Q8_0, LM_Q4_K, LM_F16, LM_Q8_0};
        struct lm_model *m = loaded(stored(archs[i / 3], types[i], path), LM_WEIGHTS_LEFT);
        answers_of(m, 1, 0, false, expected, expected_logprobs);
        for (size_t threads = 1; threads <= 2; threads++)
            for (size_t rows = 2; rows <= 64; rows *= 4) {
                answers_of(m, threads, rows, rows == 8, ids, logprobs);
                assert_memory_equal(ids, expected, sizeof ids);
                assert_memory_equal(logprobs, expected_logprobs, sizeof logprobs);
            }
        lm_model_free(m);
    }
}

/* The first token of an answer comes from a row of given text; the others from rows with arithmetic of their own, which
 * stays close: activations in 8 bits are off by about one per cent (their largest is four times their root mean square,
 * and 4 / 254 / sqrt(3) = 0.009), so are the logits, and log-probabilities here go down to about -10. */
static void generated_rows_stay_close(void **state) {
    static int32_t a[ASKS][TOKENS], b[ASKS][TOKENS];
    static float packed_logprobs[ASKS][TOKENS], left_logprobs[ASKS][TOKENS];
    const enum lm_type types[] = {LM_F32, LM_Q8_0, LM_Q4_K, LM_Q6_K, LM_Q4_0};
    for (size_t i = 0; i < 5; i++) {
        char path[256];
        double most = 0, first = 0;
        size_t compared = 0;
        stored("llama", types[i], path);
        struct lm_model *packed = loaded(path, LM_WEIGHTS_PACKED), *left = loaded(path, LM_WEIGHTS_LEFT);
        answers_of(packed, 1, 0, false, a, packed_logprobs);
        answers_of(left, 1, 0, false, b, left_logprobs);
        for (size_t n = 0; n < ASKS; n++)
            for (size_t t = 0; t < TOKENS && a[n][t] == b[n][t] && a[n][t] >= 0; t++, compared++) {
                double off = fabs((double)packed_logprobs[n][t] - (double)left_logprobs[n][t]);
                if (t == 0 && off > first) first = off;
                if (off > most) most = off;
            }
        print_message("# %s: %zu tokens compared, log-probabilities differ by at most %g\n", lm_type_find(types[i])->name,
                      compared, most);
        assert_true(first == 0);
        assert_true(compared > ASKS * TOKENS / 2);
        assert_true(most <= (types[i] == LM_F32 ? 1e-4 : 0.2));
        assert_true(types[i] == LM_F32 || most > 0); /* the rows took the other kernel */
        lm_model_free(packed), lm_model_free(left);
    }
}

/* With given text in 8 bits too, an answer has the log-probabilities that it is scored with. */
static void what_was_generated_is_scored_alike(void **state) {
    const enum lm_type types[] = {LM_Q8_0, LM_Q4_0, LM_Q4_K, LM_Q6_K, LM_F16};
    for (size_t i = 0; i < 5; i++) {
        char path[256];
        struct error err = {0};
        struct arena arena;
        arena_init(&arena, 0);
        const struct lm_load_options options = {.weights = LM_WEIGHTS_LEFT};
        struct lm_model *m = lm_model_load(stored("llama", types[i], path), &options, &err);
        check_ok(m && m->rounds_given);
        struct pool *pool = pool_new(2, &err);
        struct lm_engine *e = lm_engine_new(m, pool, (struct lm_engine_options){0}, &err);
        check_ok(pool && e);
        int32_t prompt[20];
        make_ids(prompt, 20, 7);
        const struct lm_generate_ask ask = {
            .prompt = prompt, .n_prompt = 20, .max_tokens = TOKENS, .sampling = {.temperature = 1, .top_p = 1, .seed = 4}};
        struct lm_generate_result said;
        struct lm_score_result scored;
        check_ok(lm_generate(e, &ask, 1, &said, &arena, NULL, NULL, NULL, &err));
        assert_true(said.n > 3);
        const struct lm_score_ask again = {prompt, 20, said.ids, said.n};
        check_ok(lm_score(e, &again, 1, &scored, &arena, NULL, &err));
        double most = 0;
        for (size_t t = 0; t < said.n; t++) most = fmax(most, fabs((double)said.logprobs[t] - (double)scored.tokens[t]));
        if (types[i] == LM_F16)
            assert_true(most < 1e-4); /* not a type of 8 bits: rounding of f32 */
        else
            assert_memory_equal(said.logprobs, scored.tokens, said.n * sizeof(float));
        lm_engine_free(e);
        pool_free(pool);
        lm_model_free(m);
        arena_done(&arena);
    }
}

static void broken_values_are_found_where_they_lie(void **state) {
    struct error err = {0};
    char path[256], bad[300];
    struct arena arena;
    struct text bytes;
    arena_init(&arena, 0);
    stored("llama", LM_F16, path);
    check_ok(file_read(&arena, path, (size_t)1 << 26, &bytes, &err));
    struct lm_file *file = lm_file_open(path, &err);
    check_ok(file);
    const struct lm_tensor *t = lm_file_tensor(file, "blk.1.ffn_up.weight");
    assert_non_null(t);
    const uint16_t infinite = 0x7c00;
    memcpy((char *)(uintptr_t)bytes.at + t->offset + 2 * 4321, &infinite, sizeof infinite);
    lm_file_close(file);
    snprintf(bad, sizeof bad, "%s/bad.gguf", folder);
    check_ok(file_write(bad, bytes, &err));
    const struct lm_load_options options = {.weights = LM_WEIGHTS_LEFT};
    check_fails(lm_model_load(bad, &options, &err), ERROR_DATA, "'blk.1.ffn_up.weight' holds an infinity at element 4321");
    arena_done(&arena);
}

static void small_models_are_packed(void **state) {
    struct error err = {0};
    char path[256];
    struct lm_model *m = loaded(stored("llama", LM_Q8_0, path), LM_WEIGHTS_AUTO);
    assert_null(m->store);
    lm_model_free(m);
    const struct lm_load_options options = {.weights = LM_WEIGHTS_LEFT, .keep_values = true};
    m = lm_model_load(path, &options, &err);
    check_ok(m);
    assert_true(!m->store && m->layers[0].q.values);
    lm_model_free(m);
}

static int make_folder(void **state) {
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_text_gives_the_bits_of_packed_weights),
        cmocka_unit_test(answers_depend_on_their_ask_alone),
        cmocka_unit_test(generated_rows_stay_close),
        cmocka_unit_test(what_was_generated_is_scored_alike),
        cmocka_unit_test(broken_values_are_found_where_they_lie),
        cmocka_unit_test(small_models_are_packed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
