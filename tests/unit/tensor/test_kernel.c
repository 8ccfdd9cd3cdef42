/* Kernels and half-precision conversions: twins give equal bits, exp is as exact as its header says, all 65,536 halves
 * survive the way to f32 and back. */
#include "../check.h"
#include "tensor/half.h"
#include "tensor/kernel.h"

enum { MOST = 300 };

static void numbers(float *at, size_t n, uint32_t state, float range) {
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = range * (float)((double)(state >> 8) * 0x1p-23 - 1.0);
    }
}

static void halves_survive(void **state) {
    (void)state;
    for (uint32_t bits = 0; bits < 0x10000; bits++) {
        uint16_t half = (uint16_t)bits;
        float f16 = f32_from_f16(half), bf16 = f32_from_bf16(half);
        if (isnan(f16))
            assert_true((bits & 0x7c00) == 0x7c00 && isnan(f32_from_f16(f16_from_f32(f16))));
        else
            assert_int_equal(f16_from_f32(f16), half);
        if (isnan(bf16))
            assert_true(isnan(f32_from_bf16(bf16_from_f32(bf16))));
        else
            assert_int_equal(bf16_from_f32(bf16), half);
    }
}

/* IEEE 754 binary16: largest 65504, smallest normal 2^-14, smallest 2^-24. */
static void f16_rounds_to_even(void **state) {
    (void)state;
    static const struct {
        float value;
        uint16_t bits;
    } known[] = {{1.0f, 0x3c00},           {-2.0f, 0xc000},      {65504.0f, 0x7bff},       {65519.0f, 0x7bff},
                 {65520.0f, 0x7c00},       {1e10f, 0x7c00},      {-INFINITY, 0xfc00},      {0x1p-14f, 0x0400},
                 {0x1p-24f, 0x0001},       {0x1p-25f, 0x0000},   {0x1.8p-24f, 0x0002},     {0x1.000002p-25f, 0x0001},
                 {1.00048828125f, 0x3c00}, {1.0004884f, 0x3c01}, {1.00146484375f, 0x3c02}, {-0.0f, 0x8000}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_int_equal(f16_from_f32(known[i].value), known[i].bits);
    assert_int_equal(bf16_from_f32(1.00390625f), 0x3f80); /* halfway, to even below */
    assert_int_equal(bf16_from_f32(1.01171875f), 0x3f82); /* halfway, to even above */
    assert_int_equal(bf16_from_f32(3.4e38f), 0x7f80);
    assert_int_equal(bf16_from_f32(0x1p-133f), 0x0001);
    assert_true(isnan(f32_from_bf16(bf16_from_f32(NAN))));
}

static void arrays_equal_single_values(void **state) {
    (void)state;
    float in[MOST], back[MOST];
    uint16_t half[MOST];
    numbers(in, MOST, 3, 9);
    in[5] = NAN, in[17] = INFINITY, in[40] = 0x1p-140f, in[41] = -0.0f;
    bf16_array_from_f32(half, in, MOST);
    for (size_t i = 0; i < MOST; i++) assert_int_equal(half[i], bf16_from_f32(in[i]));
    f32_array_from_bf16(back, half, MOST);
    for (size_t i = 0; i < MOST; i++) assert_true(isnan(in[i]) ? isnan(back[i]) : back[i] == f32_from_bf16(half[i]));
    f16_array_from_f32(half, in, MOST);
    for (size_t i = 0; i < MOST; i++) assert_int_equal(half[i], f16_from_f32(in[i]));
    f32_array_from_f16(back, half, MOST);
    for (size_t i = 0; i < MOST; i++) assert_true(isnan(in[i]) ? isnan(back[i]) : back[i] == f32_from_f16(half[i]));
}

static void exp_is_exact_enough(void **state) {
    (void)state;
    double worst = 0;
    for (double x = -87; x <= 88; x += 1.0 / 4096) {
        float in = (float)x, out;
        kernels()->exp(&out, &in, 1);
        double expected = exp((double)in);
        worst = fmax(worst, fabs(out - expected) / expected);
    }
    print_message("# exp: largest relative error %.3g, kernels '%s'\n", worst, kernels()->name);
    assert_true(worst < 2e-7);
    float special[] = {0.0f, -0.0f, -87.5f, -INFINITY, 89.0f, INFINITY, NAN, -1e30f}, out[8];
    kernels()->exp(out, special, 8);
    assert_true(out[0] == 1 && out[1] == 1 && out[2] == 0 && out[3] == 0 && out[7] == 0);
    assert_true(isinf(out[4]) && isinf(out[5]) && isnan(out[6]));
}

/* Runs every kernel of a table on equal inputs; all results go into one array. */
static size_t run_all(const struct kernels *k, size_t n, float *out) {
    static float a[MOST], b[MOST], c[MOST], w[4][MOST];
    size_t at = 0;
    numbers(a, n, 11, 4), numbers(b, n, 12, 4), numbers(c, n, 13, 4);
    for (size_t i = 0; i < 4; i++) numbers(w[i], n, 14 + (uint32_t)i, 1);
    for (size_t i = 0; i < n; i++) w[2][i] = fabsf(w[2][i]);
#define SAVE(x) memcpy(out + at, (x), n * sizeof *out), at += n
    k->exp(out + at, a, n), at += n;
    k->add(out + at, a, b, n), at += n;
    k->multiply(out + at, a, b, n), at += n;
    k->scale(out + at, a, 0.3f, n), at += n;
    SAVE(c), k->multiply_add(out + at - n, a, b, n);
    SAVE(c), k->scale_add(out + at - n, a, 0.7f, n);
    out[at++] = k->dot(a, b, n);
    out[at++] = (float)k->squares(a, n);
    SAVE(a), out[at] = k->rmsnorm(out + at - n, a, b, 1e-5f, n), at++;
    SAVE(c), SAVE(a), k->rmsnorm_back(out + at - n, true, out + at - 2 * n, c, a, b, 0.4f, n);
    k->swiglu(out + at, a, b, n), at += n;
    SAVE(c), SAVE(a), k->swiglu_back(out + at - n, true, out + at - 2 * n, false, c, a, b, n);
    SAVE(a), out[at] = k->softmax(out + at - n, n / 2 + 1, n, out + at + 1), at += 2;
    SAVE(a), SAVE(b), k->softmax_back(out + at - n, out + at - 2 * n, 3.0f, 0.2f, n / 2 + 1, n);
    out[at] = k->log_sum_exp(a, n, out + at + 1), at += 2;
    SAVE(c), k->logprob_back(out + at - n, true, a, 5.0f, 0.3f, n);
    struct kernel_adamw step = {0.9f, 0.99f, 0.1f, 0.01f, 1e-8f, 1e-3f, 1e-4f, 10, 100, 0.5f};
    k->adamw(w[0], w[1], w[2], w[3], &step, n);
    for (size_t i = 0; i < 4; i++) SAVE(w[i]);
    uint16_t half[MOST];
    k->bf16_from_f32(half, a, n);
    for (size_t i = 0; i < n; i++) out[at++] = half[i];
    k->bf16_round(out + at, a, n), at += n;
    return at;
}

static void twin_gives_the_bits_of(const struct kernels *twin) {
    static float plain[41 * MOST], fast[41 * MOST];
    for (size_t n = 1; n < MOST; n += n < 40 ? 1 : 37) {
        size_t used = run_all(&kernels_plain, n, plain);
        assert_int_equal(run_all(twin, n, fast), used);
        for (size_t i = 0; i < used; i++)
            if (memcmp(plain + i, fast + i, sizeof *plain) != 0)
                fail_msg("n %zu: value %zu is %a in the plain twin and %a in '%s'", n, i, plain[i], fast[i], twin->name);
    }
}

/* A machine with AVX-512 runs the AVX2 twin too. */
static void twins_give_equal_bits(void **state) {
    (void)state;
#if defined(__x86_64__)
    if (kernels() != &kernels_plain) {
        twin_gives_the_bits_of(&kernels_avx2);
        twin_gives_the_bits_of(kernels());
        return;
    }
#endif
    print_message("skipped: this machine runs the plain kernels only\n");
    skip();
}

static void rounding_equals_single_values(void **state) {
    (void)state;
    float in[MOST], out[MOST];
    numbers(in, MOST, 5, 9);
    in[5] = NAN, in[17] = INFINITY, in[40] = 0x1p-140f, in[41] = -0.0f, in[42] = 3.4e38f, in[299] = NAN;
    for (size_t i = 60; i < 80; i++) in[i] = 1.0f + (float)i * 0x1p-8f; /* halfway cases */
    kernels()->bf16_round(out, in, MOST);
    for (size_t i = 0; i < MOST; i++) {
        float one = f32_from_bf16(bf16_from_f32(in[i]));
        assert_memory_equal(out + i, &one, sizeof one);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_survive),
        cmocka_unit_test(f16_rounds_to_even),
        cmocka_unit_test(arrays_equal_single_values),
        cmocka_unit_test(exp_is_exact_enough),
        cmocka_unit_test(twins_give_equal_bits),
        cmocka_unit_test(rounding_equals_single_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
