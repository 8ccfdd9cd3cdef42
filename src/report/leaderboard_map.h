/* What a leaderboard's columns are: their direction and weight in the score of a dimension, and which figures of a run
 * stand for them. A YAML file; suites/data/trustllm-leaderboard.yaml is built in, and its head says what the keys mean.
 */
#ifndef REPORT_LEADERBOARD_MAP_H
#define REPORT_LEADERBOARD_MAP_H

#include "base/yaml.h"

enum {
    BOARD_DIMENSIONS = 16,
    BOARD_COLUMNS = 64,
    BOARD_SOURCES = 4,
    BOARD_PAIRS = 64,
    BOARD_MODELS = 256,
    BOARD_UNMEASURED = 8
};

struct board_source {
    const char *task, *figure, *group; /* alternatives divided by |; group: FIELD=VALUE, or all; "": all */
    double weight;
    size_t line;
};
struct board_column {
    const char *name;
    size_t dimension, line;
    bool down;
    double weight, least, most; /* weight 0: in no score; range of the values */
    struct board_source from[BOARD_SOURCES];
    size_t n_from;
};
struct board_map {
    const char *shown; /* file, for messages */
    const char *dimensions[BOARD_DIMENSIONS];
    size_t n_dimensions;
    struct board_column columns[BOARD_COLUMNS];
    size_t n_columns;
    size_t pairs[BOARD_PAIRS][2]; /* columns */
    size_t n_pairs;
    const char *original[BOARD_MODELS], *unmeasured[BOARD_UNMEASURED];
    size_t n_original, n_unmeasured;
};
/* path NULL: the built-in one. On the arena. Weights that do not fit (negative, or all 0 in a dimension), dimensions
 * without columns and pairs of columns that do not exist are ERROR_DATA with file and line. */
struct board_map *board_map_read(const char *path, struct arena *arena, struct error *err) MUST_CHECK;
/* SIZE_MAX: no such column; blanks and case do not count. */
size_t board_map_find(const struct board_map *map, struct text name);
bool board_same_name(struct text a, struct text b); /* the same but for blanks and case */
/* A value as a share of what is best: 1 the best of its range, 0 the worst. NaN stays NaN. */
double board_share(const struct board_column *column, double value);

#endif
