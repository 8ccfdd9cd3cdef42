/* What estimators share: see effect_internal.h. */
#include "measure/causal/effect_internal.h"
#include "measure/causal/linear.h"

#include <math.h>

void effect_estimate_init(struct effect_estimate *out) {
    struct buffer *warnings = out->warnings;
    double confidence = out->confidence;
    *out = (struct effect_estimate){.warnings = warnings, .confidence = confidence};
    for (size_t i = 0; i < EFFECT_TARGETS; i++) out->value[i] = out->error[i] = out->lo[i] = out->hi[i] = NAN;
}

void effect_put_extra(struct effect_estimate *out, const char *name, double value) {
    if (out->n_extras < EFFECT_EXTRAS) out->extra[out->n_extras++] = (struct effect_extra){name, value};
}

void effect_warn(struct effect_estimate *out, const char *format, ...) {
    char line[512];
    va_list arguments;
    if (!out->warnings) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    buffer_put_c(out->warnings, line);
    buffer_put_char(out->warnings, '\n');
}

bool effect_share_fit(const struct effect_problem *p, const double *w, double penalty, double *beta,
                      struct arena *arena, struct error *err) {
    for (size_t j = 0; j < p->p; j++) beta[j] = p->share_start ? p->share_start[j] : 0;
    return logistic_fit(p->x, p->n, p->p, p->t, w, penalty, beta, arena, err);
}

bool effect_propensity(const struct effect_problem *p, const double *w, double penalty, double *e, struct arena *arena,
                       struct error *err) {
    double *beta = arena_new(arena, double, p->p, err);
    if (!beta || !effect_share_fit(p, w, penalty, beta, arena, err)) return false;
    for (size_t i = 0; i < p->n; i++) e[i] = logistic_share(linear_predict(p->x + i * p->p, beta, p->p));
    return true;
}

double effect_trim(double e) {
    return fmin(fmax(e, 0.01), 0.99);
}

double effect_influence_error(const double *psi, const double *w, size_t n) {
    double mass = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        double weight = effect_weight(w, i);
        mass += weight;
        square += weight * weight * psi[i] * psi[i];
    }
    return mass > 1 ? sqrt(square / mass / (mass - 1)) : NAN;
}
