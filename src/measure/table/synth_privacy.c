/* What a synthetic table gives away of the rows that its generator saw. See synth_measure.h. */
#include "measure/table/synth_measure.h"

#include "measure/statistics/statistics.h"

#include <math.h>
#include <stdlib.h>

static const double LOW = 0.01; /* false positive rate of mia_low */
enum { VOTERS = 5 };

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool synth_median_of_means(const double *apart2, size_t n, size_t k, struct arena *arena, double *out,
                           struct error *err) {
    double *mean = arena_new(arena, double, n, err);
    if (!mean) return false;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < k; j++) mean[i] += sqrt(apart2[i * SYNTH_NEAR_K + j]);
        mean[i] /= (double)k;
    }
    qsort(mean, n, sizeof *mean, by_value);
    *out = (mean[(n - 1) / 2] + mean[n / 2]) / 2;
    return true;
}

/* ---- equal rows ---- */

static bool holds(const uint64_t *sorted, size_t n, uint64_t hash) {
    size_t from = 0, to = n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (sorted[middle] < hash)
            from = middle + 1;
        else
            to = middle;
    }
    return from < n && sorted[from] == hash;
}

bool synth_replicas(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups, (void)err;
    const struct synth_fold *f = c->fold;
    uint64_t seen = 0, unseen = 0;
    for (size_t r = 0; r < c->table.rows; r++) {
        uint64_t hash = synth_row_hash(f->schema, c->table.x + r * c->table.n);
        bool a = holds(f->train_hash, f->train.rows, hash), b = holds(f->test_hash, f->test.rows, hash);
        seen += a && !b;
        unseen += b && !a;
    }
    struct interval i = stat_paired_shares(c->table.rows, seen, unseen, c->confidence);
    *out = (struct interval){fmax(i.estimate, 0), fmax(i.lo, 0), fmax(i.hi, 0)};
    return true;
}

/* ---- distances ---- */

static bool nn_median(struct synth_case *c, size_t k, struct interval *out, struct error *err) {
    double median;
    if (!synth_median_of_means(c->to_train, c->table.rows, k, c->arena, &median, err)) return false;
    *out = synth_plain(c->fold->median[k - 1] > 0 ? median / c->fold->median[k - 1] : NAN);
    return true;
}

bool synth_nn_median_1(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    return nn_median(c, 1, out, err);
}

bool synth_nn_median_5(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    return nn_median(c, SYNTH_NEAR_K, out, err);
}

/* Of a fresh row the nearest real one is a training row with the chance n_train / (n_train + n_test); with equal sizes
 * this is (share - 1/2) * 2. */
bool synth_dcr_share(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups, (void)err;
    size_t n = c->table.rows;
    double nearer = 0, train = (double)c->fold->train.rows, chance = train / (train + (double)c->fold->test.rows);
    for (size_t r = 0; r < n; r++) {
        double a = c->to_train[r * SYNTH_NEAR_K], b = c->to_test[r];
        nearer += a < b ? 1 : a == b ? chance : 0;
    }
    struct interval i = stat_wilson((uint64_t)llround(nearer), n, c->confidence);
    *out = (struct interval){fmax((nearer / (double)n - chance) / (1 - chance), 0),
                             fmax((i.lo - chance) / (1 - chance), 0), fmax((i.hi - chance) / (1 - chance), 0)};
    return true;
}

/* ---- membership ---- */

struct guess {
    double apart2;
    bool member;
};

static int by_distance(const void *a, const void *b) {
    const struct guess *x = a, *y = b;
    return (x->apart2 > y->apart2) - (x->apart2 < y->apart2);
}

/* Members and as many others, by their distance to the nearest synthetic row. */
static bool guesses(struct synth_case *c, struct guess **out, struct error *err) {
    const struct synth_fold *f = c->fold;
    size_t n = f->n_members;
    struct synth_points members, others = f->test_points;
    double *apart2 = arena_new(c->arena, double, 2 * n, err);
    *out = arena_new(c->arena, struct guess, 2 * n, err);
    others.n = n;
    if (!apart2 || !*out || !synth_points_some(&f->train_points, f->member, n, c->arena, &members, err) ||
        !synth_near(c->pool, &members, &c->panels, 1, false, apart2, NULL, err) ||
        !synth_near(c->pool, &others, &c->panels, 1, false, apart2 + n, NULL, err))
        return false;
    for (size_t i = 0; i < 2 * n; i++) (*out)[i] = (struct guess){apart2[i], i < n};
    qsort(*out, 2 * n, sizeof **out, by_distance);
    return true;
}

/* Largest TPR - FPR, and largest TPR where the FPR is at most LOW, over all thresholds. */
static void best_guess(const struct guess *guess, size_t n, double *advantage, double *low) {
    size_t members = 0, others = 0;
    *advantage = *low = 0;
    for (size_t i = 0; i < 2 * n;) {
        double at = guess[i].apart2;
        for (; i < 2 * n && guess[i].apart2 == at; i++) {
            members += guess[i].member;
            others += !guess[i].member;
        }
        double tpr = (double)members / (double)n, fpr = (double)others / (double)n;
        *advantage = fmax(*advantage, tpr - fpr);
        if (fpr <= LOW) *low = fmax(*low, tpr);
    }
}

static bool membership(struct synth_case *c, double *advantage, double *low, struct error *err) {
    struct guess *guess;
    if (isnan(c->advantage)) {
        if (!guesses(c, &guess, err)) return false;
        best_guess(guess, c->fold->n_members, &c->advantage, &c->low);
    }
    *advantage = c->advantage, *low = c->low;
    return true;
}

bool synth_mia(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    double advantage, low;
    if (!membership(c, &advantage, &low, err)) return false;
    *out = synth_plain(advantage);
    return true;
}

bool synth_mia_low(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner, (void)groups;
    double advantage, low;
    if (!membership(c, &advantage, &low, err)) return false;
    *out = stat_wilson((uint64_t)llround(low * (double)c->fold->n_members), c->fold->n_members, c->confidence);
    return true;
}

/* ---- attributes ---- */

/* How many people's sensitive group is that of most of the 5 rows that look most like them; of two groups as many, the
 * one whose row is nearer. */
static bool told(struct synth_case *c, const struct synth_points *rows, const size_t *group, size_t groups,
                 double *share, struct error *err) {
    const struct synth_fold *f = c->fold;
    struct synth_panels panels;
    size_t k = rows->n < VOTERS ? rows->n : VOTERS, right = 0, known = 0;
    double *apart2 = arena_new(c->arena, double, f->n_people *k, err);
    uint32_t *place = arena_new(c->arena, uint32_t, f->n_people * k, err);
    if (!apart2 || !place || !synth_panels_of(rows, c->arena, &panels, err) ||
        !synth_near(c->pool, &f->people, &panels, k, false, apart2, place, err))
        return false;
    for (size_t i = 0; i < f->n_people; i++) {
        size_t best = SIZE_MAX, most = 0, truth = f->groups[groups].people[f->person[i]];
        for (size_t a = 0; a < k; a++) {
            size_t votes = 0;
            for (size_t b = 0; b < k; b++) votes += group[place[i * k + a]] == group[place[i * k + b]];
            if (votes > most) most = votes, best = group[place[i * k + a]];
        }
        known += truth != SIZE_MAX;
        right += truth != SIZE_MAX && best == truth;
    }
    *share = known ? (double)right / (double)known : NAN;
    return true;
}

bool synth_attr_inf(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err) {
    (void)learner;
    const struct synth_fold *f = c->fold;
    struct synth_points rows;
    double by_copy, by_test;
    if (f->known.n_parts == 0) { /* an attacker knows nothing: there is nothing to infer from */
        *out = synth_plain(NAN);
        return true;
    }
    size_t *group = arena_new(c->arena, size_t, c->table.rows, err);
    if (!group || !synth_points_of(&f->known, c->table.x, c->table.rows, c->arena, &rows, err)) return false;
    for (size_t r = 0; r < c->table.rows; r++)
        group[r] = synth_group_of(f, groups, c->table.x[r * c->table.n + f->groups[groups].column]);
    if (!told(c, &rows, group, groups, &by_copy, err) ||
        !told(c, &f->test_known, f->groups[groups].of, groups, &by_test, err))
        return false;
    *out = synth_plain(by_copy - by_test);
    return true;
}
