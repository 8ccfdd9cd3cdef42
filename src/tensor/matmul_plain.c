/* The oracle of the products: plain loops, sums in f64. See matmul.h. */
#include "tensor/matmul.h"

static double operand(enum matmul_type type, float value) {
    return type == MATMUL_BF16 ? f32_from_bf16(bf16_from_f32(value)) : value;
}

void matmul_plain(enum matmul_type type, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
                  const float *a, const float *b, float *c, bool accumulate) {
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = accumulate ? c[i * n + j] : 0.0;
            for (size_t l = 0; l < k; l++)
                sum += operand(type, transpose_a ? a[l * m + i] : a[i * k + l]) *
                       operand(type, transpose_b ? b[j * k + l] : b[l * n + j]);
            c[i * n + j] = (float)sum;
        }
    }
}
