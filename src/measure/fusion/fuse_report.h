/* What a log of agents gives: figures of each source alone, of each way to fuse them, and of what can be done with the
 * fused answer (abstain, ask again). */
#ifndef MEASURE_FUSE_REPORT_H
#define MEASURE_FUSE_REPORT_H

#include "measure/fusion/fuse.h"
#include "record/record.h"

struct fuse_settings {
    const char *method; /* spec; NULL: all, of first and of last rounds, with each source alone */
    const char *only;   /* names of sources, with commas; NULL: the first round of each agent that does not decide */
    bool loo;
    double conformal;  /* alpha; NaN: no */
    const char *again; /* spec of fuse_again.h; NULL: no */
    double confidence;
    uint64_t seed;
};
struct fuse_report {
    struct figure *figures; /* on the arena */
    size_t n_figures;
    const struct fusion *method; /* NULL: all */
    struct fused fused;          /* of the method */
    size_t source[AGENT_SOURCES_MOST], n_sources;
    bool *set; /* [n][K] conformal sets; NULL: not asked for */
};
bool fuse_report(const struct agent_log *log, const struct fuse_settings *settings, struct arena *arena,
                 struct fuse_report *out, struct error *err) MUST_CHECK;
/* {"item", "gold", "answer", "p": {class: share}, "set": [classes], "says": {source: answer}, "bits": {source: b}};
 * owned by the caller. */
json_t *fuse_item_json(const struct agent_log *log, const struct fuse_report *report, size_t item,
                       struct error *err) MUST_CHECK;

#endif
