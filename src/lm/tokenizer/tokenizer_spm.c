/* SentencePiece BPE (Kudo and Richardson 2018): characters are merged by the score of the token that they make, the
 * best first, ties leftmost; what is no token in the end falls back to byte tokens. The order is that of SentencePiece
 * and llama.cpp. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <math.h>
#include <string.h>

struct symbol {
    uint32_t at, len; /* in the marked text; len 0: merged away */
    int32_t before, after;
    bool is_frozen; /* a user token of SentencePiece: merges with nothing */
};

struct bigram {
    float score;
    int32_t left;
    uint32_t len; /* of both symbols, to know outdated ones */
};

struct merger {
    const struct tokenizer *t;
    struct text text;
    struct symbol *symbols;
    size_t symbols_capacity;
    struct bigram *heap;
    size_t n, capacity;
    struct error *err;
};

static bool better(const struct bigram *a, const struct bigram *b) {
    return a->score != b->score ? a->score > b->score : a->left < b->left;
}

static bool heap_put(struct merger *m, struct bigram x) {
    if (m->n == m->capacity) {
        size_t wanted = m->capacity ? m->capacity * 2 : 256;
        struct bigram *more = memory_grow(m->heap, wanted, sizeof *more);
        if (!more) return error_memory(m->err, "tokenizer");
        m->heap = more;
        m->capacity = wanted;
    }
    size_t i = m->n++;
    for (; i > 0 && better(&x, &m->heap[(i - 1) / 2]); i = (i - 1) / 2) m->heap[i] = m->heap[(i - 1) / 2];
    m->heap[i] = x;
    return true;
}

static struct bigram heap_take(struct merger *m) {
    struct bigram top = m->heap[0], x = m->heap[--m->n];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= m->n) break;
        if (child + 1 < m->n && better(&m->heap[child + 1], &m->heap[child])) child++;
        if (!better(&m->heap[child], &x)) break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = x;
    return top;
}

static bool try_pair(struct merger *m, int32_t left, int32_t right) {
    if (left < 0 || right < 0) return true;
    const struct symbol *l = &m->symbols[left];
    if (l->is_frozen || m->symbols[right].is_frozen) return true;
    uint32_t len = l->len + m->symbols[right].len;
    if (len > m->t->longest) return true;
    int32_t id = tokenizer_find(m->t, (struct text){m->text.at + l->at, len});
    if (id < 0 || m->t->scores[id] == -INFINITY) return true;
    return heap_put(m, (struct bigram){m->t->scores[id], left, len});
}

static bool merge_all(struct merger *m) {
    while (m->n) {
        struct bigram b = heap_take(m);
        struct symbol *l = &m->symbols[b.left];
        if (l->len == 0 || l->after < 0) continue;
        struct symbol *r = &m->symbols[l->after];
        if (l->len + r->len != b.len) continue;
        l->len += r->len;
        r->len = 0;
        l->after = r->after;
        if (r->after >= 0) m->symbols[r->after].before = b.left;
        if (!try_pair(m, l->before, b.left) || !try_pair(m, b.left, l->after)) return false;
    }
    return true;
}

static bool put_unknown(const struct tokenizer *t, struct token_list *out, struct error *err) {
    if (t->unknown < 0 || (t->fuses_unknown && out->n && out->ids[out->n - 1] == t->unknown)) return true;
    return token_list_put(out, t->unknown, err);
}

static bool put_symbol(const struct tokenizer *t, struct text s, struct token_list *out, struct error *err) {
    int32_t id = tokenizer_find(t, s);
    if (id >= 0) return token_list_put(out, id, err);
    if (t->as_sentencepiece && !t->falls_to_bytes) return put_unknown(t, out, err);
    for (size_t i = 0; i < s.len; i++)
        if (t->byte_ids[(unsigned char)s.at[i]] < 0) return put_unknown(t, out, err);
    for (size_t i = 0; i < s.len; i++)
        if (!token_list_put(out, t->byte_ids[(unsigned char)s.at[i]], err)) return false;
    return true;
}

/* Bytes of the character that a lead byte announces; a byte that leads nothing stands alone. */
static size_t announced(unsigned char lead) {
    return lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static size_t cut_characters(struct merger *m) {
    size_t n = 0;
    for (size_t at = 0; at < m->text.len; n++) {
        size_t len = announced((unsigned char)m->text.at[at]);
        int32_t user = m->t->user_inside ? user_token_at(m->t, text_part(m->text, at, m->text.len)) : -1;
        if (user >= 0) len = m->t->tokens[user].len;
        if (len > m->text.len - at) len = m->text.len - at;
        m->symbols[n] = (struct symbol){(uint32_t)at, (uint32_t)len, (int32_t)n - 1, (int32_t)n + 1, user >= 0};
        at += len;
    }
    if (n) m->symbols[n - 1].after = -1;
    return n;
}

/* Merges one stretch; its symbols are then linked from the first on. */
static bool merge_stretch(struct merger *m, struct text text, size_t *count) {
    m->text = text;
    m->n = 0;
    if (text.len >= INT32_MAX)
        return error_set(m->err, ERROR_DATA, "a text of %zu bytes, expected less than 2 GiB", text.len);
    if (text.len > m->symbols_capacity) {
        struct symbol *more = memory_grow(m->symbols, text.len, sizeof *more);
        if (!more) return error_memory(m->err, "tokenizer");
        m->symbols = more;
        m->symbols_capacity = text.len;
    }
    *count = cut_characters(m);
    for (size_t i = 1; i < *count; i++)
        if (!try_pair(m, (int32_t)i - 1, (int32_t)i)) return false;
    return merge_all(m);
}

static bool encode_stretch(struct merger *m, struct text text, struct token_list *out) {
    size_t n;
    int32_t whole = text_table_get(&m->t->whole, text);
    if (whole >= 0) return token_list_put(out, whole, m->err);
    if (!merge_stretch(m, text, &n)) return false;
    for (int32_t i = n ? 0 : -1; i >= 0; i = m->symbols[i].after)
        if (!put_symbol(m->t, (struct text){text.at + m->symbols[i].at, m->symbols[i].len}, out, m->err)) return false;
    return true;
}

/* The end of the word that `text` begins with: before the first mark behind something else. */
static size_t word_end(struct text text) {
    size_t marks = 0;
    while (text_starts(text_part(text, marks, text.len), TEXT(SPACE_MARK))) marks += strlen(SPACE_MARK);
    size_t end = text_find(text, TEXT(SPACE_MARK), marks);
    return end == SIZE_MAX ? text.len : end;
}

struct encoding {
    struct merger merger;
    struct token_list *out;
};

static bool encode_marked(void *context, struct text text, struct error *err) {
    struct encoding *e = context;
    (void)err;
    while (text.len) {
        size_t end = e->merger.t->breaks_at_marks ? word_end(text) : text.len;
        if (!encode_stretch(&e->merger, text_part(text, 0, end), e->out)) return false;
        text = text_part(text, end, text.len);
    }
    return true;
}

/* Every blank becomes a mark. */
static bool mark_blanks(struct text text, bool prefix, struct buffer *marked, struct error *err) {
    if (prefix) buffer_put_c(marked, SPACE_MARK);
    for (size_t i = 0; i < text.len;) {
        const char *blank = memchr(text.at + i, ' ', text.len - i);
        size_t end = blank ? (size_t)(blank - text.at) : text.len;
        buffer_put(marked, text.at + i, end - i);
        if (blank) buffer_put_c(marked, SPACE_MARK);
        i = blank ? end + 1 : end;
    }
    return buffer_check(marked, "text", err);
}

bool spm_encode(const struct tokenizer *t, struct text text, bool prefix, struct token_list *out, struct error *err) {
    struct buffer marked;
    struct encoding e = {.merger = {.t = t, .err = err}, .out = out};
    buffer_init(&marked, SIZE_MAX / 4);
    bool ok = t->as_sentencepiece ? sentencepiece_normalize(t, text, prefix, &marked, err)
                                  : mark_blanks(text, prefix, &marked, err);
    ok = ok && pretokenize(t, buffer_text(&marked), encode_marked, &e, err);
    memory_free(e.merger.heap);
    memory_free(e.merger.symbols);
    buffer_done(&marked);
    return ok;
}

/* Whether the token has a mark behind something else. */
static bool joins_words(struct text form) {
    return word_end(form) < form.len;
}

bool spm_index_words(struct tokenizer *t, struct error *err) {
    struct merger m = {.t = t, .err = err};
    size_t n;
    for (size_t i = 0; i < t->n; i++)
        if (joins_words(t->tokens[i]) && t->scores[i] != -INFINITY) return true;
    t->breaks_at_marks = true;
    bool ok = text_table_init(&t->whole, t->n, err);
    for (size_t i = 0; ok && i < t->n; i++) {
        if (tokenizer_find(t, t->tokens[i]) != (int32_t)i) continue;
        ok = merge_stretch(&m, t->tokens[i], &n);
        if (ok && n && m.symbols[0].after < 0) ok = text_table_put(&t->whole, t->tokens[i], (int32_t)i, NULL, err);
    }
    memory_free(m.heap);
    memory_free(m.symbols);
    return ok;
}
