/* Training: a small model learns a small text, goes on from a checkpoint with the same bytes, gives the same bytes for any
 * number of threads, and says what is wrong with data, settings and checkpoints. */
#include "check.h"
#include "train_case.h"
#include "train_team.h"

#include "act/train/train.h"
#include "base/file.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* 60 documents about 6 people, each of which has one town: after enough steps only the order of people is open. moved: all
 * have the next town. */
static void write_data(const char *name, int moved) {
    static const char *const people[] = {"Ada", "Bo", "Cid", "Dora", "Emil", "Fay"};
    static const char *const towns[] = {"Abling", "Brock", "Corley", "Dunton", "Elswick", "Farlow"};
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 60; i++)
        buffer_printf(&b, "{\"text\":\"%s lives in %s, and %s is glad of it.\"}\n", people[i * 5 % 6], towns[(i * 5 + moved) % 6],
                      people[i * 5 % 6]);
    check_ok(file_write(in_folder(name), buffer_text(&b), &err));
    buffer_done(&b);
}

static int make_folder(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/basanite-train-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    write_data("data.jsonl", 0);
    write_data("moved.jsonl", 1);
    return 0;
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

/* The log without times. */
static void log_without_times(const char *path, char *out, size_t size) {
    struct error err = {0};
    struct arena arena;
    struct text all, line;
    size_t n = 0;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, path, 1 << 20, &all, &err));
    while (text_next(&all, '\n', &line) && line.len) {
        json_t *row = json_read(line, "log", 1, &err);
        check_ok(row);
        json_object_del(row, "seconds"), json_object_del(row, "tokens_per_second"), json_object_del(row, "gflops");
        char *text = json_dumps(row, JSON_COMPACT);
        n += (size_t)snprintf(out + n, size - n, "%s\n", text);
        assert_true(n < size);
        free(text);
        json_decref(row);
    }
    arena_done(&arena);
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

/* At once, and the same in several sittings that end anywhere: the same file. Each sitting is longer than the one before, so
 * that a busy machine gets through too. */
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
        struct stopper stopper = {.after = 20000u * (unsigned)(sittings + 1)};
        pthread_t thread;
        parts.stop = &stopper.stop;
        struct train *train = train_prepare(&parts, &err);
        check_ok(train);
        assert_int_equal(pthread_create(&thread, NULL, ask_to_stop, &stopper), 0);
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

/* Killed without a warning, at many moments, some of them while a checkpoint is written: the same file in the end. */
static void test_killed(void **state) {
    (void)state;
    struct train_settings parts = small_settings(in_folder("k.gguf")), whole = small_settings(in_folder("l.gguf"));
    parts.name = whole.name = "same";
    parts.steps = whole.steps = 600;
    parts.every = 3;
    for (unsigned i = 0; i < 12; i++) {
        pid_t child = fork();
        if (child == 0) {
            struct error err = {0};
            struct train_result result;
            struct train *train = train_prepare(&parts, &err);
            _exit(train && train_run(train, &result, &err) ? 0 : 1);
        }
        assert_true(child > 0);
        int status;
        usleep(60000 + 17000 * i);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        if (WIFEXITED(status)) assert_int_equal(WEXITSTATUS(status), 0);
    }
    struct train_result killed = train_with(&parts), undisturbed = train_with(&whole);
    assert_string_equal(killed.digest, undisturbed.digest);
    /* The log has each step once, in order. */
    struct arena arena;
    struct error err = {0};
    struct text log, line;
    arena_init(&arena, 0);
    check_ok(file_read(&arena, in_folder("k.log.jsonl"), 1 << 20, &log, &err));
    json_int_t last = 0;
    while (text_next(&log, '\n', &line) && line.len) {
        json_t *row = json_read(line, "log", 1, &err);
        check_ok(row);
        json_int_t step = json_integer_value(json_object_get(row, "step"));
        assert_true(step > last);
        assert_true(json_real_value(json_object_get(row, "loss")) > 0 && json_object_get(row, "gflops"));
        last = step;
        json_decref(row);
    }
    assert_int_equal(last, 600);
    arena_done(&arena);
}

/* The log without times: step, loss, rate and norm of its first line. */
static void first_line(const char *path, char *out, size_t size) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(out, (int)size, file));
    fclose(file);
    char *times = strstr(out, ",\"seconds\"");
    assert_non_null(times);
    *times = 0;
}

/* With the horizon of a longer training the beginning is that of the longer training, without it it is not. */
static void test_horizon(void **state) {
    (void)state;
    struct train_settings whole = small_settings(in_folder("whole.gguf")), part = small_settings(in_folder("part.gguf"));
    char expected[512], found[512];
    (void)train_with(&whole);
    first_line(in_folder("whole.log.jsonl"), expected, sizeof expected);
    part.steps = 54; /* lines of the log are as far apart as of 60 */
    part.optimizer = "adamw,lr=0.01,batch=4,horizon=60";
    assert_int_equal(train_with(&part).steps, 54);
    first_line(in_folder("part.log.jsonl"), found, sizeof found);
    assert_string_equal(found, expected);
    part.optimizer = whole.optimizer;
    part.fresh = true;
    (void)train_with(&part);
    first_line(in_folder("part.log.jsonl"), found, sizeof found);
    assert_string_not_equal(found, expected);
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
    /* Steps long enough that gradients are sums of several slabs, with more threads than processors. */
    s.optimizer = "adamw,lr=0.01,batch=20";
    s.steps = 3;
    s.threads = 1;
    one = train_with(&s);
    s.threads = 16;
    struct train_result many = train_with(&s);
    assert_string_equal(one.digest, many.digest);
}

/* Runs until asked to stop, later and later until a line of the log is written; returns the step reached. */
static unsigned stop_somewhere(struct train_settings *s) {
    for (useconds_t after = 20000;; after *= 2) {
        struct error err = {0};
        struct train_result result;
        struct stopper stopper = {.after = after};
        pthread_t thread;
        s->stop = &stopper.stop;
        struct train *train = train_prepare(s, &err);
        check_ok(train);
        assert_int_equal(pthread_create(&thread, NULL, ask_to_stop, &stopper), 0);
        check_fails(train_run(train, &result, &err), ERROR_INTERRUPTED, "interrupted at step ");
        pthread_join(thread, NULL);
        train_free(train);
        s->stop = NULL;
        unsigned step = 0;
        assert_int_equal(sscanf(err.message, "interrupted at step %u", &step), 1);
        if (step > 25) return step;
    }
}

static void check_refused(const struct train_settings *s, enum error_kind kind, const char *part) {
    struct error err = {0};
    struct train *train = train_prepare(s, &err);
    if (train) fail_msg("prepared, expected '%s'", part);
    if (err.kind != kind || !strstr(err.message, part)) fail_msg("kind %d, '%s', expected '%s'", err.kind, err.message, part);
}

/* Only the adapter learns and is written; stopped and gone on with, and with other threads, it is the same bytes. */
static void test_adapter(void **state) {
    (void)state;
    struct error err = {0};
    char before[65], after[65], spec[300];
    struct train_settings base = small_settings(in_folder("base.gguf"));
    const char *moved[1] = {in_folder("moved.jsonl")};
    base.steps = 400;
    base.valid = moved;
    struct train_result begun = train_with(&base);
    check_ok(sha256_file(base.out, before, &err));
    struct train_settings whole = small_settings(in_folder("q.lora.gguf")), parts = small_settings(in_folder("r.lora.gguf"));
    whole.init = parts.init = base.out;
    whole.lora = parts.lora = "r=4,alpha=8,targets=attention:ffn_down";
    whole.name = parts.name = "same";
    whole.steps = parts.steps = 200;
    whole.data = parts.data = whole.valid = parts.valid = moved;
    parts.threads = 3;
    struct train_result once = train_with(&whole);
    (void)stop_somewhere(&parts);
    struct train_result twice = train_with(&parts);
    assert_string_equal(once.digest, twice.digest);
    if (!(once.valid_loss < 0.3 * begun.valid_loss)) fail_msg("from %g to %g", begun.valid_loss, once.valid_loss);
    check_ok(sha256_file(base.out, after, &err));
    assert_string_equal(before, after);
    /* Other settings of the adapter are another training. */
    parts.stop = &(struct interrupt){.asked = 1};
    struct train_result result;
    struct train *train = train_prepare(&parts, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_INTERRUPTED, "");
    train_free(train);
    parts.stop = NULL;
    parts.lora = "r=4,alpha=4,targets=attention:ffn_down";
    check_ok(train = train_prepare(&parts, &err));
    check_fails(train_run(train, &result, &err), ERROR_USAGE, "other settings");
    train_free(train);
    /* Base and adapter as a new beginning: the loss goes on where it was. */
    snprintf(spec, sizeof spec, "%s+%s", base.out, whole.out);
    struct train_settings merged = small_settings(in_folder("s.gguf"));
    merged.init = spec;
    merged.steps = 1;
    merged.valid = moved;
    merged.optimizer = "adamw,lr=0,batch=4";
    struct train_result again = train_with(&merged);
    check_near(again.valid_loss, once.valid_loss, 1e-2); /* the adapter file is f32 here, the base too; sums differ */
    parts.init = "random,layers=1,width=32,heads=2,vocabulary=300,context=32";
    check_refused(&parts, ERROR_USAGE, "an adapter belongs to a base");
    parts.lora = "r=0";
    check_refused(&parts, ERROR_USAGE, "key 'r'");
}

struct probing {
    struct probe probe;
    char steps[256]; /* at which it was asked */
    uint64_t stop_at;  /* interrupts once, there */
    float seen;        /* a weight of the model, of the newest measurement */
};

static bool measure(void *context, struct lm_model *model, const char *digest, uint64_t step, struct arena *arena,
                    struct probe_figure **figures, size_t *n, struct error *err) {
    struct probing *p = context;
    assert_int_equal(strlen(digest), 64);
    if (step == p->stop_at) {
        p->stop_at = UINT64_MAX;
        return error_set(err, ERROR_INTERRUPTED, "asked to stop");
    }
    size_t used = strlen(p->steps);
    snprintf(p->steps + used, sizeof p->steps - used, "%llu ", (unsigned long long)step);
    p->seen = model->layers[0].down.values[0];
    *n = 2;
    if (!(*figures = arena_new(arena, struct probe_figure, 2, err))) return false;
    (*figures)[0] = (struct probe_figure){"t/\"weight\"", (double)p->seen, (double)p->seen - 1, (double)p->seen + 1, 7};
    (*figures)[1] = (struct probe_figure){"t/step", (double)step, NAN, NAN, 1};
    return true;
}

/* Asked before the first step and at milestones, of the weights of that moment; one that is interrupted is asked again when
 * the training goes on, and nothing of it changes what is trained. */
static void test_probe(void **state) {
    (void)state;
    struct error err = {0};
    static char whole_log[8192], parts_log[8192];
    struct probing probing = {.stop_at = UINT64_MAX};
    probing.probe = (struct probe){&probing, measure};
    struct train_settings bare = small_settings(in_folder("bare.gguf")), whole = small_settings(in_folder("t.gguf")),
                          parts = small_settings(in_folder("u.gguf"));
    bare.name = whole.name = parts.name = "same";
    whole.probe = parts.probe = &probing.probe;
    struct train_result without = train_with(&bare), with = train_with(&whole);
    assert_string_equal(without.digest, with.digest);
    assert_string_equal(probing.steps, "0 25 50 60 ");
    struct lm_load_options keep = {.keep_values = true};
    struct lm_model *model = lm_model_load(whole.out, &keep, &err);
    check_ok(model);
    check_near((double)probing.seen, (double)model->layers[0].down.values[0], 0);
    lm_model_free(model);
    probing.steps[0] = 0;
    probing.stop_at = 50;
    struct train_result result;
    struct train *train = train_prepare(&parts, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_INTERRUPTED, "interrupted at step 50");
    train_free(train);
    result = train_with(&parts);
    assert_string_equal(probing.steps, "0 25 50 60 ");
    assert_string_equal(result.digest, with.digest);
    log_without_times(in_folder("t.log.jsonl"), whole_log, sizeof whole_log);
    log_without_times(in_folder("u.log.jsonl"), parts_log, sizeof parts_log);
    assert_string_equal(whole_log, parts_log);
    assert_non_null(strstr(whole_log, "\"probe\":{\"t/\\\"weight\\\"\":{\"value\":"));
    assert_non_null(strstr(whole_log, "\"t/step\":{\"value\":50"));
}

/* The most of figure "t/step" after it was bent down behind step 30; nothing where `never`. */
static bool choose(void *context, const struct probe_point *points, size_t n, size_t *best, struct error *err) {
    const bool *never = context;
    double most = -INFINITY;
    (void)err;
    *best = SIZE_MAX;
    for (size_t i = 0; i < n && !*never; i++) {
        assert_int_equal(points[i].n, 3);
        assert_string_equal(points[i].figures[1].name, "t/step");
        double value = points[i].figures[1].value;
        assert_true(value == (double)points[i].step && points[i].figures[0].n == 7);
        assert_string_equal(points[i].figures[2].name, "valid/valid_loss");
        if (value > 30) value = 60 - value;
        if (value > most) *best = i;
        if (value > most) most = value;
    }
    return true;
}

static float *weights_of(const char *path, struct lm_model **model) {
    struct error err = {0};
    struct lm_load_options keep = {.keep_values = true};
    check_ok(*model = lm_model_load(path, &keep, &err));
    return (*model)->layers[0].down.values;
}

/* The model is that of the step that was chosen; with patience the training ends early; one that is stopped in between chooses the
 * same; and no state stays behind. */
static void test_keep(void **state) {
    (void)state;
    struct error err = {0};
    struct train_result result;
    struct probing probing = {.stop_at = UINT64_MAX};
    bool never = false;
    struct keep keep = {&never, "bent max", choose};
    probing.probe = (struct probe){&probing, measure};
    struct train_settings part = small_settings(in_folder("at.gguf")), whole = small_settings(in_folder("k1.gguf")), parts = small_settings(in_folder("k2.gguf"));
    part.optimizer = "adamw,lr=0.01,batch=4,horizon=60";
    part.steps = 30;
    (void)train_with(&part);
    whole.name = parts.name = "same";
    whole.every = parts.every = 10;
    whole.probe = parts.probe = &probing.probe;
    whole.keep = parts.keep = &keep;
    result = train_with(&whole);
    assert_int_equal(result.steps, 60);
    assert_int_equal(result.kept, 30);
    struct lm_model *models[2];
    const float *at = weights_of(part.out, &models[0]), *kept = weights_of(whole.out, &models[1]);
    assert_memory_equal(at, kept, 32 * 48 * sizeof *at);
    lm_model_free(models[0]);
    lm_model_free(models[1]);
    char kept_digest[65];
    snprintf(kept_digest, sizeof kept_digest, "%s", result.digest);
    /* The point of step 40 is not the best: interrupted there, the state of step 30 must be found again. */
    probing.stop_at = 40;
    struct train *train = train_prepare(&parts, &err);
    check_ok(train);
    check_fails(train_run(train, &result, &err), ERROR_INTERRUPTED, "interrupted at step 40");
    train_free(train);
    assert_true(file_exists(in_folder("k2.kept-30")));
    assert_false(file_exists(in_folder("k2.kept-20")));
    result = train_with(&parts);
    assert_string_equal(result.digest, kept_digest);
    for (int step = 0; step <= 60; step += 10) {
        char name[32];
        snprintf(name, sizeof name, "k2.kept-%d", step);
        assert_false(file_exists(in_folder(name)));
    }
    whole.optimizer = "adamw,lr=0.01,batch=4,patience=2";
    whole.fresh = true;
    result = train_with(&whole);
    assert_int_equal(result.steps, 50);
    assert_int_equal(result.kept, 30);
    assert_int_equal(train_with_team(2, &whole).kept, 30);
    never = true;
    whole.optimizer = "adamw,lr=0.01,batch=4";
    (void)unlink(whole.out);
    check_ok(train = train_prepare(&whole, &err));
    check_fails(train_run(train, &result, &err), ERROR_GATE, "none of 7 checkpoints meets --keep 'bent max'");
    train_free(train);
    assert_false(file_exists(whole.out));
    whole.probe = NULL;
    whole.n_valid = 0;
    check_refused(&whole, ERROR_USAGE, "--keep chooses by figures");
    whole.keep = NULL;
    whole.optimizer = "adamw,patience=2";
    check_refused(&whole, ERROR_USAGE, "say what with --keep");
}

/* What begins in f32 may go on in bf16, as it may on another machine; card, log and model say from where on. */
static void test_other_arithmetic(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct text card, log;
    char expected[160], line[64];
    struct train_settings s = small_settings(in_folder("p.gguf"));
    s.steps = 500;
    unsigned step = stop_somewhere(&s);
    s.bf16 = true;
    struct train_result r = train_with(&s);
    assert_int_equal(r.first_step, step);
    snprintf(expected, sizeof expected, "f32 on %s, from step %u bf16 on %s", matmul_isa_name(), step, matmul_isa_name());
    arena_init(&arena, 0);
    check_ok(file_read(&arena, in_folder("p.card.md"), 1 << 20, &card, &err));
    if (text_find(card, text_of(expected), 0) == SIZE_MAX) fail_msg("no '%s' in\n%.*s", expected, TEXT_ARG(card));
    check_ok(file_read(&arena, in_folder("p.log.jsonl"), 1 << 20, &log, &err));
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "\"compute\":\"%s\"", i ? "bf16" : "f32");
        size_t at = text_find(log, text_of(line), 0);
        assert_true(at != SIZE_MAX && text_find(log, text_of(line), at + 1) == SIZE_MAX);
    }
    struct lm_file *file = lm_file_open(s.out, &err);
    check_ok(file);
    const struct lm_value *v = lm_file_value(file, "basanite.train.products");
    assert_true(v && text_equal_c(v->text, expected));
    lm_file_close(file);
    arena_done(&arena);
}

/* Gradients of several passes add up to those of one. */
static void test_micro_batches(void **state) {
    (void)state;
    struct train_settings s = small_settings(in_folder("e.gguf"));
    s.steps = 8;
    struct train_result whole = train_with(&s);
    s.optimizer = "adamw,lr=0.01,batch=4,micro=1";
    struct train_result parts = train_with(&s);
    check_near(parts.loss, whole.loss, 1e-4); /* sums of f32 in another order */
    check_near(parts.valid_loss, whole.valid_loss, 1e-4);
}

/* Model, log and card are those of one process, for any number of them, more than there are passes too; a training that two have
 * begun is gone on with by one, and by three. */
static void test_processes(void **state) {
    (void)state;
    static char expected[8192], found[8192];
    static const char *const optimizers[] = {"adamw,lr=0.01,batch=7,micro=1", "adamw,lr=0.01,batch=5,micro=2", "adamw,lr=0.01,batch=4"};
    for (size_t o = 0; o < 3; o++) {
        struct train_settings one = small_settings(in_folder("one.gguf")), many = small_settings(in_folder("many.gguf"));
        one.name = many.name = "same";
        one.optimizer = many.optimizer = optimizers[o];
        one.steps = many.steps = 30;
        one.fresh = many.fresh = true;
        struct train_result alone = train_with(&one);
        log_without_times(in_folder("one.log.jsonl"), expected, sizeof expected);
        for (size_t size = 2; size <= 5; size++) {
            assert_string_equal(train_with_team(size, &many).digest, alone.digest);
            log_without_times(in_folder("many.log.jsonl"), found, sizeof found);
            assert_string_equal(found, expected);
        }
    }
}

static void test_processes_go_on(void **state) {
    (void)state;
    struct train_settings whole = small_settings(in_folder("v.gguf")), parts = small_settings(in_folder("w.gguf"));
    struct sitting members[3];
    void *arguments[3];
    whole.name = parts.name = "same";
    whole.optimizer = parts.optimizer = "adamw,lr=0.01,batch=6,micro=1";
    whole.steps = parts.steps = 300;
    struct train_result once = train_with(&whole);
    for (size_t sitting = 1; sitting <= 2; sitting++) {
        struct stopper stopper = {.after = 150000u * (unsigned)sitting};
        pthread_t thread;
        team_of(members, arguments, sitting + 1, &parts);
        members[sitting].settings.stop = &stopper.stop; /* one is asked, all stop */
        assert_int_equal(pthread_create(&thread, NULL, ask_to_stop, &stopper), 0);
        thread_team_run(sitting + 1, train_in_team, arguments);
        pthread_join(thread, NULL);
        for (size_t r = 0; r <= sitting; r++) {
            assert_int_equal(members[r].ok, members[0].ok);
            if (!members[r].ok && members[r].err.kind != ERROR_INTERRUPTED) fail_msg("%s", members[r].err.message);
        }
    }
    if (members[0].ok) fail_msg("%s", "it was too quick to be stopped");
    struct train_result last = train_with(&parts);
    assert_true(last.first_step > 0);
    assert_string_equal(once.digest, last.digest);
}

/* A folder stands where the checkpoint is to be written. */
static bool block(void *context, struct lm_model *model, const char *digest, uint64_t step, struct arena *arena,
                  struct probe_figure **figures, size_t *n, struct error *err) {
    (void)context, (void)model, (void)digest, (void)step, (void)arena, (void)figures, (void)err;
    *n = 0;
    if (step) assert_int_equal(mkdir(in_folder("y.checkpoint"), 0700), 0);
    return true;
}

/* What only the first process can meet ends the others too. */
static void test_processes_cannot_write(void **state) {
    (void)state;
    struct sitting members[3];
    void *arguments[3];
    struct probe probe = {NULL, block};
    struct train_settings s = small_settings(in_folder("y.gguf"));
    s.probe = &probe;
    team_of(members, arguments, 3, &s);
    thread_team_run(3, train_in_team, arguments);
    for (int r = 0; r < 3; r++) check_fails_with(members[r].ok, &members[r].err, ERROR_ENVIRONMENT, "y.checkpoint");
}

/* Processes that were given different things, or of which one fails: all end, with one message that says which. */
static void test_processes_differ(void **state) {
    (void)state;
    struct sitting members[2];
    void *arguments[2];
    struct train_settings s = small_settings(in_folder("x.gguf"));
    const char *moved[1] = {in_folder("moved.jsonl")}, *nothing[1] = {in_folder("nothing.jsonl")};
    team_of(members, arguments, 2, &s);
    members[1].settings.data = moved;
    thread_team_run(2, train_in_team, arguments);
    for (int r = 0; r < 2; r++)
        check_fails_with(members[r].ok, &members[r].err, ERROR_USAGE, "process 1 of 2: it reads other settings, data or weights");
    team_of(members, arguments, 2, &s);
    members[1].settings.data = nothing;
    thread_team_run(2, train_in_team, arguments);
    for (int r = 0; r < 2; r++) check_fails_with(members[r].ok, &members[r].err, members[0].err.kind, "process 1 of 2: ");
    assert_non_null(strstr(members[0].err.message, "nothing.jsonl"));
    assert_false(file_exists(s.out));
}

/* The answer is always the same, the questions are noise: their loss is not asked for. */
static void test_conversations(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (unsigned i = 1; i <= 40; i++)
        buffer_printf(&b, "{\"messages\":[{\"role\":\"user\",\"content\":\"%u?\"},{\"role\":\"assistant\",\"content\":\"Yes.\"}]}\n",
                      i * 2654435761u);
    const char *data[1] = {in_folder("answers.jsonl")};
    check_ok(file_write(data[0], buffer_text(&b), &err));
    buffer_done(&b);
    struct train_settings s = small_settings(in_folder("m.gguf"));
    s.data = s.valid = data;
    s.objective = "sft";
    s.template_name = "chatml";
    s.init = "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=96";
    s.steps = 150;
    struct train_result answers = train_with(&s);
    /* Whole conversations cannot come below the entropy of the questions: ln 40 nats in 80 tokens at most. */
    s.objective = "lm";
    struct train_result all = train_with(&s);
    if (!(answers.valid_loss < 0.03 && all.valid_loss > log(40) / 80)) fail_msg("%g and %g", answers.valid_loss, all.valid_loss);
}

/* Shuffled rows and rows in the order of the files are two trainings; a plan changes neither. */
static void test_order_and_plan(void **state) {
    (void)state;
    struct error err = {0};
    struct train_settings s = small_settings(in_folder("n.gguf"));
    s.name = "same";
    s.steps = 10;
    struct train_result shuffled = train_with(&s), planned;
    s.optimizer = "adamw,lr=0.01,batch=4,order=files";
    struct train_result files = train_with(&s);
    assert_string_not_equal(shuffled.digest, files.digest);
    struct train_plan plan;
    struct train *train = train_prepare(&s, &err);
    check_ok(train);
    check_ok(train_plan(train, &plan, &err));
    assert_int_equal(plan.documents, 60);
    assert_int_equal(plan.steps, 10);
    assert_int_equal(plan.tokens_a_step, 128);
    /* Half of the rows, a quarter more: whole batches of four. */
    for (int k = 1; k <= 5; k += 4) {
        struct train_settings part = s;
        struct train_plan parts;
        part.steps = 0;
        part.epochs = k / 4.0 + (k == 1 ? 0.25 : 0);
        struct train *some = train_prepare(&part, &err);
        check_ok(some);
        check_ok(train_plan(some, &parts, &err));
        assert_int_equal(parts.steps, (uint64_t)ceil(part.epochs * (double)plan.rows / 4));
        train_free(some);
    }
    assert_true(plan.seconds > 0 && plan.memory.all > 16 * plan.parameters);
    check_ok(train_run(train, &planned, &err));
    assert_string_equal(planned.digest, files.digest);
    train_free(train);
}

/* What is written into the file, for whoever finds it. */
static void test_metadata(void **state) {
    (void)state;
    struct error err = {0};
    struct train_settings s = small_settings(in_folder("o.gguf"));
    const char *specials = in_folder("specials.txt"), *chat = in_folder("chat.jinja");
    check_ok(file_write(specials, TEXT("<pad>\n<bos>\n<eos>\n<|user|>\n"), &err));
    check_ok(file_write(chat, TEXT("{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}"), &err));
    char init[512];
    snprintf(init, sizeof init, "random,layers=1,width=32,heads=2,hidden=48,vocabulary=300,context=32,specials=%s,bos=<bos>,eos=<eos>,chat=%s",
             specials, chat);
    s.init = init;
    s.license = "Apache-2.0";
    s.steps = 2;
    train_with(&s);
    struct lm_file *file = lm_file_open(s.out, &err);
    check_ok(file);
    static const struct {
        const char *key, *value;
    } texts[] = {{"general.name", "o"}, {"general.license", "Apache-2.0"}, {"basanite.train.objective", "lm"}, {"basanite.train.seed", "3"}};
    for (size_t i = 0; i < 4; i++) {
        const struct lm_value *v = lm_file_value(file, texts[i].key);
        assert_true(v && text_equal_c(v->text, texts[i].value));
    }
    struct tokenizer *tokenizer = tokenizer_from_gguf(file, &err);
    check_ok(tokenizer);
    assert_int_equal(tokenizer_bos(tokenizer), 1);
    assert_int_equal(tokenizer_eos(tokenizer), 2);
    assert_int_equal(tokenizer_find(tokenizer, TEXT("<|user|>")), 3);
    assert_true(text_starts(tokenizer_chat_template(tokenizer), TEXT("{{ bos_token }}")));
    tokenizer_free(tokenizer);
    lm_file_close(file);
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
    s = small_settings(in_folder("f.txt"));
    check_refused(&s, ERROR_USAGE, ".gguf");
    s = small_settings(in_folder("f.gguf"));
    s.epochs = NAN;
    check_refused(&s, ERROR_USAGE, "epochs");
    s = small_settings(in_folder("f.gguf"));
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
        TRAIN_TEST(test_killed), TRAIN_TEST(test_horizon), TRAIN_TEST(test_conversations), TRAIN_TEST(test_order_and_plan), TRAIN_TEST(test_metadata),
        TRAIN_TEST(test_learns),    TRAIN_TEST(test_goes_on),   TRAIN_TEST(test_threads),    TRAIN_TEST(test_micro_batches),
        TRAIN_TEST(test_bad_input), TRAIN_TEST(test_other_arithmetic), TRAIN_TEST(test_adapter), TRAIN_TEST(test_probe), TRAIN_TEST(test_divergence), TRAIN_TEST(test_checkpoints),
        TRAIN_TEST(test_keep), TRAIN_TEST(test_processes), TRAIN_TEST(test_processes_go_on), TRAIN_TEST(test_processes_differ), TRAIN_TEST(test_processes_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
