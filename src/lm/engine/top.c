/* A heap of k ids, the least likely on top, takes every better id in one walk over the vocabulary. See top.h. */
#include "lm/engine/top.h"

#include <math.h>

bool top_scratch_make(struct top_scratch *s, size_t k, struct arena *arena, struct error *err) {
    s->top = arena_alloc(arena, k, sizeof *s->top, err);
    s->heap = s->top ? arena_new(arena, uint32_t, k, err) : NULL;
    return s->heap != NULL;
}

static bool better(const float *logits, uint32_t a, uint32_t b) {
    return logits[a] > logits[b] || (a < b && logits[a] == logits[b]);
}

static void sift_down(const float *logits, uint32_t *heap, size_t n, size_t i) {
    for (size_t child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && better(logits, heap[child], heap[child + 1])) child++;
        if (!better(logits, heap[i], heap[child])) return;
        uint32_t t = heap[i];
        heap[i] = heap[child];
        heap[child] = t;
    }
}

double top_of(struct top_scratch *s, const float *logits, size_t n, struct kernel_mass mass, size_t k) {
    uint32_t *heap = s->heap;
    double log_sum = log(mass.sum), rest = mass.sum;
    if (!isfinite(log_sum) || !isfinite(mass.max)) return NAN;
    for (size_t i = 0; i < k; i++) heap[i] = (uint32_t)i;
    for (size_t i = k / 2; i--;) sift_down(logits, heap, k, i);
    for (size_t i = k; i < n; i++) {
        if (!better(logits, (uint32_t)i, heap[0])) continue;
        heap[0] = (uint32_t)i;
        sift_down(logits, heap, k, 0);
    }
    for (size_t i = k; i--;) {
        uint32_t least = heap[0];
        heap[0] = heap[i];
        sift_down(logits, heap, i, 0);
        s->top[i] = (struct lm_top){(int32_t)least, (float)((double)logits[least] - (double)mass.max - log_sum)};
    }
    for (size_t i = 0; i < k; i++) rest -= exp((double)logits[s->top[i].id] - (double)mass.max);
    return k < n && rest > 0 ? rest / mass.sum : 0;
}
