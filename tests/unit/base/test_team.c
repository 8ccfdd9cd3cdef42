/* Teams: shares cover all parts once, everything arrives in the order of the ranks, and an error of one is known to
 * all. */
#include "check.h"
#include "thread_team.h"

struct member {
    size_t n;
    int *all, told;
    char error[1024];
    bool failed, any;
};

static void test_shares(void **state) {
    (void)state;
    struct team team = {.size = 7};
    for (size_t n = 0; n < 40; n++) {
        size_t at = 0;
        for (size_t r = 0; r < team.size; r++) {
            struct team_share s = team_share(&team, n, r);
            assert_int_equal(s.first, at);
            assert_true(s.end - s.first <= n / team.size + 1);
            at = s.end;
        }
        assert_int_equal(at, n);
    }
    struct team_share alone = team_share(NULL, 5, 0);
    assert_true(alone.first == 0 && alone.end == 5 && team_size(NULL) == 1 && team_rank(NULL) == 0);
}

static void talk(struct team *team, void *argument) {
    struct member *m = argument;
    struct error err = {0};
    struct team_share share = team_share(team, m->n, team->rank);
    for (size_t i = share.first; i < share.end; i++) m->all[i] = (int)(100 + i);
    if (!team_gather_parts(team, m->all, m->n, sizeof *m->all, &err)) return;
    m->told = (int)team->rank + 7;
    if (!team_tell(team, &m->told, sizeof m->told, &err) || !team_any(team, team->rank == 1, &m->any, &err)) return;
    if (!team_agree(team, true, &err)) return;
    if (team->rank == 1) (void)error_set(&err, ERROR_DATA, "row %d is bad", 12);
    m->failed = !team_agree(team, team->rank != 1, &err) && err.kind == ERROR_DATA && team->failed;
    /* Known to all already: said again, it is the same. */
    m->failed = m->failed && !team_agree(team, false, &err);
    snprintf(m->error, sizeof m->error, "%s", err.message);
}

static void test_talk(void **state) {
    (void)state;
    enum { N = 11, SIZE = 3 };
    int all[SIZE][N];
    struct member members[SIZE] = {0};
    void *arguments[SIZE];
    for (size_t r = 0; r < SIZE; r++) {
        members[r] = (struct member){.n = N, .all = all[r]};
        arguments[r] = &members[r];
    }
    thread_team_run(SIZE, talk, arguments);
    for (size_t r = 0; r < SIZE; r++) {
        for (int i = 0; i < N; i++) assert_int_equal(all[r][i], 100 + i);
        assert_int_equal(members[r].told, 7);
        assert_true(members[r].any && members[r].failed);
        assert_string_equal(members[r].error, "process 1 of 3: row 12 is bad");
    }
}

static void test_alone(void **state) {
    (void)state;
    struct error err = {0};
    int values[2] = {1, 2}, out[2] = {0};
    const size_t bytes = sizeof values;
    bool any = false;
    check_ok(team_gather_parts(NULL, values, 2, sizeof *values, &err));
    check_ok(team_exchange(NULL, values, &bytes, out, &bytes, &err));
    assert_memory_equal(values, out, sizeof out);
    check_ok(team_tell(NULL, values, sizeof values, &err));
    check_ok(team_any(NULL, true, &any, &err));
    assert_true(any);
    check_ok(team_agree(NULL, true, &err));
    assert_false(team_agree(NULL, false, &err));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shares), cmocka_unit_test(test_talk),
                                       cmocka_unit_test(test_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
