/* The formula of a training's memory against what a step really takes: the tape by its own count, the whole by what the
 * kernel has given to a process that does nothing else. */
#include "check.h"
#include "train_case.h"

#include "act/train/train_internal.h"
#include "base/file.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int make_folder(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer text, pairs;
    snprintf(folder, sizeof folder, "/tmp/basanite-memory-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    buffer_init(&text, 1 << 24);
    buffer_init(&pairs, 1 << 24);
    for (int i = 0; i < 2000; i++) {
        buffer_printf(&text, "{\"text\":\"number %d has the double %d and the half %d\"}\n", i, 2 * i, i / 2);
        if (i < 40)
            buffer_printf(&pairs,
                          "{\"prompt\":\"the number of it is %d\",\"chosen\":\" and this is right of "
                          "%d\",\"rejected\":\" and so it is wrong of %d\"}\n",
                          10 + i, 10 + i, 50 - i + 10);
    }
    check_ok(file_write(in_folder("text.jsonl"), buffer_text(&text), &err));
    check_ok(file_write(in_folder("pairs.jsonl"), buffer_text(&pairs), &err));
    buffer_done(&text);
    buffer_done(&pairs);
    return 0;
}

#define SHAPE "random,layers=3,width=192,heads=6,kv_heads=2,hidden=352,vocabulary=640,context=128"

/* Bytes of this process that are in memory. */
static size_t resident(void) {
    unsigned long all = 0, here = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &all, &here), 2);
    fclose(file);
    return here * (size_t)sysconf(_SC_PAGESIZE);
}

struct found {
    struct train_memory said;
    size_t tape, all;
};

static struct train *planned(const struct train_settings *s, struct train_memory *said) {
    struct error err = {0};
    struct train_plan plan;
    struct train *t = train_prepare(s, &err);
    check_ok(t);
    check_ok(train_plan(t, &plan, &err)); /* two steps are measured */
    *said = plan.memory;
    return t;
}

/* In a process of its own, which has trained a tiny model before, so that code and caches of the products are there. */
static struct found measure(const char *objective, const char *init, const char *lora, const char *data,
                            const char *optimizer) {
    struct found found = {0};
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const char *path = in_folder(data), *text = in_folder("text.jsonl");
        struct train_settings s = {.objective = objective,
                                   .init = init,
                                   .lora = lora,
                                   .optimizer = optimizer,
                                   .data = &path,
                                   .n_data = 1,
                                   .out = in_folder("out.gguf"),
                                   .steps = 2,
                                   .seed = 3,
                                   .threads = 1,
                                   .quiet = true,
                                   .type = LM_F32};
        struct train_settings tiny = s;
        tiny.objective = "lm";
        tiny.init = "random,layers=1,width=32,heads=2,hidden=32,vocabulary=300,context=32";
        tiny.lora = NULL;
        tiny.data = &text;
        train_free(planned(&tiny, &found.said));
        size_t before = resident();
        struct train *t = planned(&s, &found.said);
        found.all = resident() - before;
        found.tape = tape_bytes(t->tape);
        train_free(t);
        _exit(write(ends[1], &found, sizeof found) == (ssize_t)sizeof found ? 0 : 1);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &found, sizeof found), sizeof found);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return found;
}

static void check_share(const char *what, double found, double said, double least, double most) {
    if (!(found >= least * said && found <= most * said))
        fail_msg("%s: %.0f bytes, the formula says %.0f (%.3f)", what, found, said, found / said);
}

static void test_formula(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    const char *data = in_folder("text.jsonl"), *base = in_folder("base.gguf");
    pid_t child = fork(); /* threads that were used here would not be there in children */
    assert_true(child >= 0);
    if (child == 0) {
        struct train_settings s = {.objective = "lm",
                                   .init = SHAPE,
                                   .optimizer = "adamw,batch=1",
                                   .data = &data,
                                   .n_data = 1,
                                   .out = base,
                                   .steps = 1,
                                   .seed = 3,
                                   .threads = 1,
                                   .quiet = true,
                                   .type = LM_F32};
        struct train *t = train_prepare(&s, &err);
        _exit(t && train_run(t, &result, &err) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    static const char *const cases[][4] = {{"lm", NULL, "text.jsonl", "adamw,batch=8"},
                                           {"lm", NULL, "text.jsonl", "adamw,batch=8,micro=2"},
                                           {"lm", "r=8", "text.jsonl", "adamw,batch=4"},
                                           {"lm", "r=4,targets=attn_q:ffn_down", "text.jsonl", "adamw,batch=4"},
                                           {"dpo", NULL, "pairs.jsonl", "adamw,batch=8"},
                                           {"reward", NULL, "pairs.jsonl", "adamw,batch=8"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char what[32];
        struct found f = measure(cases[i][0], base, cases[i][1], cases[i][2], cases[i][3]);
        struct train_memory m = f.said;
        snprintf(what, sizeof what, "case %zu", i);
        check_share(what, (double)f.tape, (double)m.activations, 0.96, 1.01);
        check_share(what, (double)f.all, (double)m.all, 0.88, 1.1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_formula)};
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
