/* Reading a formula: tokens, then descent by precedence. See formula.h for the grammar. */
#include "solver/formula.h"

#include <stdio.h>
#include <string.h>

enum token_kind { TOKEN_END, TOKEN_NUMBER, TOKEN_NAME, TOKEN_WORD, TOKEN_SIGN, TOKEN_UNIT };
enum word {
    WORD_AND,
    WORD_OR,
    WORD_NOT,
    WORD_IMPLIES,
    WORD_IFF,
    WORD_ALL,
    WORD_SOME,
    WORD_IN,
    WORD_TRUE,
    WORD_FALSE,
    WORD_IF,
    WORD_THEN
};
static const struct {
    const char *text;
    enum word word;
} words[] = {
    {"and", WORD_AND},   {"or", WORD_OR},           {"not", WORD_NOT},     {"implies", WORD_IMPLIES},
    {"iff", WORD_IFF},   {"forall", WORD_ALL},      {"exists", WORD_SOME}, {"in", WORD_IN},
    {"true", WORD_TRUE}, {"false", WORD_FALSE},     {"AND", WORD_AND},     {"OR", WORD_OR},
    {"NOT", WORD_NOT},   {"IMPLIES", WORD_IMPLIES}, {"IF", WORD_IF},       {"THEN", WORD_THEN},
};
/* Longest first. */
static const char *const signs[] = {"<=", ">=", "!=", "==", "->", "<", ">", "=", "+",
                                    "-",  "*",  "/",  "^",  "(",  ")", ",", ":"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct token {
    enum token_kind kind;
    int which; /* of WORD and SIGN: index */
    struct text text;
    size_t column;
};
struct reader {
    struct arena *arena;
    struct error *err;
    struct token *token;
    size_t n, at, nodes, depth, column;
};

static bool fail(struct reader *r, size_t column, const char *what) {
    r->column = column;
    return error_set(r->err, ERROR_DATA, "column %zu: %s", column, what);
}

/* ---- tokens ---- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

static size_t number_end(struct text t, size_t i) {
    while (i < t.len && is_digit(t.at[i])) i++;
    if (i + 1 < t.len && t.at[i] == '.' && is_digit(t.at[i + 1]))
        for (i++; i < t.len && is_digit(t.at[i]);) i++;
    if (i < t.len && (t.at[i] == 'e' || t.at[i] == 'E')) {
        size_t j = i + 1 + (i + 1 < t.len && (t.at[i + 1] == '-' || t.at[i + 1] == '+'));
        if (j < t.len && is_digit(t.at[j]))
            for (i = j; i < t.len && is_digit(t.at[i]);) i++;
    }
    return i;
}

static void name_token(struct token *k, struct text t, size_t *i) {
    size_t from = *i;
    while (*i < t.len && is_name(t.at[*i])) ++*i;
    k->text = text_part(t, from, *i);
    k->kind = TOKEN_NAME;
    for (size_t w = 0; w < COUNT(words); w++)
        if (text_equal_c(k->text, words[w].text)) k->kind = TOKEN_WORD, k->which = (int)words[w].word;
}

static bool sign_token(struct token *k, struct text t, size_t *i) {
    for (size_t s = 0; s < COUNT(signs); s++) {
        if (!text_starts(text_part(t, *i, t.len), text_of(signs[s]))) continue;
        k->kind = TOKEN_SIGN, k->which = (int)s, k->text = text_of(signs[s]);
        *i += k->text.len;
        return true;
    }
    return false;
}

static bool unit_token(struct reader *r, struct token *k, struct text t, size_t *i) {
    size_t end = text_find(t, TEXT("]"), *i);
    if (end == SIZE_MAX) return fail(r, *i + 1, "'[' is not closed");
    k->kind = TOKEN_UNIT, k->text = text_part(t, *i + 1, end);
    *i = end + 1;
    return true;
}

static bool token_read(struct reader *r, struct token *k, struct text t, size_t *i) {
    size_t from = *i;
    k->column = from + 1;
    if (t.at[*i] == '[') return unit_token(r, k, t, i);
    if (is_digit(t.at[*i]) || (t.at[*i] == '.' && *i + 1 < t.len && is_digit(t.at[*i + 1]))) {
        *i = number_end(t, *i + (t.at[*i] == '.'));
        k->kind = TOKEN_NUMBER, k->text = text_part(t, from, *i);
        if (*i < t.len && is_name(t.at[*i])) return fail(r, *i + 1, "a name directly behind a number");
        return true;
    }
    if (is_name(t.at[*i])) {
        name_token(k, t, i);
        return true;
    }
    return sign_token(k, t, i) || fail(r, from + 1, "expected a number, a name or an operator");
}

static bool tokens_read(struct reader *r, struct text t) {
    if (t.len > FORMULA_BYTES_MOST) return fail(r, 1, "a formula of more than 65536 bytes");
    r->token = arena_new(r->arena, struct token, t.len + 1, r->err);
    if (!r->token) return false;
    for (size_t i = 0; i < t.len;) {
        if (t.at[i] == ' ' || t.at[i] == '\t' || t.at[i] == '\n' || t.at[i] == '\r')
            i++;
        else if (!token_read(r, &r->token[r->n++], t, &i))
            return false;
    }
    r->token[r->n] = (struct token){.kind = TOKEN_END, .column = t.len + 1};
    return true;
}

static const struct token *now(const struct reader *r) {
    return &r->token[r->at];
}

static bool is_sign(const struct token *k, const char *sign) {
    return k->kind == TOKEN_SIGN && text_equal_c(k->text, sign);
}

static bool is_word(const struct token *k, enum word word) {
    return k->kind == TOKEN_WORD && k->which == (int)word;
}

static bool take_sign(struct reader *r, const char *sign) {
    bool there = is_sign(now(r), sign);
    r->at += there;
    return there;
}

static bool take_word(struct reader *r, enum word word) {
    bool there = is_word(now(r), word);
    r->at += there;
    return there;
}

static struct formula *unexpected(struct reader *r, const char *expected) {
    const struct token *k = now(r);
    char what[160];
    if (k->kind == TOKEN_END)
        snprintf(what, sizeof what, "expected %s, found the end", expected);
    else
        snprintf(what, sizeof what, "expected %s, found '%.*s'", expected, k->text.len > 40 ? 40 : (int)k->text.len,
                 k->text.at);
    fail(r, k->column, what);
    return NULL;
}

/* ---- the tree ---- */

static struct formula *node(struct reader *r, enum formula_kind kind, size_t column, size_t n) {
    if (++r->nodes > FORMULA_NODES_MOST) {
        fail(r, column, "a formula of more than 20000 parts");
        return NULL;
    }
    struct formula *f = arena_new(r->arena, struct formula, 1, r->err);
    if (!f) return NULL;
    *f = (struct formula){.kind = kind, .column = column, .n = n};
    f->of = n ? arena_new(r->arena, const struct formula *, n, r->err) : NULL;
    return n && !f->of ? NULL : f;
}

/* Once its parts are there. Sums and products lean to the left, so trees grow deeper than their brackets. */
static struct formula *grown(struct reader *r, struct formula *f) {
    for (size_t i = 0; f && i < f->n; i++)
        if (f->of[i]->depth >= f->depth) f->depth = f->of[i]->depth + 1;
    if (f && f->depth > FORMULA_TREE_MOST) return fail(r, f->column, "a tree of more than 2000 levels"), NULL;
    return f;
}

static struct formula *pair(struct reader *r, enum formula_kind kind, const struct formula *a,
                            const struct formula *b) {
    struct formula *f = a && b ? node(r, kind, a->column, 2) : NULL;
    if (f) f->of[0] = a, f->of[1] = b;
    return grown(r, f);
}

static struct formula *of_list(struct reader *r, enum formula_kind kind, const struct formula *const *part, size_t n) {
    struct formula *f = node(r, kind, part[0]->column, n);
    if (f) memcpy(f->of, part, n * sizeof *part);
    return grown(r, f);
}

static struct formula *formula(struct reader *r);
static struct formula *factor(struct reader *r);

/* A unit behind a name or a number, where there is one. */
static bool unit_behind(struct reader *r, struct formula *f) {
    const struct token *k = now(r);
    size_t at;
    if (k->kind != TOKEN_UNIT) return true;
    f->unit = unit_read(r->arena, k->text, &at, r->err);
    r->at++;
    if (f->unit || !r->err || r->err->kind != ERROR_DATA) return f->unit != NULL;
    r->column = k->column + at;
    return error_wrap(r->err, "column %zu", r->column);
}

static struct formula *number(struct reader *r) {
    const struct token *k = now(r);
    struct formula *f = node(r, FORMULA_NUMBER, k->column, 0);
    r->at++;
    if (!f) return NULL;
    f->number = rational_from_text(r->arena, k->text, r->err);
    if (!f->number) {
        r->column = k->column;
        error_wrap(r->err, "column %zu", k->column);
        return NULL;
    }
    return unit_behind(r, f) ? f : NULL;
}

enum { LIST_MOST = 1000 };

/* Formulas with `sign` between them, up to ")"; for calls. */
static struct formula *call(struct reader *r, const struct token *name) {
    const struct formula *part[64];
    size_t n = 0;
    do {
        if (n == COUNT(part)) {
            fail(r, name->column, "a call with more than 64 arguments");
            return NULL;
        }
        if (!(part[n++] = formula(r))) return NULL;
    } while (take_sign(r, ","));
    if (!take_sign(r, ")")) return unexpected(r, "')'");
    struct formula *f = of_list(r, FORMULA_CALL, part, n);
    if (f) f->name = name->text, f->column = name->column;
    return f;
}

static struct formula *name(struct reader *r) {
    const struct token *k = now(r);
    r->at++;
    if (take_sign(r, "(")) return call(r, k);
    struct formula *f = node(r, FORMULA_NAME, k->column, 0);
    if (!f) return NULL;
    f->name = k->text;
    return unit_behind(r, f) ? f : NULL;
}

static struct formula *in_brackets(struct reader *r) {
    r->at++;
    struct formula *f = formula(r);
    if (!f) return NULL;
    return take_sign(r, ")") ? f : unexpected(r, "')'");
}

static struct formula *atom(struct reader *r) {
    const struct token *k = now(r);
    if (k->kind == TOKEN_NUMBER) return number(r);
    if (k->kind == TOKEN_NAME) return name(r);
    if (is_sign(k, "(")) return in_brackets(r);
    if (is_word(k, WORD_TRUE) || is_word(k, WORD_FALSE)) {
        r->at++;
        return node(r, is_word(k, WORD_TRUE) ? FORMULA_TRUE : FORMULA_FALSE, k->column, 0);
    }
    return unexpected(r, "a number, a name or '('");
}

static struct formula *power(struct reader *r) {
    struct formula *base = atom(r);
    if (!base || !take_sign(r, "^")) return base;
    const struct token *k = now(r);
    int64_t exponent;
    if (k->kind != TOKEN_NUMBER) return unexpected(r, "a whole number as exponent");
    if (!text_to_i64(k->text, &exponent) || exponent < 0 || exponent > FORMULA_POWER_MOST) {
        fail(r, k->column, "an exponent is a whole number from 0 to 16");
        return NULL;
    }
    r->at++;
    struct formula *f = node(r, FORMULA_POWER, base->column, 1);
    if (!f) return NULL;
    f->of[0] = base;
    f->number = rational_from_i64(r->arena, exponent, r->err);
    return f->number ? grown(r, f) : NULL;
}

static bool deeper(struct reader *r) {
    return ++r->depth <= FORMULA_DEPTH_MOST || fail(r, now(r)->column, "nested more than 100 deep");
}

static struct formula *factor(struct reader *r) {
    size_t column = now(r)->column;
    if (!take_sign(r, "-")) return power(r);
    if (!deeper(r)) return NULL;
    struct formula *inner = factor(r), *f = inner ? node(r, FORMULA_MINUS, column, 1) : NULL;
    r->depth--;
    if (f) f->of[0] = inner;
    return grown(r, f);
}

static struct formula *term(struct reader *r) {
    struct formula *f = factor(r);
    size_t n = 0;
    while (f) {
        enum formula_kind kind = is_sign(now(r), "*") ? FORMULA_MULTIPLY : FORMULA_DIVIDE;
        if (!take_sign(r, "*") && !take_sign(r, "/")) return f;
        if (++n > LIST_MOST) return fail(r, now(r)->column, "a product of more than 1000 factors"), NULL;
        f = pair(r, kind, f, factor(r));
    }
    return NULL;
}

static struct formula *sum(struct reader *r) {
    struct formula *f = term(r);
    size_t n = 0;
    while (f) {
        enum formula_kind kind = is_sign(now(r), "+") ? FORMULA_ADD : FORMULA_SUBTRACT;
        if (!take_sign(r, "+") && !take_sign(r, "-")) return f;
        if (++n > LIST_MOST) return fail(r, now(r)->column, "a sum of more than 1000 terms"), NULL;
        f = pair(r, kind, f, term(r));
    }
    return NULL;
}

static bool take_relation(struct reader *r, enum formula_kind *kind) {
    static const struct {
        const char *sign;
        enum formula_kind kind;
    } relations[] = {
        {"<", FORMULA_LESS},  {"<=", FORMULA_AT_MOST}, {">", FORMULA_MORE},     {">=", FORMULA_AT_LEAST},
        {"=", FORMULA_EQUAL}, {"==", FORMULA_EQUAL},   {"!=", FORMULA_UNEQUAL},
    };
    for (size_t i = 0; i < COUNT(relations); i++)
        if (take_sign(r, relations[i].sign)) {
            *kind = relations[i].kind;
            return true;
        }
    return false;
}

static struct formula *relation(struct reader *r) {
    const struct formula *link[LIST_MOST];
    struct formula *left = sum(r), *right;
    enum formula_kind kind;
    size_t n = 0;
    if (!left) return NULL;
    while (take_relation(r, &kind)) {
        if (n == LIST_MOST) return fail(r, now(r)->column, "a chain of more than 1000 relations"), NULL;
        if (!(right = sum(r)) || !(link[n++] = pair(r, kind, left, right))) return NULL;
        left = right;
    }
    if (n == 0) return left;
    if (n == 1) return (struct formula *)link[0];
    struct formula *f = of_list(r, FORMULA_AND, link, n);
    if (f) f->chain = true;
    return f;
}

static bool sort_read(struct reader *r, enum formula_sort *sort) {
    static const char *const names[] = {"", "Real", "Int", "Bool"};
    for (int s = SORT_REAL; s <= SORT_BOOL; s++)
        if (now(r)->kind == TOKEN_NAME && text_equal_c(now(r)->text, names[s])) {
            *sort = (enum formula_sort)s;
            r->at++;
            return true;
        }
    return unexpected(r, "Real, Int or Bool") != NULL;
}

/* NAME { "," NAME } */
static bool names(struct reader *r, struct formula *f) {
    struct text *bound = arena_new(r->arena, struct text, 64, r->err);
    if (!bound) return false;
    do {
        if (now(r)->kind != TOKEN_NAME) return unexpected(r, "a name") != NULL;
        if (f->n_bound == 64) return fail(r, now(r)->column, "more than 64 names");
        bound[f->n_bound++] = now(r)->text;
        r->at++;
    } while (take_sign(r, ","));
    f->bound = bound;
    return true;
}

static struct formula *quantified(struct reader *r, enum formula_kind kind) {
    struct formula *f = node(r, kind, now(r)->column, 1);
    r->at++;
    if (!f || !names(r, f) || (take_word(r, WORD_IN) && !sort_read(r, &f->sort))) return NULL;
    if (!take_sign(r, ":")) return unexpected(r, "':'");
    return (f->of[0] = formula(r)) ? grown(r, f) : NULL;
}

static struct formula *negated_inner(struct reader *r) {
    size_t column = now(r)->column;
    if (is_word(now(r), WORD_ALL)) return quantified(r, FORMULA_ALL);
    if (is_word(now(r), WORD_SOME)) return quantified(r, FORMULA_SOME);
    if (!take_word(r, WORD_NOT)) return relation(r);
    if (!deeper(r)) return NULL;
    struct formula *inner = negated_inner(r), *f = inner ? node(r, FORMULA_NOT, column, 1) : NULL;
    r->depth--;
    if (f) f->of[0] = inner;
    return grown(r, f);
}

/* Parts with `word` between them. */
static struct formula *joined(struct reader *r, enum word word, enum formula_kind kind,
                              struct formula *(*part)(struct reader *r)) {
    const struct formula *list[LIST_MOST];
    size_t n = 0;
    do {
        if (n == LIST_MOST) return fail(r, now(r)->column, "more than 1000 parts side by side"), NULL;
        if (!(list[n++] = part(r))) return NULL;
    } while (take_word(r, word));
    return n == 1 ? (struct formula *)list[0] : of_list(r, kind, list, n);
}

static struct formula *both(struct reader *r) {
    return joined(r, WORD_AND, FORMULA_AND, negated_inner);
}

static struct formula *either(struct reader *r) {
    return joined(r, WORD_OR, FORMULA_OR, both);
}

static struct formula *implied(struct reader *r) {
    struct formula *f = either(r);
    if (!f || !take_word(r, WORD_IMPLIES)) return f;
    if (!deeper(r)) return NULL;
    f = pair(r, FORMULA_IMPLIES, f, implied(r));
    r->depth--;
    return f;
}

static struct formula *formula(struct reader *r) {
    if (!deeper(r)) return NULL;
    struct formula *f = implied(r);
    if (f && take_word(r, WORD_IFF)) f = pair(r, FORMULA_IFF, f, formula(r));
    r->depth--;
    return f;
}

/* ---- lines ---- */

static bool is_declaration(const struct reader *r) {
    size_t i = 0;
    while (r->token[i].kind == TOKEN_NAME && is_sign(&r->token[i + 1], ",")) i += 2;
    return r->token[i].kind == TOKEN_NAME && is_sign(&r->token[i + 1], ":");
}

static struct formula *declaration(struct reader *r) {
    struct formula *f = node(r, FORMULA_DECLARE, now(r)->column, 0);
    enum formula_sort *parts = arena_new(r->arena, enum formula_sort, 64, r->err);
    if (!f || !parts || !names(r, f)) return NULL;
    r->at++; /* the colon that is_declaration has seen */
    f->parts = parts;
    if (take_sign(r, "(")) {
        do {
            if (f->n_parts == 64) return fail(r, now(r)->column, "more than 64 arguments"), NULL;
            if (!sort_read(r, &parts[f->n_parts++])) return NULL;
        } while (take_sign(r, ","));
        if (!take_sign(r, ")") || !take_sign(r, "->")) return unexpected(r, "') -> SORT'");
        if (!sort_read(r, &f->sort)) return NULL;
    } else {
        if (!sort_read(r, &f->sort)) return NULL;
        if (take_sign(r, "->")) {
            parts[f->n_parts++] = f->sort;
            if (!sort_read(r, &f->sort)) return NULL;
        }
    }
    return unit_behind(r, f) ? f : NULL;
}

static struct formula *line(struct reader *r) {
    if (is_declaration(r)) return declaration(r);
    if (!take_word(r, WORD_IF)) return formula(r);
    struct formula *f = formula(r);
    if (!f) return NULL;
    return take_word(r, WORD_THEN) ? pair(r, FORMULA_IMPLIES, f, formula(r)) : unexpected(r, "THEN");
}

const struct formula *formula_read(struct arena *arena, struct text t, size_t *column, struct error *err) {
    struct error own = {0};
    struct reader r = {.arena = arena, .err = err ? err : &own, .column = 1};
    struct formula *f = tokens_read(&r, t) ? line(&r) : NULL;
    if (f && now(&r)->kind != TOKEN_END) f = unexpected(&r, "an operator or the end");
    *column = r.column;
    return f;
}

const struct formula *formula_not(struct arena *arena, const struct formula *f, struct error *err) {
    struct formula *negated = arena_new(arena, struct formula, 1, err);
    const struct formula **of = arena_new(arena, const struct formula *, 1, err);
    if (!negated || !of) return NULL;
    of[0] = f;
    *negated = (struct formula){.kind = FORMULA_NOT, .column = f->column, .of = of, .n = 1};
    return negated;
}
