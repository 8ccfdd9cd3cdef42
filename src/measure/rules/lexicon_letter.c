/* Option letters in replies and gold cells: see lexicon.h. */
#include "measure/rules/lexicon_internal.h"

#include <string.h>

/* What may follow a letter that stands for an option, besides the end. */
static bool closes_letter(struct text t, size_t at) {
    static const char *const marks[] = {
        ".", ")", ":", "\xe3\x80\x82", "\xe3\x80\x81", "\xe3\x80\x91", "\xd8\x8c", "]", "\"", "*", ",", ";", "!"};
    while (at < t.len && (t.at[at] == ' ' || t.at[at] == '\n')) at++;
    if (at >= t.len) return true;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (text_starts(text_part(t, at, t.len), text_of(marks[i]))) return true;
    return false;
}

static bool greek_or_latin(uint32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 0x370 && c <= 0x3ff);
}

/* Whether a letter of the sequence that begins at `at` and has n bytes stands for an option there. stated: behind
 * "answer:", where a letter need not be followed by a mark. */
static bool stands_for(const struct lexicon *l, enum letter_kind kind, struct text t, size_t at, size_t n,
                       bool stated) {
    uint32_t before = lexicon_before(t, at), after = lexicon_after(t, at + n);
    if (kind == LETTERS_GREEK) return !greek_or_latin(before) && !greek_or_latin(after);
    if (kind == LETTERS_NAMES) return lexicon_stands(l, t, at, n);
    if (kind == LETTERS_TRANSLATED) return false;
    if (lexicon_word_char(before) && !(stated && l->boundary == BOUNDARY_NONE)) return false;
    if (lexicon_word_char(after)) return false;
    return stated || closes_letter(t, at + n);
}

/* The option whose letter begins at `at`; LETTER_NONE: no one's. */
static int letter_at(const struct lexicon *l, struct text t, size_t n_options, size_t at, bool stated) {
    struct text rest = text_part(t, at, t.len);
    for (size_t s = 0; s < l->n_letters; s++)
        for (size_t i = 0; i < l->letters[s].letters.n && i < n_options; i++) {
            struct text letter = l->letters[s].letters.at[i];
            if (text_starts(rest, letter) && stands_for(l, l->letters[s].kind, t, at, letter.len, stated))
                return (int)i;
        }
    return LETTER_NONE;
}

/* Steps over what may stand between "answer" and the letter. */
static size_t skip_marks(struct text t, size_t at) {
    static const char *const marks[] = {
        " ",        "\n",           ":", "=", "*", "\"", "'", "(", "[", "-", "\xe3\x80\x90", "\xe2\x80\x9c",
        "\xc2\xab", "\xe2\x80\x94", "$"};
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < sizeof marks / sizeof *marks && !more; i++)
            if (text_starts(text_part(t, at < t.len ? at : t.len, t.len), text_of(marks[i])))
                at += strlen(marks[i]), more = true;
    }
    return at;
}

/* "answer: B", the last one. */
static int stated_letter(const struct lexicon *l, struct text t, size_t n_options) {
    const struct lexicon_phrases *cues = &l->list[LEXICON_ANSWER];
    int found = LETTER_NONE;
    size_t last = 0;
    for (size_t c = 0; c < cues->n; c++)
        for (size_t at = text_find(t, cues->at[c], 0); at != SIZE_MAX; at = text_find(t, cues->at[c], at + 1)) {
            if (!lexicon_stands(l, t, at, cues->at[c].len)) continue;
            size_t behind = skip_marks(t, at + cues->at[c].len);
            int option = letter_at(l, t, n_options, behind, true);
            if (option != LETTER_NONE && behind >= last) found = option, last = behind;
        }
    return found;
}

/* The only option that one of the letters names. */
static int only_letter(const struct lexicon *l, struct text t, size_t n_options) {
    int found = LETTER_NONE;
    uint32_t c;
    size_t n;
    for (size_t at = 0; at < t.len && (n = text_utf8_next(text_part(t, at, t.len), &c)); at += n) {
        int option = letter_at(l, t, n_options, at, false);
        if (option == LETTER_NONE || option == found) continue;
        if (found != LETTER_NONE) return LETTER_SEVERAL;
        found = option;
    }
    return found;
}

/* The only option whose text stands in the reply; a longer one that holds a shorter one is meant. */
static int only_text(const struct lexicon *l, struct text t, size_t n_options, const struct text *options) {
    int found = LETTER_NONE;
    for (size_t i = 0; options && i < n_options; i++) {
        bool there = false;
        for (size_t at = options[i].len ? text_find(t, options[i], 0) : SIZE_MAX; at != SIZE_MAX && !there;
             at = text_find(t, options[i], at + 1))
            there = lexicon_stands(l, t, at, options[i].len);
        if (!there || (found >= 0 && text_find(options[found], options[i], 0) != SIZE_MAX)) continue;
        if (found >= 0 && text_find(options[i], options[found], 0) == SIZE_MAX) return LETTER_SEVERAL;
        found = (int)i;
    }
    return found;
}

int lexicon_letter(const struct lexicon *l, struct text t, size_t n, const struct text *options) {
    int option = stated_letter(l, t, n);
    if (option == LETTER_NONE) option = only_letter(l, t, n);
    return option == LETTER_NONE ? only_text(l, t, n, options) : option;
}

int lexicon_gold(const struct lexicon *l, struct text cell, enum letter_kind *kind) {
    struct text t = cell;
    while (t.len && strchr(".):", t.at[t.len - 1])) t.len--;
    for (size_t s = 0; s < l->n_letters; s++)
        for (size_t i = 0; i < l->letters[s].letters.n; i++)
            if (text_equal(t, l->letters[s].letters.at[i])) return *kind = l->letters[s].kind, (int)i;
    return LETTER_NONE;
}

unsigned lexicon_published_letters(const struct lexicons *lexicons, struct text t) {
    const struct lexicon_phrases *greek = &lexicons->shared.letters[0].letters;
    unsigned found = 0;
    for (size_t i = 0; i < greek->n; i++)
        if (text_find(t, greek->at[i], 0) != SIZE_MAX) found |= 1U << i;
    return found;
}
