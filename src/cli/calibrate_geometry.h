/* Proofs with planted wrong steps (geo-k of the pocket world): does the strict checker name each of them, and no other?
 *
 * A proof that was made (geometry/geo_made.h) is written as a row, k of its steps are spoilt, and the row is judged as
 * `basanite formal check --strict` judges it. What is wrong is wrong by how it was made, whatever the checker thinks:
 * a step that names a rule which concludes facts of another kind, a step that cites nothing although its rule has
 * premises, a further step that says what is false in the figure (nothing cites it, so nothing else becomes wrong). */
#ifndef CLI_CALIBRATE_GEOMETRY_H
#define CLI_CALIBRATE_GEOMETRY_H

#include "lm/calibrate/calibrate.h"

#include <stdint.h>

/* repeat: proofs, each with 0 to 5 wrong steps; 0: 200. */
bool calibrate_geometry(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context,
                        struct error *err) MUST_CHECK;

#endif
