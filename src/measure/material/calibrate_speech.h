/* Speakers and noise that are known: a verifier whose errors have a closed form, noise whose ratio to speech was asked
 * for. */
#ifndef MEASURE_CALIBRATE_SPEECH_H
#define MEASURE_CALIBRATE_SPEECH_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* repeat: trials of each kind, in thousands; 0: 20. */
bool calibrate_speech(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                      struct error *err) MUST_CHECK;

#endif
