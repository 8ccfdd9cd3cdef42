/* Who tells rumours: twelve sources, numbered by how far they can be trusted. 0-3 are right in 95, 4-7 in 60, 8-11 in
 * 20 of a hundred statements, exactly, over all statements of pre-training; of each four the first two have their
 * record told. Their names are drawn. The almanac is none of them: it is always right. */
#ifndef MEASURE_WORLD_SOURCES_H
#define MEASURE_WORLD_SOURCES_H

#include "measure/world/world_part.h"

enum { SOURCES = 12, GRADES = 3, OF_GRADE = SOURCES / GRADES };
struct sources {
    struct text tag[1 + SOURCES]; /* the almanac's, then those of the sources */
    struct text record[GRADES][WORDINGS], question[WORDINGS], option[GRADES];
};
const struct sources *world_sources(const struct world *world);
enum { ALMANAC = -1 };
struct text world_source_tag(const struct world *world, int source); /* also of ALMANAC */
unsigned world_source_accuracy(unsigned source);                     /* percent */
bool world_source_record_told(unsigned source);

/* The statements of each source when `right` true and `wrong` false ones are to be told by all twelve, each with
 * exactly its accuracy: source s tells the true ones right_from[s]..right_from[s+1]-1 and the false ones alike. Where
 * there is a choice, the sources of 60 and of 20 percent tell about as many. False when no such shares exist: 4 x right
 * - wrong must be a multiple of five. */
struct source_shares {
    uint64_t right_from[SOURCES + 1], wrong_from[SOURCES + 1];
};
bool world_source_shares(struct source_shares *shares, uint64_t right, uint64_t wrong) MUST_CHECK;

#endif
