/* One-to-one matching against trying every one, on drawn gains with many ties. */
#include "check.h"

#include "base/rng.h"
#include "measure/statistics/assign.h"

/* The greatest sum of rows from `row` on, columns in `taken` being gone. */
static double try_all(const double *gain, size_t rows, size_t columns, size_t row, unsigned taken, size_t skips) {
    if (row == rows) return 0;
    double best = skips ? try_all(gain, rows, columns, row + 1, taken, skips - 1) : -1e9;
    for (size_t k = 0; k < columns; k++) {
        if (taken >> k & 1) continue;
        double sum = gain[row * columns + k] + try_all(gain, rows, columns, row + 1, taken | 1u << k, skips);
        if (sum > best) best = sum;
    }
    return best;
}

static void as_trying_all(void **state) {
    struct rng rng = rng_stream(1, "test/assign", 0);
    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        size_t rows = 1 + rng_below(&rng, 6), columns = 1 + rng_below(&rng, 6), column_of[8];
        double gain[36], sum = 0;
        unsigned used = 0;
        for (size_t i = 0; i < rows * columns; i++) gain[i] = (double)rng_below(&rng, 5) / 4;
        double best = assign_best(gain, rows, columns, column_of);
        check_near(best, try_all(gain, rows, columns, 0, 0, rows > columns ? rows - columns : 0), 1e-9);
        size_t matched = 0;
        for (size_t i = 0; i < rows; i++) {
            if (column_of[i] == SIZE_MAX) continue;
            assert_true(column_of[i] < columns && !(used >> column_of[i] & 1));
            used |= 1u << column_of[i];
            sum += gain[i * columns + column_of[i]];
            matched++;
        }
        check_near(sum, best, 1e-12);
        assert_int_equal(matched, rows < columns ? rows : columns);
    }
}

static void sides_have_limits(void **state) {
    size_t column_of[1];
    double gain[1] = {0.5};
    (void)state;
    assert_true(isnan(assign_best(gain, 1, ASSIGN_MOST + 1, column_of)));
    check_near(assign_best(gain, 1, 1, column_of), 0.5, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_trying_all), cmocka_unit_test(sides_have_limits)};
    return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}
