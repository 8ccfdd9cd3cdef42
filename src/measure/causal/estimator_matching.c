/* Matching: each unit with the nearest one of the other kind by the logit of the share of treated, within a caliper,
 * with replacement; differences corrected by a regression of the outcome on the covariates among those that are
 * matched to (Abadie & Imbens, Journal of Business & Economic Statistics 29, 2011). The error is that of Abadie &
 * Imbens, Econometrica 74, 2006, with one match: resampling rows is wrong for matching (the same, 76, 2008). */
#include "measure/causal/effect_internal.h"
#include "measure/causal/linear.h"

#include <math.h>
#include <stdlib.h>

enum { PENALTY, CALIPER };
static const struct option_def options[] = {
    {"penalty", OPTION_REAL, "0.1", 0, 1e12, NULL, "of the logistic model of the treatment"},
    {"caliper", OPTION_REAL, "0.2", 0, 1e12, NULL, "the furthest match, in standard deviations of the logit"},
};

struct unit {
    double at;
    size_t row;
};
struct matches {
    struct unit *unit;       /* by logit */
    size_t n, *other, *same; /* by row: the nearest of the other kind, of its own kind; SIZE_MAX: none */
    double *times;           /* by row: how often it is matched to */
    double *beta[2];
};

static int by_logit(const void *a, const void *b) {
    const struct unit *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The nearest unit of `arm` to place k of the order, other than itself; the lower one of two as near. */
static size_t nearest(const struct effect_problem *p, const struct matches *m, const size_t *below, const size_t *above,
                      size_t k) {
    (void)p;
    size_t lo = below[k], hi = above[k];
    if (lo == SIZE_MAX || hi == SIZE_MAX) return lo == SIZE_MAX ? hi : lo;
    return m->unit[k].at - m->unit[lo].at <= m->unit[hi].at - m->unit[k].at ? lo : hi;
}

/* below, above: [2][n] the last and next place of each kind, the place itself not counted. */
static void scan(const struct effect_problem *p, const struct matches *m, size_t *below, size_t *above) {
    size_t last[2] = {SIZE_MAX, SIZE_MAX};
    for (size_t k = 0; k < m->n; k++) {
        for (size_t a = 0; a < 2; a++) below[a * m->n + k] = last[a];
        last[p->t[m->unit[k].row] == 1] = k;
    }
    last[0] = last[1] = SIZE_MAX;
    for (size_t k = m->n; k-- > 0;) {
        for (size_t a = 0; a < 2; a++) above[a * m->n + k] = last[a];
        last[p->t[m->unit[k].row] == 1] = k;
    }
}

static bool find_matches(const struct effect_problem *p, struct matches *m, double caliper, struct arena *arena,
                         struct error *err) {
    size_t *room = arena_new(arena, size_t, 6 * m->n, err);
    m->times = room ? arena_new(arena, double, m->n, err) : NULL;
    if (!m->times) return false;
    size_t *below = room, *above = room + 2 * m->n;
    m->other = room + 4 * m->n, m->same = room + 5 * m->n;
    scan(p, m, below, above);
    for (size_t k = 0; k < m->n; k++) {
        size_t row = m->unit[k].row, arm = p->t[row] == 1;
        size_t far = nearest(p, m, below + (1 - arm) * m->n, above + (1 - arm) * m->n, k);
        size_t near = nearest(p, m, below + arm * m->n, above + arm * m->n, k);
        bool close = far != SIZE_MAX && fabs(m->unit[far].at - m->unit[k].at) <= caliper;
        m->other[row] = close ? m->unit[far].row : SIZE_MAX;
        m->same[row] = near == SIZE_MAX ? SIZE_MAX : m->unit[near].row;
        if (close) m->times[m->unit[far].row]++;
    }
    return true;
}

/* Regressions of the outcome among those that are matched to, each as often as it is. */
static bool fit_corrections(const struct effect_problem *p, struct matches *m, struct arena *arena, struct error *err) {
    double *w = arena_new(arena, double, p->n, err);
    for (size_t a = 0; a < 2; a++) {
        if (!w || !(m->beta[a] = arena_new(arena, double, p->p, err))) return false;
        for (size_t i = 0; i < p->n; i++) w[i] = (p->t[i] == 1) == (a == 1) ? m->times[i] : 0;
        if (!linear_fit(p->x, p->n, p->p, p->y, w, 0.1, m->beta[a], NULL, arena, err)) return false;
    }
    return true;
}

/* y(1) - y(0) of a matched unit. */
static double effect_of(const struct effect_problem *p, const struct matches *m, size_t i) {
    size_t j = m->other[i], arm = p->t[i] == 1;
    double moved = linear_predict(p->x + i * p->p, m->beta[1 - arm], p->p) -
                   linear_predict(p->x + j * p->p, m->beta[1 - arm], p->p);
    double difference = p->y[i] - (p->y[j] + moved);
    return arm ? difference : -difference;
}

/* of: NULL all matched units, else the treated only (k: which weight a unit has in the error). */
static void sum_up(const struct effect_problem *p, const struct matches *m, bool treated, double *value,
                   double *error) {
    double n = 0, sum = 0, square = 0;
    for (size_t i = 0; i < p->n; i++)
        if (m->other[i] != SIZE_MAX && (!treated || p->t[i] == 1)) n++, sum += effect_of(p, m, i);
    *value = sum / n;
    for (size_t i = 0; i < p->n; i++) {
        bool counts = m->other[i] != SIZE_MAX && (!treated || p->t[i] == 1);
        double times = treated && p->t[i] == 1 ? 0 : m->times[i];
        if (counts) square += pow(effect_of(p, m, i) - *value, 2);
        double weight = treated ? times * (times - 1) : times * times + times; /* of sigma^2 at this unit, M = 1 */
        if (m->same[i] != SIZE_MAX) square += weight * pow(p->y[i] - p->y[m->same[i]], 2) / 2;
    }
    *error = n > 1 ? sqrt(fmax(square, 0)) / n : NAN;
}

static bool order_units(const struct effect_problem *p, struct matches *m, double *spread, struct arena *arena,
                        struct error *err) {
    double *e = arena_new(arena, double, p->n, err), mean = 0, square = 0;
    m->unit = arena_new(arena, struct unit, p->n, err);
    if (!e || !m->unit || !effect_propensity(p, NULL, p->options[PENALTY].real, e, arena, err)) return false;
    for (size_t i = 0; i < p->n; i++) {
        double share = fmin(fmax(e[i], 1e-12), 1 - 1e-12);
        m->unit[i] = (struct unit){log(share / (1 - share)), i};
        mean += m->unit[i].at / (double)p->n;
    }
    for (size_t i = 0; i < p->n; i++) square += pow(m->unit[i].at - mean, 2);
    *spread = sqrt(square / (double)p->n);
    qsort(m->unit, p->n, sizeof *m->unit, by_logit);
    return true;
}

static bool matching(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                     struct error *err) {
    struct matches m = {.n = p->n};
    double spread;
    size_t alone = 0;
    (void)w; /* rows are never resampled here */
    if (!order_units(p, &m, &spread, arena, err) ||
        !find_matches(p, &m, p->options[CALIPER].real * spread, arena, err) || !fit_corrections(p, &m, arena, err))
        return false;
    for (size_t i = 0; i < p->n; i++) alone += m.other[i] == SIZE_MAX;
    if (alone == p->n) return error_set(err, ERROR_DATA, "%s: no unit has a match within the caliper", p->table);
    sum_up(p, &m, false, &out->value[EFFECT_ATE], &out->error[EFFECT_ATE]);
    sum_up(p, &m, true, &out->value[EFFECT_ATT], &out->error[EFFECT_ATT]);
    out->method[EFFECT_ATE] = out->method[EFFECT_ATT] = "abadie-imbens";
    effect_put_extra(out, "unmatched", (double)alone / (double)p->n);
    if (alone * 20 > p->n)
        effect_warn(out, "%zu of %zu units have no match within the caliper; the effect is that of the others", alone,
                    p->n);
    return true;
}

const struct estimator estimator_matching = {
    .name = "matching",
    .summary = "each unit with its nearest of the other kind by the share of treated, with a corrected difference",
    .paper = "Abadie & Imbens 2006, 2011",
    .options = options,
    .n_options = 2,
    .needs = EFFECT_BINARY | EFFECT_COVARIATES | EFFECT_OVERLAP | EFFECT_OWN_ERROR | EFFECT_ADJUSTS,
    .estimate = matching,
};
