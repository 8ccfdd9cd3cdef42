/* Rows of calibrations: see calibrate.h. */
#include "lm/calibrate/calibrate.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>

void calibrate_give(const struct calibrate_out *out, const char *name, const char *expected, const char *found,
                    double tolerance, enum calibrate_state state, const char *note) {
    const struct calibrate_row row = {name, expected, found, tolerance, state, note};
    out->report(out->context, &row);
}

void calibrate_number(const struct calibrate_out *out, const char *name, double expected, double found,
                      double tolerance, const char *note) {
    char e[32], f[32];
    text_from_f64(expected, e);
    text_from_f64(found, f);
    bool passed = fabs(found - expected) <= tolerance;
    calibrate_give(out, name, e, f, tolerance, passed ? CALIBRATE_PASSED : CALIBRATE_MISSED, note);
}

void calibrate_range(const struct calibrate_out *out, const char *name, double found, double low, double high,
                     const char *note) {
    char expected[64], shown[32];
    if (high >= 1)
        snprintf(expected, sizeof expected, "at least %g", low);
    else if (low <= 0)
        snprintf(expected, sizeof expected, "at most %g", high);
    else
        snprintf(expected, sizeof expected, "%g to %g", low, high);
    snprintf(shown, sizeof shown, "%.4f", found);
    bool passed = found >= low - 1e-12 && found <= high + 1e-12;
    calibrate_give(out, name, expected, shown, 0, passed ? CALIBRATE_PASSED : CALIBRATE_MISSED, note);
}

void calibrate_skip(const struct calibrate_out *out, const char *name, const char *why) {
    calibrate_give(out, name, "", "", 0, CALIBRATE_SKIPPED, why);
}

void calibrate_failed(const struct calibrate_out *out, const char *name, const struct error *why) {
    calibrate_give(out, name, "an answer", "none", 0, CALIBRATE_MISSED, why->message);
}
