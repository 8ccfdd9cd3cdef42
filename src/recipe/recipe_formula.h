/* Formulas over the figures of several runs:
 *
 *   sum     = product { ("+" | "-") product } ;
 *   product = unit { ("*" | "/") unit } ;
 *   unit    = NUMBER [ "%" ] | "(" sum ")" | "-" unit | FIGURE "(" RUN [ " over " BASE ] [ ":" PLACE ] ")"
 *           | "spearman(" sum "," sum { "," sum "," sum } ")" ;
 *
 * A RUN that ends in .json is a file of figures, as `score --scorer NAME --out FILE.json` writes them where the scorer
 * is one of whole files; PLACE is then "/" and the figure's group.
 * FIGURE is the name of a figure, with its options where it has some; PLACE a task, or TASK/FIELD=VALUE; without it
 * the run has one task with that figure. With BASE it is what `basanite compare BASE RUN` found and the record keeps
 * (PLACE: a task): the paired difference of a figure, or a figure of the test honesty, with the interval of that test.
 * Intervals of sums and differences are those of independent figures (stat_mover_difference), of a product or quotient
 * with a number they are scaled; other products have none. spearman is the rank correlation of four pairs or more, x
 * before y. */
#ifndef RECIPE_RECIPE_FORMULA_H
#define RECIPE_RECIPE_FORMULA_H

#include "record/record.h"

struct recipe_value {
    double value, lo, hi; /* NaN: not known */
};

struct recipe_formula;
/* On the arena. ERROR_USAGE with the column, counted from 1. */
const struct recipe_formula *recipe_formula_parse(struct text source, struct arena *arena,
                                                  struct error *err) MUST_CHECK;
/* A run is looked for in the records in their order. ERROR_DATA: no such run, figure or place; those that are there
 * are named. */
struct recipe_records {
    struct record *at[2];
    size_t n;
    const char *folders[2]; /* of the same places, for files; NULL: none */
};
bool recipe_formula_value(const struct recipe_formula *formula, const struct recipe_records *records,
                          struct recipe_value *out, struct error *err) MUST_CHECK;

#endif
