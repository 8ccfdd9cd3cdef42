/* What synthetic tables of one fold are held against: the rows that the generator saw (train, R_tr), rows that it did
 * not see and that nothing is scored on (held, R_va: the anchor `fresh`), and rows that figures are scored on (test,
 * R_te); with all that is learnt from them once. */
#ifndef MEASURE_SYNTH_FOLD_H
#define MEASURE_SYNTH_FOLD_H

#include "measure/table/synth_near.h"

enum { SYNTH_FOLDS = 5, SYNTH_NEAR_K = 5, SYNTH_ATTACKED = 2000 };

/* One sensitive column: which group each test row is in, SIZE_MAX none (missing). Of privileged and others: 1 and 0. */
struct synth_groups {
    size_t column, n;
    const char **name; /* [n] */
    size_t *of;        /* [test.rows] */
    size_t *people;    /* [train.rows] the same of training rows */
};
struct synth_fold {
    const struct synth_schema *schema;
    const struct synth_levels *levels;
    uint64_t number;
    struct synth_table train, held, test;
    size_t target;
    double positive;  /* the target's level that is 1; of numbers: those above it are */
    bool rare_is_one; /* the rarer class of the training rows */
    double *train_y, *test_y;
    struct synth_groups *groups; /* [n_groups] sensitive columns */
    size_t n_groups;
    struct synth_code code, features, known; /* all columns; all but the target; those that an attacker knows */
    struct synth_binning binning;
    struct synth_points train_points, test_points, test_features, train_features;
    struct synth_panels train_panels, test_panels;
    struct synth_points people, test_known; /* up to SYNTH_ATTACKED training rows, and the test rows, as known */
    size_t *person, n_people;               /* which training rows those are */
    uint16_t **train_bins;
    double *train_mi;                 /* [n][n], see synth_measure.h */
    double median[SYNTH_NEAR_K];      /* of the test rows' mean distance to their k + 1 nearest training rows */
    uint64_t *train_hash, *test_hash; /* sorted: see synth_row_hash */
    size_t n_members;
    size_t *member; /* training rows beside as many test rows */
};

struct synth_real {
    const struct synth_schema *schema;
    const struct synth_levels *levels;
    struct synth_table table[2];
    size_t n; /* 1: split in five parts; 2: seen rows, unseen rows */
    uint64_t seed;
    bool lenient;
};
/* Of one table a seeded permutation is cut in five; fold f tests on part f, holds part f + 1, trains on the other
 * three. Of two the first is what the generator saw, and the second is halved into test and held rows. ERROR_DATA: too
 * few rows, one class only, a group of the test rows without a positive row (lenient: its gaps are NaN). */
bool synth_fold_new(const struct synth_real *real, uint64_t number, struct pool *pool, struct arena *arena,
                    struct synth_fold *out, struct error *err) MUST_CHECK;
/* The three row lists of a fold alone, for writing them. */
bool synth_fold_rows(const struct synth_real *real, uint64_t number, struct arena *arena, struct synth_fold *out,
                     struct error *err) MUST_CHECK;
/* 0 or 1 of each row. */
void synth_target_of(const struct synth_fold *fold, const struct synth_table *table, double *y);
/* Which of the groups a value of their column is in; SIZE_MAX: none. */
size_t synth_group_of(const struct synth_fold *fold, size_t groups, double x);
/* Equal rows have equal hashes: numbers are compared after rounding to 1e-9. */
uint64_t synth_row_hash(const struct synth_schema *schema, const double *row);
/* Of all rows, sorted; on the arena. NULL: err. */
uint64_t *synth_row_hashes(const struct synth_schema *schema, const struct synth_table *table, struct arena *arena,
                           struct error *err) MUST_CHECK;

#endif
