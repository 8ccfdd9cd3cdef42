/* Root mean square norm: see tape.h. */
#include "tensor/tape_internal.h"

#include <string.h>

#define NORM_ROWS 64u

struct norm {
    const float *x, *gain, *g;
    float *y, *inverse; /* inverse: [rows] */
    float *partial;     /* of the gain's gradient: [blocks of NORM_ROWS, columns]; NULL: not needed */
    float eps;
    size_t columns;
    struct sink dx;
};

static void norm_rows(void *context, size_t from, size_t to) {
    struct norm *n = context;
    for (size_t i = from; i < to; i++)
        n->inverse[i] = kernels()->rmsnorm(n->y + i * n->columns, n->x + i * n->columns, n->gain, n->eps, n->columns);
}

static void norm_back_rows(void *context, size_t from, size_t to) {
    struct norm *n = context;
    float *dgain = n->partial ? n->partial + from / NORM_ROWS * n->columns : NULL;
    if (dgain) memset(dgain, 0, n->columns * sizeof *dgain);
    for (size_t i = from; i < to; i++) {
        size_t at = i * n->columns;
        kernels()->rmsnorm_back(n->dx.at ? n->dx.at + at : NULL, n->dx.add, dgain, n->g + at, n->x + at, n->gain,
                                n->inverse[i], n->columns);
    }
}

static bool norm_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct norm *n = node->context;
    size_t rows = node->in[0]->tensor.shape[0], blocks = (rows + NORM_ROWS - 1) / NORM_ROWS;
    struct sink dgain;
    if (!tape_sink(tape, node->in[0], &n->dx, err) || !tape_sink(tape, node->in[1], &dgain, err)) return false;
    n->g = g;
    n->partial = NULL;
    if (dgain.at && !(n->partial = tape_scratch(tape, blocks * n->columns * sizeof(float), err))) return false;
    tape_each(tape, rows, NORM_ROWS, norm_back_rows, n);
    if (dgain.at)
        for (size_t i = 0; i < blocks; i++) kernels()->add(dgain.at, dgain.at, n->partial + i * n->columns, n->columns);
    return true;
}

struct tensor *tape_rmsnorm(struct tape *tape, struct tensor *x, struct parameter *gain, float eps, struct error *err) {
    char first[96], second[96];
    if (!tape_check_matrix(tape, x, "rmsnorm", "x", err)) return NULL;
    if (gain->value.dims != 1 || gain->value.shape[0] != x->shape[1]) {
        error_set(err, ERROR_DATA, "rmsnorm: x has shape %s, gain '%s' has shape %s, expected [%zu]",
                  tensor_shape_text(x, first), gain->name ? gain->name : "", tensor_shape_text(&gain->value, second),
                  x->shape[1]);
        return NULL;
    }
    struct variable *in[3] = {variable_of(x), tape_leaf(tape, gain, err), NULL};
    if (!in[1]) return NULL;
    struct norm *n = tape_take(tape, 1, sizeof *n, err);
    float *inverse = tape_take(tape, x->shape[0], sizeof *inverse, err);
    struct variable *out = n && inverse ? tape_result(tape, 2, x->shape, in, err) : NULL;
    if (!out) return NULL;
    *n = (struct norm){.x = x->data,
                       .gain = gain->value.data,
                       .y = out->tensor.data,
                       .inverse = inverse,
                       .eps = eps,
                       .columns = x->shape[1]};
    tape_each(tape, x->shape[0], NORM_ROWS, norm_rows, n);
    return tape_append(tape, "rmsnorm", norm_back, out, in, n, err);
}
