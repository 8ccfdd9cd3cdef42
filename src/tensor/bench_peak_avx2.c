/* The twin of the peak measurement for AVX2 with FMA; see bench_peak.h. */
#define PEAK bench_peak_avx2
#define WIDTH 8
#include "tensor/bench_peak_body.h"
