/* Passages: short documents that state a value, true or not. See pocket/documents.yaml. */
#ifndef MEASURE_WORLD_PASSAGE_H
#define MEASURE_WORLD_PASSAGE_H

#include "measure/world/world_sources.h"

enum { PASSAGE_OPENINGS = 12, PASSAGE_FILLERS = 16, PASSAGE_OTHERS = 3, PASSAGE_MOST_STATED = 4 };
struct documents {
    struct text opening[PASSAGE_OPENINGS], filler[PASSAGE_FILLERS], frame[WORDINGS], weighing[WORDINGS];
    /* Of the block: how many documents of each kind, in this order, and the shares of the sources among the last two.
     */
    uint64_t plain_true, plain_false, almanac, tagged_true, tagged_false;
    struct source_shares shares;
    uint16_t train[ALL_FACTS]; /* facts of entities for training */
    size_t n_train;
};
const struct documents *world_documents(const struct world *world);

enum { SOURCE_NONE = -2 }; /* beside ALMANAC and 0..SOURCES-1 */
struct passage {
    size_t fact;                  /* that is asked about */
    int source, value;            /* value: the document's */
    bool altered;                 /* value is not the truth */
    unsigned stated;              /* times that the value is stated: 2 to 4 */
    unsigned facts, wrong;        /* 1 or more facts told, so many of them altered, the one asked about included */
    size_t other[PASSAGE_OTHERS]; /* the facts told besides */
    int other_value[PASSAGE_OTHERS];
};
/* Whether a partial passage can be made: there are three facts or more about its subject. */
bool world_passage_can_be_partial(const struct world *world, size_t fact);
/* A passage on a fact. Everything is drawn from `rng` in the same order for all four kinds, so that twins (altered or
 * not) share all their words but the values. */
struct passage world_passage(const struct world *world, size_t fact, int source, bool partial, bool altered,
                             struct rng *rng);
/* "<doc> <src> gull\n... </doc>"; the words are drawn from `rng`. */
bool world_put_passage(struct buffer *out, const struct world *world, const struct passage *passage, struct rng *rng);

#endif
