/* Findings as lines for people, or one JSON value. See data_lint.h. */
#include "cli/data_lint.h"

#include "measure/data/lint.h"
#include "measure/figure/parallel_lint.h"

#include <math.h>
#include <string.h>

struct printer {
    struct arguments *args;
    json_t *findings;
    char first[320]; /* the first error */
};

static bool print_finding(void *context, const struct lint_finding *f, struct error *err) {
    struct printer *p = context;
    char place[200];
    snprintf(place, sizeof place, f->line ? "%.180s:%zu" : "%.180s", f->file, f->line);
    if (f->severity == LINT_ERROR && !p->first[0])
        snprintf(p->first, sizeof p->first, "%s: %s: %.100s", place, f->rule, f->what);
    if (!args_on(p->args, "json"))
        return fprintf(p->args->out, "%-8s %-18s %s: %s\n", lint_severity_names[f->severity], f->rule, place,
                       f->what) >= 0 ||
               error_set(err, ERROR_ENVIRONMENT, "cannot write findings");
    json_t *row =
        json_pack("{s:s s:s s:o s:o s:o}", "severity", lint_severity_names[f->severity], "rule", f->rule, "file",
                  json_from_text(text_of(f->file)), "line", f->line ? json_integer((json_int_t)f->line) : json_null(),
                  "what", json_from_text(text_of(f->what)));
    return (row && json_array_append_new(p->findings, row) == 0) || error_memory(err, "findings");
}

static void put_score(FILE *out, double x) {
    if (isnan(x))
        fprintf(out, " %9s", "-");
    else
        fprintf(out, " %9.4f", x);
}

static void print_baselines(FILE *out, const struct lint_result *r) {
    if (r->n_baselines)
        fprintf(out, "\n%-40s %8s %9s %9s %9s %9s %9s\n", "constants score, of", "rows", "chance", "first", "constant",
                "longest", "named");
    for (size_t i = 0; i < r->n_baselines; i++) {
        const struct lint_baseline *b = &r->baselines[i];
        fprintf(out, "%-40s %8llu", b->name, (unsigned long long)b->rows);
        const double scores[] = {b->chance, b->first, b->constant, b->longest, b->named};
        for (size_t k = 0; k < 5; k++) put_score(out, scores[k]);
        fputc('\n', out);
    }
    fprintf(out, "%llu rows of %llu files or tasks: %llu errors, %llu warnings\n", (unsigned long long)r->rows,
            (unsigned long long)r->sets, (unsigned long long)r->findings[LINT_ERROR],
            (unsigned long long)r->findings[LINT_WARNING]);
}

static bool print_all_json(struct printer *p, const struct lint_result *r, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < r->n_baselines; i++) {
        const struct lint_baseline *b = &r->baselines[i];
        json_array_append_new(list, json_pack("{s:s s:I s:o s:o s:o s:o s:o}", "of", b->name, "rows",
                                              (json_int_t)b->rows, "chance", json_from_f64(b->chance), "first",
                                              json_from_f64(b->first), "constant", json_from_f64(b->constant),
                                              "longest", json_from_f64(b->longest), "named", json_from_f64(b->named)));
    }
    json_t *all =
        json_pack("{s:O s:o s:I s:I s:I}", "findings", p->findings, "baselines", list, "rows", (json_int_t)r->rows,
                  "errors", (json_int_t)r->findings[LINT_ERROR], "warnings", (json_int_t)r->findings[LINT_WARNING]);
    bool ok = all ? print_json(p->args->out, all, err) : error_memory(err, "findings");
    json_decref(all);
    return ok;
}

/* What the published reader of XTRUST makes of a true accuracy where golds are spoilt: --explain
 * fixed=X,bad=Y,nonresp=Z. */
static bool explain(struct arguments *args, const char *keys, struct error *err) {
    static const struct option_def options[] = {
        {"fixed", OPTION_REAL, "0", 0, 1, NULL, "accuracy with all golds repaired"},
        {"bad", OPTION_REAL, "0", 0, 1, NULL, "share of golds that are spoilt"},
        {"nonresp", OPTION_REAL, "0", 0, 1, NULL, "share of items without an answer, among those"},
    };
    const char *spec = arena_printf(args->arena, err, "explain,%s", keys);
    const struct option_value *v = spec ? spec_parse(args->arena, text_of(spec), options, 3, err) : NULL;
    if (!v) return false;
    double published = parallel_explain(v[0].real, v[1].real, v[2].real);
    if (!args_on(args, "json"))
        return fprintf(args->out, "published = fixed (1 - bad) + bad nonresp = %.6g\n", published) > 0 ||
               error_set(err, ERROR_ENVIRONMENT, "cannot write the explanation");
    json_t *row = json_pack("{s:o s:o s:o s:o}", "fixed", json_from_f64(v[0].real), "bad", json_from_f64(v[1].real),
                            "nonresp", json_from_f64(v[2].real), "published", json_from_f64(published));
    bool ok = row ? print_json(args->out, row, err) : error_memory(err, "explanation");
    json_decref(row);
    return ok;
}

bool data_lint(struct arguments *args, struct error *err) {
    if (args_text(args, "explain", NULL)) return explain(args, args_text(args, "explain", NULL), err);
    struct printer p = {.args = args, .findings = json_array()};
    struct lint_settings settings = {.path = common_path(args, err),
                                     .only = args_text(args, "only", NULL),
                                     .seed = args_count(args, "seed", 1),
                                     .sink = print_finding,
                                     .context = &p};
    struct lint_result result;
    bool ok = settings.path && (p.findings || error_memory(err, "findings")) &&
              (args->n_words > 1 || error_set(err, ERROR_USAGE, "expected `basanite data lint FILE|SUITE...`")) &&
              lint_run(args->words + 1, args->n_words - 1, &settings, args->arena, &result, err);
    if (ok && args_on(args, "json")) ok = print_all_json(&p, &result, err);
    if (ok && !args_on(args, "json")) print_baselines(args->out, &result);
    json_decref(p.findings);
    if (!ok || result.findings[LINT_ERROR] == 0 || args_on(args, "lenient")) return ok;
    return error_set(err, ERROR_DATA, "%llu errors; the first: %s", (unsigned long long)result.findings[LINT_ERROR],
                     p.first);
}
