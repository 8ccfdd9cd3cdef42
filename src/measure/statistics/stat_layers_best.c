/* The weights of layers that part two groups best: see layers.h. */
#include "measure/statistics/layers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const layers_proofs[] = {"no weights of any sign are better", "every set of layers was tried",
                                     "best of many starts"};
enum { SWEEPS = 60, OUTER = 40, INNER = 120 };

struct search {
    size_t n;
    const double *within, *apart; /* [n, n], apart already times the number of texts */
    double *factor, *form, *vectors, *a, *b, *order, *best, *curve; /* room */
    size_t *set;
    double rho;
};

/* ---- the largest eigenvalue of a pencil ---- */

/* Cholesky of the set's part of S_W; false: it is not positive. */
static bool factor(struct search *s, size_t m) {
    double trace = 0;
    for (size_t i = 0; i < m; i++) trace += s->within[s->set[i] * s->n + s->set[i]];
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = s->within[s->set[i] * s->n + s->set[j]] + (i == j ? 1e-12 * trace / (double)m : 0);
            for (size_t k = 0; k < j; k++) sum -= s->factor[i * m + k] * s->factor[j * m + k];
            if (i == j && !(sum > 0)) return false;
            s->factor[i * m + j] = i == j ? sqrt(sum) : sum / s->factor[j * m + j];
        }
    return true;
}

/* form = F^-1 S_B F^-T. */
static void reduce(struct search *s, size_t m) {
    double *f = s->form;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) f[i * m + j] = s->apart[s->set[i] * s->n + s->set[j]];
    for (int side = 0; side < 2; side++) {
        for (size_t c = 0; c < m; c++)
            for (size_t i = 0; i < m; i++) {
                for (size_t k = 0; k < i; k++) f[i * m + c] -= s->factor[i * m + k] * f[k * m + c];
                f[i * m + c] /= s->factor[i * m + i];
            }
        for (size_t i = 0; i < m; i++) /* transpose, for the other side */
            for (size_t j = 0; j < i; j++) {
                double kept = f[i * m + j];
                f[i * m + j] = f[j * m + i];
                f[j * m + i] = kept;
            }
    }
}

static void rotate(double *f, double *v, size_t m, size_t p, size_t q) {
    double apq = f[p * m + q];
    if (apq == 0) return;
    double theta = (f[q * m + q] - f[p * m + p]) / (2 * apq);
    double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1)), c = 1 / sqrt(t * t + 1), z = t * c;
    for (size_t k = 0; k < m; k++) {
        double x = f[k * m + p], y = f[k * m + q];
        f[k * m + p] = c * x - z * y;
        f[k * m + q] = z * x + c * y;
    }
    for (size_t k = 0; k < m; k++) {
        double x = f[p * m + k], y = f[q * m + k], g = v[k * m + p], h = v[k * m + q];
        f[p * m + k] = c * x - z * y;
        f[q * m + k] = z * x + c * y;
        v[k * m + p] = c * g - z * h;
        v[k * m + q] = z * g + c * h;
    }
}

/* Cyclic Jacobi (1846); the largest eigenvalue, its vector in s->a [m]. */
static double largest(struct search *s, size_t m) {
    double *f = s->form, *v = s->vectors;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) v[i * m + j] = i == j;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        double off = 0, diagonal = 0;
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < m; j++) *(i == j ? &diagonal : &off) += f[i * m + j] * f[i * m + j];
        if (off <= 1e-28 * diagonal) break;
        for (size_t p = 0; p < m; p++)
            for (size_t q = p + 1; q < m; q++) rotate(f, v, m, p, q);
    }
    size_t top = 0;
    for (size_t i = 1; i < m; i++)
        if (f[i * m + i] > f[top * m + top]) top = i;
    for (size_t i = 0; i < m; i++) s->a[i] = v[i * m + top];
    return f[top * m + top];
}

/* Best weights of any sign of a set of m layers: s->a [m], by largest sum positive. False: not determined. */
static bool of_set(struct search *s, size_t m, double *value) {
    if (!factor(s, m)) return false;
    reduce(s, m);
    *value = largest(s, m);
    for (size_t i = m; i-- > 0;) { /* a = F^-T y */
        for (size_t k = i + 1; k < m; k++) s->a[i] -= s->factor[k * m + i] * s->a[k];
        s->a[i] /= s->factor[i * m + i];
    }
    double sum = 0;
    for (size_t i = 0; i < m; i++) sum += s->a[i];
    for (size_t i = 0; sum < 0 && i < m; i++) s->a[i] = -s->a[i];
    return true;
}

/* ---- candidates ---- */

static double ratio(const struct search *s, const double *a) {
    double up = 0, down = 0;
    for (size_t l = 0; l < s->n; l++)
        for (size_t m = 0; m < s->n; m++) {
            up += a[l] * a[m] * s->apart[l * s->n + m];
            down += a[l] * a[m] * s->within[l * s->n + m];
        }
    return up / down;
}

static void offer(struct search *s, const double *a) {
    double rho = ratio(s, a), sum = 0;
    if (!(rho > s->rho)) return;
    for (size_t l = 0; l < s->n; l++) sum += a[l];
    for (size_t l = 0; l < s->n; l++) s->best[l] = a[l] / sum;
    s->rho = rho;
}

static bool offer_set(struct search *s, size_t m) {
    double value;
    if (!of_set(s, m, &value)) return false;
    for (size_t i = 0; i < m; i++)
        if (s->a[i] < 0) return false;
    memset(s->b, 0, s->n * sizeof *s->b);
    for (size_t i = 0; i < m; i++) s->b[s->set[i]] = s->a[i];
    offer(s, s->b);
    return true;
}

static void every_set(struct search *s) {
    for (size_t mask = 1; mask < (size_t)1 << s->n; mask++) {
        size_t m = 0;
        for (size_t l = 0; l < s->n; l++)
            if (mask >> l & 1) s->set[m++] = l;
        offer_set(s, m);
    }
}

/* One rise of a' (S_B - t S_W) a on the simplex. */
static void climb(struct search *s, double t, double *a) {
    double size = 0;
    for (size_t i = 0; i < s->n * s->n; i++) {
        s->curve[i] = s->apart[i] - t * s->within[i];
        size += s->curve[i] * s->curve[i];
    }
    if (size == 0) return;
    for (int step = 0; step < INNER; step++) {
        double moved = 0;
        for (size_t l = 0; l < s->n; l++) {
            s->vectors[l] = a[l];
            for (size_t m = 0; m < s->n; m++) s->vectors[l] += s->curve[l * s->n + m] * a[m] / sqrt(size);
        }
        sparsemax(s->vectors, s->n, s->vectors, s->order);
        for (size_t l = 0; l < s->n; l++) moved += fabs(s->vectors[l] - a[l]), a[l] = s->vectors[l];
        if (moved < 1e-12) break;
    }
}

static void dinkelbach(struct search *s, double *a) {
    double t = ratio(s, a);
    for (int round = 0; round < OUTER && isfinite(t); round++) {
        climb(s, t, a);
        double next = ratio(s, a);
        if (!(next > t * (1 + 1e-10))) break;
        t = next;
    }
    offer(s, a);
    size_t m = 0; /* exactly, within the layers that are left */
    for (size_t l = 0; l < s->n; l++)
        if (a[l] > 0) s->set[m++] = l;
    offer_set(s, m);
}

static void many_starts(struct search *s, double *a, const double *clipped) {
    for (size_t l = 0; l < s->n; l++)
        for (size_t m = 0; m <= l; m++) {
            memset(a, 0, s->n * sizeof *a);
            a[l] = a[m] = l == m ? 1 : 0.5;
            dinkelbach(s, a);
        }
    memcpy(a, clipped, s->n * sizeof *a);
    dinkelbach(s, a);
}

static void clip(const double *from, size_t n, double *out) {
    double sum = 0;
    for (size_t l = 0; l < n; l++) sum += out[l] = fmax(0, from[l]);
    for (size_t l = 0; l < n; l++) out[l] = sum > 0 ? out[l] / sum : 1 / (double)n;
}

static void find(struct search *s, double *start, struct layers_best *out) {
    double *clipped = start + s->n;
    for (size_t l = 0; l < s->n; l++) s->set[l] = l;
    out->bound = INFINITY;
    bool known = of_set(s, s->n, &out->bound), positive = known;
    for (size_t l = 0; l < s->n; l++) positive &= s->a[l] >= -1e-12;
    clip(s->a, s->n, clipped);
    offer(s, clipped);
    for (size_t l = 0; l < s->n; l++) { /* single layers, where nothing else is determined */
        memset(start, 0, s->n * sizeof *start);
        start[l] = 1;
        offer(s, start);
    }
    out->proof = positive ? LAYERS_BOUND : s->n <= LAYERS_SURE ? LAYERS_EVERY : LAYERS_LOCAL;
    if (out->proof == LAYERS_EVERY) every_set(s);
    if (out->proof == LAYERS_LOCAL) many_starts(s, start, clipped);
    out->rho = s->rho;
}

bool layers_optimal(const struct layers_scatter *scatter, double *alpha, struct layers_best *out, struct error *err) {
    size_t n = scatter->layers;
    double *room = memory_zeroed(5 * n * n + 6 * n, sizeof *room);
    size_t *set = memory_zeroed(n, sizeof *set);
    if (room && set) {
        double *apart = room + 4 * n * n;
        for (size_t i = 0; i < n * n; i++) apart[i] = scatter->apart[i] * (scatter->n[0] + scatter->n[1]);
        struct search s = {.n = n, .within = scatter->within, .apart = apart, .factor = room, .form = room + n * n,
                           .vectors = room + 2 * n * n, .curve = room + 3 * n * n, .a = room + 5 * n * n,
                           .b = room + 5 * n * n + n, .order = room + 5 * n * n + 2 * n, .best = alpha, .set = set,
                           .rho = -1};
        for (size_t l = 0; l < n; l++) alpha[l] = 1 / (double)n;
        find(&s, room + 5 * n * n + 3 * n, out);
        if (s.rho < 0) out->rho = NAN; /* nothing varies */
    }
    memory_free(room);
    memory_free(set);
    return (room && set) || error_memory(err, "weights of layers");
}
