/* Reading CommonRoad: see lanelet.h. */
#include "measure/drive/lanelet.h"

#include "base/file.h"

#include <math.h>
#include <string.h>

enum { XML_BYTES = 256 << 20, POINTS_MOST = 100000 };

struct reading {
    struct arena *arena;
    struct lanelet_map *out;
    struct error *err;
};

static const struct xml *child(const struct xml *at, const char *name) {
    for (size_t i = 0; i < at->n; i++)
        if (text_equal_c(xml_local(at->child[i]->name), name)) return at->child[i];
    return NULL;
}

static size_t count(const struct xml *at, const char *name) {
    size_t n = 0;
    for (size_t i = 0; i < at->n; i++) n += text_equal_c(xml_local(at->child[i]->name), name);
    return n;
}

static bool number(struct reading *r, const struct xml *at, const char *name, double *out) {
    const struct xml *c = child(at, name);
    if (!c) return xml_error(at, r->err, "<%.*s> has no <%s>", TEXT_ARG(at->name), name);
    if (text_to_f64(text_trim(c->text), out) && isfinite(*out)) return true;
    return xml_error(c, r->err, "<%s>: expected a finite number", name);
}

static bool id_of(struct reading *r, const struct xml *at, const char *attribute, int64_t *out) {
    if (text_to_i64(xml_get(at, attribute), out)) return true;
    return xml_error(at, r->err, "<%.*s>: expected %s=\"NUMBER\"", TEXT_ARG(at->name), attribute);
}

/* ---- lanelets ---- */

static bool bound(struct reading *r, const struct xml *lanelet, const char *name, struct drive_point **out, size_t *n) {
    const struct xml *at = child(lanelet, name);
    size_t points = at ? count(at, "point") : 0;
    *n = 0;
    if (points < 2 || points > POINTS_MOST)
        return xml_error(lanelet, r->err, "expected <%s> with two points or more", name);
    if (!(*out = arena_new(r->arena, struct drive_point, points, r->err))) return false;
    for (size_t i = 0; i < at->n; i++) {
        if (!text_equal_c(xml_local(at->child[i]->name), "point")) continue;
        if (!number(r, at->child[i], "x", &(*out)[*n].x) || !number(r, at->child[i], "y", &(*out)[*n].y)) return false;
        ++*n;
    }
    return true;
}

static bool area(struct reading *r, struct lanelet *l) {
    l->area.n = l->n_left + l->n_right;
    if (!(l->area.at = arena_new(r->arena, struct drive_point, l->area.n, r->err))) return false;
    memcpy(l->area.at, l->left, l->n_left * sizeof *l->left);
    for (size_t i = 0; i < l->n_right; i++) l->area.at[l->n_left + i] = l->right[l->n_right - 1 - i];
    return true;
}

static bool adjacent(struct reading *r, const struct xml *at, const char *name, int side, struct lanelet *l) {
    const struct xml *c = child(at, name);
    if (!c) return true;
    l->same[side] = text_equal_c(xml_get(c, "drivingDir"), "same");
    return id_of(r, c, "ref", &l->adjacent[side]);
}

static bool read_lanelet(struct reading *r, const struct xml *at, struct lanelet *l) {
    const struct xml *limit = child(at, "speedLimit"), *type = child(at, "laneletType");
    *l = (struct lanelet){.line = at->line, .limit = NAN};
    if (!id_of(r, at, "id", &l->id) || !bound(r, at, "leftBound", &l->left, &l->n_left) ||
        !bound(r, at, "rightBound", &l->right, &l->n_right) || !area(r, l) || !adjacent(r, at, "adjacentLeft", 0, l) ||
        !adjacent(r, at, "adjacentRight", 1, l))
        return false;
    if (limit && !number(r, at, "speedLimit", &l->limit)) return false;
    l->crosswalk = type && text_equal_c(text_trim(type->text), "crosswalk");
    l->lit = child(at, "trafficLightRef") || child(at, "stopLine");
    return true;
}

static size_t place_of(const struct lanelet_map *map, int64_t id) {
    size_t i = 0;
    while (i < map->n && map->lanelet[i].id != id) i++;
    return i;
}

/* Speed limits by traffic signs (2020a): numbers of signs whose element carries a speed in m/s. */
static double sign_limit(const struct xml *root, struct text ref) {
    for (size_t i = 0; i < root->n; i++) {
        const struct xml *sign = root->child[i];
        double v;
        if (!text_equal_c(xml_local(sign->name), "trafficSign") || !text_equal(xml_get(sign, "id"), ref)) continue;
        const struct xml *element = child(sign, "trafficSignElement");
        const struct xml *value = element ? child(element, "additionalValue") : NULL;
        return value && text_to_f64(text_trim(value->text), &v) && isfinite(v) ? v : NAN;
    }
    return NAN;
}

static bool link(struct reading *r, const struct xml *root, const struct xml *at, struct lanelet *l) {
    for (size_t i = 0; i < at->n; i++) {
        const struct xml *c = at->child[i];
        struct text name = xml_local(c->name);
        bool after = text_equal_c(name, "successor"), before = text_equal_c(name, "predecessor");
        int64_t id;
        if (text_equal_c(name, "trafficSignRef") && isnan(l->limit)) l->limit = sign_limit(root, xml_get(c, "ref"));
        if (!after && !before) continue;
        if (!id_of(r, c, "ref", &id)) return false;
        size_t place = place_of(r->out, id), *n = after ? &l->n_after : &l->n_before;
        if (place == r->out->n) return xml_error(c, r->err, "no lanelet %lld", (long long)id);
        if (*n == LANELET_LINKS_MOST) return xml_error(c, r->err, "more links than can be");
        (after ? l->after : l->before)[(*n)++] = (uint32_t)place;
    }
    return true;
}

/* ---- cars ---- */

static bool moves(const struct xml *at) {
    struct text name = xml_local(at->name);
    const struct xml *role = child(at, "role");
    if (text_equal_c(name, "dynamicObstacle")) return true;
    return text_equal_c(name, "obstacle") && role && text_equal_c(text_trim(role->text), "dynamic");
}

static bool read_car(struct reading *r, const struct xml *at, struct lanelet_car *c) {
    const struct xml *shape = child(at, "shape"), *box = shape ? child(shape, "rectangle") : NULL;
    const struct xml *type = child(at, "type"), *way = child(at, "trajectory");
    *c = (struct lanelet_car){.line = at->line, .kind = type ? text_trim(type->text) : TEXT("")};
    if (!id_of(r, at, "id", &c->id)) return false;
    if (!box) return xml_error(at, r->err, "obstacle %lld has no <shape> with a <rectangle>", (long long)c->id);
    if (!number(r, box, "length", &c->length) || !number(r, box, "width", &c->width)) return false;
    if (!child(at, "initialState"))
        return xml_error(at, r->err, "obstacle %lld has no <initialState>", (long long)c->id);
    c->n_states = 1 + (way ? count(way, "state") : 0);
    for (size_t i = 0; way && i < way->n; i++) {
        const struct xml *state = way->child[i], *position = child(state, "position");
        const struct xml *point = position ? child(position, "point") : NULL;
        double x;
        if (!text_equal_c(xml_local(state->name), "state")) continue;
        if (!point) return xml_error(state, r->err, "obstacle %lld: a state without a position", (long long)c->id);
        if (!number(r, point, "x", &x) || !number(r, point, "y", &x)) return false;
    }
    return true;
}

/* ---- all ---- */

static bool read_all(struct reading *r, const struct xml *root) {
    struct lanelet_map *map = r->out;
    size_t lanelets = count(root, "lanelet"), cars = 0, place = 0;
    for (size_t i = 0; i < root->n; i++) cars += moves(root->child[i]);
    if (!lanelets || lanelets > LANELETS_MOST)
        return xml_error(root, r->err, "expected lanelets, at most %d", LANELETS_MOST);
    map->lanelet = arena_new(r->arena, struct lanelet, lanelets, r->err);
    map->car = arena_new(r->arena, struct lanelet_car, cars + 1, r->err);
    if (!map->lanelet || !map->car) return false;
    for (size_t i = 0; i < root->n; i++) {
        const struct xml *at = root->child[i];
        if (moves(at) && !read_car(r, at, &map->car[map->n_cars++])) return false;
        if (!text_equal_c(xml_local(at->name), "lanelet")) continue;
        if (!read_lanelet(r, at, &map->lanelet[map->n])) return false;
        if (place_of(map, map->lanelet[map->n].id) < map->n)
            return xml_error(at, r->err, "a second lanelet %lld", (long long)map->lanelet[map->n].id);
        map->n++;
    }
    for (size_t i = 0; i < root->n; i++)
        if (text_equal_c(xml_local(root->child[i]->name), "lanelet") &&
            !link(r, root, root->child[i], &map->lanelet[place++]))
            return false;
    return true;
}

bool lanelet_read(const char *path, struct arena *arena, struct lanelet_map *out, struct error *err) {
    struct reading r = {arena, out, err};
    struct text t;
    *out = (struct lanelet_map){0};
    if (!file_read(arena, path, XML_BYTES, &t, err)) return false;
    const struct xml *root = xml_read(arena, t, path, err);
    if (!root) return false;
    if (!text_equal_c(xml_local(root->name), "commonRoad"))
        return xml_error(root, err, "expected <commonRoad>, found <%.*s>", TEXT_ARG(root->name));
    out->name = xml_get(root, "benchmarkID");
    out->version = xml_get(root, "commonRoadVersion");
    if (!text_to_f64(xml_get(root, "timeStepSize"), &out->step) || !(out->step > 0))
        return xml_error(root, err, "expected timeStepSize=\"SECONDS\"");
    if (!read_all(&r, root)) return false;
    lanelet_name_types(out);
    return true;
}
