/* Values of candidates from ends of the text: pure functions, in f64, in log space where there are exponentials. */
#ifndef ACT_STEER_VALUES_H
#define ACT_STEER_VALUES_H

#include "act/steer/steer.h"

/* Q = sum m r / sum m. Standard error of a mean; of one end NaN. */
void steer_mean(const struct steer_ends *ends, struct steer_value *out);
/* Q = beta log(sum m exp(r / beta) / sum m), the soft value; error by the delta method. */
void steer_log_mean(const struct steer_ends *ends, double beta, struct steer_value *out);
/* Ends of a model aligned to another reward r_BL with strength beta, corrected for it:
 *   w = m exp((r - r_BL) / beta),  Q = sum w r / sum w   (self-normalised importance sampling; error by the delta
 * method). clip > 0: no weight above clip times their mean (Ionides 2008). effective = (sum w)^2 / sum w^2; below
 * `least`, of ends that were drawn, the mean takes its place. weights: [ends->n], on the arena of the caller. */
void steer_corrected(const struct steer_ends *ends, double beta, double clip, double least, double *weights,
                     struct steer_value *out);
/* The same weights without a normaliser, as the published code has it: Q = sum m exp((r - r_BL) / beta) r / sum m. */
void steer_uncorrected_product(const struct steer_ends *ends, double beta, double *weights, struct steer_value *out);

#endif
