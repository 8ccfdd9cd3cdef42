/* A fixed pool of threads with static partition: part p of n is always the same work, whoever does it, so results never
 * depend on the number of threads. Each worker sets OpenMP to one thread, so oneDNN runs single-threaded inside.
 * Workers take no signals. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/error.h"

struct pool;
typedef void pool_work(void *context, size_t part, size_t worker);

/* threads 0: as many as the process may use (affinity mask). The caller is worker 0. */
struct pool *pool_new(size_t threads, struct error *err) MUST_CHECK;
void pool_free(struct pool *pool);
size_t pool_threads(const struct pool *pool); /* 1 for NULL */
/* Runs work(context, 0..n-1, worker); worker w does the parts of its contiguous share, in order. Returns when all are
 * done. pool NULL: runs all in the caller. Not reentrant from inside work. */
void pool_run(struct pool *pool, size_t n, pool_work *work, void *context);
size_t pool_processors(void); /* of the affinity mask */

#endif
