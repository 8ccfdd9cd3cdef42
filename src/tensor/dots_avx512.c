/* The twin of the f64 products for AVX-512; this file alone is compiled for that instruction set. */
#define DOTS dots_avx512
#define DOTS_NAME "avx512"
#include "tensor/dots_body.h"
