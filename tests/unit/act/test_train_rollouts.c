/* Training on a model's own answers: rewards rise, what is drawn depends on the seed alone, stopped and gone on with it ends with the
 * same bytes, the trust region acts from the second inner step on, and only the order of levels counts for trpa. */
#include "check.h"
#include "train_case.h"
#include "train_team.h"

#include "act/train/train.h"
#include "base/file.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const people[] = {"Ada", "Bo", "Cid", "Dora", "Emil", "Fay"};
static const char *const towns[] = {"Abling", "Brock", "Corley", "Dunton", "Elswick", "Farlow"};

static void write_rows(const char *name, void (*put)(struct buffer *, int), int n) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < n; i++) put(&b, i);
    check_ok(file_write(in_folder(name), buffer_text(&b), &err));
    buffer_done(&b);
}

static void put_text(struct buffer *b, int i) {
    buffer_printf(b, "{\"text\":\"%s lives in %s.\"}\n", people[i % 6], towns[i / 6]);
}

static void put_prompt(struct buffer *b, int i) {
    buffer_printf(b, "{\"prompt\":\"%s lives in\",\"town\":\"%s\"}\n", people[i], towns[i]);
}

/* 3 for the right town, -1 for another, -3 for none; levels 1, 2, 4. scale stretches the rewards. */
static bool judge(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results, struct error *err) {
    const double *scale = context;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        bool any = false, right = text_find(asks[i].answer, json_text(json_object_get(asks[i].row, "town")), 0) != SIZE_MAX;
        for (int k = 0; k < 6; k++) any |= text_find(asks[i].answer, text_of(towns[k]), 0) != SIZE_MAX;
        results[i] = (struct reward_result){*scale * (right ? 3 : any ? -1 : -3), right ? 1 : any ? 2 : 4};
    }
    return true;
}

static double plain = 1, stretched = 10;
static const struct reward reward = {&plain, "towns", true, true, judge}, scaled = {&stretched, "towns", true, true, judge};

static struct train_settings settings_of(const char *objective, const char *out) {
    static const char *paths[8];
    static int next;
    const char **path = &paths[next++ % 8];
    *path = in_folder("prompts.jsonl");
    return (struct train_settings){.objective = objective, .init = in_folder("base.gguf"), .optimizer = "adamw,lr=0.003,batch=6,warmup=0,schedule=constant",
                                   .data = path, .n_data = 1, .out = in_folder(out), .steps = 30, .every = 50, .seed = 3,
                                   .threads = 2, .quiet = true, .type = LM_F32, .reward = &reward};
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-rollouts-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_rows("text.jsonl", put_text, 36);
    write_rows("prompts.jsonl", put_prompt, 6);
    struct train_settings base = settings_of("lm", "base.gguf");
    const char *data = in_folder("text.jsonl");
    base.data = &data;
    base.reward = NULL;
    base.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=32";
    base.optimizer = "adamw,lr=0.01,batch=4";
    base.steps = 300;
    (void)train_with(&base);
    return 0;
}

/* Figure `name` in line `at` (0..) of a log; -1: the last. */
static double logged_at(const char *log, const char *name, int at) {
    struct arena arena;
    struct error err = {0};
    struct text all, line;
    double value = NAN;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, in_folder(log), 1 << 20, &all, &err));
    for (int i = 0; text_next(&all, '\n', &line) && line.len && (at < 0 || i <= at); i++) {
        json_t *row = json_read(line, "log", 1, &err);
        check_ok(row);
        const json_t *number = json_object_get(json_object_get(row, "figures"), name);
        if (number) value = json_number_value(number);
        json_decref(row);
    }
    arena_done(&arena);
    return value;
}

#define SAMPLES ",n=8,max_tokens=12"

static void test_learns(void **state) {
    (void)state;
    static const char *const specs[] = {"grpo" SAMPLES,
                                        "rloo" SAMPLES,
                                        "reinforce++" SAMPLES,
                                        "trpa,beta=1" SAMPLES,
                                        "online-dpo,beta=0.3" SAMPLES,
                                        "ppo,value=0.5" SAMPLES};
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        struct train_settings s = settings_of(specs[i], "learns.gguf");
        s.steps = 150;
        s.fresh = true;
        (void)unlink(in_folder("learns.log.jsonl"));
        (void)train_with(&s);
        double before = logged_at("learns.log.jsonl", "reward", 0), after = logged_at("learns.log.jsonl", "reward", -1);
        if (!(after > before + 0.8)) fail_msg("%s: reward from %g to %g", specs[i], before, after);
        check_near(logged_at("learns.log.jsonl", "level_1", -1) + logged_at("learns.log.jsonl", "level_2", -1) +
                   logged_at("learns.log.jsonl", "level_4", -1), 1, 1e-9);
    }
}

static void test_threads(void **state) {
    (void)state;
    struct train_settings s = settings_of("grpo,inner=2,resample=3" SAMPLES, "threads.gguf");
    s.name = "same";
    s.threads = 1;
    struct train_result one = train_with(&s);
    s.threads = 3;
    struct train_result more = train_with(&s);
    assert_string_equal(one.digest, more.digest);
    s.seed = 4;
    struct train_result other = train_with(&s);
    assert_string_not_equal(one.digest, other.digest);
}

/* Processes share passes and prompts: the bytes and figures of one. */
static void test_processes(void **state) {
    (void)state;
    static const char *const specs[] = {"grpo,inner=2,resample=3" SAMPLES, "online-dpo,beta=0.3" SAMPLES, "ppo,inner=2" SAMPLES};
    for (size_t i = 0; i < 3; i++) {
        struct train_settings one = settings_of(specs[i], "one.gguf"), many = settings_of(specs[i], "many.gguf");
        one.name = many.name = "same";
        one.optimizer = many.optimizer = "adamw,lr=0.003,batch=5,micro=2";
        one.steps = many.steps = 8;
        one.fresh = many.fresh = true;
        struct train_result alone = train_with(&one);
        for (size_t size = 2; size <= 4; size += 2) {
            assert_string_equal(train_with_team(size, &many).digest, alone.digest);
            static const char *const names[] = {"reward", "entropy", "length", "level_1"};
            for (int k = 0; k < 4; k++) check_near(logged_at("many.log.jsonl", names[k], -1), logged_at("one.log.jsonl", names[k], -1), 0);
        }
    }
}

static void check_goes_on(const char *spec) {
    struct train_settings whole = settings_of(spec, "whole.gguf");
    struct train_settings parts = settings_of(spec, "parts.gguf");
    whole.name = parts.name = "same";
    whole.steps = parts.steps = 40;
    struct train_result once = train_with(&whole), last = {0};
    bool done = false;
    int sittings = 0;
    for (; !done && sittings < 200; sittings++) {
        struct error err = {0};
        struct stopper stopper = {.after = 40000u * (unsigned)(sittings + 1)};
        pthread_t thread;
        parts.stop = &stopper.stop;
        parts.threads = 1 + (size_t)sittings % 3;
        struct train *train = train_prepare(&parts, &err);
        check_ok(train);
        assert_int_equal(pthread_create(&thread, NULL, ask_to_stop, &stopper), 0);
        done = train_run(train, &last, &err);
        if (!done && err.kind != ERROR_INTERRUPTED) fail_msg("%s", err.message);
        pthread_join(thread, NULL);
        train_free(train);
    }
    assert_in_range(sittings, 2, 199);
    assert_string_equal(once.digest, last.digest);
}

static void test_goes_on(void **state) {
    (void)state;
    check_goes_on("trpa,inner=3,resample=4" SAMPLES);
    check_goes_on("ppo,inner=3" SAMPLES);
}

/* The head comes to know what answers are worth, is told of, and stays behind; passes of any size see the same step. */
static void test_ppo(void **state) {
    (void)state;
    struct error err = {0};
    struct train_settings s = settings_of("ppo,value=0.5,inner=2" SAMPLES, "ppo.gguf");
    s.steps = 80;
    (void)train_with(&s);
    double early = logged_at("ppo.log.jsonl", "explained", 0), late = logged_at("ppo.log.jsonl", "explained", -1);
    if (!(late > 0.3 && late > early)) fail_msg("explained variance from %g to %g", early, late);
    assert_true(logged_at("ppo.log.jsonl", "value_loss", -1) < logged_at("ppo.log.jsonl", "value_loss", 0));
    assert_true(logged_at("ppo.log.jsonl", "clipped", 0) > 0);
    assert_true(logged_at("ppo.log.jsonl", "value_clipped", 0) >= 0);
    assert_true(logged_at("ppo.log.jsonl", "kl", -1) > 0);
    const struct lm_load_options options = {.compute = MATMUL_F32};
    struct lm_model *m = lm_model_load(in_folder("ppo.gguf"), &options, &err);
    check_ok(m);
    assert_int_equal(m->head.n, 0);
    lm_model_free(m);
    s = settings_of("ppo" SAMPLES, "pass.gguf");
    s.steps = 3;
    double whole = train_with(&s).loss;
    s.optimizer = "adamw,lr=0.003,batch=6,micro=2,warmup=0,schedule=constant";
    check_near(train_with(&s).loss, whole, 1e-3 * fabs(whole) + 1e-4);
}

/* The mean over a log of n lines. */
static double logged_mean(const char *log, const char *name, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) sum += logged_at(log, name, i);
    return sum / n;
}

static void test_trust_region_acts(void **state) {
    (void)state;
    struct train_settings s = settings_of("trpa,beta=1,c=0" SAMPLES, "trust.gguf");
    s.steps = 10;
    (void)train_with(&s);
    check_near(logged_at("trust.log.jsonl", "trust_kl", -1), 0, 0);
    double kl[2];
    for (int i = 0; i < 2; i++) {
        (void)unlink(in_folder("trust.log.jsonl"));
        s.objective = i ? "trpa,beta=1,inner=4,c=3" SAMPLES : "trpa,beta=1,inner=4,c=0" SAMPLES;
        (void)train_with(&s);
        kl[i] = logged_mean("trust.log.jsonl", "trust_kl", 10);
    }
    assert_true(kl[0] > 1e-4);
    if (!(kl[1] < kl[0])) fail_msg("with the trust region %g, without %g", kl[1], kl[0]);
}

static void test_only_order_counts(void **state) {
    (void)state;
    static const char *const specs[] = {"trpa" SAMPLES, "grpo,scale=none" SAMPLES};
    for (int i = 0; i < 2; i++) {
        struct train_settings s = settings_of(specs[i], "order.gguf");
        s.name = "same";
        s.steps = 12;
        struct train_result one = train_with(&s);
        s.reward = &scaled;
        struct train_result other = train_with(&s);
        assert_int_equal(strcmp(one.digest, other.digest) == 0, i == 0);
    }
}

static bool bad_judge(void *context, const struct reward_ask *asks, size_t n, struct reward_result *results, struct error *err) {
    (void)context;
    (void)asks;
    (void)err;
    for (size_t i = 0; i < n; i++) results[i] = (struct reward_result){INFINITY, 1};
    return true;
}

static void check_refused(const struct train_settings *s, const char *part) {
    struct error err = {0};
    check_fails(train_prepare(s, &err), ERROR_USAGE, part);
}

static void test_refuses(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    struct reward bad = {NULL, "bad", true, true, bad_judge}, levels = reward, rewards = reward;
    levels.rewards = false;
    rewards.levels = false;
    struct train_settings s = settings_of("grpo" SAMPLES, "bad.gguf");
    s.reward = &bad;
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_DATA, "the reward of an answer is no finite number");
    assert_non_null(strstr(err.message, "prompts.jsonl:"));
    train_free(train);
    s.reward = &levels;
    check_refused(&s, "needs rewards");
    s.reward = NULL;
    check_refused(&s, "give --reward");
    s = settings_of("trpa" SAMPLES, "bad.gguf");
    s.reward = &rewards;
    check_refused(&s, "needs levels");
    s = settings_of("grpo,n=1", "bad.gguf");
    check_refused(&s, "n must be 2 or more");
    s = settings_of("dpo", "bad.gguf");
    check_refused(&s, "leave out --reward");
    s = settings_of("grpo,n=2,max_tokens=31", "bad.gguf");
    check_fails(train_prepare(&s, &err), ERROR_DATA, "leaves no room for an answer of 31");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_ppo),
        cmocka_unit_test(test_trust_region_acts),
        cmocka_unit_test(test_only_order_counts),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_processes),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
