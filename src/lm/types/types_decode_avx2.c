/* The twin of the decoders for AVX2; this file alone is compiled for that instruction set. */
#define DECODERS type_decoders_avx2
#define DECODERS_NAME "avx2"
#include "lm/types/types_decode_body.h"
