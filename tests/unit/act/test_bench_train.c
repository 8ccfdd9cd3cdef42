/* Part `train` of the benchmarks gives figures for a small model. */
#include "../check_bench.h"

#include "act/train/bench_train.h"
#include "lm/model/model.h"

#include <unistd.h>

#define PATH "bench_train_test.gguf"

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

static void steps_have_figures(void **state) {
    (void)state;
    save(PATH);
    struct bench_rows rows = bench_part("train", bench_train, PATH);
    unlink(PATH);
    assert_true(rows.n >= 2 && rows.with_floor == 1 && rows.with_gflops >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps_have_figures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
