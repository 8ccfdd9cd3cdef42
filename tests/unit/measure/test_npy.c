/* Columns from NumPy files: values of every type, and files that are not what they say. */
#include "check.h"

#include "base/file.h"
#include "measure/dataset/npy.h"

#include <math.h>
#include <unistd.h>

static struct error err;

/* A file of version 1 with this header and these bytes behind it. */
static bool open_file(const char *header, const void *values, size_t n, struct npy *out) {
    char all[1024] = "\x93NUMPY\x01";
    size_t len = strlen(header);
    all[8] = (char)(len & 255), all[9] = (char)(len >> 8);
    memcpy(all + 10, header, len);
    if (n) memcpy(all + 10 + len, values, n);
    check_ok(file_write("a.npy", (struct text){all, 10 + len + n}, &err));
    return npy_open("a.npy", "a.npy", out, &err);
}

static void values_are_read(void **state) {
    static const int64_t whole[] = {-1, 0, (int64_t)1 << 40};
    static const float real[] = {0.5f, -2};
    static const uint32_t letters[] = {'n', 0xEF, 0x1F600, 0, 'x', 0, 0, 0};
    static const unsigned char flags[] = {0, 1, 255}, narrow[] = {0xFE, 0xFF};
    struct npy npy;
    json_t *v;
    (void)state;
    check_ok(open_file("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }", whole, sizeof whole, &npy));
    assert_int_equal(npy.n, 3);
    for (size_t i = 0; i < 3; i++) {
        check_ok(v = npy_value(&npy, i, &err));
        assert_int_equal(json_integer_value(v), whole[i]);
        json_decref(v);
    }
    check_fails(npy_value(&npy, 3, &err), ERROR_DATA, "3 values, but there are more rows");
    npy_close(&npy);
    check_ok(open_file("{'descr': '<i2', 'fortran_order': False, 'shape': (1,), }", narrow, 2, &npy));
    check_ok(v = npy_value(&npy, 0, &err));
    assert_int_equal(json_integer_value(v), -2);
    json_decref(v);
    npy_close(&npy);
    check_ok(open_file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", real, sizeof real, &npy));
    check_ok(v = npy_value(&npy, 1, &err));
    assert_true(json_real_value(v) == -2);
    json_decref(v);
    npy_close(&npy);
    check_ok(open_file("{'descr': '<U4', 'fortran_order': False, 'shape': (2,), }", letters, sizeof letters, &npy));
    check_ok(v = npy_value(&npy, 0, &err));
    assert_string_equal(json_string_value(v), "n\xC3\xAF\xF0\x9F\x98\x80");
    json_decref(v);
    npy_close(&npy);
    check_ok(open_file("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", flags, sizeof flags, &npy));
    check_ok(v = npy_value(&npy, 1, &err));
    assert_true(json_is_true(v));
    json_decref(v);
    npy_close(&npy);
}

static void bad_files_are_named(void **state) {
    static const double none[] = {NAN};
    static const uint32_t half = 0xD800;
    static const char *const types[] = {"<i3", "<c8", ">i8", "<U0", "<U9999999999", "|O", "<u8", "i8"};
    struct npy npy;
    char header[128];
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (1,), }", types[i]);
        check_fails(open_file(header, none, 8, &npy), ERROR_DATA, "byte 10: expected a type that is known");
    }
    char zero[] = "{'descr': '?i8', 'shape': (1,), }";
    zero[11] = 0; /* a NUL in place of the order of bytes */
    char all[64] = "\x93NUMPY\x01";
    all[8] = (char)(sizeof zero - 1);
    memcpy(all + 10, zero, sizeof zero - 1);
    check_ok(file_write("a.npy", (struct text){all, sizeof zero + 9 + 8}, &err));
    check_fails(npy_open("a.npy", "a.npy", &npy, &err), ERROR_DATA, "a type that is known");
    check_fails(open_file("{'descr': '<f8', 'shape': (1, 1), }", none, 8, &npy), ERROR_DATA, "one dimension");
    check_fails(open_file("{'descr': '<f8', 'shape': (), }", none, 8, &npy), ERROR_DATA, "one to four dimensions");
    check_fails(open_file("{'descr': '<f8', 'shape': (2,), }", none, 8, &npy), ERROR_DATA, "as many values");
    check_fails(open_file("{'descr': '<f8', 'shape': (1,), }", none, 7, &npy), ERROR_DATA, "as many values");
    check_fails(open_file("{'shape': (1,), }", none, 8, &npy), ERROR_DATA, "a type that is known");
    check_ok(open_file("{'descr': '<f8', 'shape': (1,), }", none, 8, &npy));
    check_fails(npy_value(&npy, 0, &err), ERROR_DATA, "value 0: expected a finite number");
    npy_close(&npy);
    check_ok(open_file("{'descr': '<U1', 'shape': (1,), }", &half, 4, &npy));
    check_fails(npy_value(&npy, 0, &err), ERROR_DATA, "code points of Unicode");
    npy_close(&npy);
    check_ok(file_write("a.npy", TEXT("\x93NUMPY\x01\0\xFF\xFF{}"), &err));
    check_fails(npy_open("a.npy", "a.npy", &npy, &err), ERROR_DATA, "byte 8: expected a header inside the file");
    check_ok(file_write("a.npy", TEXT("NUMPY"), &err));
    check_fails(npy_open("a.npy", "a.npy", &npy, &err), ERROR_DATA, "byte 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(bad_files_are_named),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink("a.npy");
    return failed;
}
