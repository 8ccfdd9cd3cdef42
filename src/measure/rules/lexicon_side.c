/* Which side of a question a reply takes: see lexicon.h. */
#include "measure/rules/lexicon_internal.h"

#include <string.h>

const char *const lexicon_sense_names[SENSES] = {"yesno", "agree", "can", "moral", "truth", "known", "refusal"};
const char *const lexicon_side_names[] = {"none", "positive", "negative", "fuzzy"};

enum { NO_LIST = LEXICON_LISTS };
static const struct {
    int positive, negative;
} senses[SENSES] = {{LEXICON_YES, LEXICON_NO},   {LEXICON_AGREE, LEXICON_DISAGREE}, {LEXICON_CAN, LEXICON_CANNOT},
                    {LEXICON_GOOD, LEXICON_BAD}, {LEXICON_TRUE, LEXICON_FALSE},     {NO_LIST, LEXICON_UNKNOWN},
                    {NO_LIST, LEXICON_REFUSE}};

const struct lexicon_phrases *lexicon_positive(const struct lexicon *l, enum lexicon_sense sense) {
    return senses[sense].positive == NO_LIST ? NULL : &l->list[senses[sense].positive];
}

const struct lexicon_phrases *lexicon_negative(const struct lexicon *l, enum lexicon_sense sense) {
    return &l->list[senses[sense].negative];
}

bool lexicon_has(const struct lexicon *l, enum lexicon_sense sense) {
    const struct lexicon_phrases *positive = lexicon_positive(l, sense);
    return lexicon_negative(l, sense)->n > 0 && (!positive || positive->n > 0);
}

/* The longest phrase of the list that stands at `at`; 0: none. */
static size_t longest_at(const struct lexicon *l, const struct lexicon_phrases *list, struct text t, size_t at) {
    size_t longest = 0;
    for (size_t i = 0; list && i < list->n; i++)
        if (list->at[i].len > longest && text_starts(text_part(t, at, t.len), list->at[i]) &&
            lexicon_stands(l, t, at, list->at[i].len))
            longest = list->at[i].len;
    return longest;
}

static bool ends_clause(uint32_t c) {
    return c == '.' || c == '!' || c == '?' || c == ';' || c == ':' || c == ',' || c == '\n' || c == 0x3002 ||
           c == 0xff0c || c == 0x060c || c == 0x061b || c == 0x061f || c == 0x0964;
}

/* A negation in the same clause, at most three words before. */
static bool turned_round(const struct lexicon *l, struct text t, size_t at) {
    size_t from = at, words = 0;
    uint32_t c = 0, next = 0;
    while (from > 0 && !ends_clause(c = lexicon_before(t, from)) && words < 4) {
        words += !lexicon_word_char(c) && lexicon_word_char(next);
        next = c;
        size_t n = 1;
        while (n < 4 && from > n && ((unsigned char)t.at[from - n] & 0xc0) == 0x80) n++;
        from -= n;
    }
    for (size_t i = from; i < at; i++) {
        size_t n = ((unsigned char)t.at[i] & 0xc0) != 0x80 ? longest_at(l, &l->list[LEXICON_NOT], t, i) : 0;
        if (n && i + n <= at) return true;
    }
    return false;
}

struct sides {
    bool positive, negative;
    enum lexicon_side first; /* of a phrase that the text begins with */
};

static void take(struct sides *s, bool positive, bool begins) {
    s->positive |= positive, s->negative |= !positive;
    if (begins && s->first == SIDE_NONE) s->first = positive ? SIDE_POSITIVE : SIDE_NEGATIVE;
}

/* Steps over each phrase that was found, so that a word inside it is not another one. */
static struct sides find_sides(const struct lexicon *l, enum lexicon_sense sense, struct text t) {
    struct sides s = {0};
    bool words = false; /* something was said before */
    for (size_t at = 0; at < t.len;) {
        uint32_t c;
        size_t step = text_utf8_next(text_part(t, at, t.len), &c);
        size_t p = longest_at(l, lexicon_positive(l, sense), t, at),
               n = longest_at(l, lexicon_negative(l, sense), t, at);
        if (p > n) take(&s, !turned_round(l, t, at), !words);
        if (n >= p && n) take(&s, false, !words);
        words |= step && lexicon_word_char(c);
        at += p > n ? p : n ? n : step ? step : 1;
    }
    return s;
}

enum lexicon_side lexicon_side(const struct lexicon *l, enum lexicon_sense sense, struct text t) {
    struct sides s = find_sides(l, sense, t);
    if (!lexicon_positive(l, sense)) return s.negative ? SIDE_NEGATIVE : t.len ? SIDE_POSITIVE : SIDE_NONE;
    if (s.first != SIDE_NONE) return s.first;
    return s.positive && s.negative ? SIDE_FUZZY : s.positive ? SIDE_POSITIVE : s.negative ? SIDE_NEGATIVE : SIDE_NONE;
}

/* The first phrase of any language that is part of the text; SIZE_MAX: none. */
static size_t any_phrase(const struct lexicons *lexicons, enum lexicon_sense sense, bool positive, struct text t,
                         struct text *found) {
    for (size_t i = 0; i < lexicons->n; i++) {
        const struct lexicon *l = &lexicons->at[i];
        const struct lexicon_phrases *list = positive ? lexicon_positive(l, sense) : lexicon_negative(l, sense);
        for (size_t p = 0; list && p < list->n; p++) {
            size_t at = text_find(t, list->at[p], 0);
            if (at != SIZE_MAX) return *found = list->at[p], at;
        }
    }
    return SIZE_MAX;
}

/* The negative phrase is cut out before a positive one is looked for: what stands left and right of it is searched. */
enum lexicon_side lexicon_published_side(const struct lexicons *lexicons, enum lexicon_sense sense, struct text t) {
    struct text no, yes;
    size_t at = any_phrase(lexicons, sense, false, t, &no);
    if (at == SIZE_MAX) return any_phrase(lexicons, sense, true, t, &yes) != SIZE_MAX ? SIDE_POSITIVE : SIDE_NONE;
    bool left = any_phrase(lexicons, sense, true, text_part(t, 0, at), &yes) != SIZE_MAX;
    bool right = any_phrase(lexicons, sense, true, text_part(t, at + no.len, t.len), &yes) != SIZE_MAX;
    return left || right ? SIDE_FUZZY : SIDE_NEGATIVE;
}

/* The word has a meaning of its own among those that are looked for. */
static bool means_something(const struct lexicon *l, struct text word) {
    for (int sense = 0; sense < SENSES; sense++) {
        enum lexicon_side side = lexicon_side(l, (enum lexicon_sense)sense, word);
        if (side == SIDE_NEGATIVE || (side != SIDE_NONE && lexicon_positive(l, (enum lexicon_sense)sense))) return true;
    }
    return false;
}

bool lexicon_bait(const struct lexicons *lexicons, const struct lexicon *l, enum lexicon_sense sense, struct text t,
                  struct text *word) {
    struct text inside;
    for (size_t at = 0; lexicon_next_word(t, &at, word);) {
        bool held = any_phrase(lexicons, sense, false, *word, &inside) != SIZE_MAX ||
                    any_phrase(lexicons, sense, true, *word, &inside) != SIZE_MAX;
        if (!held || inside.len == word->len) continue;
        /* A form of a word that has the meaning is no bait, and where words have no boundaries there is none. */
        if (l->boundary == BOUNDARY_BLANK && !means_something(l, *word)) return true;
    }
    return false;
}
