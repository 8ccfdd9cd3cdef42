/* Tests of templates (x is odd): one table. */
#include "lm/template/jinja_internal.h"

enum test {
    TEST_DEFINED,
    TEST_UNDEFINED,
    TEST_NONE,
    TEST_STRING,
    TEST_NUMBER,
    TEST_INTEGER,
    TEST_FLOAT,
    TEST_BOOLEAN,
    TEST_TRUE,
    TEST_FALSE,
    TEST_MAPPING,
    TEST_ITERABLE,
    TEST_SEQUENCE,
    TEST_CALLABLE,
    TEST_EQUAL,
    TEST_UNEQUAL,
    TEST_LESS,
    TEST_GREATER,
    TEST_LESS_EQUAL,
    TEST_GREATER_EQUAL,
    TEST_IN,
    TEST_ODD,
    TEST_EVEN,
    TEST_DIVISIBLE,
    TEST_LOWER,
    TEST_UPPER,
};

static const struct {
    const char *name;
    enum test test;
} tests[] = {
    {"defined", TEST_DEFINED}, {"undefined", TEST_UNDEFINED}, {"none", TEST_NONE}, {"string", TEST_STRING},
    {"number", TEST_NUMBER}, {"integer", TEST_INTEGER}, {"float", TEST_FLOAT}, {"boolean", TEST_BOOLEAN},
    {"true", TEST_TRUE}, {"false", TEST_FALSE}, {"mapping", TEST_MAPPING}, {"iterable", TEST_ITERABLE},
    {"sequence", TEST_SEQUENCE}, {"callable", TEST_CALLABLE}, {"equalto", TEST_EQUAL}, {"eq", TEST_EQUAL},
    {"ne", TEST_UNEQUAL}, {"lt", TEST_LESS}, {"lessthan", TEST_LESS}, {"gt", TEST_GREATER},
    {"greaterthan", TEST_GREATER},
    {"le", TEST_LESS_EQUAL}, {"ge", TEST_GREATER_EQUAL}, {"in", TEST_IN}, {"odd", TEST_ODD}, {"even", TEST_EVEN},
    {"divisibleby", TEST_DIVISIBLE}, {"lower", TEST_LOWER}, {"upper", TEST_UPPER},
};

static int find_test(struct text name) {
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        if (text_equal_c(name, tests[i].name)) return (int)tests[i].test;
    return -1;
}

bool jinja_test_known(struct text name) {
    return find_test(name) >= 0;
}

static bool test_kind(enum test test, const struct value *v) {
    const json_t *j = v->kind == VALUE_JSON ? v->json : NULL;
    switch (test) {
    case TEST_DEFINED: return v->kind != VALUE_UNDEFINED;
    case TEST_UNDEFINED: return v->kind == VALUE_UNDEFINED;
    case TEST_NONE: return json_is_null(j);
    case TEST_STRING: return json_is_string(j);
    case TEST_NUMBER: return json_is_number(j) || json_is_boolean(j);
    case TEST_INTEGER: return json_is_integer(j);
    case TEST_FLOAT: return json_is_real(j);
    case TEST_BOOLEAN: return json_is_boolean(j);
    case TEST_TRUE: return json_is_true(j);
    case TEST_FALSE: return json_is_false(j);
    case TEST_MAPPING: return json_is_object(j);
    case TEST_ITERABLE:
    case TEST_SEQUENCE: return json_is_array(j) || json_is_string(j) || json_is_object(j);
    default: return v->kind == VALUE_MACRO || v->kind == VALUE_FUNCTION || v->kind == VALUE_METHOD;
    }
}

static bool test_letters(const struct value *v, bool upper) {
    struct text t = value_text(v);
    bool any = false;
    for (size_t i = 0; i < t.len; i++) {
        bool low = t.at[i] >= 'a' && t.at[i] <= 'z', up = t.at[i] >= 'A' && t.at[i] <= 'Z';
        if (upper ? low : up) return false;
        any = any || low || up;
    }
    return any;
}

static bool test_number(struct render *r, const struct node *at, enum test test, const struct value *v,
                        const struct value *argument, bool *out) {
    if (v->kind != VALUE_JSON || !json_is_integer(v->json))
        return render_error(r, at, "this test needs a whole number");
    json_int_t n = json_integer_value(v->json), by = 2;
    if (test == TEST_DIVISIBLE) by = argument && argument->kind == VALUE_JSON ? json_integer_value(argument->json) : 0;
    if (by == 0) return render_error(r, at, "division by zero");
    bool divides = by == -1 || n % by == 0;
    *out = test == TEST_ODD ? !divides : divides;
    return true;
}

bool jinja_apply_test(struct render *r, const struct node *at, struct text name, const struct value *input,
                      const struct call_arguments *args, bool *out) {
    enum test test = (enum test)find_test(name);
    const struct value *argument = call_argument(args, 0, NULL);
    if (!render_step(r, at)) return false;
    if (test <= TEST_CALLABLE) return *out = test_kind(test, input), true;
    if (test == TEST_LOWER || test == TEST_UPPER) return *out = test_letters(input, test == TEST_UPPER), true;
    if (test == TEST_ODD || test == TEST_EVEN || test == TEST_DIVISIBLE)
        return test_number(r, at, test, input, argument, out);
    if (!argument) return render_error(r, at, "test '%.*s' needs an argument", TEXT_ARG(name));
    bool both = input->kind == VALUE_JSON && argument->kind == VALUE_JSON;
    if (!render_check_value(r, at, input) || !render_check_value(r, at, argument)) return false;
    if (test == TEST_EQUAL || test == TEST_UNEQUAL) {
        *out = (both && value_equal(input->json, argument->json)) == (test == TEST_EQUAL);
        return true;
    }
    if (test == TEST_IN) return *out = both && value_contains(argument->json, input->json), true;
    bool comparable = both;
    int c = both ? value_compare(input->json, argument->json, &comparable) : 0;
    if (!comparable) return render_error(r, at, "test '%.*s' cannot compare these values", TEXT_ARG(name));
    *out = test == TEST_LESS ? c < 0 : test == TEST_GREATER ? c > 0 : test == TEST_LESS_EQUAL ? c <= 0 : c >= 0;
    return true;
}
