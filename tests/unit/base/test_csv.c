/* CSV: RFC 4180 and what files in the wild add to it. */
#include "scratch.h"

#include "base/csv.h"

#include <stdlib.h>

static struct csv *open_text(struct scratch *s, struct text t, char separator, bool header) {
    struct error err = {0};
    scratch_put(s, t.at, t.len);
    struct csv *c = csv_open(s->file, separator, header, &err);
    if (!c) fail_msg("%s", err.message);
    return c;
}

static void row_is(struct csv *c, size_t line, const char *joined) {
    struct error err = {0};
    const struct text *f;
    size_t at;
    char row[256] = "";
    if (csv_next(c, &f, &at, &err) != 1) fail_msg("no row '%s': %s", joined, err.message);
    for (size_t i = 0; i < csv_columns(c); i++)
        snprintf(row + strlen(row), sizeof row - strlen(row), "%s%.*s", i ? "|" : "", TEXT_ARG(f[i]));
    assert_string_equal(row, joined);
    assert_int_equal(at, line);
}

static void ends(struct csv *c) {
    struct error err = {0};
    const struct text *f;
    size_t line;
    assert_int_equal(csv_next(c, &f, &line, &err), 0);
    csv_close(c);
}

static void quoting(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s);
    struct csv *c = open_text(&s, TEXT("\xEF\xBB\xBF\"a\",b,c\r\n1,\"x,\"\"y\"\"\nz\",\r\n\r\n\n,,\"\"\n1\r2,a\"b,\"q\"r"), ',', true);
    assert_int_equal(csv_columns(c), 3);
    assert_true(text_equal_c(csv_name(c, 0), "a") && text_equal_c(csv_name(c, 2), "c") && csv_name(c, 3).len == 0);
    assert_int_equal(csv_column(c, "b"), 1);
    assert_true(csv_column(c, "z") == SIZE_MAX);
    row_is(c, 2, "1|x,\"y\"\nz|");
    row_is(c, 6, "||");
    row_is(c, 7, "1\r2|a\"b|qr");
    ends(c);
    c = open_text(&s, TEXT("a\xFF\xC3,\xC3\xA9\n\xFE,1"), ',', true); /* names are UTF-8 whatever the file is */
    assert_true(text_equal_c(csv_name(c, 0), "a\xEF\xBF\xBD\xEF\xBF\xBD") && text_equal_c(csv_name(c, 1), "\xC3\xA9"));
    row_is(c, 2, "\xFE|1");
    ends(c);
    c = open_text(&s, TEXT("1;\"2\"\n3;4\n"), ';', false);
    assert_true(text_equal_c(csv_name(c, 1), "1"));
    row_is(c, 1, "1|2");
    row_is(c, 2, "3|4");
    ends(c);
    c = open_text(&s, TEXT("a\tb\n\"x\ty\"\n"), '\t', true);
    row_is(c, 2, "\"x|y\"");
    ends(c);
    c = open_text(&s, TEXT("\xEF\xBBx,b\n"), ',', false); /* not quite a BOM */
    row_is(c, 1, "\xEF\xBBx|b");
    ends(c);
    scratch_done(&s);
}

static void bad_rows(void **state) {
    (void)state;
    struct error err = {0};
    struct scratch s;
    const struct text *f;
    size_t line;
    scratch_init(&s);
    struct csv *c = open_text(&s, TEXT("a,b\n1\n1,2,3\n4,5\n6,\"7\n8"), ',', true);
    assert_int_equal(csv_next(c, &f, &line, &err), -1);
    assert_non_null(strstr(err.message, "file:2: row has 1 fields, the first row has 2"));
    assert_int_equal(csv_next(c, &f, &line, &err), -1);
    row_is(c, 4, "4|5");
    assert_int_equal(csv_next(c, &f, &line, &err), -1);
    assert_non_null(strstr(err.message, "file:5: a quoted field is never closed"));
    ends(c);
    scratch_put(&s, "", 0);
    check_fails(csv_open(s.file, ',', true, &err), ERROR_DATA, "is empty");
    check_fails(csv_open("/nonexistent/x", ',', true, &err), ERROR_ENVIRONMENT, "cannot open");
    check_fails(csv_open(s.folder, ',', true, &err), ERROR_ENVIRONMENT, "cannot read");
    scratch_done(&s);
}

/* A million blank lines take no stack; too many columns and too long rows are errors, and the next row is read. */
static void sizes(void **state) {
    (void)state;
    struct error err = {0};
    struct scratch s;
    const struct text *f;
    size_t line, n = 18u << 20;
    scratch_init(&s);
    char *big = malloc(n);
    assert_non_null(big);
    memset(big, '\n', 1000000);
    memcpy(big, "a,b", 3);
    memcpy(big + 999996, "1,2\n", 4);
    struct csv *c = open_text(&s, (struct text){big, 1000000}, ',', true);
    row_is(c, 999994, "1|2");
    ends(c);
    memset(big, 'x', n);
    memcpy(big, "a,b\n", 4);
    memcpy(big + n - 5, "\n1,2\n", 5);
    c = open_text(&s, (struct text){big, n}, ',', true);
    assert_int_equal(csv_next(c, &f, &line, &err), -1);
    assert_non_null(strstr(err.message, "file:2: row is longer than 16 MiB"));
    row_is(c, 3, "1|2");
    ends(c);
    memset(big, ',', 5000);
    scratch_put(&s, big, 5000);
    check_fails(csv_open(s.file, ',', true, &err), ERROR_DATA, "more than 4096 columns");
    free(big);
    scratch_done(&s);
}

static void objects(void **state) {
    (void)state;
    static const char *const names[] = {"x", "y"};
    struct scratch s;
    struct error err = {0};
    size_t line;
    json_t *row;
    scratch_init(&s);
    struct csv *c = open_text(&s, TEXT("a,b\n1,\xC3\n2\n3,4\n"), ',', true);
    assert_int_equal(csv_next_object(c, NULL, &row, &line, &err), 1);
    assert_string_equal(json_string_value(json_object_get(row, "b")), "\xEF\xBF\xBD");
    json_decref(row);
    assert_int_equal(csv_next_object(c, names, &row, &line, &err), -1);
    assert_null(row);
    assert_int_equal(csv_next_object(c, names, &row, &line, &err), 1);
    assert_string_equal(json_string_value(json_object_get(row, "y")), "4");
    assert_int_equal(line, 4);
    json_decref(row);
    ends(c);
    scratch_done(&s);
}

/* What is written is read back, byte for byte. */
static void written_fields(void **state) {
    (void)state;
    struct scratch s;
    struct buffer b;
    scratch_init(&s);
    buffer_init(&b, 1 << 10);
    buffer_put_c(&b, "a,b,c,d\r\n");
    csv_put_field(&b, TEXT("x,\"y\"\nz"));
    buffer_put_char(&b, ',');
    csv_put_field(&b, TEXT("=-3"));
    buffer_put_char(&b, ',');
    csv_put_field(&b, TEXT(""));
    buffer_put_char(&b, ',');
    csv_put_field(&b, TEXT("cr\rlf"));
    struct csv *c = open_text(&s, buffer_text(&b), ',', true);
    row_is(c, 2, "x,\"y\"\nz|=-3||cr\rlf");
    ends(c);
    buffer_done(&b);
    scratch_done(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(quoting), cmocka_unit_test(bad_rows), cmocka_unit_test(sizes),
                                       cmocka_unit_test(objects), cmocka_unit_test(written_fields)};
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
