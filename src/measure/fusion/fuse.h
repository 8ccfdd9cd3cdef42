/* Fusing what several agents answered into one answer an item, with a probability of each class where the method knows
 * one. The methods are one table; reasons that agents give are never read, so text in them can change nothing.
 *
 * n items, S sources, K classes. Silence of a source counts nothing. A method that learns does so from items with a
 * gold answer; with `loo` each such item is answered by what the others teach, without it by all (and so is flattered).
 */
#ifndef MEASURE_FUSE_H
#define MEASURE_FUSE_H

#include "base/option.h"
#include "measure/fusion/agent_log.h"

struct fuse_in {
    const struct agent_log *log;
    const size_t *source; /* [n_sources] places in the log; the first of equals counts more */
    size_t n_sources;
    bool loo;
    const struct option_value *options; /* of the method; NULL where it has none */
};

/* All on the arena. */
struct fused {
    int32_t *answer;   /* [n] class, AGENT_SILENT: none */
    double *p;         /* [n][K] shares that sum to 1 (0 where nobody spoke) */
    double *weight;    /* [S] see fusion.weighs; NULL: none */
    double *confusion; /* [S][K][K] P(answer | class); NULL: not told */
    double *bits;      /* [n][S] log2 of how much likelier the source's answer is under the class that was given than
                        * under the next one; NULL: not told */
    size_t rounds;     /* of what is repeated until it stands still; 0: nothing is */
};

struct fusion {
    const char *name, *summary;
    const struct option_def *options;
    size_t n_options;
    bool learns;        /* from gold answers */
    bool probable;      /* its shares are meant as probabilities */
    const char *weighs; /* what the weights are; NULL: it gives none */
    bool (*fuse)(const struct fuse_in *in, struct arena *arena, struct fused *out, struct error *err);
};
size_t fusions(const struct fusion *const **out);
const struct fusion *fusion_find(struct text name); /* NULL: none */

/* spec: NAME[,key=value]. A method that can't answer says why (ERROR_DATA): fewer than two sources, no gold answers to
 * learn from, gold answers of one class, confidences that were not said. */
bool fuse(const char *spec, const struct agent_log *log, const size_t *source, size_t n_sources, bool loo,
          struct arena *arena, const struct fusion **method, struct fused *out, struct error *err) MUST_CHECK;
/* The sources that do not decide: of each agent the first round, or the last one. Returns how many. */
size_t fuse_sources(const struct agent_log *log, bool last, size_t source[AGENT_SOURCES_MOST]);

#endif
