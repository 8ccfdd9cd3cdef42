/* From settings to figures: see effect.h. */
#include "measure/causal/effect_graph.h"
#include "measure/causal/effect_internal.h"
#include "measure/causal/effect_sample.h"

#include "record/figure.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *const effect_target_names[EFFECT_TARGETS] = {"ate", "att", "late"};
enum { RESAMPLES = 1000, SAMPLE_RESAMPLES = 200, FIGURES_MOST = 64, WARNINGS_MOST = 64 };
static const size_t WORK_BYTES = (size_t)8 << 30;

/* ---- resampling ---- */

struct resampling {
    const struct effect_problem *p;
    struct worker {
        struct arena arena;
        double *w; /* [n] */
    } * worker;
    size_t workers;
    double *value[EFFECT_TARGETS]; /* [resamples] */
};

static void resample(void *context, uint64_t number, size_t worker, const uint32_t *weights, size_t n_units) {
    struct resampling *s = context;
    struct worker *own = &s->worker[worker];
    struct effect_estimate e = {.confidence = 0.95};
    struct error unheard; /* a resample that cannot be estimated has no value */
    (void)n_units;
    if (number == 0) return;
    for (size_t i = 0; i < s->p->n; i++) own->w[i] = weights[s->p->cluster ? s->p->cluster[i] : i];
    effect_estimate_init(&e);
    arena_reset(&own->arena);
    bool ok = s->p->estimator->estimate(s->p, own->w, &own->arena, &e, &unheard);
    for (size_t t = 0; t < EFFECT_TARGETS; t++) s->value[t][number - 1] = ok ? e.value[t] : NAN;
}

static bool prepare(struct resampling *s, uint64_t resamples, struct arena *arena, struct error *err) {
    s->worker = arena_new(arena, struct worker, s->workers, err);
    for (size_t t = 0; t < EFFECT_TARGETS; t++)
        if (!s->worker || !(s->value[t] = arena_new(arena, double, resamples, err))) return false;
    for (size_t k = 0; k < s->workers; k++) {
        arena_init(&s->worker[k].arena, WORK_BYTES);
        if (!(s->worker[k].w = arena_new(arena, double, s->p->n, err))) return false;
    }
    return true;
}

/* Percentiles of what could be estimated; fewer than half of the resamples: none. */
static void take_interval(double *value, uint64_t resamples, double confidence, double *lo, double *hi) {
    size_t n = 0;
    for (uint64_t b = 0; b < resamples; b++)
        if (isfinite(value[b])) value[n++] = value[b];
    *lo = *hi = NAN;
    if (2 * n >= resamples && n > 1) stat_percentiles(value, n, confidence, lo, hi);
}

/* Where fits of resamples begin: near where they end. */
static bool find_start(struct effect_problem *p, struct arena *arena, struct error *err) {
    static const double penalty = 0.1;
    double *beta = arena_new(arena, double, p->p, err);
    if (!beta || !effect_share_fit(p, NULL, penalty, beta, arena, err)) return false;
    p->share_start = beta;
    return true;
}

static bool bootstrap(const struct effect_problem *whole, const struct effect_settings *settings, uint64_t resamples,
                      struct effect_estimate *out, struct arena *arena, struct error *err) {
    struct effect_problem begun = *whole;
    const struct effect_problem *p = &begun;
    if (p->binary && p->p > 1 && !find_start(&begun, arena, err)) return false;
    struct resampling s = {.p = p, .workers = pool_threads(settings->pool)};
    const char *method = arena_printf(arena, err, "bootstrap,B=%" PRIu64 "%s%s", resamples,
                                      p->cluster ? ",cluster=" : "", p->cluster ? settings->cluster : "");
    bool ok = method && prepare(&s, resamples, arena, err) &&
              stat_resample_rows(settings->pool, p->cluster ? p->n_clusters : p->n, resample, &s, resamples, p->seed,
                                 "effect/bootstrap", err);
    for (size_t k = 0; s.worker && k < s.workers; k++) arena_done(&s.worker[k].arena);
    for (size_t t = 0; ok && t < EFFECT_TARGETS; t++) {
        if (isnan(out->value[t])) continue;
        take_interval(s.value[t], resamples, settings->confidence, &out->lo[t], &out->hi[t]);
        out->error[t] = NAN;
        out->method[t] = method;
    }
    return ok;
}

static void intervals_from_errors(struct effect_estimate *e, double confidence) {
    double z = stat_normal_quantile((1 + confidence) / 2);
    for (size_t t = 0; t < EFFECT_TARGETS; t++)
        if (isnan(e->lo[t]) && !isnan(e->error[t]))
            e->lo[t] = e->value[t] - z * e->error[t], e->hi[t] = e->value[t] + z * e->error[t];
}

static bool has_error(const struct effect_estimate *e) {
    bool has = true;
    for (size_t t = 0; t < EFFECT_TARGETS; t++) has &= isnan(e->value[t]) || e->method[t] != NULL;
    return has;
}

static bool find_intervals(const struct effect_problem *p, const struct effect_settings *settings,
                           struct effect_estimate *e, struct arena *arena, struct error *err) {
    bool may = !(p->estimator->needs & EFFECT_OWN_ERROR);
    bool must = p->cluster || settings->bootstrap || !has_error(e);
    if (!may && (settings->bootstrap || p->cluster))
        return error_set(err, ERROR_USAGE,
                         "'%s' has an error of its own; resampling rows is wrong for it: leave out "
                         "--bootstrap and --cluster",
                         p->estimator->name);
    if (may && must && !bootstrap(p, settings, settings->bootstrap ? settings->bootstrap : RESAMPLES, e, arena, err))
        return false;
    intervals_from_errors(e, settings->confidence);
    return true;
}

/* ---- figures ---- */

static struct figure figure_of(const char *name, const struct effect_problem *p, double value) {
    const char *slash = strrchr(p->table, '/');
    struct figure f = figure_new(name, slash ? slash + 1 : p->table, value, p->n);
    f.task = p->table, f.scorer = p->estimator->name;
    return f;
}

static void put_targets(const struct effect_problem *p, const struct effect_estimate *e, struct effect_result *out) {
    for (size_t t = 0; t < EFFECT_TARGETS; t++) {
        if (isnan(e->value[t])) continue;
        struct figure f = figure_of(effect_target_names[t], p, e->value[t]);
        f.lo = e->lo[t], f.hi = e->hi[t];
        f.method = e->method[t] ? e->method[t] : "exact";
        out->figures[out->n_figures++] = f;
    }
}

static void put_extras(const struct effect_problem *p, const struct effect_estimate *e, struct effect_result *out) {
    for (size_t i = 0; i < e->n_extras; i++)
        out->figures[out->n_figures++] = figure_of(e->extra[i].name, p, e->extra[i].value);
}

/* Where both potential outcomes are known: the truth, how far the estimate is from it, and how far plain means are. */
static bool put_truth(const struct effect_problem *p, const struct effect_estimate *e, struct effect_result *out,
                      struct arena *arena, struct error *err) {
    struct effect_estimate truth = {.confidence = 0.95}, plain = truth;
    if (!p->y0 || p->estimator == &estimator_truth) return true;
    effect_estimate_init(&truth), effect_estimate_init(&plain);
    if (!estimator_truth.estimate(p, NULL, arena, &truth, err) ||
        !estimator_difference.estimate(p, NULL, arena, &plain, err))
        return false;
    static const char *const names[][2] = {{"truth_ate", "error_ate"}, {"truth_att", "error_att"}};
    for (size_t t = 0; t < 2; t++) {
        if (isnan(e->value[t])) continue;
        out->figures[out->n_figures++] = figure_of(names[t][0], p, truth.value[t]);
        out->figures[out->n_figures++] = figure_of(names[t][1], p, e->value[t] - truth.value[t]);
    }
    out->figures[out->n_figures++] = figure_of("bias_of_means", p, plain.value[0] - truth.value[0]);
    return true;
}

static bool split_warnings(const struct buffer *b, struct effect_result *out, struct arena *arena, struct error *err) {
    struct text rest = {buffer_text(b).at, b->len}, line;
    while (b->len && text_next(&rest, '\n', &line) && out->n_warnings < WARNINGS_MOST) {
        if (line.len == 0) continue;
        char *copy = arena_copy(arena, line.at, line.len, err);
        if (!copy) return false;
        out->warnings[out->n_warnings++] = copy;
    }
    return true;
}

static bool name_covariates(const struct effect_problem *p, struct effect_result *out, struct arena *arena,
                            struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    for (size_t j = 1; j < p->p; j++) buffer_printf(&b, "%s%s", j > 1 ? ", " : "", p->x_name[j]);
    out->adjusted = b.len ? arena_copy(arena, b.at, b.len, err) : "";
    buffer_done(&b);
    return out->adjusted != NULL;
}

static bool fill_result(const struct effect_problem *p, const struct effect_estimate *e,
                        const struct effect_estimate *checks, const struct buffer *warnings, struct effect_result *out,
                        struct arena *arena, struct error *err) {
    out->figures = arena_new(arena, struct figure, FIGURES_MOST, err);
    out->warnings = arena_new(arena, const char *, WARNINGS_MOST, err);
    if (!out->figures || !out->warnings) return false;
    if (p->binary) out->treated_value = p->high;
    for (size_t i = 0; p->binary && i < p->n; i++) out->treated += p->t[i] == 1;
    put_targets(p, e, out);
    if (!put_truth(p, e, out, arena, err)) return false;
    put_extras(p, e, out);
    put_extras(p, checks, out);
    return split_warnings(warnings, out, arena, err) && name_covariates(p, out, arena, err);
}

/* ---- the whole ---- */

static bool estimate(const struct effect_problem *p, const struct effect_settings *settings, struct buffer *warnings,
                     struct arena *arena, struct effect_result *out, struct error *err) {
    struct effect_estimate found = {.confidence = settings->confidence, .warnings = warnings}, checks = found;
    effect_estimate_init(&found), effect_estimate_init(&checks);
    if (!effect_check_overlap(p, &checks, arena, err) || !p->estimator->estimate(p, NULL, arena, &found, err))
        return false;
    for (size_t t = 0; t < EFFECT_TARGETS; t++)
        if (isinf(found.value[t]))
            return error_set(err, ERROR_DATA, "%s: the effect is not a number; one kind of unit is missing", p->table);
    return find_intervals(p, settings, &found, arena, err) && effect_refute(p, &found, &checks, arena, err) &&
           fill_result(p, &found, &checks, warnings, out, arena, err);
}

static bool open_question(const struct effect_settings *settings, struct arena *arena, struct effect_problem *p,
                          struct buffer *warnings, struct effect_result *out, struct error *err) {
    struct effect_table table;
    struct effect_given given = {.covariates = settings->covariates, .spec = settings->estimator};
    const struct estimator *e = estimator_find(spec_name(text_of(settings->estimator)), err);
    if (!e || !effect_table_read(settings->tables, settings->n_tables, arena, &table, err)) return false;
    if (settings->graph && !effect_from_graph(settings, e, &table, arena, &given, warnings, err)) return false;
    const struct option_value *options = spec_parse(arena, text_of(given.spec), e->options, e->n_options, err);
    return options && effect_design(&table, settings, given.covariates, e, options, arena, p, out, err);
}

bool effect_estimate_table(const struct effect_settings *settings, struct arena *arena, struct effect_result *out,
                           struct error *err) {
    struct effect_problem p;
    struct buffer warnings;
    *out = (struct effect_result){.adjusted = "", .missing = ""};
    buffer_init(&warnings, (size_t)1 << 16);
    bool ok =
        open_question(settings, arena, &p, &warnings, out, err) && estimate(&p, settings, &warnings, arena, out, err);
    buffer_done(&warnings);
    return ok;
}

/* ---- a table in memory ---- */

static bool table_of(const double *cells, size_t rows, const char *const *column, size_t columns, struct arena *arena,
                     struct effect_table *out, struct error *err) {
    *out = (struct effect_table){.name = "sample", .rows = rows, .n_columns = columns};
    out->column = arena_new(arena, struct effect_column, columns, err);
    out->line = arena_new(arena, size_t, rows, err);
    if (!out->column || !out->line) return false;
    for (size_t c = 0; c < columns; c++) {
        double *x = arena_new(arena, double, rows, err);
        if (!x) return false;
        for (size_t r = 0; r < rows; r++) x[r] = cells[r * columns + c];
        out->column[c] = (struct effect_column){.name = column[c], .x = x};
    }
    return true;
}

bool effect_sample_estimate(const double *cells, size_t rows, const char *const *column, size_t columns,
                            const char *spec, const char *covariates, uint64_t seed, struct arena *arena,
                            struct effect_sample *out, struct error *err) {
    struct effect_settings settings = {.treatment = column[0], .outcome = column[1], .confidence = 0.95, .seed = seed};
    struct effect_estimate found = {.confidence = 0.95};
    struct effect_result unused = {.missing = ""};
    struct effect_table table;
    struct effect_problem p;
    const struct estimator *e = estimator_find(spec_name(text_of(spec)), err);
    const struct option_value *options = e ? spec_parse(arena, text_of(spec), e->options, e->n_options, err) : NULL;
    effect_estimate_init(&found);
    if (!options || !table_of(cells, rows, column, columns, arena, &table, err) ||
        !effect_design(&table, &settings, covariates, e, options, arena, &p, &unused, err) ||
        !e->estimate(&p, NULL, arena, &found, err))
        return false;
    settings.bootstrap = has_error(&found) ? 0 : SAMPLE_RESAMPLES;
    size_t t = 0;
    while (t + 1 < EFFECT_TARGETS && isnan(found.value[t])) t++;
    if (!find_intervals(&p, &settings, &found, arena, err)) return false;
    *out = (struct effect_sample){found.value[t], found.lo[t], found.hi[t]};
    return true;
}

/* ---- two tables ---- */

static double error_of(const struct figure *f, double confidence) {
    return (f->hi - f->lo) / 2 / stat_normal_quantile((1 + confidence) / 2);
}

static bool put_difference(const struct figure *a, const struct figure *b, double confidence, struct effect_result *out,
                           struct arena *arena, struct error *err) {
    double error = hypot(error_of(a, confidence), error_of(b, confidence));
    double z = stat_normal_quantile((1 + confidence) / 2);
    struct figure f = *a;
    f.name = arena_printf(arena, err, "difference_%s", a->name);
    f.task = f.group = "";
    f.value = a->value - b->value;
    f.lo = f.value - z * error, f.hi = f.value + z * error;
    f.n = a->n + b->n;
    f.method = "normal";
    if (!f.name) return false;
    out->figures[out->n_figures++] = f;
    if (!(f.lo > 0 || f.hi < 0)) return true;
    out->warnings[out->n_warnings] =
        arena_printf(arena, err,
                     "%s: %.4g in '%s' and %.4g in '%s' differ by more than chance; they rest on different "
                     "assumptions, and at least one set does not hold",
                     a->name, a->value, a->task, b->value, b->task);
    return out->warnings[out->n_warnings++] != NULL;
}

bool effect_compare_tables(const struct effect_settings *a, const struct effect_settings *b, struct arena *arena,
                           struct effect_result *out, struct error *err) {
    struct effect_result first, second;
    if (!effect_estimate_table(a, arena, &first, err) || !effect_estimate_table(b, arena, &second, err)) return false;
    *out = first;
    out->figures = arena_new(arena, struct figure, 2 * FIGURES_MOST + EFFECT_TARGETS, err);
    out->warnings = arena_new(arena, const char *, 2 * WARNINGS_MOST + EFFECT_TARGETS, err);
    if (!out->figures || !out->warnings) return false;
    out->n_figures = out->n_warnings = 0;
    for (size_t i = 0; i < first.n_figures; i++) out->figures[out->n_figures++] = first.figures[i];
    for (size_t i = 0; i < second.n_figures; i++) out->figures[out->n_figures++] = second.figures[i];
    for (size_t i = 0; i < first.n_warnings; i++) out->warnings[out->n_warnings++] = first.warnings[i];
    for (size_t i = 0; i < second.n_warnings; i++) out->warnings[out->n_warnings++] = second.warnings[i];
    for (size_t i = 0; i < first.n_figures && i < EFFECT_TARGETS; i++)
        for (size_t k = 0; k < second.n_figures && k < EFFECT_TARGETS; k++)
            if (strcmp(first.figures[i].name, second.figures[k].name) == 0 && !isnan(first.figures[i].lo) &&
                !put_difference(&first.figures[i], &second.figures[k], a->confidence, out, arena, err))
                return false;
    return true;
}
