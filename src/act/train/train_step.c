/* One optimiser step, and validation. */
#include "act/train/train_internal.h"

#include <math.h>

enum { VALID_ROWS = 64 };

/* Linear warm-up to lr, then cosine (or linear, or constant) down to final x lr. */
double train_rate(const struct train_rule *rule, uint64_t step, uint64_t steps) {
    if (rule->horizon) steps = rule->horizon;
    double warm = ceil(rule->warmup * (double)steps), at = (double)step;
    if (at < warm) return rule->lr * (at + 1) / warm;
    if (rule->constant) return rule->lr;
    double done = (double)steps > warm ? fmin((at - warm) / ((double)steps - warm), 1) : 1;
    double left = rule->linear ? 1 - done : 0.5 * (1 + cos(acos(-1) * done));
    return rule->lr * (rule->final + (1 - rule->final) * left);
}

static double batch_weight(const struct train_batch *batch) {
    double sum = 0;
    for (size_t i = 0; i < batch->rows; i++) sum += (double)batch->weights[i];
    return sum;
}

/* Adds the gradients of the batch's mean loss times `share`, its part of the weight of the whole step. */
static bool pass(struct train *t, const struct train_batch *batch, double share, double *loss, struct error *err) {
    double shown = NAN;
    tape_reset(t->tape);
    struct tensor *root = t->objective->loss(t->options, t->trainable, t->tape, batch, &shown, err);
    if (root && share < 1) root = tape_scale(t->tape, root, (float)share, err);
    if (!root) return false;
    *loss += shown * share;
    if (!isfinite(shown))
        return error_set(err, ERROR_DATA, "the loss is not finite at step %llu; lower lr or look for broken data",
                         (unsigned long long)t->step + 1);
    t->tokens += batch->rows;
    return tape_backward(t->tape, root, err);
}

static bool rows_of(struct train *t, bool valid, uint64_t first, size_t n, struct train_batch *batch, struct error *err) {
    if (t->dump) return dump_batch(valid ? t->valid_dump : t->dump, first, n, batch, err);
    return corpus_batch(valid ? t->valid : t->corpus, first, n, batch, err);
}

/* Gradients of one step. Passes of `micro` rows count by the weights in them, so that they add up to the mean of all. */
bool train_gradients(struct train *t, double *loss, struct error *err) {
    struct train_batch batch;
    if (t->prompts) return train_rollout_gradients(t, loss, err);
    if (t->answers) return train_answers_gradients(t, loss, err);
    uint64_t first = t->step * t->rule.batch;
    double total = 1, weight;
    bool whole = t->rule.micro == t->rule.batch;
    if (!whole && !rows_of(t, false, first, t->rule.batch, &batch, err)) return false;
    if (!whole) total = batch_weight(&batch);
    for (size_t done = 0, rows; done < t->rule.batch; done += rows) {
        rows = t->rule.batch - done < t->rule.micro ? t->rule.batch - done : t->rule.micro;
        if (!rows_of(t, false, first + done, rows, &batch, err)) return false;
        weight = whole ? 1 : batch_weight(&batch);
        if (weight > 0 && !pass(t, &batch, weight / total, loss, err)) return false;
    }
    return true;
}

bool train_step(struct train *t, struct error *err) {
    const struct train_rule *rule = &t->rule;
    double loss = 0;
    if (!train_gradients(t, &loss, err)) return false;
    if (!adamw_step(t->adamw, t->pool, train_rate(rule, t->step, t->steps), t->decayed, &t->norm, err))
        return error_wrap(err, "step %llu", (unsigned long long)t->step + 1);
    t->loss = loss;
    t->window_sum += loss;
    t->window_n++;
    t->step++;
    /* Above a uniform guess by half, long after the warm-up: it will not come back. */
    double guess = log((double)t->model->shape.vocabulary);
    if (t->corpus && (double)t->step > rule->warmup * (double)t->steps + 50 && loss > 1.5 * guess)
        return error_set(err, ERROR_DATA, "training diverged: loss %.3g at step %llu, a uniform guess has %.3g; lower lr", loss,
                         (unsigned long long)t->step, guess);
    return true;
}

bool train_validate(struct train *t, double *loss, struct error *err) {
    *loss = NAN;
    if (t->valid_answers) return train_answers_validate(t, loss, err);
    if (!t->valid && !t->valid_dump) return true;
    uint64_t rows = t->valid ? corpus_rows(t->valid) : dump_rows(t->valid_dump);
    if (rows > VALID_ROWS) rows = VALID_ROWS;
    double sum = 0, total = 0;
    for (uint64_t r = 0; r < rows; r += t->rule.micro) {
        struct train_batch batch;
        double shown, weight;
        size_t n = rows - r < t->rule.micro ? (size_t)(rows - r) : t->rule.micro;
        tape_reset(t->tape);
        if (!rows_of(t, true, r, n, &batch, err) ||
            !t->objective->loss(t->options, t->trainable, t->tape, &batch, &shown, err))
            return false;
        weight = batch_weight(&batch);
        sum += shown * weight;
        total += weight;
    }
    *loss = sum / total;
    return true;
}
