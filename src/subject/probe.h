/* What is measured of a model while it is trained. The rooms act and measure do not know one another: training calls a
 * probe through this type, and a module above both gives it one (report/probe_suite.h). */
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
    /* Figures of the model as it stands after `step`, in a fixed order, on the arena. The model is borrowed and stays
     * as it is meanwhile; digest: of its weights or of what made them. */
    bool (*measure)(void *context, struct lm_model *model, const char *digest, uint64_t step, struct arena *arena,
                    struct probe_figure **figures, size_t *n, struct error *err);
};

/* What was measured after a step: figures of the probe, and "valid/valid_loss" where there are validation data. */
struct probe_point {
    uint64_t step;
    const struct probe_figure *figures;
    size_t n;
};

/* Which of the checkpoints of a training is kept in the end;
 * a module above both rooms gives it (report/keep_rule.h). */
struct keep {
    void *context;
    const char *rule; /* as it was written */
    /* Of n points in the order of their steps, the first as what differences are measured from. *best: which one,
     * SIZE_MAX: none. It depends on the points alone. ERROR_USAGE: the rule names a figure that is not measured. */
    bool (*choose)(void *context, const struct probe_point *points, size_t n, size_t *best, struct error *err);
};

#endif
