/* Units as they stand in brackets behind a symbol: [m/s], [m/s^2], [m/s2], [N/kg], [ms], [km/h], [%]. A unit is a
 * product of powers of base units times an exact scale. Names that are no unit of physics (items, EUR, tokens) are base
 * units of their own. SI base units and prefixes: BIPM, The International System of Units, 9th edition (2019). */
#ifndef SOLVER_UNIT_H
#define SOLVER_UNIT_H

#include "solver/rational.h"

enum { UNIT_BASES_MOST = 8, UNIT_POWER_MOST = 12 };

struct unit {
    const struct rational *scale; /* one of it in base units: ms is 1/1000 */
    size_t n;
    struct {
        struct text name; /* in the order of their bytes */
        int power;        /* never 0 */
    } base[UNIT_BASES_MOST];
};

/* The text between the brackets. ERROR_DATA with the column (from 1, in t) in *at where it is none. */
const struct unit *unit_read(struct arena *arena, struct text t, size_t *at, struct error *err) MUST_CHECK;
const struct unit *unit_one(struct arena *arena, struct error *err) MUST_CHECK; /* of plain numbers */
/* a times b to the power `power` (1 or -1, or any for a of no dimension). */
const struct unit *unit_times(struct arena *arena, const struct unit *a, const struct unit *b, int power,
                              struct error *err) MUST_CHECK;
bool unit_same_dimension(const struct unit *a, const struct unit *b);
bool unit_equal(const struct unit *a, const struct unit *b); /* the same scale too */
bool unit_put(struct buffer *out, const struct unit *unit);  /* "m/s^2", "1/1000 s" */

#endif
