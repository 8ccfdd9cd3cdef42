/* Augmented inverse weighting with cross-fitting: right when either the outcome's or the treatment's model is.
 *
 * psi = mu1 - mu0 + t (y - mu1) / e - (1 - t) (y - mu0) / (1 - e), each row's models fitted on the other folds (Robins,
 * Rotnitzky & Zhao, JASA 89, 1994; Chernozhukov et al., Econometrics Journal 21, 2018). ATT: mean over the treated of
 * y - mu0, less the others' residuals weighted by e / (1 - e). A resampled row stays in its fold, so that no copy of a
 * row is on both sides. */
#include "measure/causal/effect_internal.h"
#include "measure/causal/linear.h"

#include <math.h>
#include <string.h>

enum { FOLDS, PENALTY, OUTCOME, TREATMENT };
static const struct option_def options[] = {
    {"folds", OPTION_INT, "5", 2, EFFECT_FOLDS_MOST, NULL, "parts of the rows for cross-fitting"},
    {"penalty", OPTION_REAL, "0.1", 0, 1e12, NULL, "of both models, of standardised covariates"},
    {"outcome", OPTION_CHOICE, "covariates", 1, 0, "covariates|constant",
     "what the model of the outcome knows; constant: nothing, to show that the other model suffices"},
    {"treatment", OPTION_CHOICE, "covariates", 1, 0, "covariates|constant", "what the model of the treatment knows"},
};

struct nuisance { /* [n] of each row, by models of the other folds */
    double *mu[2], *e;
};
/* Sums of one fold and kind, so that all folds but one are a subtraction. */
struct sums {
    double *g[EFFECT_FOLDS_MOST][2], *r[EFFECT_FOLDS_MOST][2], *all_g, *all_r;
};
struct fit {
    const struct effect_problem *p;
    const double *w;
    size_t folds, columns[2]; /* of the outcome's and the treatment's model */
    double penalty;
    uint8_t *fold;
    struct arena *arena;
    struct error *err;
};

/* Rows are dealt to folds in a drawn order, the kinds apart, so that every fold has its share of both. */
static bool deal_folds(struct fit *f) {
    size_t *order = arena_new(f->arena, size_t, f->p->n, f->err), dealt[2] = {0, 0};
    f->fold = arena_new(f->arena, uint8_t, f->p->n, f->err);
    if (!order || !f->fold) return false;
    struct rng rng = rng_stream(f->p->seed, "effect/folds", 0);
    for (size_t i = 0; i < f->p->n; i++) order[i] = i;
    rng_shuffle(&rng, order, f->p->n);
    for (size_t i = 0; i < f->p->n; i++) f->fold[order[i]] = (uint8_t)(dealt[f->p->t[order[i]] == 1]++ % f->folds);
    return true;
}

/* The outcome's model may know fewer columns: the first `q` of each row. */
static void add_row(const double *x, size_t q, double y, double weight, double *g, double *r) {
    for (size_t a = 0; a < q; a++) {
        double scaled = weight * x[a], *line = g + a * q;
        for (size_t b = 0; b <= a; b++) line[b] += scaled * x[b];
        r[a] += scaled * y;
    }
}

static bool sum_folds(struct fit *f, struct sums *s) {
    size_t q = f->columns[0];
    for (size_t k = 0; k < f->folds; k++)
        for (size_t a = 0; a < 2; a++)
            if (!(s->g[k][a] = arena_new(f->arena, double, q *q, f->err)) ||
                !(s->r[k][a] = arena_new(f->arena, double, q, f->err)))
                return false;
    for (size_t i = 0; i < f->p->n; i++) {
        size_t a = f->p->t[i] == 1, k = f->fold[i];
        double weight = effect_weight(f->w, i);
        if (weight != 0) add_row(f->p->x + i * f->p->p, q, f->p->y[i], weight, s->g[k][a], s->r[k][a]);
    }
    s->all_g = arena_new(f->arena, double, q *q, f->err);
    s->all_r = arena_new(f->arena, double, q, f->err);
    return s->all_g && s->all_r;
}

static bool predict_outcomes(struct fit *f, struct nuisance *out) {
    struct sums s;
    size_t q = f->columns[0];
    double *beta = arena_new(f->arena, double, q, f->err);
    if (!beta || !sum_folds(f, &s)) return false;
    for (size_t k = 0; k < f->folds; k++)
        for (size_t a = 0; a < 2; a++) {
            memset(s.all_g, 0, q * q * sizeof *s.all_g);
            memset(s.all_r, 0, q * sizeof *s.all_r);
            for (size_t other = 0; other < f->folds; other++) {
                for (size_t j = 0; other != k && j < q * q; j++) s.all_g[j] += s.g[other][a][j];
                for (size_t j = 0; other != k && j < q; j++) s.all_r[j] += s.r[other][a][j];
            }
            linear_solve(s.all_g, s.all_r, q, f->penalty, beta, NULL);
            for (size_t i = 0; i < f->p->n; i++)
                if (f->fold[i] == k) out->mu[a][i] = linear_predict(f->p->x + i * f->p->p, beta, q);
        }
    return true;
}

/* A treatment's model without covariates is the share of treated. */
static double plain_share(const struct fit *f, size_t fold) {
    double treated = 0, all = 0;
    for (size_t i = 0; i < f->p->n; i++)
        if (f->fold[i] != fold) treated += effect_weight(f->w, i) * f->p->t[i], all += effect_weight(f->w, i);
    return treated / all;
}

static bool predict_treatments(struct fit *f, struct nuisance *out) {
    const struct effect_problem *p = f->p;
    double *start = arena_new(f->arena, double, p->p, f->err), *beta = arena_new(f->arena, double, p->p, f->err);
    double *in = arena_new(f->arena, double, p->n, f->err);
    bool plain = f->columns[1] == 1;
    if (!start || !beta || !in) return false;
    for (size_t j = 0; p->share_start && j < p->p; j++) start[j] = p->share_start[j];
    if (!plain && !p->share_start && !effect_share_fit(p, f->w, f->penalty, start, f->arena, f->err)) return false;
    for (size_t k = 0; k < f->folds; k++) {
        double share = plain ? plain_share(f, k) : 0;
        for (size_t i = 0; i < p->n; i++) in[i] = f->fold[i] == k ? 0 : effect_weight(f->w, i);
        memcpy(beta, start, p->p * sizeof *beta);
        if (!plain && !logistic_fit(p->x, p->n, p->p, p->t, in, f->penalty, beta, f->arena, f->err)) return false;
        for (size_t i = 0; i < p->n; i++)
            if (f->fold[i] == k)
                out->e[i] = effect_trim(plain ? share : logistic_share(linear_predict(p->x + i * p->p, beta, p->p)));
    }
    return true;
}

/* sum w psi / sum w of all rows, and its error. */
static void take_ate(const struct fit *f, const struct nuisance *m, double *psi, struct effect_estimate *out) {
    const struct effect_problem *p = f->p;
    double sum = 0, mass = 0;
    for (size_t i = 0; i < p->n; i++) {
        double t = p->t[i], y = p->y[i];
        psi[i] =
            m->mu[1][i] - m->mu[0][i] + t * (y - m->mu[1][i]) / m->e[i] - (1 - t) * (y - m->mu[0][i]) / (1 - m->e[i]);
        sum += effect_weight(f->w, i) * psi[i];
        mass += effect_weight(f->w, i);
    }
    out->value[EFFECT_ATE] = sum / mass;
    for (size_t i = 0; i < p->n; i++) psi[i] -= sum / mass;
    out->error[EFFECT_ATE] = effect_influence_error(psi, f->w, p->n);
    out->method[EFFECT_ATE] = "influence";
}

static void take_att(const struct fit *f, const struct nuisance *m, double *psi, struct effect_estimate *out) {
    const struct effect_problem *p = f->p;
    double sum = 0, treated = 0, mass = 0;
    for (size_t i = 0; i < p->n; i++) {
        double rest = p->y[i] - m->mu[0][i];
        psi[i] = p->t[i] == 1 ? rest : -m->e[i] / (1 - m->e[i]) * rest;
        sum += effect_weight(f->w, i) * psi[i];
        treated += effect_weight(f->w, i) * p->t[i];
        mass += effect_weight(f->w, i);
    }
    out->value[EFFECT_ATT] = sum / treated;
    for (size_t i = 0; i < p->n; i++) psi[i] = (psi[i] - p->t[i] * sum / treated) * mass / treated;
    out->error[EFFECT_ATT] = effect_influence_error(psi, f->w, p->n);
    out->method[EFFECT_ATT] = "influence";
}

static bool aipw(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
                 struct error *err) {
    struct fit f = {.p = p,
                    .w = w,
                    .folds = (size_t)p->options[FOLDS].integer,
                    .columns = {text_equal_c(p->options[OUTCOME].text, "constant") ? 1 : p->p,
                                text_equal_c(p->options[TREATMENT].text, "constant") ? 1 : p->p},
                    .penalty = p->options[PENALTY].real,
                    .arena = arena,
                    .err = err};
    double *room = arena_new(arena, double, 4 * p->n, err);
    if (!room) return false;
    struct nuisance m = {{room, room + p->n}, room + 2 * p->n};
    if (!deal_folds(&f) || !predict_outcomes(&f, &m) || !predict_treatments(&f, &m)) return false;
    take_ate(&f, &m, room + 3 * p->n, out);
    take_att(&f, &m, room + 3 * p->n, out);
    return true;
}

const struct estimator estimator_aipw = {
    .name = "aipw",
    .summary = "outcome model corrected by weighted residuals, cross-fitted: right when either model is",
    .paper = "Robins et al. 1994; Chernozhukov et al. 2018",
    .options = options,
    .n_options = 4,
    .needs = EFFECT_BINARY | EFFECT_COVARIATES | EFFECT_OVERLAP | EFFECT_ADJUSTS,
    .estimate = aipw,
};
