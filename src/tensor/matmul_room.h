/* What memory a general product needs beside its operands: for plans of what a training takes. */
#ifndef TENSOR_MATMUL_ROOM_H
#define TENSOR_MATMUL_ROOM_H

#include "tensor/matmul.h"

/* Of matmul with c: [m, n], sums over k, by so many threads. It is kept between the products of a tape: the largest
 * counts. */
size_t matmul_room(enum matmul_type type, size_t m, size_t n, size_t k, size_t threads);

#endif
