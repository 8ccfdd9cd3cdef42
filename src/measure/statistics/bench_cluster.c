/* Speed of indices of clusters: see bench_cluster.h. */
#include "measure/statistics/bench_cluster.h"

#include "measure/statistics/cluster.h"
#include "tensor/bench_matmul.h"

#include <math.h>

enum { POINTS = 4000, WIDTH = 4096, NARROW = 16 };

struct cluster_case {
    struct cluster_points points;
    struct pool *pool;
    struct cluster_moments moments; /* for the pruned Dunn */
};

static bool run_moments(void *context, struct error *err) {
    struct cluster_case *c = context;
    struct cluster_moments m;
    if (!cluster_moments(&c->points, c->pool, &m, err)) return false;
    cluster_moments_done(&m);
    return true;
}

static bool run_pairs(void *context, struct error *err) {
    struct cluster_case *c = context;
    struct cluster_pairs p;
    if (!cluster_pairs(&c->points, &(struct cluster_pairs_options){0}, c->pool, &p, err)) return false;
    cluster_pairs_done(&p);
    return true;
}

static bool run_dunn(void *context, struct error *err) {
    struct cluster_case *c = context;
    struct cluster_dunn d;
    return cluster_dunn(&c->points, &c->moments, 0, &d, err);
}

static void make(double *x, uint32_t *label, size_t d) {
    struct rng rng = rng_stream(1, "bench", 0);
    for (size_t i = 0; i < POINTS; i++) {
        label[i] = i % 2;
        for (size_t c = 0; c < d; c++) x[i * d + c] = rng_normal(&rng) + (c == 0 ? 4.0 * label[i] : 0);
    }
}

static bool measure_wide(struct bench *b, struct cluster_case *c, struct error *err) {
    double seconds, flops = (double)POINTS * POINTS * WIDTH; /* half of the products */
    double read = 2.0 * POINTS * WIDTH * sizeof(double);
    if (!bench_time(b, run_moments, c, &seconds, err)) return false;
    b->report(b->context, &(struct bench_row){"cluster", "centres: XB, CH, DB 4000x4096", 1e3 * seconds, "ms", NAN,
                                              1e3 * read / b->bandwidth});
    if (!bench_time(b, run_pairs, c, &seconds, err)) return false;
    b->report(b->context, &(struct bench_row){"cluster", "pairs: silhouette, Dunn, nearest 4000x4096", 1e3 * seconds,
                                              "ms", 1e-9 * flops / seconds, 2e3 * flops / b->peak});
    return true;
}

static bool measure_narrow(struct bench *b, struct cluster_case *c, struct error *err) {
    double seconds;
    c->points.d = NARROW;
    make((double *)c->points.x, (uint32_t *)c->points.label, NARROW);
    if (!cluster_moments(&c->points, c->pool, &c->moments, err)) return false;
    bool ok = bench_time(b, run_dunn, c, &seconds, err);
    cluster_moments_done(&c->moments);
    if (ok)
        b->report(b->context, &(struct bench_row){"cluster", "Dunn by pruning, one thread 4000x16", 1e3 * seconds, "ms",
                                                  NAN, NAN});
    return ok;
}

bool bench_cluster(struct bench *b, struct error *err) {
    double *x = memory_aligned(64, (size_t)POINTS * WIDTH * sizeof *x);
    uint32_t *label = memory_zeroed(POINTS, sizeof *label);
    struct cluster_case c = {.points = {POINTS, WIDTH, 2, x, label}, .pool = b->pool};
    bool ok = (x && label) || error_memory(err, "points");
    if (ok) make(x, label, WIDTH);
    ok = ok && bench_peak(b, err) && bench_bandwidth(b, err) && measure_wide(b, &c, err) && measure_narrow(b, &c, err);
    memory_free(x);
    memory_free(label);
    return ok;
}
