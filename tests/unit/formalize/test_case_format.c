/* Every format of cases: what is written is read back as the same case, and writing it again gives the same bytes;
 * what other programs write; hostile files. */
#include "check.h"

#include "base/file.h"
#include "base/xml.h"
#include "formalize/case/case_format.h"

#include <dirent.h>
#include <unistd.h>

static struct arena arena;
static struct error err;
static const char *root;
static char folder[] = "/tmp/case_format_XXXXXX";

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return rmdir(folder);
}

/* Also through a file, since tables are read from one. */
static bool read_back(struct text t, struct assurance_case *out) {
    char path[256];
    snprintf(path, sizeof path, "%s/case", folder);
    error_clear(&err);
    bool ok = file_write(path, t, &err) && case_read(path, CASE_SOME_ROOTS, &arena, out, &err);
    unlink(path);
    return ok;
}

static void same_list(const struct assurance_case *a, const size_t *x, size_t nx, const struct assurance_case *b,
                      const size_t *y, size_t ny, const char *id) {
    if (nx != ny) fail_msg("%s: %zu links, then %zu", id, nx, ny);
    for (size_t i = 0; i < nx; i++) assert_string_equal(a->nodes[x[i]].id, b->nodes[y[i]].id);
}

/* In any order: nothing is said by that of challenges. */
static void same_set(const struct assurance_case *a, const size_t *x, size_t nx, const struct assurance_case *b,
                     const size_t *y, size_t ny, const char *id) {
    if (nx != ny) fail_msg("%s: challenges %zu, then %zu", id, nx, ny);
    for (size_t i = 0; i < nx; i++) {
        size_t k = 0;
        while (k < ny && strcmp(a->nodes[x[i]].id, b->nodes[y[k]].id) != 0) k++;
        assert_true(k < ny);
    }
}

static bool equal_or_null(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}
static bool equal_number(double a, double b) {
    return (isnan(a) && isnan(b)) || a == b;
}

static void same_node(const struct assurance_case *a, const struct case_node *x, const struct assurance_case *b,
                      const struct case_node *y) {
    const char *id = x->id;
    if (!text_equal(x->text, y->text))
        fail_msg("%s: text '%.*s', then '%.*s'", id, TEXT_ARG(x->text), TEXT_ARG(y->text));
    if (x->kind != y->kind || x->law != y->law) fail_msg("%s: kind %d, then %d", id, x->kind, y->kind);
    if (x->join != y->join || x->reason != y->reason || x->origin != y->origin || x->undeveloped != y->undeveloped)
        fail_msg("%s: join, reason, origin or undeveloped", id);
    if (x->n_formal != y->n_formal) fail_msg("%s: %zu formulas, then %zu", id, x->n_formal, y->n_formal);
    for (size_t i = 0; i < x->n_formal; i++) assert_true(text_equal(x->formal[i].text, y->formal[i].text));
    assert_true(equal_number(x->belief, y->belief) && equal_number(x->disbelief, y->disbelief));
    assert_true(equal_or_null(x->needs.figure, y->needs.figure) && equal_or_null(x->needs.op, y->needs.op));
    assert_true(equal_number(x->needs.target, y->needs.target) && equal_or_null(x->needs.max_age, y->needs.max_age));
    assert_true(equal_or_null(x->url, y->url) && equal_or_null(x->same_as, y->same_as));
    same_list(a, x->supported_by, x->n_supported_by, b, y->supported_by, y->n_supported_by, id);
    same_list(a, x->in_context_of, x->n_in_context_of, b, y->in_context_of, y->n_in_context_of, id);
    same_set(a, x->challenges, x->n_challenges, b, y->challenges, y->n_challenges, id);
    if (x->other || y->other) {
        const json_t *p = x->other, *q = y->other;
        if (!p || !q || !json_equal(p, q))
            fail_msg("%s: kept %s, then %s", id, p ? json_dumps(p, 0) : "-", q ? json_dumps(q, 0) : "-");
    }
}

/* By id: trees are written in their own order. */
static void same_case(const struct assurance_case *a, const struct assurance_case *b) {
    assert_int_equal(a->n_nodes, b->n_nodes);
    assert_string_equal(a->nodes[a->root].id, b->nodes[b->root].id);
    if (!equal_or_null(a->description, b->description) || !equal_or_null(a->name, b->name))
        fail_msg("name '%s', then '%s'", a->name, b->name);
    if (a->other && !json_equal(a->other, b->other))
        fail_msg("kept %s, then %s", json_dumps(a->other, 0), json_dumps(b->other, 0));
    for (size_t i = 0; i < a->n_nodes; i++) {
        size_t k = 0;
        while (k < b->n_nodes && strcmp(a->nodes[i].id, b->nodes[k].id) != 0) k++;
        if (k == b->n_nodes) fail_msg("%s is lost", a->nodes[i].id);
        same_node(a, &a->nodes[i], b, &b->nodes[k]);
    }
}

static bool one_tree(const struct assurance_case *c) {
    bool *below = calloc(c->n_nodes, sizeof *below), one = true;
    for (size_t i = 0; i < c->n_nodes; i++) {
        for (size_t k = 0; k < c->nodes[i].n_supported_by; k++) below[c->nodes[i].supported_by[k]] = true;
        for (size_t k = 0; k < c->nodes[i].n_in_context_of; k++) below[c->nodes[i].in_context_of[k]] = true;
        if (c->nodes[i].n_challenges) below[i] = true;
    }
    for (size_t i = 0; i < c->n_nodes; i++) one = one && (below[i] || i == c->root);
    free(below);
    return one;
}

/* c -> format -> the same; and again the same bytes; and through the YAML of both the same bytes. */
static void round_trip(const struct assurance_case *c, const struct case_format *f, const char *name) {
    struct buffer first, second;
    struct assurance_case back = {0}, again = {0};
    if (f == &case_format_tea && !one_tree(c)) return;
    buffer_init(&first, (size_t)1 << 26);
    buffer_init(&second, (size_t)1 << 26);
    error_clear(&err);
    if (!f->write(c, &first, &err)) fail_msg("%s as %s: %s", name, f->name, err.message);
    if (!read_back(buffer_text(&first), &back)) fail_msg("%s as %s: %s\n%s", name, f->name, err.message, first.at);
    same_case(c, &back);
    if (!f->write(&back, &second, &err)) fail_msg("%s as %s again: %s", name, f->name, err.message);
    assert_string_equal(first.at, second.at);
    buffer_clear(&first);
    check_ok(case_format_gsn.write(&back, &first, &err));
    check_ok(read_back(buffer_text(&first), &again));
    same_case(c, &again);
    case_done(&back);
    case_done(&again);
    buffer_done(&first);
    buffer_done(&second);
}

static void all_formats(const struct assurance_case *c, const char *name) {
    const struct case_format *const *formats;
    size_t n = case_formats(&formats);
    for (size_t i = 0; i < n; i++) round_trip(c, formats[i], name);
}

/* Everything a case can say. */
static const char full[] =
    "module: {name: 'Brakes: \"all\"', brief: 'of <the> cart & more'}\n"
    "G1:\n"
    "  text: |\n"
    "    brakes in time\n"
    "      and 'surely'\n"
    "  supportedBy: [S1, Sn2, G3]\n"
    "  inContextOf: [C1, A1, J1, A2]\n"
    "  reason: arith\n"
    "  formal: ['x < s - v*dt', \"a = \\\"b\\\" \\\\ c\"]\n"
    "  classes: [a, b]\n"
    "  acp: {ACP1: S1}\n"
    "C1: {text: on, layer1: more}\n"
    "A1: {text: the road is dry, trust: {b: 0.5, d: 0.25}}\n"
    "A2: {text: 'true'}\n"
    "J1: {text: \"tab\\there, line\\n\\nbreaks \"}\n"
    "S1: {text: by range, supportedBy: [Sn2, S2], inContextOf: C1, join: or}\n"
    "S2: {text: again, supportedBy: Sn1, reason: func, formal: p}\n"
    "G3: {text: not yet, undeveloped: true, horizontalIndex: {relative: -1}}\n"
    "Sn1: {text: sensor, needs: {figure: acc(f), op: '!=', target: 0.1, max_age: 3d}, origin: model, inContextOf: A1}\n"
    "Sn2: {text: law, law: true, url: 'https://site.example/?a=1&b=2', formal: [q]}\n"
    "X9 y: {text: 'odd #id', nodeType: Solution, origin: reviewed}\n"
    "CG1: {text: doubt, challenges: [G3, S1], supportedBy: CSn1}\n"
    "CSn1: {text: seen}\n"
    "G4: {text: 'repeats: it', supportedBy: [Sn4, 'X9 y']}\n"
    "Sn4: {formal: q, same_as: Sn2, text: \xc3\xa9t\xc3\xa9}\n";

static void everything_survives(void **state) {
    struct assurance_case c;
    char text[sizeof full + 64];
    (void)state;
    snprintf(text, sizeof text, "%s", full);
    char *links = strstr(text, "Sn2, G3]"); /* so that there is one root */
    memcpy(links, "G4,  G3]", 8);
    check_ok(read_back(text_of(text), &c));
    all_formats(&c, "full");
    case_done(&c);
}

static void public_files(void **state) {
    static const char *const folders[] = {"tdt", "gsn2x", "tea"};
    size_t n = 0;
    (void)state;
    for (size_t f = 0; f < 3; f++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/../shared/data/trusta/%s", root, folders[f]);
        DIR *dir = opendir(path);
        if (!dir) {
            print_message("skip - case_format/%s: it is not there\n", folders[f]);
            continue;
        }
        for (struct dirent *e; (e = readdir(dir)) != NULL;) {
            struct assurance_case c;
            snprintf(path, sizeof path, "%s/../shared/data/trusta/%s/%s", root, folders[f], e->d_name);
            error_clear(&err);
            if (e->d_name[0] == '.' || !case_read(path, CASE_SOME_ROOTS, &arena, &c, &err)) {
                case_done(&c);
                continue;
            }
            all_formats(&c, e->d_name);
            case_done(&c);
            n++;
        }
        closedir(dir);
    }
    if (n) assert_int_equal(n, 10 + 26 + 2);
}

/* ---- what others write ---- */

static void tea_of_the_platform(void **state) {
    struct assurance_case c;
    (void)state;
    check_ok(read_back(
        TEXT("{\"version\":\"1.0\",\"exportedAt\":\"2026-01-01T00:00:00Z\",\"case\":{\"name\":\"n\",\"description\":"
             "\"\"},"
             "\"tree\":{\"id\":\"u1\",\"type\":\"GOAL\",\"name\":\"G1\",\"description\":\"top\",\"inSandbox\":false,"
             "\"context\":[\"one\",\"two\"],\"assumption\":\"dry\",\"justification\":null,\"children\":["
             "{\"id\":\"u2\",\"type\":\"EVIDENCE\",\"name\":\"C1\",\"description\":\"e\",\"url\":\"u\",\"inSandbox\":"
             "true,"
             "\"children\":[]},"
             "{\"id\":\"u3\",\"type\":\"PROPERTY_CLAIM\",\"name\":\"P9\",\"description\":\"no\",\"inSandbox\":false,"
             "\"isDefeater\":true,\"defeatsElementId\":\"u1\",\"children\":[]}]}}"),
        &c));
    assert_int_equal(c.n_nodes, 6);
    assert_string_equal(c.nodes[1].id, "C2"); /* C1 is the name of another */
    assert_true(c.nodes[0].n_in_context_of == 3 && c.nodes[3].kind == CASE_ASSUMPTION);
    assert_true(c.nodes[4].kind == CASE_SOLUTION && strcmp(c.nodes[4].url, "u") == 0);
    assert_true(c.nodes[5].kind == CASE_COUNTER_GOAL && c.nodes[5].n_challenges == 1);
    all_formats(&c, "tea");
    case_done(&c);
}

static const char sacm[] =
    "<?xml version='1.0'?>\n<!-- ours -->\n"
    "<SACM:ArgumentPackage xmlns:SACM='s' xmlns:xmi='x' xmlns:v='vendor' xmi:id='p' name='argument'>\n"
    "  <argumentElement xsi:type='SACM:Claim' xmi:id='c1' name='Top' content='It &lt;brakes&gt; &#x263a;' "
    "v:colour='red'>\n"
    "    <v:note kind='n'>kept &amp; safe</v:note></argumentElement>\n"
    "  <argumentElement xsi:type='SACM:Claim' xmi:id='c2' assertionDeclaration='needsSupport'>\n"
    "    <content><value content='Sub'/></content></argumentElement>\n"
    "  <argumentElement xsi:type='SACM:ArgumentReasoning' xmi:id='r1'><description>by "
    "parts</description></argumentElement>\n"
    "  <argumentElement xsi:type='SACM:ArtifactReference' xmi:id='a1' name='log'/>\n"
    "  <argumentElement xsi:type='SACM:ArtifactReference' xmi:id='a2' name='road'/>\n"
    "  <argumentElement xsi:type='SACM:AssertedInference' xmi:id='i1' source='c2' target='c1' reasoning='r1'/>\n"
    "  <argumentElement xsi:type='SACM:AssertedEvidence' xmi:id='i2' source='a1' target='c1'/>\n"
    "  <argumentElement xsi:type='SACM:AssertedContext' xmi:id='i3' source='a2'><target "
    "xmi:idref='c1'/></argumentElement>\n"
    "  <argumentElement xsi:type='SACM:AssertedInference' xmi:id='i4' source='c2' target='i1'/>\n"
    "  <v:layout x='1'><v:box/></v:layout>\n"
    "</SACM:ArgumentPackage>\n";

static void sacm_of_others(void **state) {
    struct assurance_case c;
    struct buffer out;
    (void)state;
    check_ok(read_back(TEXT(sacm), &c));
    assert_int_equal(c.n_nodes, 5);
    assert_true(text_equal(c.nodes[0].text, TEXT("It <brakes> \xe2\x98\xba")) && c.nodes[0].n_supported_by == 2);
    assert_true(c.nodes[1].undeveloped && c.nodes[2].kind == CASE_STRATEGY && c.nodes[2].supported_by[0] == 1);
    assert_true(c.nodes[3].kind == CASE_SOLUTION && c.nodes[4].kind == CASE_CONTEXT);
    assert_true(text_equal(c.nodes[4].text, TEXT("road")) && c.nodes[0].in_context_of[0] == 4);
    buffer_init(&out, 1 << 20);
    check_ok(case_format_sacm.write(&c, &out, &err));
    assert_non_null(strstr(out.at, "<v:note kind='n'>kept &amp; safe</v:note>")); /* as it stood */
    assert_non_null(strstr(out.at, "<v:layout x='1'><v:box/></v:layout>"));
    assert_non_null(strstr(out.at, "xmi:id='i4' source='c2' target='i1'"));
    assert_non_null(strstr(out.at, "v:colour=\"red\""));
    assert_non_null(strstr(out.at, "xmlns:v=\"vendor\""));
    buffer_done(&out);
    all_formats(&c, "sacm");
    case_done(&c);
}

static void prolog_of_others(void **state) {
    struct assurance_case c;
    (void)state;
    check_ok(read_back(TEXT("% rules\n:- dynamic 'a b'/0.\n"
                            "safe :- 'a b', stops(cart, 2.5). /* and */\n"
                            "safe :- parked.\n'a b' :- seen ; heard.\nparked.\nstops(cart, 2.5).\nseen.\n"),
                       &c));
    assert_int_equal(c.n_nodes, 7);
    assert_true(c.nodes[0].join == CASE_OR && c.nodes[0].n_supported_by == 2 && c.nodes[0].kind == CASE_GOAL);
    const struct case_node *way = &c.nodes[c.nodes[0].supported_by[0]];
    assert_string_equal(way->id, "safe/1");
    assert_true(way->kind == CASE_STRATEGY && way->n_supported_by == 2);
    assert_string_equal(c.nodes[1].id, "a b");
    assert_true(c.nodes[1].join == CASE_OR && strcmp(c.nodes[2].id, "stops(cart, 2.5)") == 0);
    all_formats(&c, "prolog");
    case_done(&c);
}

static void tables_of_others(void **state) {
    struct assurance_case c;
    (void)state;
    check_ok(read_back(TEXT("NODE_ID,NAME,TYPE,REASON,ATTRIBUTE,CONTENT,DSTHEORY,ADDITION,PARENT_ID\n"
                            "1,\"Range, above 2\",TECH,Arithmetic,,r > 2,,,0\n"
                            "2,Lidar,EVID,none,Or,\"r > 3\nr < 9\",bel:0.9 dis:0.05,,1\n"
                            "3,Sonar,EVID,,Or,r > 1,bel:1 whatever,{\"url\":\"u\"},1\n"),
                       &c));
    assert_true(c.n_nodes == 3 && c.nodes[0].join == CASE_OR && c.nodes[0].reason == CASE_ARITH);
    assert_true(c.nodes[1].n_formal == 2 && c.nodes[1].belief == 0.9 && strcmp(c.nodes[2].url, "u") == 0);
    all_formats(&c, "table");
    case_done(&c);
}

static void refusals(void **state) {
    static const struct {
        const char *text, *told;
    } rows[] = {
        {"<a><b></a>", "case:1:7: XML: the end of another element"},
        {"<a b='1' b='2'/>", "an attribute stands twice"},
        {"<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>", "document types and entities are not read"},
        {"<a>&b;</a>", "an entity that is none of"},
        {"<a>&#0;</a>", "a number that is no character"},
        {"<a>&#xd800;</a>", "a number that is no character"},
        {"<a", "expected '>'"},
        {"<a><!-- x</a>", "without its end"},
        {"<a/><b/>", "something stands behind"},
        {"<a/>", "expected an AssuranceCasePackage"},
        {"<argumentPackage><x type='Claim'/></argumentPackage>", "without gid, id or name"},
        {"<argumentPackage><x type='Claim' gid='a'/><x type='AssertedInference' source='b' "
         "target='a'/></argumentPackage>",
         "a is supported by 'b'"},
        {"<argumentPackage><x type='Claim' gid='a'/><x type='AssertedInference' source='a' "
         "target='b'/></argumentPackage>",
         "its target 'b' is not there"},
        {"a :- b", "expected '.'"},
        {"a :- b, c ; d.", "both , and ;"},
        {"a :- 'b.", "a quote that is not closed"},
        {"a :- b. b :- a.", "a is its own ancestor"},
        {"kind(a, gaol).", "unknown kind 'gaol'"},
        {"text(b, c).", "'b' is spoken of"},
        {"a. member(a, 'x').", "case:1"},
        {"NODE_ID,NAME,PARENT_ID\n1,a,9\n", "case:2: 1: its parent '9' is not there"},
        {"NODE_ID,NAME,ATTRIBUTE,PARENT_ID\n1,a,,\n2,b,And,1\n3,c,Or,1\n", "case:4: 1 has a mixed join"},
        {"NODE_ID,NAME,REASON,PARENT_ID\n1,a,Aritmetic,\n", "unknown reason"},
        {"NODE_ID,NAME\n1,a\n", "no column PARENT_ID"},
        {"{\"tree\": {\"id\": \"a\", \"type\": \"GAOL\"}}", "unknown type 'GAOL'"},
        {"{\"tree\": {\"type\": \"GOAL\"}}", "a node without an id"},
        {"{\"tree\": [1]}", "expected a node"},
    };
    struct assurance_case c;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (read_back(text_of(rows[i].text), &c)) fail_msg("is read: %s", rows[i].text);
        case_done(&c);
        check_fails(read_back(text_of(rows[i].text), &c), ERROR_DATA, rows[i].told);
        case_done(&c);
    }
}

/* Deep nesting ends in a message, not in the stack. */
static void deep_files(void **state) {
    struct assurance_case c;
    struct buffer t;
    (void)state;
    buffer_init(&t, 1 << 24);
    for (int i = 0; i < 5000; i++) buffer_put_c(&t, "<package>");
    check_fails(read_back(buffer_text(&t), &c), ERROR_DATA, "nested deeper than 200");
    buffer_clear(&t);
    buffer_put_c(&t, "{\"tree\":");
    for (int i = 0; i < 900; i++) buffer_printf(&t, "{\"id\":\"%d\",\"type\":\"GOAL\",\"children\":[", i);
    for (int i = 0; i < 900; i++) buffer_put_c(&t, "]}");
    buffer_put_c(&t, "}");
    check_fails(read_back(buffer_text(&t), &c), ERROR_DATA, "deeper than 400");
    buffer_clear(&t);
    buffer_put_c(&t, "a(");
    for (int i = 0; i < 5000; i++) buffer_put_c(&t, "f(");
    check_fails(read_back(buffer_text(&t), &c), ERROR_DATA, "");
    buffer_done(&t);
}

int main(int argc, char **argv) {
    root = argc > 1 ? argv[1] : ".";
    const struct CMUnitTest tests[] = {cmocka_unit_test(everything_survives),
                                       cmocka_unit_test(public_files),
                                       cmocka_unit_test(tea_of_the_platform),
                                       cmocka_unit_test(sacm_of_others),
                                       cmocka_unit_test(prolog_of_others),
                                       cmocka_unit_test(tables_of_others),
                                       cmocka_unit_test(refusals),
                                       cmocka_unit_test(deep_files)};
    return cmocka_run_group_tests_name("case_format", tests, setup, teardown);
}
