/* Part `cluster` of `basanite bench`: indices of two groups of 4,000 points of 4,096 coordinates (cluster.h). Floor of
 * the pairs: products in f64 at half of the f32 peak; of the centres: reading the points twice. */
#ifndef MEASURE_BENCH_CLUSTER_H
#define MEASURE_BENCH_CLUSTER_H

#include "base/bench.h"

bool bench_cluster(struct bench *b, struct error *err) MUST_CHECK;

#endif
