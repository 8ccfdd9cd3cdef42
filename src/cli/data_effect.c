/* An effect as a table of figures, warnings on standard error. See data_effect.h. */
#include "cli/data_effect.h"

#include "cli/score_answers.h"
#include "measure/causal/effect.h"

#include <string.h>

/* COL, or COL=VALUE. */
static bool read_treatment(struct arguments *args, struct effect_settings *s, struct error *err) {
    const char *value = s->treatment ? strchr(s->treatment, '=') : NULL;
    if (!value) return true;
    s->treated = value + 1;
    s->treatment = text_copy(args->arena, (struct text){s->treatment, (size_t)(value - s->treatment)}, err);
    return s->treatment &&
           (*s->treated || error_set(err, ERROR_USAGE, "--treatment %s=: expected a value behind it", s->treatment));
}

static bool read_flags(struct arguments *args, struct effect_settings *s, struct error *err) {
    *s = (struct effect_settings){.tables = args->words + 1,
                                  .n_tables = args->n_words - 1,
                                  .treatment = args_text(args, "treatment", NULL),
                                  .outcome = args_text(args, "outcome", NULL),
                                  .covariates = args_text(args, "covariates", NULL),
                                  .graph = args_text(args, "graph", NULL),
                                  .estimator = args_text(args, "estimator", NULL),
                                  .cluster = args_text(args, "cluster", NULL),
                                  .confidence = args_real(args, "confidence", 0.95),
                                  .bootstrap = args_count(args, "bootstrap", 0),
                                  .seed = args_count(args, "seed", 1)};
    if (!(s->confidence > 0 && s->confidence < 1))
        return error_set(err, ERROR_USAGE, "--confidence: expected a number between 0 and 1");
    if (s->bootstrap == 1) return error_set(err, ERROR_USAGE, "--bootstrap: expected at least 2");
    if (!read_treatment(args, s, err)) return false;
    return (args->n_words >= 2 && s->treatment && s->outcome && s->estimator) ||
           error_set(err, ERROR_USAGE,
                     "expected `basanite data effect TABLE... --treatment T --outcome Y --estimator "
                     "SPEC`; `basanite methods estimator` lists them");
}

static json_t *more_json(const struct effect_result *r) {
    json_t *warnings = json_array();
    for (size_t i = 0; warnings && i < r->n_warnings; i++) json_array_append_new(warnings, json_string(r->warnings[i]));
    return json_pack("{s:I s:I s:I s:s? s:s s:o}", "rows", (json_int_t)r->rows, "left_out", (json_int_t)r->left_out,
                     "treated", (json_int_t)r->treated, "treated_value", r->treated_value, "adjusted_for", r->adjusted,
                     "warnings", warnings);
}

static void tell(const struct arguments *args, const struct effect_result *r) {
    if (args_on(args, "quiet")) return;
    fprintf(stderr, "%zu rows", r->rows);
    if (r->treated_value)
        fprintf(stderr, ", %zu treated (%.*s = %s)", r->treated, (int)strcspn(args_text(args, "treatment", ""), "="),
                args_text(args, "treatment", ""), r->treated_value);
    if (r->left_out) fprintf(stderr, "; %zu left out for missing values, mostly of '%s'", r->left_out, r->missing);
    fputc('\n', stderr);
    for (size_t i = 0; i < r->n_warnings; i++) fprintf(stderr, "warning: %s\n", r->warnings[i]);
}

bool data_effect(struct arguments *args, struct error *err) {
    struct effect_settings s, other;
    struct effect_result result;
    const char *beside = args_text(args, "beside", NULL);
    if (!read_flags(args, &s, err)) return false;
    struct pool *pool = pool_new(common_threads(args), err);
    if (!pool) return false;
    s.pool = pool;
    other = s;
    other.tables = &beside, other.n_tables = 1;
    bool ok = beside ? effect_compare_tables(&s, &other, args->arena, &result, err)
                     : effect_estimate_table(&s, args->arena, &result, err);
    pool_free(pool);
    if (!ok) return false;
    tell(args, &result);
    return print_figures(args, args->out, result.figures, result.n_figures, more_json(&result), err);
}
