/* What a description says about a layer, in numbers and in words: see model.h. */
#include "lm/model/model.h"

#include <math.h>

/* Is this one of every n-th layers, counted from 1? n 0: none is. */
static bool every(size_t n, size_t layer) {
    return n && (layer + 1) % n == 0;
}

size_t lm_shape_window(const struct lm_shape *s, size_t layer) {
    return every(s->unwindowed_every, layer) ? 0 : s->window;
}

bool lm_shape_rotates(const struct lm_shape *s, size_t layer) {
    return !s->learned_positions && !every(s->unrotated_every, layer);
}

bool lm_shape_is_local(const struct lm_shape *s, size_t layer) {
    return s->local_rope_base > 0 && lm_shape_window(s, layer);
}

size_t lm_shape_rotated(const struct lm_shape *s) {
    return s->rotated ? s->rotated : s->head_size;
}

float lm_shape_attention_scale(const struct lm_shape *s) {
    return s->attention_scale > 0 ? s->attention_scale : 1.0f / sqrtf((float)s->head_size);
}

/* ---- rotations ---- */

/* The pair, as a real number, that turns `turns` times within the first training's context. */
static double pair_of(const struct lm_shape *s, double turns) {
    const double tau = 6.283185307179586;
    return (double)lm_shape_rotated(s) * log((double)s->scaling.context / (turns * tau)) /
           (2 * log((double)s->rope_base));
}

/* YaRN: fast pairs keep their rate, slow ones are divided by the factor, those between are blended. */
static void blend_rates(const struct lm_shape *s, size_t pairs, double *rates) {
    double low = fmax(0, floor(pair_of(s, (double)s->scaling.beta_fast)));
    double high = fmin((double)lm_shape_rotated(s) - 1, ceil(pair_of(s, (double)s->scaling.beta_slow)));
    for (size_t i = 0; i < pairs; i++) {
        double slow = fmin(1, fmax(0, ((double)i - low) / fmax(0.001, high - low)));
        rates[i] = rates[i] * (1 - slow) + rates[i] / (double)s->scaling.factor * slow;
    }
}

double lm_model_rates(const struct lm_model *m, bool local, double *rates) {
    const struct lm_shape *s = &m->shape;
    size_t size = lm_shape_rotated(s), pairs = size / 2;
    double base = (double)(local ? s->local_rope_base : s->rope_base);
    for (size_t i = 0; i < pairs; i++) rates[i] = pow(base, -2.0 * (double)i / (double)size);
    if (local || s->scaling.kind == LM_SCALING_NONE) return 1;
    if (s->scaling.kind == LM_SCALING_YARN) return blend_rates(s, pairs, rates), (double)s->scaling.amplitude;
    const float *table =
        s->scaling.kind == LM_SCALING_LONG && s->context <= s->scaling.context ? m->rope_short : m->rope_factors;
    for (size_t i = 0; i < pairs; i++)
        rates[i] /= (double)(s->scaling.kind == LM_SCALING_LINEAR ? s->scaling.factor : table[i]);
    return s->scaling.kind == LM_SCALING_LONG ? (double)s->scaling.amplitude : 1;
}

/* ---- in words ---- */

struct feature {
    const char *words;
    bool has;
    double number, other; /* shown in place of # and $ in the words */
};

enum { FEATURES = 28 };

static size_t list(const struct lm_shape *s, struct feature out[FEATURES]) {
    bool windowed = s->window > 0;
    const struct feature all[FEATURES] = {
        {"layer norm with bias", s->norm == LM_NORM_LAYER, 0, 0},
        {"no norms before attention and feed-forward", s->no_pre_norms, 0, 0},
        {"norms after attention and feed-forward", s->post_norms, 0, 0},
        {"queries and keys normed by head", s->qk_norm == LM_QK_HEADS, 0, 0},
        {"queries and keys normed as a whole", s->qk_norm == LM_QK_WHOLE, 0, 0},
        {"biases of queries, keys and values", s->qkv_bias, 0, 0},
        {"bias of the attention's output", s->o_bias, 0, 0},
        {"biases of the feed-forward", s->ffn_bias, 0, 0},
        {"learned positions", s->learned_positions, 0, 0},
        {"# of $ dimensions of a head rotated", s->rotated && s->rotated != s->head_size, (double)s->rotated,
         (double)s->head_size},
        {"no rotation in every layer of #", s->unrotated_every > 0, (double)s->unrotated_every, 0},
        {"rotations slowed # times (linear)", s->scaling.kind == LM_SCALING_LINEAR, (double)s->scaling.factor, 0},
        {"rotations slowed by a table (llama 3)", s->scaling.kind == LM_SCALING_FACTORS, 0, 0},
        {"rotations slowed # times beyond $ positions (YaRN)", s->scaling.kind == LM_SCALING_YARN,
         (double)s->scaling.factor, (double)s->scaling.context},
        {"rotations slowed by a table for more than # positions (longrope)", s->scaling.kind == LM_SCALING_LONG,
         (double)s->scaling.context, 0},
        {"window of # positions", windowed && !s->unwindowed_every, (double)s->window, 0},
        {"window of # positions but in every layer of $", windowed && s->unwindowed_every, (double)s->window,
         (double)s->unwindowed_every},
        {"rope base # where there is a window", windowed && s->local_rope_base > 0, (double)s->local_rope_base, 0},
        {"attention scaled by #", s->attention_scale > 0, (double)s->attention_scale, 0},
        {"attention capped at #", s->attention_cap > 0, (double)s->attention_cap, 0},
        {"logits capped at #", s->logit_cap > 0, (double)s->logit_cap, 0},
        {"embedding scaled by #", s->embedding_scale > 0, (double)s->embedding_scale, 0},
        {"GELU (tanh)", s->activation == LM_GELU_TANH, 0, 0},
        {"GELU (exact)", s->activation == LM_GELU_ERF, 0, 0},
        {"feed-forward without gate", s->ungated, 0, 0},
        {"# experts, $ used", s->experts > 0, (double)s->experts, (double)s->experts_used},
        {"experts weighed by their share of all", s->experts_whole, 0, 0},
        {"a shared expert of #", s->shared_hidden > 0, (double)s->shared_hidden, 0},
    };
    size_t n = 0;
    for (size_t i = 0; i < FEATURES; i++)
        if (all[i].has) out[n++] = all[i];
    return n;
}

const char *lm_shape_feature(const struct lm_shape *s) {
    struct feature features[FEATURES];
    return list(s, features) ? features[0].words : NULL;
}

static void put(struct buffer *out, const struct feature *f) {
    char number[32];
    for (const char *c = f->words; *c; c++) {
        if (*c != '#' && *c != '$') {
            buffer_put_char(out, *c);
            continue;
        }
        snprintf(number, sizeof number, "%.6g", *c == '#' ? f->number : f->other);
        buffer_put_c(out, number);
    }
}

bool lm_shape_put(struct buffer *out, const struct lm_shape *s) {
    struct feature features[FEATURES];
    size_t n = list(s, features);
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_c(out, ", ");
        put(out, &features[i]);
    }
    return buffer_put_c(out, n ? "" : "RMS norm, rotated heads, SwiGLU");
}
