/* What one pass over the tape is fed with: packed sequences of tokens. */
#ifndef ACT_BATCH_H
#define ACT_BATCH_H

#include <stddef.h>
#include <stdint.h>

/* Of each row the k likeliest next tokens of a teacher, by falling probability, and what it left for all others. */
struct batch_slices {
    size_t k;
    const int32_t *ids; /* [rows * k] */
    const double *p;    /* [rows * k] */
    const double *rest; /* [rows] */
};

/* Rows starts[s]..starts[s+1]-1 are sequence s. targets[i]: the token to predict at row i, -1: none. */
struct train_batch {
    const int32_t *ids, *targets;
    const float *weights; /* of each row's loss; 0 where targets is -1 */
    size_t rows;
    const size_t *starts; /* [n_segments + 1] */
    size_t n_segments;
    const struct batch_slices *slices; /* NULL: there is no teacher */
};

#endif
