/* Estimators of units seen before and after: difference in differences, synthetic control. The treatment is that of the
 * unit (the state that passed the law), in all its rows; `post` says which rows are after it. */
#include "measure/causal/effect_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POST, UNIT, TIME };
static const char *const roles[] = {"post", "unit", "time", NULL};

/* Units of the panel, and for each its rows. */
struct panel {
    size_t n, *unit; /* [rows] which */
    double *name;    /* as in the file */
    bool *treated;
    double *before, *after; /* means of the outcome */
};

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The sorted different values of x and which each row has. */
static bool number_values(const double *x, size_t n, double **value, size_t **which, size_t *count, struct arena *arena,
                          struct error *err) {
    *value = arena_new(arena, double, n, err);
    *which = arena_new(arena, size_t, n, err);
    if (!*value || !*which) return false;
    memcpy(*value, x, n * sizeof *x);
    qsort(*value, n, sizeof **value, by_value);
    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || (*value)[i] != (*value)[*count - 1]) (*value)[(*count)++] = (*value)[i];
    for (size_t i = 0; i < n; i++) {
        const double *at = bsearch(&x[i], *value, *count, sizeof *x, by_value);
        (*which)[i] = (size_t)(at - *value);
    }
    return true;
}

static bool check_post(const struct effect_problem *p, struct error *err) {
    const struct effect_role *post = &p->role[POST];
    size_t rows[2] = {0, 0};
    if (!post->name)
        return error_set(err, ERROR_USAGE, "'%s' needs post=COLUMN: 1 in rows after the treatment began",
                         p->estimator->name);
    for (size_t i = 0; i < p->n; i++) {
        if (post->x[i] != 0 && post->x[i] != 1)
            return error_set(err, ERROR_DATA, "%s:%zu: '%s': expected 0 or 1", p->table, p->line[i], post->name);
        rows[post->x[i] == 1]++;
    }
    return (rows[0] && rows[1]) ||
           error_set(err, ERROR_DATA, "%s: '%s' is %d in all rows; there must be rows before and after", p->table,
                     post->name, rows[1] ? 1 : 0);
}

static bool make_panel(const struct effect_problem *p, struct panel *out, struct arena *arena, struct error *err) {
    if (!number_values(p->role[UNIT].x, p->n, &out->name, &out->unit, &out->n, arena, err)) return false;
    out->treated = arena_new(arena, bool, out->n, err);
    double *sum = out->treated ? arena_new(arena, double, out->n * 4, err) : NULL, *count = sum + 2 * out->n;
    bool *seen = sum ? arena_new(arena, bool, out->n, err) : NULL;
    if (!seen) return false;
    for (size_t i = 0; i < p->n; i++) {
        size_t u = out->unit[i], side = p->role[POST].x[i] == 1;
        if (seen[u] && out->treated[u] != (p->t[i] == 1))
            return error_set(err, ERROR_DATA,
                             "%s:%zu: unit %g of '%s' is treated in some rows and not in others; the "
                             "treatment says which unit is treated, post= says when",
                             p->table, p->line[i], out->name[u], p->role[UNIT].name);
        seen[u] = true, out->treated[u] = p->t[i] == 1;
        sum[side * out->n + u] += p->y[i], count[side * out->n + u]++;
    }
    for (size_t u = 0; u < 2 * out->n; u++) {
        if (count[u] == 0)
            return error_set(err, ERROR_DATA, "%s: unit %g of '%s' has no row %s", p->table, out->name[u % out->n],
                             p->role[UNIT].name, u < out->n ? "before" : "after");
        sum[u] /= count[u];
    }
    out->before = sum, out->after = sum + out->n;
    return true;
}

/* ---- difference in differences ---- */

/* Cells by treatment and time. */
static double did_value(const struct effect_problem *p, const double *w, double *variance) {
    double n[4] = {0}, sum[4] = {0}, square[4] = {0}, mean[4];
    for (size_t i = 0; i < p->n; i++) {
        size_t c = 2 * (size_t)(p->t[i] == 1) + (p->role[POST].x[i] == 1);
        n[c] += effect_weight(w, i), sum[c] += effect_weight(w, i) * p->y[i];
    }
    for (size_t c = 0; c < 4; c++) mean[c] = sum[c] / n[c];
    for (size_t i = 0; i < p->n; i++) {
        size_t c = 2 * (size_t)(p->t[i] == 1) + (p->role[POST].x[i] == 1);
        square[c] += effect_weight(w, i) * pow(p->y[i] - mean[c], 2);
    }
    *variance = 0;
    for (size_t c = 0; c < 4; c++) *variance += square[c] / (n[c] - 1) / n[c];
    return mean[3] - mean[2] - (mean[1] - mean[0]);
}

/* The error over units: of the difference of mean changes. One treated unit has no spread: NaN. */
static double did_error(const struct panel *panel) {
    double n[2] = {0}, sum[2] = {0}, square[2] = {0};
    for (size_t u = 0; u < panel->n; u++) {
        double change = panel->after[u] - panel->before[u];
        n[panel->treated[u]]++, sum[panel->treated[u]] += change, square[panel->treated[u]] += change * change;
    }
    double variance = 0;
    for (size_t a = 0; a < 2; a++)
        variance += n[a] > 1 ? (square[a] - sum[a] * sum[a] / n[a]) / (n[a] - 1) / n[a] : NAN;
    return sqrt(variance);
}

/* How far each other unit would have changed, were it the treated one: the share that changed as much or more. */
static double did_placebo(const struct panel *panel) {
    double total = 0, treated = 0, as_far = 0, n_control = 0, n_treated = 0;
    for (size_t u = 0; u < panel->n; u++) {
        double change = panel->after[u] - panel->before[u];
        if (panel->treated[u])
            treated += change, n_treated++;
        else
            total += change, n_control++;
    }
    if (n_treated != 1 || n_control < 2) return NAN;
    double seen = fabs(treated - total / n_control);
    for (size_t u = 0; u < panel->n; u++) {
        double change = panel->after[u] - panel->before[u];
        if (!panel->treated[u]) as_far += fabs(change - (total - change) / (n_control - 1)) >= seen;
    }
    return (1 + as_far) / (1 + n_control);
}

static bool did(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                struct error *err) {
    double variance;
    struct panel panel;
    if (!check_post(p, err)) return false;
    out->value[EFFECT_ATT] = did_value(p, w, &variance);
    if (isnan(out->value[EFFECT_ATT]))
        return error_set(err, ERROR_DATA, "%s: treated and others are needed both before and after", p->table);
    if (!p->role[UNIT].name) {
        out->error[EFFECT_ATT] = sqrt(variance);
        out->method[EFFECT_ATT] = "neyman";
        effect_warn(out, "rows are taken to be independent; give unit=COLUMN where a unit has several");
        return true;
    }
    if (!make_panel(p, &panel, arena, err)) return false;
    out->error[EFFECT_ATT] = did_error(&panel);
    out->method[EFFECT_ATT] = "units";
    double placebo = did_placebo(&panel);
    if (!isnan(placebo)) effect_put_extra(out, "placebo_p", placebo);
    if (isnan(out->error[EFFECT_ATT]))
        effect_warn(out, "one unit of a kind has no spread: there is no interval, only the rank among placebos");
    return true;
}

static const struct option_def did_options[] = {
    {"post", OPTION_TEXT, "", 1, 0, NULL, "column: 1 in rows after the treatment began"},
    {"unit", OPTION_TEXT, "", 1, 0, NULL, "column of the unit that a row is about"},
};
const struct estimator estimator_did = {
    .name = "did",
    .summary = "difference in differences: the change of the treated less that of the others",
    .paper = "Card & Krueger 1994",
    .options = did_options,
    .n_options = 2,
    .roles = roles,
    .needs = EFFECT_BINARY | EFFECT_OWN_ERROR,
    .estimate = did,
};

/* ---- synthetic control (Abadie, Diamond & Hainmueller, JASA 105, 2010), of outcomes before the treatment ---- */

enum { DONORS_MOST = 2000, STEPS_MOST = 20000 };

struct series { /* y: [units][times], columns before `first` are before the treatment */
    double *y;
    size_t units, times, first;
};

static bool make_series(const struct effect_problem *p, const struct panel *panel, struct series *out,
                        struct arena *arena, struct error *err) {
    double *value, *post;
    size_t *when;
    if (!number_values(p->role[TIME].x, p->n, &value, &when, &out->times, arena, err)) return false;
    if (panel->n > DONORS_MOST || panel->n * out->times != p->n)
        return error_set(err, ERROR_DATA,
                         "%s: %zu rows for %zu units and %zu times (at most %d units); synthetic "
                         "control needs one row for each",
                         p->table, p->n, panel->n, out->times, DONORS_MOST);
    out->units = panel->n;
    out->y = arena_new(arena, double, panel->n * out->times, err);
    post = out->y ? arena_new(arena, double, out->times, err) : NULL;
    bool *seen = post ? arena_new(arena, bool, panel->n * out->times, err) : NULL;
    if (!seen) return false;
    out->first = out->times;
    for (size_t i = 0; i < p->n; i++) {
        size_t at = panel->unit[i] * out->times + when[i];
        if (seen[at])
            return error_set(err, ERROR_DATA, "%s:%zu: a second row of unit %g at %g", p->table, p->line[i],
                             panel->name[panel->unit[i]], value[when[i]]);
        seen[at] = true, out->y[at] = p->y[i];
        if (p->role[POST].x[i] == 1 && when[i] < out->first) out->first = when[i];
    }
    for (size_t i = 0; i < p->n; i++)
        if ((p->role[POST].x[i] == 1) != (when[i] >= out->first))
            return error_set(err, ERROR_DATA, "%s:%zu: '%s' must begin at one time for all units", p->table, p->line[i],
                             p->role[POST].name);
    return out->first > 1 ||
           error_set(err, ERROR_DATA, "%s: one time before the treatment; nothing can be fitted", p->table);
}

/* The nearest point of the simplex (Duchi et al., ICML 2008). sorted: scratch. */
static void to_simplex(double *v, size_t n, double *sorted) {
    double sum = 0, shift = 0;
    memcpy(sorted, v, n * sizeof *v);
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t k = 0; k < n; k++) {
        double u = sorted[n - 1 - k];
        sum += u;
        if (u - (sum - 1) / (double)(k + 1) > 0) shift = (sum - 1) / (double)(k + 1);
    }
    for (size_t i = 0; i < n; i++) v[i] = fmax(v[i] - shift, 0);
}

struct fit {
    double *g, *r, *w, *v, *last, *sorted; /* g: [n, n] of donors, r: [n] */
    size_t *donor, n;
};

static void normal_sums(const struct series *s, size_t target, struct fit *f) {
    for (size_t a = 0; a < f->n; a++) {
        const double *ya = s->y + f->donor[a] * s->times, *y = s->y + target * s->times;
        f->r[a] = 0;
        for (size_t t = 0; t < s->first; t++) f->r[a] += ya[t] * y[t];
        for (size_t b = 0; b < f->n; b++) {
            const double *yb = s->y + f->donor[b] * s->times;
            f->g[a * f->n + b] = 0;
            for (size_t t = 0; t < s->first; t++) f->g[a * f->n + b] += ya[t] * yb[t];
        }
    }
}

/* Accelerated projected gradient with restarts (Beck & Teboulle 2009; O'Donoghue & Candes 2015): w minimises
 * |y - sum w_d y_d|^2 before the treatment. */
static void fit_weights(struct fit *f) {
    double trace = 0, momentum = 1;
    for (size_t a = 0; a < f->n; a++) trace += f->g[a * f->n + a], f->w[a] = f->v[a] = 1 / (double)f->n;
    for (int step = 0; step < STEPS_MOST && trace > 0; step++) {
        double moved = 0, turned = 0, next = (1 + sqrt(1 + 4 * momentum * momentum)) / 2;
        memcpy(f->last, f->w, f->n * sizeof *f->w);
        for (size_t a = 0; a < f->n; a++) {
            double slope = -f->r[a];
            for (size_t b = 0; b < f->n; b++) slope += f->g[a * f->n + b] * f->v[b];
            f->w[a] = f->v[a] - slope / trace;
        }
        to_simplex(f->w, f->n, f->sorted);
        for (size_t a = 0; a < f->n; a++) {
            moved += fabs(f->w[a] - f->last[a]);
            turned += (f->v[a] - f->w[a]) * (f->w[a] - f->last[a]);
        }
        if (turned > 0) next = momentum = 1;
        for (size_t a = 0; a < f->n; a++) f->v[a] = f->w[a] + (momentum - 1) / next * (f->w[a] - f->last[a]);
        momentum = next;
        if (moved < 1e-9) break;
    }
}

/* Root mean squares of the gap before and after, and the mean gap after. */
static void gaps(const struct series *s, size_t target, const struct fit *f, double *before, double *after,
                 double *mean) {
    *before = *after = *mean = 0;
    for (size_t t = 0; t < s->times; t++) {
        double gap = s->y[target * s->times + t];
        for (size_t a = 0; a < f->n; a++) gap -= f->w[a] * s->y[f->donor[a] * s->times + t];
        *(t < s->first ? before : after) += gap * gap;
        if (t >= s->first) *mean += gap;
    }
    *before = sqrt(*before / (double)s->first);
    *after = sqrt(*after / (double)(s->times - s->first));
    *mean /= (double)(s->times - s->first);
}

static bool room_for_fit(struct fit *f, size_t n, struct arena *arena, struct error *err) {
    double *room = arena_new(arena, double, n *n + 5 * n, err);
    f->donor = arena_new(arena, size_t, n, err);
    if (!room || !f->donor) return false;
    f->g = room, f->r = room + n * n, f->w = f->r + n, f->v = f->w + n, f->last = f->v + n, f->sorted = f->last + n;
    return true;
}

/* Donors: all that are not treated, but the target. */
static void fit_unit(const struct panel *panel, const struct series *s, size_t target, struct fit *f) {
    f->n = 0;
    for (size_t u = 0; u < panel->n; u++)
        if (!panel->treated[u] && u != target) f->donor[f->n++] = u;
    normal_sums(s, target, f);
    fit_weights(f);
}

/* Each other unit in the place of the treated one: the share whose gap grows as much. */
static double synthetic_placebo(const struct panel *panel, const struct series *s, double ratio, struct fit *f) {
    double before, after, mean, as_far = 1, n = 1;
    for (size_t u = 0; u < panel->n; u++) {
        if (panel->treated[u]) continue;
        fit_unit(panel, s, u, f);
        gaps(s, u, f, &before, &after, &mean);
        as_far += after >= ratio * before;
        n++;
    }
    return as_far / n;
}

static bool synthetic(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                      struct error *err) {
    struct panel panel;
    struct series s;
    struct fit f;
    double before, after, largest = 0;
    size_t target = SIZE_MAX, treated = 0;
    (void)w; /* a panel is never resampled */
    if (!p->role[UNIT].name || !p->role[TIME].name)
        return error_set(err, ERROR_USAGE, "'synthetic' needs unit=COLUMN,time=COLUMN,post=COLUMN");
    if (!check_post(p, err) || !make_panel(p, &panel, arena, err) || !make_series(p, &panel, &s, arena, err))
        return false;
    for (size_t u = 0; u < panel.n; u++)
        if (panel.treated[u]) target = u, treated++;
    if (treated != 1 || panel.n < 3)
        return error_set(err, ERROR_DATA, "%s: %zu treated of %zu units; synthetic control is for one among others",
                         p->table, treated, panel.n);
    if (!room_for_fit(&f, panel.n, arena, err)) return false;
    fit_unit(&panel, &s, target, &f);
    gaps(&s, target, &f, &before, &after, &out->value[EFFECT_ATT]);
    for (size_t a = 0; a < f.n; a++) largest = fmax(largest, f.w[a]);
    effect_put_extra(out, "gap_before", before);
    effect_put_extra(out, "largest_weight", largest);
    effect_put_extra(out, "placebo_p", synthetic_placebo(&panel, &s, after / before, &f));
    return true;
}

static const struct option_def synthetic_options[] = {
    {"post", OPTION_TEXT, "", 1, 0, NULL, "column: 1 in rows after the treatment began"},
    {"unit", OPTION_TEXT, "", 1, 0, NULL, "column of the unit that a row is about"},
    {"time", OPTION_TEXT, "", 1, 0, NULL, "column of the time"},
};
const struct estimator estimator_synthetic = {
    .name = "synthetic",
    .summary = "synthetic control: one treated unit against the mixture of others that was like it before",
    .paper = "Abadie, Diamond & Hainmueller 2010",
    .options = synthetic_options,
    .n_options = 3,
    .roles = roles,
    .needs = EFFECT_BINARY | EFFECT_OWN_ERROR,
    .estimate = synthetic,
};
