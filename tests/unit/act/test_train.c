/* Training: a small model learns a small text, goes on from a checkpoint with the same bytes, gives the same bytes for any
 * number of threads, and says what is wrong with data, settings and checkpoints. */
#include "check.h"

#include "act/train.h"
#include "base/file.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];

static const char *in_folder(const char *name) {
    static char paths[8][128];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

/* 60 documents about 6 people, each of which has one town: after enough steps only the order of people is open. */
static void write_data(const char *name) {
    static const char *const people[] = {"Ada", "Bo", "Cid", "Dora", "Emil", "Fay"};
    static const char *const towns[] = {"Abling", "Brock", "Corley", "Dunton", "Elswick", "Farlow"};
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 60; i++)
        buffer_printf(&b, "{\"text\":\"%s lives in %s, and %s is glad of it.\"}\n", people[i * 5 % 6], towns[i * 5 % 6],
                      people[i * 5 % 6]);
    check_ok(file_write(in_folder(name), buffer_text(&b), &err));
    buffer_done(&b);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-train-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_data("data.jsonl");
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static struct train_settings small_settings(const char *out) {
    static const char *data[1], *valid[1];
    data[0] = in_folder("data.jsonl");
    valid[0] = data[0];
    return (struct train_settings){.objective = "lm", .init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=32",
                                   .optimizer = "adamw,lr=0.01,batch=4", .data = data, .n_data = 1, .valid = valid,
                                   .n_valid = 1, .out = out, .steps = 60, .every = 25, .seed = 3, .threads = 2,
                                   .quiet = true, .type = LM_F32};
}

static struct train_result train_with(const struct train_settings *settings) {
    struct error err = {0};
    struct train_result result;
    struct train *train = train_prepare(settings, &err);
    check_ok(train);
    check_ok(train_run(train, &result, &err));
    train_free(train);
    return result;
}

static void test_learns(void **state) {
    (void)state;
    struct train_settings s = small_settings(in_folder("a.gguf"));
    s.steps = 200;
    struct train_result r = train_with(&s);
    assert_int_equal(r.steps, 200);
    /* ln 300 = 5.7 at the start; the texts are nearly determined by their first word. */
    if (!(r.loss < 0.6 && r.valid_loss < 0.6)) fail_msg("loss %g, validation %g", r.loss, r.valid_loss);
    assert_true(file_exists(in_folder("a.log.jsonl")));
    assert_true(file_exists(in_folder("a.card.md")));
    assert_false(file_exists(in_folder("a.checkpoint")));
    struct error err = {0};
    struct lm_load_options options = {0};
    struct lm_model *model = lm_model_load(s.out, &options, &err);
    check_ok(model);
    assert_int_equal(model->shape.vocabulary, 300);
    assert_string_equal(model->name, "a");
    lm_model_free(model);
}

static void *ask_to_stop(void *flag) {
    usleep(40000);
    ((struct interrupt *)flag)->asked = 1;
    return NULL;
}

/* At once, and the same in several sittings that end anywhere: the same file. */
static void test_goes_on(void **state) {
    (void)state;
    struct train_settings whole = small_settings(in_folder("b.gguf")), parts = small_settings(in_folder("c.gguf"));
    parts.name = whole.name = "same";
    parts.steps = whole.steps = 600;
    struct train_result r = train_with(&whole), last = {0};
    const char *checkpoint = in_folder("c.checkpoint");
    int sittings = 0;
    for (bool done = false; !done && sittings < 200; sittings++) {
        struct error err = {0};
        struct interrupt stop = {0};
        pthread_t thread;
        parts.stop = &stop;
        struct train *train = train_prepare(&parts, &err);
        check_ok(train);
        assert_int_equal(pthread_create(&thread, NULL, ask_to_stop, &stop), 0);
        done = train_run(train, &last, &err);
        if (!done && err.kind != ERROR_INTERRUPTED) fail_msg("%s", err.message);
        assert_int_equal(file_exists(checkpoint), !done);
        pthread_join(thread, NULL);
        train_free(train);
    }
    assert_in_range(sittings, 2, 199);
    assert_string_equal(r.digest, last.digest);
    check_near(r.loss, last.loss, 0);
}

static void test_threads(void **state) {
    (void)state;
    struct train_settings s = small_settings(in_folder("d.gguf"));
    s.name = "same";
    s.steps = 12;
    s.threads = 1;
    struct train_result one = train_with(&s);
    for (size_t threads = 2; threads <= 3; threads++) {
        s.threads = threads;
        struct train_result more = train_with(&s);
        assert_string_equal(one.digest, more.digest);
    }
}

/* Gradients of several passes add up to those of one. */
static void test_micro_batches(void **state) {
    (void)state;
    struct train_settings s = small_settings(in_folder("e.gguf"));
    s.steps = 8;
    struct train_result whole = train_with(&s);
    s.optimizer = "adamw,lr=0.01,batch=4,micro=1";
    struct train_result parts = train_with(&s);
    check_near(parts.loss, whole.loss, 0.05);
}

static void check_refused(const struct train_settings *s, enum error_kind kind, const char *part) {
    struct error err = {0};
    struct train *train = train_prepare(s, &err);
    if (train) fail_msg("prepared, expected '%s'", part);
    if (err.kind != kind || !strstr(err.message, part)) fail_msg("kind %d, '%s', expected '%s'", err.kind, err.message, part);
}

static void test_bad_input(void **state) {
    (void)state;
    struct error err = {0};
    const char *bad[1] = {in_folder("bad.jsonl")};
    struct train_settings s = small_settings(in_folder("f.gguf"));
    s.data = bad;
    check_refused(&s, ERROR_ENVIRONMENT, "bad.jsonl");
    check_ok(file_write(bad[0], TEXT("{\"text\":\"good\"}\n{\"txt\":\"no\"}\n"), &err));
    check_refused(&s, ERROR_DATA, "bad.jsonl:2");
    check_ok(file_write(bad[0], TEXT("\n"), &err));
    check_refused(&s, ERROR_DATA, "no training text");
    s = small_settings(in_folder("f.gguf"));
    s.objective = "ln";
    check_refused(&s, ERROR_USAGE, "did you mean 'lm'?");
    s = small_settings(in_folder("f.gguf"));
    s.optimizer = "adamw,rate=1";
    check_refused(&s, ERROR_USAGE, "rate");
    s.optimizer = "sgd";
    check_refused(&s, ERROR_USAGE, "adamw");
    s = small_settings(in_folder("f.gguf"));
    s.init = "random,width=30,heads=4";
    check_refused(&s, ERROR_USAGE, "width");
    s.init = "nothing.gguf";
    check_refused(&s, ERROR_ENVIRONMENT, "nothing.gguf");
}

static void test_divergence(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    struct train_settings s = small_settings(in_folder("g.gguf"));
    s.optimizer = "adamw,lr=10,batch=4,clip=0,warmup=0";
    s.steps = 400;
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_DATA, "");
    assert_true(strstr(err.message, "lower lr") != NULL);
    assert_false(file_exists(s.out));
    train_free(train);
}

static void test_checkpoints(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    struct interrupt stop = {.asked = 1};
    struct train_settings s = small_settings(in_folder("h.gguf"));
    s.resume = true;
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_USAGE, "--resume");
    train_free(train);
    s.resume = false;
    s.stop = &stop;
    check_ok(train = train_prepare(&s, &err));
    check_fails(train_run(train, &result, &err), ERROR_INTERRUPTED, "");
    train_free(train);
    /* Other settings do not go on from it. */
    s.stop = NULL;
    s.seed = 4;
    check_ok(train = train_prepare(&s, &err));
    check_fails(train_run(train, &result, &err), ERROR_USAGE, "other settings");
    train_free(train);
    /* A torn file is refused, --fresh starts anew. */
    s.seed = 3;
    char command[256];
    snprintf(command, sizeof command, "truncate -s -100 '%s'", in_folder("h.checkpoint"));
    assert_int_equal(system(command), 0);
    check_ok(train = train_prepare(&s, &err));
    check_fails(train_run(train, &result, &err), ERROR_DATA, "checkpoint");
    train_free(train);
    s.fresh = true;
    s.steps = 3;
    train_with(&s);
}

#define TRAIN_TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TRAIN_TEST(test_learns),    TRAIN_TEST(test_goes_on),   TRAIN_TEST(test_threads),    TRAIN_TEST(test_micro_batches),
        TRAIN_TEST(test_bad_input), TRAIN_TEST(test_divergence), TRAIN_TEST(test_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
