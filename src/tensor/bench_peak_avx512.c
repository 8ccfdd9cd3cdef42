/* The twin of the peak measurement for AVX-512; see bench_peak.h. */
#define PEAK bench_peak_avx512
#define WIDTH 16
#include "tensor/bench_peak_body.h"
