/* A transformer in plain loops with f64 sums that does what a description says, whatever it says: the oracle of the engine
 * for architectures. One token after the other, no batches, no pages. */
#ifndef TESTS_PLAIN_MODEL_H
#define TESTS_PLAIN_MODEL_H

#include "check.h"

#include "lm/model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline double *whole_new(size_t n) {
    double *out = calloc(n ? n : 1, sizeof *out);
    assert_non_null(out);
    return out;
}

/* In place: RMS norm, or layer norm where there is a bias. */
static inline void whole_norm(double *x, const float *gain, const float *bias, size_t n, double eps) {
    double mean = 0, squares = 0;
    for (size_t i = 0; bias && i < n; i++) mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
    for (size_t i = 0; i < n; i++)
        x[i] = (x[i] - mean) / sqrt(squares / (double)n + eps) * (double)gain[i] + (bias ? (double)bias[i] : 0);
}

static inline void whole_product(const struct lm_matrix *w, const double *x, double *y) {
    for (size_t i = 0; i < w->n; i++) {
        y[i] = w->bias ? (double)w->bias[i] : 0;
        for (size_t j = 0; j < w->k; j++) y[i] += (double)w->values[i * w->k + j] * x[j];
    }
}

/* Radians per position of pair i, and what cosines and sines are multiplied by. */
static inline double whole_rate(const struct lm_model *m, bool local, size_t i, double *amplitude) {
    const struct lm_shape *s = &m->shape;
    double size = (double)(s->rotated ? s->rotated : s->head_size), base = (double)(local ? s->local_rope_base : s->rope_base);
    double rate = exp(-2 * (double)i / size * log(base)), low, high, blend;
    *amplitude = 1;
    if (local) return rate;
    switch (s->scaling.kind) {
    case LM_SCALING_LINEAR:
        return rate / (double)s->scaling.factor;
    case LM_SCALING_FACTORS:
        return rate / (double)m->rope_factors[i];
    case LM_SCALING_LONG:
        *amplitude = (double)s->scaling.amplitude;
        return rate / (double)(s->context > s->scaling.context ? m->rope_factors : m->rope_short)[i];
    case LM_SCALING_YARN: /* between the pairs that turn 32 times and once in the old context */
        low = floor(size * log((double)s->scaling.context / (2 * M_PI * (double)s->scaling.beta_fast)) / 2 / log(base));
        high = ceil(size * log((double)s->scaling.context / (2 * M_PI * (double)s->scaling.beta_slow)) / 2 / log(base));
        low = low < 0 ? 0 : low;
        high = high > size - 1 ? size - 1 : high;
        blend = ((double)i - low) / (high - low < 0.001 ? 0.001 : high - low);
        blend = blend < 0 ? 0 : blend > 1 ? 1 : blend;
        *amplitude = (double)s->scaling.amplitude;
        return rate * (1 - blend) + rate / (double)s->scaling.factor * blend;
    default:
        return rate;
    }
}

static inline void whole_rotate(const struct lm_model *m, size_t layer, double *x, size_t heads, size_t position) {
    const struct lm_shape *s = &m->shape;
    size_t part = s->rotated ? s->rotated : s->head_size;
    bool windowed = s->window && !(s->unwindowed_every && (layer + 1) % s->unwindowed_every == 0);
    if (s->learned_positions || (s->unrotated_every && (layer + 1) % s->unrotated_every == 0)) return;
    for (size_t h = 0; h < heads; h++)
        for (size_t i = 0; i < part / 2; i++) {
            double amplitude, rate = whole_rate(m, windowed && s->local_rope_base > 0, i, &amplitude);
            double c = cos((double)position * rate) * amplitude, sn = sin((double)position * rate) * amplitude;
            double *u = &x[h * s->head_size + (s->rope_interleaved ? 2 * i : i)], *v = u + (s->rope_interleaved ? 1 : part / 2);
            double a = *u, b = *v;
            *u = a * c - b * sn;
            *v = a * sn + b * c;
        }
}

static inline void whole_norm_heads(const struct lm_shape *s, double *x, const float *gain, size_t heads) {
    if (s->qk_norm == LM_QK_WHOLE) whole_norm(x, gain, NULL, heads * s->head_size, (double)s->norm_eps);
    for (size_t h = 0; s->qk_norm == LM_QK_HEADS && h < heads; h++)
        whole_norm(x + h * s->head_size, gain, NULL, s->head_size, (double)s->norm_eps);
}

/* Keys and values of positions 0..position are known. */
static inline void whole_attend(const struct lm_shape *s, size_t layer, const double *q, const double *k, const double *v,
                                size_t position, double *out) {
    size_t size = s->head_size, kv = s->kv_heads * size;
    bool windowed = s->window && !(s->unwindowed_every && (layer + 1) % s->unwindowed_every == 0);
    double scale = s->attention_scale > 0 ? (double)s->attention_scale : 1 / sqrt((double)size), *weights = whole_new(position + 1);
    for (size_t h = 0; h < s->heads; h++) {
        size_t at = h / (s->heads / s->kv_heads) * size;
        double sum = 0;
        for (size_t d = 0; d < size; d++) out[h * size + d] = 0;
        for (size_t t = 0; t <= position; t++) {
            double score = 0;
            for (size_t d = 0; d < size; d++) score += q[h * size + d] * k[t * kv + at + d] * scale;
            if (s->attention_cap > 0) score = (double)s->attention_cap * tanh(score / (double)s->attention_cap);
            weights[t] = windowed && position - t >= s->window ? 0 : exp(score);
            sum += weights[t];
        }
        for (size_t t = 0; t <= position; t++)
            for (size_t d = 0; d < size; d++) out[h * size + d] += weights[t] / sum * v[t * kv + at + d];
    }
    free(weights);
}

static inline double whole_activation(const struct lm_shape *s, double x) {
    if (s->activation == LM_SILU) return x / (1 + exp(-x));
    if (s->activation == LM_GELU_ERF) return 0.5 * x * (1 + erf(x / sqrt(2)));
    return 0.5 * x * (1 + tanh(sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

static inline void whole_expert(const struct lm_shape *s, const struct lm_matrix *gate, const struct lm_matrix *up,
                                const struct lm_matrix *down, const double *x, double *out) {
    double *g = whole_new(up->n), *u = whole_new(up->n);
    whole_product(up, x, u);
    if (!s->ungated) whole_product(gate, x, g);
    for (size_t i = 0; i < up->n; i++)
        u[i] = s->ungated ? whole_activation(s, u[i]) : whole_activation(s, g[i]) * u[i];
    whole_product(down, u, out);
    free(g), free(u);
}

static inline void whole_feed_forward(const struct lm_shape *s, const struct lm_layer *y, const double *x, double *out) {
    if (!s->experts) {
        whole_expert(s, &y->gate, &y->up, &y->down, x, out);
        return;
    }
    double *choice = whole_new(s->experts), *part = whole_new(s->width), sum = 0;
    bool used[512] = {false};
    whole_product(&y->router, x, choice);
    for (size_t i = 0; i < s->experts; i++) choice[i] = exp(choice[i]);
    for (size_t n = 0; n < s->experts_used; n++) {
        size_t best = s->experts;
        for (size_t i = 0; i < s->experts; i++)
            if (!used[i] && (best == s->experts || choice[i] > choice[best])) best = i;
        used[best] = true;
        sum += s->experts_whole ? 0 : choice[best];
    }
    for (size_t i = 0; s->experts_whole && i < s->experts; i++) sum += choice[i];
    for (size_t j = 0; j < s->width; j++) out[j] = 0;
    for (size_t i = 0; i < s->experts; i++) {
        if (!used[i]) continue;
        whole_expert(s, &y->gates[i], &y->ups[i], &y->downs[i], x, part);
        for (size_t j = 0; j < s->width; j++) out[j] += choice[i] / sum * part[j];
    }
    if (s->shared_hidden) {
        double product = 0;
        whole_expert(s, &y->gate, &y->up, &y->down, x, part);
        for (size_t j = 0; j < s->width; j++) product += x[j] * (double)y->shared_weight[j];
        for (size_t j = 0; j < s->width; j++) out[j] += part[j] / (1 + exp(-product));
    }
    free(choice), free(part);
}

/* x += f(norm(x)), f's result normed where the model has such norms. */
static inline void whole_add(const struct lm_shape *s, double *x, double *delta, const float *post) {
    if (post) whole_norm(delta, post, NULL, s->width, (double)s->norm_eps);
    for (size_t j = 0; j < s->width; j++) x[j] += delta[j];
}

static inline void whole_layer(const struct lm_model *m, size_t l, double *x, double *k, double *v, size_t position) {
    const struct lm_shape *s = &m->shape;
    const struct lm_layer *y = &m->layers[l];
    size_t kv = s->kv_heads * s->head_size, q = s->heads * s->head_size;
    double *a = whole_new(s->width), *b = whole_new(q), *c = whole_new(q), eps = (double)s->norm_eps;
    memcpy(a, x, s->width * sizeof *a);
    if (!s->no_pre_norms) whole_norm(a, y->attention_norm, y->attention_norm_bias, s->width, eps);
    whole_product(&y->q, a, b);
    whole_product(&y->k, a, k + position * kv);
    whole_product(&y->v, a, v + position * kv);
    whole_norm_heads(s, b, y->q_norm, s->heads);
    whole_norm_heads(s, k + position * kv, y->k_norm, s->kv_heads);
    whole_rotate(m, l, b, s->heads, position);
    whole_rotate(m, l, k + position * kv, s->kv_heads, position);
    whole_attend(s, l, b, k, v, position, c);
    whole_product(&y->o, c, a);
    whole_add(s, x, a, y->attention_post_norm);
    double *state = whole_new(s->width);
    memcpy(state, x, s->width * sizeof *state);
    if (!s->no_pre_norms) whole_norm(state, y->ffn_norm, y->ffn_norm_bias, s->width, eps);
    whole_feed_forward(s, y, state, a);
    whole_add(s, x, a, y->ffn_post_norm);
    free(a), free(b), free(c), free(state);
}

/* logits: [n, vocabulary]; states: [n, layers + 2, width], the embedding, what each layer leaves, and that after the last
 * norm; NULL: not wanted */
static inline void whole_run(const struct lm_model *m, const int32_t *ids, size_t n, double *logits, double *states) {
    const struct lm_shape *s = &m->shape;
    size_t kv = n * s->kv_heads * s->head_size;
    double *k = whole_new(s->layers * kv), *v = whole_new(s->layers * kv), *x = whole_new(s->width);
    for (size_t t = 0; t < n; t++) {
        for (size_t j = 0; j < s->width; j++) {
            x[j] = (double)m->embedding.values[(size_t)ids[t] * s->width + j];
            if (s->embedding_scale > 0) x[j] *= (double)s->embedding_scale;
            if (s->learned_positions) x[j] += (double)m->positions[t * s->width + j];
        }
        double *state = states ? states + t * (s->layers + 2) * s->width : NULL;
        for (size_t l = 0; l < s->layers; l++) {
            if (state) memcpy(state + l * s->width, x, s->width * sizeof *x);
            whole_layer(m, l, x, k + l * kv, v + l * kv, t);
        }
        if (state) memcpy(state + s->layers * s->width, x, s->width * sizeof *x);
        whole_norm(x, m->output_norm, m->output_norm_bias, s->width, (double)s->norm_eps);
        if (state) memcpy(state + (s->layers + 1) * s->width, x, s->width * sizeof *x);
        double *row = logits + t * s->vocabulary, cap = (double)s->logit_cap;
        whole_product(&m->output, x, row);
        for (size_t j = 0; cap > 0 && j < s->vocabulary; j++) row[j] = cap * tanh(row[j] / cap);
    }
    free(k), free(v), free(x);
}

/* logits: [n, vocabulary] */
static inline void whole_logits(const struct lm_model *m, const int32_t *ids, size_t n, double *logits) {
    whole_run(m, ids, n, logits, NULL);
}

#endif
