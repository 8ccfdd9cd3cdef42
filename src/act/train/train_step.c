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

/* Gradients of the batch's mean loss times `share`, its part of the weight of the whole step; *loss:
 * that part of the loss. */
static bool pass(struct train *t, const struct train_batch *batch, double share, double *loss, struct error *err) {
    double shown = NAN;
    tape_reset(t->tape);
    struct tensor *root = t->objective->loss(t->options, t->trainable, t->tape, batch, &shown, err);
    if (root && share < 1) root = tape_scale(t->tape, root, (float)share, err);
    if (!root) return false;
    *loss = shown * share;
    if (!isfinite(shown))
        return error_set(err, ERROR_DATA, "the loss is not finite at step %llu; lower lr or look for broken data",
                         (unsigned long long)t->step + 1);
    t->tokens += batch->rows;
    return tape_backward(t->tape, root, err);
}

static bool rows_of(struct train *t, bool valid, uint64_t first, size_t n, struct train_batch *batch,
                    struct error *err) {
    if (t->dump) return dump_batch(valid ? t->valid_dump : t->dump, first, n, batch, err);
    return corpus_batch(valid ? t->valid : t->corpus, first, n, batch, err);
}

size_t train_passes(const struct train *t, size_t n) {
    return (n + t->rule.micro - 1) / t->rule.micro;
}

struct train_rows train_pass_rows(const struct train *t, size_t n, size_t pass) {
    size_t first = pass * t->rule.micro;
    return (struct train_rows){first, n - first < t->rule.micro ? n - first : t->rule.micro};
}

/* One pass of a step of packed rows. One whose rows have no weight leaves gradients of zero. */
static bool rows_pass(struct train *t, size_t number, double total, double *loss, struct error *err) {
    struct train_batch batch;
    struct train_rows rows = train_pass_rows(t, t->rule.batch, number);
    if (!rows_of(t, false, t->step * t->rule.batch + rows.first, rows.n, &batch, err)) return false;
    double weight = total > 0 ? batch_weight(&batch) : 1;
    *loss = 0;
    return (weight <= 0 || pass(t, &batch, total > 0 ? weight / total : 1, loss, err)) &&
           gradient_sum_take(t->sum, err);
}

/* Passes of `micro` rows count by the weights in them, so that they add up to the mean of all. */
static bool rows_gradients(struct train *t, double *loss, struct error *err) {
    struct train_batch batch;
    size_t passes = train_passes(t, t->rule.batch);
    double total = 0, *losses = memory_zeroed(passes, sizeof *losses);
    bool ok = losses || error_memory(err, "losses of a step");
    if (ok && passes > 1 && (ok = rows_of(t, false, t->step * t->rule.batch, t->rule.batch, &batch, err)))
        total = batch_weight(&batch);
    struct team_share share = gradient_sum_begin(t->sum, passes);
    for (size_t i = share.first; ok && i < share.end; i++) ok = rows_pass(t, i, total, &losses[i], err);
    ok = team_agree(t->settings.team, ok, err) && gradient_sum_end(t->sum, err) &&
         team_gather_parts(t->settings.team, losses, passes, sizeof *losses, err);
    for (size_t i = 0; ok && i < passes; i++) *loss += losses[i];
    memory_free(losses);
    return ok;
}

bool train_rows_example(struct train *t, size_t number, double *loss, struct error *err) {
    struct train_batch batch;
    return rows_of(t, false, number, 1, &batch, err) && (batch_weight(&batch) <= 0 || pass(t, &batch, 1, loss, err));
}

bool train_gradients(struct train *t, double *loss, struct error *err) {
    if (t->rule.epsilon > 0) return train_private_gradients(t, loss, err);
    if (t->prompts) return train_rollout_gradients(t, loss, err);
    if (t->answers) return train_answers_gradients(t, loss, err);
    return rows_gradients(t, loss, err);
}

bool train_step(struct train *t, struct error *err) {
    const struct train_rule *rule = &t->rule;
    double loss = 0;
    if (!train_gradients(t, &loss, err)) return false;
    if (!adamw_step(t->adamw, t->pool, train_rate(rule, t->step, t->steps), t->decayed, &t->norm, err))
        return error_wrap(err, "step %llu", (unsigned long long)t->step + 1);
    if (!train_within_hold(t, err)) return false;
    t->step++;
    if (isnan(loss)) return true; /* a private step without an example */
    t->loss = loss;
    t->window_sum += loss;
    t->window_n++;
    /* Above a uniform guess by half, long after the warm-up: it will not come back. */
    double guess = log((double)t->model->shape.vocabulary);
    if (t->corpus && (double)t->step > rule->warmup * (double)t->steps + 50 && loss > 1.5 * guess)
        return error_set(err, ERROR_DATA,
                         "training diverged: loss %.3g at step %llu, a uniform guess has %.3g; lower lr", loss,
                         (unsigned long long)t->step, guess);
    return true;
}

struct validation {
    double loss, weight;
};

static bool validate_pass(struct train *t, struct train_rows rows, struct validation *v, struct error *err) {
    struct train_batch batch;
    double shown;
    tape_reset(t->tape);
    if (!rows_of(t, true, rows.first, rows.n, &batch, err) ||
        !t->objective->loss(t->options, t->trainable, t->tape, &batch, &shown, err))
        return false;
    v->weight = batch_weight(&batch);
    v->loss = shown * v->weight;
    return true;
}

bool train_validate(struct train *t, double *loss, struct error *err) {
    struct validation v[VALID_ROWS] = {0};
    if (t->objective->settle) return true; /* it has told already */
    *loss = NAN;
    if (t->valid_answers) return train_answers_validate(t, loss, err);
    if (!t->valid && !t->valid_dump) return true;
    uint64_t all = t->valid ? corpus_rows(t->valid) : dump_rows(t->valid_dump);
    size_t rows = all < VALID_ROWS ? (size_t)all : VALID_ROWS, passes = train_passes(t, rows);
    struct team_share share = team_share(t->settings.team, passes, team_rank(t->settings.team));
    bool ok = true;
    for (size_t i = share.first; ok && i < share.end; i++)
        ok = validate_pass(t, train_pass_rows(t, rows, i), &v[i], err);
    if (!team_agree(t->settings.team, ok, err) || !team_gather_parts(t->settings.team, v, passes, sizeof *v, err))
        return false;
    double sum = 0, total = 0;
    for (size_t i = 0; i < passes; i++) {
        sum += v[i].loss;
        total += v[i].weight;
    }
    *loss = sum / total;
    return true;
}
