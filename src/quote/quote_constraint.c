/* Quotes that cannot be wrong: see quote_constraint.h. */
#include "quote/quote_constraint.h"

#include "lm/grammar/grammar_vocabulary.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { SHARDS_MOST = 16, STARTS = 4, LOOKED_AT = 64 };
static const unsigned char opening[3] = {0xe2, 0x80, 0x9c}, closing[3] = {0xe2, 0x80, 0x9d};

/* A quote begins where a word does: behind a blank, a line break or the end of a document, or with the first document.
 * Each is a range of its own, of suffixes that begin with that one byte (the last: of one suffix, with none). */
static const unsigned char before[STARTS - 1] = {' ', '\n', QUOTE_END};

/* Where an answer stands. Marks of several bytes are followed one byte at a time. */
struct place {
    bool inside, typographic;   /* which mark it was begun with */
    uint8_t mark;               /* outside: bytes of an opening mark that stand there; inside: of a closing one */
    bool lost;                  /* inside: its bytes stand nowhere, unless they become the closing mark */
    bool word;                  /* inside: its last byte is one of a word */
    uint32_t bytes, characters; /* of the quote */
    struct quote_range range[SHARDS_MOST][STARTS];
};

struct quote_constraint {
    const struct quote_shard *shards;
    size_t n_shards, least;
    struct quote_range start[SHARDS_MOST][STARTS]; /* of a quote that has just begun */
    const struct grammar_vocabulary *vocabulary;
    pthread_mutex_t lock;         /* guards what is made once */
    uint64_t *outside, *begun[2]; /* masks behind no mark, and right behind each of both */
};

/* The suffix that is the whole text: among those that begin as it does. */
static struct quote_range whole_of(const struct quote_shard *s) {
    enum { ENOUGH = 4096 };
    struct text head = {(const char *)s->text.at, s->n < ENOUGH ? s->n : ENOUGH};
    struct quote_range r = quote_shard_range(s, head);
    for (size_t rank = r.lo; rank < r.hi; rank++)
        if (quote_shard_position(s, rank) == 0) return (struct quote_range){rank, rank + 1};
    return (struct quote_range){0, 0};
}

static void find_starts(struct quote_constraint *c) {
    for (size_t i = 0; i < c->n_shards; i++) {
        for (size_t k = 0; k + 1 < STARTS; k++)
            c->start[i][k] = quote_shard_range(&c->shards[i], (struct text){(const char *)&before[k], 1});
        c->start[i][STARTS - 1] = whole_of(&c->shards[i]);
    }
}

struct quote_constraint *quote_constraint_new(const struct quote_index *index,
                                              const struct grammar_vocabulary *vocabulary, size_t least,
                                              struct error *err) {
    struct quote_constraint *c = memory_zeroed(1, sizeof *c);
    if (!c) return error_memory(err, "quotes"), NULL;
    c->n_shards = quote_index_shards(index, &c->shards);
    c->vocabulary = vocabulary;
    c->least = least;
    pthread_mutex_init(&c->lock, NULL);
    if (quote_index_bloom(index))
        error_set(err, ERROR_USAGE, "a filter knows no continuations: make the index with --engine exact");
    else if (c->n_shards > SHARDS_MOST)
        error_set(err, ERROR_USAGE, "an index of %zu shards; quotes are followed in %d at most: give more --memory",
                  c->n_shards, SHARDS_MOST);
    else {
        find_starts(c);
        return c;
    }
    quote_constraint_free(c);
    return NULL;
}

void quote_constraint_free(struct quote_constraint *c) {
    if (!c) return;
    memory_free(c->outside), memory_free(c->begun[0]), memory_free(c->begun[1]);
    pthread_mutex_destroy(&c->lock);
    memory_free(c);
}

/* ---- one byte */

static void begin_quote(const struct quote_constraint *c, struct place *p, bool typographic) {
    *p = (struct place){.inside = true, .typographic = typographic};
    memcpy(p->range, c->start, sizeof p->range);
}

static size_t depth_of(const struct place *p, size_t start) {
    return p->bytes + (start + 1 < STARTS);
}
static bool is_some(struct quote_range r) {
    return r.hi > r.lo;
}

static void step_outside(const struct quote_constraint *c, struct place *p, unsigned char byte) {
    if (byte == '"') {
        begin_quote(c, p, false);
        return;
    }
    p->mark = byte == opening[p->mark] ? p->mark + 1 : byte == opening[0];
    if (p->mark == sizeof opening) begin_quote(c, p, true);
}

static bool is_word(unsigned char byte) {
    return byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

/* Whether the trusted text may go on with one of these bytes. */
static bool goes_on(const struct quote_constraint *c, const struct place *p, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < c->n_shards; i++)
        for (size_t k = 0; k < STARTS; k++)
            for (size_t b = 0; is_some(p->range[i][k]) && b < n; b++)
                if (is_some(quote_shard_step(&c->shards[i], p->range[i][k], depth_of(p, k), bytes[b]))) return true;
    return false;
}

/* Long enough, and not in the middle of a word; short of that only where the text has no more to say. */
static bool may_close(const struct quote_constraint *c, const struct place *p) {
    static const unsigned char behind_words[] = {' ', '\n', '.', ',',  ';', ':',      '!',
                                                 '?', ')',  '"', '\'', '-', QUOTE_END};
    static const unsigned char end[] = {QUOTE_END};
    if (p->bytes == 0) return false;
    if (p->characters >= c->least) return !p->word || goes_on(c, p, behind_words, sizeof behind_words);
    return goes_on(c, p, end, 1);
}

/* Bytes of the document behind a position, as far as `most`. */
static size_t left_behind(const struct quote_shard *s, size_t at, size_t most) {
    if (at >= s->n) return 0;
    size_t n = s->n - at < most ? s->n - at : most;
    const unsigned char *end = memchr(s->text.at + at, QUOTE_END, n);
    return end ? (size_t)(end - (s->text.at + at)) : n;
}

/* Whether a quote can reach its least length from here. Where many places are left one of them will do. */
static bool reaches(const struct quote_constraint *c, const struct place *p) {
    size_t wanted = c->least > p->characters ? c->least - p->characters : 0, looked = 0;
    if (wanted == 0) return true;
    for (size_t i = 0; i < c->n_shards; i++)
        for (size_t k = 0; k < STARTS; k++)
            for (size_t rank = p->range[i][k].lo; rank < p->range[i][k].hi; rank++) {
                size_t at = quote_shard_position(&c->shards[i], rank) + depth_of(p, k);
                if (++looked > LOOKED_AT || left_behind(&c->shards[i], at, wanted) >= wanted) return true;
            }
    return false;
}

/* The trusted text goes on with this byte. */
static bool follow(const struct quote_constraint *c, struct place *p, unsigned char byte) {
    bool some = false;
    for (size_t i = 0; i < c->n_shards; i++)
        for (size_t k = 0; k < STARTS; k++) {
            if (!is_some(p->range[i][k])) continue;
            p->range[i][k] = quote_shard_step(&c->shards[i], p->range[i][k], depth_of(p, k), byte);
            some |= is_some(p->range[i][k]);
        }
    if (!some) return false;
    p->bytes++;
    p->characters += (byte & 0xc0) != 0x80;
    p->word = is_word(byte);
    return reaches(c, p);
}

static bool step_inside(const struct quote_constraint *c, struct place *p, unsigned char byte) {
    if (!p->typographic && byte == '"') {
        bool ends = may_close(c, p);
        if (ends) *p = (struct place){0};
        return ends;
    }
    if (p->typographic && byte == closing[p->mark] && (p->mark > 0 || may_close(c, p))) {
        if (++p->mark == sizeof closing) {
            *p = (struct place){0};
            return true;
        }
    } else {
        p->mark = 0;
    }
    /* Bytes of a mark may also be those of the trusted text (of a dash); which it is, the next byte tells. */
    if (!p->lost && byte != QUOTE_END && follow(c, p, byte)) return true;
    p->lost = true;
    return p->mark > 0;
}

static bool step(const struct quote_constraint *c, struct place *p, unsigned char byte) {
    if (p->inside) return step_inside(c, p, byte);
    step_outside(c, p, byte);
    return true;
}

/* ---- masks: one bit a token */

static size_t words_of(const struct quote_constraint *c) {
    return c->vocabulary->n / 64 + 1;
}

/* way: room for the deepest node and one more. */
static void make_mask(const struct quote_constraint *c, const struct place *from, struct place *way, uint64_t *bits) {
    const struct grammar_vocabulary *v = c->vocabulary;
    memset(bits, 0, words_of(c) * sizeof *bits);
    way[0] = *from;
    for (size_t i = 0; i < v->n_nodes;) {
        size_t depth = v->depth[i];
        way[depth] = way[depth - 1];
        if (!step(c, &way[depth], v->byte[i])) {
            i = v->after[i];
            continue;
        }
        for (int32_t id = v->token[i++]; id >= 0; id = v->same[id]) bits[id / 64] |= (uint64_t)1 << (id % 64);
    }
    if (from->inside) return;
    /* Outside, tokens without a text and those that end the answer are as free as ever. */
    for (size_t id = 0; id < v->n; id++)
        if (v->at[id + 1] == v->at[id] || v->ends[id / 64] >> (id % 64) & 1) bits[id / 64] |= (uint64_t)1 << (id % 64);
}

/* ---- one answer */

struct copying {
    struct quote_constraint *c;
    struct place place, *way;
    size_t seen;
    uint64_t allowed[];
};

static struct quote_constraint *constraint_of(const void *settings) {
    union {
        const void *constant;
        struct quote_constraint *constraint;
    } u = {settings};
    return u.constraint;
}

static bool begin(const void *settings, void **state, struct error *err) {
    struct quote_constraint *c = constraint_of(settings);
    struct copying *s = memory_zeroed(1, sizeof *s + words_of(c) * sizeof *s->allowed);
    if (s) s->way = memory_alloc((c->vocabulary->deepest + 1) * sizeof *s->way);
    if (!s || !s->way) return memory_free(s), error_memory(err, "an answer that quotes");
    s->c = c;
    *state = s;
    return true;
}

static void end(void *state) {
    struct copying *s = state;
    if (s) memory_free(s->way);
    memory_free(s);
}

static bool is_begun(const struct place *p) {
    return p->inside && p->bytes == 0 && p->mark == 0 && !p->lost;
}
static bool is_outside(const struct place *p) {
    return !p->inside && p->mark == 0;
}

/* The places where most answers are, whose masks take longest, are looked at once. */
static bool mask_of(struct copying *s, struct error *err) {
    struct quote_constraint *c = s->c;
    uint64_t **kept = is_outside(&s->place) ? &c->outside
                      : is_begun(&s->place) ? &c->begun[s->place.typographic]
                                            : NULL;
    if (!kept) {
        make_mask(c, &s->place, s->way, s->allowed);
        return true;
    }
    pthread_mutex_lock(&c->lock);
    if (!*kept && (*kept = memory_alloc(words_of(c) * sizeof **kept))) make_mask(c, &s->place, s->way, *kept);
    if (*kept) memcpy(s->allowed, *kept, words_of(c) * sizeof **kept);
    bool ok = *kept != NULL;
    pthread_mutex_unlock(&c->lock);
    return ok || error_memory(err, "quotes");
}

static bool read_token(struct copying *s, int32_t token, struct error *err) {
    const struct grammar_vocabulary *v = s->c->vocabulary;
    for (size_t i = (size_t)token < v->n ? v->at[token] : 0; (size_t)token < v->n && i < v->at[token + 1]; i++)
        if (!step(s->c, &s->place, (unsigned char)v->text.at[i]))
            return error_set(err, ERROR_DATA, "token %zu of the answer leaves the trusted text inside of a quote",
                             s->seen);
    s->seen++;
    return true;
}

static bool change(const void *settings, void *state, struct logits_row *row, struct error *err) {
    struct copying *s = state;
    bool some = false;
    while (s->seen < row->n_answer)
        if (!read_token(s, row->answer[s->seen], err)) return false;
    if (!mask_of(s, err)) return false;
    size_t known = words_of(s->c) * 64;
    for (size_t i = 0; i < row->vocabulary; i++) {
        bool may = i < known ? s->allowed[i / 64] >> (i % 64) & 1 : !s->place.inside;
        if (!may) row->logits[i] = -INFINITY;
        some |= may;
    }
    return some || error_set(err, ERROR_DATA,
                             "no token of the vocabulary goes on as the trusted text does behind token "
                             "%zu of the answer",
                             row->n_answer);
}

const struct logits_processor_kind quote_processor = {"quotes", begin, change, end};
