/* Figures of problems: see geo_problem.h. */
#include "geometry/geo_problem.h"

#include <math.h>
#include <string.h>

enum { TRIES = 60, EASINGS = 5, DENOMINATOR_MOST = 360 };

static bool place_all(const struct geo_problem *p, uint64_t seed, uint64_t attempt, struct geo_figure *out,
                      struct error *err) {
    struct rng rng = rng_stream_text(seed, p->id.len ? p->id : TEXT("geometry/figure"));
    rng.counter = attempt << 24;
    *out = (struct geo_figure){.n = p->names.n};
    for (size_t i = 0; i < p->n_placings; i++) {
        const struct geo_placing *placing = &p->placing[i];
        if (!geo_place_next(placing, out, &rng, err))
            return error_wrap(err, "clause %zu, '%.*s'", placing->clause + 1, TEXT_ARG(p->names.name[placing->point]));
    }
    return true;
}

static bool points_apart(const struct geo_problem *p, const struct geo_figure *f, double margin, struct error *err) {
    double diameter = geo_diameter(f->at, f->n);
    for (uint8_t i = 0; i < f->n; i++)
        for (uint8_t k = i + 1; k < f->n; k++)
            if (!(geo_distance(f->at[i], f->at[k]) > margin * diameter))
                return error_set(err, ERROR_DATA, "points '%.*s' and '%.*s' coincide", TEXT_ARG(p->names.name[i]),
                                 TEXT_ARG(p->names.name[k]));
    return true;
}

static bool facts_hold(const struct geo_problem *p, const struct geo_figure *f, bool goals, struct error *err) {
    for (size_t i = 0; i < p->n_premises; i++)
        if (!geo_holds(&p->premise[i], f->at))
            return error_set(err, ERROR_DATA,
                             "clause %zu: what it says contradicts what was said before ('%s' is false)",
                             p->clause_of[i] + 1, geo_kind_name(p->premise[i].kind));
    for (size_t i = 0; goals && i < p->n_goals; i++) {
        const struct geo_fact *g = &p->goal[i];
        bool holds = geo_kind_is_guard(g->kind) ? geo_margin(g, f->at, geo_diameter(f->at, f->n)) > GEO_APART
                                                : p->asked[i] || geo_holds(g, f->at);
        if (!holds) return error_set(err, ERROR_DATA, "the goal is false in every figure that was drawn");
    }
    return true;
}

bool geo_figure_draw(const struct geo_problem *p, const char *file, uint64_t seed, bool goals, struct geo_figure *out,
                     struct error *err) {
    static const double margins[EASINGS] = {0.05, 0.02, 0.005, 0.001, 0.0001};
    struct error last = {0};
    for (size_t i = 0; i < p->n_placings; i++)
        if (p->placing[i].undrawn)
            return error_set(err, ERROR_DATA,
                             "%s:%zu: clause %zu: %s can be read, but not be drawn by lines and circles", file, p->line,
                             p->placing[i].clause + 1, p->placing[i].undrawn);
    for (size_t e = 0; e < EASINGS; e++)
        for (size_t i = 0; i < TRIES; i++) {
            error_clear(&last);
            if (!place_all(p, seed, e * TRIES + i, out, &last) || !points_apart(p, out, margins[e], &last) ||
                !facts_hold(p, out, goals, &last))
                continue;
            out->margin = margins[e];
            out->tries = e * TRIES + i + 1;
            return true;
        }
    return error_set(err, ERROR_DATA, "%s:%zu: no figure in %d tries: %s", file, p->line, TRIES * EASINGS,
                     last.message);
}

bool geo_goals_ask(struct geo_problem *p, const struct geo_figure *f, struct error *err) {
    for (size_t i = 0; i < p->n_goals; i++) {
        struct geo_fact *g = &p->goal[i];
        if (!p->asked[i]) continue;
        double turn = geo_direction(f->at[g->at[2]], f->at[g->at[3]]) - geo_direction(f->at[g->at[0]], f->at[g->at[1]]);
        bool found = false;
        for (int64_t d = 1; !found && d <= DENOMINATOR_MOST; d++) {
            double n = nearbyint(turn * (double)d);
            found = fabs(turn * (double)d - n) < GEO_TRUE * (double)d;
            if (found) g->value = geo_fraction((int64_t)n, d);
        }
        if (!found) return error_set(err, ERROR_DATA, "the angle that is asked for is no simple part of a half turn");
    }
    return true;
}
