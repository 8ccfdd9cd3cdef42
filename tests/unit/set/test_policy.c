/* Policies: every key read, every fault named with its place, rules read and written back, gates by their truth
 * tables. */
#include "check.h"
#include "names_fake.h"

#include "set/policy_gate.h"
#include "set/policy_rule.h"

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

static const char *messages[64];
static struct policy_faults faults;

static struct policy *read_on(const char *source, const char *day) {
    struct policy_settings settings = {.names = &fake_names};
    if (!policy_day_parse(text_of(day), &settings.as_of)) fail_msg("no day: %s", day);
    faults = (struct policy_faults){messages, 0, 64};
    error_clear(&err);
    return policy_read(text_of(source), "p.yaml", &settings, &arena, &faults, &err);
}

static struct policy *read_policy(const char *source) {
    return read_on(source, "2026-01-01");
}

static void every_key(void **state) {
    (void)state;
    const struct policy *p = read_policy(
        "policy: helpdesk\n"
        "system: {name: helpdesk, subject: pocket, use: customer support}\n"
        "risk: limited\n"
        "jurisdictions: [EU, CN]\n"
        "profiles: cn-basic\n"
        "stakeholders: [users, {id: operator, role: runs it, veto: yes}]\n"
        "attributes: [{id: safety, weight: 2, owner: ops}, truth]\n"
        "risks: [{id: harm, source: nist-x, severity: 5, likelihood: 3, quadrant: known-known, "
        "goals: [refuse]}]\n"
        "gate: met(severity >= 4) and not violated(all)\n"
        "acts:\n"
        "  - {name: firm, for: [refuse, over_refusal], run: \"basanite train --out {out}/m.gguf\", "
        "subject: \"{out}/m.gguf\", cost: 2, effect: 4%}\n"
        "  - {name: told, for: refuse, system: be kind}\n"
        "waivers: [{goal: paper, owner: chief, until: 2026-01-01}]\n"
        "confidence: 0.9\n"
        "goals:\n"
        "  - {id: refuse, level: 2, kind: principle, text: says no, clause: 9(c), attribute: safety,\n"
        "     when: {domain: health, lang: [en, de]}, for_each: topic, metric: refusal_rate(xstest/unsafe),\n"
        "     op: \">=\", target: 95%, confidence: 0.99, n_min: 100, severity: 5, hard: true, owner: ops,\n"
        "     relations: [{overrides: chat}], because: law, weight: 2}\n"
        "  - {id: chat, level: 1, metric: acc(facts), op: \">=\", target: 0.5}\n"
        "  - {id: kind, level: 3, metric: [youden_j(refusals), win_rate(tastes)], unseen: youden_j(novel),\n"
        "     op: in, target: [0.2, 0.9]}\n"
        "  - {id: level, level: 2, metric: refusal_rate, op: near, target: 0.5, tol: 0.05, "
        "confidence: 0.95}\n"
        "  - {id: paper, kind: document, evidence: {owner: x, until: 2027-01-01}}\n"
        "rules: |\n"
        "  # said in one line\n"
        "  goal short level 2 when domain=health require over_refusal(xstest/safe) <= 5% at 95% on 200 "
        "refines kind\n");
    if (!p) fail_msg("%s", err.message);
    assert_int_equal(p->n_goals, 6);
    const struct policy_goal *g = &p->goals[0];
    assert_string_equal(g->clause, "9(c)");
    assert_int_equal(g->when.n, 2);
    assert_string_equal(g->when.tests[1].values[1], "de");
    assert_int_equal(g->n_clauses, 1);
    check_near(g->clauses[0].target, 0.95, 1e-15);
    check_near(g->clauses[0].confidence, 0.99, 0);
    assert_int_equal(g->clauses[0].n_min, 100);
    assert_string_equal(g->clauses[0].figure.place, "xstest/unsafe");
    assert_true(g->hard && g->severity == 5 && g->relations[0].goal == 1);
    check_near(p->goals[1].clauses[0].confidence, 0.9, 0); /* the policy's */
    assert_int_equal(p->goals[2].n_clauses, 3);
    assert_true(p->goals[2].clauses[2].unseen && !p->goals[2].clauses[1].unseen);
    check_near(p->goals[2].clauses[2].upper, 0.9, 0);
    check_near(p->goals[3].clauses[0].tol, 0.05, 0);
    assert_string_equal(p->goals[4].waived_by, "chief");
    assert_string_equal(p->goals[5].id, "short");
    assert_int_equal(p->goals[5].relations[0].goal, 2);
    assert_string_equal(policy_risk_class(&p->risks[0]), "high");
    assert_string_equal(p->acts[0].subject, "{out}/m.gguf");
    check_near(p->acts[0].effect, 0.04, 1e-15);
    assert_string_equal(p->acts[1].subject, "{subject}");
    assert_true(p->stakeholders[1].veto);
}

/* The part of a message behind "p.yaml:LINE:COLUMN: ". */
static void fails_with(const char *source, const char *place, const char *part) {
    if (read_policy(source)) fail_msg("was read: %s", source);
    if (err.kind != ERROR_DATA || strncmp(err.message, place, strlen(place)) != 0 || !strstr(err.message, part))
        fail_msg("kind %d, '%s', expected '%s' and '%s'", (int)err.kind, err.message, place, part);
}

#define ONE(goal) "policy: p\ngoals:\n  - " goal "\n"
#define GOOD "{id: a, level: 1, metric: acc(facts), op: \">=\", target: 0.5}"

static void every_fault(void **state) {
    (void)state;
    fails_with("policy: p\ngaols: []\n", "p.yaml:2:1: ", "goals");
    fails_with("[]", "p.yaml:1:1: ", "mapping");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", taget: 0.5}"), "p.yaml:3:", "target");
    fails_with(ONE("{id: a, level: 2, metric: refusal_rat(facts), op: \">=\", target: 0.5}"),
               "p.yaml:3:31: ", "did you mean 'refusal_rate'");
    fails_with(ONE("{id: a, level: 1, metric: acc(fact), op: \">=\", target: 0.5}"), "p.yaml:3:31: ", "no task 'fact'");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", target: 95}"),
               "p.yaml:3:31: ", "did you mean 0.95 (95%)?");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", target: 950}"), "p.yaml:3:31: ", "0 to 1");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", target: nan}"), "p.yaml:3:61: ", "'nan'");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", target: .inf}"), "p.yaml:3:61: ", "a number");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", target: inf}"), "p.yaml:3:61: ", "a number");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \"=>\", target: 1}"), "p.yaml:3:", "'op'");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \"<=\", target: 1}"), "p.yaml:3:31: ", "more is better");
    fails_with(ONE("{id: a, level: 2, metric: ece(facts), op: \">=\", target: 1}"), "p.yaml:3:31: ", "less is better");
    fails_with(ONE("{id: a, level: 4, metric: acc(facts), op: \">=\", target: 1}"), "p.yaml:3:", "1 to 3, found 4");
    fails_with(ONE("{id: a, metric: acc(facts), op: \">=\", target: 1}"), "p.yaml:3:5: ", "'level'");
    fails_with(ONE("{level: 1, metric: acc(facts), op: \">=\", target: 1}"), "p.yaml:3:5: ", "'id'");
    fails_with(ONE("{id: a, level: 1, op: \">=\", target: 1}"), "p.yaml:3:", "without 'metric'");
    fails_with(ONE("{id: a, level: 2, metric: refusal_rate, op: near, target: 0.5, tol: 0.1}"),
               "p.yaml:3:31: ", "needs 'confidence'");
    fails_with(ONE("{id: a, level: 2, metric: refusal_rate, op: near, target: 0.5, confidence: 0.9}"),
               "p.yaml:3:31: ", "needs 'tol'");
    fails_with(ONE("{id: a, level: 2, metric: refusal_rate, op: in, target: 0.5}"), "p.yaml:3:", "upper end");
    fails_with(ONE("{id: a, level: 2, metric: refusal_rate, op: in, target: [0.5, 0.4]}"), "p.yaml:3:", "above");
    fails_with(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", target: 1, confidence: 95}"),
               "p.yaml:3:", "between 0.5 and 1");
    fails_with(ONE("{id: a, level: 1, kind: norms, metric: acc(facts), op: \">=\", target: 1}"),
               "p.yaml:3:", "did you mean 'norm'");
    fails_with(ONE("{id: a, level: 1, kind: document, metric: acc(facts), op: \">=\", target: 1}"),
               "p.yaml:3:", "not measured");
    fails_with(ONE(GOOD "\n  - " GOOD), "p.yaml:4:5: ", "there before, in line 3");
    fails_with("policy: p\ngoals: &x [*x]\n", "p.yaml:2:", "anchors");
    fails_with("policy: p\nwaivers: [{goal: a, owner: o, until: 2025-12-31}]\ngoals: [" GOOD "]\n",
               "p.yaml:2:", "ran out on 2025-12-31, before 2026-01-01");
    fails_with("policy: p\nwaivers: [{goal: a, owner: o, until: 2026-02-30}]\ngoals: [" GOOD "]\n",
               "p.yaml:2:", "expected a day");
    fails_with("policy: p\nwaivers: [{goal: b, owner: o, until: 2026-02-03}]\ngoals: [" GOOD "]\n",
               "p.yaml:2:", "no goal 'b'");
    fails_with("policy: p\nwaivers: [{goal: a, until: 2026-02-03}]\ngoals: [" GOOD "]\n", "p.yaml:2:", "owner");
    fails_with("policy: p\ngate: met(severty >= 4)\ngoals: [" GOOD "]\n", "p.yaml:2:7: ", "did you mean 'severity'");
    fails_with("policy: p\nrisk: big\ngoals: [" GOOD "]\n", "p.yaml:2:7: ", "'risk'");
    fails_with("policy: p\nrisks: [{id: r, severity: 9, likelihood: 1}]\ngoals: [" GOOD "]\n", "p.yaml:2:", "1 to 5");
    fails_with("policy: p\nrisks: [{id: r, severity: 1, likelihood: 1, goals: [z]}]\ngoals: [" GOOD "]\n",
               "p.yaml:2:", "no goal 'z'");
    fails_with("policy: p\ngoals: [{id: a, kind: document, evidence: {sha256: abc}}]\n", "p.yaml:2:", "64 hexadecimal");
}

static void levels(void **state) {
    (void)state;
    fails_with(ONE("{id: a, level: 1, metric: refusal_rate(refusals), op: \">=\", target: 1}"),
               "p.yaml:3:5: ", "accuracy of a task");
    fails_with(ONE("{id: a, level: 2, metric: acc(facts), op: \">=\", target: 1}"), "p.yaml:3:5: ", "win rate");
    fails_with(ONE("{id: a, level: 3, metric: acc(facts), op: \">=\", target: 1}"), "p.yaml:3:5: ", "behaviour");
    fails_with(ONE("{id: a, level: 3, metric: youden_j(refusals), op: \">=\", target: 1}"),
               "p.yaml:3:5: ", "unseen context");
    fails_with(ONE("{id: a, level: 3, metric: youden_j(novel), unseen: refusal_rate(novel), op: \">=\", target: 1}"),
               "p.yaml:3:", "another task");
    /* A goal without a figure of its own is bound by those that refine it. */
    if (!read_policy("policy: p\ngoals:\n  - {id: v, level: 3}\n"
                     "  - rule: goal b level 2 require youden_j(refusals) >= 0.5 refines v\n"
                     "  - rule: goal c level 3 require refusal_rate(xstest/unsafe) >= 0.5 require unseen "
                     "youden_j(novel) >= 0.5 refines v\n"))
        fail_msg("%s", err.message);
}

static void acts(void **state) {
    (void)state;
#define ACT(act) "policy: p\nacts:\n  - " act "\ngoals: [" GOOD "]\n"
    fails_with(ACT("{name: x, for: b, system: t}"), "p.yaml:3:", "neither a goal nor a figure");
    fails_with(ACT("{name: x, for: a}"), "p.yaml:3:", "does nothing");
    fails_with(ACT("{name: x, system: t}"), "p.yaml:3:", "'for'");
    fails_with(ACT("{name: x, for: a, run: rm -rf /, subject: y}"), "p.yaml:3:", "begins with 'basanite '");
    fails_with(ACT("{name: x, for: a, run: basanite info pocket}"), "p.yaml:3:", "'subject'");
    fails_with(ACT("{name: x, for: a, subject: \"{out}/m.gguf\"}"), "p.yaml:3:", "nothing makes");
    fails_with(ACT("{name: x, for: a, run: \"basanite info {home}\", subject: y}"), "p.yaml:3:", "{home}");
    fails_with(ACT("{name: x, for: a, system: t, cost: -1}"), "p.yaml:3:", "'cost'");
    fails_with(ACT("{name: x, for: a, system: t}\n  - {name: x, for: a, system: t}"), "p.yaml:4:", "there before");
}

static void relations(void **state) {
    (void)state;
#define THREE(a, b, c)                                                                                                 \
    "policy: p\nrules: |\n  goal a level 1 require acc(facts) >= 0.5 " a "\n"                                          \
    "  goal b level 1 require acc(facts) >= 0.5 " b "\n  goal c level 1 require acc(facts) >= 0.5 " c "\n"
    fails_with(THREE("refines b", "refines c", "refines a"), "p.yaml:",
               "goals go round: 'a', which 'c' refines, which "
               "'b' refines, which 'a' refines");
    fails_with(THREE("overrides b", "overrides a", ""), "p.yaml:", "overrides");
    fails_with(THREE("refines bb", "", ""), "p.yaml:", "which is no goal; did you mean 'b'?");
    fails_with(THREE("supports a", "", ""), "p.yaml:", "supports itself");
    fails_with("policy: p\nrules: |\n  goal a level 1 require acc(facts) >= 0.5\n"
               "  goal b level 2 require refusal_rate(facts) >= 0.5 refines a\n",
               "p.yaml:", "nearer to what is measured");
    if (!read_policy(THREE("refines b, c supports c", "refines c conflicts a", ""))) fail_msg("%s", err.message);
}

static void all_faults_at_once(void **state) {
    (void)state;
    assert_null(read_policy("policy: p\nrisk: big\nrules: |\n  goal a level 1 requir acc(facts) >= 0.5\n"
                            "  goal b level 1 require acc(facts) >= 0.5\n  goal c level 1 require acc(facts) >= x\n"));
    assert_int_equal(faults.n, 3);
    assert_non_null(strstr(faults.messages[1], "p.yaml:4:"));
    assert_non_null(strstr(faults.messages[1], "rule: column 16: expected level, kind"));
    assert_non_null(strstr(faults.messages[1], "found 'requir'"));
    assert_non_null(strstr(faults.messages[2], "p.yaml:6:"));
    assert_non_null(strstr(faults.messages[2], "expected a number, found 'x'"));
    assert_non_null(strstr(err.message, "(and 2 more)"));
}

/* ---- rules */

static struct policy_goal blank(void) {
    return (struct policy_goal){.id = "",
                                .text = "",
                                .clause = "",
                                .attribute = "",
                                .owner = "",
                                .because = "",
                                .for_each = "",
                                .weight = 1,
                                .level = 1,
                                .severity = 3};
}

static void rules_back_and_forth(void **state) {
    (void)state;
    static const char *const lines[] = {
        "goal G1 level 3 when domain=medical, lang in {en,de} require youden_j(xstest_med) >= 0.7 at 95% hard "
        "overrides "
        "G2",
        "goal refuse level 2 when domain=health require refusal_rate(xstest/unsafe) >= 0.95 at 95% hard overrides chat "
        "because \"it is \\\"the\\\" law\"",
        "goal a require ece,bins=15(t) <= 0.05 tol 0.01 prefer d(acc(x)) > -1% on 500 for each kind",
        "goal a when x != y, z not in {1,2} require p near 0.5 +- 0.05 at 90% require unseen q(r) in 0.2 to 0.4",
        "goal a weight 2.5 severity 5 require f >= 0 exception when lang=de require f >= -1 require g <= 3 exception "
        "when lang=fr require f < 9",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct buffer one, two;
        struct policy_goal g = blank(), h = blank();
        buffer_init(&one, 1 << 16), buffer_init(&two, 1 << 16);
        check_ok(policy_rule_parse(text_of(lines[i]), &arena, &g, &err));
        assert_true(policy_rule_put(&one, &g));
        check_ok(policy_rule_parse(buffer_text(&one), &arena, &h, &err));
        assert_true(policy_rule_put(&two, &h));
        assert_string_equal(one.at, two.at);
        buffer_done(&one), buffer_done(&two);
    }
}

static void rule_parts(void **state) {
    (void)state;
    struct policy_goal g = blank();
    check_ok(policy_rule_parse(TEXT("goal G when a in {x,y} require f(t/g=1) >= 70% at 99% on 50 exception when a=y "
                                    "require h <= 2"),
                               &arena, &g, &err));
    assert_int_equal(g.n_clauses, 1);
    check_near(g.clauses[0].target, 0.7, 1e-15);
    check_near(g.clauses[0].confidence, 0.99, 0);
    assert_int_equal(g.clauses[0].n_min, 50);
    assert_string_equal(g.clauses[0].figure.place, "t/g=1");
    assert_int_equal(g.n_exceptions, 1);
    assert_string_equal(g.exceptions[0].clauses[0].figure.name, "h");
    assert_int_equal(g.clauses[0].column, 32);
}

static void rule_faults(void **state) {
    (void)state;
    static const struct {
        const char *line, *part;
    } bad[] = {
        {"gaol a", "column 1: expected 'goal' and its id, found 'gaol'"},
        {"goal", "column 5: expected the id of the goal, found the end"},
        {"goal a level 4", "column 14: expected a whole number from 1 to 3, found '4'"},
        {"goal a require acc(x >= 1", "expected ')' behind the place"},
        {"goal a require acc() >= 1", "expected a task"},
        {"goal a require acc = 1", "column 20: expected >=, <=, >, <, in or near, found '='"},
        {"goal a require acc >= nan", "expected a number"},
        {"goal a require acc >= 1 at 95", "column 28: expected a confidence such as 95%"},
        {"goal a require acc in 1", "expected 'to'"},
        {"goal a require acc near 1", "expected '+-'"},
        {"goal a when x", "expected '=', '!=' or 'in'"},
        {"goal a when x in {a", "expected ',' or '}'"},
        {"goal a because \"x", "expected a quotation mark"},
        {"goal a exception when x=y", "expected 'require'"},
        {"goal a for topic", "expected 'each'"},
        {"goal a kind norms", "expected instruction"},
        {"goal a require 5 >= acc", "expected a figure"},
        {"goal a require d(acc >= 1", "expected"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct policy_goal g = blank();
        check_fails(policy_rule_parse(text_of(bad[i].line), &arena, &g, &err), ERROR_DATA, bad[i].part);
    }
}

/* ---- gates */

#define V POLICY_VIOLATED
#define U POLICY_UNDECIDED
#define M POLICY_MET
#define W POLICY_WAIVED

static enum policy_verdict judge(const char *text, const enum policy_verdict *verdicts,
                                 struct policy_gate_result *out) {
    static const struct policy_goal goals[] = {
        {.id = "a", .level = 1, .severity = 5, .hard = true, .attribute = "safety", .owner = "x", .clause = "9(c)"},
        {.id = "b", .level = 2, .severity = 4, .attribute = "safety", .owner = "", .clause = ""},
        {.id = "c", .level = 3, .severity = 2, .attribute = "truth", .owner = "", .clause = ""},
    };
    static const struct policy policy = {.goals = (struct policy_goal *)goals, .n_goals = 3};
    struct policy_gate_result local;
    error_clear(&err);
    struct policy_gate *gate = policy_gate_parse(text_of(text), &arena, &err);
    if (!gate) fail_msg("%s: %s", text, err.message);
    check_ok(policy_gate_judge(gate, &policy, verdicts, &arena, out ? out : &local, &err));
    return (out ? out : &local)->verdict;
}

static void gates(void **state) {
    (void)state;
    static const struct {
        const char *gate;
        enum policy_verdict verdicts[3], expected;
    } rows[] = {
        {"met(all)", {M, M, M}, M},
        {"met(all)", {M, U, M}, U},
        {"met(all)", {M, U, V}, V},
        {"met()", {M, M, V}, V},
        {"met(severity >= 4)", {M, M, V}, M},
        {"met(severity >= 4)", {M, W, V}, M},
        {"met(severity >= 4)", {W, W, V}, M},
        {"met(severity > 5)", {M, M, M}, U}, /* the policy has no such goal */
        {"met(hard)", {M, V, V}, M},
        {"met(not hard)", {V, M, M}, M},
        {"met(hard = false)", {V, M, M}, M},
        {"met(attribute = safety and level < 2)", {M, V, V}, M},
        {"met(attribute in {safety, truth})", {M, M, U}, U},
        {"met(clause = \"9(c)\")", {M, V, V}, M},
        {"met(id != c)", {M, M, V}, M},
        {"met(id = a or id = c)", {M, V, M}, M},
        {"violated(all)", {M, M, V}, M},
        {"violated(all)", {M, M, U}, V},
        {"undecided(all)", {M, M, U}, M},
        {"not violated(all)", {M, U, U}, M},
        {"not violated(all)", {M, U, V}, V},
        {"met(severity >= 4) and not violated(severity >= 1)", {M, M, U}, M},
        {"met(severity >= 4) and not violated(severity >= 1)", {M, M, V}, V},
        {"met(severity >= 4) and not violated(severity >= 1)", {M, U, U}, U},
        {"not met(all)", {M, U, M}, U},
        {"met(id = c) or met(id = a)", {U, M, V}, U},
        {"met(id = c) or (met(id = a) and met(id = b))", {M, M, V}, M},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (judge(rows[i].gate, rows[i].verdicts, NULL) != rows[i].expected)
            fail_msg("row %zu: %s: %s", i, rows[i].gate,
                     policy_verdict_names[judge(rows[i].gate, rows[i].verdicts, NULL)]);
    struct policy_gate_result result;
    static const enum policy_verdict some[] = {M, V, U};
    judge("met(severity >= 4) and not violated(level = 3)", some, &result);
    assert_int_equal(result.n, 2);
    assert_string_equal(result.findings[0].text, "met(severity >= 4)");
    assert_int_equal(result.findings[0].first, 1);
    assert_int_equal(result.findings[0].picked, 2);
    assert_int_equal(result.findings[1].picked, 1);
}

static void gate_faults(void **state) {
    (void)state;
    static const struct {
        const char *text, *part;
    } bad[] = {
        {"", "column 1: expected met(...), violated(...) or undecided(...), found the end"},
        {"severity >= 4", "column 1: expected met(...)"},
        {"met(severty >= 4)", "column 5: goals have no field 'severty'; did you mean 'severity'?"},
        {"met(severity >= x)", "column 17: expected a number, found 'x'"},
        {"met(severity >= 4", "expected ')'"},
        {"met(kind >= norm)", "= or !="},
        {"met(all) and", "found the end"},
        {"met(all) met(all)", "column 10: expected 'and', 'or' or the end, found 'met'"},
        {"met(all) or (met(all)", "expected ')'"},
        {"met(id in c)", "expected '{'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(policy_gate_parse(text_of(bad[i].text), &arena, &err), ERROR_DATA, bad[i].part);
    char deep[400] = "";
    for (int i = 0; i < 120; i++) strcat(deep, "(");
    check_fails(policy_gate_parse(text_of(deep), &arena, &err), ERROR_DATA, "deeper than 100");
}

static void gate_of_a_policy_without_one(void **state) {
    (void)state;
    const struct policy *p = read_policy(ONE(GOOD));
    assert_string_equal(p->gate, "met(all)");
    p = read_policy(ONE("{id: a, level: 1, metric: acc(facts), op: \">=\", target: 0.5, severity: 4}"));
    assert_string_equal(p->gate, POLICY_GATE_DEFAULT);
}

static void days(void **state) {
    (void)state;
    int day;
    char back[11];
    assert_true(policy_day_parse(TEXT("1970-01-01"), &day) && day == 0);
    assert_true(policy_day_parse(TEXT("2000-03-01"), &day) && day == 11017);
    static const char *const bad[] = {"2026-02-29", "2026-13-01", "2026-1-1",   "20260101", "2026-00-10",
                                      "0000-01-01", "2026-04-31", "2026-01-0x", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(policy_day_parse(text_of(bad[i]), &day));
    for (int d = -200000; d < 200000; d += 37) {
        int again;
        assert_true(policy_day_put(d, back));
        assert_true(policy_day_parse(text_of(back), &again) && again == d);
    }
}

/* Memory that runs out at any point ends the reading with the right message. */
static void torture(void **state) {
    (void)state;
    static const char source[] =
        "policy: p\nstakeholders: [a]\nrisks: [{id: r, severity: 1, likelihood: 1, goals: [a]}]\n"
        "acts: [{name: x, for: a, system: t}]\nwaivers: [{goal: b, owner: o, until: 2030-01-01}]\n"
        "gate: met(kind in {norm}) or violated(all)\ngoals: [" GOOD ", {id: b, kind: document}]\n"
        "rules: |\n  goal c level 1 when a in {b,c} require acc(facts) >= 1 refines a exception "
        "when x=y require acc(facts) >= 0.5\n";
    bool done = false;
    for (uint64_t n = 1; !done; n++) {
        struct arena own;
        struct policy_settings settings = {.names = &fake_names, .as_of = 20000};
        arena_init(&own, (size_t)1 << 24);
        error_clear(&err);
        memory_fail_at(n);
        done = policy_read(text_of(source), "p.yaml", &settings, &own, NULL, &err) != NULL;
        memory_fail_at(0);
        if (!done && err.kind != ERROR_ENVIRONMENT) fail_msg("%llu: %s", (unsigned long long)n, err.message);
        arena_done(&own);
        assert_true(n < 10000);
    }
}

/* 10,000 goals are read and checked in under a second. */
static void many_goals(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 8 << 20);
    buffer_put_c(&b, "policy: p\nrules: |\n");
    buffer_put_c(&b, "  goal g0 level 1 require acc(facts) >= 0.5\n");
    for (int i = 1; i < 10000; i++)
        buffer_printf(&b, "  goal g%d level 1 require acc(facts) >= 0.5 refines g%d\n", i, i - 1);
    double before = check_seconds();
    char *source = text_copy(&arena, buffer_text(&b), &err);
    const struct policy *p = read_policy(source);
    double seconds = check_seconds() - before;
    if (!p || p->n_goals != 10000) fail_msg("%s", err.message);
    if (seconds > 5) fail_msg("%.2f s", seconds); /* 1 s without sanitizers */
    buffer_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key),
        cmocka_unit_test(every_fault),
        cmocka_unit_test(levels),
        cmocka_unit_test(acts),
        cmocka_unit_test(relations),
        cmocka_unit_test(all_faults_at_once),
        cmocka_unit_test(rules_back_and_forth),
        cmocka_unit_test(rule_parts),
        cmocka_unit_test(rule_faults),
        cmocka_unit_test(gates),
        cmocka_unit_test(gate_faults),
        cmocka_unit_test(gate_of_a_policy_without_one),
        cmocka_unit_test(days),
        cmocka_unit_test(many_goals),
        cmocka_unit_test(torture),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
