/* The parts that reports are made of: escaping, numbers, columns, drawings. */
#include "check.h"

#include "report/escape.h"
#include "report/report_number.h"
#include "report/svg.h"
#include "report/text_grid.h"

typedef bool escaper(struct buffer *out, struct text t);

static void check_escape(escaper *escape, struct text t, const char *expected) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_put_c(&b, "");
    assert_true(escape(&b, t));
    assert_string_equal(b.at ? b.at : "", expected);
    buffer_done(&b);
}

#define BAD "\xEF\xBF\xBD"

static void test_escape(void **state) {
    (void)state;
    check_escape(escape_markup, TEXT("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
    check_escape(escape_markup, TEXT("a\r\n\tb\x01\xff\xc3"), "a\n\tb" BAD BAD BAD);
    check_escape(escape_markup, TEXT("\xEF\xBF\xBF\0z"), BAD BAD "z");
    check_escape(escape_markup, TEXT("\xC3\xA9\xE2\x86\x91"), "\xC3\xA9\xE2\x86\x91");
    check_escape(escape_attribute, TEXT("a\n\"b\""), "a&#10;&quot;b&quot;");
    check_escape(escape_csv, TEXT("plain"), "plain");
    check_escape(escape_csv, TEXT("a,\"b\"\n"), "\"a,\"\"b\"\"\n\"");
    check_escape(escape_csv, TEXT("=1+2"), "'=1+2");
    check_escape(escape_csv, TEXT("@x,y"), "\"'@x,y\"");
    check_escape(escape_csv, TEXT("\xff"), BAD);
    check_escape(escape_markdown, TEXT("a|b*<c>\n[d](e)"), "a\\|b\\*&lt;c&gt; \\[d\\](e)");
    check_escape(escape_terminal, TEXT("\x1b[31mred\nx\xE2\x80\xAEy\xC2\x9B"), BAD "[31mred x" BAD "y" BAD);
    check_escape(escape_terminal, TEXT(""), "");
    assert_int_equal(escape_terminal_width(TEXT("\xC3\xA9" "a\xff")), 3);
}

static void test_numbers(void **state) {
    (void)state;
    char s[REPORT_NUMBER];
    struct figure f = {.value = 0.6249, .lo = 0.0004, .hi = 1, .unit = "share", .direction = "up"};
    number_of_figure(&f, s), assert_string_equal(s, "62.5 %");
    number_interval(&f, s), assert_string_equal(s, "0.0 to 100.0 %");
    f = (struct figure){.value = -1234.567, .lo = -2000, .hi = NAN, .unit = "nats", .direction = "down"};
    number_of_figure(&f, s), assert_string_equal(s, "-1235 nats");
    number_interval(&f, s), assert_string_equal(s, "-");
    f.value = NAN;
    number_of_figure(&f, s), assert_string_equal(s, "-");
    number_share(-0.0123, s), assert_string_equal(s, "-1.2 %");
    number_plain(-0.0, s), assert_string_equal(s, "0");
    number_p_value(0.00099, s), assert_string_equal(s, "< 0.001");
    number_p_value(0.0456, s), assert_string_equal(s, "0.046");
    number_p_value(1, s), assert_string_equal(s, "1.000");
    /* 2026-01-02 03:04:05 UTC is 1767323045 (date -u +%s). */
    number_time(1767323045000000007ull, false, s), assert_string_equal(s, "2026-01-02T03:04:05Z");
    number_time(1767323045000000007ull, true, s), assert_string_equal(s, "2026-01-02T03:04:05.000000007Z");
    number_time(0, true, s), assert_string_equal(s, "-");
    number_duration(12345000000ull, s), assert_string_equal(s, "12.3 s");
    number_duration(187000000000ull, s), assert_string_equal(s, "3 min 07 s");
    number_duration(3720000000000ull, s), assert_string_equal(s, "1 h 02 min");
}

static void test_scale_and_ticks(void **state) {
    (void)state;
    struct svg_scale scale = {0, 2, 10, 110};
    check_near(svg_at(&scale, 0.5), 35, 1e-12);
    check_near(svg_at(&scale, -9), 10, 0);
    check_near(svg_at(&scale, 9), 110, 0);
    check_near(svg_at(&scale, NAN), 10, 0);
    scale.to = 0;
    check_near(svg_at(&scale, 1), 10, 0);
    double t[8];
    assert_int_equal(svg_ticks(0, 1, 6, t), 6);
    for (int i = 0; i < 6; i++) check_near(t[i], 0.2 * i, 1e-12);
    assert_int_equal(svg_ticks(1.1, 1.4, 7, t), 7);
    check_near(t[0], 1.1, 1e-12);
    check_near(t[6], 1.4, 1e-12);
    assert_int_equal(svg_ticks(1, 1, 6, t), 0);
    assert_int_equal(svg_ticks(0, INFINITY, 6, t), 0);
    double from = 1.13, to = 4.9;
    svg_round_range(&from, &to);
    check_near(from, 1, 1e-12);
    check_near(to, 5, 1e-12);
    from = to = 3;
    svg_round_range(&from, &to);
    assert_true(from < 3 && to > 3);
    from = INFINITY, to = -INFINITY;
    svg_round_range(&from, &to);
    check_near(from, 0, 0);
    check_near(to, 1, 0);
}

static void test_drawing(void **state) {
    (void)state;
    struct buffer b;
    struct svg_scale x = {0, 1, 0, 100};
    buffer_init(&b, 1 << 16);
    svg_begin(&b, 100, 20, TEXT("a <b> \"c\""));
    svg_whisker(&b, &x, 10, 0.5, 0.25, 0.75, 0);
    svg_end(&b);
    assert_string_equal(b.at,
                        "<svg role=\"img\" width=\"100\" height=\"20\" viewBox=\"0 0 100 20\" "
                        "aria-label=\"a &lt;b&gt; &quot;c&quot;\"><title>a &lt;b&gt; &quot;c&quot;</title>"
                        "<line class=\"whisker series0\" x1=\"25\" y1=\"10\" x2=\"75\" y2=\"10\"/>"
                        "<line class=\"whisker series0\" x1=\"25\" y1=\"7\" x2=\"25\" y2=\"13\"/>"
                        "<line class=\"whisker series0\" x1=\"75\" y1=\"7\" x2=\"75\" y2=\"13\"/>"
                        "<circle class=\"mark series0\" cx=\"50\" cy=\"10\" r=\"4\"/></svg>");
    buffer_clear(&b);
    svg_whisker(&b, &x, 10, NAN, NAN, 1, 0);
    assert_int_equal(b.len, 0);
    svg_number(&b, 1.005e9);
    buffer_put_char(&b, ' ');
    svg_number(&b, -0.001);
    assert_string_equal(b.at, "10000000 0");
    buffer_done(&b);
}

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part)) n++;
    return n;
}

static void test_plot(void **state) {
    (void)state;
    const double x[] = {0, 0.5, 1, 1}, y[] = {0.1, NAN, 0.9, 0.8}, lo[] = {0, 0, 0.8, NAN}, hi[] = {0.2, 1, 1, 1};
    const struct svg_series series[] = {
        {.name = TEXT("bins <1>"), .kind = SVG_DOTS, .x = x, .y = y, .lo = lo, .hi = hi, .n = 4},
        {.name = TEXT("curve"), .kind = SVG_LINE, .x = x, .y = y, .n = 4},
    };
    struct svg_plot plot = {.title = TEXT("reliability"), .x_title = TEXT("confidence"), .y_title = TEXT("share & correct"),
                            .diagonal = true, .series = series, .n_series = 2};
    struct buffer b, again;
    buffer_init(&b, 1 << 16);
    buffer_init(&again, 1 << 16);
    svg_plot(&b, &plot);
    svg_plot(&again, &plot);
    assert_false(b.failed);
    assert_string_equal(b.at, again.at);
    assert_int_equal(count(b.at, "<circle"), 4); /* three dots and one in the legend */
    assert_int_equal(count(b.at, "class=\"whisker series0\""), 2);
    assert_int_equal(count(b.at, "<path class=\"curve series1\""), 1);
    assert_int_equal(count(b.at, "class=\"reference\""), 1);
    assert_int_equal(count(b.at, "bins &lt;1&gt;"), 1);
    assert_int_equal(count(b.at, "share &amp; correct"), 1);
    assert_int_equal(count(b.at, "nan"), 0);
    assert_int_equal(count(b.at, "<svg"), count(b.at, "</svg>"));
    assert_int_equal(count(b.at, "<text"), count(b.at, "</text>"));
    plot.n_series = 0;
    buffer_clear(&b);
    svg_plot(&b, &plot);
    assert_int_equal(count(b.at, "</svg>"), 1);
    buffer_done(&b);
    buffer_done(&again);
}

static void test_grid(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct text_grid grid;
    struct buffer b;
    arena_init(&arena, 0);
    buffer_init(&b, 1 << 16);
    check_ok(text_grid_init(&grid, &arena, 3, &err));
    grid.right[2] = true;
    check_ok(text_grid_row(&grid, (const char *const[]){"name", "method", "n"}, &err));
    for (int i = 0; i < 20; i++)
        check_ok(text_grid_row(&grid, (const char *const[]){"\xC3\xA9t\xC3\xA9", "a method of many words", "100"}, &err));
    text_grid_put(&grid, &b, 2, false, 100);
    assert_int_equal(count(b.at, "  \xC3\xA9t\xC3\xA9   a method of many words  100\n"), 20);
    assert_int_equal(count(b.at, "  name  method                    n\n"), 1);
    buffer_clear(&b);
    text_grid_put(&grid, &b, 2, false, 26);
    assert_int_equal(count(b.at, "  \xC3\xA9t\xC3\xA9   a method of \xE2\x80\xA6  100\n"), 20);
    buffer_clear(&b);
    text_grid_put(&grid, &b, 0, false, 0);
    assert_int_equal(count(b.at, "\xC3\xA9t\xC3\xA9   a method of many words  100\n"), 20);
    grid.spare[2] = 1; /* rather than to cut a word, the numbers are left out */
    buffer_clear(&b);
    text_grid_put(&grid, &b, 2, false, 30);
    assert_int_equal(count(b.at, "  \xC3\xA9t\xC3\xA9   a method of many words\n"), 20);
    buffer_clear(&b);
    text_grid_put(&grid, &b, 2, false, 100);
    assert_int_equal(count(b.at, "words  100\n"), 20);
    check_fails(text_grid_init(&grid, &arena, TEXT_GRID_COLUMNS + 1, &err), ERROR_USAGE, "too wide");
    buffer_done(&b);
    arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape), cmocka_unit_test(test_numbers), cmocka_unit_test(test_scale_and_ticks),
        cmocka_unit_test(test_drawing), cmocka_unit_test(test_plot), cmocka_unit_test(test_grid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
