/* See synth_fold.h. */
#include "measure/table/synth_fold.h"

#include "base/hash.h"
#include "base/rng.h"
#include "measure/table/synth_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_LEAST = 20 };

/* ---- rows ---- */

static bool take(const struct synth_table *from, const size_t *place, size_t n, struct arena *arena,
                 struct synth_table *out, struct error *err) {
    *out = (struct synth_table){.file = from->file, .rows = n, .n = from->n};
    if (!(out->x = arena_new(arena, double, n * from->n + 1, err))) return false;
    for (size_t i = 0; i < n; i++) memcpy(out->x + i * from->n, from->x + place[i] * from->n, from->n * sizeof *out->x);
    return true;
}

static int by_place(const void *a, const void *b) {
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Rows first..first+n of a permutation, in the order of the file. */
static bool take_sorted(const struct synth_table *from, size_t *place, size_t n, struct arena *arena,
                        struct synth_table *out, struct error *err) {
    qsort(place, n, sizeof *place, by_place);
    return take(from, place, n, arena, out, err);
}

bool synth_fold_rows(const struct synth_real *real, uint64_t number, struct arena *arena, struct synth_fold *out,
                     struct error *err) {
    const struct synth_table *t = &real->table[real->n - 1];
    struct rng rng = rng_stream(real->seed, "data audit/split", 0);
    size_t *order = arena_new(arena, size_t, 2 * t->rows + 1, err), parts = real->n == 1 ? SYNTH_FOLDS : 2, n[3] = {0};
    if (!order) return false;
    *out = (struct synth_fold){.schema = real->schema, .levels = real->levels, .number = number};
    for (size_t i = 0; i < t->rows; i++) order[i] = i;
    rng_shuffle(&rng, order, t->rows);
    size_t *side[3] = {order + t->rows, NULL, NULL};
    for (size_t which = 0; which < 3; which++) { /* test, held, train, one behind the other */
        if (which) side[which] = side[which - 1] + n[which - 1];
        for (size_t i = 0; i < t->rows; i++) {
            size_t part = (i * parts / t->rows + parts - number % parts) % parts;
            if ((part < 2 ? part : 2) == which) side[which][n[which]++] = order[i];
        }
    }
    if (n[0] < ROWS_LEAST || n[1] < ROWS_LEAST || (real->n == 2 && real->table[0].rows < ROWS_LEAST))
        return error_set(err, ERROR_DATA, "%s: %zu rows are too few: expected %zu", t->file, t->rows,
                         (size_t)ROWS_LEAST * parts);
    if (real->n == 2) out->train = real->table[0];
    return take_sorted(t, side[0], n[0], arena, &out->test, err) &&
           take_sorted(t, side[1], n[1], arena, &out->held, err) &&
           (real->n == 2 || take_sorted(t, side[2], n[2], arena, &out->train, err));
}

/* ---- target and groups ---- */

void synth_target_of(const struct synth_fold *fold, const struct synth_table *table, double *y) {
    bool named = synth_has_levels(&fold->schema->column[fold->target]);
    for (size_t r = 0; r < table->rows; r++) {
        double x = table->x[r * table->n + fold->target];
        y[r] = named ? x == fold->positive : x > fold->positive;
    }
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool median_target(const struct synth_fold *f, struct arena *arena, double *out, struct error *err) {
    double *x = arena_new(arena, double, f->train.rows, err);
    for (size_t r = 0; x && r < f->train.rows; r++) x[r] = f->train.x[r * f->train.n + f->target];
    if (x) qsort(x, f->train.rows, sizeof *x, by_value);
    if (x) *out = x[(f->train.rows - 1) / 2];
    return x != NULL;
}

static bool choose_positive(struct synth_fold *f, struct arena *arena, struct error *err) {
    const struct synth_column *c = &f->schema->column[f->target];
    const struct synth_levels *l = &f->levels[f->target];
    if (l->missing)
        return error_set(err, ERROR_DATA, "%s: the target '%s' is missing in some rows", f->train.file, c->name);
    if (!synth_has_levels(c)) {
        if (!c->positive) return median_target(f, arena, &f->positive, err);
        return text_to_f64(text_of(c->positive), &f->positive) ||
               error_set(err, ERROR_DATA, "%s:%zu: field 'positive': expected a number, found '%s'", f->schema->file,
                         c->line, c->positive);
    }
    if (c->positive) {
        f->positive = (double)synth_level(l, text_of(c->positive));
        return true;
    }
    if (l->n != 2)
        return error_set(err, ERROR_DATA,
                         "%s:%zu: the target '%s' has %zu levels: name the one that counts as 1, 'positive'",
                         f->schema->file, c->line, c->name, l->n);
    size_t ones = 0;
    for (size_t r = 0; r < f->train.rows; r++) ones += f->train.x[r * f->train.n + f->target] == 1;
    f->positive = 2 * ones <= f->train.rows;
    return true;
}

static bool set_target(struct synth_fold *f, struct arena *arena, struct error *err) {
    double ones = 0, ones_test = 0;
    f->target = f->schema->target;
    f->train_y = arena_new(arena, double, f->train.rows, err);
    f->test_y = arena_new(arena, double, f->test.rows, err);
    if (!f->train_y || !f->test_y || !choose_positive(f, arena, err)) return false;
    synth_target_of(f, &f->train, f->train_y);
    synth_target_of(f, &f->test, f->test_y);
    for (size_t r = 0; r < f->train.rows; r++) ones += f->train_y[r];
    for (size_t r = 0; r < f->test.rows; r++) ones_test += f->test_y[r];
    f->rare_is_one = 2 * ones <= (double)f->train.rows;
    if (ones > 0 && ones < (double)f->train.rows && ones_test > 0 && ones_test < (double)f->test.rows) return true;
    return error_set(err, ERROR_DATA, "%s: the target '%s' has one class only in the training or the test rows",
                     f->train.file, f->schema->column[f->target].name);
}

/* Group of a row; SIZE_MAX: none. */
static size_t group_of(const struct synth_column *c, const struct synth_levels *l, double x) {
    if (isnan(x)) return SIZE_MAX;
    if (!synth_has_levels(c)) return x >= c->least && x <= c->most;
    if (!c->n_privileged) return (size_t)x;
    for (size_t i = 0; i < c->n_privileged; i++)
        if (strcmp(c->privileged[i], l->name[(size_t)x]) == 0) return 1;
    return 0;
}

size_t synth_group_of(const struct synth_fold *fold, size_t groups, double x) {
    size_t column = fold->groups[groups].column;
    return group_of(&fold->schema->column[column], &fold->levels[column], x);
}

static bool groups_are_fit(const struct synth_fold *f, const struct synth_groups *g, struct arena *arena,
                           struct error *err) {
    size_t *ones = arena_new(arena, size_t, g->n, err);
    if (!ones) return false;
    for (size_t r = 0; r < f->test.rows; r++)
        if (g->of[r] != SIZE_MAX) ones[g->of[r]] += f->test_y[r] > 0;
    for (size_t k = 0; k < g->n; k++)
        if (!ones[k])
            return error_set(err, ERROR_DATA,
                             "column '%s': group '%s' has no positive row among the %zu test rows, so its gaps are not "
                             "known; --lenient leaves them out",
                             f->schema->column[g->column].name, g->name[k], f->test.rows);
    return true;
}

static bool set_group(struct synth_fold *f, size_t column, struct synth_groups *g, struct arena *arena,
                      struct error *err) {
    const struct synth_column *c = &f->schema->column[column];
    const struct synth_levels *l = &f->levels[column];
    bool two = !synth_has_levels(c) || c->n_privileged;
    *g = (struct synth_groups){.column = column, .n = two ? 2 : l->n};
    g->name = arena_new(arena, const char *, g->n, err);
    g->of = arena_new(arena, size_t, f->test.rows, err);
    g->people = arena_new(arena, size_t, f->train.rows, err);
    if (!g->name || !g->of || !g->people) return false;
    for (size_t k = 0; k < g->n; k++) g->name[k] = !two ? l->name[k] : k ? "privileged" : "others";
    for (size_t r = 0; r < f->test.rows; r++) g->of[r] = group_of(c, l, f->test.x[r * f->test.n + column]);
    for (size_t r = 0; r < f->train.rows; r++) g->people[r] = group_of(c, l, f->train.x[r * f->train.n + column]);
    return true;
}

static bool set_groups(struct synth_fold *f, bool lenient, struct arena *arena, struct error *err) {
    f->groups = arena_new(arena, struct synth_groups, f->schema->n, err);
    for (size_t c = 0; f->groups && c < f->schema->n; c++) {
        if (f->schema->column[c].role != SYNTH_SENSITIVE) continue;
        struct synth_groups *g = &f->groups[f->n_groups++];
        if (!set_group(f, c, g, arena, err) || (!lenient && !groups_are_fit(f, g, arena, err))) return false;
    }
    return f->groups != NULL;
}

/* ---- what is learnt ---- */

static bool set_codes(struct synth_fold *f, struct arena *arena, struct error *err) {
    bool *features = arena_new(arena, bool, f->schema->n, err), *known = arena_new(arena, bool, f->schema->n, err);
    if (!features || !known) return false;
    for (size_t c = 0; c < f->schema->n; c++) {
        features[c] = c != f->target;
        known[c] = f->schema->column[c].role == SYNTH_QUASI;
    }
    return synth_code_learn(f->schema, f->levels, &f->train, NULL, arena, &f->code, err) &&
           synth_code_learn(f->schema, f->levels, &f->train, features, arena, &f->features, err) &&
           synth_code_learn(f->schema, f->levels, &f->train, known, arena, &f->known, err) &&
           synth_binning_learn(f->schema, f->levels, &f->train, arena, &f->binning, err);
}

static bool set_points(struct synth_fold *f, struct arena *arena, struct error *err) {
    return synth_points_of(&f->code, f->train.x, f->train.rows, arena, &f->train_points, err) &&
           synth_points_of(&f->code, f->test.x, f->test.rows, arena, &f->test_points, err) &&
           synth_points_of(&f->features, f->train.x, f->train.rows, arena, &f->train_features, err) &&
           synth_points_of(&f->features, f->test.x, f->test.rows, arena, &f->test_features, err) &&
           synth_points_of(&f->known, f->test.x, f->test.rows, arena, &f->test_known, err) &&
           synth_panels_of(&f->train_points, arena, &f->train_panels, err) &&
           synth_panels_of(&f->test_points, arena, &f->test_panels, err);
}

/* The first `n` of a shuffled list of rows. */
static size_t *some_rows(uint64_t seed, const char *stream, size_t rows, struct arena *arena, struct error *err) {
    struct rng rng = rng_stream(seed, stream, 0);
    size_t *place = arena_new(arena, size_t, rows, err);
    for (size_t i = 0; place && i < rows; i++) place[i] = i;
    if (place) rng_shuffle(&rng, place, rows);
    return place;
}

static bool set_people(struct synth_fold *f, uint64_t seed, struct arena *arena, struct error *err) {
    struct synth_points all;
    f->n_people = f->train.rows < SYNTH_ATTACKED ? f->train.rows : SYNTH_ATTACKED;
    f->n_members = f->train.rows < f->test.rows ? f->train.rows : f->test.rows;
    f->person = some_rows(seed, "data audit/people", f->train.rows, arena, err);
    f->member = some_rows(seed, "data audit/members", f->train.rows, arena, err);
    return f->person && f->member && synth_points_of(&f->known, f->train.x, f->train.rows, arena, &all, err) &&
           synth_points_some(&all, f->person, f->n_people, arena, &f->people, err);
}

uint64_t synth_row_hash(const struct synth_schema *schema, const double *row) {
    double rounded[SYNTH_COLUMNS_MOST];
    for (size_t c = 0; c < schema->n; c++)
        rounded[c] = isnan(row[c]) ? INFINITY : nearbyint(row[c] * 1e9) + 0.0; /* + 0: no -0 */
    return hash_xxh3(rounded, schema->n * sizeof *rounded);
}

static int by_hash(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

uint64_t *synth_row_hashes(const struct synth_schema *schema, const struct synth_table *t, struct arena *arena,
                           struct error *err) {
    uint64_t *hash = arena_new(arena, uint64_t, t->rows, err);
    for (size_t r = 0; hash && r < t->rows; r++) hash[r] = synth_row_hash(schema, t->x + r * t->n);
    if (hash) qsort(hash, t->rows, sizeof *hash, by_hash);
    return hash;
}

static bool set_medians(struct synth_fold *f, struct pool *pool, struct arena *arena, struct error *err) {
    double *apart2 = arena_new(arena, double, f->test.rows *SYNTH_NEAR_K, err);
    if (!apart2 || !synth_near(pool, &f->test_points, &f->train_panels, SYNTH_NEAR_K, false, apart2, NULL, err))
        return false;
    for (size_t k = 1; k <= SYNTH_NEAR_K; k++)
        if (!synth_median_of_means(apart2, f->test.rows, k, arena, &f->median[k - 1], err)) return false;
    return true;
}

bool synth_fold_new(const struct synth_real *real, uint64_t number, struct pool *pool, struct arena *arena,
                    struct synth_fold *out, struct error *err) {
    return synth_fold_rows(real, number, arena, out, err) && set_target(out, arena, err) &&
           set_groups(out, real->lenient, arena, err) && set_codes(out, arena, err) && set_points(out, arena, err) &&
           set_people(out, real->seed, arena, err) && set_medians(out, pool, arena, err) &&
           synth_bins_of(&out->binning, &out->train, arena, &out->train_bins, err) &&
           (out->train_mi = synth_information(&out->binning, out->train_bins, out->train.rows, arena, err)) &&
           (out->train_hash = synth_row_hashes(out->schema, &out->train, arena, err)) &&
           (out->test_hash = synth_row_hashes(out->schema, &out->test, arena, err));
}
