/* The order of the rows of a training set: as they are, or shuffled anew in each pass. */
#ifndef ACT_PASS_ORDER_H
#define ACT_PASS_ORDER_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct pass_order {
    size_t *at; /* of the pass in use */
    size_t n;
    uint64_t pass, seed;
    const char *stream; /* names the random numbers; a literal */
    bool shuffle;
};
bool pass_order_init(struct pass_order *order, size_t n, bool shuffle, uint64_t seed, const char *stream,
                     struct error *err) MUST_CHECK;
void pass_order_done(struct pass_order *order);
/* Which of the n rows is number `at` of their endless repetition. */
size_t pass_order_at(struct pass_order *order, uint64_t at);

#endif
