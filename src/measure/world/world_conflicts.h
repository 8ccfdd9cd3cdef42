/* Facts on which the sources disagree: 1,024 people have one fact each of four relations of this part. It is told e
 * times as it is and c times with one fixed wrong value, e of 4, 16, 64 and c of 2, 8, 32: nine cells of 113 or 114
 * facts, as even as can be within relation and split. */
#ifndef MEASURE_WORLD_CONFLICTS_H
#define MEASURE_WORLD_CONFLICTS_H

#include "measure/world/world_telling.h"

enum { CONFLICTS = 1024, CONFLICT_RELATIONS = 4 };
struct conflict {
    uint16_t person;
    uint8_t relation, split, e, c;
    int16_t value, wrong; /* numbers of elders, months, rivers or festivals */
};
const struct conflict *world_conflict(const struct world *world, size_t i);
const char *world_conflict_relation(unsigned relation); /* "teacher" */
struct text world_conflict_value(const struct world *world, unsigned relation, int value);
const struct telling *world_conflicts_telling(const struct world *world);

#endif
