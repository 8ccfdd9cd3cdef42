/* Which acts are chosen, what is welcome, and a policy as a case. Verdicts are put together by hand, so that every
 * choice is known. */
#include "check.h"

#include "base/line.h"
#include "certify/certify_case.h"
#include "certify/certify_internal.h"
#include "formalize/case/case_read.h"
#include "formalize/case/case_format.h"
#include "names_fake.h"

#include <math.h>
#include <string.h>

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static const char source[] =
    "policy: p\n"
    "goals:\n"
    "  - {id: a, level: 1, kind: instruction, attribute: truth, metric: acc(facts), op: '>=', target: 0.8}\n"
    "  - {id: b, level: 2, kind: preference, attribute: safety, metric: win_rate(tastes), op: '>=', target: 0.5}\n"
    "  - {id: c, level: 2, kind: preference, attribute: safety, metric: over_refusal(xstest/safe), op: '<=', target: "
    "0.1}\n"
    "acts:\n"
    "  - {name: cheap, for: [a], subject: s1, cost: 1, effect: 0.05}\n"
    "  - {name: strong, for: [a], subject: s2, cost: 3, effect: 0.3}\n"
    "  - {name: both, for: [acc, win_rate], subject: s3, cost: 5}\n";

static struct policy *policy(void) {
    struct policy_names names = {.metric = fake_metric, .place = fake_place};
    struct policy_settings settings = {.names = &names};
    struct policy *p = policy_read(text_of(source), "p.yaml", &settings, &arena, NULL, &err);
    if (!p) fprintf(stderr, "%s\n", err.message);
    assert_non_null(p);
    return p;
}

static bool no_paper(void *context, const struct policy_evidence *e, const char **why) {
    (void)context, (void)e;
    return *why = "none", false;
}

static bool as_is(void *context, const struct figure *f, double confidence, struct policy_interval *out,
                  const char **method, bool *plain, const char **why) {
    (void)context, (void)confidence, (void)why;
    *method = "known";
    *plain = false;
    return *out = (struct policy_interval){f->lo, f->hi}, true;
}

static struct policy_interval exact(double k, double n, double confidence) {
    (void)confidence;
    return (struct policy_interval){k / n, k / n};
}

/* The round in which the three figures have these intervals. */
static struct certify_round judged(const struct policy *p, const double ends[3][2]) {
    static const struct policy_names names = {.metric = fake_metric, .place = fake_place};
    static const char *const tasks[] = {"facts", "tastes", "xstest/safe"}, *const figures[] = {"acc", "win_rate",
                                                                                               "over_refusal"};
    static const struct policy_context nothing = {{NULL, 0}};
    struct figure *f = arena_new(&arena, struct figure, 3, &err);
    struct policy_measured *m = arena_new(&arena, struct policy_measured, 1, &err);
    struct certify_round round = {.run = "r1", .subject = "s", .broken = SIZE_MAX};
    for (size_t i = 0; i < 3; i++)
        f[i] = (struct figure){.name = figures[i],
                               .task = tasks[i],
                               .group = "",
                               .value = (ends[i][0] + ends[i][1]) / 2,
                               .lo = ends[i][0],
                               .hi = ends[i][1],
                               .n = 100,
                               .k = -1,
                               .method = "known",
                               .unit = "share",
                               .direction = i == 2 ? "down" : "up"};
    *m = (struct policy_measured){
        .figures = f, .n = 3, .names = &names, .exact = exact, .interval = as_is, .paper = no_paper};
    assert_true(policy_judge(p, &nothing, m, &arena, &round.result, &err));
    return round;
}

static void test_choose(void **state) {
    struct policy *p = policy();
    (void)state;
    /* a lacks 0.04: the cheap act promises enough. */
    struct certify_round r = judged(p, (const double[3][2]){{0.76, 0.79}, {0.6, 0.7}, {0, 0.05}});
    assert_int_equal(certify_choose(&r.result, 0), 1);
    /* Once it was tried the strong one is, and then what promises nothing. */
    assert_int_equal(certify_choose(&r.result, 1), 2);
    assert_int_equal(certify_choose(&r.result, 3), 4);
    assert_int_equal(certify_choose(&r.result, 7), 0);
    /* a lacks 0.2. */
    r = judged(p, (const double[3][2]){{0.6, 0.7}, {0.6, 0.7}, {0, 0.05}});
    assert_int_equal(certify_choose(&r.result, 0), 2);
    /* a and b: one act that may be enough for both is cheaper than two. */
    r = judged(p, (const double[3][2]){{0.6, 0.7}, {0.3, 0.4}, {0, 0.05}});
    assert_int_equal(certify_choose(&r.result, 0), 4);
    /* Nothing is for c, and nothing is done where all is well. */
    r = judged(p, (const double[3][2]){{0.9, 0.95}, {0.6, 0.7}, {0.2, 0.3}});
    assert_int_equal(certify_choose(&r.result, 0), 0);
    r = judged(p, (const double[3][2]){{0.9, 0.95}, {0.6, 0.7}, {0, 0.05}});
    assert_int_equal(certify_choose(&r.result, 0), 0);
}

static void test_welcome(void **state) {
    struct policy *p = policy();
    struct certify_round r = judged(p, (const double[3][2]){{0.9, 0.95}, {0.6, 0.7}, {0, 0.05}});
    struct compare_row row = {.task = "facts", .name = "acc", .value = 0.1, .lo = 0.05, .hi = 0.15, .direction = "up"};
    (void)state;
    assert_int_equal(certify_welcome(&r, &row), 1);
    row.lo = -0.01;
    assert_int_equal(certify_welcome(&r, &row), 0);
    row = (struct compare_row){
        .task = "xstest/safe", .name = "over_refusal", .value = 0.1, .lo = 0.05, .hi = 0.2, .direction = "up"};
    assert_int_equal(certify_welcome(&r, &row), -1); /* the goal wants it low, whatever the figure says of itself */
    row = (struct compare_row){
        .task = "other", .name = "ece", .value = -0.1, .lo = -0.2, .hi = -0.05, .direction = "down"};
    assert_int_equal(certify_welcome(&r, &row), 1);
}

static const struct case_node *node(const struct assurance_case *c, const char *id) {
    for (size_t i = 0; i < c->n_nodes; i++)
        if (strcmp(c->nodes[i].id, id) == 0) return &c->nodes[i];
    fail_msg("no node %s", id);
    return NULL;
}

static void test_case(void **state) {
    struct policy *p = policy();
    struct assurance_case open, closed, again;
    struct buffer b;
    (void)state;
    assert_true(certify_case(p, NULL, &arena, &open, &err));
    assert_string_equal(node(&open, "Sn_a_1")->needs.figure, "acc(facts)");
    assert_int_equal(node(&open, "Sn_a_1")->n_formal, 0);
    assert_true(text_equal_c(node(&open, "G_a")->formal[0].text, "acc_facts_1 >= 0.8"));
    assert_int_equal(node(&open, "S_safety")->n_supported_by, 2);
    assert_int_equal(open.nodes[0].n_supported_by, 2);

    struct certify_round r = judged(p, (const double[3][2]){{1e-7, 0.1 + 0.2}, {0.6, 0.7}, {0, 0.05}});
    assert_true(certify_case(p, &r, &arena, &closed, &err));
    const struct case_node *n = node(&closed, "Sn_a_1");
    assert_null(n->needs.figure);
    assert_true(text_equal_c(n->formal[0].text, "acc_facts_1 >= 0.0000001"));
    assert_true(text_equal_c(n->formal[1].text, "acc_facts_1 <= 0.30000000000000004"));

    buffer_init(&b, 1 << 20);
    assert_true(case_format_gsn.write(&closed, &b, &err));
    assert_true(case_read_text(buffer_text(&b), "p.gsn.yaml", CASE_ONE_ROOT, &arena, &again, &err));
    assert_int_equal(again.n_nodes, closed.n_nodes);
    buffer_done(&b);
    case_done(&again);
}

static bool put_name(void *context, struct text name, struct buffer *out, bool *known, struct error *e) {
    (void)context, (void)e;
    *known = text_equal_c(name, "subject");
    if (*known) buffer_put_c(out, "my model.gguf");
    return true;
}

/* Braces that are no names stay: templates of rows have them. */
static void test_words(void **state) {
    const struct line_names names = {'{', put_name, NULL};
    (void)state;
    const char **w = line_words("basanite run x --where '{{labels.a == 1}}' --init {subject} {", &names, &arena, &err);
    assert_non_null(w);
    assert_string_equal(w[4], "{{labels.a == 1}}");
    assert_string_equal(w[6], "my model.gguf");
    assert_string_equal(w[7], "{");
    assert_null(w[8]);
    assert_null(line_words("sh -c x", &names, &arena, &err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_choose, setup, teardown),
        cmocka_unit_test_setup_teardown(test_welcome, setup, teardown),
        cmocka_unit_test_setup_teardown(test_case, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
