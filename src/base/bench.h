/* Measuring speed: what the parts of `basanite bench` share. A part measures its cases and reports one row each; beside
 * each value stands its floor, what this machine allows at best, measured at the same time. */
#ifndef BASE_BENCH_H
#define BASE_BENCH_H

#include "base/pool.h"

struct bench_row {
    const char *part, *name; /* name: of the case */
    double value;            /* median of the repeats, in `unit` */
    const char *unit;
    double gflops; /* arithmetic a second; NaN: not counted */
    double floor;  /* the hardware's limit, in `unit`; NaN: not measured. Ratio: value / floor */
    double per_cpu; /* the same as value, but a second of processor time of the process instead; 0: not measured */
};

struct bench {
    struct pool *pool;
    size_t repeat;       /* at least 1 */
    bool warm;           /* what is timed needs no call to warm up */
    const char *subject; /* a model file for the parts that need a model; NULL: random weights of the built-in shape */
    const char *compute; /* how a subject computes, as --compute says it; NULL: auto */
    double bandwidth;    /* bytes a second, from bench_bandwidth; 0: not measured yet */
    double peak;         /* f32 FLOP a second of all threads, from bench_peak; 0: not measured yet */
    void (*report)(void *context, const struct bench_row *row);
    void *context;
};

typedef bool bench_work(void *context, struct error *err);
/* Seconds of one call: one call to warm up, then the median of `repeat`. */
bool bench_time(const struct bench *b, bench_work *work, void *context, double *seconds, struct error *err) MUST_CHECK;
/* The same, with the processor time of all threads beside it: what tells more on a machine that is shared. */
struct bench_times {
    double wall, cpu;
};
bool bench_times(const struct bench *b, bench_work *work, void *context, struct bench_times *times,
                 struct error *err) MUST_CHECK;
double bench_median(double *values, size_t n); /* sorts; n at least 1 */
/* Reading memory that no cache holds, by all threads: best of several. Measured once, then kept in b->bandwidth. */
bool bench_bandwidth(struct bench *b, struct error *err) MUST_CHECK;
/* Part `start`: a whole run of argv (ends with NULL) as a child process; floor: a program that does nothing. */
bool bench_start(struct bench *b, const char *const *argv, struct error *err) MUST_CHECK;

#endif
