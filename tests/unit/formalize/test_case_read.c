/* Reading assurance cases: what stands where, members of ours, repeated and shared nodes, every refusal with its place,
 * and the public files. */
#include "check.h"

#include "base/file.h"
#include "formalize/case/case_read.h"

#include <dirent.h>

static struct arena arena;
static struct error err;
static struct assurance_case c;
static const char *root;

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

static bool read_roots(const char *text, enum case_roots roots) {
    case_done(&c);
    error_clear(&err);
    return case_read_text(text_of(text), "c.yaml", roots, &arena, &c, &err);
}

static bool read_case(const char *text) {
    return read_roots(text, CASE_ONE_ROOT);
}

static const struct case_node *node(const char *id) {
    for (size_t i = 0; i < c.n_nodes; i++)
        if (strcmp(c.nodes[i].id, id) == 0) return &c.nodes[i];
    fail_msg("no node '%s'", id);
    return NULL;
}

static void gsn_with_our_members(void **state) {
    (void)state;
    check_ok(read_case("module: {name: Brakes, brief: of the cart}\n"
                       "G1:\n"
                       "  text: brakes in time\n"
                       "  supportedBy: [S1, Sn2]\n"
                       "  inContextOf: C1\n"
                       "  join: or\n"
                       "  reason: arith\n"
                       "  formal: ['x < s - v*dt', 0 < x]\n"
                       "  classes: [a, b]\n"
                       "S1: {text: by range, supportedBy: Sn1}\n"
                       "Sn1:\n"
                       "  text: |\n"
                       "    sensor\n"
                       "    range\n"
                       "  formal:\n"
                       "    - s = 3\n"
                       "    - \"0 < v <= 1\"\n"
                       "  needs: {figure: acc(mill_facts), op: '>', target: 0.9, max_age: 30d}\n"
                       "  trust: {b: 0.9}\n"
                       "  origin: model\n"
                       "  url: https://site.example/log\n"
                       "Sn2: {law: true, layer1: more, join: and}\n"
                       "C1: {}\n"
                       "CG1: {text: doubt, challenges: G1}\n"));
    assert_string_equal(c.name, "Brakes");
    assert_int_equal(c.n_nodes, 6);
    const struct case_node *g = node("G1"), *sn = node("Sn1");
    assert_true(&c.nodes[c.root] == g);
    assert_int_equal(g->n_supported_by, 2);
    assert_true(&c.nodes[g->supported_by[1]] == node("Sn2"));
    assert_int_equal(g->n_in_context_of, 1);
    assert_true(g->join == CASE_OR && g->reason == CASE_ARITH && g->line == 2 && g->column == 1);
    assert_int_equal(g->n_formal, 2);
    assert_true(text_equal(g->formal[0].text, TEXT("x < s - v*dt")));
    assert_true(g->formal[0].line == 8 && g->formal[0].column == 13); /* behind the quote */
    assert_true(g->formal[1].line == 8 && g->formal[1].column == 28);
    assert_int_equal(json_array_size(json_object_get(g->other, "classes")), 2);
    assert_true(text_equal(sn->text, TEXT("sensor\nrange\n")) && sn->n_formal == 2 && sn->formal[1].column == 8);
    assert_string_equal(sn->needs.figure, "acc(mill_facts)");
    assert_string_equal(sn->needs.op, ">");
    assert_string_equal(sn->needs.max_age, "30d");
    check_near(sn->needs.target, 0.9, 0);
    check_near(sn->belief, 0.9, 0);
    check_near(sn->disbelief, 0, 0);
    assert_true(sn->origin == CASE_MODEL && isnan(g->belief) && !g->needs.figure);
    assert_true(node("Sn2")->law && node("CG1")->n_challenges == 1 && node("C1")->kind == CASE_CONTEXT);
}

static void tdt_with_shared_nodes(void **state) {
    (void)state;
    check_ok(read_case(
        "{\"format\": \"tdt-1\", \"name\": \"n\", \"root\": \"a\", \"nodes\": [\n"
        " {\"id\": \"e\", \"kind\": \"evidence\", \"text\": \"E\", \"parent\": \"b\", \"formal\": [\"p\"]},\n"
        " {\"id\": \"a\", \"kind\": \"goal\", \"text\": \"A\\n\\u00e4\", \"parent\": null, \"reason\": \"func\",\n"
        "  \"formal\": [\"x\",\n"
        "   \"y\"], \"children\": [\"b\", \"d\", \"e\"]},\n"
        " {\"id\": \"b\", \"kind\": \"strategy\", \"text\": \"B\", \"parent\": \"a\"},\n"
        " {\"id\": \"d\", \"kind\": \"law\", \"text\": \"D\", \"parent\": \"a\", \"colour\": [1, null]},\n"
        " {\"id\": \"f\", \"kind\": \"evidence\", \"text\": \"F\", \"parent\": \"b\", \"formal\": [\"p\"], "
        "\"same_as\": \"e\"},\n"
        " {\"id\": \"k\", \"kind\": \"context\", \"text\": \"K\", \"parent\": \"a\"}]}"));
    const struct case_node *a = node("a");
    assert_true(&c.nodes[c.root] == a && a->n_supported_by == 3 && a->n_in_context_of == 1);
    assert_true(&c.nodes[a->supported_by[0]] == node("b") && &c.nodes[a->supported_by[2]] == node("e"));
    assert_true(text_equal(a->text, TEXT("A\n\xc3\xa4")) && a->line == 3 && a->column == 2);
    assert_true(a->formal[0].line == 4 && a->formal[0].column == 15 && a->formal[1].line == 5);
    assert_int_equal(node("b")->n_supported_by, 2);
    assert_string_equal(node("f")->same_as, "e");
    assert_int_equal(json_array_size(json_object_get(json_object_get(node("d")->other, "tdt"), "colour")), 2);
    assert_true(node("d")->law);
}

static void refusals(void **state) {
    static const struct {
        const char *text, *told;
    } rows[] = {
        {"G1: {supportedBy: G2}\nG2: {supportedBy: G3}\nG3: {supportedBy: G1}\n", "c.yaml:1:1: G1 is its own ancestor"},
        {"G1: {supportedBy: G2}\nG3: {supportedBy: G2}\nG2: {supportedBy: G3}\n", "c.yaml:2:1: G3 is its own ancestor"},
        {"G1: {supportedBy: G1}\n", "G1 is its own ancestor"},
        {"G1:\n  supportedBy: [Sn1, Sn2]\nSn1: {}\n",
         "c.yaml:2:22: G1 is supported by 'Sn2', and there is no such node"},
        {"G1: {inContextOf: [C9]}\n", "c.yaml:1:20: G1 is in context of 'C9'"},
        {"CG1: {challenges: G7}\nG1: {}\n", "CG1 challenges 'G7'"},
        {"module: {name: m, uses: [o.yaml]}\nG1: {supportedBy: G2}\n", "other modules are not read"},
        {"G1: {}\nG2: {}\n", "c.yaml:2:1: G2 is a second root beside G1"},
        {"X1: {text: x}\n", "c.yaml:1:1: 'X1': the beginning of an id gives its kind"},
        {"X1: {text: x, nodeType: Gaol}\n", "unknown nodeType"},
        {"G1: {}\nG1: {}\n", "c.yaml:2:1: key 'G1' is already given in line 1"},
        {"Sn1: {}\n", "Sn1 is the root, and a solution: a goal is expected"},
        {"G1: {supportedBy: C1}\nC1: {}\n", "G1 is supported by C1, a context"},
        {"G1: {inContextOf: G2}\nG2: {}\n", "G1 is in context of G2, a goal"},
        {"G1: {supportedBy: Sn1}\nSn1: {supportedBy: G2}\nG2: {}\n", "Sn1 is a solution, and has support"},
        {"G1: {supportedBy: Sn1, undeveloped: true}\nSn1: {}\n", "G1 is undeveloped, and has support"},
        {"G1: {supportedBy: Sn1}\nSn1: {undeveloped: true}\n", "Sn1 is a solution, and undeveloped"},
        {"G1: {challenges: G2}\nG2: {}\n", "G1 is a goal, and challenges"},
        {"G1: {join: nor}\n", "c.yaml:1:12: G1: unknown join 'nor'; did you mean 'or'?"},
        {"G1: {reason: arithm}\n", "c.yaml:1:14: G1: unknown reason 'arithm'; did you mean 'arith'?"},
        {"G1: {origin: machine}\n", "unknown origin"},
        {"G1: {suportedBy: G2}\nG2: {}\n", "c.yaml:1:6: G1: unknown key 'suportedBy'; did you mean 'supportedBy'?"},
        {"G1: {supportedBy: [Sn1, Sn2]}\nSn1: {join: or}\nSn2: {}\n", "G1 has a mixed join: Sn1 is joined by 'or'"},
        {"G1: {formal: {a: b}}\n", "G1: 'formal': expected a list of texts"},
        {"G1: {formal: [[x]]}\n", "G1: 'formal': expected a list of texts"},
        {"G1: {trust: {b: 1.5}}\n", "must be a number of 0 to 1"},
        {"G1: {trust: {b: nan}}\n", "must be a number of 0 to 1"},
        {"G1: {trust: {b: 0.7, d: 0.5}}\n", "more than 1 together"},
        {"G1: {trust: {x: 0.7}}\n", "G1: unknown key 'x'"},
        {"G1: {needs: {op: '>='}}\n", "target must be a finite number"},
        {"G1: {needs: {figure: f, target: inf}}\n", "target must be a finite number"},
        {"G1: {needs: {target: 0.5}}\n", "which figure"},
        {"G1: {needs: {figure: f, op: '=>', target: 1}}\n", "unknown relation '=>'"},
        {"G1: {needs: {figure: f, target: 1, max_age: 30}}\n", "'max_age'"},
        {"G1: {supportedBy: [Sn1, Sn2]}\nSn1: {formal: a}\nSn2: {formal: b, same_as: Sn1}\n", "has other formulas"},
        {"G1: {supportedBy: Sn2}\nSn2: {formal: b, same_as: Sn1}\n", "Sn2 names 'Sn1'"},
        {"G1: {acp: {ACP1: Sn1}}\n", "G1 names 'Sn1', and there is no such node"},
        {"module: {name: a}\n", "no nodes"},
        {"module: {name: a, extends: [{module: t, develops: {G2: [G2]}}]}\nG2: {}\n", "'G2' is developed here"},
        {"G1: &a {}\n", "anchors"},
        {"- G1\n", "expected an assurance case"},
        {"G1: words\n", "expected a node"},
        {"{\"nodes\": [{\"id\": \"a\", \"parent\": \"b\"}]}", "c.yaml:1:34: a: its parent 'b' is not there"},
        {"{\"nodes\": [{\"id\": \"a\"},\n {\"id\": \"a\"}]}", "c.yaml:2:2: the id 'a' stands twice; first in line 1"},
        {"{\"nodes\": [{\"id\": \"a\", \"parent\": null}, {\"id\": \"b\", \"parent\": null}]}",
         "b is a second root beside a"},
        {"{\"root\": \"b\", \"nodes\": [{\"id\": \"a\"}, {\"id\": \"b\"}]}", "a is a second root beside b"},
        {"{\"root\": \"z\", \"nodes\": [{\"id\": \"a\"}]}", "c.yaml:1:10: the root 'z' is not there"},
        {"{\"root\": \"b\", \"nodes\": [{\"id\": \"a\"}, {\"id\": \"b\", \"parent\": \"a\"}]}",
         "b is the root, and stands below"},
        {"{\"nodes\": [{\"id\": \"a\", \"kind\": \"gaol\"}]}", "a: unknown kind 'gaol'"},
        {"{\"nodes\": [{\"text\": \"a\"}]}", "a node without an id"},
        {"{\"nodes\": [{\"id\": 7}]}", "'id': expected a text"},
        {"{\"nodes\": []}", "no nodes"},
        {"{\"nodes\": {}}", "expected the list of nodes"},
        {"{\"nodes\": [{\"id\": \"a\"}", "c.yaml:1"},
        {"", "no YAML in it"},
        {"[1]", "expected an assurance case"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_fails(read_case(rows[i].text), ERROR_DATA, rows[i].told);
    check_ok(read_roots("G1: {}\nG2: {}\n", CASE_SOME_ROOTS));
    assert_int_equal(c.root, 0);
    check_ok(read_case("G1: {supportedBy: [Sn1, Sn1]}\nSn1: {}\n")); /* said twice, one link */
    assert_int_equal(c.nodes[0].n_supported_by, 1);
}

/* A chain of 50,000 goals is walked without recursion; 40,000 children of one are few lookups each. */
static void large_cases(void **state) {
    struct buffer text;
    (void)state;
    buffer_init(&text, 1 << 24);
    for (int i = 0; i < 50000; i++) buffer_printf(&text, "G%d: {supportedBy: G%d}\n", i, i + 1);
    buffer_put_c(&text, "G50000: {}\n");
    check_ok(read_case(text.at));
    assert_int_equal(c.n_nodes, 50001);
    buffer_clear(&text);
    buffer_put_c(&text, "G: {supportedBy: [Sn0");
    for (int i = 1; i < 40000; i++) buffer_printf(&text, ", Sn%d", i);
    buffer_put_c(&text, "]}\n");
    for (int i = 0; i < 40000; i++) buffer_printf(&text, "Sn%d: {}\n", i);
    check_ok(read_case(text.at));
    assert_int_equal(c.nodes[0].n_supported_by, 40000);
    buffer_done(&text);
}

/* ---- the public files ---- */

static const struct {
    const char *name, *told; /* NULL: is read */
} refused[] = {
    {"tree_cycle.json", "G1 is its own ancestor"},
    {"tests__circle1.yaml", "no nodes"},
    {"tests__circle3.yaml", "no nodes"},
    {"tests__invalid2.yaml", ":5:1: key 'module' is already given in line 2"},
    {"tests__inval2_instance.gsn.yaml", ":8:9: 'G2' is developed here"},
    {"examples__modular__index.gsn.yaml", ":8:17: G1 is in context of 'A1'"},
};

static void read_folder(const char *folder, size_t expected) {
    char path[1024];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/../shared/data/trusta/%s", root, folder);
    DIR *dir = opendir(path);
    if (!dir) {
        print_message("skip - case_read/%s: it is not there\n", folder);
        return;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        const char *told = NULL;
        if (e->d_name[0] == '.' || strcmp(e->d_name, "expected.json") == 0) continue;
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            if (strcmp(e->d_name, refused[i].name) == 0) told = refused[i].told;
        snprintf(path, sizeof path, "%s/../shared/data/trusta/%s/%s", root, folder, e->d_name);
        case_done(&c);
        error_clear(&err);
        if (told)
            check_fails(case_read(path, CASE_SOME_ROOTS, &arena, &c, &err), ERROR_DATA, told);
        else if (!case_read(path, CASE_SOME_ROOTS, &arena, &c, &err))
            fail_msg("%s: %s", e->d_name, err.message);
        n++;
    }
    closedir(dir);
    assert_int_equal(n, expected);
}

static void public_files(void **state) {
    (void)state;
    read_folder("tdt", 11);
    read_folder("gsn2x", 31);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {cmocka_unit_test(gsn_with_our_members), cmocka_unit_test(tdt_with_shared_nodes),
                                       cmocka_unit_test(refusals), cmocka_unit_test(large_cases),
                                       cmocka_unit_test(public_files)};
    return cmocka_run_group_tests_name("case_read", tests, setup, teardown);
}
