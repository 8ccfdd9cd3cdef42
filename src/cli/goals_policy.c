/* What the verbs of `goals` share: see goals_policy.h. */
#include "cli/goals_policy.h"

#include "base/file.h"
#include "cli/goals_names.h"
#include "measure/rules/builtin.h"
#include "measure/statistics/statistics.h"
#include "set/policy_rule.h"

#include <math.h>
#include <string.h>
#include <time.h>

#define FOLDER "policies/"
#define ENDING ".policy.yaml"
enum { FAULTS_MOST = 100 };

bool goals_day(const struct arguments *args, int *day, struct error *err) {
    const char *given = args_text(args, "as-of", NULL);
    time_t now = time(NULL);
    if (!given) return *day = (int)(now / 86400), true;
    if (policy_day_parse(text_of(given), day)) return true;
    return error_set(err, ERROR_USAGE, "--as-of: expected a day such as 2026-08-02, found '%s'", given);
}

/* By its name, with or without ".policy" behind it. */
static const struct builtin_file *find_builtin(const char *name) {
    char path[160];
    bool whole = text_ends(text_of(name), TEXT(".policy"));
    snprintf(path, sizeof path, FOLDER "%.100s%s", name, whole ? ".yaml" : ENDING);
    return builtin_find(path);
}

bool goals_is_policy(const char *name) {
    return find_builtin(name) || (file_exists(name) && !file_is_folder(name));
}

static bool no_policy(const char *name, struct arena *arena, struct error *err) {
    const char *near = builtin_nearest(FOLDER, ENDING, text_of(name), arena);
    return error_set(err, ERROR_USAGE, "no policy '%s': there is no such file%s%s%s", name,
                     near ? "; did you mean the built-in '" : "", near ? near : "", near ? "'?" : "");
}

bool goals_policy_text(const struct arguments *args, const char *name, struct text *source, const char **shown,
                       struct error *err) {
    const struct builtin_file *file = find_builtin(name);
    if (!file || (file_exists(name) && !file_is_folder(name))) {
        if (!file_exists(name)) return no_policy(name, args->arena, err);
        *shown = name;
        return file_read(args->arena, name, POLICY_FILE_MOST, source, err);
    }
    *source = (struct text){(const char *)file->at, (size_t)(file->end - file->at)};
    return (*shown = arena_printf(args->arena, err, "built-in:%s", file->name)) != NULL;
}

struct policy *goals_policy(const struct arguments *args, const char *name, struct policy_names *names,
                            struct error *err) {
    const char *messages[FAULTS_MOST], *shown;
    struct policy_faults faults = {messages, 0, FAULTS_MOST};
    struct policy_settings settings = {.names = names, .confidence = args_real(args, "confidence", 0)};
    struct text source;
    if (!goals_day(args, &settings.as_of, err) || !goals_names(args, names, err) ||
        !goals_policy_text(args, name, &source, &shown, err))
        return NULL;
    struct policy *p = policy_read(source, shown, &settings, args->arena, &faults, err);
    for (size_t i = 0; !p && faults.n > 1 && i < faults.n; i++) fprintf(stderr, "%s\n", messages[i]);
    return p;
}

bool goals_context(const struct arguments *args, struct policy_context *out, struct error *err) {
    if (policy_context_parse(text_of(args_text(args, "context", "")), args->arena, out, err)) return true;
    if (err->kind == ERROR_DATA) err->kind = ERROR_USAGE;
    return false;
}

/* ---- statistics */

struct policy_interval goals_exact(double k, double n, double confidence) {
    double tail = (1 - confidence) / 2;
    return (struct policy_interval){k > 0 ? stat_beta_quantile(k, n - k + 1, tail) : 0,
                                    k < n ? stat_beta_quantile(k + 1, n - k, 1 - tail) : 1};
}

uint64_t goals_planned(const struct policy_clause *c) {
    return policy_size_planned(c, stat_normal_quantile((1 + policy_clause_level(c)) / 2), 0);
}

static bool interval(void *context, const struct figure *f, double confidence, struct policy_interval *out,
                     const char **method, bool *plain, const char **why) {
    const double *own = context;
    struct interval x = gate_interval(f, confidence, method);
    *plain = strcmp(*method, "clopper-pearson") == 0;
    *out = (struct policy_interval){x.lo, x.hi};
    if (isnan(x.lo) || isnan(x.hi)) return *why = "it has no interval", false;
    if (*plain || *own >= confidence - 1e-12 || x.lo == x.hi) return true;
    *out = (struct policy_interval){NAN, NAN};
    return *why = "its interval is of a lower confidence; run again with --confidence", false;
}

static bool paper(void *context, const struct policy_evidence *e, const char **why) {
    char hex[HASH_HEX];
    struct error err = {0};
    (void)context;
    if (!sha256_file(e->file, hex, &err)) return *why = "its paper is not there", false;
    if (strcmp(hex, e->sha256) == 0) return true;
    return *why = "its paper has another hash", false;
}

void goals_measured(const struct policy_names *names, const double *confidence, const struct figure *figures, size_t n,
                    int as_of, struct policy_measured *out) {
    *out = (struct policy_measured){.figures = figures,
                                    .n = n,
                                    .names = names,
                                    .exact = goals_exact,
                                    .context = (void *)confidence,
                                    .interval = interval,
                                    .paper = paper,
                                    .as_of = as_of};
}

/* ---- runs */

static bool read_run(struct goals_run *out, struct record *record, struct arena *arena, struct error *err) {
    const json_t *confidence = json_object_get(json_object_get(out->run, "config"), "confidence");
    out->confidence = json_is_real(confidence) ? json_real_value(confidence) : 0.95;
    out->json = record_figures_json(record, json_integer_value(json_object_get(out->run, "id")), err);
    if (!out->json) return false;
    out->n = json_array_size(out->json);
    if (!(out->figures = arena_new(arena, struct figure, out->n + 1, err))) return false;
    for (size_t i = 0; i < out->n; i++) out->figures[i] = figure_from_json(json_array_get(out->json, i));
    return true;
}

/* ---- differences */

enum { DIFFERENCES_MOST = 10000 };
struct difference_rows {
    struct goals_run *run;
    struct arena *arena;
};

static const char *cell(const json_t *row, size_t at, struct arena *arena, struct error *err) {
    const char *s = json_string_value(json_array_get(row, at));
    return text_copy(arena, text_of(s ? s : ""), err);
}

static double cell_number(const json_t *row, size_t at) {
    const json_t *v = json_array_get(row, at);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static bool take_difference(void *context, const json_t *row, bool header, struct error *err) {
    struct difference_rows *d = context;
    if (header || d->run->n_differences == DIFFERENCES_MOST) return true;
    struct figure *f = &d->run->differences[d->run->n_differences];
    *f = (struct figure){.name = cell(row, 0, d->arena, err),
                         .task = cell(row, 1, d->arena, err),
                         .group = "",
                         .value = cell_number(row, 2),
                         .lo = cell_number(row, 3),
                         .hi = cell_number(row, 4),
                         .k = -1,
                         .method = cell(row, 5, d->arena, err),
                         .unit = "difference",
                         .direction = "none"};
    if (!f->name || !f->task || !f->method) return false;
    char *group = strstr((char *)f->name, ", "); /* "acc, trade=craft" */
    if (group) {
        *group = 0;
        f->group = group + 2;
    }
    return d->run->n_differences++, true;
}

/* What `basanite compare` kept of the run against another. */
static bool read_differences(struct goals_run *out, struct record *record, struct arena *arena, struct error *err) {
    long long id = json_integer_value(json_object_get(out->run, "id"));
    struct difference_rows rows = {out, arena};
    const char *sql =
        arena_printf(arena, err,
                     "select name, task, diff, lo, hi, method from comparisons where b = %lld and a = (select a from "
                     "comparisons where b = %lld order by id desc limit 1) order by id",
                     id, id);
    if (!sql || !(out->differences = arena_new(arena, struct figure, DIFFERENCES_MOST, err))) return false;
    return record_query(record, text_of(sql), 60, take_difference, &rows, err);
}

bool goals_run_open(struct arguments *args, const char *name, struct goals_run *out, struct error *err) {
    struct run_verdict v;
    *out = (struct goals_run){0};
    struct record *record = common_record(args, RECORD_READ, err);
    bool ok = record && run_verify(record, name, &v, err) && (out->run = record_run_json(record, name, err)) &&
              read_run(out, record, args->arena, err) && read_differences(out, record, args->arena, err);
    if (ok) {
        memcpy(out->chain, v.chain, sizeof out->chain);
        out->entries = v.entries;
    }
    record_close(record);
    return ok;
}

void goals_run_close(struct goals_run *run) {
    json_decref(run->run);
    json_decref(run->json);
}

/* ---- words */

static void put_number(struct buffer *out, const char *before, double value) {
    buffer_printf(out, "%s%.10g", before, value);
}

bool goals_clause_put(struct buffer *out, const struct policy_clause *c) {
    buffer_printf(out, "%s%s%s %s", c->prefer ? "prefer " : "", c->unseen ? "unseen " : "", c->figure.text,
                  policy_op_names[c->op]);
    put_number(out, " ", c->target);
    if (c->op == POLICY_IN) put_number(out, " to ", c->upper);
    if (c->op == POLICY_NEAR) put_number(out, " +- ", c->tol);
    put_number(out, " at ", 100 * c->confidence);
    return buffer_put_char(out, '%');
}
