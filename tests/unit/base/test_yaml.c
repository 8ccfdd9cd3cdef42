/* YAML: places, refusals, typed members, the JSON twin. */
#include "scratch.h"

#include "base/yaml.h"

static struct arena arena;

static struct yaml *read_c(const char *s) {
    struct error err = {0};
    struct yaml *y = yaml_read(&arena, text_of(s), "f.yaml", &err);
    if (!y) fail_msg("%s: %s", s, err.message);
    return y;
}

static void place_is(const struct yaml *y, size_t line, size_t column) {
    assert_non_null(y);
    if (y->line != line || y->column != column)
        fail_msg("'%.*s' at %zu:%zu, expected %zu:%zu", TEXT_ARG(y->scalar), y->line, y->column, line, column);
}

static void places(void **state) {
    (void)state;
    const struct yaml *y = read_c("# c\nname: \xC3\xA9t\xC3\xA9\nlist:\n  - 1\n  - {k: 'v', e: }\nempty:\ntext: |\n  a\n  b\n");
    assert_int_equal(y->kind, YAML_MAPPING);
    assert_int_equal(y->n, 4);
    place_is(y, 2, 1);
    place_is(y->key[1], 3, 1);
    const struct yaml *list = yaml_get(y, "list");
    assert_int_equal(list->kind, YAML_SEQUENCE);
    place_is(list, 4, 3);
    place_is(list->child[0], 4, 5);
    place_is(list->child[1], 5, 5);
    place_is(yaml_get(list->child[1], "k"), 5, 9);
    assert_true(yaml_get(list->child[1], "k")->quoted && !list->child[0]->quoted);
    assert_int_equal(yaml_get(list->child[1], "e")->scalar.len, 0);
    place_is(yaml_get(list->child[1], "e"), 5, 14);
    place_is(yaml_get(y, "empty"), 6, 1);
    assert_true(text_equal_c(yaml_get(y, "name")->scalar, "\xC3\xA9t\xC3\xA9"));
    assert_true(text_equal_c(yaml_get(y, "text")->scalar, "a\nb\n") && yaml_get(y, "text")->quoted);
    assert_string_equal(y->file, "f.yaml");
    assert_null(yaml_get(y, "gone"));
    assert_null(yaml_get(list, "gone"));
    assert_null(yaml_get(NULL, "gone"));
}

static void refuses(void **state) {
    (void)state;
    static const struct { const char *text, *part; } bad[] = {
        {"", "f:1:1:"},
        {"# only a comment\n", "f:1:1: no YAML"},
        {"a: 1\nb: 2\na: 3\n", "f:3:1: key 'a' is already given in line 1"},
        {"a: {x: 1, x: 2}\n", "f:1:11: key 'x'"},
        {"a: 1\n---\nb: 2\n", "f:2:1: a second document"},
        {"a: &x 1\nb: 2\n", "anchors (&)"},
        {"a: *x\n", "f:1:4: aliases (*)"},
        {"a: !!int 1\n", "tags (!)"},
        {"[1, 2]: 3\n", "a key must be a word"},
        {"a: [1, 2\n", "f:"},
        {"a: b: c\n", "f:1:"},
        {"a:\n\t- x\n", "f:2:"},
        {"a: \"\\ud800\"\n", "f:1:"},
        {"ok: 1\nb: \xC3(\n", "f:2:1: byte 9 is not UTF-8"}};
    struct error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error_clear(&err);
        if (yaml_read(&arena, text_of(bad[i].text), "f", &err)) fail_msg("'%s' was read", bad[i].text);
        if (err.kind != ERROR_DATA || !strstr(err.message, bad[i].part)) fail_msg("'%s': %s", bad[i].text, err.message);
        assert_false(yaml_read(&arena, text_of(bad[i].text), "f", NULL));
    }
    char deep[4000];
    memset(deep, '[', sizeof deep);
    check_fails(yaml_read(&arena, (struct text){deep, 62}, "f", &err), ERROR_DATA, "f:1:");
    check_fails(yaml_read(&arena, (struct text){deep, sizeof deep}, "f", &err), ERROR_DATA, "f:1:");
    memset(deep, ']', 120);
    memset(deep, '[', 60);
    assert_non_null(yaml_read(&arena, (struct text){deep, 120}, "f", &err));
    check_fails(yaml_read_file(&arena, "/nonexistent/x", 9, &err), ERROR_ENVIRONMENT, "cannot open");
}

/* Duplicates are looked for by hash: 20,000 keys in well under a second, where a pairwise check takes seven. */
static void many_keys(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1 << 20);
    for (int i = 0; i < 20000; i++) buffer_printf(&b, "key%d: %d\n", i, i);
    struct yaml *y = yaml_read(&arena, buffer_text(&b), "f", &err);
    assert_non_null(y);
    assert_int_equal(y->n, 20000);
    place_is(y->child[19999], 20000, 11);
    buffer_put_c(&b, "key77: 1\n");
    check_fails(yaml_read(&arena, buffer_text(&b), "f", &err), ERROR_DATA, "f:20001:1: key 'key77' is already given in line 78");
    struct scratch s;
    scratch_init(&s);
    scratch_put(&s, b.at, b.len);
    check_fails(yaml_read_file(&arena, s.file, 1000, &err), ERROR_DATA, "larger than 1000 bytes");
    scratch_done(&s);
    buffer_done(&b);
}

static void members(void **state) {
    (void)state;
    struct error err = {0};
    const struct yaml *y = read_c("t: hello\ni: 12\nr: 1e-3\nb: true\nl: [1]\nbad: 1x\n");
    struct text t = TEXT("kept");
    int64_t i = 0;
    double d = 0;
    bool b = false;
    check_ok(yaml_opt_text(y, "gone", &t, &err));
    assert_true(text_equal_c(t, "kept"));
    check_ok(yaml_opt_text(y, "t", &t, &err));
    check_ok(yaml_opt_i64(y, "i", &i, &err));
    check_ok(yaml_opt_f64(y, "r", &d, &err));
    check_ok(yaml_opt_bool(y, "b", &b, &err));
    assert_true(text_equal_c(t, "hello") && i == 12 && d == 1e-3 && b);
    check_fails(yaml_opt_i64(y, "bad", &i, &err), ERROR_DATA, "f.yaml:6:6: 'bad': expected a whole number, found '1x'");
    check_fails(yaml_opt_f64(y, "l", &d, &err), ERROR_DATA, "expected a number, found a list");
    check_fails(yaml_opt_bool(y, "i", &b, &err), ERROR_DATA, "expected true or false, found '12'");
    check_fails(yaml_opt_text(y, "l", &t, &err), ERROR_DATA, "expected text, found a list");
    static const char *const known[] = {"t", "i", "r", "b", "list", "bad"};
    check_fails(yaml_check_keys(y, known, 6, &err), ERROR_DATA, "f.yaml:5:1: unknown key 'l'");
    check_fails(yaml_check_keys(yaml_get(y, "l"), known, 6, &err), ERROR_DATA, "expected a mapping");
    check_fails(yaml_check_keys(read_c("lits: 1"), known, 6, &err), ERROR_DATA, "did you mean 'list'?");
    check_ok(yaml_check_keys(read_c("list: 1"), known, 6, &err));
}

static void json_twin(void **state) {
    (void)state;
    struct error err = {0};
    const struct yaml *y = read_c("a: [1, -2, +3, 1.5, .5, 1e3, '1', 010]\nb: [null, ~, Null, true, False, yes]\n"
                                  "c: [inf, nan, -inf, 1.2.3, --, 99999999999999999999, x]\nd: {}\ne: \"\"\n");
    json_t *v = yaml_to_json(y, &err);
    assert_non_null(v);
    struct buffer b;
    buffer_init(&b, 4096);
    assert_true(json_put_canonical(&b, v));
    assert_string_equal(b.at, "{\"a\":[1,-2,3,1.5,0.5,1000,\"1\",10],\"b\":[null,null,null,true,false,\"yes\"],"
                              "\"c\":[\"inf\",\"nan\",\"-inf\",\"1.2.3\",\"--\",1e+20,\"x\"],\"d\":{},\"e\":\"\"}");
    buffer_done(&b);
    json_decref(v);
}

static int start(void **state) {
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int end(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(places), cmocka_unit_test(refuses), cmocka_unit_test(many_keys),
                                       cmocka_unit_test(members), cmocka_unit_test(json_twin)};
    return cmocka_run_group_tests_name("yaml", tests, start, end);
}
