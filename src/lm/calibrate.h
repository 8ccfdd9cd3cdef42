/* One line of a calibration: a known answer beside what this program found. Calibrations of the floor deliver their
 * rows through a callback; the command `calibrate` prints them and fails when one was missed. */
#ifndef LM_CALIBRATE_H
#define LM_CALIBRATE_H

#include "base/error.h"

enum calibrate_state { CALIBRATE_PASSED, CALIBRATE_MISSED, CALIBRATE_SKIPPED };

/* All texts are borrowed and end with the callback. */
struct calibrate_row {
    const char *name;     /* what was compared, e.g. "logits 2" */
    const char *expected; /* as text; "" when skipped */
    const char *found;
    double tolerance; /* 0: exact */
    enum calibrate_state state;
    const char *note; /* where it differs, or why it was skipped; "" otherwise */
};

typedef void calibrate_report(void *context, const struct calibrate_row *row);

#endif
