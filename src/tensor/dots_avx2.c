/* The twin of the f64 products for AVX2 with fused multiply-adds; this file alone is compiled for them. */
#define DOTS dots_avx2
#define DOTS_NAME "avx2"
#include "tensor/dots_body.h"
