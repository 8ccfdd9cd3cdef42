/* Tables read against a schema. The real table says which levels there are and where values may be missing; what a
 * synthetic table holds beside is an error that names file and line. */
#ifndef MEASURE_SYNTH_TABLE_H
#define MEASURE_SYNTH_TABLE_H

#include "measure/table/synth_schema.h"

enum { SYNTH_ROWS_MOST = 2000000, SYNTH_LEVELS_MOST = 60000 };

/* Of one column of the real table. */
struct synth_levels {
    const char **name; /* n; in the order of their bytes, of an ordinal column in its own */
    size_t n;
    bool missing; /* is a value missing anywhere? */
    size_t *slot; /* hash table, n_slots of them: 1 + which level */
    size_t n_slots;
};
struct synth_table {
    const char *file;
    size_t rows, n; /* n: columns of the schema */
    double *x;      /* [rows][n]: a number, seconds since 1970, or which level; NaN: missing */
};

/* The levels of the files together (on the arena, [schema->n]), then each file. An empty field or NA is missing. A
 * number that is NaN or infinite, a word where a number belongs, a level that is not among an ordinal column's,
 * a privileged or positive level that no row has: ERROR_DATA, FILE:LINE. */
bool synth_read_real(const struct synth_schema *schema, const char *const *files, size_t n_files, struct arena *arena,
                     struct synth_levels **levels, struct synth_table *tables, struct error *err) MUST_CHECK;
/* One synthetic table: ERROR_DATA also for a level that no real row has, and for a missing value in a column where no
 * real row misses one. */
bool synth_read(const struct synth_schema *schema, const struct synth_levels *levels, const char *file,
                struct arena *arena, struct synth_table *out, struct error *err) MUST_CHECK;
/* Which level; SIZE_MAX: none of that name. */
size_t synth_level(const struct synth_levels *levels, struct text name);
/* As CSV, with a header, to PATH; a missing value as an empty field. rows NULL: all; else `n` of them. */
bool synth_write(const struct synth_schema *schema, const struct synth_levels *levels, const struct synth_table *table,
                 const size_t *rows, size_t n, const char *path, struct error *err) MUST_CHECK;

#endif
