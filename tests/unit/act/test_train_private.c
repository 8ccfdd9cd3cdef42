/* Private training: an example moves the sum of a step by its clipped gradient and nothing else; noise has the length
 * it should; bytes do not depend on threads, processes or stops; what is promised is told, the seed is not; and what
 * cannot be private is refused. */
#include "check.h"
#include "train_case.h"
#include "train_team.h"

#include "act/train/privacy.h"
#include "act/train/train_internal.h"
#include "base/file.h"
#include "tensor/gradient_private.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const secret = "81985529216486895";

/* The last of seven is far longer than the others. */
static void write_documents(const char *name, int n) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < n; i++)
        buffer_printf(&b, "{\"text\":\"%c lives in %c%s.\"}\n", 'A' + i, 'A' + (i + 10) % 26,
                      i == 6 ? " and in zz zz zz zz zz zz zz zz zz zz" : "");
    check_ok(file_write(in_folder(name), buffer_text(&b), &err));
    buffer_done(&b);
}

static struct train_settings settings_of(const char *data, const char *optimizer, const char *out) {
    static const char *paths[8];
    static int next;
    const char **path = &paths[next++ % 8];
    *path = in_folder(data);
    return (struct train_settings){.objective = "lm",
                                   .init = in_folder("base.gguf"),
                                   .optimizer = optimizer,
                                   .data = path,
                                   .n_data = 1,
                                   .out = in_folder(out),
                                   .steps = 20,
                                   .every = 10,
                                   .seed = strtoull(secret, NULL, 10),
                                   .threads = 2,
                                   .quiet = true,
                                   .type = LM_F32,
                                   .command = "basanite train --seed 81985529216486895 --steps 20"};
}

static int make_folder(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    snprintf(folder, sizeof folder, "/tmp/basanite-private-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_documents("six.jsonl", 6);
    write_documents("seven.jsonl", 7);
    write_documents("many.jsonl", 26);
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 24; i++)
        buffer_printf(&b, "{\"prompt\":\"%c lives in\",\"chosen\":\" %c.\",\"rejected\":\" zz.\"}\n", 'A' + i, 'B' + i);
    check_ok(file_write(in_folder("pairs.jsonl"), buffer_text(&b), &err));
    buffer_done(&b);
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 24; i++)
        buffer_printf(&b, "{\"prompt\":\"%c lives in\",\"completion\":\" %c.\",\"label\":%s}\n", 'A' + i, 'B' + i,
                      i % 2 ? "true" : "false");
    check_ok(file_write(in_folder("labels.jsonl"), buffer_text(&b), &err));
    buffer_done(&b);
    struct train_settings base = settings_of("many.jsonl", "adamw,lr=0.01,batch=4", "base.gguf");
    base.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=32";
    base.steps = 40;
    (void)train_with(&base);
    return 0;
}

/* The gradients of all parameters, one after the other, times `by`. */
static double *gradients_of(struct train *t, double by, size_t *n) {
    double *out = malloc(t->learning * sizeof *out);
    assert_non_null(out);
    *n = 0;
    for (size_t i = 0; i < t->n_parameters; i++) {
        struct tensor *v = &t->parameters[i]->value;
        for (size_t k = 0; k < tensor_size(v); k++) out[(*n)++] = by * (double)v->grad[k];
        memset(v->grad, 0, tensor_size(v) * sizeof *v->grad);
    }
    return out;
}

static double length_of(const double *x, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sqrt(sum);
}

/* With every example taken (batch: all of them), six and seven examples and the same noise: the difference is the
 * clipped gradient of the seventh, and with little clipping it is the gradient itself. */
static void test_one_example(void **state) {
    (void)state;
    static const char *const lengths[] = {"0.05", "20"};
    for (int k = 0; k < 2; k++) {
        struct error err = {0};
        double loss = 0, *sum[2] = {NULL, NULL}, *own = NULL, clip = strtod(lengths[k], NULL), noise = 0;
        size_t n = 0;
        for (int all = 6; all <= 7; all++) {
            char optimizer[96];
            snprintf(optimizer, sizeof optimizer, "adamw,batch=%d,dp=50,delta=0.001,clip=%s", all, lengths[k]);
            struct train_settings s = settings_of(all == 6 ? "six.jsonl" : "seven.jsonl", optimizer, "x.gguf");
            s.steps = 1;
            struct train *t = train_prepare(&s, &err);
            check_ok(t);
            assert_int_equal(train_size(t).rows, all);
            if (all == 7) assert_true(t->rule.noise == noise);
            noise = t->rule.noise;
            check_ok(train_private_gradients(t, &loss, &err));
            sum[all - 6] = gradients_of(t, all, &n);
            if (all == 7) {
                check_ok(train_rows_example(t, 6, &loss, &err));
                own = gradients_of(t, 1, &n);
            }
            train_free(t);
        }
        double norm = length_of(own, n), factor = norm > clip ? clip / norm : 1, worst = 0, scale = clip * noise;
        for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs(sum[1][i] - sum[0][i] - factor * own[i]));
        assert_int_equal(norm > clip, k == 0);
        /* f32 of sums as large as the noise. */
        if (!(worst < 4e-6 * scale)) fail_msg("clip %g: off by %g of noise %g", clip, worst, scale);
        free(sum[0]);
        free(sum[1]);
        free(own);
    }
}

static void test_clip_and_noise(void **state) {
    (void)state;
    enum { N = 40000 };
    struct error err = {0};
    struct parameter parameters[2] = {0}, *list[2] = {&parameters[0], &parameters[1]};
    static float first[N], second[3], copy[N];
    double norm, mean = 0, square = 0;
    parameters[0].value = (struct tensor){.dims = 1, .shape = {N}, .grad = first};
    parameters[1].value = (struct tensor){.dims = 1, .shape = {3}, .grad = second};
    first[5] = 3;
    second[2] = 4;
    check_ok(gradient_clip(list, 2, NULL, 10, &norm, &err));
    assert_true(norm == 5 && first[5] == 3 && second[2] == 4);
    check_ok(gradient_clip(list, 2, NULL, 1, &norm, &err));
    check_near((double)first[5], 0.6, 1e-6);
    check_near((double)second[2], 0.8, 1e-6);
    assert_true(sqrt((double)first[5] * (double)first[5] + (double)second[2] * (double)second[2]) <= 1);
    second[0] = INFINITY;
    check_fails(gradient_clip(list, 2, NULL, 1, &norm, &err), ERROR_DATA, "the gradient of an example is not finite");
    for (int threads = 1; threads <= 3; threads += 2) {
        struct pool *pool = pool_new((size_t)threads, &err);
        check_ok(pool);
        memset(first, 0, sizeof first);
        gradient_noise(list, 2, pool, 6, 0.5, 7, 3);
        if (threads == 3) assert_memory_equal(first, copy, sizeof copy);
        memcpy(copy, first, sizeof copy);
        pool_free(pool);
    }
    for (int i = 0; i < N; i++) mean += (double)first[i] / N;
    for (int i = 0; i < N; i++) square += (double)first[i] * (double)first[i] / N;
    check_near(mean, 0, 5 * 3 / sqrt(N)); /* 5 standard errors */
    check_near(square, 9, 5 * 9 * sqrt(2.0 / N));
    memset(first, 0, sizeof first);
    gradient_noise(list, 2, NULL, 6, 0.5, 7, 4);
    assert_memory_not_equal(first, copy, sizeof copy);
}

static void test_same_bytes(void **state) {
    (void)state;
    static const char *const specs[][2] = {{"lm", "many.jsonl"}, {"dpo,fall=0", "pairs.jsonl"}};
    for (int i = 0; i < 2; i++) {
        struct train_settings s = settings_of(specs[i][1], "adamw,lr=0.003,batch=5,dp=8,clip=0.5", "same.gguf");
        s.objective = specs[i][0];
        s.name = "same";
        s.threads = 1;
        struct train_result one = train_with(&s);
        s.threads = 3;
        assert_string_equal(train_with(&s).digest, one.digest);
        assert_string_equal(train_with_team(3, &s).digest, one.digest);
        s.seed++;
        assert_string_not_equal(train_with(&s).digest, one.digest);
    }
}

/* Figures of the last line of the log, and the whole card. */
static void test_told(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct text log, card, model, line, last = {0};
    struct train_settings s = settings_of("many.jsonl", "adamw,lr=0.003,batch=5,dp=8,delta=1e-3,clip=0.5", "told.gguf");
    (void)train_with(&s);
    arena_init(&arena, 0);
    check_ok(file_read(&arena, in_folder("told.log.jsonl"), 1 << 20, &log, &err));
    check_ok(file_read(&arena, in_folder("told.card.md"), 1 << 20, &card, &err));
    check_ok(file_read(&arena, s.out, 1 << 24, &model, &err));
    struct text rest = log;
    while (text_next(&rest, '\n', &line) && line.len) last = line;
    json_t *row = json_read(last, "log", 1, &err);
    check_ok(row);
    double noise = json_number_value(json_object_get(row, "noise")),
           epsilon = json_number_value(json_object_get(row, "epsilon"));
    check_near(json_number_value(json_object_get(row, "rate")), 5.0 / 26, 1e-6);
    check_near(epsilon, privacy_epsilon(5.0 / 26, noise, 20, 1e-3, NULL), 1e-4);
    assert_true(epsilon <= 8 && epsilon > 7.9);
    json_decref(row);
    assert_true(text_find(card, TEXT("-differential privacy of each document after 20 steps"), 0) != SIZE_MAX);
    assert_true(text_find(card, TEXT("- seed: secret"), 0) != SIZE_MAX);
    assert_true(text_find(card, TEXT("--seed=SECRET --steps 20`"), 0) != SIZE_MAX);
    assert_true(text_find(card, text_of(secret), 0) == SIZE_MAX && text_find(log, text_of(secret), 0) == SIZE_MAX);
    assert_true(text_find(model, text_of(secret), 0) == SIZE_MAX);
    arena_done(&arena);
}

static void check_refused(struct train_settings s, const char *part) {
    struct error err = {0};
    check_fails(train_prepare(&s, &err), ERROR_USAGE, part);
}

static void test_refused(void **state) {
    (void)state;
    struct train_settings s = settings_of("many.jsonl", "adamw,batch=5,dp=8", "no.gguf"), other = s;
    other.seed = 1;
    check_refused(other, "dp: the noise follows from --seed");
    other = s;
    other.init = "random,layers=1,width=32,heads=2,vocabulary=300,context=32";
    check_refused(other, "dp: a tokenizer trained on the data tells of them");
    other = s;
    other.optimizer = "adamw,batch=5,dp=8,clip=0";
    check_refused(other, "dp needs clip above 0");
    other.optimizer = "adamw,batch=27,dp=8";
    check_refused(other, "dp: a step of 27 examples of 26");
    other.optimizer = "adamw,batch=5,dp=8,delta=0.1";
    check_refused(other, "dp: delta=0.1 says little of 26 examples");
    other.optimizer = "adamw,batch=5,dp=1e-5,delta=1e-9";
    check_refused(other, "dp: no noise keeps epsilon at 1e-05");
    other = settings_of("labels.jsonl", "adamw,batch=5,dp=8", "no.gguf");
    other.objective = "kto";
    check_refused(other, "objective kto looks at all examples of a step together");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_example), cmocka_unit_test(test_clip_and_noise), cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_told),        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
