/* Training objectives: one table. An objective turns data into a loss; everything else (data, schedule, optimiser,
 * checkpoints) belongs to the trainer and is the same for all. There are two forms: a loss of packed rows on a tape,
 * and a loss of the log-probabilities of answers (answer_loss.h). */
#ifndef ACT_OBJECTIVE_H
#define ACT_OBJECTIVE_H

#include "act/data/answers.h"
#include "act/data/batch.h"
#include "act/data/corpus.h"
#include "act/data/dump.h"
#include "act/objective/answer_loss.h"
#include "base/interrupt.h"
#include "base/option.h"
#include "lm/engine/engine.h"
#include "lm/model/model_head.h"
#include "lm/train/trainable.h"
#include "record/claims.h"

/* A setting that was tried, and how far off it was. */
typedef void objective_tried(void *context, double setting, double error);

/* What an objective without steps works on, and what it tells. */
struct settling {
    struct lm_model *model; /* is changed */
    struct lm_engine *engine;
    struct corpus *data, *valid; /* valid: NULL: none */
    const struct interrupt *stop;
    objective_tried *tried;
    void *context;
    struct step_figures *figures, *valid_figures;
    double setting, loss, valid_loss; /* what was found; losses with it, NaN: not measured */
};

struct objective {
    const char *name, *summary, *source; /* paper and formula */
    const struct option_def *options;
    size_t n_options;
    const char *unit; /* of its loss, for log and card: "nats a token"; NULL: it has none */
    /* Of packed rows: the loss [1] on the tape, to be minimised; *shown: the figure for the log,
     * a mean over weighted tokens. */
    bool answers; /* learns the answers of conversations only: see corpus.h */
    bool dumps;   /* the rows are those of a teacher's dump: see dump.h */
    /* Settles options that follow from the validation data, before the first step; NULL: there are none. valid:
     * NULL: none. */
    bool (*fit)(struct option_value *options, struct dump *valid, objective_tried *tried, void *context,
                struct error *err);
    struct tensor *(*loss)(const struct option_value *options, struct lm_trainable *model, struct tape *tape,
                           const struct train_batch *batch, double *shown, struct error *err);
    /* Of packed rows, without steps: finds a setting of the whole model and builds it in. NULL: it learns by steps. */
    bool (*settle)(const struct option_value *options, struct settling *settling, struct error *err);
    /* Of claims (record/claims.h): makes a map of confidences; there is no model. Sorts the claims; on the arena. */
    bool (*of_claims)(const struct option_value *options, struct claim *claims, size_t n, struct arena *arena,
                      struct confidence_map *out, struct error *err);
    /* Of answers. forms: the rows it takes, see answers.h; 0: packed rows. */
    int forms;
    bool rollouts;  /* learns from answers that the model itself gives to prompts while it learns */
    bool levels, compares; /* of them: needs levels, not rewards; needs two answers a prompt and more */
    enum lm_head_kind head; /* what a head on the states of the answers' tokens learns to say (lm/model/model_head.h) */
    bool graded;            /* each answer of a file needs a finite reward */
    bool wordless;          /* sees the head alone, no log-probabilities */
    bool pooled; /* instead of a head: what is heard of a text is its state, as many outputs as the model is wide */
    bool (*mean)(const struct option_value *options); /* of pooled: the mean over the tokens, else the last one */
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
