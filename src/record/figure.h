/* Figures that are put together by hand: whole-file scorers, audits, estimates. What a tally makes it makes itself. */
#ifndef RECORD_FIGURE_H
#define RECORD_FIGURE_H

#include "record/record.h"

/* A figure of no task, without an interval: lo, hi and parsed are NaN, k is -1, the method is "exact", the unit "" and
 * the direction "none", until the caller says otherwise. value NaN: null; say why. Texts are borrowed. */
struct figure figure_new(const char *name, const char *group, double value, uint64_t n);
/* Its value and limits at once; `method` says where they are from. */
void figure_set_interval(struct figure *figure, double value, double lo, double hi, const char *method);

#endif
