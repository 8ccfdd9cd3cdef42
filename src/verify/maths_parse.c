/* Reads an answer as an expression, by descent: sum, product (also without a sign), power, atom. See
 * maths_expression.h. */
#include "verify/maths_expression.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

enum { DEPTH_MOST = 60, DIGITS_MOST = 60 };

struct parser {
    struct text t;
    size_t at;
    struct arena *arena;
    struct error *err;
    unsigned depth;
};

static const struct maths_node *read_sum(struct parser *p);

/* ---- names */

static const char *const greek[] = {"alpha", "beta",  "gamma",  "delta", "epsilon", "zeta", "eta",
                                    "theta", "kappa", "lambda", "mu",    "nu",      "xi",   "rho",
                                    "sigma", "tau",   "phi",    "chi",   "psi",     "omega"};
static const struct {
    const char *name;
    complex double (*apply)(complex double);
} functions[] = {
    {"cot", NULL},     {"sec", NULL},     {"csc", NULL},   {"sqrt", csqrt}, {"abs", NULL},   {"arcsin", casin},
    {"arccos", cacos}, {"arctan", catan}, {"sinh", csinh}, {"cosh", ccosh}, {"tanh", ctanh}, {"sin", csin},
    {"cos", ccos},     {"tan", ctan},     {"ln", clog},    {"log", clog},   {"exp", cexp},
};
enum { COT, SEC, CSC, SQRT, ABSOLUTE, FUNCTIONS = sizeof functions / sizeof *functions };

complex double maths_apply(unsigned function, complex double x) {
    if (function == COT) return ccos(x) / csin(x);
    if (function == SEC) return 1 / ccos(x);
    if (function == CSC) return 1 / csin(x);
    if (function == ABSOLUTE) return cabs(x);
    return functions[function].apply(x);
}

/* ---- nodes */

static struct maths_node *node_new(struct parser *p, enum maths_kind kind, const struct maths_node *a,
                                   const struct maths_node *b) {
    struct maths_node *node = arena_new(p->arena, struct maths_node, 1, p->err);
    if (node) *node = (struct maths_node){.kind = kind, .a = a, .b = b};
    return node;
}

static const struct maths_node *number(struct parser *p, complex double value) {
    struct maths_node *node = node_new(p, MATHS_NUMBER, NULL, NULL);
    if (node) node->value = value;
    return node;
}

static const struct maths_node *apply(struct parser *p, unsigned function, const struct maths_node *x) {
    struct maths_node *node = x ? node_new(p, MATHS_FUNCTION, x, NULL) : NULL;
    if (node) node->function = function;
    return node;
}

/* ---- characters */

static void skip(struct parser *p) {
    for (;;) {
        while (p->at < p->t.len && isspace((unsigned char)p->t.at[p->at])) p->at++;
        struct text rest = text_part(p->t, p->at, p->t.len);
        if (!text_starts(rest, TEXT("\\,")) && !text_starts(rest, TEXT("\\!")) && !text_starts(rest, TEXT("\\ ")))
            return;
        p->at += 2;
    }
}

/* The normal form has no blanks, so \cotx is \cot x: what begins a longer name is tried behind it. */
static bool take(struct parser *p, const char *word) {
    struct text t = text_of(word);
    skip(p);
    if (!text_starts(text_part(p->t, p->at, p->t.len), t)) return false;
    p->at += t.len;
    return true;
}

static char peek(struct parser *p) {
    skip(p);
    return p->at < p->t.len ? p->t.at[p->at] : 0;
}

/* ---- atoms */

static const struct maths_node *read_until(struct parser *p, const char *end) {
    const struct maths_node *inside = read_sum(p);
    return inside && take(p, end) ? inside : NULL;
}

static const struct maths_node *read_number(struct parser *p) {
    char digits[DIGITS_MOST + 1];
    size_t n = 0;
    double value;
    bool point = false;
    while (p->at < p->t.len && n < DIGITS_MOST) {
        char c = p->t.at[p->at];
        if (c == '.' && point) break;
        if (c != '.' && !isdigit((unsigned char)c)) break;
        point |= c == '.';
        digits[n++] = c;
        p->at++;
    }
    return n < DIGITS_MOST && text_to_f64((struct text){digits, n}, &value) ? number(p, value) : NULL;
}

/* Letters, i, e. */
static const struct maths_node *read_letter(struct parser *p) {
    unsigned char c = (unsigned char)p->t.at[p->at++];
    if (c == 'i') return number(p, I);
    if (c == 'e') return number(p, M_E);
    struct maths_node *node = node_new(p, MATHS_LETTER, NULL, NULL);
    if (node) node->letter = c;
    return node;
}

/* An argument of a command: {group}, or one digit or letter. */
static const struct maths_node *read_argument(struct parser *p) {
    if (take(p, "{")) return read_until(p, "}");
    char c = peek(p);
    if (!isdigit((unsigned char)c)) return isalpha((unsigned char)c) ? read_letter(p) : NULL;
    p->at++;
    return number(p, c - '0');
}

static const struct maths_node *read_root(struct parser *p) {
    const struct maths_node *degree = NULL;
    if (take(p, "[") && !(degree = read_until(p, "]"))) return NULL;
    const struct maths_node *inside = read_argument(p);
    if (!inside || !degree) return apply(p, SQRT, inside);
    const struct maths_node *one = number(p, 1), *share = one ? node_new(p, MATHS_QUOTIENT, one, degree) : NULL;
    return share ? node_new(p, MATHS_POWER, inside, share) : NULL;
}

static const struct maths_node *read_atom(struct parser *p);

/* sin x, \sin(x), \sin^2 x: the argument is the next power. */
static const struct maths_node *read_function(struct parser *p, unsigned function) {
    const struct maths_node *power = NULL;
    if (take(p, "^") && !(power = read_argument(p))) return NULL;
    const struct maths_node *x = read_atom(p);
    if (x && take(p, "^")) {
        const struct maths_node *exponent = read_argument(p);
        x = exponent ? node_new(p, MATHS_POWER, x, exponent) : NULL;
    }
    const struct maths_node *value = apply(p, function, x);
    return value && power ? node_new(p, MATHS_POWER, value, power) : value;
}

static const struct maths_node *read_command(struct parser *p) {
    if (take(p, "\\frac")) {
        const struct maths_node *a = read_argument(p), *b = a ? read_argument(p) : NULL;
        return b ? node_new(p, MATHS_QUOTIENT, a, b) : NULL;
    }
    if (take(p, "\\sqrt")) return read_root(p);
    if (take(p, "\\pi")) return number(p, M_PI);
    for (unsigned f = 0; f < FUNCTIONS; f++) {
        char name[16];
        snprintf(name, sizeof name, "\\%s", functions[f].name);
        if (take(p, name)) return read_function(p, f);
    }
    for (unsigned g = 0; g < sizeof greek / sizeof *greek; g++) {
        char name[16];
        snprintf(name, sizeof name, "\\%s", greek[g]);
        if (!take(p, name)) continue;
        struct maths_node *node = node_new(p, MATHS_LETTER, NULL, NULL);
        if (node) node->letter = 128 + g;
        return node;
    }
    return NULL;
}

/* A function by its plain name: sqrt(2), sin(x). */
static const struct maths_node *read_word(struct parser *p) {
    struct text rest = text_part(p->t, p->at, p->t.len);
    for (unsigned f = 0; f < FUNCTIONS; f++) {
        struct text name = text_of(functions[f].name);
        if (!text_starts(rest, name) || rest.len <= name.len || rest.at[name.len] != '(') continue;
        p->at += name.len;
        return read_function(p, f);
    }
    if (text_starts(rest, TEXT("pi")) && (rest.len == 2 || !isalpha((unsigned char)rest.at[2]))) {
        p->at += 2;
        return number(p, M_PI);
    }
    return read_letter(p);
}

static const struct maths_node *read_atom(struct parser *p) {
    char c = peek(p);
    if (isdigit((unsigned char)c) || c == '.') return read_number(p);
    if (isalpha((unsigned char)c)) return read_word(p);
    if (c == '\\') return read_command(p);
    if (take(p, "(")) return read_until(p, ")");
    if (take(p, "{")) return read_until(p, "}");
    if (take(p, "[")) return read_until(p, "]");
    if (take(p, "|")) return apply(p, ABSOLUTE, read_until(p, "|"));
    return NULL;
}

/* ---- operators */

static const struct maths_node *read_signed(struct parser *p);

static const struct maths_node *read_power(struct parser *p) {
    const struct maths_node *base = read_atom(p);
    if (!base || (!take(p, "**") && !take(p, "^"))) return base;
    const struct maths_node *exponent =
        peek(p) == '{' || isdigit((unsigned char)peek(p)) ? read_argument(p) : read_signed(p);
    if (exponent && take(p, "^")) { /* right to left */
        const struct maths_node *next = read_argument(p);
        exponent = next ? node_new(p, MATHS_POWER, exponent, next) : NULL;
    }
    return exponent ? node_new(p, MATHS_POWER, base, exponent) : NULL;
}

static const struct maths_node *read_signed(struct parser *p) {
    if (take(p, "+")) return read_signed(p);
    if (!take(p, "-")) return read_power(p);
    const struct maths_node *x = read_signed(p);
    return x ? node_new(p, MATHS_NEGATED, x, NULL) : NULL;
}

/* Whether something that can be a factor begins here, without a sign of multiplication. */
static bool factor_follows(struct parser *p) {
    char c = peek(p);
    if (isalnum((unsigned char)c) || c == '(' || c == '{') return true;
    if (c != '\\') return false;
    size_t before = p->at;
    bool sign = take(p, "\\pm") || take(p, "\\mp");
    p->at = before;
    return !sign;
}

static const struct maths_node *read_product(struct parser *p) {
    const struct maths_node *left = read_signed(p);
    while (left) {
        enum maths_kind kind = MATHS_PRODUCT;
        const struct maths_node *right;
        if (take(p, "/") || take(p, "\\div")) {
            kind = MATHS_QUOTIENT;
            right = read_signed(p);
        } else if (take(p, "*") || take(p, "\\cdot") || take(p, "\\times")) {
            right = read_signed(p);
        } else if (factor_follows(p)) {
            right = read_power(p);
        } else {
            return left;
        }
        left = right ? node_new(p, kind, left, right) : NULL;
    }
    return NULL;
}

static const struct maths_node *read_sum(struct parser *p) {
    if (++p->depth > DEPTH_MOST) return NULL;
    const struct maths_node *left;
    if (take(p, "\\pm")) {
        const struct maths_node *zero = number(p, 0), *x = read_product(p);
        left = zero && x ? node_new(p, MATHS_SIGNED, zero, x) : NULL;
    } else {
        left = read_product(p);
    }
    while (left) {
        enum maths_kind kind = take(p, "\\pm") ? MATHS_SIGNED
                               : take(p, "+")  ? MATHS_SUM
                               : take(p, "-")  ? MATHS_DIFFERENCE
                                               : MATHS_NUMBER;
        if (kind == MATHS_NUMBER) break;
        const struct maths_node *right = read_product(p);
        left = right ? node_new(p, kind, left, right) : NULL;
    }
    p->depth--;
    return left;
}

const struct maths_node *maths_parse(struct text t, struct arena *arena, struct error *err) {
    struct parser p = {.t = t, .arena = arena, .err = err};
    if (t.len > 2000) return NULL;
    const struct maths_node *all = read_sum(&p);
    skip(&p);
    return all && p.at == t.len ? all : NULL;
}
