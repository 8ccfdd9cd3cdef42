/* The twin of the tile for AVX-512; this file alone is compiled for that instruction set. */
#define KERNEL double_kernel_avx512
#include "tensor/double_kernel_body.h"
