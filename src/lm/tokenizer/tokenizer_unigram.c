/* Unigram language models over pieces (Kudo 2018): the cut of a text whose pieces have the greatest sum of
 * log-probabilities, found from left to right (Viterbi); of equal sums the one found first, as in SentencePiece and
 * Hugging Face's library. A character that no piece covers costs 10 nats more than the least likely piece. Also here:
 * greedy longest match (RWKV's vocabulary), which uses the same trie. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <math.h>
#include <string.h>

#define UNKNOWN_PENALTY 10.0
#define USER_BONUS 0.1

/* The best cut that ends before a byte. */
struct cut {
    double sum;
    uint32_t from; /* UINT32_MAX: none ends here */
    int32_t id;
};

struct lattice {
    const struct tokenizer *t;
    struct cut *cuts;
    size_t capacity;
    struct token_list *out;
    struct error *err;
};

static double weight_of(const struct tokenizer *t, int32_t id, size_t len) {
    if (t->types[id] == TOKEN_USER && t->user_inside) return (double)((float)len * (float)t->most_weight) - USER_BONUS;
    if (t->types[id] == TOKEN_USER && !t->weights) return 0;
    return t->weights ? t->weights[id] : (double)t->scores[id];
}

static void offer(struct lattice *l, size_t from, size_t to, int32_t id, double sum) {
    struct cut *c = &l->cuts[to];
    if (c->from != UINT32_MAX && sum <= c->sum) return;
    *c = (struct cut){l->t->sums_in_float ? (double)(float)sum : sum, (uint32_t)from, id};
}

static size_t announced(struct text text) {
    unsigned char lead = (unsigned char)text.at[0];
    size_t n = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return n < text.len ? n : text.len;
}

/* All pieces that begin at `at`. */
static void offer_pieces(struct lattice *l, struct text text, size_t at) {
    const struct tokenizer *t = l->t;
    size_t character = announced(text_part(text, at, text.len));
    double before = l->cuts[at].sum;
    bool covered = false;
    uint32_t node = 0;
    int32_t id;
    for (size_t end = at; end < text.len && byte_trie_step(&t->trie, &node, (unsigned char)text.at[end], &id); end++) {
        if (id < 0 || t->types[id] == TOKEN_UNUSED) continue;
        size_t len = end + 1 - at;
        offer(l, at, end + 1, id, weight_of(t, id, len) + before);
        if (len == character) covered = true;
    }
    if (!covered) offer(l, at, at + character, t->unknown, t->unknown_weight + before);
}

static bool put_unknown(struct lattice *l, struct text part, bool follows_unknown) {
    const struct tokenizer *t = l->t;
    bool bytes = t->falls_to_bytes;
    for (size_t i = 0; bytes && i < part.len; i++) bytes = t->byte_ids[(unsigned char)part.at[i]] >= 0;
    if (!bytes) return t->unknown < 0 || follows_unknown || token_list_put(l->out, t->unknown, l->err);
    for (size_t i = 0; i < part.len; i++)
        if (!token_list_put(l->out, t->byte_ids[(unsigned char)part.at[i]], l->err)) return false;
    return true;
}

/* Follows the best cuts back from the end, turns them round, and gives their ids.
 * Several unknown characters are one. */
static bool put_path(struct lattice *l, struct text text) {
    uint32_t next = UINT32_MAX;
    for (uint32_t at = (uint32_t)text.len; at > 0;) { /* `from` becomes where the piece ends */
        uint32_t from = l->cuts[at].from;
        l->cuts[at].from = next;
        next = at;
        at = from;
    }
    bool follows_unknown = false, ok = true;
    for (uint32_t from = 0, at = next; ok && at != UINT32_MAX;) {
        int32_t id = l->cuts[at].id;
        bool unknown = id == l->t->unknown;
        ok = unknown ? put_unknown(l, text_part(text, from, at), follows_unknown) : token_list_put(l->out, id, l->err);
        follows_unknown = unknown;
        from = at;
        at = l->cuts[at].from;
    }
    return ok;
}

static bool find_best(void *context, struct text text, struct error *err) {
    struct lattice *l = context;
    if (text.len >= UINT32_MAX)
        return error_set(err, ERROR_DATA, "a text of %zu bytes, expected less than 4 GiB", text.len);
    if (text.len + 1 > l->capacity) {
        struct cut *more = memory_grow(l->cuts, text.len + 1, sizeof *more);
        if (!more) return error_memory(err, "tokenizer");
        l->cuts = more;
        l->capacity = text.len + 1;
    }
    for (size_t i = 0; i <= text.len; i++) l->cuts[i] = (struct cut){.from = UINT32_MAX, .id = -1};
    l->cuts[0] = (struct cut){0};
    for (size_t at = 0; at < text.len; at += announced(text_part(text, at, text.len))) offer_pieces(l, text, at);
    return put_path(l, text);
}

/* ---- the blanks of a tokenizer.json ---- */

static bool encode_marked(struct lattice *l, struct text word, bool prefix) {
    struct buffer marked;
    buffer_init(&marked, word.len * 3 + 16);
    if (prefix && !(l->t->prefix_once && (text_starts(word, TEXT(" ")) || text_starts(word, TEXT(SPACE_MARK)))))
        buffer_put_c(&marked, SPACE_MARK);
    for (size_t i = 0; i < word.len; i++)
        if (word.at[i] == ' ')
            buffer_put_c(&marked, SPACE_MARK);
        else
            buffer_put_char(&marked, word.at[i]);
    bool ok = buffer_check(&marked, "text", l->err) && pretokenize(l->t, buffer_text(&marked), find_best, l, l->err);
    buffer_done(&marked);
    return ok;
}

/* Words between blanks, each with its mark. */
static bool encode_words(struct lattice *l, struct text text, bool prefix) {
    size_t from = 0;
    for (size_t i = 0; i <= text.len;) {
        size_t n = i < text.len ? white_at(text_part(text, i, text.len)) : 1;
        if (!n) {
            i++;
            continue;
        }
        bool first = from == 0 && l->t->prefix == PREFIX_FIRST ? prefix : l->t->prefix == PREFIX_ALWAYS;
        if (i > from && !encode_marked(l, text_part(text, from, i), first)) return false;
        i += n;
        from = i;
    }
    return true;
}

bool unigram_encode(const struct tokenizer *t, struct text text, bool prefix, struct token_list *out,
                    struct error *err) {
    struct lattice l = {.t = t, .out = out, .err = err};
    struct buffer normal;
    bool ok;
    if (t->as_sentencepiece) {
        buffer_init(&normal, text.len < SIZE_MAX / 64 ? text.len * 32 + 64 : SIZE_MAX / 2);
        ok = sentencepiece_normalize(t, text, prefix, &normal, err) && find_best(&l, buffer_text(&normal), err);
        buffer_done(&normal);
    } else {
        ok = t->cuts_blanks ? encode_words(&l, text, prefix) : encode_marked(&l, text, prefix);
    }
    memory_free(l.cuts);
    return ok;
}

/* ---- longest match ---- */

bool greedy_encode(const struct tokenizer *t, struct text text, struct token_list *out, struct error *err) {
    while (text.len) {
        size_t n = 1;
        int32_t id = byte_trie_longest(&t->trie, text, &n);
        if (id < 0) id = t->unknown;
        if (id >= 0 && !token_list_put(out, id, err)) return false;
        text = text_part(text, n, text.len);
    }
    return true;
}

/* ---- tables ---- */

static bool belongs(const struct tokenizer *t, size_t i) {
    enum token_type type = t->types[i];
    if (t->family == FAMILY_SPM) return type == TOKEN_USER;
    if (t->family == FAMILY_GREEDY) return type == TOKEN_NORMAL || type == TOKEN_BYTE;
    return t->weights || type == TOKEN_NORMAL || type == TOKEN_USER || type == TOKEN_UNUSED;
}

static void find_weights(struct tokenizer *t) {
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < t->n; i++) {
        double w = t->weights ? t->weights[i] : (double)t->scores[i];
        if ((!t->weights && t->types[i] != TOKEN_NORMAL) || isnan(w)) continue;
        if (w < least) least = w;
        if (w > most) most = w;
    }
    t->most_weight = isfinite(most) ? most : 0;
    t->unknown_weight = (isfinite(least) ? least : 0) - UNKNOWN_PENALTY;
    if (t->sums_in_float) t->unknown_weight = (double)((float)least - (float)UNKNOWN_PENALTY);
}

bool trie_index(struct tokenizer *t, struct error *err) {
    if (t->family == FAMILY_UNIGRAM) find_weights(t);
    for (size_t i = 0; i < t->n; i++) {
        struct text key = t->family == FAMILY_GREEDY ? t->pieces[i] : t->tokens[i];
        if (key.len && belongs(t, i) && !byte_trie_put(&t->trie, key, (int32_t)i, err)) return false;
    }
    return true;
}
