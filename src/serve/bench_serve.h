/* Part `serve` of `basanite bench`. */
#ifndef SERVE_BENCH_SERVE_H
#define SERVE_BENCH_SERVE_H

#include "base/bench.h"
#include "lm/model/builtins.h"

/* 64 clients at once ask a server of their own (this program as another process, with as many threads) for 256 sampled
 * answers, whole and in pieces: tokens a second. Floor: the same asks in one batch of the engine in this process,
 * without a server, measured at the same time; every count of tokens must be that of the batch. Of streams also the
 * median time until a client sees its first token. The subject, or the built-in model. */
bool bench_serve(struct bench *b, struct lm_builtins builtins, struct error *err) MUST_CHECK;

#endif
