/* Formulas back to text and to plain words: see formula.h. */
#include "solver/formula.h"

/* How tightly each kind binds; brackets go around what binds less than its place asks for. */
enum {
    BIND_IFF = 1,
    BIND_IMPLIES,
    BIND_OR,
    BIND_AND,
    BIND_NOT,
    BIND_RELATION,
    BIND_SUM,
    BIND_TERM,
    BIND_FACTOR,
    BIND_POWER,
    BIND_ATOM
};
static const struct {
    int bind;
    const char *sign, *words;
} table[] = {
    [FORMULA_NUMBER] = {BIND_ATOM, "", ""},
    [FORMULA_TRUE] = {BIND_ATOM, "true", "what is always so"},
    [FORMULA_FALSE] = {BIND_ATOM, "false", "what is never so"},
    [FORMULA_NAME] = {BIND_ATOM, "", ""},
    [FORMULA_CALL] = {BIND_ATOM, "", ""},
    [FORMULA_MINUS] = {BIND_FACTOR, "-", "minus "},
    [FORMULA_ADD] = {BIND_SUM, " + ", " plus "},
    [FORMULA_SUBTRACT] = {BIND_SUM, " - ", " minus "},
    [FORMULA_MULTIPLY] = {BIND_TERM, " * ", " times "},
    [FORMULA_DIVIDE] = {BIND_TERM, " / ", " divided by "},
    [FORMULA_POWER] = {BIND_POWER, "^", " to the power "},
    [FORMULA_LESS] = {BIND_RELATION, " < ", " is less than "},
    [FORMULA_AT_MOST] = {BIND_RELATION, " <= ", " is at most "},
    [FORMULA_MORE] = {BIND_RELATION, " > ", " is more than "},
    [FORMULA_AT_LEAST] = {BIND_RELATION, " >= ", " is at least "},
    [FORMULA_EQUAL] = {BIND_RELATION, " = ", " is "},
    [FORMULA_UNEQUAL] = {BIND_RELATION, " != ", " is not "},
    [FORMULA_NOT] = {BIND_NOT, "not ", "it is not so that "},
    [FORMULA_AND] = {BIND_AND, " and ", " and "},
    [FORMULA_OR] = {BIND_OR, " or ", " or "},
    [FORMULA_IMPLIES] = {BIND_IMPLIES, " implies ", ", then "},
    [FORMULA_IFF] = {BIND_IFF, " iff ", " exactly when "},
    [FORMULA_ALL] = {BIND_NOT, "forall ", "for all "},
    [FORMULA_SOME] = {BIND_NOT, "exists ", "there is "},
    [FORMULA_DECLARE] = {0, "", ""},
};
static const char *const sorts[] = {"Real", "Real", "Int", "Bool"};
static const char *const kinds[] = {"a number", "a number", "a whole number", "a claim"};

struct printer {
    struct buffer *out;
    bool words;
    formula_word *word;
    void *context;
};

static int bind(const struct formula *f) {
    return f->chain ? BIND_RELATION : table[f->kind].bind;
}

static void put(struct printer *p, const struct formula *f, int least);

static void put_unit(struct printer *p, const struct unit *unit) {
    if (!unit) return;
    buffer_put_c(p->out, p->words ? " (in " : " [");
    unit_put(p->out, unit);
    buffer_put_c(p->out, p->words ? ")" : "]");
}

static void put_name(struct printer *p, struct text name) {
    const char *word = p->words && p->word ? p->word(p->context, name) : NULL;
    if (word)
        buffer_put_c(p->out, word);
    else
        buffer_put_text(p->out, name);
}

/* A decimal number where it is one exactly. */
static void put_number(struct printer *p, const struct rational *number) {
    struct buffer decimal;
    bool exact = false;
    buffer_init(&decimal, (size_t)1 << 16);
    rational_put_decimal(&decimal, number, 40, &exact);
    if (exact)
        buffer_put_text(p->out, buffer_text(&decimal));
    else
        buffer_put_char(p->out, '('), rational_put(p->out, number), buffer_put_char(p->out, ')');
    buffer_done(&decimal);
}

static void put_list(struct printer *p, const struct formula *f, const char *between, int first, int others) {
    for (size_t i = 0; i < f->n; i++) {
        if (i) buffer_put_c(p->out, between);
        put(p, f->of[i], i ? others : first);
    }
}

static const char *sign_of(const struct printer *p, const struct formula *f) {
    return p->words ? table[f->kind].words : table[f->kind].sign;
}

static void put_chain(struct printer *p, const struct formula *f) {
    put(p, f->of[0]->of[0], BIND_SUM);
    for (size_t i = 0; i < f->n; i++) {
        if (i && p->words) buffer_put_c(p->out, " and that");
        buffer_put_c(p->out, sign_of(p, f->of[i]));
        put(p, f->of[i]->of[1], BIND_SUM);
    }
}

static void put_bound(struct printer *p, const struct formula *f, const char *end) {
    for (size_t i = 0; i < f->n_bound; i++) {
        if (i) buffer_put_c(p->out, ", ");
        put_name(p, f->bound[i]);
    }
    buffer_put_c(p->out, end);
}

static void put_quantified(struct printer *p, const struct formula *f) {
    buffer_put_c(p->out, sign_of(p, f));
    put_bound(p, f, "");
    if (f->sort != SORT_OPEN) {
        buffer_put_c(p->out, p->words ? ", each " : " in ");
        buffer_put_c(p->out, (p->words ? kinds : sorts)[f->sort]);
    }
    buffer_put_c(p->out, p->words ? f->kind == FORMULA_ALL ? ", " : " such that " : ": ");
    put(p, f->of[0], p->words ? BIND_AND : BIND_IFF);
}

static void put_declaration(struct printer *p, const struct formula *f) {
    put_bound(p, f, p->words ? f->n_bound > 1 ? " are each " : " is " : ": ");
    if (f->n_parts > 0 && !p->words) {
        if (f->n_parts > 1) buffer_put_char(p->out, '(');
        for (size_t i = 0; i < f->n_parts; i++)
            buffer_put_c(p->out, i ? ", " : ""), buffer_put_c(p->out, sorts[f->parts[i]]);
        buffer_put_c(p->out, f->n_parts > 1 ? ") -> " : " -> ");
    }
    buffer_put_c(p->out, (p->words ? kinds : sorts)[f->sort]);
    if (f->n_parts > 0 && p->words) buffer_printf(p->out, " that depends on %zu others", f->n_parts);
    put_unit(p, f->unit);
}

static void put_call(struct printer *p, const struct formula *f) {
    put_name(p, f->name);
    buffer_put_c(p->out, p->words ? " of " : "(");
    put_list(p, f, p->words ? " and " : ", ", p->words ? BIND_SUM : BIND_IFF, p->words ? BIND_SUM : BIND_IFF);
    if (!p->words) buffer_put_char(p->out, ')');
}

static void put_bare(struct printer *p, const struct formula *f) {
    int own = bind(f);
    switch (f->kind) {
    case FORMULA_NUMBER:
        put_number(p, f->number);
        put_unit(p, f->unit);
        return;
    case FORMULA_NAME:
        put_name(p, f->name);
        put_unit(p, f->unit);
        return;
    case FORMULA_CALL:
        put_call(p, f);
        return;
    case FORMULA_MINUS:
    case FORMULA_NOT:
        buffer_put_c(p->out, sign_of(p, f));
        put(p, f->of[0], own);
        return;
    case FORMULA_POWER:
        put(p, f->of[0], BIND_ATOM);
        buffer_put_c(p->out, sign_of(p, f));
        rational_put(p->out, f->number);
        return;
    case FORMULA_ALL:
    case FORMULA_SOME:
        put_quantified(p, f);
        return;
    case FORMULA_DECLARE:
        put_declaration(p, f);
        return;
    case FORMULA_IMPLIES:
    case FORMULA_IFF:
        if (p->words && f->kind == FORMULA_IMPLIES) buffer_put_c(p->out, "if ");
        put_list(p, f, sign_of(p, f), own + 1, own);
        return;
    case FORMULA_TRUE:
    case FORMULA_FALSE:
        buffer_put_c(p->out, sign_of(p, f));
        return;
    default:
        if (f->chain)
            put_chain(p, f);
        else
            put_list(p, f, sign_of(p, f), own == BIND_SUM || own == BIND_TERM ? own : own + 1, own + 1);
    }
}

/* A quantifier or a "not" reaches as far as it can, so as the left part of something it needs brackets too: it binds
 * less than its parts do. */
static void put(struct printer *p, const struct formula *f, int least) {
    bool quantified = f->kind == FORMULA_ALL || f->kind == FORMULA_SOME;
    bool brackets = bind(f) < least || (quantified && least > BIND_IFF);
    if (brackets) buffer_put_char(p->out, '(');
    put_bare(p, f);
    if (brackets) buffer_put_char(p->out, ')');
}

bool formula_put(struct buffer *out, const struct formula *f) {
    struct printer p = {.out = out};
    put(&p, f, 0);
    return !out->failed;
}

bool formula_put_words(struct buffer *out, const struct formula *f, formula_word *word, void *context) {
    struct printer p = {.out = out, .words = true, .word = word, .context = context};
    put(&p, f, 0);
    return !out->failed;
}
