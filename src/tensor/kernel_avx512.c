/* The twin of the kernels for AVX-512; this file alone is compiled for that instruction set. */
#define KERNELS kernels_avx512
#define KERNELS_NAME "avx512"
#include "tensor/kernel_body.h"
