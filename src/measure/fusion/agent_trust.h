/* How far what an agent says of its own answers may be trusted: calibration of one source of a log. f64, no text. */
#ifndef MEASURE_AGENT_TRUST_H
#define MEASURE_AGENT_TRUST_H

#include "measure/fusion/agent_log.h"

/* c: confidences in 0..1, y: 0 or 1, both [n]. NaN: can't be computed, `why` says why. */
struct agent_trust_settings {
    size_t bins;      /* of equal width: 10 */
    bool left_closed; /* bins [a, b) and not (a, b] */
    double tau;       /* from which confidence on a wrong answer is an overconfident one: 0.85 */
};
struct agent_trust {
    size_t n;
    double accuracy, confidence; /* means */
    double ece, ece_other;       /* as asked, and with the other edges */
    double ece_adaptive;         /* bins of equally many */
    double debiased;             /* root of the squared error of bins less what chance puts into it (Kumar,
                                  * Liang & Ma, NeurIPS 2019), at least 0 */
    double brier, reliability, resolution, uncertainty; /* brier is about reliability - resolution + uncertainty
                                                         * (Murphy 1973: exactly, where a bin has one value) */
    double nll;                                         /* confidences cut to 0.005..0.995 */
    double ccc;                                         /* correlation (Pearson) of confidence and being right */
    double ocr;                                         /* share of all answers that are wrong with confidence >= tau */
    double trust;                        /* (1 - ece)(1 - ocr) max(0, (1 + ccc) / 2); no ccc: 0 in its place */
    double temperature, shift;           /* y ~ sigma(logit(c) / T + b), by maximum likelihood, where it has
                                          * one: NaN where a confidence parts right from wrong */
    const char *no_ccc, *no_temperature; /* why they are NaN; NULL: they are not */
};
bool agent_trust_of(const double *c, const double *y, size_t n, const struct agent_trust_settings *settings,
                    struct agent_trust *out, struct error *err) MUST_CHECK;

/* Of the items with a gold answer that source s spoke of; silence counts as wrong in `spoke` alone. On the arena. */
struct agent_record {
    size_t n, silent;              /* items with a gold answer; those without an answer of the source */
    size_t right;                  /* silence is wrong */
    double *c, *y;                 /* [n - silent] */
    size_t *class_n, *class_right; /* [n_classes] by gold class */
    double time_s, cost;           /* sums of what is known */
};
bool agent_record_of(const struct agent_log *log, size_t s, struct arena *arena, struct agent_record *out,
                     struct error *err) MUST_CHECK;

#endif
