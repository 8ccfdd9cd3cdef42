/* Problems that are made: constructions are put on one another at random, a figure is drawn, the closure is taken, and
 * a fact with a proof of some steps becomes the goal. Traces of the proof: as it is, with wrong steps, or with a wrong
 * branch that is followed and left. Everything depends on the stream alone. */
#ifndef GEOMETRY_GEO_MADE_H
#define GEOMETRY_GEO_MADE_H

#include "geometry/geo_check.h"
#include "geometry/geo_problem.h"

enum { GEO_MADE_LEAST = 4, GEO_MADE_MOST = 12, GEO_TRACE_MOST = 80 };

struct geo_made {
    struct buffer text; /* the problem as one line, with its goal */
    struct geo_problem problem;
    struct geo_figure figure;
    struct geo_proof proof;  /* on the arena */
    struct geo_proof branch; /* T: of a fact that the proof does not need; n 0: none shares steps with it */
};
void geo_made_init(struct geo_made *made);
void geo_made_done(struct geo_made *made);

/* A problem of `points` points whose proof has `steps_least` to `steps_most` steps. False without an error: none was
 * found in `tries`. */
bool geo_make(struct geo_made *out, size_t points, size_t steps_least, size_t steps_most, size_t tries,
              const struct geo_rules *rules, struct rng *rng, struct arena *arena, struct error *err) MUST_CHECK;

enum geo_trace_kind { GEO_TRACE_VERIFIED, GEO_TRACE_WRONG, GEO_TRACE_REFLECT };
struct geo_trace_line {
    enum { GEO_LINE_STEP, GEO_LINE_BACK } kind;
    uint32_t step;         /* of the proof, or of the branch */
    bool of_branch, wrong; /* BACK: the step to which it returns, 0: to the premises */
    struct geo_fact gives;
    size_t number; /* as written, from 1 */
};
struct geo_trace {
    struct geo_trace_line line[GEO_TRACE_MOST];
    size_t n, wrong, back; /* lines; wrong steps; number of steps of the branch that was left */
};
/* wrong: every step with a chance of 1 in 5 says something else that does not follow from what it cites, true or not;
 * at least one does. False without an error: there is no such trace. */
bool geo_trace(const struct geo_made *made, enum geo_trace_kind kind, const struct geo_rules *rules, struct rng *rng,
               struct geo_trace *out, struct error *err) MUST_CHECK;
/* "1 G16 p1 p2 : para m n b c\nback 0\n...", and the premises "p1 mid m a b". */
bool geo_trace_put(struct buffer *out, const struct geo_made *made, const struct geo_trace *trace,
                   const struct geo_rules *rules);
bool geo_made_put_premises(struct buffer *out, const struct geo_made *made);

#endif
