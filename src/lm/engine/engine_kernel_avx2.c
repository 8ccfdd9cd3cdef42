/* The twin of the engine's kernels for AVX2; this file is compiled for that instruction set. */
#define KERNELS engine_kernels_avx2
#define KERNELS_NAME "avx2"
#include "lm/engine/engine_kernel_body.h"
