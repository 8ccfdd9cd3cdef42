/* Roads as lanelets and who drives on them, from CommonRoad's XML (2018b: <obstacle> with a role; 2020a:
 * <dynamicObstacle>). A lanelet is a piece of lane between two bounds, with its neighbours, predecessors and
 * successors.
 *
 * What kind of road it is, the first that holds:
 *   roundabout interior    on a cycle of successors that turns by 2 pi +- 0.5 within 200 m; entrance: leads into it
 *   intersection           crosses a lanelet that is no neighbour, predecessor or successor; protected: a lanelet
 * before it has a light or a stop line, unprotected: none has crosswalk              says so merge shares a successor
 * with another that is no neighbour: onto the main road, if the other may go faster, else from the side interior road
 * at most 5.6 m/s (where the map ends is no dead end: maps are cut out of larger ones) countryside            one lane
 * a direction, at least 16.7 m/s, no intersection within 150 m lane following         else */
#ifndef MEASURE_LANELET_H
#define MEASURE_LANELET_H

#include "base/xml.h"
#include "measure/drive/drive_shape.h"

enum { LANELETS_MOST = 20000, LANELET_LINKS_MOST = 64 };

enum lanelet_type {
    LANELET_FOLLOWING,
    LANELET_PROTECTED,
    LANELET_UNPROTECTED,
    LANELET_CROSSWALK,
    LANELET_SIDE_TO_MAIN,
    LANELET_MAIN_TO_SIDE,
    LANELET_COUNTRYSIDE,
    LANELET_ENTRANCE,
    LANELET_ROUNDABOUT,
    LANELET_INTERIOR
};
enum { LANELET_TYPES = LANELET_INTERIOR + 1 };
extern const char *const lanelet_type_names[];

struct lanelet {
    int64_t id;
    size_t line;
    struct drive_area area;           /* left bound, and the right one back */
    struct drive_point *left, *right; /* [n_left], [n_right] */
    size_t n_left, n_right;
    uint32_t before[LANELET_LINKS_MOST], after[LANELET_LINKS_MOST]; /* places */
    size_t n_before, n_after;
    int64_t adjacent[2]; /* ids left and right; 0: none */
    bool same[2];        /* they go the same way */
    double limit;        /* m/s; NaN: none is given */
    bool lit, crosswalk; /* a light or a stop line; says that it is one */
    enum lanelet_type type;
};
struct lanelet_car {
    int64_t id;
    size_t line, n_states;
    struct text kind; /* as the file says: car, ... */
    double length, width;
};
struct lanelet_map {
    struct text name, version; /* benchmarkID, commonRoadVersion */
    double step;               /* s */
    struct lanelet *lanelet;
    size_t n;
    struct lanelet_car *car; /* what moves */
    size_t n_cars;
};
/* All on the arena. Faults with FILE:LINE:COLUMN; one without a shape is named by its id. */
bool lanelet_read(const char *path, struct arena *arena, struct lanelet_map *out, struct error *err) MUST_CHECK;
void lanelet_name_types(struct lanelet_map *map);

#endif
