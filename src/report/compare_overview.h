/* Several runs against one base at a glance: a row a run, a column a task, in each cell the paired difference of the
 * task's first figure, coloured by how large it is and on which side, marked where the interval corrected over the
 * tasks excludes 0. Part of the page of a comparison. */
#ifndef REPORT_COMPARE_OVERVIEW_H
#define REPORT_COMPARE_OVERVIEW_H

#include "measure/compare/compare.h"
#include "report/html_page.h"

/* Nothing is written of fewer than two other runs, of pairs of runs, or where no task has such a row. */
bool compare_put_overview(struct page *page, const struct comparison *comparison, struct arena *arena,
                          struct error *err) MUST_CHECK;

#endif
