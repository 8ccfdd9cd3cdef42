/* SWI-Prolog as a child: verdicts, answers, limits, nothing reaches it that does more than prove; and our own engine
 * against it on drawn programs. Skipped, by name, where swipl is not installed. */
#include "check.h"

#include "base/rng.h"
#include "solver/prolog.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    error_clear(&err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

#define NEEDS_SWIPL()                                                                                                  \
    do {                                                                                                               \
        char version[32];                                                                                              \
        (void)state;                                                                                                   \
        if (!prolog_version(version)) {                                                                                \
            print_message("skipped: swipl is not installed\n");                                                        \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

struct both {
    struct horn_answer ours;
    struct prolog_answer theirs;
    const char *why;
};

static struct both asked(const char *const *line, const char *query, struct prolog_limits limits) {
    struct horn_program p;
    struct both b;
    size_t column;
    horn_program_init(&p, &arena);
    for (size_t i = 0; line[i]; i++) check_ok(horn_add(&p, text_of(line[i]), i, &column, &err));
    const struct horn_clause *q = horn_query(&arena, text_of(query), &column, &err);
    check_ok(q);
    check_ok(horn_check(&p, &arena, &err));
    check_ok(horn_solve(&p, q, (struct horn_limits){0}, &arena, &b.ours, &err));
    check_ok(prolog_solve(&p, q, limits, &arena, &b.theirs, &err));
    check_ok(prolog_agrees(&b.theirs, &b.ours, &arena, &b.why, &err));
    return b;
}

static void agree(const char *const *line, const char *query, enum horn_verdict verdict) {
    struct both b = asked(line, query, (struct prolog_limits){.seconds = 20});
    if (b.why || b.ours.verdict != verdict || b.theirs.verdict != verdict)
        fail_msg("%s: ours %d (%s), theirs %d (%s), expected %d: %s", query, b.ours.verdict, b.ours.reason,
                 b.theirs.verdict, b.theirs.reason, verdict, b.why ? b.why : "agreed");
}

static void the_same(void **state) {
    NEEDS_SWIPL();
    const char *const *release =
        LINES("authorised(X) :- reviewed(X), tested(X)", "tested(X) :- passed(X, unit), passed(X, system)",
              "reviewed(r7)", "passed(r7, unit)", "passed(r7, system)", "passed(r8, 'unit')");
    agree(release, "authorised(R)", HORN_PROVED);
    agree(release, "authorised(r8)", HORN_FAILED);
    agree(release, "passed(R, S), R \\= r7", HORN_PROVED);
    agree(LINES("a :- b", "b :- a"), "a", HORN_FAILED); /* untabled, this never ends */
    agree(LINES("path(X, Y) :- path(X, Z), edge(Z, Y)", "path(X, Y) :- edge(X, Y)", "edge(a, b)", "edge(b, a)"),
          "path(X, Y)", HORN_PROVED);
    agree(LINES("fine(X) :- model(X), \\+ bad(X)", "bad(a)", "model(a)", "model(b)"), "fine(X)", HORN_PROVED);
}

/* Data keep their names, whatever they are; predicates with the names of Prolog's own do not meet those. */
static void names(void **state) {
    NEEDS_SWIPL();
    agree(LINES("append(x, 'it''s', [1, 2.5, -3 | T])", "nb_getval(k, 'A b')", "succ_or(halt)"), "append(A, B, C)",
          HORN_PROVED);
    agree(LINES("succ(halt)", "length(a, b, c)"), "succ(X), length(Y, Z, W)", HORN_PROVED);
    agree(LINES("p(X + Y, -(3), - 3, a = b, [])", "q"), "p(A, B, C, D, E)", HORN_PROVED);
    agree(LINES("p(X) :- X is 2 + 3 * 4 - 7 // 2"), "p(X)", HORN_PROVED);
    agree(LINES("p(X) :- member(X, [c, a, b]), \\+ memberchk(X, [a])"), "p(X)", HORN_PROVED);
    agree(LINES("p(X, Y)"), "p(A, A)", HORN_PROVED);
    agree(LINES("a"), "missing(X)", HORN_FAILED);
    agree(LINES("a"), "X is foo + 1", HORN_ERROR);
    agree(LINES("a"), "X is 1 / 0", HORN_ERROR);
}

static void limits(void **state) {
    NEEDS_SWIPL();
    struct both b = asked(LINES("n(X) :- n(s(X))"), "n(0)", (struct prolog_limits){.seconds = 20});
    assert_int_equal(b.theirs.verdict, HORN_UNKNOWN);
    assert_non_null(strstr(b.theirs.reason, "limit of"));
    b = asked(LINES("n(0)", "n(M) :- n(K), M is K + 1"), "n(X)", (struct prolog_limits){.seconds = 20, .stack = 16});
    assert_int_equal(b.theirs.verdict, HORN_UNKNOWN);
    b = asked(LINES("n(0)", "n(M) :- n(K), M is K + 1"), "n(X)",
              (struct prolog_limits){.seconds = 0.5, .inferences = (size_t)1 << 40, .stack = 512});
    assert_int_equal(b.theirs.verdict, HORN_UNKNOWN);
}

/* A predicate that is named like a command of Prolog, in data that looks like one: nothing is run. */
static void nothing_is_run(void **state) {
    NEEDS_SWIPL();
    char path[] = "prolog_was_here_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file), unlink(path);
    char fact[200];
    snprintf(fact, sizeof fact, "data('), shell(''touch %s''), q(', shell('touch %s'), open('%s', write))", path, path,
             path);
    agree(LINES(fact, "run(X) :- data(A, X, B)"), "run(X)", HORN_PROVED);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void not_installed(void **state) {
    (void)state;
    char before[4096], version[32];
    struct horn_program p;
    struct prolog_answer a;
    size_t column;
    snprintf(before, sizeof before, "%s", getenv("PATH") ? getenv("PATH") : "");
    setenv("PATH", "/nowhere", 1);
    assert_false(prolog_version(version));
    horn_program_init(&p, &arena);
    check_ok(horn_add(&p, TEXT("a"), 0, &column, &err));
    const struct horn_clause *q = horn_query(&arena, TEXT("a"), &column, &err);
    check_ok(q);
    check_fails(prolog_solve(&p, q, (struct prolog_limits){0}, &arena, &a, &err), ERROR_ENVIRONMENT, "swipl");
    setenv("PATH", before, 1);
}

/* ---- drawn programs ---- */

static size_t draw_atom(struct rng *rng, char *out, size_t room, int predicate, bool head) {
    static const char *const constants[] = {"a", "b", "c"};
    static const char *const variables[] = {"X", "Y", "Z"};
    size_t n = (size_t)snprintf(out, room, "p%d(", predicate);
    for (int i = 0; i < 2; i++) {
        bool constant = rng_below(rng, head ? 3 : 4) == 0;
        n += (size_t)snprintf(out + n, room - n, "%s%s", i ? ", " : "",
                              constant ? constants[rng_below(rng, 3)] : variables[rng_below(rng, 3)]);
    }
    return n + (size_t)snprintf(out + n, room - n, ")");
}

/* Predicates p0..p5; a body negates only predicates of a higher number, so every program is stratified if positive
 * calls go to the same or a higher number. Negated goals are bound by what stands before. */
static void draw_rule(struct rng *rng, char *out, size_t room) {
    int head = (int)rng_below(rng, 5);
    size_t n = draw_atom(rng, out, room, head, true);
    uint64_t goals = 1 + rng_below(rng, 3);
    n += (size_t)snprintf(out + n, room - n, " :- ");
    for (uint64_t g = 0; g < goals; g++) {
        bool negated = g > 0 && rng_below(rng, 4) == 0 && head < 5;
        int from = negated ? head + 1 : head;
        int predicate = from + (int)rng_below(rng, (uint64_t)(6 - from));
        n += (size_t)snprintf(out + n, room - n, "%s%s", g ? ", " : "", negated ? "\\+ " : "");
        n += draw_atom(rng, out + n, room - n, predicate, false);
    }
    if (rng_below(rng, 5) == 0) snprintf(out + n, room - n, ", X \\= Y");
}

static void draw_fact(struct rng *rng, char *out, size_t room) {
    snprintf(out, room, "p%d(%c, %c)", (int)rng_below(rng, 6), (int)('a' + rng_below(rng, 3)),
             (int)('a' + rng_below(rng, 3)));
}

static void drawn_programs(void **state) {
    NEEDS_SWIPL();
    const char *many = getenv("BASANITE_TEST_PROGRAMS");
    int64_t programs = 100; /* a thousand of them: BASANITE_TEST_PROGRAMS=1000 */
    if (many) assert_true(text_to_i64(text_of(many), &programs));
    size_t proved = 0, failed = 0;
    for (int64_t i = 0; i < programs; i++) {
        struct rng rng = rng_stream(5, "prolog", (uint64_t)i);
        static char line[24][256];
        const char *lines[25] = {0};
        size_t n = 0;
        for (uint64_t k = 0, facts = 2 + rng_below(&rng, 8); k < facts; k++, n++) draw_fact(&rng, line[n], 256);
        for (uint64_t k = 0, rules = 2 + rng_below(&rng, 8); k < rules; k++, n++) draw_rule(&rng, line[n], 256);
        for (size_t k = 0; k < n; k++) lines[k] = line[k];
        char query[64];
        draw_atom(&rng, query, sizeof query, (int)rng_below(&rng, 3), false);
        struct both b = asked(lines, query, (struct prolog_limits){.seconds = 30});
        if (b.why || b.ours.verdict > HORN_FAILED || b.theirs.verdict != b.ours.verdict) {
            for (size_t k = 0; k < n; k++) print_message("%s.\n", lines[k]);
            fail_msg("program %d, ?- %s: ours %d (%s), theirs %d (%s): %s", (int)i, query, b.ours.verdict,
                     b.ours.reason, b.theirs.verdict, b.theirs.reason, b.why);
        }
        proved += b.ours.verdict == HORN_PROVED, failed += b.ours.verdict == HORN_FAILED;
        arena_reset(&arena);
    }
    assert_true(proved * 5 > (size_t)programs && failed * 10 > (size_t)programs);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(names, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_run, setup, teardown),
        cmocka_unit_test_setup_teardown(not_installed, setup, teardown),
        cmocka_unit_test_setup_teardown(drawn_programs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
