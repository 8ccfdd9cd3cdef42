/* The twin of the tile for AVX2; this file alone is compiled for that instruction set. */
#define KERNEL double_kernel_avx2
#include "tensor/double_kernel_body.h"
