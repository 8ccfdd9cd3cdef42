/* Reading gate expressions: see gate.h. By recursive descent, with a bound on how deep brackets go. */
#include "measure/figure/gate_internal.h"

#include "record/figure.h"

#include <ctype.h>
#include <string.h>

enum { DEEPEST = 100, LONGEST = 1 << 16 };

struct reader {
    struct text source;
    size_t at;
    unsigned depth;
    struct arena *arena;
    struct gate *gate;
};

static const struct gate_node *read_any(struct reader *r, struct error *err);

static struct text rest(struct reader *r) {
    while (r->at < r->source.len && isspace((unsigned char)r->source.at[r->at])) r->at++;
    return text_part(r->source, r->at, r->source.len);
}

/* What stands at the place of a fault: a word, or one character. */
static struct text found(struct reader *r) {
    struct text t = rest(r);
    size_t n = 0;
    while (n < t.len && n < 40 && (isalnum((unsigned char)t.at[n]) || t.at[n] == '_')) n++;
    uint32_t code;
    if (n == 0 && t.len) n = text_utf8_next(t, &code);
    return text_part(t, 0, n);
}

static bool fault(struct reader *r, const char *expected, struct error *err) {
    struct text t = found(r);
    if (r->at == r->source.len)
        return error_set(err, ERROR_USAGE, "gate: column %zu: expected %s, found the end", r->at + 1, expected);
    if (t.len == 0)
        return error_set(err, ERROR_USAGE, "gate: column %zu: expected %s, found a byte that is no UTF-8", r->at + 1,
                         expected);
    return error_set(err, ERROR_USAGE, "gate: column %zu: expected %s, found '%.*s'", r->at + 1, expected, TEXT_ARG(t));
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* A word of letters, digits and underscores at the place where the reader is; nothing is taken. */
static struct text peek_word(struct reader *r) {
    struct text t = rest(r);
    size_t n = 0;
    while (n < t.len && is_word(t.at[n])) n++;
    return text_part(t, 0, n);
}

static bool take_keyword(struct reader *r, const char *word) {
    struct text t = peek_word(r);
    if (!text_equal_c(t, word)) return false;
    r->at += t.len;
    return true;
}

static bool take(struct reader *r, const char *mark) {
    if (!text_starts(rest(r), text_of(mark))) return false;
    r->at += strlen(mark);
    return true;
}

/* ---- operands */

static bool read_number(struct reader *r, struct gate_operand *out, struct error *err) {
    struct text t = rest(r);
    size_t n = t.len && (t.at[0] == '-' || t.at[0] == '+');
    while (n < t.len && (is_word(t.at[n]) || t.at[n] == '.' ||
                         ((t.at[n] == '-' || t.at[n] == '+') && (t.at[n - 1] == 'e' || t.at[n - 1] == 'E'))))
        n++;
    struct text digits = text_part(t, t.len && t.at[0] == '+', n);
    if (!text_to_f64(digits, &out->number) || out->number - out->number != 0) return fault(r, "a number", err);
    r->at += n;
    out->is_number = true;
    if (r->at < r->source.len && r->source.at[r->at] == '%') {
        out->number /= 100;
        r->at++;
    }
    return true;
}

static bool read_place(struct reader *r, struct text *out, struct error *err) {
    const char *expected = figure_place(r->source, &r->at, out);
    return !expected || fault(r, expected, err);
}

static bool read_figure(struct reader *r, struct gate_operand *out, struct error *err) {
    struct text word = peek_word(r);
    if (word.len == 0 || isdigit((unsigned char)word.at[0])) return fault(r, "a figure, such as acc(demo)", err);
    if (text_equal_c(word, "and") || text_equal_c(word, "or") || text_equal_c(word, "not"))
        return fault(r, "a figure or a number", err);
    size_t from = r->at;
    out->column = from + 1;
    r->at += word.len;
    r->at = figure_options_end(r->source, r->at);
    out->name = text_part(r->source, from, r->at);
    return !take(r, "(") || read_place(r, &out->place, err);
}

static bool read_operand(struct reader *r, struct gate_operand *out, struct error *err) {
    struct text t = rest(r);
    *out = (struct gate_operand){.column = r->at + 1};
    if (t.len && (isdigit((unsigned char)t.at[0]) || strchr("+-.", t.at[0]))) return read_number(r, out, err);
    if (!text_equal_c(peek_word(r), "d")) return read_figure(r, out, err);
    size_t column = r->at + 1;
    r->at++;
    if (!take(r, "(")) return fault(r, "'(' behind d, the difference of compared runs", err);
    if (!read_figure(r, out, err)) return false;
    if (!take(r, ")")) return fault(r, "')' behind the figure of d(...)", err);
    out->difference = r->gate->uses_difference = true;
    out->column = column;
    return true;
}

/* ---- expressions */

static bool read_operator(struct reader *r, enum gate_operator *out, struct error *err) {
    static const struct {
        const char *mark;
        enum gate_operator operator;
    } known[] = {{">=", GATE_AT_LEAST}, {"<=", GATE_AT_MOST}, {"==", GATE_EQUAL},
                 {"!=", GATE_UNEQUAL},  {">", GATE_ABOVE},    {"<", GATE_BELOW}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (take(r, known[i].mark)) return *out = known[i].operator, true;
    if (text_starts(rest(r), TEXT("="))) return fault(r, ">=, <=, == or another comparison", err);
    return fault(r, "a comparison: >=, <=, >, <, == or !=", err);
}

static const struct gate_node *new_node(struct reader *r, struct gate_node node, struct error *err) {
    struct gate_node *out = arena_new(r->arena, struct gate_node, 1, err);
    if (out) *out = node;
    return out;
}

static const struct gate_node *read_comparison(struct reader *r, struct error *err) {
    struct gate_node node = {.kind = GATE_COMPARISON};
    rest(r);
    size_t from = r->at;
    if (!read_operand(r, &node.a, err) || !read_operator(r, &node.operator, err) || !read_operand(r, &node.b, err))
        return NULL;
    size_t to = r->at;
    if (node.a.is_number && node.b.is_number) {
        error_set(err, ERROR_USAGE, "gate: column %zu: expected a figure on one side, found two numbers", from + 1);
        return NULL;
    }
    if (strchr("<>=!", rest(r).len ? rest(r).at[0] : 'x')) {
        fault(r, "'and', 'or' or the end (comparisons do not chain)", err);
        return NULL;
    }
    node.text = text_copy(r->arena, text_part(r->source, from, to), err);
    return node.text ? new_node(r, node, err) : NULL;
}

static const struct gate_node *read_bracket(struct reader *r, struct error *err) {
    const struct gate_node *inner = read_any(r, err);
    if (!inner || take(r, ")")) return inner;
    fault(r, "')', 'and' or 'or'", err);
    return NULL;
}

static const struct gate_node *read_one(struct reader *r, struct error *err) {
    const struct gate_node *node;
    if (++r->depth > DEEPEST) {
        error_set(err, ERROR_USAGE, "gate: column %zu: brackets and 'not' go deeper than %d", r->at + 1, DEEPEST);
        return NULL;
    }
    if (take_keyword(r, "not")) {
        node = read_one(r, err);
        if (node) node = new_node(r, (struct gate_node){.kind = GATE_NOT, .left = node}, err);
    } else {
        node = take(r, "(") ? read_bracket(r, err) : read_comparison(r, err);
    }
    r->depth--;
    return node;
}

static const struct gate_node *read_joined(struct reader *r, enum gate_kind kind, struct error *err) {
    const struct gate_node *node = kind == GATE_OR ? read_joined(r, GATE_AND, err) : read_one(r, err);
    while (node && take_keyword(r, kind == GATE_OR ? "or" : "and")) {
        const struct gate_node *right = kind == GATE_OR ? read_joined(r, GATE_AND, err) : read_one(r, err);
        node = right ? new_node(r, (struct gate_node){.kind = kind, .left = node, .right = right}, err) : NULL;
    }
    return node;
}

static const struct gate_node *read_any(struct reader *r, struct error *err) {
    return read_joined(r, GATE_OR, err);
}

struct gate *gate_parse(struct text source, struct arena *arena, struct error *err) {
    struct gate *gate = arena_new(arena, struct gate, 1, err);
    char *kept = gate ? text_copy(arena, source, err) : NULL;
    if (!kept) return NULL;
    struct reader r = {.source = {kept, source.len}, .arena = arena, .gate = gate};
    if (source.len > LONGEST || memchr(kept, 0, source.len))
        return error_set(err, ERROR_USAGE, "gate: expected at most %d bytes of text", LONGEST), NULL;
    if (!(gate->root = read_any(&r, err))) return NULL;
    if (rest(&r).len == 0) return gate;
    fault(&r, "'and', 'or' or the end", err);
    return NULL;
}

bool gate_uses_difference(const struct gate *gate) {
    return gate->uses_difference;
}
