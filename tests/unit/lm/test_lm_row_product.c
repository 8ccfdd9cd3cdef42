/* Products of generated rows with stored weights: equal bits for every twin, any number of rows and of threads; close to
 * the exact product; nothing saturates. */
#include "check.h"

#include "base/rng.h"
#include "lm/types/row_kernel.h"
#include "lm/types/row_product.h"

#include <stdlib.h>
#include <string.h>

enum { K = 1024, N = 40, ROWS = 37, FILLED = 48 };

static const enum lm_type all_types[] = {LM_F32,  LM_F16,  LM_BF16, LM_Q8_0, LM_Q4_0, LM_Q4_1,   LM_Q5_0,  LM_Q5_1,
                                         LM_Q2_K, LM_Q3_K, LM_Q4_K, LM_Q5_K, LM_Q6_K, LM_IQ4_NL, LM_IQ4_XS};
enum { TYPES = sizeof all_types / sizeof *all_types };

static float values[N * K], x[ROWS * K];
static unsigned char stored[N * K * 4 + 1];

static void fill(float *out, size_t n, const char *name) {
    struct rng rng = rng_stream(5, name, 0);
    for (size_t i = 0; i < n; i++) out[i] = (float)(rng_normal(&rng) * (i / 64 % 5 == 2 ? 3 : 0.25));
}

/* Weights of a type, one byte off any alignment. */
static struct lm_stored weights_of(enum lm_type id, size_t k) {
    const struct lm_type_info *type = lm_type_find(id);
    fill(values, N * K, "weights");
    fill(x, ROWS * K, "activations");
    type->from_f32(values, stored + 1, N * k);
    return (struct lm_stored){type, stored + 1, N, k};
}

static void product(const struct lm_stored *w, struct pool *pool, const float *from, size_t rows, float *y) {
    struct row_room room = {0};
    struct error err = {0};
    check_ok(row_product(w, pool, &room, from, rows, y, &err));
    row_room_done(&room);
}

static void rows_and_threads_change_nothing(void **state) {
    struct error err = {0};
    struct pool *pools[2] = {pool_new(2, &err), pool_new(3, &err)};
    check_ok(pools[0] && pools[1]);
    for (size_t t = 0; t < TYPES; t++) {
        struct lm_stored w = weights_of(all_types[t], K);
        float together[ROWS * N], apart[ROWS * N];
        for (size_t r = 0; r < ROWS; r++) product(&w, NULL, x + r * K, 1, apart + r * N);
        for (size_t n = 1; n <= ROWS; n += n < 20 ? 1 : 4)
            for (size_t p = 0; p < 3; p++) {
                product(&w, p < 2 ? pools[p] : NULL, x + (ROWS - n) * K, n, together);
                assert_memory_equal(together, apart + (ROWS - n) * N, n * N * sizeof *apart);
            }
    }
    pool_free(pools[0]);
    pool_free(pools[1]);
}

/* How far from the product of the decoded weights, summed in f64: as a share of |w| |x|, the norms. An activation in 8
 * bits is off by m / 254 / sqrt(3) in root mean square, m the largest in its unit, here about 7 times their root mean
 * square; over K = 1024 products that is 5e-4, and the worst of all is allowed four times that. */
static void products_are_close(void **state) {
    for (size_t t = 0; t < TYPES; t++) {
        struct lm_stored w = weights_of(all_types[t], K);
        float y[ROWS * N], row[K];
        bool rounded = all_types[t] == LM_Q8_0 || all_types[t] == LM_Q4_0 || all_types[t] == LM_Q4_K || all_types[t] == LM_Q6_K;
        double worst = 0;
        product(&w, NULL, x, ROWS, y);
        for (size_t i = 0; i < N; i++) {
            w.type->to_f32(w.at + i * (K / w.type->block * w.type->bytes), row, K);
            for (size_t r = 0; r < ROWS; r++) {
                double exact = 0, ww = 0, xx = 0;
                for (size_t j = 0; j < K; j++) {
                    double a = (double)row[j], b = (double)x[r * K + j];
                    exact += a * b, ww += a * a, xx += b * b;
                }
                double off = fabs((double)y[r * N + i] - exact) / sqrt(ww * xx);
                if (off > worst) worst = off;
            }
        }
        if (!(worst <= (rounded ? 2e-3 : 1e-6))) print_message("%s: off by %g\n", w.type->name, worst);
        assert_true(worst <= (rounded ? 2e-3 : 1e-6));
        assert_true(!rounded || worst > 1e-6); /* activations were rounded */
    }
}

/* ---- twins ---- */

struct operand_values {
    signed char q[ROWS * K];
    float d[ROWS * K / 32];
    int32_t excess[ROWS * K / 16];
    int16_t sums[ROWS * K / 32], tiled_sums[FILLED * K / 32];
    float tiled_d[FILLED * K / 32];
    _Alignas(64) signed char tiled[FILLED * K];
};

/* Blocks of all sizes, rows in all numbers. */
static void check_twin(const struct row_kernels *twin, struct operand_values *o, const unsigned char *w) {
    static _Alignas(64) char room[28 * K + 64];
    static const struct row_extra *const extras[] = {&row_extra_q8_0, &row_extra_q4_0, &row_extra_q4_k, &row_extra_q6_k};
    static const size_t bytes[] = {K / 32 * 34, K / 32 * 18, K / 256 * 144, K / 256 * 210};
    row_kernel *const fast[] = {twin->q8_0, twin->q4_0, twin->q4_k, twin->q6_k};
    row_kernel *const plain[] = {row_kernels_plain.q8_0, row_kernels_plain.q4_0, row_kernels_plain.q4_k, row_kernels_plain.q6_k};
    struct row_operand operand = {K, o->q, o->d, o->excess, o->sums};
    if (twin->tiles) operand.tiled = o->tiled, operand.tiled_d = o->tiled_d, operand.tiled_sums = o->tiled_sums;
    assert_true(row_kernel_room(K) <= sizeof room);
    for (size_t t = 0; t < 4; t++) {
        for (size_t r = 0; r < ROWS; r++) {
            row_operand_sums(&operand, extras[t], r);
            if (operand.tiled) row_operand_tile(&operand, extras[t], t < 2 ? 32 : 256, r);
        }
        for (size_t rows = 1; rows <= ROWS; rows += rows < 20 ? 1 : 4)
            for (size_t n = 1; n <= ROW_BLOCK; n += rows > 33 ? 1 : 5) {
                float a[ROWS * (ROW_BLOCK + 1)] = {0}, b[ROWS * (ROW_BLOCK + 1)] = {0};
                const struct row_block block = {w, bytes[t], n, room};
                fast[t](&block, &operand, rows, a, ROW_BLOCK + 1);
                plain[t](&block, &operand, rows, b, ROW_BLOCK + 1);
                assert_memory_equal(a, b, sizeof a);
                assert_true(b[0] != 0);
            }
    }
}

static void check_floats(const struct row_kernels *twin, size_t k) {
    for (size_t rows = 1; rows <= ROWS; rows++)
        for (size_t n = 1; n <= 6; n++) {
            float a[6 * ROWS] = {0}, b[6 * ROWS] = {0};
            twin->floats(values, n, x, k, rows, a, 6);
            row_kernels_plain.floats(values, n, x, k, rows, b, 6);
            assert_memory_equal(a, b, sizeof a);
        }
}

/* Any weights and activations, then the largest of both signs: every sum fits. */
static void twins_give_equal_bits(void **state) {
    static struct operand_values o;
    const struct row_kernels *twins[3] = {row_kernels()};
    size_t n = 1;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && row_kernels() != &row_kernels_avx2) twins[n++] = &row_kernels_avx2;
    if (row_kernels_vnni_runs() && row_kernels() != &row_kernels_vnni) twins[n++] = &row_kernels_vnni;
    print_message("# the fastest twin is %s\n", row_kernels()->name);
#endif
    struct rng rng = rng_stream(5, "bytes", 0);
    fill(values, N * K, "weights");
    fill(x, ROWS * K, "activations");
    for (size_t i = 0; i < ROWS * K / 32; i++) o.d[i] = 0.001f * (float)(1 + i % 7);
    for (int pattern = 0; pattern < 6; pattern++) {
        for (size_t i = 0; i < ROWS * K; i++)
            o.q[i] = (signed char)(pattern < 2 ? (int)rng_below(&rng, 255) - 127 : pattern % 2 ? 127 : -127);
        for (size_t i = 0; i < sizeof stored; i++)
            stored[i] = (unsigned char)(pattern < 2 ? rng_u32(&rng) & 0xbf : pattern < 4 ? 0x80 : 0x3f);
        for (size_t t = 0; t < n; t++) check_twin(twins[t], &o, stored + 1);
    }
    for (size_t t = 0; t < n; t++)
        for (size_t k = 1; k < 80; k++) check_floats(twins[t], k);
}

static void odd_activations(void **state) {
    const enum lm_type types[] = {LM_Q8_0, LM_Q4_K, LM_F16};
    for (size_t t = 0; t < 3; t++) {
        struct lm_stored w = weights_of(types[t], K);
        float y[N];
        memset(x, 0, K * sizeof *x);
        product(&w, NULL, x, 1, y);
        for (size_t i = 0; i < N; i++) assert_true(y[i] == 0);
        for (size_t i = 0; i < K; i++) x[i] = 1e-44f; /* would need a scale below f32's */
        product(&w, NULL, x, 1, y);
        for (size_t i = 0; i < N; i++) assert_true(fabsf(y[i]) < 1e-37f);
        x[700] = t == 1 ? INFINITY : NAN;
        product(&w, NULL, x, 1, y);
        for (size_t i = 0; i < N; i++) assert_false(isfinite(y[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_threads_change_nothing),
        cmocka_unit_test(products_are_close),
        cmocka_unit_test(twins_give_equal_bits),
        cmocka_unit_test(odd_activations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
