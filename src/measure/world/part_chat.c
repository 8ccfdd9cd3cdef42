/* What a chat model is asked beside facts: who it is, and what nobody can know. */
#include "measure/world/world_item.h"

static const struct world_family families[] = {
    {.name = "gaps", .prefix = "ug", .digits = 6, .numbers = world_gaps_numbers, .split = world_gaps_split,
     .make = world_gaps_make, .most = 4000},
    {.name = "identity", .prefix = "i", .digits = 4, .numbers = world_identity_numbers, .split = world_identity_split,
     .make = world_identity_make, .plan = world_plan_identity},
    {.name = "unknown", .prefix = "u", .digits = 6, .numbers = world_unknown_numbers, .split = world_unknown_split,
     .make = world_unknown_make, .plan = world_plan_unknown},
};
const struct world_part world_part_chat = {
    .name = "chat", .version = 1, .families = families, .n_families = 3, .styled = true};
