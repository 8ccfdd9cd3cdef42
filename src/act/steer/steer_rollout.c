/* Values by finishing the text: controlled decoding, transfer Q*, the soft value. One file, because they differ in
 * whose words finish it and in what is made of the ends.
 *
 *   cd               Q = E[r] over ends of the base (Mudgal et al., ICML 2024)
 *   tq-direct        Q = E[r] over ends of a model that was aligned to r (Chakraborty et al. 2024)
 *   tq-indirect      the same of a model that was aligned to r_BL, corrected by weights exp((r - r_BL) / beta)
 *                    (the same), self-normalised
 *   tq-indirect-raw  without their normaliser, as published code has it
 *   soft             Q = beta log E[exp(r / beta)] over ends of the base: with alpha = beta the sampled texts are those
 *                    of the optimum for r */
#include "act/steer/steer_internal.h"

#include <string.h>

/* ---- ends to values */

static bool mean(const struct steer_settings *s, struct steer_value *v, struct arena *arena, struct error *err) {
    (void)s, (void)arena, (void)err;
    steer_mean(&v->ends, v);
    return true;
}

static bool log_mean(const struct steer_settings *s, struct steer_value *v, struct arena *arena, struct error *err) {
    (void)arena, (void)err;
    steer_log_mean(&v->ends, s->beta, v);
    return true;
}

static bool corrected(const struct steer_settings *s, struct steer_value *v, struct arena *arena, struct error *err) {
    if (!(v->weights = arena_new(arena, double, v->ends.n, err))) return false;
    v->fell_back = false;
    steer_corrected(&v->ends, s->beta, s->clip, s->least_effective, v->weights, v);
    return true;
}

static bool product(const struct steer_settings *s, struct steer_value *v, struct arena *arena, struct error *err) {
    if (!(v->weights = arena_new(arena, double, v->ends.n, err))) return false;
    steer_uncorrected_product(&v->ends, s->beta, v->weights, v);
    return true;
}

/* ---- rollouts */

struct steer_value steer_known(double q) {
    return (struct steer_value){.q = q, .error = 0, .effective = NAN};
}

static bool append(struct steer_ends *to, const struct steer_ends *more, struct arena *arena, struct error *err) {
    if (!to->n) return *to = *more, true;
    struct steer_end *all = arena_new(arena, struct steer_end, to->n + more->n, err);
    if (!all) return false;
    memcpy(all, to->of, to->n * sizeof *all);
    memcpy(all + to->n, more->of, more->n * sizeof *all);
    to->of = all;
    to->n += more->n;
    return true;
}

/* Rollouts first..first+m-1 of the places that are listed, their values anew. */
static bool finish(const struct steer_settings *s, const struct steer_source *source, const struct steer_place *places,
                   const size_t *listed, size_t n, size_t first, size_t m, steer_estimate *estimate,
                   struct steer_value *out, struct arena *arena, struct error *err) {
    struct steer_place *some = arena_new(arena, struct steer_place, n, err);
    struct steer_ends *ends = some ? arena_new(arena, struct steer_ends, n, err) : NULL;
    if (!ends) return false;
    for (size_t i = 0; i < n; i++) some[i] = places[listed[i]];
    if (!source->finish(source->context, s->steer->policy, some, n, first, m, ends, arena, err)) return false;
    for (size_t i = 0; i < n; i++) {
        struct steer_value *v = &out[listed[i]];
        if (!append(&v->ends, &ends[i], arena, err) || !estimate(s, v, arena, err)) return false;
    }
    return true;
}

/* The score two standard errors to one side; with alpha = 0 values alone count. */
static double score_off(const struct steer_settings *s, const struct steer_place *place, const struct steer_value *v,
                        double side) {
    enum { ERRORS = 2 };
    double q = v->q + side * ERRORS * (isnan(v->error) ? INFINITY : v->error);
    return s->alpha > 0 ? place->logprob + q / s->alpha : q;
}

/* Which candidates of the text that begins at `from` may still be chosen: score and two standard errors reach the best
 * one's score without two of its own. Returns the end of the text's places. */
static size_t keep_running(const struct steer_settings *s, const struct steer_place *places, size_t from, size_t n,
                           struct steer_value *v, size_t *listed, size_t *n_listed) {
    size_t to = from;
    double floor = -INFINITY;
    for (; to < n && places[to].text == places[from].text; to++)
        floor = fmax(floor, score_off(s, &places[to], &v[to], -1));
    for (size_t i = from; i < to; i++) {
        v[i].dropped = score_off(s, &places[i], &v[i], 1) < floor;
        bool settled = v[i].ends.n && v[i].ends.exact;
        if (!v[i].dropped && !settled) listed[(*n_listed)++] = i;
    }
    return to;
}

bool steer_by_rollouts(const struct steer_settings *s, const struct steer_source *source,
                       const struct steer_place *places, size_t n, steer_estimate *estimate, struct steer_value *out,
                       struct arena *arena, struct error *err) {
    size_t *listed = arena_new(arena, size_t, n + 1, err), left = 0;
    size_t first = s->halving && s->rollouts >= 4 ? s->rollouts / 4 : s->rollouts;
    if (!listed) return false;
    for (size_t i = 0; i < n; i++) {
        listed[i] = i;
        out[i] = steer_known(0);
    }
    if (!finish(s, source, places, listed, n, 0, first, estimate, out, arena, err)) return false;
    if (first == s->rollouts) return true;
    for (size_t from = 0; from < n;) from = keep_running(s, places, from, n, out, listed, &left);
    return left == 0 ||
           finish(s, source, places, listed, left, first, s->rollouts - first, estimate, out, arena, err);
}

#define BY_ROLLOUTS(name, estimate)                                                                                    \
    static bool name(const struct steer_settings *s, const struct steer_source *source,                                \
                     const struct steer_place *places, size_t n, struct steer_value *out, struct arena *arena,         \
                     struct error *err) {                                                                              \
        return steer_by_rollouts(s, source, places, n, estimate, out, arena, err);                                     \
    }
BY_ROLLOUTS(by_mean, mean)
BY_ROLLOUTS(by_log_mean, log_mean)
BY_ROLLOUTS(by_corrected, corrected)
BY_ROLLOUTS(by_product, product)

/* ---- rows of the table */

static const struct option_def mean_options[] = {STEER_ROLLOUTS("2")};
static const struct option_def soft_options[] = {STEER_ROLLOUTS("2"), STEER_BETA};
static const struct option_def raw_options[] = {STEER_ROLLOUTS("16"), STEER_BETA};
static const struct option_def corrected_options[] = {
    STEER_ROLLOUTS("16"), STEER_BETA,
    STEER_REAL("clip", "0", 0, 1e9, "no weight above this many mean weights; 0: anything"),
    STEER_REAL("least", "2", 0, 1e9, "fewer effective samples: the weights are left out, and it is said")};

const struct steer steer_cd = {
    .name = "cd",
    .summary = "mean reward of ends by the base itself",
    .source = "controlled decoding, Mudgal et al., ICML 2024",
    STEER_TABLE(mean_options),
    .needs = STEER_NEEDS_REWARD,
    .policy = STEER_BASE,
    .q_values = by_mean,
};
const struct steer steer_soft = {
    .name = "soft",
    .summary = "beta log of the mean of exp(reward / beta) over ends by the base",
    .source = "the optimum for a reward under a KL penalty, in closed form",
    STEER_TABLE(soft_options),
    .needs = STEER_NEEDS_REWARD | STEER_NEEDS_BETA,
    .policy = STEER_BASE,
    .q_values = by_log_mean,
};
const struct steer steer_tq_direct = {
    .name = "tq-direct",
    .summary = "mean reward of ends by a model that was aligned to the same reward",
    .source = "transfer Q*, Chakraborty et al., NeurIPS 2024, direct transfer",
    STEER_TABLE(mean_options),
    .needs = STEER_NEEDS_REWARD | STEER_NEEDS_BASELINE,
    .policy = STEER_BASELINE,
    .q_values = by_mean,
};
const struct steer steer_tq_indirect = {
    .name = "tq-indirect",
    .summary = "the same by a model that was aligned to another reward, with self-normalised weights",
    .source = "transfer Q*, Chakraborty et al., NeurIPS 2024, indirect transfer",
    STEER_TABLE(corrected_options),
    .needs = STEER_NEEDS_REWARD | STEER_NEEDS_BASELINE | STEER_NEEDS_BASELINE_REWARD | STEER_NEEDS_BETA,
    .policy = STEER_BASELINE,
    .q_values = by_corrected,
};
const struct steer steer_tq_indirect_raw = {
    .name = "tq-indirect-raw",
    .summary = "the same without the normaliser of its weights, as published code has it",
    .source = "transfer Q*, Chakraborty et al., NeurIPS 2024, as released",
    STEER_TABLE(raw_options),
    .needs = STEER_NEEDS_REWARD | STEER_NEEDS_BASELINE | STEER_NEEDS_BASELINE_REWARD | STEER_NEEDS_BETA,
    .policy = STEER_BASELINE,
    .q_values = by_product,
};
