/* Training sets that are not read like a text: what objectives other than lm and sft learn from, and what a retriever
 * and an agent learn from. All from items and documents for training; one JSON object a line, ids unique in a file:
 *
 *   prefer    12,000 preference pairs: id, prompt, chosen, rejected, by, reward_chosen,
 *             reward_rejected (the sums of exact scores that decide; label noise is 0), contrast, scores_chosen,
 *             scores_rejected (r1, r2, rBL, r3)
 *   reward    5,000 pairs of another draw, in the same form
 *   rl        6,000 prompts of six families in turn: id, messages, gold, kind, part; another --draw gives others
 *   distil    60,000 answers of one position, an option letter: id, messages, loss, part,
 *             posterior where one is known. A question with a drawn key comes again with keys of its distribution
 *   distil-words  8,000 such answers to questions with a drawn key alone, in words: "stone" of "stone path"
 *   distil-few    the first 300 of them
 *   retrieve  6,000 requests with the guideline that fits and four that do not, by number: id, query,
 *             positive, negatives
 *   library   264 guidelines: gid, title, text, risk, cluster (the true one that it is or comes near to),
 *             member_count, origin, sha256
 *   agent     5,000 conversations with tools: id, messages, loss, env (errands: all done; errands-safe:
 *             harmful ones refused)
 */
#ifndef MEASURE_WORLD_SETS_H
#define MEASURE_WORLD_SETS_H

#include "measure/world/world_writing.h"

struct world_set {
    const char *name;
    size_t n;
    /* What the lines are made from, on the arena, n of them; NULL: a line is made from its number. */
    bool (*plan)(struct item *items, uint64_t *draws, size_t n, const struct world *w, uint64_t draw,
                 struct error *err);
    bool (*put)(struct buffer *out, struct world_line *line, const struct world *w, const struct item *item,
                uint64_t draw, size_t number);
};
extern const struct world_set world_sets[];
extern const size_t world_n_sets;
const struct world_set *world_set_find(struct text name); /* NULL: none */
/* The same bytes for any pool. */
bool world_set_write(struct writing *f, const struct world_set *set, const struct world *w, uint64_t draw,
                     struct pool *pool);

#endif
