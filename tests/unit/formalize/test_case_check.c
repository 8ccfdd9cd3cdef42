/* Checking assurance cases: the shared known answers, every status, Or, first line as goal, support, the yellow path,
 * unused lines, belief, evidence, edits that solve only what they touch, and the same bytes for any number of threads.
 */
#include "check.h"

#include "base/file.h"
#include "formalize/case/case_check.h"
#include "formalize/case/case_read.h"
#include "formalize/case/case_trust.h"
#include "solver/mona.h"
#include "solver/prolog.h"
#include "solver/smt.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena arena;
static struct error err;
static struct assurance_case c;
static struct case_checker *checker;
static const struct case_report *report;
static const char *root;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    error_clear(&err);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    case_checker_free(checker);
    checker = NULL;
    case_done(&c);
    arena_done(&arena);
    return 0;
}

#define NEEDS_Z3()                                                                                                     \
    do {                                                                                                               \
        (void)state;                                                                                                   \
        if (!smt_there()) {                                                                                            \
            print_message("skipped: z3 is not installed\n");                                                           \
            skip();                                                                                                    \
        }                                                                                                              \
    } while (0)

static void begin(struct case_check_settings settings) {
    case_checker_free(checker);
    checker = case_checker_new(&settings, &err);
    check_ok(checker);
}

static void update(const char *text) {
    case_done(&c);
    check_ok(case_read_text(text_of(text), "c.yaml", CASE_ONE_ROOT, &arena, &c, &err));
    report = case_checker_update(checker, &c, &err);
    check_ok(report);
}

static void checked(const char *text, struct case_check_settings settings) {
    begin(settings);
    update(text);
}

static const struct case_node_result *node(const char *id) {
    for (size_t i = 0; i < c.n_nodes; i++)
        if (strcmp(c.nodes[i].id, id) == 0) return &report->nodes[i];
    fail_msg("no node '%s'", id);
    return NULL;
}

static void expect(const char *id, enum case_status status) {
    if (node(id)->status != status)
        fail_msg("%s: %s, expected %s", id, case_status_name(node(id)->status), case_status_name(status));
}

static const char *said(const char *id, const char *what) {
    const json_t *d = case_theorem_detail(node(id)->theorems[0]);
    const char *text = json_string_value(json_object_get(d, what));
    return text ? text : "";
}

/* ---- known answers ---- */

static const char *shared(const char *name) {
    char *path = arena_printf(&arena, &err, "%s/../shared/data/trusta/tdt/%s", root, name);
    check_ok(path);
    return path;
}

static void check_file(const char *name, const json_t *expected) {
    const char *id;
    json_t *status;
    char *file = arena_printf(&arena, &err, "%s.json", name);
    case_done(&c);
    bool read = case_read(shared(file), CASE_ONE_ROOT, &arena, &c, &err);
    if (json_object_get(expected, "file")) { /* "rejected: ..." */
        assert_false(read);
        assert_non_null(strstr(err.message, "G1 is its own ancestor"));
        error_clear(&err);
        return;
    }
    check_ok(read);
    begin((struct case_check_settings){.seconds = 30});
    check_ok(report = case_checker_update(checker, &c, &err));
    json_object_foreach((json_t *)expected, id, status) {
        if (id[0] == 'G') assert_string_equal(case_status_name(node(id)->status), json_string_value(status));
        if (strcmp(id, "note_G5") == 0) assert_string_equal(said("G5", "why"), json_string_value(status));
        if (strcmp(id, "answer") == 0) assert_string_equal(said("G1", "answer"), json_string_value(status));
        if (strcmp(id, "branches") == 0) {
            json_t *all = case_report_json(report, &err), *first = json_array_get(json_object_get(all, "nodes"), 0);
            assert_true(json_equal(json_object_get(first, "branches"), status));
            json_decref(all);
        }
        if (strcmp(id, "error_at") == 0) {
            json_t *all = case_report_json(report, &err), *first = json_array_get(json_object_get(all, "nodes"), 0);
            json_t *e = json_object_get(first, "error");
            char at[64];
            snprintf(at, sizeof at, "%s formal[%d] column %d", json_string_value(json_object_get(e, "node")),
                     (int)json_integer_value(json_object_get(e, "line")),
                     (int)json_integer_value(json_object_get(e, "column")));
            assert_string_equal(at, json_string_value(status));
            json_decref(all);
        }
    }
}

static void known_answers(void **state) {
    NEEDS_Z3();
    const char *path = shared("expected.json"), *name;
    if (access(path, R_OK) != 0) {
        print_message("skipped: shared/data/trusta is not there\n");
        skip();
    }
    json_t *all = json_read_file(path, 1 << 20, &err), *expected;
    check_ok(all);
    assert_true(json_object_size(all) >= 11);
    json_object_foreach(all, name, expected) check_file(name, expected);
    json_decref(all);
}

/* ---- statuses ---- */

static const char vehicle[] =
    "G1: {supportedBy: [Sn1, Sn2, Sn3], reason: arith, formal: ['x < s - v * dt']}\n"
    "Sn1: {text: range, formal: ['s = 3']}\n"
    "Sn2: {text: brakes, formal: ['0 < v <= 1', '0.18 <= a', 'a <= 0.5', 'v * v = 2 * a * x']}\n"
    "Sn3: {text: reaction, formal: ['0 < dt', 'dt < 0.1']}\n";

static void unused_lines(void **state) {
    NEEDS_Z3();
    checked(vehicle, (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_HOLDS);
    assert_true(report->accepted);
    assert_int_equal(report->n_unused, 2);
    assert_int_equal(report->unused[0].node, 2);
    assert_int_equal(report->unused[0].line, 2);
    assert_int_equal(report->unused[1].node, 3);
    assert_int_equal(report->unused[1].line, 0);
}

static void every_line_or_the_first(void **state) {
    NEEDS_Z3();
    static const char two[] = "G1: {supportedBy: Sn1, reason: arith, formal: ['x > 1', 'x > 5']}\n"
                              "Sn1: {formal: ['x = 3']}\n";
    static const char helped[] = "G1: {supportedBy: Sn1, reason: arith, formal: ['x > 1', 'y = 0']}\n"
                                 "Sn1: {formal: ['x = 3 + y']}\n";
    checked(two, (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_REFUTED);
    const json_t *fails = json_object_get(case_theorem_detail(node("G1")->theorems[0]), "fails");
    assert_int_equal(json_array_size(fails), 1);
    assert_string_equal(json_string_value(json_array_get(fails, 0)), "x > 5");
    checked(two, (struct case_check_settings){.seconds = 30, .first_line_goal = true});
    expect("G1", CASE_VACUOUS); /* x > 5 is a premise there, beside x = 3 */
    checked(helped, (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_REFUTED);
    checked(helped, (struct case_check_settings){.seconds = 30, .first_line_goal = true});
    expect("G1", CASE_HOLDS);
}

static void vacuous_is_never_accepted(void **state) {
    NEEDS_Z3();
    checked("G1: {supportedBy: [Sn1, Sn2], join: or, reason: arith, formal: ['x > 1']}\n"
            "Sn1: {formal: ['x > 2', 'x < 0']}\nSn2: {formal: ['x > 3']}\n",
            (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_HOLDS); /* through Sn2 */
    assert_int_equal(node("G1")->support, CASE_SUPPORTED);
    assert_false(report->accepted);
}

static void units_and_sorts(void **state) {
    (void)state; /* no solver is asked */
    checked("G1: {supportedBy: [Sn1, Sn2], reason: arith, formal: ['x [m] < 3 - v [m/s] * dt']}\n"
            "Sn1: {formal: ['dt [ms] <= 100']}\nSn2: {formal: ['x = 1', 'v = 1']}\n",
            (struct case_check_settings){.refuse_errors = true});
    expect("G1", CASE_ERROR);
    json_t *all = case_report_json(report, &err), *first = json_array_get(json_object_get(all, "nodes"), 0);
    assert_non_null(
        strstr(json_string_value(json_object_get(json_object_get(first, "error"), "message")), "a factor of 1"));
    json_decref(all);
    checked("G1: {supportedBy: [Sn1], reason: arith, formal: ['x + 1']}\nSn1: {formal: ['x = 1']}\n",
            (struct case_check_settings){0});
    expect("G1", CASE_ERROR);
}

static void nothing_is_asked_beside_an_error(void **state) {
    (void)state;
    static const char text[] = "G1: {supportedBy: [G2, G3]}\n"
                               "G2: {supportedBy: Sn1, reason: arith, formal: ['x > 1']}\nSn1: {formal: ['x > 2']}\n"
                               "G3: {supportedBy: Sn2, reason: arith, formal: ['y > > 1']}\nSn2: {formal: ['y > 2']}\n";
    checked(text, (struct case_check_settings){.refuse_errors = true});
    expect("G2", CASE_SKIPPED);
    expect("G3", CASE_ERROR);
    assert_int_equal(report->solved, 0);
    assert_int_equal(node("G2")->support, CASE_UNSUPPORTED); /* what was not asked is not believed */
    if (!smt_there()) return;
    checked(text, (struct case_check_settings){.seconds = 30});
    expect("G2", CASE_HOLDS);
}

static void out_of_time(void **state) {
    NEEDS_Z3();
    checked("G1: {supportedBy: [G2, G3]}\n"
            "G2: {supportedBy: Sn1, reason: arith, formal: ['x > 1']}\nSn1: {formal: ['x > 2']}\n"
            "G3: {supportedBy: Sn2, reason: func, formal: ['a * a * a + b * b * b + c * c * c != 114']}\n"
            "Sn2: {formal: ['a, b, c: Int']}\n",
            (struct case_check_settings){.seconds = 0.5});
    expect("G2", CASE_HOLDS);
    expect("G3", CASE_UNKNOWN);
    assert_string_equal(said("G3", "reason"), "timeout");
}

static void strategies_and_contexts(void **state) {
    NEEDS_Z3();
    checked("G1: {supportedBy: S1, inContextOf: A1, reason: arith, formal: ['x + y > 3']}\n"
            "S1: {text: by parts, supportedBy: [Sn1, Sn2]}\n"
            "A1: {formal: ['y > z']}\nSn1: {formal: ['x > 1']}\nSn2: {formal: ['z >= 2']}\n",
            (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_HOLDS);
    expect("S1", CASE_SKIPPED);
    assert_true(report->accepted);
}

static void relations(void **state) {
    (void)state;
    static const char text[] = "G1: {supportedBy: [Sn1, Sn2], reason: horn, formal: ['ok(X)', 'safe(a)']}\n"
                               "Sn1: {formal: ['ok(X) :- seen(X), \\+ banned(X)', 'seen(a)', 'seen(b)', "
                               "'banned(b)']}\nSn2: {formal: ['%s']}\n";
    char *good = arena_printf(&arena, &err, text, "safe(a)"), *bad = arena_printf(&arena, &err, text, "safe(b)");
    char *hostile = arena_printf(&arena, &err, text, "safe(a) :- shell(ls)");
    char *odd = arena_printf(&arena, &err, text, "banned(a) :- \\\\+ ok(a)");
    assert_true(good && bad && hostile && odd);
    checked(good, (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_HOLDS);
    assert_string_equal(said("G1", "answer"), "X = a");
    checked(bad, (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_REFUTED);
    checked(hostile, (struct case_check_settings){.seconds = 30});
    expect("G1", CASE_ERROR);
    assert_int_equal(report->solved, 0);
}

static void what_is_not_installed(void **state) {
    (void)state;
    char before[4096];
    snprintf(before, sizeof before, "%s", getenv("PATH") ? getenv("PATH") : "");
    setenv("PATH", "/nowhere", 1);
    /* Given members can be looked at; one that is not given needs MONA where trying all is too much. */
    checked("G1: {supportedBy: Sn1, reason: sets, formal: ['A sub B']}\nSn1: {formal: ['A = {a}', 'B = {a, b}']}\n",
            (struct case_check_settings){0});
    expect("G1", CASE_HOLDS);
    checked("G1: {supportedBy: Sn1, reason: sets, formal: ['forall x in A: x in B']}\nSn1: {formal: ['A sub B']}\n",
            (struct case_check_settings){0});
    expect("G1", CASE_UNKNOWN);
    assert_string_equal(report->missing, "mona");
    assert_string_equal(said("G1", "reason"), "mona is not installed");
    checked("G1: {supportedBy: Sn1, reason: horn, formal: ['p']}\nSn1: {formal: ['p']}\n",
            (struct case_check_settings){0});
    expect("G1", CASE_HOLDS);
    assert_string_equal(said("G1", "by"), "own engine");
    setenv("PATH", before, 1);
}

static void finite_sets(void **state) {
    (void)state;
    checked("G1: {supportedBy: [Sn1, Sn2], reason: finite, formal: ['Found sub Fixed']}\n"
            "Sn1: {formal: ['Found = {leak, crash}']}\nSn2: {formal: ['Fixed = {crash}']}\n",
            (struct case_check_settings){0});
    expect("G1", CASE_REFUTED);
    assert_string_equal(said("G1", "why"), "leak is in Found and not in Fixed");
    checked("G1: {supportedBy: [Sn1, Sn2], reason: finite, formal: ['Found sub Fixed']}\n"
            "Sn1: {formal: ['Found = {leak}']}\nSn2: {formal: ['Fixed = {leak}', 'leak notin Fixed']}\n",
            (struct case_check_settings){0});
    expect("G1", CASE_VACUOUS);
}

/* ---- support and yellow ---- */

static enum case_figure figures(void *context, const struct case_need *need, struct arena *a, const char **why) {
    (void)context, (void)a;
    *why = NULL;
    if (strcmp(need->figure, "acc(met)") == 0) return CASE_FIGURE_MET;
    return strcmp(need->figure, "acc(missed)") == 0 ? CASE_FIGURE_MISSED : CASE_FIGURE_OPEN;
}

static void leaves(void **state) {
    (void)state;
    static const char text[] = "G1: {supportedBy: [Sn1, Sn2]}\nSn1: {}\n"
                               "Sn2: {needs: {figure: acc(%s), op: '>=', target: 0.9}}\n";
    static const struct {
        const char *figure;
        enum case_support support;
    } rows[] = {{"met", CASE_SUPPORTED}, {"missed", CASE_UNSUPPORTED}, {"other", CASE_OPEN}};
    for (size_t i = 0; i < 3; i++) {
        checked(arena_printf(&arena, &err, text, rows[i].figure), (struct case_check_settings){.figures = figures});
        assert_int_equal(node("G1")->support, rows[i].support);
        assert_int_equal(node("G1")->yellow, rows[i].support == CASE_UNSUPPORTED);
    }
    checked(arena_printf(&arena, &err, text, "met"), (struct case_check_settings){0});
    assert_int_equal(node("G1")->support, CASE_OPEN);
    assert_string_equal(node("Sn2")->why, "waits for acc(met) >= 0.9");
    checked("G1: {supportedBy: G2}\nG2: {text: to do}\n", (struct case_check_settings){0});
    assert_int_equal(node("G1")->support, CASE_OPEN);
    assert_int_equal(report->undeveloped, 1);
}

static void yellow_stops_at_or(void **state) {
    (void)state;
    /* G4 fails: G3 is yellow, its Or parent G2 is not, nor what is above. */
    static const char text[] =
        "G1: {supportedBy: [G2, G7]}\nG2: {supportedBy: [G3, G5], join: or}\n"
        "G3: {supportedBy: G4}\n"
        "G4: {supportedBy: Sn1, reason: finite, formal: ['a in A']}\nSn1: {formal: ['A = {}']}\n"
        "G5: {supportedBy: G6}\n"
        "G6: {supportedBy: Sn2, reason: finite, formal: ['a in A']}\nSn2: {formal: ['A = {%s}']}\n"
        "G7: {supportedBy: Sn3}\nSn3: {}\n";
    checked(arena_printf(&arena, &err, text, "a"), (struct case_check_settings){0});
    static const bool one[] = {false, false, true, true, false, false, false, false, false, false};
    for (size_t i = 0; i < c.n_nodes; i++) assert_int_equal(report->nodes[i].yellow, one[i]);
    assert_true(report->accepted);
    /* When both branches fail, all below the Or is yellow, so it is, and all above. */
    checked(arena_printf(&arena, &err, text, ""), (struct case_check_settings){0});
    assert_true(node("G2")->yellow && node("G1")->yellow && node("G5")->yellow && !node("G7")->yellow);
    assert_false(report->accepted);
}

static void only_a_part(void **state) {
    (void)state;
    static const char text[] =
        "G1: {supportedBy: [G2, G3]}\n"
        "G2: {supportedBy: Sn1, reason: finite, formal: ['a in A']}\nSn1: {formal: ['A = {}']}\n"
        "G3: {supportedBy: Sn2, reason: finite, formal: ['a in A']}\nSn2: {formal: ['A = {a}']}\n";
    checked(text, (struct case_check_settings){.node = "G3"});
    assert_true(report->accepted);
    assert_false(node("G1")->looked_at);
    assert_int_equal(report->theorems, 1);
    begin((struct case_check_settings){.node = "G9"});
    case_done(&c);
    check_ok(case_read_text(text_of(text), "c.yaml", CASE_ONE_ROOT, &arena, &c, &err));
    check_fails(case_checker_update(checker, &c, &err), ERROR_USAGE, "no node 'G9'");
}

static void evidence(void **state) {
    (void)state;
    static const char text[] =
        "G1: {supportedBy: [Sn1, Sn2, Sn3, Sn4]}\nSn1: {url: 'run:exit 0'}\n"
        "Sn2: {url: 'run:exit 3'}\nSn3: {url: 'file:nothing_is_here'}\nSn4: {url: 'https://x'}\n";
    checked(text, (struct case_check_settings){0});
    assert_true(report->accepted); /* nothing is run unless it is asked for */
    checked(text, (struct case_check_settings){.evidence = true});
    assert_int_equal(node("Sn1")->support, CASE_SUPPORTED);
    assert_int_equal(node("Sn2")->support, CASE_UNSUPPORTED);
    assert_string_equal(node("Sn2")->why, "evidence ended with 3");
    assert_int_equal(node("Sn3")->support, CASE_UNSUPPORTED);
    assert_int_equal(node("Sn4")->support, CASE_SUPPORTED);
    assert_true(node("G1")->yellow);
}

static void belief(void **state) {
    (void)state;
    static const char text[] =
        "G1: {supportedBy: [G2, Sn3], reason: trust, trust: {b: %s}}\n"
        "G2: {supportedBy: [Sn1, Sn2], join: or, reason: trust, formal: ['b >= 0.85', 'u < 0.2']}\n"
        "Sn1: {trust: {b: 0.8, d: 0.1}}\nSn2: {trust: {b: 0.5, d: 0.2}}\n"
        "Sn3: {trust: {b: 0.9, d: 0.05}}\n";
    checked(arena_printf(&arena, &err, text, "0.8"), (struct case_check_settings){0});
    check_near(node("G2")->belief, 0.9, 1e-12);
    check_near(node("G2")->disbelief, 0.02, 1e-12);
    check_near(node("G1")->belief, 0.81, 1e-12);
    check_near(node("G1")->disbelief, 1 - 0.98 * 0.95, 1e-12);
    expect("G1", CASE_HOLDS);
    expect("G2", CASE_HOLDS);
    checked(arena_printf(&arena, &err, text, "0.82"), (struct case_check_settings){0});
    expect("G1", CASE_REFUTED);
    struct trust t;
    check_ok(trust_combine((struct trust){0.6, 0.1}, (struct trust){0.5, 0.2}, &t, &err));
    check_near(t.b, (0.3 + 0.6 * 0.3 + 0.3 * 0.5) / (1 - 0.17), 1e-12); /* K = 0.6 0.2 + 0.1 0.5 */
    check_near(t.d, (0.02 + 0.1 * 0.3 + 0.3 * 0.2) / (1 - 0.17), 1e-12);
    check_fails(trust_combine((struct trust){1, 0}, (struct trust){0, 1}, &t, &err), ERROR_DATA, "contradict");
    check_near(trust_discount((struct trust){0.8, 0.1}, 0.5).b, 0.4, 0);
    checked("G1: {supportedBy: S1}\nS1: {supportedBy: Sn1, trust: {b: 0.5}}\nSn1: {trust: {b: 0.8, d: 0.2}}\n",
            (struct case_check_settings){0});
    check_near(node("G1")->belief, 0.4, 1e-12);
    check_near(node("G1")->disbelief, 0, 0);
}

/* ---- edits and threads ---- */

/* The first, the second, ... allocation fails: an update ends with an error that says so, or does without. */
static void memory_runs_out(void **state) {
    (void)state;
    static const char text[] =
        "G1: {supportedBy: [G2, G3, G4, G5]}\n"
        "G2: {supportedBy: Sn1, reason: finite, formal: ['a in A', 'B sub A']}\n"
        "Sn1: {formal: ['A = {a, b} union B', 'B = {b}']}\n"
        "G3: {supportedBy: Sn2, reason: horn, formal: ['p(X)']}\n"
        "Sn2: {formal: ['p(X) :- q(X), \\+ r(X)', 'q(a)', 'q(b)', 'r(b)']}\n"
        "G4: {supportedBy: Sn3, reason: trust, formal: ['b > 0.1']}\nSn3: {trust: {b: 0.5}}\n"
        "G5: {supportedBy: Sn4, reason: arith, formal: ['x > > 1']}\nSn4: {formal: ['y [m] < 2']}\n";
    char before[4096];
    size_t failed = 0;
    snprintf(before, sizeof before, "%s", getenv("PATH") ? getenv("PATH") : "");
    setenv("PATH", "/nowhere", 1);
    check_ok(case_read_text(text_of(text), "c.yaml", CASE_ONE_ROOT, &arena, &c, &err));
    for (uint64_t at = 1; at < 400; at++) {
        struct error why = {0};
        case_checker_free(checker);
        checker = NULL;
        memory_fail_at(at);
        checker = case_checker_new(&(struct case_check_settings){0}, &why);
        report = checker ? case_checker_update(checker, &c, &why) : NULL;
        memory_fail_at(0);
        failed += report == NULL;
        if (report ? report->nodes == NULL : why.kind != ERROR_ENVIRONMENT) fail_msg("%d: %s", (int)at, why.message);
    }
    check_ok(report = case_checker_update(checker, &c, &err)); /* the last one is as good as new */
    expect("G2", CASE_HOLDS);
    expect("G3", CASE_HOLDS);
    expect("G4", CASE_HOLDS);
    expect("G5", CASE_ERROR);
    assert_true(failed > 10);
    setenv("PATH", before, 1);
}

static char *chain_case(size_t n, size_t edited) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 26);
    buffer_put_c(&b, "G0: {supportedBy: [");
    for (size_t i = 1; i <= n; i++) buffer_printf(&b, "%sG%zu", i > 1 ? ", " : "", i);
    buffer_put_c(&b, "]}\n");
    for (size_t i = 1; i <= n; i++)
        buffer_printf(&b,
                      "G%zu: {supportedBy: [Sn%zu, Sn%zub], reason: arith, formal: ['x%zu + y%zu < %zu']}\n"
                      "Sn%zu: {formal: ['x%zu < 3', 'x%zu > -1', 'z%zu > 0']}\nSn%zub: {formal: ['2 * y%zu <= 4']}\n",
                      i, i, i, i, i, i == edited ? (size_t)2 : (size_t)6, i, i, i, i, i, i);
    char *copy = text_copy(&arena, buffer_text(&b), &err);
    buffer_done(&b);
    return copy;
}

static void an_edit_touches_its_split(void **state) {
    NEEDS_Z3();
    checked(chain_case(50, 0), (struct case_check_settings){.seconds = 30});
    assert_int_equal(report->solved, 50);
    assert_int_equal(report->count[CASE_HOLDS], 50);
    update(chain_case(50, 0));
    assert_int_equal(report->solved, 0);
    update(chain_case(50, 17));
    assert_int_equal(report->solved, 1);
    expect("G17", CASE_REFUTED);
    assert_true(node("G0")->yellow);
    update(chain_case(50, 0));
    assert_int_equal(report->solved, 0); /* it was known from before */
    assert_true(report->accepted);
}

static char *bytes(size_t threads, const char *text, size_t refuted) {
    struct pool *pool = pool_new(threads, &err);
    check_ok(pool);
    checked(text, (struct case_check_settings){.seconds = 30, .pool = pool});
    json_t *all = case_report_json(report, &err);
    check_ok(all);
    assert_int_equal(report->count[CASE_REFUTED], refuted);
    char *out = json_dumps(all, 0), *copy = text_copy(&arena, text_of(out), &err);
    free(out);
    json_decref(all);
    case_checker_free(checker);
    checker = NULL;
    pool_free(pool);
    return copy;
}

/* Every other split is refuted, so counterexamples are among what must not differ. */
static void same_bytes_for_any_threads(void **state) {
    NEEDS_Z3();
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_put_c(&b, "G0: {supportedBy: [");
    for (int i = 1; i <= 24; i++) buffer_printf(&b, "%sG%d", i > 1 ? ", " : "", i);
    buffer_put_c(&b, "]}\n");
    for (int i = 1; i <= 24; i++)
        buffer_printf(&b,
                      "G%d: {supportedBy: Sn%d, reason: arith, formal: ['x * y < %d + z']}\n"
                      "Sn%d: {formal: ['0 < x <= %d', '0 <= y < 3', 'z > %d', 'w = x']}\n",
                      i, i, i % 2 ? 9 * i : 1, i, 3 * i, i % 2 ? 0 : -i);
    char *text = text_copy(&arena, buffer_text(&b), &err);
    buffer_done(&b);
    char *one = bytes(1, text, 12), *two = bytes(2, text, 12), *five = bytes(5, text, 12);
    assert_string_equal(one, two);
    assert_string_equal(one, five);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(unused_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(every_line_or_the_first, setup, teardown),
        cmocka_unit_test_setup_teardown(vacuous_is_never_accepted, setup, teardown),
        cmocka_unit_test_setup_teardown(units_and_sorts, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_asked_beside_an_error, setup, teardown),
        cmocka_unit_test_setup_teardown(out_of_time, setup, teardown),
        cmocka_unit_test_setup_teardown(strategies_and_contexts, setup, teardown),
        cmocka_unit_test_setup_teardown(relations, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_installed, setup, teardown),
        cmocka_unit_test_setup_teardown(finite_sets, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves, setup, teardown),
        cmocka_unit_test_setup_teardown(yellow_stops_at_or, setup, teardown),
        cmocka_unit_test_setup_teardown(only_a_part, setup, teardown),
        cmocka_unit_test_setup_teardown(evidence, setup, teardown),
        cmocka_unit_test_setup_teardown(belief, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_runs_out, setup, teardown),
        cmocka_unit_test_setup_teardown(an_edit_touches_its_split, setup, teardown),
        cmocka_unit_test_setup_teardown(same_bytes_for_any_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
