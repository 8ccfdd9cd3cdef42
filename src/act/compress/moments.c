/* Second moments of activations: see moments.h. */
#include "act/compress/moments.h"

#include "base/arena.h"
#include "tensor/cholesky.h"
#include "tensor/double_product.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool moments_init(struct moments *m, size_t k, bool products, struct error *err) {
    size_t bytes;
    *m = (struct moments){.k = k};
    m->squares = memory_zeroed(k, sizeof *m->squares);
    m->magnitudes = memory_zeroed(k, sizeof *m->magnitudes);
    if (products && !__builtin_mul_overflow(k, k, &bytes)) m->products = memory_zeroed(bytes, sizeof *m->products);
    if (m->squares && m->magnitudes && (m->products || !products)) return true;
    moments_done(m);
    return error_memory(err, "moments of activations");
}

void moments_done(struct moments *m) {
    memory_free(m->squares);
    memory_free(m->magnitudes);
    memory_free(m->products);
    memory_free(m->factor);
    memory_free(m->order);
    *m = (struct moments){0};
}

bool moments_add(struct moments *m, struct pool *pool, const float *x, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m->k; j++) {
            double v = (double)x[i * m->k + j];
            m->squares[j] += v * v;
            m->magnitudes[j] += fabs(v);
        }
    for (size_t j = 0; j < m->k; j++)
        if (!isfinite(m->squares[j]))
            return error_set(err, ERROR_DATA, "activation %zu is not finite: the model overflows on this text", j);
    m->rows += n;
    const struct double_operand left = {NULL, x, 1, m->k}, right = {NULL, x, m->k, 1};
    return !m->products || double_product(pool, m->k, m->k, n, left, right, m->products, m->k, 1, true, err);
}

void moments_end(struct moments *m) {
    for (size_t i = 0; m->products && i < m->k; i++)
        for (size_t j = 0; j < i; j++) m->products[j * m->k + i] = m->products[i * m->k + j];
}

void moments_divide(struct moments *m, const double *s) {
    for (size_t j = 0; j < m->k; j++) {
        m->squares[j] /= s[j] * s[j];
        m->magnitudes[j] /= s[j];
    }
    for (size_t i = 0; m->products && i < m->k; i++)
        for (size_t j = 0; j < m->k; j++) m->products[i * m->k + j] /= s[i] * s[j];
    memory_free(m->factor);
    m->factor = NULL;
}

/* ---- the factor ---- */

struct place {
    double value;
    size_t column;
};

static int compare_places(const void *a, const void *b) {
    const struct place *x = a, *y = b;
    if (x->value != y->value) return x->value > y->value ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static bool choose_order(struct moments *m, bool ordered, struct error *err) {
    struct place *places = memory_zeroed(m->k, sizeof *places);
    if (!places) return error_memory(err, "order of columns");
    for (size_t j = 0; j < m->k; j++)
        places[j] = (struct place){m->squares[j] == 0 ? (double)m->rows / 2 : m->squares[j], j};
    if (ordered) qsort(places, m->k, sizeof *places, compare_places);
    for (size_t j = 0; j < m->k; j++) m->order[j] = places[j].column;
    memory_free(places);
    return true;
}

bool moments_factor(struct moments *m, struct pool *pool, double damping, bool ordered, struct error *err) {
    size_t k = m->k;
    double mean = 0;
    if (m->factor && m->damping == damping && m->ordered == ordered) return true;
    if (!m->factor) m->factor = memory_aligned(64, k * k * sizeof *m->factor);
    if (!m->order) m->order = memory_zeroed(k, sizeof *m->order);
    if (!m->factor || !m->order) return error_memory(err, "factor of moments");
    if (!choose_order(m, ordered, err)) return false;
    m->damping = damping, m->ordered = ordered;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            m->factor[i * k + j] = 2 * m->products[m->order[i] * k + m->order[j]] / (double)m->rows;
    for (size_t j = 0; j < k; j++) {
        if (m->factor[j * k + j] == 0) m->factor[j * k + j] = 1;
        mean += m->factor[j * k + j] / (double)k;
    }
    for (size_t j = 0; j < k; j++) m->factor[j * k + j] += damping * mean;
    struct error why = {0};
    if (cholesky_inverse(pool, m->factor, k, &why)) return true;
    memory_free(m->factor);
    m->factor = NULL;
    if (why.kind != ERROR_DATA) return error_set(err, why.kind, "%s", why.message);
    return error_set(err, ERROR_DATA,
                     "second moments of its %zu inputs over %llu tokens are singular (damp=%g); give more damp or more "
                     "calibration text",
                     k, (unsigned long long)m->rows, damping);
}

/* ---- the error of an output ---- */

/* tr(d products d^T): d as it is, in stretches of rows. */
bool moments_output_error(const struct moments *m, struct pool *pool, const float *d, size_t n, double *error,
                          struct error *err) {
    enum { ROWS = 256 };
    size_t k = m->k, rows = n < ROWS ? n : ROWS;
    double *out = memory_alloc((rows ? rows : 1) * k * sizeof *out), sum = 0;
    if (!out) return error_memory(err, "error of an output");
    for (size_t at = 0; at < n; at += rows) {
        size_t some = n - at < rows ? n - at : rows;
        const float *part = d + at * k;
        memset(out, 0, some * k * sizeof *out);
        if (!double_product(pool, some, k, k, (struct double_operand){NULL, part, k, 1},
                            (struct double_operand){m->products, NULL, k, 1}, out, k, 1, false, err)) {
            memory_free(out);
            return false;
        }
        for (size_t i = 0; i < some * k; i++) sum += out[i] * (double)part[i];
    }
    memory_free(out);
    *error = m->rows && n ? sum / (double)m->rows / (double)n : 0;
    return true;
}
