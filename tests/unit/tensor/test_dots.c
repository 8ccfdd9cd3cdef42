/* Products of rows in f64: each twin that this machine runs against the plain one, bit for bit, at every length around
 * the width of a vector; and the plain one against sums of exact products. */
#include "check.h"

#include "base/rng.h"
#include "tensor/dots.h"

#include <math.h>
#include <stdlib.h>

enum { LONGEST = 131, GAP = 3 };

static const struct dots *twins[3];
static size_t n_twins;

static int setup(void **state) {
    (void)state;
    twins[n_twins++] = &dots_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) twins[n_twins++] = &dots_avx2;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) twins[n_twins++] = &dots_avx512;
#endif
    return 0;
}

/* Numbers of very different sizes, so that any other order of a sum has other digits. */
static double *draw(size_t n, uint64_t index) {
    struct rng rng = rng_stream(11, "test/dots", index);
    double *out = malloc((n ? n : 1) * sizeof *out);
    for (size_t i = 0; i < n; i++) out[i] = rng_normal(&rng) * pow(10, (double)rng_below(&rng, 9) - 4);
    return out;
}

static void check_bits(double found, double expected) {
    assert_memory_equal(&found, &expected, sizeof found);
}

/* Of the plain twin, as sums in long double of exact products lose less than it does. */
static void check_sums(const double *a, const double *b, size_t n) {
    long double dot = 0, distance = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        long double apart = (long double)a[i] - b[i];
        dot += (long double)a[i] * b[i];
        distance += apart * apart;
        size += fabsl((long double)a[i] * b[i]);
    }
    check_near(dots_plain.dot(a, b, n), (double)dot, 1e-14 * (double)size);
    check_near(dots_plain.distance(a, b, n), (double)distance, 1e-14 * (double)distance);
}

static void twins_agree_on_rows(void **state) {
    (void)state;
    for (size_t n = 0; n <= LONGEST; n++) {
        double *a = draw(n + 1, n), *b = draw(n + 1, n + 1000), sums[2][LONGEST + 1];
        float narrow[LONGEST + 1];
        for (size_t i = 0; i < n; i++) narrow[i] = (float)b[i];
        check_sums(a + 1, b, n); /* one of them not aligned */
        for (size_t t = 1; t < n_twins; t++) {
            const struct dots *d = twins[t];
            check_bits(d->dot(a + 1, b, n), dots_plain.dot(a + 1, b, n));
            check_bits(d->distance(a + 1, b, n), dots_plain.distance(a + 1, b, n));
            for (int k = 0; k < 2; k++) {
                const struct dots *one = k ? d : &dots_plain;
                memcpy(sums[k], a, n * sizeof *a);
                one->add(sums[k], b, n);
                one->scale_add(sums[k], b, 1.0 / 3, n);
                one->scale_add_f32(sums[k], narrow, -1.0 / 7, n);
            }
            assert_memory_equal(sums[0], sums[1], n * sizeof *a);
        }
        free(a), free(b);
    }
}

static void twins_agree_on_panels(void **state) {
    static const size_t depths[] = {0, 1, 2, 7, 64, 129};
    enum { STRIDE = DOTS_PANEL + GAP, SIZE = DOTS_PANEL * STRIDE };
    (void)state;
    for (size_t s = 0; s < sizeof depths / sizeof *depths; s++) {
        size_t depth = depths[s];
        double *a = draw(depth * DOTS_PANEL, s + 5000), *b = draw(depth * DOTS_PANEL, s + 6000);
        double *begin = draw(SIZE, s + 7000), plain[SIZE], other[SIZE];
        memcpy(plain, begin, sizeof plain);
        dots_plain.product(a, b, depth, plain, STRIDE);
        for (size_t r = 0; r < DOTS_PANEL; r++)
            for (size_t c = 0; c < DOTS_PANEL; c++) {
                double sum = 0;
                for (size_t k = 0; k < depth; k++) sum = fma(a[k * DOTS_PANEL + r], b[k * DOTS_PANEL + c], sum);
                check_bits(plain[r * STRIDE + c], begin[r * STRIDE + c] + sum);
            }
        for (size_t r = 0; r < DOTS_PANEL; r++) /* what stands between the rows is left alone */
            assert_memory_equal(plain + r * STRIDE + DOTS_PANEL, begin + r * STRIDE + DOTS_PANEL, GAP * sizeof *begin);
        for (size_t t = 1; t < n_twins; t++) {
            memcpy(other, begin, sizeof other);
            twins[t]->product(a, b, depth, other, STRIDE);
            assert_memory_equal(plain, other, sizeof plain);
        }
        free(a), free(b), free(begin);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(twins_agree_on_rows), cmocka_unit_test(twins_agree_on_panels)};
    return cmocka_run_group_tests(tests, setup, NULL);
}
