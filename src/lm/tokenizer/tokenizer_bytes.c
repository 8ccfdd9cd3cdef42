/* Byte-level BPE (Sennrich et al. 2016; Radford et al. 2019): words are cut by the pre-tokenizer, their bytes merged by
 * rank, the lowest first, ties leftmost. Most words are one token, and a table knows those. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>

#define SHORT_WORD 48

/* ---- merging ---- */

/* Short words: the merges of all pairs side by side, the lowest rank is looked for again and again. */
static void merge_short(const struct tokenizer *t, int32_t *s, size_t *count) {
    const struct merge *pairs[SHORT_WORD];
    size_t n = *count;
    for (size_t i = 0; i + 1 < n; i++) pairs[i] = merge_table_get(&t->merges, s[i], s[i + 1]);
    for (;;) {
        const struct merge *best = NULL;
        size_t at = 0;
        for (size_t i = 0; i + 1 < n; i++)
            if (pairs[i] && (!best || pairs[i]->rank < best->rank)) {
                best = pairs[i];
                at = i;
            }
        if (!best) break;
        s[at] = best->merged;
        n--;
        memmove(s + at + 1, s + at + 2, (n - at - 1) * sizeof *s);
        if (at + 1 < n) memmove(pairs + at + 1, pairs + at + 2, (n - at - 2) * sizeof *pairs);
        if (at > 0) pairs[at - 1] = merge_table_get(&t->merges, s[at - 1], s[at]);
        if (at + 1 < n) pairs[at] = merge_table_get(&t->merges, s[at], s[at + 1]);
    }
    *count = n;
}

/* Long words: a heap of candidates, so time stays n log n. A candidate is rank << 32 | place of its left symbol; one
 * that is outdated is known by the rank of the pair that stands there now. */
struct long_word {
    const struct tokenizer *t;
    int32_t *symbols, *before, *after;
    uint64_t *heap;
    size_t n, capacity;
    struct error *err;
};

static bool push(struct long_word *w, int32_t left) {
    int32_t right = left >= 0 ? w->after[left] : -1;
    if (right < 0) return true;
    const struct merge *m = merge_table_get(&w->t->merges, w->symbols[left], w->symbols[right]);
    if (!m) return true;
    if (w->n == w->capacity) {
        size_t wanted = w->capacity ? w->capacity * 2 : 256;
        uint64_t *more = memory_grow(w->heap, wanted, sizeof *more);
        if (!more) return error_memory(w->err, "tokenizer");
        w->heap = more;
        w->capacity = wanted;
    }
    uint64_t x = (uint64_t)(uint32_t)m->rank << 32 | (uint32_t)left;
    size_t i = w->n++;
    for (; i > 0 && x < w->heap[(i - 1) / 2]; i = (i - 1) / 2) w->heap[i] = w->heap[(i - 1) / 2];
    w->heap[i] = x;
    return true;
}

static uint64_t pop(struct long_word *w) {
    uint64_t top = w->heap[0], x = w->heap[--w->n];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= w->n) break;
        if (child + 1 < w->n && w->heap[child + 1] < w->heap[child]) child++;
        if (w->heap[child] >= x) break;
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = x;
    return top;
}

static bool apply(struct long_word *w, uint64_t candidate) {
    int32_t left = (int32_t)(uint32_t)candidate, rank = (int32_t)(candidate >> 32), right = w->after[left];
    if (w->symbols[left] < 0 || right < 0) return true;
    const struct merge *m = merge_table_get(&w->t->merges, w->symbols[left], w->symbols[right]);
    if (!m || m->rank != rank) return true;
    w->symbols[left] = m->merged;
    w->symbols[right] = -1;
    w->after[left] = w->after[right];
    if (w->after[right] >= 0) w->before[w->after[right]] = left;
    return push(w, w->before[left]) && push(w, left);
}

static bool merge_long(const struct tokenizer *t, int32_t *s, size_t *n, struct error *err) {
    struct long_word w = {.t = t, .symbols = s, .err = err};
    if (*n >= INT32_MAX) return error_set(err, ERROR_DATA, "a word of %zu bytes, expected less than 2 GiB", *n);
    w.before = memory_grow(NULL, *n, sizeof *w.before);
    w.after = memory_grow(NULL, *n, sizeof *w.after);
    bool ok = (w.before && w.after) || error_memory(err, "tokenizer");
    for (size_t i = 0; ok && i < *n; i++) {
        w.before[i] = (int32_t)i - 1;
        w.after[i] = i + 1 < *n ? (int32_t)i + 1 : -1;
    }
    for (size_t i = 0; ok && i + 1 < *n; i++) ok = push(&w, (int32_t)i);
    while (ok && w.n) ok = apply(&w, pop(&w));
    size_t kept = 0;
    for (size_t i = 0; ok && i < *n; i++)
        if (s[i] >= 0) s[kept++] = s[i];
    *n = kept;
    memory_free(w.heap);
    memory_free(w.before);
    memory_free(w.after);
    return ok;
}

bool bytes_merge(const struct tokenizer *t, int32_t *symbols, size_t *n, struct error *err) {
    if (*n > SHORT_WORD) return merge_long(t, symbols, n, err);
    merge_short(t, symbols, n);
    return true;
}

/* ---- words ---- */

struct encoding {
    const struct tokenizer *t;
    struct token_list *out;
    int32_t *symbols;
    size_t capacity;
};

static bool make_room(struct encoding *e, size_t n, struct error *err) {
    if (e->symbols && n <= e->capacity) return true;
    int32_t *more = memory_grow(e->symbols, n * 2, sizeof *more);
    if (!more) return error_memory(err, "tokenizer");
    e->symbols = more;
    e->capacity = n * 2;
    return true;
}

static int32_t byte_symbol(const struct tokenizer *t, unsigned char byte) {
    return t->byte_ids[byte] >= 0 ? t->byte_ids[byte] : t->missing >= 0 ? t->missing : SYMBOL_NONE;
}

/* The word's bytes as symbols, merged; *n: how many are left. Vocabularies may lack the bytes that no UTF-8 has: in
 * text that is none, such a byte becomes U+FFFD. */
static bool merge_word(struct encoding *e, struct text word, size_t *n, struct error *err) {
    const struct tokenizer *t = e->t;
    int broken = -1; /* not known yet */
    *n = 0;
    if (word.len > SIZE_MAX / 8 || !make_room(e, word.len * 3, err)) return false;
    for (size_t i = 0; i < word.len; i++) {
        int32_t id = byte_symbol(t, (unsigned char)word.at[i]);
        if (id == SYMBOL_NONE && broken < 0) broken = text_utf8_invalid(word) != SIZE_MAX;
        if (id == SYMBOL_NONE && broken)
            for (size_t k = 0; k < 3; k++) e->symbols[(*n)++] = byte_symbol(t, (unsigned char)"\xEF\xBF\xBD"[k]);
        else if (id != SYMBOL_NONE || !t->skips_missing)
            e->symbols[(*n)++] = id;
    }
    return bytes_merge(t, e->symbols, n, err);
}

/* A symbol that is no token gives the tokens of its characters. */
static bool put_symbol(const struct tokenizer *t, int32_t id, struct token_list *out, struct error *err) {
    if (id == SYMBOL_NONE) return true;
    if ((size_t)id < t->n) return token_list_put(out, id, err);
    struct text form = tokenizer_symbol(t, id);
    for (size_t i = 0; i < form.len;) {
        uint32_t codepoint;
        size_t n = text_utf8_next(text_part(form, i, form.len), &codepoint);
        int32_t single = tokenizer_find(t, text_part(form, i, i + (n ? n : 1)));
        if (single >= 0 && !token_list_put(out, single, err)) return false;
        i += n ? n : 1;
    }
    return true;
}

static bool encode_piece(void *context, struct text piece, struct error *err) {
    struct encoding *e = context;
    int32_t whole = text_table_get(&e->t->whole, piece);
    if (whole >= 0) return token_list_put(e->out, whole, err);
    size_t n;
    if (!merge_word(e, piece, &n, err)) return false;
    for (size_t i = 0; i < n; i++)
        if (!put_symbol(e->t, e->symbols[i], e->out, err)) return false;
    return true;
}

bool bytes_encode(const struct tokenizer *t, struct text text, bool prefix, struct token_list *out, struct error *err) {
    struct encoding e = {.t = t, .out = out};
    char *copy = NULL;
    if (prefix) {
        if (text.len == SIZE_MAX || !(copy = memory_alloc(text.len + 1))) return error_memory(err, "text");
        copy[0] = ' ';
        memcpy(copy + 1, text.at, text.len);
        text = (struct text){copy, text.len + 1};
    }
    bool ok = pretokenize(t, text, encode_piece, &e, err);
    memory_free(e.symbols);
    memory_free(copy);
    return ok;
}

/* Words that give one token: what merging makes of the token's own bytes is the token, or the merges do not count. */
bool bytes_index_words(struct tokenizer *t, struct error *err) {
    struct encoding e = {.t = t};
    bool ok = text_table_init(&t->whole, t->n, err);
    for (size_t i = 0; ok && i < t->n; i++) {
        size_t n = 1;
        if (t->types[i] != TOKEN_NORMAL && t->types[i] != TOKEN_BYTE) continue;
        if (!t->ignores_merges) ok = merge_word(&e, t->pieces[i], &n, err);
        if (!ok || n != 1 || t->pieces[i].len == 0) continue;
        if (t->ignores_merges || e.symbols[0] == (int32_t)i)
            ok = text_table_put(&t->whole, t->pieces[i], (int32_t)i, NULL, err);
    }
    memory_free(e.symbols);
    return ok;
}
