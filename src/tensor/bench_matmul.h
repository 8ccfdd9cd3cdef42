/* Part `matmul` of `basanite bench`, and the peak that other parts compare with. */
#ifndef TENSOR_BENCH_MATMUL_H
#define TENSOR_BENCH_MATMUL_H

#include "base/bench.h"

/* Multiply-adds in registers by all threads, best of several. Measured once, then kept in b->peak. */
bool bench_peak(struct bench *b, struct error *err) MUST_CHECK;
/* Products of the shapes of a small model: y = x w^T of many rows and of one, and the gradient of weights, in f32 and
 * bf16. Floor: the f32 peak; none where bf16 has instructions of its own. */
bool bench_matmul(struct bench *b, struct error *err) MUST_CHECK;

#endif
