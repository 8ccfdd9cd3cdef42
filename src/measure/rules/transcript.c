/* The normal form of transcripts: see transcript.h. */
#include "measure/rules/transcript_internal.h"

#include "base/buffer.h"
#include "measure/rules/lexicon_internal.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { TEXT_MOST = 1 << 22, BRACKETS_DEEP = 16 };

bool word_list_add(struct word_list *list, struct text word, struct arena *arena, struct error *err) {
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct text *more = arena_new(arena, struct text, capacity, err);
        if (!more) return false;
        for (size_t i = 0; i < list->n; i++) more[i] = list->at[i];
        list->at = more;
        list->capacity = capacity;
    }
    list->at[list->n++] = word;
    return true;
}

/* ---- characters ---- */

static bool compose(struct text t, struct arena *arena, struct text *out, struct error *err) {
    utf8proc_uint8_t *mapped = NULL;
    *out = TEXT("");
    if (t.len > TEXT_MOST) return error_set(err, ERROR_DATA, "a transcript of more than %d bytes", TEXT_MOST);
    if (text_utf8_invalid(t) != SIZE_MAX) return error_set(err, ERROR_DATA, "a transcript that is no UTF-8");
    if (!t.len) return true;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)t.at, (utf8proc_ssize_t)t.len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (n < 0) return error_memory(err, "transcript");
    const char *kept = arena_copy(arena, (const char *)mapped, (size_t)n, err);
    free(mapped); /* of utf8proc */
    *out = (struct text){kept, (size_t)n};
    return kept != NULL;
}

/* Which pair of brackets a character opens (> 0) or closes (< 0); 0: neither. */
static int bracket(uint32_t c) {
    switch (c) {
    case '(':
        return 1;
    case ')':
        return -1;
    case '[':
        return 2;
    case ']':
        return -2;
    case '{':
        return 3;
    case '}':
        return -3;
    case 0x300c:
        return 4; /* corner brackets quote what is said in Chinese and Japanese: kept */
    case 0x300d:
        return -4;
    case 0x3010:
        return 5;
    case 0x3011:
        return -5;
    default:
        return 0;
    }
}

/* Bytes from the opening bracket at t[0] to behind the one that closes it; 0: nothing does. */
static size_t bracketed(struct text t) {
    int open[BRACKETS_DEEP];
    size_t depth = 0, at = 0, step;
    uint32_t c;
    for (; (step = text_utf8_next(text_part(t, at, t.len), &c)) > 0; at += step) {
        int b = bracket(c);
        if (b > 0 && b != 4) {
            if (depth == BRACKETS_DEEP) return 0;
            open[depth++] = b;
        }
        if (b < 0 && b != -4 && depth && open[depth - 1] == -b && --depth == 0) return at + step;
    }
    return 0;
}

static bool is_digit_at(struct text t, size_t at) {
    return at < t.len && t.at[at] >= '0' && t.at[at] <= '9';
}

/* A comma of thousands: three digits and no more stand behind it. */
static bool parts_thousands(struct text t, size_t comma) {
    return is_digit_at(t, comma + 1) && is_digit_at(t, comma + 2) && is_digit_at(t, comma + 3) &&
           !is_digit_at(t, comma + 4);
}

static bool is_apostrophe(uint32_t c) {
    return c == '\'' || c == 0x2019 || c == 0x02bc;
}

static bool is_ascii_letter_at(struct text t, size_t at) {
    return at < t.len && t.at[at] >= 'a' && t.at[at] <= 'z';
}

static bool goes_on_at(struct text t, size_t at) {
    return is_ascii_letter_at(t, at) || is_digit_at(t, at) || (at < t.len && (unsigned char)t.at[at] >= 0x80);
}

/* A dot between single letters: U.S., p.m. */
static bool joins_letters(struct text t, size_t dot) {
    return dot > 0 && is_ascii_letter_at(t, dot - 1) && !(dot > 1 && goes_on_at(t, dot - 2)) &&
           is_ascii_letter_at(t, dot + 1) && !goes_on_at(t, dot + 2);
}

/* What a character that belongs to no word is worth: a sign's word, an apostrophe, a decimal point, or a blank. */
static void put_mark(const struct transcript_words *w, struct text t, size_t at, size_t step, uint32_t c,
                     struct text *money, struct buffer *out) {
    bool behind_digit = at > 0 && is_digit_at(t, at - 1);
    const struct spoken *sign = transcript_find(w, SPOKEN_SIGN, text_part(t, at, at + step));
    const struct spoken *coin = transcript_find(w, SPOKEN_MONEY, text_part(t, at, at + step));
    if (is_apostrophe(c)) {
        buffer_put_char(out, '\'');
    } else if (c == '.' && behind_digit && is_digit_at(t, at + 1)) {
        buffer_put_char(out, '.');
    } else if ((c == ',' && behind_digit && parts_thousands(t, at)) || (c == '.' && joins_letters(t, at))) {
        return;
    } else if (sign) {
        buffer_printf(out, " %.*s ", TEXT_ARG(sign->to));
    } else {
        buffer_put_char(out, ' ');
        if (coin && is_digit_at(t, at + step)) *money = coin->to;
    }
}

/* Letters, digits, apostrophes and decimal points; all else is blanks. */
static bool plain(const struct transcript_words *w, struct text t, struct buffer *out, struct error *err) {
    struct text money = TEXT("");
    uint32_t c;
    for (size_t at = 0, step; (step = text_utf8_next(text_part(t, at, t.len), &c)) > 0; at += step) {
        int b = bracket(c);
        size_t dropped = b > 0 && b != 4 ? bracketed(text_part(t, at, t.len)) : 0;
        if (dropped) {
            buffer_put_char(out, ' ');
            step = dropped;
            continue;
        }
        bool number_goes_on = is_digit_at(t, at) || ((c == '.' || c == ',') && is_digit_at(t, at + 1));
        if (money.len && !number_goes_on) {
            buffer_printf(out, " %.*s ", TEXT_ARG(money));
            money = TEXT("");
        }
        if (lexicon_word_char(c))
            buffer_put(out, t.at + at, step);
        else
            put_mark(w, t, at, step, c, &money, out);
    }
    if (money.len) buffer_printf(out, " %.*s", TEXT_ARG(money));
    return buffer_check(out, "transcript", err);
}

/* ---- words ---- */

static bool add_words(struct word_list *list, struct text words, struct arena *arena, struct error *err) {
    struct text word;
    while (text_next(&words, ' ', &word))
        if (word.len && !word_list_add(list, word, arena, err)) return false;
    return true;
}

static struct text without_apostrophes(struct text t, struct arena *arena, struct error *err) {
    char *at = arena_new(arena, char, t.len + 1, err);
    size_t n = 0;
    for (size_t i = 0; at && i < t.len; i++)
        if (t.at[i] != '\'') at[n++] = t.at[i];
    return (struct text){at, n};
}

/* The word as its contraction says, or its endings ("shouldn't've" has two); else without apostrophes. */
static bool expand(const struct transcript_words *w, struct text word, struct word_list *out, struct arena *arena,
                   struct error *err) {
    const struct spoken *whole = transcript_find(w, SPOKEN_CONTRACTION, word);
    if (whole) return add_words(out, whole->to, arena, err);
    for (size_t i = 0; i < w->n[SPOKEN_ENDING]; i++) {
        const struct spoken *ending = &w->of[SPOKEN_ENDING][i];
        if (word.len <= ending->from.len || !text_ends(word, ending->from)) continue;
        return expand(w, text_part(word, 0, word.len - ending->from.len), out, arena, err) &&
               add_words(out, ending->to, arena, err);
    }
    struct text bare = without_apostrophes(word, arena, err);
    return bare.at && (!bare.len || word_list_add(out, bare, arena, err));
}

/* As a whole word, else by how it begins. */
static bool respell(const struct transcript_words *w, struct text *word, struct arena *arena, struct error *err) {
    const struct spoken *best = transcript_find(w, SPOKEN_SPELLING, *word);
    for (size_t i = 0; !best && i < w->n[SPOKEN_BEGINNING]; i++) {
        const struct spoken *s = &w->of[SPOKEN_BEGINNING][i];
        if (text_starts(*word, s->from)) best = s;
    }
    if (!best) return true;
    const char *made = arena_printf(arena, err, "%.*s%.*s", TEXT_ARG(best->to), (int)(word->len - best->from.len),
                                    word->at + best->from.len);
    *word = text_of(made);
    return made != NULL;
}

/* The one word that this and the next are; NULL: none. */
static const struct spoken *pair_at(const struct transcript_words *w, const struct word_list *list, size_t i) {
    for (size_t p = 0; i + 1 < list->n && p < w->n[SPOKEN_PAIR]; p++) {
        struct text first = list->at[i], second = list->at[i + 1], both = w->of[SPOKEN_PAIR][p].from;
        if (both.len == first.len + 1 + second.len && text_starts(both, first) && text_ends(both, second) &&
            both.at[first.len] == ' ')
            return &w->of[SPOKEN_PAIR][p];
    }
    return NULL;
}

static bool all_digits(struct text t) {
    for (size_t i = 0; i < t.len; i++)
        if (!is_digit_at(t, i)) return false;
    return t.len > 0;
}

/* Pairs become their word, and whole numbers beside each other one: nobody hears how digits are grouped (555 1234, five
 * five five one two three four; 1984, nineteen eighty-four). */
static bool unite(const struct transcript_words *w, const struct word_list *in, struct word_list *out,
                  struct arena *arena, struct error *err) {
    for (size_t i = 0, end; i < in->n; i = end) {
        const struct spoken *pair = pair_at(w, in, i);
        struct text word = pair ? pair->to : in->at[i];
        size_t len = word.len;
        end = i + (pair ? 2 : 1);
        for (; !pair && all_digits(word) && end < in->n && all_digits(in->at[end]); end++) len += in->at[end].len;
        if (len > word.len) {
            char *digits = arena_new(arena, char, len, err);
            if (!digits) return false;
            size_t n = 0;
            for (size_t k = i; k < end; k++)
                for (size_t c = 0; c < in->at[k].len; c++) digits[n++] = in->at[k].at[c];
            word = (struct text){digits, len};
        }
        if (!word_list_add(out, word, arena, err)) return false;
    }
    return true;
}

static bool join(const struct word_list *list, struct arena *arena, struct text *out, struct error *err) {
    size_t len = 0, at = 0;
    for (size_t i = 0; i < list->n; i++) len += list->at[i].len + 1;
    char *joined = arena_new(arena, char, len + 1, err);
    for (size_t i = 0; joined && i < list->n; i++) {
        if (i) joined[at++] = ' ';
        for (size_t k = 0; k < list->at[i].len; k++) joined[at++] = list->at[i].at[k];
    }
    *out = (struct text){joined, at};
    return joined != NULL;
}

static bool normal_words(const struct transcript_words *w, struct text plain_text, struct arena *arena,
                         struct text *out, struct error *err) {
    struct word_list words = {0}, numbered = {0}, united = {0};
    struct text word;
    while (text_next(&plain_text, ' ', &word))
        if (word.len && !expand(w, word, &words, arena, err)) return false;
    if (!transcript_numbers(w, &words, &numbered, arena, err) || !unite(w, &numbered, &united, arena, err))
        return false;
    for (size_t i = 0; i < united.n; i++)
        if (!respell(w, &united.at[i], arena, err)) return false;
    return join(&united, arena, out, err);
}

bool transcript_normal(const struct transcript_words *words, struct text t, struct arena *arena, struct text *out,
                       struct error *err) {
    struct buffer b;
    struct text composed;
    buffer_init(&b, 8 * (size_t)TEXT_MOST);
    bool ok = compose(t, arena, &composed, err) && plain(words, composed, &b, err);
    const char *kept = ok ? arena_copy(arena, b.len ? b.at : "", b.len, err) : NULL;
    ok = kept && normal_words(words, (struct text){kept, b.len}, arena, out, err);
    buffer_done(&b);
    return ok;
}
