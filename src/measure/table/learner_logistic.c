/* Logistic regression with a small penalty: see linear.h. */
#include "measure/table/learner.h"

#include "measure/causal/linear.h"

static const double PENALTY = 1;

struct logistic {
    size_t width;
    double *beta;
};

static bool train(const struct synth_points *x, const double *y, uint64_t seed, struct arena *arena, void **model,
                  struct error *err) {
    (void)seed;
    struct logistic *m = arena_new(arena, struct logistic, 1, err);
    size_t width = learner_width(x->code);
    double *rows = m ? arena_new(arena, double, x->n *width, err) : NULL;
    if (!rows || !(m->beta = arena_new(arena, double, width, err))) return false;
    m->width = width;
    for (size_t i = 0; i < x->n; i++) learner_spread(x, i, rows + i * width);
    *model = m;
    return logistic_fit(rows, x->n, width, y, NULL, PENALTY, m->beta, arena, err);
}

static bool ask(const void *model, const struct synth_points *x, double *share, struct arena *arena,
                struct error *err) {
    const struct logistic *m = model;
    double *row = arena_new(arena, double, m->width, err);
    for (size_t i = 0; row && i < x->n; i++) {
        learner_spread(x, i, row);
        share[i] = logistic_share(linear_predict(row, m->beta, m->width));
    }
    return row != NULL;
}

const struct learner learner_logistic = {
    .name = "logistic", .summary = "logistic regression", .train = train, .ask = ask};
