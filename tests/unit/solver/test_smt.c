/* Z3 behind formulas: verdicts, minimal cores, values that our own evaluator confirms, time and steps, nearest values,
 * the same answers whatever was asked before. Skipped, by name, where Z3 is not installed. */
#include "check.h"

#include "base/rng.h"
#include "solver/smt.h"

static struct arena arena;
static struct error err;
static struct smt *smt;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    error_clear(&err);
    if (smt_there()) smt = smt_new((struct smt_limits){0}, &err);
    return smt_there() && !smt ? -1 : 0;
}

static int teardown(void **state) {
    (void)state;
    smt_free(smt);
    smt = NULL;
    arena_done(&arena);
    return 0;
}

#define NEEDS_Z3()                                                                                                     \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (!smt_there()) {                                                                                            \
            print_message("skipped: z3 is not installed\n");                                                           \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

static size_t read_lines(const char *const *text, const struct formula **f, struct symbols *symbols) {
    size_t n = 0, column;
    symbols_init(symbols, &arena);
    for (; text[n]; n++) check_ok(f[n] = formula_read(&arena, text_of(text[n]), &column, &err));
    for (size_t i = 0; i < n; i++) check_ok(symbols_note(symbols, f[i], NULL, &column, &err));
    for (size_t i = 0; i < n; i++) check_ok(symbols_infer(symbols, f[i], &column, &err));
    return n;
}

static struct smt_answer asked(const char *const *text) {
    const struct formula *f[32];
    struct symbols symbols;
    struct smt_answer a;
    size_t n = read_lines(text, f, &symbols);
    check_ok(smt_check(smt, &symbols, f, n, &arena, &a, &err));
    return a;
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *decimal(const struct smt_answer *a, const char *name) {
    for (size_t i = 0; i < a->n_values; i++)
        if (text_equal_c(a->values[i].name, name)) {
            struct buffer b;
            buffer_init(&b, 4096);
            assert_true(rational_put(&b, a->values[i].value.number));
            char *copy = text_copy(&arena, buffer_text(&b), &err);
            buffer_done(&b);
            return copy;
        }
    return "none";
}

static void vehicle(void **state) {
    NEEDS_Z3();
    struct smt_answer a = asked(LINES("s = 3", "0 < v", "v <= 1", "0.18 <= a", "a <= 0.5", "v * v = 2 * a * x",
                                      "0 < dt", "dt < 0.1", "not (x < s - v * dt)"));
    static const size_t core[] = {0, 1, 2, 3, 5, 7, 8};
    assert_int_equal(a.verdict, SMT_UNSAT);
    assert_true(a.minimal);
    assert_int_equal(a.n_core, 7);
    for (size_t i = 0; i < 7; i++) assert_int_equal(a.core[i], core[i]);
    a = asked(LINES("s = 2", "0 < v", "v <= 1", "0.18 <= a", "a <= 0.5", "v * v = 2 * a * x", "0 < dt", "dt < 0.1",
                    "not (x < s - v * dt)"));
    assert_int_equal(a.verdict, SMT_SAT);
    assert_true(a.checked);
    assert_string_equal(decimal(&a, "s"), "2");
}

static void verdicts(void **state) {
    NEEDS_Z3();
    assert_int_equal(asked(LINES("x > 1", "x < 0")).verdict, SMT_UNSAT);
    assert_int_equal(asked(LINES("x > 1")).verdict, SMT_SAT);
    assert_int_equal(asked(LINES("n: Int", "0 < n", "n < 1")).verdict, SMT_UNSAT);
    assert_int_equal(asked(LINES("n: Int", "0 < 2 * n", "n + 0.5 < 2", "x = n / 2")).verdict, SMT_SAT);
    assert_int_equal(asked(LINES("p or q", "not p", "not q")).verdict, SMT_UNSAT);
    assert_int_equal(asked(LINES("f(x) != f(y)", "x = y")).verdict, SMT_UNSAT);
    assert_int_equal(asked(LINES("forall t: f(t) >= t", "f(2) < 1")).verdict, SMT_UNSAT);
    assert_int_equal(asked(LINES("exists t in Int: 0 < t and t < 1")).verdict, SMT_UNSAT);
    struct smt_answer a = asked(LINES("f(x) > f(y)", "x > y", "safe = (f(x) > 3)"));
    assert_int_equal(a.verdict, SMT_SAT);
    assert_true(a.checked);
    a = asked(LINES("x * x = 2"));
    assert_int_equal(a.verdict, SMT_SAT);
    assert_false(a.checked);
    assert_string_equal(a.doubt, "a value is irrational");
    a = asked(LINES("1.9 < x * x", "x * x < 2.1"));
    assert_true(a.checked);
}

static void only_what_is_needed(void **state) {
    NEEDS_Z3();
    struct smt_answer a = asked(LINES("a > 0", "x > 5", "y > x", "x > 3", "y < 2", "b > a"));
    assert_int_equal(a.n_core, 3); /* x > 5 is left out before x > 3 is looked at */
    assert_int_equal(a.core[0], 2);
    assert_int_equal(a.core[1], 3);
    assert_int_equal(a.core[2], 4);
}

static void out_of_time(void **state) {
    NEEDS_Z3();
    smt_set_limits(smt, (struct smt_limits){.seconds = 0.5, .steps = UINT32_MAX});
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    struct smt_answer a = asked(LINES("x, y, z: Int", "x * x * x + y * y * y + z * z * z = 114"));
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_int_equal(a.verdict, SMT_UNKNOWN);
    assert_string_equal(a.reason, "timeout");
    assert_true((double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec) < 2);
    /* Nothing of it is left behind. */
    smt_set_limits(smt, (struct smt_limits){0});
    assert_int_equal(asked(LINES("x > 1", "x < 0")).verdict, SMT_UNSAT);
}

static void out_of_steps(void **state) {
    NEEDS_Z3();
    smt_set_limits(smt, (struct smt_limits){.seconds = 60, .steps = 20000});
    struct smt_answer a = asked(LINES("x, y, z: Int", "x^3 + y^3 + z^3 = 114"));
    assert_int_equal(a.verdict, SMT_UNKNOWN);
    assert_string_not_equal(a.reason, "timeout");
}

/* Values do not depend on what the session was asked before. */
static void no_memory_of_questions(void **state) {
    NEEDS_Z3();
    static const char *const one[] = {"3 * x + 2 * y > 7", "x - y < z", "z < 4", "y > -10", NULL};
    char first[64], again[64];
    struct smt_answer a = asked(one);
    snprintf(first, sizeof first, "%s %s %s", decimal(&a, "x"), decimal(&a, "y"), decimal(&a, "z"));
    for (int i = 0; i < 50; i++) {
        char text[64];
        snprintf(text, sizeof text, "w%d * w%d > %d and q%d", i, i + 1, i, i);
        (void)asked((const char *const[]){text, "w1 > 2 or u < 3", NULL});
    }
    a = asked(one);
    snprintf(again, sizeof again, "%s %s %s", decimal(&a, "x"), decimal(&a, "y"), decimal(&a, "z"));
    assert_string_equal(first, again);
}

static void nearest_values(void **state) {
    NEEDS_Z3();
    const struct formula *f[8];
    struct symbols symbols;
    struct smt_nearest out;
    struct error *e = &err;
    size_t n = read_lines(LINES("x + y <= 1.5", "x >= 0.9", "z = x"), f, &symbols);
    struct smt_target t[] = {
        {.name = TEXT("x"), .value = rational_from_text(&arena, TEXT("0.95"), e)},
        {.name = TEXT("y"), .value = rational_from_text(&arena, TEXT("0.8"), e)},
    };
    t[0].weight = rational_from_i64(&arena, 3, e);
    check_ok(smt_nearest(smt, &symbols, f, n, t, 2, &arena, &out, &err));
    assert_int_equal(out.verdict, SMT_SAT);
    check_near(rational_to_f64(t[0].at), 0.95, 0);
    check_near(rational_to_f64(t[1].at), 0.55, 0);
    check_near(rational_to_f64(out.sum), 0.25, 0);
    t[0].weight = rational_from_text(&arena, TEXT("0.5"), e);
    check_ok(smt_nearest(smt, &symbols, f, n, t, 2, &arena, &out, &err));
    check_near(rational_to_f64(t[0].at), 0.9, 0);
    check_near(rational_to_f64(t[1].at), 0.6, 0);
    check_near(rational_to_f64(out.sum), 0.225, 0);
    n = read_lines(LINES("x > 1", "x < y", "y < 1"), f, &symbols);
    check_ok(smt_nearest(smt, &symbols, f, n, t, 2, &arena, &out, &err));
    assert_int_equal(out.verdict, SMT_UNSAT);
    t[0].weight = rational_from_i64(&arena, 0, e);
    check_fails(smt_nearest(smt, &symbols, f, n, t, 2, &arena, &out, &err), ERROR_DATA, "weight");
    t[0].weight = NULL, t[0].name = TEXT("nobody");
    check_fails(smt_nearest(smt, &symbols, f, n, t, 2, &arena, &out, &err), ERROR_DATA, "'nobody' is no number");
}

/* Small linear questions against trying all whole values from -3 to 3: where one of those fits, Z3 must say so too, and
 * whatever it says fits must fit by our evaluator. */
static bool tried(void *context, struct text name, const struct value *argument, size_t n, struct value *out) {
    const struct rational *const *at = context;
    (void)argument, (void)n;
    *out = (struct value){.kind = VALUE_NUMBER, .number = at[name.at[0] - 'x']};
    return true;
}

static bool fits_somewhere(const struct formula *const *f, size_t n) {
    const struct rational *number[7], *at[3];
    for (int i = 0; i < 7; i++) number[i] = rational_from_i64(&arena, i - 3, &err);
    for (int i = 0; i < 343; i++) {
        bool all = true;
        at[0] = number[i % 7], at[1] = number[i / 7 % 7], at[2] = number[i / 49];
        for (size_t k = 0; k < n && all; k++) {
            struct value v;
            check_ok(formula_evaluate(&arena, f[k], tried, at, &v, &err));
            all = v.truth;
        }
        if (all) return true;
    }
    return false;
}

static void against_trying(void **state) {
    NEEDS_Z3();
    static const char *const relations[] = {"<", "<=", ">", ">=", "=", "!="};
    size_t both = 0, neither = 0;
    for (uint64_t i = 0; i < 150; i++) {
        struct rng rng = rng_stream(4, "smt", i);
        char text[4][96];
        const char *lines[5] = {0};
        for (int k = 0; k < 4; k++) {
            snprintf(text[k], sizeof text[k], "%d * x + %d * y %s %d * z - %d", 3 + (int)rng_below(&rng, 5),
                     (int)rng_below(&rng, 5), relations[rng_below(&rng, 6)], (int)rng_below(&rng, 4),
                     (int)rng_below(&rng, 9));
            lines[k] = text[k];
        }
        const struct formula *f[8];
        struct symbols symbols;
        struct smt_answer a;
        size_t n = read_lines(lines, f, &symbols);
        check_ok(smt_check(smt, &symbols, f, n, &arena, &a, &err));
        assert_int_not_equal(a.verdict, SMT_UNKNOWN);
        if (a.verdict == SMT_SAT) assert_true(a.checked);
        bool fits = fits_somewhere(f, n);
        if (fits) assert_int_equal(a.verdict, SMT_SAT);
        both += fits, neither += a.verdict == SMT_UNSAT;
        arena_reset(&arena);
    }
    assert_true(both > 25 && neither > 5); /* the drawn questions go both ways */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vehicle, setup, teardown),
        cmocka_unit_test_setup_teardown(verdicts, setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_time, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(no_memory_of_questions, setup, teardown),
        cmocka_unit_test_setup_teardown(nearest_values, setup, teardown),
        cmocka_unit_test_setup_teardown(against_trying, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
