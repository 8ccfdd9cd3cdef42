/* The twin of the f64 products for any machine, and the choice between the twins. */
#define DOTS dots_plain
#define DOTS_NAME "plain"
#include "tensor/dots_body.h"

const struct dots *dots(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return &dots_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &dots_avx2;
#endif
    return &dots_plain;
}
