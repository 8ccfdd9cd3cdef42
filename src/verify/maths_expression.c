/* What an expression is worth at a point, and what it is made of. */
#include "verify/maths_expression.h"

size_t maths_letters(const struct maths_node *node, bool seen[256]) {
    if (!node) return 0;
    if (node->kind == MATHS_LETTER) {
        bool is_new = !seen[node->letter];
        seen[node->letter] = true;
        return is_new;
    }
    size_t left = maths_letters(node->a, seen);
    return left + maths_letters(node->b, seen);
}

static bool has_power(const struct maths_node *node) {
    return node && (node->kind == MATHS_POWER || has_power(node->a) || has_power(node->b));
}

bool maths_has_nested_power(const struct maths_node *node) {
    if (!node) return false;
    if (node->kind == MATHS_POWER && has_power(node->b)) return true;
    return maths_has_nested_power(node->a) || maths_has_nested_power(node->b);
}

/* Whole exponents by multiplication: exact where the parts are. */
static complex double power(complex double base, complex double exponent) {
    double n = creal(exponent);
    if (cimag(exponent) != 0 || n != (double)(int)n || n < -512 || n > 512) return cpow(base, exponent);
    complex double result = 1;
    for (int i = 0; i < (n < 0 ? -(int)n : (int)n); i++) result *= base;
    return n < 0 ? 1 / result : result;
}

complex double maths_value(const struct maths_node *node, const complex double letters[256], double sign) {
    complex double a = node->a ? maths_value(node->a, letters, sign) : 0;
    complex double b = node->b ? maths_value(node->b, letters, sign) : 0;
    switch (node->kind) {
    case MATHS_NUMBER:
        return node->value;
    case MATHS_LETTER:
        return letters[node->letter];
    case MATHS_NEGATED:
        return -a;
    case MATHS_SUM:
        return a + b;
    case MATHS_DIFFERENCE:
        return a - b;
    case MATHS_PRODUCT:
        return a * b;
    case MATHS_QUOTIENT:
        return a / b;
    case MATHS_POWER:
        return power(a, b);
    case MATHS_SIGNED:
        return a + sign * b;
    case MATHS_FUNCTION:
        return maths_apply(node->function, a);
    }
    return 0;
}
