/* Reading JSON with its traps, typed members, canonical writing, JSONL. */
#include "scratch.h"

#include "base/json.h"

static void put_is(json_t *v, const char *canonical) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    assert_true(json_put_canonical(&b, v));
    assert_string_equal(b.at, canonical);
    buffer_done(&b);
    json_decref(v);
}

static json_t *read_c(const char *s) {
    struct error err = {0};
    json_t *v = json_read(text_of(s), "f.json", 1, &err);
    if (!v) fail_msg("%s: %s", s, err.message);
    return v;
}

static void reads(void **state) {
    (void)state;
    put_is(read_c("\xEF\xBB\xBF{\"b\":1,\"a\":[true,null,0.1]}"), "{\"a\":[true,null,0.1],\"b\":1}");
    put_is(read_c("7"), "7");
    put_is(read_c("\"\\ud83d\\ude00\\n\\u007f\\u0001\""), "\"\xF0\x9F\x98\x80\\n\x7F\\u0001\"");
}

/* Half surrogate pairs become U+FFFD; a backslash before the escape makes it no escape. */
static void mends_half_pairs(void **state) {
    (void)state;
    put_is(read_c("\"a\\ud800b\""), "\"a\xEF\xBF\xBD" "b\"");
    put_is(read_c("\"\\udc00\\ud800\\ud83d\\ude00\\ud800\""),
           "\"\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80\xEF\xBF\xBD\"");
    put_is(read_c("\"\\\\ud800\""), "\"\\\\ud800\"");
    put_is(read_c("\"\\\\\\ud800\""), "\"\\\\\xEF\xBF\xBD\"");
}

static void big_integers_are_reals(void **state) {
    (void)state;
    json_t *v = read_c("{\"a\":123456789012345678901234,\"b\":9223372036854775807,\"c\":-9223372036854775809,"
                       "\"d\":-9223372036854775808,\"e\":0.12345678901234567890123,\"f\":\"123456789012345678901\","
                       "\"g\":7,\"h\":\"\\ud800\"}");
    assert_true(json_is_real(json_object_get(v, "a")) && json_is_real(json_object_get(v, "c")));
    assert_true(json_is_integer(json_object_get(v, "b")) && json_is_integer(json_object_get(v, "d")));
    assert_true(json_is_integer(json_object_get(v, "g"))); /* the others stay integers */
    assert_true(json_is_real(json_object_get(v, "e")) && json_is_string(json_object_get(v, "f")));
    check_near(json_real_value(json_object_get(v, "a")), 123456789012345678901234.0, 0);
    json_decref(v);
    put_is(read_c("123456789012345678901"), "1.2345678901234568e+20");
}

static void refuses(void **state) {
    (void)state;
    static const char *const bad[] = {"", "{\"a\":1,\"a\":2}", "[1,]", "{'a':1}", "NaN", "\"\\u0000\"", "\"\xFF\"", "1 2",
                                      "1e999", "[1", "\"\\ud8", "\"\\u", "\\", "-", "12345678901234567890x"};
    struct error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        error_clear(&err);
        json_t *v = json_read(text_of(bad[i]), "f.json", 5, &err);
        if (v) fail_msg("'%s' was read", bad[i]);
        if (err.kind != ERROR_DATA || !strstr(err.message, "f.json:5:")) fail_msg("'%s': %s", bad[i], err.message);
    }
    check_fails(json_read((struct text){"[1,\0]", 5}, "f", 1, &err), ERROR_DATA, "f:1:");
    check_fails(json_read((struct text){NULL, 0}, "f", 1, &err), ERROR_DATA, "f:1:");
    check_fails(json_read(TEXT("{\n\n x}"), "f", 10, &err), ERROR_DATA, "f:12:");
    static char deep[100000];
    memset(deep, '[', sizeof deep);
    check_fails(json_read((struct text){deep, sizeof deep}, "f", 1, &err), ERROR_DATA, "depth");
}

static void typed_members(void **state) {
    (void)state;
    struct error err = {0};
    struct json_place place = {"set.jsonl", 3, "items[2]"};
    json_t *v = read_c("{\"s\":\"x\",\"i\":3,\"r\":0.5,\"a\":[],\"o\":{},\"n\":null}"), *part;
    struct text t;
    int64_t i;
    double d;
    check_ok(json_get_text(v, "s", place, &t, &err));
    check_ok(json_get_i64(v, "i", place, &i, &err));
    check_ok(json_get_f64(v, "i", place, &d, &err));
    check_ok(json_get_array(v, "a", place, &part, &err));
    check_ok(json_get_object(v, "o", place, &part, &err));
    check_fails(json_get_i64(v, "r", place, &i, &err), ERROR_DATA,
                "set.jsonl:3: field 'items[2].r': expected an integer, found a number");
    check_fails(json_get_text(v, "gone", place, &t, &err), ERROR_DATA, "expected a string, found nothing");
    check_fails(json_get_f64(v, "n", place, &d, &err), ERROR_DATA, "found null");
    check_fails(json_get_array(v, "o", place, &part, &err), ERROR_DATA, "found an object");
    check_fails(json_get_object(v, "s", (struct json_place){"f", 0, ""}, &part, &err), ERROR_DATA, "f: field 's'");
    assert_int_equal(json_text(v).len, 0);
    json_decref(v);
}

static void writes(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 16);
    json_t *v = read_c("{\"b\":[1,2],\"a\":{\"x\":[[1],{}]},\"c\":[]}");
    assert_true(json_put(&b, v, 2));
    assert_string_equal(b.at, "{\n  \"b\": [1, 2],\n  \"a\": {\n    \"x\": [\n      [1],\n      {}\n    ]\n  },\n  \"c\": []\n}");
    json_decref(v);
    buffer_clear(&b);
    assert_true(json_put_string(&b, TEXT("a\"\\\xFF\x01/")));
    assert_string_equal(b.at, "\"a\\\"\\\\\xEF\xBF\xBD\\u0001/\"");
    buffer_done(&b);
    put_is(json_from_text(TEXT("\xC3(\xED\xA0\x80")), "\"\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    put_is(json_from_text((struct text){NULL, 0}), "\"\"");
    put_is(json_from_f64(NAN), "null");
    put_is(json_from_f64(-INFINITY), "null");
    put_is(json_from_f64(0.1), "0.1");
    put_is(json_from_f64(-0.0), "-0.0"); /* "-0" would come back as an integer, without its sign */
    put_is(read_c("[-0.0,0.0,-0]"), "[-0.0,0,0]");
    buffer_init(&b, 4);
    v = read_c("[1,2,3]");
    assert_false(json_put_canonical(&b, v));
    json_decref(v);
    buffer_done(&b);
}

static void lines(void **state) {
    (void)state;
    struct error err = {0};
    struct scratch s;
    scratch_init(&s);
    static const char text[] = "\xEF\xBB\xBF{\"a\":1}\r\n\n  \nbad\n[1,2,3,4,5,6,7,8,9,10,11,12,13]\n2";
    scratch_put(&s, text, sizeof text - 1);
    struct jsonl *l = jsonl_open(s.file, 20, &err);
    assert_non_null(l);
    json_t *v;
    size_t line;
    assert_int_equal(jsonl_next(l, &v, &line, &err), 1);
    assert_int_equal(line, 1);
    put_is(v, "{\"a\":1}");
    assert_int_equal(jsonl_next(l, &v, &line, &err), -1);
    assert_non_null(strstr(err.message, "file:4:"));
    assert_int_equal(jsonl_next(l, &v, &line, &err), -1);
    assert_non_null(strstr(err.message, "file:5: line is longer than 20 bytes"));
    assert_int_equal(jsonl_next(l, &v, &line, &err), 1);
    assert_int_equal(line, 6);
    put_is(v, "2");
    assert_int_equal(jsonl_next(l, &v, &line, &err), 0);
    jsonl_close(l);
    l = jsonl_open(s.folder, 20, &err); /* a folder opens and cannot be read: said once, then the end */
    assert_non_null(l);
    assert_int_equal(jsonl_next(l, &v, &line, &err), -1);
    assert_int_equal(jsonl_next(l, &v, &line, &err), 0);
    jsonl_close(l);
    check_fails(json_read_file(s.file, 10, &err), ERROR_DATA, "larger than 10 bytes");
    check_fails(jsonl_open("/nonexistent/x", 9, &err), ERROR_ENVIRONMENT, "cannot open '/nonexistent/x'");
    scratch_done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),         cmocka_unit_test(mends_half_pairs), cmocka_unit_test(big_integers_are_reals),
        cmocka_unit_test(refuses),       cmocka_unit_test(typed_members),    cmocka_unit_test(writes),
        cmocka_unit_test(lines)};
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
