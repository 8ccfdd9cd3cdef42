/* What kind of road a lanelet is: see lanelet.h. */
#include "measure/drive/lanelet.h"

#include <math.h>

const char *const lanelet_type_names[] = {
    "lane_following",      "protected_intersections", "unprotected_intersections", "crosswalks",
    "side_ego_to_main",    "side_to_main_ego",        "countryside_road",          "roundabout_entrance",
    "roundabout_interior", "special_interior_road"};

#define ROUND_MOST 200.0
#define TURN (2 * 3.14159265358979323846)
#define SLOW 5.6
#define FAST 16.7
#define NEAR 150.0

static double length_of(const struct lanelet *l) {
    double sum = 0;
    for (size_t i = 0; i + 1 < l->n_left; i++)
        sum += hypot(l->left[i + 1].x - l->left[i].x, l->left[i + 1].y - l->left[i].y);
    return sum;
}

static double heading(const struct drive_point *p, size_t i) {
    return atan2(p[i + 1].y - p[i].y, p[i + 1].x - p[i].x);
}

/* Signed change of heading along the left bound, and onto the next lanelet. */
static double turn_of(const struct lanelet *l, const struct lanelet *next) {
    double sum = 0;
    for (size_t i = 0; i + 2 < l->n_left; i++) sum += drive_angle(heading(l->left, i + 1) - heading(l->left, i));
    return sum + drive_angle(heading(next->left, 0) - heading(l->left, l->n_left - 2));
}

/* Is there a way round, back to `goal`? Depth first, no longer than a roundabout. */
static bool goes_round(const struct lanelet_map *map, size_t goal, size_t at, double way, double turned, int depth) {
    const struct lanelet *l = &map->lanelet[at];
    way += length_of(l);
    if (way >= ROUND_MOST || depth == 16) return false;
    for (size_t i = 0; i < l->n_after; i++) {
        double now = turned + turn_of(l, &map->lanelet[l->after[i]]);
        if (l->after[i] == goal ? fabs(fabs(now) - TURN) <= 0.5
                                : goes_round(map, goal, l->after[i], way, now, depth + 1))
            return true;
    }
    return false;
}

static bool linked(const struct lanelet_map *map, size_t a, size_t b) {
    const struct lanelet *x = &map->lanelet[a], *y = &map->lanelet[b];
    for (size_t i = 0; i < x->n_after; i++)
        if (x->after[i] == b) return true;
    for (size_t i = 0; i < x->n_before; i++)
        if (x->before[i] == b) return true;
    return x->adjacent[0] == y->id || x->adjacent[1] == y->id || y->adjacent[0] == x->id || y->adjacent[1] == x->id;
}

/* Lanes that begin or end together lie over each other there without crossing. */
static bool shares_end(const struct lanelet *x, const struct lanelet *y) {
    for (size_t i = 0; i < x->n_after; i++)
        for (size_t j = 0; j < y->n_after; j++)
            if (x->after[i] == y->after[j]) return true;
    for (size_t i = 0; i < x->n_before; i++)
        for (size_t j = 0; j < y->n_before; j++)
            if (x->before[i] == y->before[j]) return true;
    return false;
}

static bool crosses(const struct lanelet_map *map, size_t a) {
    for (size_t b = 0; b < map->n; b++)
        if (b != a && !map->lanelet[b].crosswalk && !linked(map, a, b) &&
            !shares_end(&map->lanelet[a], &map->lanelet[b]) &&
            drive_areas_meet(&map->lanelet[a].area, &map->lanelet[b].area))
            return true;
    return false;
}

static bool lit_before(const struct lanelet_map *map, const struct lanelet *l) {
    for (size_t i = 0; i < l->n_before; i++)
        if (map->lanelet[l->before[i]].lit) return true;
    return l->lit;
}

/* The other lanelet that leads into the same one and is no neighbour; n: there is none. */
static size_t merges_with(const struct lanelet_map *map, size_t a) {
    const struct lanelet *x = &map->lanelet[a];
    for (size_t i = 0; i < x->n_after; i++) {
        const struct lanelet *next = &map->lanelet[x->after[i]];
        for (size_t j = 0; j < next->n_before; j++)
            if (next->before[j] != a && !linked(map, a, next->before[j])) return next->before[j];
    }
    return map->n;
}

static bool far_from_crossings(const struct lanelet_map *map, const struct lanelet *l) {
    for (size_t b = 0; b < map->n; b++) {
        const struct lanelet *other = &map->lanelet[b];
        if (other->type != LANELET_PROTECTED && other->type != LANELET_UNPROTECTED) continue;
        if (hypot(other->left[0].x - l->left[0].x, other->left[0].y - l->left[0].y) < NEAR) return false;
    }
    return true;
}

static enum lanelet_type quiet_type(const struct lanelet_map *map, const struct lanelet *l) {
    size_t at = (size_t)(l - map->lanelet), other = merges_with(map, at);
    bool one_lane = !(l->adjacent[0] && l->same[0]) && !(l->adjacent[1] && l->same[1]);
    if (other < map->n) return map->lanelet[other].limit > l->limit ? LANELET_SIDE_TO_MAIN : LANELET_MAIN_TO_SIDE;
    if (l->limit <= SLOW) return LANELET_INTERIOR;
    if (one_lane && l->limit >= FAST && far_from_crossings(map, l)) return LANELET_COUNTRYSIDE;
    return LANELET_FOLLOWING;
}

void lanelet_name_types(struct lanelet_map *map) {
    for (size_t i = 0; i < map->n; i++) {
        struct lanelet *l = &map->lanelet[i];
        if (goes_round(map, i, i, 0, 0, 0))
            l->type = LANELET_ROUNDABOUT;
        else if (l->crosswalk)
            l->type = LANELET_CROSSWALK;
        else if (crosses(map, i))
            l->type = lit_before(map, l) ? LANELET_PROTECTED : LANELET_UNPROTECTED;
    }
    for (size_t i = 0; i < map->n; i++) {
        struct lanelet *l = &map->lanelet[i];
        if (l->type != LANELET_FOLLOWING) continue;
        l->type = quiet_type(map, l);
        for (size_t k = 0; k < l->n_after; k++)
            if (map->lanelet[l->after[k]].type == LANELET_ROUNDABOUT) l->type = LANELET_ENTRANCE;
    }
}
