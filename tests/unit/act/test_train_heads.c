/* Training of heads: classes, rewards and values are learned; the written file says what was learned, whole or as an
 * adapter; stopped and gone on with it ends with the same bytes for any number of threads; it judges answers as it was
 * trained to; bad rows are named. */
#include "check.h"
#include "train_case.h"

#include "act/train/train.h"
#include "base/file.h"
#include "report/reward_spec.h"
#include "subject/head_model.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const people[] = {"Ada", "Bo", "Cid", "Dora", "Emil", "Fay"};
static const char *const towns[] = {"Abling", "Brock", "Corley", "Dunton", "Elswick", "Farlow"};
static const char *const sides[] = {"north", "south", "west"};

static void write_rows(const char *name, void (*put)(struct buffer *, int), int n) {
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < n; i++) put(&b, i);
    check_ok(file_write(in_folder(name), buffer_text(&b), &err));
    buffer_done(&b);
}

static void put_text(struct buffer *b, int i) {
    buffer_printf(b, "{\"text\":\"%s lives in %s.\"}\n", people[i % 6], towns[(i / 6 + i) % 6]);
}

/* The first three towns are better than the others, whoever lives there: 54 pairs are all. */
static void put_pair(struct buffer *b, int i) {
    buffer_printf(b, "{\"prompt\":\"%s lives in\",\"chosen\":\" %s.\",\"rejected\":\" %s.\"}\n", people[i % 6],
                  towns[i / 6 % 3], towns[3 + i / 18]);
}

/* The side of a town follows from the town; texts and prompts with completions side by side. */
static void put_class(struct buffer *b, int i) {
    int town = (i / 6 + i) % 6;
    if (i % 2)
        buffer_printf(b, "{\"text\":\"%s lives in %s.\",\"label\":\"%s\"}\n", people[i % 6], towns[town],
                      sides[town % 3]);
    else
        buffer_printf(b, "{\"prompt\":\"%s lives in\",\"completion\":\" %s.\",\"label\":\"%s\"}\n", people[i % 6],
                      towns[town], sides[town % 3]);
}

static void put_group(struct buffer *b, int i) {
    buffer_printf(b, "{\"prompt\":\"%s lives in\",\"answers\":[", people[i % 6]);
    for (int k = 0; k < 3; k++)
        buffer_printf(b, "%s{\"text\":\" %s.\",\"reward\":%g}", k ? "," : "", towns[(i + k + i / 6) % 6],
                      (i + k + i / 6) % 6 < 3 ? 1.5 : -0.5);
    buffer_put_c(b, "]}\n");
}

/* A person's anchor belongs to that person's text. */
static void put_match(struct buffer *b, int i) {
    buffer_printf(b, "{\"anchor\":\"Where does %s live?\",\"positive\":\"%s lives in %s.\"", people[i], people[i],
                  towns[i]);
    if (i % 2) buffer_printf(b, ",\"negative\":[\"Nobody lives in %s.\"]", towns[i]);
    buffer_put_c(b, "}\n");
}

static struct train_settings settings_of(const char *objective, const char *data, const char *out) {
    static const char *paths[8];
    static int next;
    const char **path = &paths[next++ % 8];
    *path = in_folder(data);
    return (struct train_settings){.objective = objective,
                                   .init = in_folder("base.gguf"),
                                   .optimizer = "adamw,lr=0.003,batch=6",
                                   .data = path,
                                   .n_data = 1,
                                   .valid = path,
                                   .n_valid = 1,
                                   .out = in_folder(out),
                                   .steps = 60,
                                   .every = 30,
                                   .seed = 3,
                                   .threads = 2,
                                   .quiet = true,
                                   .type = LM_F32};
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-heads-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_rows("text.jsonl", put_text, 36);
    write_rows("pairs.jsonl", put_pair, 54);
    write_rows("classes.jsonl", put_class, 36);
    write_rows("groups.jsonl", put_group, 36);
    struct train_settings base = settings_of("lm", "text.jsonl", "base.gguf");
    base.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=32";
    base.optimizer = "adamw,lr=0.01,batch=4";
    base.steps = 150;
    (void)train_with(&base);
    return 0;
}

/* What the head of a file says of each person in each town. */
static void judge_all(const char *path, double *out, size_t outputs) {
    struct error err = {0};
    struct head_model *judge = head_model_open(path, (struct lm_builtins){0}, NULL, 2, &err);
    check_ok(judge);
    struct head_ask asks[36];
    char prompts[36][32], answers[36][32];
    for (size_t i = 0; i < 36; i++) {
        snprintf(prompts[i], sizeof prompts[i], "%s lives in", people[i / 6]);
        snprintf(answers[i], sizeof answers[i], " %s.", towns[i % 6]);
        asks[i] = (struct head_ask){.prompt = text_of(prompts[i]), .answer = text_of(answers[i])};
    }
    assert_int_equal(head_model_model(judge)->head.n, outputs);
    check_ok(head_model_judge(judge, asks, 36, out, &err));
    head_model_close(judge);
}

static void test_reward_learns(void **state) {
    (void)state;
    struct train_settings s = settings_of("reward", "pairs.jsonl", "reward.gguf");
    s.optimizer = "adamw,lr=0.01,batch=6";
    s.steps = 150;
    struct train_result r = train_with(&s);
    if (!(r.valid_loss < 0.2)) fail_msg("loss %g", r.valid_loss);
    assert_true(logged("reward.log.jsonl", "valid", "accuracy") > 0.95);
    double said[36], chosen = 0, others = 0;
    judge_all(in_folder("reward.gguf"), said, 1);
    for (size_t i = 0; i < 36; i++) *(i % 6 < 3 ? &chosen : &others) += said[i] / 18;
    for (size_t i = 0; i < 36; i++)
        for (size_t k = 0; k < 3; k++) assert_true(i % 6 >= 3 || said[i] > said[i / 6 * 6 + 3 + k]);
    check_near(chosen, logged("reward.log.jsonl", "valid", "reward_chosen"),
               2e-3); /* the judge sees the states of the training */
    check_near(others, logged("reward.log.jsonl", "valid", "reward_rejected"), 2e-3);
}

/* A head of zeros says nothing at first. */
static void test_begins_at_nothing(void **state) {
    (void)state;
    struct train_settings s = settings_of("reward", "pairs.jsonl", "still.gguf");
    s.optimizer = "adamw,lr=0,batch=7,micro=3";
    s.steps = 1;
    check_near(train_with(&s).loss, log(2), 1e-15);
    s = settings_of("classify", "classes.jsonl", "still.gguf");
    s.optimizer = "adamw,lr=0,batch=7";
    s.steps = 1;
    check_near(train_with(&s).loss, log(3), 1e-15);
}

static void test_classify_learns(void **state) {
    (void)state;
    struct error err = {0};
    struct train_settings s = settings_of("classify", "classes.jsonl", "classes.gguf");
    s.optimizer = "adamw,lr=0.01,batch=6";
    s.steps = 200;
    (void)train_with(&s);
    assert_true(logged("classes.log.jsonl", "valid", "accuracy") > 0.95);
    double said[36 * 3];
    judge_all(in_folder("classes.gguf"), said, 3);
    for (size_t i = 0; i < 36; i++)
        for (size_t k = 0; k < 3; k++) assert_true(k == i % 3 || said[3 * i + k] < said[3 * i + i % 3]);
    const struct lm_load_options options = {.compute = MATMUL_F32};
    struct lm_model *m = lm_model_load(in_folder("classes.gguf"), &options, &err);
    check_ok(m);
    assert_int_equal(m->head.kind, LM_CLASSES);
    for (size_t k = 0; k < 3; k++) assert_true(text_equal_c(m->head.labels[k], sides[k])); /* in byte order */
    lm_model_free(m);
    /* It goes on from its own head: with no learning the loss is that of the first training's end. */
    double before = logged("classes.log.jsonl", "valid", "accuracy");
    s.init = in_folder("classes.gguf");
    s.out = in_folder("again.gguf");
    s.optimizer = "adamw,lr=0,batch=6";
    s.steps = 1;
    (void)train_with(&s);
    check_near(logged("again.log.jsonl", "valid", "accuracy"), before, 0);
}

static void test_value_learns(void **state) {
    (void)state;
    struct train_settings s = settings_of("value", "groups.jsonl", "value.gguf");
    s.optimizer = "adamw,lr=0.01,batch=6";
    s.steps = 250;
    (void)train_with(&s);
    double off = logged("value.log.jsonl", "valid", "error");
    if (!(off < 0.2)) fail_msg("error %g", off);
    double said[36];
    judge_all(in_folder("value.gguf"), said, 1);
    for (size_t i = 0; i < 36; i++)
        if (fabs(said[i] - (i % 6 < 3 ? 1.5 : -0.5)) > 0.5) fail_msg("%zu: %g", i, said[i]);
    s = settings_of("value,at=tokens,delta=2", "groups.jsonl", "along.gguf");
    (void)train_with(&s);
}

/* An adapter carries its head, and both together judge as the training did. */
static void test_adapters(void **state) {
    (void)state;
    struct train_settings s = settings_of("reward", "pairs.jsonl", "rm.lora.gguf");
    s.lora = "r=4";
    s.optimizer = "adamw,lr=0.01,batch=6";
    s.steps = 150;
    (void)train_with(&s);
    char spec[320];
    double said[36], plain[36], chosen = 0;
    struct error err = {0};
    snprintf(spec, sizeof spec, "%s+%s", in_folder("base.gguf"), in_folder("rm.lora.gguf"));
    judge_all(spec, said, 1);
    for (size_t i = 0; i < 36; i++) chosen += i % 6 < 3 ? said[i] / 18 : 0;
    check_near(chosen, logged("rm.lora.log.jsonl", "valid", "reward_chosen"), 5e-3);
    assert_true(chosen > 0.5);
    assert_null(head_model_open(in_folder("base.gguf"), (struct lm_builtins){0}, NULL, 1, &err));
    assert_non_null(strstr(err.message, "has no head"));
    judge_all(spec, plain, 1);
    assert_memory_equal(said, plain, sizeof said);
}

static void test_goes_on(void **state) {
    (void)state;
    static const char *const specs[][3] = {{"contrastive", "match.jsonl", NULL},
                                           {"reward", "pairs.jsonl", NULL},
                                           {"classify", "classes.jsonl", NULL},
                                           {"value,at=tokens", "groups.jsonl", "r=2"}};
    write_rows("match.jsonl", put_match, 6);
    for (size_t i = 0; i < 4; i++) {
        struct train_settings whole = settings_of(specs[i][0], specs[i][1], "whole.gguf");
        struct train_settings parts = settings_of(specs[i][0], specs[i][1], "parts.gguf");
        whole.name = parts.name = "same";
        whole.lora = parts.lora = specs[i][2];
        parts.steps = 80;
        parts.threads = 3;
        struct train_result last = train_in_sittings(&parts);
        whole.steps = parts.steps;
        whole.threads = 1;
        assert_string_equal(train_with(&whole).digest, last.digest);
    }
}

static void test_passes(void **state) {
    (void)state;
    struct train_settings s = settings_of("reward,center=0.1", "pairs.jsonl", "pass.gguf");
    s.steps = 12;
    struct train_result whole = train_with(&s);
    s.optimizer = "adamw,lr=0.003,batch=6,micro=2";
    struct train_result parts = train_with(&s);
    check_near(parts.valid_loss, whole.valid_loss, 2e-4 * fabs(whole.valid_loss));
    check_near(parts.loss, whole.loss, 2e-4 * fabs(whole.loss));
}

/* A reward model as the reward of a policy: what the policy says comes to be what the model gives most for. */
static void test_rewards_a_policy(void **state) {
    (void)state;
    struct error err = {0};
    struct reward_spec *reward = reward_spec_open(in_folder("reward.gguf"), NULL, 2, &err);
    check_ok(reward);
    write_rows("prompts.jsonl", put_pair, 6);
    struct train_settings s = settings_of("grpo,n=8,max_tokens=12", "prompts.jsonl", "policy.gguf");
    s.n_valid = 0;
    s.optimizer = "adamw,lr=0,batch=6";
    s.reward = reward_spec_reward(reward);
    s.steps = 20;
    (void)train_with(&s);
    double before = logged("policy.log.jsonl", "figures", "reward");
    s.optimizer = "adamw,lr=0.003,batch=6,warmup=0,schedule=constant";
    s.fresh = true;
    s.steps = 100;
    (void)unlink(in_folder("policy.log.jsonl"));
    (void)train_with(&s);
    double after = logged("policy.log.jsonl", "figures", "reward");
    if (!(after > before + 0.5)) fail_msg("reward from %g to %g", before, after);
    struct train_settings wrong = s;
    wrong.objective = "trpa,n=4,max_tokens=8";
    check_fails(train_prepare(&wrong, &err), ERROR_USAGE, "needs levels");
    reward_spec_close(reward);
    check_fails(reward_spec_open(in_folder("classes.gguf"), NULL, 1, &err), ERROR_DATA, "is a classifier of 3 classes");
    check_fails(reward_spec_open(in_folder("base.gguf"), NULL, 1, &err), ERROR_DATA, "has no head");
    check_fails(reward_spec_open("nosuch", NULL, 1, &err), ERROR_USAGE, "nosuch");
}

/* What is written is a model like any other. */
static void test_contrastive_learns(void **state) {
    (void)state;
    struct error err = {0};
    write_rows("match.jsonl", put_match, 6);
    static const char *const specs[] = {"contrastive,temperature=0.1",
                                        "contrastive,pool=last,symmetric,temperature=0.1"};
    for (size_t i = 0; i < 2; i++) {
        struct train_settings s = settings_of(specs[i], "match.jsonl", "match.gguf");
        s.optimizer = "adamw,lr=0.01,batch=6";
        s.steps = 150;
        s.fresh = true;
        struct train_result r = train_with(&s);
        if (!(r.valid_loss < 0.3)) fail_msg("%s: loss %g", specs[i], r.valid_loss);
        check_near(logged("match.log.jsonl", "valid", "accuracy"), 1, 0);
        check_near(logged("match.log.jsonl", "valid", "rank"), 1, 0);
        /* The whole step is seen, whatever a pass holds: over few steps, before rounding leads two trainings apart. */
        s.steps = 5;
        double whole = train_with(&s).valid_loss;
        s.optimizer = "adamw,lr=0.01,batch=6,micro=2";
        s.threads = 1;
        check_near(train_with(&s).valid_loss, whole, 1e-3);
    }
    check_fails(head_model_open(in_folder("match.gguf"), (struct lm_builtins){0}, NULL, 1, &err), ERROR_DATA, "has no head");
}

static void test_bad_rows(void **state) {
    (void)state;
    static const struct {
        const char *objective, *row, *part;
    } rows[] = {
        {"classify", "{\"text\":\"a\"}", ":2: expected an object with 'prompt' and 'label'"},
        {"classify", "{\"text\":\" \",\"label\":\"x\"}", ":2: field 'text' is empty"},
        {"classify", "{\"text\":\"a\",\"label\":\" \"}", ":2: field 'label' is empty"},
        {"classify", "{\"text\":\"a\",\"label\":true}", ":2: field 'label': expected a text or a whole number"},
        {"classify", "{\"text\":\"a\",\"label\":\"north\",\"split\":\"test\"}", "is kept for tests"},
        {"classify",
         "{\"text\":\"one two three four five six seven eight nine ten one two three four five six\",\"label\":\"x\"}",
         ":2: field 'text': "},
        {"classify", "{\"text\":\"Bo lives in Brock.\",\"label\":\"south\"}", "all rows have the label 'south'"},
        {"match", "{\"anchor\":\"a\"}", ":2: field 'positive': expected a text"},
        {"match", "{\"anchor\":\"a\",\"positive\":\" \"}", ":2: field 'positive' is empty"},
        {"match", "{\"anchor\":\"a\",\"positive\":\"b\",\"negative\":[\"c\",\"b\"]}",
         ":2: field 'negative[1]' equals 'positive'"},
        {"match", "{\"prompt\":\"a\"}", ":2: expected an object with 'anchor' and 'positive'"},
        {"reward", "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"b\"}", ":2: field 'chosen' equals 'rejected'"},
        {"value", "{\"prompt\":\"a\",\"answers\":[{\"text\":\"b\",\"reward\":1},{\"text\":\"c\"}]}",
         ":2: answer 2 has no number as its 'reward'"},
        {"value", "{\"prompt\":\"a\",\"answers\":[{\"text\":\"b\",\"reward\":\"much\"}]}",
         ":2: field 'reward': expected a number"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        struct buffer b;
        buffer_init(&b, 1 << 16);
        if (rows[i].objective[0] == 'c') put_class(&b, 1);
        if (rows[i].objective[0] == 'r') put_pair(&b, 0);
        if (rows[i].objective[0] == 'v') put_group(&b, 0);
        if (rows[i].objective[0] == 'm') put_match(&b, 0);
        buffer_printf(&b, "%s\n", rows[i].row);
        check_ok(file_write(in_folder("bad.jsonl"), buffer_text(&b), &err));
        buffer_done(&b);
        bool match = rows[i].objective[0] == 'm';
        struct train_settings s = settings_of(match ? "contrastive" : rows[i].objective, "bad.jsonl", "bad.gguf");
        struct train *train = train_prepare(&s, &err);
        if (train) fail_msg("row %zu was taken: %s", i, rows[i].row);
        if (err.kind != ERROR_DATA || !strstr(err.message, rows[i].part))
            fail_msg("row %zu: kind %d, '%s', expected '%s'", i, (int)err.kind, err.message, rows[i].part);
    }
    struct error err = {0};
    struct train_settings s = settings_of("classify", "classes.jsonl", "bad.gguf");
    const char *valid = in_folder("other.jsonl");
    s.valid = &valid;
    check_ok(file_write(valid, TEXT("{\"text\":\"Bo\",\"label\":\"east\"}\n"), &err));
    check_fails(train_prepare(&s, &err), ERROR_DATA,
                "other.jsonl:1: field 'label' is 'east', which is no label of the training data");
    s = settings_of("reward,margin", "pairs.jsonl", "bad.gguf");
    struct train_result result;
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_DATA, "margin asks for the numbers");
    train_free(train);
}

/* Another objective leaves a head behind that would no longer be true. */
static void test_heads_are_left(void **state) {
    (void)state;
    struct error err = {0};
    struct train_settings s = settings_of("lm", "text.jsonl", "plain.gguf");
    s.init = in_folder("reward.gguf");
    s.steps = 2;
    (void)train_with(&s);
    check_fails(head_model_open(in_folder("plain.gguf"), (struct lm_builtins){0}, NULL, 1, &err), ERROR_DATA, "has no head");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reward_learns),
        cmocka_unit_test(test_begins_at_nothing),
        cmocka_unit_test(test_classify_learns),
        cmocka_unit_test(test_value_learns),
        cmocka_unit_test(test_adapters),
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_rewards_a_policy),
        cmocka_unit_test(test_contrastive_learns),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_heads_are_left),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
