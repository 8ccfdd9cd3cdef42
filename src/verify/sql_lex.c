/* Pieces of SQL: see sql_lex.h. */
#include "verify/sql_lex.h"

#include <ctype.h>
#include <string.h>

static bool is_word_byte(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Behind blanks and comments. */
static size_t skip_blanks(struct text t) {
    size_t i = 0;
    while (i < t.len) {
        if (isspace((unsigned char)t.at[i])) {
            i++;
        } else if (t.at[i] == '-' && i + 1 < t.len && t.at[i + 1] == '-') {
            while (i < t.len && t.at[i] != '\n') i++;
        } else if (t.at[i] == '/' && i + 1 < t.len && t.at[i + 1] == '*') {
            size_t end = text_find(t, TEXT("*/"), i + 2);
            i = end == SIZE_MAX ? t.len : end + 2;
        } else {
            break;
        }
    }
    return i;
}

/* The end of what begins with a quote; a doubled quote stands for one. */
static size_t quoted_end(struct text t, char close) {
    for (size_t i = 1; i < t.len; i++) {
        if (t.at[i] != close) continue;
        if (close != ']' && i + 1 < t.len && t.at[i + 1] == close)
            i++;
        else
            return i + 1;
    }
    return t.len;
}

static size_t number_end(struct text t) {
    size_t i = 0;
    if (t.len > 2 && t.at[0] == '0' && (t.at[1] == 'x' || t.at[1] == 'X')) {
        for (i = 2; i < t.len && isxdigit((unsigned char)t.at[i]);) i++;
        return i;
    }
    while (i < t.len && (isdigit((unsigned char)t.at[i]) || t.at[i] == '.')) i++;
    size_t e = i;
    if (e < t.len && (t.at[e] == 'e' || t.at[e] == 'E')) {
        e += e + 1 < t.len && (t.at[e + 1] == '+' || t.at[e + 1] == '-') ? 2 : 1;
        if (e < t.len && isdigit((unsigned char)t.at[e])) {
            while (e < t.len && isdigit((unsigned char)t.at[e])) e++;
            return e;
        }
    }
    return i;
}

static size_t sign_end(struct text t) {
    static const char *const pairs[] = {"<=", ">=", "<>", "!=", "==", "||", "<<", ">>", "->"};
    if (text_starts(t, TEXT("->>"))) return 3;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (text_starts(t, text_of(pairs[i]))) return 2;
    return 1;
}

bool sql_next(struct text *rest, struct sql_piece *piece) {
    struct text t = text_part(*rest, skip_blanks(*rest), rest->len);
    size_t end = 0;
    if (!t.len) return *rest = t, false;
    char c = t.at[0];
    if (c == '\'') {
        piece->kind = SQL_STRING;
        end = quoted_end(t, c);
    } else if (c == '"' || c == '`' || c == '[') {
        piece->kind = SQL_QUOTED;
        end = quoted_end(t, c == '[' ? ']' : c);
    } else if (isdigit((unsigned char)c) || (c == '.' && t.len > 1 && isdigit((unsigned char)t.at[1]))) {
        piece->kind = SQL_NUMBER;
        end = number_end(t);
    } else if (is_word_byte(c)) {
        piece->kind = SQL_WORD;
        while (end < t.len && is_word_byte(t.at[end])) end++;
    } else {
        piece->kind = SQL_SIGN;
        end = sign_end(t);
    }
    piece->text = text_part(t, 0, end);
    *rest = text_part(t, end, t.len);
    return true;
}

struct sql_piece *sql_pieces(struct text sql, struct arena *arena, size_t *n, struct error *err) {
    struct sql_piece one, *all;
    struct text rest = sql;
    size_t count = 0;
    while (count < SQL_PIECES_MOST && sql_next(&rest, &one)) count++;
    if (!(all = arena_new(arena, struct sql_piece, count + 1, err))) return NULL;
    rest = sql;
    for (*n = 0; *n < count && sql_next(&rest, &all[*n]);) ++*n;
    return all;
}

bool sql_is_word(const struct sql_piece *piece, const char *word) {
    return piece->kind == SQL_WORD && text_equal_nocase(piece->text, text_of(word));
}

bool sql_is_sign(const struct sql_piece *piece, const char *sign) {
    return piece->kind == SQL_SIGN && text_equal_c(piece->text, sign);
}

bool sql_unquoted(const struct sql_piece *piece, struct arena *arena, struct text *out, struct error *err) {
    struct text t = piece->text;
    if ((piece->kind != SQL_STRING && piece->kind != SQL_QUOTED) || t.len < 2) return *out = t, true;
    char close = t.at[0] == '[' ? ']' : t.at[0], *copy = text_copy(arena, t, err);
    if (!copy) return false;
    size_t n = 0, end = t.at[t.len - 1] == close ? t.len - 1 : t.len;
    for (size_t i = 1; i < end; i++) {
        copy[n++] = t.at[i];
        if (t.at[i] == close && i + 1 < end && t.at[i + 1] == close) i++;
    }
    *out = (struct text){copy, n};
    return true;
}
