/* A perceptron of two layers: tanh units, then one logistic unit; Adam (Kingma & Ba, 2015) on batches of 64. */
#include "measure/table/learner.h"

#include "base/rng.h"
#include "measure/causal/linear.h"

#include <math.h>
#include <string.h>

enum { UNITS = 16, BATCH = 64, ROUNDS = 6, STEPS_LEAST = 400 };
static const double RATE = 0.01, BETA1 = 0.9, BETA2 = 0.999, SMALL = 1e-8;

/* w: [UNITS][width], then out: [UNITS + 1], the last of it a constant. */
struct perceptron {
    size_t width, size;
    double *w;
};

/* The share of class 1; unit: [UNITS] what the hidden units say. */
static double forward(const struct perceptron *m, const double *row, double *unit) {
    const double *out = m->w + UNITS * m->width;
    double sum = out[UNITS];
    for (size_t u = 0; u < UNITS; u++) {
        unit[u] = tanh(linear_predict(row, m->w + u * m->width, m->width));
        sum += out[u] * unit[u];
    }
    return logistic_share(sum);
}

static void backward(const struct perceptron *m, const double *row, const double *unit, double slope,
                     double *gradient) {
    const double *out = m->w + UNITS * m->width;
    double *g_out = gradient + UNITS * m->width;
    for (size_t u = 0; u < UNITS; u++) {
        double into = slope * out[u] * (1 - unit[u] * unit[u]), *g = gradient + u * m->width;
        g_out[u] += slope * unit[u];
        for (size_t j = 0; j < m->width; j++) g[j] += into * row[j];
    }
    g_out[UNITS] += slope;
}

static void adam(struct perceptron *m, const double *gradient, double *first, double *second, size_t step) {
    double unbias1 = 1 - pow(BETA1, (double)step), unbias2 = 1 - pow(BETA2, (double)step);
    for (size_t j = 0; j < m->size; j++) {
        double g = gradient[j] / BATCH;
        first[j] = BETA1 * first[j] + (1 - BETA1) * g;
        second[j] = BETA2 * second[j] + (1 - BETA2) * g * g;
        m->w[j] -= RATE * (first[j] / unbias1) / (sqrt(second[j] / unbias2) + SMALL);
    }
}

static bool train(const struct synth_points *x, const double *y, uint64_t seed, struct arena *arena, void **model,
                  struct error *err) {
    struct perceptron *m = arena_new(arena, struct perceptron, 1, err);
    if (!m) return false;
    m->width = learner_width(x->code);
    m->size = UNITS * m->width + UNITS + 1;
    double *room = arena_new(arena, double, 4 * m->size + m->width, err);
    if (!room) return false;
    m->w = room;
    double *gradient = room + m->size, *first = gradient + m->size, *second = first + m->size, *row = second + m->size;
    struct rng rng = rng_stream(seed, "learner/perceptron", 0);
    for (size_t j = 0; j + UNITS + 1 < m->size; j++) m->w[j] = rng_normal(&rng) / sqrt((double)m->width);
    for (size_t u = 0; u < UNITS; u++) m->w[UNITS * m->width + u] = rng_normal(&rng) / sqrt((double)UNITS);
    size_t steps = ROUNDS * (x->n / BATCH) > STEPS_LEAST ? ROUNDS * (x->n / BATCH) : STEPS_LEAST;
    for (size_t step = 1; step <= steps; step++) {
        memset(gradient, 0, m->size * sizeof *gradient);
        for (size_t b = 0; b < BATCH; b++) {
            double unit[UNITS];
            size_t i = (size_t)rng_below(&rng, x->n);
            learner_spread(x, i, row);
            double share = forward(m, row, unit);
            backward(m, row, unit, share - y[i], gradient);
        }
        adam(m, gradient, first, second, step);
    }
    *model = m;
    return true;
}

static bool ask(const void *model, const struct synth_points *x, double *share, struct arena *arena,
                struct error *err) {
    const struct perceptron *m = model;
    double *row = arena_new(arena, double, m->width, err);
    for (size_t i = 0; row && i < x->n; i++) {
        double unit[UNITS];
        learner_spread(x, i, row);
        share[i] = forward(m, row, unit);
    }
    return row != NULL;
}

const struct learner learner_perceptron = {
    .name = "perceptron", .summary = "perceptron of two layers, 16 units", .train = train, .ask = ask};
