/* The twin of the peak measurement for any machine, and the choice between the twins; see bench_peak.h. */
#define PEAK bench_peak_plain
#define WIDTH 4
#include "tensor/bench_peak_body.h"

#include "base/progress.h"
#include "tensor/bench_matmul.h"

#include <math.h>

enum { TRIES = 5, ROUNDS = 200000 }; /* some milliseconds each */

static bench_peak_work *fastest(void) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return bench_peak_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return bench_peak_avx2;
#endif
    return bench_peak_plain;
}

struct peak {
    bench_peak_work *work;
    double *flops; /* [threads] */
};

static void peak_part(void *context, size_t part, size_t worker) {
    (void)worker;
    struct peak *p = context;
    p->flops[part] = p->work(ROUNDS);
}

bool bench_peak(struct bench *b, struct error *err) {
    if (b->peak > 0) return true;
    size_t threads = pool_threads(b->pool);
    struct peak p = {fastest(), memory_zeroed(threads, sizeof(double))};
    if (!p.flops) return error_memory(err, "measurement of the peak");
    for (int i = 0; i < TRIES; i++) {
        double start = clock_seconds(), flops = 0;
        pool_run(b->pool, threads, peak_part, &p);
        double seconds = clock_seconds() - start;
        for (size_t t = 0; t < threads; t++) flops += p.flops[t];
        b->peak = fmax(b->peak, flops / seconds);
    }
    memory_free(p.flops);
    return true;
}
