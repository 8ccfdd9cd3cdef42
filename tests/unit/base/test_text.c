/* Text views, UTF-8, numbers. */
#include "check.h"

#include "base/text.h"

#include <float.h>

static void pieces_and_search(void **state) {
    (void)state;
    struct text rest = TEXT("a,,b,"), piece;
    const char *expected[] = {"a", "", "b", ""};
    size_t n = 0;
    while (text_next(&rest, ',', &piece)) assert_true(n < 4 && text_equal_c(piece, expected[n++]));
    assert_int_equal(n, 4);
    assert_true(text_equal_c(text_trim(TEXT(" \t\r\n a b \v\f")), "a b"));
    assert_int_equal(text_trim(TEXT("  ")).len, 0);
    assert_int_equal(text_find(TEXT("abcabc"), TEXT("bc"), 2), 4);
    assert_true(text_find(TEXT("abc"), TEXT("x"), 0) == SIZE_MAX);
    assert_true(text_find(TEXT("abc"), TEXT("a"), 9) == SIZE_MAX);
    assert_int_equal(text_find(TEXT("abc"), TEXT(""), 3), 3);
    assert_int_equal(text_part(TEXT("abc"), 2, 99).len, 1);
    assert_int_equal(text_part(TEXT("abc"), 7, 9).len, 0);
    assert_true(text_starts(TEXT("abc"), TEXT("ab")) && !text_starts(TEXT("a"), TEXT("ab")));
    assert_true(text_ends(TEXT("abc"), TEXT("bc")) && !text_ends(TEXT("c"), TEXT("bc")));
    assert_true(text_equal_nocase(TEXT("AbZ"), TEXT("aBz")) && !text_equal_nocase(TEXT("@"), TEXT("`")));
    assert_true(text_compare(TEXT("a"), TEXT("ab")) < 0 && text_compare(TEXT("\xff"), TEXT("a")) > 0);
    assert_int_equal(text_of(NULL).len, 0);
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static void utf8(void **state) {
    (void)state;
    static const char *const bad[] = {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
                                      "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char whole[16];
        int n = snprintf(whole, sizeof whole, "ok%s", bad[i]);
        assert_int_equal(text_utf8_invalid((struct text){whole, (size_t)n}), 2);
    }
    assert_true(text_utf8_invalid(TEXT("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")) == SIZE_MAX);
    assert_int_equal(text_utf8_count(TEXT("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80")), 4);
    size_t valid = 0;
    for (uint32_t c = 0; c <= 0x110000; c++) {
        char out[4];
        uint32_t back = 0;
        size_t n = text_utf8_put(c, out);
        if (n == 0) continue;
        valid++;
        if (text_utf8_next((struct text){out, n}, &back) != n || back != c) fail_msg("code point %x", c);
        if (n > 1 && text_utf8_next((struct text){out, n - 1}, &back) != 0) fail_msg("cut code point %x", c);
    }
    assert_int_equal(valid, 0x110000 - 0x800);
}

static void whole_numbers(void **state) {
    (void)state;
    int64_t i;
    uint64_t u;
    assert_true(text_to_i64(TEXT("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(text_to_i64(TEXT("9223372036854775807"), &i) && i == INT64_MAX);
    assert_true(text_to_u64(TEXT("18446744073709551615"), &u) && u == UINT64_MAX);
    static const char *const bad[] = {"", " 1", "1 ", "+1", "1.0", "0x10", "9223372036854775808", "--1", "- 1", "1e3", "\xC2\xB2"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        if (text_to_i64(text_of(bad[k]), &i)) fail_msg("'%s' was read as %lld", bad[k], (long long)i);
    assert_false(text_to_i64((struct text){"1\0", 2}, &i));
    assert_false(text_to_u64(TEXT("-1"), &u));
    assert_false(text_to_u64(TEXT("18446744073709551616"), &u));
}

static void real_numbers(void **state) {
    (void)state;
    static const struct { double value; const char *text; } known[] = {
        {0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"}, {1e22, "1e+22"}, {-0.0, "-0"}, {100, "100"},
        {5e-324, "5e-324"}, {DBL_MAX, "1.7976931348623157e+308"}, {DBL_MIN, "2.2250738585072014e-308"},
        {INFINITY, "inf"}, {-INFINITY, "-inf"}};
    char s[32];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = text_from_f64(known[i].value, s);
        assert_string_equal(s, known[i].text);
        assert_int_equal(n, strlen(s));
    }
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 200000; i++) { /* xorshift64 over all bit patterns */
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        double v, back;
        memcpy(&v, &bits, sizeof v);
        size_t n = text_from_f64(v, s);
        assert_true(n < 32 && text_to_f64((struct text){s, n}, &back));
        if (isnan(v) ? !isnan(back) : memcmp(&v, &back, sizeof v) != 0) fail_msg("%.17g became %s", v, s);
    }
    double v;
    static const char *const bad[] = {"", " 1", "1 ", "0x10", "1e999", "infinity", "nan(1)", "1,5", "e5", "1e", "Inf", "--1"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
        if (text_to_f64(text_of(bad[k]), &v)) fail_msg("'%s' was read as %g", bad[k], v);
    assert_true(text_to_f64(TEXT("1e-999"), &v) && v == 0);
}

static void nearest_names(void **state) {
    (void)state;
    static const char *const names[] = {"learning_rate", "beta", "steps"};
    assert_string_equal(text_nearest(TEXT("learnig_rate"), names, 3), "learning_rate");
    assert_string_equal(text_nearest(TEXT("Beta"), names, 3), "beta");
    assert_string_equal(text_nearest(TEXT("learn"), names, 3), "learning_rate");
    assert_null(text_nearest(TEXT("quantum"), names, 3));
    assert_null(text_nearest(TEXT("x"), names, 0));
    char longest[200];
    memset(longest, 'b', sizeof longest);
    assert_null(text_nearest((struct text){longest, sizeof longest}, names, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_and_search), cmocka_unit_test(utf8),
                                       cmocka_unit_test(whole_numbers), cmocka_unit_test(real_numbers),
                                       cmocka_unit_test(nearest_names)};
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
