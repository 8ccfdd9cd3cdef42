/* Windows of 8 bytes as numbers, sorted: see taint.h. */
#include "measure/trace/taint.h"

#include <string.h>

/* Least significant byte first, eight passes: texts are too long for comparisons. */
static void sort(uint64_t *at, uint64_t *spare, size_t n) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t count[257] = {0};
        for (size_t i = 0; i < n; i++) count[((at[i] >> shift) & 255) + 1]++;
        for (size_t i = 0; i < 256; i++) count[i + 1] += count[i];
        for (size_t i = 0; i < n; i++) spare[count[(at[i] >> shift) & 255]++] = at[i];
        uint64_t *swap = at;
        at = spare;
        spare = swap;
    }
}

static void sort_few(uint64_t *at, size_t n) {
    for (size_t i = 1; i < n; i++) {
        uint64_t v = at[i];
        size_t k = i;
        for (; k > 0 && at[k - 1] > v; k--) at[k] = at[k - 1];
        at[k] = v;
    }
}

bool shingles_of(struct text t, struct arena *arena, struct shingles *out, struct error *err) {
    size_t n = t.len < 8 ? t.len > 0 : t.len - 7, kept = 0;
    *out = (struct shingles){0};
    if (n == 0) return true;
    uint64_t *at = arena_new(arena, uint64_t, 2 * n, err);
    if (!at) return false;
    for (size_t i = 0; i < n; i++) memcpy(&at[i], t.at + i, t.len < 8 ? t.len : 8);
    if (n < 48)
        sort_few(at, n);
    else
        sort(at, at + n, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || at[i] != at[kept - 1]) at[kept++] = at[i];
    *out = (struct shingles){at, kept};
    return true;
}

double shingles_contained(const struct shingles *a, const struct shingles *b) {
    size_t i = 0, k = 0, both = 0, least = a->n < b->n ? a->n : b->n;
    while (i < a->n && k < b->n) {
        uint64_t x = a->at[i], y = b->at[k];
        both += x == y;
        i += x <= y;
        k += y <= x;
    }
    return least ? (double)both / (double)least : 0;
}

bool taint_contained(struct text x, struct text y, struct arena *arena, double *c, struct error *err) {
    struct shingles a, b;
    if (!shingles_of(x, arena, &a, err) || !shingles_of(y, arena, &b, err)) return false;
    *c = shingles_contained(&a, &b);
    return true;
}
