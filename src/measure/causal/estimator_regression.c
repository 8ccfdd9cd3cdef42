/* Estimators by a model of the outcome: least squares, and one ridge regression for each kind of unit. */
#include "measure/causal/effect_internal.h"
#include "measure/causal/linear.h"

#include <math.h>
#include <string.h>

/* ---- least squares of y on 1, t, x and, with `interact`, t (x - mean of x). The treatment stands second, and where it
 * depends on the covariates alone there is no effect to estimate, so it is put last in the order of the factor. */

struct rows { /* [n, q]: 1, x, products, t */
    double *z;
    size_t q;
};

static bool make_rows(const struct effect_problem *p, const double *w, bool interact, struct rows *out,
                      struct arena *arena, struct error *err) {
    size_t more = interact ? p->p - 1 : 0;
    out->q = p->p + more + 1;
    double *mean = arena_new(arena, double, p->p, err), mass = 0;
    out->z = mean ? arena_new(arena, double, p->n * out->q, err) : NULL;
    if (!out->z) return false;
    for (size_t i = 0; i < p->n; i++) {
        mass += effect_weight(w, i);
        for (size_t j = 0; j < p->p; j++) mean[j] += effect_weight(w, i) * p->x[i * p->p + j];
    }
    for (size_t i = 0; i < p->n; i++) {
        double *z = out->z + i * out->q;
        memcpy(z, p->x + i * p->p, p->p * sizeof *z);
        for (size_t j = 0; j < more; j++) z[p->p + j] = p->t[i] * (p->x[i * p->p + 1 + j] - mean[1 + j] / mass);
        z[out->q - 1] = p->t[i];
    }
    return true;
}

/* The error of the last coefficient from its row of the inverse: HC1 (White, Econometrica 48, 1980; MacKinnon & White,
 * Journal of Econometrics 29, 1985). */
static double robust_error(const struct effect_problem *p, const double *w, const struct rows *r, const double *beta,
                           const double *inverse) {
    const double *row = inverse + (r->q - 1) * r->q;
    double sum = 0, mass = 0;
    for (size_t i = 0; i < p->n; i++) {
        double weight = effect_weight(w, i);
        const double *z = r->z + i * r->q;
        double psi = weight * linear_predict(z, row, r->q) * (p->y[i] - linear_predict(z, beta, r->q));
        sum += psi * psi;
        mass += weight;
    }
    return sqrt(sum * mass / (mass - (double)r->q));
}

static bool regression(const struct effect_problem *p, const double *w, struct arena *arena,
                       struct effect_estimate *out, struct error *err) {
    struct rows r;
    if (!make_rows(p, w, p->options[0].flag, &r, arena, err)) return false;
    double *beta = arena_new(arena, double, r.q, err), *inverse = arena_new(arena, double, r.q *r.q, err);
    if (!beta || !inverse || !linear_fit(r.z, p->n, r.q, p->y, w, 0, beta, inverse, arena, err)) return false;
    if (inverse[r.q * r.q - 1] == 0)
        return error_set(err, ERROR_DATA, "%s: the covariates determine the treatment; there is nothing to compare",
                         p->table);
    out->value[EFFECT_ATE] = beta[r.q - 1];
    out->error[EFFECT_ATE] = robust_error(p, w, &r, beta, inverse);
    out->method[EFFECT_ATE] = "HC1";
    return true;
}

static const struct option_def regression_options[] = {
    {"interact", OPTION_FLAG, "no", 1, 0, NULL, "also products of the treatment with centred covariates (Lin 2013)"},
};
const struct estimator estimator_regression = {
    .name = "regression",
    .summary = "least squares of the outcome on treatment and covariates",
    .paper = "Lin 2013",
    .options = regression_options,
    .n_options = 1,
    .needs = EFFECT_ADJUSTS,
    .estimate = regression,
};

/* ---- one ridge regression of the treated, one of the others (Künzel et al., PNAS 116, 2019: the T-learner) ---- */

/* Of each kind: coefficients and the inverse of its sums of products. */
struct arms {
    double *beta[2], *inverse[2], *in;
};

static bool fit_arms(const struct effect_problem *p, const double *w, double penalty, struct arms *out,
                     struct arena *arena, struct error *err) {
    if (!(out->in = arena_new(arena, double, p->n, err))) return false;
    for (size_t a = 0; a < 2; a++) {
        for (size_t i = 0; i < p->n; i++) out->in[i] = (p->t[i] == 1) == (a == 1) ? effect_weight(w, i) : 0;
        if (!(out->beta[a] = arena_new(arena, double, p->p, err)) ||
            !(out->inverse[a] = arena_new(arena, double, p->p * p->p, err)) ||
            !linear_fit(p->x, p->n, p->p, p->y, out->in, penalty, out->beta[a], out->inverse[a], arena, err))
            return false;
    }
    return true;
}

/* The mean effect of the rows with weights v, and its error: of rows drawn (how effects differ), and of both fits
 * (White's form: a fit is a weighted sum of outcomes, row i with mean(x)' inverse x_i). The penalty's bias is not in
 * it. */
static bool mean_effect(const struct effect_problem *p, const double *w, const struct arms *m, const double *v,
                        double *value, double *error, struct arena *arena, struct error *err) {
    double *mean = arena_new(arena, double, 3 * p->p, err), *effect = arena_new(arena, double, p->n, err), mass = 0;
    if (!mean || !effect) return false;
    double *lean[2] = {mean + p->p, mean + 2 * p->p}, sum = 0, square = 0;
    for (size_t i = 0; i < p->n; i++) {
        const double *x = p->x + i * p->p;
        effect[i] = linear_predict(x, m->beta[1], p->p) - linear_predict(x, m->beta[0], p->p);
        mass += v[i], sum += v[i] * effect[i];
        for (size_t j = 0; v[i] != 0 && j < p->p; j++) mean[j] += v[i] * x[j];
    }
    for (size_t a = 0; a < 2; a++)
        for (size_t j = 0; j < p->p; j++) lean[a][j] = linear_predict(m->inverse[a] + j * p->p, mean, p->p) / mass;
    *value = sum / mass;
    for (size_t i = 0; i < p->n; i++) {
        const double *x = p->x + i * p->p;
        size_t a = p->t[i] == 1;
        double rest = linear_predict(x, lean[a], p->p) * (p->y[i] - linear_predict(x, m->beta[a], p->p));
        square += pow(v[i] * (effect[i] - *value) / mass + effect_weight(w, i) * (a ? rest : -rest), 2);
    }
    *error = sqrt(square);
    return true;
}

static bool t_learner(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                      struct error *err) {
    struct arms m;
    double *all = arena_new(arena, double, p->n, err), *treated = arena_new(arena, double, p->n, err), square = 0;
    if (!all || !treated || !fit_arms(p, w, p->options[0].real, &m, arena, err)) return false;
    for (size_t i = 0; i < p->n; i++) {
        double effect =
            linear_predict(p->x + i * p->p, m.beta[1], p->p) - linear_predict(p->x + i * p->p, m.beta[0], p->p);
        all[i] = effect_weight(w, i), treated[i] = all[i] * p->t[i];
        if (p->y0) square += pow(effect - (p->y1[i] - p->y0[i]), 2);
    }
    out->method[EFFECT_ATE] = out->method[EFFECT_ATT] = "influence";
    if (p->y0) effect_put_extra(out, "pehe", sqrt(square / (double)p->n));
    return mean_effect(p, w, &m, all, &out->value[EFFECT_ATE], &out->error[EFFECT_ATE], arena, err) &&
           mean_effect(p, w, &m, treated, &out->value[EFFECT_ATT], &out->error[EFFECT_ATT], arena, err);
}

static const struct option_def t_learner_options[] = {
    {"penalty", OPTION_REAL, "1", 0, 1e12, NULL, "of the squares of coefficients of standardised covariates"},
};
const struct estimator estimator_t_learner = {
    .name = "t-learner",
    .summary = "a ridge regression of the treated and one of the others, compared in all units",
    .paper = "Kunzel et al. 2019",
    .options = t_learner_options,
    .n_options = 1,
    .needs = EFFECT_BINARY | EFFECT_COVARIATES | EFFECT_ADJUSTS,
    .estimate = t_learner,
};
