/* Indices that need all pairs of points, tile by tile: see cluster.h. A strip of 256 points meets every tile from its
 * own on; tiles of a strip are the parts of the work. A tile writes what it adds to the points of its strip into a
 * place of its own, folded in order behind the strip, and what it adds to its other points at once, since no other tile
 * of the strip has them. */
#include "measure/statistics/cluster.h"

#include "tensor/dots.h"

#include <math.h>
#include <string.h>

enum { TILE = 256, DEPTH = 256, PANELS = TILE / DOTS_PANEL };
/* Distances come from |x|^2 + |y|^2 - 2 xy; below this share of the squares too few digits are left. */
static const double digits_left = 1e-6;
enum { FIRST_BITS = 20, SECOND_BITS = 20 };

struct neighbour {
    double distance2;
    uint32_t at;
};

/* How many pairs have a squared distance whose leading bits are these. */
struct ladder {
    uint64_t *count[2]; /* between groups, inside one: [1 << bits] */
};

struct pair_walk {
    const struct cluster_points *points;
    size_t n_panels, n_tiles, neighbours, strip;
    double *packed;  /* [n_panels][d][DOTS_PANEL], less the mean */
    double *square;  /* [n] */
    double *sums;    /* [n, k]: of distances to each group */
    double *beside;  /* [n_tiles][TILE, k]: the same of the strip at hand, by each tile */
    struct neighbour *near, *near_beside; /* [n, neighbours], sorted; as above */
    uint32_t *n_near, *n_beside;          /* how many of them are there */
    double *nearest, *farthest;           /* [n_tiles] squared distances, of the strip at hand */
    double **room;                        /* of each worker [TILE, TILE] */
    struct ladder *ladder;                /* of each worker; NULL: not counted */
    bool sums_wanted;
    /* of the second count: leading bits that are looked into */
    bool second;
    uint64_t lead[2];
};

/* ---- preparation ---- */

static void pack_panel(void *context, size_t part, size_t worker) {
    struct pair_walk *w = context;
    const struct cluster_points *p = w->points;
    double *out = w->packed + part * p->d * DOTS_PANEL;
    const double *mean = w->packed + w->n_panels * p->d * DOTS_PANEL;
    (void)worker;
    for (size_t r = 0; r < DOTS_PANEL && part * DOTS_PANEL + r < p->n; r++) {
        const double *x = p->x + (part * DOTS_PANEL + r) * p->d;
        for (size_t c = 0; c < p->d; c++) out[c * DOTS_PANEL + r] = x[c] - mean[c];
        w->square[part * DOTS_PANEL + r] = dots()->distance(x, mean, p->d);
    }
}

static bool pack(struct pair_walk *w, struct pool *pool, struct error *err) {
    const struct cluster_points *p = w->points;
    w->n_panels = (p->n + DOTS_PANEL - 1) / DOTS_PANEL;
    w->n_tiles = (p->n + TILE - 1) / TILE;
    w->packed = memory_zeroed(w->n_panels * DOTS_PANEL + 1, p->d * sizeof *w->packed);
    w->square = memory_zeroed(p->n, sizeof *w->square);
    if (!w->packed || !w->square) return error_memory(err, "pairs of points");
    double *mean = w->packed + w->n_panels * p->d * DOTS_PANEL;
    for (size_t i = 0; i < p->n; i++) dots()->add(mean, p->x + i * p->d, p->d);
    for (size_t c = 0; c < p->d; c++) mean[c] /= (double)p->n;
    pool_run(pool, w->n_panels, pack_panel, w);
    return true;
}

/* ---- one tile ---- */

/* Products of the points of tile a (rows) and tile b. */
static void multiply(const struct pair_walk *w, size_t a, size_t b, double *out) {
    size_t d = w->points->d, depth;
    memset(out, 0, (size_t)TILE * TILE * sizeof *out);
    for (size_t k = 0; k < d; k += depth) {
        depth = d - k < DEPTH ? d - k : DEPTH;
        for (size_t q = 0; q < PANELS && b * PANELS + q < w->n_panels; q++)
            for (size_t r = 0; r < PANELS && a * PANELS + r < w->n_panels; r++)
                dots()->product(w->packed + ((a * PANELS + r) * d + k) * DOTS_PANEL,
                                w->packed + ((b * PANELS + q) * d + k) * DOTS_PANEL, depth,
                                out + r * DOTS_PANEL * TILE + q * DOTS_PANEL, TILE);
    }
}

static double distance2_of(const struct pair_walk *w, size_t i, size_t j, double product) {
    const struct cluster_points *p = w->points;
    double squares = w->square[i] + w->square[j], d2 = squares - 2 * product;
    return d2 < digits_left * squares ? dots()->distance(p->x + i * p->d, p->x + j * p->d, p->d) : d2;
}

static bool is_nearer(struct neighbour a, const struct neighbour *b) {
    return a.distance2 != b->distance2 ? a.distance2 < b->distance2 : a.at < b->at;
}

/* A sorted list of the nearest ones. */
static void keep_near(struct neighbour *list, uint32_t *n, size_t most, struct neighbour one) {
    if (*n == most && !is_nearer(one, &list[most - 1])) return;
    size_t at = *n < most ? (*n)++ : most - 1;
    for (; at > 0 && is_nearer(one, &list[at - 1]); at--) list[at] = list[at - 1];
    list[at] = one;
}

static uint64_t bits_of(double distance2) {
    uint64_t bits;
    memcpy(&bits, &distance2, sizeof bits);
    return bits; /* grows with the distance, which is not negative */
}

static void count_pair(const struct pair_walk *w, struct ladder *ladder, bool same, double d2) {
    uint64_t bits = bits_of(d2 > 0 ? d2 : 0), lead = bits >> (64 - FIRST_BITS);
    if (!w->second) ladder->count[same][lead]++;
    else if (lead == w->lead[same])
        ladder->count[same][bits >> (64 - FIRST_BITS - SECOND_BITS) & ((1u << SECOND_BITS) - 1)]++;
}

static void keep_pair(struct pair_walk *w, size_t part, size_t i, size_t j, double d2, bool beside) {
    const struct cluster_points *p = w->points;
    size_t k = p->k, row = part * TILE + i % TILE, m = w->neighbours;
    double distance = sqrt(d2);
    struct neighbour of_i = {d2, (uint32_t)j}, of_j = {d2, (uint32_t)i};
    w->beside[row * k + p->label[j]] += distance;
    keep_near(w->near_beside + row * m, &w->n_beside[row], m, of_i);
    if (beside) { /* inside the strip's own tile both are points of the strip */
        size_t other = part * TILE + j % TILE;
        w->beside[other * k + p->label[i]] += distance;
        keep_near(w->near_beside + other * m, &w->n_beside[other], m, of_j);
    } else {
        w->sums[j * k + p->label[i]] += distance;
        keep_near(w->near + j * m, &w->n_near[j], m, of_j);
    }
    if (p->label[i] == p->label[j]) w->farthest[part] = fmax(w->farthest[part], d2);
    else w->nearest[part] = fmin(w->nearest[part], d2);
}

static void walk_tile(void *context, size_t part, size_t worker) {
    struct pair_walk *w = context;
    const struct cluster_points *p = w->points;
    size_t a = w->strip, b = a + part;
    double *products = w->room[worker];
    multiply(w, a, b, products);
    for (size_t i = a * TILE; i < p->n && i < (a + 1) * TILE; i++)
        for (size_t j = a == b ? i + 1 : b * TILE; j < p->n && j < (b + 1) * TILE; j++) {
            double d2 = distance2_of(w, i, j, products[i % TILE * TILE + j % TILE]);
            if (w->ladder) count_pair(w, &w->ladder[worker], p->label[i] == p->label[j], d2);
            if (w->sums_wanted) keep_pair(w, part, i, j, d2, a == b);
        }
}

/* ---- strips ---- */

/* What the tiles of the strip added to its points, in their order. */
static void fold_strip(struct pair_walk *w, size_t tiles, struct cluster_pairs *out) {
    const struct cluster_points *p = w->points;
    for (size_t t = 0; t < tiles; t++) {
        for (size_t i = w->strip * TILE; i < p->n && i < (w->strip + 1) * TILE; i++) {
            size_t row = t * TILE + i % TILE, m = w->neighbours;
            for (size_t k = 0; k < p->k; k++) w->sums[i * p->k + k] += w->beside[row * p->k + k];
            for (size_t q = 0; q < w->n_beside[row]; q++)
                keep_near(w->near + i * m, &w->n_near[i], m, w->near_beside[row * m + q]);
        }
        out->dunn = fmin(out->dunn, w->nearest[t]);               /* squares, until the end */
        out->dunn_robust = fmax(out->dunn_robust, w->farthest[t]);
    }
}

static void walk(struct pair_walk *w, struct pool *pool, struct cluster_pairs *out) {
    const struct cluster_points *p = w->points;
    for (w->strip = 0; w->strip < w->n_tiles; w->strip++) {
        size_t tiles = w->n_tiles - w->strip;
        if (w->sums_wanted) {
            memset(w->beside, 0, w->n_tiles * TILE * p->k * sizeof *w->beside);
            memset(w->n_beside, 0, w->n_tiles * TILE * sizeof *w->n_beside);
        }
        for (size_t t = 0; w->sums_wanted && t < tiles; t++) w->nearest[t] = INFINITY, w->farthest[t] = 0;
        pool_run(pool, tiles, walk_tile, w);
        if (w->sums_wanted) fold_strip(w, tiles, out);
    }
}

/* ---- what follows from the sums ---- */

static double silhouette_of(const struct pair_walk *w, const size_t *size, size_t i) {
    const struct cluster_points *p = w->points;
    size_t own = p->label[i];
    double a = 0, b = INFINITY;
    if (size[own] < 2) return 0;
    for (size_t k = 0; k < p->k; k++) {
        double sum = w->sums[i * p->k + k];
        if (k == own) a = sum / (double)(size[k] - 1);
        else b = fmin(b, sum / (double)size[k]);
    }
    double most = fmax(a, b);
    return most > 0 ? (b - a) / most : 0;
}

static double purity_of(const struct pair_walk *w, size_t i) {
    size_t same = 0, n = w->n_near[i];
    for (size_t q = 0; q < n; q++)
        same += w->points->label[w->near[i * w->neighbours + q].at] == w->points->label[i];
    return n ? (double)same / (double)n : NAN;
}

static void finish(struct pair_walk *w, struct cluster_pairs *out) {
    const struct cluster_points *p = w->points;
    size_t size[CLUSTER_GROUPS_MOST] = {0};
    double silhouette = 0, purity = 0, diameter2 = out->dunn_robust;
    for (size_t i = 0; i < p->n; i++) size[p->label[i]]++;
    for (size_t i = 0; i < p->n; i++) {
        silhouette += out->silhouettes[i] = silhouette_of(w, size, i);
        purity += out->purities[i] = purity_of(w, i);
    }
    out->silhouette = silhouette / (double)p->n;
    out->purity = purity / (double)p->n;
    out->dunn = diameter2 > 0 ? sqrt(out->dunn) / sqrt(diameter2) : NAN;
    out->dunn_robust = NAN;
}

/* ---- quantiles of distances ---- */

static void add_ladders(struct pair_walk *w, size_t workers, size_t bits) {
    for (size_t v = 1; v < workers; v++)
        for (size_t s = 0; s < 2; s++)
            for (size_t i = 0; i < (size_t)1 << bits; i++) w->ladder[0].count[s][i] += w->ladder[v].count[s][i];
}

/* The step on which the pair of this rank (from 1) stands; its rank there. */
static uint64_t step_of(const uint64_t *count, uint64_t *rank) {
    uint64_t step = 0;
    while (*rank > count[step]) *rank -= count[step++];
    return step;
}

static uint64_t all_of(const uint64_t *count, size_t bits) {
    uint64_t n = 0;
    for (size_t i = 0; i < (size_t)1 << bits; i++) n += count[i];
    return n;
}

static void clear_ladders(struct pair_walk *w, size_t workers, size_t bits) {
    for (size_t v = 0; v < workers; v++)
        for (size_t s = 0; s < 2; s++) memset(w->ladder[v].count[s], 0, ((size_t)1 << bits) * sizeof(uint64_t));
}

static void quantiles(struct pair_walk *w, struct pool *pool, size_t workers, struct cluster_pairs *out) {
    uint64_t rank[2], bits[2];
    double at[2];
    w->sums_wanted = false;
    walk(w, pool, out);
    add_ladders(w, workers, FIRST_BITS);
    for (size_t s = 0; s < 2; s++) {
        uint64_t n = all_of(w->ladder[0].count[s], FIRST_BITS);
        if (n == 0) return; /* groups of single points */
        rank[s] = (uint64_t)ceil((s ? 0.99 : 0.01) * (double)n);
        if (rank[s] == 0) rank[s] = 1;
        w->lead[s] = step_of(w->ladder[0].count[s], &rank[s]);
    }
    clear_ladders(w, workers, FIRST_BITS);
    w->second = true;
    walk(w, pool, out);
    add_ladders(w, workers, SECOND_BITS);
    for (size_t s = 0; s < 2; s++) {
        bits[s] = w->lead[s] << (64 - FIRST_BITS) |
                  step_of(w->ladder[0].count[s], &rank[s]) << (64 - FIRST_BITS - SECOND_BITS);
        memcpy(&at[s], &bits[s], sizeof at[s]);
    }
    out->dunn_robust = at[1] > 0 ? sqrt(at[0]) / sqrt(at[1]) : NAN;
}

/* ---- memory ---- */

static bool open_ladders(struct pair_walk *w, size_t workers, struct error *err) {
    w->ladder = memory_zeroed(workers, sizeof *w->ladder);
    bool ok = w->ladder != NULL;
    for (size_t v = 0; ok && v < workers; v++)
        for (size_t s = 0; s < 2; s++)
            ok &= (w->ladder[v].count[s] = memory_zeroed((size_t)1 << FIRST_BITS, sizeof(uint64_t))) != NULL;
    return ok || error_memory(err, "counts of distances");
}

static bool open_walk(struct pair_walk *w, size_t workers, struct cluster_pairs *out, struct error *err) {
    const struct cluster_points *p = w->points;
    size_t rows = ((p->n + TILE - 1) / TILE) * TILE, m = w->neighbours;
    w->sums = memory_zeroed(p->n * p->k, sizeof *w->sums);
    w->beside = memory_zeroed(rows * p->k, sizeof *w->beside);
    w->near = memory_zeroed(p->n * m, sizeof *w->near);
    w->near_beside = memory_zeroed(rows * m, sizeof *w->near_beside);
    w->n_near = memory_zeroed(p->n, sizeof *w->n_near);
    w->n_beside = memory_zeroed(rows, sizeof *w->n_beside);
    w->nearest = memory_zeroed(rows / TILE, sizeof *w->nearest);
    w->farthest = memory_zeroed(rows / TILE, sizeof *w->farthest);
    w->room = memory_zeroed(workers, sizeof *w->room);
    out->silhouettes = memory_zeroed(p->n, sizeof *out->silhouettes);
    out->purities = memory_zeroed(p->n, sizeof *out->purities);
    bool ok = w->sums && w->beside && w->near && w->near_beside && w->n_near && w->n_beside && w->nearest &&
              w->farthest && w->room && out->silhouettes && out->purities;
    for (size_t v = 0; ok && v < workers; v++)
        ok = (w->room[v] = memory_aligned(64, (size_t)TILE * TILE * sizeof **w->room)) != NULL;
    return ok || error_memory(err, "pairs of points");
}

static void close_walk(struct pair_walk *w, size_t workers) {
    for (size_t v = 0; w->room && v < workers; v++) memory_free(w->room[v]);
    for (size_t v = 0; w->ladder && v < workers; v++)
        for (size_t s = 0; s < 2; s++) memory_free(w->ladder[v].count[s]);
    memory_free(w->ladder);
    memory_free(w->packed);
    memory_free(w->square);
    memory_free(w->sums);
    memory_free(w->beside);
    memory_free(w->near);
    memory_free(w->near_beside);
    memory_free(w->n_near);
    memory_free(w->n_beside);
    memory_free(w->nearest);
    memory_free(w->farthest);
    memory_free(w->room);
}

bool cluster_pairs(const struct cluster_points *points, const struct cluster_pairs_options *options, struct pool *pool,
                   struct cluster_pairs *out, struct error *err) {
    struct pair_walk w = {.points = points,
                          .neighbours = options->neighbours ? options->neighbours : CLUSTER_NEIGHBOURS,
                          .sums_wanted = true};
    size_t workers = pool_threads(pool);
    *out = (struct cluster_pairs){.dunn = INFINITY};
    bool ok = open_walk(&w, workers, out, err) && pack(&w, pool, err);
    if (ok) {
        walk(&w, pool, out);
        finish(&w, out);
    }
    if (ok && options->robust && (ok = open_ladders(&w, workers, err))) quantiles(&w, pool, workers, out);
    close_walk(&w, workers);
    if (!ok) cluster_pairs_done(out);
    return ok;
}

void cluster_pairs_done(struct cluster_pairs *pairs) {
    memory_free(pairs->silhouettes);
    memory_free(pairs->purities);
    *pairs = (struct cluster_pairs){0};
}
