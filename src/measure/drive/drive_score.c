/* Scores of driving: see drive_score.h. */
#include "measure/drive/drive_score.h"

#include <math.h>
#include <string.h>

enum { LOOK_MOST = 12 };
#define STANDS 0.005

struct drive {
    const struct drive_scene *scene;
    const struct drive_score_settings *settings;
    struct drive_state at[DRIVE_STEPS];
    bool off[DRIVE_STEPS], several[DRIVE_STEPS], crossing[DRIVE_STEPS];
    char style; /* '-': style-free */
};

/* ---- where the car is ---- */

static bool in_any(const struct drive_areas *areas, struct drive_point p) {
    for (size_t a = 0; a < areas->n; a++)
        if (drive_inside(&areas->at[a], p)) return true;
    return false;
}

/* Corners in several lanes: some lane holds one, none holds all. */
static bool several_lanes(const struct drive_areas *lanes, const struct drive_point corner[4]) {
    bool some = false;
    for (size_t a = 0; a < lanes->n; a++) {
        int n = 0;
        for (int c = 0; c < 4; c++) n += drive_inside(&lanes->at[a], corner[c]);
        if (n == 4) return false;
        some |= n > 0;
    }
    return some;
}

static void place(struct drive *d) {
    for (size_t i = 0; i < DRIVE_STEPS; i++) {
        struct drive_box car = drive_car(d->at[i].pose);
        struct drive_point corner[4], rear = {d->at[i].pose.x, d->at[i].pose.y};
        drive_corners(&car, corner);
        for (int c = 0; c < 4; c++) d->off[i] |= !in_any(&d->scene->drivable, corner[c]);
        d->several[i] = several_lanes(&d->scene->lanes, corner);
        d->crossing[i] = in_any(&d->scene->intersections, rear);
    }
}

static struct drive_other other_at(const struct drive_track *t, size_t step) {
    return (struct drive_other){t->kind, {t->at[step], t->length, t->width}, t->v[step]};
}

/* ---- the terms ---- */

/* met: [n_tracks] those that were met, at the first step or later, and count no more. */
static double no_collision(const struct drive *d, bool *met) {
    double worst = 1;
    for (size_t i = 0; i < DRIVE_STEPS; i++)
        for (size_t k = 0; k < d->scene->n_tracks; k++) {
            struct drive_other other = other_at(&d->scene->track[k], i);
            struct drive_box car = drive_car(d->at[i].pose);
            if (met[k] || !drive_overlap(&car, &other.box)) continue;
            met[k] = true;
            if (!i || !drive_at_fault(drive_meeting_of(&d->at[i], &other), d->several[i] || d->off[i])) continue;
            worst = fmin(worst, other.kind == DRIVE_OBJECT ? 0.5 : 0);
        }
    return worst;
}

static double on_road(const struct drive *d) {
    for (size_t i = 0; i < DRIVE_STEPS; i++)
        if (d->off[i]) return 0;
    return 1;
}

/* met as above: those that overlap at the start. Who is met on a way that does not count is not looked at again. */
static double soonest_meeting(const struct drive *d, bool *met) {
    size_t by = d->settings->fine ? 1 : 3, last = d->style == '-' ? 9 : LOOK_MOST;
    double soonest = INFINITY;
    for (size_t k = 0; k < d->scene->n_tracks; k++) {
        struct drive_other now = other_at(&d->scene->track[k], 0);
        struct drive_box car = drive_car(d->at[0].pose);
        met[k] = drive_overlap(&car, &now.box);
    }
    for (size_t i = 0; i + last < DRIVE_STEPS; i++)
        for (size_t ahead = 0; ahead <= last; ahead += by)
            for (size_t k = 0; k < d->scene->n_tracks; k++) {
                struct drive_other other = other_at(&d->scene->track[k], i + ahead);
                struct drive_box car = drive_car(drive_ahead(d->at[i].pose, d->at[i].v * DRIVE_STEP * (double)ahead));
                struct drive_point there = {other.box.centre.x, other.box.centre.y};
                bool loose = d->several[i] || d->off[i] || d->crossing[i];
                if (met[k] || d->at[i].v < STANDS || !drive_overlap(&car, &other.box)) continue;
                if (drive_counts_for_ttc(d->at[i].pose, there, loose))
                    soonest = fmin(soonest, DRIVE_STEP * (double)ahead);
                else
                    met[k] = true;
            }
    return soonest;
}

/* Of style-free scores any meeting that was looked for counts. */
static double in_time(double soonest, char style) {
    double least = style == 'A' ? 0.8 : style == 'N' ? 1.0 : style == 'C' ? 1.2 : 1e9;
    if (soonest == INFINITY) return 1;
    return soonest >= least - 1e-9;
}

double drive_progress_score(double progress, double human, double furthest) {
    double ref = human < 10 ? 3 : human < 24 ? 5 : human < 40 ? 6 : 7, off = (progress - human) / ref;
    return furthest > 3 ? fmax(0, 1 - 1.2 * off * off) : 1;
}

static double progress_of(const struct drive_scene *s, const struct drive_state *at) {
    struct drive_pose first = drive_ahead(at[0].pose, DRIVE_CENTRE);
    struct drive_pose last = drive_ahead(at[DRIVE_STEPS - 1].pose, DRIVE_CENTRE);
    double from = drive_along(s->route, s->n_route, (struct drive_point){first.x, first.y});
    return fmax(0, drive_along(s->route, s->n_route, (struct drive_point){last.x, last.y}) - from);
}

/* ---- all ---- */

static void distances(const struct drive_scene *s, const struct drive_pose *plan, struct drive_result *out) {
    for (size_t i = 0; i < DRIVE_POSES; i++) {
        double off = hypot(plan[i].x - s->human[i].x, plan[i].y - s->human[i].y);
        out->l2_mean += off / DRIVE_POSES;
        if (i % 2 && i > 1) out->l2[i / 2 - 1] = off;
    }
}

static void progress(const struct drive *d, struct drive_result *out) {
    struct drive_state human[DRIVE_STEPS], reference[DRIVE_STEPS];
    double furthest;
    drive_simulate(&d->scene->ego, d->scene->human, human);
    out->human = progress_of(d->scene, human);
    out->progress = fmax(0, progress_of(d->scene, d->at) - d->settings->shift);
    furthest = fmax(out->progress * out->nc * out->dac, 0);
    if (d->scene->referred) {
        drive_simulate(&d->scene->ego, d->scene->reference, reference);
        furthest = fmax(furthest, progress_of(d->scene, reference));
    }
    if (d->settings->plain)
        out->ep = furthest > 5 ? fmin(1, out->progress / furthest) : 1;
    else
        out->ep = drive_progress_score(out->progress, out->human, fmax(fmax(furthest, out->progress), out->human));
}

bool drive_score(const struct drive_scene *scene, const struct drive_score_settings *settings, struct drive_result *out,
                 struct error *err) {
    struct drive d = {.scene = scene, .settings = settings};
    const struct drive_pose *plan = settings->subject == DRIVE_HUMAN ? scene->human : scene->prediction;
    *out = (struct drive_result){0};
    if (settings->subject == DRIVE_PREDICTION && !scene->predicted)
        return error_set(err, ERROR_DATA, "scene '%.*s': no prediction", TEXT_ARG(scene->token));
    bool *met = memory_zeroed(scene->n_tracks + 1, sizeof *met);
    if (!met) return error_memory(err, "tracks");
    d.style = settings->plain ? '-' : settings->style ? settings->style : scene->style;
    drive_simulate(&scene->ego, plan, d.at);
    place(&d);
    out->nc = no_collision(&d, met);
    out->dac = on_road(&d);
    out->soonest = soonest_meeting(&d, met);
    out->ttc = in_time(out->soonest, d.style);
    out->comfort = drive_comfortable(d.at, DRIVE_STEPS, DRIVE_STEP, d.style);
    progress(&d, out);
    distances(scene, plan, out);
    out->score = out->nc * out->dac * (5 * out->ep + 5 * out->ttc + 2 * out->comfort) / 12;
    memory_free(met);
    return true;
}
