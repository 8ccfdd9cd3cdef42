/* Goals that are decided by themselves: comparison, arithmetic, tests. See horn.h. */
#include "solver/horn_engine.h"

#include <math.h>
#include <string.h>

static bool is_list_end(const struct horn_term *t) {
    return t->kind == HORN_ATOM && text_equal_c(t->name, "[]");
}

static bool is_pair(const struct horn_term *t) {
    return t->kind == HORN_COMPOUND && t->n == 2 && text_equal_c(t->name, "[|]");
}

/* ---- arithmetic ---- */

struct number {
    bool whole;
    int64_t integer;
    double real;
};

static bool real(struct horn_engine *e, struct number *out, double value) {
    *out = (struct number){.real = value};
    return isfinite(value) || horn_stop(e, HORN_ERROR, "a number that is not finite");
}

static bool whole(struct number *out, int64_t value) {
    *out = (struct number){.whole = true, .integer = value, .real = (double)value};
    return true;
}

static bool of_wholes(struct horn_engine *e, struct text op, int64_t a, int64_t b, struct number *out) {
    int64_t result;
    bool over = false;
    if (text_equal_c(op, "+")) {
        over = __builtin_add_overflow(a, b, &result);
    } else if (text_equal_c(op, "-")) {
        over = __builtin_sub_overflow(a, b, &result);
    } else if (text_equal_c(op, "*")) {
        over = __builtin_mul_overflow(a, b, &result);
    } else if (text_equal_c(op, "min") || text_equal_c(op, "max")) {
        result = (a < b) == text_equal_c(op, "min") ? a : b;
    } else if (b == 0) {
        return horn_stop(e, HORN_ERROR, "division by zero");
    } else if (a == INT64_MIN && b == -1) {
        over = true, result = 0;
    } else if (text_equal_c(op, "//")) {
        result = a / b;
    } else if (text_equal_c(op, "mod")) {
        result = a % b;
        if (result != 0 && (result < 0) != (b < 0)) result += b; /* the sign of the divisor */
    } else if (a % b == 0) {
        result = a / b;
    } else {
        return real(e, out, (double)a / (double)b);
    }
    return over ? horn_stop(e, HORN_ERROR, "a whole number that is too large") : whole(out, result);
}

static bool of_reals(struct horn_engine *e, struct text op, double a, double b, struct number *out) {
    if (text_equal_c(op, "+")) return real(e, out, a + b);
    if (text_equal_c(op, "-")) return real(e, out, a - b);
    if (text_equal_c(op, "*")) return real(e, out, a * b);
    if (text_equal_c(op, "min")) return real(e, out, a < b ? a : b);
    if (text_equal_c(op, "max")) return real(e, out, a > b ? a : b);
    if (!text_equal_c(op, "/")) return horn_stop(e, HORN_ERROR, "// and mod need whole numbers");
    return b == 0 ? horn_stop(e, HORN_ERROR, "division by zero") : real(e, out, a / b);
}

static bool is_operation(const struct horn_term *t) {
    static const char *const two[] = {"+", "-", "*", "/", "//", "mod", "min", "max"};
    if (t->kind != HORN_COMPOUND) return false;
    if (t->n == 1) return text_equal_c(t->name, "-") || text_equal_c(t->name, "abs");
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (t->n == 2 && text_equal_c(t->name, two[i])) return true;
    return false;
}

static bool evaluate(struct horn_engine *e, struct horn_term *t, struct number *out, size_t depth) {
    struct number a, b;
    t = horn_value(t);
    if (depth > HORN_TERM_DEPTH_MOST) return horn_stop(e, HORN_UNKNOWN, "limit: a term nests too deep");
    if (t->kind == HORN_INTEGER) return whole(out, t->integer);
    if (t->kind == HORN_REAL) return real(e, out, t->real);
    if (t->kind == HORN_VARIABLE) return horn_stop(e, HORN_ERROR, "arithmetic with a variable that has no value");
    if (!is_operation(t)) return horn_stop(e, HORN_ERROR, "arithmetic with something that is no number");
    if (!evaluate(e, t->argument[0], &a, depth + HORN_LEVEL)) return false;
    if (t->n == 1) {
        bool flip = text_equal_c(t->name, "-") || a.real < 0;
        if (!flip) return *out = a, true;
        if (!a.whole) return real(e, out, -a.real);
        return a.integer == INT64_MIN ? horn_stop(e, HORN_ERROR, "a whole number that is too large")
                                      : whole(out, -a.integer);
    }
    if (!evaluate(e, t->argument[1], &b, depth + HORN_LEVEL)) return false;
    return a.whole && b.whole ? of_wholes(e, t->name, a.integer, b.integer, out)
                              : of_reals(e, t->name, a.real, b.real, out);
}

static int order(const struct number *a, const struct number *b) {
    if (a->whole && b->whole) return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->real > b->real) - (a->real < b->real);
}

static enum goal_result compared(struct horn_engine *e, const struct horn_term *g) {
    struct number a, b;
    if (!evaluate(e, g->argument[0], &a, 0) || !evaluate(e, g->argument[1], &b, 0)) return GOAL_STOP;
    int is = order(&a, &b);
    struct text op = g->name;
    bool yes = text_equal_c(op, "<")     ? is < 0
               : text_equal_c(op, ">")   ? is > 0
               : text_equal_c(op, "=<")  ? is <= 0
               : text_equal_c(op, ">=")  ? is >= 0
               : text_equal_c(op, "=:=") ? is == 0
                                         : is != 0;
    return yes ? GOAL_YES : GOAL_NO;
}

static enum goal_result assigned(struct horn_engine *e, const struct horn_term *g) {
    struct number n;
    if (!evaluate(e, g->argument[1], &n, 0)) return GOAL_STOP;
    struct horn_term *t = horn_push(e, n.whole ? HORN_INTEGER : HORN_REAL, 0);
    if (!t) return GOAL_STOP;
    t->integer = n.integer, t->real = n.real;
    return horn_unify(e, g->argument[0], t) ? GOAL_YES : e->stop == HORN_PROVED ? GOAL_NO : GOAL_STOP;
}

/* ---- terms ---- */

static bool identical(const struct horn_term *a, const struct horn_term *b) {
    a = horn_value((struct horn_term *)a), b = horn_value((struct horn_term *)b);
    if (a == b) return true;
    if (a->kind != b->kind || a->kind == HORN_VARIABLE || a->n != b->n) return false;
    if (a->kind == HORN_INTEGER) return a->integer == b->integer;
    if (a->kind == HORN_REAL) return a->real == b->real;
    bool same = text_equal(a->name, b->name);
    for (size_t i = 0; i < a->n && same; i++) same = identical(a->argument[i], b->argument[i]);
    return same;
}

static enum goal_result yes(bool is) {
    return is ? GOAL_YES : GOAL_NO;
}

static enum goal_result unified(struct horn_engine *e, struct horn_term *a, struct horn_term *b, bool keep) {
    size_t trail = e->n_trail;
    bool is = horn_unify(e, a, b);
    if (e->stop != HORN_PROVED) return GOAL_STOP;
    if (!is || !keep) horn_undo(e, trail);
    return yes(is == keep);
}

static enum goal_result length(struct horn_engine *e, const struct horn_term *g) {
    struct horn_term *t = horn_value(g->argument[0]);
    int64_t n = 0;
    for (; is_pair(t); t = horn_value(t->argument[1])) n++;
    if (t->kind == HORN_VARIABLE) {
        horn_stop(e, HORN_ERROR, "the length of a list that is open at its end");
        return GOAL_STOP;
    }
    if (!is_list_end(t)) return GOAL_NO;
    struct horn_term *count = horn_push(e, HORN_INTEGER, 0);
    if (!count) return GOAL_STOP;
    count->integer = n;
    return unified(e, g->argument[1], count, true);
}

static enum goal_result first_member(struct horn_engine *e, const struct horn_term *g) {
    struct horn_term *t = horn_value(g->argument[1]);
    for (; is_pair(t); t = horn_value(t->argument[1])) {
        enum goal_result r = unified(e, g->argument[0], t->argument[0], true);
        if (r != GOAL_NO) return r;
    }
    if (t->kind != HORN_VARIABLE) return GOAL_NO;
    horn_stop(e, HORN_ERROR, "a member of a list that is open at its end");
    return GOAL_STOP;
}

static enum goal_result tested(const struct horn_term *g) {
    struct horn_term *t = horn_value(g->argument[0]);
    struct text name = g->name;
    if (text_equal_c(name, "var")) return yes(t->kind == HORN_VARIABLE);
    if (text_equal_c(name, "nonvar")) return yes(t->kind != HORN_VARIABLE);
    if (text_equal_c(name, "integer")) return yes(t->kind == HORN_INTEGER);
    if (text_equal_c(name, "number")) return yes(t->kind == HORN_INTEGER || t->kind == HORN_REAL);
    if (text_equal_c(name, "compound")) return yes(t->kind == HORN_COMPOUND);
    if (text_equal_c(name, "atom")) return yes(t->kind == HORN_ATOM && !is_list_end(t));
    if (text_equal_c(name, "atomic")) return yes(t->kind != HORN_VARIABLE && t->kind != HORN_COMPOUND);
    while (is_pair(t)) t = horn_value(t->argument[1]); /* is_list */
    return yes(is_list_end(t));
}

enum goal_result horn_decide(struct horn_engine *e, struct horn_term *g, struct horn_term **list) {
    struct text name = g->name;
    if (g->n == 0) return yes(text_equal_c(name, "true"));
    if (g->n == 1) return text_equal_c(name, "\\+") ? horn_negated(e, horn_value(g->argument[0])) : tested(g);
    if (text_equal_c(name, "=")) return unified(e, g->argument[0], g->argument[1], true);
    if (text_equal_c(name, "\\=")) return unified(e, g->argument[0], g->argument[1], false);
    if (text_equal_c(name, "==")) return yes(identical(g->argument[0], g->argument[1]));
    if (text_equal_c(name, "\\==")) return yes(!identical(g->argument[0], g->argument[1]));
    if (text_equal_c(name, "is")) return assigned(e, g);
    if (text_equal_c(name, "length")) return length(e, g);
    if (text_equal_c(name, "memberchk")) return first_member(e, g);
    if (!text_equal_c(name, "member")) return compared(e, g);
    *list = horn_value(g->argument[1]);
    return GOAL_CHOICES;
}
