/* Leaderboards: published figures of many models, by dimension, with rows of one's own beside them.
 *
 *   {"DIMENSION": [{"Model": NAME, "COLUMN (up)": NUMBER, "COLUMN (down)": NUMBER, ...}, ...], ...}
 *
 * What a column is, a map says (leaderboard_map.h). The score of a dimension is the weighted mean of its columns as
 * shares of the best value; p values and the like have no weight. Rank correlations are Spearman's. */
#ifndef REPORT_LEADERBOARD_H
#define REPORT_LEADERBOARD_H

#include "report/leaderboard_map.h"
#include "report/report.h"
#include "report/report_data.h"

/* Is this the name of a leaderboard: a file that ends in .json? */
bool leaderboard_claims(const char *word);
/* words: leaderboards and runs of the record, in any order; record NULL: there are only leaderboards. map NULL: the
 * built-in one. format: table, json or svg; others are refused by name. */
bool leaderboard_write(const char *const *words, size_t n, struct record *record, const char *map, const char *format,
                       const struct report_options *options, struct buffer *out, struct error *err) MUST_CHECK;

/* Columns of a run, NaN where it has not the task; *found: how many it has. strict: a task that is there without any of
 * the figures that the map names is ERROR_DATA with the map's line; else it is left out. */
bool board_of_run(const struct board_map *map, const struct report_run *run, bool strict, double *values, size_t *found,
                  struct error *err) MUST_CHECK;
/* By dimension, 0..1; NaN: none of its columns is known. */
void board_scores(const struct board_map *map, const double *values, double *scores);

#endif
