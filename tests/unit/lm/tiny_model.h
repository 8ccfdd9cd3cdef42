/* Small random models built by hand, and a transformer in plain loops with f64 sums: the oracle of the engine. */
#ifndef TESTS_TINY_MODEL_H
#define TESTS_TINY_MODEL_H

#include "check.h"

#include "base/rng.h"
#include "lm/engine/engine.h"

#include <stdlib.h>

static const struct lm_shape tiny_shape = {.layers = 3,
                                           .width = 40,
                                           .heads = 6,
                                           .kv_heads = 3,
                                           .head_size = 10,
                                           .hidden = 52,
                                           .vocabulary = 61,
                                           .context = 300,
                                           .norm_eps = 1e-5f,
                                           .rope_base = 10000.0f,
                                           .rope_interleaved = true,
                                           .tied = true};

static inline float *tiny_values(struct rng *rng, size_t n, double mean, double scale) {
    float *values = memory_alloc(n * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) values[i] = (float)(mean + scale * rng_normal(rng));
    return values;
}

static inline struct lm_matrix tiny_matrix(struct rng *rng, size_t n, size_t k, enum matmul_type type, double scale) {
    struct error err = {0};
    struct lm_matrix m = {.n = n, .k = k, .values = tiny_values(rng, n * k, 0, scale / sqrt((double)k))};
    m.packed = matmul_weights_new(m.values, n, k, type, &err);
    if (!m.packed) fail_msg("%s", err.message);
    return m;
}

static inline struct lm_model *tiny_model_new(const struct lm_shape *shape, enum matmul_type type, uint64_t seed) {
    struct error err = {0};
    struct rng rng = rng_stream(seed, "tiny", 0);
    struct lm_model *m = memory_zeroed(1, sizeof *m);
    assert_non_null(m);
    m->shape = *shape;
    m->compute = type;
    size_t w = shape->width, q = shape->heads * shape->head_size, kv = shape->kv_heads * shape->head_size;
    m->embedding = tiny_matrix(&rng, shape->vocabulary, w, type, sqrt((double)w));
    m->layers = memory_zeroed(shape->layers, sizeof *m->layers);
    assert_non_null(m->layers);
    for (size_t l = 0; l < shape->layers; l++) {
        struct lm_layer *layer = &m->layers[l];
        layer->attention_norm = tiny_values(&rng, w, 1, 0.2);
        layer->ffn_norm = tiny_values(&rng, w, 1, 0.2);
        layer->q = tiny_matrix(&rng, q, w, type, 1.5);
        layer->k = tiny_matrix(&rng, kv, w, type, 1.5);
        layer->v = tiny_matrix(&rng, kv, w, type, 1);
        layer->o = tiny_matrix(&rng, w, q, type, 1);
        layer->gate = tiny_matrix(&rng, shape->hidden, w, type, 1);
        layer->up = tiny_matrix(&rng, shape->hidden, w, type, 1);
        layer->down = tiny_matrix(&rng, w, shape->hidden, type, 1);
    }
    m->output_norm = tiny_values(&rng, w, 1, 0.2);
    if (shape->tied) {
        m->output = m->embedding;
        m->output.packed = matmul_weights_new(m->embedding.values, shape->vocabulary, w, type, &err);
        assert_non_null(m->output.packed);
    } else {
        m->output = tiny_matrix(&rng, shape->vocabulary, w, type, 2);
    }
    return m;
}

static inline void tiny_matrix_free(struct lm_matrix *m, bool values) {
    if (values) memory_free(m->values);
    matmul_weights_free(m->packed);
}

static inline void tiny_model_free(struct lm_model *m) {
    for (size_t l = 0; l < m->shape.layers; l++) {
        struct lm_layer *layer = &m->layers[l];
        struct lm_matrix *all[] = {&layer->q, &layer->k, &layer->v, &layer->o, &layer->gate, &layer->up, &layer->down};
        for (size_t i = 0; i < 7; i++) tiny_matrix_free(all[i], true);
        memory_free(layer->attention_norm);
        memory_free(layer->ffn_norm);
    }
    tiny_matrix_free(&m->output, !m->shape.tied);
    tiny_matrix_free(&m->embedding, true);
    memory_free(m->layers);
    memory_free(m->output_norm);
    memory_free(m);
}

/* y [n] = w [n, k] x */
static inline void plain_product(const struct lm_matrix *w, const double *x, double *y) {
    for (size_t i = 0; i < w->n; i++) {
        y[i] = 0;
        for (size_t j = 0; j < w->k; j++) y[i] += (double)w->values[i * w->k + j] * x[j];
    }
}

static inline void plain_norm(double *out, const double *x, const float *gain, size_t n, double eps) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    for (size_t i = 0; i < n; i++) out[i] = x[i] / sqrt(sum / (double)n + eps) * (double)gain[i];
}

static inline void plain_rope(double *x, size_t heads, const struct lm_shape *s, size_t position) {
    size_t half = s->head_size / 2;
    for (size_t h = 0; h < heads; h++)
        for (size_t i = 0; i < half; i++) {
            double angle = (double)position * pow((double)s->rope_base, -2.0 * (double)i / (double)s->head_size);
            double *a = x + h * s->head_size + (s->rope_interleaved ? 2 * i : i),
                   *b = a + (s->rope_interleaved ? 1 : half);
            double u = *a, v = *b;
            *a = u * cos(angle) - v * sin(angle);
            *b = u * sin(angle) + v * cos(angle);
        }
}

static inline void plain_attend(const struct lm_shape *s, const double *q, const double *k, const double *v, size_t n,
                                double *out) {
    size_t size = s->head_size, kv = s->kv_heads * size;
    double *p = malloc(n * sizeof *p);
    for (size_t h = 0; h < s->heads; h++) {
        size_t at = h / (s->heads / s->kv_heads) * size;
        double sum = 0, max = -INFINITY;
        for (size_t t = 0; t < n; t++) {
            p[t] = 0;
            for (size_t d = 0; d < size; d++) p[t] += q[h * size + d] * k[t * kv + at + d] / sqrt((double)size);
            if (p[t] > max) max = p[t];
        }
        for (size_t t = 0; t < n; t++) sum += p[t] = exp(p[t] - max);
        for (size_t d = 0; d < size; d++) {
            out[h * size + d] = 0;
            for (size_t t = 0; t < n; t++) out[h * size + d] += p[t] / sum * v[t * kv + at + d];
        }
    }
    free(p);
}

/* Logits [n, vocabulary] of one sequence. */
static inline void plain_logits(const struct lm_model *m, const int32_t *ids, size_t n, double *logits) {
    const struct lm_shape *s = &m->shape;
    size_t w = s->width, size = s->head_size, kv = s->kv_heads * size, wide = w + s->heads * size + s->hidden;
    double *x = malloc(n * w * sizeof *x), *a = malloc(wide * sizeof *a), *b = malloc(wide * sizeof *b),
           *c = malloc(wide * sizeof *c), *k = malloc(n * kv * sizeof *k), *v = malloc(n * kv * sizeof *v);
    for (size_t t = 0; t < n; t++)
        for (size_t j = 0; j < w; j++) x[t * w + j] = (double)m->embedding.values[(size_t)ids[t] * w + j];
    for (size_t l = 0; l < s->layers; l++) {
        const struct lm_layer *layer = &m->layers[l];
        for (size_t t = 0; t < n; t++) {
            double *row = x + t * w;
            plain_norm(a, row, layer->attention_norm, w, (double)s->norm_eps);
            plain_product(&layer->q, a, b);
            plain_product(&layer->k, a, k + t * kv);
            plain_product(&layer->v, a, v + t * kv);
            plain_rope(b, s->heads, s, t);
            plain_rope(k + t * kv, s->kv_heads, s, t);
            plain_attend(s, b, k, v, t + 1, a);
            plain_product(&layer->o, a, b);
            for (size_t j = 0; j < w; j++) row[j] += b[j];
            plain_norm(a, row, layer->ffn_norm, w, (double)s->norm_eps);
            plain_product(&layer->gate, a, b);
            plain_product(&layer->up, a, c);
            for (size_t j = 0; j < s->hidden; j++) b[j] = b[j] / (1 + exp(-b[j])) * c[j];
            plain_product(&layer->down, b, a);
            for (size_t j = 0; j < w; j++) row[j] += a[j];
        }
    }
    for (size_t t = 0; t < n; t++) {
        plain_norm(a, x + t * w, m->output_norm, w, (double)s->norm_eps);
        plain_product(&m->output, a, logits + t * s->vocabulary);
    }
    free(x), free(a), free(b), free(c), free(k), free(v);
}

static inline void random_ids(struct rng *rng, int32_t *ids, size_t n, size_t vocabulary) {
    for (size_t i = 0; i < n; i++) ids[i] = (int32_t)rng_below(rng, vocabulary);
}

#endif
