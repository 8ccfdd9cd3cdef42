/* Rules over confidences: see situated.h. */
#include "measure/rules/situated.h"

#include <math.h>
#include <stdlib.h>

struct counts {
    double right[2], all[2]; /* [is the document right?] */
};

static double score_of(const struct counts *c) {
    return (c->right[0] / c->all[0] + c->right[1] / c->all[1]) / 2;
}

static double order_of(double confidence) {
    return isnan(confidence) ? -INFINITY : confidence;
}

double situated_score_at(const struct situated_row *rows, size_t n, double tau) {
    struct counts c = {{0}, {0}};
    for (size_t i = 0; i < n; i++) {
        c.all[rows[i].doc_true]++;
        c.right[rows[i].doc_true] += order_of(rows[i].confidence) >= tau ? rows[i].own_ok : rows[i].doc_ok;
    }
    return score_of(&c);
}

static int by_confidence(const void *a, const void *b) {
    double x = order_of(((const struct situated_row *)a)->confidence),
           y = order_of(((const struct situated_row *)b)->confidence);
    return x < y ? -1 : x > y;
}

static double middle(double a, double b) {
    return isinf(a) ? b : a / 2 + b / 2;
}

struct situated_threshold situated_scan(struct situated_row *rows, size_t n) {
    struct situated_threshold best = {-INFINITY, NAN};
    struct counts c = {{0}, {0}};
    if (n) qsort(rows, n, sizeof *rows, by_confidence);
    for (size_t i = 0; i < n; i++) {
        c.all[rows[i].doc_true]++;
        c.right[rows[i].doc_true] += rows[i].own_ok;
    }
    best.score = score_of(&c);
    for (size_t i = 0; i < n;) {
        double at = order_of(rows[i].confidence);
        for (; i < n && order_of(rows[i].confidence) == at; i++)
            c.right[rows[i].doc_true] += (double)rows[i].doc_ok - rows[i].own_ok;
        if (!(score_of(&c) > best.score)) continue;
        best = (struct situated_threshold){i == n ? INFINITY : middle(at, order_of(rows[i].confidence)), score_of(&c)};
    }
    return best;
}

struct situated_threshold situated_scan_slowly(const struct situated_row *rows, size_t n) {
    struct situated_threshold best = {-INFINITY, situated_score_at(rows, n, -INFINITY)};
    for (size_t i = 0; i < n; i++) {
        double at = order_of(rows[i].confidence), above = INFINITY;
        for (size_t k = 0; k < n; k++) {
            double other = order_of(rows[k].confidence);
            if (other > at && other < above) above = other;
        }
        double tau = isinf(above) ? INFINITY : middle(at, above), score = situated_score_at(rows, n, tau);
        if (score > best.score || (score == best.score && tau < best.tau))
            best = (struct situated_threshold){tau, score};
    }
    return best;
}

/* Blocks of equal values at the end of what is done; a new value pools with those above it. */
void situated_isotonic(double *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t from = i;
        double sum = y[i];
        while (from > 0 && y[from - 1] > sum / (double)(i + 1 - from)) {
            size_t block = from - 1;
            while (block > 0 && y[block - 1] == y[from - 1]) block--;
            sum += y[from - 1] * (double)(from - block);
            from = block;
        }
        for (size_t k = from; k <= i; k++) y[k] = sum / (double)(i + 1 - from);
    }
}

struct ranked {
    double x;
    size_t place;
};

static int by_value(const void *a, const void *b) {
    double x = ((const struct ranked *)a)->x, y = ((const struct ranked *)b)->x;
    return x < y ? -1 : x > y;
}

bool situated_percentiles(const double *x, double *out, size_t n, struct error *err) {
    struct ranked *order = memory_grow(NULL, n + 1, sizeof *order);
    size_t known = 0;
    if (!order) return error_memory(err, "percentiles");
    for (size_t i = 0; i < n; i++) {
        out[i] = NAN;
        if (!isnan(x[i])) order[known++] = (struct ranked){x[i], i};
    }
    if (known) qsort(order, known, sizeof *order, by_value);
    for (size_t i = 0; i < known;) {
        size_t end = i;
        while (end < known && order[end].x == order[i].x) end++;
        for (size_t k = i; k < end; k++) out[order[k].place] = ((double)i + (double)(end - i) / 2) / (double)known;
        i = end;
    }
    memory_free(order);
    return true;
}
