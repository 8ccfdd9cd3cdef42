/* The twin of the decoders for AVX-512; this file alone is compiled for that instruction set. */
#define DECODERS type_decoders_avx512
#define DECODERS_NAME "avx512"
#include "lm/types/types_decode_body.h"
