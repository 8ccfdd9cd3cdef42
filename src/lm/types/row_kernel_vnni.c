/* The twin of the row kernels for AVX-512 with VNNI, in vectors of 64 bytes;
 * compiled for that instruction set alone. */
#define KERNELS row_kernels_vnni
#define KERNELS_NAME "vnni"
#include "lm/types/processor.h"
#include "lm/types/row_kernel_x86_body.h"

bool row_kernels_vnni_runs(void) {
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl") && processor_has_f16c() &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx2");
}
