/* Answers by nearest neighbours: the class whose neighbours among the k with the largest inner products have the
 * largest share of the sum of these products. Exact, one query after the other, memory linear in the rows. */
#ifndef MEASURE_KNN_H
#define MEASURE_KNN_H

#include "base/arena.h"

#include <stdint.h>

struct knn {
    const float *row; /* [n][width] */
    size_t n, width;
    const uint32_t *label;   /* [n] class */
    const uint32_t *cluster; /* [n] rows of a cluster are no neighbours of each other; NULL: each is its own */
    size_t n_classes, k;
};
/* Of row i, which is no neighbour of itself. *share: of the answer, NaN where the products do not sum to more than 0.
 * Equal products: the earlier row. near: [k] scratch, their number in *found; similarity: [k] scratch. Without any
 * neighbour *answer is n_classes. */
struct knn_near {
    size_t row;
    double product;
};
void knn_answer(const struct knn *knn, size_t i, struct knn_near *near, double *sums /* [n_classes] */, size_t *answer,
                double *share);

#endif
