/* Metric cases: see drive_cases.h. A case says what is expected, not of which metric; that is in the name of its file.
 */
#include "measure/drive/drive_cases.h"

#include "base/file.h"
#include "measure/drive/drive_meet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CASE_BYTES = 4 << 20, OTHERS_MOST = 256, FOUND_MOST = 16 };
#define CLOSE 0.01

/* ---- reading ---- */

struct moment {
    struct drive_state ego;
    struct drive_other other[OTHERS_MOST];
    int64_t id[OTHERS_MOST];
    size_t n;
};
struct course {
    const char *file;
    struct moment *at; /* [n] */
    double time[DRIVE_STEPS_MOST];
    size_t n;
    struct drive_pose expert[DRIVE_STEPS_MOST];
    size_t n_expert;
    double step, horizon, least; /* of the time to collision */
};

/* "Infinity" is no JSON: as a text it is. */
static json_t *read_case(const char *path, struct arena *arena, struct error *err) {
    struct text t;
    struct buffer b;
    bool quoted = false;
    if (!file_read(arena, path, CASE_BYTES, &t, err)) return NULL;
    buffer_init(&b, 2 * CASE_BYTES);
    for (size_t i = 0; i < t.len; i++) {
        if (t.at[i] == '"' && (!i || t.at[i - 1] != '\\')) quoted = !quoted;
        bool endless = !quoted && text_starts(text_part(t, i, t.len), TEXT("Infinity"));
        if (endless)
            buffer_put_c(&b, "\"inf\""), i += 7;
        else
            buffer_put_char(&b, t.at[i]);
    }
    json_t *json = buffer_check(&b, path, err) ? json_read(buffer_text(&b), path, 1, err) : NULL;
    buffer_done(&b);
    return json;
}

static bool bad(const struct course *c, const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "%s: %s", c->file, what);
}

static bool numbers(const json_t *array, size_t n, double *out) {
    if (json_array_size(array) < n) return false;
    for (size_t i = 0; i < n; i++) {
        if (!json_is_number(json_array_get(array, i))) return false;
        out[i] = json_number_value(json_array_get(array, i));
    }
    return true;
}

static bool read_ego(const json_t *json, struct drive_state *out, double *time) {
    double pose[3], v[2], a[2];
    const json_t *at = json_object_get(json, "time_us");
    if (!numbers(json_object_get(json, "pose"), 3, pose) || !numbers(json_object_get(json, "velocity"), 2, v) ||
        !numbers(json_object_get(json, "acceleration"), 2, a) || !json_is_number(at))
        return false;
    *out = (struct drive_state){.pose = {pose[0], pose[1], pose[2]}, .v = hypot(v[0], v[1]), .ax = a[0], .ay = a[1]};
    *time = json_number_value(at) / 1e6;
    return true;
}

static bool read_others(const json_t *world, struct moment *m) {
    static const char *const lists[] = {"vehicles", "bicycles", "pedestrians"};
    static const enum drive_kind kinds[] = {DRIVE_VEHICLE, DRIVE_BICYCLE, DRIVE_PEDESTRIAN};
    for (size_t k = 0; k < 3; k++) {
        const json_t *list = json_object_get(world, lists[k]), *one;
        size_t i;
        json_array_foreach(list, i, one) {
            const json_t *box = json_object_get(one, "box"), *speed = json_object_get(one, "speed");
            double pose[3], size[2];
            if (m->n == OTHERS_MOST || !numbers(json_object_get(box, "pose"), 3, pose) ||
                !numbers(json_object_get(box, "size"), 2, size) || !json_is_number(speed))
                return false;
            m->id[m->n] = json_integer_value(json_object_get(one, "id"));
            m->other[m->n++] = (struct drive_other){
                kinds[k], {{pose[0], pose[1], pose[2]}, size[1], size[0]}, json_number_value(speed)};
        }
    }
    return true;
}

static bool read_course(const json_t *json, struct arena *arena, struct course *c, struct error *err) {
    const json_t *next = json_object_get(json, "ego_future_states"), *one;
    const json_t *worlds = json_object_get(json, "world_future_states");
    const json_t *expert = json_object_get(json, "expert_ego_states"),
                 *how = json_object_get(json, "metric_parameters");
    size_t i;
    double ignored;
    struct drive_state state;
    c->n = 1 + json_array_size(next);
    if (c->n > DRIVE_STEPS_MOST || json_array_size(worlds) != c->n - 1 || json_array_size(expert) > DRIVE_STEPS_MOST)
        return bad(c, "expected as many states of what is around as of the car, at most 64", err);
    if (!(c->at = arena_new(arena, struct moment, c->n, err))) return false;
    if (!read_ego(json_object_get(json, "ego"), &c->at[0].ego, &c->time[0]) ||
        !read_others(json_object_get(json, "world"), &c->at[0]))
        return bad(c, "expected ego {pose, velocity, acceleration, time_us} and world {vehicles, ...}", err);
    for (i = 1; i < c->n; i++)
        if (!read_ego(json_array_get(next, i - 1), &c->at[i].ego, &c->time[i]) ||
            !read_others(json_array_get(worlds, i - 1), &c->at[i]))
            return bad(c, "a future state is not whole", err);
    json_array_foreach(expert, i, one) {
        if (!read_ego(one, &state, &ignored)) return bad(c, "a state of the expert is not whole", err);
        c->expert[c->n_expert++] = state.pose;
    }
    c->step = json_number_value(json_object_get(how, "time_step_size"));
    c->horizon = json_number_value(json_object_get(how, "time_horizon"));
    c->least = json_number_value(json_object_get(how, "least_min_ttc"));
    return true;
}

/* ---- statistics ---- */

struct found {
    const char *type[FOUND_MOST];
    double value[FOUND_MOST];
    size_t n;
    double course[DRIVE_STEPS_MOST];
    size_t n_course;
};

static void put(struct found *f, const char *type, double value) {
    f->type[f->n] = type;
    f->value[f->n++] = value;
}

static int smaller(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The observation nearest to the 90th percentile, as the released code's library counted it. */
static double p90(const double *values, size_t n) {
    double sorted[DRIVE_STEPS_MOST], at = 0.9 * (double)n - 1.5, before = floor(at);
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, smaller);
    bool here = at == before && fmod(before, 2) == 0;
    double place = fmin(fmax(here ? before : before + 1, 0), (double)n - 1);
    return sorted[(size_t)place];
}

static void put_course(struct found *f, const double *values, size_t n, bool least) {
    double high = -INFINITY, low = INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) high = fmax(high, values[i]), low = fmin(low, values[i]), sum += values[i];
    put(f, "MAX", high);
    if (least) put(f, "MIN", low);
    put(f, "MEAN", sum / (double)n);
    put(f, "P90", p90(values, n));
}

/* ---- metrics ---- */

static void signal_of(const struct course *c, enum drive_signal which, struct drive_bounds bounds, struct found *f) {
    struct drive_state states[DRIVE_STEPS_MOST];
    for (size_t i = 0; i < c->n; i++) states[i] = c->at[i].ego;
    drive_signal(states, c->n, (c->time[c->n - 1] - c->time[0]) / (double)(c->n - 1), which, false, f->course);
    f->n_course = c->n;
    put_course(f, f->course, c->n, true);
    put(f, "BOOLEAN", drive_within(f->course, c->n, bounds));
}

static void distance_of(const struct course *c, struct found *f) {
    for (size_t i = 0; i < c->n && i < c->n_expert; i++) {
        struct drive_pose a = drive_ahead(c->at[i].ego.pose, DRIVE_CENTRE), b = drive_ahead(c->expert[i], DRIVE_CENTRE);
        f->course[f->n_course++] = hypot(a.x - b.x, a.y - b.y);
    }
    put_course(f, f->course, f->n_course, false);
}

/* Collisions that are the car's fault, each other one once; there is no map: the car is taken for within one lane. */
struct faults {
    size_t n[3]; /* people and bicycles, vehicles, objects */
    double high[3], low[3], sum[3];
    bool now[DRIVE_STEPS_MOST];
    int64_t met[OTHERS_MOST * 4];
    size_t n_met;
};

static bool met_before(const struct faults *f, int64_t id) {
    for (size_t i = 0; i < f->n_met; i++)
        if (f->met[i] == id) return true;
    return false;
}

static void meet_all(const struct course *c, size_t until, struct faults *f) {
    for (size_t i = 0; i <= until; i++)
        for (size_t k = 0; k < c->at[i].n; k++) {
            const struct moment *m = &c->at[i];
            struct drive_box car = drive_car(m->ego.pose);
            if (met_before(f, m->id[k]) || !drive_overlap(&car, &m->other[k].box)) continue;
            if (f->n_met < sizeof f->met / sizeof *f->met) f->met[f->n_met++] = m->id[k];
            if (!drive_at_fault(drive_meeting_of(&m->ego, &m->other[k]), false)) continue;
            size_t g = m->other[k].kind == DRIVE_VEHICLE ? 1 : m->other[k].kind == DRIVE_OBJECT ? 2 : 0;
            double v = drive_delta_v(&m->ego, &m->other[k]);
            f->high[g] = f->n[g] ? fmax(f->high[g], v) : v;
            f->low[g] = f->n[g] ? fmin(f->low[g], v) : v;
            f->sum[g] += v, f->n[g]++;
            f->now[i] = true;
        }
}

static void collisions_of(const struct course *c, struct found *out) {
    struct faults f = {0};
    meet_all(c, c->n - 1, &f);
    size_t all = f.n[0] + f.n[1] + f.n[2];
    put(out, "BOOLEAN", all == 0);
    put(out, "COUNT", (double)all);
    for (size_t g = 0; g < 3; g++) put(out, "COUNT", (double)f.n[g]);
    for (size_t g = 0; g < 3; g++) {
        if (!f.n[g]) continue;
        put(out, "MAX", f.high[g]);
        put(out, "MIN", f.low[g]);
        put(out, "MEAN", f.sum[g] / (double)f.n[g]);
    }
}

/* Both go on as they are: the first step at which they overlap; none before the horizon: infinity. */
static double time_to(const struct course *c, const struct moment *m, const struct drive_other *other) {
    struct drive_box car = drive_car(m->ego.pose), there = other->box;
    size_t steps = (size_t)ceil((c->horizon - c->step) / c->step - 1e-9);
    for (size_t k = 1; k <= steps; k++) {
        car.centre = drive_ahead(car.centre, m->ego.v * c->step);
        there.centre = drive_ahead(there.centre, other->v * c->step);
        if (drive_overlap(&car, &there)) return (double)k * c->step;
    }
    return INFINITY;
}

static void time_to_collision_of(const struct course *c, struct found *out) {
    double least = INFINITY;
    for (size_t i = 0; i < c->n; i++) {
        const struct moment *m = &c->at[i];
        struct faults f = {0};
        double soonest = INFINITY;
        meet_all(c, i, &f);
        for (size_t k = 0; k < m->n && m->ego.v > 5e-3; k++) {
            struct drive_point p = {m->other[k].box.centre.x, m->other[k].box.centre.y};
            if (met_before(&f, m->id[k]) || !drive_counts_for_ttc(m->ego.pose, p, false)) continue;
            soonest = fmin(soonest, time_to(c, m, &m->other[k]));
        }
        out->course[out->n_course++] = f.now[i] ? 0 : soonest;
        least = fmin(least, out->course[out->n_course - 1]);
    }
    put(out, "MIN", least);
    put(out, "BOOLEAN", least > c->least);
}

/* ---- which metric ---- */

static const struct {
    const char *name;
    enum drive_signal which;
    struct drive_bounds bounds;
} signals[] = {{"ego_jerk", DRIVE_JERK, {-7, 7}},
               {"ego_lat_acceleration", DRIVE_LATERAL, {-10, 10}},
               {"ego_lon_acceleration", DRIVE_ALONG, {0, 10}},
               {"ego_lon_jerk", DRIVE_LON_JERK, {-8, 8}},
               {"ego_yaw_rate", DRIVE_TURN, {-5, 5}}};
static const struct {
    const char *name;
    void (*find)(const struct course *c, struct found *f);
} others[] = {
    {"ego_expert_l2_error", distance_of},         {"active_front_collision", collisions_of},
    {"active_rear_collision", collisions_of},     {"no_collision", collisions_of},
    {"stopped_ego_collision", collisions_of},     {"in_collision", time_to_collision_of},
    {"no_relevant_tracks", time_to_collision_of}, {"time_to_collision_above_threshold", time_to_collision_of}};

static bool find(const struct course *c, struct text name, struct found *f) {
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (text_equal_c(name, signals[i].name)) return signal_of(c, signals[i].which, signals[i].bounds, f), true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (text_equal_c(name, others[i].name)) return others[i].find(c, f), true;
    return false;
}

static double number_of(const json_t *value) {
    if (json_is_boolean(value)) return json_is_true(value);
    return json_is_number(value) ? json_number_value(value) : json_is_string(value) ? INFINITY : NAN;
}

static bool near(double expected, double found, double tolerance) {
    return expected == found || fabs(expected - found) <= tolerance;
}

static void compare(const struct calibrate_out *out, const char *name, const json_t *expected, const struct found *f) {
    const json_t *statistics = json_object_get(expected, "statistics");
    const json_t *values = json_object_get(json_object_get(expected, "time_series"), "values");
    size_t all = json_array_size(statistics) + json_array_size(values), met = 0;
    char wanted[48], said[48];
    for (size_t i = 0; i < json_array_size(statistics); i++) {
        const json_t *one = json_array_get(statistics, i);
        met += i < f->n && text_equal_c(json_text(json_array_get(one, 0)), f->type[i]) &&
               near(number_of(json_array_get(one, 1)), f->value[i], CLOSE);
    }
    for (size_t i = 0; i < json_array_size(values); i++)
        met += i < f->n_course && near(number_of(json_array_get(values, i)), f->course[i], CLOSE);
    bool ok = met == all && all && f->n == json_array_size(statistics);
    snprintf(wanted, sizeof wanted, "%zu of %zu", all, all);
    snprintf(said, sizeof said, "%zu of %zu", met, all);
    calibrate_give(out, name, wanted, said, CLOSE, ok ? CALIBRATE_PASSED : CALIBRATE_MISSED,
                   "statistics and values of the course");
}

/* The published test of this case asks for comfort before any of the six signals is computed, each of which says "not
 * within its bounds" until then: what the case expects (no) is of that, not of its course. By the signals it is
 * comfortable: it turns not at all, and its accelerations stay below 1 m/s2. */
static void comfort_of(const struct course *c, const json_t *expected, const char *name,
                       const struct calibrate_out *out) {
    struct drive_state states[DRIVE_STEPS_MOST];
    const json_t *first = json_array_get(json_object_get(expected, "statistics"), 0);
    double step = (c->time[c->n - 1] - c->time[0]) / (double)(c->n - 1);
    for (size_t i = 0; i < c->n; i++) states[i] = c->at[i].ego;
    bool said = number_of(json_array_get(first, 1)) == 1;
    calibrate_number(out, name, 1, drive_comfortable(states, c->n, step, '-'), 0,
                     said ? "by its six signals" : "by its six signals; the case says 0, of a test that computes none");
}

bool drive_case(const char *path, const struct calibrate_out *out, struct error *err) {
    struct text name = text_of(path);
    struct course c = {.file = path};
    struct found f = {0};
    struct arena arena;
    name = text_of(strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    if (text_ends(name, TEXT(".json"))) name.len -= 5;
    arena_init(&arena, (size_t)64 << 20);
    char *shown = text_copy(&arena, name, err);
    json_t *json = shown ? read_case(path, &arena, err) : NULL;
    bool ok = json && read_course(json, &arena, &c, err);
    if (ok && c.n > 1 && (c.n < 4 || !(c.time[c.n - 1] > c.time[0])) && text_starts(name, TEXT("ego_")))
        ok = bad(&c, "expected four states or more, later and later", err);
    if (ok && find(&c, name, &f))
        compare(out, shown, json_object_get(json, "expected"), &f);
    else if (ok && text_equal_c(name, "ego_is_comfortable"))
        comfort_of(&c, json_object_get(json, "expected"), shown, out);
    else if (ok && text_find(name, TEXT("drivable_area"), 0) != SIZE_MAX)
        calibrate_skip(out, shown, "needs the map that it names, which is not part of the case");
    else if (ok)
        calibrate_skip(out, shown, "no metric is known for a case of this name");
    json_decref(json);
    arena_done(&arena);
    return ok;
}
