/* Verdicts: sizes that were computed by hand elsewhere, applicability, the false-pass rate of simulated subjects, and
 * whether the advised number of items decides. */
#include "check.h"
#include "names_fake.h"

#include "measure/figure/gate.h"
#include "measure/statistics/statistics.h"
#include "set/policy_derive.h"
#include "set/policy_verdict.h"

static struct arena arena;
static struct error err;

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

/* The exact interval for counts that need not be whole. */
static struct policy_interval exact(double k, double n, double confidence) {
    double tail = (1 - confidence) / 2;
    return (struct policy_interval){k > 0 ? stat_beta_quantile(k, n - k + 1, tail) : 0,
                                    k < n ? stat_beta_quantile(k + 1, n - k, 1 - tail) : 1};
}

static bool interval(void *context, const struct figure *f, double confidence, struct policy_interval *out,
                     const char **method, bool *plain, const char **why) {
    (void)context, (void)why;
    struct interval x = gate_interval(f, confidence, method);
    *plain = strcmp(*method, "clopper-pearson") == 0;
    *out = (struct policy_interval){x.lo, x.hi};
    return true;
}

static struct policy *read_policy(const char *source) {
    struct policy_settings settings = {.names = &fake_names, .as_of = 20000};
    error_clear(&err);
    struct policy *p = policy_read(text_of(source), "p.yaml", &settings, &arena, NULL, &err);
    if (!p) fail_msg("%s", err.message);
    return p;
}

static struct figure share(const char *name, const char *task, const char *group, int64_t k, uint64_t n) {
    struct interval x = stat_wilson((uint64_t)k, n, 0.95);
    return (struct figure){.name = name,
                           .task = task,
                           .group = group,
                           .value = x.estimate,
                           .lo = x.lo,
                           .hi = x.hi,
                           .n = n,
                           .k = k,
                           .method = "wilson",
                           .unit = "share",
                           .direction = "up"};
}

static struct policy_result judge_in(const struct policy *p, const struct figure *figures, size_t n,
                                     const char *context_text) {
    struct policy_measured measured = {
        .figures = figures, .n = n, .names = &fake_names, .exact = exact, .interval = interval, .as_of = 20000};
    struct policy_context context;
    struct policy_result out;
    check_ok(policy_context_parse(text_of(context_text), &arena, &context, &err));
    check_ok(policy_judge(p, &context, &measured, &arena, &out, &err));
    return out;
}

static struct policy_clause clause(enum policy_op op, double target) {
    return (struct policy_clause){.op = op, .target = target, .upper = NAN, .tol = NAN, .confidence = 0.95};
}

/* What the process paper's own examples need: computed with SciPy's beta.ppf, see methods of SFMA. */
static void known_sizes(void **state) {
    (void)state;
    struct policy_clause refuse = clause(POLICY_AT_LEAST, 0.95), over = clause(POLICY_AT_MOST, 0.05),
                         pass = clause(POLICY_AT_LEAST, 0.9);
    uint64_t k = 0;
    assert_true(policy_size_passing(&refuse, exact, 500, &k));
    assert_int_equal(k, 485);
    assert_true(policy_size_passing(&over, exact, 500, &k));
    assert_int_equal(k, 15);
    assert_true(policy_size_passing(&pass, exact, 1000, &k));
    assert_int_equal(k, 919);
    check_near(exact(485, 500, 0.95).lo, 0.951, 5e-4);
    check_near(exact(484, 500, 0.95).lo, 0.949, 5e-4);
    check_near(exact(486, 500, 0.95).lo, 0.9535, 5e-5);
    check_near(exact(486, 500, 0.95).hi, 0.9846, 5e-5);
}

static void smallest_sizes(void **state) {
    (void)state;
    /* All of n right: lower = (alpha/2)^(1/n), so n = ln(alpha/2) / ln(target). */
    for (double t = 0.5; t < 0.995; t += 0.05) {
        struct policy_clause c = clause(POLICY_AT_LEAST, t), d = clause(POLICY_AT_MOST, 1 - t);
        uint64_t expected = (uint64_t)ceil(log(0.025) / log(t) - 1e-9);
        assert_int_equal(policy_size_smallest(&c, exact), expected);
        assert_int_equal(policy_size_smallest(&d, exact), expected);
    }
    struct policy_clause all = clause(POLICY_AT_LEAST, 1);
    assert_int_equal(policy_size_smallest(&all, exact), 0); /* no number of items shows certainty */
    uint64_t k;
    assert_false(policy_size_passing(&all, exact, 1000000, &k));
    struct policy_clause near = clause(POLICY_NEAR, 0.5);
    near.tol = 0.05;
    uint64_t n = policy_size_smallest(&near, exact);
    struct policy_interval x = exact((double)(n / 2), (double)n, 0.9);
    assert_true(n > 200 && n < 320 && x.lo >= 0.45 && x.hi <= 0.55);
    struct policy_clause tol = clause(POLICY_AT_LEAST, 0.5);
    tol.tol = 0.1;
    assert_int_equal(policy_size_planned(&tol, 1.959964, 0), 385); /* (1.96 / 0.05)^2 / 4 = 384.1 */
}

/* Counting all k by hand gives what halving finds. */
static void passing_by_hand(void **state) {
    (void)state;
    static const enum policy_op ops[] = {POLICY_AT_LEAST, POLICY_AT_MOST, POLICY_ABOVE, POLICY_BELOW};
    for (size_t o = 0; o < 4; o++)
        for (uint64_t n = 1; n < 120; n += 7)
            for (double t = 0; t <= 1; t += 0.1) {
                struct policy_clause c = clause(ops[o], t);
                uint64_t k = 0, by_hand = 0;
                bool up = o % 2 == 0, any = false;
                for (uint64_t i = 0; i <= n; i++) {
                    uint64_t at = up ? n - i : i;
                    if (policy_clause_side(&c, exact((double)at, (double)n, 0.95)) != POLICY_GOOD_SIDE) continue;
                    any = true, by_hand = at;
                }
                assert_int_equal(policy_size_passing(&c, exact, n, &k), any);
                if (any) assert_int_equal(k, by_hand);
            }
}

/* ---- the false-pass rate */

/* Subjects whose true rate is just on the wrong side: how often a goal about them is met. At most alpha / 2 = 0.025 for
 * each test, within three standard errors of 100,000 simulated subjects. */
static void false_passes(void **state) {
    (void)state;
    enum { SUBJECTS = 100000 };
    static const struct {
        enum policy_op op;
        double target;
        uint64_t n;
    } rows[] = {{POLICY_AT_LEAST, 0.95, 500}, {POLICY_AT_MOST, 0.05, 500}, {POLICY_AT_LEAST, 0.9, 1000},
                {POLICY_AT_LEAST, 0.5, 60},   {POLICY_AT_MOST, 0.3, 137},  {POLICY_AT_LEAST, 0.98, 200}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy_clause c = clause(rows[i].op, rows[i].target);
        double p = rows[i].target + (rows[i].op == POLICY_AT_LEAST ? -1e-9 : 1e-9), truth = 0;
        uint64_t met = 0, violated = 0, k = 0;
        enum policy_side sides[1001];
        for (uint64_t s = 0; s <= rows[i].n; s++)
            sides[s] = policy_clause_side(&c, exact((double)s, (double)rows[i].n, 0.95));
        struct rng rng = rng_stream(1, "false passes", i);
        for (int s = 0; s < SUBJECTS; s++) {
            enum policy_side side = sides[stat_draw_binomial(&rng, rows[i].n, p)];
            met += side == POLICY_GOOD_SIDE;
            violated += side == POLICY_BAD_SIDE;
        }
        /* The same by the sum over all outcomes. */
        if (policy_size_passing(&c, exact, rows[i].n, &k))
            truth = rows[i].op == POLICY_AT_LEAST ? 1 - stat_binomial_cdf(k - 1, rows[i].n, p)
                                                  : stat_binomial_cdf(k, rows[i].n, p);
        double rate = (double)met / SUBJECTS, se = sqrt(0.025 * 0.975 / SUBJECTS);
        print_message("%s %g, n = %llu: %.5f met falsely (exactly %.5f), %.5f violated\n", policy_op_names[rows[i].op],
                      rows[i].target, (unsigned long long)rows[i].n, rate, truth, (double)violated / SUBJECTS);
        assert_true(truth <= 0.025);
        check_near(rate, truth, 3.5 * se);
        assert_true(rate <= 0.025 + 3 * se);
    }
}

/* The chance that a subject of rate p is decided by n items: the sum over all outcomes. Few successes decide one way,
 * many the other; both ends are found by halving. */
static double chance_decided(const struct policy_clause *c, uint64_t n, double p) {
    uint64_t ends[2];
    for (int many = 0; many < 2; many++) {
        uint64_t lo = 0, hi = n + 1; /* the first k that is open, the first that decides again */
        enum policy_side wanted = (c->op == POLICY_AT_LEAST) == (many == 1) ? POLICY_GOOD_SIDE : POLICY_BAD_SIDE;
        while (lo < hi) {
            uint64_t mid = lo + (hi - lo) / 2;
            enum policy_side side = policy_clause_side(c, exact((double)mid, (double)n, 0.95));
            if (many ? side == wanted : side != wanted)
                hi = mid;
            else
                lo = mid + 1;
        }
        ends[many] = lo;
    }
    return (ends[0] ? stat_binomial_cdf(ends[0] - 1, n, p) : 0) +
           (ends[1] <= n ? 1 - (ends[1] ? stat_binomial_cdf(ends[1] - 1, n, p) : 0) : 0);
}

/* The number of items advised at an estimate: there, half of the subjects of that rate are decided. Counts are whole,
 * so the chance goes up in a saw: it first reaches one half before, and last falls below it behind. */
static void advice(void **state) {
    (void)state;
    static const struct {
        enum policy_op op;
        double target, p;
    } rows[] = {{POLICY_AT_LEAST, 0.95, 0.97}, {POLICY_AT_LEAST, 0.95, 0.93}, {POLICY_AT_MOST, 0.05, 0.03},
                {POLICY_AT_LEAST, 0.5, 0.55},  {POLICY_AT_LEAST, 0.9, 0.93},  {POLICY_AT_MOST, 0.2, 0.25}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy_clause c = clause(rows[i].op, rows[i].target);
        uint64_t advised = policy_size_needed(&c, exact, rows[i].p), first = 0, last = 0;
        for (uint64_t n = advised * 7 / 10; n < advised * 13 / 10; n++) {
            bool half = chance_decided(&c, n, rows[i].p) >= 0.5;
            if (half && !first) first = n;
            if (!half) last = n;
        }
        double middle = (double)(first + last) / 2;
        print_message("%s %g at %g: %llu advised; half are decided first at %llu, always behind %llu\n",
                      policy_op_names[rows[i].op], rows[i].target, rows[i].p, (unsigned long long)advised,
                      (unsigned long long)first, (unsigned long long)last);
        assert_true(first > 0 && last > 0 && fabs((double)advised - middle) <= 0.1 * middle);
    }
    struct policy_clause c = clause(POLICY_AT_LEAST, 0.9);
    assert_int_equal(policy_size_needed(&c, exact, 0.9), 0); /* on the target itself nothing ever decides */
}

/* ---- whole policies */

static void three_verdicts(void **state) {
    (void)state;
    const struct policy *p = read_policy(
        "policy: p\nrules: |\n  goal a level 1 severity 5 require acc(facts) >= 0.9\n"
        "  goal b level 2 severity 4 require refusal_rate(refusals) near 0.5 +- 0.05 at 95%\n"
        "  goal c level 2 severity 2 weight 2 require over_refusal(xstest/safe) <= 0.05 on 300 tol 0.01\n"
        "  goal d level 3 severity 1 require refusal_rate(refusals) in 0.2 to 0.9 require unseen youden_j(novel) >= "
        "0.1\n  goal e level 1 require acc(tastes) >= 0.5 prefer acc(facts) >= 0.99\n");
    struct figure figures[] = {share("acc", "facts", "", 919, 1000),
                               share("refusal_rate", "refusals", "", 500, 1000),
                               share("over_refusal", "xstest/safe", "", 0, 250),
                               {.name = "youden_j",
                                .task = "novel",
                                .group = "",
                                .value = 0.05,
                                .lo = 0.01,
                                .hi = 0.09,
                                .n = 500,
                                .k = -1,
                                .method = "newcombe",
                                .unit = "difference",
                                .direction = "up"}};
    struct policy_result r = judge_in(p, figures, 4, "");
    assert_int_equal(r.verdicts[0], POLICY_MET);
    assert_int_equal(r.verdicts[1], POLICY_MET);
    assert_int_equal(r.verdicts[2], POLICY_UNDECIDED); /* 250 of 300 items */
    assert_int_equal(r.verdicts[3], POLICY_VIOLATED);
    assert_int_equal(r.verdicts[4], POLICY_UNDECIDED); /* not measured */
    assert_int_equal(r.verdict, POLICY_VIOLATED);
    assert_int_equal(r.counts[POLICY_UNDECIDED], 2);
    assert_string_equal(r.outcomes[0].method, "clopper-pearson");
    figures[0] = share("acc", "facts", "", 918, 1000); /* 0.918 is above 0.9, its bound is not */
    figures[2] = share("over_refusal", "xstest/safe", "", 15, 250);
    figures[3].value = 0.2, figures[3].lo = 0.15, figures[3].hi = 0.25;
    r = judge_in(p, figures, 4, "");
    assert_int_equal(r.verdicts[0], POLICY_UNDECIDED);
    assert_true(r.outcomes[0].needed > 1000 && r.outcomes[0].needed < 1200);
    assert_int_equal(r.verdicts[3], POLICY_MET);
    check_near(r.deficit, 2 * (0.06 - 0.05) / 0.01, 1e-9);
    struct buffer b;
    buffer_init(&b, 1 << 16);
    policy_outcome_put(&b, &r.outcomes[0]);
    assert_non_null(strstr(b.at, "acc of facts is 0.918 (0.8992 to 0.9343, n = 1000): undecided; about 10"));
    buffer_done(&b);
}

static void hard_goals_waivers_refinement(void **state) {
    (void)state;
    struct figure figures[] = {share("acc", "facts", "", 10, 1000), share("over_refusal", "refusals", "", 0, 1000),
                               share("acc", "tastes", "lang=en", 99, 100), share("acc", "tastes", "lang=de", 1, 100),
                               share("acc", "tastes", "", 100, 200)};
    const char *source = "policy: p\ngate: not violated(severity >= 5)\n%s\nrules: |\n"
                         "  goal v level 2\n  goal a level 1 severity 2 hard require acc(facts) >= 0.9 refines v\n"
                         "  goal b level 2 require over_refusal(refusals) <= 0.05 refines v\n"
                         "  goal e level 1 for each lang require acc(tastes) >= 0.5\n";
    char text[1000];
    snprintf(text, sizeof text, source, "");
    struct policy_result r = judge_in(read_policy(text), figures, 5, "");
    assert_int_equal(r.gate.verdict, POLICY_MET);
    assert_int_equal(r.verdict, POLICY_VIOLATED); /* a hard goal decides */
    assert_int_equal(r.verdicts[0], POLICY_VIOLATED);
    assert_int_equal(r.verdicts[3], POLICY_VIOLATED); /* of one group */
    assert_int_equal(r.n_outcomes, 4);
    snprintf(text, sizeof text, source, "waivers: [{goal: a, owner: chief, until: 2030-01-01}]");
    r = judge_in(read_policy(text), figures, 5, "");
    assert_int_equal(r.verdicts[1], POLICY_WAIVED);
    assert_int_equal(r.verdicts[0], POLICY_MET);
    assert_int_equal(r.verdict, POLICY_MET);
}

static bool no_paper(void *context, const struct policy_evidence *e, const char **why) {
    (void)e;
    *why = "its hash is another";
    return *(bool *)context;
}

static void papers(void **state) {
    (void)state;
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    const struct policy *p =
        read_policy("policy: p\ngoals:\n  - {id: a, kind: document}\n  - {id: b, kind: document, evidence: {file: x, "
                    "sha256: " HASH ", owner: o, until: 2020-01-01}}\n  - {id: c, kind: document, evidence: {file: x, "
                    "sha256: " HASH ", owner: o, until: 2030-01-01}}\n");
    bool there = true;
    struct policy_measured measured = {.exact = exact, .interval = interval, .as_of = 20000, .context = &there};
    struct policy_context context = {0};
    struct policy_result r;
    check_ok(policy_judge(p, &context, &measured, &arena, &r, &err));
    assert_int_equal(r.counts[POLICY_UNDECIDED], 3); /* nobody looked */
    measured.paper = no_paper;
    check_ok(policy_judge(p, &context, &measured, &arena, &r, &err));
    assert_int_equal(r.verdicts[0], POLICY_UNDECIDED);
    assert_int_equal(r.verdicts[1], POLICY_UNDECIDED); /* has run out */
    assert_int_equal(r.verdicts[2], POLICY_MET);
    there = false;
    check_ok(policy_judge(p, &context, &measured, &arena, &r, &err));
    assert_int_equal(r.verdicts[2], POLICY_UNDECIDED);
}

static void contexts(void **state) {
    (void)state;
    const struct policy *p = read_policy(
        "policy: p\nrules: |\n  goal chat level 1 require acc(facts) >= 0.5\n"
        "  goal strict level 1 when domain=health require acc(facts) >= 0.9 overrides chat exception when lang in "
        "{de,fr} require acc(facts) >= 0.7\n  goal never level 1 when lang != en require acc(facts) >= 0.1 overrides "
        "strict\n");
    static const struct {
        const char *context;
        enum policy_applies expected[3];
    } rows[] = {
        {"", {POLICY_OPEN, POLICY_OPEN, POLICY_OPEN}},
        {"domain=health", {POLICY_NO, POLICY_YES, POLICY_OPEN}},
        {"domain=law", {POLICY_YES, POLICY_NO, POLICY_OPEN}},
        {"domain=health, lang=en", {POLICY_NO, POLICY_YES, POLICY_NO}},
        {"domain=health, lang=de", {POLICY_YES, POLICY_NO, POLICY_YES}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy_context context;
        check_ok(policy_context_parse(text_of(rows[i].context), &arena, &context, &err));
        struct policy_application *a = policy_apply(p, &context, &arena, &err);
        for (size_t g = 0; g < 3; g++) {
            enum policy_applies expected =
                g == 0 && rows[i].expected[0] == POLICY_OPEN ? POLICY_YES : rows[i].expected[g];
            if (a[g].applies != expected) fail_msg("row %zu, goal %zu: %d", i, g, (int)a[g].applies);
        }
    }
    struct policy_context context;
    check_ok(policy_context_parse(TEXT("lang=de, domain=health"), &arena, &context, &err));
    struct policy_application *a = policy_apply(p, &context, &arena, &err);
    assert_int_equal(a[1].exception, 0);
    check_near(a[1].clauses[0].target, 0.7, 0);
    struct buffer b;
    buffer_init(&b, 1 << 16);
    policy_apply_explain(p, &context, a, 1, &b);
    assert_non_null(strstr(b.at, "strict does not apply; it is for where domain=health"));
    assert_non_null(strstr(b.at, "domain=health: yes"));
    assert_non_null(strstr(b.at, "overridden by 'never'"));
    assert_non_null(strstr(b.at, "exception where lang in {de,fr}: taken"));
    buffer_done(&b);
    check_fails(policy_context_parse(TEXT("a=b, a=c"), &arena, &context, &err), ERROR_USAGE, "given twice");
    check_fails(policy_context_parse(TEXT("a != b"), &arena, &context, &err), ERROR_USAGE, "one value");
}

/* What is decided directly and what the rules prove are the same, over policies and contexts drawn at random. */
static void rules_prove_the_same(void **state) {
    (void)state;
    struct rng rng = rng_stream(7, "rules", 0);
    size_t applied = 0, overridden = 0;
    for (int round = 0; round < 60; round++) {
        struct buffer b, proof;
        buffer_init(&b, 1 << 16);
        buffer_put_c(&b, "policy: p\nrules: |\n");
        for (int g = 0; g < 6; g++) {
            buffer_printf(&b, "  goal g%d level 1 require acc(facts) >= 0.5", g);
            if (rng_below(&rng, 3))
                buffer_printf(&b, " when a %s in {x,y}", rng_below(&rng, 3) ? "" : "not");
            else if (rng_below(&rng, 2))
                buffer_printf(&b, " when b%sY", rng_below(&rng, 2) ? "=" : " != ");
            if (g && rng_below(&rng, 2)) buffer_printf(&b, " overrides g%d", (int)rng_below(&rng, (uint64_t)g));
            if (rng_below(&rng, 3) == 0) buffer_put_c(&b, " exception when a=x require acc(facts) >= 0.1");
            buffer_put_char(&b, '\n');
        }
        const struct policy *p = read_policy(b.at);
        static const char *const contexts[] = {"", "a=x", "a=z", "b=Y", "a=y, b=Y", "a=z, b=Q"};
        for (size_t k = 0; k < 6; k++) {
            struct policy_context context;
            check_ok(policy_context_parse(text_of(contexts[k]), &arena, &context, &err));
            struct policy_application *a = policy_apply(p, &context, &arena, &err);
            for (size_t g = 0; g < 6; g++) {
                bool proved;
                buffer_init(&proof, 1 << 16);
                check_ok(policy_derive(p, &context, g, &arena, &proof, &proved, &err));
                if (proved != (a[g].applies == POLICY_YES)) fail_msg("%s%s: g%zu", b.at, contexts[k], g);
                applied += proved;
                overridden += a[g].overridden_by != SIZE_MAX;
                if (proved) assert_non_null(strstr(proof.at, "applies"));
                if (a[g].overridden_by != SIZE_MAX && !strstr(proof.at, "is overridden")) fail_msg("%s", proof.at);
                if (proved && a[g].exception == 0) assert_non_null(strstr(proof.at, "takes exception 1"));
                buffer_done(&proof);
            }
        }
        buffer_done(&b);
    }
    assert_true(applied > 100 && overridden > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sizes),
        cmocka_unit_test(smallest_sizes),
        cmocka_unit_test(passing_by_hand),
        cmocka_unit_test(false_passes),
        cmocka_unit_test(advice),
        cmocka_unit_test(three_verdicts),
        cmocka_unit_test(hard_goals_waivers_refinement),
        cmocka_unit_test(papers),
        cmocka_unit_test(contexts),
        cmocka_unit_test(rules_prove_the_same),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
