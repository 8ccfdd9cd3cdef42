/* What geo_table.c and geo_explain.c share. */
#ifndef GEOMETRY_GEO_TABLE_INTERNAL_H
#define GEOMETRY_GEO_TABLE_INTERNAL_H

#include "geometry/geo_table.h"

struct geo_row {
    struct geo_term *term;
    size_t n, room;
};
struct geo_kept { /* an equation as it was added */
    struct geo_term *term;
    size_t n;
    uint32_t source;
    uint64_t finger; /* at the random places of its columns */
};
struct geo_echelon { /* row = the sum of added equations that `made` says; free of the pivots of earlier rows */
    struct geo_row row, made;
    uint32_t pivot;
    size_t equation;
};
struct geo_table {
    size_t columns, all;
    uint64_t *place;      /* [all] random values of the free columns */
    uint64_t *finger;     /* [all] of the forms */
    struct geo_row *form; /* [all]; room 0: the column is free */
    struct geo_kept *added;
    size_t n, room;
    struct geo_echelon *echelon;
    size_t n_echelon, echelon_room;
    struct geo_row scratch[4];
};

uint64_t geo_finger(struct geo_fraction f);
uint64_t geo_finger_times(uint64_t a, uint64_t b);
uint64_t geo_finger_plus(uint64_t a, uint64_t b);
uint64_t geo_finger_minus(uint64_t a, uint64_t b);

void geo_row_done(struct geo_row *row);
bool geo_row_set(struct geo_row *row, const struct geo_term *term, size_t n, struct error *err) MUST_CHECK;
const struct geo_term *geo_row_find(const struct geo_row *row, uint32_t column);
bool geo_row_add(struct geo_row *row, const struct geo_row *other, struct geo_fraction by, struct geo_row *scratch,
                 bool *fits, struct error *err) MUST_CHECK;

/* Adds e, which becomes equation n, to the echelon form. */
bool geo_table_echelon(struct geo_table *table, const struct geo_equation *e, bool *fits, struct error *err) MUST_CHECK;
void geo_table_echelon_drop(struct geo_table *table);

#endif
