/* Ranks of paired and repeated measurements: see statistics.h. */
#include "measure/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_MOST = 30 };

struct placed {
    double value;
    size_t at;
};

static int by_value(const void *a, const void *b) {
    const struct placed *p = a, *q = b;
    if (p->value != q->value) return p->value < q->value ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

/* Ranks 1..n, equal values share the mean of their places; *ties: sum of t^3 - t over groups of t equal values. */
static void rank_values(struct placed *order, size_t n, double *rank, double *ties) {
    qsort(order, n, sizeof *order, by_value);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && order[j].value == order[i].value; j++) continue;
        double t = (double)(j - i);
        *ties += t * t * t - t;
        for (size_t k = i; k < j; k++) rank[order[k].at] = (double)(i + j + 1) / 2;
    }
}

/* The chance of a sum of ranks of at most w, of n ranks each of which counts with one half. */
static double exact_tail(size_t n, double w) {
    enum { SUMS = EXACT_MOST * (EXACT_MOST + 1) / 2 + 1 };
    double ways[SUMS] = {1}, below = 0;
    size_t most = 0;
    for (size_t r = 1; r <= n; r++) {
        most += r;
        for (size_t s = most; s >= r; s--) ways[s] += ways[s - r];
    }
    for (size_t s = 0; s <= most && (double)s <= w; s++) below += ways[s];
    return below / ldexp(1, (int)n);
}

bool stat_wilcoxon(const double *d, size_t n, struct stat_signed *out, struct error *err) {
    struct placed *order = memory_grow(NULL, n + 1, sizeof *order);
    double *rank = memory_grow(NULL, n + 1, sizeof *rank), *kept = memory_grow(NULL, n + 1, sizeof *kept), ties = 0;
    bool ok = order && rank && kept;
    *out = (struct stat_signed){.p = NAN};
    if (!ok) error_memory(err, "ranks");
    for (size_t i = 0; ok && i < n; i++) {
        if (!isfinite(d[i])) ok = error_set(err, ERROR_DATA, "a difference is not finite");
        if (!ok || d[i] == 0) continue;
        order[out->n] = (struct placed){fabs(d[i]), out->n};
        kept[out->n++] = d[i];
    }
    if (ok && out->n) {
        double m = (double)out->n, below = 0;
        rank_values(order, out->n, rank, &ties);
        for (size_t i = 0; i < out->n; i++) *(kept[i] > 0 ? &out->w : &below) += rank[i];
        double least = fmin(out->w, below), mean = m * (m + 1) / 4,
               variance = m * (m + 1) * (2 * m + 1) / 24 - ties / 48;
        out->exact = out->n <= EXACT_MOST && ties == 0;
        out->p = out->exact ? 2 * exact_tail(out->n, least)
                            : 2 * stat_normal_cdf(-fmax(fabs(out->w - mean) - 0.5, 0) / sqrt(variance));
        out->p = fmin(out->p, 1);
        out->biserial = (out->w - below) / (out->w + below);
    }
    memory_free(order);
    memory_free(rank);
    memory_free(kept);
    return ok;
}

bool stat_friedman(const double *x, size_t n, size_t k, struct stat_friedman *out, struct error *err) {
    struct placed *order = memory_grow(NULL, k + 1, sizeof *order);
    double *rank = memory_grow(NULL, k + 1, sizeof *rank), *sum = memory_zeroed(k + 1, sizeof *sum), ties = 0;
    bool ok = order && rank && sum;
    *out = (struct stat_friedman){NAN, NAN, NAN};
    if (!ok) error_memory(err, "ranks");
    for (size_t i = 0; ok && i < n; i++) {
        for (size_t j = 0; j < k; j++) order[j] = (struct placed){x[i * k + j], j};
        rank_values(order, k, rank, &ties);
        for (size_t j = 0; j < k; j++) sum[j] += rank[j];
    }
    if (ok && n && k > 1) {
        double b = (double)n, c = (double)k, square = 0;
        for (size_t j = 0; j < k; j++) square += (sum[j] - b * (c + 1) / 2) * (sum[j] - b * (c + 1) / 2);
        double scale = b * c * (c + 1) - ties / (c - 1);
        out->chi2 = scale > 0 ? 12 * square / scale : 0;
        out->p = stat_chi2_sf(out->chi2, c - 1);
        out->w = out->chi2 / (b * (c - 1));
    }
    memory_free(order);
    memory_free(rank);
    memory_free(sum);
    return ok;
}

double stat_cliff_delta(const double *x, size_t nx, const double *y, size_t ny) {
    double more = 0;
    for (size_t i = 0; i < nx; i++)
        for (size_t k = 0; k < ny; k++) more += (x[i] > y[k]) - (x[i] < y[k]);
    return more / ((double)nx * (double)ny);
}
