/* One number out of indices, in every form that is in use: see aqi.h. */
#include "measure/score/aqi.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double aqi_compose_paper(double chi, double xb, double lambda) {
    return isinf(xb) ? 0 : lambda / xb + (1 - lambda) * chi;
}

double aqi_compose_ss_chi(double silhouette, double chi, double gamma) {
    return gamma * (silhouette + 1) / 2 + (1 - gamma) * (isinf(chi) ? 1 : chi / (1 + chi));
}

double aqi_compose_ss_xb(double silhouette, double xb, double gamma) {
    return gamma * (silhouette + 1) / 2 + (1 - gamma) / (1 + xb);
}

double aqi_compose_db_dunn(double davies_bouldin, double dunn, double gamma) {
    return gamma / (1 + davies_bouldin) + (1 - gamma) * dunn / (1 + dunn);
}

static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t n, double q) {
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    return i + 1 < n ? sorted[i] + (at - (double)i) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

bool aqi_compose_code(const double *chi, const double *xb, size_t n, double gamma, double least, double *chi_norm,
                      double *xb_norm, double *aqi, struct error *err) {
    double low = INFINITY, high = -INFINITY, *sorted = memory_zeroed(n + 1, sizeof *sorted);
    if (!sorted) return error_memory(err, "quartiles");
    memcpy(sorted, xb, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, rising);
    double middle = quantile(sorted, n, .5), range = quantile(sorted, n, .75) - quantile(sorted, n, .25) + 1e-9;
    memory_free(sorted);
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, chi[i]);
        high = fmax(high, chi[i]);
    }
    for (size_t i = 0; i < n; i++) {
        double z = (xb[i] - middle) / range;
        chi_norm[i] = high - low < 1e-9 ? (high == 0 ? 0 : 50) : 100 * (chi[i] - low) / (high - low);
        xb_norm[i] = fmin(100, fmax(least, 100 * (1 - 1 / (1 + exp(-z)))));
        aqi[i] = gamma * chi_norm[i] + (1 - gamma) * xb_norm[i];
    }
    return true;
}
