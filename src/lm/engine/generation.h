/* Generation under way: what lm_generate and lm_flow share. Inside of the room.
 *
 * Asks that were added wait until the prompts before them have been computed; then they become one tree, the wave,
 * whose prompts are computed in passes beside the answers that have begun. A call of generation_pass is one pass. */
#ifndef LM_GENERATION_H
#define LM_GENERATION_H

#include "lm/engine/generate_sequence.h"
#include "lm/engine/sampling.h"

struct draw;

struct generation {
    struct lm_engine *engine;
    struct arena *arena; /* of the results */
    lm_generate_done *done;
    void *context;
    bool each;              /* what has no room ends with an error of its own; otherwise the pass fails */
    struct sequence *first; /* of all asks whose answers have not ended, linked by `after` */
    size_t n_asks;
    struct sequence **added; /* of the next wave */
    size_t n_added, added_capacity;
    /* the wave */
    struct arena room;
    struct trie trie;
    struct trie_sequence *prompts; /* sorted; those before next_prompt have been answered or started */
    struct sequence **sequences;   /* of the prompts, in their order */
    size_t n_prompts, next_prompt, cursor, n_dropped;
    struct kv_page **path;
    size_t most_pages;
    /* answers that have begun */
    struct sequence **active;                       /* have a row in every pass */
    struct sequence *first_waiting, **last_waiting; /* have their first token and wait for room, a queue */
    size_t n_active, n_waiting;
    uint32_t *need;
    struct draw *draws;
    size_t n_need, n_draws, draws_capacity;
    struct sampling_scratch *scratch; /* one a worker, on the arena `fixed` */
    float *rows;                      /* one a worker, [vocabulary], for processors; NULL: no ask has had any */
    struct arena fixed;
};

bool generation_init(struct generation *g, struct lm_engine *engine, struct error *err) MUST_CHECK;
/* Lets go of all that is under way; the store is swept. */
void generation_done(struct generation *g);
/* ERROR_DATA, ERROR_USAGE: the ask cannot be run. index: its name in messages. */
bool generation_check(const struct lm_engine *engine, const struct lm_generate_ask *ask, size_t index,
                      struct error *err) MUST_CHECK;
/* An ask that was checked; its result goes to *result, NULL: to `done` alone. */
bool generation_add(struct generation *g, const struct lm_generate_ask *ask, size_t index,
                    struct lm_generate_result *result, struct error *err) MUST_CHECK;
/* Asks whose answers have not ended. */
size_t generation_asks(const struct generation *g);
/* Nobody wants the answer any more: it gets no further row. `done` is not called. Not from within a pass. */
void generation_drop(struct generation *g, size_t index);
/* Computes rows, draws tokens, ends answers. Nothing happens when there are no asks. After a failure nothing but
 * generation_done may follow. */
bool generation_pass(struct generation *g, const struct interrupt *stop, struct error *err) MUST_CHECK;

#endif
