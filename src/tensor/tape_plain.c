/* Naive twins of the operations: see tape_plain.h. */
#include "tensor/tape_plain.h"

#include <math.h>

void plain_rows(size_t n, size_t columns, const double *x, const int32_t *ids, double *y) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < columns; j++) y[i * columns + j] = x[(size_t)ids[i] * columns + j];
}

void plain_rows_back(size_t n, size_t columns, const int32_t *ids, const double *g, double *dx) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < columns; j++) dx[(size_t)ids[i] * columns + j] += g[i * columns + j];
}

void plain_means(size_t n, size_t columns, const size_t *starts, const double *x, double *y) {
    for (size_t s = 0; s < n; s++)
        for (size_t j = 0; j < columns; j++) {
            y[s * columns + j] = 0;
            for (size_t i = starts[s]; i < starts[s + 1]; i++)
                y[s * columns + j] += x[i * columns + j] / (double)(starts[s + 1] - starts[s]);
        }
}

void plain_means_back(size_t n, size_t columns, const size_t *starts, const double *g, double *dx) {
    for (size_t s = 0; s < n; s++)
        for (size_t i = starts[s]; i < starts[s + 1]; i++)
            for (size_t j = 0; j < columns; j++)
                dx[i * columns + j] += g[s * columns + j] / (double)(starts[s + 1] - starts[s]);
}

void plain_linear(size_t n, size_t m, size_t k, const double *x, const double *w, const double *bias, double *y) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            double sum = bias ? bias[j] : 0.0;
            for (size_t l = 0; l < k; l++) sum += x[i * k + l] * w[j * k + l];
            y[i * m + j] = sum;
        }
    }
}

void plain_linear_back(size_t n, size_t m, size_t k, const double *x, const double *w, const double *g, double *dx,
                       double *dw, double *dbias) {
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++) {
            double gradient = g[i * m + j];
            if (dbias) dbias[j] += gradient;
            for (size_t l = 0; l < k; l++) {
                if (dx) dx[i * k + l] += gradient * w[j * k + l];
                if (dw) dw[j * k + l] += gradient * x[i * k + l];
            }
        }
    }
}

static double inverse_rms(size_t columns, double eps, const double *x) {
    double sum = 0;
    for (size_t j = 0; j < columns; j++) sum += x[j] * x[j];
    return 1.0 / sqrt(sum / (double)columns + eps);
}

void plain_rmsnorm(size_t n, size_t columns, double eps, const double *x, const double *gain, double *y) {
    for (size_t i = 0; i < n; i++, x += columns, y += columns) {
        double r = inverse_rms(columns, eps, x);
        for (size_t j = 0; j < columns; j++) y[j] = x[j] * r * gain[j];
    }
}

/* dr/dx_j = -r^3 x_j / columns */
void plain_rmsnorm_back(size_t n, size_t columns, double eps, const double *x, const double *gain, const double *g,
                        double *dx, double *dgain) {
    for (size_t i = 0; i < n; i++) {
        const double *row = x + i * columns, *gradient = g + i * columns;
        double r = inverse_rms(columns, eps, row), dr = 0;
        for (size_t j = 0; j < columns; j++) {
            dr += gradient[j] * gain[j] * row[j];
            if (dgain) dgain[j] += gradient[j] * row[j] * r;
        }
        for (size_t j = 0; dx && j < columns; j++)
            dx[i * columns + j] += gradient[j] * gain[j] * r - dr * r * r * r * row[j] / (double)columns;
    }
}

static void rotate(size_t n, size_t heads, size_t size, const int32_t *positions, double base, bool interleaved,
                   double direction, const double *x, double *y) {
    for (size_t i = 0; i < n; i++) {
        for (size_t h = 0; h < heads; h++) {
            for (size_t j = 0; j < size / 2; j++) {
                double angle = direction * positions[i] * pow(base, -2.0 * (double)j / (double)size);
                size_t head = (i * heads + h) * size;
                size_t a = head + (interleaved ? 2 * j : j), b = interleaved ? a + 1 : a + size / 2;
                y[a] += x[a] * cos(angle) - x[b] * sin(angle);
                y[b] += x[a] * sin(angle) + x[b] * cos(angle);
            }
        }
    }
}

void plain_rope(size_t n, size_t heads, size_t size, const int32_t *positions, double base, bool interleaved,
                const double *x, double *y) {
    for (size_t i = 0; i < n * heads * size; i++) y[i] = 0;
    rotate(n, heads, size, positions, base, interleaved, 1.0, x, y);
}

void plain_rope_back(size_t n, size_t heads, size_t size, const int32_t *positions, double base, bool interleaved,
                     const double *g, double *dx) {
    rotate(n, heads, size, positions, base, interleaved, -1.0, g, dx);
}

/* p: probabilities of keys first..i for query row i; q and k point at the head's first element of row 0. */
static void probabilities(size_t q_row, size_t k_row, size_t size, size_t first, size_t i, const double *q,
                          const double *k, double *p) {
    double most = -INFINITY, sum = 0;
    for (size_t j = first; j <= i; j++) {
        double s = 0;
        for (size_t d = 0; d < size; d++) s += q[i * q_row + d] * k[j * k_row + d];
        p[j - first] = s / sqrt((double)size);
        if (p[j - first] > most) most = p[j - first];
    }
    for (size_t j = first; j <= i; j++) sum += p[j - first] = exp(p[j - first] - most);
    for (size_t j = first; j <= i; j++) p[j - first] /= sum;
}

void plain_attention(size_t heads, size_t kv_heads, size_t size, const size_t *starts, size_t n_segments,
                     const double *q, const double *k, const double *v, double *row, double *y) {
    size_t q_row = heads * size, k_row = kv_heads * size;
    for (size_t s = 0; s < n_segments; s++) {
        for (size_t i = starts[s]; i < starts[s + 1]; i++) {
            for (size_t h = 0; h < heads; h++) {
                size_t at = h * size, from = h / (heads / kv_heads) * size;
                probabilities(q_row, k_row, size, starts[s], i, q + at, k + from, row);
                for (size_t d = 0; d < size; d++) {
                    double sum = 0;
                    for (size_t j = starts[s]; j <= i; j++) sum += row[j - starts[s]] * v[j * k_row + from + d];
                    y[i * q_row + at + d] = sum;
                }
            }
        }
    }
}

/* One query row of one head: dp_j = g v_j; ds_j = p_j (dp_j - sum p dp). All point at the head's element of row 0. */
static void attention_row_back(size_t q_row, size_t k_row, size_t size, size_t first, size_t i, const double *q,
                               const double *k, const double *v, const double *g, double *p, double *dp, double *dq,
                               double *dk, double *dv) {
    double mean = 0;
    probabilities(q_row, k_row, size, first, i, q, k, p);
    for (size_t j = first; j <= i; j++) {
        dp[j - first] = 0;
        for (size_t d = 0; d < size; d++) {
            dp[j - first] += g[i * q_row + d] * v[j * k_row + d];
            if (dv) dv[j * k_row + d] += p[j - first] * g[i * q_row + d];
        }
        mean += p[j - first] * dp[j - first];
    }
    for (size_t j = first; j <= i; j++) {
        double ds = p[j - first] * (dp[j - first] - mean) / sqrt((double)size);
        for (size_t d = 0; d < size; d++) {
            if (dq) dq[i * q_row + d] += ds * k[j * k_row + d];
            if (dk) dk[j * k_row + d] += ds * q[i * q_row + d];
        }
    }
}

void plain_attention_back(size_t heads, size_t kv_heads, size_t size, const size_t *starts, size_t n_segments,
                          const double *q, const double *k, const double *v, const double *g, double *row, double *dq,
                          double *dk, double *dv) {
    size_t longest = 0;
    for (size_t s = 0; s < n_segments; s++)
        if (starts[s + 1] - starts[s] > longest) longest = starts[s + 1] - starts[s];
    for (size_t s = 0; s < n_segments; s++) {
        for (size_t i = starts[s]; i < starts[s + 1]; i++) {
            for (size_t h = 0; h < heads; h++) {
                size_t at = h * size, from = h / (heads / kv_heads) * size;
                attention_row_back(heads * size, kv_heads * size, size, starts[s], i, q + at, k + from, v + from,
                                   g + at, row, row + longest, dq ? dq + at : NULL, dk ? dk + from : NULL,
                                   dv ? dv + from : NULL);
            }
        }
    }
}

void plain_add(size_t n, const double *a, const double *b, double *y) {
    for (size_t i = 0; i < n; i++) y[i] = a[i] + b[i];
}

void plain_add_back(size_t n, const double *g, double *da, double *db) {
    for (size_t i = 0; i < n; i++) {
        if (da) da[i] += g[i];
        if (db) db[i] += g[i];
    }
}

void plain_multiply(size_t n, const double *a, const double *b, double *y) {
    for (size_t i = 0; i < n; i++) y[i] = a[i] * b[i];
}

void plain_multiply_back(size_t n, const double *a, const double *b, const double *g, double *da, double *db) {
    for (size_t i = 0; i < n; i++) {
        if (da) da[i] += g[i] * b[i];
        if (db) db[i] += g[i] * a[i];
    }
}

void plain_scale(size_t n, double factor, const double *a, double *y) {
    for (size_t i = 0; i < n; i++) y[i] = a[i] * factor;
}

void plain_scale_back(size_t n, double factor, const double *g, double *da) {
    for (size_t i = 0; i < n; i++) da[i] += g[i] * factor;
}

void plain_swiglu(size_t n, const double *gate, const double *up, double *y) {
    for (size_t i = 0; i < n; i++) y[i] = gate[i] / (1.0 + exp(-gate[i])) * up[i];
}

void plain_swiglu_back(size_t n, const double *gate, const double *up, const double *g, double *dgate, double *dup) {
    for (size_t i = 0; i < n; i++) {
        double sigmoid = 1.0 / (1.0 + exp(-gate[i]));
        if (dgate) dgate[i] += g[i] * up[i] * sigmoid * (1.0 + gate[i] * (1.0 - sigmoid));
        if (dup) dup[i] += g[i] * gate[i] * sigmoid;
    }
}

static double log_sum_exp(size_t n, const double *x) {
    double most = -INFINITY, sum = 0;
    for (size_t j = 0; j < n; j++)
        if (x[j] > most) most = x[j];
    for (size_t j = 0; j < n; j++) sum += exp(x[j] - most);
    return most + log(sum);
}

void plain_logprob(size_t n, size_t columns, const double *logits, const int32_t *targets, double *y) {
    for (size_t i = 0; i < n; i++)
        y[i] = targets[i] < 0 ? 0.0
                              : logits[i * columns + (size_t)targets[i]] - log_sum_exp(columns, logits + i * columns);
}

void plain_logprob_back(size_t n, size_t columns, const double *logits, const int32_t *targets, const double *g,
                        double *dlogits) {
    for (size_t i = 0; i < n; i++) {
        if (targets[i] < 0) continue;
        const double *row = logits + i * columns;
        double lse = log_sum_exp(columns, row);
        for (size_t j = 0; j < columns; j++)
            dlogits[i * columns + j] += g[i] * ((j == (size_t)targets[i] ? 1.0 : 0.0) - exp(row[j] - lse));
    }
}

double plain_weighted_sum(size_t n, const double *x, const double *weights) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * weights[i];
    return sum;
}

void plain_weighted_sum_back(size_t n, const double *weights, double g, double *dx) {
    for (size_t i = 0; i < n; i++) dx[i] += g * weights[i];
}
