/* Estimators of effects on small tables of the world whose effects are known in closed form (world/world_table.h): how
 * often intervals cover, what adjusting wrongly comes to, that doubly robust estimates are right when either model is
 * and wrong when none is, and that weak instruments are met with intervals that still hold. */
#ifndef MEASURE_CALIBRATE_EFFECT_H
#define MEASURE_CALIBRATE_EFFECT_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* repeat: tables of each kind; 0: 400. */
bool calibrate_effect(uint64_t seed, uint64_t repeat, struct pool *pool, calibrate_report *report, void *context,
                      struct error *err) MUST_CHECK;

#endif
