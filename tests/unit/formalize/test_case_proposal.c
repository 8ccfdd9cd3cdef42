/* What a model proposes for a case: replies in the fixed form, formulas that read and fit, and what is refused. */
#include "check.h"

#include "formalize/case/case_build.h"
#include "formalize/case/case_proposal.h"

static struct arena arena;
static struct error err;
static struct assurance_case c;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    case_done(&c);
    arena_done(&arena);
    return 0;
}

static void read_case(const char *text) {
    case_done(&c);
    error_clear(&err);
    check_ok(case_read_text(text_of(text), "c.yaml", CASE_ONE_ROOT, &arena, &c, &err));
}

static void splits_are_read_and_taken(void **state) {
    struct case_split_reply a, b;
    (void)state;
    assert_true(case_read_split(
        TEXT("Here it is:\nStrategy: by parts\r\n goal:  A \nSolution: B\n\ngoal:\nstrategy: two\n"), &a));
    assert_true(a.n == 2 && a.kind[0] == CASE_GOAL && a.kind[1] == CASE_SOLUTION);
    assert_true(text_equal(a.strategy, TEXT("by parts")) && text_equal(a.text[0], TEXT("A")));
    assert_int_equal(a.unread, 3); /* the greeting, the empty goal, the second strategy */
    assert_true(case_read_split(TEXT("solution: b\nGOAL: a"), &b));
    assert_true(case_same_split(&a, &b));
    assert_true(case_read_split(TEXT("goal: a\ngoal: c"), &b));
    assert_false(case_same_split(&a, &b));
    assert_false(case_read_split(TEXT("I cannot"), &b));
    assert_false(case_read_split(TEXT("strategy: only"), &b));
    read_case("G1: {supportedBy: G2}\nG2: {undeveloped: true}\nG3x: {challenges: G1, nodeType: CounterGoal}\n");
    size_t goal = 1, before = c.n_nodes;
    check_ok(case_take_split(&c, &arena, goal, &a, &err));
    assert_int_equal(c.n_nodes, before + 3);
    assert_true(!c.nodes[goal].undeveloped && c.nodes[goal].n_supported_by == 1);
    const struct case_node *way = &c.nodes[c.nodes[goal].supported_by[0]];
    assert_true(way->kind == CASE_STRATEGY && way->n_supported_by == 2 && way->origin == CASE_MODEL);
    assert_string_equal(c.nodes[way->supported_by[0]].id, "G3");
    assert_true(c.nodes[way->supported_by[0]].undeveloped);
    check_ok(case_valid(&c, CASE_ONE_ROOT, &err));
}

static void formulas_must_read_and_fit(void **state) {
    struct case_formulas a, b;
    (void)state;
    read_case("G1: {supportedBy: [S1, Sn2], reason: arith, formal: ['x < 3', 'ok implies x < 2']}\n"
              "S1: {supportedBy: Sn1}\nSn1: {text: t}\nSn2: {formal: 'v [m/s] <= 1'}\n");
    assert_int_equal(case_reason_for(&c, 2), CASE_ARITH); /* through the strategy */
    check_ok(case_read_formulas(&c, 2, TEXT(" x<2 \n\n 0 < v<= 1\n"), &arena, &a, &err));
    assert_true(a.n == 2 && text_equal(a.line[0], TEXT("x < 2")));
    assert_string_equal(a.words, "x is less than 2; 0 is less than v and that is at most 1");
    check_ok(case_read_formulas(&c, 2, TEXT("x < 2\n0 < v <= 1"), &arena, &b, &err));
    assert_true(case_same_formulas(&a, &b));
    check_fails(case_read_formulas(&c, 2, TEXT(""), &arena, &b, &err), ERROR_DATA, "no formula");
    check_fails(case_read_formulas(&c, 2, TEXT("x < 2\nx <"), &arena, &b, &err), ERROR_DATA, "line 2: column 4");
    check_fails(case_read_formulas(&c, 2, TEXT("ok < 2"), &arena, &b, &err), ERROR_DATA, "ok"); /* a truth elsewhere */
    check_fails(case_read_formulas(&c, 2, TEXT("v <= 3 [kg]"), &arena, &b, &err), ERROR_DATA, "kg");
    read_case("G1: {supportedBy: [Sn1], reason: sets, formal: 'A sub B'}\nSn1: {text: t}\n");
    check_ok(case_read_formulas(&c, 1, TEXT("A = {x, y}"), &arena, &a, &err));
    check_fails(case_read_formulas(&c, 1, TEXT("A = {x, "), &arena, &b, &err), ERROR_DATA, "line 1");
    read_case("G1: {supportedBy: [Sn1], reason: horn, formal: 'free(R)'}\nSn1: {text: t}\n");
    check_ok(case_read_formulas(&c, 1, TEXT("free(X) :- tested(X)\ntested(r1)"), &arena, &a, &err));
    check_fails(case_read_formulas(&c, 1, TEXT("free(X) :- shell(X)"), &arena, &b, &err), ERROR_DATA, "shell");
    read_case("G1: {supportedBy: [Sn1]}\nSn1: {text: t}\n");
    assert_int_equal(case_reason_for(&c, 1), CASE_UNCHECKED);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(splits_are_read_and_taken),
                                       cmocka_unit_test(formulas_must_read_and_fit)};
    return cmocka_run_group_tests_name("case_proposal", tests, setup, teardown);
}
