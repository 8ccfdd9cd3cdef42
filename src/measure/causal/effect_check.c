/* What is checked of every effect: do treated and others overlap, do covariates differ, and do refuters find an effect
 * where none can be (Sharma & Kiciman, arXiv 2011.04216). How strong a hidden cause must be to explain the effect away:
 * the E-value (VanderWeele & Ding, Annals of Internal Medicine 167, 2017). */
#include "measure/causal/effect_internal.h"

#include <math.h>
#include <string.h>

static const double LEAST_SHARE = 0.01, MOST_OUTSIDE = 0.1, BALANCED = 0.1, CHECK_PENALTY = 0.1;

/* ---- overlap and balance ---- */

/* The largest |difference of means| / sd (of both kinds pooled, unweighted) of a covariate; w: [n] weights. */
static double largest_difference(const struct effect_problem *p, const double *w, const char **worst) {
    double largest = 0;
    for (size_t j = 1; j < p->p; j++) {
        double n[2] = {0}, sum[2] = {0}, plain[2] = {0}, square[2] = {0}, count[2] = {0};
        for (size_t i = 0; i < p->n; i++) {
            size_t a = p->t[i] == 1;
            double x = p->x[i * p->p + j];
            n[a] += w[i], sum[a] += w[i] * x, count[a]++, plain[a] += x, square[a] += x * x;
        }
        double variance = 0;
        for (size_t a = 0; a < 2; a++) variance += (square[a] - plain[a] * plain[a] / count[a]) / (count[a] - 1) / 2;
        double d = variance > 0 ? fabs(sum[1] / n[1] - sum[0] / n[0]) / sqrt(variance) : 0;
        if (d > largest) largest = d, *worst = p->x_name[j];
    }
    return largest;
}

static void tell_balance(const struct effect_problem *p, const double *e, double *w, struct effect_estimate *out) {
    const char *worst = "";
    bool weighted = p->estimator->needs & EFFECT_OVERLAP;
    for (size_t i = 0; i < p->n; i++) w[i] = 1;
    double before = largest_difference(p, w, &worst);
    effect_put_extra(out, "smd_before", before);
    if (before > BALANCED && !(p->estimator->needs & EFFECT_ADJUSTS))
        effect_warn(out, "treated and others differ in '%s' by %.2f standard deviations, which nothing adjusts for",
                    worst, before);
    for (size_t i = 0; i < p->n; i++) w[i] = 1 / (p->t[i] == 1 ? effect_trim(e[i]) : 1 - effect_trim(e[i]));
    double after = largest_difference(p, w, &worst);
    effect_put_extra(out, "smd_weighted", after);
    if (after > BALANCED && weighted)
        effect_warn(out, "after weighting treated and others still differ in '%s' by %.2f standard deviations", worst,
                    after);
}

bool effect_check_overlap(const struct effect_problem *p, struct effect_estimate *out, struct arena *arena,
                          struct error *err) {
    if (!p->binary || p->p == 1 || (p->estimator->needs & EFFECT_PAIR)) return true;
    double *e = arena_new(arena, double, p->n, err), *w = arena_new(arena, double, p->n, err);
    size_t low = 0, high = 0;
    if (!e || !w || !effect_propensity(p, NULL, CHECK_PENALTY, e, arena, err)) return false;
    for (size_t i = 0; i < p->n; i++) low += e[i]<LEAST_SHARE, high += e[i]> 1 - LEAST_SHARE;
    double outside = (double)(low + high) / (double)p->n;
    if ((p->estimator->needs & EFFECT_OVERLAP) && outside > MOST_OUTSIDE)
        return error_set(err, ERROR_DATA,
                         "%s: no overlap: of %zu units %zu have a share of treated below %g at their "
                         "covariates, %zu one above %g; '%s' cannot tell an effect for them",
                         p->table, p->n, low, LEAST_SHARE, high, 1 - LEAST_SHARE, p->estimator->name);
    effect_put_extra(out, "overlap", 1 - outside);
    if (outside > LEAST_SHARE)
        effect_warn(out, "%.1f %% of units have (almost) only treated or only others at their covariates",
                    100 * outside);
    tell_balance(p, e, w, out);
    return true;
}

/* ---- refuters ---- */

static enum effect_target first_target(const struct effect_estimate *e) {
    size_t k = 0;
    while (k + 1 < EFFECT_TARGETS && isnan(e->value[k])) k++;
    return (enum effect_target)k;
}

/* A copy of the column in a drawn order. */
static double *shuffled(const struct effect_problem *p, const double *x, const char *stream, struct arena *arena,
                        struct error *err) {
    double *out = arena_new(arena, double, p->n, err);
    size_t *order = arena_new(arena, size_t, p->n, err);
    if (!out || !order) return NULL;
    struct rng rng = rng_stream(p->seed, stream, 0);
    for (size_t i = 0; i < p->n; i++) order[i] = i;
    rng_shuffle(&rng, order, p->n);
    for (size_t i = 0; i < p->n; i++) out[i] = x[order[i]];
    return out;
}

struct refuter {
    const struct effect_problem *p;
    const struct effect_estimate *found;
    struct effect_estimate *out;
    enum effect_target target;
    double error; /* of what was found */
    struct arena *arena;
    struct error *err;
};

/* The effect of an altered problem; a refuter that cannot be computed says nothing. */
static bool try_again(struct refuter *r, const struct effect_problem *changed, const double *w, const char *name,
                      double expected, double within, const char *meaning) {
    struct effect_estimate again = {.confidence = r->found->confidence};
    struct error unheard = {.kind = ERROR_NONE};
    effect_estimate_init(&again);
    if (!changed->estimator->estimate(changed, w, r->arena, &again, &unheard)) {
        if (unheard.kind == ERROR_ENVIRONMENT) return error_set(r->err, unheard.kind, "%s", unheard.message);
        return true;
    }
    effect_put_extra(r->out, name, again.value[r->target]);
    double error = isnan(again.error[r->target]) ? r->error : fmax(again.error[r->target], r->error);
    if (fabs(again.value[r->target] - expected) > within * error)
        effect_warn(r->out, "%s: %s; %.4g where %.4g is due", name, meaning, again.value[r->target], expected);
    return true;
}

static bool refute_treatment(struct refuter *r) {
    struct effect_problem changed = *r->p;
    changed.t = shuffled(r->p, r->p->t, "effect/random-treatment", r->arena, r->err);
    return changed.t &&
           try_again(r, &changed, NULL, "random_treatment", 0, 3.5, "a treatment dealt at random has an effect");
}

static bool refute_outcome(struct refuter *r) {
    struct effect_problem changed = *r->p;
    changed.y = shuffled(r->p, r->p->y, "effect/placebo-outcome", r->arena, r->err);
    return changed.y && try_again(r, &changed, NULL, "placebo_outcome", 0, 3.5,
                                  "the treatment has an effect on an outcome dealt at random");
}

/* Four fifths of the rows: their effect differs from that of all by half its error (variance / 0.8 - variance). */
static bool refute_subset(struct refuter *r) {
    double *w = arena_new(r->arena, double, r->p->n, r->err);
    if (!w) return false;
    struct rng rng = rng_stream(r->p->seed, "effect/subset", 0);
    for (size_t i = 0; i < r->p->n; i++) w[i] = rng_unit(&rng) < 0.8;
    return try_again(r, r->p, w, "random_subset", r->found->value[r->target], 2,
                     "four fifths of the rows have another effect");
}

static bool refute_covariate(struct refuter *r) {
    struct effect_problem changed = *r->p;
    size_t p = r->p->p;
    changed.p = p + 1;
    changed.x = arena_new(r->arena, double, r->p->n *(p + 1), r->err);
    if (!changed.x) return false;
    struct rng rng = rng_stream(r->p->seed, "effect/random-covariate", 0);
    for (size_t i = 0; i < r->p->n; i++) {
        memcpy(changed.x + i * (p + 1), r->p->x + i * p, p * sizeof *changed.x);
        changed.x[i * (p + 1) + p] = rng_normal(&rng);
    }
    return try_again(r, &changed, NULL, "random_covariate", r->found->value[r->target], 1,
                     "a covariate of noise changes the effect");
}

/* ---- how much a hidden cause must do ---- */

static double e_value(double ratio) {
    if (!(ratio > 0)) return NAN;
    if (ratio < 1) ratio = 1 / ratio;
    return ratio + sqrt(ratio * (ratio - 1));
}

/* The ratio of risks that an effect means: of shares from the untreated's, of numbers by exp(0.91 d). */
static double ratio_of(const struct effect_problem *p, double effect) {
    double n = 0, sum = 0, mean = 0, square = 0;
    bool share = true;
    for (size_t i = 0; i < p->n; i++) {
        share &= p->y[i] == 0 || p->y[i] == 1;
        mean += p->y[i] / (double)p->n;
        if (p->t[i] == 0) n++, sum += p->y[i];
    }
    for (size_t i = 0; i < p->n; i++) square += pow(p->y[i] - mean, 2);
    if (share) return sum > 0 ? (sum / n + effect) / (sum / n) : NAN;
    return square > 0 ? exp(0.91 * effect / sqrt(square / (double)(p->n - 1))) : NAN;
}

static void put_e_values(struct refuter *r) {
    double value = r->found->value[r->target], lo = r->found->lo[r->target], hi = r->found->hi[r->target];
    if (!r->p->binary || r->target == EFFECT_LATE) return;
    effect_put_extra(r->out, "e_value", e_value(ratio_of(r->p, value)));
    if (isnan(lo) || isnan(hi)) return;
    double nearest = lo > 0 ? lo : hi < 0 ? hi : 0;
    effect_put_extra(r->out, "e_value_limit", e_value(ratio_of(r->p, nearest)));
}

bool effect_refute(const struct effect_problem *p, const struct effect_estimate *found, struct effect_estimate *out,
                   struct arena *arena, struct error *err) {
    struct refuter r = {.p = p, .found = found, .out = out, .arena = arena, .err = err};
    unsigned needs = p->estimator->needs;
    r.target = first_target(found);
    r.error =
        isnan(found->error[r.target]) ? (found->hi[r.target] - found->lo[r.target]) / 3.92 : found->error[r.target];
    bool rows = !(needs & EFFECT_OWN_ERROR), adjusts = needs & EFFECT_ADJUSTS;
    if (!rows && !adjusts) return true; /* a panel or a truth */
    if (isnan(r.error)) return true;
    if (r.target != EFFECT_LATE && !refute_treatment(&r)) return false;
    if (!refute_outcome(&r)) return false;
    if (rows && !refute_subset(&r)) return false;
    if (adjusts && p->p > 1 && !refute_covariate(&r)) return false;
    put_e_values(&r);
    return true;
}
