/* Training objectives: one table. An objective turns data into a loss; everything else (data, schedule, optimiser,
 * checkpoints) belongs to the trainer and is the same for all. There are two forms: a loss of packed rows on a tape, and a
 * loss of the log-probabilities of answers (answer_loss.h). */
#ifndef ACT_OBJECTIVE_H
#define ACT_OBJECTIVE_H

#include "act/data/answers.h"
#include "act/data/batch.h"
#include "act/data/dump.h"
#include "act/objective/answer_loss.h"
#include "base/option.h"
#include "lm/model/model_head.h"
#include "lm/train/trainable.h"

/* A setting that was tried, and how far off it was. */
typedef void objective_tried(void *context, double setting, double error);

struct objective {
    const char *name, *summary, *source; /* paper and formula */
    const struct option_def *options;
    size_t n_options;
    /* Of packed rows: the loss [1] on the tape, to be minimised; *shown: the figure for the log, in nats per weighted token. */
    bool answers; /* learns the answers of conversations only: see corpus.h */
    bool dumps;   /* the rows are those of a teacher's dump: see dump.h */
    /* Settles options that follow from the validation data, before the first step; NULL: there are none. valid: NULL: none. */
    bool (*fit)(struct option_value *options, struct dump *valid, objective_tried *tried, void *context, struct error *err);
    struct tensor *(*loss)(const struct option_value *options, struct lm_trainable *model, struct tape *tape,
                           const struct train_batch *batch, double *shown, struct error *err);
    /* Of answers. forms: the rows it takes, see answers.h; 0: packed rows. */
    int forms;
    bool rollouts;  /* learns from answers that the model itself gives to prompts while it learns */
    bool levels, compares; /* of them: needs levels, not rewards; needs two answers a prompt and more */
    enum lm_head_kind head; /* what a head on the states of the answers' tokens learns to say (lm/model/model_head.h) */
    bool graded;            /* each answer of a file needs a finite reward */
    bool wordless;          /* sees the head alone, no log-probabilities */
    bool critic;            /* the head serves the training and is not written */
    bool reference; /* needs log-probabilities of the reference */
    bool mismatched; /* needs beside each answer another one's tokens under the same prompt, as an answer of level 0 */
    bool whole;     /* its loss is no mean over groups: a step's groups are needed at once */
    answer_loss *of_answers;
    /* Looks at the figures since the newest line of the log; NULL: does not. ERROR_DATA: it goes wrong, by name. */
    bool (*watch)(const struct option_value *options, const struct step_figures *figures, struct error *err);
};
size_t objectives(const struct objective *const **out);
const struct objective *objective_find(struct text spec, struct error *err) MUST_CHECK;

#endif
