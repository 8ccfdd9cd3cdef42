/* Dawid & Skene, Applied Statistics 28, 1979, 20-28: classes and confusion matrices at once, without gold answers. q
 * starts as shares of votes, which also says which class is which. M-step: pi_t = (sum_i q_i(t) + eps) / (n + K eps),
 * C_a[t][s] = (eps + sum over items where a says s of q_i(t)) / row sum. E-step: q_i(t) proportional to pi_t prod_a
 * C_a[t][s_ia], in logs. Until the log-likelihood gains less than `gain`, or `rounds` are over. */
#include "measure/fusion/fuse_internal.h"

#include <math.h>
#include <string.h>

enum { EPS, ROUNDS, GAIN };
static const struct option_def em_options[] = {
    {"eps", OPTION_REAL, "0.01", 1e-12, 1e3, NULL, "added to each expected count"},
    {"rounds", OPTION_INT, "200", 1, 100000, NULL, "at most"},
    {"gain", OPTION_REAL, "1e-6", -1e9, 1, NULL, "it stands still when the log-likelihood grows by less"},
};

struct em {
    const struct fuse_in *in;
    size_t k, n;
    double *q;         /* [n][K] */
    double *prior;     /* [K] */
    double *confusion; /* [S][K][K] */
};

static void start(struct em *e) {
    for (size_t i = 0; i < e->n; i++) {
        double spoke = 0, *q = &e->q[i * e->k];
        for (size_t s = 0; s < e->in->n_sources; s++) {
            int32_t a = fuse_said(e->in, i, s)->answer;
            if (a != AGENT_SILENT) q[a]++, spoke++;
        }
        for (size_t t = 0; t < e->k; t++) q[t] = spoke > 0 ? q[t] / spoke : 1 / (double)e->k;
    }
}

static void maximise(struct em *e, double eps) {
    size_t k = e->k;
    for (size_t t = 0; t < k; t++) e->prior[t] = eps;
    for (size_t c = 0; c < e->in->n_sources * k * k; c++) e->confusion[c] = eps;
    for (size_t i = 0; i < e->n; i++) {
        const double *q = &e->q[i * k];
        for (size_t t = 0; t < k; t++) e->prior[t] += q[t];
        for (size_t s = 0; s < e->in->n_sources; s++) {
            int32_t a = fuse_said(e->in, i, s)->answer;
            for (size_t t = 0; a != AGENT_SILENT && t < k; t++) e->confusion[(s * k + t) * k + (size_t)a] += q[t];
        }
    }
    for (size_t t = 0; t < k; t++) e->prior[t] /= (double)e->n + (double)k * eps;
    for (size_t row = 0; row < e->in->n_sources * k; row++) {
        double sum = 0;
        for (size_t s = 0; s < k; s++) sum += e->confusion[row * k + s];
        for (size_t s = 0; s < k; s++) e->confusion[row * k + s] /= sum;
    }
}

/* The log-likelihood. */
static double expect(struct em *e) {
    double sum = 0;
    size_t k = e->k, best;
    for (size_t i = 0; i < e->n; i++) {
        double *q = &e->q[i * k];
        for (size_t t = 0; t < k; t++) q[t] = log(e->prior[t]);
        for (size_t s = 0; s < e->in->n_sources; s++) {
            int32_t a = fuse_said(e->in, i, s)->answer;
            for (size_t t = 0; a != AGENT_SILENT && t < k; t++) q[t] += log(e->confusion[(s * k + t) * k + (size_t)a]);
        }
        sum += fuse_softmax(q, k, &best);
    }
    return sum;
}

static void tell(const struct em *e, struct fused *out) {
    size_t k = e->k, s_all = e->in->n_sources;
    for (size_t i = 0; i < e->n; i++) {
        const double *q = &e->q[i * k];
        size_t best = 0;
        for (size_t t = 1; t < k; t++)
            if (q[t] > q[best]) best = t;
        size_t second = fuse_second(q, k, best);
        for (size_t s = 0; s < s_all; s++) {
            int32_t a = fuse_said(e->in, i, s)->answer;
            if (a == AGENT_SILENT) continue;
            out->answer[i] = (int32_t)best;
            out->bits[i * s_all + s] =
                log2(e->confusion[(s * k + best) * k + (size_t)a] / e->confusion[(s * k + second) * k + (size_t)a]);
        }
    }
    for (size_t s = 0; s < s_all; s++) out->weight[s] = fuse_information(e->prior, &e->confusion[s * k * k], k, k);
}

static bool fuse_em(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) {
    struct em e = {.in = in, .k = in->log->n_classes, .n = in->log->n_items};
    if (!fused_new(in, arena, out, err)) return false;
    e.q = out->p;
    e.prior = arena_new(arena, double, e.k, err);
    e.confusion = out->confusion =
        e.prior ? arena_alloc(arena, in->n_sources * e.k, e.k * sizeof *e.confusion, err) : NULL;
    out->bits = e.confusion ? arena_alloc(arena, e.n, in->n_sources * sizeof *out->bits, err) : NULL;
    out->weight = out->bits ? arena_new(arena, double, in->n_sources, err) : NULL;
    if (!out->weight) return false;
    double last = -INFINITY, now;
    start(&e);
    for (size_t most = (size_t)in->options[ROUNDS].integer; out->rounds < most; last = now) {
        out->rounds++;
        maximise(&e, in->options[EPS].real);
        now = expect(&e);
        if (now - last < in->options[GAIN].real) break;
    }
    tell(&e, out);
    return true;
}

const struct fusion fusion_dawid_skene = {
    .name = "dawid-skene",
    .summary = "classes and confusion matrices together, without gold answers (EM); never where some are known",
    .options = em_options,
    .n_options = 3,
    .probable = true,
    .weighs = "mutual information of class and answer, as a share of what is not known of the class",
    .fuse = fuse_em,
};
