/* Slices of distributions: see slice.h. */
#include "act/objective/slice.h"

#include <math.h>
#include <string.h>

enum { BINS = 10, COARSE = 21, FINE = 9 };

/* ---- mending */

/* Of entry i, before the sum is made 1; over the largest, against underflow. */
static double mended(const struct slice_mend *m, const double *p, size_t k, size_t i) {
    switch (m->map) {
    case SLICE_POWER: return pow(p[i] / p[0], 1 / m->c);
    case SLICE_PAPER: return exp((p[i] - p[0]) / m->c);
    case SLICE_SMOOTH: return fmax(i ? p[i] + m->delta / (double)(k - 1) : p[i] - m->delta, 0);
    case SLICE_LINEAR: return p[i] + m->eps;
    }
    return 0;
}

void slice_mend(const struct slice_mend *m, const double *p, size_t k, double *w) {
    double sum = 0;
    for (size_t i = 0; i < k; i++) sum += w[i] = mended(m, p, k, i);
    for (size_t i = 0; i < k; i++) w[i] /= sum;
}

/* ---- the divergence */

static void softmax(const float *logits, size_t n, double *p) {
    double most = -INFINITY, sum = 0;
    for (size_t v = 0; v < n; v++) most = fmax(most, (double)logits[v]);
    for (size_t v = 0; v < n; v++) sum += p[v] = exp((double)logits[v] - most);
    for (size_t v = 0; v < n; v++) p[v] /= sum;
}

static double term(double target, double student) {
    return target > 0 ? target * (log(target) - log(student)) : 0;
}

/* d/dz_v = p_v - w_v inside the slice, p_v (1 - rest / outside) beyond it. */
static double six(const double *p, size_t n, const int32_t *ids, const double *w, size_t k, double rest,
                  double *gradient) {
    double outside = 1, kl = 0;
    for (size_t i = 0; i < k; i++) {
        outside -= p[ids[i]];
        kl += term((1 - rest) * w[i], p[ids[i]]);
    }
    outside = fmax(outside, 1e-300);
    kl += term(rest, outside);
    for (size_t v = 0; v < n; v++) gradient[v] = p[v] * (1 - rest / outside);
    for (size_t i = 0; i < k; i++) gradient[ids[i]] = p[ids[i]] - (1 - rest) * w[i];
    return kl;
}

/* d/dz_v = p_v / sum - w_v inside, 0 beyond: nothing moves mass into the slice or out of it. */
static double five(const double *p, size_t n, const int32_t *ids, const double *w, size_t k, double *gradient) {
    double sum = 0, kl = 0;
    for (size_t i = 0; i < k; i++) sum += p[ids[i]];
    memset(gradient, 0, n * sizeof *gradient);
    for (size_t i = 0; i < k; i++) {
        kl += term(w[i], p[ids[i]] / sum);
        gradient[ids[i]] = p[ids[i]] / sum - w[i];
    }
    return kl;
}

/* With s the softmax of the k probabilities: d/dp_i = s_i - w_i, then through the softmax of the logits. */
static double five_softmax(const double *p, size_t n, const int32_t *ids, const double *w, size_t k, double *gradient) {
    double sum = 0, kl = 0, mean = 0;
    for (size_t i = 0; i < k; i++) sum += exp(p[ids[i]]);
    for (size_t i = 0; i < k; i++) {
        double s = exp(p[ids[i]]) / sum;
        kl += term(w[i], s);
        mean += p[ids[i]] * (s - w[i]);
    }
    for (size_t v = 0; v < n; v++) gradient[v] = -p[v] * mean;
    for (size_t i = 0; i < k; i++) gradient[ids[i]] += p[ids[i]] * (exp(p[ids[i]]) / sum - w[i]);
    return kl;
}

double slice_divergence(enum slice_form form, const float *logits, size_t n, const int32_t *ids, const double *w,
                        size_t k, double rest, double *p, double *gradient) {
    softmax(logits, n, p);
    if (form == SLICE_SIX) return six(p, n, ids, w, k, rest, gradient);
    if (form == SLICE_FIVE) return five(p, n, ids, w, k, gradient);
    return five_softmax(p, n, ids, w, k, gradient);
}

/* ---- the choice of c */

static double claim(const struct slice_mend *m, const struct slice_case *c, bool with_rest, size_t k) {
    double sum = 0;
    for (size_t i = 0; i < k; i++) sum += mended(m, c->p, k, i);
    return mended(m, c->p, k, 0) / sum * (with_rest ? 1 - c->rest : 1);
}

double slice_ece(const struct slice_mend *m, bool with_rest, const struct slice_case *cases, size_t n, size_t k) {
    double claimed[BINS] = {0}, right[BINS] = {0}, ece = 0;
    for (size_t i = 0; i < n; i++) {
        double p = claim(m, &cases[i], with_rest, k);
        int bin = (int)ceil(p * BINS) - 1;
        bin = bin < 0 ? 0 : bin < BINS ? bin : BINS - 1;
        claimed[bin] += p;
        right[bin] += cases[i].right;
    }
    for (int b = 0; b < BINS; b++) ece += fabs(right[b] - claimed[b]) / (double)n;
    return ece;
}

struct search {
    struct slice_mend mend;
    bool with_rest;
    const struct slice_case *cases;
    size_t n, k;
    slice_tell *tell;
    void *context;
    double best, error;
};

static void try_c(struct search *s, double c) {
    s->mend.c = c;
    double error = slice_ece(&s->mend, s->with_rest, s->cases, s->n, s->k);
    if (s->tell) s->tell(s->context, c, error);
    bool nearer = fabs(log(c)) < fabs(log(s->best));
    if (error < s->error || (error == s->error && nearer)) {
        s->best = c;
        s->error = error;
    }
}

double slice_fit(struct slice_mend mend, bool with_rest, const struct slice_case *cases, size_t n, size_t k,
                 slice_tell *tell, void *context) {
    struct search s = {mend, with_rest, cases, n, k, tell, context, 1, INFINITY};
    if (mend.map == SLICE_PAPER) {
        for (int i = 1; i <= 10; i++) try_c(&s, i / 10.0);
        double around = s.best;
        for (int i = -4; i <= 4; i++)
            if (i && around + 0.02 * i > 0.02 && around + 0.02 * i <= 1) try_c(&s, around + 0.02 * i);
        return s.best;
    }
    double ratio = pow(32, 1.0 / (COARSE - 1));
    for (int i = 0; i < COARSE; i++) try_c(&s, 0.25 * pow(ratio, i));
    double around = s.best;
    for (int i = 1 - FINE; i < FINE; i++)
        if (i) try_c(&s, around * pow(ratio, (double)i / FINE));
    return s.best;
}
