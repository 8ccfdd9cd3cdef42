/* A greedy attack on rows of a table: in each of a few rounds every change of one column is tried, the one that lowers
 * the share of the true class most is kept, and the attack ends when the answer flips. Levels become any level that is
 * in the training rows (of many, the 64 most frequent), numbers move by half a standard deviation and stay within what
 * the training rows have. Neither the target nor sensitive columns are changed. Changes of all rows are asked at once.
 */
#include "measure/table/synth_measure.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ASKED_MOST: changes that are asked at once. */
enum { ROWS_MOST = 200, LEVELS_MOST = 64, CHANGES_MOST = 4096, ASKED_MOST = 32768 };
static const double BUDGET = 0.1, STEP = 0.5; /* of the features; of a standard deviation */

/* What a column may become. */
struct reach {
    size_t column;
    double *level; /* n levels; NULL: a number */
    size_t n;
    double step, least, most;
};
struct attack {
    struct synth_case *c;
    const struct learner *learner;
    const void *model;
    struct arena *arena;
    struct reach *reach;
    size_t n_reach, budget, changes; /* changes: most of one row */
    double *row;                     /* [n][columns] as changed so far */
    double *truth, *share;           /* [n] class, share of class 1 now */
    size_t n;
};

struct frequency {
    size_t count, level;
};

static int by_count(const void *a, const void *b) {
    const struct frequency *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return (x->level > y->level) - (x->level < y->level);
}

static bool reach_levels(struct attack *a, const struct synth_table *t, size_t n_levels, struct reach *r,
                         struct error *err) {
    struct frequency *f = arena_new(a->arena, struct frequency, n_levels + 1, err);
    r->level = arena_new(a->arena, double, LEVELS_MOST, err);
    if (!f || !r->level) return false;
    for (size_t l = 0; l < n_levels; l++) f[l].level = l;
    for (size_t i = 0; i < t->rows; i++)
        if (!isnan(t->x[i * t->n + r->column])) f[(size_t)t->x[i * t->n + r->column]].count++;
    qsort(f, n_levels, sizeof *f, by_count);
    for (size_t l = 0; l < n_levels && f[l].count && r->n < LEVELS_MOST; l++) r->level[r->n++] = (double)f[l].level;
    return true;
}

static void reach_numbers(const struct synth_table *t, struct reach *r) {
    double n = 0, sum = 0, squares = 0;
    r->least = INFINITY, r->most = -INFINITY;
    for (size_t i = 0; i < t->rows; i++) {
        double x = t->x[i * t->n + r->column];
        if (isnan(x)) continue;
        n++, sum += x;
        r->least = fmin(r->least, x), r->most = fmax(r->most, x);
    }
    for (size_t i = 0; i < t->rows; i++) {
        double x = t->x[i * t->n + r->column];
        if (!isnan(x)) squares += (x - sum / n) * (x - sum / n);
    }
    r->step = n > 1 ? STEP * sqrt(squares / (n - 1)) : 0;
}

static bool set_reach(struct attack *a, struct error *err) {
    const struct synth_fold *f = a->c->fold;
    size_t features = f->schema->n - 1;
    a->reach = arena_new(a->arena, struct reach, f->schema->n, err);
    if (!a->reach) return false;
    for (size_t c = 0; c < f->schema->n; c++) {
        const struct synth_column *column = &f->schema->column[c];
        if (c == f->target || column->role == SYNTH_SENSITIVE) continue;
        struct reach *r = &a->reach[a->n_reach];
        *r = (struct reach){.column = c};
        if (!synth_has_levels(column))
            reach_numbers(&f->train, r);
        else if (!reach_levels(a, &f->train, f->levels[c].n, r, err))
            return false;
        size_t changes = synth_has_levels(column) ? r->n : 2;
        if (a->changes + changes > CHANGES_MOST) break;
        a->changes += changes;
        a->n_reach++;
    }
    a->budget = (size_t)(BUDGET * (double)features);
    if (a->budget < 1) a->budget = 1;
    return true;
}

/* The n test rows that are attacked: the same for every candidate of a fold. */
static bool set_rows(struct attack *a, struct error *err) {
    const struct synth_fold *f = a->c->fold;
    size_t rows = f->test.rows, columns = f->test.n, *place = arena_new(a->arena, size_t, rows, err);
    struct rng rng = rng_stream(a->c->seed, "data audit/attack", 0);
    a->n = rows < ROWS_MOST ? rows : ROWS_MOST;
    a->row = arena_new(a->arena, double, a->n *columns, err);
    a->truth = arena_new(a->arena, double, 2 * a->n, err);
    if (!place || !a->row || !a->truth) return false;
    a->share = a->truth + a->n;
    for (size_t i = 0; i < rows; i++) place[i] = i;
    rng_shuffle(&rng, place, rows);
    for (size_t i = 0; i < a->n; i++) {
        memcpy(a->row + i * columns, f->test.x + place[i] * columns, columns * sizeof *a->row);
        a->truth[i] = f->test_y[place[i]];
    }
    return true;
}

/* All changes of one row, as rows. */
static size_t changes_of(const struct attack *a, const double *row, double *out) {
    size_t columns = a->c->fold->test.n, n = 0;
    for (size_t k = 0; k < a->n_reach; k++) {
        const struct reach *r = &a->reach[k];
        double now = row[r->column];
        size_t ways = r->level ? r->n : 2;
        for (size_t w = 0; w < ways; w++) {
            double next = r->level ? r->level[w] : fmin(fmax(now + (w ? r->step : -r->step), r->least), r->most);
            if (isnan(next) || next == now || (!r->level && isnan(now))) continue;
            memcpy(out + n * columns, row, columns * sizeof *out);
            out[n++ * columns + r->column] = next;
        }
    }
    return n;
}

/* Does the answer still stand? */
static bool stands(const struct attack *a, size_t i) {
    return learner_says(a->share[i]) == (a->truth[i] > 0);
}

static double true_share(const struct attack *a, size_t i, double share) {
    return a->truth[i] > 0 ? share : 1 - share;
}

struct round {
    double *rows, *share;
    size_t *begin; /* [n + 1] */
    struct synth_points points;
};

static bool ask(struct attack *a, struct round *r, size_t n, struct arena *arena, struct error *err) {
    return synth_points_of(&a->c->fold->features, r->rows, n, arena, &r->points, err) &&
           a->learner->ask(a->model, &r->points, r->share, arena, err);
}

/* One round of rows from..to. */
static bool one_round(struct attack *a, size_t from, size_t to, struct arena *arena, struct error *err) {
    size_t columns = a->c->fold->test.n, most = (to - from) * a->changes, n = 0;
    struct round r = {.rows = arena_new(arena, double, most *columns + 1, err),
                      .share = arena_new(arena, double, most + 1, err),
                      .begin = arena_new(arena, size_t, a->n + 1, err)};
    if (!r.rows || !r.share || !r.begin) return false;
    for (size_t i = from; i < to; i++) {
        r.begin[i] = n;
        if (stands(a, i)) n += changes_of(a, a->row + i * columns, r.rows + n * columns);
    }
    r.begin[to] = n;
    if (n && !ask(a, &r, n, arena, err)) return false;
    for (size_t i = from; i < to; i++) {
        double least = true_share(a, i, a->share[i]);
        for (size_t k = r.begin[i]; k < r.begin[i + 1]; k++) {
            if (!(true_share(a, i, r.share[k]) < least)) continue;
            least = true_share(a, i, r.share[k]);
            a->share[i] = r.share[k];
            memcpy(a->row + i * columns, r.rows + k * columns, columns * sizeof *a->row);
        }
    }
    return true;
}

static void sum_up(const struct attack *a, struct synth_model *out) {
    for (size_t i = 0; i < a->n; i++) {
        bool rare = (a->truth[i] > 0) == a->c->fold->rare_is_one;
        bool says_rare = learner_says(a->share[i]) == a->c->fold->rare_is_one;
        out->right += stands(a, i);
        out->rare_found += rare && says_rare;
        out->rare_missed += rare && !says_rare;
        out->rare_alarms += !rare && says_rare;
    }
}

bool synth_attack(struct synth_case *c, const struct learner *learner, const void *model, struct synth_model *out,
                  struct arena *arena, struct error *err) {
    struct attack a = {.c = c, .learner = learner, .model = model, .arena = arena};
    struct round first;
    if (!set_reach(&a, err) || !set_rows(&a, err)) return false;
    first = (struct round){.rows = a.row, .share = a.share};
    for (size_t i = 0; i < a.n && !learner; i++) a.share[i] = out->share[0]; /* a constant answer */
    if (learner && !ask(&a, &first, a.n, arena, err)) return false;
    for (size_t i = 0; i < a.n; i++) out->clean_right += stands(&a, i);
    out->attacked = a.n;
    size_t rows = ASKED_MOST / (a.changes + 1) + 1;
    for (size_t round = 0; learner && round < a.budget; round++)
        for (size_t from = 0; from < a.n; from += rows) {
            struct arena room;
            arena_init(&room, 0);
            bool ok = one_round(&a, from, from + rows < a.n ? from + rows : a.n, &room, err);
            arena_done(&room);
            if (!ok) return false;
        }
    sum_up(&a, out);
    return true;
}
