/* Timing, memory bandwidth and the start of a process: see bench.h. */
#include "base/bench.h"

#include "base/arena.h"
#include "base/process.h"
#include "base/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BANDWIDTH_TRIES = 5, BANDWIDTH_PARTS = 256, BANDWIDTH_WORDS = 32768 }; /* 64 MiB in all */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n) {
    qsort(values, n, sizeof *values, by_size);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static double cpu_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool bench_times(const struct bench *b, bench_work *work, void *context, struct bench_times *times, struct error *err) {
    double *wall = memory_zeroed(2 * b->repeat, sizeof *wall);
    if (!wall) return error_memory(err, "times of a benchmark");
    double *cpu = wall + b->repeat;
    bool ok = b->warm || work(context, err);
    for (size_t i = 0; ok && i < b->repeat; i++) {
        double start = clock_seconds(), cpu_start = cpu_seconds();
        ok = work(context, err);
        cpu[i] = cpu_seconds() - cpu_start;
        wall[i] = clock_seconds() - start;
    }
    if (ok) *times = (struct bench_times){bench_median(wall, b->repeat), bench_median(cpu, b->repeat)};
    memory_free(wall);
    return ok;
}

bool bench_time(const struct bench *b, bench_work *work, void *context, double *seconds, struct error *err) {
    struct bench_times times;
    if (!bench_times(b, work, context, &times, err)) return false;
    *seconds = times.wall;
    return true;
}

struct reading {
    const uint64_t *words;
    uint64_t sums[BANDWIDTH_PARTS];
};

static void read_part(void *context, size_t part, size_t worker) {
    (void)worker;
    struct reading *r = context;
    const uint64_t *words = r->words + part * BANDWIDTH_WORDS;
    uint64_t sum = 0;
    for (size_t i = 0; i < BANDWIDTH_WORDS; i++) sum += words[i];
    r->sums[part] = sum;
}

bool bench_bandwidth(struct bench *b, struct error *err) {
    if (b->bandwidth > 0) return true;
    size_t bytes = (size_t)BANDWIDTH_PARTS * BANDWIDTH_WORDS * sizeof(uint64_t);
    uint64_t *words = memory_aligned(64, bytes);
    if (!words) return error_memory(err, "memory to measure its bandwidth");
    memset(words, 1, bytes);
    struct reading r = {.words = words};
    for (int i = 0; i < BANDWIDTH_TRIES; i++) {
        double start = clock_seconds();
        pool_run(b->pool, BANDWIDTH_PARTS, read_part, &r);
        b->bandwidth = fmax(b->bandwidth, (double)bytes / (clock_seconds() - start));
    }
    memory_free(words);
    return true;
}

static bool run_once(void *context, struct error *err) {
    const char *const *argv = context;
    struct buffer out, err_out;
    struct process_result result = {0};
    buffer_init(&out, 16 << 20);
    buffer_init(&err_out, 1 << 20);
    bool ok = process_run(argv, TEXT(""), (struct process_limits){0}, &out, &err_out, &result, err);
    if (ok && result.exit_code != 0)
        ok = error_set(err, ERROR_ENVIRONMENT, "bench start: '%s' ended with exit code %d", argv[0], result.exit_code);
    buffer_done(&out);
    buffer_done(&err_out);
    return ok;
}

bool bench_start(struct bench *b, const char *const *argv, struct error *err) {
    const char *const nothing[] = {"true", NULL};
    double seconds, floor;
    if (!bench_time(b, run_once, (void *)(uintptr_t)nothing, &floor, err) ||
        !bench_time(b, run_once, (void *)(uintptr_t)argv, &seconds, err))
        return false;
    b->report(b->context, &(struct bench_row){"start", argv[1], 1e3 * seconds, "ms", NAN, 1e3 * floor});
    return true;
}
