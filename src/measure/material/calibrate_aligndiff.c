/* Bodies that obey the wrong slider, or the clock: see calibrate_aligndiff.h. */
#include "measure/material/calibrate_aligndiff.h"

#include "base/arena.h"
#include "base/rng.h"
#include "measure/causal/linear.h"
#include "measure/statistics/area.h"
#include "measure/statistics/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEAT = 200, ATTRIBUTES = 2, PAIRS = 1500, HELD = 2000, TRIALS = 200, CANDIDATES = 512, NAME = 120 };
enum { SEEN_SPEED, SEEN_HEIGHT, SEEN_TIME, SEEN, COLUMNS = SEEN + 1 };
#define NOISE 0.02 /* of what is seen of speed and height */
static const char *const attributes[ATTRIBUTES] = {"speed", "height"};

struct body {
    double strength[ATTRIBUTES]; /* as learnt; of candidates */
    double is[ATTRIBUTES]; /* measured: 0 to 1, drawn evenly, so that a strength is a share of bodies that have less */
    double seen[SEEN];
};
struct fault {
    bool swapped, leak;
};
/* Of one attribute: strength = share of recorded bodies whose score is below. */
struct strength {
    double weight[COLUMNS];
    double sorted[CANDIDATES];
};
struct found {
    double agreement, own;           /* least of both attributes: of pairs held back, rank correlation */
    double circular, physical, area; /* mean errors, and the area of the measured one */
    unsigned obeys[ATTRIBUTES];      /* which measured attribute follows each slider best */
};

/* recorded: in the order of speed, the time tells it; else the time says nothing. */
static struct body draw(struct rng *rng, bool leak) {
    struct body b = {.strength = {0}};
    for (size_t a = 0; a < ATTRIBUTES; a++) b.is[a] = rng_unit(rng), b.seen[a] = b.is[a] + NOISE * rng_normal(rng);
    double time = rng_unit(rng);
    b.seen[SEEN_TIME] = leak ? b.is[SEEN_SPEED] : time;
    return b;
}

static double score(const struct strength *s, const struct body *b) {
    double sum = 0;
    for (size_t i = 0; i < SEEN; i++) sum += s->weight[i + 1] * b->seen[i];
    return sum;
}

/* ---- learning strengths from pairs ---- */

static void draw_pairs(struct rng *rng, size_t n, size_t attribute, struct fault f, double *x, double *y) {
    size_t column = f.swapped ? ATTRIBUTES - 1 - attribute : attribute;
    for (size_t i = 0; i < n; i++) {
        struct body a = draw(rng, f.leak), b = draw(rng, f.leak);
        x[i * COLUMNS] = 1;
        for (size_t k = 0; k < SEEN; k++) x[i * COLUMNS + 1 + k] = a.seen[k] - b.seen[k];
        y[i] = a.is[column] > b.is[column];
    }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Bradley and Terry's model, linear in what is seen of a body; *agreement: with pairs that were held back. */
static bool learn(struct rng *rng, size_t attribute, struct fault f, struct arena *arena, struct strength *s,
                  double *agreement, struct error *err) {
    double *x = arena_new(arena, double, (PAIRS + HELD) * COLUMNS, err);
    double *y = x ? arena_new(arena, double, PAIRS + HELD, err) : NULL, right = 0;
    memset(s, 0, sizeof *s);
    if (!y) return false;
    draw_pairs(rng, PAIRS + HELD, attribute, f, x, y);
    if (!logistic_fit(x, PAIRS, COLUMNS, y, NULL, 1e-3, s->weight, arena, err)) return false;
    for (size_t i = PAIRS; i < PAIRS + HELD; i++)
        right += (linear_predict(x + i * COLUMNS, s->weight, COLUMNS) > 0) == (y[i] > 0);
    *agreement = right / HELD;
    for (size_t i = 0; i < CANDIDATES; i++) {
        struct body b = draw(rng, false);
        s->sorted[i] = score(s, &b);
    }
    qsort(s->sorted, CANDIDATES, sizeof *s->sorted, by_size);
    return true;
}

static double strength_of(const struct strength *s, const struct body *b) {
    double x = score(s, b);
    size_t low = 0, high = CANDIDATES; /* below `low` all are less, from `high` on none is */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (s->sorted[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low / CANDIDATES;
}

/* ---- acting: of bodies that could be, the one whose strengths are nearest to what is asked */

static const struct body *nearest(const struct body *all, const double *asked, double *circular) {
    const struct body *best = all;
    *circular = INFINITY;
    for (size_t i = 0; i < CANDIDATES; i++) {
        double error = 0;
        for (size_t a = 0; a < ATTRIBUTES; a++) error += fabs(all[i].strength[a] - asked[a]) / ATTRIBUTES;
        if (error < *circular) *circular = error, best = &all[i];
    }
    return best;
}

/* The physical check: which measured attribute follows each slider. */
static bool check(double *const asked[ATTRIBUTES], double *const is[ATTRIBUTES], struct found *f, struct error *err) {
    f->own = 1;
    for (size_t a = 0; a < ATTRIBUTES; a++) {
        double best = -INFINITY;
        for (size_t m = 0; m < ATTRIBUTES; m++) {
            double rho = stat_spearman(asked[a], is[m], TRIALS, err);
            if (isnan(rho)) return error_set(err, ERROR_DATA, "no rank correlation of %s", attributes[a]);
            if (rho > best) best = rho, f->obeys[a] = (unsigned)m;
            if (m == a) f->own = fmin(f->own, rho);
        }
    }
    return true;
}

static bool act(struct rng *rng, const struct strength s[ATTRIBUTES], struct arena *arena, struct found *f,
                struct error *err) {
    double *room = arena_new(arena, double, (2 * ATTRIBUTES + 1) * TRIALS, err), *error = room;
    struct body *all = room ? arena_new(arena, struct body, CANDIDATES, err) : NULL;
    double *asked[ATTRIBUTES], *is[ATTRIBUTES];
    if (!all) return false;
    for (size_t a = 0; a < ATTRIBUTES; a++) asked[a] = room + (1 + a) * TRIALS, is[a] = room + (3 + a) * TRIALS;
    for (size_t i = 0; i < CANDIDATES; i++) {
        all[i] = draw(rng, false);
        for (size_t a = 0; a < ATTRIBUTES; a++) all[i].strength[a] = strength_of(&s[a], &all[i]);
    }
    for (size_t t = 0; t < TRIALS; t++) {
        double want[ATTRIBUTES], circular;
        for (size_t a = 0; a < ATTRIBUTES; a++) want[a] = asked[a][t] = rng_unit(rng);
        const struct body *b = nearest(all, want, &circular);
        error[t] = 0;
        for (size_t a = 0; a < ATTRIBUTES; a++) {
            is[a][t] = b->is[a];
            error[t] += fabs(b->is[a] - want[a]) / ATTRIBUTES;
        }
        f->circular += circular / TRIALS;
        f->physical += error[t] / TRIALS;
    }
    f->area = stat_tracking_area(error, TRIALS);
    return check(asked, is, f, err);
}

static bool one_recording(uint64_t seed, uint64_t repeat, const char *stream, struct fault fault, struct arena *arena,
                          struct found *f, struct error *err) {
    struct rng rng = rng_stream(seed, stream, repeat);
    struct strength s[ATTRIBUTES];
    *f = (struct found){.agreement = 1};
    for (size_t a = 0; a < ATTRIBUTES; a++) {
        double agreement;
        if (!learn(&rng, a, fault, arena, &s[a], &agreement, err)) return false;
        f->agreement = fmin(f->agreement, agreement);
    }
    return act(&rng, s, arena, f, err);
}

/* ---- what is told ---- */

struct extremes { /* over the recordings */
    struct found least, most;
    double named; /* recordings in which each slider moves an attribute that is not its own */
    double clean; /* recordings in which each moves its own */
};

static bool record_all(uint64_t seed, uint64_t repeat, const char *stream, struct fault fault, struct extremes *e,
                       struct error *err) {
    struct arena arena;
    bool ok = true;
    arena_init(&arena, (size_t)16 << 20);
    *e = (struct extremes){.least = {.agreement = 1, .own = 1, .circular = 1, .physical = 1, .area = 1},
                           .most = {.own = -1}};
    for (uint64_t r = 0; ok && r < repeat; r++) {
        struct found f;
        ok = one_recording(seed, r, stream, fault, &arena, &f, err);
        if (!ok) break;
        e->least.agreement = fmin(e->least.agreement, f.agreement);
        e->least.own = fmin(e->least.own, f.own), e->most.own = fmax(e->most.own, f.own);
        e->most.circular = fmax(e->most.circular, f.circular);
        e->least.physical = fmin(e->least.physical, f.physical);
        e->most.physical = fmax(e->most.physical, f.physical);
        e->least.area = fmin(e->least.area, f.area), e->most.area = fmax(e->most.area, f.area);
        e->named += f.obeys[0] == 1 && f.obeys[1] == 0;
        e->clean += f.obeys[0] == 0 && f.obeys[1] == 1;
        arena_reset(&arena);
    }
    arena_done(&arena);
    return ok;
}

static void row(const struct calibrate_out *out, const char *dose, const char *what, double found, double low,
                double high) {
    char name[NAME];
    snprintf(name, sizeof name, "%s: %s", dose, what);
    calibrate_range(out, name, found, low, high, "");
}

/* What both clean twins must read, and what is as good with a fault. */
static void tell_clean(const struct calibrate_out *out, const char *dose, const struct extremes *e, uint64_t repeat) {
    row(out, dose, "least agreement with pairs held back", e->least.agreement, 0.95, 1);
    row(out, dose, "greatest error by the learnt strengths", e->most.circular, 0, 0.05);
    row(out, dose, "greatest measured error", e->most.physical, 0, 0.08);
    row(out, dose, "least area of the measured error", e->least.area, 0.6, 1);
    row(out, dose, "least rank correlation of a slider with its attribute", e->least.own, 0.98, 1);
    row(out, dose, "recordings in which a slider moves another attribute", (double)repeat - e->clean, 0, 0);
}

static void tell_swapped(const struct calibrate_out *out, const struct extremes *e, uint64_t repeat) {
    const char *dose = "swapped-slider 1";
    char name[NAME];
    row(out, dose, "least agreement with pairs held back", e->least.agreement, 0.95, 1);
    row(out, dose, "greatest error by the learnt strengths", e->most.circular, 0, 0.05);
    row(out, dose, "least measured error", e->least.physical, 0.25, 1);
    row(out, dose, "greatest rank correlation of a slider with its attribute", e->most.own, -1, 0.5);
    snprintf(name, sizeof name, "%s: %s moves with %s's slider, %s with %s's", dose, attributes[1], attributes[0],
             attributes[0], attributes[1]);
    calibrate_number(out, name, (double)repeat, e->named, 0, "recordings");
}

static void tell_leak(const struct calibrate_out *out, const struct extremes *e) {
    const char *dose = "time-leak 1";
    row(out, dose, "least agreement with pairs held back", e->least.agreement, 0.95, 1);
    row(out, dose, "greatest error by the learnt strengths", e->most.circular, 0, 0.05);
    row(out, dose, "least measured error", e->least.physical, 0.12, 1);
    row(out, dose, "greatest rank correlation of a slider with its attribute (speed)", e->most.own, -1, 0.5);
}

bool calibrate_aligndiff(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    struct extremes clean, swapped, leak;
    if (!repeat) repeat = REPEAT;
    if (!record_all(seed, repeat, "aligndiff/clean", (struct fault){0}, &clean, err) ||
        !record_all(seed, repeat, "aligndiff/swapped", (struct fault){.swapped = true}, &swapped, err) ||
        !record_all(seed, repeat, "aligndiff/leak", (struct fault){.leak = true}, &leak, err))
        return false;
    tell_clean(&out, "swapped-slider 0, time-leak 0", &clean, repeat);
    tell_swapped(&out, &swapped, repeat);
    tell_leak(&out, &leak);
    return true;
}
