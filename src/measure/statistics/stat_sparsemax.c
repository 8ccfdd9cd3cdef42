/* Weights of layers that are learned from pairs of texts: see layers.h. */
#include "measure/statistics/layers.h"

#include "tensor/dots.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int falling(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* tau = (sum of the k largest - 1) / k, k the largest with 1 + k z_(k) > that sum. */
void sparsemax(const double *z, size_t n, double *out, double *order) {
    double sum = 0, tau = 0;
    memcpy(order, z, n * sizeof *order);
    qsort(order, n, sizeof *order, falling);
    for (size_t j = 0; j < n; j++) {
        sum += order[j];
        if (1 + (double)(j + 1) * order[j] > sum) tau = (sum - 1) / (double)(j + 1);
    }
    for (size_t i = 0; i < n; i++) out[i] = fmax(z[i] - tau, 0);
}

struct learner {
    const struct layers_learner *settings;
    size_t layers, width, n;
    const double *scale;
    layers_read *read;
    void *context;
    const uint32_t *text;
    const uint8_t *label;
    size_t *of[2], n_of[2];  /* places of each label */
    double *apart, *pooled;  /* [layers, width], [width] of a pair */
    double *z, *m, *v, *gradient, *product, *order, *before; /* [layers] */
    double margin;
};

/* The pair's differences, layer by layer and pooled; q. */
static double look(struct learner *l, size_t i, size_t j, const double *alpha) {
    const float *x = l->read(l->context, l->text[i]), *y = l->read(l->context, l->text[j]);
    memset(l->pooled, 0, l->width * sizeof *l->pooled);
    for (size_t k = 0; k < l->layers; k++) {
        double *apart = l->apart + k * l->width;
        for (size_t c = 0; c < l->width; c++)
            apart[c] = l->scale[k] * ((double)x[k * l->width + c] - (double)y[k * l->width + c]);
        dots()->scale_add(l->pooled, apart, alpha[k], l->width);
    }
    return sqrt(dots()->dot(l->pooled, l->pooled, l->width));
}

/* gradient += factor M alpha, M_lm = <difference in l, difference in m>. */
static void pull(struct learner *l, double factor) {
    for (size_t k = 0; k < l->layers; k++)
        l->gradient[k] += factor * dots()->dot(l->apart + k * l->width, l->pooled, l->width);
}

static void draw_same(struct learner *l, struct rng *rng, size_t *i, size_t *j) {
    size_t k = (size_t)rng_below(rng, 2);
    if (l->n_of[k] < 2) k = 1 - k;
    size_t a = (size_t)rng_below(rng, l->n_of[k]), b = (size_t)rng_below(rng, l->n_of[k] - 1);
    *i = l->of[k][a];
    *j = l->of[k][b + (b >= a)];
}

/* Twice the mean distance of texts with one label, at equal weights. */
static void set_margin(struct learner *l, const double *alpha) {
    struct rng rng = rng_stream(l->settings->seed, "aqi/margin", 0);
    double sum = 0;
    for (size_t t = 0; t < 8 * l->settings->batch; t++) {
        size_t i, j;
        draw_same(l, &rng, &i, &j);
        sum += look(l, i, j, alpha);
    }
    l->margin = 2 * sum / (double)(8 * l->settings->batch);
}

static void gather(struct learner *l, size_t step, const double *alpha) {
    struct rng rng = rng_stream(l->settings->seed, "aqi/pairs", step);
    double each = 1 / (double)l->settings->batch;
    memset(l->gradient, 0, l->layers * sizeof *l->gradient);
    for (size_t t = 0; t < l->settings->batch; t++) {
        size_t i = l->of[0][rng_below(&rng, l->n_of[0])], j = l->of[1][rng_below(&rng, l->n_of[1])];
        double q = look(l, i, j, alpha);
        if (q > 0 && q < l->margin) pull(l, -2 * (l->margin - q) / q * each);
        draw_same(l, &rng, &i, &j);
        look(l, i, j, alpha);
        pull(l, 2 * l->settings->delta * each);
    }
}

/* Through the sparsemax: on the support less the mean there, zero elsewhere; then Adam (Kingma & Ba 2015). */
static void move(struct learner *l, size_t step, const double *alpha) {
    double mean = 0, n = 0;
    for (size_t k = 0; k < l->layers; k++)
        if (alpha[k] > 0) mean += l->gradient[k], n++;
    for (size_t k = 0; k < l->layers; k++) {
        double g = alpha[k] > 0 ? l->gradient[k] - mean / n : 0;
        l->m[k] = 0.9 * l->m[k] + 0.1 * g;
        l->v[k] = 0.999 * l->v[k] + 0.001 * g * g;
        double m = l->m[k] / (1 - pow(0.9, (double)step)), v = l->v[k] / (1 - pow(0.999, (double)step));
        l->z[k] -= l->settings->rate * m / (sqrt(v) + 1e-8);
    }
}

static size_t learn(struct learner *l, double *alpha) {
    size_t still = 0, step = 1;
    set_margin(l, alpha);
    for (; step <= l->settings->steps && still < 20; step++) {
        double moved = 0;
        gather(l, step, alpha);
        move(l, step, alpha);
        memcpy(l->before, alpha, l->layers * sizeof *alpha);
        sparsemax(l->z, l->layers, alpha, l->order);
        for (size_t k = 0; k < l->layers; k++) moved += fabs(alpha[k] - l->before[k]);
        still = moved < 1e-4 ? still + 1 : 0;
    }
    return step - 1;
}

bool layers_learn(const struct layers_learner *settings, size_t layers, size_t width, const double *scale,
                  layers_read *read, void *context, const uint32_t *text, const uint8_t *label, size_t n,
                  double *alpha, size_t *steps, struct error *err) {
    struct learner l = {.settings = settings, .layers = layers, .width = width, .n = n, .scale = scale, .read = read,
                        .context = context, .text = text, .label = label};
    double *room = memory_zeroed(layers * width + width + 7 * layers, sizeof *room);
    size_t *places = memory_zeroed(2 * n, sizeof *places);
    bool ok = (room && places) || error_memory(err, "weights of layers");
    if (ok) {
        l.apart = room;
        l.pooled = l.apart + layers * width;
        double **small[] = {&l.z, &l.m, &l.v, &l.gradient, &l.product, &l.order, &l.before};
        for (size_t i = 0; i < 7; i++) *small[i] = l.pooled + width + i * layers;
        l.of[0] = places;
        l.of[1] = places + n;
        for (size_t i = 0; i < n; i++) l.of[label[i]][l.n_of[label[i]]++] = i;
        for (size_t k = 0; k < layers; k++) alpha[k] = 1 / (double)layers;
        ok = (l.n_of[0] > 0 && l.n_of[1] > 0 && n > 2) ||
             error_set(err, ERROR_DATA, "weights are learned from texts of two labels, at least three");
        if (ok) *steps = learn(&l, alpha);
    }
    memory_free(room);
    memory_free(places);
    return ok;
}
