/* Rows that carry another row of the same data: a modified prompt beside the original, a preference beside its mirror.
 * `by` is what both have (a template), `where` holds for the other one. A row gets it as the column `beside`, null
 * where there is none. */
#ifndef MEASURE_TASK_BESIDE_H
#define MEASURE_TASK_BESIDE_H

#include "measure/task/task_internal.h"

struct beside;
struct beside *beside_new(const struct task_field *by, const struct task_field *where, struct error *err) MUST_CHECK;
void beside_free(struct beside *beside);
/* Keeps the row if `where` holds for it; a second one with the same `by` is ERROR_DATA with both places. */
bool beside_keep(struct beside *beside, const json_t *row, struct json_place place, struct error *err) MUST_CHECK;
/* Puts the kept row with the same `by` into the row. */
bool beside_give(const struct beside *beside, json_t *row, struct json_place place, struct error *err) MUST_CHECK;

#endif
