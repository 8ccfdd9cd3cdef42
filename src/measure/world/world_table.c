/* See world_table.h. Formulas of the limits stand beside each law. */
#include "measure/world/world_table.h"

#include <math.h>

const char *const table_columns[TABLE_COLUMNS] = {"id",  "region", "group", "age",  "school", "skill",
                                                  "job", "income", "debt",  "late", "proxy",  "default"};
enum { PAYMENTS = 8, SCHOOL_LEAST = 4, SCHOOL_MOST = 18 };

static double share(double eta) {
    return 1 / (1 + exp(-eta));
}

/* ---- the population ---- */

static double draw_region(struct rng *rng) {
    double u = rng_unit(rng);
    return u < 0.4 ? 0 : u < 0.7 ? 1 : u < 0.9 ? 2 : 3;
}

static double draw_school(struct rng *rng, double region) {
    return fmin(fmax(round(8 + region + 2 * rng_normal(rng)), SCHOOL_LEAST), SCHOOL_MOST);
}

static void draw_work(struct rng *rng, double row[TABLE_COLUMNS]) {
    double skill = row[TABLE_SCHOOL] / 4 + rng_normal(rng), fit = skill + 0.5 * rng_normal(rng);
    row[TABLE_SKILL] = skill;
    row[TABLE_JOB] = fit < 2.25 ? 0 : fit < 3.25 ? 1 : 2;
    row[TABLE_INCOME] = 10 + 1.5 * row[TABLE_SCHOOL] + 2 * skill - 3 * row[TABLE_GROUP] + 2 * (row[TABLE_JOB] == 2) +
                        4 * rng_normal(rng);
    row[TABLE_DEBT] = 0.5 * row[TABLE_INCOME] + 3 * rng_normal(rng);
}

static void draw_payments(struct rng *rng, double row[TABLE_COLUMNS]) {
    double late = share(-2 + 0.05 * row[TABLE_DEBT] - 0.02 * row[TABLE_INCOME]);
    row[TABLE_LATE] = 0;
    for (int k = 0; k < PAYMENTS; k++) row[TABLE_LATE] += rng_unit(rng) < late;
    double eta = -1 - 0.1 * row[TABLE_INCOME] + 0.12 * row[TABLE_DEBT] + 0.4 * row[TABLE_GROUP] + 0.3 * row[TABLE_LATE];
    row[TABLE_DEFAULT] = rng_unit(rng) < share(eta);
}

/* A draw has a stream for each of its rows, and the dials another, so that turning a dial changes no other draw. */
static struct rng row_stream(uint64_t seed, const char *name, uint64_t draw, uint64_t number) {
    return rng_stream(seed ^ draw * 0x9e3779b97f4a7c15u, name, number);
}

static void draw_person(uint64_t seed, uint64_t draw, uint64_t number, double school, double row[TABLE_COLUMNS]) {
    struct rng rng = row_stream(seed, "table/rows", draw, number);
    row[TABLE_ID] = (double)number;
    row[TABLE_REGION] = draw_region(&rng);
    row[TABLE_GROUP] = rng_unit(&rng) < 0.3;
    row[TABLE_AGE] = 20 + (double)rng_below(&rng, 45);
    row[TABLE_SCHOOL] = draw_school(&rng, row[TABLE_REGION]);
    if (!isnan(school)) row[TABLE_SCHOOL] = school;
    draw_work(&rng, row);
    draw_payments(&rng, row);
    row[TABLE_PROXY] = rng_unit(&rng) < 0.5;
}

/* The school of somebody else: it has the shares of schools and says nothing of the region. */
static double other_school(struct rng *rng) {
    return draw_school(rng, draw_region(rng));
}

void table_row(uint64_t seed, uint64_t draw, uint64_t number, const struct table_dials *dials,
               double row[TABLE_COLUMNS]) {
    if (!dials) {
        draw_person(seed, draw, number, NAN, row);
        return;
    }
    struct rng rng = row_stream(seed, "table/dials", draw, number);
    bool copied = rng_unit(&rng) < dials->copies, broken = rng_unit(&rng) < dials->broken;
    bool flipped = rng_unit(&rng) < dials->flipped, told = rng_unit(&rng) < dials->proxy;
    bool noisy = rng_unit(&rng) < dials->noise;
    draw_person(seed, copied ? 0 : draw, number, broken ? other_school(&rng) : NAN, row);
    if (told) row[TABLE_PROXY] = row[TABLE_GROUP];
    if (flipped && row[TABLE_GROUP] == 1) row[TABLE_DEFAULT] = 1 - row[TABLE_DEFAULT];
    if (noisy) row[TABLE_DEFAULT] = rng_unit(&rng) < 0.5;
}

/* ---- fixtures ---- */

/* P(t = 1 | u) = .2 + .6 u, y = t + 2 u + N(0, 1): P(u = 1 | t) = .2 + .6 t, so means differ by 1 + 2 (.6) = 2.2. */
static void confounder(struct rng *rng, double *row) {
    double u = rng_unit(rng) < 0.5;
    row[0] = rng_unit(rng) < 0.2 + 0.6 * u;
    row[1] = row[0] + 2 * u + rng_normal(rng);
    row[2] = u;
}

/* The same u, hidden; P(m = 1 | t) = .15 + .7 t, y = 1.5 m + 2 u + N(0, 1): effect 1.5 (.7), means + 2 (.6). */
static void front_door(struct rng *rng, double *row) {
    double u = rng_unit(rng) < 0.5;
    row[0] = rng_unit(rng) < 0.2 + 0.6 * u;
    row[2] = rng_unit(rng) < 0.15 + 0.7 * row[0];
    row[1] = 1.5 * row[2] + 2 * u + rng_normal(rng);
}

/* P(t = 1 | z, u) = .1 + .5 z + .3 u, y = t + 2 u + N(0, 1), u hidden: P(u = 1 | t) = .35 + .3 t, means 1 + 2 (.3). */
static void instrument(struct rng *rng, double *row) {
    double u = rng_unit(rng) < 0.5;
    row[2] = rng_unit(rng) < 0.5;
    row[0] = rng_unit(rng) < 0.1 + 0.5 * row[2] + 0.3 * u;
    row[1] = row[0] + 2 * u + rng_normal(rng);
}

/* t a coin, y = t + e, c = t + y + f: of e, 1/2 (c - 2 t) is known from c, so the slope of t becomes 1 - 1 = 0. */
static void collider(struct rng *rng, double *row) {
    row[0] = rng_unit(rng) < 0.5;
    row[1] = row[0] + rng_normal(rng);
    row[2] = row[0] + row[1] + rng_normal(rng);
}

/* u, v hidden, t = u + e, m = u + v + f, y = t + v + g, all N(0, 1). var t = 2, var m = 3, cov(t, m) = 1, cov(v, t) =
 * 0, cov(v, m) = 1: given m the slope of t is off by (0 (3) - 1 (1)) / (2 (3) - 1) = -1/5. */
static void m_bias(struct rng *rng, double *row) {
    double u = rng_normal(rng), v = rng_normal(rng);
    row[0] = u + rng_normal(rng);
    row[2] = u + v + rng_normal(rng);
    row[1] = row[0] + v + rng_normal(rng);
}

/* t a coin, m = .8 t + e, y = .5 t + m + f: effect .5 + .8, and given m the direct part alone. */
static void mediator(struct rng *rng, double *row) {
    row[0] = rng_unit(rng) < 0.5;
    row[2] = 0.8 * row[0] + rng_normal(rng);
    row[1] = 0.5 * row[0] + row[2] + rng_normal(rng);
}

const struct table_fixture table_fixtures[TABLE_FIXTURES] = {
    {"confounder", "u -> {t y}; t -> y", 3, {"t", "y", "u"}, 1, 2.2, NULL, NAN, confounder},
    {"front-door", "u -> {t y}; hidden u; t -> m -> y", 3, {"t", "y", "m"}, 1.05, 2.25, "m", 1.2, front_door},
    {"instrument", "u -> {t y}; hidden u; z -> t -> y", 3, {"t", "y", "z"}, 1, 1.6, NULL, NAN, instrument},
    {"collider", "t -> y; t -> c <- y", 3, {"t", "y", "c"}, 1, 1, "c", 0, collider},
    {"m-bias", "u -> {t m}; v -> {m y}; hidden u, v; t -> y", 3, {"t", "y", "m"}, 1, 1, "m", 0.8, m_bias},
    {"mediator", "t -> m -> y; t -> y", 3, {"t", "y", "m"}, 1.3, 1.3, "m", 0.5, mediator},
};
