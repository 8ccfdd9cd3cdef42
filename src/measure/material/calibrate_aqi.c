/* Planted separation: see calibrate_aqi.h. */
#include "measure/material/calibrate_aqi.h"

#include "measure/score/aqi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 4000, WIDTH = 16, FEW = 60, LAYERS = 7, TEXTS = 400, REPEAT = 200 };

struct planted {
    struct calibrate_out rows;
    uint64_t seed, repeat;
    double *x;       /* [MANY, WIDTH] */
    uint32_t *label; /* [MANY] */
};

static bool moments_of(const struct planted *p, size_t n, size_t d, struct pool *pool, struct cluster_moments *m,
                       struct error *err) {
    return cluster_moments(&(struct cluster_points){n, d, 2, p->x, p->label}, pool, m, err);
}

/* ---- by hand ---- */

struct known {
    const char *name;
    size_t n, first;
    double x[8][2];
    double xie_beni, calinski_harabasz, davies_bouldin, dunn, silhouette;
};
static const struct known sets[] = {
    {"two squares", 8, 4, {{0, 0}, {2, 0}, {0, 2}, {2, 2}, {10, 0}, {12, 0}, {10, 2}, {12, 2}}, .02, 75,
     .2828427124746190, 2.8284271247461901, .7724759387},
    {"one corner less", 7, 3, {{0, 0}, {2, 0}, {0, 2}, {10, 0}, {12, 0}, {10, 2}, {12, 2}}, .017820018, 68.714285714,
     .263310576, 2.828427125, .779460415},
    {"squares that overlap", 8, 4, {{0, 0}, {4, 0}, {0, 4}, {4, 4}, {3, 1}, {7, 1}, {3, 5}, {7, 5}}, .8, 1.875,
     1.7888543819998317, .25, -.0132238293}};

static void tell(struct planted *p, const struct known *k, size_t threads, const char *what, double expected,
                 double found) {
    char name[96];
    snprintf(name, sizeof name, "%s, %zu thread%s: %s", k->name, threads, threads > 1 ? "s" : "", what);
    calibrate_number(&p->rows, name, expected, found, 1e-9, "");
}

static bool known_set(struct planted *p, const struct known *k, size_t threads, struct pool *pool, struct error *err) {
    struct cluster_moments m;
    struct cluster_pairs q;
    for (size_t i = 0; i < k->n; i++) {
        memcpy(p->x + 2 * i, k->x[i], sizeof k->x[i]);
        p->label[i] = i >= k->first;
    }
    struct cluster_points points = {k->n, 2, 2, p->x, p->label};
    if (!cluster_moments(&points, pool, &m, err)) return false;
    bool ok = cluster_pairs(&points, &(struct cluster_pairs_options){0}, pool, &q, err);
    if (ok) {
        double n = (double)k->n, n1 = (double)k->first;
        tell(p, k, threads, "Xie-Beni", k->xie_beni, m.xie_beni);
        tell(p, k, threads, "Calinski-Harabasz", k->calinski_harabasz, m.calinski_harabasz);
        tell(p, k, threads, "Davies-Bouldin", k->davies_bouldin, m.davies_bouldin);
        tell(p, k, threads, "Dunn", k->dunn, q.dunn);
        tell(p, k, threads, "silhouette", k->silhouette, q.silhouette);
        tell(p, k, threads, "CH XB", n1 * (n - n1) * (n - 2) / (n * n), m.calinski_harabasz * m.xie_beni);
        cluster_pairs_done(&q);
    }
    cluster_moments_done(&m);
    return ok;
}

static bool known_sets(struct planted *p, struct error *err) {
    for (size_t threads = 1; threads <= 2; threads++) {
        struct pool *pool = pool_new(threads, err);
        bool ok = pool != NULL;
        for (size_t i = 0; ok && i < sizeof sets / sizeof *sets; i++) ok = known_set(p, &sets[i], threads, pool, err);
        pool_free(pool);
        if (!ok) return false;
    }
    calibrate_number(&p->rows, "AQI by the paper's form of two squares", 62.5, aqi_compose_paper(75, .02, .5), 1e-9,
                     "");
    return true;
}

/* ---- two Gaussians ---- */

/* Two groups of identity covariance, centres `apart` along the first coordinate; exactly a share of each flipped. */
static void draw(struct planted *p, const char *name, uint64_t at, size_t n, size_t d, double apart, double flipped) {
    struct rng rng = rng_stream(p->seed, name, at);
    for (size_t i = 0; i < n; i++) {
        bool second = i % 2;
        p->label[i] = second != ((double)(i / 2 % 10) < 10 * flipped);
        for (size_t c = 0; c < d; c++) p->x[i * d + c] = rng_normal(&rng) + (c == 0 ? apart * second : 0);
    }
}

/* D^2 falls to (1 - 2f)^2 D^2 and W / n rises to d + f (1 - f) D^2; noise of the centres adds their variance to D^2. */
static bool gaussians(struct planted *p, struct error *err) {
    static const double flips[] = {0, .1, .3};
    size_t draws = (size_t)(p->repeat ? p->repeat : REPEAT);
    for (size_t f = 0; f < 3; f++) {
        char name[80];
        double keep = 1 - 2 * flips[f], spread = WIDTH + flips[f] * (1 - flips[f]) * 25, mean = 0;
        for (size_t t = 0; t < draws; t++) {
            struct cluster_moments m;
            draw(p, "aqi/gaussians", f * draws + t, MANY, WIDTH, 5, flips[f]);
            if (!moments_of(p, MANY, WIDTH, NULL, &m, err)) return false;
            mean += m.rho / (double)draws;
            cluster_moments_done(&m);
        }
        snprintf(name, sizeof name, "rho of 5 apart in %d dimensions, %g of labels flipped", WIDTH, flips[f]);
        calibrate_range(&p->rows, name, mean / ((keep * keep * 25 + spread * 4.0 / MANY) / spread), .98, 1.02,
                        "mean found over planted");
    }
    return true;
}

/* ---- labels that mean nothing ---- */

static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How far sorted numbers lie from uniform, over Kolmogorov's bound at 1%. */
static double off_uniform(double *u, size_t n) {
    double most = 0;
    qsort(u, n, sizeof *u, rising);
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fmax((double)(i + 1) / (double)n - u[i], u[i] - (double)i / (double)n));
    return most * sqrt((double)n) / 1.6276;
}

static bool nothing(struct planted *p, struct error *err) {
    size_t n = (size_t)(p->repeat ? p->repeat : REPEAT);
    double *u = memory_zeroed(2 * n, sizeof *u);
    bool ok = u != NULL || error_memory(err, "sets of labels");
    for (size_t s = 0; ok && s < n; s++) {
        struct cluster_moments m;
        struct cluster_null null;
        struct cluster_points points = {FEW, WIDTH, 2, p->x, p->label};
        draw(p, "aqi/nothing", s, FEW, WIDTH, 0, 0);
        if (!(ok = cluster_moments(&points, NULL, &m, err))) break;
        ok = cluster_null(&points, &m, 200, s, "aqi/dealt", NULL, &null, err);
        cluster_moments_done(&m);
        if (!ok) break;
        u[s] = null.p;
        u[n + s] = .5 * erfc(-null.z / sqrt(2));
    }
    if (ok) {
        calibrate_range(&p->rows, "p of labels that mean nothing is uniform", off_uniform(u, n), 0, 1,
                        "Kolmogorov, over its bound at 1%");
        calibrate_range(&p->rows, "z of labels that mean nothing is normal", off_uniform(u + n, n), 0, 1,
                        "Kolmogorov, over its bound at 1%");
    }
    memory_free(u);
    return ok;
}

/* ---- another frame, an outlier, Dunn ---- */

static bool indices(struct planted *p, size_t n, size_t d, double out[6], struct error *err) {
    struct cluster_points points = {n, d, 2, p->x, p->label};
    struct cluster_moments m;
    struct cluster_pairs q;
    if (!cluster_moments(&points, NULL, &m, err)) return false;
    bool ok = cluster_pairs(&points, &(struct cluster_pairs_options){0, true}, NULL, &q, err);
    if (ok) {
        const double all[] = {m.rho, m.davies_bouldin, q.dunn, q.silhouette, q.purity, q.dunn_robust};
        memcpy(out, all, sizeof all);
        cluster_pairs_done(&q);
    }
    cluster_moments_done(&m);
    return ok;
}

static bool frame(struct planted *p, struct error *err) {
    enum { N = 400, D = 8 };
    double before[6], after[6], u[D], square = 0, most = 0;
    draw(p, "aqi/frame", 0, N, D, 2, 0);
    if (!indices(p, N, D, before, err)) return false;
    struct rng rng = rng_stream(p->seed, "aqi/turn", 0);
    for (size_t c = 0; c < D; c++) u[c] = rng_normal(&rng), square += u[c] * u[c];
    for (size_t i = 0; i < N; i++) {
        double along = 0;
        for (size_t c = 0; c < D; c++) along += u[c] * p->x[i * D + c];
        for (size_t c = 0; c < D; c++) p->x[i * D + c] = 7 * (p->x[i * D + c] + 3 - 2 * along * u[c] / square);
    }
    if (!indices(p, N, D, after, err)) return false;
    for (size_t k = 0; k < 5; k++) most = fmax(most, fabs(after[k] - before[k]));
    calibrate_number(&p->rows, "turned, moved and scaled: largest change of five indices", 0, most, 1e-9, "");
    draw(p, "aqi/frame", 0, N, D, 2, 0);
    for (size_t c = 0; c < D; c++) p->x[c] *= 100;
    if (!indices(p, N, D, after, err)) return false;
    calibrate_range(&p->rows, "one outlier at 100 times: Dunn, over before", after[2] / before[2], 0, .05, "");
    calibrate_range(&p->rows, "one outlier at 100 times: robust Dunn, over before", after[5] / before[5], .9, 1.1, "");
    return true;
}

static bool pruned(struct planted *p, struct error *err) {
    size_t n = (size_t)(5 * (p->repeat ? p->repeat : REPEAT)), equal = 0;
    for (size_t t = 0; t < n; t++) {
        size_t points_n = 3 + t % 60, d = 1 + t % 7;
        struct cluster_points points = {points_n, d, 2, p->x, p->label};
        struct cluster_moments m;
        struct cluster_dunn found, all;
        double step = t % 3 == 0 ? 2 : t % 3 == 1 ? .5 : 0; /* a coarse grid has ties and duplicates */
        draw(p, "aqi/dunn", t, points_n, d, 1.5, 0);
        for (size_t i = 0; step > 0 && i < points_n * d; i++) p->x[i] = round(p->x[i] / step) * step;
        if (!cluster_moments(&points, NULL, &m, err)) return false;
        bool ok = cluster_dunn(&points, &m, 0, &found, err);
        cluster_moments_done(&m);
        if (!ok) return false;
        all = cluster_dunn_plain(&points);
        equal += memcmp(&found.nearest, &all.nearest, sizeof all.nearest) == 0 &&
                 memcmp(&found.diameter, &all.diameter, sizeof all.diameter) == 0;
    }
    calibrate_number(&p->rows, "instances in which the pruned Dunn is that of all pairs", (double)n, (double)equal, 0,
                     "");
    return true;
}

/* ---- one layer ---- */

static const float *read_layers(void *context, size_t text) {
    return (const float *)context + text * LAYERS * WIDTH;
}

/* The same noise in all layers around a mean far from 0, as in a residual stream; layer 5 alone parts the groups. */
static void draw_layers(const struct planted *p, float *h, uint8_t *label, uint32_t *text) {
    struct rng rng = rng_stream(p->seed, "aqi/layers", 0);
    for (size_t i = 0; i < TEXTS; i++) {
        label[i] = (uint8_t)(i % 2);
        text[i] = (uint32_t)i;
        for (size_t c = 0; c < WIDTH; c++) {
            double noise = rng_normal(&rng);
            for (size_t l = 0; l < LAYERS; l++)
                h[(i * LAYERS + l) * WIDTH + c] = (float)(30 + noise + (l == 5 && c == 0 ? 14 * (label[i] - .5) : 0));
        }
    }
}

static bool weigh(struct planted *p, const float *h, const uint8_t *label, const uint32_t *text, struct layers *sums,
                  struct error *err) {
    static const uint8_t group[2] = {0, 1};
    const struct layers_learner settings = {200, 64, .05, .1, p->seed};
    struct layers_scatter s;
    struct layers_best best;
    double scale[LAYERS], alpha[LAYERS], learned[LAYERS];
    size_t steps;
    for (size_t i = 0; i < TEXTS; i++)
        if (!layers_add(sums, label[i], h + i * LAYERS * WIDTH, err)) return false;
    layers_end(sums);
    layers_scales(sums, scale);
    if (!layers_scatter(sums, group, scale, &s, err)) return false;
    bool ok = layers_optimal(&s, alpha, &best, err) &&
              layers_learn(&settings, LAYERS, WIDTH, scale, read_layers, (void *)h, text, label, TEXTS, learned, &steps,
                           err);
    if (ok) {
        calibrate_range(&p->rows, "one layer of seven: its best weight", alpha[5], .9, 1, layers_proofs[best.proof]);
        calibrate_range(&p->rows, "one layer of seven: its learned weight", learned[5], .9, 1, "");
        calibrate_range(&p->rows, "rho of learned weights, over the best", layers_rho(&s, learned) / best.rho, 0,
                        1 + 1e-9, "");
    }
    layers_scatter_done(&s);
    return ok;
}

static bool one_layer(struct planted *p, struct error *err) {
    float *h = memory_zeroed((size_t)TEXTS * LAYERS, WIDTH * sizeof *h);
    uint8_t *label = memory_zeroed(TEXTS, 1);
    uint32_t *text = memory_zeroed(TEXTS, sizeof *text);
    struct layers *sums = layers_new(LAYERS, WIDTH, 2, err);
    bool ok = sums && ((h && label && text) || error_memory(err, "layers"));
    if (ok) {
        draw_layers(p, h, label, text);
        ok = weigh(p, h, label, text, sums, err);
    }
    layers_free(sums);
    memory_free(h);
    memory_free(label);
    memory_free(text);
    return ok;
}

bool calibrate_aqi(uint64_t seed, uint64_t repeat, calibrate_report *report, void *context, struct error *err) {
    struct planted p = {.rows = {report, context}, .seed = seed, .repeat = repeat > 10000 ? 10000 : repeat,
                        .x = memory_zeroed(MANY, WIDTH * sizeof *p.x), .label = memory_zeroed(MANY, sizeof *p.label)};
    bool ok = (p.x && p.label) || error_memory(err, "points");
    ok = ok && known_sets(&p, err) && gaussians(&p, err) && nothing(&p, err) && frame(&p, err) && pruned(&p, err) &&
         one_layer(&p, err);
    memory_free(p.x);
    memory_free(p.label);
    return ok;
}
