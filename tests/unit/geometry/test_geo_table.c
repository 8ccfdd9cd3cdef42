/* Linear tables against an elimination of its own: dense, modulo a small prime that the tables do not use. */
#include "check.h"

#include "base/rng.h"
#include "geometry/geo_table.h"

enum { COLUMNS = 9, EQUATIONS = 14, CASES = 1000 };
#define PRIME 1000003

static struct error err;

static int64_t power(int64_t a, int64_t n) {
    int64_t result = 1;
    for (; n; n >>= 1, a = a * a % PRIME)
        if (n & 1) result = result * a % PRIME;
    return result;
}

struct dense {
    int64_t row[EQUATIONS + 1][COLUMNS + 1];
    size_t n;
};

static void dense_put(struct dense *d, const struct geo_equation *e) {
    for (size_t c = 0; c <= COLUMNS; c++) d->row[d->n][c] = 0;
    for (size_t i = 0; i < e->n; i++) {
        int64_t value = (e->term[i].by.n % PRIME + PRIME) * power(e->term[i].by.d, PRIME - 2) % PRIME;
        d->row[d->n][e->term[i].column] = value;
    }
    d->n++;
}

static size_t rank(struct dense d) {
    size_t r = 0;
    for (size_t c = 0; c <= COLUMNS; c++) {
        size_t p = r;
        while (p < d.n && d.row[p][c] == 0) p++;
        if (p == d.n) continue;
        for (size_t k = 0; k <= COLUMNS; k++) {
            int64_t swap = d.row[r][k];
            d.row[r][k] = d.row[p][k], d.row[p][k] = swap;
        }
        int64_t inverse = power(d.row[r][c], PRIME - 2);
        for (size_t i = 0; i < d.n; i++) {
            int64_t by = d.row[i][c] * inverse % PRIME;
            for (size_t k = 0; i != r && k <= COLUMNS; k++)
                d.row[i][k] = ((d.row[i][k] - by * d.row[r][k]) % PRIME + PRIME) % PRIME;
        }
        r++;
    }
    return r;
}

static bool spans(const struct geo_equation *e, const uint32_t *which, size_t n, const struct geo_equation *target) {
    struct dense d = {.n = 0};
    for (size_t i = 0; i < n; i++) dense_put(&d, &e[which[i]]);
    size_t before = rank(d);
    dense_put(&d, target);
    return rank(d) == before;
}

/* Random values of the columns, so that no equation contradicts the others: the constant makes up for the rest. */
static struct geo_equation draw(struct rng *rng, const int64_t *value) {
    struct geo_equation e = {.n = 0};
    int64_t sum = 0;
    for (size_t i = 0, n = 2 + rng_below(rng, 2); i < n; i++) {
        uint32_t column = (uint32_t)rng_below(rng, COLUMNS);
        int64_t by = rng_unit(rng) < 0.8 ? (rng_unit(rng) < 0.5 ? 1 : -1) : 2;
        geo_equation_put(&e, column, (struct geo_fraction){by, 1});
        sum += by * value[column];
    }
    geo_equation_put(&e, COLUMNS, geo_fraction(-sum, 6));
    geo_equation_tidy(&e);
    return e;
}

static void agrees_with_elimination(void **state) {
    size_t known = 0, unknown = 0;
    (void)state;
    for (size_t c = 0; c < CASES; c++) {
        struct rng rng = rng_stream(11, "test/table", c);
        struct geo_equation e[EQUATIONS], target;
        struct geo_table *t = geo_table_new(COLUMNS, 1, &err);
        uint32_t all[EQUATIONS], source[EQUATIONS];
        int64_t value[COLUMNS];
        size_t n = 2 + rng_below(&rng, EQUATIONS - 2), many, moment = rng_below(&rng, n + 1);
        check_ok(t);
        for (size_t i = 0; i < COLUMNS; i++) value[i] = (int64_t)rng_below(&rng, 7) * 6;
        for (size_t i = 0; i < n; i++) {
            enum geo_added how;
            all[i] = (uint32_t)i;
            e[i] = draw(&rng, value);
            check_ok(geo_table_add(t, &e[i], (uint32_t)i, &how, &err));
            assert_int_equal(how == GEO_ADDED_KNOWN, spans(e, all, i, &e[i]));
            assert_true(how == GEO_ADDED_KNOWN || how == GEO_ADDED_NEW);
        }
        for (size_t k = 0; k < 6; k++) value[k] = value[k] * 1;
        target = draw(&rng, value);
        bool follows = spans(e, all, n, &target);
        assert_int_equal(geo_table_knows(t, &target), follows);
        known += follows;
        unknown += !follows;
        assert_int_equal(geo_table_explain(t, &target, moment, source, EQUATIONS, &many),
                         spans(e, all, moment, &target));
        if (many) assert_true(spans(e, source, many, &target));
        for (size_t i = 0; i < many; i++) { /* none is idle */
            uint32_t rest[EQUATIONS];
            size_t left = 0;
            assert_true(source[i] < moment);
            for (size_t k = 0; k < many; k++)
                if (k != i) rest[left++] = source[k];
            if (many > 1) assert_false(spans(e, rest, left, &target));
        }
        geo_table_free(t);
    }
    if (known < CASES / 5 || unknown < CASES / 5) fail_msg("%zu known, %zu unknown", known, unknown);
}

static void contradictions_and_numbers(void **state) {
    struct geo_table *t = geo_table_new(3, 1, &err);
    struct geo_equation e = {.n = 0}, f = {.n = 0}, big = {.n = 0};
    enum geo_added how;
    (void)state;
    geo_equation_put(&e, 0, (struct geo_fraction){1, 1});
    geo_equation_put(&e, 1, (struct geo_fraction){-1, 1});
    geo_equation_tidy(&e);
    check_ok(geo_table_add(t, &e, 0, &how, &err));
    assert_int_equal(how, GEO_ADDED_NEW);
    f = e;
    geo_equation_put(&f, 3, (struct geo_fraction){1, 2});
    check_ok(geo_table_add(t, &f, 1, &how, &err));
    assert_int_equal(how, GEO_ADDED_CLASH);
    geo_equation_put(&big, 0, (struct geo_fraction){INT64_MAX, 1});
    geo_equation_put(&big, 1, (struct geo_fraction){INT64_MAX - 1, 1});
    geo_equation_put(&big, 2, (struct geo_fraction){1, INT64_MAX - 2});
    check_ok(geo_table_add(t, &big, 2, &how, &err));
    assert_int_equal(how, GEO_ADDED_LOST);
    check_ok(geo_table_knows(t, &e)); /* and nothing was spoilt */
    geo_table_free(t);
}

static void memory_may_end(void **state) {
    (void)state;
    for (uint64_t fail = 1; fail < 200; fail++) {
        memory_fail_at(fail);
        struct geo_table *t = geo_table_new(4, 1, &err);
        for (uint32_t i = 0; t && i < 3; i++) {
            struct geo_equation e = {.n = 0};
            enum geo_added how;
            geo_equation_put(&e, i, (struct geo_fraction){1, 1});
            geo_equation_put(&e, i + 1, (struct geo_fraction){-1, 1});
            if (!geo_table_add(t, &e, i, &how, &err)) break;
        }
        geo_table_free(t);
        memory_fail_at(0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_elimination),
        cmocka_unit_test(contradictions_and_numbers),
        cmocka_unit_test(memory_may_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
