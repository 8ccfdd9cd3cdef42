/* Drawing a token from logits: see sampling.h. Sums are in f64 and in candidate order. */
#include "lm/engine/sampling.h"

#include <inttypes.h>
#include <stdio.h>

double sampling_unit(uint64_t seed, uint64_t stream, uint64_t sample, uint64_t position) {
    char name[64];
    snprintf(name, sizeof name, "sampling/%" PRIu64 "/%" PRIu64, stream, sample);
    struct rng rng = rng_stream(seed, name, position);
    return rng_unit(&rng);
}

/* ---- A heap of candidates, the most likely on top ---- */

static bool before(const float *weights, uint32_t a, uint32_t b) {
    return weights[a] > weights[b] || (weights[a] == weights[b] && a < b);
}

static void sift_down(const float *weights, uint32_t *heap, size_t n, size_t i) {
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && before(weights, heap[child + 1], heap[child])) child++;
        if (!before(weights, heap[child], heap[i])) return;
        uint32_t t = heap[i];
        heap[i] = heap[child];
        heap[child] = t;
    }
}

/* Lists the ids with at least this weight; returns their number. */
static size_t list_ids(const float *weights, uint32_t *heap, size_t n, float least, double *sum) {
    size_t m = 0;
    *sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(weights[i] >= least)) continue;
        heap[m++] = (uint32_t)i;
        *sum += (double)weights[i];
    }
    return m;
}

/* Takes the top and stores it behind the shrunken heap, so that the taken stand at n-1, n-2, ... in order. */
static uint32_t heap_take(const float *weights, uint32_t *heap, size_t *n) {
    uint32_t top = heap[0];
    heap[0] = heap[--*n];
    heap[*n] = top;
    sift_down(weights, heap, *n, 0);
    return top;
}

static double total_of(const float *weights, size_t n) {
    double total = 0;
    for (size_t i = 0; i < n; i++) total += (double)weights[i];
    return total;
}

static size_t pick_any(const float *weights, size_t n, size_t best, double unit) {
    double at = unit * total_of(weights, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        if ((sum += (double)weights[i]) > at) return i;
    return best; /* rounding at the very end */
}

/* The heap of all candidates that may be needed: where the likely ones are certainly enough, of these alone. The
 * largest weight is 1. */
static size_t heap_make(const struct lm_sampling *s, const float *weights, uint32_t *heap, size_t n, size_t most,
                        double total) {
    const float likely = 1e-3f;
    double sum, rounding = 1e-9;
    size_t m = list_ids(weights, heap, n, likely, &sum);
    if (most < n ? m < most : sum < s->top_p * total * (1 + rounding)) m = list_ids(weights, heap, n, 0, &sum);
    for (size_t i = m / 2; i--;) sift_down(weights, heap, m, i);
    return m;
}

/* Candidates come off the heap until top_k or top_p is reached. */
static size_t pick_likely(const struct lm_sampling *s, const float *weights, uint32_t *heap, size_t n, double unit) {
    size_t most = s->top_k && s->top_k < n ? s->top_k : n, taken = 0, kept = 0;
    double total = most < n ? 0 : total_of(weights, n), sum = 0;
    size_t m = heap_make(s, weights, heap, n, most, total), left = m;
    if (most < n)
        for (; taken < most; taken++) total += (double)weights[heap_take(weights, heap, &left)];
    while (kept < most && kept < m) {
        if (kept == taken) taken++, heap_take(weights, heap, &left);
        sum += (double)weights[heap[m - 1 - kept++]];
        if (s->top_p < 1 && sum >= s->top_p * total) break;
    }
    double at = unit * sum, reached = 0;
    for (size_t i = 0; i < kept; i++)
        if ((reached += (double)weights[heap[m - 1 - i]]) > at) return heap[m - 1 - i];
    return heap[m - 1];
}

size_t sampling_pick(const struct lm_sampling *s, const float *logits, size_t n, struct kernel_mass mass, double unit,
                     const struct engine_kernels *kernels, struct sampling_scratch *scratch) {
    enum { COLDEST = 1000000 }; /* 1 / temperature; beyond it sampling is greedy */
    if (!(s->temperature * COLDEST > 1)) return mass.best;
    kernels->powers(scratch->weights, logits, n, mass.max, (float)(1 / s->temperature));
    if ((!s->top_k || s->top_k >= n) && s->top_p >= 1) return pick_any(scratch->weights, n, mass.best, unit);
    return pick_likely(s, scratch->weights, scratch->heap, n, unit);
}
