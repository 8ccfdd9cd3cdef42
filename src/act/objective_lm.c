/* Next-token prediction. lm, on everything: mean negative log-likelihood of the next token (Bengio et al. 2003; as GPT, Radford et al. 2018):
 * L = - sum_i w_i log p(target_i | before) / sum_i w_i.
 * sft, on the answers of conversations only (Ouyang et al. 2022, supervised stage): the same with w_i = 0 elsewhere. */
#include "act/objective.h"

static struct tensor *loss(const struct option_value *options, struct lm_trainable *model, struct tape *tape,
                           const struct train_batch *batch, double *shown, struct error *err) {
    (void)options;
    double total = 0;
    for (size_t i = 0; i < batch->rows; i++) total += (double)batch->weights[i];
    if (!(total > 0)) return error_set(err, ERROR_DATA, "a batch without a token to predict"), NULL;
    struct tensor *logits = lm_trainable_logits(model, tape, batch->ids, batch->rows, batch->starts, batch->n_segments, err);
    struct tensor *logprob = logits ? tape_logprob(tape, logits, batch->targets, err) : NULL;
    struct tensor *sum = logprob ? tape_weighted_sum(tape, logprob, batch->weights, err) : NULL;
    struct tensor *mean = sum ? tape_scale(tape, sum, (float)(-1.0 / total), err) : NULL;
    if (mean) *shown = (double)mean->data[0];
    return mean;
}

const struct objective objective_lm = {
    .name = "lm",
    .summary = "next-token prediction on all tokens of documents and conversations",
    .source = "maximum likelihood; Radford et al. 2018",
    .loss = loss,
};

const struct objective objective_sft = {
    .name = "sft",
    .summary = "next-token prediction on what the assistant says in conversations, and on all of plain documents",
    .source = "maximum likelihood; Ouyang et al. 2022, section 3.5",
    .answers = true,
    .loss = loss,
};
