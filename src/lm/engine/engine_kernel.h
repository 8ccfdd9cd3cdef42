/* Row kernels of the engine: norms, gates, rotations, attention of one head, sums over the vocabulary. They are written
 * once, in engine_kernel_body.h, over vectors of 16 lanes, and compiled for several instruction sets. No multiply-add
 * is fused and every sum has 16 fixed partial sums folded in one fixed order, so all twins give the same bits; the
 * plain one is the oracle. Inside of the room: the contract is engine.h. */
#ifndef LM_ENGINE_KERNEL_H
#define LM_ENGINE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

enum { KERNEL_LANES = 16 };

/* What a row of logits says: log p(i) = logits[i] - max - log(sum). sum is NaN when a logit is not a number. */
struct kernel_mass {
    float max;
    double sum;  /* of exp(logits - max) */
    size_t best; /* smallest index that has the maximum */
};

struct engine_kernels {
    const char *name;
    /* out = x / sqrt(mean(x^2) + eps) * gain; [n] each (Zhang & Sennrich 2019) */
    void (*rmsnorm)(float *out, const float *x, const float *gain, size_t n, float eps);
    /* out = (x - mean) / sqrt(variance + eps) * gain + bias; [n] each (Ba et al. 2016) */
    void (*layernorm)(float *out, const float *x, const float *gain, const float *bias, size_t n, float eps);
    /* gate = gelu(gate) * up, and x = gelu(x): x / (1 + exp(-2 sqrt(2/pi) (x + 0.044715 x^3))), the form with tanh
     * (Hendrycks & Gimpel 2016); [n] each */
    void (*geglu)(float *gate, const float *up, size_t n);
    void (*gelu)(float *x, size_t n);
    /* The same with gelu(x) = x (1 + erf(x / sqrt(2))) / 2, within 2e-7 of max(|x|, 1). */
    void (*geglu_erf)(float *gate, const float *up, size_t n);
    void (*gelu_erf)(float *x, size_t n);
    /* x = cap * tanh(x / cap); [n] */
    void (*cap)(float *x, size_t n, float cap);
    /* gate = silu(gate) * up; [n] each (SwiGLU, Shazeer 2020) */
    void (*swiglu)(float *gate, const float *up, size_t n);
    /* x: [heads, size]; rotates pairs, (2i, 2i+1) or (i, i + size/2), by the angles of one position, cosines and sines
     * [size/2] each, then scales (Su et al. 2021). out (not x) has pairs side by side in both cases, so that the
     * products of queries and keys are summed in one order and both layouts of the same weights give the same bits. */
    void (*rope)(float *out, const float *x, size_t heads, size_t size, const float *cosines, const float *sines,
                 bool interleaved, float scale);
    /* softmax(q K^T) V of one query head over positions 0..n-1. pages[i] holds positions 16i..16i+15; at k_at and v_at
     * in it stand keys and values as [size, 16], position innermost. Lanes beyond n are never looked at. q: [size],
     * scaled; scores: scratch, 16 floats a page. */
    void (*attention)(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at, size_t size,
                      size_t n, float *scores);
    /* The same over positions from..n-1, products of query and key capped where cap is above 0. */
    void (*attention_within)(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at,
                             size_t size, size_t from, size_t n, float cap, float *scores);
    struct kernel_mass (*mass)(const float *logits, size_t n);
    /* out[i] = exp((logits[i] - max) * factor); [n] */
    void (*powers)(float *out, const float *logits, size_t n, float max, float factor);
};

/* The fastest twin that this machine runs. */
const struct engine_kernels *engine_kernels(void);
extern const struct engine_kernels engine_kernels_plain;
#if defined(__x86_64__)
extern const struct engine_kernels engine_kernels_avx2, engine_kernels_avx512;
#endif

#endif
