/* The front door: sum_m P(m | t) sum_t' E[y | m, t'] P(t'), by counting (Pearl, Biometrika 82, 1995, theorem 2). */
#include "measure/causal/effect_internal.h"

#include <math.h>
#include <string.h>

enum { VALUES_MOST = 32 };
static const char *const roles[] = {"mediator", NULL};
static const struct option_def options[] = {
    {"mediator", OPTION_TEXT, "", 1, 0, NULL, "column of few values through which the whole effect goes"},
};

/* Which of the different values each row has. ERROR_DATA: too many. */
static bool find_values(const struct effect_problem *p, size_t *which, size_t *n, struct error *err) {
    double value[VALUES_MOST];
    for (size_t i = *n = 0; i < p->n; i++) {
        size_t k = 0;
        while (k < *n && value[k] != p->role[0].x[i]) k++;
        if (k == VALUES_MOST)
            return error_set(err, ERROR_DATA, "%s: mediator '%s' has more than %d values; counting needs few", p->table,
                             p->role[0].name, VALUES_MOST);
        if (k == *n) value[(*n)++] = p->role[0].x[i];
        which[i] = k;
    }
    return *n > 1 || error_set(err, ERROR_DATA, "%s: mediator '%s' has one value", p->table, p->role[0].name);
}

static bool front_door(const struct effect_problem *p, const double *w, struct arena *arena,
                       struct effect_estimate *out, struct error *err) {
    double n[2][VALUES_MOST] = {{0}}, sum[2][VALUES_MOST] = {{0}}, arm[2] = {0, 0}, effect = 0;
    size_t *which = arena_new(arena, size_t, p->n, err), values;
    if (!p->role[0].name)
        return error_set(err, ERROR_USAGE, "'front-door' needs mediator=COLUMN, or a --graph that gives one");
    if (!which || !find_values(p, which, &values, err)) return false;
    for (size_t i = 0; i < p->n; i++) {
        size_t a = p->t[i] == 1;
        n[a][which[i]] += effect_weight(w, i), sum[a][which[i]] += effect_weight(w, i) * p->y[i];
        arm[a] += effect_weight(w, i);
    }
    for (size_t m = 0; m < values; m++) {
        double outcome = 0, moved = n[1][m] / arm[1] - n[0][m] / arm[0];
        for (size_t a = 0; a < 2; a++) {
            if (n[a][m] == 0 && (n[0][m] > 0 || n[1][m] > 0))
                return error_set(err, ERROR_DATA,
                                 "%s: a value of '%s' occurs in rows of one treatment only; the front "
                                 "door needs both",
                                 p->table, p->role[0].name);
            if (n[a][m] > 0) outcome += sum[a][m] / n[a][m] * arm[a] / (arm[0] + arm[1]);
        }
        effect += moved * outcome;
    }
    out->value[EFFECT_ATE] = effect;
    return true;
}

const struct estimator estimator_front_door = {
    .name = "front-door",
    .summary = "through a mediator that carries the whole effect, where what confounds is hidden",
    .paper = "Pearl 1995",
    .options = options,
    .n_options = 1,
    .roles = roles,
    .needs = EFFECT_BINARY,
    .estimate = front_door,
};
