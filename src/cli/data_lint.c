/* Findings as lines for people, one JSON value, or SARIF. See data_lint.h. */
#include "cli/data_lint.h"

#include "measure/data/lint.h"
#include "measure/figure/parallel_lint.h"
#include "report/findings.h"

#include <math.h>
#include <string.h>

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
            (unsigned long long)r->sets, (unsigned long long)r->findings[FINDING_ERROR],
            (unsigned long long)r->findings[FINDING_WARNING]);
    if (r->prompts) fprintf(out, "%llu different prompts\n", (unsigned long long)r->prompts);
}

static json_t *more_json(const struct lint_result *r) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < r->n_baselines; i++) {
        const struct lint_baseline *b = &r->baselines[i];
        json_array_append_new(list, json_pack("{s:s s:I s:o s:o s:o s:o s:o}", "of", b->name, "rows",
                                              (json_int_t)b->rows, "chance", json_from_f64(b->chance), "first",
                                              json_from_f64(b->first), "constant", json_from_f64(b->constant),
                                              "longest", json_from_f64(b->longest), "named", json_from_f64(b->named)));
    }
    return json_pack("{s:o s:I s:I}", "baselines", list, "rows", (json_int_t)r->rows, "prompts",
                     (json_int_t)r->prompts);
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

static size_t rules_of(const struct finding_rule *rules[], size_t most) {
    const struct lint_rule *all;
    size_t n = lint_rules(&all), i = 0;
    for (; i < n && i < most; i++) rules[i] = &all[i].is;
    return i;
}

bool data_lint(struct arguments *args, struct error *err) {
    enum { RULES_MOST = 64 };
    const struct finding_rule *rules[RULES_MOST];
    enum findings_form form;
    struct findings told;
    struct lint_result result;
    if (args_text(args, "explain", NULL)) return explain(args, args_text(args, "explain", NULL), err);
    if (!common_findings_form(args, &form, err) ||
        !findings_init(&told, form, args->out, rules, rules_of(rules, RULES_MOST), err))
        return false;
    struct lint_settings settings = {.path = common_path(args, err),
                                     .only = args_text(args, "only", NULL),
                                     .seed = args_count(args, "seed", 1),
                                     .sink = findings_put,
                                     .context = &told};
    bool ok = settings.path &&
              (args->n_words > 1 || error_set(err, ERROR_USAGE, "expected `basanite data lint FILE|SUITE...`")) &&
              lint_run(args->words + 1, args->n_words - 1, &settings, args->arena, &result, err) &&
              findings_end(&told, more_json(&result), err);
    if (ok && form == FINDINGS_LINES) print_baselines(args->out, &result);
    findings_done(&told);
    if (!ok || result.findings[FINDING_ERROR] == 0 || args_on(args, "lenient")) return ok;
    return error_set(err, ERROR_DATA, "%llu errors; the first: %s", (unsigned long long)result.findings[FINDING_ERROR],
                     told.first);
}
