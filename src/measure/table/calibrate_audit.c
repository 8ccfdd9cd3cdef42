/* See calibrate_audit.h. */
#include "measure/table/calibrate_audit.h"

#include "base/rng.h"
#include "measure/table/synth_anchor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* SEEN: training rows of the bank's table, and rows of the table with copies; COPIES: 5 % of them. */
enum { SEEN = 8000, COPIES = 400, CANDIDATES = SYNTH_ANCHORS + 1 };

/* ---- worked by hand ---- */

static bool worked(const struct calibrate_out *rows, struct arena *arena, struct error *err) {
    static const double raw[3][3] = {{.1, .5, .2}, {.2, .4, .9}, {.3, .9, .5}}, expected[3] = {.5217, .9036, .4714};
    struct trust_metric metric[3] = {
        {"m1", TRUST_FIDELITY, -1, false}, {"m2", TRUST_FIDELITY, -1, false}, {"m3", TRUST_PRIVACY, 1, false}};
    struct trust_candidate candidate[3] = {
        {.id = "A", .generator = "A"}, {.id = "B", .generator = "B"}, {.id = "C", .generator = "C"}};
    struct interval figures[9];
    struct trust_cohort cohort = {candidate, metric, 3, 3, figures};
    struct trust_weights weights;
    struct trust_index index;
    struct trust_ranking ranking;
    char name[24], order[8] = "";
    for (size_t i = 0; i < 9; i++) figures[i] = synth_plain(raw[i / 3][i % 3]);
    if (!trust_weights_parse("F=0.5,P=0.5", arena, &weights, err) ||
        !trust_index_of(&cohort, &weights, arena, &index, err) ||
        !trust_rank_of(&cohort, index.tau, 0, 1, arena, &ranking, err))
        return false;
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "index worked by hand %s", candidate[i].id);
        calibrate_number(rows, name, expected[i], index.tau[i], 5e-5, "");
        snprintf(order + 2 * i, 3, "%s%s", ranking.row[i].generator, i < 2 ? " " : "");
    }
    calibrate_give(rows, "its ranking", "B A C", order, 0,
                   strcmp(order, "B A C") == 0 ? CALIBRATE_PASSED : CALIBRATE_MISSED, "");
    return true;
}

/* ---- the public table of a bank ---- */

static double figure(const struct trust_cohort *c, size_t candidate, const char *name) {
    for (size_t m = 0; m < c->k; m++)
        if (strcmp(c->metric[m].name, name) == 0) return c->raw[candidate * c->k + m].estimate;
    return NAN;
}

/* Rows of the table in a random order: the first SEEN of them, and the rest. */
static bool halve(const struct synth_table *whole, uint64_t seed, struct synth_table part[2], struct arena *arena,
                  struct error *err) {
    struct rng rng = rng_stream(seed, "calibrate/audit/seen", 0);
    size_t *order = arena_new(arena, size_t, whole->rows, err), columns = whole->n;
    double *x = arena_new(arena, double, whole->rows *columns, err);
    if (!order || !x) return false;
    for (size_t i = 0; i < whole->rows; i++) order[i] = i;
    rng_shuffle(&rng, order, whole->rows);
    for (size_t i = 0; i < whole->rows; i++)
        memcpy(x + i * columns, whole->x + order[i] * columns, columns * sizeof *x);
    part[0] = (struct synth_table){whole->file, SEEN, columns, x};
    part[1] = (struct synth_table){whole->file, whole->rows - SEEN, columns, x + SEEN * columns};
    return true;
}

/* Rows that nobody saw, but for COPIES of the training rows. */
static bool with_copies(const struct synth_fold *f, struct synth_table *out, struct arena *arena, struct error *err) {
    size_t columns = f->train.n;
    *out = (struct synth_table){"copies", SEEN, columns, arena_new(arena, double, (size_t)SEEN *columns, err)};
    if (!out->x) return false;
    memcpy(out->x, f->held.x, (SEEN - COPIES) * columns * sizeof *out->x);
    memcpy(out->x + (SEEN - COPIES) * columns, f->train.x, COPIES * columns * sizeof *out->x);
    return true;
}

static bool measure(const struct synth_fold *f, struct pool *pool, uint64_t seed, const struct synth_table *table,
                    struct interval *raw, struct error *err) {
    struct arena arena;
    struct synth_case one;
    arena_init(&arena, (size_t)4 << 30);
    bool ok = synth_case_new(f, table, NULL, pool, seed, 0.95, &arena, &one, err) && synth_models_train(&one, err) &&
              synth_measure(&one, raw, err);
    arena_done(&arena);
    return ok;
}

static bool bank_cohort(const struct synth_real *real, struct pool *pool, uint64_t seed, struct arena *arena,
                        struct trust_cohort *c, struct error *err) {
    struct synth_fold fold;
    struct synth_table table;
    c->n = CANDIDATES;
    c->candidate = arena_new(arena, struct trust_candidate, c->n, err);
    if (!c->candidate || !synth_metrics_spread(real->schema, arena, &c->metric, &c->k, err) ||
        !(c->raw = arena_new(arena, struct interval, c->n * c->k, err)) ||
        !synth_fold_new(real, 0, pool, arena, &fold, err))
        return false;
    if (fold.held.rows < SEEN) return error_set(err, ERROR_DATA, "%s: too few rows", real->table[0].file);
    for (size_t i = 0; i < c->n; i++) {
        bool anchor = i < SYNTH_ANCHORS;
        c->candidate[i].id = c->candidate[i].generator = anchor ? synth_anchors[i] : "copies";
        c->candidate[i].anchor = anchor;
        if (!(anchor ? synth_anchor_make(&fold, i, seed, arena, &table, err)
                     : with_copies(&fold, &table, arena, err)) ||
            !measure(&fold, pool, seed, &table, c->raw + i * c->k, err))
            return false;
    }
    return true;
}

enum { LEAK, FRESH, SHUFFLE, UNIFORM, COPIED };

static void say(const struct calibrate_out *rows, const char *name, bool holds, const char *found) {
    calibrate_give(rows, name, "holds", holds ? "holds" : found, 0, holds ? CALIBRATE_PASSED : CALIBRATE_MISSED, found);
}

static void say_orders(const struct calibrate_out *rows, const struct trust_cohort *c, const struct trust_index *t) {
    double pi[TRUST_DIMENSIONS][CANDIDATES];
    char found[160];
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++)
        for (size_t i = 0; i < CANDIDATES; i++) pi[d][i] = t->pi[i * TRUST_DIMENSIONS + d];
    const double *f = pi[TRUST_FIDELITY], *p = pi[TRUST_PRIVACY], *u = pi[TRUST_UTILITY];
    snprintf(found, sizeof found, "leak %.4f fresh %.4f shuffle %.4f uniform %.4f", f[LEAK], f[FRESH], f[SHUFFLE],
             f[UNIFORM]);
    say(rows, "fidelity: leak and fresh, shuffle, uniform",
        fmin(f[LEAK], f[FRESH]) > f[SHUFFLE] && f[SHUFFLE] > f[UNIFORM], found);
    snprintf(found, sizeof found, "leak %.4f copies %.4f fresh %.4f shuffle %.4f uniform %.4f", p[LEAK], p[COPIED],
             p[FRESH], p[SHUFFLE], p[UNIFORM]);
    say(rows, "privacy: leak last, uniform first",
        p[LEAK] < fmin(p[COPIED], fmin(p[FRESH], p[SHUFFLE])) && p[UNIFORM] >= fmax(p[FRESH], p[SHUFFLE]), found);
    say(rows, "privacy: copies below fresh", p[COPIED] < p[FRESH], found);
    snprintf(found, sizeof found, "leak %.4f fresh %.4f shuffle %.4f uniform %.4f", u[LEAK], u[FRESH], u[SHUFFLE],
             u[UNIFORM]);
    say(rows, "utility: leak and fresh above shuffle and uniform",
        fmin(u[LEAK], u[FRESH]) > fmax(u[SHUFFLE], u[UNIFORM]), found);
    snprintf(found, sizeof found,
             "chi2 %.4f of fresh %.4f, tv_mean %.4f of %.4f, mmd_snr %.3f of %.3f, mi_l1 %.4f of %.4f",
             figure(c, SHUFFLE, "chi2"), figure(c, FRESH, "chi2"), figure(c, SHUFFLE, "tv_mean"),
             figure(c, FRESH, "tv_mean"), figure(c, SHUFFLE, "mmd_snr"), figure(c, FRESH, "mmd_snr"),
             figure(c, SHUFFLE, "mi_l1"), figure(c, FRESH, "mi_l1"));
    say(rows, "shuffle keeps counts and loses what goes together",
        figure(c, SHUFFLE, "chi2") <= figure(c, FRESH, "chi2") &&
            figure(c, SHUFFLE, "tv_mean") <= figure(c, FRESH, "tv_mean") &&
            figure(c, SHUFFLE, "mmd_snr") > figure(c, FRESH, "mmd_snr") &&
            figure(c, SHUFFLE, "mi_l1") > figure(c, FRESH, "mi_l1"),
        found);
}

static bool bank(const char *path, uint64_t seed, struct pool *pool, const struct calibrate_out *rows,
                 struct error *err) {
    struct synth_schema schema;
    struct synth_levels *levels;
    struct synth_table whole;
    struct synth_real real = {.schema = &schema, .n = 2, .seed = seed};
    struct trust_cohort cohort;
    struct trust_weights weights;
    struct trust_index index;
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    bool ok = synth_schema_read("table-bank", &arena, &schema, err) &&
              synth_read_real(&schema, &path, 1, &arena, &levels, &whole, err);
    if (ok && whole.rows < 3 * SEEN) ok = error_set(err, ERROR_DATA, "%s: expected %d rows", path, 3 * SEEN);
    ok = ok && halve(&whole, seed, real.table, &arena, err);
    if (ok) real.levels = levels;
    ok = ok && bank_cohort(&real, pool, seed, &arena, &cohort, err) &&
         trust_weights_parse("all", &arena, &weights, err) && trust_index_of(&cohort, &weights, &arena, &index, err);
    if (ok) {
        calibrate_number(rows, "bank: rows", 30003, (double)whole.rows, 0, "");
        say_orders(rows, &cohort, &index);
        calibrate_range(rows, "bank: membership told of fresh rows", figure(&cohort, FRESH, "mia"), 0, 0.05, "");
        calibrate_number(rows, "bank: 5 % copies of 8,000", 0.05, figure(&cohort, COPIED, "replicas"), 0.007, "");
    }
    arena_done(&arena);
    return ok;
}

/* ---- the other public tables ---- */

static bool loads(const char *path, const char *schema_name, size_t expected, const struct calibrate_out *rows,
                  struct error *err) {
    struct synth_schema schema;
    struct synth_levels *levels;
    struct synth_table table;
    struct arena arena;
    char name[64];
    arena_init(&arena, 0);
    bool ok = synth_schema_read(schema_name, &arena, &schema, err) &&
              synth_read_real(&schema, &path, 1, &arena, &levels, &table, err);
    snprintf(name, sizeof name, "%s: rows", schema_name);
    if (ok) calibrate_number(rows, name, (double)expected, (double)table.rows, 0, "");
    arena_done(&arena);
    return ok;
}

static const char *below(const char *folder, const char *name, char *room, size_t n) {
    snprintf(room, n, "%s/%s", folder, name);
    return room;
}

bool calibrate_audit(const char *gold, uint64_t seed, struct pool *pool, calibrate_report *report, void *context,
                     struct error *err) {
    struct calibrate_out rows = {report, context};
    struct arena arena;
    char path[4096];
    arena_init(&arena, 0);
    bool ok = worked(&rows, &arena, err);
    arena_done(&arena);
    ok = ok && calibrate_audit_planted(seed, pool, &rows, err);
    if (!ok || !gold) return ok;
    return bank(below(gold, "bank_part_a.csv", path, sizeof path), seed, pool, &rows, err) &&
           loads(below(gold, "german_credit_first700.csv", path, sizeof path), "table-german", 700, &rows, err) &&
           loads(below(gold, "student_por.csv", path, sizeof path), "table-students", 649, &rows, err) &&
           loads(below(gold, "customer_daily_spend_part_a.csv", path, sizeof path), "table-spend", 6667, &rows, err);
}
