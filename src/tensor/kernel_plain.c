/* The twin of the kernels for any machine, and the choice between the twins. */
#define KERNELS kernels_plain
#define KERNELS_NAME "plain"
#include "tensor/kernel_body.h"

const struct kernels *kernels(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq"))
        return &kernels_avx512;
    if (__builtin_cpu_supports("avx2")) return &kernels_avx2;
#endif
    return &kernels_plain;
}
