/* Expressions of one answer: read from LaTeX or plain text, evaluated at points of the complex plane. */
#ifndef VERIFY_MATHS_EXPRESSION_H
#define VERIFY_MATHS_EXPRESSION_H

#include "base/text.h"

#include <complex.h>

enum maths_kind {
    MATHS_NUMBER,
    MATHS_LETTER,
    MATHS_NEGATED,
    MATHS_SUM,
    MATHS_DIFFERENCE,
    MATHS_PRODUCT,
    MATHS_QUOTIENT,
    MATHS_POWER,
    MATHS_SIGNED, /* a plus or minus b */
    MATHS_FUNCTION,
};

struct maths_node {
    enum maths_kind kind;
    complex double value; /* of a number or constant */
    unsigned letter;      /* of a letter: an ASCII letter, or above 127 a Greek one by its place among the names */
    unsigned function;    /* place in the table of maths_parse.c */
    const struct maths_node *a, *b;
};

/* i is the imaginary unit, e Euler's number, \pi pi; |x|, \sqrt[n]{x}, \frac, functions, degrees. NULL without an
 * error: this is no expression (or nests too deep). NULL with one: out of memory. */
const struct maths_node *maths_parse(struct text t, struct arena *arena, struct error *err);
/* Letters without a value, counted; powers that stand inside an exponent. */
size_t maths_letters(const struct maths_node *node, bool seen[256]);
bool maths_has_nested_power(const struct maths_node *node);
/* sign: what \pm stands for, 1 or -1. letters: values by letter. */
complex double maths_value(const struct maths_node *node, const complex double letters[256], double sign);
/* The names of functions and of Greek letters, for the parser and the values. */
complex double maths_apply(unsigned function, complex double x);

#endif
