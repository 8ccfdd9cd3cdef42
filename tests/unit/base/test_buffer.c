/* The growing buffer, and the arena under it. */
#include "check.h"

#include "base/buffer.h"

static void grows_to_its_maximum(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 1000);
    assert_string_equal(buffer_text(&b).at, "");
    for (int i = 0; i < 100; i++) assert_true(buffer_put_c(&b, "0123456789"));
    assert_int_equal(b.len, 1000);
    assert_int_equal(strlen(b.at), 1000);
    assert_false(buffer_put_char(&b, 'x'));
    assert_false(buffer_put(&b, "", 0)); /* stays failed */
    check_fails(buffer_check(&b, "answer", &err), ERROR_DATA, "answer is longer than 1000 bytes");
    assert_int_equal(b.len, 1000);
    buffer_clear(&b);
    check_ok(buffer_check(&b, "answer", &err));
    assert_true(buffer_printf(&b, "%d %s", 7, "x") && buffer_put_f64(&b, 0.5));
    assert_string_equal(b.at, "7 x0.5");
    buffer_done(&b);
}

static void names_the_reason(void **state) {
    (void)state;
    struct error err = {0};
    struct buffer b;
    buffer_init(&b, 10);
    assert_false(buffer_put_c(&b, "more than ten bytes"));
    check_fails(buffer_check(&b, "text", &err), ERROR_DATA, "longer than 10 bytes");
    buffer_done(&b);
    buffer_init(&b, 10);
    memory_fail_at(1);
    assert_false(buffer_put_c(&b, "short"));
    memory_fail_at(0);
    check_fails(buffer_check(&b, "text", &err), ERROR_ENVIRONMENT, "out of memory");
    buffer_done(&b);
}

static void takes_any_maximum(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, SIZE_MAX);
    assert_true(buffer_put_c(&b, "x"));
    assert_false(buffer_put(&b, "x", SIZE_MAX - 1));
    buffer_done(&b);
    buffer_init(&b, 0);
    assert_true(buffer_put(&b, "", 0));
    assert_false(buffer_put_char(&b, 'x'));
    buffer_done(&b);
}

static void arena_limits(void **state) {
    (void)state;
    struct error err = {0};
    struct arena a;
    arena_init(&a, 1 << 20);
    unsigned char *p = arena_alloc(&a, 3, 5, &err), *q = arena_alloc(&a, 0, 8, &err);
    assert_true(p && q && p != q && (uintptr_t)p % 64 == 0 && (uintptr_t)q % 64 == 0);
    for (int i = 0; i < 15; i++) assert_int_equal(p[i], 0);
    check_fails(arena_alloc(&a, SIZE_MAX / 2, 4, &err), ERROR_ENVIRONMENT, "out of memory");
    check_fails(arena_alloc(&a, SIZE_MAX, 1, &err), ERROR_ENVIRONMENT, "out of memory");
    check_fails(arena_alloc(&a, 2 << 20, 1, &err), ERROR_ENVIRONMENT, "out of memory");
    for (int round = 0; round < 50; round++) {
        memset(arena_alloc(&a, 100000, 1, &err), 0xAA, 100000);
        unsigned char *z = arena_alloc(&a, 64, 1, &err);
        assert_non_null(z);
        assert_int_equal(z[63], 0);
        arena_reset(&a);
        assert_int_equal(a.used, 0);
    }
    assert_string_equal(arena_printf(&a, &err, "%s-%d", "a", 1), "a-1");
    arena_done(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(grows_to_its_maximum), cmocka_unit_test(names_the_reason),
                                       cmocka_unit_test(takes_any_maximum), cmocka_unit_test(arena_limits)};
    return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
