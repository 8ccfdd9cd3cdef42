/* The twin of the row kernels for AVX-512 with VNNI and tiles of 8 bits (AMX);
 * compiled for that instruction set alone. */
#define KERNELS row_kernels_amx
#define KERNELS_NAME "amx"
#define ROW_TILES
#include "lm/types/row_kernel_x86_body.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The system lends the registers of tiles to a process that asks: arch_prctl(2), for all of its threads. */
static bool tiles_are_lent(void) {
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

bool row_kernels_amx_runs(void) {
    const unsigned tile = 1u << 24, int8 = 1u << 25; /* EDX of leaf 7: AMX-TILE, AMX-INT8 */
    unsigned a, b, c, d;
    return row_kernels_vnni_runs() && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & tile) && (d & int8) &&
           tiles_are_lent();
}
