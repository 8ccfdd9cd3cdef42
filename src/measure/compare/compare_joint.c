/* Resamples and exchanges of two runs: see compare_joint.h. */
#include "measure/compare/compare_joint.h"

#include "base/pool.h"
#include "measure/statistics/statistics.h"

#include <math.h>
#include <string.h>

#define ROUNDING 1e-12

static uint64_t cluster_at(const struct tally_selection *s, size_t row) {
    return tally_at(s->tally, s->row[row])->cluster;
}

/* Hashes of the clusters of a side, which rise. */
static uint64_t *side_clusters(const struct tally_selection *s, struct arena *arena, struct error *err) {
    uint64_t *out = arena_new(arena, uint64_t, s->n_clusters + 1, err);
    for (size_t i = 0; out && i < s->n; i++) out[s->cluster[i]] = cluster_at(s, i);
    return out;
}

bool joint_make(struct joint *j, struct tally_selection sides[2], const struct figure_settings *figures,
                struct arena *arena, struct error *err) {
    uint64_t *clusters[2];
    size_t n[2] = {sides[0].n_clusters, sides[1].n_clusters}, i = 0, k = 0;
    *j = (struct joint){.side = {&sides[0], &sides[1]}, .figures = figures};
    for (int s = 0; s < 2; s++)
        if (!(clusters[s] = side_clusters(&sides[s], arena, err)) ||
            !(j->of[s] = arena_new(arena, uint32_t, n[s] + 1, err)))
            return false;
    while (i < n[0] || k < n[1]) {
        bool first = k == n[1] || (i < n[0] && clusters[0][i] <= clusters[1][k]);
        bool second = i == n[0] || (k < n[1] && clusters[1][k] <= clusters[0][i]);
        if (first) j->of[0][i++] = (uint32_t)j->n;
        if (second) j->of[1][k++] = (uint32_t)j->n;
        j->n++;
    }
    j->whole = j->n == n[0] && j->n == n[1];
    return true;
}

/* ---- what a thread needs for itself */

struct hand {
    struct tally_selection side[2]; /* copies with room of their own for what is drawn */
    uint32_t *weights[2];           /* [clusters of the side] */
    uint32_t *coin;                 /* [clusters of both] */
};

static void drop_hands(struct hand *hands, size_t n) {
    for (size_t h = 0; hands && h < n; h++) {
        for (int s = 0; s < 2; s++) {
            memory_free(hands[h].side[s].sums.drawn);
            memory_free(hands[h].weights[s]);
        }
        memory_free(hands[h].coin);
    }
    memory_free(hands);
}

static struct hand *make_hands(const struct joint *j, size_t n, struct error *err) {
    struct hand *hands = memory_zeroed(n, sizeof *hands);
    bool ok = hands != NULL;
    for (size_t h = 0; ok && h < n; h++) {
        for (int s = 0; s < 2; s++) {
            const struct tally_selection *side = j->side[s];
            hands[h].side[s] = *side;
            hands[h].side[s].sums.drawn = memory_grow(NULL, side->sums.n_kinds + 1, sizeof(uint32_t));
            hands[h].weights[s] = memory_grow(NULL, side->n_clusters + 1, sizeof(uint32_t));
            ok = ok && hands[h].side[s].sums.drawn && hands[h].weights[s];
        }
        ok = (hands[h].coin = memory_grow(NULL, j->n + 1, sizeof(uint32_t))) && ok;
    }
    if (ok) return hands;
    drop_hands(hands, n);
    error_memory(err, "resamples");
    return NULL;
}

static double value_of(const struct tally_selection *s, const double *sums) {
    const struct metric_rule *rule = s->use->metric->rule;
    return rule->pick ? sums[1] / sums[0] * rule->scale + rule->shift : rule->value(sums, s->use->options);
}

/* ---- resamples */

/* The figure of side s when cluster c of the list counts weights[c] times. */
static double side_value(const struct joint *j, struct hand *h, int s, const uint32_t *weights) {
    double sums[METRIC_SUMS];
    for (size_t c = 0; c < h->side[s].n_clusters; c++) h->weights[s][c] = weights[j->of[s][c]];
    tally_weigh(&h->side[s], h->weights[s], sums);
    return value_of(&h->side[s], sums);
}

struct resampling {
    const struct joint *joint;
    struct hand *hands;
    double *kept;
};

static void keep_difference(void *context, uint64_t number, size_t worker, const uint32_t *weights, size_t n) {
    struct resampling *r = context;
    struct hand *h = &r->hands[worker];
    (void)n;
    if (number == 0) return; /* the sample itself */
    r->kept[number - 1] = side_value(r->joint, h, 1, weights) - side_value(r->joint, h, 0, weights);
}

bool joint_resample(struct joint *j, const char *stream, double *kept, size_t *n_kept, struct error *err) {
    const struct figure_settings *figures = j->figures;
    size_t workers = pool_threads(figures->pool);
    struct resampling r = {.joint = j, .hands = make_hands(j, workers, err), .kept = kept};
    bool ok = r.hands && stat_resample_rows(figures->pool, j->n, keep_difference, &r, figures->bootstrap, figures->seed,
                                            stream, err);
    *n_kept = 0;
    for (uint64_t b = 0; ok && b < figures->bootstrap; b++)
        if (!isnan(kept[b])) kept[(*n_kept)++] = kept[b];
    drop_hands(r.hands, workers);
    return ok;
}

/* ---- exchanges */

/* Both sides with the answers of the clusters of which coin is 1 exchanged. */
static double exchanged(const struct joint *j, struct hand *h) {
    double sums[2][METRIC_SUMS] = {{0}}, part[METRIC_SUMS];
    for (int s = 0; s < 2; s++)
        for (int goes = 0; goes < 2; goes++) {
            for (size_t c = 0; c < h->side[s].n_clusters; c++)
                h->weights[s][c] = h->coin[j->of[s][c]] == (uint32_t)goes;
            tally_weigh(&h->side[s], h->weights[s], part);
            for (size_t k = 0; k < METRIC_SUMS; k++) sums[goes ? 1 - s : s][k] += part[k];
        }
    return value_of(&h->side[1], sums[1]) - value_of(&h->side[0], sums[0]);
}

enum { PARTS = 64 };

struct exchange {
    const struct joint *joint;
    struct hand *hands;
    const char *stream;
    double d;
    uint64_t beyond[PARTS], all[PARTS];
};

static void exchange_part(void *context, size_t part, size_t worker) {
    struct exchange *x = context;
    struct hand *h = &x->hands[worker];
    const struct figure_settings *figures = x->joint->figures;
    uint64_t to = figures->bootstrap * (part + 1) / PARTS;
    for (uint64_t r = figures->bootstrap * part / PARTS; r < to; r++) {
        struct rng rng = rng_stream(figures->seed, x->stream, r);
        rng_below_many(&rng, 2, h->coin, x->joint->n);
        double other = exchanged(x->joint, h);
        if (isnan(other)) continue;
        x->all[part]++;
        x->beyond[part] += fabs(other) >= fabs(x->d) - ROUNDING * fmax(1, fabs(x->d));
    }
}

bool joint_exchange(struct joint *j, const char *stream, double d, double *p, struct error *err) {
    size_t workers = pool_threads(j->figures->pool);
    uint64_t beyond = 1, all = 1;
    struct exchange x = {.joint = j, .hands = make_hands(j, workers, err), .stream = stream, .d = d};
    if (!x.hands) return false;
    pool_run(j->figures->pool, PARTS, exchange_part, &x);
    for (size_t i = 0; i < PARTS; i++) {
        beyond += x.beyond[i];
        all += x.all[i];
    }
    drop_hands(x.hands, workers);
    *p = (double)beyond / (double)all;
    return true;
}
