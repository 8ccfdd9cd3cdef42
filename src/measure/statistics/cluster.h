/* How far labelled groups of points lie apart: indices of cluster validity, and tests of whether the labels mean
 * anything. Distances are Euclidean, everything is f64, and every sum has a fixed order, so that a result is the same
 * for any number of threads. Memory is linear in the number of points, whatever is asked for.
 *
 *   W = sum_k sum_{x in C_k} |x - mu_k|^2       B = sum_k n_k |mu_k - mu|^2       D^2 = min_{k != l} |mu_k - mu_l|^2
 *   rho = n D^2 / W                             the one number of two labelled groups: with them
 *   Xie-Beni = W / (n D^2) = 1 / rho            Xie & Beni 1991, hard memberships
 *   Calinski-Harabasz = (B / (K-1)) / (W / (n-K)) = rho n_1 n_2 (n-2) / n^2                1974
 *   Davies-Bouldin = mean_k max_l (s_k + s_l) / |mu_k - mu_l|, s_k the mean distance to mu_k    1979
 *   Dunn = least distance of points of two groups / largest distance inside one            1974
 *   silhouette = mean of (b - a) / max(a, b), a and b mean distances to the own and the nearest other group
 *                Rousseeuw 1987 */
#ifndef MEASURE_CLUSTER_H
#define MEASURE_CLUSTER_H

#include "base/pool.h"
#include "base/rng.h"

enum { CLUSTER_GROUPS_MOST = 64, CLUSTER_NEIGHBOURS = 10, CLUSTER_BLOCKS = 32 };

/* Borrowed. Every group has a point: cluster_check. */
struct cluster_points {
    size_t n, d, k;
    const double *x;       /* [n, d] */
    const uint32_t *label; /* [n], below k */
};
/* ERROR_DATA: fewer than two groups, an empty one, or a number that is none (*bad: of which point; SIZE_MAX: of
 * none). */
bool cluster_check(const struct cluster_points *points, size_t *bad, struct error *err) MUST_CHECK;

/* What follows from centres: O(n k d). Arrays are owned: cluster_moments_done. */
struct cluster_moments {
    double within, between, apart2; /* W, B, D^2 */
    double rho, xie_beni, calinski_harabasz, davies_bouldin; /* W 0: rho and CH infinite; D^2 <= 1e-12: XB infinite */
    double simplified; /* silhouette with mean squared distances, which follow from centres and spreads */
    size_t *size;      /* [k] */
    double *centre;    /* [k, d] */
    double *distance2; /* [n, k]: of each point to each centre */
};
bool cluster_moments(const struct cluster_points *points, struct pool *pool, struct cluster_moments *out,
                     struct error *err) MUST_CHECK;
void cluster_moments_done(struct cluster_moments *moments);

/* What needs all pairs: O(n^2 d / 2) in tiles of 256 x 256, as products in f64. Distances whose digits cancel are
 * computed again from differences, so that each is right to 1e-9. */
struct cluster_pairs {
    double silhouette;
    double purity;      /* mean share of the own group among the nearest neighbours; equal distances: by place */
    double dunn;        /* NaN: no group has two different points */
    double dunn_robust; /* the 1st percentile of distances between groups over the 99th inside one (nearest rank), to 8
                         * digits; NaN: not asked for, or as dunn */
    double *silhouettes, *purities; /* [n], owned: cluster_pairs_done */
};
struct cluster_pairs_options {
    size_t neighbours; /* 0: CLUSTER_NEIGHBOURS */
    bool robust;       /* twice more over all pairs */
};
bool cluster_pairs(const struct cluster_points *points, const struct cluster_pairs_options *options, struct pool *pool,
                   struct cluster_pairs *out, struct error *err) MUST_CHECK;
void cluster_pairs_done(struct cluster_pairs *pairs);

/* The same Dunn by pruning: the diameter from points sorted by radius, the nearest pair from points sorted along the
 * line between centres, with the distances to both centres as bounds. `looked`: pairs whose distance was computed. When
 * more than `most` of them were (0: no limit) it gives up: *dunn NaN, *whole false. Two groups. */
struct cluster_dunn {
    double dunn, nearest, diameter; /* distances */
    uint64_t looked;
    bool whole;
};
bool cluster_dunn(const struct cluster_points *points, const struct cluster_moments *moments, uint64_t most,
                  struct cluster_dunn *out, struct error *err) MUST_CHECK;
/* All pairs one by one: the oracle. */
struct cluster_dunn cluster_dunn_plain(const struct cluster_points *points);

/* Do the labels of two groups mean anything? Labels are dealt anew `draws` times (stream seed, name) at random;
 * the total scatter stays, so that only centres are computed. p = (1 + draws at least as far
 * apart) / (1 + draws). */
struct cluster_null {
    double z, p, mean, sd; /* of Calinski-Harabasz; sd 0: z NaN */
};
struct cluster_null cluster_null_of(double found, const double *drawn, size_t draws);
/* drawn: [draws], added to: so that several halves of the points can be judged together. stratum: [n], labels stay
 * within their stratum, as they must where points of both labels were matched; NULL: one stratum. */
bool cluster_null_draw(const struct cluster_points *points, const uint64_t *stratum,
                       const struct cluster_moments *moments, size_t draws, uint64_t seed, const char *name,
                       struct pool *pool, double *drawn, struct error *err) MUST_CHECK;
bool cluster_null(const struct cluster_points *points, const struct cluster_moments *moments, size_t draws,
                  uint64_t seed, const char *name, struct pool *pool, struct cluster_null *out,
                  struct error *err) MUST_CHECK;

/* Balanced accuracy of a ridge classifier of two groups that is fitted on the points of the other fold (fold [n], 0 or
 * 1); the penalty is the mean square of a centred coordinate times the number of points it is fitted on. right: [n],
 * filled with 0, 0.5 (undecided) or 1; NULL: not wanted. NaN: a fold lacks a group. */
bool cluster_probe(const struct cluster_points *points, const uint32_t *fold, struct pool *pool, double *right,
                   double *accuracy, struct error *err) MUST_CHECK;

#endif
