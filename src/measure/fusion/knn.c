/* Nearest neighbours: see knn.h. */
#include "measure/fusion/knn.h"

#include <math.h>

/* In f64, four sums in a fixed order. */
static double product(const float *a, const float *b, size_t n) {
    double s[4] = {0};
    size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (size_t j = 0; j < 4; j++) s[j] += (double)a[i + j] * b[i + j];
    for (; i < n; i++) s[0] += (double)a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/* Into the list of the best so far, largest first; equal ones behind those that were there. */
static size_t keep(struct knn_near *near, size_t n, size_t most, struct knn_near one) {
    size_t at = n < most ? n : most - 1;
    if (n == most && !(one.product > near[most - 1].product)) return n;
    for (; at > 0 && one.product > near[at - 1].product; at--) near[at] = near[at - 1];
    near[at] = one;
    return n < most ? n + 1 : n;
}

void knn_answer(const struct knn *q, size_t i, struct knn_near *near, double *sums, size_t *answer, double *share) {
    size_t found = 0;
    double sum = 0;
    for (size_t j = 0; j < q->n; j++) {
        if (j == i || (q->cluster && q->cluster[j] == q->cluster[i])) continue;
        double p = product(&q->row[i * q->width], &q->row[j * q->width], q->width);
        found = keep(near, found, q->k, (struct knn_near){j, p});
    }
    for (size_t c = 0; c < q->n_classes; c++) sums[c] = -INFINITY;
    for (size_t f = 0; f < found; f++) {
        double *of = &sums[q->label[near[f].row]];
        *of = isinf(*of) ? near[f].product : *of + near[f].product;
        sum += near[f].product;
    }
    *answer = q->n_classes;
    for (size_t c = 0; c < q->n_classes; c++)
        if (!isinf(sums[c]) && (*answer == q->n_classes || sums[c] > sums[*answer])) *answer = c;
    *share = *answer < q->n_classes && sum > 0 ? sums[*answer] / sum : NAN;
}
