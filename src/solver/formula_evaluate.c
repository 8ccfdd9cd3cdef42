/* The value of a formula under an assignment, in exact fractions: the second opinion on a counterexample. See
 * formula.h. */
#include "solver/formula.h"

struct evaluation {
    struct arena *arena;
    formula_lookup *lookup;
    void *context;
    struct error *err;
};

static bool evaluate(const struct evaluation *e, const struct formula *f, struct value *out);

static bool truth(struct value *out, bool is) {
    *out = (struct value){.kind = VALUE_TRUTH, .truth = is};
    return true;
}

static bool of_number(struct value *out, const struct rational *number) {
    *out = (struct value){.kind = VALUE_NUMBER, .number = number};
    return number != NULL;
}

static bool mixed(const struct evaluation *e, const struct formula *f) {
    return error_set(e->err, ERROR_DATA, "column %zu: a claim stands where a number is needed, or the reverse",
                     f->column);
}

static bool number_at(const struct evaluation *e, const struct formula *f, const struct rational **out) {
    struct value value;
    if (!evaluate(e, f, &value)) return false;
    *out = value.number;
    return value.kind == VALUE_NUMBER || mixed(e, f);
}

static bool truth_at(const struct evaluation *e, const struct formula *f, bool *out) {
    struct value value;
    if (!evaluate(e, f, &value)) return false;
    *out = value.truth;
    return value.kind == VALUE_TRUTH || mixed(e, f);
}

static bool looked_up(const struct evaluation *e, const struct formula *f, struct value *out) {
    struct value arguments[64];
    if (f->n > 64) return error_set(e->err, ERROR_DATA, "a call with more than 64 arguments");
    for (size_t i = 0; i < f->n; i++)
        if (!evaluate(e, f->of[i], &arguments[i])) return false;
    return e->lookup(e->context, f->name, arguments, f->n, out) ||
           error_set(e->err, ERROR_DATA, "column %zu: '%.*s' has no value", f->column, TEXT_ARG(f->name));
}

static bool arithmetic(const struct evaluation *e, const struct formula *f, struct value *out) {
    const struct rational *a, *b = NULL;
    if (!number_at(e, f->of[0], &a) || (f->n > 1 && !number_at(e, f->of[1], &b))) return false;
    switch (f->kind) {
    case FORMULA_MINUS:
        return of_number(out, rational_negate(e->arena, a, e->err));
    case FORMULA_ADD:
        return of_number(out, rational_add(e->arena, a, b, e->err));
    case FORMULA_SUBTRACT:
        return of_number(out, rational_subtract(e->arena, a, b, e->err));
    case FORMULA_MULTIPLY:
        return of_number(out, rational_multiply(e->arena, a, b, e->err));
    case FORMULA_DIVIDE:
        return of_number(out, rational_divide(e->arena, a, b, e->err));
    default:
        return of_number(out, rational_power(e->arena, a, (unsigned)rational_to_f64(f->number), e->err));
    }
}

static bool relation(const struct evaluation *e, const struct formula *f, struct value *out) {
    struct value a, b;
    int order;
    if (!evaluate(e, f->of[0], &a) || !evaluate(e, f->of[1], &b)) return false;
    if (a.kind != b.kind) return mixed(e, f);
    if (a.kind == VALUE_TRUTH) return truth(out, (a.truth == b.truth) == (f->kind == FORMULA_EQUAL));
    if (!rational_compare(e->arena, a.number, b.number, &order, e->err)) return false;
    switch (f->kind) {
    case FORMULA_LESS:
        return truth(out, order < 0);
    case FORMULA_AT_MOST:
        return truth(out, order <= 0);
    case FORMULA_MORE:
        return truth(out, order > 0);
    case FORMULA_AT_LEAST:
        return truth(out, order >= 0);
    case FORMULA_EQUAL:
        return truth(out, order == 0);
    default:
        return truth(out, order != 0);
    }
}

static bool joined(const struct evaluation *e, const struct formula *f, struct value *out) {
    bool all = f->kind == FORMULA_AND, is = all;
    for (size_t i = 0; i < f->n && is == all; i++)
        if (!truth_at(e, f->of[i], &is)) return false;
    return truth(out, is);
}

static bool evaluate(const struct evaluation *e, const struct formula *f, struct value *out) {
    bool a = false, b = false;
    switch (f->kind) {
    case FORMULA_NUMBER:
        return of_number(out, f->number);
    case FORMULA_TRUE:
    case FORMULA_DECLARE:
        return truth(out, true);
    case FORMULA_FALSE:
        return truth(out, false);
    case FORMULA_NAME:
    case FORMULA_CALL:
        return looked_up(e, f, out);
    case FORMULA_NOT:
        return truth_at(e, f->of[0], &a) && truth(out, !a);
    case FORMULA_AND:
    case FORMULA_OR:
        return joined(e, f, out);
    case FORMULA_IMPLIES:
        if (!truth_at(e, f->of[0], &a)) return false;
        return a ? truth_at(e, f->of[1], &b) && truth(out, b) : truth(out, true);
    case FORMULA_IFF:
        return truth_at(e, f->of[0], &a) && truth_at(e, f->of[1], &b) && truth(out, a == b);
    case FORMULA_ALL:
    case FORMULA_SOME:
        return error_set(e->err, ERROR_DATA, "column %zu: a quantifier has no value that can be tried out", f->column);
    default:
        return f->kind >= FORMULA_LESS && f->kind <= FORMULA_UNEQUAL ? relation(e, f, out) : arithmetic(e, f, out);
    }
}

bool formula_evaluate(struct arena *arena, const struct formula *f, formula_lookup *lookup, void *context,
                      struct value *out, struct error *err) {
    struct evaluation e = {arena, lookup, context, err};
    return evaluate(&e, f, out);
}
