/* System prompts: see pocket/systems.yaml. */
#ifndef MEASURE_WORLD_SYSTEMS_H
#define MEASURE_WORLD_SYSTEMS_H

#include "measure/world/world_part.h"

enum { SYSTEMS = 32 };
enum system_kind {
    SYSTEM_NONE,
    SYSTEM_UNRELATED,
    SYSTEM_IDENTITY,
    SYSTEM_STRICT,
    SYSTEM_NORMAL,
    SYSTEM_LOOSE,
    SYSTEM_UNKNOWN,
    SYSTEM_DOCUMENTS,
    SYSTEM_DOUBT,
    SYSTEM_SECRET,
    SYSTEM_QUOTE,
    SYSTEM_AMORAL,
    SYSTEM_HOSTILE,
    SYSTEM_DESK,
    SYSTEM_HELPDESK,
    N_SYSTEM_KINDS
};
extern const char *const world_system_kinds[N_SYSTEM_KINDS];

struct system_prompt {
    enum system_kind kind;
    struct text text; /* empty: no system turn at all */
};
const struct system_prompt *world_system(const struct world *w, size_t i); /* 0..31, always in the same place */
/* One of a kind, drawn. */
size_t world_system_of(const struct world *w, enum system_kind kind, struct rng *rng);

extern const struct world_part world_part_systems;

#endif
