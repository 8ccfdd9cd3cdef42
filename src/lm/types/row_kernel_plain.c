/* The twin of the row kernels for any machine, in plain loops: the oracle of the others.
 * And the choice between them. */
#include "lm/types/row_kernel.h"

#include "lm/types/processor.h"
#include "lm/types/types_internal.h"

#include "tensor/matmul.h"

typedef unsigned char byte;

static float half_at(const byte *p) {
    return f32_from_f16(load_u16(p));
}

/* Unit u of row r: 32 products in eight lanes. */
static void add_unit(float lanes[8], const int *w, float d, const struct row_operand *x, size_t r, size_t u) {
    const signed char *q = x->q + r * x->k + 32 * u;
    float scale = d * x->d[r * (x->k / 32) + u];
    for (size_t lane = 0; lane < 8; lane++) {
        int sum = 0;
        for (size_t i = 4 * lane; i < 4 * lane + 4; i++) sum += w[i] * q[i];
        lanes[lane] += scale * (float)sum;
    }
}

static void q8_0(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float lanes[8] = {0};
        const byte *p = w;
        for (size_t u = 0; u < x->k / 32; u++, p += Q8_0_BYTES) {
            int values[32];
            /* NOLINTNEXTLINE(bugprone-signed-char-misuse): the sign is meant */
            for (size_t i = 0; i < 32; i++) values[i] = (signed char)p[2 + i];
            add_unit(lanes, values, half_at(p), x, r, u);
        }
        y[r * stride] = row_fold(lanes);
    }
}

static void q4_0(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float lanes[8] = {0};
        const byte *p = w;
        for (size_t u = 0; u < x->k / 32; u++, p += Q4_0_BYTES) {
            int values[32];
            for (size_t i = 0; i < 16; i++) values[i] = (p[2 + i] & 15) - 8, values[i + 16] = (p[2 + i] >> 4) - 8;
            add_unit(lanes, values, half_at(p), x, r, u);
        }
        y[r * stride] = row_fold(lanes);
    }
}

static int k_scale(const byte *p, size_t s) {
    return s < 4 ? p[s] & 63 : (p[s + 4] & 15) | p[s - 4] >> 6 << 4;
}

static int k_min(const byte *p, size_t s) {
    return s < 4 ? p[s + 4] & 63 : p[s + 4] >> 4 | p[s] >> 6 << 4;
}

static void q4_k(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float total = 0;
        const byte *p = w;
        for (size_t u = 0; u < x->k / 256; u++, p += Q4_K_BYTES) {
            const signed char *q = x->q + r * x->k + 256 * u;
            float d = x->d[r * (x->k / 256) + u];
            int sum = 0, mins = 0;
            for (size_t i = 0; i < 256; i++) {
                sum += k_scale(p + 4, i / 32) * (p[16 + i / 64 * 32 + i % 32] >> i / 32 % 2 * 4 & 15) * q[i];
                mins += k_min(p + 4, i / 32) * q[i];
            }
            total += half_at(p) * d * (float)sum - half_at(p + 2) * d * (float)mins;
        }
        y[r * stride] = total;
    }
}

static void q6_k(const byte *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float total = 0;
        const byte *p = w;
        for (size_t u = 0; u < x->k / 256; u++, p += Q6_K_BYTES) {
            const signed char *q = x->q + r * x->k + 256 * u;
            int sum = 0;
            for (size_t i = 0; i < 256; i++) {
                size_t half = i / 128, quarter = i / 32 % 4;
                int low = p[64 * half + quarter % 2 * 32 + i % 32] >> quarter / 2 * 4 & 15;
                int high = p[128 + 32 * half + i % 32] >> quarter * 2 & 3;
                sum += (signed char)p[192 + i / 16] * ((low | high << 4) - 32) * q[i];
            }
            total += half_at(p + 208) * x->d[r * (x->k / 256) + u] * (float)sum;
        }
        y[r * stride] = total;
    }
}

static void floats(const float *w, const float *x, size_t k, size_t rows, float *y, size_t stride) {
    for (size_t r = 0; r < rows; r++) {
        float lanes[16] = {0};
        for (size_t i = 0; i < k; i++) lanes[i % 16] += w[i] * x[r * k + i];
        for (size_t i = 0; i < 8; i++) lanes[i] += lanes[i + 8];
        y[r * stride] = row_fold(lanes);
    }
}

const struct row_kernels row_kernels_plain = {"plain", q8_0, q4_0, q4_k, q6_k, floats};

const struct row_kernels *row_kernels(void) {
#if defined(__x86_64__)
    if (row_kernels_vnni_runs()) return &row_kernels_vnni;
    if (__builtin_cpu_supports("avx2") && processor_has_f16c()) return &row_kernels_avx2;
#elif defined(__aarch64__)
    return &row_kernels_neon;
#endif
    return &row_kernels_plain;
}
