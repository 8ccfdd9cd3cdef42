/* Indices of labelled groups of points: known answers, the pruned Dunn against all pairs, planted faults whose size is
 * known by formula, and invariance. Weights of layers: sums against vectors, the best weights against every set of them,
 * the learner, which can never be better. Known answers are worked out by hand, to all digits. */
#include "check.h"

#include "measure/statistics/cluster.h"
#include "measure/statistics/layers.h"
#include "measure/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct golden {
    const char *name;
    size_t n, first;
    double x[10][2];
    double within, apart2, xie_beni, calinski_harabasz, davies_bouldin, dunn, silhouette;
};
static const struct golden goldens[] = {
    {"two squares", 8, 4, {{0, 0}, {2, 0}, {0, 2}, {2, 2}, {10, 0}, {12, 0}, {10, 2}, {12, 2}},
     16, 100, .02, 75, .2828427124746190, 2.8284271247461901, .7724759387},
    {"one corner less", 7, 3, {{0, 0}, {2, 0}, {0, 2}, {10, 0}, {12, 0}, {10, 2}, {12, 2}},
     NAN, NAN, .017820018, 68.714285714, .263310576, 2.828427125, .779460415},
    {"overlapping squares", 8, 4, {{0, 0}, {4, 0}, {0, 4}, {4, 4}, {3, 1}, {7, 1}, {3, 5}, {7, 5}},
     64, 10, .8, 1.875, 1.7888543819998317, .25, -.0132238293},
};

static void near(double found, double expected, double tolerance) {
    if (fabs(found - expected) > tolerance || isnan(found) != isnan(expected))
        fail_msg("found %.12g, expected %.12g", found, expected);
}

struct set {
    double x[4096];
    uint32_t label[512];
    struct cluster_points points;
};

static void golden_set(const struct golden *g, struct set *s) {
    s->points = (struct cluster_points){g->n, 2, 2, s->x, s->label};
    for (size_t i = 0; i < g->n; i++) {
        s->x[2 * i] = g->x[i][0];
        s->x[2 * i + 1] = g->x[i][1];
        s->label[i] = i >= g->first;
    }
}

static void known_answers(void **state) {
    (void)state;
    struct error err;
    for (size_t threads = 1; threads <= 2; threads++) {
        struct pool *pool = pool_new(threads, &err);
        assert_non_null(pool);
        for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
            const struct golden *g = &goldens[i];
            struct set s;
            struct cluster_moments m;
            struct cluster_pairs p;
            struct cluster_dunn d;
            size_t bad;
            golden_set(g, &s);
            assert_true(cluster_check(&s.points, &bad, &err) && cluster_moments(&s.points, pool, &m, &err));
            assert_true(cluster_pairs(&s.points, &(struct cluster_pairs_options){0}, pool, &p, &err));
            assert_true(cluster_dunn(&s.points, &m, 0, &d, &err) && d.whole);
            double n = (double)g->n, n1 = (double)g->first, n2 = n - n1;
            if (!isnan(g->within)) near(m.within, g->within, 1e-9), near(m.apart2, g->apart2, 1e-9);
            near(m.xie_beni, g->xie_beni, 1e-9);
            near(m.calinski_harabasz, g->calinski_harabasz, 1e-9);
            near(m.davies_bouldin, g->davies_bouldin, 1e-9);
            near(p.dunn, g->dunn, 1e-9);
            near(d.dunn, g->dunn, 1e-9);
            near(p.silhouette, g->silhouette, 1e-9);
            near(m.rho * m.xie_beni, 1, 1e-12);
            near(m.calinski_harabasz * m.xie_beni, n1 * n2 * (n - 2) / (n * n), 1e-9);
            cluster_moments_done(&m);
            cluster_pairs_done(&p);
        }
        pool_free(pool);
    }
}

/* n points of d coordinates, of which each label has its share; `step` 0: normal, else on a grid, with ties. */
static void random_set(uint64_t number, size_t n, size_t d, double step, struct set *s) {
    struct rng rng = rng_stream(7, "cluster", number);
    s->points = (struct cluster_points){n, d, 2, s->x, s->label};
    for (size_t i = 0; i < n; i++) {
        s->label[i] = i < 2 ? (uint32_t)i : (uint32_t)rng_below(&rng, 2);
        for (size_t c = 0; c < d; c++) {
            double x = rng_normal(&rng) + (c == 0 ? 1.5 * s->label[i] : 0);
            s->x[i * d + c] = step > 0 ? round(x / step) * step : x;
        }
    }
}

static void pruned_dunn_is_that_of_all_pairs(void **state) {
    (void)state;
    struct error err;
    for (uint64_t t = 0; t < 1000; t++) {
        struct set s;
        struct cluster_moments m;
        struct cluster_dunn found, expected;
        struct cluster_pairs p;
        random_set(t, 3 + t % 60, 1 + t % 7, t % 3 == 0 ? 0.5 : t % 3 == 1 ? 2 : 0, &s);
        if (t % 11 == 0) /* far from 0, where digits are few */
            for (size_t i = 0; i < s.points.n * s.points.d; i++) s.x[i] += 1e6;
        assert_true(cluster_moments(&s.points, NULL, &m, &err) && cluster_dunn(&s.points, &m, 0, &found, &err));
        assert_true(cluster_pairs(&s.points, &(struct cluster_pairs_options){0}, NULL, &p, &err));
        expected = cluster_dunn_plain(&s.points);
        if (memcmp(&found.nearest, &expected.nearest, 8) || memcmp(&found.diameter, &expected.diameter, 8))
            fail_msg("instance %d: %.17g / %.17g instead of %.17g / %.17g", (int)t, found.nearest, found.diameter,
                     expected.nearest, expected.diameter);
        near(p.dunn, expected.dunn, 1e-9 * (1 + fabs(expected.dunn)));
        cluster_moments_done(&m);
        cluster_pairs_done(&p);
    }
}

static void silhouette_and_purity_are_those_of_all_pairs(void **state) {
    (void)state;
    struct error err;
    static struct set s;
    static double distance[512][512];
    size_t n = 500, d = 8;
    random_set(5, n, d, 0, &s);
    memcpy(s.x + 8 * 7, s.x + 8 * 300, 8 * sizeof *s.x); /* two that are one */
    struct cluster_pairs p;
    struct pool *pool = pool_new(2, &err);
    assert_true(pool && cluster_pairs(&s.points, &(struct cluster_pairs_options){0, true}, pool, &p, &err));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t c = 0; c < d; c++) sum += pow(s.x[i * d + c] - s.x[j * d + c], 2);
            distance[i][j] = sqrt(sum);
        }
    for (size_t i = 0; i < n; i++) {
        double sum[2] = {0}, size[2] = {0};
        size_t same = 0;
        for (size_t j = 0; j < n; j++) {
            sum[s.label[j]] += distance[i][j];
            size[s.label[j]] += j != i;
            size_t before = 0; /* how many are nearer than j */
            for (size_t k = 0; k < n; k++)
                before += k != i && (distance[i][k] < distance[i][j] || (distance[i][k] == distance[i][j] && k < j));
            same += j != i && before < 10 && s.label[j] == s.label[i];
        }
        double a = sum[s.label[i]] / size[s.label[i]], b = sum[!s.label[i]] / size[!s.label[i]];
        near(p.silhouettes[i], (b - a) / fmax(a, b), 1e-9);
        near(p.purities[i], (double)same / 10, 1e-12);
    }
    cluster_pairs_done(&p);
    pool_free(pool);
}

/* ---- all indices by their definitions, of small sets of two to four groups */

enum { INDICES = 7 };
static const char *const index_names[INDICES] = {
    "W", "Xie-Beni", "Calinski-Harabasz", "Davies-Bouldin", "Dunn", "silhouette", "purity"};

static double between(const struct cluster_points *p, size_t i, const double *centre) {
    double sum = 0;
    for (size_t c = 0; c < p->d; c++) sum += pow(p->x[i * p->d + c] - centre[c], 2);
    return sqrt(sum);
}

/* Those that follow from centres. */
static void plain_centres(const struct cluster_points *p, double *out) {
    double centre[5][8] = {{0}}, size[5] = {0}, spread[4] = {0}, apart = INFINITY, b = 0, db = 0;
    for (size_t i = 0; i < p->n; i++)
        for (size_t g = 0; g < 5; g++) { /* the last one of all */
            if (g != p->label[i] && g != 4) continue;
            size[g]++;
            for (size_t c = 0; c < p->d; c++) centre[g][c] += p->x[i * p->d + c];
        }
    for (size_t g = 0; g < 5; g++)
        for (size_t c = 0; g == 4 || g < p->k ? c < p->d : 0; c++) centre[g][c] /= size[g];
    out[0] = 0;
    for (size_t i = 0; i < p->n; i++) {
        double r = between(p, i, centre[p->label[i]]);
        out[0] += r * r, spread[p->label[i]] += r / size[p->label[i]];
    }
    for (size_t g = 0; g < p->k; g++) {
        double worst = 0, d2 = 0;
        for (size_t c = 0; c < p->d; c++) d2 += pow(centre[g][c] - centre[4][c], 2);
        b += size[g] * d2;
        for (size_t h = 0; h < p->k; h++) {
            double far2 = 0;
            for (size_t c = 0; c < p->d; c++) far2 += pow(centre[g][c] - centre[h][c], 2);
            if (h == g) continue;
            apart = fmin(apart, far2);
            worst = fmax(worst, (spread[g] + spread[h]) / sqrt(far2));
        }
        db += worst / (double)p->k;
    }
    out[1] = out[0] / ((double)p->n * apart);
    out[2] = b / (double)(p->k - 1) / (out[0] / (double)(p->n - p->k));
    out[3] = db;
}

/* How many points are nearer to i than j is; of equals those that come first. */
static size_t nearer(const struct cluster_points *p, size_t i, size_t j) {
    size_t n = 0;
    double mine = between(p, i, p->x + j * p->d);
    for (size_t m = 0; m < p->n; m++) {
        double d = between(p, i, p->x + m * p->d);
        n += m != i && (d < mine || (d == mine && m < j));
    }
    return n;
}

/* Those of all pairs; a point alone in its group has silhouette 0. */
static void plain_pairs(const struct cluster_points *p, double *out) {
    double least = INFINITY, most = 0, near_own = 0, silhouettes = 0;
    size_t asked = p->n - 1 < 3 ? p->n - 1 : 3;
    for (size_t i = 0; i < p->n; i++) {
        double sum[4] = {0}, size[4] = {0}, a, b = INFINITY;
        for (size_t j = 0; j < p->n; j++) {
            double d = between(p, i, p->x + j * p->d);
            if (j == i) continue;
            sum[p->label[j]] += d, size[p->label[j]]++;
            if (p->label[j] == p->label[i])
                most = fmax(most, d), near_own += nearer(p, i, j) < asked;
            else
                least = fmin(least, d);
        }
        a = sum[p->label[i]] / size[p->label[i]];
        for (size_t g = 0; g < p->k; g++)
            if (g != p->label[i]) b = fmin(b, sum[g] / size[g]);
        if (size[p->label[i]] > 0 && fmax(a, b) > 0) silhouettes += (b - a) / fmax(a, b);
    }
    out[4] = least / most;
    out[5] = silhouettes / (double)p->n;
    out[6] = near_own / (double)asked / (double)p->n;
}

/* Points are normal: without ties, so that the nearest are told by both alike. */
static void random_groups(uint64_t number, struct set *s) {
    struct rng rng = rng_stream(8, "cluster/groups", number);
    size_t k = 2 + rng_below(&rng, 3), d = 1 + rng_below(&rng, 5), n = 2 * k + rng_below(&rng, 20);
    double apart = 3 * rng_unit(&rng);
    s->points = (struct cluster_points){n, d, k, s->x, s->label};
    for (size_t i = 0; i < n; i++) {
        s->label[i] = i < 2 * k ? (uint32_t)(i % k) : (uint32_t)rng_below(&rng, k);
        for (size_t c = 0; c < d; c++) s->x[i * d + c] = rng_normal(&rng) + (c == 0 ? apart * s->label[i] : 0);
    }
}

/* And which of two sets of points has the larger index: a verdict that falls both ways. */
static void indices_are_those_of_their_definitions(void **state) {
    static struct set s;
    struct error err;
    double before[INDICES] = {0}, expected[INDICES];
    size_t larger[INDICES] = {0};
    (void)state;
    for (uint64_t t = 0; t < 1000; t++) {
        struct cluster_moments m;
        struct cluster_pairs p;
        random_groups(t, &s);
        assert_true(cluster_moments(&s.points, NULL, &m, &err));
        assert_true(cluster_pairs(&s.points, &(struct cluster_pairs_options){.neighbours = 3}, NULL, &p, &err));
        const double found[INDICES] = {m.within,     m.xie_beni, m.calinski_harabasz, m.davies_bouldin, p.dunn,
                                       p.silhouette, p.purity};
        plain_centres(&s.points, expected);
        plain_pairs(&s.points, expected);
        for (size_t i = 0; i < INDICES; i++) {
            if (!(fabs(found[i] - expected[i]) <= 1e-9 * (1 + fabs(expected[i]))))
                fail_msg("set %d: %s is %.17g, by its definition %.17g", (int)t, index_names[i], found[i], expected[i]);
            larger[i] += t > 0 && found[i] > before[i];
        }
        memcpy(before, found, sizeof before);
        cluster_moments_done(&m);
        cluster_pairs_done(&p);
    }
    for (size_t i = 0; i < INDICES; i++) {
        print_message("%s: larger than that of the set before %zu times of 999\n", index_names[i], larger[i]);
        assert_in_range(larger[i], 200, 799);
    }
}

static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void robust_dunn_does_not_see_an_outlier(void **state) {
    (void)state;
    struct error err;
    static struct set s;
    static double list[2][131072];
    size_t count[2] = {0}, n = 400, d = 4;
    struct cluster_pairs before, after;
    random_set(9, n, d, 0, &s);
    assert_true(cluster_pairs(&s.points, &(struct cluster_pairs_options){0, true}, NULL, &before, &err));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            double sum = 0;
            for (size_t c = 0; c < d; c++) sum += pow(s.x[i * d + c] - s.x[j * d + c], 2);
            bool same = s.label[i] == s.label[j];
            list[same][count[same]++] = sqrt(sum);
        }
    for (size_t k = 0; k < 2; k++) qsort(list[k], count[k], sizeof **list, rising);
    double low = list[0][(size_t)ceil(.01 * (double)count[0]) - 1],
           high = list[1][(size_t)ceil(.99 * (double)count[1]) - 1];
    near(before.dunn_robust, low / high, 2e-8);
    for (size_t c = 0; c < d; c++) s.x[c] *= 100;
    assert_true(cluster_pairs(&s.points, &(struct cluster_pairs_options){0, true}, NULL, &after, &err));
    assert_true(after.dunn < 0.05 * before.dunn && after.dunn_robust > 0.8 * before.dunn_robust);
    cluster_pairs_done(&before);
    cluster_pairs_done(&after);
}

/* Two groups of identity covariance in d dimensions, whose centres are D apart; a share of labels flipped. */
static void gaussians(uint64_t seed, size_t n, size_t d, double D, double flipped, double *x, uint32_t *label) {
    struct rng rng = rng_stream(seed, "gaussians", 0);
    for (size_t i = 0; i < n; i++) {
        bool second = i % 2;
        label[i] = second != ((double)(i / 2 % 10) < 10 * flipped); /* exactly this share of each group */
        for (size_t c = 0; c < d; c++) x[i * d + c] = rng_normal(&rng) + (c == 0 ? D * second : 0);
    }
}

static void planted_separation_is_recovered(void **state) {
    (void)state;
    struct error err;
    enum { N = 4000, D = 16 };
    double *x = malloc(N * D * sizeof *x);
    uint32_t *label = malloc(N * sizeof *label);
    static const double flips[] = {0, .1, .3};
    for (size_t f = 0; f < 3; f++) {
        double sum = 0;
        for (uint64_t seed = 0; seed < 4; seed++) {
            struct cluster_moments m;
            gaussians(seed, N, D, 5, flips[f], x, label);
            assert_true(cluster_moments(&(struct cluster_points){N, D, 2, x, label}, NULL, &m, &err));
            sum += m.rho / 4;
            cluster_moments_done(&m);
        }
        double keep = 1 - 2 * flips[f], expected = keep * keep * 25 / (16 + flips[f] * (1 - flips[f]) * 25);
        expected += 16 * (4.0 / N) / (16 + flips[f] * (1 - flips[f]) * 25); /* D^2 is biased by d s^2 (1/n1 + 1/n2) */
        near(sum / expected, 1, .02);
    }
    free(x);
    free(label);
}

/* Distance of the empirical distribution of sorted u from the uniform one; the bound is Kolmogorov's at 1%. */
static void is_uniform(double *u, size_t n) {
    double most = 0;
    qsort(u, n, sizeof *u, rising);
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fmax((double)(i + 1) / (double)n - u[i], u[i] - (double)i / (double)n));
    if (most > 1.63 / sqrt((double)n)) fail_msg("%.3f from uniform with %zu", most, n);
}

static void random_labels_mean_nothing(void **state) {
    (void)state;
    struct error err;
    enum { N = 60, D = 24, SEEDS = 200 };
    static double x[N * D], p[SEEDS], z[SEEDS];
    static uint32_t label[N];
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct cluster_moments m;
        struct cluster_null null;
        struct cluster_points points = {N, D, 2, x, label};
        gaussians(seed + 100, N, D, 0, 0, x, label);
        assert_true(cluster_moments(&points, NULL, &m, &err));
        assert_true(cluster_null(&points, &m, 400, seed, "null", NULL, &null, &err));
        p[seed] = null.p;
        z[seed] = .5 * erfc(-null.z / sqrt(2));
        cluster_moments_done(&m);
    }
    is_uniform(p, SEEDS);
    is_uniform(z, SEEDS);
}

/* Pairs that differ little from one another and much from all others: only labels dealt within pairs see that the second
 * of each lies off the first in one direction, and see nothing where it does not. */
static void matched_pairs_keep_their_labels(void **state) {
    (void)state;
    struct error err;
    enum { PAIRS = 40, D = 8 };
    static double x[2 * PAIRS * D], drawn[2][400];
    static uint32_t label[2 * PAIRS];
    static uint64_t pair[2 * PAIRS];
    for (int apart = 0; apart < 2; apart++) {
        struct rng rng = rng_stream(5, "pairs", 0);
        struct cluster_moments m;
        struct cluster_points points = {2 * PAIRS, D, 2, x, label};
        for (size_t i = 0; i < 2 * PAIRS; i++) {
            pair[i] = i / 2;
            label[i] = i % 2;
            for (size_t c = 0; c < D; c++)
                x[i * D + c] = (i % 2 ? x[(i - 1) * D + c] : 10 * rng_normal(&rng)) + .1 * rng_normal(&rng) +
                               (c == 0 ? .1 * apart * (double)label[i] : 0);
        }
        memset(drawn, 0, sizeof drawn);
        assert_true(cluster_moments(&points, NULL, &m, &err));
        assert_true(cluster_null_draw(&points, NULL, &m, 400, 1, "all", NULL, drawn[0], &err));
        assert_true(cluster_null_draw(&points, pair, &m, 400, 1, "pairs", NULL, drawn[1], &err));
        double all = cluster_null_of(m.calinski_harabasz, drawn[0], 400).p,
               within = cluster_null_of(m.calinski_harabasz, drawn[1], 400).p;
        assert_true(all > .9);
        assert_true(apart ? within < .01 : within > .02);
        cluster_moments_done(&m);
    }
}

/* Rotation by Householder reflections, shift, scale. */
static void nothing_depends_on_the_frame(void **state) {
    (void)state;
    struct error err;
    static struct set s;
    size_t n = 120, d = 6;
    double found[3][8];
    for (int turn = 0; turn < 3; turn++) {
        struct cluster_moments m;
        struct cluster_pairs p;
        uint32_t fold[120];
        random_set(21, n, d, 0, &s);
        struct rng rng = rng_stream(3, "turn", 0);
        double u[6], square = 0;
        for (size_t c = 0; c < d; c++) u[c] = rng_normal(&rng), square += u[c] * u[c];
        for (size_t i = 0; turn && i < n; i++) {
            double along = 0;
            for (size_t c = 0; c < d; c++) along += u[c] * s.x[i * d + c];
            for (size_t c = 0; c < d; c++) s.x[i * d + c] += 3 * (double)c - 2 * along * u[c] / square;
        }
        for (size_t i = 0; turn == 2 && i < n * d; i++) s.x[i] *= 1000;
        for (size_t i = 0; i < n; i++) fold[i] = i / 2 % 2;
        assert_true(cluster_moments(&s.points, NULL, &m, &err));
        assert_true(cluster_pairs(&s.points, &(struct cluster_pairs_options){0, true}, NULL, &p, &err));
        double accuracy;
        assert_true(cluster_probe(&s.points, fold, NULL, NULL, &accuracy, &err));
        const double values[] = {m.rho, m.calinski_harabasz, m.davies_bouldin, m.simplified,
                                 p.dunn, p.silhouette, p.purity, accuracy};
        memcpy(found[turn], values, sizeof values);
        for (size_t i = 0; i < 8; i++) near(found[turn][i], found[0][i], 1e-9);
        assert_true(accuracy > .6 && accuracy < .95);
        cluster_moments_done(&m);
        cluster_pairs_done(&p);
    }
}

static void results_do_not_depend_on_threads(void **state) {
    (void)state;
    struct error err;
    enum { N = 700, D = 300 };
    double *x = malloc(N * D * sizeof *x), found[3][7];
    uint32_t *label = malloc(N * sizeof *label), *fold = malloc(N * sizeof *fold);
    gaussians(4, N, D, 3, .1, x, label);
    for (size_t i = 0; i < N; i++) fold[i] = i / 3 % 2;
    for (size_t threads = 1; threads <= 3; threads++) {
        struct pool *pool = pool_new(threads, &err);
        struct cluster_points points = {N, D, 2, x, label};
        struct cluster_moments m;
        struct cluster_pairs p;
        struct cluster_null null;
        double accuracy;
        assert_true(pool && cluster_moments(&points, pool, &m, &err));
        assert_true(cluster_pairs(&points, &(struct cluster_pairs_options){0, true}, pool, &p, &err));
        assert_true(cluster_null(&points, &m, 50, 1, "null", pool, &null, &err));
        assert_true(cluster_probe(&points, fold, pool, NULL, &accuracy, &err));
        const double values[] = {m.rho, m.davies_bouldin, p.silhouette, p.dunn_robust, p.purity, null.z, accuracy};
        memcpy(found[threads - 1], values, sizeof values);
        assert_memory_equal(found[threads - 1], found[0], sizeof values);
        cluster_moments_done(&m);
        cluster_pairs_done(&p);
        pool_free(pool);
    }
    free(x);
    free(label);
    free(fold);
}

static void bad_points_are_refused(void **state) {
    (void)state;
    struct error err;
    double x[] = {0, 1, NAN, 3};
    uint32_t label[] = {0, 0, 1, 1}, one[] = {0, 0, 0, 0};
    size_t bad;
    assert_false(cluster_check(&(struct cluster_points){4, 1, 2, x, label}, &bad, &err));
    assert_int_equal(bad, 2);
    assert_false(cluster_check(&(struct cluster_points){2, 1, 2, x, one}, &bad, &err));
    assert_int_equal(bad, SIZE_MAX);
    assert_false(cluster_check(&(struct cluster_points){2, 1, 1, x, one}, &bad, &err));
}

/* Identical points: nothing is defined, and nothing crashes. */
static void points_that_are_one(void **state) {
    (void)state;
    struct error err;
    double x[] = {3, 3, 3, 3};
    uint32_t label[] = {0, 0, 1, 1};
    struct cluster_points points = {4, 1, 2, x, label};
    struct cluster_moments m;
    struct cluster_pairs p;
    assert_true(cluster_moments(&points, NULL, &m, &err));
    assert_true(cluster_pairs(&points, &(struct cluster_pairs_options){0, true}, NULL, &p, &err));
    assert_true(isnan(m.rho) && isinf(m.xie_beni) && isinf(m.calinski_harabasz) && isnan(p.dunn));
    near(p.silhouette, 0, 0);
    cluster_moments_done(&m);
    cluster_pairs_done(&p);
}

/* ---- layers ---- */

static void sparsemax_of_known_vectors(void **state) {
    (void)state;
    static const double in[3][4] = {{1, .8, .1, -.5}, {2, 2, 2, 2}, {3, 0, 0, 0}};
    static const double want[3][4] = {{.6, .4, 0, 0}, {.25, .25, .25, .25}, {1, 0, 0, 0}};
    for (size_t t = 0; t < 3; t++) {
        double out[4], order[4];
        sparsemax(in[t], 4, out, order);
        for (size_t i = 0; i < 4; i++) near(out[i], want[t][i], 1e-12);
    }
}

enum { TEXTS = 300, LAYERS = 7, WIDTH = 20 };
struct deck {
    float h[TEXTS][LAYERS][WIDTH];
    uint8_t label[TEXTS];
    uint32_t text[TEXTS];
    struct layers *sums;
};

/* signal[l] apart in layer l, in a direction of its own, or in the same one for all; noise is of each layer, or the same
 * in all, as in a residual stream. */
enum { SAME_WAY = 1, SAME_NOISE = 2 };
static void deal(struct deck *d, const double *signal, int how) {
    struct rng rng = rng_stream(11, "layers", 0);
    struct error err;
    assert_non_null(d->sums = layers_new(LAYERS, WIDTH, 4, &err));
    for (size_t i = 0; i < TEXTS; i++) {
        d->label[i] = (uint8_t)rng_below(&rng, 2);
        d->text[i] = (uint32_t)i;
        for (size_t c = 0; c < WIDTH; c++) {
            double noise = rng_normal(&rng);
            for (size_t l = 0; l < LAYERS; l++) {
                d->h[i][l][c] = (float)(noise + 30 + (c == (how & SAME_WAY ? 0 : l) ? signal[l] * (d->label[i] - .5) : 0));
                if (!(how & SAME_NOISE)) noise = rng_normal(&rng);
            }
        }
        assert_true(layers_add(d->sums, d->label[i] * 2u + i % 2, &d->h[i][0][0], &err));
    }
    layers_end(d->sums);
}

static const uint8_t both[4] = {0, 0, 1, 1};

static void sums_say_what_vectors_say(void **state) {
    (void)state;
    static struct deck d;
    static double x[TEXTS * WIDTH];
    static uint32_t label[TEXTS];
    struct error err;
    struct layers_scatter s;
    struct cluster_moments m;
    double scale[LAYERS], alpha[LAYERS] = {.1, .3, 0, .05, .25, .2, .1};
    deal(&d, (double[]){.5, 1, 0, 2, .3, 1, 1}, SAME_WAY);
    layers_scales(d.sums, scale);
    assert_true(layers_scatter(d.sums, both, scale, &s, &err));
    for (size_t i = 0; i < TEXTS; i++) {
        label[i] = d.label[i];
        for (size_t l = 0; l < LAYERS; l++)
            for (size_t c = 0; c < WIDTH; c++) x[i * WIDTH + c] += alpha[l] * scale[l] * (double)d.h[i][l][c];
    }
    assert_true(cluster_moments(&(struct cluster_points){TEXTS, WIDTH, 2, x, label}, NULL, &m, &err));
    near(layers_rho(&s, alpha) / m.rho, 1, 1e-9);
    near(layers_within(&s, alpha) / m.within, 1, 1e-9);
    double square = 0;
    for (size_t i = 0; i < TEXTS; i++)
        for (size_t c = 0; c < WIDTH; c++) square += pow((double)d.h[i][3][c], 2);
    near(scale[3], 1 / sqrt(square / TEXTS), 1e-12);
    cluster_moments_done(&m);
    layers_scatter_done(&s);
    layers_free(d.sums);
}

static const float *read_text(void *context, size_t text) {
    return &((struct deck *)context)->h[text][0][0];
}

static void one_layer_carries_the_signal(void **state) {
    (void)state;
    static struct deck d;
    struct error err;
    struct layers_scatter s;
    struct layers_best best;
    double scale[LAYERS], alpha[LAYERS], learned[LAYERS];
    size_t steps;
    deal(&d, (double[]){0, 0, 0, 0, 0, 14, 0}, SAME_WAY | SAME_NOISE);
    layers_scales(d.sums, scale);
    assert_true(layers_scatter(d.sums, both, scale, &s, &err) && layers_optimal(&s, alpha, &best, &err));
    assert_true(alpha[5] > .9 && best.proof != LAYERS_LOCAL);
    near(layers_rho(&s, alpha), best.rho, 1e-9 * best.rho);
    assert_true(best.bound >= best.rho * (1 - 1e-9));
    const struct layers_learner settings = {200, 64, .05, .1, 42};
    assert_true(layers_learn(&settings, LAYERS, WIDTH, scale, read_text, &d, d.text, d.label, TEXTS, learned, &steps,
                             &err));
    assert_true(learned[5] > .9);
    assert_true(layers_rho(&s, learned) <= best.rho * (1 + 1e-9));
    layers_scatter_done(&s);
    layers_free(d.sums);
}

/* No weights of a fine grid, and none of a thousand random ones, are better; signals that cancel make mixed signs. */
static void nothing_is_better_than_the_best(void **state) {
    (void)state;
    static struct deck d;
    struct error err;
    static const double signals[3][LAYERS] = {
        {1, 2, 3, 2, 1, 0, 1}, {2, -2, 1, -1, 3, -3, 0}, {.1, .1, .1, .1, .1, .1, .1}};
    for (size_t t = 0; t < 3; t++) {
        struct layers_scatter s;
        struct layers_best best;
        double scale[LAYERS], alpha[LAYERS], other[LAYERS], sum = 0;
        deal(&d, signals[t], t != 2 ? SAME_WAY : 0);
        layers_scales(d.sums, scale);
        assert_true(layers_scatter(d.sums, both, scale, &s, &err) && layers_optimal(&s, alpha, &best, &err));
        for (size_t l = 0; l < LAYERS; l++) sum += alpha[l], assert_true(alpha[l] >= 0);
        near(sum, 1, 1e-12);
        struct rng rng = rng_stream(t, "weights", 0);
        for (size_t k = 0; k < 1000; k++) {
            for (size_t l = 0; l < LAYERS; l++) other[l] = k % 2 ? -log(1 - rng_unit(&rng)) : rng_unit(&rng) < .4;
            other[k % LAYERS] += .01;
            assert_true(layers_rho(&s, other) <= best.rho * (1 + 1e-9));
            for (size_t l = 0; l < LAYERS; l++) /* near the best */
                other[l] = fmax(0, alpha[l] + .02 * rng_normal(&rng));
            assert_true(layers_rho(&s, other) <= best.rho * (1 + 1e-9));
        }
        layers_scatter_done(&s);
        layers_free(d.sums);
    }
}

/* Where sets are too many to be tried, starts from everywhere find what trying them finds. */
static void starts_find_the_best_of_sets(void **state) {
    (void)state;
    enum { FEW = 8, MANY = 20 };
    struct error err;
    for (uint64_t t = 0; t < 20; t++) {
        struct rng rng = rng_stream(t, "pencil", 0);
        double within[MANY * MANY] = {0}, apart[MANY * MANY] = {0}, small[2][FEW * FEW] = {{0}};
        for (size_t r = 0; r < 3; r++) { /* differences between groups of rank 3, of both signs */
            double v[FEW];
            for (size_t l = 0; l < FEW; l++) v[l] = rng_normal(&rng);
            for (size_t l = 0; l < FEW; l++)
                for (size_t m = 0; m < FEW; m++) small[1][l * FEW + m] += v[l] * v[m];
        }
        for (size_t l = 0; l < FEW; l++)
            for (size_t m = 0; m < FEW; m++) small[0][l * FEW + m] = (l == m) + .1;
        for (size_t l = 0; l < MANY; l++) within[l * MANY + l] = 100; /* further layers that carry nothing */
        for (size_t l = 0; l < FEW; l++)
            for (size_t m = 0; m < FEW; m++) {
                within[l * MANY + m] = small[0][l * FEW + m];
                apart[l * MANY + m] = small[1][l * FEW + m];
            }
        double alpha[MANY];
        struct layers_best few, many;
        assert_true(layers_optimal(&(struct layers_scatter){FEW, {10, 10}, small[0], small[1]}, alpha, &few, &err));
        assert_true(layers_optimal(&(struct layers_scatter){MANY, {10, 10}, within, apart}, alpha, &many, &err));
        near(many.rho / few.rho, 1, 1e-6);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(pruned_dunn_is_that_of_all_pairs),
        cmocka_unit_test(silhouette_and_purity_are_those_of_all_pairs),
        cmocka_unit_test(indices_are_those_of_their_definitions),
        cmocka_unit_test(robust_dunn_does_not_see_an_outlier),
        cmocka_unit_test(planted_separation_is_recovered),
        cmocka_unit_test(random_labels_mean_nothing),
        cmocka_unit_test(matched_pairs_keep_their_labels),
        cmocka_unit_test(nothing_depends_on_the_frame),
        cmocka_unit_test(results_do_not_depend_on_threads),
        cmocka_unit_test(bad_points_are_refused),
        cmocka_unit_test(points_that_are_one),
        cmocka_unit_test(sparsemax_of_known_vectors),
        cmocka_unit_test(sums_say_what_vectors_say),
        cmocka_unit_test(one_layer_carries_the_signal),
        cmocka_unit_test(nothing_is_better_than_the_best),
        cmocka_unit_test(starts_find_the_best_of_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
