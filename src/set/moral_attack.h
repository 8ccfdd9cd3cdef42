/* How many more votes does it take to move the first place: away from a value that has it, or to one that has it not?
 * The votes are ballots as any voter could give them, on any two values of the graph.
 *
 * A rank depends on a pair only through the edge that is kept of it, so that what can be done to a pair in c votes is a
 * short list of outcomes. All sets of outcomes of 1 vote together, then of 2 ..., are tried; the first that does it is
 * a least one, and the answer is exact. Where a number of votes would take more trials than allowed, the answer is a
 * bound: no fewer votes than `at_least` do it, and the plan, found greedily, does it. */
#ifndef SET_MORAL_ATTACK_H
#define SET_MORAL_ATTACK_H

#include "set/moral_rank.h"

enum {
    MORAL_ATTACK_VOTES = 6,      /* up to here all sets of votes may be tried */
    MORAL_ATTACK_VALUES = 1000,  /* most values of an attacked graph */
    MORAL_ATTACK_TRIALS = 100000 /* unless the caller says otherwise */
};

/* n votes of one kind on one ordered pair. */
struct moral_ballots {
    uint32_t from, to, n;
    enum moral_says says;
};
struct moral_attacked {
    size_t value, first; /* who is first before, and */
    size_t first_after;  /* after the plan */
    bool dethrones;      /* the value was first, and loses; else it comes to be first */
    uint64_t at_least;   /* votes */
    uint64_t votes;      /* of the plan; 0: none was found */
    bool exact;          /* at_least = votes */
    uint32_t voters;     /* who each vote once on an ordered pair: so many are needed for the plan */
    struct moral_ballots *plan;
    size_t n_plan;
    uint64_t trials;
};
/* trials 0: MORAL_ATTACK_TRIALS. ERROR_DATA: no edge is kept, so nobody is first; ERROR_USAGE: too many values. */
bool moral_attack(const struct moral *m, uint32_t context, size_t value, uint64_t trials, struct arena *arena,
                  struct moral_attacked *out, struct error *err) MUST_CHECK;

#endif
