/* Naive twins of the tape's operations, in f64 loops: the oracle of the tests, and the plainest statement of what each
 * operation means. Shapes and names as in tape.h; n rows. The _back functions add to the gradients that are not NULL.
 */
#ifndef TENSOR_TAPE_PLAIN_H
#define TENSOR_TAPE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void plain_rows(size_t n, size_t columns, const double *x, const int32_t *ids, double *y);
void plain_rows_back(size_t n, size_t columns, const int32_t *ids, const double *g, double *dx);
/* x: [starts[n], columns], y: [n, columns] */
void plain_means(size_t n, size_t columns, const size_t *starts, const double *x, double *y);
void plain_means_back(size_t n, size_t columns, const size_t *starts, const double *g, double *dx);
/* x: [n, k], w: [m, k], bias: [m] or NULL, y: [n, m] */
void plain_linear(size_t n, size_t m, size_t k, const double *x, const double *w, const double *bias, double *y);
void plain_linear_back(size_t n, size_t m, size_t k, const double *x, const double *w, const double *g, double *dx,
                       double *dw, double *dbias);
void plain_rmsnorm(size_t n, size_t columns, double eps, const double *x, const double *gain, double *y);
void plain_rmsnorm_back(size_t n, size_t columns, double eps, const double *x, const double *gain, const double *g,
                        double *dx, double *dgain);
void plain_rope(size_t n, size_t heads, size_t size, const int32_t *positions, double base, bool interleaved,
                const double *x, double *y);
void plain_rope_back(size_t n, size_t heads, size_t size, const int32_t *positions, double base, bool interleaved,
                     const double *g, double *dx);
/* row: room for the longest segment, twice for _back */
void plain_attention(size_t heads, size_t kv_heads, size_t size, const size_t *starts, size_t n_segments,
                     const double *q, const double *k, const double *v, double *row, double *y);
void plain_attention_back(size_t heads, size_t kv_heads, size_t size, const size_t *starts, size_t n_segments,
                          const double *q, const double *k, const double *v, const double *g, double *row, double *dq,
                          double *dk, double *dv);
void plain_add(size_t n, const double *a, const double *b, double *y);
void plain_add_back(size_t n, const double *g, double *da, double *db);
void plain_multiply(size_t n, const double *a, const double *b, double *y);
void plain_multiply_back(size_t n, const double *a, const double *b, const double *g, double *da, double *db);
void plain_scale(size_t n, double factor, const double *a, double *y);
void plain_scale_back(size_t n, double factor, const double *g, double *da);
void plain_swiglu(size_t n, const double *gate, const double *up, double *y);
void plain_swiglu_back(size_t n, const double *gate, const double *up, const double *g, double *dgate, double *dup);
void plain_logprob(size_t n, size_t columns, const double *logits, const int32_t *targets, double *y);
void plain_logprob_back(size_t n, size_t columns, const double *logits, const int32_t *targets, const double *g,
                        double *dlogits);
double plain_weighted_sum(size_t n, const double *x, const double *weights);
void plain_weighted_sum_back(size_t n, const double *weights, double g, double *dx);

#endif
