/* Claims about sets: reading, models, given members, all models, and MONA against trying all models on drawn claims.
 * What needs MONA is skipped, by name, where it is not installed. */
#include "check.h"

#include "base/rng.h"
#include "solver/mona.h"

#include <stdlib.h>

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

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NEEDS_MONA()                                                                                                   \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (!mona_there()) {                                                                                           \
            print_message("skipped: mona is not installed\n");                                                         \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

enum by { BY_LOOKING, BY_TRYING, BY_MONA };

static struct sets_names names; /* of the last question; the answer's model names them */

/* The last line is the goal. */
static struct sets_answer asked(enum by by, const char *const *line, struct mona_limits limits) {
    const struct sets_formula *f[64];
    struct sets_answer a;
    size_t n = 0, column;
    sets_names_init(&names, &arena);
    for (; line[n]; n++) {
        check_ok(f[n] = sets_read(&arena, text_of(line[n]), &column, &err));
        check_ok(sets_names_add(&names, f[n], &column, &err));
    }
    bool ok = by == BY_LOOKING  ? sets_evaluate(&names, f, n - 1, f[n - 1], &arena, &a, &err)
              : by == BY_TRYING ? sets_try_all(&names, f, n - 1, f[n - 1], &arena, &a, &err)
                                : mona_decide(&names, f, n - 1, f[n - 1], limits, &arena, &a, &err);
    check_ok(ok);
    return a;
}

static const char *why(const struct sets_answer *a, const char *goal) {
    struct buffer b;
    size_t column;
    const struct sets_formula *f = sets_read(&arena, text_of(goal), &column, &err);
    buffer_init(&b, 4096);
    check_ok(sets_put_why(&b, &a->model, f, &arena, &err));
    char *copy = text_copy(&arena, buffer_text(&b), &err);
    buffer_done(&b);
    return copy;
}

static void there_and_back(void **state) {
    static const char *const rows[][2] = {
        {"A sub B", NULL},
        {"A = {a,b} union C \\ D inter E", "A = {a, b} union C \\ D inter E"},
        {"(A union B) inter C ~= empty", "(A union B) inter C ~= {}"},
        {"a in A and b notin B or not A sub B", "a in A and b notin B or not A sub B"},
        {"not (A sub B and B sub A)", NULL},
        {"forall x in A: x in B", NULL},
        {"exists x, y: x in A and y notin A", NULL},
        {"A sub B implies B sub C implies A sub C", NULL},
        {"(A sub B implies B sub C) iff true", "A sub B implies B sub C iff true"},
        {"A \\ (B \\ C) = {}", NULL},
        {"A != B", "A ~= B"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b;
        size_t column;
        const struct sets_formula *f = sets_read(&arena, text_of(rows[i][0]), &column, &err);
        check_ok(f);
        buffer_init(&b, 4096);
        assert_true(sets_put(&b, f));
        assert_string_equal(b.at, rows[i][1] ? rows[i][1] : rows[i][0]);
        buffer_done(&b);
    }
}

static void bad(void **state) {
    static const struct {
        const char *text, *part;
        size_t column;
    } rows[] = {
        {"A sub", "found the end", 6},
        {"A sub sub B", "found 'sub'", 7},
        {"A", "a set where a claim", 1},
        {"A and B sub C", "a set where a claim", 1},
        {"(A sub B) union C = D", "a claim where a set", 2},
        {"{a in A", "','", 4},
        {"{a} in A", "the name of a thing", 1},
        {"A <= B", "operator", 3},
        {"forall x A", "':'", 10},
        {"A sub B)", "the end", 8},
        {"A sub B sub C", "the end", 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t column = 0;
        check_fails(sets_read(&arena, text_of(rows[i].text), &column, &err), ERROR_DATA, rows[i].part);
        if (column != rows[i].column) fail_msg("%s: column %zu (%s)", rows[i].text, column, err.message);
    }
    size_t column;
    struct sets_names n;
    sets_names_init(&n, &arena);
    const struct sets_formula *f = sets_read(&arena, TEXT("a in A and a sub B"), &column, &err);
    check_ok(f);
    check_fails(sets_names_add(&n, f, &column, &err), ERROR_DATA, "column 12: 'a' is a set in one place");
    char deep[1000];
    memset(deep, '(', 999), deep[999] = 0;
    check_fails(sets_read(&arena, text_of(deep), &column, &err), ERROR_DATA, "100 deep");
}

static void by_looking(void **state) {
    (void)state;
    struct sets_answer a = asked(BY_LOOKING,
                                 LINES("All = Hazards union {noise}", "Hazards = {fire, runaway}",
                                       "Verified = {fire, noise}", "All sub Verified"),
                                 (struct mona_limits){0});
    assert_int_equal(a.verdict, SETS_REFUTED);
    assert_string_equal(why(&a, "All sub Verified"), "runaway is in All and not in Verified");
    assert_string_equal(why(&a, "Verified = All"), "runaway is in All and not in Verified");
    a = asked(BY_LOOKING, LINES("A = {a, b}", "B = A \\ {b}", "B = {a} and forall x in A: x in B or x notin B"),
              (struct mona_limits){0});
    assert_int_equal(a.verdict, SETS_HOLDS);
    a = asked(BY_LOOKING, LINES("A = {a}", "forall x: x in A"), (struct mona_limits){0});
    assert_int_equal(a.verdict, SETS_REFUTED); /* not everything has a name */
    a = asked(BY_LOOKING, LINES("A = {a}", "a notin A", "A sub A"), (struct mona_limits){0});
    assert_int_equal(a.verdict, SETS_CONTRADICTION);
    a = asked(BY_LOOKING, LINES("A sub B", "A = {a}", "a in B"), (struct mona_limits){0});
    assert_int_equal(a.verdict, SETS_UNKNOWN);
    assert_string_equal(a.reason, "nothing says which things are in 'B'");
}

static void by_mona(void **state) {
    NEEDS_MONA();
    struct sets_answer a = asked(
        BY_MONA, LINES("Noise = {noise}", "Hazards sub Mitigated", "Mitigated sub Verified", "Hazards sub Verified"),
        (struct mona_limits){.seconds = 20});
    assert_int_equal(a.verdict, SETS_HOLDS);
    assert_true(a.minimal);
    assert_int_equal(a.n_core, 2);
    assert_int_equal(a.core[0], 1);
    assert_int_equal(a.core[1], 2);
    a = asked(BY_MONA,
              LINES("Verified = {fire, noise}", "Mitigated = {fire, runaway, noise}", "Mitigated sub Verified"),
              (struct mona_limits){.seconds = 20});
    assert_int_equal(a.verdict, SETS_REFUTED);
    assert_string_equal(why(&a, "Mitigated sub Verified"), "runaway is in Mitigated and not in Verified");
    a = asked(BY_MONA, LINES("A = {a}", "B = {}", "A sub B", "B sub A"), (struct mona_limits){.seconds = 20});
    assert_int_equal(a.verdict, SETS_CONTRADICTION);
    assert_int_equal(a.n_core, 3);
    a = asked(BY_MONA, LINES("forall x in A: x in B", "exists x: x in A", "B ~= empty"),
              (struct mona_limits){.seconds = 20});
    assert_int_equal(a.verdict, SETS_HOLDS);
    a = asked(BY_MONA, LINES("A sub B", "B sub A"), (struct mona_limits){.seconds = 20});
    assert_int_equal(a.verdict, SETS_REFUTED);
    assert_string_equal(why(&a, "B sub A"), "another is in B and not in A");
    a = asked(BY_MONA, LINES("true", "false"), (struct mona_limits){.seconds = 20});
    assert_int_equal(a.verdict, SETS_REFUTED);
}

static void limits(void **state) {
    NEEDS_MONA();
    static char text[40][64];
    const char *lines[42] = {0};
    for (int i = 0; i < 24; i++) {
        snprintf(text[i], sizeof text[i], "exists x, y, z: x in A%d and y in B%d and z notin A%d", i, i, i);
        lines[i] = text[i];
    }
    lines[24] = "A0 sub B0";
    struct sets_answer a = asked(BY_MONA, lines, (struct mona_limits){.seconds = 0.3, .memory = 64});
    assert_int_equal(a.verdict, SETS_UNKNOWN);
    assert_non_null(a.reason);
}

static void not_installed(void **state) {
    (void)state;
    char before[4096];
    struct sets_names n;
    struct sets_answer a;
    size_t column;
    snprintf(before, sizeof before, "%s", getenv("PATH") ? getenv("PATH") : "");
    setenv("PATH", "/nowhere", 1);
    assert_false(mona_there());
    sets_names_init(&n, &arena);
    const struct sets_formula *f = sets_read(&arena, TEXT("A sub A"), &column, &err);
    check_ok(f && sets_names_add(&n, f, &column, &err));
    check_fails(mona_decide(&n, &f, 1, f, (struct mona_limits){0}, &arena, &a, &err), ERROR_ENVIRONMENT, "mona");
    setenv("PATH", before, 1);
}

/* ---- drawn claims ---- */

static size_t draw_set(struct rng *rng, char *out, size_t room, int depth) {
    static const char *const some[] = {"A", "B", "C", "{a}", "{a, b}", "{}"};
    static const char *const joins[] = {"union", "inter", "\\"};
    if (depth == 0 || rng_below(rng, 2)) return (size_t)snprintf(out, room, "%s", some[rng_below(rng, 6)]);
    size_t n = (size_t)snprintf(out, room, "(");
    n += draw_set(rng, out + n, room - n, depth - 1);
    n += (size_t)snprintf(out + n, room - n, " %s ", joins[rng_below(rng, 3)]);
    n += draw_set(rng, out + n, room - n, depth - 1);
    return n + (size_t)snprintf(out + n, room - n, ")");
}

static size_t draw_claim(struct rng *rng, char *out, size_t room) {
    static const char *const relations[] = {"sub", "=", "~="};
    size_t n = 0;
    if (rng_below(rng, 4) == 0) n += (size_t)snprintf(out, room, "not ");
    if (rng_below(rng, 4) == 0) {
        n += (size_t)snprintf(out + n, room - n, rng_below(rng, 2) ? "a in " : "b notin ");
    } else {
        n += draw_set(rng, out + n, room - n, 1);
        n += (size_t)snprintf(out + n, room - n, " %s ", relations[rng_below(rng, 3)]);
    }
    return n + draw_set(rng, out + n, room - n, 1);
}

static void drawn_claims(void **state) {
    NEEDS_MONA();
    size_t seen[4] = {0};
    for (uint64_t i = 0; i < 60; i++) {
        struct rng rng = rng_stream(6, "sets", i);
        char text[3][256];
        const char *lines[4] = {text[0], text[1], text[2], NULL};
        for (int k = 0; k < 3; k++) draw_claim(&rng, text[k], sizeof text[k]);
        struct sets_answer tried = asked(BY_TRYING, lines, (struct mona_limits){0});
        if (tried.verdict == SETS_UNKNOWN) continue;
        struct sets_answer a = asked(BY_MONA, lines, (struct mona_limits){.seconds = 30});
        if (a.verdict != tried.verdict)
            fail_msg("%s; %s; |- %s: mona %d, tried %d", text[0], text[1], text[2], a.verdict, tried.verdict);
        seen[a.verdict]++;
        for (int k = 0; k < 3 && a.verdict == SETS_REFUTED; k++) {
            size_t column;
            bool is;
            const struct sets_formula *f = sets_read(&arena, text_of(lines[k]), &column, &err);
            check_ok(f && sets_is_true(&a.model, f, &arena, &is, &err));
            assert_int_equal(is, k < 2);
        }
    }
    assert_true(seen[SETS_HOLDS] > 3 && seen[SETS_REFUTED] > 10 && seen[SETS_CONTRADICTION] > 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(bad, setup, teardown),
        cmocka_unit_test_setup_teardown(by_looking, setup, teardown),
        cmocka_unit_test_setup_teardown(by_mona, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test_setup_teardown(not_installed, setup, teardown),
        cmocka_unit_test_setup_teardown(drawn_claims, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
