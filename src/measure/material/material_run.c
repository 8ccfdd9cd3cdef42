/* Running a reference material: each dose is measured again and again, and what was found is held against what was
 * planted. */
#include "measure/material/material_internal.h"
#include "measure/statistics/statistics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXACT 1e-9
enum { SECOND_LOOK = 10, SECOND_LOOK_BELOW = 2000 };

/* One figure of one repetition. */
struct finding {
    double value, lo, hi;
    uint64_t n;
    char method[64];
    bool there;
};

/* The repetitions of one dose, shared out over the workers. */
struct repetitions {
    const struct material *material;
    const struct material_settings *settings;
    size_t dose;
    uint64_t first, n;                  /* repetitions first .. first + n - 1 */
    struct subject *subject;            /* keeps nothing between asks, so the workers share it */
    const struct material_sheet *sheet; /* NULL: the rows are made anew each time */
    struct material_memo **memos;       /* of each worker; with a sheet */
    struct finding *findings;           /* [n][figures] */
    struct error *errors;               /* of each worker: its first */
};

uint64_t material_needed(uint64_t n, double confidence) {
    double rare = stat_binomial_cdf(182, 200, 0.95);
    uint64_t k = 0;
    while (k < n && stat_binomial_cdf(k, n, confidence) <= rare) k++;
    return k;
}

/* ---- repetitions ---- */

static void take_findings(const struct repetitions *all, const struct figure *figures, size_t n, size_t r) {
    const struct material *m = all->material;
    for (size_t f = 0; f < m->n_figures; f++) {
        struct finding *out = &all->findings[r * m->n_figures + f];
        const struct figure *figure = material_find(&m->figures[f], figures, n);
        *out = (struct finding){.value = NAN, .lo = NAN, .hi = NAN};
        if (!figure) continue;
        *out =
            (struct finding){.value = figure->value, .lo = figure->lo, .hi = figure->hi, .n = figure->n, .there = true};
        snprintf(out->method, sizeof out->method, "%s", figure->method);
    }
}

/* part: counted from the first repetition. */
static bool measure(const struct repetitions *all, const struct material_sheet *sheet, struct material_memo *memo,
                    size_t part, struct error *err) {
    struct arena arena;
    struct figure *figures;
    size_t n;
    arena_init(&arena, 0);
    bool ok = material_measure(sheet, memo, all->subject, all->settings,
                               material_seed(all->material, all->settings, all->dose, all->first + part), &arena,
                               &figures, &n, err);
    if (ok) take_findings(all, figures, n, part);
    arena_done(&arena);
    return ok;
}

static bool repeat_once(const struct repetitions *all, size_t part, size_t worker, struct error *err) {
    struct material_sheet own;
    if (interrupted(all->settings->stop)) return error_set(err, ERROR_INTERRUPTED, "interrupted");
    if (all->sheet) return measure(all, all->sheet, all->memos[worker], part, err);
    uint64_t rows_seed = material_rows_seed(all->material, all->settings, all->dose, all->first + part);
    if (!material_sheet_open(all->material, all->settings, all->dose, rows_seed, &own, err)) return false;
    struct material_memo *memo = material_memo_new(own.n, err);
    bool ok = memo && measure(all, &own, memo, part, err);
    material_memo_free(memo);
    material_sheet_close(&own);
    return ok;
}

static void do_repetition(void *context, size_t part, size_t worker) {
    const struct repetitions *all = context;
    struct error *err = &all->errors[worker];
    if (err->kind == ERROR_NONE && !repeat_once(all, part, worker, err) && err->kind == ERROR_NONE)
        error_set(err, ERROR_ENVIRONMENT, "repetition %zu failed", part);
}

static bool open_memos(struct repetitions *all, size_t workers, struct error *err) {
    if (!all->sheet) return true;
    if (!(all->memos = memory_zeroed(workers, sizeof *all->memos))) return error_memory(err, "repetitions");
    for (size_t w = 0; w < workers; w++)
        if (!(all->memos[w] = material_memo_new(all->sheet->n, err))) return false;
    return true;
}

static bool repeat_all(struct repetitions *all, struct error *err) {
    struct pool *pool = all->settings->pool;
    size_t workers = pool_threads(pool);
    struct finding *findings = memory_grow(all->findings, all->n * all->material->n_figures, sizeof *findings);
    if (findings) all->findings = findings;
    all->errors = memory_zeroed(workers, sizeof *all->errors);
    bool ok = ((all->errors && findings) || error_memory(err, "repetitions")) && open_memos(all, workers, err);
    if (ok) pool_run(pool, all->n, do_repetition, all);
    for (size_t w = 0; ok && w < workers; w++)
        if (all->errors[w].kind != ERROR_NONE) ok = (*err = all->errors[w], false);
    for (size_t w = 0; all->memos && w < workers; w++) material_memo_free(all->memos[w]);
    memory_free(all->memos);
    memory_free(all->errors);
    all->memos = NULL;
    return ok;
}

/* ---- verdicts ---- */

static bool near_planted(double found, double planted) {
    return isnan(planted) ? isnan(found) : fabs(found - planted) <= EXACT;
}

/* An interval of no width, or none because nothing varied, covers what it equals. */
static bool covers(const struct finding *f, double planted) {
    if (isnan(planted) || isnan(f->lo) || isnan(f->hi)) return near_planted(f->value, planted);
    return f->lo <= planted + EXACT && planted - EXACT <= f->hi;
}

static void sum_up(const struct repetitions *all, size_t f, struct material_row *row, bool *exact, bool *method_ok) {
    const struct material_figure *figure = &all->material->figures[f];
    double sum = 0;
    *exact = *method_ok = true;
    row->least = INFINITY;
    row->most = -INFINITY;
    for (uint64_t r = 0; r < all->n; r++) {
        const struct finding *x = &all->findings[r * all->material->n_figures + f];
        sum += x->value;
        row->least = fmin(row->least, x->value);
        row->most = fmax(row->most, x->value);
        row->covering += covers(x, row->planted);
        *exact = *exact && near_planted(x->value, row->planted);
        *method_ok = *method_ok && (!figure->method || text_starts(text_of(x->method), text_of(figure->method)));
        if (r == 0) snprintf(row->method, sizeof row->method, "%s", x->method);
        if (r == 0) row->n = x->n;
    }
    row->found = sum / (double)all->n;
}

/* What the mean of fewer repetitions than the material asks for may lie off by chance: 3.5 standard errors. */
static double slack(const struct repetitions *all, size_t f, double mean) {
    double square = 0;
    if (all->n >= all->material->repeat) return 0;
    for (uint64_t r = 0; r < all->n; r++) {
        double d = all->findings[r * all->material->n_figures + f].value - mean;
        square += d * d;
    }
    return 3.5 * sqrt(square / (double)(all->n > 1 ? all->n - 1 : 1) / (double)all->n);
}

static int direction(double before, double now) {
    return (now > before) - (now < before);
}

/* last: the row of the same figure at the dose before; NULL at the first one. tolerance: of the mean. */
static void judge(struct material_row *row, const struct material_row *last, double tolerance, bool exact,
                  bool method_ok) {
    row->why = "";
    switch (row->rule) {
    case MATERIAL_CI:
        row->passed = row->covering >= row->needed && method_ok;
        row->why = row->passed ? "" : method_ok ? "too few intervals cover it" : "the intervals are of another method";
        break;
    case MATERIAL_EXACT:
        row->passed = exact;
        row->why = exact ? "" : "a repetition found something else";
        break;
    case MATERIAL_ORDERING:
        row->passed = !last || direction(last->found, row->found) == direction(last->planted, row->planted);
        row->why = row->passed ? "" : "the mean does not follow the dose";
        break;
    default:
        row->passed = fabs(row->found - row->planted) <= tolerance;
        row->why = row->passed ? "" : "the mean lies further away than the tolerance";
    }
}

static bool begin_row(const struct repetitions *all, size_t f, struct material_row *row, struct error *err) {
    const struct material *m = all->material;
    const struct material_figure *figure = &m->figures[f];
    *row = (struct material_row){.material = m->name,
                                 .dose = m->doses[all->dose].shown,
                                 .figure = figure->shown,
                                 .clean = all->dose == 0,
                                 .repeats = all->n,
                                 .rule = figure->rule,
                                 .tolerance = figure->tolerance};
    if (!all->findings[f].there) return error_set(err, ERROR_DATA, "its task gives no figure '%s'", figure->shown);
    if (row->rule == MATERIAL_CI) row->needed = material_needed(all->n, all->settings->confidence);
    return material_number(figure->recovers, m->doses[all->dose].values, &row->planted, err) ||
           error_wrap(err, "figure '%s'", figure->shown);
}

/* rows: of this dose; last: of the dose before, NULL at the first. */
static bool judge_dose(const struct repetitions *all, struct material_row *rows, const struct material_row *last,
                       struct error *err) {
    for (size_t f = 0; f < all->material->n_figures; f++) {
        bool exact, method_ok;
        if (!begin_row(all, f, &rows[f], err)) return false;
        sum_up(all, f, &rows[f], &exact, &method_ok);
        double tolerance = rows[f].tolerance + slack(all, f, rows[f].found);
        judge(&rows[f], last ? &last[f] : NULL, tolerance, exact, method_ok);
    }
    return true;
}

/* Which rows are to be looked at again: see material.h. */
static bool is_doubtful(const struct material_row *row) {
    return row->rule == MATERIAL_CI && row->covering < row->needed && row->repeats < SECOND_LOOK_BELOW;
}

static bool look_again(struct repetitions *all, struct material_row *rows, struct error *err) {
    bool doubtful = false;
    for (size_t f = 0; f < all->material->n_figures; f++) doubtful = doubtful || is_doubtful(&rows[f]);
    if (!doubtful) return true;
    all->first = all->n;
    all->n *= SECOND_LOOK;
    if (!repeat_all(all, err)) return false;
    for (size_t f = 0; f < all->material->n_figures; f++) {
        struct material_row second = {.planted = rows[f].planted};
        bool exact, method_ok;
        if (!is_doubtful(&rows[f])) continue;
        sum_up(all, f, &second, &exact, &method_ok);
        rows[f].again.repeats = all->n;
        rows[f].again.covering = second.covering;
        rows[f].again.needed = material_needed(all->n, all->settings->confidence);
        rows[f].passed = method_ok && rows[f].again.covering >= rows[f].again.needed;
        if (rows[f].passed) rows[f].why = "";
    }
    return true;
}

static bool run_dose(const struct material *m, const struct material_settings *settings, size_t dose,
                     struct material_row *rows, const struct material_row *last, struct error *err) {
    struct repetitions all = {.material = m, .settings = settings, .dose = dose};
    struct material_sheet sheet;
    bool shared = m->kind != MATERIAL_DATA;
    uint64_t rows_seed = material_rows_seed(m, settings, dose, 0);
    all.n = m->kind == MATERIAL_EXACT_KIND ? 1 : settings->repeat ? settings->repeat : m->repeat;
    if (shared && !material_sheet_open(m, settings, dose, rows_seed, &sheet, err)) return false;
    all.sheet = shared ? &sheet : NULL;
    all.subject = material_subject(m, dose, err);
    bool ok = all.subject && repeat_all(&all, err) && judge_dose(&all, rows, last, err) && look_again(&all, rows, err);
    memory_free(all.findings);
    subject_close(all.subject);
    if (shared) material_sheet_close(&sheet);
    return ok;
}

bool material_run(const struct material *m, const struct material_settings *settings, material_report *report,
                  void *context, struct error *err) {
    struct material_row *rows = memory_zeroed(2 * m->n_figures, sizeof *rows), *last = NULL;
    bool ok = rows || error_memory(err, "material");
    for (size_t d = 0; ok && d < m->n_doses; d++) {
        struct material_row *now = rows + d % 2 * m->n_figures;
        if (!run_dose(m, settings, d, now, last, err))
            ok = error_wrap(err, "material '%s', dose %s", m->name, m->doses[d].shown);
        for (size_t f = 0; ok && f < m->n_figures; f++) report(context, &now[f]);
        last = now;
    }
    memory_free(rows);
    return ok;
}
