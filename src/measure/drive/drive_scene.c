/* Reading scenes: see drive_scene.h. */
#include "measure/drive/drive_scene.h"

#include <math.h>
#include <string.h>

enum { TRACKS_MOST = 1024, POINTS_MOST = 100000, AREAS_MOST = 10000 };
#define FAR 1e7      /* metres from the origin */
#define REACH 1000.0 /* from the car, in four seconds */
#define FAST 150.0   /* m/s */
#define HARD 50.0    /* m/s2 */
#define STEEP 1.0472 /* rad: pi / 3 */

struct reading {
    struct json_place place;
    struct arena *arena;
    struct drive_scene *out;
    struct error *err;
};

static bool bad(const struct reading *r, const char *key, const char *what) {
    return error_set(r->err, ERROR_DATA, "%s:%zu: scene '%.*s': field '%s': %s", r->place.file, r->place.line,
                     TEXT_ARG(r->out->token), key, what);
}

static bool numbers(const json_t *array, size_t n, double *out) {
    if (!json_is_array(array) || json_array_size(array) != n) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(array, i);
        out[i] = json_is_number(one) ? json_number_value(one) : NAN;
        if (!(fabs(out[i]) <= FAR)) return false;
    }
    return true;
}

bool drive_plan_read(const json_t *json, struct drive_pose from, struct drive_pose out[DRIVE_POSES]) {
    double p[3];
    if (json_array_size(json) != DRIVE_POSES) return false;
    for (size_t i = 0; i < DRIVE_POSES; i++) {
        if (!numbers(json_array_get(json, i), 3, p)) return false;
        out[i] = (struct drive_pose){p[0], p[1], p[2]};
        if (!(hypot(p[0] - from.x, p[1] - from.y) <= REACH)) return false;
    }
    return true;
}

static bool plan(struct reading *r, const json_t *json, const char *key, bool must, struct drive_pose *out, bool *is) {
    const json_t *at = json_object_get(json, key);
    *is = at && !json_is_null(at);
    if (!*is) return !must || bad(r, key, "expected 8 poses [x, y, heading]");
    if (drive_plan_read(at, r->out->ego.pose, out)) return true;
    char what[128];
    snprintf(what, sizeof what, "expected 8 poses of 3 finite numbers, within a kilometre, found %zu",
             json_array_size(at));
    return bad(r, key, what);
}

static bool points(struct reading *r, const json_t *list, const char *key, size_t least, struct drive_point **out,
                   size_t *n) {
    double p[2];
    *n = json_array_size(list);
    if (*n < least || *n > POINTS_MOST) return bad(r, key, "expected points [x, y], more of them");
    if (!(*out = arena_new(r->arena, struct drive_point, *n, r->err))) return false;
    for (size_t i = 0; i < *n; i++) {
        if (!numbers(json_array_get(list, i), 2, p)) return bad(r, key, "expected points [x, y]");
        (*out)[i] = (struct drive_point){p[0], p[1]};
    }
    return true;
}

static bool areas(struct reading *r, const json_t *json, const char *key, bool must, struct drive_areas *out) {
    const json_t *list = json_object_get(json, key);
    out->n = json_array_size(list);
    if (!out->n) return !must || bad(r, key, "expected polygons, lists of points [x, y]");
    if (out->n > AREAS_MOST) return bad(r, key, "more polygons than can be");
    if (!(out->at = arena_new(r->arena, struct drive_area, out->n, r->err))) return false;
    for (size_t i = 0; i < out->n; i++)
        if (!points(r, json_array_get(list, i), key, 3, &out->at[i].at, &out->at[i].n)) return false;
    return true;
}

static bool track_kind(const json_t *json, enum drive_kind *out) {
    struct text kind = json_text(json_object_get(json, "kind"));
    for (int k = 0; k < DRIVE_KINDS; k++)
        if (text_equal_c(kind, drive_kind_names[k])) return *out = (enum drive_kind)k, true;
    return false;
}

static bool track(struct reading *r, const json_t *json, struct drive_track *out) {
    const json_t *states = json_object_get(json, "states");
    size_t n = json_array_size(states);
    double size[2], s[4];
    char key[96];
    out->id = json_text(json_object_get(json, "id"));
    snprintf(key, sizeof key, "tracks '%.*s'", (int)(out->id.len < 60 ? out->id.len : 60),
             out->id.at ? out->id.at : "");
    if (!track_kind(json, &out->kind)) return bad(r, key, "expected kind vehicle, pedestrian, bicycle or object");
    if (!numbers(json_object_get(json, "size"), 2, size) || !(size[0] > 0 && size[1] > 0))
        return bad(r, key, "expected its size [length, width]");
    if (n != 1 && n != DRIVE_STEPS) return bad(r, key, "expected 41 states [x, y, heading, v], or one");
    out->length = size[0], out->width = size[1];
    for (size_t i = 0; i < DRIVE_STEPS; i++) {
        if (!numbers(json_array_get(states, n == 1 ? 0 : i), 4, s))
            return bad(r, key, "expected states of 4 finite numbers");
        out->at[i] = (struct drive_pose){s[0], s[1], s[2]};
        out->v[i] = s[3];
    }
    return true;
}

static bool tracks(struct reading *r, const json_t *json) {
    const json_t *list = json_object_get(json, "tracks");
    r->out->n_tracks = json_array_size(list);
    if (r->out->n_tracks > TRACKS_MOST) return bad(r, "tracks", "more than can be");
    if (!(r->out->track = arena_new(r->arena, struct drive_track, r->out->n_tracks + 1, r->err))) return false;
    for (size_t i = 0; i < r->out->n_tracks; i++)
        if (!track(r, json_array_get(list, i), &r->out->track[i])) return false;
    return true;
}

/* 0 where there is none. */
static bool optional(struct reading *r, const json_t *json, const char *key, double most, double *out) {
    const json_t *at = json_object_get(json, key);
    *out = 0;
    if (!at) return true;
    *out = json_is_number(at) ? json_number_value(at) : NAN;
    return fabs(*out) <= most || bad(r, key, "expected a number that a car can have");
}

static bool ego(struct reading *r, const json_t *json) {
    const json_t *at = json_object_get(json, "ego");
    struct drive_state *s = &r->out->ego;
    double pose[3];
    if (!numbers(json_object_get(at, "pose"), 3, pose)) return bad(r, "ego", "expected pose [x, y, heading]");
    s->pose = (struct drive_pose){pose[0], pose[1], pose[2]};
    if (!json_object_get(at, "v")) return bad(r, "ego", "expected its speed v");
    if (!optional(r, at, "v", FAST, &s->v) || !optional(r, at, "a", HARD, &s->ax) ||
        !optional(r, at, "steering", STEEP, &s->steering))
        return false;
    s->turning = s->v * tan(s->steering) / DRIVE_WHEELBASE;
    return true;
}

bool drive_scene_read(const json_t *json, struct json_place place, struct arena *arena, struct drive_scene *out,
                      struct error *err) {
    struct reading r = {place, arena, out, err};
    bool human;
    *out = (struct drive_scene){.token = json_text(json_object_get(json, "token")),
                                .type = json_text(json_object_get(json, "type"))};
    if (!out->token.len) return bad(&r, "token", "expected the name of the scene");
    struct text style = json_text(json_object_get(json, "style"));
    if (style.len != 1 || !strchr("ANC", style.at[0])) return bad(&r, "style", "expected A, N or C");
    out->style = style.at[0];
    return ego(&r, json) && plan(&r, json, "human", true, out->human, &human) &&
           plan(&r, json, "prediction", false, out->prediction, &out->predicted) &&
           plan(&r, json, "reference", false, out->reference, &out->referred) &&
           points(&r, json_object_get(json, "route"), "route", 2, &out->route, &out->n_route) &&
           areas(&r, json, "drivable", true, &out->drivable) && areas(&r, json, "lanes", false, &out->lanes) &&
           areas(&r, json, "intersections", false, &out->intersections) && tracks(&r, json);
}
