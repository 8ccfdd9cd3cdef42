/* Votes: counted, weighed by what the voters say of themselves, or by strict majority. None of them learns. */
#include "measure/fusion/fuse_internal.h"

#include <math.h>

/* The class of the most; of equals that with the larger second count, then the one that an earlier source gave. */
static int32_t most(const struct fuse_in *in, size_t item, const double *first, const double *second) {
    int32_t best = AGENT_SILENT;
    for (size_t s = 0; s < in->n_sources; s++) {
        int32_t a = fuse_said(in, item, s)->answer;
        if (a == AGENT_SILENT || a == best) continue;
        if (best == AGENT_SILENT || first[a] > first[best] || (first[a] == first[best] && second[a] > second[best]))
            best = a;
    }
    return best;
}

/* Votes and summed confidences of an item's classes; returns how many spoke. */
static double count(const struct fuse_in *in, size_t item, double *votes, double *sure) {
    double spoke = 0;
    for (size_t t = 0; t < in->log->n_classes; t++) votes[t] = sure[t] = 0;
    for (size_t s = 0; s < in->n_sources; s++) {
        const struct agent_said *said = fuse_said(in, item, s);
        if (said->answer == AGENT_SILENT) continue;
        spoke++;
        votes[said->answer]++;
        if (!isnan(said->confidence)) sure[said->answer] += said->confidence;
    }
    return spoke;
}

enum how { PLURAL, BY_CONFIDENCE, STRICT };

static bool vote(const struct fuse_in *in, enum how how, struct arena *arena, struct fused *out, struct error *err) {
    size_t k = in->log->n_classes;
    double votes[AGENT_CLASSES_MOST], sure[AGENT_CLASSES_MOST];
    if (!fused_new(in, arena, out, err)) return false;
    for (size_t i = 0; i < in->log->n_items; i++) {
        double spoke = count(in, i, votes, sure), sum = 0;
        const double *by = how == BY_CONFIDENCE ? sure : votes;
        int32_t best = most(in, i, by, how == BY_CONFIDENCE ? votes : sure);
        for (size_t t = 0; t < k; t++) sum += by[t];
        for (size_t t = 0; sum > 0 && t < k; t++) out->p[i * k + t] = by[t] / sum;
        out->answer[i] = how == STRICT && best != AGENT_SILENT && !(2 * votes[best] > spoke) ? AGENT_SILENT : best;
    }
    return true;
}

static bool fuse_plural(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) {
    return vote(in, PLURAL, arena, out, err);
}
static bool fuse_majority(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) {
    return vote(in, STRICT, arena, out, err);
}
static bool fuse_confidence(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err) {
    for (size_t s = 0; s < in->n_sources; s++)
        if (!in->log->source[in->source[s]].confident)
            return error_set(err, ERROR_DATA, "method 'confidence': '%.*s' does not say how sure it is of each answer",
                             TEXT_ARG(in->log->source[in->source[s]].name));
    return vote(in, BY_CONFIDENCE, arena, out, err);
}

const struct fusion fusion_vote = {
    .name = "vote",
    .summary = "the answer of most sources; of equals the surer one, then that of the earlier source",
    .fuse = fuse_plural,
};
const struct fusion fusion_majority = {
    .name = "majority",
    .summary = "the answer of more than half of those who speak; without one, none",
    .fuse = fuse_majority,
};
const struct fusion fusion_confidence = {
    .name = "confidence",
    .summary = "the answer with the largest sum of stated confidences",
    .fuse = fuse_confidence,
};
