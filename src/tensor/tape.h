/* Reverse-mode differentiation on a tape of f32 arrays.
 *
 * A tape lives on one arena per step: operations append nodes, tape_backward walks them back. Leaves are parameters
 * (owned by the caller, data and grad outlive the tape) or constants. Reductions have a fixed order, so gradients do
 * not depend on threads. Every operation has a naive twin in tape_plain.c and a finite-difference test. */
#ifndef TENSOR_TAPE_H
#define TENSOR_TAPE_H

#include "tensor/matmul.h"

#define TENSOR_DIMS 4

struct tensor {
    size_t dims;
    size_t shape[TENSOR_DIMS]; /* row-major, innermost last */
    float *data;
    float *grad; /* of parameters, [shape]; NULL: needs no gradient. Of results it lives only inside tape_backward. */
};

/* Elements; 0 when a dimension is 0. */
size_t tensor_size(const struct tensor *t);

/* A trainable array with its gradient; memory of its own. */
struct parameter {
    const char *name; /* borrowed */
    struct tensor value;
    struct matmul_weights *packed; /* made on first use as a matrix, updated after each optimiser step */
    bool packed_stale;
    bool frozen;                        /* takes part, gets no gradient */
    struct matmul_weights *packed_back; /* the transpose, for gradients of the input; made when first needed */
    bool packed_back_stale;
};

/* Frees the packed forms; data and grad are the caller's. */
void parameter_done(struct parameter *p);
/* Says that value.data has changed, so that the packed forms are made anew. adamw_step does it by itself. */
void parameter_changed(struct parameter *p);
/* Makes the packed forms that there are anew where the values have changed, all in one go;
 * adamw_step does it by itself. */
bool parameters_renew(struct parameter *const *parameters, size_t n, struct pool *pool, struct error *err) MUST_CHECK;

struct tape;
/* threads and products through pool; type: compute type of the matrix products. max_bytes bounds all activations. */
struct tape *tape_new(struct pool *pool, enum matmul_type type, size_t max_bytes, struct error *err) MUST_CHECK;
void tape_free(struct tape *tape);
void tape_reset(struct tape *tape); /* forgets all nodes, keeps the memory */

/* Leaves. */
struct tensor *tape_constant(struct tape *tape, const float *data, size_t dims, const size_t *shape,
                             struct error *err) MUST_CHECK; /* copies */
struct tensor *tape_parameter(struct tape *tape, struct parameter *p, struct error *err) MUST_CHECK;

/* Operations; all return a tensor that belongs to the tape, NULL on error (shapes are checked, named in the message).
 */
/* rows of table: [V, D] picked by ids: [n] -> [n, D] */
struct tensor *tape_embed(struct tape *tape, struct parameter *table, const int32_t *ids, size_t n,
                          struct error *err) MUST_CHECK;
/* rows of x: [m, D] picked by ids: [n] -> [n, D]; gradients of a row picked twice add up */
struct tensor *tape_rows(struct tape *tape, struct tensor *x, const int32_t *ids, size_t n,
                         struct error *err) MUST_CHECK;
/* means of the rows starts[s]..starts[s+1]-1 of x: [m, D], none empty -> [n, D] */
struct tensor *tape_means(struct tape *tape, struct tensor *x, const size_t *starts, size_t n,
                          struct error *err) MUST_CHECK;
/* x: [n, K], w: [N, K] -> [n, N] = x w^T (+ bias: [N] or NULL) */
struct tensor *tape_linear(struct tape *tape, struct tensor *x, struct parameter *w, struct parameter *bias,
                           struct error *err) MUST_CHECK;
/* x: [n, D] -> x / sqrt(mean(x^2) + eps) * gain: [D]   (Zhang & Sennrich 2019) */
struct tensor *tape_rmsnorm(struct tape *tape, struct tensor *x, struct parameter *gain, float eps,
                            struct error *err) MUST_CHECK;
/* x: [n, heads * size]; rotates pairs by position * base^(-2i/size) (Su et al. 2021).
 * interleaved: pairs (2i, 2i+1), as GGUF llama rows; otherwise halves (i, i + size/2), as Hugging Face. */
struct tensor *tape_rope(struct tape *tape, struct tensor *x, size_t heads, size_t size, const int32_t *positions,
                         float base, bool interleaved, struct error *err) MUST_CHECK;
/* Causal attention inside segments: q: [n, heads * size], k, v: [n, kv_heads * size]; rows starts[s]..starts[s+1]-1 are
 * one sequence (n_segments + 1 starts); query head h uses kv head h / (heads / kv_heads); scale 1/sqrt(size). */
struct tensor *tape_attention(struct tape *tape, struct tensor *q, struct tensor *k, struct tensor *v, size_t heads,
                              size_t kv_heads, size_t size, const size_t *starts, size_t n_segments,
                              struct error *err) MUST_CHECK;
struct tensor *tape_add(struct tape *tape, struct tensor *a, struct tensor *b, struct error *err) MUST_CHECK;
struct tensor *tape_multiply(struct tape *tape, struct tensor *a, struct tensor *b, struct error *err) MUST_CHECK;
struct tensor *tape_scale(struct tape *tape, struct tensor *a, float factor, struct error *err) MUST_CHECK;
/* silu(gate) * up, elementwise (SwiGLU, Shazeer 2020) */
struct tensor *tape_swiglu(struct tape *tape, struct tensor *gate, struct tensor *up, struct error *err) MUST_CHECK;
/* log softmax(logits: [n, V])[targets] -> [n]; rows whose target is < 0 give 0 and no gradient. */
struct tensor *tape_logprob(struct tape *tape, struct tensor *logits, const int32_t *targets,
                            struct error *err) MUST_CHECK;
/* sum_i weights[i] * x[i] -> [1]; weights: [size of x] constants (copied) */
struct tensor *tape_weighted_sum(struct tape *tape, struct tensor *x, const float *weights,
                                 struct error *err) MUST_CHECK;

/* Adds d root / d leaf to every leaf's grad; root: [1]. */
bool tape_backward(struct tape *tape, struct tensor *root, struct error *err) MUST_CHECK;
size_t tape_bytes(const struct tape *tape);

/* Time spent on the way back by operation, since tape_new or tape_profile_clear. */
#define TAPE_OPS_MOST 16
struct tape_profile {
    const char *op;
    double seconds;
    size_t calls;
};
size_t tape_profile_read(const struct tape *tape, struct tape_profile out[TAPE_OPS_MOST]);
void tape_profile_clear(struct tape *tape);

/* AdamW with decoupled decay (Loshchilov & Hutter 2019): m, v in f32; w -= lr (mhat / (sqrt(vhat) + eps) + wd w). */
struct adamw;
struct adamw_options {
    double beta1, beta2, eps, weight_decay;
    double clip; /* largest global gradient norm; 0: no clipping */
};
struct adamw *adamw_new(struct parameter *const *parameters, size_t n, struct adamw_options options,
                        struct error *err) MUST_CHECK;
void adamw_free(struct adamw *adamw);
/* One step from the gradients, which are then set to zero. *norm (may be NULL): global norm before clipping.
 * A gradient that is not finite is an error that changes nothing. decay[i] false switches weight decay off for
 * parameter i (NULL: all decayed). */
bool adamw_step(struct adamw *adamw, struct pool *pool, double lr, const bool *decay, double *norm,
                struct error *err) MUST_CHECK;
/* State for checkpoints: moments of parameter i, and the step counter. Borrowed, mutable. */
uint64_t *adamw_steps(struct adamw *adamw);
float *adamw_moment(struct adamw *adamw, size_t i, int which /* 1 or 2 */);

#endif
