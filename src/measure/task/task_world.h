/* Rows that are made as data of a task: of the pocket world, dataset_path: "world:FAMILY/SPLIT,key=value"
 * (world_items.h), or of a leaf of a taxonomy, "leaf:NAME,key=value" (leaf.h). A shelf makes each list of rows once and
 * keeps it, and the world of each seed, for all tasks of a suite. One thread at a time. */
#ifndef MEASURE_TASK_WORLD_H
#define MEASURE_TASK_WORLD_H

#include "base/arena.h"
#include "base/text.h"

struct world_shelf;
struct world_shelf *world_shelf_new(struct error *err) MUST_CHECK;
void world_shelf_free(struct world_shelf *shelf);
/* The name of data where it is of such a kind; empty: another kind of name. */
struct text world_rows_spec(struct text name);
bool world_rows_check(struct text spec, struct error *err) MUST_CHECK;
/* A path under which the JSON lines can be opened, as often as wanted, while the shelf lives; on the arena. */
char *world_shelf_path(struct world_shelf *shelf, struct text spec, struct arena *arena, struct error *err) MUST_CHECK;

#endif
