/* Training a byte-level BPE vocabulary (Sennrich et al. 2016): the most frequent pair of symbols is merged, again and
 * again. Words of the reserve become single tokens first: merges that come later have higher ranks and can never take
 * apart a word that earlier merges made whole. Equal counts go to the pair whose bytes come first, so equal texts give
 * equal files. */
#include "lm/tokenizer/tokenizer_internal.h"

#include <string.h>

#define RESERVE_MAX 256 /* bytes of a reserved word */

struct word {
    int32_t *symbols;
    size_t n;
    uint64_t count; /* how often it stands in the texts */
};

struct pair {
    int32_t left, right;
    uint64_t count;
    uint32_t *words; /* where it is or was; some come twice */
    uint32_t n_words, capacity;
    bool raised; /* listed in raised, its new count is to be queued */
};

/* A pair with the count that it had when it was queued. */
struct queued {
    uint64_t count;
    uint32_t pair;
};

struct trainer {
    struct tokenizer *t; /* holds pre-tokenizer, bytes and merges while training */
    const struct tokenizer_training *how;
    struct text *tokens; /* stored forms, how->vocabulary */
    size_t n_tokens;
    struct text_table forms; /* to ids */
    struct text_table seen;  /* word to place in words */
    struct word *words;
    size_t n_words, words_capacity;
    struct pair *pairs;
    size_t n_pairs, pairs_capacity;
    uint32_t *slots; /* hash table: place in pairs + 1, 0: empty */
    size_t slots_capacity;
    uint32_t *raised;
    size_t n_raised, raised_capacity;
    struct queued *heap;
    size_t n_heap, heap_capacity;
    struct error *err;
};

/* ---- words and the pairs in them ---- */

static bool count_word(void *context, struct text piece, struct error *err) {
    struct trainer *r = context;
    int32_t at = text_table_get(&r->seen, piece);
    struct text kept;
    if (at >= 0) {
        r->words[at].count++;
        return true;
    }
    if (r->n_words >= INT32_MAX / 2) return error_set(err, ERROR_DATA, "more than %zu different words", r->n_words);
    if (r->n_words == r->words_capacity) {
        size_t wanted = r->words_capacity ? r->words_capacity * 2 : 1024;
        struct word *more = memory_grow(r->words, wanted, sizeof *more);
        if (!more) return error_memory(err, "words");
        r->words = more;
        r->words_capacity = wanted;
    }
    int32_t *symbols = memory_grow(NULL, piece.len, sizeof *symbols);
    if (!symbols) return error_memory(err, "words");
    for (size_t i = 0; i < piece.len; i++) symbols[i] = r->t->byte_ids[(unsigned char)piece.at[i]];
    r->words[r->n_words++] = (struct word){symbols, piece.len, 1};
    return tokenizer_keep(r->t, piece, &kept, err) &&
           text_table_put(&r->seen, kept, (int32_t)r->n_words - 1, NULL, err);
}

/* The special token that comes first in the text from `at` on, the longest where several begin there; text.len: none.
 * where: [n_specials] places found before, so that each special token runs through the text once. */
static size_t next_special(const struct trainer *r, struct text text, size_t at, size_t *where, size_t *length) {
    size_t next = text.len;
    *length = 0;
    for (size_t i = 0; i < r->how->n_specials; i++) {
        struct text special = r->how->specials[i];
        if (where[i] != SIZE_MAX && where[i] < at) where[i] = text_find(text, special, at);
        if (where[i] == SIZE_MAX || where[i] > next || (where[i] == next && special.len < *length)) continue;
        next = where[i];
        *length = special.len;
    }
    return next;
}

/* Special tokens are cut out first, as they are when a text is tokenized. */
static bool count_text(struct trainer *r, struct text text) {
    size_t *where = memory_zeroed(r->how->n_specials + 1, sizeof *where), length;
    if (!where) return error_memory(r->err, "special tokens");
    for (size_t i = 0; i < r->how->n_specials; i++)
        where[i] = r->how->specials[i].len ? text_find(text, r->how->specials[i], 0) : SIZE_MAX;
    bool ok = true;
    for (size_t at = 0; ok && at < text.len;) {
        size_t next = next_special(r, text, at, where, &length);
        ok = pretokenize(r->t, text_part(text, at, next), count_word, r, r->err);
        at = next + length;
    }
    memory_free(where);
    return ok;
}

static size_t pair_slot(const struct trainer *r, int32_t left, int32_t right) {
    uint64_t x = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9E3779B97F4A7C15u;
    size_t i = (size_t)(x >> 32) & (r->slots_capacity - 1);
    while (r->slots[i] && (r->pairs[r->slots[i] - 1].left != left || r->pairs[r->slots[i] - 1].right != right))
        i = (i + 1) & (r->slots_capacity - 1);
    return i;
}

static bool grow_pairs(struct trainer *r) {
    size_t wanted = r->pairs_capacity ? r->pairs_capacity * 2 : 4096;
    struct pair *pairs = memory_grow(r->pairs, wanted, sizeof *pairs);
    if (!pairs) return error_memory(r->err, "pairs");
    r->pairs = pairs;
    r->pairs_capacity = wanted;
    uint32_t *slots = memory_zeroed(wanted * 2, sizeof *slots);
    if (!slots) return error_memory(r->err, "pairs");
    memory_free(r->slots);
    r->slots = slots;
    r->slots_capacity = wanted * 2;
    for (size_t i = 0; i < r->n_pairs; i++) r->slots[pair_slot(r, pairs[i].left, pairs[i].right)] = (uint32_t)i + 1;
    return true;
}

/* The pair's place in r->pairs, made when it is new; SIZE_MAX: out of memory. */
static size_t pair_index(struct trainer *r, int32_t left, int32_t right) {
    if (r->n_pairs == r->pairs_capacity && !grow_pairs(r)) return SIZE_MAX;
    size_t slot = pair_slot(r, left, right);
    if (!r->slots[slot]) {
        r->pairs[r->n_pairs] = (struct pair){.left = left, .right = right};
        r->slots[slot] = (uint32_t)++r->n_pairs;
    }
    return r->slots[slot] - 1;
}

static bool note_raised(struct trainer *r, size_t pair) {
    if (r->pairs[pair].raised) return true;
    if (r->n_raised == r->raised_capacity) {
        size_t wanted = r->raised_capacity ? r->raised_capacity * 2 : 1024;
        uint32_t *more = memory_grow(r->raised, wanted, sizeof *more);
        if (!more) return error_memory(r->err, "pairs");
        r->raised = more;
        r->raised_capacity = wanted;
    }
    r->raised[r->n_raised++] = (uint32_t)pair;
    return r->pairs[pair].raised = true;
}

/* Word `word` has the pair at one more place. */
static bool add_place(struct trainer *r, int32_t left, int32_t right, uint32_t word) {
    size_t i = pair_index(r, left, right);
    if (i == SIZE_MAX || !note_raised(r, i)) return false;
    struct pair *p = &r->pairs[i];
    p->count += r->words[word].count;
    if (p->n_words && p->words[p->n_words - 1] == word) return true;
    if (p->n_words == p->capacity) {
        uint32_t wanted = p->capacity ? p->capacity * 2 : 4;
        uint32_t *more = memory_grow(p->words, wanted, sizeof *more);
        if (!more) return error_memory(r->err, "pairs");
        p->words = more;
        p->capacity = wanted;
    }
    p->words[p->n_words++] = word;
    return true;
}

static void remove_place(struct trainer *r, int32_t left, int32_t right, uint32_t word) {
    struct pair *p = &r->pairs[r->slots[pair_slot(r, left, right)] - 1];
    p->count -= r->words[word].count;
}

static bool count_pairs(struct trainer *r) {
    for (size_t w = 0; w < r->n_words; w++)
        for (size_t i = 0; i + 1 < r->words[w].n; i++)
            if (!add_place(r, r->words[w].symbols[i], r->words[w].symbols[i + 1], (uint32_t)w)) return false;
    return true;
}

/* ---- the queue of pairs ---- */

/* Whether a comes out before b: the higher count, then the pair whose bytes come first. */
static bool before(const struct trainer *r, const struct queued *a, const struct queued *b) {
    if (a->count != b->count) return a->count > b->count;
    const struct pair *x = &r->pairs[a->pair], *y = &r->pairs[b->pair];
    int c = text_compare(r->tokens[x->left], r->tokens[y->left]);
    return (c ? c : text_compare(r->tokens[x->right], r->tokens[y->right])) < 0;
}

static bool queue_put(struct trainer *r, uint32_t pair) {
    if (r->n_heap == r->heap_capacity) {
        size_t wanted = r->heap_capacity ? r->heap_capacity * 2 : 4096;
        struct queued *more = memory_grow(r->heap, wanted, sizeof *more);
        if (!more) return error_memory(r->err, "pairs");
        r->heap = more;
        r->heap_capacity = wanted;
    }
    struct queued x = {r->pairs[pair].count, pair};
    size_t i = r->n_heap++;
    for (; i > 0 && before(r, &x, &r->heap[(i - 1) / 2]); i = (i - 1) / 2) r->heap[i] = r->heap[(i - 1) / 2];
    r->heap[i] = x;
    return true;
}

static struct queued queue_take(struct trainer *r) {
    struct queued top = r->heap[0], x = r->heap[--r->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= r->n_heap) break;
        if (child + 1 < r->n_heap && before(r, &r->heap[child + 1], &r->heap[child])) child++;
        if (!before(r, &r->heap[child], &x)) break;
        r->heap[i] = r->heap[child];
        i = child;
    }
    r->heap[i] = x;
    return top;
}

static bool queue_raised(struct trainer *r) {
    for (size_t i = 0; i < r->n_raised; i++) {
        r->pairs[r->raised[i]].raised = false;
        if (!queue_put(r, r->raised[i])) return false;
    }
    r->n_raised = 0;
    return true;
}

/* The pair with the highest count; SIZE_MAX: none that is there twice. Counts that fell since a pair was queued put it
 * back with its new one; counts that rose queued it again. */
static bool best_pair(struct trainer *r, size_t *best) {
    *best = SIZE_MAX;
    while (r->n_heap) {
        struct queued top = queue_take(r);
        uint64_t count = r->pairs[top.pair].count;
        if (top.count == count && count >= 2) {
            *best = top.pair;
            return true;
        }
        if (top.count > count && count >= 2 && !queue_put(r, top.pair)) return false;
    }
    return true;
}

/* ---- merging ---- */

/* The token and the merge of left and right; a token that is there already is merged into again. */
static bool add_merge(struct trainer *r, int32_t left, int32_t right, int32_t *merged) {
    struct tokenizer *t = r->t;
    struct text form, kept, a = r->tokens[left], b = r->tokens[right];
    struct buffer joined;
    buffer_init(&joined, a.len + b.len);
    buffer_put_text(&joined, a);
    buffer_put_text(&joined, b);
    bool ok = buffer_check(&joined, "token", r->err);
    form = buffer_text(&joined);
    *merged = ok ? text_table_get(&r->forms, form) : -1;
    if (ok && *merged < 0) {
        *merged = (int32_t)r->n_tokens;
        ok = tokenizer_keep(t, form, &kept, r->err) && text_table_put(&r->forms, kept, *merged, NULL, r->err);
        if (ok) r->tokens[r->n_tokens++] = kept;
    }
    buffer_done(&joined);
    const struct merge m = {left, right, (int32_t)t->merges.n, *merged};
    return ok && tokenizer_list_merge(t, m, r->err);
}

/* Whether merging would make the text of a special token. */
static bool makes_special(const struct trainer *r, int32_t left, int32_t right) {
    struct text a = r->tokens[left], b = r->tokens[right];
    for (size_t i = 0; i < r->how->n_specials; i++) {
        struct text s = r->tokens[i];
        if (s.len == a.len + b.len && text_starts(s, a) && text_ends(s, b)) return true;
    }
    return false;
}

/* Merges the pair in one word; counts of the pairs beside it change. */
static bool merge_in_word(struct trainer *r, uint32_t index, int32_t left, int32_t right, int32_t merged) {
    struct word *w = &r->words[index];
    size_t kept = 0;
    for (size_t i = 0; i < w->n;) {
        if (i + 1 == w->n || w->symbols[i] != left || w->symbols[i + 1] != right) {
            w->symbols[kept++] = w->symbols[i++];
            continue;
        }
        if (kept) remove_place(r, w->symbols[kept - 1], left, index);
        if (i + 2 < w->n) remove_place(r, right, w->symbols[i + 2], index);
        remove_place(r, left, right, index);
        if (kept && !add_place(r, w->symbols[kept - 1], merged, index)) return false;
        /* The right neighbour may become part of the next merge; then this place is taken back there. */
        if (i + 2 < w->n && !add_place(r, merged, w->symbols[i + 2], index)) return false;
        w->symbols[kept++] = merged;
        i += 2;
    }
    w->n = kept;
    return true;
}

static bool learn(struct trainer *r) {
    if (!count_pairs(r)) return false;
    while (r->n_tokens < r->how->vocabulary) {
        size_t at;
        int32_t merged;
        if (!queue_raised(r) || !best_pair(r, &at)) return false;
        if (at == SIZE_MAX) break;
        const struct pair best = r->pairs[at];
        if (makes_special(r, best.left, best.right)) continue;
        if (!add_merge(r, best.left, best.right, &merged)) return false;
        for (uint32_t i = 0; i < best.n_words; i++)
            if (!merge_in_word(r, best.words[i], best.left, best.right, merged)) return false;
    }
    return true;
}

/* ---- the reserve ---- */

struct pieces {
    size_t n;
};

static bool count_piece(void *context, struct text piece, struct error *err) {
    (void)piece;
    (void)err;
    ((struct pieces *)context)->n++;
    return true;
}

/* Merges are added until the word is one token. They are tried from the start each time: a merge may apply at more
 * places than the one that it was made for. */
static bool reserve_form(struct trainer *r, struct text word, int32_t *symbols) {
    for (;;) {
        size_t n = word.len;
        int32_t merged;
        for (size_t i = 0; i < n; i++) symbols[i] = r->t->byte_ids[(unsigned char)word.at[i]];
        if (!bytes_merge(r->t, symbols, &n, r->err)) return false;
        if (n <= 1) return true;
        if (makes_special(r, symbols[0], symbols[1]))
            return error_set(r->err, ERROR_USAGE, "the reserved word '%.*s' holds a special token", TEXT_ARG(word));
        if (r->n_tokens >= r->how->vocabulary)
            return error_set(r->err, ERROR_USAGE, "the reserve needs a vocabulary of more than %zu tokens",
                             r->how->vocabulary);
        if (!add_merge(r, symbols[0], symbols[1], &merged)) return false;
    }
}

/* The word as it is, and with a blank before it where the pre-tokenizer keeps the two together. */
static bool reserve_word(struct trainer *r, struct text word) {
    char form[RESERVE_MAX + 1];
    int32_t symbols[RESERVE_MAX + 1];
    struct pieces plain = {0}, behind_blank = {0};
    if (word.len == 0 || word.len > RESERVE_MAX)
        return error_set(r->err, ERROR_USAGE, "a reserved word of %zu bytes, expected 1 to %d", word.len, RESERVE_MAX);
    form[0] = ' ';
    memcpy(form + 1, word.at, word.len);
    struct text blank = {form, word.len + 1};
    if (!pretokenize(r->t, word, count_piece, &plain, r->err) ||
        !pretokenize(r->t, blank, count_piece, &behind_blank, r->err))
        return false;
    if (plain.n != 1)
        return error_set(r->err, ERROR_USAGE,
                         "the reserved word '%.*s' is cut into %zu pieces by the pre-tokenizer '%s'", TEXT_ARG(word),
                         plain.n, r->t->pre);
    return reserve_form(r, word, symbols) && (behind_blank.n != 1 || reserve_form(r, blank, symbols));
}

/* The words of the corpus start from what the reserve's merges make of them. */
static bool apply_reserve(struct trainer *r) {
    for (size_t w = 0; w < r->n_words; w++)
        if (!bytes_merge(r->t, r->words[w].symbols, &r->words[w].n, r->err)) return false;
    return true;
}

/* ---- all ---- */

/* Specials, then the 256 bytes. */
static bool base_tokens(struct trainer *r) {
    const struct tokenizer_training *how = r->how;
    for (size_t i = 0; i < how->n_specials + 256; i++) {
        char form[4], byte = (char)(i - how->n_specials);
        struct text t = {form, 0};
        int32_t old;
        if (i < how->n_specials)
            t = how->specials[i];
        else
            t.len = bytes_to_stored((struct text){&byte, 1}, form);
        if (t.len == 0) return error_set(r->err, ERROR_USAGE, "special token %zu is empty", i);
        if (!tokenizer_keep(r->t, t, &r->tokens[i], r->err) ||
            !text_table_put(&r->forms, r->tokens[i], (int32_t)i, &old, r->err))
            return false;
        if (old >= 0) return error_set(r->err, ERROR_USAGE, "special token '%.*s' comes twice", TEXT_ARG(t));
        if (i >= how->n_specials) r->t->byte_ids[(unsigned char)byte] = (int32_t)i;
    }
    r->n_tokens = how->n_specials + 256;
    return true;
}

static bool find_named(const struct tokenizer *t, struct text name, const char *what, int32_t *id, struct error *err) {
    *id = name.len ? tokenizer_find(t, name) : -1;
    return !name.len || *id >= 0 ||
           error_set(err, ERROR_USAGE, "the %s token '%.*s' is not among the special tokens", what, TEXT_ARG(name));
}

/* What was learned becomes the tokenizer; tokens that nothing was learned for are unused ones. */
static bool finish(struct trainer *r) {
    struct tokenizer *t = r->t;
    const struct tokenizer_training *how = r->how;
    if (!tokenizer_reserve(t, how->vocabulary, r->err)) return false;
    for (size_t i = 0; i < t->n; i++) {
        char *form = i < r->n_tokens ? NULL : arena_printf(&t->arena, r->err, "<|unused%zu|>", i);
        if (i >= r->n_tokens && !form) return false;
        t->tokens[i] = form ? text_of(form) : r->tokens[i];
        t->types[i] = i < how->n_specials ? TOKEN_CONTROL : form ? TOKEN_UNUSED : TOKEN_NORMAL;
    }
    if (!tokenizer_index(t, r->err) || !find_named(t, how->bos, "BOS", &t->bos, r->err) ||
        !find_named(t, how->eos, "EOS", &t->eos, r->err))
        return false;
    t->adds_bos = t->bos >= 0;
    return tokenizer_keep(t, how->chat_template, &t->chat_template, r->err) && tokenizer_finish(t, "training", r->err);
}

static bool train(struct trainer *r) {
    struct tokenizer *t = r->t;
    const struct tokenizer_training *how = r->how;
    const struct pretokenizer *pre = pretokenizer_find(text_of(how->pre));
    if (!pre) return error_set(r->err, ERROR_USAGE, "no pre-tokenizer '%s'", how->pre ? how->pre : "");
    if (how->vocabulary < how->n_specials + 256 || how->vocabulary > TOKENIZER_MOST_TOKENS)
        return error_set(r->err, ERROR_USAGE, "a vocabulary of %zu, expected %zu (special tokens and bytes) to %zu",
                         how->vocabulary, how->n_specials + 256, TOKENIZER_MOST_TOKENS);
    t->family = FAMILY_BYTES;
    r->tokens = arena_new(&t->arena, struct text, how->vocabulary, r->err);
    if (!r->tokens || !text_table_init(&r->forms, how->vocabulary, r->err) ||
        !text_table_init(&r->seen, 4096, r->err) || !tokenizer_use_pre(t, pre, r->err) || !base_tokens(r))
        return false;
    for (size_t i = 0; i < how->n_texts; i++)
        if (!count_text(r, how->texts[i])) return false;
    for (size_t i = 0; i < how->n_reserve; i++)
        if (!reserve_word(r, how->reserve[i])) return false;
    return apply_reserve(r) && learn(r) && finish(r);
}

struct tokenizer *tokenizer_train(const struct tokenizer_training *training, struct error *err) {
    struct trainer r = {.t = tokenizer_new(err), .how = training, .err = err};
    bool ok = r.t && train(&r);
    for (size_t i = 0; i < r.n_pairs; i++) memory_free(r.pairs[i].words);
    for (size_t i = 0; i < r.n_words; i++) memory_free(r.words[i].symbols);
    text_table_done(&r.seen);
    text_table_done(&r.forms);
    memory_free(r.words);
    memory_free(r.pairs);
    memory_free(r.slots);
    memory_free(r.raised);
    memory_free(r.heap);
    if (ok) return r.t;
    tokenizer_free(r.t);
    return NULL;
}
