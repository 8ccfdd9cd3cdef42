/* Faults planted in the world's population table, and what the audit reads of them. See calibrate_audit.h.
 *
 *   row-copy   rows of other people, but each with the chance c a training row: replicas and dcr_share read c,
 *              membership the share of people copied, 1 - exp(-c) as they are drawn, and a little more, because the
 * best threshold is taken (about 0.63 sqrt(2 / n)) dep-break  training rows, but those that are drawn with the chance q
 * have every column permuted among them: each pair's joint law is (1 - q) P(a, b) + q P(a) P(b), about (1 - q)^2 of the
 * information where it is weak; counts of single columns stay as they are tpr-flip   rows of other people, but the
 * target of group 1 is turned from 1 to 0 with the chance f: learners miss more of group 1, and are right about as
 * often over all */
#include "measure/table/calibrate_audit.h"

#include "base/rng.h"
#include "measure/statistics/statistics.h"
#include "measure/world/world_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 4000, REPEATS = 6, NAME = 96 };
static const double OWES = 14; /* a debt above it */

/* The columns that are audited; `owes` stands for the debt. */
static const char *digits[] = {"0", "1", "2", "3"};
static const char *privileged[] = {"0"};
static struct synth_column columns[] = {
    {.name = "region", .type = SYNTH_CATEGORICAL},
    {.name = "group", .type = SYNTH_CATEGORICAL, .role = SYNTH_SENSITIVE, .privileged = privileged, .n_privileged = 1},
    {.name = "age", .type = SYNTH_NUMERIC, .role = SYNTH_QUASI},
    {.name = "school", .type = SYNTH_NUMERIC, .role = SYNTH_QUASI},
    {.name = "skill", .type = SYNTH_NUMERIC},
    {.name = "job", .type = SYNTH_CATEGORICAL, .role = SYNTH_QUASI},
    {.name = "income", .type = SYNTH_NUMERIC},
    {.name = "late", .type = SYNTH_NUMERIC},
    {.name = "proxy", .type = SYNTH_CATEGORICAL},
    {.name = "default", .type = SYNTH_CATEGORICAL},
    {.name = "owes", .type = SYNTH_CATEGORICAL, .role = SYNTH_TARGET},
};
enum { COLUMNS = sizeof columns / sizeof *columns, GROUP = 1, TARGET = COLUMNS - 1 };

static const struct synth_schema schema = {
    .file = "population table", .column = columns, .n = COLUMNS, .target = TARGET};
static const struct synth_levels levels[COLUMNS] = {
    [0] = {.name = digits, .n = 4}, [1] = {.name = digits, .n = 2}, [5] = {.name = digits, .n = 3},
    [8] = {.name = digits, .n = 2}, [9] = {.name = digits, .n = 2}, [10] = {.name = digits, .n = 2}};

static void person(uint64_t seed, uint64_t draw, uint64_t number, double *x) {
    double row[TABLE_COLUMNS];
    table_row(seed, draw, number, NULL, row);
    const double values[COLUMNS] = {row[TABLE_REGION], row[TABLE_GROUP],   row[TABLE_AGE],        row[TABLE_SCHOOL],
                                    row[TABLE_SKILL],  row[TABLE_JOB],     row[TABLE_INCOME],     row[TABLE_LATE],
                                    row[TABLE_PROXY],  row[TABLE_DEFAULT], row[TABLE_DEBT] > OWES};
    memcpy(x, values, sizeof values);
}

/* People first..first+n of a draw. */
static bool people(uint64_t seed, uint64_t draw, size_t n, struct arena *arena, struct synth_table *out,
                   struct error *err) {
    *out = (struct synth_table){"population table", n, COLUMNS, arena_new(arena, double, n *COLUMNS, err)};
    for (size_t i = 0; out->x && i < n; i++) person(seed, draw, i, out->x + i * COLUMNS);
    return out->x != NULL;
}

struct planted {
    const struct calibrate_out *rows;
    struct pool *pool;
    uint64_t seed;
    struct synth_fold fold;
};

static bool open_case(const struct planted *p, const struct synth_table *t, struct arena *arena, struct synth_case *c,
                      struct error *err) {
    return synth_case_new(&p->fold, t, NULL, p->pool, p->seed, 0.95, arena, c, err);
}

/* ---- row-copy ---- */

static bool copied(const struct planted *p, double dose, struct arena *arena, struct synth_table *t,
                   struct error *err) {
    struct rng rng = rng_stream(p->seed, "calibrate/row-copy", (uint64_t)(dose * 1000));
    if (!people(p->seed, 2, ROWS, arena, t, err)) return false;
    for (size_t i = 0; i < ROWS; i++) {
        size_t from = (size_t)rng_below(&rng, ROWS);
        if (rng_unit(&rng) < dose) memcpy(t->x + i * COLUMNS, p->fold.train.x + from * COLUMNS, COLUMNS * sizeof *t->x);
    }
    return true;
}

static bool row_copy(const struct planted *p, double dose, struct arena *arena, struct error *err) {
    struct synth_table t;
    struct synth_case c;
    struct interval replicas, nearer, told;
    char name[NAME];
    double n = ROWS, optimism = 0.63 * sqrt(2 / n), people_copied = 1 - exp(-dose),
           deviation = sqrt(dose * (1 - dose) / n);
    if (!copied(p, dose, arena, &t, err) || !open_case(p, &t, arena, &c, err) ||
        !synth_replicas(&c, 0, 0, &replicas, err) || !synth_dcr_share(&c, 0, 0, &nearer, err) ||
        !synth_mia(&c, 0, 0, &told, err))
        return false;
    snprintf(name, sizeof name, "row-copy %g: replicas", dose);
    calibrate_number(p->rows, name, dose, replicas.estimate, 3 * deviation, "3 sd");
    snprintf(name, sizeof name, "row-copy %g: nearer to training rows", dose);
    calibrate_number(p->rows, name, dose, nearer.estimate, 3 * sqrt(0.25 / n) * 2, "3 sd");
    snprintf(name, sizeof name, "row-copy %g: membership told", dose);
    calibrate_number(p->rows, name, people_copied + optimism * (1 - people_copied), told.estimate,
                     3 * sqrt((dose * (1 - dose) + 0.5) / n), "3 sd");
    return true;
}

/* ---- dep-break ---- */

static bool broken(const struct planted *p, double dose, uint64_t repeat, struct arena *arena, struct synth_table *t,
                   struct error *err) {
    struct rng rng = rng_stream(p->seed, "calibrate/dep-break", repeat * 1000 + (uint64_t)(dose * 100));
    size_t *which = arena_new(arena, size_t, 2 * ROWS, err), *to = which + ROWS, n = 0;
    *t = p->fold.train;
    if (!which || !(t->x = arena_new(arena, double, ROWS *COLUMNS, err))) return false;
    memcpy(t->x, p->fold.train.x, ROWS * COLUMNS * sizeof *t->x);
    for (size_t i = 0; i < ROWS; i++)
        if (rng_unit(&rng) < dose) which[n++] = i;
    for (size_t c = 0; c < COLUMNS; c++) {
        memcpy(to, which, n * sizeof *to);
        rng_shuffle(&rng, to, n);
        for (size_t k = 0; k < n; k++) t->x[to[k] * COLUMNS + c] = p->fold.train.x[which[k] * COLUMNS + c];
    }
    return true;
}

/* Information of the mixture of a pair's law and its independent twin, less what is left of the bias of the law. */
static double mixture(const struct planted *p, size_t a, size_t b, double dose, double *joint) {
    const struct synth_fold *f = &p->fold;
    size_t na = f->binning.n_bins[a], nb = f->binning.n_bins[b], seen_a = 0, seen_b = 0;
    double left[64] = {0}, right[64] = {0}, sum = 0;
    memset(joint, 0, na * nb * sizeof *joint);
    for (size_t r = 0; r < ROWS; r++) {
        joint[f->train_bins[a][r] * nb + f->train_bins[b][r]] += 1.0 / ROWS;
        left[f->train_bins[a][r]] += 1.0 / ROWS;
        right[f->train_bins[b][r]] += 1.0 / ROWS;
    }
    for (size_t i = 0; i < na; i++) seen_a += left[i] > 0;
    for (size_t j = 0; j < nb; j++) seen_b += right[j] > 0;
    for (size_t i = 0; i < na; i++)
        for (size_t j = 0; j < nb; j++) {
            double apart = left[i] * right[j], both = (1 - dose) * joint[i * nb + j] + dose * apart;
            if (both > 0) sum += both * log(both / apart);
        }
    return sum - (1 - dose) * (1 - dose) * (double)(seen_a - 1) * (double)(seen_b - 1) / (2.0 * ROWS);
}

static double information(const double *mi) {
    double sum = 0;
    for (size_t a = 0; a < COLUMNS; a++)
        for (size_t b = a + 1; b < COLUMNS; b++) sum += mi[a * COLUMNS + b];
    return sum;
}

/* Mean and deviation over repetitions of what is lost of all pairs' information, and that single columns stay. */
static bool dep_break(const struct planted *p, double dose, struct arena *arena, struct error *err) {
    double *joint = arena_new(arena, double, 64 * 64, err), whole = information(p->fold.train_mi), expected = 0;
    double lost[REPEATS], mean = 0, square = 0, moved = 0;
    char name[NAME];
    if (!joint) return false;
    for (size_t a = 0; a < COLUMNS; a++)
        for (size_t b = a + 1; b < COLUMNS; b++) expected += mixture(p, a, b, dose, joint);
    for (uint64_t r = 0; r < REPEATS; r++) {
        struct synth_table t;
        struct synth_case c;
        struct interval variation, counts;
        if (!broken(p, dose, r, arena, &t, err) || !open_case(p, &t, arena, &c, err) ||
            !synth_tv_mean(&c, 0, 0, &variation, err) || !synth_chi2(&c, 0, 0, &counts, err))
            return false;
        lost[r] = 1 - information(c.mi) / whole;
        mean += lost[r] / REPEATS;
        moved = fmax(moved, fmax(variation.estimate, counts.estimate));
    }
    for (size_t r = 0; r < REPEATS; r++) square += (lost[r] - mean) * (lost[r] - mean);
    char note[NAME];
    snprintf(note, sizeof note, "3 sd; 1 - (1 - q)^2 is %.4f", 1 - (1 - dose) * (1 - dose));
    snprintf(name, sizeof name, "dep-break %g: information lost", dose);
    /* with the dose 0 there is nothing that varies; the sums still round */
    calibrate_number(p->rows, name, 1 - expected / whole, mean, fmax(3 * sqrt(square / (REPEATS - 1)), 1e-9), note);
    snprintf(name, sizeof name, "dep-break %g: single columns stay", dose);
    calibrate_range(p->rows, name, moved, 0, 1e-12, "");
    return true;
}

/* ---- tpr-flip ---- */

struct flipped {
    double gap, accuracy, deviation; /* of the logistic regression; deviation: of the gap */
};

static bool tpr_flip(const struct planted *p, double dose, struct arena *arena, struct flipped *out,
                     struct error *err) {
    struct rng rng = rng_stream(p->seed, "calibrate/tpr-flip", 0);
    struct synth_table t;
    struct synth_case c;
    struct interval gap, accuracy;
    double ones[2] = {0};
    if (!people(p->seed, 2, ROWS, arena, &t, err)) return false;
    for (size_t i = 0; i < ROWS; i++) {
        double *x = t.x + i * COLUMNS, chance = rng_unit(&rng);
        if (x[GROUP] == 1 && chance < dose) x[TARGET] = 0;
    }
    if (!open_case(p, &t, arena, &c, err) || !synth_models_train(&c, err) || !synth_opportunity(&c, 0, 0, &gap, err) ||
        !synth_accuracy(&c, 0, 0, &accuracy, err))
        return false;
    for (size_t r = 0; r < p->fold.test.rows; r++)
        if (p->fold.test_y[r] > 0) ones[p->fold.groups[0].of[r]]++;
    *out = (struct flipped){gap.estimate, accuracy.estimate, sqrt(0.25 / ones[0] + 0.25 / ones[1])};
    return true;
}

static bool tpr_flips(const struct planted *p, struct arena *arena, struct error *err) {
    static const double doses[] = {0, 0.3, 0.6};
    struct flipped found[3];
    char note[NAME];
    for (size_t i = 0; i < 3; i++)
        if (!tpr_flip(p, doses[i], arena, &found[i], err)) return false;
    snprintf(note, sizeof note, "gaps %.4f %.4f %.4f", found[0].gap, found[1].gap, found[2].gap);
    calibrate_range(p->rows, "tpr-flip 0.3: the gap rises, in sd", (found[1].gap - found[0].gap) / found[0].deviation,
                    3, INFINITY, note);
    calibrate_range(p->rows, "tpr-flip 0.6: and rises more, in sd", (found[2].gap - found[1].gap) / found[0].deviation,
                    3, INFINITY, note);
    snprintf(note, sizeof note, "accuracy %.4f %.4f %.4f", found[0].accuracy, found[1].accuracy, found[2].accuracy);
    calibrate_range(p->rows, "tpr-flip 0.3: accuracy lost", found[0].accuracy - found[1].accuracy, -1, 0.05, note);
    return true;
}

bool calibrate_audit_planted(uint64_t seed, struct pool *pool, const struct calibrate_out *rows, struct error *err) {
    static const double copies[] = {0, 0.02, 0.05, 0.2}, breaks[] = {0, 0.25, 0.5, 1};
    struct planted p = {.rows = rows, .pool = pool, .seed = seed};
    struct synth_real real = {.schema = &schema, .levels = levels, .n = 2, .seed = seed};
    struct arena arena, room;
    arena_init(&arena, 0);
    bool ok = people(seed, 0, ROWS, &arena, &real.table[0], err) &&
              people(seed, 1, 2 * ROWS, &arena, &real.table[1], err) &&
              synth_fold_new(&real, 0, pool, &arena, &p.fold, err);
    for (size_t i = 0; ok && i < sizeof copies / sizeof *copies; i++) {
        arena_init(&room, 0);
        ok = row_copy(&p, copies[i], &room, err);
        arena_done(&room);
    }
    for (size_t i = 0; ok && i < sizeof breaks / sizeof *breaks; i++) {
        arena_init(&room, 0);
        ok = dep_break(&p, breaks[i], &room, err);
        arena_done(&room);
    }
    arena_init(&room, 0);
    ok = ok && tpr_flips(&p, &room, err);
    arena_done(&room);
    arena_done(&arena);
    return ok;
}
