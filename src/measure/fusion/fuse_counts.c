/* Counts of what sources say of items of known class: see fuse_internal.h. */
#include "measure/fusion/fuse_internal.h"

#include <math.h>

static size_t symbol(const struct fuse_counts *c, const struct agent_said *said) {
    if (c->bins == 1) return (size_t)said->answer;
    size_t bin = (size_t)(said->confidence * (double)c->bins);
    return (size_t)said->answer * c->bins + (bin < c->bins ? bin : c->bins - 1);
}

void fuse_count_item(struct fuse_counts *c, size_t item, double sign) {
    int32_t t = c->in->log->item[item].gold;
    if (t == AGENT_SILENT) return;
    c->of_class[t] += sign;
    c->total += sign;
    for (size_t s = 0; s < c->in->n_sources; s++) {
        const struct agent_said *said = fuse_said(c->in, item, s);
        if (said->answer == AGENT_SILENT) continue;
        size_t row = s * c->k + (size_t)t;
        c->spoke[row] += sign;
        c->n[row * c->symbols + symbol(c, said)] += sign;
    }
}

bool fuse_count(const struct fuse_in *in, double alpha, size_t bins, struct arena *arena, struct fuse_counts *out,
                struct error *err) {
    size_t k = in->log->n_classes;
    *out = (struct fuse_counts){.in = in, .alpha = alpha, .k = k, .bins = bins, .symbols = k * bins};
    for (size_t s = 0; bins > 1 && s < in->n_sources; s++)
        if (!in->log->source[in->source[s]].confident)
            return error_set(err, ERROR_DATA, "bins=%zu: '%.*s' does not say how sure it is of each answer", bins,
                             TEXT_ARG(in->log->source[in->source[s]].name));
    out->n = arena_alloc(arena, in->n_sources * k, out->symbols * sizeof *out->n, err);
    out->spoke = out->n ? arena_new(arena, double, in->n_sources *k, err) : NULL;
    out->of_class = out->spoke ? arena_new(arena, double, k, err) : NULL;
    if (!out->of_class) return false;
    for (size_t i = 0; i < in->log->n_items; i++) fuse_count_item(out, i, 1);
    return true;
}

double fuse_log_prior(const struct fuse_counts *c, size_t t) {
    return log((c->of_class[t] + c->alpha) / (c->total + c->alpha * (double)c->k));
}

double fuse_log_likelihood(const struct fuse_counts *c, size_t item, size_t s, size_t t) {
    const struct agent_said *said = fuse_said(c->in, item, s);
    size_t row = s * c->k + t;
    if (said->answer == AGENT_SILENT) return 0;
    return log((c->n[row * c->symbols + symbol(c, said)] + c->alpha) / (c->spoke[row] + c->alpha * (double)c->symbols));
}

bool fuse_counts_weights(const struct fuse_counts *c, struct arena *arena, double *weight, struct error *err) {
    double *prior = arena_new(arena, double, c->k, err);
    double *table = prior ? arena_alloc(arena, c->k, c->symbols * sizeof *table, err) : NULL;
    if (!table) return false;
    for (size_t t = 0; t < c->k; t++) prior[t] = exp(fuse_log_prior(c, t));
    for (size_t s = 0; s < c->in->n_sources; s++) {
        for (size_t t = 0; t < c->k; t++)
            for (size_t y = 0; y < c->symbols; y++)
                table[t * c->symbols + y] = (c->n[(s * c->k + t) * c->symbols + y] + c->alpha) /
                                            (c->spoke[s * c->k + t] + c->alpha * (double)c->symbols);
        weight[s] = fuse_information(prior, table, c->k, c->symbols);
    }
    return true;
}
