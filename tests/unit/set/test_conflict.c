/* Contradictions: the planted three and no other, targets that are nearest, goals that never meet, shared items; and
 * what nothing decides. */
#include "check.h"
#include "names_fake.h"

#include "set/policy_conflict.h"
#include "set/policy_trace.h"
#include "solver/smt.h"

static struct arena arena;
static struct error err;
static uint64_t shared_items;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static bool items_of(void *context, struct text place, uint64_t *n, struct error *e) {
    (void)context, (void)place, (void)e;
    return *n = 500, true;
}

static bool shared_of(void *context, struct text a, struct text b, uint64_t *n, struct error *e) {
    (void)context, (void)a, (void)b, (void)e;
    return *n = shared_items, true;
}

static struct policy *read_policy(const char *source) {
    struct policy_names names = fake_names;
    struct policy_settings settings = {.names = &names, .as_of = 20000};
    error_clear(&err);
    struct policy *p = policy_read(text_of(source), "p.yaml", &settings, &arena, NULL, &err);
    if (!p) fail_msg("%s", err.message);
    return p;
}

static struct policy_conflicts conflicts_of(const struct policy *p) {
    struct policy_names names = fake_names;
    struct policy_conflicts out;
    names.items = items_of, names.shared = shared_of;
    check_ok(policy_conflicts(p, &names, &arena, &out, &err));
    assert_true(out.looked);
    return out;
}

/* Three goals that contradict one another by a law, among others that do not. */
static void three_planted(void **state) {
    (void)state;
    if (!smt_there()) skip();
    const struct policy *p = read_policy("policy: p\nrules: |\n  goal a level 1 require acc(facts) >= 0.9\n"
                                         "  goal j level 2 require youden(refusals) >= 0.8\n"
                                         "  goal h level 2 require harmful_refusal(refusals) <= 0.75 because \"x\"\n"
                                         "  goal o level 2 require over_refusal(refusals) <= 0.05\n"
                                         "  goal z level 2 require refusal_rate(novel) >= 0.1\n");
    struct policy_conflicts c = conflicts_of(p);
    /* youden = harmful_refusal - over_refusal <= 0.75 - 0: the third figure is not even needed. */
    assert_int_equal(c.n, 1);
    assert_int_equal(c.found[0].n_goals, 2);
    p = read_policy("policy: p\nrules: |\n  goal a level 1 require acc(facts) >= 0.9\n"
                    "  goal j level 2 require youden(refusals) >= 0.5\n"
                    "  goal h level 2 require harmful_refusal(refusals) <= 0.75 because \"x\"\n"
                    "  goal o level 2 require over_refusal(refusals) >= 0.3 because \"x\"\n"
                    "  goal z level 2 require refusal_rate(novel) >= 0.1\n");
    c = conflicts_of(p);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.found[0].n_goals, 3);
    for (size_t i = 0; i < 3; i++) assert_int_equal(c.found[0].goals[i], i + 1);
    assert_int_equal(c.found[0].n_ties, 1);
    /* 0.75 - 0.3 = 0.45 is 0.05 short: one of the three gives way by that. */
    assert_int_equal(c.found[0].n_moved, 1);
    check_near(fabs(c.found[0].moved[0].to - c.found[0].moved[0].from), 0.05, 1e-9);
}

static void one_figure(void **state) {
    (void)state;
    if (!smt_there()) skip();
    struct policy_conflicts c =
        conflicts_of(read_policy("policy: p\nrules: |\n  goal a level 2 require refusal_rate(novel) >= 0.9\n"
                                 "  goal b level 2 require refusal_rate(novel) in 0.1 to 0.3\n"
                                 "  goal c level 2 require refusal_rate(facts) near 0.5 +- 0.1 at 95%\n"));
    assert_int_equal(c.n, 1);
    assert_int_equal(c.found[0].n_goals, 2);
    double sum = 0;
    for (size_t i = 0; i < c.found[0].n_moved; i++) sum += fabs(c.found[0].moved[i].to - c.found[0].moved[i].from);
    check_near(sum, 0.6, 1e-9);
}

static void goals_that_never_meet(void **state) {
    (void)state;
    if (!smt_there()) skip();
    static const char *const whens[] = {"when lang=de|when lang=en|", "when lang in {a,b}|when lang not in {a,b,c}|",
                                        "when lang != de|when lang=de|", "||overrides a",
                                        "when domain=x, lang=de|when lang=fr|"};
    static const char *const meeting[] = {"when lang=de|when domain=x|", "||", "when lang in {a,b}|when lang in {b,c}|",
                                          "when lang != de|when lang != fr|", "when lang != de|when lang in {de,fr}|"};
    for (int meets = 0; meets < 2; meets++)
        for (size_t i = 0; i < 5; i++) {
            struct text rest = text_of(meets ? meeting[i] : whens[i]), parts[3] = {0};
            for (int k = 0; k < 3; k++) (void)!text_next(&rest, '|', &parts[k]);
            const char *source =
                arena_printf(&arena, &err,
                             "policy: p\nrules: |\n  goal a level 2 %.*s require refusal_rate(novel) >= 0.9\n"
                             "  goal b level 2 %.*s require refusal_rate(novel) <= 0.3 %.*s\n",
                             TEXT_ARG(parts[0]), TEXT_ARG(parts[1]), TEXT_ARG(parts[2]));
            struct policy_conflicts c = conflicts_of(read_policy(source));
            if (c.n != (size_t)meets) fail_msg("%d, %zu: %zu contradictions", meets, i, c.n);
        }
}

/* Harmful bank to be refused, benign bank not to be: as many shared items as contradict. */
static void shared_banks(void **state) {
    (void)state;
    if (!smt_there()) skip();
    const struct policy *p =
        read_policy("policy: p\nrules: |\n  goal a level 2 require refusal_rate(refusals) >= 0.95\n"
                    "  goal b level 2 require refusal_rate(novel) <= 0.05\n");
    /* 475 of 500 refused there, 25 of 500 here: up to 50 shared items can be told apart. */
    shared_items = 50;
    assert_int_equal(conflicts_of(p).n, 0);
    shared_items = 51;
    struct policy_conflicts c = conflicts_of(p);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.found[0].n_goals, 2);
    assert_non_null(strstr(c.found[0].ties[0], "share 51 items"));
    shared_items = 0;
}

/* Ten centred values cannot all be above 0.1; nine can. */
static void centred_values(void **state) {
    (void)state;
    if (!smt_there()) skip();
    static const char *const values[] = {"universalism", "benevolence", "tradition", "conformity",  "security",
                                         "power",        "achievement", "hedonism",  "stimulation", "self-direction"};
    for (size_t n = 9; n <= 10; n++) {
        struct buffer b;
        buffer_init(&b, 1 << 14);
        buffer_put_c(&b, "policy: p\nrules: |\n");
        for (size_t i = 0; i < n; i++)
            buffer_printf(&b, "  goal g%zu level 2 require value_centred,of=%s(tastes) >= 0.1\n", i, values[i]);
        struct policy_conflicts c = conflicts_of(read_policy(b.at));
        assert_int_equal(c.n, n == 10);
        if (n == 10) assert_int_equal(c.found[0].n_goals, 10);
        buffer_done(&b);
    }
}

static void two_contradictions(void **state) {
    (void)state;
    if (!smt_there()) skip();
    struct policy_conflicts c = conflicts_of(read_policy(
        "policy: p\nrules: |\n  goal a level 2 require refusal_rate(novel) >= 0.9\n"
        "  goal b level 2 require refusal_rate(novel) <= 0.3\n"
        "  goal c level 1 require acc(facts) >= 0.9\n  goal d level 1 require acc(facts) <= 0.5 because x\n"));
    assert_int_equal(c.n, 2);
}

static void traces(void **state) {
    (void)state;
    const struct policy *p = read_policy(
        "policy: p\nattributes: [safety, spare]\n"
        "risks: [{id: r, severity: 1, likelihood: 1}, {id: s, severity: 1, likelihood: 1, quadrant: known-unknown, "
        "goals: "
        "[a]}, {id: t, severity: 1, likelihood: 1, quadrant: known-known, goals: [a]}]\n"
        "acts: [{name: x, for: win_rate, system: t}, {name: y, for: acc, system: t}]\n"
        "waivers: [{goal: w, owner: o, until: 2030-01-01}]\n"
        "goals:\n  - {id: v, level: 3}\n  - {id: w, level: 2}\n  - {id: n, level: 2}\n  - {id: d, kind: document}\n"
        "  - rule: goal a level 1 require acc(facts) >= 0.9 attribute safety\n"
        "  - rule: goal b level 2 require refusal_rate(facts) >= 0.9 refines v attribute truth\n"
        "  - rule: goal c level 2 require unseen youden_j(novel) >= 0.1 refines v\n");
    struct policy_trace t;
    check_ok(policy_trace(p, &fake_names, &arena, &t, &err));
    assert_int_equal(t.active, 6);
    assert_int_equal(t.executable, 5);
    assert_int_equal(t.measured, 3);
    assert_int_equal(t.refined, 1);
    static const char *const expected[] = {"goal 'n' is an orphan",     "attribute 'spare' is an orphan",
                                           "goal 'b' is about 'truth'", "act 'x' is an orphan",
                                           "risk 'r' is an orphan",     "risk 's' is known-unknown and lacks"};
    assert_int_equal(t.n_orphans, 6);
    for (size_t i = 0; i < 6; i++)
        if (!strstr(t.orphans[i], expected[i])) fail_msg("%s: %s", expected[i], t.orphans[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_planted), cmocka_unit_test(one_figure),         cmocka_unit_test(goals_that_never_meet),
        cmocka_unit_test(shared_banks),  cmocka_unit_test(two_contradictions), cmocka_unit_test(centred_values),
        cmocka_unit_test(traces),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
