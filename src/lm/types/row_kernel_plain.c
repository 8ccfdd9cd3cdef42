/* The twin of the row kernels for any machine, in plain loops: the oracle of the others.
 * And the choice between them. */
#include "lm/types/row_kernel.h"

#include "lm/types/processor.h"
#include "lm/types/types_internal.h"

#include "tensor/matmul.h"

#include <pthread.h>

typedef unsigned char byte;

static float half_at(const byte *p) {
    return f32_from_f16(load_u16(p));
}

static float unit_size(const struct row_operand *x, size_t unit, size_t r, size_t u) {
    return x->d[r * (x->k / unit) + u];
}

static float q8_0_row(const byte *p, const struct row_operand *x, size_t r) {
    float total = 0;
    for (size_t u = 0; u < x->k / 32; u++, p += Q8_0_BYTES) {
        const signed char *q = x->q + r * x->k + 32 * u;
        int sum = 0;
        /* NOLINTNEXTLINE(bugprone-signed-char-misuse): the sign is meant */
        for (size_t i = 0; i < 32; i++) sum += (signed char)p[2 + i] * q[i];
        total += half_at(p) * unit_size(x, 32, r, u) * (float)sum;
    }
    return total;
}

static float q4_0_row(const byte *p, const struct row_operand *x, size_t r) {
    float total = 0;
    for (size_t u = 0; u < x->k / 32; u++, p += Q4_0_BYTES) {
        const signed char *q = x->q + r * x->k + 32 * u;
        int sum = 0;
        for (size_t i = 0; i < 16; i++) sum += ((p[2 + i] & 15) - 8) * q[i] + ((p[2 + i] >> 4) - 8) * q[i + 16];
        total += half_at(p) * unit_size(x, 32, r, u) * (float)sum;
    }
    return total;
}

static int k_scale(const byte *p, size_t s) {
    return s < 4 ? p[s] & 63 : (p[s + 4] & 15) | p[s - 4] >> 6 << 4;
}

static int k_min(const byte *p, size_t s) {
    return s < 4 ? p[s + 4] & 63 : p[s + 4] >> 4 | p[s] >> 6 << 4;
}

static float q4_k_row(const byte *p, const struct row_operand *x, size_t r) {
    float total = 0;
    for (size_t u = 0; u < x->k / 256; u++, p += Q4_K_BYTES) {
        const signed char *q = x->q + r * x->k + 256 * u;
        float d = unit_size(x, 256, r, u);
        int sum = 0, mins = 0;
        for (size_t i = 0; i < 256; i++) {
            sum += k_scale(p + 4, i / 32) * (p[16 + i / 64 * 32 + i % 32] >> i / 32 % 2 * 4 & 15) * q[i];
            mins += k_min(p + 4, i / 32) * q[i];
        }
        total += half_at(p) * d * (float)sum - half_at(p + 2) * d * (float)mins;
    }
    return total;
}

static float q6_k_row(const byte *p, const struct row_operand *x, size_t r) {
    float total = 0;
    for (size_t u = 0; u < x->k / 256; u++, p += Q6_K_BYTES) {
        const signed char *q = x->q + r * x->k + 256 * u;
        int sum = 0;
        for (size_t i = 0; i < 256; i++) {
            size_t half = i / 128, quarter = i / 32 % 4;
            int low = p[64 * half + quarter % 2 * 32 + i % 32] >> quarter / 2 * 4 & 15;
            int high = p[128 + 32 * half + i % 32] >> quarter * 2 & 3;
            sum += (signed char)p[192 + i / 16] * ((low | high << 4) - 32) * q[i];
        }
        total += half_at(p + 208) * unit_size(x, 256, r, u) * (float)sum;
    }
    return total;
}

#define ROW_KERNEL(name)                                                                                               \
    static void name(const struct row_block *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {   \
        for (size_t j = 0; j < w->n; j++)                                                                              \
            for (size_t r = 0; r < rows; r++) y[r * stride + j] = name##_row(w->at + j * w->bytes, x, r);              \
    }
ROW_KERNEL(q8_0)
ROW_KERNEL(q4_0)
ROW_KERNEL(q4_k)
ROW_KERNEL(q6_k)

static float floats_row(const float *w, const float *x, size_t k) {
    float lanes[16] = {0};
    for (size_t i = 0; i < k; i++) lanes[i % 16] += w[i] * x[i];
    for (size_t i = 0; i < 8; i++) lanes[i] += lanes[i + 8];
    return row_fold(lanes);
}

static void floats(const float *w, size_t n, const float *x, size_t k, size_t rows, float *y, size_t stride) {
    for (size_t j = 0; j < n; j++)
        for (size_t r = 0; r < rows; r++) y[r * stride + j] = floats_row(w + j * k, x + r * k, k);
}

const struct row_kernels row_kernels_plain = {"plain", false, q8_0, q4_0, q4_k, q6_k, floats};

static const struct row_kernels *choose(void) {
#if defined(__x86_64__)
    if (row_kernels_amx_runs()) return &row_kernels_amx;
    if (row_kernels_vnni_runs()) return &row_kernels_vnni;
    if (__builtin_cpu_supports("avx2") && processor_has_f16c()) return &row_kernels_avx2;
#elif defined(__aarch64__)
    return &row_kernels_neon;
#endif
    return &row_kernels_plain;
}

static const struct row_kernels *chosen;

static void choose_once(void) {
    chosen = choose();
}

const struct row_kernels *row_kernels(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, choose_once);
    return chosen;
}
