/* Words and numbers in texts: see match.h. */
#include "measure/rules/match.h"

#include <ctype.h>

/* ---- words */

static bool article(struct text word) {
    return text_equal_c(word, "a") || text_equal_c(word, "an") || text_equal_c(word, "the");
}

bool match_normal_form(struct text t, struct arena *arena, struct text *out, struct error *err) {
    char *at = arena_new(arena, char, t.len + 2, err);
    if (!at) return false;
    size_t n = 0, word = 0;
    for (size_t i = 0; i <= t.len; i++) {
        char c = i < t.len ? t.at[i] : ' ';
        if (isspace((unsigned char)c)) {
            if (n > word) {
                if (article((struct text){at + word, n - word}))
                    n = word;
                else
                    at[n++] = ' ';
            }
            word = n;
        } else if (!ispunct((unsigned char)c)) {
            at[n++] = (char)tolower((unsigned char)c);
        }
    }
    while (n && at[n - 1] == ' ') n--;
    *out = (struct text){at, n};
    return true;
}

static size_t count_words(struct text t) {
    struct text rest = t, word;
    size_t n = 0;
    while (text_next(&rest, ' ', &word)) n += word.len > 0;
    return n;
}

/* Words in common, each as often as it stands in both. */
static size_t common_words_of(struct text a, struct text b) {
    struct text rest = a, word;
    size_t common = 0, position = 0;
    for (; text_next(&rest, ' ', &word); position++) {
        if (!word.len) continue;
        size_t before = 0, in_b = 0;
        struct text again = a, other;
        for (size_t i = 0; i < position && text_next(&again, ' ', &other); i++) before += text_equal(word, other);
        struct text search = b;
        while (text_next(&search, ' ', &other)) in_b += text_equal(word, other);
        common += before < in_b;
    }
    return common;
}

enum { F1_WORDS_MOST = 2000 };

double match_words_f1(struct text a, struct text b) {
    size_t na = count_words(a), nb = count_words(b);
    if (na == 0 || nb == 0) return na == nb;
    if (na > F1_WORDS_MOST || nb > F1_WORDS_MOST) return text_equal(a, b);
    double common = (double)common_words_of(a, b);
    return common == 0 ? 0 : 2 * common / (double)(na + nb);
}

bool match_token_f1(struct text a, struct text b, struct arena *arena, double *out, struct error *err) {
    if (!match_normal_form(a, arena, &a, err) || !match_normal_form(b, arena, &b, err)) return false;
    return *out = match_words_f1(a, b), true;
}

/* ---- words that are looked for */

static bool word_byte(char c) {
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

bool text_holds_word(struct text t, struct text word) {
    if (!word.len) return false;
    int first = tolower((unsigned char)word.at[0]);
    for (size_t i = 0; i + word.len <= t.len; i++) {
        if (tolower((unsigned char)t.at[i]) != first) continue;
        if (i > 0 && word_byte(t.at[i - 1]) && word_byte(word.at[0])) continue;
        if (i + word.len < t.len && word_byte(t.at[i + word.len]) && word_byte(word.at[word.len - 1])) continue;
        if (text_equal_nocase(text_part(t, i, i + word.len), word)) return true;
    }
    return false;
}

bool text_holds_any(struct text t, struct text list) {
    struct text rest = list, word;
    while (text_next(&rest, '|', &word))
        if (text_holds_word(t, text_trim(word))) return true;
    return false;
}

/* ---- numbers */

/* Length of a number at t.at[i], 0: none. "1,319.5" is one; a sign counts when nothing stands before it. */
static size_t number_length(struct text t, size_t i) {
    size_t at = i, digits = 0;
    if (at < t.len && (t.at[at] == '-' || t.at[at] == '+')) at++;
    while (at < t.len) {
        if (isdigit((unsigned char)t.at[at])) digits++;
        else if (!(t.at[at] == ',' && digits && at + 3 < t.len && isdigit((unsigned char)t.at[at + 1]) &&
                   isdigit((unsigned char)t.at[at + 2]) && isdigit((unsigned char)t.at[at + 3])))
            break;
        at++;
    }
    if (at + 1 < t.len && t.at[at] == '.' && isdigit((unsigned char)t.at[at + 1])) {
        at++;
        while (at < t.len && isdigit((unsigned char)t.at[at])) at++, digits++;
    }
    return digits && digits < 300 ? at - i : 0;
}

static bool read_number(struct text t, double *out) {
    char plain[400];
    size_t n = 0;
    for (size_t i = 0; i < t.len && n + 1 < sizeof plain; i++)
        if (t.at[i] != ',' && t.at[i] != '+') plain[n++] = t.at[i];
    return text_to_f64((struct text){plain, n}, out);
}

bool number_in(struct text t, bool last, double *out, struct text *where) {
    bool found = false;
    for (size_t i = 0; i < t.len;) {
        bool sign = t.at[i] == '-' || t.at[i] == '+';
        bool begins = isdigit((unsigned char)t.at[i]) || (sign && (i == 0 || !isalnum((unsigned char)t.at[i - 1])));
        size_t n = begins && (i == 0 || !(isalpha((unsigned char)t.at[i - 1]) && isdigit((unsigned char)t.at[i])))
                       ? number_length(t, i) : 0;
        if (n == 0) {
            i++;
            continue;
        }
        struct text part = text_part(t, i, i + n);
        if (read_number(part, out)) {
            *where = part;
            found = true;
            if (!last) return true;
        }
        i += n;
    }
    return found;
}
