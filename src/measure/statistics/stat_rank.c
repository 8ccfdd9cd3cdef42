/* Correlations and agreement: see statistics.h. */
#include "measure/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>

double stat_pearson(const double *x, const double *y, size_t n) {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    if (n < 2) return NAN;
    for (size_t i = 0; i < n; i++) {
        mx += x[i];
        my += y[i];
    }
    mx /= (double)n;
    my /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double a = x[i] - mx, b = y[i] - my;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    if (!(xx > 0 && yy > 0)) return NAN;
    return fmax(-1, fmin(1, xy / (sqrt(xx) * sqrt(yy))));
}

struct placed {
    double value;
    size_t at;
};

static int by_value(const void *a, const void *b) {
    const struct placed *p = a, *q = b;
    if (p->value != q->value) return p->value < q->value ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

/* Ranks 1..n, equal values share the mean of their places. */
static bool average_ranks(const double *x, size_t n, struct placed *order, double *rank) {
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) return false;
        order[i] = (struct placed){x[i], i};
    }
    qsort(order, n, sizeof *order, by_value);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i; j < n && order[j].value == order[i].value; j++) continue;
        for (size_t k = i; k < j; k++) rank[order[k].at] = (double)(i + j + 1) / 2;
    }
    return true;
}

double stat_spearman(const double *x, const double *y, size_t n, struct error *err) {
    if (n < 2) return NAN;
    struct placed *order = memory_grow(NULL, n, sizeof *order);
    double *ranks = memory_grow(NULL, n, 2 * sizeof *ranks), r = NAN;
    if (!order || !ranks)
        error_memory(err, "ranks");
    else if (average_ranks(x, n, order, ranks) && average_ranks(y, n, order, ranks + n))
        r = stat_pearson(ranks, ranks + n, n);
    memory_free(order);
    memory_free(ranks);
    return r;
}

double stat_kendall_b(const double *x, const double *y, size_t n) {
    double concordant = 0, discordant = 0, only_x = 0, only_y = 0; /* exact up to 2^53 pairs */
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            if (isnan(x[i]) || isnan(x[j]) || isnan(y[i]) || isnan(y[j])) return NAN;
            int a = (x[i] > x[j]) - (x[i] < x[j]), b = (y[i] > y[j]) - (y[i] < y[j]);
            concordant += a * b > 0;
            discordant += a * b < 0;
            only_x += a == 0 && b != 0;
            only_y += b == 0 && a != 0;
        }
    double told = concordant + discordant;
    return (concordant - discordant) / (sqrt(told + only_x) * sqrt(told + only_y)); /* 0 / 0 is NaN */
}

double stat_cohen_kappa(const uint64_t *table, size_t k) {
    double n = 0, equal = 0, chance = 0;
    for (size_t i = 0; i < k * k; i++) n += (double)table[i];
    if (n == 0) return NAN;
    for (size_t i = 0; i < k; i++) {
        double row = 0, column = 0;
        for (size_t j = 0; j < k; j++) {
            row += (double)table[i * k + j];
            column += (double)table[j * k + i];
        }
        equal += (double)table[i * k + i];
        chance += row / n * column;
    }
    return n - chance > 0 ? (equal - chance) / (n - chance) : NAN;
}
