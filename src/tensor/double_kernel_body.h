/* The tile itself: see double_kernel.h. Included once by each twin, which defines KERNEL as the name of its table. The
 * tile is as large as the sums that the registers of the instruction set hold. */
#include "tensor/double_kernel.h"

#include <math.h>
#include <string.h>

/* sum + a b, rounded once: the same bits whoever does it. */
#if defined(__AVX512F__)
#include <immintrin.h>
enum { WIDTH = 8, ROWS = 8, VECTORS = 3 };
#define ADD_PRODUCT(sum, row, factor) ((sum) = (vd)_mm512_fmadd_pd((row), _mm512_set1_pd(factor), (sum)))
#elif defined(__AVX2__)
#include <immintrin.h>
enum { WIDTH = 4, ROWS = 4, VECTORS = 3 };
#define ADD_PRODUCT(sum, row, factor) ((sum) = (vd)_mm256_fmadd_pd((row), _mm256_set1_pd(factor), (sum)))
#else
enum { WIDTH = 2, ROWS = 4, VECTORS = 2 };
#define ADD_PRODUCT(sum, row, factor)                                                                                  \
    ((sum) = (vd){fma((row)[0], (factor), (sum)[0]), fma((row)[1], (factor), (sum)[1])})
#endif

typedef double vd __attribute__((vector_size(8 * WIDTH)));
typedef double vd_loose __attribute__((vector_size(8 * WIDTH), aligned(8), may_alias));

static void tile(size_t k, const double *restrict a, const double *restrict b, double *restrict out) {
    vd sums[ROWS][VECTORS];
    memset(sums, 0, sizeof sums);
    for (size_t i = 0; i < k; i++, a += ROWS, b += WIDTH * VECTORS) {
        vd row[VECTORS];
#pragma GCC unroll 8
        for (size_t v = 0; v < VECTORS; v++) row[v] = *(const vd_loose *)(b + v * WIDTH);
#pragma GCC unroll 8
        for (size_t r = 0; r < ROWS; r++)
#pragma GCC unroll 8
            for (size_t v = 0; v < VECTORS; v++) ADD_PRODUCT(sums[r][v], row[v], a[r]);
    }
    for (size_t r = 0; r < ROWS; r++)
        for (size_t v = 0; v < VECTORS; v++) *(vd_loose *)(out + (r * VECTORS + v) * WIDTH) = sums[r][v];
}

const struct double_kernel KERNEL = {ROWS, WIDTH *VECTORS, tile};
