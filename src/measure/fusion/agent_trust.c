/* Calibration of one source: see agent_trust.h. */
#include "measure/fusion/agent_trust.h"

#include "measure/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>

enum { BINS_MOST = 1000, NEWTON_MOST = 100 };
#define LEAST_SURE 0.005
#define STEEPEST 1e4
#define FLATTEST 1e-9 /* of 1 / T: no larger than what Newton's last step may be off by */

struct bin {
    double n, c, y;
};

static double cut(double c) {
    return fmin(fmax(c, LEAST_SURE), 1 - LEAST_SURE);
}

/* ---- bins ---- */

static void fill(const double *c, const double *y, size_t n, const struct agent_trust_settings *s, struct bin *bins) {
    for (size_t b = 0; b < s->bins; b++) bins[b] = (struct bin){0};
    for (size_t i = 0; i < n; i++) {
        struct bin *b = &bins[stat_ece_bin(c[i], s->bins, s->left_closed)];
        b->n++, b->c += c[i], b->y += y[i];
    }
}

static void by_bins(const struct bin *bins, size_t n_bins, size_t n, struct agent_trust *t) {
    double squared = 0;
    t->reliability = t->resolution = 0;
    for (size_t b = 0; b < n_bins; b++) {
        if (!(bins[b].n > 0)) continue;
        double c = bins[b].c / bins[b].n, y = bins[b].y / bins[b].n, w = bins[b].n / (double)n;
        t->reliability += w * (c - y) * (c - y);
        t->resolution += w * (y - t->accuracy) * (y - t->accuracy);
        squared += w * ((c - y) * (c - y) - (bins[b].n > 1 ? y * (1 - y) / (bins[b].n - 1) : 0));
    }
    t->uncertainty = t->accuracy * (1 - t->accuracy);
    t->debiased = sqrt(fmax(0, squared));
}

struct pair {
    double c, y;
};

static int by_confidence(const void *a, const void *b) {
    const struct pair *x = a, *z = b;
    return x->c != z->c ? (x->c < z->c ? -1 : 1) : x->y != z->y ? (x->y < z->y ? -1 : 1) : 0;
}

/* Bins of equally many, in the order of confidence. */
static bool adaptive(const double *c, const double *y, size_t n, size_t bins, double *out, struct error *err) {
    struct pair *sorted = memory_zeroed(n, sizeof *sorted);
    if (!sorted) return error_memory(err, "confidences");
    for (size_t i = 0; i < n; i++) sorted[i] = (struct pair){c[i], y[i]};
    qsort(sorted, n, sizeof *sorted, by_confidence);
    *out = 0;
    for (size_t b = 0; b < bins; b++) {
        double gap = 0;
        for (size_t i = b * n / bins; i < (b + 1) * n / bins; i++) gap += sorted[i].c - sorted[i].y;
        *out += fabs(gap) / (double)n;
    }
    memory_free(sorted);
    return true;
}

/* ---- temperature ---- */

/* Newton's steps in w = 1 / T and b; halved until the likelihood grows. */
static double likelihood(const double *c, const double *y, size_t n, double w, double b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double x = cut(c[i]), z = w * log(x / (1 - x)) + b;
        sum += y[i] > 0.5 ? -log1p(exp(-z)) : -log1p(exp(z));
    }
    return sum;
}

static bool newton(const double *c, const double *y, size_t n, double *w, double *b) {
    double gw = 0, gb = 0, hww = 0, hwb = 0, hbb = 0;
    for (size_t i = 0; i < n; i++) {
        double x = cut(c[i]), l = log(x / (1 - x)), p = 1 / (1 + exp(-(*w * l + *b))), v = p * (1 - p);
        gw += (y[i] - p) * l, gb += y[i] - p;
        hww += v * l * l, hwb += v * l, hbb += v;
    }
    double det = hww * hbb - hwb * hwb, had = likelihood(c, y, n, *w, *b), dw, db;
    if (!(det > 1e-12 * hww * hbb)) return false;
    dw = (hbb * gw - hwb * gb) / det, db = (hww * gb - hwb * gw) / det;
    for (int half = 0; half < 40; half++, dw /= 2, db /= 2)
        if (likelihood(c, y, n, *w + dw, *b + db) >= had) break;
    *w += dw, *b += db;
    return fabs(dw) + fabs(db) > 1e-10;
}

/* Where one confidence parts all right answers from all wrong ones (those at the border itself included) the
 * likelihood grows for ever as w does, and has no maximum (Albert & Anderson, Biometrika 71, 1984, 1-10). NULL: the
 * answers overlap, and there is one. */
static const char *separated(const double *c, const double *y, size_t n) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY}; /* of the wrong, of the right */
    for (size_t i = 0; i < n; i++) {
        bool right = y[i] > 0.5;
        low[right] = fmin(low[right], cut(c[i])), high[right] = fmax(high[right], cut(c[i]));
    }
    if (fmin(low[0], low[1]) == fmax(high[0], high[1])) return "all confidences are equal, cut to 0.005 and 0.995";
    if (low[1] >= high[0]) return "a confidence tells all right answers from all wrong ones: no maximum of likelihood";
    return low[0] >= high[1] ? "the surer, the more often wrong" : NULL;
}

static void fit_temperature(const double *c, const double *y, size_t n, struct agent_trust *t) {
    double w = 1, b = 0;
    t->temperature = t->shift = NAN;
    t->no_temperature = t->accuracy == 0 || t->accuracy == 1 ? "all answers are alike, right or wrong"
                        : isnan(t->ccc)                      ? t->no_ccc
                                                             : separated(c, y, n);
    if (t->no_temperature) return;
    for (int i = 0; i < NEWTON_MOST && fabs(w) < STEEPEST && newton(c, y, n, &w, &b); i++) {
    }
    if (!(fabs(w) < STEEPEST))
        t->no_temperature = "confidence tells right from wrong almost without fault";
    else if (fabs(w) < FLATTEST)
        t->no_temperature = "confidence says nothing of what is right: T has no end";
    else if (!(w > 0))
        t->no_temperature = "the surer, the more often wrong";
    else
        t->temperature = 1 / w, t->shift = b;
}

/* ---- all ---- */

bool agent_trust_of(const double *c, const double *y, size_t n, const struct agent_trust_settings *settings,
                    struct agent_trust *out, struct error *err) {
    struct bin bins[BINS_MOST];
    *out = (struct agent_trust){.n = n};
    if (!n) return error_set(err, ERROR_DATA, "no answers with a confidence and a gold answer");
    if (!settings->bins || settings->bins > BINS_MOST)
        return error_set(err, ERROR_USAGE, "bins: expected 1 to %d", BINS_MOST);
    for (size_t i = 0; i < n; i++) {
        double p = cut(c[i]);
        out->accuracy += y[i], out->confidence += c[i];
        out->ocr += y[i] < 0.5 && c[i] >= settings->tau;
        out->nll -= y[i] > 0.5 ? log(p) : log(1 - p);
    }
    out->accuracy /= (double)n, out->confidence /= (double)n, out->ocr /= (double)n, out->nll /= (double)n;
    out->ece = stat_ece(c, y, n, settings->bins, settings->left_closed);
    out->ece_other = stat_ece(c, y, n, settings->bins, !settings->left_closed);
    out->brier = stat_brier(c, y, n);
    out->ccc = stat_pearson(c, y, n);
    if (isnan(out->ccc))
        out->no_ccc = out->accuracy == 0 || out->accuracy == 1 ? "all answers are alike, right or wrong"
                                                               : "all confidences are equal";
    fill(c, y, n, settings, bins);
    by_bins(bins, settings->bins, n, out);
    double agree = isnan(out->ccc) ? 0 : out->ccc;
    out->trust = (1 - out->ece) * (1 - out->ocr) * fmax(0, (1 + agree) / 2);
    fit_temperature(c, y, n, out);
    return adaptive(c, y, n, settings->bins, &out->ece_adaptive, err);
}

bool agent_record_of(const struct agent_log *log, size_t s, struct arena *arena, struct agent_record *out,
                     struct error *err) {
    *out = (struct agent_record){.c = arena_new(arena, double, log->n_items, err),
                                 .y = arena_new(arena, double, log->n_items, err),
                                 .class_n = arena_new(arena, size_t, log->n_classes, err),
                                 .class_right = arena_new(arena, size_t, log->n_classes, err)};
    if (!out->c || !out->y || !out->class_n || !out->class_right) return false;
    for (size_t i = 0; i < log->n_items; i++) {
        const struct agent_said *said = agent_said_at(log, i, s);
        int32_t gold = log->item[i].gold;
        if (!isnan(said->time_s)) out->time_s += said->time_s;
        if (!isnan(said->cost)) out->cost += said->cost;
        if (gold == AGENT_SILENT) continue;
        bool right = said->answer == gold;
        out->class_n[gold]++;
        out->class_right[gold] += right;
        out->right += right;
        if (said->answer == AGENT_SILENT) {
            out->silent++;
        } else {
            out->c[out->n - out->silent] = said->confidence;
            out->y[out->n - out->silent] = right;
        }
        out->n++;
    }
    return true;
}
