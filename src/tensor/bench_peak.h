/* The most f32 arithmetic that this machine does: chains of multiply-add in registers, written once in
 * bench_peak_body.h and compiled for each instruction set. Inside of the room, but for bench_peak (bench_matmul.h). */
#ifndef TENSOR_BENCH_PEAK_H
#define TENSOR_BENCH_PEAK_H

#include <stddef.h>

/* Runs `rounds` rounds; returns the number of f32 operations (a multiply-add counts two). */
typedef double bench_peak_work(size_t rounds);
bench_peak_work bench_peak_plain;
#if defined(__x86_64__)
bench_peak_work bench_peak_avx2, bench_peak_avx512;
#endif

#endif
