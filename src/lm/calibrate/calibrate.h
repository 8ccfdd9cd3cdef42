/* One row of a calibration: a known answer beside what this program found. Every part of `basanite calibrate` hands its
 * rows to one receiver, in a fixed order and as each is known; the command prints them and fails when one was missed.
 */
#ifndef LM_CALIBRATE_H
#define LM_CALIBRATE_H

#include "base/error.h"

enum calibrate_state { CALIBRATE_PASSED, CALIBRATE_MISSED, CALIBRATE_SKIPPED };

/* All texts are borrowed and end with the call. */
struct calibrate_row {
    const char *name;     /* what was compared, e.g. "logits 2" */
    const char *expected; /* as text; "" when skipped */
    const char *found;
    double tolerance; /* 0: exact */
    enum calibrate_state state;
    const char *note; /* where it differs, or why it was skipped; "" otherwise */
};

typedef void calibrate_report(void *context, const struct calibrate_row *row);

/* Where rows go. */
struct calibrate_out {
    calibrate_report *report;
    void *context;
};

void calibrate_give(const struct calibrate_out *out, const char *name, const char *expected, const char *found,
                    double tolerance, enum calibrate_state state, const char *note);
/* Passed when |found - expected| <= tolerance; NaN is missed. */
void calibrate_number(const struct calibrate_out *out, const char *name, double expected, double found,
                      double tolerance, const char *note);
/* Passed when low <= found <= high; high at or above 1: "at least", low at or below 0: "at most". */
void calibrate_range(const struct calibrate_out *out, const char *name, double found, double low, double high,
                     const char *note);
void calibrate_skip(const struct calibrate_out *out, const char *name, const char *why);
/* Something that should have worked failed: a missed row with the error's message. */
void calibrate_failed(const struct calibrate_out *out, const char *name, const struct error *why);

#endif
