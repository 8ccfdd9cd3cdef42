/* Items of the world as data of a task: the rows that `basanite world make` writes into items/FAMILY-SPLIT.jsonl, made
 * on demand and in memory. A spec is FAMILY[/SPLIT][,key=value]...: "ask/test", "wrapped/held-out,count=400",
 * "ask/test,manner=typos-light"; and with the keys of its part, "knights/test,people=2:3,form=prefix". */
#ifndef MEASURE_WORLD_ITEMS_H
#define MEASURE_WORLD_ITEMS_H

#include "measure/world/world.h"

struct world_family;
struct world_items {
    const struct world_family *family;
    int split, manner; /* enum split; enum manner, -1: as they are */
    uint64_t seed, draw, count; /* count 0: as many as the file has */
    char spec[256];             /* as it was parsed, for the keys of the part */
};
/* An unknown family, split, key or manner is ERROR_USAGE and names the nearest known one. */
bool world_items_parse(struct text spec, struct world_items *out, struct error *err) MUST_CHECK;
/* JSON lines; the world's seed must be that of the spec. A row said in a manner has the id ID~MANNER, a member "manner"
 * and all else as it was, its gold too. */
bool world_items_put(struct buffer *out, const struct world *world, const struct world_items *items,
                     struct error *err) MUST_CHECK;

#endif
