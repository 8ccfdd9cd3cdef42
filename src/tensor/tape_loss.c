/* The ends of a loss: log-probabilities and weighted sums. See tape.h. */
#include "tensor/tape_internal.h"

#include <math.h>
#include <string.h>

#define LOSS_ROWS 16u

struct logprob {
    const float *logits, *g;
    float *out, *lse; /* lse: [rows] */
    const int32_t *targets;
    size_t columns;
    struct sink sink;
};

static void logprob_rows(void *context, size_t from, size_t to) {
    struct logprob *l = context;
    for (size_t i = from; i < to; i++) {
        l->out[i] = l->lse[i] = 0.0f;
        if (l->targets[i] < 0) continue;
        const float *row = l->logits + i * l->columns;
        float sum, most = kernels()->log_sum_exp(row, l->columns, &sum);
        l->lse[i] = most + logf(sum);
        l->out[i] = (row[l->targets[i]] - most) - logf(sum);
    }
}

static void logprob_back_rows(void *context, size_t from, size_t to) {
    struct logprob *l = context;
    for (size_t i = from; i < to; i++) {
        float *row = l->sink.at + i * l->columns;
        if (l->targets[i] < 0 || l->g[i] == 0.0f) {
            if (!l->sink.add) memset(row, 0, l->columns * sizeof *row);
            continue;
        }
        kernels()->logprob_back(row, l->sink.add, l->logits + i * l->columns, l->lse[i], l->g[i], l->columns);
        row[l->targets[i]] += l->g[i];
    }
}

static bool logprob_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct logprob *l = node->context;
    l->g = g;
    if (!tape_sink(tape, node->in[0], &l->sink, err)) return false;
    if (l->sink.at) tape_each(tape, node->out->tensor.shape[0], LOSS_ROWS, logprob_back_rows, l);
    return true;
}

struct tensor *tape_logprob(struct tape *tape, struct tensor *logits, const int32_t *targets, struct error *err) {
    if (!tape_check_matrix(tape, logits, "logprob", "logits", err)) return NULL;
    size_t rows = logits->shape[0], columns = logits->shape[1];
    for (size_t i = 0; i < rows; i++) {
        if (targets[i] < 0 || (size_t)targets[i] < columns) continue;
        error_set(err, ERROR_DATA, "logprob: target %zu is %d, expected below %zu", i, (int)targets[i], columns);
        return NULL;
    }
    struct variable *in[3] = {variable_of(logits), NULL, NULL};
    struct logprob *l = tape_take(tape, 1, sizeof *l, err);
    float *lse = l ? tape_take(tape, rows, sizeof *lse, err) : NULL;
    int32_t *copy = lse ? tape_take(tape, rows, sizeof *copy, err) : NULL;
    struct variable *out = copy ? tape_result(tape, 1, &rows, in, err) : NULL;
    if (!out) return NULL;
    if (rows) memcpy(copy, targets, rows * sizeof *copy);
    *l = (struct logprob){
        .logits = logits->data, .out = out->tensor.data, .lse = lse, .targets = copy, .columns = columns};
    tape_each(tape, rows, LOSS_ROWS, logprob_rows, l);
    return tape_append(tape, "logprob", logprob_back, out, in, l, err);
}

static bool weighted_sum_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    const float *weights = node->context;
    struct sink sink;
    if (!tape_sink(tape, node->in[0], &sink, err)) return false;
    if (!sink.at) return true;
    size_t n = tensor_size(&node->in[0]->tensor);
    (sink.add ? kernels()->scale_add : kernels()->scale)(sink.at, weights, g[0], n);
    return true;
}

struct tensor *tape_weighted_sum(struct tape *tape, struct tensor *x, const float *weights, struct error *err) {
    if (!x || ((struct variable *)x)->tape != tape) {
        error_set(err, ERROR_DATA, "weighted sum: 'x' is missing or belongs to another tape");
        return NULL;
    }
    struct variable *in[3] = {variable_of(x), NULL, NULL};
    size_t n = tensor_size(x), one = 1;
    float *copy = tape_take(tape, n, sizeof *copy, err);
    struct variable *out = copy ? tape_result(tape, 1, &one, in, err) : NULL;
    if (!out) return NULL;
    if (n) memcpy(copy, weights, n * sizeof *copy);
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)weights[i] * (double)x->data[i];
    out->tensor.data[0] = (float)sum;
    return tape_append(tape, "weighted sum", weighted_sum_back, out, in, copy, err);
}
