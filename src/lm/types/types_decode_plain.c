/* The twin of the decoders for any machine, and the choice between the twins. */
#define DECODERS type_decoders_plain
#define DECODERS_NAME "plain"
#include "lm/types/processor.h"
#include "lm/types/types_decode_body.h"

const struct type_decoders *type_decoders(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        return &type_decoders_avx512;
    if (__builtin_cpu_supports("avx2") && processor_has_f16c()) return &type_decoders_avx2;
#endif
    return &type_decoders_plain;
}
