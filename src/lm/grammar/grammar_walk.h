/* Following texts through a grammar: its network as an automaton over bytes that is made as it is needed. Inside of the
 * room. Mutable, one thread at a time.
 *
 * A place is what may follow: a list of states, each with the set of stacks that it may have (the calls to return to).
 * Sets of stacks are shared trees, merged where a state is reached with several: what is before the top is a set again.
 * So ambiguous grammars cost no more than their states, and equal places have equal numbers. Place and byte give the
 * next place through a table that is filled as it is asked.
 *
 * Everything found is kept until the memory limit; then a step fails with WALK_FULL and grammar_walk_reset forgets all.
 * Whether a walk from its start on fits is a property of grammar and text alone. */
#ifndef LM_GRAMMAR_WALK_H
#define LM_GRAMMAR_WALK_H

#include "lm/grammar/grammar_internal.h"

enum {
    WALK_DEAD = -1,    /* no text goes on like this */
    WALK_DEEP = -2,    /* only texts that nest deeper than WALK_DEPTH_MOST do */
    WALK_UNKNOWN = -3, /* in tables only */
    WALK_FULL = -4,    /* no room; nothing else is wrong */
    WALK_BROKEN = -5,  /* out of memory or too ambiguous: err is set */
    WALK_DEPTH_MOST = 1000,
};

struct walk_frame {
    uint32_t state, rest; /* where to go on, and the stacks below */
};
/* A set of stacks: the tops with what is below each, by state; empty: also the stack of nothing. */
struct walk_stacks {
    uint32_t first, n;
    bool empty;
    uint16_t depth;
};
struct walk_config {
    uint32_t state, stacks;
};
struct walk_place {
    uint32_t first, n; /* configs, by state; all read a byte */
    bool accepts;      /* the text may end here */
    uint64_t *mask;    /* of the user, freed with memory_free; NULL: none yet */
    size_t mask_count;
};
/* Numbers by content: open addressing, number + 1. */
struct walk_table {
    uint32_t *slots;
    size_t size, n;
};

struct grammar_walk {
    const struct grammar *g;
    size_t bytes, most; /* in use; the limit */
    struct walk_frame *frames;
    struct walk_stacks *stacks;
    struct walk_config *configs;
    struct walk_place *places;
    int32_t *next; /* [places, classes] */
    size_t n_frames, n_stacks, n_configs, n_places;
    size_t frames_capacity, stacks_capacity, configs_capacity, places_capacity;
    struct walk_table stacks_table, places_table, unions;
    struct walk_union {
        uint32_t a, b, both;
    } * union_list;
    size_t unions_capacity;
    /* of one step: which states have been reached, with which stacks */
    uint32_t *reached; /* [states] index in list + 1 */
    struct walk_reached {
        uint32_t state, stacks;
        bool queued;
    } * list;
    uint32_t *queue;
    size_t n_list, n_queue, list_capacity, queue_capacity, work;
    bool accepts, deep;
};

bool grammar_walk_init(struct grammar_walk *walk, const struct grammar *g, size_t most, struct error *err) MUST_CHECK;
void grammar_walk_done(struct grammar_walk *walk);
/* Forgets all places. */
void grammar_walk_reset(struct grammar_walk *walk);
/* The place before any text, or WALK_DEAD (no text at all), WALK_FULL, WALK_BROKEN. */
int32_t grammar_walk_start(struct grammar_walk *walk, struct error *err) MUST_CHECK;
/* The slow way of grammar_walk_step. */
int32_t grammar_walk_find(struct grammar_walk *walk, int32_t place, uint8_t byte, struct error *err) MUST_CHECK;
/* A place or one of WALK_DEAD, _DEEP, _FULL, _BROKEN. */
static inline int32_t grammar_walk_step(struct grammar_walk *walk, int32_t place, uint8_t byte, struct error *err) {
    int32_t next = walk->next[(size_t)place * walk->g->n_classes + walk->g->class_of[byte]];
    return next != WALK_UNKNOWN ? next : grammar_walk_find(walk, place, byte, err);
}

#endif
