/* When a goal applies: see policy.h. */
#include "set/policy_lex.h"

#include <string.h>

enum { VALUES_MOST = 64 };

/* {a, b} behind "in"; one value alone needs no braces. */
static bool take_values(struct policy_reader *r, struct policy_test *test, struct error *err) {
    const char **values = arena_new(r->arena, const char *, VALUES_MOST, err);
    bool list = policy_take_mark(r, "{");
    if (!values) return false;
    do {
        if (test->n_values == VALUES_MOST) return policy_expected(r, "at most 64 values", err);
        if (!policy_take_word(r, "a value", &values[test->n_values], err)) return false;
        test->n_values++;
    } while (list && policy_take_mark(r, ","));
    test->values = values;
    return !list || policy_take_mark(r, "}") || policy_expected(r, "',' or '}'", err);
}

static bool take_test(struct policy_reader *r, struct policy_test *test, struct error *err) {
    *test = (struct policy_test){0};
    if (!policy_take_word(r, "the name of a part of the context, such as domain=health", &test->name, err))
        return false;
    if (policy_take_keyword(r, "not")) {
        test->negated = true;
        if (!policy_take_keyword(r, "in")) return policy_expected(r, "'in' behind 'not'", err);
    } else if (policy_take_mark(r, "!=")) {
        test->negated = true;
    } else if (!policy_take_mark(r, "==") && !policy_take_mark(r, "=") && !policy_take_keyword(r, "in")) {
        return policy_expected(r, "'=', '!=' or 'in' and a value", err);
    }
    return take_values(r, test, err);
}

bool policy_take_when(struct policy_reader *r, struct policy_when *out, struct error *err) {
    struct policy_test *tests = arena_new(r->arena, struct policy_test, POLICY_TESTS_MOST, err);
    size_t n = 0;
    if (!tests) return false;
    do {
        if (n == POLICY_TESTS_MOST) return policy_expected(r, "at most 16 tests", err);
        if (!take_test(r, &tests[n++], err)) return false;
    } while (policy_take_mark(r, ",") || policy_take_keyword(r, "and"));
    *out = (struct policy_when){tests, n};
    return true;
}

bool policy_when_parse(struct text source, struct arena *arena, struct policy_when *out, struct error *err) {
    struct policy_reader r = {.source = source, .what = "when", .arena = arena};
    return policy_take_when(&r, out, err) && (policy_at_end(&r) || policy_expected(&r, "',' or the end", err));
}

bool policy_when_put(struct buffer *out, const struct policy_when *when) {
    for (size_t i = 0; i < when->n; i++) {
        const struct policy_test *t = &when->tests[i];
        buffer_printf(out, "%s%s", i ? ", " : "", t->name);
        if (t->n_values == 1) {
            buffer_printf(out, "%s%s", t->negated ? " != " : "=", t->values[0]);
            continue;
        }
        buffer_printf(out, "%s{", t->negated ? " not in " : " in ");
        for (size_t k = 0; k < t->n_values; k++) buffer_printf(out, "%s%s", k ? "," : "", t->values[k]);
        buffer_put_char(out, '}');
    }
    return !out->failed;
}
