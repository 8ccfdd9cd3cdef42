/* Training on answers: preferences are learned, nothing moves at rate 0, stopped and gone on with it ends with the same bytes for any
 * number of threads, passes of any size give the same loss, and bad rows are named. */
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
    buffer_printf(b, "{\"text\":\"%s lives in %s.\"}\n", people[i % 6], towns[(i / 6 + i) % 6]);
}

/* The right town is that of the person's own letter. */
static void put_pair(struct buffer *b, int i) {
    buffer_printf(b, "{\"prompt\":\"%s lives in\",\"chosen\":\" %s.\",\"rejected\":\" %s.\"}\n", people[i % 6], towns[i % 6],
                  towns[(i % 6 + 1 + i / 6 % 5) % 6]);
}

static void put_labelled(struct buffer *b, int i) {
    bool right = i / 6 % 2 == 0;
    buffer_printf(b, "{\"prompt\":\"%s lives in\",\"completion\":\" %s.\",\"label\":%s}\n", people[i % 6],
                  towns[right ? i % 6 : (i % 6 + 1 + i / 12 % 5) % 6], right ? "true" : "false");
}

static void put_group(struct buffer *b, int i) {
    buffer_printf(b, "{\"prompt\":\"%s lives in\",\"answers\":[", people[i % 6]);
    for (int k = 0; k < 4; k++)
        buffer_printf(b, "%s{\"text\":\" %s.\",\"level\":%d,\"reward\":{\"right\":%d}}", k ? "," : "", towns[(i + k * (1 + i / 6 % 2)) % 6],
                      k ? 2 + (k > 2) : 1, k == 0);
    buffer_put_c(b, "]}\n");
}

static struct train_settings settings_of(const char *objective, const char *data, const char *out) {
    static const char *paths[8];
    static int next;
    const char **path = &paths[next++ % 8];
    *path = in_folder(data);
    return (struct train_settings){.objective = objective, .init = in_folder("base.gguf"), .optimizer = "adamw,lr=0.003,batch=6",
                                   .data = path, .n_data = 1, .valid = path, .n_valid = 1, .out = in_folder(out), .steps = 60,
                                   .every = 30, .seed = 3, .threads = 2, .quiet = true, .type = LM_F32};
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-answers-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_rows("text.jsonl", put_text, 36);
    write_rows("pairs.jsonl", put_pair, 30);
    write_rows("labels.jsonl", put_labelled, 60);
    write_rows("groups.jsonl", put_group, 24);
    struct train_settings base = settings_of("lm", "text.jsonl", "base.gguf");
    base.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=32";
    base.optimizer = "adamw,lr=0.01,batch=4";
    base.steps = 150;
    (void)train_with(&base);
    return 0;
}

static void test_learns(void **state) {
    (void)state;
    struct train_settings s = settings_of("dpo,beta=0.5,sft=0.5", "pairs.jsonl", "dpo.gguf");
    s.steps = 300;
    struct train_result r = train_with(&s);
    assert_int_equal(r.steps, 300);
    assert_true(logged("dpo.log.jsonl", "valid", "accuracy") > 0.9);
    assert_true(logged("dpo.log.jsonl", "valid", "reward_chosen") > logged("dpo.log.jsonl", "valid", "reward_rejected") + 1);
    assert_true(logged("dpo.log.jsonl", "figures", "margin") > 1);
    assert_true(r.valid_loss < 0.4);
    assert_false(file_exists(in_folder("dpo.reference")));
    s = settings_of("ipo,beta=0.5", "pairs.jsonl", "ipo.gguf");
    s.steps = 120;
    r = train_with(&s); /* from (0 - 1)^2 */
    if (!(r.valid_loss < 0.85)) fail_msg("ipo: %g", r.valid_loss);
    s = settings_of("kto,beta=0.5", "labels.jsonl", "kto.gguf");
    s.steps = 200;
    (void)train_with(&s);
    double wanted = logged("kto.log.jsonl", "valid", "reward_chosen"), others = logged("kto.log.jsonl", "valid", "reward_rejected");
    if (!(wanted > others + 0.1)) fail_msg("kto: %g and %g", wanted, others);
    s = settings_of("trpa,beta=2", "groups.jsonl", "trpa.gguf");
    s.steps = 200;
    (void)train_with(&s);
    double gap = logged("trpa.log.jsonl", "valid", "gap"); /* of means over tokens; the towns differ in their first ones */
    if (!(gap > 0.1)) fail_msg("trpa: %g", gap);
}

/* The model is its own reference: before it has learned, both say the same of every answer, bit for bit. */
static void test_begins_at_the_reference(void **state) {
    (void)state;
    struct train_settings s = settings_of("dpo", "pairs.jsonl", "still.gguf");
    s.optimizer = "adamw,lr=0,batch=7,micro=3";
    s.steps = 2;
    struct train_result r = train_with(&s);
    check_near(r.loss, log(2), 1e-15);
    check_near(logged("still.log.jsonl", "figures", "reward_chosen"), 0, 0);
    check_near(logged("still.log.jsonl", "figures", "accuracy"), 0.5, 0);
    assert_true(logged("still.log.jsonl", "figures", "logprob_chosen") < 0);
    s.lora = "r=2";
    s.out = in_folder("still.lora.gguf");
    r = train_with(&s);
    check_near(r.loss, log(2), 1e-15);
}

static void test_goes_on(void **state) {
    (void)state;
    static const char *const specs[][2] = {{"dpo,fall=0", "pairs.jsonl"}, {"kto,fall=0", "labels.jsonl"}, {"trpa,beta=1", "groups.jsonl"}};
    for (size_t i = 0; i < 3; i++) {
        struct train_settings whole = settings_of(specs[i][0], specs[i][1], "whole.gguf");
        struct train_settings parts = settings_of(specs[i][0], specs[i][1], "parts.gguf");
        whole.name = parts.name = "same";
        parts.steps = 80;
        parts.threads = 3;
        struct train_result last = train_in_sittings(&parts);
        whole.steps = parts.steps;
        whole.threads = 1;
        struct train_result once = train_with(&whole);
        assert_string_equal(once.digest, last.digest);
        assert_false(file_exists(in_folder("parts.reference")));
    }
}

/* How many groups a pass takes is a matter of memory: losses agree to what f32 sums leave. */
static void test_passes(void **state) {
    (void)state;
    static const char *const specs[][2] = {{"dpo,sft=0.5", "pairs.jsonl"}, {"kto", "labels.jsonl"}, {"trpa,beta=1", "groups.jsonl"}};
    for (size_t i = 0; i < 3; i++) {
        struct train_settings s = settings_of(specs[i][0], specs[i][1], "pass.gguf");
        s.steps = 12;
        struct train_result whole = train_with(&s);
        s.optimizer = "adamw,lr=0.003,batch=6,micro=2";
        struct train_result parts = train_with(&s);
        check_near(parts.valid_loss, whole.valid_loss, 2e-4 * fabs(whole.valid_loss));
        check_near(parts.loss, whole.loss, 2e-4 * fabs(whole.loss));
    }
}

/* Processes share the passes, of losses that are means over groups and of such that need a step at once: the bytes and figures
 * of one. */
static void test_processes(void **state) {
    (void)state;
    static const char *const specs[][3] = {{"dpo,fall=0", "pairs.jsonl", "reward_chosen"}, {"kto,fall=0", "labels.jsonl", "kl"},
                                           {"trpa,beta=1", "groups.jsonl", "gap"}};
    for (size_t i = 0; i < 3; i++) {
        struct train_settings one = settings_of(specs[i][0], specs[i][1], "one.gguf"), many = settings_of(specs[i][0], specs[i][1], "many.gguf");
        one.name = many.name = "same";
        one.optimizer = many.optimizer = "adamw,lr=0.003,batch=6,micro=1";
        one.steps = many.steps = 25;
        one.fresh = many.fresh = true;
        struct train_result alone = train_with(&one);
        for (size_t size = 2; size <= 4; size += 2) {
            struct train_result together = train_with_team(size, &many);
            assert_string_equal(together.digest, alone.digest);
            check_near(together.loss, alone.loss, 0);
            check_near(together.valid_loss, alone.valid_loss, 0);
            for (int k = 0; k < 2; k++)
                check_near(logged("many.log.jsonl", k ? "valid" : "figures", specs[i][2]),
                           logged("one.log.jsonl", k ? "valid" : "figures", specs[i][2]), 0);
        }
    }
}

static void test_both_sides_fall(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    struct train_settings s = settings_of("dpo,beta=0.05,fall=0.5", "pairs.jsonl", "fall.gguf");
    s.optimizer = "adamw,lr=0.01,batch=6,warmup=0";
    s.steps = 400;
    s.every = 2;
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_DATA, "both sides fall");
    assert_true(file_exists(in_folder("fall.checkpoint")));
    train_free(train);
}

static void test_bad_rows(void **state) {
    (void)state;
    static const struct {
        const char *objective, *row, *part;
    } rows[] = {
        {"dpo", "{\"prompt\":\"a\",\"chosen\":\"b\",\"rejected\":\"b\"}", ":2: field 'chosen' equals 'rejected'"},
        {"dpo", "{\"prompt\":\"a\",\"chosen\":\" \",\"rejected\":\"b\"}", ":2: field 'chosen' is empty"},
        {"dpo", "{\"prompt\":\"\",\"chosen\":\"c\",\"rejected\":\"b\"}", ":2: field 'prompt' is empty"},
        {"dpo", "{\"prompt\":\"a\",\"chosen\":\"c\"}", ":2: field 'rejected' is missing"},
        {"dpo", "{\"chosen\":\"c\",\"rejected\":\"b\"}", ":2: field 'prompt' is missing"},
        {"dpo", "{\"prompt\":7,\"chosen\":\"c\",\"rejected\":\"b\"}", ":2: field 'prompt': expected a text or a list of messages"},
        {"dpo", "{\"prompt\":\"a\",\"chosen\":\"c\",\"rejected\":\"b\",\"weight\":0}", ":2: field 'weight': expected a number above 0"},
        {"dpo", "{\"prompt\":\"a\",\"chosen\":\"c\",\"rejected\":\"b\",\"split\":\"test\"}", "is kept for tests"},
        {"dpo", "{\"prompt\":\"a\",\"completion\":\"c\",\"label\":true}", ":2: expected an object with 'prompt' and 'chosen' and 'rejected'"},
        {"dpo", "{\"prompt\":\"a\",\"chosen\":\"one two three four five six seven eight nine ten one two three four five six\",\"rejected\":\"b\"}",
         ":2: field 'chosen': "},
        {"kto", "{\"prompt\":\"a\",\"completion\":\"c\",\"label\":1}", ":2: field 'label': expected true or false"},
        {"kto", "{\"prompt\":\"a\",\"label\":true}", ":2: expected an object with 'prompt' and 'completion'"},
        {"trpa", "{\"prompt\":\"a\",\"answers\":[]}", ":2: field 'answers' must have 1 to 4096 entries"},
        {"trpa", "{\"prompt\":\"a\",\"answers\":[{\"text\":\"b\",\"level\":0}]}", ":2: field 'level' must be a whole number from 1"},
        {"trpa", "{\"prompt\":\"a\",\"answers\":[{\"text\":\"b\",\"reward\":{\"x\":1,\"y\":2}}]}", "has several names"},
        {"trpa", "{\"prompt\":\"a\",\"messages\":[],\"answers\":[{\"text\":\"b\"}]}", "stands beside 'prompt'"},
        {"dpo", "{\"chosen\":[{\"role\":\"user\",\"content\":\"x\"}],\"rejected\":[{\"role\":\"user\",\"content\":\"x\"}]}", "equals 'rejected'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err = {0};
        struct buffer b;
        buffer_init(&b, 1 << 16);
        if (rows[i].objective[0] == 'd') put_pair(&b, 0);
        if (rows[i].objective[0] == 'k') put_labelled(&b, 0);
        if (rows[i].objective[0] == 't') put_group(&b, 0);
        buffer_printf(&b, "%s\n", rows[i].row);
        check_ok(file_write(in_folder("bad.jsonl"), buffer_text(&b), &err));
        buffer_done(&b);
        struct train_settings s = settings_of(rows[i].objective, "bad.jsonl", "bad.gguf");
        struct train *train = train_prepare(&s, &err);
        if (train) fail_msg("row %zu was taken: %s", i, rows[i].row);
        if (err.kind != ERROR_DATA || !strstr(err.message, rows[i].part))
            fail_msg("row %zu: kind %d, '%s', expected '%s'", i, (int)err.kind, err.message, rows[i].part);
    }
}

/* An answer without a level is no row's fault but the objective's. */
static void test_levels_are_missed(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    check_ok(file_write(in_folder("flat.jsonl"), TEXT("{\"prompt\":\"Ada lives in\",\"answers\":[{\"text\":\" Brock.\"},{\"text\":\" Abling.\"}]}\n"), &err));
    struct train_settings s = settings_of("trpa", "flat.jsonl", "flat.gguf");
    s.n_valid = 0;
    s.optimizer = "adamw,batch=1";
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_DATA, "flat.jsonl:1: ");
    train_free(train);
}

/* Conversations and texts give the same tokens, and the template's marks are refused inside of texts. */
static void test_templates(void **state) {
    (void)state;
    struct error err = {0};
    check_ok(file_write(in_folder("text1.jsonl"), TEXT("{\"prompt\":\"who?\",\"chosen\":\"Ada\",\"rejected\":\"Bo\"}\n"), &err));
    check_ok(file_write(in_folder("list1.jsonl"), TEXT("{\"chosen\":[{\"role\":\"user\",\"content\":\"who?\"},{\"role\":\"assistant\",\"content\":\"Ada\"}],"
                                                       "\"rejected\":[{\"role\":\"user\",\"content\":\"who?\"},{\"role\":\"assistant\",\"content\":\"Bo\"}]}\n"), &err));
    struct train_plan plan[2];
    for (int i = 0; i < 2; i++) {
        struct train_settings s = settings_of("dpo", i ? "list1.jsonl" : "text1.jsonl", "plan.gguf");
        s.template_name = "chatml";
        s.n_valid = 0;
        s.steps = 3;
        s.init = in_folder("wide.gguf");
        if (i == 0) {
            struct train_settings base = settings_of("lm", "text.jsonl", "wide.gguf");
            base.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=96";
            base.steps = 1;
            (void)train_with(&base);
        }
        struct train *train = train_prepare(&s, &err);
        check_ok(train);
        check_ok(train_plan(train, &plan[i], &err));
        train_free(train);
    }
    assert_string_equal(plan[0].corpus, plan[1].corpus);
    check_ok(file_write(in_folder("marks.jsonl"), TEXT("{\"prompt\":\"<|begin|>who?\",\"chosen\":\"Ada\",\"rejected\":\"Bo\"}\n"), &err));
    struct train_settings s = settings_of("dpo", "marks.jsonl", "plan.gguf");
    s.template_name = "chatml";
    check_fails(train_prepare(&s, &err), ERROR_DATA, "marks.jsonl:1: field 'prompt' holds the special token '<|begin|>'");
}

/* Control tokens that the template does not write are part of a text. */
static void test_marks_of_turns(void **state) {
    (void)state;
    struct error err = {0};
    check_ok(file_write(in_folder("specials.txt"), TEXT("<|begin|>\n<|end|>\n<|user|>\n<|assistant|>\n<doc>\n"), &err));
    check_ok(file_write(in_folder("turns.jinja"), TEXT("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<|end|>{% endfor %}"
                                                      "{% if add_generation_prompt %}<|assistant|>{% endif %}"), &err));
    check_ok(file_write(in_folder("doc.jsonl"), TEXT("{\"prompt\":\"<doc>who?\",\"chosen\":\"Ada\",\"rejected\":\"Bo\"}\n"), &err));
    check_ok(file_write(in_folder("turn.jsonl"), TEXT("{\"prompt\":\"<|user|>who?\",\"chosen\":\"Ada\",\"rejected\":\"Bo\"}\n"), &err));
    char init[512];
    snprintf(init, sizeof init, "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=96,specials=%s,chat=%s",
             in_folder("specials.txt"), in_folder("turns.jinja"));
    struct train_settings base = settings_of("lm", "text.jsonl", "turns.gguf");
    base.init = init;
    base.steps = 1;
    (void)train_with(&base);
    struct train_settings s = settings_of("dpo", "doc.jsonl", "plan.gguf");
    s.init = in_folder("turns.gguf");
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    train_free(train);
    s = settings_of("dpo", "turn.jsonl", "plan.gguf");
    s.init = in_folder("turns.gguf");
    check_fails(train_prepare(&s, &err), ERROR_DATA, "turn.jsonl:1: field 'prompt' holds the special token '<|user|>'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns), cmocka_unit_test(test_marks_of_turns),          cmocka_unit_test(test_begins_at_the_reference),
        cmocka_unit_test(test_goes_on),         cmocka_unit_test(test_passes),
        cmocka_unit_test(test_processes), cmocka_unit_test(test_both_sides_fall), cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_levels_are_missed), cmocka_unit_test(test_templates),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
