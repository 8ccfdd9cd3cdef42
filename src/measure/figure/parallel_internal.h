/* What the files of the checks of several languages share. */
#ifndef MEASURE_PARALLEL_INTERNAL_H
#define MEASURE_PARALLEL_INTERNAL_H

#include "measure/figure/parallel_lint.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

struct parallel_probe {
    const struct task *task;
    struct lexicons *lexicons;
    struct arena arena; /* of the item at hand */
};
/* The rules about one item, by what the task's own scorer makes of answers that are known. *gold: its class, NaN: none.
 */
bool parallel_probe_item(struct parallel_probe *probe, const struct item *item, struct parallel_cell *cell,
                         struct arena *arena, double *gold, struct error *err) MUST_CHECK;
/* Counts one more, and keeps the words of the first. */
bool parallel_find(struct parallel_cell *cell, enum parallel_rule rule, struct arena *arena, struct error *err,
                   const char *format, ...) PRINTF_LIKE(5, 6) MUST_CHECK;

#endif
