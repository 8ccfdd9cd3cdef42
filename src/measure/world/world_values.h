/* What acts of the pocket world serve: see pocket/values.yaml. */
#ifndef MEASURE_WORLD_VALUES_H
#define MEASURE_WORLD_VALUES_H

#include "measure/world/world.h"

enum { WORLD_VALUES = 10 };
/* The acts whose words stand in a text, in any case: how many, and what the first `most` of them serve and go against
 * (1, 0, -1), in the order of the file. No act's words stand in those of another one. */
size_t world_acts_named(const struct world *world, struct text text, const int8_t *u[], size_t most);

#endif
