/* Levels by rules: the built-in ones on written responses, every kind of condition, faults of a file named with their
 * place, and the 300 known levels of the published rule. */
#include "check.h"

#include "base/json.h"
#include "measure/score/levels.h"

static struct arena arena;
static struct error err;
static const char *root;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 28);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static struct level_verdict judge(const struct level_rules *rules, const char *response, const char *reference,
                                  const char *other) {
    struct text references[] = {text_of(reference), text_of(other)};
    struct level_case which = {text_of(response), references, reference ? other ? 2 : 1 : 0};
    struct level_verdict v;
    check_ok(level_of(rules, &which, &arena, &v, &err));
    return v;
}

static void mathematics(void **state) {
    struct level_rules *r = level_rules_open("mathematics", NULL, &err);
    (void)state;
    check_ok(r);
    assert_int_equal(level_rules_levels(r), 4);
#define LEVEL(response, reference, other) judge(r, response, reference, other).level
    assert_int_equal(LEVEL("a</think> it is \\boxed{\\dfrac12}", "\\frac{1}{2}", NULL), 1);
    assert_int_equal(LEVEL("a</think> it is \\boxed{7}", "5", "7"), 1);              /* any reference */
    assert_int_equal(LEVEL("a</think> it is \\boxed{7}", "so \\boxed{7}", NULL), 1); /* a whole solution as reference */
    assert_int_equal(LEVEL("a</think> it is \\boxed{8}", "5", "7"), 2);
    assert_int_equal(LEVEL("a</think> it is \\boxed{ }", "5", NULL), 3);
    assert_int_equal(LEVEL("a</think> it is \\boxed{5}", NULL, NULL), 3);
    assert_int_equal(LEVEL("a</think> it is \\boxed{5}", " ", NULL), 3);
    assert_int_equal(LEVEL("a \\boxed{5} </think> it is 5", "5", NULL), 4); /* only behind the last tag */
    assert_int_equal(LEVEL("a \\boxed{5}", "5", NULL), 4);
    assert_int_equal(LEVEL("", "5", NULL), 4);
    check_near(judge(r, "a</think>\\boxed{5}", "5", NULL).score, 3, 0);
    check_near(judge(r, "a</think>\\boxed{6}", "5", NULL).score, -0.5, 0);
#undef LEVEL
    level_rules_close(r);
}

/* One condition against one text: level 1 where it holds. */
static unsigned holds(const char *condition, const char *text, const char *reference) {
    char source[1024];
    snprintf(source, sizeof source,
             "rules: t\nparts:\n  a: {inside: ['<a>', '</a>']}\n  b: {of: a, after: '#'}\n  m: {match: 'n=(\\d+)'}\n"
             "checks: {long: {words: {least: 3}}}\nlevels:\n  - {score: 1, when: %s}\n  - {score: 0}\n",
             condition);
    struct level_rules *r = level_rules_parse(text_of(source), "t.yaml", &err);
    check_ok(r);
    unsigned level = judge(r, text, reference, NULL).level;
    level_rules_close(r);
    return level == 1;
}

static void conditions(void **state) {
    static const struct {
        const char *condition, *yes, *no, *reference;
    } rows[] = {
        {"{of: a, found: yes}", "<a>x</a>", "<a>x", NULL},
        {"{of: a, found: no}", "</a>x<a>", "<a></a>", NULL},
        {"{of: a, empty: yes}", "x<a> </a>", "<a>x</a>", NULL},
        {"{of: b, equals: exact}", "<a>x</a> <a>1#2# 7 </a>", "<a>7</a>", "7"},
        {"{of: m, equals: exact}", "k=4 n=12", "n=", "12"},
        {"{contains: [x, y]}", "yx", "xx", NULL},
        {"{tags: [x, y]}", "x-y", "y-x", NULL},
        {"{tags: [x, y]}", "x-y", "x-y-x", NULL},
        {"{regex: '(?i)^ada.*bo$'}", "ADA and BO", "and Ada and Bo", NULL},
        {"{words: {least: 2, most: 3}}", " a  b\nc ", "a b c d", NULL},
        {"long", "a b c", "a b", NULL},
        {"{json: yes}", "[1, {}]", "[1,", NULL},
        {"{json: {type: object, properties: {k: {type: integer}}, required: [k]}}", "{\"k\": 1}", "{\"k\": \"1\"}",
         NULL},
        {"{equals: relaxed}", "The  Mill!", "A mill house", "mill"},
        {"{roles: given}", "Ada is a knave", "Ada is one", "(1) Ada is a knight"},
        {"{roles: right}", "Ada is a knight", "Ada is a knave", "(1) Ada is a knight"},
        {"{maths: strict}", "0.5", "0.50", "\\frac12"},
        {"{maths: lenient}", "x+x", "x*x", "2x"},
        {"{refusal: yes}", "I'm sorry, but I can't help with that.", "Sure, here it is.", NULL},
        {"{any: [{contains: x}, {contains: y}]}", "y", "z", NULL},
        {"{all: [{contains: x}, {not: {contains: y}}]}", "x", "xy", NULL},
        {"{not: [{contains: x}, {contains: y}]}", "x", "xy", NULL},
        {"[{contains: x}, long]", "x y z", "x y", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!holds(rows[i].condition, rows[i].yes, rows[i].reference))
            fail_msg("%s of '%s'", rows[i].condition, rows[i].yes);
        if (holds(rows[i].condition, rows[i].no, rows[i].reference))
            fail_msg("%s of '%s' must not hold", rows[i].condition, rows[i].no);
    }
    assert_true(holds("{references: no}", "x", NULL) && holds("{references: yes}", "x", "r") &&
                !holds("{references: yes}", "x", " "));
    assert_false(holds("{regex: x}", "\xff x", NULL)); /* no UTF-8: nothing matches */
}

static void faults_are_named(void **state) {
    static const struct {
        const char *source, *message;
    } rows[] = {
        {"rules: t\nlevels: [{score: 1}]", "t.yaml:2:9"},
        {"rules: t\nlevls: []", "did you mean 'levels'"},
        {"rules: t\nlevels: [{score: 1, when: lng}, {score: 0}]", "no check 'lng'"},
        {"rules: t\nlevels: [{when: {contains: x}}, {score: 0}]", "expected 'score'"},
        {"rules: t\nlevels: [{score: 1, when: {regex: '('}}, {score: 0}]", "regular expression"},
        {"rules: t\nlevels: [{score: 1, when: {roles: rigt}}, {score: 0}]", "right, given"},
        {"rules: t\nlevels: [{score: 1, when: {contains: x, regex: y}}, {score: 0}]", "one condition"},
        {"rules: t\nlevels: [{score: 1, when: {of: a, empty: no}}, {score: 0}]", "no part 'a'"},
        {"rules: t\nlevels: [{score: 1}, {score: 0}]", "expected 'when'"},
        {"rules: t\nlevels: [{score: 1, when: {contains: x}}, {score: 0, when: {contains: y}}]", "takes what is left"},
        {"rules: t\nlevels: [{level: 2, score: 1, when: {contains: x}}, {score: 0}]", "level: expected 1"},
        {"rules: t\nlevels: [{score: inf, when: {contains: x}}, {score: 0}]", "finite"},
        {"rules: t\nparts: {a: {inside: x}}\nlevels: [{score: 1, when: {contains: x}}, {score: 0}]", "[OPEN, CLOSE]"},
        {"rules: t\nlevels: [{score: 1, when: {words: {least: 3, most: 2}}}, {score: 0}]", "least <= most"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_fails(level_rules_parse(text_of(rows[i].source), "t.yaml", &err), ERROR_DATA, rows[i].message);
    check_fails(level_rules_open("knight", NULL, &err), ERROR_USAGE, "knights, mathematics");
}

static void known_levels(void **state) {
    char path[512];
    size_t line, n = 0;
    json_t *row;
    (void)state;
    snprintf(path, sizeof path, "%s/../shared/data/trpa/level_gold_a.jsonl", root);
    struct jsonl *lines = jsonl_open(path, 1 << 20, &err);
    if (!lines) {
        print_message("skip - levels/known levels: %s is not there\n", path);
        skip();
    }
    struct level_rules *r = level_rules_open("knights", NULL, &err);
    check_ok(r);
    for (; jsonl_next(lines, &row, &line, &err) == 1; n++) {
        const json_t *expect = json_object_get(row, "expect");
        struct level_verdict v = judge(r, json_string_value(json_object_get(row, "response")),
                                       json_string_value(json_object_get(row, "solution_text_format")), NULL);
        if (v.level != json_integer_value(json_object_get(expect, "level")) ||
            v.score != json_number_value(json_object_get(expect, "score")))
            fail_msg("line %zu: level %u, score %g", line, v.level, v.score);
        json_decref(row);
    }
    assert_int_equal(n, 300);
    level_rules_close(r);
    jsonl_close(lines);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {cmocka_unit_test(mathematics), cmocka_unit_test(conditions),
                                       cmocka_unit_test(faults_are_named), cmocka_unit_test(known_levels)};
    return cmocka_run_group_tests_name("levels", tests, setup, teardown);
}
