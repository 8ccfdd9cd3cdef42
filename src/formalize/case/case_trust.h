/* Belief in claims, after Dempster and Shafer over {true, false}: b of belief, d of disbelief, the rest not known. */
#ifndef FORMALIZE_CASE_TRUST_H
#define FORMALIZE_CASE_TRUST_H

#include "base/error.h"

struct trust {
    double b, d; /* both at least 0, together at most 1 */
};

bool trust_valid(struct trust t);
/* Independent claims that must all be true: b = b1 b2, d = 1 - (1 - d1)(1 - d2). */
struct trust trust_and(struct trust x, struct trust y);
/* One of them must be: b = 1 - (1 - b1)(1 - b2), d = d1 d2. */
struct trust trust_or(struct trust x, struct trust y);
/* A step that is itself only believed with w: b = w b, d = 0. */
struct trust trust_discount(struct trust x, double w);
/* Two sources for one claim, Dempster's rule: K = b1 d2 + d1 b2, b = (b1 b2 + b1 u2 + u1 b2) / (1 - K), d alike.
 * ERROR_DATA: total conflict, K = 1. */
bool trust_combine(struct trust x, struct trust y, struct trust *out, struct error *err) MUST_CHECK;

#endif
