/* One temperature for all logits, so that a model claims what it knows (Guo et al. 2017, section 4.2): the T that
 * makes the rows likeliest,
 *
 *     T = arg min - sum_i w_i log softmax(z_i / T)_target,
 *
 * is found by Newton's method on b = 1 / T, in which the loss is convex, held between bounds; each trial is a pass
 * over the data. It is built in: the gain (and bias) of the last norm are divided by T, so that the logits are, and
 * the model works in any program. Nothing else changes: the likeliest token stays the likeliest. Refused where the
 * logits are capped behind that norm. */
#include "act/objective/objective.h"

#include <math.h>

enum { BINS = 10, TRIALS = 60 };
#define MOST 100.0 /* of T and 1 / T */

/* Of all tokens that are to be predicted, with logits times b. */
struct measured {
    double loss, slope, curve; /* sums: of the loss, of its derivatives by b */
    double weight;
    double claimed[BINS], right[BINS]; /* of the likeliest token */
};

static void add_token(struct measured *m, const float *z, size_t n, size_t target, double weight, double b) {
    double most = -INFINITY, sum = 0, mean = 0, square = 0;
    size_t best = 0;
    for (size_t v = 0; v < n; v++)
        if ((double)z[v] > most) most = (double)z[best = v];
    for (size_t v = 0; v < n; v++) { /* of what is left of the largest */
        double off = (double)z[v] - most, p = exp(b * off);
        sum += p;
        mean += p * off;
        square += p * off * off;
    }
    mean /= sum;
    double own = (double)z[target] - most, top = 1 / sum;
    m->loss += weight * (log(sum) - b * own);
    m->slope += weight * (mean - own);
    m->curve += weight * (square / sum - mean * mean);
    m->weight += weight;
    int bin = (int)ceil(top * BINS) - 1;
    bin = bin < 0 ? 0 : bin < BINS ? bin : BINS - 1;
    m->claimed[bin] += weight * top;
    m->right[bin] += weight * (best == target);
}

static bool add_row(struct settling *s, const struct train_batch *batch, double b, struct measured *m,
                    struct error *err) {
    size_t vocabulary = s->model->shape.vocabulary, longest = 0;
    for (size_t k = 0; k < batch->n_segments; k++)
        if (batch->starts[k + 1] - batch->starts[k] > longest) longest = batch->starts[k + 1] - batch->starts[k];
    float *logits = memory_zeroed(longest * vocabulary, sizeof *logits);
    bool ok = logits || error_memory(err, "logits");
    for (size_t k = 0; ok && k < batch->n_segments; k++) {
        size_t from = batch->starts[k], to = batch->starts[k + 1];
        ok = lm_logits(s->engine, batch->ids + from, to - from, logits, err);
        for (size_t i = from; ok && i < to; i++)
            if (batch->targets[i] >= 0)
                add_token(m, logits + (i - from) * vocabulary, vocabulary, (size_t)batch->targets[i],
                          (double)batch->weights[i], b);
    }
    memory_free(logits);
    return ok;
}

static bool measure(struct settling *s, struct corpus *data, double b, struct measured *m, struct error *err) {
    *m = (struct measured){0};
    for (uint64_t r = 0; r < corpus_rows(data); r++) {
        struct train_batch batch;
        if (interrupted(s->stop))
            return error_set(err, ERROR_INTERRUPTED, "interrupted; nothing was written, the same command begins anew");
        if (!corpus_batch(data, r, 1, &batch, err) || !add_row(s, &batch, b, m, err)) return false;
    }
    if (!(m->weight > 0)) return error_set(err, ERROR_DATA, "the data have no token to predict");
    return isfinite(m->loss) || error_set(err, ERROR_DATA, "a log-probability is not finite; the model overflows");
}

static double ece(const struct measured *m) {
    double sum = 0;
    for (int i = 0; i < BINS; i++) sum += fabs(m->right[i] - m->claimed[i]) / m->weight;
    return sum;
}

static void tell(struct step_figures *figures, const struct measured *before, const struct measured *after) {
    step_figure_add(figures, "loss_before", before->loss / before->weight, 1);
    step_figure_add(figures, "loss_after", after->loss / after->weight, 1);
    step_figure_add(figures, "ece_before", ece(before), 1);
    step_figure_add(figures, "ece_after", ece(after), 1);
}

/* b where the slope is 0; *first: at b = 1. */
static bool search(struct settling *s, struct measured *first, double *found, struct error *err) {
    double least = 1 / MOST, most = MOST, b = 1;
    for (int i = 0; i < TRIALS; i++) {
        struct measured m;
        if (!measure(s, s->data, b, &m, err)) return false;
        if (i == 0) *first = m;
        if (s->tried) s->tried(s->context, 1 / b, m.loss / m.weight);
        if (m.slope > 0)
            most = b;
        else
            least = b;
        double next = b - m.slope / m.curve;
        if (!(next > least && next < most)) next = sqrt(least * most);
        if (fabs(next / b - 1) < 1e-9) break;
        b = next;
    }
    *found = b;
    if (b > 1.001 / MOST && b < 0.999 * MOST) return true;
    return error_set(err, ERROR_DATA, "no temperature between %g and %g is best: %s", 1 / MOST, MOST,
                     b > 1 ? "every token is the likeliest one; take data that the model was not trained on"
                           : "the model is worse than a guess on these data");
}

static void fold(struct lm_model *m, double b) {
    for (size_t k = 0; k < m->shape.width; k++) {
        m->output_norm[k] = (float)(b * (double)m->output_norm[k]);
        if (m->output_norm_bias) m->output_norm_bias[k] = (float)(b * (double)m->output_norm_bias[k]);
    }
}

static bool settle(const struct option_value *options, struct settling *s, struct error *err) {
    struct measured first, after, valid = {0}, valid_after;
    double b;
    (void)options;
    if (s->model->shape.logit_cap != 0)
        return error_set(err, ERROR_DATA,
                         "model '%s' caps its logits behind the last norm (%g tanh(z / %g)), so that no gain of "
                         "the norm divides them by a temperature",
                         s->model->name, (double)s->model->shape.logit_cap, (double)s->model->shape.logit_cap);
    if (s->valid && !measure(s, s->valid, 1, &valid, err)) return false;
    if (!search(s, &first, &b, err)) return false;
    fold(s->model, b); /* and what it now says is measured, not what it should say */
    if (!measure(s, s->data, 1, &after, err) || (s->valid && !measure(s, s->valid, 1, &valid_after, err))) return false;
    s->setting = 1 / b;
    step_figure_add(s->figures, "temperature", 1 / b, 1);
    tell(s->figures, &first, &after);
    s->loss = after.loss / after.weight;
    if (!s->valid) return true;
    tell(s->valid_figures, &valid, &valid_after);
    s->valid_loss = valid_after.loss / valid_after.weight;
    return true;
}

const struct objective objective_temperature = {
    .name = "temperature",
    .summary = "one temperature for all logits, fitted on held-out rows and built into the last norm: no step, no "
               "other change",
    .source = "Guo et al. 2017, section 4.2",
    .unit = "nats a token",
    .answers = true,
    .settle = settle,
};
