/* What the operations of the tape share: memory, nodes, gradients. Inside of the room: the contract is tape.h. */
#ifndef TENSOR_TAPE_INTERNAL_H
#define TENSOR_TAPE_INTERNAL_H

#include "tensor/kernel.h"
#include "tensor/matmul_general.h"
#include "tensor/operand.h"
#include "tensor/tape.h"

/* A tensor and what the tape knows about it; the tensor is first, so the pointers are the same. */
struct variable {
    struct tensor tensor;
    struct tape *tape;
    bool needs;      /* gradients flow into it */
    bool leaf;       /* gradients add up in tensor.grad, which outlives the tape */
    float *gradient; /* of a result, during tape_backward; NULL: nothing has come yet */
};

struct node;
/* Reads g, the gradient of the result, and adds to those of the inputs. */
typedef bool tape_back(struct tape *tape, struct node *node, const float *g, struct error *err);

struct node {
    struct node *before;
    tape_back *back;
    const char *op;
    struct variable *out;
    struct variable *in[3];
    void *context; /* of the operation, on the tape */
};

struct chunk {
    struct chunk *next;
    size_t size, used;
    char *bytes;
};

/* cos and sin of position * base^(-2i/size), for positions 0..n-1: [n, size / 2] each */
struct rope_table {
    struct rope_table *next;
    float base;
    size_t size, n;
    float *cosines, *sines;
};

/* A gradient that is no longer needed; the list is kept inside the memory itself. */
struct spare {
    struct spare *next;
    size_t bytes;
};

struct tape {
    struct pool *pool;
    size_t threads;
    enum matmul_type type;
    enum operand operand;
    size_t max_bytes, used; /* of this step */
    size_t reserved, peak;  /* bytes of all chunks; most bytes that a step used */
    struct chunk *chunks, *current;
    struct spare *spares;
    struct node *last;
    struct matmul_space space; /* products of all operations */
    struct rope_table *ropes;
    void *scratch; /* of the running operation */
    size_t scratch_size;
    struct tape_profile profile[TAPE_OPS_MOST];
    size_t n_profile;
};

/* Memory until tape_reset, aligned to 64, not zeroed. */
void *tape_take(struct tape *tape, size_t count, size_t size, struct error *err) MUST_CHECK;
/* Memory until the next call, kept between steps. */
void *tape_scratch(struct tape *tape, size_t bytes, struct error *err) MUST_CHECK;
/* A result with data to be filled; it needs gradients if an input does. in: up to 3, unused ones NULL. */
struct variable *tape_result(struct tape *tape, size_t dims, const size_t *shape, struct variable *const in[3],
                             struct error *err) MUST_CHECK;
/* Appends a node when the result needs gradients. Returns the result's tensor, NULL on failure. */
struct tensor *tape_append(struct tape *tape, const char *op, tape_back *back, struct variable *out,
                           struct variable *const in[3], void *context, struct error *err) MUST_CHECK;
/* The parameter as an input: its gradient is p's own. */
struct variable *tape_leaf(struct tape *tape, struct parameter *p, struct error *err) MUST_CHECK;

/* Where gradients of v go. at NULL: v needs none. add: there is something to add to; otherwise all must be written. */
struct sink {
    float *at;
    bool add;
};
bool tape_sink(struct tape *tape, struct variable *v, struct sink *sink, struct error *err) MUST_CHECK;

/* Work on elements from..to-1 of n, in fixed pieces dealt to the pool. */
typedef void tape_piece(void *context, size_t from, size_t to);
void tape_each(struct tape *tape, size_t n, size_t piece, tape_piece *work, void *context);

struct variable *variable_of(struct tensor *t);
/* t is on this tape and has two dimensions; the message names `op` and `what`. */
bool tape_check_matrix(const struct tape *tape, const struct tensor *t, const char *op, const char *what,
                       struct error *err) MUST_CHECK;
bool tape_check_same(const struct tensor *a, const struct tensor *b, const char *op, struct error *err) MUST_CHECK;
/* "[2, 3]" */
const char *tensor_shape_text(const struct tensor *t, char out[96]);

#endif
