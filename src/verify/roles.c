/* Roles in texts: see roles.h. One pass for each name; no regular expression is compiled. */
#include "verify/roles.h"

#include <ctype.h>

static bool word_byte(struct text t, size_t at) {
    return at < t.len && (isalnum((unsigned char)t.at[at]) || t.at[at] == '_' || (unsigned char)t.at[at] >= 0x80);
}

/* Steps over the word at *at; any case. */
static bool take_word(struct text t, size_t *at, struct text word) {
    if (!text_equal_nocase(text_part(t, *at, *at + word.len), word)) return false;
    if ((*at > 0 && word_byte(t, *at - 1)) || word_byte(t, *at + word.len)) return false;
    *at += word.len;
    return true;
}

/* White space, at least one. */
static bool take_blanks(struct text t, size_t *at) {
    size_t from = *at;
    while (*at < t.len && isspace((unsigned char)t.at[*at])) ++*at;
    return *at > from;
}

/* " is a knight" behind a name. */
static bool take_role(struct text t, size_t at, bool *knight) {
    if (!take_blanks(t, &at) || !take_word(t, &at, TEXT("is")) || !take_blanks(t, &at) ||
        !take_word(t, &at, TEXT("a")) || !take_blanks(t, &at))
        return false;
    if (take_word(t, &at, TEXT("knight"))) return *knight = true, true;
    *knight = false;
    return take_word(t, &at, TEXT("knave"));
}

static bool role_of(struct text t, struct text name, bool *knight) {
    for (size_t i = 0; i + name.len <= t.len; i++) {
        size_t at = i;
        if (take_word(t, &at, name) && take_role(t, at, knight)) return true;
    }
    return false;
}

static size_t count_nocase(struct text t, struct text part) {
    size_t n = 0;
    for (size_t i = 0; i + part.len <= t.len;) {
        bool here = text_equal_nocase(text_part(t, i, i + part.len), part);
        n += here;
        i += here ? part.len : 1;
    }
    return n;
}

enum roles_verdict roles_compare(struct text answer, const struct roles *expected) {
    bool right = true;
    if (count_nocase(answer, TEXT("knight")) + count_nocase(answer, TEXT("knave")) != expected->n)
        return ROLES_NOT_GIVEN;
    for (size_t i = 0; i < expected->n; i++) {
        bool knight;
        if (!role_of(answer, expected->name[i], &knight)) return ROLES_NOT_GIVEN;
        right = right && knight == expected->knight[i];
    }
    return right ? ROLES_RIGHT : ROLES_WRONG;
}

/* "(3) NAME is a knave": the name is what stands before " is a". */
static bool read_line(struct text line, struct roles *out) {
    size_t close = text_find(line, TEXT(")"), 0);
    if (line.len && line.at[0] == '(' && close != SIZE_MAX) line = text_trim(text_part(line, close + 1, line.len));
    size_t end = 0;
    while (end < line.len && !take_role(line, end, &out->knight[out->n])) end++;
    if (end == 0 || end == line.len) return false;
    for (size_t i = 0; i < out->n; i++)
        if (text_equal_nocase(out->name[i], text_part(line, 0, end))) return false;
    out->name[out->n++] = text_part(line, 0, end);
    return true;
}

bool roles_of_solution(struct text t, struct roles *out) {
    struct text rest = t, line;
    out->n = 0;
    while (text_next(&rest, '\n', &line)) {
        line = text_trim(line);
        if (!line.len) continue;
        if (out->n == ROLES_MOST || !read_line(line, out)) return false;
    }
    return out->n > 0;
}
