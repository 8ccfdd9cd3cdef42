/* Parts `load`, `generate` and `grammar` of the benchmarks give figures for a small model; the work of a token is counted. */
#include "../check_bench.h"

#include "lm/calibrate/bench_model.h"

#include <unistd.h>

#define PATH "bench_model_test.gguf"

static const struct lm_shape shape = {.layers = 1,
                                      .width = 32,
                                      .heads = 2,
                                      .kv_heads = 1,
                                      .head_size = 16,
                                      .hidden = 48,
                                      .vocabulary = 64,
                                      .context = 40,
                                      .norm_eps = 1e-5f,
                                      .rope_base = 10000.0f,
                                      .rope_interleaved = true,
                                      .tied = true};

/* A subject of a few kilobytes. */
static void save(const char *path) {
    struct error err = {0};
    struct lm_model *model = lm_model_random(&shape, NULL, 1, &err);
    check_ok(model != NULL);
    check_ok(lm_model_save(model, path, LM_F16, NULL, 0, &err));
    lm_model_free(model);
}

static void parts_have_figures(void **state) {
    (void)state;
    save(PATH);
    struct bench_rows load = bench_part("load", bench_load, PATH), generate = bench_part("generate", bench_generate, PATH);
    unlink(PATH);
    assert_true(load.n == 1 && load.with_floor == 1);
    assert_true(generate.n == 5 && generate.with_floor == 5 && generate.with_gflops == 5);
    struct bench_rows grammar = bench_part("grammar", bench_grammar, NULL); /* with a vocabulary of its own */
    assert_true(grammar.n == 2 && grammar.with_floor == 0 && grammar.with_gflops == 0);
}

static void work_of_a_token(void **state) {
    (void)state;
    struct error err = {0};
    struct lm_model *model = lm_model_random(&shape, NULL, 1, &err);
    check_ok(model != NULL);
    /* q, k, v, o: 32 x (32 + 16 + 16 + 32); gate, up, down: 3 x 32 x 48; output: 32 x 64 */
    double elements = 32 * 96 + 3 * 32 * 48 + 32 * 64;
    assert_true(bench_model_flops(model) == 2 * elements && bench_model_bytes(model) == 4 * elements);
    lm_model_free(model);
}

static void a_missing_subject_is_named(void **state) {
    (void)state;
    struct error err = {0};
    struct bench b = {.repeat = 1, .subject = "no-such-file.gguf"};
    check_fails(bench_model(&b, MATMUL_F32, &err) != NULL, ERROR_ENVIRONMENT, "no-such-file.gguf");
    check_fails(bench_grammar(&b, &err), ERROR_ENVIRONMENT, "no-such-file.gguf");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_have_figures),
        cmocka_unit_test(work_of_a_token),
        cmocka_unit_test(a_missing_subject_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
