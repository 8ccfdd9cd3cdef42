/* The normal form of texts, word boundaries, languages of texts: see lexicon.h. */
#include "measure/rules/lexicon_internal.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* ---- normal form */

/* A digit of any of the languages; *len: its bytes. -1: none. */
static int digit_at(const struct lexicons *l, struct text t, size_t at, size_t *len) {
    for (int d = 0; d < 10; d++)
        for (size_t i = 0; i < l->digit[d].n; i++) {
            struct text one = l->digit[d].at[i];
            if (at + one.len <= t.len && memcmp(t.at + at, one.at, one.len) == 0) return *len = one.len, d;
        }
    return -1;
}

static bool put_normal(const struct lexicons *l, struct text t, struct arena *arena, struct text *out,
                       struct error *err) {
    char *copy = arena_copy(arena, t.at, t.len, err);
    size_t n = 0, len;
    if (!copy) return false;
    for (size_t i = 0; i < t.len;) {
        static const char quote[] = "\xe2\x80\x99"; /* a typographic apostrophe is an apostrophe */
        int d = (unsigned char)t.at[i] >= 0x80 ? digit_at(l, t, i, &len) : -1;
        if (d >= 0) {
            copy[n++] = (char)('0' + d);
            i += len;
        } else if (i + 3 <= t.len && memcmp(t.at + i, quote, 3) == 0) {
            copy[n++] = '\'';
            i += 3;
        } else {
            copy[n++] = t.at[i++];
        }
    }
    copy[n] = 0;
    return *out = text_trim((struct text){copy, n}), true;
}

bool lexicon_normal(const struct lexicons *l, struct text t, struct arena *arena, struct text *out, bool *valid,
                    struct error *err) {
    utf8proc_uint8_t *mapped = NULL;
    *out = TEXT("");
    *valid = text_utf8_invalid(t) == SIZE_MAX;
    if (!*valid || !t.len) return true;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)t.at, (utf8proc_ssize_t)t.len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    if (n < 0) return error_memory(err, "answer");
    bool ok = put_normal(l, (struct text){(const char *)mapped, (size_t)n}, arena, out, err);
    free(mapped); /* of utf8proc */
    return ok;
}

/* ---- characters and words */

int lexicon_script(const struct lexicons *l, uint32_t c) {
    for (size_t i = 0; i < l->n_ranges; i++)
        if (c >= l->range[i].from && c <= l->range[i].to) return l->range[i].script;
    return -1;
}

bool lexicon_word_char(uint32_t c) {
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
        return true;
    default:
        return false;
    }
}

uint32_t lexicon_before(struct text t, size_t at) {
    uint32_t c = 0;
    if (at == 0) return 0;
    size_t from = at - 1;
    while (from > 0 && at - from < 4 && ((unsigned char)t.at[from] & 0xc0) == 0x80) from--;
    return text_utf8_next(text_part(t, from, at), &c) ? c : 0;
}

uint32_t lexicon_after(struct text t, size_t at) {
    uint32_t c = 0;
    return at < t.len && text_utf8_next(text_part(t, at, t.len), &c) ? c : 0;
}

bool lexicon_stands(const struct lexicon *l, struct text t, size_t at, size_t n) {
    if (l->boundary == BOUNDARY_NONE) return true;
    if (at > 0 && lexicon_word_char(lexicon_before(t, at)) && lexicon_word_char(lexicon_after(t, at))) return false;
    if (l->boundary == BOUNDARY_STEM) return true;
    return at + n == t.len || !lexicon_word_char(lexicon_after(t, at + n)) ||
           !lexicon_word_char(lexicon_before(t, at + n));
}

bool lexicon_next_word(struct text t, size_t *at, struct text *word) {
    uint32_t c = 0;
    size_t n = 0;
    while (*at < t.len && (n = text_utf8_next(text_part(t, *at, t.len), &c)) && !lexicon_word_char(c)) *at += n;
    size_t from = *at;
    if (*at >= t.len || !n) return false;
    while (*at < t.len && (n = text_utf8_next(text_part(t, *at, t.len), &c)) && lexicon_word_char(c)) *at += n;
    *word = text_part(t, from, *at);
    return true;
}

/* ---- the language of a text */

/* The characters of the text in each script. */
static void count_scripts(const struct lexicons *l, struct text t, size_t *count) {
    uint32_t c;
    size_t n;
    for (size_t at = 0; at < t.len && (n = text_utf8_next(text_part(t, at, t.len), &c)); at += n) {
        int script = lexicon_script(l, c);
        if (script >= 0) count[script]++;
    }
}

static size_t count_common(const struct lexicon *l, struct text t) {
    const struct lexicon_phrases *common = &l->list[LEXICON_COMMON];
    size_t found = 0;
    for (size_t i = 0; i < common->n; i++)
        for (size_t at = text_find(t, common->at[i], 0); at != SIZE_MAX; at = text_find(t, common->at[i], at + 1))
            found += lexicon_stands(l, t, at, common->at[i].len);
    return found;
}

const struct lexicon *lexicon_of_text(const struct lexicons *l, struct text t) {
    size_t count[LEXICON_SCRIPTS] = {0}, all = 0, best = 0, sharing = 0;
    const struct lexicon *found = NULL;
    bool tie = false;
    count_scripts(l, t, count);
    for (size_t s = 0; s < LEXICON_SCRIPTS; s++) all += count[s];
    for (size_t i = 0; all && i < l->n; i++) {
        size_t own = 0;
        for (size_t s = 0; s < LEXICON_SCRIPTS; s++) own += l->at[i].scripts >> s & 1 ? count[s] : 0;
        if (2 * own <= all) continue; /* most of it is in another script */
        /* Of languages that share a script the common words decide; the characters of scripts that only one has. */
        size_t score = count_common(&l->at[i], t);
        sharing++;
        tie = found && score == best;
        if (!found || score > best) found = &l->at[i], best = score, tie = false;
    }
    return sharing > 1 && (best == 0 || tie) ? NULL : found;
}
