/* Elementwise and row kernels of the tape. They are written once, in kernel_body.h, over vectors of 16 lanes, and
 * compiled once for each instruction set: kernel_plain.c for any machine, kernel_avx2.c, kernel_avx512.c. No
 * multiply-add is fused and every sum has 16 fixed partial sums folded in one fixed order, so all twins give the same
 * bits. Inside of the room.
 *
 * exp here is a polynomial of degree 6 after Cody-Waite reduction (as in Cephes expf): relative error below 2e-7 on
 * [-87, 88]; below -87 it is 0, above 88 infinity, NaN stays NaN. */
#ifndef TENSOR_KERNEL_H
#define TENSOR_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel_adamw {
    float beta1, beta2, rest1, rest2; /* rest: 1 - beta */
    float eps, rate, decay;           /* decay: rate * weight decay */
    float correct1, correct2;         /* 1 / (1 - beta^t) */
    float factor;                     /* of the gradient: clipping */
};

struct kernels {
    const char *name;
    void (*bf16_from_f32)(uint16_t *out, const float *in, size_t n);
    void (*bf16_round)(float *out, const float *in, size_t n); /* to bf16 and back; out may be in */
    void (*exp)(float *out, const float *in, size_t n);
    float (*dot)(const float *a, const float *b, size_t n);
    double (*squares)(const float *a, size_t n); /* sum of squares in f64 */
    /* out may be one of the inputs in these: */
    void (*add)(float *out, const float *a, const float *b, size_t n);
    void (*multiply)(float *out, const float *a, const float *b, size_t n);
    void (*scale)(float *out, const float *a, float factor, size_t n);
    /* out += ... */
    void (*multiply_add)(float *out, const float *a, const float *b, size_t n);
    void (*scale_add)(float *out, const float *a, float factor, size_t n);

    /* y = x inverse gain, where inverse = 1 / sqrt(mean(x^2) + eps) is returned */
    float (*rmsnorm)(float *y, const float *x, const float *gain, float eps, size_t n);
    /* dx (+)= inverse (g gain - x inverse^2 mean(g gain x)); dgain += g x inverse; dx, dgain may be NULL */
    void (*rmsnorm_back)(float *dx, bool add, float *dgain, const float *g, const float *x, const float *gain,
                         float inverse, size_t n);
    /* y = silu(gate) up; dgate, dup may be NULL */
    void (*swiglu)(float *y, const float *gate, const float *up, size_t n);
    void (*swiglu_back)(float *dgate, bool add_gate, float *dup, bool add_up, const float *g, const float *gate,
                        const float *up, size_t n);
    /* s[j] = exp(s[j] - max) for j < valid, 0 up to n; returns max, *sum their sum */
    float (*softmax)(float *s, size_t valid, size_t n, float *sum);
    /* s = p = exp(s - lse), dp = p (dp - d) for j < valid, both 0 up to n */
    void (*softmax_back)(float *s, float *dp, float lse, float d, size_t valid, size_t n);
    /* max and sum of exp(x - max) */
    float (*log_sum_exp)(const float *x, size_t n, float *sum);
    /* dx (+)= -g exp(x - lse) */
    void (*logprob_back)(float *dx, bool add, const float *x, float lse, float g, size_t n);
    void (*adamw)(float *w, float *m, float *v, float *g, const struct kernel_adamw *step, size_t n); /* g becomes 0 */
};

/* The fastest twin that this machine runs. */
const struct kernels *kernels(void);
extern const struct kernels kernels_plain;
#if defined(__x86_64__)
extern const struct kernels kernels_avx2, kernels_avx512;
void kernel_operand_avx512bf16(uint16_t *out, const float *in, size_t n);
#endif

#endif
