/* Naive Bayes over confusion matrices: P(t | s_1..s_A) is proportional to pi_t prod_a C_a[t][s_a], counted with alpha
 * added to each cell. It takes the sources for independent given the class, so copies of one source count as often as
 * they are there. */
#include "measure/fusion/fuse_internal.h"

#include <math.h>

enum { ALPHA, BINS };
static const struct option_def bayes_options[] = {
    {"alpha", OPTION_REAL, "1", 1e-9, 1e6, NULL, "added to each count"},
    {"bins", OPTION_INT, "1", 1, 20, NULL, "how finely confidences count beside answers; 1: not at all"},
};

static void answer(const struct fuse_counts *c, size_t item, struct fused *out) {
    const struct fuse_in *in = c->in;
    double *p = &out->p[item * c->k];
    bool spoke = false;
    size_t best;
    for (size_t t = 0; t < c->k; t++) {
        p[t] = fuse_log_prior(c, t);
        for (size_t s = 0; s < in->n_sources; s++) p[t] += fuse_log_likelihood(c, item, s, t);
    }
    fuse_softmax(p, c->k, &best);
    size_t second = fuse_second(p, c->k, best);
    for (size_t s = 0; s < in->n_sources; s++) {
        spoke |= fuse_said(in, item, s)->answer != AGENT_SILENT;
        out->bits[item * in->n_sources + s] =
            (fuse_log_likelihood(c, item, s, best) - fuse_log_likelihood(c, item, s, second)) / log(2);
    }
    out->answer[item] = spoke ? (int32_t)best : AGENT_SILENT;
}

static bool fuse_bayes(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) {
    struct fuse_counts c;
    if (!fused_new(in, arena, out, err) ||
        !fuse_count(in, in->options[ALPHA].real, (size_t)in->options[BINS].integer, arena, &c, err))
        return false;
    out->bits = arena_alloc(arena, in->log->n_items, in->n_sources * sizeof *out->bits, err);
    out->weight = out->bits ? arena_new(arena, double, in->n_sources, err) : NULL;
    if (!out->weight || !fuse_counts_weights(&c, arena, out->weight, err)) return false;
    for (size_t i = 0; i < in->log->n_items; i++) {
        if (in->loo) fuse_count_item(&c, i, -1);
        answer(&c, i, out);
        if (in->loo) fuse_count_item(&c, i, 1);
    }
    return true;
}

const struct fusion fusion_bayes = {
    .name = "bayes",
    .summary = "naive Bayes over the confusion matrix of each source",
    .options = bayes_options,
    .n_options = 2,
    .learns = true,
    .probable = true,
    .weighs = "mutual information of class and answer, as a share of what is not known of the class",
    .fuse = fuse_bayes,
};
