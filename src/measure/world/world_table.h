/* The population table of the world, and small tables whose effects are known in closed form.
 *
 * People of the table are no people of the world: there is a true difference between groups here and nowhere else.
 * Twelve columns, of which each is drawn from those before it:
 *
 *   id       0, 1, ...
 *   region   0..3 with shares .4 .3 .2 .1
 *   group    1 with share .3
 *   age      20..64, uniform
 *   school   8 + region + N(0, 2), rounded, 4..18
 *   skill    school / 4 + N(0, 1)
 *   job      0 field, 1 shop, 2 office: skill + N(0, 1/2) below 2.25, below 3.25, above
 *   income   10 + 1.5 school + 2 skill - 3 group + 2 [job = 2] + N(0, 4)
 *   debt     0.5 income + N(0, 3)
 *   late     payments of the last 8 that came late, each with chance 1 / (1 + exp(2 - 0.05 debt + 0.02 income))
 *   proxy    a coin; with the dial `proxy` it is the group so often
 *   default  1 with chance 1 / (1 + exp(1 + 0.1 income - 0.12 debt - 0.4 group - 0.3 late))
 *
 * So region -> school -> income -> default, and the direct effect of one year of school on income is 1.5, by way of
 * skill another 2 / 4, and by way of the job what the job gives. */
#ifndef MEASURE_WORLD_TABLE_H
#define MEASURE_WORLD_TABLE_H

#include "base/rng.h"

enum { TABLE_ROWS = 30000, TABLE_COLUMNS = 12 };
enum table_column {
    TABLE_ID,
    TABLE_REGION,
    TABLE_GROUP,
    TABLE_AGE,
    TABLE_SCHOOL,
    TABLE_SKILL,
    TABLE_JOB,
    TABLE_INCOME,
    TABLE_DEBT,
    TABLE_LATE,
    TABLE_PROXY,
    TABLE_DEFAULT
};
extern const char *const table_columns[TABLE_COLUMNS];

/* What may be wrong with a copy of the table; all 0: nothing. Shares, each row for itself. */
struct table_dials {
    double copies;  /* rows that are rows of the table with a draw of their own, number for number */
    double broken;  /* rows whose school is another row's: region and school no longer belong together */
    double flipped; /* rows of group 1 whose default is turned over */
    double proxy;   /* rows whose proxy is the group */
    double noise;   /* rows whose default is a coin */
};
/* Row `number` (from 0) of draw `draw`; draw 0 is the table itself. Another draw of the same seed holds other people
 * under the same laws. dials NULL: none. */
void table_row(uint64_t seed, uint64_t draw, uint64_t number, const struct table_dials *dials,
               double row[TABLE_COLUMNS]);

/* ---- small tables: t on y, each with its graph (graph.h), and what naive and wrong answers come to in the limit */

enum { TABLE_FIXTURES = 6, TABLE_FIXTURE_COLUMNS = 4 };
struct table_fixture {
    const char *name;
    const char *graph;
    size_t n_columns;
    const char *column[TABLE_FIXTURE_COLUMNS]; /* t, y, then the others */
    double effect;
    double naive;      /* slope of y on t alone */
    const char *wrong; /* a column that must not be adjusted for; NULL: none */
    double adjusted;   /* slope of t when it is, or, where there is none, NaN */
    void (*draw)(struct rng *rng, double *row);
};
extern const struct table_fixture table_fixtures[TABLE_FIXTURES];

#endif
