/* Two-stage least squares with one instrument or several columns of one (a category): the effect in those whom the
 * instrument moves (Imbens & Angrist, Econometrica 62, 1994). The first stage's F is printed, and below 10 warned of
 * (Staiger & Stock, Econometrica 65, 1997); then the interval is Anderson & Rubin's (Annals of Mathematical Statistics
 * 20, 1949), which holds however weak the instrument is. */
#include "measure/causal/effect_internal.h"
#include "measure/causal/linear.h"

#include <math.h>
#include <string.h>

static const char *const roles[] = {"instrument", NULL};
static const struct option_def options[] = {
    {"instrument", OPTION_TEXT, "", 1, 0, NULL, "column that moves the treatment and the outcome only through it"},
};

/* What is left of a column beside the covariates. */
static bool residual(const struct effect_problem *p, const double *w, const double *column, double *out,
                     struct arena *arena, struct error *err) {
    double *beta = arena_new(arena, double, p->p, err);
    if (!beta || !linear_fit(p->x, p->n, p->p, column, w, 0, beta, NULL, arena, err)) return false;
    for (size_t i = 0; i < p->n; i++) out[i] = column[i] - linear_predict(p->x + i * p->p, beta, p->p);
    return true;
}

struct sums {
    double zz, zt, zy, tt, yy, ty, n;
};
static struct sums sum_up(const double *z, const double *t, const double *y, const double *w, size_t n) {
    struct sums s = {0};
    for (size_t i = 0; i < n; i++) {
        double weight = effect_weight(w, i);
        s.zz += weight * z[i] * z[i], s.zt += weight * z[i] * t[i], s.zy += weight * z[i] * y[i];
        s.tt += weight * t[i] * t[i], s.yy += weight * y[i] * y[i], s.ty += weight * t[i] * y[i];
        s.n += weight;
    }
    return s;
}

/* Effects b at which z tells nothing of y - b t at this confidence: (zy - b zt)^2 d <= c zz |y - b t|^2 (of what is
 * left), a quadratic a b^2 + 2 h b + k <= 0. Unbounded sets give NaN: with such an instrument, no interval. */
static void anderson_rubin(const struct sums *s, double degrees, double confidence, double *lo, double *hi) {
    double t = stat_t_quantile((1 + confidence) / 2, degrees), c = t * t / (degrees + t * t);
    double a = s->zt * s->zt - c * s->zz * s->tt, h = -s->zt * s->zy + c * s->zz * s->ty;
    double k = s->zy * s->zy - c * s->zz * s->yy, root = h * h - a * k;
    *lo = *hi = NAN;
    if (!(a > 0) || root < 0) return;
    *lo = (-h - sqrt(root)) / a;
    *hi = (-h + sqrt(root)) / a;
}

static bool iv(const struct effect_problem *p, const double *w, struct arena *arena, struct effect_estimate *out,
               struct error *err) {
    double *room = arena_new(arena, double, 3 * p->n, err), error = 0;
    if (!p->role[0].name)
        return error_set(err, ERROR_USAGE, "'iv' needs instrument=COLUMN, or a --graph that gives one");
    if (p->role[0].n_labels > 2)
        return error_set(err, ERROR_DATA, "%s: instrument '%s' is a category of more than two labels; expected numbers",
                         p->table, p->role[0].name);
    if (!room) return false;
    double *z = room, *t = z + p->n, *y = t + p->n;
    if (!residual(p, w, p->role[0].x, z, arena, err) || !residual(p, w, p->t, t, arena, err) ||
        !residual(p, w, p->y, y, arena, err))
        return false;
    struct sums s = sum_up(z, t, y, w, p->n);
    double degrees = s.n - (double)p->p - 1;
    if (!(s.zz > 1e-10 * s.n) || s.zt == 0)
        return error_set(err, ERROR_DATA, "%s: instrument '%s' does not vary beside the covariates", p->table,
                         p->role[0].name);
    double effect = s.zy / s.zt, first = s.zt * s.zt / s.zz, f = first / ((s.tt - first) / degrees);
    for (size_t i = 0; i < p->n; i++) error += effect_weight(w, i) * pow(z[i] * (y[i] - effect * t[i]), 2);
    out->value[EFFECT_LATE] = effect;
    out->error[EFFECT_LATE] = sqrt(error * s.n / degrees) / fabs(s.zt);
    out->method[EFFECT_LATE] = "HC1";
    effect_put_extra(out, "first_stage_F", f);
    if (f >= 10) return true;
    anderson_rubin(&s, degrees, out->confidence, &out->lo[EFFECT_LATE], &out->hi[EFFECT_LATE]);
    out->method[EFFECT_LATE] = "anderson-rubin";
    out->error[EFFECT_LATE] = NAN;
    effect_warn(out,
                "weak instrument '%s': F %.3g of the first stage, below 10; the estimate leans towards least "
                "squares%s",
                p->role[0].name, f, isnan(out->lo[EFFECT_LATE]) ? ", and its interval has no end" : "");
    return true;
}

const struct estimator estimator_iv = {
    .name = "iv",
    .summary = "two-stage least squares: an instrument moves the treatment, and the outcome only through it",
    .paper = "Imbens & Angrist 1994",
    .options = options,
    .n_options = 1,
    .roles = roles,
    .needs = EFFECT_ADJUSTS,
    .estimate = iv,
};
