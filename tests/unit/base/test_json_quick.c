/* The quick reader beside jansson: what it reads, jansson reads as the same value; what is plain, it reads. */
#include "check.h"

#include "base/json.h"
#include "base/json_quick.h"
#include "base/rng.h"

static const char *const plain[] = {
    "{\"id\":\"q17\",\"n\":[1,-2,0,-0,123456789012345678],\"o\":{\"t\":true,\"f\":false,\"z\":null},\"e\":{},\"l\":[]}",
    " [ 0.5 , -0.0, 1e9, 2.25E-3, 7e+2, 4.9e-324, 0.1234567890123456789 ]\r\n",
    "\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\te \\u00e9 \\ud83d\\ude00 \\u0001 \x7F\"",
    "{\"Gr\xC3\xBC\xC3\x9F""e\":\"\xE6\x97\xA5\xF0\x9F\x98\x80\",\"\\u0061\":[[[[\"x\"]]]]}",
    "7", "-7", "\"\"", "true", "[]", "{}"};

static const char *const left_to_jansson[] = {
    "", " ", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "[1,]", "[1 2]", "{\"a\" 1}", "{a:1}", "01", "-", "1.", ".5", "1e",
    "+1", "1e999", "NaN", "nul", "1234567890123456789", "\"\\u0000\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
    "\"\\x\"", "\"a", "\"\xFF\"", "\"\xED\xA0\x80\"", "\"\x01\"", "1 2", "[1", "{", "{\"a\":1", "[1}"};

static bool no_memory;

static void same_as_jansson(struct text t, json_t *quick) {
    json_error_t e;
    json_t *other = json_loadb(t.len ? t.at : "", t.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (!other) fail_msg("'%.*s' was read, and jansson says: %s", TEXT_ARG(t), e.text);
    char *a = json_dumps(quick, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    char *b = json_dumps(other, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
    assert_string_equal(a, b);
    free(a);
    free(b);
    json_decref(other);
    json_decref(quick);
}

static void reads_what_is_plain(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        json_t *value = json_quick_read(text_of(plain[i]), &no_memory);
        if (!value) fail_msg("'%s' was not read", plain[i]);
        same_as_jansson(text_of(plain[i]), value);
    }
}

static void leaves_the_rest(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof left_to_jansson / sizeof *left_to_jansson; i++) {
        json_t *value = json_quick_read(text_of(left_to_jansson[i]), &no_memory);
        if (value) fail_msg("'%s' was read", left_to_jansson[i]);
    }
    static char deep[1000];
    memset(deep, '[', sizeof deep / 2);
    memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
    assert_null(json_quick_read((struct text){deep, sizeof deep}, &no_memory));
}

/* Bytes of each text replaced, cut out and doubled: whatever is read of them is what jansson reads. */
static void is_never_otherwise(void **state) {
    (void)state;
    static const char bytes[] = "\"\\{}[],:0123456789.eE+-tfnul \n\xC3\xA9\xF0\x9F\xED\x01 abud8";
    struct rng rng = rng_stream(1, "test/json_quick", 0);
    size_t read = 0;
    for (size_t round = 0; round < 40000; round++) {
        char text[400];
        const char *from = plain[rng_below(&rng, sizeof plain / sizeof *plain)];
        size_t n = strlen(from);
        memcpy(text, from, n);
        for (size_t changes = 1 + rng_below(&rng, 2); changes > 0 && n > 1; changes--) {
            size_t at = rng_below(&rng, n), what = rng_below(&rng, 3);
            if (what == 0) text[at] = bytes[rng_below(&rng, sizeof bytes - 1)];
            if (what == 1) memmove(text + at, text + at + 1, --n - at);
            if (what == 2) memmove(text + at + 1, text + at, n++ - at);
        }
        json_t *value = json_quick_read((struct text){text, n}, &no_memory);
        read += value != NULL;
        if (value) same_as_jansson((struct text){text, n}, value);
    }
    assert_true(read > 2000); /* so that something was compared */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_what_is_plain), cmocka_unit_test(leaves_the_rest),
                                       cmocka_unit_test(is_never_otherwise)};
    return cmocka_run_group_tests_name("json_quick", tests, NULL, NULL);
}
