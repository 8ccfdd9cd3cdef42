/* Truth values in texts: see situated.h. */
#include "measure/rules/situated.h"

#include <ctype.h>

enum { WORDS_MOST = 4096 };

const char *const truth_names[] = {"False", "True", ""};

static bool word_byte(unsigned char c) {
    return isalnum(c) || c == '\'' || c >= 0x80;
}

/* The next word at or after *at, apostrophes inside it; empty: there is none. */
static struct text next_word(struct text t, size_t *at) {
    while (*at < t.len && !word_byte((unsigned char)t.at[*at])) ++*at;
    size_t from = *at;
    while (*at < t.len && word_byte((unsigned char)t.at[*at])) ++*at;
    struct text word = text_part(t, from, *at);
    while (word.len && word.at[0] == '\'') word = text_part(word, 1, word.len);
    while (word.len && word.at[word.len - 1] == '\'') word.len--;
    return word;
}

static bool is_one_of(struct text word, const char *const *list) {
    for (; *list; list++)
        if (text_equal_nocase(word, text_of(*list))) return true;
    return false;
}

/* isn't, can't, with a plain or a curly apostrophe. */
static bool denies(struct text word) {
    static const char *const list[] = {"not", "never", "cannot", "hardly", NULL};
    struct text plain = TEXT("n't"), curly = TEXT("n\xe2\x80\x99t");
    size_t n = word.len;
    return is_one_of(word, list) || (n > plain.len && text_equal_nocase(text_part(word, n - plain.len, n), plain)) ||
           (n > curly.len && text_equal_nocase(text_part(word, n - curly.len, n), curly));
}

enum truth truth_of_answer(struct text answer) {
    static const char *const yes[] = {"true", "yes", "correct", "right", NULL};
    static const char *const no[] = {"false", "no", "incorrect", "wrong", "untrue", NULL};
    enum truth said = TRUTH_UNREAD;
    struct text word, before = TEXT(""), earlier = TEXT("");
    for (size_t at = 0; (word = next_word(answer, &at)).len; earlier = before, before = word) {
        bool is_yes = is_one_of(word, yes), is_no = is_one_of(word, no);
        if (!is_yes && !is_no) continue;
        bool denied = denies(before) || (denies(earlier) && !is_one_of(before, yes) && !is_one_of(before, no));
        said = is_yes != denied ? TRUTH_TRUE : TRUTH_FALSE;
    }
    return said;
}

/* ---- statements ---- */

static bool holds_word(struct text t, struct text word) {
    struct text found;
    for (size_t at = 0; (found = next_word(t, &at)).len;)
        if (text_equal_nocase(found, word)) return true;
    return false;
}

/* "impossible" where the other text has "possible". */
static bool turns(struct text word, struct text other) {
    static const char *const prefixes[] = {"un", "in", "im", "il", "ir", "dis", "non"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct text p = text_of(prefixes[i]), stem = text_part(word, p.len, word.len);
        if (stem.len >= 4 && text_equal_nocase(text_part(word, 0, p.len), p) && holds_word(other, stem)) return true;
    }
    return false;
}

static bool denies_whole(struct text word) {
    static const char *const list[] = {"no",        "none",  "nobody", "nothing", "neither",    "nor",
                                       "without",   "false", "untrue", "unable",  "impossible", "unlikely",
                                       "incorrect", "lack",  "lacks",  "lacking", NULL};
    return denies(word) || is_one_of(word, list);
}

/* How often a statement denies beyond what the question itself says, odd or even. */
static bool is_denied(struct text question, struct text statement) {
    static const char *const no[] = {"false", "no", "none", "nobody", NULL}, *const yes[] = {"true", "yes", NULL};
    struct text word;
    size_t n = 0, words = 0, begin = 0;
    word = next_word(statement, &begin); /* a verdict in front decides, whatever follows */
    if (is_one_of(word, no)) return true;
    if (is_one_of(word, yes)) return false;
    for (size_t at = 0; words++ < WORDS_MOST && (word = next_word(statement, &at)).len;)
        n += !holds_word(question, word) && (denies_whole(word) || turns(word, question));
    for (size_t at = 0; words++ < 2 * WORDS_MOST && (word = next_word(question, &at)).len;)
        n += !holds_word(statement, word) && (turns(word, statement) || denies_whole(word));
    return n % 2;
}

static size_t words_kept(struct text question, struct text statement) {
    struct text word;
    size_t n = 0, words = 0;
    for (size_t at = 0; words++ < WORDS_MOST && (word = next_word(question, &at)).len;)
        n += holds_word(statement, word);
    return n;
}

/* A remark in brackets behind a statement is none of it. */
static struct text without_remark(struct text t) {
    size_t at = text_find(t, TEXT(" ("), 0);
    return at == SIZE_MAX || at == 0 ? t : text_part(t, 0, at);
}

enum truth truth_of_statements(struct text question, struct text first, struct text second) {
    first = without_remark(first);
    second = without_remark(second);
    bool a = is_denied(question, first), b = is_denied(question, second);
    if (a != b) return a ? TRUTH_FALSE : TRUTH_TRUE;
    size_t kept = words_kept(question, first), other = words_kept(question, second);
    return kept == other ? TRUTH_UNREAD : kept > other ? TRUTH_TRUE : TRUTH_FALSE;
}
