/* See bench_peak.h. Included once by each twin, which defines PEAK as the function's name and WIDTH as the number of
 * f32 in a register. This file alone is compiled with fused multiply-add: nothing is compared with its values. */
#include "tensor/bench_peak.h"

enum { CHAINS = 10 }; /* enough to hide the latency, few enough for the registers */

typedef float peak_vector __attribute__((vector_size(4 * WIDTH)));

double PEAK(size_t rounds) {
    peak_vector sums[CHAINS], factor = (peak_vector){0} + 0.999f, more = (peak_vector){0} + 0.001f;
    for (size_t i = 0; i < CHAINS; i++) sums[i] = (peak_vector){0} + (float)i;
    for (size_t round = 0; round < rounds; round++) {
#pragma GCC unroll 16
        for (size_t i = 0; i < CHAINS; i++) sums[i] = sums[i] * factor + more;
    }
    volatile float kept = 0; /* so that the work is not left out */
    for (size_t i = 0; i < CHAINS; i++) kept = kept + sums[i][0];
    return 2.0 * CHAINS * WIDTH * (double)rounds;
}
