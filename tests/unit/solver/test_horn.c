/* Rules: reading and its refusals, proofs, missing goals, cycles, negation, limits, arithmetic. The comparison with
 * Prolog itself is in test_prolog. */
#include "check.h"

#include "solver/horn.h"

static struct arena arena;
static struct error err;

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

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct horn_program program_of(const char *const *line) {
    struct horn_program p;
    size_t column;
    horn_program_init(&p, &arena);
    for (size_t i = 0; line[i]; i++) check_ok(horn_add(&p, text_of(line[i]), i, &column, &err));
    return p;
}

static struct horn_answer asked(const char *const *line, const char *query, struct horn_limits limits) {
    struct horn_program p = program_of(line);
    struct horn_answer a;
    size_t column;
    check_ok(horn_check(&p, &arena, &err));
    const struct horn_clause *q = horn_query(&arena, text_of(query), &column, &err);
    check_ok(q);
    check_ok(horn_solve(&p, q, limits, &arena, &a, &err));
    return a;
}

/* "R = r7; R = r8", "yes", "no: GOAL, GOAL", "unknown: ...", "error: ..." */
static const char *told(const struct horn_answer *a, const struct horn_clause *q) {
    static char out[2000];
    size_t n = 0;
    out[0] = 0;
    if (a->verdict == HORN_UNKNOWN || a->verdict == HORN_ERROR) {
        snprintf(out, sizeof out, "%s: %s", a->verdict == HORN_UNKNOWN ? "unknown" : "error", a->reason);
    } else if (a->verdict == HORN_FAILED) {
        n = (size_t)snprintf(out, sizeof out, "no");
        for (size_t i = 0; i < a->n_missing && n < sizeof out; i++)
            n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i ? ", " : ": ", TEXT_ARG(a->missing[i].goal));
    } else if (a->n_variables == 0) {
        return "yes";
    } else {
        for (size_t i = 0; i < a->n_solutions && n < sizeof out; i++)
            for (size_t v = 0; v < a->n_variables && n < sizeof out; v++)
                n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s=%.*s",
                                      v   ? " "
                                      : i ? "; "
                                          : "",
                                      TEXT_ARG(q->variable[v]), TEXT_ARG(a->solution[i].value[v]));
    }
    return out;
}

static void expect(const char *const *line, const char *query, const char *expected) {
    struct horn_answer a = asked(line, query, (struct horn_limits){0});
    size_t column;
    const struct horn_clause *q = horn_query(&arena, text_of(query), &column, &err);
    const char *is = told(&a, q);
    if (strcmp(is, expected) != 0) fail_msg("%s: %s, expected %s", query, is, expected);
}

static const char *const release[] = {"authorised(X) :- reviewed(X), tested(X)",
                                      "tested(X) :- passed(X, unit), passed(X, system)",
                                      "reviewed(r7).",
                                      "passed(r7, unit)",
                                      "passed(r7, system)",
                                      "passed(r8, unit)",
                                      NULL};

static void proved(void **state) {
    (void)state;
    expect(release, "authorised(R)", "R=r7");
    expect(release, "authorised(r7)", "yes");
    expect(release, "passed(R, unit)", "R=r7; R=r8");
    expect(release, "passed(R, unit), R \\= r7", "R=r8");
    expect(release, "?- passed(R, S).", "R=r7 S=unit; R=r7 S=system; R=r8 S=unit");
    struct horn_answer a = asked(release, "authorised(R)", (struct horn_limits){0});
    static const bool used[] = {true, true, true, true, true, false};
    for (size_t i = 0; i < 6; i++) assert_int_equal(a.used[i], used[i]);
    struct buffer b;
    buffer_init(&b, 4096);
    assert_true(horn_put_proof(&b, a.solution[0].proof[0], 0, NULL, NULL));
    assert_string_equal(b.at,
                        "authorised(r7)\n  reviewed(r7)\n  tested(r7)\n    passed(r7,unit)\n    passed(r7,system)\n");
    buffer_done(&b);
}

static void missing(void **state) {
    (void)state;
    expect(release, "authorised(r8)", "no: reviewed(r8)");
    expect(release, "tested(r8)", "no: passed(r8,system)");
    expect(LINES("a :- b", "a :- c, d", "c", "b :- e"), "a", "no: e, d");
    expect(LINES("ok(X) :- score(X, S), S >= 0.9", "score(m, 0.8)"), "ok(m)", "no: 0.8 >= 0.9");
    expect(LINES("ok(X) :- seen(X), \\+ banned(X)", "seen(m)", "banned(m)"), "ok(m)", "no: \\+ banned(m)");
    expect(LINES("a"), "b(X)", "no: b(X)");
}

static void cycles_end(void **state) {
    (void)state;
    expect(LINES("a :- b", "b :- a"), "a", "no: a");
    expect(LINES("a :- b", "b :- a", "b :- c", "c"), "a", "yes");
    expect(LINES("path(X, Y) :- path(X, Z), edge(Z, Y)", "path(X, Y) :- edge(X, Y)", "edge(a, b)", "edge(b, c)",
                 "edge(c, a)"),
           "path(a, X)", "X=b; X=c; X=a");
    expect(LINES("same(X, Y) :- same(Y, X)", "same(a, b)"), "same(b, X)", "X=a");
}

static void negation(void **state) {
    (void)state;
    expect(LINES("fine(X) :- model(X), \\+ bad(X)", "bad(X) :- leaks(X)", "bad(X) :- old(X), \\+ kept(X)", "model(a)",
                 "model(b)", "model(c)", "leaks(a)", "old(b)", "old(c)", "kept(c)"),
           "fine(X)", "X=c");
    expect(LINES("reach(X) :- start(X)", "reach(Y) :- reach(X), edge(X, Y)", "node(a)", "node(b)", "node(c)",
                 "edge(a, b)", "edge(b, a)", "start(a)", "lost(X) :- node(X), \\+ reach(X)"),
           "lost(X)", "X=c");
    expect(LINES("a"), "\\+ a", "no: \\+ a");
    expect(LINES("a"), "\\+ \\+ a", "yes");
    expect(LINES("a"), "\\+ 1 > 2", "yes");
    expect(LINES("a"), "\\+ member(3, [1,2])", "yes");
    static const char *const odd[] = {"win(X) :- move(X, Y), \\+ win(Y)", "move(a, b)", NULL};
    struct horn_program p = program_of(odd);
    check_fails(horn_check(&p, &arena, &err), ERROR_DATA, "'win/1' depends on its own negation");
    p = program_of(LINES("p :- q", "q :- r", "r :- \\+ p"));
    check_fails(horn_check(&p, &arena, &err), ERROR_DATA, "depends on its own negation");
}

static void built_in(void **state) {
    static const char *const rows[][2] = {
        {"X is 2 + 3 * 4", "X=14"},
        {"X is (2 + 3) * 4", "X=20"},
        {"X is 7 // 2", "X=3"},
        {"X is -7 mod 3", "X=2"},
        {"X is 7 / 2", "X=3.5"},
        {"X is 6 / 2", "X=3"},
        {"X is max(2, 3.5)", "X=3.5"},
        {"X is abs(-4) - - 1", "X=5"},
        {"1 =:= 1.0", "yes"},
        {"1 = 1.0", "no: 1 = 1.0"},
        {"X = f(Y), Y = a", "X=f(a) Y=a"},
        {"f(X, b) = f(a, Y)", "X=a Y=b"},
        {"X == X", "X=X"},
        {"a \\== b", "yes"},
        {"member(X, [a,b,c]), X \\= b", "X=a; X=c"},
        {"memberchk(X, [a,b])", "X=a"},
        {"length([a,b,c], N)", "N=3"},
        {"is_list([a|b])", "no: is_list([a|b])"},
        {"[H|T] = [1,2,3]", "H=1 T=[2,3]"},
        {"X = 'two words'", "X='two words'"},
        {"X = 'it''s'", "X='it\\'s'"},
        {"atom(a), \\+ atom(1), number(2.5)", "yes"},
        {"X = f(X)", "no: X = f(X)"},
        {"X is Y + 1", "error: arithmetic with a variable that has no value"},
        {"X is a + 1", "error: arithmetic with something that is no number"},
        {"X is 1 / 0", "error: division by zero"},
        {"X is 9223372036854775807 + 1", "error: a whole number that is too large"},
        {"member(a, X)", "error: a member of a list that is open at its end"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) expect(LINES("a"), rows[i][0], rows[i][1]);
}

static void limits(void **state) {
    (void)state;
    struct horn_answer a = asked(LINES("n(X) :- n(s(X))"), "n(0)", (struct horn_limits){0});
    assert_int_equal(a.verdict, HORN_UNKNOWN);
    assert_non_null(strstr(a.reason, "limit"));
    a = asked(LINES("n(0)", "n(M) :- n(K), M is K + 1"), "n(X)", (struct horn_limits){.steps = 5000});
    assert_string_equal(a.reason, "limit of steps");
    a = asked(LINES("n(0)", "n(M) :- n(K), M is K + 1"), "n(X)", (struct horn_limits){.answers = 50});
    assert_string_equal(a.reason, "limit of answers");
    a = asked(LINES("n(N) :- N > 0, M is N - 1, n(M)", "n(0)"), "n(900)", (struct horn_limits){0});
    assert_int_equal(a.verdict, HORN_PROVED);
    a = asked(LINES("n(N) :- N > 0, M is N - 1, n(M)", "n(0)"), "n(2000)", (struct horn_limits){0});
    assert_string_equal(a.reason, "limit of depth");
    a = asked(LINES("l(X, X)"), "l(A, f(B)), l(B, g(C)), l(A, D)", (struct horn_limits){0});
    assert_int_equal(a.verdict, HORN_PROVED);
}

static void refused(void **state) {
    static const struct {
        const char *text, *part;
        size_t column;
    } rows[] = {
        {"a :- shell('rm x')", "'shell' is not allowed", 6},
        {"a :- b, \\+ open(f, read, S)", "'open' is not allowed", 9},
        {"a :- halt.", "'halt' is not allowed", 6},
        {"a :- assertz(b)", "'assertz' is not allowed", 6},
        {"consult(x)", "'consult' is not allowed", 1},
        {"a :- call(X)", "'call' is not allowed", 6},
        {"a :- X", "expected a predicate", 6},
        {":- shell(x)", "a directive", 1},
        {"?- a", "a directive", 1},
        {"a --> b", "a grammar rule", 3},
        {"a :- b ; c", "write two rules", 8},
        {"a :- b -> c", "write two rules", 8},
        {"a :- !", "a cut", 6},
        {"X = 1", "'=' is decided by itself", 1},
        {"member(X, Y) :- a", "decided by itself", 1},
        {"3", "expected a predicate", 1},
        {"a(", "a term, found the end", 3},
        {"a(b", "')', found the end", 4},
        {"a b", "the end, found 'b'", 3},
        {"a('b", "not closed", 3},
        {"a(\"b\")", "single quotes", 3},
        {"a. b", "the end, found 'b'", 4},
        {"a :- b,", "a term, found the end", 8},
        {"a(99999999999999999999)", "too large", 3},
        {"a({b})", "a term, found '{'", 3},
        {"a :- lists:append(x)", "the end, found ':'", 11},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct horn_program p;
        size_t column = 0;
        horn_program_init(&p, &arena);
        check_fails(horn_add(&p, text_of(rows[i].text), 0, &column, &err), ERROR_DATA, rows[i].part);
        if (column != rows[i].column) fail_msg("%s: column %zu (%s)", rows[i].text, column, err.message);
    }
    char deep[2000] = "a(";
    for (size_t i = 0; i < 500; i++) memcpy(deep + 2 + 2 * i, "f(", 2);
    struct horn_program p;
    size_t column;
    horn_program_init(&p, &arena);
    check_fails(horn_add(&p, text_of(deep), 0, &column, &err), ERROR_DATA, "64 deep");
    memset(deep, '-', 1999);
    check_fails(horn_add(&p, text_of(deep), 0, &column, &err), ERROR_DATA, "");
}

static void written(void **state) {
    static const char *const rows[][2] = {
        {"f(X,g(Y),X)", "f(X,g(Y),X)"},
        {"[a,b|T]", "[a,b|T]"},
        {"- 1", "-1"},
        {"-(1)", "-(1)"},
        {"1-(2-3)", "1-(2-3)"},
        {"(1-2)-3", "1-2-3"},
        {"2*(3+4)", "2*(3+4)"},
        {"-a", "-(a)"},
        {"X is 2 mod 3", "X is 2 mod 3"},
        {"'A b'(c)", "'A b'(c)"},
        {"[]", "[]"},
        {"1.0e10", "10000000000.0"},
        {"X + -2 * - (3)", "X+(-2)*(-(3))"},
        {"a = -1", "a = (-1)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b;
        struct horn_term *t = horn_term_read(&arena, text_of(rows[i][0]), &err);
        check_ok(t);
        buffer_init(&b, 4096);
        assert_true(horn_put(&b, t, NULL));
        assert_string_equal(b.at, rows[i][1]);
        buffer_done(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(proved, setup, teardown),
        cmocka_unit_test_setup_teardown(missing, setup, teardown),
        cmocka_unit_test_setup_teardown(cycles_end, setup, teardown),
        cmocka_unit_test_setup_teardown(negation, setup, teardown),
        cmocka_unit_test_setup_teardown(built_in, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(written, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
