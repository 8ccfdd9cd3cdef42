/* The log of a training (OUT.log.jsonl, see act/train.h) as curves: loss, validation,
 * probe figures with their intervals. */
#ifndef REPORT_TRAINING_LOG_H
#define REPORT_TRAINING_LOG_H

#include "base/json.h"

struct training_curve {
    const char *name;        /* of a probe figure: "TASK/FIGURE"; of an objective's: "steps/FIGURE", "valid/FIGURE" */
    double *x, *y, *lo, *hi; /* [n] step, value, interval (NaN: none) */
    uint64_t *items;         /* [n] that the value rests on; 0: not told */
    size_t n, capacity;
};

struct training_log {
    struct arena arena;
    const char *name; /* the file without folder and ending */
    struct training_curve loss, valid, speed;  /* in `unit`, the same, tokens a second */
    struct training_curve *probes;             /* and the objective's figures, in the order in which they first come */
    size_t n_probes, capacity;
    uint64_t steps; /* of all stages */
    uint64_t begun; /* steps of the stages before the newest one */
    int64_t stage;
    double seconds; /* of the sitting that ended it */
    char unit[32];      /* "nats a token"; empty: not told */
    char products[256]; /* "f32 on avx2, from step 40 bf16 on avx512_core_amx" */
};

/* ERROR_DATA: FILE:LINE of what is no line of such a log. Lines may have further members;
 * where "stage" changes, steps are counted on. */
bool training_log_read(struct training_log *log, const char *path, struct error *err) MUST_CHECK;
void training_log_done(struct training_log *log);

#endif
