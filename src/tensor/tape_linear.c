/* Linear maps and picked rows: tape_linear, tape_embed, tape_rows. See tape.h. */
#include "tensor/tape_internal.h"

#include <string.h>

#define BIAS_ROWS 64u

void parameter_done(struct parameter *p) {
    matmul_weights_free(p->packed);
    matmul_weights_free(p->packed_back);
    p->packed = p->packed_back = NULL;
}

void parameter_changed(struct parameter *p) {
    p->packed_stale = p->packed_back_stale = true;
}

bool parameters_renew(struct parameter *const *parameters, size_t n, struct pool *pool, struct error *err) {
    struct matmul_renewal *list = memory_zeroed(2 * n, sizeof *list);
    if (!list) return error_memory(err, "packed weights");
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        struct parameter *p = parameters[i];
        if (p->packed && p->packed_stale) list[at++] = (struct matmul_renewal){p->packed, p->value.data};
        if (p->packed_back && p->packed_back_stale) list[at++] = (struct matmul_renewal){p->packed_back, p->value.data};
    }
    bool ok = at == 0 || matmul_weights_renew(list, at, pool, err);
    for (size_t i = 0; ok && i < n; i++) {
        if (parameters[i]->packed) parameters[i]->packed_stale = false;
        if (parameters[i]->packed_back) parameters[i]->packed_back_stale = false;
    }
    memory_free(list);
    return ok;
}

/* Makes or renews a packed form: [n, k] as stored, or its transpose. */
static bool pack(struct tape *tape, struct parameter *p, bool transposed, struct matmul_weights **packed, bool *stale,
                 struct error *err) {
    size_t n = p->value.shape[0], k = p->value.shape[1];
    if (*packed && matmul_weights_type(*packed) != tape->type) {
        matmul_weights_free(*packed);
        *packed = NULL;
    }
    if (*packed && !*stale) return true;
    bool ok = *packed      ? matmul_weights_renew(&(struct matmul_renewal){*packed, p->value.data}, 1, tape->pool, err)
              : transposed ? (*packed = matmul_weights_new_transposed(p->value.data, k, n, tape->type, err)) != NULL
                           : (*packed = matmul_weights_new(p->value.data, n, k, tape->type, err)) != NULL;
    if (!ok) return error_wrap(err, "linear: weights '%s'", p->name ? p->name : "");
    *stale = false;
    return true;
}

struct bias {
    const float *g, *bias;
    float *y, *partial; /* partial: [blocks of BIAS_ROWS, columns] */
    size_t rows, columns;
};

static void bias_add(void *context, size_t from, size_t to) {
    struct bias *b = context;
    for (size_t i = from; i < to; i++)
        kernels()->add(b->y + i * b->columns, b->y + i * b->columns, b->bias, b->columns);
}

static void bias_sum(void *context, size_t from, size_t to) {
    struct bias *b = context;
    float *sum = b->partial + from / BIAS_ROWS * b->columns;
    memset(sum, 0, b->columns * sizeof *sum);
    for (size_t i = from; i < to; i++) kernels()->add(sum, sum, b->g + i * b->columns, b->columns);
}

/* Column sums: blocks of rows first, then the blocks in order. */
static bool bias_back(struct tape *tape, struct variable *bias, const float *g, size_t rows, struct error *err) {
    struct sink sink;
    if (!tape_sink(tape, bias, &sink, err)) return false;
    if (!sink.at) return true;
    size_t columns = bias->tensor.shape[0], blocks = (rows + BIAS_ROWS - 1) / BIAS_ROWS;
    struct bias b = {.g = g, .rows = rows, .columns = columns};
    b.partial = tape_scratch(tape, blocks * columns * sizeof(float), err);
    if (!b.partial) return false;
    tape_each(tape, rows, BIAS_ROWS, bias_sum, &b);
    for (size_t i = 0; i < blocks; i++) kernels()->add(sink.at, sink.at, b.partial + i * columns, columns);
    return true;
}

/* in: x, w, bias. dx = g w; dw = g^T x; dbias = column sums of g */
static bool linear_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct parameter *p = node->context;
    struct variable *x = node->in[0], *w = node->in[1];
    size_t rows = x->tensor.shape[0], k = p->value.shape[1], n = p->value.shape[0];
    struct sink dx, dw;
    if (!tape_sink(tape, x, &dx, err) || !tape_sink(tape, w, &dw, err)) return false;
    if (dx.at && (!pack(tape, p, true, &p->packed_back, &p->packed_back_stale, err) ||
                  !(dx.add ? matmul_apply_add : matmul_apply)(p->packed_back, tape->pool, g, rows, dx.at, err)))
        return false;
    if (dw.at &&
        !matmul_in(&tape->space, tape->pool, tape->type, true, false, n, k, rows, g, x->tensor.data, dw.at, true, err))
        return false;
    return !node->in[2] || bias_back(tape, node->in[2], g, rows, err);
}

static bool linear_check(struct tape *tape, const struct tensor *x, const struct parameter *w,
                         const struct parameter *bias, struct error *err) {
    char first[96], second[96];
    if (!tape_check_matrix(tape, x, "linear", "x", err)) return false;
    const char *name = w->name ? w->name : "";
    if (w->value.dims != 2 || w->value.shape[1] != x->shape[1])
        return error_set(err, ERROR_DATA, "linear: x has shape %s, weights '%s' have shape %s, expected [N, %zu]",
                         tensor_shape_text(x, first), name, tensor_shape_text(&w->value, second), x->shape[1]);
    if (bias && (bias->value.dims != 1 || bias->value.shape[0] != w->value.shape[0]))
        return error_set(err, ERROR_DATA, "linear: bias '%s' has shape %s, expected [%zu]",
                         bias->name ? bias->name : "", tensor_shape_text(&bias->value, second), w->value.shape[0]);
    return true;
}

struct tensor *tape_linear(struct tape *tape, struct tensor *x, struct parameter *w, struct parameter *bias,
                           struct error *err) {
    if (!linear_check(tape, x, w, bias, err) || !pack(tape, w, false, &w->packed, &w->packed_stale, err)) return NULL;
    struct variable *in[3] = {variable_of(x), tape_leaf(tape, w, err), bias ? tape_leaf(tape, bias, err) : NULL};
    if (!in[1] || (bias && !in[2])) return NULL;
    size_t shape[2] = {x->shape[0], w->value.shape[0]};
    struct variable *out = tape_result(tape, 2, shape, in, err);
    if (!out || !matmul_apply(w->packed, tape->pool, x->data, shape[0], out->tensor.data, err)) return NULL;
    if (bias) {
        struct bias b = {.bias = bias->value.data, .y = out->tensor.data, .rows = shape[0], .columns = shape[1]};
        tape_each(tape, shape[0], BIAS_ROWS, bias_add, &b);
    }
    return tape_append(tape, "linear", linear_back, out, in, w, err);
}

struct rows {
    const int32_t *ids;
    const float *g, *from;
    float *to;
    size_t n, columns;
};

static void rows_copy(void *context, size_t from, size_t to) {
    struct rows *r = context;
    for (size_t i = from; i < to; i++)
        memcpy(r->to + i * r->columns, r->from + (size_t)r->ids[i] * r->columns, r->columns * sizeof *r->to);
}

/* Columns from..to-1 of all rows, in order, so that equal ids add up in a fixed order. */
static void rows_add(void *context, size_t from, size_t to) {
    struct rows *r = context;
    for (size_t i = 0; i < r->n; i++) {
        float *at = r->to + (size_t)r->ids[i] * r->columns + from;
        kernels()->add(at, at, r->g + i * r->columns + from, to - from);
    }
}

static bool rows_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct rows *r = node->context;
    struct sink sink;
    if (!tape_sink(tape, node->in[0], &sink, err)) return false;
    if (!sink.at) return true;
    if (!sink.add) memset(sink.at, 0, tensor_size(&node->in[0]->tensor) * sizeof *sink.at);
    r->g = g;
    r->to = sink.at;
    tape_each(tape, r->columns, 32, rows_add, r);
    return true;
}

static struct tensor *rows_pick(struct tape *tape, struct variable *from, const int32_t *ids, size_t n, const char *op,
                                struct error *err) {
    size_t have = from->tensor.shape[0], shape[2] = {n, from->tensor.shape[1]};
    for (size_t i = 0; i < n; i++) {
        if (ids[i] >= 0 && (size_t)ids[i] < have) continue;
        error_set(err, ERROR_DATA, "%s: id %zu is %d, expected 0 to %zu", op, i, (int)ids[i], have ? have - 1 : 0);
        return NULL;
    }
    struct variable *in[3] = {from, NULL, NULL};
    struct rows *r = tape_take(tape, 1, sizeof *r, err);
    int32_t *copy = tape_take(tape, n, sizeof *copy, err);
    struct variable *out = r && copy ? tape_result(tape, 2, shape, in, err) : NULL;
    if (!out) return NULL;
    if (n) memcpy(copy, ids, n * sizeof *copy);
    *r = (struct rows){.ids = copy, .from = from->tensor.data, .to = out->tensor.data, .n = n, .columns = shape[1]};
    tape_each(tape, n, 64, rows_copy, r);
    return tape_append(tape, op, rows_back, out, in, r, err);
}

struct tensor *tape_rows(struct tape *tape, struct tensor *x, const int32_t *ids, size_t n, struct error *err) {
    return tape_check_matrix(tape, x, "rows", "x", err) ? rows_pick(tape, variable_of(x), ids, n, "rows", err) : NULL;
}

struct tensor *tape_embed(struct tape *tape, struct parameter *table, const int32_t *ids, size_t n, struct error *err) {
    char shape[96];
    if (table->value.dims != 2) {
        error_set(err, ERROR_DATA, "embed: table '%s' has shape %s, expected two dimensions",
                  table->name ? table->name : "", tensor_shape_text(&table->value, shape));
        return NULL;
    }
    struct variable *leaf = tape_leaf(tape, table, err);
    return leaf ? rows_pick(tape, leaf, ids, n, "embed", err) : NULL;
}

struct means {
    const size_t *starts;
    const float *from, *g;
    float *to;
    size_t columns;
    bool add;
};

/* In f64, in the order of the rows. */
static void means_make(void *context, size_t from, size_t to) {
    struct means *m = context;
    for (size_t s = from; s < to; s++)
        for (size_t j = 0; j < m->columns; j++) {
            double sum = 0;
            for (size_t i = m->starts[s]; i < m->starts[s + 1]; i++) sum += (double)m->from[i * m->columns + j];
            m->to[s * m->columns + j] = (float)(sum / (double)(m->starts[s + 1] - m->starts[s]));
        }
}

static void means_spread(void *context, size_t from, size_t to) {
    struct means *m = context;
    for (size_t s = from; s < to; s++)
        for (size_t i = m->starts[s]; i < m->starts[s + 1]; i++)
            for (size_t j = 0; j < m->columns; j++) {
                float share = m->g[s * m->columns + j] / (float)(m->starts[s + 1] - m->starts[s]);
                float *at = m->to + i * m->columns + j;
                *at = m->add ? *at + share : share;
            }
}

static bool means_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct means *m = node->context;
    struct sink sink;
    if (!tape_sink(tape, node->in[0], &sink, err)) return false;
    if (!sink.at) return true;
    struct means back = *m;
    back.g = g;
    back.to = sink.at;
    back.add = sink.add;
    tape_each(tape, node->out->tensor.shape[0], 1, means_spread, &back);
    return true;
}

struct tensor *tape_means(struct tape *tape, struct tensor *x, const size_t *starts, size_t n, struct error *err) {
    if (!tape_check_matrix(tape, x, "means", "x", err)) return NULL;
    size_t shape[2] = {n, x->shape[1]};
    bool whole = n && starts[0] == 0 && starts[n] == x->shape[0];
    for (size_t s = 0; whole && s < n; s++) whole = starts[s] < starts[s + 1];
    if (!whole)
        return error_set(err, ERROR_DATA, "means: the parts must be all %zu rows, none empty", x->shape[0]), NULL;
    struct variable *in[3] = {variable_of(x), NULL, NULL};
    struct means *m = tape_take(tape, 1, sizeof *m, err);
    size_t *copy = m ? tape_take(tape, n + 1, sizeof *copy, err) : NULL;
    struct variable *out = copy ? tape_result(tape, 2, shape, in, err) : NULL;
    if (!out) return NULL;
    memcpy(copy, starts, (n + 1) * sizeof *copy);
    *m = (struct means){.starts = copy, .from = x->data, .to = out->tensor.data, .columns = shape[1]};
    tape_each(tape, n, 1, means_make, m);
    return tape_append(tape, "means", means_back, out, in, m, err);
}
