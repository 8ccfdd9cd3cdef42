/* Known answers of driving: the published metric cases (files of states, what is around, and the expected statistics),
 * and faults of known size planted in scenes of our own: progress less by d, a brake ramp, styles exchanged. */
#ifndef MEASURE_CALIBRATE_STYLEDRIVE_H
#define MEASURE_CALIBRATE_STYLEDRIVE_H

#include "lm/calibrate/calibrate.h"

/* gold: a folder of cases or one of them; NULL: only what is planted. A case whose answer needs a map that is not part
 * of it is skipped by name. */
bool calibrate_styledrive(const char *gold, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
