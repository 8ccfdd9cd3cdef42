/* The sum of the gradients of a step's passes, in one fixed tree, whoever makes the passes.
 *
 * Pass i is leaf i. A node of level l and index i is the sum of passes i 2^l .. (i + 1) 2^l - 1; the largest whole
 * nodes from the left are then added from the right: 7 passes are ((0 + 1) + (2 + 3)) + ((4 + 5) + 6). Each process of
 * a team makes a share of the passes, adds what it can, and sends slices of its nodes to the others, which finish the
 * tree for one slice each. So the sum has the same bits for any number of processes, and for one pass nothing is done
 * at all. Memory: one gradient more for each level of the tree, and with a team a window of 16 MiB a node. */
#ifndef TENSOR_GRADIENT_SUM_H
#define TENSOR_GRADIENT_SUM_H

#include "base/team.h"
#include "tensor/tape.h"

struct gradient_sum;
/* Of parameters that have gradients, made by memory_alloc or memory_zeroed: their arrays are exchanged for others of
 * the same size. parameters, pool, team: borrowed. */
struct gradient_sum *gradient_sum_new(struct parameter *const *parameters, size_t n, struct pool *pool,
                                      struct team *team, struct error *err) MUST_CHECK;
void gradient_sum_free(struct gradient_sum *sum);
/* A step of `passes` passes, each of which begins with gradients of zero. Returns those that this process makes. */
struct team_share gradient_sum_begin(struct gradient_sum *sum, size_t passes);
/* Takes the gradients of the next pass of the share away, and leaves zeros. */
bool gradient_sum_take(struct gradient_sum *sum, struct error *err) MUST_CHECK;
/* After the last one of the share: the gradients are now the sum over all passes. All processes call it. */
bool gradient_sum_end(struct gradient_sum *sum, struct error *err) MUST_CHECK;
/* Bytes of gradients that are kept at most beside those of the parameters, for a step of `passes` passes by one
 * process. */
uint64_t gradient_sum_bytes(uint64_t values, size_t passes);

#endif
