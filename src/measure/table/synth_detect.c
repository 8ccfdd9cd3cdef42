/* Telling synthetic from training rows by logistic regression with products of columns. See synth_measure.h. */
#include "measure/table/synth_measure.h"

#include "base/rng.h"
#include "measure/causal/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_MOST = 2000, STRONG = 10, FOLDS = 5 };
static const double PENALTY = 1;

struct detect {
    size_t n, narrow, strong, width; /* width: narrow + products of pairs of strong columns */
    double *x, *y;                   /* x: [n][width], rows in random order */
    double *score;
    size_t *fold_of;
    struct arena *arena;
    size_t *column; /* [strong] of the fold in hand */
};

/* Equal rows stand in one fold, whichever side they are from: a copy of a training row whose twin taught the other
 * answer would be told for its absence. */
static size_t fold_of_row(const struct synth_schema *schema, const struct synth_table *t, size_t row) {
    return (size_t)(synth_row_hash(schema, t->x + row * t->n) % FOLDS);
}

static bool fill(struct detect *d, const struct synth_case *c, struct error *err) {
    const struct synth_points *real = &c->fold->train_points, *made = &c->points;
    size_t side = real->n < made->n ? real->n : made->n;
    if (side > SIDE_MOST) side = SIDE_MOST;
    d->n = 2 * side;
    d->narrow = learner_width(real->code);
    d->strong = d->narrow - 1 < STRONG ? d->narrow - 1 : STRONG;
    d->width = d->narrow + d->strong * (d->strong - 1) / 2;
    d->x = arena_new(d->arena, double, d->n * d->width, err);
    d->y = arena_new(d->arena, double, 2 * d->n, err);
    d->fold_of = arena_new(d->arena, size_t, d->n + STRONG, err);
    size_t *place = arena_new(d->arena, size_t, real->n + made->n, err);
    if (!d->x || !d->y || !d->fold_of || !place) return false;
    d->score = d->y + d->n;
    d->column = d->fold_of + d->n;
    for (size_t s = 0; s < 2; s++) {
        const struct synth_points *from = s ? made : real;
        struct rng rng = rng_stream(c->seed, "data audit/detect", s);
        for (size_t i = 0; i < from->n; i++) place[i] = i;
        rng_shuffle(&rng, place, from->n);
        for (size_t i = 0; i < side; i++) {
            size_t at = 2 * i + s;
            learner_spread(from, place[i], d->x + at * d->width);
            d->y[at] = (double)s;
            d->fold_of[at] = fold_of_row(c->fold->schema, s ? &c->table : &c->fold->train, place[i]);
        }
    }
    return true;
}

struct strength {
    double r;
    size_t column;
};

static int by_strength(const void *a, const void *b) {
    const struct strength *x = a, *y = b;
    if (x->r != y->r) return x->r > y->r ? -1 : 1;
    return (x->column > y->column) - (x->column < y->column);
}

/* Columns by |correlation| with the label among the rows outside the fold. */
static bool choose(struct detect *d, size_t fold, struct error *err) {
    struct strength *all = arena_new(d->arena, struct strength, d->narrow, err);
    if (!all) return false;
    for (size_t c = 1; c < d->narrow; c++) {
        double n = 0, sx = 0, sxx = 0, sy = 0, sxy = 0;
        for (size_t i = 0; i < d->n; i++) {
            if (d->fold_of[i] == fold) continue;
            double x = d->x[i * d->width + c];
            n++, sx += x, sxx += x * x, sy += d->y[i], sxy += x * d->y[i];
        }
        double spread = sqrt(fmax(sxx - sx * sx / n, 0) * (sy - sy * sy / n));
        all[c - 1] = (struct strength){spread > 0 ? fabs(sxy - sx * sy / n) / spread : 0, c};
    }
    qsort(all, d->narrow - 1, sizeof *all, by_strength);
    for (size_t k = 0; k < d->strong; k++) d->column[k] = all[k].column;
    return true;
}

static bool one_fold(struct detect *d, size_t fold, struct error *err) {
    double *beta = arena_new(d->arena, double, d->width, err), *w = arena_new(d->arena, double, d->n, err);
    if (!beta || !w || !choose(d, fold, err)) return false;
    for (size_t i = 0; i < d->n; i++) {
        double *row = d->x + i * d->width, *product = row + d->narrow;
        for (size_t a = 0; a < d->strong; a++)
            for (size_t b = 0; b < a; b++) *product++ = row[d->column[a]] * row[d->column[b]];
        w[i] = d->fold_of[i] != fold;
    }
    if (!logistic_fit(d->x, d->n, d->width, d->y, w, PENALTY, beta, d->arena, err)) return false;
    for (size_t i = 0; i < d->n; i++)
        if (d->fold_of[i] == fold) d->score[i] = logistic_share(linear_predict(d->x + i * d->width, beta, d->width));
    return true;
}

bool synth_detect_auc(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    struct detect d = {.arena = c->arena};
    double auc;
    if (!fill(&d, c, err)) return false;
    for (size_t fold = 0; fold < FOLDS; fold++)
        if (!one_fold(&d, fold, err)) return false;
    if (!synth_auc(d.score, d.y, d.n, c->arena, &auc, err)) return false;
    *out = synth_plain(fabs(auc - 0.5));
    return true;
}
