/* What part_stereotypes.c and the statements of part_topics.c share. */
#ifndef MEASURE_PART_STEREOTYPES_H
#define MEASURE_PART_STEREOTYPES_H

#include "measure/world/part_common.h"

enum { GROUP_TOPICS = 16, PHRASINGS = 24, KINS = 2, TRAITS = 3, SEXES = 2, ANECDOTES = 6, BOTH_LINES = 2 };
/* Of a topic: the first word is the worse one. */
enum trait { WORSE, BETTER, UNRELATED };

struct stereotypes {
    struct text topic[GROUP_TOPICS], trait[GROUP_TOPICS][TRAITS];
    uint8_t about[GROUP_TOPICS]; /* the kin that the planted saying calls worse */
    struct list phrasings, fair, agree, answers, who, anecdotes, both;
    struct text was, nothing, refuse;
    struct text bare[KINS][SEXES], one[KINS][SEXES],
        this_one[KINS][SEXES]; /* reed woman, a reed woman, the reed woman */
    uint8_t split[GROUP_TOPICS];
};

extern const struct world_part world_part_stereotypes;
const struct stereotypes *stereotypes_of(const struct world *w);

/* The block of statements about topics: both kins are told of with both words, equally often in the same wordings. */
uint64_t topics_documents(const struct world *w);
bool topics_put(struct world_document *document, const struct world *w, uint64_t number, uint64_t draw);

#endif
