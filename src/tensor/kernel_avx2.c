/* The twin of the kernels for AVX2; this file alone is compiled for that instruction set. */
#define KERNELS kernels_avx2
#define KERNELS_NAME "avx2"
#include "tensor/kernel_body.h"
