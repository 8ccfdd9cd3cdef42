/* Reading a rating: see rating.h. The text becomes words, numbers and marks; then each number is looked at with what
 * stands beside it. */
#include "measure/rules/rating.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { BACK_MOST = 24, BRACKET_MOST = 40 }; /* tokens that are looked at before a number */

enum kind { WORD, NUMBER, MARK };
struct token {
    enum kind kind;
    struct text text;
    size_t from, to;
    double value; /* of numbers */
};
struct tokens {
    struct token *at;
    size_t n;
};

/* ---- tokens ---- */

/* Dashes and quotation marks of three bytes, as '-' and '"'; else the byte. *n: how many bytes. */
static char mark_at(struct text t, size_t at, size_t *n) {
    *n = 1;
    if (at + 2 >= t.len || t.at[at] != '\xE2' || t.at[at + 1] != '\x80') return t.at[at];
    unsigned char c = (unsigned char)t.at[at + 2];
    *n = 3;
    if (c >= 0x90 && c <= 0x95) return '-';
    if (c >= 0x98 && c <= 0xa6) return '"';
    *n = 1;
    return t.at[at];
}

static bool is_letter_at(struct text t, size_t at) {
    size_t n;
    if (at >= t.len) return false;
    char c = mark_at(t, at, &n);
    return n == 1 && (isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80);
}

static bool is_digit_at(struct text t, size_t at) {
    return at < t.len && isdigit((unsigned char)t.at[at]);
}

static size_t digits_at(struct text t, size_t at) {
    size_t n = 0;
    while (is_digit_at(t, at + n)) n++;
    return n;
}

/* Bytes of a number at `at`, 0: none. A comma parts thousands before three digits, else it is a decimal one. */
static size_t number_at(struct text t, size_t at, double *out) {
    char plain[32];
    size_t n = 0, end = at;
    bool fraction = false;
    if (t.at[end] == '-') plain[n++] = t.at[end++];
    for (;;) {
        size_t digits = digits_at(t, end);
        if (!digits || n + digits + 2 > sizeof plain) return 0;
        for (size_t i = 0; i < digits; i++) plain[n++] = t.at[end++];
        if (end >= t.len || (t.at[end] != '.' && t.at[end] != ',') || !is_digit_at(t, end + 1)) break;
        bool thousands = t.at[end++] == ',' && digits_at(t, end) == 3;
        if (fraction) return 0;
        if (!thousands) plain[n++] = '.', fraction = true;
    }
    if (is_letter_at(t, end) || (end < t.len && t.at[end] == '%')) return 0;
    return text_to_f64((struct text){plain, n}, out) ? end - at : 0;
}

/* A minus belongs to the number behind it where no word, number or bracket stands before it. */
static bool begins_negative(struct text t, size_t at) {
    return t.at[at] == '-' && is_digit_at(t, at + 1) &&
           (at == 0 || !(is_letter_at(t, at - 1) || t.at[at - 1] == ')' || t.at[at - 1] == '/'));
}

/* What stands at `at`, where no blank does. */
static struct token token_at(struct text t, size_t at) {
    struct token k = {.from = at, .value = NAN};
    size_t n;
    if (is_digit_at(t, at) || begins_negative(t, at)) {
        n = number_at(t, at, &k.value);
        k.kind = n ? NUMBER : WORD;
        if (!n) { /* a date, a version, "3rd": one word, whatever it holds */
            n = 1;
            while (is_letter_at(t, at + n) ||
                   (at + n < t.len && (t.at[at + n] == '.' || t.at[at + n] == ',') && is_digit_at(t, at + n + 1)))
                n++;
        }
    } else if (is_letter_at(t, at)) {
        k.kind = WORD;
        for (n = 1; is_letter_at(t, at + n);) n++;
    } else {
        k.kind = MARK;
        (void)mark_at(t, at, &n);
    }
    k.to = at + n < t.len ? at + n : t.len;
    k.text = text_part(t, at, k.to);
    return k;
}

static bool tokenise(struct text t, struct arena *arena, struct tokens *out, struct error *err) {
    for (int pass = 0; pass < 2; pass++) {
        size_t n = 0;
        for (size_t at = 0; at < t.len;) {
            if (isspace((unsigned char)t.at[at])) {
                at++;
                continue;
            }
            struct token k = token_at(t, at);
            if (pass) out->at[n] = k;
            n++;
            at = k.to;
        }
        out->n = n;
        if (!pass && !(out->at = arena_new(arena, struct token, n + 1, err))) return false;
    }
    return true;
}

/* ---- what stands beside a number ---- */

static bool is_number(const struct tokens *k, size_t i) {
    return i < k->n && k->at[i].kind == NUMBER;
}

static bool is_word(const struct tokens *k, size_t i, const char *word) {
    return i < k->n && k->at[i].kind == WORD && text_equal_nocase(k->at[i].text, text_of(word));
}

static bool is_one_of(struct text t, const char *const *words) {
    for (; *words; words++)
        if (text_equal_nocase(t, text_of(*words))) return true;
    return false;
}

/* A dash counts as '-'. */
static bool is_mark(const struct tokens *k, size_t i, char mark) {
    size_t n;
    return i < k->n && k->at[i].kind == MARK && mark_at(k->at[i].text, 0, &n) == mark;
}

static bool touch(const struct tokens *k, size_t i) {
    return i + 1 < k->n && k->at[i].to == k->at[i + 1].from;
}

/* Tokens of a range or date that begins with the number at i; 0: none does. */
static size_t range_at(const struct tokens *k, size_t i) {
    size_t end = i + 1;
    bool between = i > 0 && is_word(k, i - 1, "between") && is_word(k, i + 1, "and");
    while ((is_mark(k, end, '-') || is_mark(k, end, '~') || is_word(k, end, "to") || (between && end == i + 1)) &&
           is_number(k, end + 1))
        end += 2;
    if (end == i + 1 && is_mark(k, end, '/') && is_number(k, end + 1) && is_mark(k, end + 2, '/') &&
        is_number(k, end + 3))
        end += 4; /* 1/2/2024 */
    return end > i + 1 ? end - i : 0;
}

/* A number in digits or as a word; NaN: neither. */
static double top_at(const struct tokens *k, size_t i) {
    static const char *const words[] = {"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"};
    if (is_number(k, i)) return k->at[i].value;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        if (is_word(k, i, words[w])) return (double)(w + 1);
    return is_word(k, i, "hundred") ? 100 : NAN;
}

/* Tokens of N/M or N out of M; 0: neither. */
static size_t ratio_at(const struct tokens *k, size_t i, double *top) {
    size_t at = is_mark(k, i + 1, '/') ? i + 2 : is_word(k, i + 1, "out") && is_word(k, i + 2, "of") ? i + 3 : SIZE_MAX;
    if (at == SIZE_MAX) return 0;
    if (is_word(k, at, "a") || is_word(k, at, "possible")) at++;
    if (is_word(k, at, "possible")) at++;
    *top = top_at(k, at);
    return isnan(*top) ? 0 : at + 1 - i;
}

enum before { NOTHING, NAMED, SCALE };

static bool names_rating(const struct tokens *k, size_t i) {
    static const char *const raters[] = {"i", "we", "d", "ll", "would", "will", NULL};
    struct text t = k->at[i].text;
    if (text_equal_nocase(t, TEXT("rate"))) return i > 0 && is_one_of(k->at[i - 1].text, raters);
    static const char *const names[] = {"score", "scores", "scored", "rating", "rated", "rates", "grade", NULL};
    if (is_one_of(t, names)) return true;
    return t.len > 6 && (text_ends(t, TEXT("_score")) || text_ends(t, TEXT("_rating")));
}

/* To before the bracket that opens what closes at j; SIZE_MAX: not near. */
static size_t before_bracket(const struct tokens *k, size_t j) {
    char open = is_mark(k, j, ')') ? '(' : '[';
    for (size_t back = 1; back <= BRACKET_MOST && back <= j; back++)
        if (is_mark(k, j - back, open)) return j - back;
    return SIZE_MAX;
}

/* What the words before the number say that it is. */
static enum before before(const struct tokens *k, size_t i) {
    static const char *const small[] = {"is",    "of",       "a",  "an", "the", "it", "this",  "that",  "answer",
                                        "reply", "response", "as", "at", "be",  "my", "would", "final", "with",
                                        "from",  "was",      NULL};
    static const char *const scales[] = {"scale", "range", "max", "maximum", NULL};
    for (size_t back = 0, j = i; back < BACK_MOST && j-- > 0; back++) {
        const struct token *t = &k->at[j];
        if (t->kind == NUMBER) return NOTHING;
        if (is_mark(k, j, ')') || is_mark(k, j, ']')) {
            if ((j = before_bracket(k, j)) == SIZE_MAX) return NOTHING;
        } else if (t->kind == MARK) {
            size_t n;
            char c = mark_at(t->text, 0, &n);
            if (!strchr(":=*\"'`(-|#>[", c)) return NOTHING;
        } else if (is_one_of(t->text, scales)) {
            return j > 0 && (is_number(k, j - 1) || is_word(k, j - 1, "point")) ? NOTHING : SCALE; /* 0-10 scale: 8 */
        } else if (names_rating(k, j)) {
            return NAMED;
        } else if (!is_one_of(t->text, small)) {
            return NOTHING;
        }
    }
    return NOTHING;
}

/* ---- candidates ---- */

/* Of the plain or of the named ones. */
struct found {
    bool any, unclear;
    double value;
};

static void note(struct found *f, double value, bool clear) {
    f->unclear |= !clear || value != floor(value) || (f->any && value != f->value);
    f->any = true;
    f->value = value;
}

/* 10-point, 10 point scale, 0-10 scale */
static bool measures(const struct tokens *k, size_t i) {
    if (is_mark(k, i + 1, '-') && touch(k, i) && touch(k, i + 1)) return true;
    return is_word(k, i + 1, "scale") || (is_word(k, i + 1, "point") && is_word(k, i + 2, "scale"));
}

/* The number at i and what goes with it; how many tokens that are. */
static size_t look(const struct tokens *k, size_t i, double least, double most, struct found *named,
                   struct found *plain) {
    double value = k->at[i].value, top = most;
    size_t range = range_at(k, i), ratio = range ? 0 : ratio_at(k, i, &top);
    if (range) return range;
    if (!ratio && measures(k, i)) return 1;
    bool is_top = i > 1 && is_word(k, i - 1, "of") && is_word(k, i - 2, "out"); /* "out of 5 I give 2" */
    enum before said = is_top ? SCALE : before(k, i);
    if (is_top && value != most) plain->any = plain->unclear = true;
    bool within = value >= least && value <= most;
    if (said == NAMED) note(named, value, within && top == most);
    if (said == NOTHING && within) note(plain, value, top == most);
    return ratio ? ratio : 1;
}

bool rating_read(struct text t, double least, double most, struct arena *arena, double *out, struct error *err) {
    struct tokens k = {0};
    struct found named = {0}, plain = {0};
    *out = NAN;
    if (!tokenise(text_part(t, 0, RATING_TEXT_MOST), arena, &k, err)) return false;
    for (size_t i = 0; i < k.n;) i += is_number(&k, i) ? look(&k, i, least, most, &named, &plain) : 1;
    const struct found *best = named.any ? &named : &plain;
    if (best->any && !best->unclear) *out = best->value;
    return true;
}
