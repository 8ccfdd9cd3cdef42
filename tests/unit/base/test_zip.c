/* Zip files: what is written reads back in every method, the bytes are the same twice, and every way to lie about a
 * member is refused by name. */
#include "check.h"

#include "base/file.h"
#include "base/zip.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/basanite-zip-test-XXXXXX";

static void put_number(char *at, uint64_t v, size_t bytes) {
    memcpy(at, &v, bytes);
}

static void write_bytes(const char *at, size_t n) {
    struct error err = {0};
    check_ok(file_write(path, (struct text){at, n}, &err));
}

/* Two members: a.json (120,000 blanks in braces), b/c.json ("[1]"). */
static void make(struct buffer *out, enum zip_method method) {
    struct error err = {0};
    struct zip_writer w;
    char *large = malloc(120000);
    memset(large, ' ', 120000);
    large[0] = '{';
    large[119999] = '}';
    buffer_init(out, 1 << 24);
    zip_begin(&w, out);
    check_ok(zip_put(&w, TEXT("a.json"), (struct text){large, 120000}, method, &err));
    check_ok(zip_put(&w, TEXT("b/c.json"), TEXT("[1]"), method, &err));
    check_ok(zip_end(&w, &err));
    free(large);
}

static void test_round_trip(void **state) {
    (void)state;
    static const enum zip_method methods[] = {ZIP_STORED, ZIP_DEFLATED, ZIP_ZSTD};
    for (size_t i = 0; i < 3; i++) {
        struct error err = {0};
        struct buffer first, second, got;
        make(&first, methods[i]);
        make(&second, methods[i]);
        assert_true(text_equal(buffer_text(&first), buffer_text(&second)));
        if (methods[i] != ZIP_STORED) assert_in_range(first.len, 100, 2000);
        write_bytes(first.at, first.len);
        struct zip *z;
        check_ok(z = zip_open(path, "t.zip", &err));
        const struct zip_member *all;
        assert_int_equal(zip_members(z, &all), 2);
        assert_int_equal(all[0].method, methods[i]);
        buffer_init(&got, 1 << 20);
        check_ok(zip_read(z, zip_find(z, "b/c.json"), &got, &err));
        assert_true(text_equal_c(buffer_text(&got), "[1]"));
        check_ok(zip_read(z, &all[0], &got, &err));
        assert_int_equal(got.len, 120000);
        assert_int_equal(got.at[119999], '}');
        assert_null(zip_find(z, "c.json"));
        zip_close(z);
        buffer_done(&first);
        buffer_done(&second);
        buffer_done(&got);
    }
}

static void test_many_members(void **state) {
    (void)state;
    struct error err = {0};
    struct zip_writer w;
    struct buffer out, got;
    buffer_init(&out, 1 << 26);
    zip_begin(&w, &out);
    for (int i = 0; i < 70000; i++) {
        char name[32];
        snprintf(name, sizeof name, "samples/%d.json", i);
        check_ok(zip_put(&w, text_of(name), text_of(name), ZIP_STORED, &err));
    }
    check_ok(zip_end(&w, &err));
    write_bytes(out.at, out.len);
    struct zip *z;
    check_ok(z = zip_open(path, "t.zip", &err));
    const struct zip_member *all;
    assert_int_equal(zip_members(z, &all), 70000);
    buffer_init(&got, 64);
    check_ok(zip_read(z, zip_find(z, "samples/69999.json"), &got, &err));
    assert_true(text_equal_c(buffer_text(&got), "samples/69999.json"));
    zip_close(z);
    buffer_done(&got);
    buffer_done(&out);
}

/* Every beginning of a file is refused, or, where it can be opened, reads no wrong bytes. */
static void test_cut(void **state) {
    (void)state;
    struct buffer whole;
    make(&whole, ZIP_DEFLATED);
    for (size_t n = 0; n < whole.len; n++) {
        struct error err = {0};
        write_bytes(whole.at, n);
        struct zip *z = zip_open(path, "t.zip", &err);
        if (z) fail_msg("%zu of %zu bytes open as a zip", n, whole.len);
        assert_int_equal(err.kind, ERROR_DATA);
        if (!strstr(err.message, "t.zip: byte ")) fail_msg("'%s'", err.message);
    }
    buffer_done(&whole);
}

static char *find(struct buffer *b, const char *what, size_t nth) {
    char *at = b->at;
    for (size_t i = 0; i <= nth; i++) {
        at = memmem(at, (size_t)(b->at + b->len - at), what, strlen(what));
        assert_non_null(at);
        if (i < nth) at++;
    }
    return at;
}

static void refused(struct buffer *b, const char *member, const char *why) {
    struct error err = {0};
    struct buffer got;
    write_bytes(b->at, b->len);
    struct zip *z = zip_open(path, "t.zip", &err);
    buffer_init(&got, 1 << 20);
    bool read = z && zip_find(z, member) && zip_read(z, zip_find(z, member), &got, &err);
    zip_close(z);
    buffer_done(&got);
    buffer_done(b);
    if (read) fail_msg("read, expected '%s'", why);
    if (err.kind != ERROR_DATA || !strstr(err.message, why)) fail_msg("'%s', expected '%s'", err.message, why);
}

static void test_lies(void **state) {
    (void)state;
    struct buffer b;
    static const struct {
        const char *name, *why;
    } names[] = {{"/.json", "absolute or leads elsewhere"},
                 {"../etc", "absolute or leads elsewhere"},
                 {"C:\\a.b", "absolute or leads elsewhere"}};
    for (size_t i = 0; i < 3; i++) {
        make(&b, ZIP_DEFLATED);
        memcpy(find(&b, "a.json", 1), names[i].name, 6);
        refused(&b, "a.json", names[i].why);
    }
    make(&b, ZIP_DEFLATED);
    memcpy(find(&b, "b/c.json", 1), "b/c.jso\xff", 8);
    refused(&b, "a.json", "absolute or leads elsewhere");
    make(&b, ZIP_ZSTD); /* says that it is small: stops as soon as it is more */
    put_number(find(&b, "PK\001\002", 0) + 24, 1000, 4);
    refused(&b, "a.json", "cannot be unpacked to what it says");
    make(&b, ZIP_DEFLATED); /* says that it is huge: refused before anything is unpacked */
    put_number(find(&b, "PK\001\002", 0) + 24, 3u << 30, 4);
    refused(&b, "a.json", "unpacks to 3221225472 bytes");
    make(&b, ZIP_DEFLATED);
    put_number(find(&b, "PK\001\002", 0) + 16, 1, 4);
    refused(&b, "a.json", "check sum");
    make(&b, ZIP_DEFLATED);
    put_number(find(&b, "PK\001\002", 0) + 8, 1, 2);
    refused(&b, "a.json", "encrypted");
    make(&b, ZIP_DEFLATED);
    put_number(find(&b, "PK\001\002", 0) + 10, 14, 2);
    refused(&b, "a.json", "deflate and zstd are");
    make(&b, ZIP_DEFLATED);
    put_number(find(&b, "PK\001\002", 1) + 42, 1u << 30, 4);
    refused(&b, "b/c.json", "beyond the end");
    make(&b, ZIP_STORED); /* the second member claims the first one's bytes, too */
    put_number(find(&b, "PK\001\002", 1) + 20, 120000, 4);
    put_number(find(&b, "PK\001\002", 1) + 24, 120000, 4);
    put_number(find(&b, "PK\001\002", 1) + 42, 0, 4);
    refused(&b, "b/c.json", "overlap");
}

static void test_twice(void **state) {
    (void)state;
    struct error err = {0};
    struct zip_writer w;
    struct buffer b;
    buffer_init(&b, 1 << 20);
    zip_begin(&w, &b);
    check_ok(zip_put(&w, TEXT("a.json"), TEXT("1"), ZIP_STORED, &err));
    check_ok(zip_put(&w, TEXT("a.json"), TEXT("2"), ZIP_STORED, &err));
    check_ok(zip_end(&w, &err));
    refused(&b, "a.json", "comes twice");
}

int main(void) {
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    close(fd);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_many_members),
                                       cmocka_unit_test(test_cut), cmocka_unit_test(test_lies),
                                       cmocka_unit_test(test_twice)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
