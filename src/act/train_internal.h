/* What the files of the trainer share. */
#ifndef ACT_TRAIN_INTERNAL_H
#define ACT_TRAIN_INTERNAL_H

#include "act/train.h"

#include <stdio.h>

struct train_rule { /* of the optimiser, from its spec */
    double lr, final, warmup, decay, beta1, beta2, eps, clip;
    uint64_t horizon; /* step at which the rate has fallen to its last value; 0: the last step */
    size_t batch, micro; /* packed rows a step; of one pass over the tape */
    bool linear, constant, shuffle;
};

/* What makes the products, from a step on. It changes the last bits, so it is told in log, card and model. */
struct train_arithmetic {
    uint64_t from;
    char compute[8], isa[24]; /* f32 or bf16; as matmul_isa_name */
};
enum { TRAIN_ARITHMETICS = 32 }; /* changes of one training at most */

struct train {
    struct train_settings settings;
    struct arena arena;
    struct pool *pool;
    const struct objective *objective;
    const struct option_value *options;
    struct lm_model *model;
    struct lm_trainable *trainable;
    struct lm_lora lora;
    struct parameter *const *parameters; /* that learn */
    size_t n_parameters;
    uint64_t learning, frozen; /* numbers of values */
    bool *decayed;
    struct tape *tape;
    struct adamw *adamw;
    struct corpus *corpus, *valid;
    double *weights; /* of the data files; NULL: no mixture */
    struct train_rule rule;
    uint64_t steps, every;
    char *log_path, *card_path, *checkpoint_path;
    char config[65]; /* sha256 of what decides the result */
    /* Position: the number of steps done, and the window of the log. */
    uint64_t step;
    double window_sum, loss, valid_loss;
    uint64_t window_n;
    struct train_arithmetic arithmetic[TRAIN_ARITHMETICS];
    uint64_t n_arithmetic;
    double norm;         /* of the newest gradient */
    int64_t logged_step; /* of the newest line of the log; -1: none */
    /* Of this sitting: inputs of the model, and time and inputs of the newest line of the log. */
    uint64_t tokens, tokens_logged;
    double began, reached, logged; /* reached: when the newest step was done */
    bool validated; /* since the last line of the log */
    struct arena probe_arena;
    struct probe_figure *probed; /* since the last line of the log, on probe_arena; NULL: none */
    size_t n_probed;
};

/* train_setup.c */
bool train_setup(struct train *t, struct error *err) MUST_CHECK;
/* Forward and backward products without attention: 6 a parameter and token (Kaplan et al. 2020, section 2.1), 4 where it is
 * frozen and gets no gradient. */
double train_flops(const struct train *t, uint64_t tokens);

/* train_data.c: the files of a mixture in place of settings.data; then data, validation data and the number of steps. */
bool train_mix(struct train *t, struct error *err) MUST_CHECK;
bool train_data(struct train *t, struct error *err) MUST_CHECK;

/* train_step.c: learning rate of step 0.. ; one optimiser step; mean loss over the validation rows. */
double train_rate(const struct train_rule *rule, uint64_t step, uint64_t steps);
bool train_gradients(struct train *t, double *loss, struct error *err) MUST_CHECK; /* of the step, added up */
bool train_step(struct train *t, struct error *err) MUST_CHECK;
bool train_validate(struct train *t, double *loss, struct error *err) MUST_CHECK;
/* train_checkpoint.c: whole or not at all; load: *found false when there is none. */
bool train_checkpoint_save(struct train *t, struct error *err) MUST_CHECK;
bool train_checkpoint_load(struct train *t, bool *found, struct error *err) MUST_CHECK;
/* train_arithmetic.c: notes what this sitting computes with; "f32 on avx2, from step 40 bf16 on avx512_core_amx". */
bool train_arithmetic_note(struct train *t, struct error *err) MUST_CHECK;
void train_arithmetic_put(const struct train *t, struct buffer *b);
/* train_probe.c: what is due after this step and stands in no line of the log yet: validation, probe, the line. */
bool train_milestone(const struct train *t);
bool train_report(struct train *t, FILE *log, struct error *err) MUST_CHECK;
/* train_log.c */
bool train_log_cut(struct train *t, struct error *err) MUST_CHECK; /* drops lines after the step that is gone on from */
bool train_log_line(struct train *t, FILE *log, struct error *err) MUST_CHECK;
bool train_card(struct train *t, const struct train_result *result, struct error *err) MUST_CHECK;

#endif
