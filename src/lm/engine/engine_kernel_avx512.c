/* The twin of the engine's kernels for AVX-512; this file is compiled for that instruction set. */
#define KERNELS engine_kernels_avx512
#define KERNELS_NAME "avx512"
#include "lm/engine/engine_kernel_body.h"
