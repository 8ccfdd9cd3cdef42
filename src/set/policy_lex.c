/* Words of the small languages of policies: see policy_lex.h. */
#include "set/policy_lex.h"

#include "record/figure.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

enum { SHOWN_MOST = 40 };

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

struct text policy_rest(struct policy_reader *r) {
    while (r->at < r->source.len && isspace((unsigned char)r->source.at[r->at])) r->at++;
    return text_part(r->source, r->at, r->source.len);
}

bool policy_at_end(struct policy_reader *r) {
    return policy_rest(r).len == 0;
}

/* What stands at the place of a fault: a word, or one character. */
static struct text found_at(struct policy_reader *r) {
    struct text t = policy_rest(r);
    size_t n = 0;
    uint32_t code;
    while (n < t.len && n < SHOWN_MOST && is_word(t.at[n])) n++;
    return text_part(t, 0, n || !t.len ? n : text_utf8_next(t, &code));
}

bool policy_expected(struct policy_reader *r, const char *expected, struct error *err) {
    struct text t = found_at(r);
    if (t.len == 0)
        return error_set(err, ERROR_DATA, "%s: column %zu: expected %s, found the end", r->what, r->at + 1, expected);
    return error_set(err, ERROR_DATA, "%s: column %zu: expected %s, found '%.*s'", r->what, r->at + 1, expected,
                     TEXT_ARG(t));
}

struct text policy_peek_word(struct policy_reader *r) {
    struct text t = policy_rest(r);
    size_t n = 0;
    while (n < t.len && (is_word(t.at[n]) || (n && strchr("-./", t.at[n])))) n++;
    return text_part(t, 0, n);
}

bool policy_take_keyword(struct policy_reader *r, const char *word) {
    struct text t = policy_peek_word(r);
    if (!text_equal_c(t, word)) return false;
    r->at += t.len;
    return true;
}

bool policy_take_mark(struct policy_reader *r, const char *mark) {
    if (!text_starts(policy_rest(r), text_of(mark))) return false;
    r->at += strlen(mark);
    return true;
}

bool policy_take_word(struct policy_reader *r, const char *expected, const char **out, struct error *err) {
    struct text t = policy_peek_word(r);
    if (!t.len) return policy_expected(r, expected, err);
    r->at += t.len;
    return (*out = text_copy(r->arena, t, err)) != NULL;
}

bool policy_take_string(struct policy_reader *r, const char **out, struct error *err) {
    struct text t = policy_rest(r);
    if (!t.len || t.at[0] != '"') return policy_expected(r, "a text between quotation marks", err);
    char *copy = arena_new(r->arena, char, t.len, err);
    size_t n = 0, i = 1;
    if (!copy) return false;
    while (i < t.len && t.at[i] != '"') {
        if (t.at[i] == '\\' && i + 1 < t.len) i++;
        copy[n++] = t.at[i++];
    }
    if (i == t.len) {
        r->at = r->source.len;
        return policy_expected(r, "a quotation mark that ends the text", err);
    }
    copy[n] = 0;
    r->at += i + 1;
    *out = copy;
    return true;
}

bool policy_take_number(struct policy_reader *r, double *out, bool *percent, struct error *err) {
    struct text t = policy_rest(r);
    size_t n = t.len && (t.at[0] == '-' || t.at[0] == '+');
    while (n < t.len && (isalnum((unsigned char)t.at[n]) || t.at[n] == '.' ||
                         ((t.at[n] == '-' || t.at[n] == '+') && (t.at[n - 1] == 'e' || t.at[n - 1] == 'E'))))
        n++;
    struct text digits = text_part(t, t.len && t.at[0] == '+', n);
    if (!text_to_f64(digits, out) || !isfinite(*out)) return policy_expected(r, "a number", err);
    r->at += n;
    *percent = r->at < r->source.len && r->source.at[r->at] == '%';
    if (*percent) {
        *out /= 100;
        r->at++;
    }
    return true;
}

bool policy_take_count(struct policy_reader *r, uint64_t least, uint64_t most, uint64_t *out, struct error *err) {
    char expected[80];
    struct text t = policy_peek_word(r);
    snprintf(expected, sizeof expected, "a whole number from %llu to %llu", (unsigned long long)least,
             (unsigned long long)most);
    if (!text_to_u64(t, out) || *out < least || *out > most) return policy_expected(r, expected, err);
    r->at += t.len;
    return true;
}

/* ---- figures */

static bool take_place(struct policy_reader *r, const char **out, struct error *err) {
    struct text place;
    const char *expected = figure_place(r->source, &r->at, &place);
    if (expected) return policy_expected(r, expected, err);
    return (*out = text_copy(r->arena, place, err)) != NULL;
}

static bool take_plain_figure(struct policy_reader *r, struct policy_figure *out, struct error *err) {
    struct text t = policy_rest(r);
    size_t n = 0, from = r->at;
    while (n < t.len && is_word(t.at[n])) n++;
    if (!n || isdigit((unsigned char)t.at[0])) return policy_expected(r, "a figure, such as acc(demo)", err);
    r->at += n;
    r->at = figure_options_end(r->source, r->at);
    out->place = "";
    if (!(out->name = text_copy(r->arena, text_part(r->source, from, r->at), err))) return false;
    out->exact = strchr(out->name, ',') != NULL;
    return !policy_take_mark(r, "(") || take_place(r, &out->place, err);
}

bool policy_take_figure(struct policy_reader *r, struct policy_figure *out, struct error *err) {
    policy_rest(r);
    size_t from = r->at;
    bool wrapped = text_starts(policy_rest(r), TEXT("d(")) || text_starts(policy_rest(r), TEXT("d ("));
    *out = (struct policy_figure){.difference = wrapped};
    if (wrapped) {
        r->at++;
        (void)policy_take_mark(r, "(");
    }
    if (!take_plain_figure(r, out, err)) return false;
    if (wrapped && !policy_take_mark(r, ")")) return policy_expected(r, "')' behind the figure of d(...)", err);
    if (text_equal_c(text_of(out->name), "accuracy")) out->name = "acc";
    return (out->text = text_copy(r->arena, text_trim(text_part(r->source, from, r->at)), err)) != NULL;
}

bool policy_figure_parse(struct text source, struct arena *arena, struct policy_figure *out, struct error *err) {
    struct policy_reader r = {.source = source, .what = "metric", .arena = arena};
    return policy_take_figure(&r, out, err) && (policy_at_end(&r) || policy_expected(&r, "the end", err));
}
