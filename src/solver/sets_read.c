/* Claims about sets from text and back: see sets.h. */
#include "solver/sets.h"

#include <stdio.h>
#include <string.h>

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_WORD, TOKEN_SIGN };
static const char *const words[] = {"sub", "in",      "notin", "union",  "inter",  "empty", "and",  "or",
                                    "not", "implies", "iff",   "forall", "exists", "true",  "false"};
static const char *const signs[] = {"~=", "!=", "=", "\\", "{", "}", "(", ")", ",", ":"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

struct reader {
    struct arena *arena;
    struct error *err;
    struct text t;
    size_t at, column, nodes, depth;
    enum token_kind kind;
    struct text text;
    size_t token_column;
};

static bool fail(struct reader *r, size_t column, const char *what) {
    r->column = column;
    return error_set(r->err, ERROR_DATA, "column %zu: %s", column, what);
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');
}

static bool next(struct reader *r) {
    struct text t = r->t;
    while (r->at < t.len && (t.at[r->at] == ' ' || t.at[r->at] == '\t' || t.at[r->at] == '\n')) r->at++;
    size_t from = r->at;
    r->token_column = from + 1, r->kind = TOKEN_END, r->text = (struct text){0};
    if (from == t.len) return true;
    if (is_name(t.at[from])) {
        while (r->at < t.len && is_name(t.at[r->at])) r->at++;
        r->text = text_part(t, from, r->at), r->kind = TOKEN_NAME;
        for (size_t i = 0; i < COUNT(words); i++)
            if (text_equal_c(r->text, words[i])) r->kind = TOKEN_WORD;
        return true;
    }
    for (size_t i = 0; i < COUNT(signs); i++) {
        struct text sign = text_of(signs[i]);
        if (!text_starts(text_part(t, from, t.len), sign)) continue;
        r->at += sign.len, r->text = sign, r->kind = TOKEN_SIGN;
        return true;
    }
    return fail(r, from + 1, "expected a name or an operator");
}

static bool is(const struct reader *r, const char *token) {
    return (r->kind == TOKEN_WORD || r->kind == TOKEN_SIGN) && text_equal_c(r->text, token);
}

static bool unexpected(struct reader *r, const char *expected) {
    char what[160];
    if (r->kind == TOKEN_END)
        snprintf(what, sizeof what, "expected %s, found the end", expected);
    else
        snprintf(what, sizeof what, "expected %s, found '%.*s'", expected, r->text.len > 40 ? 40 : (int)r->text.len,
                 r->text.at);
    return fail(r, r->token_column, what);
}

static bool take(struct reader *r, const char *token) {
    char what[16];
    snprintf(what, sizeof what, "'%s'", token);
    return is(r, token) ? next(r) : unexpected(r, what);
}

/* ---- the tree ---- */

static struct sets_formula *node(struct reader *r, enum sets_kind kind, size_t column, size_t n) {
    if (++r->nodes > SETS_NODES_MOST) return fail(r, column, "a claim of more than 20000 parts"), NULL;
    struct sets_formula *f = arena_new(r->arena, struct sets_formula, 1, r->err);
    if (!f) return NULL;
    *f = (struct sets_formula){.kind = kind, .column = column, .n = n};
    f->of = n ? arena_new(r->arena, const struct sets_formula *, n, r->err) : NULL;
    return n && !f->of ? NULL : f;
}

static struct sets_formula *grown(struct reader *r, struct sets_formula *f) {
    for (size_t i = 0; f && i < f->n; i++)
        if (f->of[i]->depth >= f->depth) f->depth = f->of[i]->depth + 1;
    if (f && f->depth > SETS_TREE_MOST) return fail(r, f->column, "a tree of more than 2000 levels"), NULL;
    return f;
}

static struct sets_formula *pair(struct reader *r, enum sets_kind kind, const struct sets_formula *a,
                                 const struct sets_formula *b) {
    struct sets_formula *f = a && b ? node(r, kind, a->column, 2) : NULL;
    if (f) f->of[0] = a, f->of[1] = b;
    return grown(r, f);
}

static bool is_set(const struct sets_formula *f) {
    return f->kind <= SETS_MINUS && f->kind != SETS_THING;
}

static struct sets_formula *claim_or_set(struct reader *r);

static bool want(struct reader *r, const struct sets_formula *f, bool set) {
    if (!f) return false;
    return is_set(f) == set || fail(r, f->column,
                                    set ? "a claim where a set must stand"
                                        : "a set where a claim must "
                                          "stand");
}

static struct sets_formula *claim(struct reader *r) {
    struct sets_formula *f = claim_or_set(r);
    return want(r, f, false) ? f : NULL;
}

static struct sets_formula *thing(struct reader *r) {
    struct sets_formula *f = r->kind == TOKEN_NAME ? node(r, SETS_THING, r->token_column, 0) : NULL;
    if (r->kind != TOKEN_NAME) unexpected(r, "a name");
    if (!f) return NULL;
    f->name = r->text;
    return next(r) ? f : NULL;
}

static struct sets_formula *list(struct reader *r) {
    const struct sets_formula *item[1000];
    size_t n = 0, column = r->token_column;
    if (!next(r)) return NULL;
    while (!is(r, "}")) {
        if (n == COUNT(item)) return fail(r, r->token_column, "a list of more than 1000 things"), NULL;
        if (n > 0 && !take(r, ",")) return NULL;
        if (!(item[n++] = thing(r))) return NULL;
    }
    struct sets_formula *f = next(r) ? node(r, SETS_LIST, column, n) : NULL;
    if (f && n) memcpy(f->of, item, n * sizeof *item);
    return f;
}

static struct sets_formula *atom(struct reader *r) {
    size_t column = r->token_column;
    if (is(r, "{")) return list(r);
    if (is(r, "empty")) return next(r) ? node(r, SETS_LIST, column, 0) : NULL;
    if (is(r, "true") || is(r, "false")) {
        struct sets_formula *f = node(r, is(r, "true") ? SETS_TRUE : SETS_FALSE, column, 0);
        return f && next(r) ? f : NULL;
    }
    if (is(r, "(")) {
        struct sets_formula *f = next(r) ? claim_or_set(r) : NULL;
        return f && take(r, ")") ? f : NULL;
    }
    if (r->kind != TOKEN_NAME) return unexpected(r, "a name, '{' or '('"), NULL;
    struct sets_formula *f = node(r, SETS_NAME, column, 0);
    if (!f) return NULL;
    f->name = r->text;
    return next(r) ? f : NULL;
}

static struct sets_formula *chain(struct reader *r, struct sets_formula *(*part)(struct reader *r), const char *a,
                                  enum sets_kind a_kind, const char *b, enum sets_kind b_kind) {
    struct sets_formula *f = part(r);
    for (size_t n = 0; f && (is(r, a) || is(r, b)); n++) {
        enum sets_kind kind = is(r, a) ? a_kind : b_kind;
        if (n == 1000) return fail(r, r->token_column, "more than 1000 parts side by side"), NULL;
        if (!want(r, f, true) || !next(r)) return NULL;
        struct sets_formula *other = part(r);
        f = want(r, other, true) ? pair(r, kind, f, other) : NULL;
    }
    return f;
}

static struct sets_formula *inters(struct reader *r) {
    return chain(r, atom, "inter", SETS_INTER, "inter", SETS_INTER);
}

static struct sets_formula *unions(struct reader *r) {
    return chain(r, inters, "union", SETS_UNION, "\\", SETS_MINUS);
}

static struct sets_formula *relation(struct reader *r) {
    static const struct {
        const char *sign;
        enum sets_kind kind;
    } relations[] = {{"sub", SETS_SUB},    {"=", SETS_EQUAL}, {"~=", SETS_UNEQUAL},
                     {"!=", SETS_UNEQUAL}, {"in", SETS_IN},   {"notin", SETS_NOT_IN}};
    struct sets_formula *left = unions(r);
    for (size_t i = 0; left && i < COUNT(relations); i++) {
        if (!is(r, relations[i].sign)) continue;
        bool of_thing = relations[i].kind >= SETS_IN;
        if (of_thing && left->kind != SETS_NAME) return fail(r, left->column, "expected the name of a thing"), NULL;
        if (of_thing) left->kind = SETS_THING;
        if ((!of_thing && !want(r, left, true)) || !next(r)) return NULL;
        struct sets_formula *right = unions(r);
        return want(r, right, true) ? pair(r, relations[i].kind, left, right) : NULL;
    }
    return left;
}

static struct sets_formula *quantified(struct reader *r) {
    struct text *bound = arena_new(r->arena, struct text, 16, r->err);
    size_t column = r->token_column, n = 0;
    enum sets_kind kind = is(r, "forall") ? SETS_ALL : SETS_SOME;
    const struct sets_formula *within = NULL, *body;
    if (!bound || !next(r)) return NULL;
    do {
        if (n == 16) return fail(r, r->token_column, "more than 16 names"), NULL;
        if (n > 0 && !next(r)) return NULL;
        if (r->kind != TOKEN_NAME) return unexpected(r, "a name"), NULL;
        bound[n++] = r->text;
        if (!next(r)) return NULL;
    } while (is(r, ","));
    if (is(r, "in") && (!next(r) || !(within = unions(r)) || !want(r, within, true))) return NULL;
    if (!take(r, ":") || !(body = claim(r))) return NULL;
    struct sets_formula *f = node(r, kind, column, within ? 2 : 1);
    if (!f) return NULL;
    f->bound = bound, f->n_bound = n;
    if (within) f->of[0] = within;
    f->of[f->n - 1] = body;
    return grown(r, f);
}

static bool deeper(struct reader *r) {
    return ++r->depth <= SETS_DEPTH_MOST || fail(r, r->token_column, "nested more than 100 deep");
}

static struct sets_formula *negated(struct reader *r) {
    size_t column = r->token_column;
    if (is(r, "forall") || is(r, "exists")) return quantified(r);
    if (!is(r, "not")) return relation(r);
    if (!next(r) || !deeper(r)) return NULL;
    struct sets_formula *inner = negated(r), *f = want(r, inner, false) ? node(r, SETS_NOT, column, 1) : NULL;
    r->depth--;
    if (f) f->of[0] = inner;
    return grown(r, f);
}

static struct sets_formula *joined(struct reader *r, const char *word, enum sets_kind kind,
                                   struct sets_formula *(*part)(struct reader *r)) {
    struct sets_formula *f = part(r);
    for (size_t n = 0; f && is(r, word); n++) {
        if (n == 1000) return fail(r, r->token_column, "more than 1000 parts side by side"), NULL;
        if (!want(r, f, false) || !next(r)) return NULL;
        struct sets_formula *other = part(r);
        f = want(r, other, false) ? pair(r, kind, f, other) : NULL;
    }
    return f;
}

static struct sets_formula *both(struct reader *r) {
    return joined(r, "and", SETS_AND, negated);
}

static struct sets_formula *either(struct reader *r) {
    return joined(r, "or", SETS_OR, both);
}

static struct sets_formula *implied(struct reader *r) {
    struct sets_formula *f = either(r);
    if (!f || !is(r, "implies")) return f;
    if (!want(r, f, false) || !next(r) || !deeper(r)) return NULL;
    struct sets_formula *other = implied(r);
    r->depth--;
    return want(r, other, false) ? pair(r, SETS_IMPLIES, f, other) : NULL;
}

static struct sets_formula *claim_or_set(struct reader *r) {
    if (!deeper(r)) return NULL;
    struct sets_formula *f = implied(r);
    if (f && is(r, "iff")) {
        struct sets_formula *other = want(r, f, false) && next(r) ? claim(r) : NULL;
        f = other ? pair(r, SETS_IFF, f, other) : NULL;
    }
    r->depth--;
    return f;
}

const struct sets_formula *sets_read(struct arena *arena, struct text t, size_t *column, struct error *err) {
    struct error own = {0};
    struct reader r = {.arena = arena, .err = err ? err : &own, .t = t, .column = 1};
    struct sets_formula *f = NULL;
    if (t.len > SETS_BYTES_MOST)
        fail(&r, 1, "a claim of more than 65536 bytes");
    else if (next(&r))
        f = claim(&r);
    if (f && r.kind != TOKEN_END) unexpected(&r, "an operator or the end"), f = NULL;
    *column = r.column;
    return f;
}

/* ---- writing ---- */

static const struct {
    int bind;
    const char *sign, *words;
} table[] = {
    [SETS_NAME] = {9, "", ""},
    [SETS_THING] = {9, "", ""},
    [SETS_LIST] = {9, "", ""},
    [SETS_UNION] = {7, " union ", " with "},
    [SETS_INTER] = {8, " inter ", " and at once "},
    [SETS_MINUS] = {7, " \\ ", " without "},
    [SETS_SUB] = {6, " sub ", " is within "},
    [SETS_EQUAL] = {6, " = ", " is "},
    [SETS_UNEQUAL] = {6, " ~= ", " is not "},
    [SETS_IN] = {6, " in ", " is in "},
    [SETS_NOT_IN] = {6, " notin ", " is not in "},
    [SETS_TRUE] = {9, "true", "what is always so"},
    [SETS_FALSE] = {9, "false", "what is never so"},
    [SETS_NOT] = {5, "not ", "it is not so that "},
    [SETS_AND] = {4, " and ", " and "},
    [SETS_OR] = {3, " or ", " or "},
    [SETS_IMPLIES] = {2, " implies ", ", then "},
    [SETS_IFF] = {1, " iff ", " exactly when "},
    [SETS_ALL] = {0, "forall ", "for all "},
    [SETS_SOME] = {0, "exists ", "there is "},
};

static void put(struct buffer *out, const struct sets_formula *f, int least, bool in_words);

static void put_list(struct buffer *out, const struct sets_formula *f, bool in_words) {
    if (in_words && f->n == 0) {
        buffer_put_c(out, "empty");
        return;
    }
    buffer_put_char(out, '{');
    for (size_t i = 0; i < f->n; i++) {
        if (i) buffer_put_c(out, ", ");
        buffer_put_text(out, f->of[i]->name);
    }
    buffer_put_char(out, '}');
}

static void put_quantified(struct buffer *out, const struct sets_formula *f, bool in_words) {
    buffer_put_c(out, in_words ? table[f->kind].words : table[f->kind].sign);
    for (size_t i = 0; i < f->n_bound; i++) {
        if (i) buffer_put_c(out, ", ");
        buffer_put_text(out, f->bound[i]);
    }
    if (f->n == 2) buffer_put_c(out, " in "), put(out, f->of[0], 7, in_words);
    buffer_put_c(out, in_words ? f->kind == SETS_ALL ? ", " : " such that " : ": ");
    put(out, f->of[f->n - 1], 0, in_words);
}

static void put(struct buffer *out, const struct sets_formula *f, int least, bool in_words) {
    int own = table[f->kind].bind;
    const char *between = in_words ? table[f->kind].words : table[f->kind].sign;
    if (own < least) buffer_put_char(out, '(');
    if (f->kind == SETS_NAME || f->kind == SETS_THING) {
        buffer_put_text(out, f->name);
    } else if (f->kind == SETS_LIST) {
        put_list(out, f, in_words);
    } else if (f->kind == SETS_ALL || f->kind == SETS_SOME) {
        put_quantified(out, f, in_words);
    } else if (f->n == 0) {
        buffer_put_c(out, between);
    } else if (f->kind == SETS_NOT) {
        buffer_put_c(out, between);
        put(out, f->of[0], own, in_words);
    } else {
        bool to_right = f->kind == SETS_IMPLIES || f->kind == SETS_IFF;
        if (in_words && f->kind == SETS_IMPLIES) buffer_put_c(out, "if ");
        put(out, f->of[0], to_right ? own + 1 : own, in_words);
        buffer_put_c(out, between);
        put(out, f->of[1], to_right ? own : own + 1, in_words);
    }
    if (own < least) buffer_put_char(out, ')');
}

bool sets_put(struct buffer *out, const struct sets_formula *f) {
    put(out, f, 0, false);
    return !out->failed;
}

bool sets_put_words(struct buffer *out, const struct sets_formula *f) {
    put(out, f, 0, true);
    return !out->failed;
}
