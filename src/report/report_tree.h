/* Figures of a run by category and leaf of a taxonomy: where at least two of its leaves were measured. A leaf's score
 * is the first figure of the task of its name (or of the study of it), turned round where less is better; a category's
 * the mean over its measured leaves. There is no figure for the whole: nobody said how much each category weighs. */
#ifndef REPORT_TREE_H
#define REPORT_TREE_H

#include "report/report_data.h"

struct tree_row {
    const char *name; /* "safety", "safety.violence" */
    const char *title;
    const char *figure; /* "group_exact,of=4"; of a category "5 of 6 leaves" */
    bool category;
    double value, lo, hi; /* NaN: not measured; no interval */
    uint64_t n;           /* of a leaf: what its interval rests on */
};
struct report_tree {
    const char *taxonomy;  /* its title */
    struct tree_row *rows; /* each category before its leaves; leaves that were not measured have no value */
    size_t n;              /* 0: fewer than two leaves */
};
bool report_tree(const struct report_run *run, struct arena *arena, struct report_tree *out,
                 struct error *err) MUST_CHECK;

enum { TREE_NAME, TREE_TITLE, TREE_SCORE, TREE_INTERVAL, TREE_N, TREE_FIGURE, TREE_CELLS };
extern const char *const report_tree_heads[TREE_CELLS];
bool report_tree_cells(const struct tree_row *row, struct arena *arena, const char *cells[TREE_CELLS],
                       struct error *err) MUST_CHECK;
json_t *report_tree_json(const struct report_tree *tree); /* a list; owned by the caller; NULL: out of memory */

#endif
