/* What the processor can do and not every compiler's __builtin_cpu_supports knows by name (clang 14). */
#ifndef LM_PROCESSOR_H
#define LM_PROCESSOR_H

#include <stdbool.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* Conversions between f16 and f32. Whether the system saves the vector registers is asked with avx2. */
static inline bool processor_has_f16c(void) {
#if !defined(__clang__)
    /* asked for every row of weights: cpuid takes microseconds in a virtual machine */
    return __builtin_cpu_supports("f16c");
#else
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) != 0;
#endif
}
#endif

#endif
