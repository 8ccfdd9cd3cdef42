/* The twin of the row kernels for AVX2; this file alone is compiled for that instruction set. */
#define KERNELS row_kernels_avx2
#define KERNELS_NAME "avx2"
#include "lm/types/row_kernel_x86_body.h"
