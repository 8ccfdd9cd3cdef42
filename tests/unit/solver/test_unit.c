/* Units: what they mean in base units, products, equality, and bad ones with their column. */
#include "check.h"

#include "solver/unit.h"

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 26);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct unit *read_unit(const char *t) {
    size_t at;
    const struct unit *u = unit_read(&arena, text_of(t), &at, &err);
    check_ok(u);
    return u;
}

static void meanings(void **state) {
    static const char *const rows[][2] = {
        {"m", "m"},
        {"m/s", "m/s"},
        {"m/s2", "m/s^2"},
        {"m/s^2", "m/s^2"},
        {"N/kg", "m/s^2"},
        {"ms", "1/1000 s"},
        {"km/h", "5/18 m/s"},
        {"N", "kg*m/s^2"},
        {"1/s", "1/s"},
        {"Hz", "1/s"},
        {"%", "1/100"},
        {"1", "1"},
        {"EUR/item", "EUR/item"},
        {"kg m", "kg*m"},
        {"mg", "1/1000000 kg"},
        {"GB", "8000000000 bit"},
        {"min", "60 s"},
        {"mm^2", "1/1000000 m^2"},
        {"m^-1", "1/m"},
        {"s/s", "1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b;
        buffer_init(&b, 4096);
        assert_true(unit_put(&b, read_unit(rows[i][0])));
        assert_string_equal(b.at, rows[i][1]);
        buffer_done(&b);
    }
}

static void equality(void **state) {
    (void)state;
    assert_true(unit_equal(read_unit("N/kg"), read_unit("m/s2")));
    assert_false(unit_equal(read_unit("ms"), read_unit("s")));
    assert_true(unit_same_dimension(read_unit("ms"), read_unit("s")));
    assert_false(unit_same_dimension(read_unit("m"), read_unit("s")));
    assert_true(unit_equal(unit_times(&arena, read_unit("m"), read_unit("s"), -1, &err), read_unit("m/s")));
    assert_true(unit_equal(unit_times(&arena, unit_one(&arena, &err), read_unit("m"), 3, &err), read_unit("m^3")));
}

static void bad(void **state) {
    static const struct {
        const char *text;
        size_t at;
    } rows[] = {{"", 1}, {"m/", 3}, {"m//s", 3}, {"m^0", 4}, {"m^99", 5}, {"3m", 1}, {"m+s", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t at;
        check_fails(unit_read(&arena, text_of(rows[i].text), &at, &err), ERROR_DATA, "");
        assert_int_equal(at, rows[i].at);
    }
    size_t at;
    check_fails(unit_read(&arena, TEXT("aa bb cc dd ee ff gg hh ii"), &at, &err), ERROR_DATA, "8 base units");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(meanings, setup, teardown),
        cmocka_unit_test_setup_teardown(equality, setup, teardown),
        cmocka_unit_test_setup_teardown(bad, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
