/* Rows as points, and rows in bins: both learnt from the training rows R_tr.
 *
 * As points (for distances and learners): a number or ordinal level is its mid-rank in R_tr over the rows of R_tr, in
 * 0..1; two different levels are 1 apart in squared distance (one-hot over the square root of 2). A missing value is
 * one more level, and 0.5. So the squared distance of two rows is (levels that differ) + (sum of squared differences of
 * ranks), and it is computed like that: exactly equal rows are exactly 0 apart.
 *
 * In bins (for information and counts): levels as they are, those below 0.5 % of R_tr together; numbers in 20 quantile
 * bins of R_tr (fewer where quantiles coincide); a missing value is a bin of its own. */
#ifndef MEASURE_SYNTH_CODE_H
#define MEASURE_SYNTH_CODE_H

#include "measure/table/synth_table.h"

enum { SYNTH_BINS = 20 };

/* How columns become coordinates. */
struct synth_part {
    size_t column;      /* of the schema */
    size_t value, code; /* which value, which level; SIZE_MAX: it has none */
    const double *sorted;
    size_t n_sorted; /* values of R_tr, of those with a rank */
};
struct synth_code {
    const struct synth_schema *schema;
    const struct synth_levels *levels;
    struct synth_part *part;
    size_t n_parts, n_values, n_codes;
    size_t *n_levels; /* [n_codes] */
};
struct synth_points {
    const struct synth_code *code;
    size_t n;
    double *value;   /* [n][n_values] */
    uint16_t *which; /* [n][n_codes] */
};

/* wanted: [schema->n], NULL: all columns. On the arena, as are points. */
bool synth_code_learn(const struct synth_schema *schema, const struct synth_levels *levels,
                      const struct synth_table *train, const bool *wanted, struct arena *arena, struct synth_code *out,
                      struct error *err) MUST_CHECK;
/* x: [n][schema->n], as in a table. */
bool synth_points_of(const struct synth_code *code, const double *x, size_t n, struct arena *arena,
                     struct synth_points *out, struct error *err) MUST_CHECK;
/* Squared distance of point i of a and j of b, which share their code. */
double synth_apart2(const struct synth_points *a, size_t i, const struct synth_points *b, size_t j);
/* The points of a list of places. */
bool synth_points_some(const struct synth_points *points, const size_t *places, size_t n, struct arena *arena,
                       struct synth_points *out, struct error *err) MUST_CHECK;

struct synth_binning {
    size_t n_columns;
    size_t *n_bins; /* [n_columns], with that of missing values */
    uint16_t **bin; /* [n_columns] of a column with levels: its bin of each level; NULL else */
    double **edge;  /* [n_columns] of a column of numbers: bin k holds what is above edge k - 1 and not above edge k */
    size_t *n_edges;
    bool *missing; /* [n_columns]: the last bin is that of missing values */
};
bool synth_binning_learn(const struct synth_schema *schema, const struct synth_levels *levels,
                         const struct synth_table *train, struct arena *arena, struct synth_binning *out,
                         struct error *err) MUST_CHECK;
/* out: [n_columns][rows], on the arena. */
bool synth_bins_of(const struct synth_binning *binning, const struct synth_table *table, struct arena *arena,
                   uint16_t ***out, struct error *err) MUST_CHECK;

#endif
