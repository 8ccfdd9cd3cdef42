/* A moral graph as files: the graph itself, guidelines of its winners, pairs of answers along its edges. */
#ifndef SET_MORAL_WRITE_H
#define SET_MORAL_WRITE_H

#include "set/guide.h"
#include "set/moral_cycles.h"
#include "set/moral_standing.h"

/* Everything that was made of a graph; places[0] is overall, then one for each context. */
struct moral_report {
    const struct moral *m;
    const struct moral_place_of *place; /* [1 + n_contexts] */
    struct moral_cycles cycles;
    struct moral_arc *arc; /* kept edges, overall */
    size_t n_arcs;
};
bool moral_report_make(const struct moral *m, const struct moral_standing_settings *settings, struct arena *arena,
                       struct moral_report *out, struct error *err) MUST_CHECK;

/* {values, edges, ranks, contexts, cycles, votes, voters, ...}; NULL when out of memory. Owned by the caller. */
json_t *moral_json(const struct moral_report *r, struct error *err) MUST_CHECK;
/* The winner overall and of each context that is not weak, as guidelines of origin moral-graph. */
bool moral_guide(const struct moral_report *r, struct arena *arena, struct guide_library *out,
                 struct error *err) MUST_CHECK;
/* Lines of {prompt, chosen, rejected, by, weight, source}: of each kept edge, in each of its contexts, what attends to
 * the wiser value against what attends to the other. */
bool moral_put_pairs(const struct moral_report *r, struct buffer *out, struct error *err) MUST_CHECK;

#endif
