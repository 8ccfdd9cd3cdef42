/* How scales of blocks are found: the searches of the K and IQ4 types over one group of values. Inside of the room. All
 * sums are f32 in the order of the values, as the formats' reference quantisers take them. */
#ifndef LM_TYPES_FIT_H
#define LM_TYPES_FIT_H

#include <stdbool.h>
#include <stddef.h>

/* Groups whose largest value is below this are zero. */
#define FIT_ZERO 1e-15f
enum { FIT_MOST = 32 }; /* values in a group */

/* To the nearest integer, ties to even; beyond 2^22 and for NaN a bound or 0. */
int fit_nearest(float x);
int fit_clamp(int x, int low, int high);

/* x ~ scale (q - zero), q from 0 to 2 zero - 1: a search over 19 scales around the largest value,
 * weights x^2 (Q6_K). */
float fit_signed(const float *x, size_t n, int zero, int *q);
/* The same with q improved one by one, at most five times (Q3_K). */
float fit_signed_by_turns(const float *x, size_t n, int zero, int *q);

/* x ~ scale q - min, min >= 0, q from 0 to most: a search over steps + 1 scales (first + 0.1 t + most) / (max - min),
 * each with its least-squares scale and min. absolute: |error| decides, not its square. Returns scale (Q2_K,
 * Q4_K, Q5_K).
 */
struct fit_range {
    int most;
    float first;
    int steps;
    bool absolute;
};
float fit_between(const struct fit_range *range, const float *x, const float *weights, size_t n, int *q, float *min);

/* x ~ scale level[q]: a search over 15 scales, weights x^2 (IQ4_NL, IQ4_XS). 0 for a group of zeros. */
float fit_levels(const float *x, size_t n);
int fit_level(float x); /* index of the nearest level */

#endif
