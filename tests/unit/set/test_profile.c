/* Profiles: every built-in file reads and begins a policy without faults, forty uses fall into their classes by the
 * answer that decides, dates pick what applies, links count. */
#include "check.h"

#include "base/file.h"
#include "set/policy.h"
#include "set/profile.h"

static struct arena arena;
static struct error err;
static const char *root;

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

static struct profile *open_profile(const char *name) {
    struct text source;
    const char *path = arena_printf(&arena, &err, "%s/profiles/%s.yaml", root, name);
    check_ok(file_read(&arena, path, 16 << 20, &source, &err));
    struct profile *p = profile_read(source, path, &arena, &err);
    if (!p) fail_msg("%s", err.message);
    return p;
}

static void every_profile(void **state) {
    (void)state;
    static const struct {
        const char *name;
        size_t items, actions;
    } rows[] = {{"nist-genai", 12, 166}, {"owasp-llm-2025", 10, 0}, {"cn-basic", 10, 0}, {"iso-42001", 9, 0},
                {"eu-gpai", 8, 0},       {"eu-ai-act", 14, 0},      {"values", 10, 0}};
    struct policy_settings settings = {0};
    assert_true(policy_day_parse(TEXT("2026-11-29"), &settings.as_of));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct profile *p = open_profile(rows[i].name);
        struct buffer b;
        assert_string_equal(p->name, rows[i].name);
        assert_int_equal(p->n_items, rows[i].items);
        assert_int_equal(p->n_actions, rows[i].actions);
        assert_true(p->source[0] && p->checked != POLICY_NO_DAY);
        buffer_init(&b, 1 << 20);
        assert_true(profile_policy_put(&b, &p, 1, "begun", settings.as_of));
        struct policy *begun = policy_read(buffer_text(&b), "begun", &settings, &arena, NULL, &err);
        if (!begun) fail_msg("%s: %s", p->name, err.message);
        assert_int_equal(begun->n_goals, p->n_items);
        buffer_done(&b);
    }
}

static void actions_reach_risks(void **state) {
    (void)state;
    struct profile *p = open_profile("nist-genai");
    struct profile_reach r, less;
    bool held[12] = {true};
    check_ok(profile_reach(p, held, &arena, &r, &err));
    assert_int_equal(r.actions, 159);
    assert_int_equal(r.items, 12);
    assert_int_equal(r.published_items, 10); /* the published data link none to bias and to the environment */
    assert_int_equal(r.unlinked, 6);
    /* An action with one link loses it: one more reaches none, one less is served. */
    for (size_t i = 0; i < 12; i++) held[i] = true;
    check_ok(profile_reach(p, held, &arena, &r, &err));
    for (size_t i = 0; i < p->n_actions; i++)
        if (p->actions[i].n_items == 1) {
            p->actions[i].n_items = 0;
            break;
        }
    check_ok(profile_reach(p, held, &arena, &less, &err));
    assert_int_equal(less.unlinked, r.unlinked + 1);
    assert_int_equal(less.served, r.served - 1);
}

static void kinds_of_matches(void **state) {
    (void)state;
    const struct profile *p = open_profile("atlas-nist");
    static const size_t expected[] = {4, 6, 72, 72, 8};
    size_t found[5] = {0};
    assert_int_equal(p->n_matches, 162);
    for (size_t i = 0; i < p->n_matches; i++) found[p->matches[i].kind]++;
    for (size_t k = 0; k < 5; k++) assert_int_equal(found[k], expected[k]);
    assert_int_equal(open_profile("eu-ai-act")->n_requirements, 9);
}

static void dates(void **state) {
    (void)state;
    const struct profile *p = open_profile("cn-basic");
    static const struct {
        const char *day;
        size_t items;
    } rows[] = {{"2024-02-28", 0}, {"2024-02-29", 9}, {"2025-08-31", 9}, {"2025-09-01", 10}};
    for (size_t i = 0; i < 4; i++) {
        int day;
        size_t n = 0;
        assert_true(policy_day_parse(text_of(rows[i].day), &day));
        for (size_t k = 0; k < p->n_items; k++) n += profile_item_holds(&p->items[k], day);
        assert_int_equal(n, rows[i].items);
    }
}

/* ---- classes */

static struct profile_verdict classify(const struct profile *p, const char *answers, struct policy_context *context) {
    struct profile_verdict v;
    struct yaml *yaml = yaml_read(&arena, text_of(answers), "a.yaml", &err);
    check_ok(yaml);
    check_ok(profile_answers_read(p, yaml, &arena, context, &err));
    check_ok(profile_classify(p, context, &arena, &v, &err));
    return v;
}

static const char *scalar(const struct yaml *map, const char *key) {
    const struct yaml *node = yaml_get(map, key);
    return node ? text_copy(&arena, node->scalar, &err) : "";
}

/* Forty of forty, each by the answer that decides it. */
static void vignettes(void **state) {
    (void)state;
    const struct profile *p = open_profile("eu-ai-act");
    const char *path = arena_printf(&arena, &err, "%s/tests/unit/set/vignettes.yaml", root);
    struct yaml *file = yaml_read_file(&arena, path, 1 << 20, &err);
    const struct yaml *list = yaml_get(file, "vignettes");
    size_t classes[4] = {0};
    static const char *const names[] = {"prohibited", "high", "transparency", "minimal"};
    assert_non_null(list);
    assert_int_equal(list->n, 40);
    for (size_t i = 0; i < list->n; i++) {
        const struct yaml *one = list->child[i], *map = yaml_get(one, "answers");
        const char *expected = scalar(one, "class"), *decided_by = scalar(one, "decided_by");
        struct buffer b;
        struct policy_context context;
        buffer_init(&b, 1 << 16);
        buffer_put_c(&b, "{unanswered: no, answers: {");
        for (size_t k = 0; k < map->n; k++)
            buffer_printf(&b, "%s%.*s: yes", k ? ", " : "", TEXT_ARG(map->key[k]->scalar));
        buffer_put_c(&b, "}}");
        struct profile_verdict v = classify(p, b.at, &context);
        buffer_done(&b);
        assert_string_equal(v.tracks[0].track, "risk");
        if (!v.tracks[0].name || strcmp(v.tracks[0].name, expected) != 0)
            fail_msg("%s: %s, expected %s", scalar(one, "id"), v.tracks[0].name, expected);
        for (size_t c = 0; c < 4; c++) classes[c] += strcmp(names[c], expected) == 0;
        const struct profile_step *last = NULL;
        for (size_t s = 0; s < v.n_steps; s++)
            if (v.steps[s].rule == v.tracks[0].by) last = &v.steps[s];
        assert_non_null(last);
        bool cited = !decided_by[0];
        for (size_t k = 0; k < last->rule->when.n && !cited; k++)
            cited = strcmp(last->rule->when.tests[k].name, decided_by) == 0;
        if (!cited) fail_msg("%s: decided by %s, not by %s", scalar(one, "id"), last->rule->id, decided_by);
        buffer_init(&b, 1 << 16);
        profile_verdict_put(&b, &v, &context);
        assert_true(!decided_by[0] || strstr(b.at, decided_by));
        buffer_done(&b);
    }
    assert_true(classes[0] == 8 && classes[1] == 12 && classes[2] == 10 && classes[3] == 10);
}

static void models_and_open_answers(void **state) {
    (void)state;
    const struct profile *p = open_profile("eu-ai-act");
    struct policy_context context;
    struct profile_verdict v = classify(
        p, "{unanswered: no, answers: {general_purpose: true, flop_above_1e25: true, chatbot: yes}}", &context);
    assert_string_equal(v.tracks[1].name, "gpai with systemic risk");
    v = classify(p, "{unanswered: no, answers: {general_purpose: yes, open_weights: yes}}", &context);
    assert_string_equal(v.tracks[1].name, "gpai with open weights");
    v = classify(p, "{answers: {military: no, research_only: no, personal_use: no, manipulation: no}}", &context);
    assert_null(v.tracks[0].name);
    assert_string_equal(v.tracks[0].missing, "exploits_vulnerable");
    v = classify(p, "{answers: {military: yes}}", &context);
    assert_string_equal(v.tracks[0].name, "excluded");
}

static void bad_answers(void **state) {
    (void)state;
    const struct profile *p = open_profile("eu-ai-act");
    static const struct {
        const char *answers, *part;
    } bad[] = {{"{answers: {chatbto: yes}}", "a.yaml:1:12: no question 'chatbto'; did you mean 'chatbot'?"},
               {"{answer: {chatbot: yes}}", "answers"},
               {"[]", "answers are"},
               {"{answers: {chatbot: [yes]}}", "expected yes or no"}};
    for (size_t i = 0; i < 4; i++) {
        struct policy_context context;
        struct yaml *yaml = yaml_read(&arena, text_of(bad[i].answers), "a.yaml", &err);
        check_fails(profile_answers_read(p, yaml, &arena, &context, &err), ERROR_DATA, bad[i].part);
    }
    struct policy_context context;
    struct profile_verdict v;
    struct yaml *yaml = yaml_read(&arena, TEXT("{answers: {personal_use: yes, employment: yes}}"), "a.yaml", &err);
    check_ok(profile_answers_read(p, yaml, &arena, &context, &err));
    check_fails(profile_classify(p, &context, &arena, &v, &err), ERROR_DATA, "contradict each other");
}

static void bad_profiles(void **state) {
    (void)state;
#define HEAD "profile: p\ntitle: t\nsource: s\n"
    static const struct {
        const char *source, *part;
    } bad[] = {
        {"profile: p\ntitle: t\n", "p.yaml:1:1: expected 'source'"},
        {HEAD "itmes: []\n", "p.yaml:4:1: unknown key 'itmes'; did you mean 'items'?"},
        {HEAD "items: [{id: a, clause: b}]\n", "expected 'text'"},
        {HEAD "items: [{id: a, clause: b, text: c}, {id: a, clause: b, text: c}]\n", "two items with id 'a'"},
        {HEAD "items: [{id: a, clause: b, text: c, metric: m}]\n", "needs 'op' and 'target'"},
        {HEAD "items: [{id: a, clause: b, text: c, since: 2026-02-30}]\n", "a day such as"},
        {HEAD "items: [{id: a, clause: b, text: c, since: 2026-02-03, until: 2026-02-02}]\n", "before 'since'"},
        {HEAD "actions: {x: [y]}\n", "there is no item 'y'"},
        {HEAD "matches: [{from: a, wide: b}]\n", "unknown key 'wide'"},
        {HEAD "classes: [{id: a, track: t, class: c, clause: x, when: q=yes}]\n", "'q' is none of the questions"},
        {HEAD "questions: {q: w}\nclasses: [{id: a, track: t, class: c, clause: x, when: q}]\n", "when: column 2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(profile_read(text_of(bad[i].source), "p.yaml", &arena, &err), ERROR_DATA, bad[i].part);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_profile),    cmocka_unit_test(actions_reach_risks),
        cmocka_unit_test(kinds_of_matches), cmocka_unit_test(dates),
        cmocka_unit_test(vignettes),        cmocka_unit_test(models_and_open_answers),
        cmocka_unit_test(bad_answers),      cmocka_unit_test(bad_profiles),
    };
    root = argc > 1 ? argv[1] : ".";
    return cmocka_run_group_tests(tests, setup, teardown);
}
