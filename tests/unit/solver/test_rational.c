/* Fractions: texts both ways, laws of arithmetic on drawn numbers of many sizes, against 128-bit integers where they
 * fit, and the limit. */
#include "check.h"

#include "base/rng.h"
#include "solver/rational.h"

static struct arena arena;
static struct error err;

static int setup(void **state) {
    (void)state;
    arena_init(&arena, (size_t)1 << 30);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct rational *read_number(const char *t) {
    const struct rational *r = rational_from_text(&arena, text_of(t), &err);
    check_ok(r);
    return r;
}

static void shown(const struct rational *r, const char *expected) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    assert_true(rational_put(&b, r));
    assert_string_equal(b.at, expected);
    buffer_done(&b);
}

static void texts(void **state) {
    static const char *const rows[][3] = {
        {"0", "0", "0"},
        {"-0", "0", "0"},
        {"0.18", "9/50", "0.18"},
        {"25/9", "25/9", "2.777777"},
        {"-7", "-7", "-7"},
        {"2.5e-3", "1/400", "0.0025"},
        {"1e3", "1000", "1000"},
        {".5", "1/2", "0.5"},
        {"6/4", "3/2", "1.5"},
        {"-1/3", "-1/3", "-0.333333"},
        {"1000000000000000000000", "1000000000000000000000", "1000000000000000000000"},
        {"123456789012345678901234567890/10", "12345678901234567890123456789", "12345678901234567890123456789"},
        {"0.1/0.3", "1/3", "0.333333"},
        {"1000000001", "1000000001", "1000000001"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buffer b;
        bool exact;
        const struct rational *r = read_number(rows[i][0]);
        shown(r, rows[i][1]);
        buffer_init(&b, 1 << 16);
        assert_true(rational_put_decimal(&b, r, 6, &exact));
        assert_string_equal(b.at, rows[i][2]);
        assert_int_equal(exact, strcmp(rows[i][2], rows[i][1]) == 0 || !strchr("2-0", rows[i][2][0]) ||
                                    strlen(rows[i][2]) < 8);
        buffer_done(&b);
    }
    static const char *const bad[] = {"", "-", "x", "1.2.3", "1e", "1e99999", "--1", "1/", "1//2", "0x10", "1 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_fails(rational_from_text(&arena, text_of(bad[i]), &err), ERROR_DATA, "");
    check_fails(rational_from_text(&arena, TEXT("1/0"), &err), ERROR_DATA, "division by zero");
    check_fails(rational_from_f64(&arena, NAN, &err), ERROR_DATA, "not finite");
    shown(rational_from_f64(&arena, 0.1, &err), "1/10");
}

/* A number with up to `words` words of 31 random bits, over another. */
static const struct rational *drawn(struct rng *rng, unsigned words) {
    char text[400];
    size_t n = 0;
    if (rng_below(rng, 2)) text[n++] = '-';
    for (unsigned i = 0, w = 1 + (unsigned)rng_below(rng, words); i < w; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%u", (unsigned)rng_u32(rng) >> 1);
    text[n++] = '/';
    for (unsigned i = 0, w = 1 + (unsigned)rng_below(rng, words); i < w; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%u", ((unsigned)rng_u32(rng) >> 1) + 1);
    text[n] = 0;
    return read_number(text);
}

static bool same(const struct rational *a, const struct rational *b) {
    int order = 2;
    check_ok(a && b && rational_compare(&arena, a, b, &order, &err));
    return order == 0;
}

static void laws(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        struct rng rng = rng_stream(1, "rational", i);
        const struct rational *a = drawn(&rng, 8), *b = drawn(&rng, 8), *c = drawn(&rng, 3);
        const struct rational *sum = rational_add(&arena, a, b, &err), *product = rational_multiply(&arena, a, b, &err);
        assert_true(same(rational_subtract(&arena, sum, b, &err), a));
        if (rational_sign(b)) assert_true(same(rational_divide(&arena, product, b, &err), a));
        assert_true(
            same(rational_multiply(&arena, sum, c, &err), rational_add(&arena, rational_multiply(&arena, a, c, &err),
                                                                       rational_multiply(&arena, b, c, &err), &err)));
        check_near(rational_to_f64(sum) - rational_to_f64(a) - rational_to_f64(b), 0,
                   1e-14 * (fabs(rational_to_f64(a)) + fabs(rational_to_f64(b))));
        arena_reset(&arena);
    }
}

static void against_wide_integers(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 5000; i++) {
        struct rng rng = rng_stream(2, "rational", i);
        int64_t v[4];
        for (int k = 0; k < 4; k++) v[k] = (int64_t)(rng_u64(&rng) >> (34 + rng_below(&rng, 28))) + 1;
        __int128 over = (__int128)v[0] * v[3] - (__int128)v[2] * v[1];
        char text[64], other[64];
        snprintf(text, sizeof text, "%lld/%lld", (long long)v[0], (long long)v[1]);
        snprintf(other, sizeof other, "%lld/%lld", (long long)v[2], (long long)v[3]);
        int order;
        check_ok(rational_compare(&arena, read_number(text), read_number(other), &order, &err));
        assert_int_equal(order, over < 0 ? -1 : over > 0);
        arena_reset(&arena);
    }
}

static void the_limit(void **state) {
    (void)state;
    const struct rational *r = read_number("3");
    bool refused = false;
    for (int i = 0; i < 20 && !refused; i++) {
        error_clear(&err);
        const struct rational *next = rational_multiply(&arena, r, r, &err);
        refused = !next;
        if (next) r = next;
    }
    assert_true(refused);
    assert_int_equal(err.kind, ERROR_DATA);
    assert_non_null(strstr(err.message, "16384 bits"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts, setup, teardown),
        cmocka_unit_test_setup_teardown(laws, setup, teardown),
        cmocka_unit_test_setup_teardown(against_wide_integers, setup, teardown),
        cmocka_unit_test_setup_teardown(the_limit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
