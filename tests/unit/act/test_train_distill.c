/* Distillation from a dump: the student comes to say what the teacher says, c=auto is settled before the first step, and dumps that do
 * not fit are named. */
#include "check.h"
#include "train_case.h"

#include "act/train/train.h"
#include "base/file.h"
#include "lm/files/top_file.h"

#include <stdlib.h>
#include <unistd.h>

static void write_text(const char *name, const char *text) {
    struct error err = {0};
    check_ok(file_write(in_folder(name), text_of(text), &err));
}

static struct train_settings settings_of(const char *objective, const char *data) {
    static const char *paths[8];
    static int next;
    const char **path = &paths[next++ % 8];
    *path = in_folder(data);
    return (struct train_settings){.objective = objective, .init = in_folder("base.gguf"), .optimizer = "adamw,lr=0.01,batch=1",
                                   .data = path, .n_data = 1, .out = in_folder("student.gguf"), .steps = 150, .seed = 3,
                                   .threads = 2, .quiet = true, .fresh = true, .type = LM_F32};
}

/* Two texts of 6 tokens, the last three learned: behind token i the teacher says 40 + i with p, others with less. */
static void write_dump(const char *name, const char *twin, double p, const char *tokenizer) {
    struct error err = {0};
    struct top_out out;
    struct top_header header = {.k = 3, .vocabulary = 300};
    static const int32_t texts[2][6] = {{10, 11, 12, 42, 43, 44}, {20, 21, 12, 42, 50, 44}};
    char path[64];
    snprintf(header.tokenizer, sizeof header.tokenizer, "%s", tokenizer);
    memset(header.subject, 'a', 64);
    check_ok(top_out_open(&out, in_folder(name), &header, &err));
    for (int t = 0; t < 2; t++) {
        top_out_text(&out, texts[t], 6);
        for (int i = 0; i < 6; i++) {
            const int32_t ids[3] = {40 + i, 60 + i, 80 + i};
            const double probability[3] = {p, (1 - p) / 2, (1 - p) / 4};
            top_out_put(&out, ids, probability, (1 - p) / 4);
        }
    }
    check_ok(top_out_commit(&out, &err));
    snprintf(path, sizeof path, "%s.jsonl", name);
    write_text(path, twin);
}

static const char good_twin[] = "{\"id\":\"a\",\"position\":0,\"text\":[10,11,12,42,43,44],\"loss_mask\":[0,0,0,1,1,1]}\n"
                                "{\"id\":\"b\",\"position\":6,\"text\":[20,21,12,42,50,44],\"loss_mask\":[0,0,0,1,1,1]}\n";
static char vocabulary[65];

static int make_folder(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    snprintf(folder, sizeof folder, "/tmp/basanite-distill-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_text("text.jsonl", "{\"text\":\"Ada lives in Abling and Bo lives in Brock.\"}\n");
    struct train_settings s = settings_of("lm", "text.jsonl");
    s.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=32";
    s.steps = 2;
    s.out = in_folder("base.gguf");
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_ok(train_run(train, &result, &err));
    train_free(train);
    struct lm_load_options options = {0};
    struct lm_model *model = lm_model_load(s.out, &options, &err);
    check_ok(model);
    assert_true(tokenizer_digest(model->tokenizer, vocabulary));
    lm_model_free(model);
    write_dump("teach.topk", good_twin, 0.6, vocabulary);
    return 0;
}

/* Row i holds token i, is to predict token i + 1 where that one is learned, and has what the teacher said behind token i. */
static void test_rows(void **state) {
    (void)state;
    struct error err = {0};
    struct lm_load_options options = {0};
    struct lm_model *model = lm_model_load(in_folder("base.gguf"), &options, &err);
    check_ok(model);
    const char *path = in_folder("teach.topk");
    const struct dump_settings settings = {.paths = &path, .n = 1, .tokenizer = model->tokenizer, .context = 32};
    struct dump *dump = dump_new(&settings, &err);
    check_ok(dump);
    struct train_batch b;
    check_ok(dump_batch(dump, 0, 1, &b, &err));
    static const int32_t wanted[12] = {-1, -1, 42, 43, 44, -1, -1, -1, 42, 50, 44, -1};
    assert_int_equal(b.rows, 12);
    assert_int_equal(b.n_segments, 2);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(b.targets[i], wanted[i]);
        assert_true(b.weights[i] == (wanted[i] < 0 ? 0.0f : 1.0f));
        assert_int_equal(b.slices->ids[3 * i], 40 + (int)(i % 6));
        check_near(b.slices->p[3 * i], 0.6, 1e-5);
        check_near(b.slices->rest[i], 0.1, 1e-5);
    }
    dump_free(dump);
    lm_model_free(model);
}

static void test_learns(void **state) {
    (void)state;
    struct train_settings s = settings_of("distill", "teach.topk");
    s.valid = s.data;
    s.n_valid = 1;
    struct train_result six = train_with(&s);
    if (!(six.valid_loss < 0.02)) fail_msg("KL with six buckets: %g", six.valid_loss);
    s.threads = 1;
    assert_string_equal(train_with(&s).digest, six.digest);
    s.objective = "distill,buckets=5";
    struct train_result five = train_with(&s);
    if (!(five.valid_loss < 0.02)) fail_msg("KL with five buckets: %g", five.valid_loss);
    /* Hard labels are what the texts have, not what the teacher says: the two cannot both be met. */
    s.objective = "distill,hard=0.5";
    assert_true(train_with(&s).valid_loss > 0.05);
}

/* The teacher claims 0.9 and is right in 3 of 6 places: it has to claim less. */
static void test_settles_c(void **state) {
    (void)state;
    struct error err = {0};
    struct train_plan plan;
    write_dump("sure.topk", "{\"id\":\"a\",\"position\":0,\"text\":[10,11,12,42,43,44],\"loss_mask\":[0,0,0,1,1,1]}\n"
                            "{\"id\":\"b\",\"position\":6,\"text\":[20,21,12,42,50,44],\"loss_mask\":[0,0,0,1,1,1]}\n", 0.9, vocabulary);
    struct train_settings s = settings_of("distill,c=auto", "sure.topk");
    s.valid = s.data;
    s.n_valid = 1;
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_ok(train_plan(train, &plan, &err));
    double least = INFINITY, best = 0;
    for (size_t i = 0; i < plan.n_tried; i++)
        if (plan.tried[i].error < least) least = plan.tried[i].error, best = plan.tried[i].setting;
    assert_true(plan.n_tried > 20);
    if (!(best > 1)) fail_msg("c = %g", best);
    train_free(train);
}

static void test_refuses(void **state) {
    (void)state;
    static const struct {
        const char *objective, *twin;
        enum error_kind kind;
        const char *part;
    } rows[] = {
        {"distill,c=auto", good_twin, ERROR_USAGE, "give --valid"},
        {"distill,c=-1", good_twin, ERROR_USAGE, "key 'c'"},
        {"distill,map=linear,c=auto", good_twin, ERROR_USAGE, "map=linear has no c"},
        {"distill", "", ERROR_DATA, "has other texts than the dump"},
        {"distill", "{\"position\":0,\"text\":[10],\"loss_mask\":[1]}\n", ERROR_DATA, ".jsonl:1: 1 tokens at position 0 do not fit"},
        {"distill", "{\"position\":9,\"text\":[10,11,12,42],\"loss_mask\":[0,0,0,1]}\n", ERROR_DATA, ".jsonl:1: 4 tokens at position 9"},
        {"distill", "{\"position\":0,\"text\":[10,11,12,400],\"loss_mask\":[0,0,0,1]}\n", ERROR_DATA, "entry 3 is no token"},
        {"distill", "{\"position\":0,\"text\":[10,11],\"loss_mask\":[0,0]}\n", ERROR_DATA, "no token is learned"},
        {"distill", "{\"position\":0,\"text\":[10,11]}\n", ERROR_DATA, "'loss_mask'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        write_dump("bad.topk", rows[i].twin, 0.6, vocabulary);
        struct train_settings s = settings_of(rows[i].objective, "bad.topk");
        check_fails(train_prepare(&s, &err), rows[i].kind, rows[i].part);
    }
    struct error err = {0};
    char other[65];
    memset(other, 'b', 64);
    other[64] = 0;
    write_dump("bad.topk", good_twin, 0.6, other);
    struct train_settings s = settings_of("distill", "bad.topk");
    check_fails(train_prepare(&s, &err), ERROR_DATA, "another vocabulary");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_settles_c),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
