/* Known answers of driving: see calibrate_styledrive.h. */
#include "measure/drive/calibrate_styledrive.h"

#include "base/file_list.h"
#include "measure/drive/drive_cases.h"
#include "measure/drive/drive_score.h"
#include "measure/drive/style_label.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME = 96, SCENES = 3000 };

/* ---- a straight road ---- */

struct road {
    struct drive_scene scene;
    struct drive_point route[2], edge[4];
    struct drive_area area;
    struct drive_track track;
};

/* From v m/s with a constant acceleration, no slower than standing. */
static double driven(double v, double a, double t) {
    double stop = a < 0 ? -v / a : INFINITY;
    t = fmin(t, stop);
    return v * t + a * t * t / 2;
}

static void pave(struct road *r, double v, double a) {
    *r = (struct road){.route = {{-50, 0}, {500, 0}}, .edge = {{-50, -4}, {500, -4}, {500, 4}, {-50, 4}}};
    r->area = (struct drive_area){r->edge, 4};
    r->scene = (struct drive_scene){.token = TEXT("straight"),
                                    .style = 'N',
                                    .ego = {.v = v, .ax = a},
                                    .route = r->route,
                                    .n_route = 2,
                                    .drivable = {&r->area, 1},
                                    .predicted = true,
                                    .track = &r->track};
    for (size_t i = 0; i < DRIVE_POSES; i++)
        r->scene.human[i] = r->scene.prediction[i] = (struct drive_pose){driven(v, a, 0.5 * (double)(i + 1)), 0, 0};
}

/* Somebody 4.5 m long in the lane, x metres ahead at first. */
static void meet(struct road *r, enum drive_kind kind, double x, double v) {
    r->scene.n_tracks = 1;
    r->track = (struct drive_track){.id = TEXT("1"), .kind = kind, .length = 4.5, .width = 2};
    for (size_t i = 0; i < DRIVE_STEPS; i++) {
        r->track.at[i] = (struct drive_pose){x + v * DRIVE_STEP * (double)i, 0, 0};
        r->track.v[i] = v;
    }
}

static bool score(const struct road *r, struct drive_score_settings s, struct drive_result *out, struct error *err) {
    return drive_score(&r->scene, &s, out, err);
}

/* ---- what is planted ---- */

static bool human(const struct calibrate_out *out, struct error *err) {
    struct drive_result found;
    struct road r;
    pave(&r, 10, 0);
    if (!score(&r, (struct drive_score_settings){.subject = DRIVE_HUMAN}, &found, err)) return false;
    calibrate_number(out, "the person's own plan: progress score", 1, found.ep, 0, "");
    calibrate_number(out, "the person's own plan: score", 1, found.score, 0, "");
    return true;
}

static bool shifts(const struct calibrate_out *out, struct error *err) {
    static const double speed[] = {2, 4, 7.5, 12};
    for (size_t s = 0; s < sizeof speed / sizeof *speed; s++)
        for (int d = 0; d <= 5; d++) {
            struct drive_result found;
            struct road r;
            char name[NAME];
            pave(&r, speed[s], 0);
            if (!score(&r, (struct drive_score_settings){.shift = d}, &found, err)) return false;
            double ref = found.human < 10 ? 3 : found.human < 24 ? 5 : found.human < 40 ? 6 : 7;
            snprintf(name, sizeof name, "progress %.1f m, less %d m", found.human, d);
            calibrate_number(out, name, fmax(0, 1 - 1.2 * d * d / (ref * ref)), found.ep, 1e-9, "1 - 1.2 (d / ref)^2");
        }
    calibrate_number(out, "progress 8 m, less 3 m", 0, drive_progress_score(5, 8, 8), 0, "");
    calibrate_number(out, "progress 30 m, less 3 m", 0.7, drive_progress_score(27, 30, 30), 1e-12, "");
    return true;
}

static void brake(const struct calibrate_out *out) {
    static const struct {
        char style;
        bool comfortable;
    } expected[] = {{'A', true}, {'N', true}, {'C', false}};
    struct drive_state states[DRIVE_STEPS];
    for (size_t i = 0; i < DRIVE_STEPS; i++)
        states[i] = (struct drive_state){.v = 15 - 2.9 * DRIVE_STEP * (double)i, .ax = -2.9};
    for (size_t s = 0; s < 3; s++) {
        char name[NAME];
        snprintf(name, sizeof name, "braking at 2.9 m/s2: comfort of style %c", expected[s].style);
        calibrate_number(out, name, expected[s].comfortable,
                         drive_comfortable(states, DRIVE_STEPS, DRIVE_STEP, expected[s].style), 0, "");
    }
}

static bool collisions(const struct calibrate_out *out, struct error *err) {
    static const struct {
        const char *name;
        double x, v, nc;
        enum drive_kind kind;
    } cases[] = {{"hit from behind", -9, 14, 1, DRIVE_VEHICLE},
                 {"into a standing car", 25, 0, 0, DRIVE_VEHICLE},
                 {"into a slower bicycle", 15, 3, 0, DRIVE_BICYCLE},
                 {"into a cone", 25, 0, 0.5, DRIVE_OBJECT}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct drive_result found;
        struct road r;
        pave(&r, 10, 0);
        meet(&r, cases[c].kind, cases[c].x, cases[c].v);
        if (!score(&r, (struct drive_score_settings){0}, &found, err)) return false;
        calibrate_number(out, cases[c].name, cases[c].nc, found.nc, 0, "no at-fault collision");
    }
    return true;
}

/* Braking before a standing car so that the soonest meeting is 1.1 s ahead: found by moving the car. */
static bool near_miss(struct road *r, struct error *err) {
    for (double x = 20; x < 80; x += 0.05) {
        struct drive_result found;
        pave(r, 12, -2.4);
        meet(r, DRIVE_VEHICLE, x, 0);
        if (!score(r, (struct drive_score_settings){.fine = true}, &found, err)) return false;
        if (found.nc == 1 && fabs(found.soonest - 1.1) < 1e-9) return true;
    }
    return error_set(err, ERROR_DATA, "no distance gives a meeting 1.1 s ahead");
}

static bool times(const struct calibrate_out *out, struct error *err) {
    struct road r;
    struct drive_result n, c;
    if (!near_miss(&r, err)) return false;
    for (int fine = 0; fine < 2; fine++) {
        char name[NAME];
        if (!score(&r, (struct drive_score_settings){.fine = fine, .style = 'N'}, &n, err) ||
            !score(&r, (struct drive_score_settings){.fine = fine, .style = 'C'}, &c, err))
            return false;
        snprintf(name, sizeof name, "a meeting 1.1 s ahead, ttc=%s: N", fine ? "fine" : "released");
        calibrate_number(out, name, 1, n.ttc, 0, "limit 1.0 s");
        snprintf(name, sizeof name, "a meeting 1.1 s ahead, ttc=%s: C", fine ? "fine" : "released");
        calibrate_number(out, name, !fine, c.ttc, 0, fine ? "limit 1.2 s" : "0.3 s steps do not see it");
    }
    return true;
}

/* ---- styles ---- */

static char as_drawn(const struct style_scene *s) {
    return s->said;
}
static char exchanged(const struct style_scene *s) {
    return s->said == 'A' ? 'C' : s->said == 'C' ? 'A' : s->said;
}

/* 15 / 80 / 5 in a hundred, pace 1.15, 1, 0.85. */
static bool draw_styles(struct arena *arena, struct style_scenes *out, struct error *err) {
    *out = (struct style_scenes){arena_new(arena, struct style_scene, SCENES, err), SCENES};
    for (size_t i = 0; out->at && i < SCENES; i++) {
        size_t k = i % 20;
        double pace = k < 3 ? 1.15 : k < 19 ? 1 : 0.85;
        out->at[i] = (struct style_scene){.v_avg = pace * (8 + (double)(i % 7)),
                                          .rear = NAN,
                                          .said = k < 3    ? 'A'
                                                  : k < 19 ? 'N'
                                                           : 'C',
                                          .type = TEXT("lane_following")};
    }
    return out->at != NULL;
}

static bool styles(const struct calibrate_out *out, struct error *err) {
    struct style_scenes scenes;
    struct arena arena;
    double mean[3], back[3];
    char said[NAME], expected[] = "AAAANNANC";
    arena_init(&arena, (size_t)64 << 20);
    bool ok = draw_styles(&arena, &scenes, err);
    if (ok) {
        calibrate_number(out, "styles: speeds fall from A to C", 1, style_speeds_ordered(&scenes, as_drawn, mean), 0,
                         "");
        calibrate_number(out, "styles A and C exchanged: they do not", 0,
                         style_speeds_ordered(&scenes, exchanged, back), 0, "");
        calibrate_number(out, "styles A and C exchanged: the order inverts", 1, back[0] < back[1] && back[1] < back[2],
                         0, "");
    }
    for (size_t i = 0; i < 9; i++) said[i] = style_fuse("ANC"[i / 3], "ANC"[i % 3], 0);
    said[9] = 0;
    bool same = strcmp(said, expected) == 0;
    calibrate_give(out, "fusion of rule and model, nine pairs", expected, said, 0,
                   same ? CALIBRATE_PASSED : CALIBRATE_MISSED, "");
    arena_done(&arena);
    return ok;
}

/* ---- all ---- */

static bool is_case(void *context, const char *path) {
    (void)context;
    return text_ends(text_of(path), TEXT(".json"));
}

static bool cases(const char *gold, const struct calibrate_out *out, struct error *err) {
    struct file_list files = {0};
    struct arena arena;
    arena_init(&arena, (size_t)16 << 20);
    bool ok = file_list_add(&files, gold, is_case, NULL, &arena, err);
    if (ok && !files.n) ok = error_set(err, ERROR_DATA, "%s: expected metric cases, *.json", gold);
    for (size_t i = 0; ok && i < files.n; i++) ok = drive_case(files.paths[i], out, err);
    arena_done(&arena);
    return ok;
}

bool calibrate_styledrive(const char *gold, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    brake(&out);
    return human(&out, err) && shifts(&out, err) && collisions(&out, err) && times(&out, err) && styles(&out, err) &&
           (!gold || cases(gold, &out, err));
}
