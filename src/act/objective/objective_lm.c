/* Next-token prediction. lm, on everything: mean negative log-likelihood of the next token (Bengio et al. 2003; as GPT,
 * Radford et al. 2018): L = - sum_i w_i log p(target_i | before) / sum_i w_i.
 * sft, on the answers of conversations only (Ouyang et al. 2022, supervised stage): the same with w_i = 0 elsewhere. */
#include "act/objective/objective.h"

/* What is to be predicted: row `at` of the batch, its target and weight. Memory of its own. */
struct wanted {
    int32_t *at, *targets;
    float *weights;
    size_t n;
    double total; /* of the weights */
};

static void wanted_done(struct wanted *w) {
    memory_free(w->at);
    memory_free(w->targets);
    memory_free(w->weights);
}

static bool wanted_init(struct wanted *w, const struct train_batch *batch, struct error *err) {
    *w = (struct wanted){.at = memory_alloc(batch->rows * sizeof *w->at),
                         .targets = memory_alloc(batch->rows * sizeof *w->targets),
                         .weights = memory_alloc(batch->rows * sizeof *w->weights)};
    if (!w->at || !w->targets || !w->weights) return error_memory(err, "targets");
    for (size_t i = 0; i < batch->rows; i++) {
        if (batch->targets[i] < 0) continue;
        w->at[w->n] = (int32_t)i;
        w->targets[w->n] = batch->targets[i];
        w->weights[w->n++] = batch->weights[i];
        w->total += (double)batch->weights[i];
    }
    return w->total > 0 || error_set(err, ERROR_DATA, "a batch without a token to predict");
}

/* Only rows that predict something need logits, which are the largest arrays of all. */
static struct tensor *loss(const struct option_value *options, struct lm_trainable *model, struct tape *tape,
                           const struct train_batch *batch, double *shown, struct error *err) {
    (void)options;
    struct wanted w;
    struct tensor *x = NULL;
    if (wanted_init(&w, batch, err))
        x = lm_trainable_logits_at(model, tape, batch->ids, batch->rows, batch->starts, batch->n_segments, w.at, w.n,
                                   err);
    if (x) x = tape_logprob(tape, x, w.targets, err);
    if (x) x = tape_weighted_sum(tape, x, w.weights, err);
    if (x) x = tape_scale(tape, x, (float)(-1.0 / w.total), err);
    if (x) *shown = (double)x->data[0];
    wanted_done(&w);
    return x;
}

const struct objective objective_lm = {
    .name = "lm",
    .summary = "next-token prediction on all tokens of documents and conversations",
    .source = "maximum likelihood; Radford et al. 2018",
    .unit = "nats a token",
    .loss = loss,
};

const struct objective objective_sft = {
    .name = "sft",
    .summary = "next-token prediction on what the assistant says in conversations, and on all of plain documents",
    .source = "maximum likelihood; Ouyang et al. 2022, section 3.5",
    .unit = "nats a token",
    .answers = true,
    .loss = loss,
};
