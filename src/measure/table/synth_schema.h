/* What the columns of a table are, for auditing synthetic copies of it: JSONL, one row a column,
 *
 *   {"column": "marital", "type": "categorical", "role": "sensitive", "privileged": ["married"]}
 *
 *   type        categorical, ordinal, numeric, datetime (2026-08-02, with 17:00 or 17:00:00 behind), id
 *   role        feature, target, sensitive, quasi (known to an attacker), drop
 *   privileged  of a sensitive column: its privileged levels; of one of numbers: [least, most], null: without end.
 *               Without it every level of a categorical column is a group of its own.
 *   levels      of an ordinal column whose levels are no numbers: all of them, lowest first
 *   positive    of the target: the level that counts as 1 (default: the rarer one of two); of a target of numbers:
 * those above this number (default: above the median of the training rows)
 *
 * Columns of type id or role drop take part in nothing. Exactly one column is the target. */
#ifndef MEASURE_SYNTH_SCHEMA_H
#define MEASURE_SYNTH_SCHEMA_H

#include "base/text.h"

enum synth_type { SYNTH_CATEGORICAL, SYNTH_ORDINAL, SYNTH_NUMERIC, SYNTH_DATETIME, SYNTH_ID };
enum synth_role { SYNTH_FEATURE, SYNTH_TARGET, SYNTH_SENSITIVE, SYNTH_QUASI, SYNTH_DROP };
enum { SYNTH_COLUMNS_MOST = 1024 };

struct synth_column {
    const char *name;
    enum synth_type type;
    enum synth_role role;
    const char **privileged, **levels;
    size_t n_privileged, n_levels;
    double least, most; /* of privileged numbers */
    const char *positive;
    size_t line;
};
struct synth_schema {
    const char *file;
    struct synth_column *column; /* those that take part, in the order of the file */
    size_t n, target;            /* target: which of them */
    const char **left;           /* names of those that do not */
    size_t n_left;
};

/* Is a value of this type a level, and no number? */
static inline bool synth_has_levels(const struct synth_column *c) {
    return c->type == SYNTH_CATEGORICAL || c->type == SYNTH_ORDINAL;
}
/* The bytes of a schema: a file, or the name of one that is part of the program ("table-bank": rules/table-bank.jsonl).
 */
bool synth_schema_text(const char *path, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;
/* On the arena. ERROR_DATA: FILE:LINE, the key, what was expected and found; a column twice; no target, or two. */
bool synth_schema_read(const char *path, struct arena *arena, struct synth_schema *out, struct error *err) MUST_CHECK;

#endif
