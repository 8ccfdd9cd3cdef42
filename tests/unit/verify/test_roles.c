/* Roles of knights and knaves in answers and solutions. */
#include "check.h"

#include "verify/roles.h"

static void solutions_are_read(void **state) {
    struct roles r;
    (void)state;
    assert_true(roles_of_solution(TEXT("(1) Milo is a knave\n(2) Gwen Two is a knight\n"), &r));
    assert_int_equal(r.n, 2);
    assert_true(text_equal_c(r.name[0], "Milo") && !r.knight[0]);
    assert_true(text_equal_c(r.name[1], "Gwen Two") && r.knight[1]);
    assert_false(roles_of_solution(TEXT(""), &r));
    assert_false(roles_of_solution(TEXT("(1) Milo is knave"), &r));
    assert_false(roles_of_solution(TEXT("(1) is a knave"), &r));
    assert_false(roles_of_solution(TEXT("(1) Milo is a knave\n(2) milo is a knight"), &r)); /* a name twice */
}

static void answers_are_compared(void **state) {
    struct roles r;
    (void)state;
    assert_true(roles_of_solution(TEXT("(1) Bo is a knave\n(2) Ada is a knight"), &r));
#define IS(answer) roles_compare(TEXT(answer), &r)
    assert_int_equal(IS("Ada is a knight, Bo is a knave"), ROLES_RIGHT);
    assert_int_equal(IS("ADA  is\na KNIGHT; bo Is A knave"), ROLES_RIGHT);
    assert_int_equal(IS("Ada is a knave, Bo is a knave"), ROLES_WRONG);
    assert_int_equal(IS("Ada is a knight"), ROLES_NOT_GIVEN);
    assert_int_equal(IS("Ada is knight, Bo is a knave"), ROLES_NOT_GIVEN);
    assert_int_equal(IS("Ada is a knight, Bo is a knave, the knight wins"), ROLES_NOT_GIVEN);
    assert_int_equal(IS("Ada is a knight, Ada is a knave"), ROLES_NOT_GIVEN); /* nobody says Bo */
    assert_int_equal(IS("Adas is a knight, Bo is a knave"), ROLES_NOT_GIVEN);
    assert_int_equal(IS("Ada is a knight. Jumbo is a knave"), ROLES_NOT_GIVEN); /* "bo" inside a word */
    assert_int_equal(IS(""), ROLES_NOT_GIVEN);
#undef IS
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(solutions_are_read), cmocka_unit_test(answers_are_compared)};
    return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
