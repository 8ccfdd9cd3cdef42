/* Windows of 8 bytes as numbers of 32 bits, sorted: see taint.h. */
#include "measure/trace/taint.h"

#include <string.h>

/* Least significant byte first, four passes: texts are too long for comparisons. */
static void sort(uint32_t *at, uint32_t *spare, size_t n) {
    uint32_t count[4][257];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        for (unsigned p = 0; p < 4; p++) count[p][((at[i] >> (8 * p)) & 255) + 1]++;
    for (unsigned p = 0; p < 4; p++) {
        for (size_t i = 0; i < 256; i++) count[p][i + 1] += count[p][i];
        for (size_t i = 0; i < n; i++) spare[count[p][(at[i] >> (8 * p)) & 255]++] = at[i];
        uint32_t *swap = at;
        at = spare;
        spare = swap;
    }
}

static void sort_few(uint32_t *at, size_t n) {
    for (size_t i = 1; i < n; i++) {
        uint32_t v = at[i];
        size_t k = i;
        for (; k > 0 && at[k - 1] > v; k--) at[k] = at[k - 1];
        at[k] = v;
    }
}

/* Eight bytes as 32 bits: the upper half of a product with an odd number (Dietzfelbinger 1997). */
static uint32_t hash_of(const char *at, size_t len) {
    uint64_t x = 0;
    memcpy(&x, at, len);
    return (uint32_t)(((x ^ (x >> 29)) * 0x9E3779B97F4A7C15ull) >> 32);
}

bool shingles_of(struct text t, struct arena *arena, struct shingles *out, struct error *err) {
    enum { FEW = 40 };
    size_t n = t.len < 8 ? t.len > 0 : t.len - 7, kept = 0;
    *out = (struct shingles){0};
    if (n == 0) return true;
    uint32_t *at = arena_new(arena, uint32_t, 2 * n, err);
    if (!at) return false;
    for (size_t i = 0; i < n; i++) at[i] = hash_of(t.at + i, t.len < 8 ? t.len : 8);
    if (n < FEW)
        sort_few(at, n);
    else
        sort(at, at + n, n);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || at[i] != at[kept - 1]) at[kept++] = at[i];
    *out = (struct shingles){.at = at, .n = kept, .bits = arena_new(arena, uint64_t, SHINGLE_BITS / 64, err)};
    if (!out->bits) return false;
    for (size_t i = 0; i < kept; i++) {
        uint64_t *word = &out->bits[at[i] % SHINGLE_BITS / 64], bit = (uint64_t)1 << (at[i] % 64);
        out->lost += (*word & bit) != 0;
        *word |= bit;
    }
    return true;
}

/* At most so many are in both: each of them has its bit in both, or has lost it to another one of a. */
static size_t most_in_both(const struct shingles *a, const struct shingles *b) {
    size_t both = a->lost;
    for (size_t i = 0; i < SHINGLE_BITS / 64; i++) both += (size_t)__builtin_popcountll(a->bits[i] & b->bits[i]);
    return both;
}

bool shingles_reach(const struct shingles *a, const struct shingles *b, double share) {
    size_t least = a->n < b->n ? a->n : b->n;
    if (!least) return share <= 0;
    return (double)most_in_both(a, b) / (double)least >= share && shingles_contained(a, b) >= share;
}

double shingles_contained(const struct shingles *a, const struct shingles *b) {
    size_t i = 0, k = 0, both = 0, least = a->n < b->n ? a->n : b->n;
    if (!least || a->at[a->n - 1] < b->at[0] || b->at[b->n - 1] < a->at[0]) return 0;
    while (i < a->n && k < b->n) {
        uint32_t x = a->at[i], y = b->at[k];
        both += x == y;
        i += x <= y;
        k += y <= x;
    }
    return (double)both / (double)least;
}

bool taint_contained(struct text x, struct text y, struct arena *arena, double *c, struct error *err) {
    struct shingles a, b;
    if (!shingles_of(x, arena, &a, err) || !shingles_of(y, arena, &b, err)) return false;
    *c = shingles_contained(&a, &b);
    return true;
}
