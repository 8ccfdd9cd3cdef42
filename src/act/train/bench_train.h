/* Part `train` of `basanite bench`. */
#ifndef ACT_BENCH_TRAIN_H
#define ACT_BENCH_TRAIN_H

#include "base/bench.h"

/* Whole steps of next-token training (forward, back, AdamW) on 8 sequences of up to 512 random tokens, in f32 and,
 * where the processor has it, bf16, as tokens a second; GFLOP/s: 6 x parameters x tokens. Floor: the f32 peak (f32
 * only). Then milliseconds of a step for the way back of each operation that takes a hundredth of it. */
bool bench_train(struct bench *b, struct error *err) MUST_CHECK;

#endif
