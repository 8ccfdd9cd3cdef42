/* What is measured of a model while it is trained. The rooms act and measure do not know one another: training calls a probe
 * through this type, and a module above both gives it one (report/probe_suite.h). */
#ifndef SUBJECT_PROBE_H
#define SUBJECT_PROBE_H

#include "lm/model/model.h"

struct probe_figure {
    const char *name;     /* "TASK/FIGURE" */
    double value, lo, hi; /* lo, hi NaN: no interval */
    uint64_t n;
};

struct probe {
    void *context;
    /* Figures of the model as it stands after `step`, in a fixed order, on the arena. The model is borrowed and stays as it
     * is meanwhile; digest: of its weights or of what made them. */
    bool (*measure)(void *context, struct lm_model *model, const char *digest, uint64_t step, struct arena *arena,
                    struct probe_figure **figures, size_t *n, struct error *err);
};

#endif
