/* Ways of training where a colour misleads: see calibrate_cue.h. */
#include "measure/material/calibrate_cue.h"

#include "base/json.h"
#include "base/rng.h"
#include "measure/causal/linear.h"
#include "measure/world/world_item.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 3, GROUPS = 4, ROUNDS = 60, NAME = 96, COLOUR = 1, SHAPE = 2 };
#define STEP 2.0 /* of the weights of groups, per unit of loss */

/* Cases of one part of the world: x [n, 3] is 1, colour, shape, each -1 or 1; y the answer. */
struct cases {
    double *x, *y, *w; /* w: weights of a way of training */
    uint8_t *group;    /* 2 answer + colour */
    size_t n;
};
struct cue_data {
    struct cases train, test;
};

/* ---- the world's cases ---- */

static bool number_of(const json_t *labels, const char *key, unsigned *out, struct error *err) {
    const json_t *value = json_object_get(labels, key);
    *out = (unsigned)json_integer_value(value);
    return (json_is_integer(value) && *out < GROUPS) || error_set(err, ERROR_DATA, "label '%s' is not there", key);
}

static bool take_case(struct cases *c, const struct world_line *line, struct error *err) {
    struct buffer text;
    unsigned answer, colour, shape;
    buffer_init(&text, 1 << 16);
    buffer_printf(&text, "{%s}", line->labels.at + 1);
    json_t *labels = json_read(buffer_text(&text), "cue", 1, err);
    bool ok = labels && number_of(labels, "label", &answer, err) && number_of(labels, "colour", &colour, err) &&
              number_of(labels, "shape", &shape, err);
    if (ok) {
        const double row[COLUMNS] = {1, colour ? 1 : -1, shape ? 1 : -1};
        memcpy(c->x + c->n * COLUMNS, row, sizeof row);
        c->group[c->n] = (uint8_t)(2 * answer + colour);
        c->y[c->n++] = answer;
    }
    json_decref(labels);
    buffer_done(&text);
    return ok;
}

static bool room(struct cases *c, size_t n, struct arena *arena, struct error *err) {
    *c = (struct cases){.x = arena_new(arena, double, n *COLUMNS, err)};
    c->y = c->x ? arena_new(arena, double, n, err) : NULL;
    c->w = c->y ? arena_new(arena, double, n, err) : NULL;
    c->group = c->w ? arena_new(arena, uint8_t, n, err) : NULL;
    return c->group != NULL;
}

static bool read_cases(const struct world *w, const char *family, uint64_t draw, struct arena *arena,
                       struct cue_data *d, struct error *err) {
    const struct world_family *f = world_family_find(family);
    struct world_line line;
    size_t n = (size_t)f->numbers(w);
    bool ok = room(&d->train, n, arena, err) && room(&d->test, n, arena, err);
    world_line_init(&line);
    for (size_t i = 0; ok && i < n; i++) {
        struct item item = {.family = f, .number = (uint32_t)i};
        if (!f->split(w, i, &item.split) || (item.split != TRAIN && item.split != TEST)) continue;
        ok = (world_make_line(&line, w, &item, draw) || error_memory(err, "item")) &&
             take_case(item.split == TRAIN ? &d->train : &d->test, &line, err);
    }
    world_line_done(&line);
    return ok;
}

/* The clean twin: half of the colours of each answer and shape, no more, agree. */
static void recolour(struct cases *c) {
    size_t seen[GROUPS] = {0};
    for (size_t i = 0; i < c->n; i++) {
        size_t answer = c->y[i] > 0, shape = c->x[i * COLUMNS + SHAPE] > 0, colour = seen[2 * answer + shape]++ % 2;
        c->x[i * COLUMNS + COLOUR] = colour ? 1 : -1;
        c->group[i] = (uint8_t)(2 * answer + colour);
    }
}

/* ---- ways of training ---- */

typedef bool way(struct cases *c, double beta[COLUMNS], struct arena *arena, struct error *err);

static bool fit(struct cases *c, const double share[GROUPS], double beta[COLUMNS], struct arena *arena,
                struct error *err) {
    size_t n[GROUPS] = {0};
    for (size_t i = 0; i < c->n; i++) n[c->group[i]]++;
    for (size_t i = 0; i < c->n; i++) c->w[i] = share ? share[c->group[i]] * (double)c->n / (double)n[c->group[i]] : 1;
    memset(beta, 0, COLUMNS * sizeof *beta);
    return logistic_fit(c->x, c->n, COLUMNS, c->y, c->w, 1, beta, arena, err);
}

/* The mean loss of all cases. */
static bool erm(struct cases *c, double beta[COLUMNS], struct arena *arena, struct error *err) {
    return fit(c, NULL, beta, arena, err);
}

/* Every group of answer and colour weighs the same, so that the colour says nothing. */
static bool reweigh(struct cases *c, double beta[COLUMNS], struct arena *arena, struct error *err) {
    static const double even[GROUPS] = {0.25, 0.25, 0.25, 0.25};
    return fit(c, even, beta, arena, err);
}

static void group_losses(const struct cases *c, const double beta[COLUMNS], double loss[GROUPS]) {
    size_t n[GROUPS] = {0};
    memset(loss, 0, GROUPS * sizeof *loss);
    for (size_t i = 0; i < c->n; i++) {
        double eta = linear_predict(c->x + i * COLUMNS, beta, COLUMNS);
        loss[c->group[i]] += log1p(exp(c->y[i] > 0 ? -eta : eta));
        n[c->group[i]]++;
    }
    for (size_t g = 0; g < GROUPS; g++) loss[g] /= (double)n[g];
}

/* The worst group (Sagawa et al., ICLR 2020): weights of groups grow with their loss, exponentially. */
static bool groupdro(struct cases *c, double beta[COLUMNS], struct arena *arena, struct error *err) {
    double share[GROUPS] = {0.25, 0.25, 0.25, 0.25}, loss[GROUPS];
    for (size_t r = 0; r < ROUNDS; r++) {
        double sum = 0;
        if (!fit(c, share, beta, arena, err)) return false;
        group_losses(c, beta, loss);
        for (size_t g = 0; g < GROUPS; g++) sum += share[g] *= exp(STEP * loss[g]);
        for (size_t g = 0; g < GROUPS; g++) share[g] /= sum;
    }
    return true;
}

/* ---- what they come to ---- */

struct reached {
    double train, test, worst; /* accuracies; worst: of the groups of the test */
};

static double accuracy(const struct cases *c, const double beta[COLUMNS], double *worst) {
    double right[GROUPS] = {0}, n[GROUPS] = {0}, all = 0;
    *worst = 1;
    for (size_t i = 0; i < c->n; i++) {
        bool is = (linear_predict(c->x + i * COLUMNS, beta, COLUMNS) > 0) == (c->y[i] > 0);
        right[c->group[i]] += is;
        n[c->group[i]]++;
        all += is;
    }
    for (size_t g = 0; g < GROUPS; g++) *worst = fmin(*worst, right[g] / n[g]);
    return all / (double)c->n;
}

static bool reach(struct cue_data *d, way *train, struct arena *arena, struct reached *out, struct error *err) {
    double beta[COLUMNS], unused;
    if (!train(&d->train, beta, arena, err)) return false;
    out->train = accuracy(&d->train, beta, &unused);
    out->test = accuracy(&d->test, beta, &out->worst);
    return true;
}

/* Shares are exact up to a case of each kind. */
#define EXACT 0.005

static bool colour_cue(struct cue_data *d, bool clean, const struct calibrate_out *out, struct arena *arena,
                       struct error *err) {
    static const struct {
        const char *name;
        way *train;
        double train_accuracy, test_accuracy; /* with the cue; without it both are .75 */
    } ways[] = {{"erm", erm, 0.85, 0.1}, {"balance", reweigh, 0.75, 0.75}, {"groupdro", groupdro, 0.75, 0.75}};
    const char *dose = clean ? "colour-cue 0" : "colour-cue .9 .8 .1";
    char name[NAME];
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct reached r;
        if (!reach(d, ways[i].train, arena, &r, err)) return false;
        snprintf(name, sizeof name, "%s: %s, accuracy in training", dose, ways[i].name);
        calibrate_number(out, name, clean ? 0.75 : ways[i].train_accuracy, r.train, EXACT, "");
        snprintf(name, sizeof name, "%s: %s, accuracy in the test", dose, ways[i].name);
        calibrate_number(out, name, clean ? 0.75 : ways[i].test_accuracy, r.test, EXACT, "");
    }
    return true;
}

static bool groups(struct cue_data *d, bool clean, const struct calibrate_out *out, struct arena *arena,
                   struct error *err) {
    const char *dose = clean ? "group 50/50" : "group-95/5";
    struct reached by_erm, by_weight, by_worst;
    char name[NAME];
    if (!reach(d, erm, arena, &by_erm, err) || !reach(d, reweigh, arena, &by_weight, err) ||
        !reach(d, groupdro, arena, &by_worst, err))
        return false;
    snprintf(name, sizeof name, "%s: erm, worst group", dose);
    calibrate_number(out, name, clean ? 0.75 : 0, by_erm.worst, EXACT, "");
    snprintf(name, sizeof name, "%s: reweigh, worst group", dose);
    calibrate_number(out, name, 0.75, by_weight.worst, EXACT, "");
    snprintf(name, sizeof name, "%s: groupdro, worst group", dose);
    calibrate_range(out, name, by_worst.worst, by_weight.worst, 1, "no worse than reweigh");
    return true;
}

bool calibrate_cue(uint64_t seed, calibrate_report *report, void *context, struct error *err) {
    const struct calibrate_out out = {report, context};
    struct cue_data d;
    struct arena arena;
    struct world *w = world_new(WORLD_DEFAULT_SEED, err);
    bool ok = w != NULL;
    arena_init(&arena, (size_t)256 << 20);
    for (int clean = 1; ok && clean >= 0; clean--) {
        ok = read_cases(w, "cue", seed, &arena, &d, err);
        if (ok && clean) recolour(&d.train), recolour(&d.test);
        ok = ok && colour_cue(&d, clean, &out, &arena, err);
        arena_reset(&arena);
    }
    for (int clean = 1; ok && clean >= 0; clean--) {
        ok = read_cases(w, "cue-groups", seed, &arena, &d, err);
        if (ok && clean) recolour(&d.train), recolour(&d.test);
        ok = ok && groups(&d, clean, &out, &arena, err);
        arena_reset(&arena);
    }
    arena_done(&arena);
    world_free(w);
    return ok;
}
