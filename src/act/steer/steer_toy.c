/* Toys: see steer_toy.h. A prefix of t tokens is the run of texts that begin so, V^(T - t) of them. */
#include "act/steer/steer_toy.h"

#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- prefixes */

/* The texts that begin with the tokens: from *at, as many as are returned. */
static size_t run_of(const struct steer_toy *toy, const int32_t *a, size_t n, const int32_t *b, size_t m, size_t *at) {
    size_t span = toy->texts;
    *at = 0;
    for (size_t i = 0; i < n + m; i++) {
        span /= toy->tokens;
        *at += (size_t)(i < n ? a[i] : b[i - n]) * span;
    }
    return span;
}

static double mass_of(const double *p, size_t from, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += p[from + i];
    return sum;
}

/* ---- the toy as a source */

static const double *texts_of(const struct steer_toy *toy, enum steer_policy policy) {
    return policy == STEER_BASE ? toy->base : toy->follows_bl ? toy->aligned_bl : toy->aligned;
}

static bool logprobs(void *context, enum steer_policy policy, const struct steer_place *places, size_t n, double *out,
                     struct error *err) {
    const struct steer_toy *toy = context;
    const double *p = texts_of(toy, policy);
    (void)err;
    for (size_t i = 0; i < n; i++) {
        size_t at, from, all = run_of(toy, places[i].prefix, places[i].n_prefix, NULL, 0, &from);
        size_t some = run_of(toy, places[i].prefix, places[i].n_prefix, places[i].next, places[i].n_next, &at);
        out[i] = log(mass_of(p, at, some) / mass_of(p, from, all));
    }
    return true;
}

static bool partial(void *context, const struct steer_place *places, size_t n, double *out, struct error *err) {
    const struct steer_toy *toy = context;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        size_t at, t = places[i].n_prefix + places[i].n_next;
        run_of(toy, places[i].prefix, places[i].n_prefix, places[i].next, places[i].n_next, &at);
        out[i] = t == toy->length ? toy->reward[at] : toy->partial[t * toy->texts + at];
    }
    return true;
}

static struct steer_end end_of(const struct steer_toy *toy, size_t text, double mass) {
    return (struct steer_end){.reward = toy->reward[text], .baseline_reward = toy->reward_bl[text], .mass = mass};
}

/* m texts of the run by their probabilities; the same units for all candidates behind a prefix. */
static void draw(const struct steer_toy *toy, const double *p, size_t from, size_t span, uint64_t prefix, size_t first,
                 size_t m, struct steer_end *out) {
    double total = mass_of(p, from, span);
    for (size_t k = 0; k < m; k++) {
        char name[64];
        snprintf(name, sizeof name, "steer-toy/%llu", (unsigned long long)prefix);
        struct rng rng = rng_stream(toy->seed, name, first + k);
        double at = rng_unit(&rng) * total, sum = 0;
        size_t i = 0;
        while (i + 1 < span && (sum += p[from + i]) <= at) i++;
        out[k] = end_of(toy, from + i, 1);
    }
}

static bool finish(void *context, enum steer_policy policy, const struct steer_place *places, size_t n, size_t first,
                   size_t m, struct steer_ends *out, struct arena *arena, struct error *err) {
    const struct steer_toy *toy = context;
    const double *p = texts_of(toy, policy);
    for (size_t i = 0; i < n; i++) {
        size_t from, start;
        size_t span = run_of(toy, places[i].prefix, places[i].n_prefix, places[i].next, places[i].n_next, &from);
        size_t around = run_of(toy, places[i].prefix, places[i].n_prefix, NULL, 0, &start);
        bool exact = !toy->samples || span == 1;
        out[i] = (struct steer_ends){.n = exact ? span : m, .exact = exact};
        if (!(out[i].of = arena_new(arena, struct steer_end, out[i].n, err))) return false;
        if (!exact) draw(toy, p, from, span, (uint64_t)(start * 64 + around), first, m, out[i].of);
        for (size_t k = 0; exact && k < span; k++) out[i].of[k] = end_of(toy, from + k, p[from + k]);
    }
    return true;
}

struct steer_source steer_toy_source(struct steer_toy *toy) {
    return (struct steer_source){.context = toy,
                                 .has_baseline = true,
                                 .has_reward = true,
                                 .has_baseline_reward = true,
                                 .logprobs = logprobs,
                                 .partial = toy->partial ? partial : NULL,
                                 .finish = finish};
}

/* ---- reading */

static double *numbers(const json_t *list, size_t n, const char *key, struct json_place place, struct arena *arena,
                       struct error *err) {
    double *out = arena_new(arena, double, n, err);
    if (!out) return NULL;
    if (json_array_size(list) != n) {
        error_set(err, ERROR_DATA, "%s: field '%s': expected %zu numbers, found %zu", place.file, key, n,
                  json_array_size(list));
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        if (!json_is_number(one) || !isfinite(out[i] = json_number_value(one)))
            return json_mismatch(one, key, place, "finite numbers", err), NULL;
    }
    return out;
}

static double *rows_of(const json_t *object, size_t tokens, struct json_place place, struct arena *arena,
                       struct error *err) {
    json_t *rows;
    if (!json_get_array(object, "P_sft", place, &rows, err)) return NULL;
    double *out = arena_new(arena, double, (tokens + 1) * tokens, err);
    for (size_t r = 0; out && r <= tokens; r++) {
        const double *row = numbers(json_array_get(rows, r), tokens, "P_sft", place, arena, err);
        double sum = 0;
        for (size_t z = 0; row && z < tokens; z++) sum += row[z];
        if (!row || !(fabs(sum - 1) < 1e-5)) {
            if (row) error_set(err, ERROR_DATA, "%s: row %zu of 'P_sft' sums to %g, expected 1", place.file, r, sum);
            return NULL;
        }
        memcpy(out + r * tokens, row, tokens * sizeof *out);
    }
    return out;
}

static double *base_of(const struct steer_toy *toy, struct arena *arena, struct error *err) {
    double *p = arena_new(arena, double, toy->texts, err);
    for (size_t i = 0; p && i < toy->texts; i++) {
        size_t span = toy->texts, last = toy->tokens;
        p[i] = 1;
        while (span > 1) {
            span /= toy->tokens;
            size_t token = i / span % toy->tokens;
            p[i] *= toy->next[last * toy->tokens + token];
            last = token;
        }
    }
    return p;
}

double *steer_toy_tilt(const struct steer_toy *toy, const double *reward, double beta, double *z, struct arena *arena,
                       struct error *err) {
    double *p = arena_new(arena, double, toy->texts, err);
    if (!p) return NULL;
    *z = 0;
    for (size_t i = 0; i < toy->texts; i++) *z += p[i] = toy->base[i] * exp(reward[i] / beta);
    for (size_t i = 0; i < toy->texts; i++) p[i] /= *z;
    return p;
}

bool steer_toy_complete(struct steer_toy *toy, struct arena *arena, struct error *err) {
    return (toy->base = base_of(toy, arena, err)) &&
           (toy->aligned = steer_toy_tilt(toy, toy->reward, toy->beta, &toy->z, arena, err)) &&
           (toy->aligned_bl = steer_toy_tilt(toy, toy->reward_bl, toy->beta, &toy->z_bl, arena, err));
}

static bool read_sizes(const json_t *object, struct json_place place, struct steer_toy *out, struct error *err) {
    int64_t tokens, length;
    if (!json_get_i64(object, "V", place, &tokens, err) || !json_get_i64(object, "T", place, &length, err) ||
        !json_get_f64(object, "beta", place, &out->beta, err))
        return false;
    out->texts = 1;
    bool fits = tokens >= 2 && tokens <= TOY_TOKENS && length >= 1 && length <= TOY_LENGTH && out->beta > 0;
    for (int64_t i = 0; fits && i < length; i++) fits = (out->texts *= (size_t)tokens) <= TOY_TEXTS;
    out->tokens = (size_t)tokens;
    out->length = (size_t)length;
    return fits || error_set(err, ERROR_DATA, "%s: a toy of V %lld, T %lld, beta %g: expected V from 2 to %d, T to %d, "
                             "V^T to %d, beta above 0",
                             place.file, (long long)tokens, (long long)length, out->beta, TOY_TOKENS, TOY_LENGTH,
                             TOY_TEXTS);
}

bool steer_toy_read(const json_t *object, struct json_place place, struct arena *arena, struct steer_toy *out,
                    struct error *err) {
    json_t *reward, *reward_bl;
    *out = (struct steer_toy){.seed = 1};
    return read_sizes(object, place, out, err) && json_get_array(object, "reward", place, &reward, err) &&
           json_get_array(object, "reward_BL", place, &reward_bl, err) &&
           (out->next = rows_of(object, out->tokens, place, arena, err)) &&
           (out->reward = numbers(reward, out->texts, "reward", place, arena, err)) &&
           (out->reward_bl = numbers(reward_bl, out->texts, "reward_BL", place, arena, err)) &&
           steer_toy_complete(out, arena, err);
}

/* ---- steering it */

bool steer_toy_values(struct steer_toy *toy, const struct steer_settings *s, const int32_t *prefix, size_t n,
                      struct steer_value *out, struct arena *arena, struct error *err) {
    struct steer_source source = steer_toy_source(toy);
    struct steer_place *places = arena_new(arena, struct steer_place, toy->tokens, err);
    int32_t *tokens = places ? arena_new(arena, int32_t, toy->tokens, err) : NULL;
    if (!tokens) return false;
    size_t last = n ? (size_t)prefix[n - 1] : toy->tokens;
    for (size_t z = 0; z < toy->tokens; z++) {
        tokens[z] = (int32_t)z;
        places[z] = (struct steer_place){.prefix = prefix, .n_prefix = n, .next = &tokens[z], .n_next = 1,
                                         .logprob = log(toy->next[last * toy->tokens + z])};
    }
    return s->steer->q_values(s, &source, places, toy->tokens, out, arena, err);
}

/* Scores of all tokens behind a prefix: out [tokens]. */
static bool scores_of(struct steer_toy *toy, const struct steer_settings *s, const int32_t *prefix, size_t n,
                      double *out, struct arena *arena, struct error *err) {
    struct steer_value *values = arena_new(arena, struct steer_value, toy->tokens, err);
    double *q = values ? arena_new(arena, double, toy->tokens, err) : NULL;
    double *logprobs_of = q ? arena_new(arena, double, toy->tokens, err) : NULL;
    if (!logprobs_of || !steer_toy_values(toy, s, prefix, n, values, arena, err)) return false;
    size_t last = n ? (size_t)prefix[n - 1] : toy->tokens;
    for (size_t z = 0; z < toy->tokens; z++) {
        q[z] = values[z].q;
        logprobs_of[z] = log(toy->next[last * toy->tokens + z]);
    }
    steer_scores(s, logprobs_of, q, toy->tokens, out);
    return true;
}

bool steer_toy_policy(struct steer_toy *toy, const struct steer_settings *s, const int32_t *prefix, size_t n,
                      double *out, struct arena *arena, struct error *err) {
    if (!scores_of(toy, s, prefix, n, out, arena, err)) return false;
    steer_softmax(out, toy->tokens, 1, out);
    return true;
}

/* The tokens of text i. */
static void tokens_of(const struct steer_toy *toy, size_t i, int32_t *out) {
    for (size_t t = toy->length; t-- > 0; i /= toy->tokens) out[t] = (int32_t)(i % toy->tokens);
}

bool steer_toy_texts(struct steer_toy *toy, const struct steer_settings *s, double *out, struct error *err) {
    int32_t tokens[TOY_LENGTH];
    double policy[TOY_TOKENS];
    struct arena step;
    bool ok = true;
    arena_init(&step, (size_t)1 << 28);
    for (size_t i = 0; i < toy->texts; i++) out[i] = 1;
    for (size_t t = 0, span = toy->texts; ok && t < toy->length; t++) {
        for (size_t from = 0; ok && from < toy->texts; from += span) {
            arena_reset(&step);
            tokens_of(toy, from, tokens);
            ok = steer_toy_policy(toy, s, tokens, t, policy, &step, err);
            for (size_t i = 0; ok && i < span; i++) out[from + i] *= policy[i / (span / toy->tokens)];
        }
        span /= toy->tokens;
    }
    arena_done(&step);
    return ok;
}

bool steer_toy_greedy(struct steer_toy *toy, const struct steer_settings *s, int32_t *text, size_t *index,
                      struct arena *arena, struct error *err) {
    int32_t tokens[TOY_TOKENS];
    double scores[TOY_TOKENS];
    for (size_t z = 0; z < toy->tokens; z++) tokens[z] = (int32_t)z;
    for (size_t t = 0; t < toy->length; t++) {
        if (!scores_of(toy, s, text, t, scores, arena, err)) return false;
        text[t] = (int32_t)steer_best(scores, tokens, toy->tokens);
    }
    run_of(toy, text, toy->length, NULL, 0, index);
    return true;
}

double steer_toy_expect(const struct steer_toy *toy, const double *p, const double *value) {
    double sum = 0;
    for (size_t i = 0; i < toy->texts; i++) sum += p[i] * value[i];
    return sum;
}

double steer_toy_divergence(const struct steer_toy *toy, const double *p, const double *q) {
    double sum = 0;
    for (size_t i = 0; i < toy->texts; i++)
        if (p[i] > 0) sum += p[i] * log(p[i] / q[i]);
    return sum;
}
