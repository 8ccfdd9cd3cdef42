/* See synth_anchor.h. */
#include "measure/table/synth_anchor.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

const char *const synth_anchors[SYNTH_ANCHORS] = {"leak", "fresh", "shuffle", "uniform"};

static bool room(const struct synth_table *like, const char *name, struct arena *arena, struct synth_table *out,
                 struct error *err) {
    *out = (struct synth_table){.file = name, .rows = like->rows, .n = like->n};
    return (out->x = arena_new(arena, double, like->rows * like->n, err)) != NULL;
}

static bool shuffle(const struct synth_table *train, uint64_t seed, struct arena *arena, struct synth_table *out,
                    struct error *err) {
    size_t *place = arena_new(arena, size_t, train->rows, err);
    if (!place || !room(train, "shuffle", arena, out, err)) return false;
    for (size_t c = 0; c < train->n; c++) {
        struct rng rng = rng_stream(seed, "data audit/shuffle", c);
        for (size_t r = 0; r < train->rows; r++) place[r] = r;
        rng_shuffle(&rng, place, train->rows);
        for (size_t r = 0; r < train->rows; r++) out->x[r * train->n + c] = train->x[place[r] * train->n + c];
    }
    return true;
}

/* The range of a column of numbers, and whether all are whole. */
static bool range(const struct synth_table *t, size_t c, double *least, double *most) {
    bool whole = true;
    *least = INFINITY, *most = -INFINITY;
    for (size_t r = 0; r < t->rows; r++) {
        double x = t->x[r * t->n + c];
        if (isnan(x)) continue;
        *least = fmin(*least, x), *most = fmax(*most, x);
        whole = whole && x == floor(x);
    }
    return whole;
}

/* One of a column's levels, the missing value among them; of numbers one between least and most. */
static double any_value(const struct synth_column *column, const struct synth_levels *levels, struct rng *rng,
                        double least, double most, bool whole) {
    if (synth_has_levels(column)) {
        size_t level = (size_t)rng_below(rng, levels->n + levels->missing);
        return level < levels->n ? (double)level : NAN;
    }
    if (!(least <= most)) return NAN; /* nothing but missing values */
    if (whole && most - least < 1e15) return least + (double)rng_below(rng, (uint64_t)(most - least) + 1);
    return least + (most - least) * rng_unit(rng);
}

static bool uniform(const struct synth_fold *f, uint64_t seed, struct arena *arena, struct synth_table *out,
                    struct error *err) {
    if (!room(&f->train, "uniform", arena, out, err)) return false;
    for (size_t c = 0; c < out->n; c++) {
        struct rng rng = rng_stream(seed, "data audit/uniform", c);
        double least, most;
        bool whole = range(&f->train, c, &least, &most);
        for (size_t r = 0; r < out->rows; r++)
            out->x[r * out->n + c] = any_value(&f->schema->column[c], &f->levels[c], &rng, least, most, whole);
    }
    return true;
}

bool synth_anchor_make(const struct synth_fold *fold, size_t which, uint64_t seed, struct arena *arena,
                       struct synth_table *out, struct error *err) {
    switch (which) {
    case 0:
        *out = fold->train;
        return true;
    case 1:
        *out = fold->held;
        return true;
    case 2:
        return shuffle(&fold->train, seed, arena, out, err);
    default:
        return uniform(fold, seed, arena, out, err);
    }
}
