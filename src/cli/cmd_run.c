/* basanite run: asks a subject the items of suites or tasks, scores and records them, prints the figures. */
#include "cli/commands.h"
#include "cli/common_steer.h"
#include "cli/subject_list.h"

#include "base/file.h"
#include "base/progress.h"
#include "measure/task/bands.h"
#include "measure/run/run_tune.h"
#include "measure/task/scorer.h"
#include "report/report.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const flags[] = {
    SUBJECT_FLAGS, STEER_FLAGS,       "system",  "record",    "run",        "limit",
    "samples",     "few-shot",        "method",  "judge",     "split",      "slice",
    "lang",        "group",           "scorer",  "seed",      "confidence", "bootstrap",
    "resume",      "fresh",           "dry-run", "baselines", "compat",     "sequential",
    "gate",        "allow-undecided", "lenient", "json",      "format",     "out",
    "config",      "quiet",           "verbose", NULL};
static bool run(struct arguments *args, struct error *err);

const struct command command_run = {
    .name = "run",
    .synopsis = "SUITE|TASK... [--judge SPEC] [--gate EXPR] [--sequential] [OPTION]...",
    .summary = "asks a subject the items of suites or tasks, scores the answers, records everything",
    .example = "basanite run demo --subject pocket --seed 1",
    .flags = flags,
    .run = run,
    .shares = SHARES_ASKS,
};

static void fill_settings(const struct arguments *args, struct run_settings *s) {
    *s = (struct run_settings){
        .name = args_text(args, "run", NULL),
        .command = args->line,
        .start = args_on(args, "fresh")    ? RECORD_FRESH
                 : args_on(args, "resume") ? RECORD_RESUME_ONLY
                                           : RECORD_CONTINUE,
        .seed = args_count(args, "seed", 1),
        .limit = args_count(args, "limit", 0),
        .few_shot = args_text(args, "few-shot", NULL) ? (int)args_count(args, "few-shot", 0) : -1,
        .samples = args_count(args, "samples", 0),
        .chunk = common_chunk(args),
        .figures = {.confidence = args_real(args, "confidence", 0.95),
                    .bootstrap = args_count(args, "bootstrap", 1000),
                    .seed = args_count(args, "seed", 1),
                    .group = args_text(args, "group", NULL)},
        .quiet = args_on(args, "quiet"),
        .stop = args->stop,
        .sequential = args_on(args, "sequential"),
        .gate_source = args_text(args, "gate", NULL),
    };
    s->figures.always_valid = s->sequential;
}

/* --system: said before whatever the tasks ask. */
static struct subject *told(const struct arguments *args, struct subject *subject, struct error *err) {
    const char *system = args_text(args, "system", NULL);
    if (!subject || !system || subject_tell(subject, text_of(system), err)) return subject;
    subject_close(subject);
    return NULL;
}

static bool check_settings(const struct run_settings *s, const struct arguments *args, struct error *err) {
    if (!(s->figures.confidence > 0 && s->figures.confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1, found '%s'",
                         args_text(args, "confidence", ""));
    if (s->figures.bootstrap < 1 || s->figures.bootstrap > 1000000)
        return error_set(err, ERROR_USAGE, "--bootstrap: expected 1 to 1000000, found '%s'",
                         args_text(args, "bootstrap", ""));
    if (s->sequential && (args_on(args, "baselines") || args_on(args, "dry-run")))
        return error_set(err, ERROR_USAGE,
                         "--sequential stands without --baselines and --dry-run, which are of all items");
    if (args_on(args, "fresh") && args_on(args, "resume"))
        return error_set(err, ERROR_USAGE, "--fresh and --resume exclude each other");
    return true;
}

/* A value, or "-" where the items do not determine it. */
static void print_value(FILE *out, double value) {
    if (isnan(value))
        fprintf(out, " %12s", "-");
    else
        fprintf(out, " %12.6g", value);
}

static bool print_baselines(FILE *out, const struct baseline_row *rows, size_t n, struct error *err) {
    size_t missed = 0, undetermined = 0;
    fprintf(out, "%-28s %-18s %-22s %12s %12s\n", "baseline of", "subject", "figure", "expected", "found");
    for (size_t i = 0; i < n; i++) {
        bool none = rows[i].ok && isnan(rows[i].expected);
        fprintf(out, "%-28s %-18s %-22s", rows[i].task, rows[i].subject, rows[i].figure);
        print_value(out, rows[i].expected);
        print_value(out, rows[i].found);
        fprintf(out, " %s\n",
                none            ? "not determined"
                : !rows[i].ok   ? "MISSED"
                : rows[i].exact ? "ok"
                                : "ok, in interval");
        missed += !rows[i].ok;
        undetermined += none;
    }
    fprintf(out, "%zu baselines: %zu met, %zu missed, %zu not determined by the items\n", n, n - missed - undetermined,
            missed, undetermined);
    if (missed == 0) return true;
    return error_set(err, ERROR_GATE, "%zu of %zu baselines miss their computed value", missed, n);
}

static const char *format_name(const struct arguments *args) {
    return args_on(args, "json") ? "json" : args_text(args, "format", "table");
}

/* The table of runs, or another format by --format; prints how to see more. */
static bool print_runs(const struct arguments *args, struct record *record, const char *const *names, size_t n,
                       struct error *err) {
    const struct report_format *f = report_format_find(format_name(args), err);
    if (!f) return false;
    struct buffer b;
    buffer_init(&b, (size_t)1 << 30);
    struct report_options options = {.rows = true};
    print_terminal(args, &options);
    bool ok = f->write(record, names, n, &options, &b, err) && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static void print_counts(const struct arguments *args, const struct record *record, const struct run_result *result) {
    bool quiet = args_on(args, "quiet");
    if (result->bad_rows)
        fprintf(stderr, "%s%llu bad rows are left out of the figures\n", result->bad_list,
                (unsigned long long)result->bad_rows);
    if (result->judged && !quiet)
        fprintf(stderr, "%llu answers that rules leave open were decided by the judge\n",
                (unsigned long long)result->judged);
    if (!quiet && args_on(args, "sequential"))
        fprintf(stderr, "stopped after %llu of %llu items and %llu looks at the gate\n",
                (unsigned long long)result->items, (unsigned long long)result->planned,
                (unsigned long long)result->looks);
    if (!quiet)
        fprintf(stderr,
                "run %s in %s: %llu items, %llu asked, %llu from the record, %llu failed; evidence %llu entries, "
                "%.12s\n",
                result->run.name, record_path(record), (unsigned long long)result->items,
                (unsigned long long)result->asked, (unsigned long long)result->reused,
                (unsigned long long)result->failed, (unsigned long long)result->chain_entries, result->chain);
}

static bool print_result(const struct arguments *args, struct record *record, const struct run_result *result,
                         struct error *err) {
    const char *name = result->run.name;
    if (!print_runs(args, record, &name, 1, err)) return false;
    print_counts(args, record, result);
    return true;
}

/* The report shows which bands are met; here they decide the exit code. */
static bool check_bands(const struct arguments *args, const struct suite *suite, const struct run_result *result,
                        struct error *err) {
    struct band *bands;
    size_t n;
    if (!bands_judge(suite->bands, result->figures, result->n_figures, args->arena, &bands, &n, err)) return false;
    size_t missed = bands_missed(bands, n);
    return missed == 0 || error_set(err, ERROR_GATE, "%zu of %zu bands missed", missed, n);
}

/* Read before anything is asked; NULL with err NONE: none is given. */
static const struct gate *read_gate(const struct arguments *args, struct error *err) {
    const char *source = args_text(args, "gate", NULL);
    const struct gate *gate = source ? gate_parse(text_of(source), args->arena, err) : NULL;
    if (!gate || !gate_uses_difference(gate)) return gate;
    error_set(err, ERROR_USAGE, "gate: d(...) is the difference of compared runs; use it with `basanite compare`");
    return NULL;
}

static bool check_gate(const struct arguments *args, const struct gate *gate, const struct run_result *result,
                       double confidence, struct error *err) {
    struct gate_figures figures = {.figures = result->figures, .n = result->n_figures, .confidence = confidence};
    struct gate_result judged;
    if (!gate) return true;
    return gate_judge(gate, &figures, args->arena, &judged, err) && common_print_gate(args, stderr, &judged, err) &&
           gate_pass(&judged, args_on(args, "allow-undecided"), err);
}

/* What the run will be able to show, before it starts. */
static bool print_outlook(const struct arguments *args, const struct suite *suite, const struct run_settings *settings,
                          struct error *err) {
    for (size_t t = 0; !args_on(args, "quiet") && t < suite->n_tasks; t++) {
        uint64_t n;
        if (!task_count(suite->tasks[t], &n, err)) return false;
        double smallest = run_smallest_effect(n, settings);
        fprintf(stderr,
                isnan(smallest) ? "%s: %llu items; too few to tell any two shares apart with 80%% power\n"
                                : "%s: %llu items; a share of 50%% is told from one %.3g points away with 80%% power\n",
                task_name(suite->tasks[t]), (unsigned long long)n, 100 * smallest);
    }
    return true;
}

/* What a chain of asks must score is not computed: such tasks are left out, and named. */
static bool without_chains(const struct arguments *args, const struct suite *suite, struct suite *out,
                           struct error *err) {
    *out = *suite;
    out->n_tasks = 0;
    if (!(out->tasks = arena_new(args->arena, struct task *, suite->n_tasks, err))) return false;
    for (size_t i = 0; i < suite->n_tasks; i++) {
        if (task_steps(suite->tasks[i]) == 1)
            out->tasks[out->n_tasks++] = suite->tasks[i];
        else
            fprintf(stderr, "no baselines of task '%s', a chain of asks\n", task_name(suite->tasks[i]));
    }
    return true;
}

static bool run_baselines_first(const struct arguments *args, struct record *record, const struct suite *suite,
                                const struct run_settings *settings, struct error *err) {
    struct subject_settings subject_settings;
    struct baseline_row *rows;
    struct suite single;
    size_t n;
    common_subject_settings(args, &subject_settings);
    return without_chains(args, suite, &single, err) &&
           run_baselines(record, &single, &subject_settings, settings, args->arena, &rows, &n, err) &&
           print_baselines(args_on(args, "json") ? stderr : args->out, rows, n, err);
}

/* Opened, with all that is printed and done before anybody is asked; NULL: err. */
static struct record *begin_record(const struct arguments *args, const struct suite *suite,
                                   const struct run_settings *settings, struct error *err) {
    const char *path = args_text(args, "record", "basanite.db");
    if (!report_format_find(format_name(args), err)) return NULL;
    if (args_on(args, "resume") && !file_exists(path)) {
        error_set(err, ERROR_USAGE, "record '%s' does not exist, so there is no run to resume; leave out --resume",
                  path);
        return NULL;
    }
    struct record *record = common_record(args, RECORD_WRITE, err);
    if (record && print_outlook(args, suite, settings, err) &&
        (!args_on(args, "baselines") || run_baselines_first(args, record, suite, settings, err)))
        return record;
    record_close(record);
    return NULL;
}

static bool run_recorded(const struct arguments *args, struct subject *subject, const struct suite *suite,
                         const struct run_settings *settings, const struct gate *gate, struct error *err) {
    struct record *record = begin_record(args, suite, settings, err);
    struct run_result result;
    bool ok = record && run_suite(record, subject, suite, settings, args->arena, &result, err) &&
              print_result(args, record, &result, err) && check_bands(args, suite, &result, err) &&
              check_gate(args, gate, &result, settings->figures.confidence, err);
    record_close(record);
    return ok;
}

static bool print_plan(const struct arguments *args, struct subject *subject, const struct suite *suite,
                       const struct run_settings *settings, struct error *err) {
    json_t *plan = run_plan(subject, suite, settings, err);
    bool ok = plan && print_json(args->out, plan, err);
    json_decref(plan);
    return ok;
}

/* --method is for tasks that have some; what a chain of asks must score is not computed. */
static bool check_methods(const struct arguments *args, const struct suite *suite, struct error *err) {
    bool some = suite->by_way;
    size_t chains = 0;
    if (suite->by_way && suite->n_tasks == 0)
        return error_set(err, ERROR_USAGE, "--method: no task of '%.*s' is of the way '%s' (its key 'way')",
                         TEXT_ARG(suite->name), args_text(args, "method", ""));
    for (size_t i = 0; i < suite->n_tasks; i++) {
        some |= task_method_name(suite->tasks[i]) != NULL;
        chains += task_steps(suite->tasks[i]) > 1;
    }
    if (chains == suite->n_tasks && args_on(args, "baselines"))
        return error_set(err, ERROR_USAGE, "--baselines: not known for method '%s', a chain of asks",
                         task_method_name(suite->tasks[0]));
    return some || !args_text(args, "method", NULL) ||
           error_set(err, ERROR_USAGE, "--method: no task of '%.*s' has methods", TEXT_ARG(suite->name));
}

/* A subject of its own; the flags of subjects are for it, too. */
static bool open_judge(const struct arguments *args, struct run_settings *settings, struct task_settings *task_settings,
                       struct subject **subject, struct error *err) {
    const char *spec = args_text(args, "judge", NULL);
    struct subject_settings own;
    if (!spec) return true;
    if (args_on(args, "baselines"))
        return error_set(err, ERROR_USAGE, "--baselines: what a judge will say is not known; leave out --judge");
    common_subject_settings(args, &own);
    if (!(*subject = subject_open(text_of(spec), &own, err)) ||
        !(settings->judge = judge_open(*subject, TEXT(""), task_settings->path, err)) ||
        !(settings->voter = judge_open_votes(*subject, TEXT(""), task_settings->path, err)))
        return error_wrap(err, "--judge");
    settings->judge_subject = *subject;
    task_settings->judge = (*subject)->digest;
    return true;
}

static bool check_judge(const struct run_settings *settings, const struct suite *suite, struct error *err) {
    bool some = !settings->judge;
    for (size_t i = 0; i < suite->n_tasks; i++) some |= task_scorer(suite->tasks[i])->open_label != NULL;
    return some || error_set(err, ERROR_USAGE,
                             "--judge: no task of '%.*s' leaves anything open that a judge could decide "
                             "(`basanite methods scorer`: honesty and judge do)",
                             TEXT_ARG(suite->name));
}

/* The threshold that is best on other rows, found by a run of its own, which the record keeps. */
static bool choose_threshold(const struct arguments *args, struct subject *subject, const struct tune *tune,
                             const struct run_settings *settings, struct tuned *out, struct error *err) {
    struct task_settings task_settings;
    struct run_settings own = *settings;
    struct run_result result;
    struct record *record = NULL;
    if (!common_task_settings(args, &task_settings, err) ||
        !(task_settings.method = tune_spec(tune, 0, args->arena, err)))
        return false;
    task_settings.split = tune->split;
    task_settings.judge = settings->judge_subject ? settings->judge_subject->digest : NULL;
    if (own.name && !(own.name = arena_printf(args->arena, err, "%s-%s", own.name, tune->split))) return false;
    struct suite *suite = suite_load_many(args->words, args->n_words, &task_settings, err);
    bool ok = suite && check_methods(args, suite, err) && (record = common_record(args, RECORD_WRITE, err)) &&
              run_suite(record, subject, suite, &own, args->arena, &result, err) &&
              tune_choose(record, result.run.id, suite, out, err);
    if (ok && !args_on(args, "quiet"))
        fprintf(stderr, "%s = %.6g, chosen on %llu rows of split '%s' (run %s), where situated_acc is %.4f\n",
                tune->option, out->value, (unsigned long long)out->n, tune->split, result.run.name, out->score);
    record_close(record);
    suite_free(suite);
    return ok;
}

/* A method with a threshold to be chosen becomes one with a number; what is scored then are test rows, unless said. */
static bool settle_method(const struct arguments *args, struct subject **subject, const struct run_settings *settings,
                          struct task_settings *task_settings, struct error *err) {
    struct tune tune;
    struct tuned tuned;
    if (!tune_read(task_settings->method, task_settings->split, args->arena, &tune, err)) return false;
    if (!tune.split) return true;
    if (args_on(args, "dry-run"))
        return error_set(err, ERROR_USAGE, "--dry-run: %s=%s is found by asking; give a number", tune.option,
                         tune.split);
    if (!(*subject = told(args, common_subject(args, err), err)) ||
        !choose_threshold(args, *subject, &tune, settings, &tuned, err))
        return false;
    if (!task_settings->split) task_settings->split = "test";
    return (task_settings->method = tune_spec(&tune, tuned.value, args->arena, err)) != NULL;
}

/* Tasks without their data are named, however quiet it is. */
static void print_lacking(const struct suite *suite) {
    for (size_t i = 0; i < suite->n_lacking; i++) fprintf(stderr, "skipped: %s\n", suite->lacking[i]);
}

/* ---- many subjects: one run each, in one record */

static struct subject *open_entry(const struct arguments *args, const struct subject_list *list, size_t i,
                                  struct error *err) {
    struct subject_settings settings;
    common_subject_settings(args, &settings);
    settings.declared = list->entries[i].declared;
    struct subject *subject = subject_open(text_of(list->entries[i].spec), &settings, err);
    return told(args, subject ? common_steer(args, subject, err) : NULL, err);
}

/* What cannot be asked is told before anything is. */
static bool check_entries(const struct arguments *args, const struct subject_list *list, const struct suite *suite,
                          struct error *err) {
    for (size_t i = 0; i < list->n; i++) {
        struct subject *subject = open_entry(args, list, i, err);
        bool ok = subject != NULL;
        for (size_t t = 0; ok && t < suite->n_tasks; t++)
            ok = subject_require(subject, task_needs(suite->tasks[t]), task_name(suite->tasks[t]), err);
        subject_close(subject);
        if (!ok) return subject_list_wrap(list, i, err);
    }
    return true;
}

/* --run NAME: NAME-1, NAME-2, ..., or with the names of the list; else these names, or numbered. */
static bool name_entry(const struct arguments *args, const struct subject_list *list, size_t i, const char **name,
                       struct error *err) {
    const char *all = args_text(args, "run", NULL), *own = list->entries[i].name;
    *name = own;
    if (all && own) *name = arena_printf(args->arena, err, "%s-%s", all, own);
    if (all && !own) *name = arena_printf(args->arena, err, "%s-%zu", all, i + 1);
    return *name || (!all && !own);
}

static bool run_entry(const struct arguments *args, const struct subject_list *list, size_t i, struct record *record,
                      const struct suite *suite, const struct run_settings *settings, struct run_result *result,
                      struct error *err) {
    struct run_settings own = *settings;
    struct subject *subject = NULL;
    bool ok = name_entry(args, list, i, &own.name, err) && (subject = open_entry(args, list, i, err)) &&
              run_suite(record, subject, suite, &own, args->arena, result, err);
    subject_close(subject);
    if (!ok) return subject_list_wrap(list, i, err);
    print_counts(args, record, result);
    return true;
}

/* Bands and gates of every run, once all are there; the first that fails is told. */
static bool check_entry(const struct arguments *args, const struct subject_list *list, size_t i,
                        const struct suite *suite, const struct gate *gate, const struct run_result *result,
                        double confidence, struct error *err) {
    return (check_bands(args, suite, result, err) && check_gate(args, gate, result, confidence, err)) ||
           subject_list_wrap(list, i, err);
}

static bool run_entries(const struct arguments *args, const struct subject_list *list, const struct suite *suite,
                        const struct run_settings *settings, const struct gate *gate, struct error *err) {
    struct run_result *results = arena_new(args->arena, struct run_result, list->n, err);
    const char **names = results ? arena_new(args->arena, const char *, list->n, err) : NULL;
    struct record *record = names ? begin_record(args, suite, settings, err) : NULL;
    bool ok = record != NULL;
    for (size_t i = 0; ok && i < list->n; i++) {
        ok = run_entry(args, list, i, record, suite, settings, &results[i], err);
        names[i] = results[i].run.name;
    }
    ok = ok && print_runs(args, record, names, list->n, err);
    for (size_t i = 0; ok && i < list->n; i++)
        ok = check_entry(args, list, i, suite, gate, &results[i], settings->figures.confidence, err);
    record_close(record);
    return ok;
}

static bool run_each(const struct arguments *args, const struct subject_list *list, const struct run_settings *settings,
                     struct task_settings *task_settings, const struct gate *gate, struct error *err) {
    struct tune tune;
    if (!tune_read(task_settings->method, task_settings->split, args->arena, &tune, err)) return false;
    if (tune.split)
        return error_set(err, ERROR_USAGE, "--method: %s=%s is found for one subject; give a number", tune.option,
                         tune.split);
    if (args_on(args, "dry-run"))
        return error_set(err, ERROR_USAGE, "--dry-run: give one subject; the items are the same for all");
    struct suite *suite = suite_load_many(args->words, args->n_words, task_settings, err);
    if (suite) print_lacking(suite);
    bool ok = suite && check_methods(args, suite, err) && check_judge(settings, suite, err) &&
              check_entries(args, list, suite, err) && run_entries(args, list, suite, settings, gate, err);
    suite_free(suite);
    return ok;
}

static bool run_list(const struct arguments *args, const char *spec, const struct run_settings *settings,
                     struct task_settings *task_settings, const struct gate *gate, struct error *err) {
    struct subject_list list;
    bool ok =
        subject_list_read(spec, args->arena, &list, err) && run_each(args, &list, settings, task_settings, gate, err);
    subject_list_done(&list);
    return ok;
}

static bool run_suites(struct arguments *args, const struct run_settings *settings, struct task_settings *task_settings,
                       const struct gate *gate, struct error *err) {
    struct subject *subject = NULL;
    const char *spec = args_text(args, "subject", "pocket");
    if (subject_list_named(spec)) return run_list(args, spec, settings, task_settings, gate, err);
    if (!settle_method(args, &subject, settings, task_settings, err)) return subject_close(subject), false;
    struct suite *suite = suite_load_many(args->words, args->n_words, task_settings, err);
    if (suite) print_lacking(suite);
    double begun = clock_seconds();
    bool ok = suite && check_methods(args, suite, err) && check_judge(settings, suite, err) &&
              (subject || (subject = told(args, common_subject(args, err), err))) &&
              (args_on(args, "dry-run") ? print_plan(args, subject, suite, settings, err)
                                        : run_recorded(args, subject, suite, settings, gate, err));
    if (ok && args_text(args, "steer", NULL)) common_steer_told(args, subject, clock_seconds() - begun);
    subject_close(subject);
    suite_free(suite);
    return ok;
}

static bool run(struct arguments *args, struct error *err) {
    struct run_settings settings;
    struct task_settings task_settings;
    struct subject *judge = NULL;
    fill_settings(args, &settings);
    if (!common_words(args, &command_run, 1, 1000, err) || !check_settings(&settings, args, err) ||
        !common_task_settings(args, &task_settings, err) || !(settings.build = common_build(args->arena, err)))
        return false;
    const struct gate *gate = read_gate(args, err);
    if (!gate && err->kind != ERROR_NONE) return false;
    settings.gate = gate;
    settings.figures.pool = pool_new(common_threads(args), err);
    bool ok = settings.figures.pool && open_judge(args, &settings, &task_settings, &judge, err) &&
              run_suites(args, &settings, &task_settings, gate, err);
    judge_close(settings.judge);
    judge_close(settings.voter);
    subject_close(judge);
    pool_free(settings.figures.pool);
    return ok;
}
