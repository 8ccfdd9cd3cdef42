/* k nearest neighbours; k is the one of a few that answers best about rows of its own, each left out. */
#include "measure/table/learner.h"

#include "base/rng.h"
#include "measure/table/synth_near.h"

#include <string.h>

/* Rows that are kept and rows that choose k: of more, as many drawn. */
enum { KEPT_MOST = 10000, CHOOSING = 1000 };
static const size_t ways[] = {1, 5, 15, 25};
enum { WAYS = sizeof ways / sizeof *ways, MOST = 25 };

struct knn {
    struct synth_points kept;
    struct synth_panels panels;
    double *y;
    size_t k;
};

static double share_of(const double *y, const uint32_t *place, size_t k) {
    double sum = 0;
    for (size_t j = 0; j < k; j++) sum += y[place[j]];
    return sum / (double)k;
}

static bool keep(struct knn *m, const struct synth_points *x, const double *y, uint64_t seed, struct arena *arena,
                 struct error *err) {
    struct rng rng = rng_stream(seed, "learner/knn", 0);
    size_t *place = arena_new(arena, size_t, x->n, err), n = x->n < KEPT_MOST ? x->n : KEPT_MOST;
    if (!place || !(m->y = arena_new(arena, double, n, err))) return false;
    for (size_t i = 0; i < x->n; i++) place[i] = i;
    rng_shuffle(&rng, place, x->n);
    for (size_t i = 0; i < n; i++) m->y[i] = y[place[i]];
    return synth_points_some(x, place, n, arena, &m->kept, err) && synth_panels_of(&m->kept, arena, &m->panels, err);
}

/* The rows are in random order, so the first ones may choose. */
static bool choose(struct knn *m, struct arena *arena, struct error *err) {
    struct synth_points first = m->kept;
    size_t most = m->kept.n > MOST ? MOST : m->kept.n - 1, right_most = 0;
    if (first.n > CHOOSING) first.n = CHOOSING;
    double *apart2 = arena_new(arena, double, first.n *most, err);
    uint32_t *place = arena_new(arena, uint32_t, first.n * most, err);
    if (!apart2 || !place || !synth_near(NULL, &first, &m->panels, most, true, apart2, place, err)) return false;
    for (size_t w = 0; w < WAYS && ways[w] <= most; w++) {
        size_t right = 0;
        for (size_t i = 0; i < first.n; i++)
            right += learner_says(share_of(m->y, place + i * most, ways[w])) == (m->y[i] > 0);
        if (right > right_most) right_most = right, m->k = ways[w];
    }
    return true;
}

static bool train(const struct synth_points *x, const double *y, uint64_t seed, struct arena *arena, void **model,
                  struct error *err) {
    struct knn *m = arena_new(arena, struct knn, 1, err);
    *model = m;
    if (m) m->k = 1;
    return m && keep(m, x, y, seed, arena, err) && (m->kept.n < 2 || choose(m, arena, err));
}

static bool ask(const void *model, const struct synth_points *x, double *share, struct arena *arena,
                struct error *err) {
    const struct knn *m = model;
    double *apart2 = arena_new(arena, double, x->n * m->k, err);
    uint32_t *place = arena_new(arena, uint32_t, x->n * m->k, err);
    if (!apart2 || !place || !synth_near(NULL, x, &m->panels, m->k, false, apart2, place, err)) return false;
    for (size_t i = 0; i < x->n; i++) share[i] = share_of(m->y, place + i * m->k, m->k);
    return true;
}

const struct learner learner_knn = {
    .name = "knn", .summary = "k nearest neighbours, k chosen by leaving rows out", .train = train, .ask = ask};
