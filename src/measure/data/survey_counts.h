/* Surveys of which only counts were kept. Three kinds of files, told by what they hold:
 *
 *   question, n1, n2, ... nK   how many gave each rating of a question (CSV): `agree`, the share of the two highest of
 * K, and `rating`, the mean G_upgrade, G_total, ...    votes for and all votes of the groups G, a row a pair (CSV,
 * columns in any number): `upgrade` of each group, over all rows
 *   {"P_total": n, "P_X": k}   totals (JSON): `share` of X among P
 *
 * Shares have Wilson's interval. */
#ifndef MEASURE_SURVEY_COUNTS_H
#define MEASURE_SURVEY_COUNTS_H

#include "measure/data/survey.h"

/* Is the file one of these? An unreadable file is an error. */
bool survey_counts_is(const char *path, bool *is, struct error *err) MUST_CHECK;
/* Adds to the figures of `out`, which begins zeroed. ERROR_DATA: FILE:LINE, the column, what is no count, votes for
 * that exceed all votes, a question or a group without any answer. */
bool survey_counts_read(const char *path, double confidence, struct arena *arena, struct survey_result *out,
                        struct error *err) MUST_CHECK;

#endif
