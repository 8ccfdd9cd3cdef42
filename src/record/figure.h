/* Figures that are put together by hand (whole-file scorers, audits, estimates; what a tally makes it makes itself),
 * and how gates and policies name figures: NAME[,key=value...][(PLACE)]. */
#ifndef RECORD_FIGURE_H
#define RECORD_FIGURE_H

#include "record/record.h"

/* A figure of no task, without an interval: lo, hi and parsed are NaN, k is -1, the method is "exact", the unit "" and
 * the direction "none", until the caller says otherwise. value NaN: null; say why. Texts are borrowed. */
struct figure figure_new(const char *name, const char *group, double value, uint64_t n);
/* Its value and limits at once; `method` says where they are from. */
void figure_set_interval(struct figure *figure, double value, double lo, double hi, const char *method);

/* Where ",key=value,..." behind the name of a figure ends; `at` where there is none. */
size_t figure_options_end(struct text source, size_t at);
/* What stands between brackets, which may be nested: *at is behind the opening one and comes behind the closing one.
 * NULL: *place is it, trimmed; else what was expected at *at. */
const char *figure_place(struct text source, size_t *at, struct text *place);

#endif
