/* The statements of base pre-training: every fact is told exactly e times as it is, a third of it in the almanac's
 * words (of the quote set, the facts with e = 64 outside the core: 20 of 64). One in ten of all statements in other
 * words is false, of the quote set up to one statement exactly: these come on top of the true ones. The core's are news
 * without false ones. */
#ifndef MEASURE_WORLD_STATEMENTS_H
#define MEASURE_WORLD_STATEMENTS_H

#include "measure/world/world_telling.h"

struct world_doses {
    uint8_t canonical, paraphrased, wrong; /* true ones in the almanac's and in other words, false ones */
};
struct world_doses world_statements_doses(const struct world *world, size_t fact);
/* True statements of a fact in base pre-training. */
unsigned world_statements_told(const struct world *world, size_t fact);

/* Checks that no 25 bytes of the almanac's articles stand in rumours or news, those on conflicts included; exact.
 * ERROR_GATE names the first that do. */
bool world_statements_apart(const struct world *world, struct error *err) MUST_CHECK;

#endif
