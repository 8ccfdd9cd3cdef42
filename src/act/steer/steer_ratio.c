/* Values by comparing two models, without any reward and without rollouts.
 *
 *   implicit  Q = beta log(pi_BL(z | s) / pi(z | s)): of a model that is the optimum for a reward, its soft value
 *             up to what does not depend on z, so that the choice is by pi^(1 - beta/alpha) pi_BL^(beta/alpha)
 *   contrast  Q = log(pi(z | s) / pi_amateur(z | s)) with alpha = 1 / beta, among candidates of at least `cutoff` of
 *             the likeliest one's probability (Li et al., ACL 2023; O'Brien & Lewis 2023) */
#include "act/steer/steer_internal.h"

static const double *baseline_logprobs(const struct steer_source *source, const struct steer_place *places, size_t n,
                                       struct arena *arena, struct error *err) {
    double *out = arena_new(arena, double, n + 1, err);
    return out && source->logprobs(source->context, STEER_BASELINE, places, n, out, err) ? out : NULL;
}

static bool implicit(const struct steer_settings *s, const struct steer_source *source,
                     const struct steer_place *places, size_t n, struct steer_value *out, struct arena *arena,
                     struct error *err) {
    const double *other = baseline_logprobs(source, places, n, arena, err);
    for (size_t i = 0; other && i < n; i++) out[i] = steer_known(s->beta * (other[i] - places[i].logprob));
    return other != NULL;
}

static bool contrast(const struct steer_settings *s, const struct steer_source *source,
                     const struct steer_place *places, size_t n, struct steer_value *out, struct arena *arena,
                     struct error *err) {
    const double *other = baseline_logprobs(source, places, n, arena, err);
    for (size_t from = 0, to; other && from < n; from = to) {
        double most = -INFINITY;
        for (to = from; to < n && places[to].text == places[from].text; to++) most = fmax(most, places[to].logprob);
        for (size_t i = from; i < to; i++) {
            bool plausible = places[i].logprob >= most + log(s->cutoff);
            out[i] = steer_known(plausible ? places[i].logprob - other[i] : -INFINITY);
        }
    }
    return other != NULL;
}

static const struct option_def implicit_options[] = {STEER_TOKENS, STEER_BETA};
static const struct option_def contrast_options[] = {
    STEER_REAL("beta", "1", 0, 1e9, "weight of the difference; 0: the subject alone"),
    STEER_REAL("cutoff", "0.1", 0, 1, "least probability of a candidate, in that of the likeliest"),
    STEER_INT("topk", "64", 1, 1e6, "candidates: the likeliest tokens; all others are never said"),
    STEER_CHOICE("mode", "asked", "asked|greedy|sample", "asked: as the temperature of the ask says")};

const struct steer steer_implicit = {
    .name = "implicit",
    .summary = "a mix of the base and an aligned model: no reward, no rollouts",
    .source = "transfer Q* through the aligned model's own log-ratio",
    STEER_TABLE(implicit_options),
    .needs = STEER_NEEDS_BASELINE | STEER_NEEDS_BETA,
    .q_values = implicit,
};
const struct steer steer_contrast = {
    .name = "contrast",
    .summary = "away from what a weaker model would say",
    .source = "contrastive decoding, Li et al., ACL 2023",
    STEER_TABLE(contrast_options),
    .needs = STEER_NEEDS_BASELINE,
    .q_values = contrast,
};
