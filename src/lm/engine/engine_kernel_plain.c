/* The twin of the engine's kernels for any machine, and the choice between the twins. */
#define KERNELS engine_kernels_plain
#define KERNELS_NAME "plain"
#include "lm/engine/engine_kernel_body.h"

const struct engine_kernels *engine_kernels(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        return &engine_kernels_avx512;
    if (__builtin_cpu_supports("avx2")) return &engine_kernels_avx2;
#endif
    return &engine_kernels_plain;
}
