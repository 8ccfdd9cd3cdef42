/* basanite compare: what changed between runs of a record, or between subjects that are given a suite first. */
#include "cli/commands.h"
#include "cli/common_steer.h"
#include "cli/compare_smallest.h"
#include "cli/subject_list.h"

#include "base/file.h"
#include "base/pool.h"
#include "measure/compare/compare.h"
#include "measure/statistics/statistics.h"
#include "report/compare_report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const flags[] = {STEER_FLAGS,
                                    "suite",
                                    "test",
                                    "judge",
                                    "gate",
                                    "allow-undecided",
                                    "correct",
                                    "pairs",
                                    "dry-run",
                                    "template",
                                    "compute",
                                    "keep-special",
                                    "threads",
                                    "batch",
                                    "timeout",
                                    "no-prefix-sharing",
                                    "retries",
                                    "concurrency",
                                    "key-env",
                                    "record",
                                    "limit",
                                    "samples",
                                    "few-shot",
                                    "group",
                                    "seed",
                                    "confidence",
                                    "bootstrap",
                                    "fresh",
                                    "lenient",
                                    "redact",
                                    "show-harmful",
                                    "json",
                                    "format",
                                    "out",
                                    "config",
                                    "quiet",
                                    "verbose",
                                    NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_compare = {
    .name = "compare",
    .synopsis = "A B [C...]|@LIST.json [--pairs] [--suite SUITE] [--test SPEC] [--judge SPEC] [--gate EXPR]",
    .summary = "what changed between two or more runs or subjects, item by item; as a gate",
    .example = "basanite compare script:constant script:oracle --suite demo --limit 40 --gate \"d(acc) >= -0.02\"",
    .flags = flags,
    .run = run,
};

struct job {
    struct arguments *args;
    struct compare_settings settings;
    struct compare_use *uses;
    size_t n_uses;
    const struct gate *gate;
    const struct compare_format *format;
    struct suite *suite;   /* NULL: only runs are compared */
    struct subject *judge; /* NULL: none */
    struct record *record;
    bool keeps;         /* the record may be written */
    const char **words; /* runs and subjects, lists written out */
    size_t n_words;
    const char **runs;
};

/* ---- what is asked for */

/* Tests as they were given; without any: paired, and which items flipped. Gates read what `paired` finds. */
static bool read_tests(struct job *job, struct error *err) {
    static const char *const usual[] = {"paired", "flips"};
    const char **given;
    size_t n = args_texts(job->args, "test", &given);
    const char *const *specs = n ? (const char *const *)given : usual;
    bool paired = false;
    n = n ? n : 2;
    if (!(job->uses = arena_new(job->args->arena, struct compare_use, n + 1, err))) return false;
    for (size_t i = 0; i < n; i++) {
        if (!compare_use_parse(specs[i], job->args->arena, &job->uses[job->n_uses], err)) return false;
        for (size_t k = 0; k < job->n_uses; k++)
            if (job->uses[k].test == job->uses[job->n_uses].test)
                return error_set(err, ERROR_USAGE, "--test %s is given twice", job->uses[k].test->name);
        paired |= strcmp(job->uses[job->n_uses].test->name, "paired") == 0;
        job->n_uses++;
    }
    return paired || !job->gate || compare_use_parse("paired", job->args->arena, &job->uses[job->n_uses++], err);
}

static bool read_settings(struct job *job, struct error *err) {
    const struct arguments *args = job->args;
    struct compare_settings *s = &job->settings;
    *s = (struct compare_settings){.confidence = args_real(args, "confidence", 0.95),
                                   .bootstrap = args_count(args, "bootstrap", 1000),
                                   .seed = args_count(args, "seed", 1),
                                   .group = args_text(args, "group", NULL),
                                   .correct = args_text(args, "correct", "holm"),
                                   .pairs = args_on(args, "pairs"),
                                   .lenient = args_on(args, "lenient")};
    if (!(s->confidence > 0 && s->confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1, found '%s'",
                         args_text(args, "confidence", ""));
    if (s->bootstrap < 100 || s->bootstrap > 1000000)
        return error_set(err, ERROR_USAGE, "--bootstrap: expected 100 to 1000000, found '%s'",
                         args_text(args, "bootstrap", ""));
    if (strcmp(s->correct, "holm") != 0 && strcmp(s->correct, "bh") != 0 && strcmp(s->correct, "none") != 0)
        return error_set(err, ERROR_USAGE, "--correct: expected holm, bh or none, found '%s'", s->correct);
    const char *gate = args_text(args, "gate", NULL);
    if (gate && s->pairs)
        return error_set(err, ERROR_USAGE, "--pairs: a gate reads what changed since one base; leave out one of them");
    if (gate && !(job->gate = gate_parse(text_of(gate), args->arena, err))) return false;
    job->format = compare_format_find(args_on(args, "json") ? "json" : args_text(args, "format", "table"), err);
    return job->format && read_tests(job, err);
}

/* ---- runs */

static const char *run_name(const char *word) {
    return strncmp(word, "run:", 4) == 0 ? word + 4 : word;
}

/* The same word twice is a slip; copies of one model have names of their own, and are compared. */
/* With --steer the last subject is steered, and so another one than the same without it. */
static bool is_steered(const struct job *job, size_t i) {
    return args_text(job->args, "steer", NULL) && i + 1 == job->n_words;
}

static bool check_words(const struct job *job, struct error *err) {
    for (size_t i = 0; i < job->n_words; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(run_name(job->words[i]), run_name(job->words[k])) == 0 && !is_steered(job, i))
                return error_set(err, ERROR_USAGE, "'%s' is given twice; there is nothing to compare",
                                 run_name(job->words[i]));
    return true;
}

/* A list stands for the subjects in it. */
static bool read_words(struct job *job, struct error *err) {
    const struct arguments *args = job->args;
    if (!(job->words = arena_new(args->arena, const char *, COMPARE_RUNS_MOST, err))) return false;
    for (size_t i = 0; i < args->n_words; i++) {
        struct subject_list list = {.n = 1};
        bool many = subject_list_named(args->words[i]);
        if (many && !subject_list_read(args->words[i], args->arena, &list, err)) return false;
        if (list.n > COMPARE_RUNS_MOST - job->n_words)
            return error_set(err, ERROR_USAGE, "more than %d runs or subjects to compare", COMPARE_RUNS_MOST);
        subject_list_done(&list); /* specs are on the arena */
        for (size_t k = 0; k < list.n; k++) job->words[job->n_words++] = many ? list.entries[k].spec : args->words[i];
    }
    if (job->n_words < 2) return error_set(err, ERROR_USAGE, "there is one subject; two or more can be compared");
    return check_words(job, err);
}

static bool open_suite(struct job *job, struct error *err) {
    struct task_settings settings;
    const char **names;
    size_t n = args_texts(job->args, "suite", &names);
    if (n == 0) return true;
    return common_task_settings(job->args, &settings, err) && (job->suite = suite_load_many(names, n, &settings, err));
}

/* Runs alone may be compared in a record that cannot be written; nothing is kept then. */
static bool open_record(struct job *job, struct error *err) {
    const char *path = args_text(job->args, "record", "basanite.db");
    if (!job->suite && !file_exists(path))
        return error_set(err, ERROR_USAGE,
                         "record '%s' does not exist, so there are no runs to compare; to compare subjects "
                         "give --suite SUITE",
                         path);
    job->keeps = (job->record = common_record(job->args, RECORD_WRITE, err)) != NULL;
    if (job->record || job->suite || err->kind != ERROR_ENVIRONMENT) return job->record != NULL;
    error_clear(err);
    return (job->record = common_record(job->args, RECORD_READ, err)) != NULL;
}

static bool is_run(struct job *job, const char *name) {
    struct error none = {0};
    json_t *json = record_run_json(job->record, name, &none);
    json_decref(json);
    return json != NULL;
}

static bool fill_run_settings(struct job *job, struct run_settings *s, struct error *err) {
    const struct arguments *args = job->args;
    *s = (struct run_settings){
        .command = args->line,
        .start = args_on(args, "fresh") ? RECORD_FRESH : RECORD_CONTINUE,
        .seed = args_count(args, "seed", 1),
        .limit = args_count(args, "limit", 0),
        .few_shot = args_text(args, "few-shot", NULL) ? (int)args_count(args, "few-shot", 0) : -1,
        .samples = args_count(args, "samples", 0),
        .chunk = args_count(args, "batch", 0),
        .figures = {.confidence = job->settings.confidence,
                    .bootstrap = job->settings.bootstrap,
                    .seed = args_count(args, "seed", 1),
                    .group = job->settings.group},
        .quiet = args_on(args, "quiet"),
        .stop = args->stop,
    };
    return (s->build = common_build(args->arena, err)) != NULL;
}

/* Runs the suite on a subject, or finds that it was run before. */
static const char *run_subject(struct job *job, const char *spec, struct error *err) {
    struct run_settings settings;
    struct subject_settings subject_settings;
    struct run_result result;
    common_subject_settings(job->args, &subject_settings);
    if (!fill_run_settings(job, &settings, err)) return NULL;
    struct subject *subject = subject_open(text_of(spec), &subject_settings, err);
    if (subject && spec == job->words[job->n_words - 1])
        subject = common_steer(job->args, subject, err);
    bool ok = subject && run_suite(job->record, subject, job->suite, &settings, job->args->arena, &result, err);
    subject_close(subject);
    if (!ok) {
        error_wrap(err, "%s", spec);
        return NULL;
    }
    if (!settings.quiet)
        fprintf(stderr, "%s: run %s, %llu items, %llu asked, %llu from the record, %llu failed\n", spec,
                result.run.name, (unsigned long long)result.items, (unsigned long long)result.asked,
                (unsigned long long)result.reused, (unsigned long long)result.failed);
    return text_copy(job->args->arena, text_of(result.run.name), err);
}

/* A word is a run of the record, by name or as run:NAME; else a subject. */
static const char *run_of(struct job *job, const char *word, struct error *err) {
    const char *name = run_name(word);
    bool steered = word == job->words[job->n_words - 1] && is_steered(job, job->n_words - 1);
    if (steered && (name != word || !job->suite)) {
        error_set(err, ERROR_USAGE, "--steer is for a subject that is asked, with --suite SUITE; '%s' is a run", word);
        return NULL;
    }
    if (name != word || (!steered && is_run(job, name))) return name;
    if (job->suite) return run_subject(job, word, err);
    error_set(err, ERROR_USAGE,
              "record '%s' has no run '%s' (`basanite record list`); to compare subjects give --suite SUITE",
              record_path(job->record), word);
    return NULL;
}

static bool find_runs(struct job *job, struct error *err) {
    if (!(job->runs = arena_new(job->args->arena, const char *, job->n_words, err))) return false;
    for (size_t i = 0; i < job->n_words; i++)
        if (!(job->runs[i] = run_of(job, job->words[i], err))) return false;
    return true;
}

/* Only for the test that asks one, and only then. */
static bool open_judge(struct job *job, struct error *err) {
    const char *spec = args_text(job->args, "judge", NULL);
    struct subject_settings settings;
    bool asks = false;
    for (size_t i = 0; i < job->n_uses; i++) asks |= strcmp(job->uses[i].test->name, "pairwise") == 0;
    if (!asks && spec) return error_set(err, ERROR_USAGE, "--judge: nobody is asked to judge; add --test pairwise");
    if (asks && !spec) return error_set(err, ERROR_USAGE, "--test pairwise asks a judge; give --judge SPEC");
    if (!asks) return true;
    common_subject_settings(job->args, &settings);
    return ((job->judge = subject_open(text_of(spec), &settings, err)) &&
            (job->settings.voter = judge_open_votes(job->judge, TEXT(""), settings.path, err))) ||
           error_wrap(err, "--judge");
}

/* ---- what is said */

static bool print_comparison(struct job *job, const struct comparison *comparison, struct error *err) {
    const struct arguments *args = job->args;
    struct buffer b;
    struct report_options options = {.show_harmful = args_on(args, "show-harmful") && !args_on(args, "redact")};
    print_terminal(args, &options);
    buffer_init(&b, (size_t)1 << 30);
    bool ok = job->format->write(comparison, job->record, &options, &b, err) && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

/* A gate that is given says what counts; without one a verdict that was asked for and refused is undecided. */
static bool passes(const struct job *job, const struct comparison *comparison, struct error *err) {
    bool allow = args_on(job->args, "allow-undecided");
    if (job->gate) return gate_pass(&comparison->gate, allow, err);
    return !comparison->undecided || allow ||
           error_set(err, ERROR_GATE, "undecided: %s; --allow-undecided lets it pass", comparison->undecided);
}

static bool compare(struct job *job, struct error *err) {
    struct comparison comparison;
    const struct arguments *args = job->args;
    if (!compare_runs(job->record, job->runs, job->n_words, job->uses, job->n_uses, &job->settings, args->arena,
                      &comparison, err) ||
        (job->gate && (!compare_gate(&comparison, job->gate, args_text(args, "gate", ""), err) ||
                       !compare_note_smallest(args, &comparison, err))) ||
        (job->keeps && !compare_keep(&comparison, job->record, err)) || !print_comparison(job, &comparison, err))
        return false;
    return passes(job, &comparison, err);
}

/* ---- before anything is asked */

#define UNCHANGED_PASSES 0.95 /* of gates with the margin that is printed */

/* What a task can show, if one in ten, three in ten or half of its items change; and the margin of a gate d(x) >=
 * -margin that then fails an unchanged subject once in twenty times. */
static json_t *plan_row(const struct job *job, const struct task *task, struct error *err) {
    static const struct {
        const char *name;
        double share;
    } changed[] = {{"0.1", 0.1}, {"0.3", 0.3}, {"0.5", 0.5}};
    uint64_t n;
    if (!task_count(task, &n, err)) return NULL;
    json_t *row =
        json_pack("{s:s s:I s:{} s:{}}", "task", task_name(task), "items", (json_int_t)n, "detectable", "margin");
    json_t *effects = json_object_get(row, "detectable"), *margins = json_object_get(row, "margin");
    bool ok = row != NULL;
    for (size_t i = 0; ok && i < sizeof changed / sizeof *changed; i++) {
        double effect = smallest_effect_mcnemar(n, changed[i].share, job->settings.confidence, 0.8, false);
        double margin = smallest_margin_shares(n, changed[i].share, job->settings.confidence, UNCHANGED_PASSES);
        ok = json_object_set_new(effects, changed[i].name, json_from_f64(effect)) == 0 &&
             json_object_set_new(margins, changed[i].name, json_from_f64(margin)) == 0;
    }
    if (ok) return row;
    json_decref(row);
    return error_memory(err, "plan"), NULL;
}

static bool print_plan(struct job *job, struct error *err) {
    json_t *tasks = json_array();
    bool ok = tasks || error_memory(err, "plan");
    for (size_t i = 0; ok && i < job->suite->n_tasks; i++) {
        json_t *row = plan_row(job, job->suite->tasks[i], err);
        ok = row && (json_array_append_new(tasks, row) == 0 || error_memory(err, "plan"));
    }
    json_t *plan = ok ? json_pack("{s:o s:f s:f s:O}", "suite", json_from_text(job->suite->name), "confidence",
                                  job->settings.confidence, "power", 0.8, "tasks", tasks)
                      : NULL;
    ok = ok && (plan || error_memory(err, "plan")) && print_json(job->args->out, plan, err);
    json_decref(plan);
    json_decref(tasks);
    return ok;
}

static bool plan(struct job *job, struct error *err) {
    if (job->suite) return print_plan(job, err);
    return error_set(err, ERROR_USAGE, "--dry-run plans what subjects would be asked; give --suite SUITE");
}

static bool compare_now(struct job *job, struct error *err) {
    struct subject_settings subjects;
    common_subject_settings(job->args, &subjects);
    job->settings.subjects = &subjects;
    if (!(job->settings.pool = pool_new(common_threads(job->args), err))) return false;
    return open_judge(job, err) && open_record(job, err) && find_runs(job, err) && compare(job, err);
}

static bool run(struct arguments *args, struct error *err) {
    struct job job = {.args = args};
    bool a_list = args->n_words == 1 && subject_list_named(args->words[0]);
    bool ok = common_words(args, &command_compare, a_list ? 1 : 2, COMPARE_RUNS_MOST, err) && read_words(&job, err) &&
              read_settings(&job, err) && open_suite(&job, err) &&
              (args_on(args, "dry-run") ? plan(&job, err) : compare_now(&job, err));
    judge_close(job.settings.voter);
    pool_free(job.settings.pool);
    subject_close(job.judge);
    record_close(job.record);
    suite_free(job.suite);
    return ok;
}
