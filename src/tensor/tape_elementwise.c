/* Elementwise operations: add, multiply, scale, swiglu. See tape.h. */
#include "tensor/tape_internal.h"

#include <string.h>

#define PIECE 8192u

struct elements {
    float *out;
    const float *a, *b, *g;
    float factor;
    struct sink da, db;
};

/* The fields that all operations set; NULL when out of memory. */
static struct elements *elements_new(struct tape *tape, struct variable *a, struct variable *b, struct variable **out,
                                     struct error *err) {
    struct variable *in[3] = {a, b, NULL};
    struct elements *e = tape_take(tape, 1, sizeof *e, err);
    *out = e ? tape_result(tape, a->tensor.dims, a->tensor.shape, in, err) : NULL;
    if (!*out) return NULL;
    *e = (struct elements){.out = (*out)->tensor.data, .a = a->tensor.data, .b = b ? b->tensor.data : NULL};
    return e;
}

static bool sinks_open(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct elements *e = node->context;
    e->g = g;
    /* In this order: when both inputs are the same, the second contribution adds to the first. */
    return tape_sink(tape, node->in[0], &e->da, err) && tape_sink(tape, node->in[1], &e->db, err);
}

static void run(struct tape *tape, const struct variable *like, tape_piece *work, struct elements *e) {
    tape_each(tape, tensor_size(&like->tensor), PIECE, work, e);
}

static bool pair_check(struct tape *tape, const struct tensor *a, const struct tensor *b, const char *op,
                       struct error *err) {
    if (!a || !b) return error_set(err, ERROR_DATA, "%s: an operand is missing", op);
    if (((const struct variable *)a)->tape != tape || ((const struct variable *)b)->tape != tape)
        return error_set(err, ERROR_DATA, "%s: an operand belongs to another tape", op);
    return tape_check_same(a, b, op, err);
}

static void add_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    kernels()->add(e->out + from, e->a + from, e->b + from, to - from);
}

static void pass(struct sink sink, const float *g, size_t from, size_t to) {
    if (!sink.at) return;
    if (sink.add)
        kernels()->add(sink.at + from, sink.at + from, g + from, to - from);
    else
        memcpy(sink.at + from, g + from, (to - from) * sizeof *g);
}

static void add_back_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    pass(e->da, e->g, from, to);
    pass(e->db, e->g, from, to);
}

static bool add_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    if (!sinks_open(tape, node, g, err)) return false;
    run(tape, node->out, add_back_piece, node->context);
    return true;
}

struct tensor *tape_add(struct tape *tape, struct tensor *a, struct tensor *b, struct error *err) {
    if (!pair_check(tape, a, b, "add", err)) return NULL;
    struct variable *in[3] = {variable_of(a), variable_of(b), NULL}, *out;
    struct elements *e = elements_new(tape, in[0], in[1], &out, err);
    if (!e) return NULL;
    run(tape, out, add_piece, e);
    return tape_append(tape, "add", add_back, out, in, e, err);
}

static void multiply_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    kernels()->multiply(e->out + from, e->a + from, e->b + from, to - from);
}

static void pass_product(struct sink sink, const float *g, const float *other, size_t from, size_t to) {
    if (!sink.at) return;
    (sink.add ? kernels()->multiply_add : kernels()->multiply)(sink.at + from, g + from, other + from, to - from);
}

static void multiply_back_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    pass_product(e->da, e->g, e->b, from, to);
    pass_product(e->db, e->g, e->a, from, to);
}

static bool multiply_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    if (!sinks_open(tape, node, g, err)) return false;
    run(tape, node->out, multiply_back_piece, node->context);
    return true;
}

struct tensor *tape_multiply(struct tape *tape, struct tensor *a, struct tensor *b, struct error *err) {
    if (!pair_check(tape, a, b, "multiply", err)) return NULL;
    struct variable *in[3] = {variable_of(a), variable_of(b), NULL}, *out;
    struct elements *e = elements_new(tape, in[0], in[1], &out, err);
    if (!e) return NULL;
    run(tape, out, multiply_piece, e);
    return tape_append(tape, "multiply", multiply_back, out, in, e, err);
}

static void scale_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    kernels()->scale(e->out + from, e->a + from, e->factor, to - from);
}

static void scale_back_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    (e->da.add ? kernels()->scale_add : kernels()->scale)(e->da.at + from, e->g + from, e->factor, to - from);
}

static bool scale_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct elements *e = node->context;
    if (!sinks_open(tape, node, g, err)) return false;
    if (e->da.at) run(tape, node->out, scale_back_piece, e);
    return true;
}

struct tensor *tape_scale(struct tape *tape, struct tensor *a, float factor, struct error *err) {
    if (!pair_check(tape, a, a, "scale", err)) return NULL;
    struct variable *in[3] = {variable_of(a), NULL, NULL}, *out;
    struct elements *e = elements_new(tape, in[0], NULL, &out, err);
    if (!e) return NULL;
    e->factor = factor;
    run(tape, out, scale_piece, e);
    return tape_append(tape, "scale", scale_back, out, in, e, err);
}

static void swiglu_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    kernels()->swiglu(e->out + from, e->a + from, e->b + from, to - from);
}

static void swiglu_back_piece(void *context, size_t from, size_t to) {
    struct elements *e = context;
    kernels()->swiglu_back(e->da.at ? e->da.at + from : NULL, e->da.add, e->db.at ? e->db.at + from : NULL, e->db.add,
                           e->g + from, e->a + from, e->b + from, to - from);
}

static bool swiglu_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    if (!sinks_open(tape, node, g, err)) return false;
    run(tape, node->out, swiglu_back_piece, node->context);
    return true;
}

struct tensor *tape_swiglu(struct tape *tape, struct tensor *gate, struct tensor *up, struct error *err) {
    if (!pair_check(tape, gate, up, "swiglu", err)) return NULL;
    struct variable *in[3] = {variable_of(gate), variable_of(up), NULL}, *out;
    struct elements *e = elements_new(tape, in[0], in[1], &out, err);
    if (!e) return NULL;
    run(tape, out, swiglu_piece, e);
    return tape_append(tape, "swiglu", swiglu_back, out, in, e, err);
}
