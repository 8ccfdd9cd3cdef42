/* The log-linear pool: P(t | s_1..s_A) is proportional to pi_t prod_a C_a[t][s_a]^lambda_a with lambda_a in 0..1, so
 * that sources that say the same are not counted twice (Genest & Zidek, Statistical Science 1, 1986, 114-148). The
 * lambdas maximise the mean log-likelihood of the gold answers, each under tables without the item itself; it is
 * concave, and climbed one lambda at a time, from 0. A source without which less than 2 nats of
 * all are lost is left out, the least useful one first, and the others are fitted anew: an exponent that is truly 0
 * wins more than that in 2.3% of logs (half a chi-squared of one degree, on the border). */
#include "measure/fusion/fuse_internal.h"

#include <math.h>
#include <string.h>

enum { SWEEPS_MOST = 500, LOO_MOST = 2000 };
#define STILL 1e-8
#define LEAST_WON 2.0

static const struct option_def pool_options[] = {
    {"alpha", OPTION_REAL, "1", 1e-9, 1e6, NULL, "added to each count"},
    {"bins", OPTION_INT, "1", 1, 20, NULL, "how finely confidences count beside answers; 1: not at all"},
};

struct pool_fit {
    const struct fuse_in *in;
    struct fuse_counts counts;
    size_t k, n, out; /* out: the item that is left out; n: how many are learned from */
    size_t *item;     /* [n_gold] */
    double *feature;  /* [n][S][K] log-likelihoods */
    double *prior;    /* [n][K] */
    double *eta, *p;  /* [n][K] */
    double lambda[AGENT_SOURCES_MOST];
    bool left_out[AGENT_SOURCES_MOST];
};

/* What each item looks like to tables without it. */
static void look(struct pool_fit *f) {
    size_t s_all = f->in->n_sources;
    f->n = 0;
    for (size_t i = 0; i < f->in->log->n_items; i++) {
        if (f->in->log->item[i].gold == AGENT_SILENT || i == f->out) continue;
        fuse_count_item(&f->counts, i, -1);
        for (size_t t = 0; t < f->k; t++) {
            f->prior[f->n * f->k + t] = fuse_log_prior(&f->counts, t);
            for (size_t s = 0; s < s_all; s++)
                f->feature[(f->n * s_all + s) * f->k + t] = fuse_log_likelihood(&f->counts, i, s, t);
        }
        fuse_count_item(&f->counts, i, 1);
        f->item[f->n++] = i;
    }
}

/* eta and p from the lambdas; the mean log-likelihood. */
static double climb(struct pool_fit *f) {
    size_t s_all = f->in->n_sources, best;
    double sum = 0;
    memcpy(f->eta, f->prior, f->n * f->k * sizeof *f->eta);
    for (size_t j = 0; j < f->n; j++) {
        double *eta = &f->eta[j * f->k], *p = &f->p[j * f->k];
        for (size_t s = 0; s < s_all; s++)
            for (size_t t = 0; t < f->k; t++) eta[t] += f->lambda[s] * f->feature[(j * s_all + s) * f->k + t];
        memcpy(p, eta, f->k * sizeof *p);
        sum += eta[f->in->log->item[f->item[j]].gold] - fuse_softmax(p, f->k, &best);
    }
    return sum / (double)f->n;
}

/* First and second derivative along lambda_s, and a bound of the second one that holds everywhere. */
static void slope(const struct pool_fit *f, size_t s, double *first, double *second, double *bound) {
    *first = *second = *bound = 0;
    for (size_t j = 0; j < f->n; j++) {
        const double *x = &f->feature[(j * f->in->n_sources + s) * f->k], *p = &f->p[j * f->k];
        double mean = 0, square = 0, low = x[0], high = x[0];
        for (size_t t = 0; t < f->k; t++) {
            mean += p[t] * x[t];
            square += p[t] * x[t] * x[t];
            low = fmin(low, x[t]), high = fmax(high, x[t]);
        }
        *first += x[f->in->log->item[f->item[j]].gold] - mean;
        *second += square - mean * mean;
        *bound += (high - low) * (high - low) / 4;
    }
    *first /= (double)f->n, *second /= (double)f->n, *bound /= (double)f->n;
}

static double cut(double x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

/* Newton's step where it climbs, else the one that cannot fail to. Returns how far lambda_s went. */
static double step(struct pool_fit *f, size_t s, double *height) {
    double first, second, bound, had = f->lambda[s];
    slope(f, s, &first, &second, &bound);
    if (!(bound > 0)) return f->lambda[s] = 0, had;
    for (int safe = second > 1e-12 ? 0 : 1; safe < 2; safe++) {
        f->lambda[s] = cut(had + first / (safe ? bound : second));
        double reached = climb(f);
        if (reached < *height && !safe) continue;
        *height = reached;
        break;
    }
    return fabs(f->lambda[s] - had);
}

static double climb_up(struct pool_fit *f, size_t *sweeps) {
    double height = climb(f);
    for (double moved = 1; moved > STILL && *sweeps < SWEEPS_MOST; ++*sweeps) {
        moved = 0;
        for (size_t s = 0; s < f->in->n_sources; s++)
            if (!f->left_out[s]) moved = fmax(moved, step(f, s, &height));
    }
    return height;
}

/* The source whose loss costs least, and how much. n_sources: there is none. */
static size_t least_useful(struct pool_fit *f, double height, double *loss) {
    size_t least = f->in->n_sources;
    *loss = INFINITY;
    for (size_t s = 0; s < f->in->n_sources; s++) {
        double had = f->lambda[s], lost;
        if (f->left_out[s]) continue;
        f->lambda[s] = 0;
        lost = height - climb(f);
        f->lambda[s] = had;
        if (least == f->in->n_sources || lost < *loss) least = s, *loss = lost;
    }
    return least;
}

static size_t fit(struct pool_fit *f) {
    size_t sweeps = 0;
    memset(f->lambda, 0, sizeof f->lambda);
    memset(f->left_out, 0, sizeof f->left_out);
    look(f);
    for (;;) {
        double loss, height = climb_up(f, &sweeps);
        size_t s = least_useful(f, height, &loss);
        if (s == f->in->n_sources || loss * (double)f->n >= LEAST_WON) return sweeps;
        f->lambda[s] = 0;
        f->left_out[s] = true;
    }
}

static void answer(const struct pool_fit *f, size_t item, struct fused *out) {
    const struct fuse_in *in = f->in;
    double *p = &out->p[item * f->k];
    bool spoke = false;
    size_t best;
    for (size_t t = 0; t < f->k; t++) {
        p[t] = fuse_log_prior(&f->counts, t);
        for (size_t s = 0; s < in->n_sources; s++) p[t] += f->lambda[s] * fuse_log_likelihood(&f->counts, item, s, t);
    }
    fuse_softmax(p, f->k, &best);
    size_t second = fuse_second(p, f->k, best);
    for (size_t s = 0; s < in->n_sources; s++) {
        double more = fuse_log_likelihood(&f->counts, item, s, best) - fuse_log_likelihood(&f->counts, item, s, second);
        spoke |= fuse_said(in, item, s)->answer != AGENT_SILENT;
        out->bits[item * in->n_sources + s] = f->lambda[s] * more / log(2);
    }
    out->answer[item] = spoke ? (int32_t)best : AGENT_SILENT;
}

static bool fit_new(const struct fuse_in *in, struct arena *arena, struct pool_fit *f, struct error *err) {
    size_t n = in->log->n_gold, k = in->log->n_classes;
    *f = (struct pool_fit){.in = in, .k = k, .n = n, .out = SIZE_MAX};
    if (!fuse_count(in, in->options[0].real, (size_t)in->options[1].integer, arena, &f->counts, err)) return false;
    f->item = arena_new(arena, size_t, n, err);
    f->feature = f->item ? arena_alloc(arena, n * in->n_sources, k * sizeof *f->feature, err) : NULL;
    f->prior = f->feature ? arena_alloc(arena, n, k * sizeof *f->prior, err) : NULL;
    f->eta = f->prior ? arena_alloc(arena, n, k * sizeof *f->eta, err) : NULL;
    f->p = f->eta ? arena_alloc(arena, n, k * sizeof *f->p, err) : NULL;
    return f->p != NULL;
}

static bool fuse_pool(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) {
    struct pool_fit *f = arena_new(arena, struct pool_fit, 1, err);
    if (!f || !fused_new(in, arena, out, err) || !fit_new(in, arena, f, err)) return false;
    if (in->loo && in->log->n_gold > LOO_MOST)
        return error_set(err, ERROR_DATA,
                         "method 'pool' fits its weights anew for each item with --loo; more than %d "
                         "gold answers are too many",
                         LOO_MOST);
    out->bits = arena_alloc(arena, in->log->n_items, in->n_sources * sizeof *out->bits, err);
    out->weight = out->bits ? arena_new(arena, double, in->n_sources, err) : NULL;
    if (!out->weight) return false;
    out->rounds = fit(f);
    double all[AGENT_SOURCES_MOST];
    memcpy(all, f->lambda, sizeof all);
    memcpy(out->weight, all, in->n_sources * sizeof *out->weight);
    for (size_t i = 0; i < in->log->n_items; i++) {
        bool apart = in->loo && in->log->item[i].gold != AGENT_SILENT;
        memcpy(f->lambda, all, sizeof all);
        if (apart) {
            f->out = i;
            fuse_count_item(&f->counts, i, -1);
            fit(f);
        }
        answer(f, i, out);
        if (apart) fuse_count_item(&f->counts, i, 1);
    }
    return true;
}

const struct fusion fusion_pool = {
    .name = "pool",
    .summary = "Bayes with a fitted exponent for each source, so that copies are not counted twice",
    .options = pool_options,
    .n_options = 2,
    .learns = true,
    .probable = true,
    .weighs = "the exponent, 0..1",
    .fuse = fuse_pool,
};
