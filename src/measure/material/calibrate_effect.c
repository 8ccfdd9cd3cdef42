/* See calibrate_effect.h. Each repetition draws a table of its own, so they run in any order. */
#include "measure/material/calibrate_effect.h"

#include "measure/causal/effect.h"
#include "measure/causal/effect_sample.h"
#include "measure/statistics/statistics.h"
#include "measure/world/world_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* confounded-z: P(t = 1 | u) = (1 - z) / 2 + z u, y = t + 2 u + N(0, 1): means differ by 1 + 2 z. The fixture has z .6.
 */
static void draw_confounded(struct rng *rng, double *row, double z) {
    double u = rng_unit(rng) < 0.5;
    row[0] = rng_unit(rng) < (1 - z) / 2 + z * u;
    row[1] = row[0] + 2 * u + rng_normal(rng);
    row[2] = u;
}
static void draw_none(struct rng *rng, double *row) {
    draw_confounded(rng, row, 0);
}
static void draw_half(struct rng *rng, double *row) {
    draw_confounded(rng, row, 0.3);
}
static const struct table_fixture dosed[] = {
    {"confounded 0", "u -> y; t -> y", 3, {"t", "y", "u"}, 1, 1, NULL, NAN, draw_none},
    {"confounded .3", "u -> {t y}; t -> y", 3, {"t", "y", "u"}, 1, 1.6, NULL, NAN, draw_half},
};

enum { ROWS = 1000, REPEAT = 400, NAME = 120 };
#define FOUR_ERRORS 0.999936 /* within four standard errors of a normal mean */

/* One estimator on one kind of table. */
struct trial {
    const char *fixture, *spec, *covariates;
    const char *what; /* for people */
    double truth;     /* NaN: the effect of the fixture */
    bool biased;      /* truth is what a wrong way comes to, and the true effect must not be covered */
    bool mean_alone;  /* the estimate is right, its error is not: influence values need both models (docs/causal.md) */
};
static const struct trial trials[] = {
    {"confounded 0", "difference", NULL, "confounded 0, plain means", NAN, false},
    {"confounded 0", "aipw", "u", "confounded 0, aipw", NAN, false},
    {"confounded .3", "difference", NULL, "confounded .3, plain means", 1.6, true},
    {"confounded .3", "aipw", "u", "confounded .3, aipw", NAN, false},
    {"confounder", "difference", NULL, "confounded, plain means", 2.2, true},
    {"confounder", "regression", "u", "confounded, regression", NAN, false},
    {"confounder", "ipw", "u", "confounded, ipw", NAN, false},
    {"confounder", "aipw", "u", "confounded, aipw", NAN, false},
    {"confounder", "t-learner", "u", "confounded, T-learner", NAN, false},
    {"confounder", "matching", "u", "confounded, matching", NAN, false},
    {"confounder", "aipw,outcome=constant", "u", "aipw, outcome's model wrong", NAN, false, true},
    {"confounder", "aipw,treatment=constant", "u", "aipw, treatment's model wrong", NAN, false, true},
    {"confounder", "aipw,outcome=constant,treatment=constant", "u", "aipw, both wrong", 2.2, true},
    {"instrument", "difference", NULL, "instrument, plain means", 1.6, true},
    {"instrument", "iv,instrument=z", NULL, "instrument, two stages", NAN, false},
    {"collider", "regression", NULL, "collider left alone", NAN, false},
    {"collider", "regression", "c", "collider adjusted for", 0, true},
    {"m-bias", "regression", NULL, "M-bias left alone", NAN, false},
    {"m-bias", "regression", "m", "M-bias adjusted for", 0.8, true},
    {"mediator", "difference", NULL, "mediator left alone", NAN, false},
    {"mediator", "regression", "m", "mediator adjusted for", 0.5, true},
    {"front-door", "difference", NULL, "front door, plain means", 2.25, true},
    {"front-door", "front-door,mediator=m", NULL, "front door, counting", NAN, false},
};
enum { TRIALS = sizeof trials / sizeof *trials };

static const struct table_fixture *fixture_of(const char *name) {
    size_t i = 0;
    for (size_t k = 0; k < sizeof dosed / sizeof *dosed; k++)
        if (strcmp(dosed[k].name, name) == 0) return &dosed[k];
    while (strcmp(table_fixtures[i].name, name) != 0) i++;
    return &table_fixtures[i];
}

/* What each repetition found: in its place, whoever made it. */
struct found {
    double value, lo, hi;
    bool failed;
};
struct round {
    const struct trial *trial;
    const struct table_fixture *fixture;
    uint64_t seed;
    struct found *found; /* [repeat] */
};

static void repetition(void *context, size_t part, size_t worker) {
    struct round *r = context;
    struct found *f = &r->found[part];
    struct effect_sample sample;
    struct arena arena;
    struct error unheard;
    (void)worker;
    arena_init(&arena, (size_t)1 << 28);
    struct rng rng = rng_stream(r->seed, r->fixture->name, part);
    double *cells = arena_new(&arena, double, ROWS *TABLE_FIXTURE_COLUMNS, &unheard);
    for (size_t i = 0; cells && i < ROWS; i++) r->fixture->draw(&rng, cells + i * r->fixture->n_columns);
    f->failed =
        !cells || !effect_sample_estimate(cells, ROWS, r->fixture->column, r->fixture->n_columns, r->trial->spec,
                                          r->trial->covariates, r->seed + part, &arena, &sample, &unheard);
    if (!f->failed) f->value = sample.value, f->lo = sample.lo, f->hi = sample.hi;
    arena_done(&arena);
}

/* How far the mean of so many estimates may be off the truth: four standard errors, by Student where they are few, and
 * what a table of ROWS rows is off by itself. */
static double mean_tolerance(const struct round *r, uint64_t repeat, struct arena *arena, struct error *err) {
    double *x = arena_new(arena, double, repeat, err);
    if (!x) return NAN;
    for (uint64_t k = 0; k < repeat; k++) x[k] = r->found[k].value;
    struct interval in = stat_mean_t(x, repeat, FOUR_ERRORS);
    return (in.hi - in.lo) / 2 + 0.003;
}

static void tell(const struct round *r, uint64_t repeat, double tolerance, const struct calibrate_out *out) {
    double truth = isnan(r->trial->truth) ? r->fixture->effect : r->trial->truth, mean = 0, covered = 0;
    double right = 0;
    uint64_t failed = 0;
    char name[NAME];
    for (uint64_t k = 0; k < repeat; k++) {
        const struct found *f = &r->found[k];
        failed += f->failed;
        mean += f->value / (double)repeat;
        covered += (f->lo <= truth && truth <= f->hi) / (double)repeat;
        right += (f->lo <= r->fixture->effect && r->fixture->effect <= f->hi) / (double)repeat;
    }
    snprintf(name, sizeof name, "%s: failed", r->trial->what);
    calibrate_range(out, name, (double)failed, 0, 0, "");
    snprintf(name, sizeof name, "%s: mean estimate", r->trial->what);
    calibrate_number(out, name, truth, mean, tolerance, "");
    if (r->trial->mean_alone) return;
    snprintf(name, sizeof name, "%s: covers", r->trial->what);
    double within = 0.5 / sqrt((double)repeat); /* 0.025 of 400: 2.3 standard errors */
    calibrate_range(out, name, covered, 0.95 - within, 0.95 + within, "");
    if (!r->trial->biased) return;
    snprintf(name, sizeof name, "%s: covers the true effect", r->trial->what);
    calibrate_range(out, name, right, 0, 0.5, "");
}

bool calibrate_effect(uint64_t seed, uint64_t repeat, struct pool *pool, calibrate_report *report, void *context,
                      struct error *err) {
    struct calibrate_out out = {report, context};
    struct arena arena;
    arena_init(&arena, (size_t)1 << 28);
    if (repeat < 2) repeat = repeat ? 2 : REPEAT; /* one says nothing of what means vary by */
    struct found *found = arena_new(&arena, struct found, repeat, err);
    for (size_t i = 0; found && i < TRIALS; i++) {
        struct round r = {&trials[i], fixture_of(trials[i].fixture), seed, found};
        memset(found, 0, repeat * sizeof *found);
        pool_run(pool, repeat, repetition, &r);
        double tolerance = mean_tolerance(&r, repeat, &arena, err);
        if (isnan(tolerance)) {
            found = NULL; /* no memory */
            break;
        }
        tell(&r, repeat, tolerance, &out);
    }
    arena_done(&arena);
    return found != NULL;
}
