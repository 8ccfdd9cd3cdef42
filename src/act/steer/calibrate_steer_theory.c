/* Statements of the theory of steering on toys that are drawn: what must hold for any base and any rewards, and two
 * planted faults. See calibrate_steer_internal.h. */
#include "act/steer/calibrate_steer_internal.h"

#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EXACT 1e-9
enum { TOYS = 8, V = 4, T = 4, TEXTS = 256 };
static const double alphas[] = {0.1, 0.3, 1, 3};

/* ---- toys that are drawn */

/* A reward that comes late (most of it for one ending alone) or one that adds up over tokens. */
static double reward_of(size_t text, size_t good, const double *by_token, bool late) {
    double sum = late && text == good ? 3 : 0;
    for (size_t t = 0; t < T; t++, text /= V) sum += by_token[t * V + text % V] * (late ? 0.2 : 1);
    return sum;
}

static bool draw_toy(struct steer_toy *toy, uint64_t seed, size_t index, struct arena *arena, struct error *err) {
    struct rng rng = rng_stream(seed, "calibrate-steer", index);
    double by_token[T * V], other[T * V];
    *toy = (struct steer_toy){.tokens = V, .length = T, .texts = TEXTS, .beta = index % 2 ? 1 : 0.5, .seed = seed};
    double *next = arena_new(arena, double, (V + 1) * V, err), *reward = arena_new(arena, double, TEXTS, err);
    double *reward_bl = arena_new(arena, double, TEXTS, err);
    if (!next || !reward || !reward_bl) return false;
    for (size_t r = 0; r <= V; r++) {
        double sum = 0;
        for (size_t z = 0; z < V; z++) sum += next[r * V + z] = 0.05 + rng_unit(&rng);
        for (size_t z = 0; z < V; z++) next[r * V + z] /= sum;
    }
    for (size_t i = 0; i < T * V; i++) by_token[i] = rng_normal(&rng) / 2, other[i] = rng_normal(&rng) / 2;
    size_t good = rng_below(&rng, TEXTS);
    for (size_t i = 0; i < TEXTS; i++) {
        reward[i] = reward_of(i, good, by_token, index % 2 == 0);
        reward_bl[i] = reward[i] / 2 + reward_of(i, good, other, false);
    }
    toy->next = next;
    toy->reward = reward;
    toy->reward_bl = reward_bl;
    return steer_toy_complete(toy, arena, err);
}

/* ---- bounds */

/* KL of next tokens behind a prefix, the run of `span` texts from `from`, between two models of whole texts. */
static double next_divergence(const struct steer_toy *toy, const double *p, const double *q, size_t from, size_t span) {
    double all_p = 0, all_q = 0, sum = 0;
    size_t each = span / toy->tokens;
    for (size_t i = 0; i < span; i++) all_p += p[from + i], all_q += q[from + i];
    for (size_t z = 0; z < toy->tokens; z++) {
        double a = 0, b = 0;
        for (size_t i = 0; i < each; i++) a += p[from + z * each + i], b += q[from + z * each + i];
        if (a > 0) sum += a / all_p * log(a / all_p / (b / all_q));
    }
    return sum;
}

bool toy_bound_of(struct steer_toy *toy, const double *steered, double alpha, struct toy_bound *out,
                  struct error *err) {
    double along = 0;
    (void)err;
    for (size_t span = toy->texts; span > 1; span /= toy->tokens)
        for (size_t from = 0; from < toy->texts; from += span) {
            double reached = 0;
            for (size_t i = 0; i < span; i++) reached += steered[from + i];
            if (reached > 0) along += reached * next_divergence(toy, toy->aligned, toy->base, from, span);
        }
    out->h = steer_toy_divergence(toy, steered, toy->base);
    out->gap = steer_toy_expect(toy, toy->aligned, toy->reward) - steer_toy_expect(toy, steered, toy->reward);
    out->right = alpha * (along - out->h);
    return true;
}

static double range_of(const double *v, size_t n) {
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < n; i++) low = fmin(low, v[i]), high = fmax(high, v[i]);
    return high - low;
}

/* Slack of what must be at most something else; a negative one is a violation. */
static void holds(const struct calibrate_out *out, const char *name, double slack, const char *note) {
    calibrate_range(out, name, slack, -EXACT, INFINITY, note);
}

struct slacks {
    double loss, drift, base, aligned, identity, free, greedy, far;
};

/* Values are means of rewards, so that no two of them differ by more than the rewards do. */
static bool bounds(struct steer_toy *toy, double alpha, struct slacks *s, double *steered, struct arena *arena,
                   struct error *err) {
    struct steer_settings settings;
    struct toy_bound b;
    if (!toy_settings(&settings, arena, "tq-direct", alpha, toy->beta, err) ||
        !steer_toy_texts(toy, &settings, steered, err) || !toy_bound_of(toy, steered, alpha, &b, err))
        return false;
    s->loss = fmin(s->loss, b.right - b.gap);
    s->drift = fmin(s->drift, T * range_of(toy->reward, TEXTS) / alpha - b.h);
    return true;
}

static double text_distance(const double *p, const double *q) {
    double most = 0;
    for (size_t i = 0; i < TEXTS; i++) most = fmax(most, fabs(p[i] - q[i]));
    return most;
}

static bool of_spec(struct steer_toy *toy, const char *spec, double alpha, bool follows_bl, double *steered,
                    struct arena *arena, struct error *err) {
    struct steer_settings settings;
    toy->follows_bl = follows_bl;
    bool ok = toy_settings(&settings, arena, spec, alpha, toy->beta, err) &&
              steer_toy_texts(toy, &settings, steered, err);
    toy->follows_bl = false;
    return ok;
}

/* Identities: the soft value and the log-ratio with alpha = beta are the optimum; corrected ends are the other model's
 * ends; alpha without bound is the base. */
static bool identities(struct steer_toy *toy, struct slacks *s, double *a, double *b, struct arena *arena,
                       struct error *err) {
    if (!of_spec(toy, "soft", toy->beta, false, a, arena, err)) return false;
    s->aligned = fmax(s->aligned, text_distance(a, toy->aligned));
    if (!of_spec(toy, "implicit", toy->beta, false, a, arena, err)) return false;
    s->free = fmax(s->free, text_distance(a, toy->aligned));
    if (!of_spec(toy, "tq-indirect", 0.3, true, a, arena, err) || !of_spec(toy, "tq-direct", 0.3, false, b, arena, err))
        return false;
    s->identity = fmax(s->identity, text_distance(a, b));
    if (!of_spec(toy, "cd", INFINITY, false, a, arena, err)) return false;
    s->far = fmax(s->far, text_distance(a, toy->base));
    return true;
}

/* A vanishing alpha says the text of most value; the best text gains no more than its own KL pays for. */
static bool extremes(struct steer_toy *toy, struct slacks *s, double *a, struct arena *arena, struct error *err) {
    struct steer_settings settings;
    int32_t text[TOY_LENGTH];
    size_t index, best = 0;
    if (!of_spec(toy, "tq-direct", 1e-7, false, a, arena, err) ||
        !toy_settings(&settings, arena, "tq-direct", 0, toy->beta, err) ||
        !steer_toy_greedy(toy, &settings, text, &index, arena, err))
        return false;
    s->greedy = fmax(s->greedy, 1 - a[index]);
    for (size_t i = 1; i < TEXTS; i++)
        if (toy->reward[i] > toy->reward[best]) best = i;
    double gain = toy->reward[best] - steer_toy_expect(toy, toy->aligned, toy->reward);
    double paid = toy->beta * (-log(toy->base[best]) - steer_toy_divergence(toy, toy->aligned, toy->base));
    s->base = fmin(s->base, paid - gain);
    return true;
}

static bool statements(uint64_t seed, const struct calibrate_out *out, struct arena *arena, struct error *err) {
    struct slacks s = {.loss = INFINITY, .drift = INFINITY, .base = INFINITY};
    struct steer_toy toy;
    for (size_t i = 0; i < TOYS; i++) {
        arena_reset(arena);
        double *a = arena_new(arena, double, TEXTS, err), *b = arena_new(arena, double, TEXTS, err);
        if (!a || !b || !draw_toy(&toy, seed, i, arena, err)) return false;
        for (size_t k = 0; k < sizeof alphas / sizeof *alphas; k++)
            if (!bounds(&toy, alphas[k], &s, a, arena, err)) return false;
        if (!identities(&toy, &s, a, b, arena, err) || !extremes(&toy, &s, a, arena, err)) return false;
    }
    holds(out, "loss beside the aligned model", s.loss, "least slack over 8 toys and 4 alphas");
    holds(out, "KL by reward range over alpha", s.drift, "least slack");
    holds(out, "gain of the best text over the aligned model", s.base, "least slack");
    calibrate_number(out, "soft, alpha = beta: the optimum", 0, s.aligned, EXACT, "largest distance of a text's share");
    calibrate_number(out, "implicit, alpha = beta: the aligned model", 0, s.free, EXACT, "largest distance");
    calibrate_number(out, "tq-indirect: tq-direct", 0, s.identity, EXACT, "largest distance");
    calibrate_number(out, "alpha without bound: the base", 0, s.far, EXACT, "largest distance");
    calibrate_number(out, "alpha to 0: the text of most value", 0, s.greedy, 1e-6, "largest missing share");
    return true;
}

/* ---- rewards that are changed in ways that must not matter */

static bool changed(const struct steer_toy *toy, double factor, double constant, struct steer_toy *out,
                    struct arena *arena, struct error *err) {
    double *reward = arena_new(arena, double, TEXTS, err);
    if (!reward) return false;
    for (size_t i = 0; i < TEXTS; i++) reward[i] = factor * toy->reward[i] + constant;
    *out = *toy;
    out->reward = reward; /* the aligned model stays: only what ends are worth changes */
    return true;
}

static bool invariances(uint64_t seed, const struct calibrate_out *out, struct arena *arena, struct error *err) {
    struct steer_toy toy, other;
    double *a = arena_new(arena, double, TEXTS, err), *b = arena_new(arena, double, TEXTS, err);
    if (!a || !b || !draw_toy(&toy, seed, TOYS, arena, err)) return false;
    if (!changed(&toy, 0, 2, &other, arena, err) || !of_spec(&other, "tq-direct", 0.3, false, a, arena, err))
        return false;
    calibrate_number(out, "a constant reward: the base", 0, text_distance(a, toy.base), EXACT, "");
    if (!of_spec(&toy, "tq-direct", 0.3, false, a, arena, err)) return false;
    if (!changed(&toy, 1, 5, &other, arena, err) || !of_spec(&other, "tq-direct", 0.3, false, b, arena, err))
        return false;
    calibrate_number(out, "a constant more", 0, text_distance(a, b), EXACT, "");
    if (!changed(&toy, 3, 0, &other, arena, err) || !of_spec(&other, "tq-direct", 0.9, false, b, arena, err))
        return false;
    calibrate_number(out, "reward and alpha three times as large", 0, text_distance(a, b), EXACT, "");
    return true;
}

/* ---- planted faults */

/* Token 0 at the start looks good at once and can end well no more; token 1, twice, ends well. */
static bool trap(const struct calibrate_out *out, struct arena *arena, struct error *err) {
    enum { TOKENS = 3, LENGTH = 3, ALL = 27, GOOD = 9 + 3 + 1 };
    static const double next[(TOKENS + 1) * TOKENS] = {0.2, 0.4, 0.4, 0.3, 0.4, 0.3, 0.3, 0.3, 0.4, 0.2, 0.3, 0.5};
    const double alpha = 0.25;
    struct steer_settings settings;
    double first[TOY_TOKENS];
    double *reward = arena_new(arena, double, ALL, err), *none = arena_new(arena, double, ALL, err);
    double *partial = arena_new(arena, double, (LENGTH + 1) * ALL, err);
    struct steer_toy toy = {.tokens = TOKENS, .length = LENGTH, .texts = ALL, .beta = 0.25, .next = next, .seed = 1,
                            .reward = reward, .reward_bl = none, .partial = partial};
    if (!reward || !none || !partial) return false;
    reward[GOOD] = 1;
    for (size_t t = 1; t < LENGTH; t++)
        for (size_t i = 0; i < ALL / TOKENS; i++) partial[t * ALL + i] = 1;
    double odds = next[TOKENS * TOKENS] * exp(1 / alpha), rate = odds / (odds + 1 - next[TOKENS * TOKENS]);
    if (!steer_toy_complete(&toy, arena, err) || !toy_settings(&settings, arena, "args", alpha, 0, err) ||
        !steer_toy_policy(&toy, &settings, NULL, 0, first, arena, err))
        return false;
    calibrate_number(out, "args walks into a trap", rate, first[0], EXACT, "a token that looks good and ends badly");
    if (!toy_settings(&settings, arena, "tq-direct", alpha, 0, err) ||
        !steer_toy_policy(&toy, &settings, NULL, 0, first, arena, err))
        return false;
    calibrate_range(out, "tq-direct does not", first[0], 0, next[TOKENS * TOKENS], "at most as often as the base");
    return true;
}

/* A baseline that was aligned against the reward: few of its ends carry all the weight, and this is noticed. */
static bool opposed(uint64_t seed, const struct calibrate_out *out, struct arena *arena, struct error *err) {
    struct steer_toy toy;
    struct steer_settings settings;
    struct steer_value values[V];
    if (!draw_toy(&toy, seed, 0, arena, err)) return false;
    double *against = arena_new(arena, double, TEXTS, err), least = INFINITY;
    if (!against) return false;
    for (size_t i = 0; i < TEXTS; i++) against[i] = -toy.reward[i];
    toy.reward_bl = against;
    toy.beta = 0.1;
    toy.samples = toy.follows_bl = true;
    size_t fell = 0;
    if (!steer_toy_complete(&toy, arena, err) || !toy_settings(&settings, arena, "tq-indirect", 1, toy.beta, err) ||
        !steer_toy_values(&toy, &settings, NULL, 0, values, arena, err))
        return false;
    for (size_t z = 0; z < V; z++) {
        least = fmin(least, values[z].effective);
        fell += values[z].fell_back;
    }
    calibrate_range(out, "effective share of an opposed baseline's ends", least / (double)settings.rollouts, 0,
                    settings.least_effective / (double)settings.rollouts, "the worst candidate");
    calibrate_range(out, "candidates whose weights were left out", (double)fell / V, 1.0 / V, 1, "");
    return true;
}

bool calibrate_steer_theory(uint64_t seed, const struct calibrate_out *out, struct error *err) {
    struct arena arena;
    arena_init(&arena, (size_t)1 << 26);
    bool ok = statements(seed, out, &arena, err);
    arena_reset(&arena);
    ok = ok && invariances(seed, out, &arena, err) && trap(out, &arena, err) && opposed(seed, out, &arena, err);
    arena_done(&arena);
    return ok;
}
