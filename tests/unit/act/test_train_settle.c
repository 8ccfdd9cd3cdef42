/* Objectives without steps: the temperature that is found is the best one, is built into the file, and depends on
 * nothing but model and rows; what cannot be told by the last norm, and data without a best temperature, are
 * refused. */
#include "check.h"
#include "train_case.h"

#include "act/train/train.h"
#include "base/file.h"
#include "lm/engine/engine.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const people[] = {"Ada", "Bo", "Cid", "Dora", "Emil", "Fay"};
static const char *const towns[] = {"Abling", "Brock", "Corley", "Dunton", "Elswick", "Farlow"};

static void write_rows(const char *name, int from, int to) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = from; i < to; i++)
        buffer_printf(&b, "{\"text\":\"%s lives in %s.\"}\n", people[i % 6], towns[(i / 6 + i * i) % 6]);
    check_ok(file_write(in_folder(name), buffer_text(&b), &err));
    buffer_done(&b);
}

static struct train_settings settings_of(const char *objective, const char *init, const char *data, const char *out) {
    static const char *paths[8];
    static int next;
    const char **path = &paths[next++ % 8];
    *path = in_folder(data);
    return (struct train_settings){.objective = objective,
                                   .init = in_folder(init),
                                   .data = path,
                                   .n_data = 1,
                                   .out = in_folder(out),
                                   .name = "same",
                                   .seed = 3,
                                   .threads = 2,
                                   .quiet = true,
                                   .type = LM_F32};
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-settle-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_rows("text.jsonl", 0, 24);
    write_rows("held.jsonl", 24, 36);
    struct train_settings base = settings_of("lm", "base.gguf", "text.jsonl", "base.gguf");
    base.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=64";
    base.optimizer = "adamw,lr=0.01,batch=4";
    base.steps = 200;
    (void)train_with(&base);
    return 0;
}

/* A model whose logits are `by` times those of base.gguf. */
static void write_scaled(const char *name, double by) {
    struct error err = {0};
    const struct lm_load_options options = {.compute = MATMUL_F32, .keep_values = true};
    struct lm_model *m = lm_model_load(in_folder("base.gguf"), &options, &err);
    check_ok(m);
    for (size_t k = 0; k < m->shape.width; k++) m->output_norm[k] = (float)(by * (double)m->output_norm[k]);
    check_ok(lm_model_save(m, in_folder(name), LM_F32, NULL, 0, &err));
    lm_model_free(m);
}

/* The loss of a model on the held-out rows as it is: the first that is tried. */
static double loss_of(const char *init) {
    struct error err = {0};
    struct train_plan plan;
    struct train_settings s = settings_of("temperature", init, "held.jsonl", "plan.gguf");
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_ok(train_plan(train, &plan, &err));
    assert_true(plan.n_tried >= 1);
    check_near(plan.tried[0].setting, 1, 0);
    double loss = plan.tried[0].error;
    train_free(train);
    assert_false(file_exists(in_folder("plan.gguf")));
    return loss;
}

static void test_the_best_temperature(void **state) {
    (void)state;
    struct train_settings s = settings_of("temperature", "base.gguf", "held.jsonl", "t.gguf");
    struct train_result r = train_with(&s);
    assert_true(r.setting > 1); /* it was trained on other rows, and claims too much */
    write_scaled("found.gguf", 1 / r.setting);
    write_scaled("more.gguf", 1 / (r.setting * 1.01));
    write_scaled("less.gguf", 1.01 / r.setting);
    double found = loss_of("found.gguf"), more = loss_of("more.gguf"), less = loss_of("less.gguf");
    assert_true(found < more && found < less && found < loss_of("base.gguf"));
    check_near((more - less) / 0.02, 0, 1e-3); /* flat there */
    check_near(r.loss, found, 1e-6);
    write_scaled("sharp.gguf", 3);
    s = settings_of("temperature", "sharp.gguf", "held.jsonl", "t3.gguf");
    check_near(train_with(&s).setting, 3 * r.setting, 1e-4 * r.setting);
}

/* The file says logits / T, and nothing else is changed. */
static void test_it_is_built_in(void **state) {
    (void)state;
    enum { N = 9, V = 300 };
    struct error err = {0};
    struct train_settings s = settings_of("temperature", "base.gguf", "held.jsonl", "t.gguf");
    struct train_result r = train_with(&s);
    const struct lm_load_options options = {.compute = MATMUL_F32, .keep_values = true};
    static float logits[2][N * V];
    static const int32_t ids[N] = {0, 70, 81, 92, 103, 114, 125, 136, 147};
    struct lm_model *models[2];
    const char *const names[] = {"base.gguf", "t.gguf"};
    for (int i = 0; i < 2; i++) {
        models[i] = lm_model_load(in_folder(names[i]), &options, &err);
        check_ok(models[i]);
        struct lm_engine *e = lm_engine_new(models[i], NULL, (struct lm_engine_options){0}, &err);
        check_ok(e);
        assert_int_equal(models[i]->shape.vocabulary, V);
        check_ok(lm_logits(e, ids, N, logits[i], &err));
        lm_engine_free(e);
    }
    for (size_t i = 0; i < (size_t)N * V; i++)
        check_near((double)logits[1][i], (double)logits[0][i] / r.setting, 1e-5 * fmax(1, fabs((double)logits[0][i])));
    assert_memory_equal(models[0]->embedding.values, models[1]->embedding.values, (size_t)V * 32 * sizeof(float));
    assert_memory_equal(models[0]->layers[0].q.values, models[1]->layers[0].q.values, (size_t)32 * 32 * sizeof(float));
    for (int i = 0; i < 2; i++) lm_model_free(models[i]);
}

static void test_threads(void **state) {
    (void)state;
    struct train_settings s = settings_of("temperature", "base.gguf", "held.jsonl", "one.gguf");
    const char *valid = in_folder("text.jsonl");
    s.threads = 1;
    struct train_result one = train_with(&s);
    s.threads = 3;
    s.valid = &valid;
    s.n_valid = 1; /* is only measured */
    s.out = in_folder("three.gguf");
    struct train_result three = train_with(&s);
    check_near(one.setting, three.setting, 0);
    assert_true(isnan(one.valid_loss) && three.valid_loss > 0);
    struct arena arena;
    struct error err = {0};
    struct text log;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, in_folder("three.log.jsonl"), 1 << 16, &log, &err));
    json_t *row = json_read(text_trim(log), "log", 1, &err);
    check_ok(row);
    const json_t *figures = json_object_get(row, "figures"), *held = json_object_get(row, "valid");
    check_near(json_number_value(json_object_get(figures, "temperature")), three.setting, 1e-12);
    assert_true(json_number_value(json_object_get(figures, "loss_after")) <
                json_number_value(json_object_get(figures, "loss_before")));
    check_near(json_number_value(json_object_get(held, "loss_after")), three.valid_loss, 1e-12);
    json_decref(row);
    arena_done(&arena);
}

static void write_random(const char *name, const char *spec) {
    struct error err = {0};
    double entropy;
    struct lm_model *m = lm_model_random_of(text_of(spec), &entropy, &err);
    check_ok(m);
    check_ok(lm_model_save(m, in_folder(name), LM_F32, NULL, 0, &err));
    lm_model_free(m);
}

static void test_refuses(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    write_random("capped.gguf", "gemma2,layers=2,width=24,heads=2,hidden=20,vocabulary=260,context=96");
    struct train_settings s = settings_of("temperature", "capped.gguf", "held.jsonl", "bad.gguf");
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_DATA, "caps its logits behind the last norm");
    train_free(train);
    assert_false(file_exists(in_folder("bad.gguf")));
    write_scaled("wrong.gguf", -1); /* what is likely has become unlikely */
    s = settings_of("temperature", "wrong.gguf", "text.jsonl", "bad.gguf");
    train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_DATA, "no temperature between 0.01 and 100 is best");
    train_free(train);
    s = settings_of("temperature", "base.gguf", "held.jsonl", "bad.gguf");
    s.lora = "r=2";
    check_fails(train_prepare(&s, &err), ERROR_USAGE, "leave out --lora");
    s.lora = NULL;
    s.seed = (uint64_t)1 << 40;
    s.optimizer = "adamw,batch=1,dp=3,delta=0.001";
    check_fails(train_prepare(&s, &err), ERROR_USAGE, "dp adds noise to steps");
    s.optimizer = NULL;
    struct interrupt stop = {.asked = 1};
    s.stop = &stop;
    train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_INTERRUPTED, "nothing was written");
    train_free(train);
    assert_false(file_exists(in_folder("bad.gguf")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_best_temperature),
        cmocka_unit_test(test_it_is_built_in),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
