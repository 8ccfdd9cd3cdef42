/* What `basanite doctor` looks at: parts, machine, data and the built-in model, one row each. */
#ifndef CLI_DOCTOR_ROWS_H
#define CLI_DOCTOR_ROWS_H

#include "cli/options.h"

enum { DOCTOR_ROWS_MOST = 128 };

struct doctor_row {
    const char *group; /* "parts", "machine", "data", "model" */
    const char *name;
    const char *value; /* version, size, folder, ...; "" when missing */
    bool there;
    const char *note; /* what is switched off by its absence, or how to get it; "" otherwise */
};

/* All rows, in a fixed order; texts on the arena of the arguments. A row that cannot be found out is one that is not
 * there, with the reason in its note. False only when memory ran out. */
bool doctor_rows(struct arguments *args, struct doctor_row rows[DOCTOR_ROWS_MOST], size_t *n,
                 struct error *err) MUST_CHECK;

#endif
