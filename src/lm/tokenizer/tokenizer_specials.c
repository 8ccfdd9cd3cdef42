/* Special tokens in a text: control, unknown and user tokens are looked for before anything else is cut. The tokens are
 * sorted by bytes, and a match narrows the range of candidates byte by byte. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <stdlib.h>

static int compare_tokens(const void *a, const void *b, void *context) {
    const struct tokenizer *t = context;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    int c = text_compare(t->tokens[x], t->tokens[y]);
    return c ? c : (x > y) - (x < y);
}

bool specials_index(struct tokenizer *t, struct error *err) {
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += t->types[i] == TOKEN_CONTROL || t->types[i] == TOKEN_USER || t->types[i] == TOKEN_UNKNOWN;
    t->specials = arena_new(&t->arena, int32_t, n, err);
    if (!t->specials) return false;
    for (size_t i = 0; i < t->n; i++) {
        if (t->types[i] != TOKEN_CONTROL && t->types[i] != TOKEN_USER && t->types[i] != TOKEN_UNKNOWN) continue;
        t->specials[t->n_specials++] = (int32_t)i;
        t->special_first[(unsigned char)t->tokens[i].at[0]] = true;
    }
    qsort_r(t->specials, t->n_specials, sizeof *t->specials, compare_tokens, t);
    return true;
}

/* The first of specials[lo, hi) whose byte `depth` is at least `byte`; shorter tokens come before. */
static size_t first_at_least(const struct tokenizer *t, size_t lo, size_t hi, size_t depth, unsigned byte) {
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        struct text token = t->tokens[t->specials[middle]];
        if (token.len <= depth || (unsigned char)token.at[depth] < byte)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static bool counts(const struct tokenizer *t, int32_t id, bool control, unsigned flags) {
    if (t->types[id] == TOKEN_USER ? t->user_inside : !control) return false;
    return flags == 255 || (t->flags[id] & MATCH_NORMALIZED) == flags;
}

int32_t special_at(const struct tokenizer *t, struct text text, size_t at, bool control, unsigned flags) {
    size_t lo = 0, hi = t->n_specials;
    int32_t best = -1;
    for (size_t depth = 0; at + depth < text.len; depth++) {
        unsigned byte = (unsigned char)text.at[at + depth];
        lo = first_at_least(t, lo, hi, depth, byte);
        hi = first_at_least(t, lo, hi, depth, byte + 1);
        if (lo >= hi) break;
        for (size_t i = lo; i < hi && t->tokens[t->specials[i]].len == depth + 1; i++)
            if (counts(t, t->specials[i], control, flags)) {
                best = t->specials[i];
                break;
            }
    }
    return best;
}
