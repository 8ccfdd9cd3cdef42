/* Training objectives: one table. An objective turns a batch of packed token rows into a loss on a tape; everything else
 * (data, schedule, optimiser, checkpoints) belongs to the trainer and is the same for all. */
#ifndef ACT_OBJECTIVE_H
#define ACT_OBJECTIVE_H

#include "base/option.h"
#include "lm/train/trainable.h"

/* Packed sequences: rows starts[s]..starts[s+1]-1 are sequence s. targets[i]: the token to predict at row i, -1: none. */
struct train_batch {
    const int32_t *ids, *targets;
    const float *weights; /* of each row's loss; 0 where targets is -1 */
    size_t rows;
    const size_t *starts;
    size_t n_segments;
};

struct objective {
    const char *name, *summary, *source; /* paper and formula */
    const struct option_def *options;
    size_t n_options;
    bool answers; /* learns the answers of conversations only: see corpus.h */
    /* The loss [1] on the tape, to be minimised; *shown: the figure for the log, in nats per weighted token. */
    struct tensor *(*loss)(const struct option_value *options, struct lm_trainable *model, struct tape *tape,
                           const struct train_batch *batch, double *shown, struct error *err);
};
size_t objectives(const struct objective *const **out);
const struct objective *objective_find(struct text spec, struct error *err) MUST_CHECK;

#endif
