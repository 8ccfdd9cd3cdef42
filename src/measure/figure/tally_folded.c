/* Intervals of figures that take absolute values of terms: calibration errors, distances from an even share. Where a
 * term is 0 its absolute value is not, so the estimate lies above (or below) the truth, resamples lie further off, and
 * neither percentiles nor their reflection cover. What resamples show is how the terms vary; the figure's law follows
 * from its directional derivative (Fang and Santos, "Inference on directionally differentiable functions", Review of
 * Economic Studies 86, 2019): a term far from 0 keeps its sign, one within sqrt(log clusters) standard errors of 0 may
 * have either, and adds the absolute value of what it varies by. Near 0 it is not known which holds; the interval is
 * the hull of both:
 *
 *     estimate - (quantiles of the change with signs kept) and estimate - (quantiles of the change with signs open),
 *
 * so that it covers at least as often as it says at 0 and far from it, and more often in between. */
#include "measure/figure/tally_internal.h"

#include <math.h>

struct folded {
    struct tally_selection *s;
    double terms[METRIC_FOLDS]; /* of the sample */
    bool open[METRIC_FOLDS];    /* may be of either sign */
    size_t n_terms;
    double estimate;
    double *kept, *opened; /* the figure of each resample, with signs kept and open; NaN: not determined */
    uint64_t next;         /* number of the next visit, where they come in order */
};

static size_t terms_of(const struct folded *f, const double *sums, double *terms) {
    return f->s->use->metric->rule->folds(sums, f->s->use->options, terms);
}

static double value_of(const struct folded *f, const double *sums, const double *absolute) {
    return f->s->use->metric->rule->unfolded(sums, f->s->use->options, absolute);
}

/* Standard errors of the terms by the jackknife over clusters (Efron & Tibshirani 1993, section 11.5). */
static void term_errors(const struct folded *f, const double *all, double *error) {
    const struct tally_sums *x = &f->s->sums;
    double without[METRIC_SUMS], terms[METRIC_FOLDS], sum[METRIC_FOLDS] = {0}, square[METRIC_FOLDS] = {0};
    double m = (double)f->s->n_clusters;
    for (size_t k = 0; k < METRIC_SUMS; k++) without[k] = all[k];
    for (size_t kind = 0; kind < x->n_kinds; kind++) {
        for (size_t k = x->from[kind]; k < x->from[kind + 1]; k++) without[x->sum[k]] -= x->amount[k];
        terms_of(f, without, terms);
        for (size_t k = x->from[kind]; k < x->from[kind + 1]; k++) without[x->sum[k]] = all[x->sum[k]];
        for (size_t i = 0; i < f->n_terms; i++) {
            double d = terms[i] - f->terms[i];
            sum[i] += x->times[kind] * d;
            square[i] += x->times[kind] * d * d;
        }
    }
    for (size_t i = 0; i < f->n_terms; i++) error[i] = sqrt(fmax(0, (m - 1) / m * (square[i] - sum[i] * sum[i] / m)));
}

static void begin(struct folded *f, const double *sums) {
    double error[METRIC_FOLDS], absolute[METRIC_FOLDS];
    double reach = sqrt(log((double)f->s->n_clusters));
    f->n_terms = terms_of(f, sums, f->terms);
    term_errors(f, sums, error);
    for (size_t i = 0; i < f->n_terms; i++) {
        absolute[i] = fabs(f->terms[i]);
        f->open[i] = absolute[i] <= reach * error[i];
    }
    f->estimate = value_of(f, sums, absolute);
}

static void visit_at(void *context, uint64_t number, size_t worker, const uint32_t *weights, size_t n) {
    struct folded *f = context;
    double sums[METRIC_SUMS], terms[METRIC_FOLDS], kept[METRIC_FOLDS], opened[METRIC_FOLDS];
    (void)worker, (void)n;
    tally_weigh(f->s, weights, sums);
    if (number == 0) {
        begin(f, sums);
        return;
    }
    terms_of(f, sums, terms);
    for (size_t i = 0; i < f->n_terms; i++) {
        double at = fabs(f->terms[i]), change = terms[i] - f->terms[i];
        kept[i] = at + (f->terms[i] < 0 ? -change : change);
        opened[i] = f->open[i] ? at + fabs(change) : kept[i];
    }
    f->kept[number - 1] = value_of(f, sums, kept);
    f->opened[number - 1] = value_of(f, sums, opened);
}

static void visit(void *context, const uint32_t *weights, size_t n) {
    struct folded *f = context;
    visit_at(f, f->next++, 0, weights, n);
}

/* Resamples of many clusters that are weighed without shared room are made by several threads. */
static bool resample(struct folded *f, const char *stream, struct error *err) {
    const struct figure_settings *settings = &f->s->tally->settings;
    if (!f->s->sums.n_patterns) return tally_resample(f->s, visit, f, stream, err);
    return stat_resample_rows(settings->pool, f->s->n_clusters, visit_at, f, settings->bootstrap, settings->seed,
                              stream, err);
}

/* Those that are known both ways come first, in their order; how many they are. */
static size_t drop_unknown(struct folded *f, uint64_t n) {
    size_t known = 0;
    for (uint64_t b = 0; b < n; b++) {
        if (isnan(f->kept[b]) || isnan(f->opened[b])) continue;
        f->kept[known] = f->kept[b];
        f->opened[known++] = f->opened[b];
    }
    return known;
}

bool tally_folded(struct tally_selection *s, const char *stream, struct interval *out, struct error *err) {
    const struct figure_settings *settings = &s->tally->settings;
    struct folded f = {.s = s};
    double lo[2], hi[2];
    f.kept = memory_grow(NULL, settings->bootstrap, sizeof *f.kept);
    f.opened = memory_grow(NULL, settings->bootstrap, sizeof *f.opened);
    bool ok = (f.kept && f.opened) || error_memory(err, "resamples of a bootstrap");
    ok = ok && resample(&f, stream, err);
    size_t n = ok ? drop_unknown(&f, settings->bootstrap) : 0;
    *out = (struct interval){ok ? f.estimate : NAN, NAN, NAN};
    if (ok && !isnan(f.estimate) && n >= 2 && n >= settings->bootstrap / 2) {
        double confidence = stat_expanded_confidence(settings->confidence, s->n_clusters);
        stat_percentiles(f.kept, n, confidence, &lo[0], &hi[0]);
        stat_percentiles(f.opened, n, confidence, &lo[1], &hi[1]);
        out->lo = 2 * f.estimate - fmax(hi[0], hi[1]);
        out->hi = 2 * f.estimate - fmin(lo[0], lo[1]);
    }
    memory_free(f.kept);
    memory_free(f.opened);
    return ok;
}
