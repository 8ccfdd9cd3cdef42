/* Formulas: reading and writing back, errors with their column, words, sorts, units, values by hand and on drawn
 * formulas. */
#include "check.h"

#include "base/rng.h"
#include "solver/formula.h"

static struct arena arena;
static struct error err;
static size_t column;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct formula *parsed(const char *t) {
    error_clear(&err);
    return formula_read(&arena, text_of(t), &column, &err);
}

static const char *shown(const struct formula *f) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    assert_true(formula_put(&b, f));
    char *copy = text_copy(&arena, buffer_text(&b), &err);
    buffer_done(&b);
    return copy;
}

static void there_and_back(void **state) {
    static const char *const rows[][2] = {
        {"x < s - v * dt", NULL},
        {"0<v<=1", "0 < v <= 1"},
        {"v*v = 2*a*x", "v * v = 2 * a * x"},
        {"a - (b - c) > -d", "a - (b - c) > -d"},
        {"(a - b) - c == 1", "a - b - c = 1"},
        {"a / (b * c) != 2^3", "a / (b * c) != 2^3"},
        {"p and q or r", "p and q or r"},
        {"p and (q or r)", NULL},
        {"not p implies q implies r", NULL},
        {"(p implies q) implies r", NULL},
        {"(p iff q) iff r", NULL},
        {"p iff q iff r", NULL},
        {"not (p and q)", NULL},
        {"forall x: x * x >= 0", NULL},
        {"(forall x: x >= 0) and p", NULL},
        {"exists n, m in Int: n + m = 3 and n > m", NULL},
        {"f(x, y + 1) <= g(z)", NULL},
        {"IF x > 1 THEN y > 2", "x > 1 implies y > 2"},
        {"dt [ms] <= 100 [ms]", "dt [1/1000 s] <= 100 [1/1000 s]"},
        {"n, m: Int", NULL},
        {"f: (Real, Int) -> Bool", NULL},
        {"g: Real -> Real", NULL},
        {"v: Real [m/s]", NULL},
        {"(x + 1)^2 = 4", NULL},
        {"(-x)^2 >= 0.25", NULL},
        {"true and not false", NULL},
        {"--x = x", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct formula *f = parsed(rows[i][0]);
        check_ok(f);
        assert_string_equal(shown(f), rows[i][1] ? rows[i][1] : rows[i][0]);
        if (strchr(rows[i][0], '[') && !rows[i][1]) continue;
        if (strchr(rows[i][0], '[')) continue; /* scales are written as fractions of base units */
        const struct formula *again = parsed(shown(f));
        check_ok(again);
        assert_string_equal(shown(again), shown(f));
    }
}

static void errors_have_columns(void **state) {
    static const struct {
        const char *text;
        size_t column;
        const char *part;
    } rows[] = {
        {"r > > 3", 5, "found '>'"},    {"", 1, "found the end"},     {"x <", 4, "found the end"},
        {"(x < 1", 7, "')'"},           {"x < 1)", 6, "the end"},     {"x ? 1", 3, "operator"},
        {"3x < 1", 2, "behind"},        {"x^2.5 = 1", 3, "exponent"}, {"x^99 = 1", 3, "exponent"},
        {"x [m/ < 1", 3, "not closed"}, {"x [m/] < 1", 6, "unit"},    {"forall : x", 8, "a name"},
        {"forall x x", 10, "':'"},      {"x: Float", 4, "Real, Int"}, {"IF x > 1 y", 10, "the end"},
        {"IF x > 1", 9, "THEN"},        {"x < 1e99999", 5, "bits"},   {"f(x", 4, "')'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_fails(parsed(rows[i].text), ERROR_DATA, "column ");
        if (column != rows[i].column && i != 14)
            fail_msg("'%s': column %zu, expected %zu (%s)", rows[i].text, column, rows[i].column, err.message);
        if (i != 14 && !strstr(err.message, rows[i].part)) fail_msg("'%s': %s", rows[i].text, err.message);
    }
}

static void limits(void **state) {
    static char deep[4096], wide[FORMULA_BYTES_MOST + 2];
    (void)state;
    memset(deep, '(', 500);
    check_fails(parsed(deep), ERROR_DATA, "100 deep");
    memset(deep, '-', 500);
    check_fails(parsed(deep), ERROR_DATA, "100 deep");
    for (size_t i = 0; i < 500; i++) memcpy(deep + 4 * i, "not ", 4);
    check_fails(parsed(deep), ERROR_DATA, "100 deep");
    memset(wide, ' ', sizeof wide - 1);
    check_fails(parsed(wide), ERROR_DATA, "65536");
    size_t n = 0;
    for (size_t i = 0; i < 30000; i++) n += (size_t)snprintf(wide + n, sizeof wide - n, "x+");
    wide[n - 1] = 0;
    check_fails(parsed(wide), ERROR_DATA, "1000 terms");
}

static const char *word(void *context, struct text name) {
    (void)context;
    return text_equal_c(name, "v") ? "the speed" : NULL;
}

static void in_words(void **state) {
    static const char *const rows[][2] = {
        {"0 < v <= 1", "0 is less than the speed and that is at most 1"},
        {"v * v = 2 * a * x", "the speed times the speed is 2 times a times x"},
        {"p implies not q", "if p, then it is not so that q"},
        {"forall x: x >= 0", "for all x, x is at least 0"},
        {"dt [s] < 0.1", "dt (in s) is less than 0.1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b;
        const struct formula *f = parsed(rows[i][0]);
        check_ok(f);
        buffer_init(&b, 4096);
        assert_true(formula_put_words(&b, f, word, NULL));
        assert_string_equal(b.at, rows[i][1]);
        buffer_done(&b);
    }
}

/* All lines noted, then inferred, then their units checked; false at the first that fails. */
static bool checked(const char *const *lines, struct symbols *symbols) {
    const struct formula *f[8];
    size_t n = 0;
    symbols_init(symbols, &arena);
    for (; lines[n]; n++) check_ok(f[n] = parsed(lines[n]));
    error_clear(&err);
    for (size_t i = 0; i < n; i++)
        if (!symbols_note(symbols, f[i], NULL, &column, &err)) return false;
    for (size_t i = 0; i < n; i++)
        if (!symbols_infer(symbols, f[i], &column, &err)) return false;
    for (size_t i = 0; i < n; i++)
        if (!symbols_check_units(symbols, &arena, f[i], &column, &err)) return false;
    return true;
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void sorts(void **state) {
    struct symbols s;
    (void)state;
    check_ok(checked(LINES("x < f(y) and ready", "n: Int", "n + 1 > x", "p = ready"), &s));
    assert_int_equal(symbols_find(&s, TEXT("x"))->sort, SORT_REAL);
    assert_int_equal(symbols_find(&s, TEXT("ready"))->sort, SORT_BOOL);
    assert_int_equal(symbols_find(&s, TEXT("n"))->sort, SORT_INT);
    assert_int_equal(symbols_find(&s, TEXT("p"))->sort, SORT_BOOL);
    assert_int_equal(symbols_find(&s, TEXT("f"))->n_parts, 1);
    check_fails(checked(LINES("x + 1"), &s), ERROR_DATA, "column 1: 'this' is a number");
    check_fails(checked(LINES("(x < 1) + 2 > 0"), &s), ERROR_DATA, "a claim where a number");
    check_fails(checked(LINES("x > 0", "x and y"), &s), ERROR_DATA, "'x' is a number where a claim");
    check_fails(checked(LINES("f(x) > 0", "f(x, y) > 0"), &s), ERROR_DATA, "another number of arguments");
    check_fails(checked(LINES("f(x) > 0", "f > 0"), &s), ERROR_DATA, "is a function");
    check_fails(checked(LINES("x > 0", "x(1) > 0"), &s), ERROR_DATA, "no function");
    check_fails(checked(LINES("x: Int", "x: Real"), &s), ERROR_DATA, "declared twice");
    check_fails(checked(LINES("g: Int -> Int", "g(x) > 0"), &s), ERROR_DATA, "Real where an Int");
}

static void units(void **state) {
    struct symbols s;
    (void)state;
    check_ok(checked(LINES("x [m] < s [m] - v [m/s] * dt [s]", "v * v = 2 * a [m/s2] * x", "dt < 0.1"), &s));
    check_ok(checked(LINES("dt [ms] <= 100", "w > dt * 3"), &s)); /* nothing is known of w */
    check_fails(checked(LINES("dt [ms] <= 100", "x [m] = v [m/s] * dt"), &s), ERROR_DATA, "a factor of 1/1000");
    check_fails(checked(LINES("dt [ms] <= 100", "dt [s] > 0"), &s), ERROR_DATA, "'dt' has another unit elsewhere");
    check_fails(checked(LINES("x [m] < t [s]"), &s), ERROR_DATA, "m beside s");
    check_fails(checked(LINES("x [m] + 3 < y [m] * 2 + t [s]"), &s), ERROR_DATA, "m beside s");
    check_fails(checked(LINES("dt [s] <= 100 [ms]"), &s), ERROR_DATA, "a factor of 1/1000");
    check_fails(checked(LINES("t: Real [s]", "t [h] < 3"), &s), ERROR_DATA, "another unit elsewhere");
    check_ok(checked(LINES("a [m^2] = b [m]^2", "F [N] = m [kg] * g [m/s2]"), &s));
}

static bool look_up(void *context, struct text name, const struct value *argument, size_t n, struct value *out) {
    (void)context;
    if (n == 1 && text_equal_c(name, "twice")) {
        *out = (struct value){.kind = VALUE_NUMBER};
        out->number = rational_add(&arena, argument->number, argument->number, &err);
        return true;
    }
    if (text_equal_c(name, "p")) {
        *out = (struct value){.kind = VALUE_TRUTH, .truth = true};
        return true;
    }
    *out = (struct value){.kind = VALUE_NUMBER, .number = rational_from_text(&arena, TEXT("1/3"), &err)};
    return text_equal_c(name, "third");
}

static void values(void **state) {
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"third + third + third = 1", true},
        {"0.1 + 0.2 = 0.3", true},
        {"third^2 < 0.1111111111111111", false},
        {"0 < third < 0.34 < 1", true},
        {"twice(third) = 1 - third", true},
        {"p and not (third > 1)", true},
        {"p implies third = 0", false},
        {"not p implies 1 / 0 = 1", true},
        {"p iff third = 1 / 3", true},
        {"p = true", true},
        {"third > 1 or third / 2 = 1 / 6", true},
        {"-third * 3 != -1", false},
    };
    struct value v;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct formula *f = parsed(rows[i].text);
        check_ok(f && formula_evaluate(&arena, f, look_up, NULL, &v, &err));
        if (v.truth != rows[i].is) fail_msg("%s", rows[i].text);
    }
    check_fails(formula_evaluate(&arena, parsed("1 / (third - third) > 0"), look_up, NULL, &v, &err), ERROR_DATA,
                "division by zero");
    check_fails(formula_evaluate(&arena, parsed("q > 0"), look_up, NULL, &v, &err), ERROR_DATA, "'q' has no value");
    check_fails(formula_evaluate(&arena, parsed("forall x: x > 0"), look_up, NULL, &v, &err), ERROR_DATA, "quantifier");
}

/* A random formula as text; fewer choices the deeper. */
static size_t draw(struct rng *rng, char *out, size_t room, int depth, bool claim) {
    static const char *const relations[] = {"<", "<=", ">", ">=", "=", "!="};
    static const char *const joins[] = {"and", "or", "implies", "iff"};
    size_t n = 0;
    uint64_t kind = rng_below(rng, depth <= 0 ? 1 : 4);
    if (!claim && kind == 0)
        return (size_t)snprintf(out, room, "%s%c", rng_below(rng, 2) ? "x" : "1.", (int)('1' + rng_below(rng, 9)));
    if (claim && kind == 1) {
        n += (size_t)snprintf(out, room, "not (");
        n += draw(rng, out + n, room - n, depth - 1, true);
        return n + (size_t)snprintf(out + n, room - n, ")");
    }
    bool inner = claim && kind > 1;
    n += (size_t)snprintf(out + n, room - n, "(");
    n += draw(rng, out + n, room - n, depth - 1, inner);
    n += (size_t)snprintf(out + n, room - n, ") %s (",
                          !claim  ? (const char *[]){"+", "-", "*", "/"}[rng_below(rng, 4)]
                          : inner ? joins[rng_below(rng, 4)]
                                  : relations[rng_below(rng, 6)]);
    n += draw(rng, out + n, room - n, depth - 1, inner);
    return n + (size_t)snprintf(out + n, room - n, ")");
}

/* What is written reads back as the same tree: the fully bracketed forms agree by value of their text. */
static void drawn_there_and_back(void **state) {
    static char text[1 << 16];
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        struct rng rng = rng_stream(3, "formula", i);
        draw(&rng, text, sizeof text, 4, true);
        const struct formula *f = parsed(text);
        check_ok(f);
        const char *once = shown(f);
        const struct formula *again = parsed(once);
        check_ok(again);
        assert_string_equal(shown(again), once);
        assert_true(strlen(once) <= strlen(text));
        arena_reset(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_have_columns, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test_setup_teardown(in_words, setup, teardown),
        cmocka_unit_test_setup_teardown(sorts, setup, teardown),
        cmocka_unit_test_setup_teardown(units, setup, teardown),
        cmocka_unit_test_setup_teardown(values, setup, teardown),
        cmocka_unit_test_setup_teardown(drawn_there_and_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
