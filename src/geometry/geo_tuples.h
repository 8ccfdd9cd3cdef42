/* All tuples of points of which a kind of fact is true in a figure. */
#ifndef GEOMETRY_GEO_TUPLES_H
#define GEOMETRY_GEO_TUPLES_H

#include "geometry/geo_scene.h"

struct geo_tuples {
    uint8_t (*at)[6];
    size_t n, room;
    bool full;
};
enum { GEO_TUPLES_MOST = 2000000 };

/* Is there such a list for the kind? */
bool geo_tuples_are_of(enum geo_kind kind);
/* In every order in which the fact is true; of sim and simr once for each pair of triangles and each order of the
 * corners of the first. Trivial facts are left out. */
bool geo_tuples_find(const struct geo_scene *scene, enum geo_kind kind, struct geo_tuples *out,
                     struct error *err) MUST_CHECK;
void geo_tuples_done(struct geo_tuples *tuples);

#endif
