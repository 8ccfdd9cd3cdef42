/* What the files of the trainer share. */
#ifndef ACT_TRAIN_INTERNAL_H
#define ACT_TRAIN_INTERNAL_H

#include "act/rollout/rollout.h"
#include "act/train/train.h"
#include "tensor/gradient_sum.h"

#include <stdio.h>

struct train_rule { /* of the optimiser, from its spec */
    double lr, final, warmup, decay, beta1, beta2, eps, clip;
    uint64_t horizon; /* step at which the rate has fallen to its last value; 0: the last step */
    size_t batch, micro; /* packed rows, groups or prompts a step; of one pass over the tape, 0: not yet known */
    bool linear, constant, shuffle;
    /* Private training, see privacy.h; epsilon 0: none. delta, rate, noise are settled when the data are known. */
    double epsilon, delta, rate, noise, example; /* example: length that the gradient of an example is clipped to */
    uint64_t patience; /* measurements without a better one after which the training ends; 0: never */
};

/* What makes the products, from a step on. It changes the last bits, so it is told in log, card and model. */
struct train_arithmetic {
    uint64_t from;
    char compute[8], isa[24]; /* f32 or bf16; as matmul_isa_name */
};
enum { TRAIN_ARITHMETICS = 32 }; /* changes of one training at most */

enum { TRAIN_TRIED = 256 };

struct train {
    struct train_settings settings;
    struct arena arena;
    struct pool *pool;
    const struct objective *objective;
    struct option_value *options;
    struct lm_model *model;
    struct lm_trainable *trainable;
    struct lm_lora lora;
    struct parameter *const *parameters; /* that learn */
    size_t n_parameters;
    uint64_t learning, frozen; /* numbers of values */
    bool *decayed;
    struct tape *tape;
    struct adamw *adamw;
    struct within *within; /* what the weights may become (train_within.c); NULL: anything */
    struct gradient_sum *sum; /* of the passes of a step */
    struct corpus *corpus, *valid;          /* of objectives of packed rows */
    struct answers *answers, *valid_answers; /* of objectives of answers */
    struct dump *dump, *valid_dump;          /* of objectives that learn from a teacher */
    struct train_tried *tried;               /* by objective.fit or settle, TRAIN_TRIED of them at most */
    size_t n_tried;
    struct prompts *prompts;                 /* of objectives that learn from the model's own answers */
    struct lm_engine *engine;                /* that answers them */
    const struct option_value *rollout_options; /* train_rollout_options */
    struct arena rollout_arena;              /* of one step */
    struct lm_trainable *other;              /* the reference, where it is not the model as it begins */
    struct lm_model *reference_model;        /* that it was made from; NULL: from the model itself */
    char reference_digest[65];
    float *reference, *valid_reference;      /* of each token of the answers; NULL: not needed */
    double *weights; /* of the data files; NULL: no mixture */
    struct train_rule rule;
    uint64_t steps, every;
    char *log_path, *card_path, *checkpoint_path, *reference_path;
    char config[65]; /* sha256 of what decides the result */
    /* Position: the number of steps done, and the window of the log. */
    uint64_t step;
    double window_sum, loss, valid_loss;
    uint64_t window_n;
    uint64_t prompt_at;  /* prompts drawn so far */
    struct train_keep *keep; /* of process 0; NULL: the last step is kept */
    bool settled;        /* nothing better has come for long enough */
    bool still;          /* measured only: nothing may change */
    double first_length; /* mean tokens of an answer in the first step; 0: none was taken */
    struct step_figures figures, valid_figures; /* of the window, of the newest validation */
    struct train_arithmetic arithmetic[TRAIN_ARITHMETICS];
    uint64_t n_arithmetic;
    double norm;         /* of the newest gradient */
    double setting;      /* that an objective without steps has found; NaN: none */
    int64_t logged_step; /* of the newest line of the log; -1: none */
    /* Of this sitting: inputs of the model, and time and inputs of the newest line of the log. */
    uint64_t tokens, tokens_logged, tokens_all; /* tokens: by this process; the others: by all */
    double began, reached, logged; /* reached: when the newest step was done */
    bool validated; /* since the last line of the log */
    struct arena probe_arena;
    struct probe_figure *probed; /* since the last line of the log, on probe_arena; NULL: none */
    size_t n_probed;
};

/* train_setup.c */
bool train_setup(struct train *t, struct error *err) MUST_CHECK;
/* Forward and backward products without attention: 6 a parameter and token (Kaplan et al. 2020, section 2.1), 4 where
 * it is frozen and gets no gradient. */
double train_flops(const struct train *t, uint64_t tokens);

/* train_data.c: the files of a mixture in place of settings.data; then data,
 * validation data and the number of steps. */
bool train_mix(struct train *t, struct error *err) MUST_CHECK;
bool train_data(struct train *t, struct error *err) MUST_CHECK;
void train_note_tried(void *context, double setting, double error); /* context: the training; an objective_tried */
/* What both kinds of data have: documents or answers, tokens, packed rows or groups, sha256. */
struct train_size {
    uint64_t documents, longer, tokens, rows;
    const char *digest;
};
struct train_size train_size(const struct train *t);

/* train_step.c: learning rate of step 0.. ; one optimiser step; mean loss over the validation rows. */
double train_rate(const struct train_rule *rule, uint64_t step, uint64_t steps);
bool train_gradients(struct train *t, double *loss, struct error *err) MUST_CHECK; /* of the step, added up */
/* Passes over n rows (or groups), and which rows a pass has. */
struct train_rows {
    size_t first, n;
};
size_t train_passes(const struct train *t, size_t n);
struct train_rows train_pass_rows(const struct train *t, size_t n, size_t pass);
bool train_step(struct train *t, struct error *err) MUST_CHECK;
/* Gradients and mean loss of one example alone: row `number` of the files; group `number`. */
bool train_rows_example(struct train *t, size_t number, double *loss, struct error *err) MUST_CHECK;
bool train_answers_example(struct train *t, size_t number, double *loss, struct error *err) MUST_CHECK;
bool train_validate(struct train *t, double *loss, struct error *err) MUST_CHECK;
/* train_answers.c: groups of answers of one step. reference, sampled:
 * of tokens as first_counted of graded_answer counts; NULL: none. */
struct step_answers {
    const struct answer_group *const *groups;
    size_t n;
    const float *reference, *sampled;
    const float *said; /* by the head when they were sampled: (n_counted + 1) x outputs of each answer, one after the
                          other; NULL: none */
    bool forward_only; /* no gradients */
    bool stays;        /* the gradients stay where they are, and are not yet part of the step's sum */
};
/* Log-probabilities of all tokens of the answers, one group after the other, and what the head says as step_answers has
 * it; either may be NULL. */
bool train_answers_score(struct train *t, struct lm_trainable *model, const struct answer_group *const *groups,
                         size_t n, float *out, float *said, struct error *err) MUST_CHECK;
/* Loss and figures of the groups, and gradients of the parameters. */
bool train_answers_pass(struct train *t, const struct step_answers *step, double *loss, struct step_figures *figures,
                        struct error *err) MUST_CHECK;
bool train_answers_gradients(struct train *t, double *loss, struct error *err) MUST_CHECK; /* of the step */
bool train_answers_validate(struct train *t, double *loss, struct error *err) MUST_CHECK;
/* train_rollout.c: prompts and engine; the answers of a step, its inner steps but the last,
 * and the gradients of that. */
bool train_rollout_open(struct train *t, struct error *err) MUST_CHECK;
bool train_rollout_gradients(struct train *t, double *loss, struct error *err) MUST_CHECK;
/* train_settle.c: of objectives without steps, what they need, and all their work. */
bool train_settle_open(struct train *t, struct error *err) MUST_CHECK;
bool train_settle(struct train *t, struct error *err) MUST_CHECK;
/* train_reference.c: the model to stay near, where there is one; what the reference says of the answers;
 * before a checkpoint is loaded. */
bool train_reference_open(struct train *t, struct error *err) MUST_CHECK;
bool train_reference(struct train *t, struct error *err) MUST_CHECK;
/* train_checkpoint.c: whole or not at all, by process 0; load: *found false when there is none. */
bool train_checkpoint_save(struct train *t, struct error *err) MUST_CHECK;
bool train_checkpoint_load(struct train *t, bool *found, struct error *err) MUST_CHECK;
/* The same under another name, of this process alone. */
bool train_state_save(struct train *t, const char *path, struct error *err) MUST_CHECK;
bool train_state_load(struct train *t, const char *path, struct error *err) MUST_CHECK;
/* train_keep.c: before the data are read; when a training begins or goes on; before each line of the log; after each
 * checkpoint; the state that is kept, in place of the last one; after it was written. */
bool train_keep_open(struct train *t, struct error *err) MUST_CHECK;
bool train_keep_restore(struct train *t, struct error *err) MUST_CHECK;
bool train_keep_note(struct train *t, struct error *err) MUST_CHECK;
bool train_keep_tidy(struct train *t, struct error *err) MUST_CHECK;
bool train_keep_take(struct train *t, uint64_t *step, struct error *err) MUST_CHECK;
bool train_keep_done(struct train *t, struct error *err) MUST_CHECK;
/* train_private.c: after the data, before the optimiser; a step; what is promised, what was spent so far; the command
 * line, without the seed where that must stay secret. */
bool train_private_open(struct train *t, struct error *err) MUST_CHECK;
bool train_private_gradients(struct train *t, double *loss, struct error *err) MUST_CHECK;
void train_private_put(const struct train *t, struct buffer *b);
double train_private_spent(const struct train *t);
void train_private_command(const struct train *t, struct buffer *b);
/* train_within.c: after the optimiser was made; after each step. */
bool train_within_open(struct train *t, struct error *err) MUST_CHECK;
bool train_within_hold(struct train *t, struct error *err) MUST_CHECK;
/* train_memory.c */
struct train_memory train_memory(const struct train *t);
size_t train_rollout_samples(const struct train *t); /* answers a prompt: train_rollout.c */
/* train_arithmetic.c: notes what this sitting computes with; "f32 on avx2, from step 40 bf16 on avx512_core_amx". */
bool train_arithmetic_note(struct train *t, struct error *err) MUST_CHECK;
void train_arithmetic_put(const struct train *t, struct buffer *b);
/* train_probe.c: what is due after this step and stands in no line of the log yet: validation, probe, the line. */
bool train_milestone(const struct train *t);
bool train_report(struct train *t, FILE *log, struct error *err) MUST_CHECK; /* log: NULL but in process 0 */
/* train_log.c */
bool train_log_cut(struct train *t, bool anew,
                   struct error *err) MUST_CHECK; /* drops lines after the step that is gone on from; anew: all */
bool train_log_tokens(struct train *t, struct error *err) MUST_CHECK; /* counts the tokens of all processes */
bool train_log_line(struct train *t, FILE *log, struct error *err) MUST_CHECK;
bool train_card(struct train *t, const struct train_result *result, struct error *err) MUST_CHECK;

#endif
