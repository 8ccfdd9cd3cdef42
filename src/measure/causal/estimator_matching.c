/* Matching: each unit with the nearest one of the other kind by the logit of the share of treated, within a caliper,
 * with replacement, all that are as near together; differences corrected by a regression of the outcome on the
 * covariates among those that are matched to (Abadie & Imbens, Journal of Business & Economic Statistics 29, 2011). The
 * error is that of Abadie & Imbens, Econometrica 74, 2006, with one match: resampling rows is wrong for matching (the
 * same, 76, 2008). */
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
/* Units that are equally far on the logit, of one kind: they are matched to as one, each with an equal part, so that
 * the order of rows says nothing. */
struct tie {
    double n, y, squares; /* how many, their sum of outcomes and of squares */
    double mu;            /* sum of what the regression among their kind says of them */
    double times, parts;  /* how often each of them is matched to: the sum of 1 / (size of the set), of 1 / size^2 */
};
struct spot { /* one place on the logit */
    double at;
    struct tie of[2];          /* untreated, treated */
    size_t below[2], above[2]; /* the nearest spots with that kind, the spot itself not counted; SIZE_MAX: none */
};
/* The nearest units of a kind: at one spot, or at two that are as near. */
struct near {
    const struct tie *tie[2];
    size_t spot[2], n_spots;
    double n;
};
struct matches {
    struct unit *unit; /* by logit */
    struct spot *spot;
    size_t *spot_of; /* by row */
    size_t n, n_spots;
    double same; /* as far apart as rounding may put equals */
    double caliper;
    double *beta[2];
};

static int by_logit(const void *a, const void *b) {
    const struct unit *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static void put_near(const struct matches *m, size_t spot, size_t arm, struct near *out) {
    out->spot[out->n_spots] = spot;
    out->tie[out->n_spots] = &m->spot[spot].of[arm];
    out->n += out->tie[out->n_spots++]->n;
}

/* Of the kind `arm`, to a spot where there is none of it, or (away) from one where there is. No further than `most`. */
static struct near nearest(const struct matches *m, size_t spot, size_t arm, bool away, double most) {
    const struct spot *s = &m->spot[spot];
    struct near out = {.n_spots = 0};
    if (!away && s->of[arm].n > 0) {
        put_near(m, spot, arm, &out);
        return out;
    }
    double lo = s->below[arm] == SIZE_MAX ? INFINITY : s->at - m->spot[s->below[arm]].at;
    double hi = s->above[arm] == SIZE_MAX ? INFINITY : m->spot[s->above[arm]].at - s->at;
    if (lo <= hi + m->same && lo <= most) put_near(m, s->below[arm], arm, &out);
    if (hi <= lo + m->same && hi <= most) put_near(m, s->above[arm], arm, &out);
    return out;
}

static struct near match_of(const struct effect_problem *p, const struct matches *m, size_t row) {
    return nearest(m, m->spot_of[row], p->t[row] != 1, false, m->caliper);
}

/* ---- spots ---- */

static void link_spots(struct matches *m) {
    size_t last[2] = {SIZE_MAX, SIZE_MAX};
    for (size_t k = 0; k < m->n_spots; k++)
        for (size_t a = 0; a < 2; a++) {
            m->spot[k].below[a] = last[a];
            if (m->spot[k].of[a].n > 0) last[a] = k;
        }
    last[0] = last[1] = SIZE_MAX;
    for (size_t k = m->n_spots; k-- > 0;)
        for (size_t a = 0; a < 2; a++) {
            m->spot[k].above[a] = last[a];
            if (m->spot[k].of[a].n > 0) last[a] = k;
        }
}

static bool gather(const struct effect_problem *p, struct matches *m, struct arena *arena, struct error *err) {
    m->spot = arena_new(arena, struct spot, m->n, err);
    m->spot_of = m->spot ? arena_new(arena, size_t, m->n, err) : NULL;
    if (!m->spot_of) return false;
    for (size_t k = 0; k < m->n; k++) {
        size_t row = m->unit[k].row;
        if (k == 0 || m->unit[k].at - m->unit[k - 1].at > m->same)
            m->spot[m->n_spots++] = (struct spot){.at = m->unit[k].at};
        struct tie *tie = &m->spot[m->n_spots - 1].of[p->t[row] == 1];
        tie->n++, tie->y += p->y[row];
        m->spot_of[row] = m->n_spots - 1;
    }
    for (size_t i = 0; i < m->n; i++) { /* about the mean, or large outcomes would cancel */
        struct tie *tie = &m->spot[m->spot_of[i]].of[p->t[i] == 1];
        tie->squares += pow(p->y[i] - tie->y / tie->n, 2);
    }
    link_spots(m);
    return true;
}

static void count_matches(const struct effect_problem *p, struct matches *m) {
    for (size_t i = 0; i < m->n; i++) {
        struct near near = match_of(p, m, i);
        for (size_t k = 0; k < near.n_spots; k++) {
            struct tie *tie = &m->spot[near.spot[k]].of[p->t[i] != 1];
            tie->times += 1 / near.n, tie->parts += 1 / (near.n * near.n);
        }
    }
}

/* ---- effects ---- */

/* Regressions of the outcome among those that are matched to, each as often as it is. */
static bool fit_corrections(const struct effect_problem *p, struct matches *m, struct arena *arena, struct error *err) {
    double *w = arena_new(arena, double, p->n, err);
    for (size_t a = 0; a < 2; a++) {
        if (!w || !(m->beta[a] = arena_new(arena, double, p->p, err))) return false;
        for (size_t i = 0; i < p->n; i++) w[i] = (p->t[i] == 1) == (a == 1) ? m->spot[m->spot_of[i]].of[a].times : 0;
        if (!linear_fit(p->x, p->n, p->p, p->y, w, 0.1, m->beta[a], NULL, arena, err)) return false;
        for (size_t i = 0; i < p->n; i++)
            if ((p->t[i] == 1) == (a == 1))
                m->spot[m->spot_of[i]].of[a].mu += linear_predict(p->x + i * p->p, m->beta[a], p->p);
    }
    return true;
}

/* y(1) - y(0) of a unit that has a match; false: it has none. */
static bool effect_of(const struct effect_problem *p, const struct matches *m, size_t i, double *effect) {
    const struct near near = match_of(p, m, i);
    size_t arm = p->t[i] == 1;
    double y = 0, mu = 0;
    for (size_t k = 0; k < near.n_spots; k++) y += near.tie[k]->y, mu += near.tie[k]->mu;
    double moved = linear_predict(p->x + i * p->p, m->beta[1 - arm], p->p) - mu / near.n;
    double difference = p->y[i] - (y / near.n + moved);
    *effect = arm ? difference : -difference;
    return near.n_spots > 0;
}

/* The variance of the outcome at a unit: among those of its kind at its spot, else of itself and the nearest of its
 * kind (Abadie & Imbens 2006, section 4.2, with ties). NaN: it is the only one of its kind. */
static double variance_at(const struct effect_problem *p, const struct matches *m, size_t i) {
    const struct tie *own = &m->spot[m->spot_of[i]].of[p->t[i] == 1];
    if (own->n > 1) return own->squares / (own->n - 1);
    const struct near near = nearest(m, m->spot_of[i], p->t[i] == 1, true, INFINITY);
    double n = 1 + near.n, mean = p->y[i], squares = 0;
    for (size_t k = 0; k < near.n_spots; k++) mean += near.tie[k]->y;
    mean /= n;
    for (size_t k = 0; k < near.n_spots; k++)
        squares += near.tie[k]->squares + near.tie[k]->n * pow(near.tie[k]->y / near.tie[k]->n - mean, 2);
    return near.n_spots ? (squares + pow(p->y[i] - mean, 2)) / (n - 1) : NAN;
}

/* treated: of the treated alone, else of all; *alone: units without a match. With K the times and K' the parts of a
 * unit, its variance weighs K^2 + 2 K - K' (of the treated K^2 - K'); with one match each K' is K. */
static void sum_up(const struct effect_problem *p, const struct matches *m, bool treated, double *value, double *error,
                   size_t *alone) {
    double n = 0, sum = 0, square = 0, effect;
    *alone = 0;
    for (size_t i = 0; i < p->n; i++) {
        bool matched = effect_of(p, m, i, &effect);
        *alone += !matched;
        if (matched && (!treated || p->t[i] == 1)) n++, sum += effect;
    }
    *value = sum / n;
    for (size_t i = 0; i < p->n; i++) {
        const struct tie *tie = &m->spot[m->spot_of[i]].of[p->t[i] == 1];
        double k = treated && p->t[i] == 1 ? 0 : tie->times, parts = treated && p->t[i] == 1 ? 0 : tie->parts;
        double weight = k * k - parts + (treated ? 0 : 2 * k), variance = weight > 0 ? variance_at(p, m, i) : NAN;
        if (effect_of(p, m, i, &effect) && (!treated || p->t[i] == 1)) square += pow(effect - *value, 2);
        if (!isnan(variance)) square += weight * variance;
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
    if (!order_units(p, &m, &spread, arena, err)) return false;
    m.same = 1e-9 * spread;
    m.caliper = p->options[CALIPER].real * spread;
    if (!gather(p, &m, arena, err)) return false;
    count_matches(p, &m);
    if (!fit_corrections(p, &m, arena, err)) return false;
    sum_up(p, &m, false, &out->value[EFFECT_ATE], &out->error[EFFECT_ATE], &alone);
    if (alone == p->n) return error_set(err, ERROR_DATA, "%s: no unit has a match within the caliper", p->table);
    sum_up(p, &m, true, &out->value[EFFECT_ATT], &out->error[EFFECT_ATT], &alone);
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
