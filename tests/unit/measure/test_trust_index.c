/* From raw figures to an index: a cohort worked by hand, 1,000 small cohorts by the plain definition, and rankings. */
#include "check.h"
#include "measure/table/synth_measure.h"

#include <stdlib.h>

enum { MOST_N = 8, MOST_K = 6, COHORTS = 1000 };

struct box {
    struct trust_candidate candidate[64];
    struct trust_metric metric[MOST_K];
    struct interval raw[64 * MOST_K];
    struct trust_cohort cohort;
};

static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
static const char *const metrics[] = {"m1", "m2", "m3", "m4", "m5", "m6"};

static void box_init(struct box *b, size_t n, size_t k) {
    *b = (struct box){.cohort = {.n = n, .k = k}};
    b->cohort.candidate = b->candidate, b->cohort.metric = b->metric, b->cohort.raw = b->raw;
    for (size_t i = 0; i < n; i++) b->candidate[i].id = b->candidate[i].generator = ids[i % 8];
}

static void worked_by_hand(void **state) {
    (void)state;
    static const double raw[3][3] = {{.1, .5, .2}, {.2, .4, .9}, {.3, .9, .5}};
    static const double pi_f[] = {.8165, .8165, .3333}, pi_p[] = {.3333, 1, .6667}, tau[] = {.5217, .9036, .4714};
    struct box b;
    struct error err = {0};
    struct arena arena;
    struct trust_weights weights;
    struct trust_index t;
    struct trust_ranking r;
    arena_init(&arena, 0);
    box_init(&b, 3, 3);
    b.metric[0] = (struct trust_metric){"m1", TRUST_FIDELITY, -1, false};
    b.metric[1] = (struct trust_metric){"m2", TRUST_FIDELITY, -1, false};
    b.metric[2] = (struct trust_metric){"m3", TRUST_PRIVACY, 1, false};
    for (size_t i = 0; i < 9; i++) b.raw[i] = synth_plain(raw[i / 3][i % 3]);
    check_ok(trust_weights_parse("F=.5,P=.5", &arena, &weights, &err));
    check_ok(trust_index_of(&b.cohort, &weights, &arena, &t, &err));
    for (size_t i = 0; i < 3; i++) {
        check_near(t.pi[i * TRUST_DIMENSIONS + TRUST_FIDELITY], pi_f[i], 5e-5);
        check_near(t.pi[i * TRUST_DIMENSIONS + TRUST_PRIVACY], pi_p[i], 5e-5);
        check_near(t.tau[i], tau[i], 5e-5);
        double nats = 0;
        for (size_t d = 0; d < TRUST_DIMENSIONS; d++) nats += t.nats[i * TRUST_DIMENSIONS + d];
        check_near(exp(nats), t.tau[i], 1e-15);
    }
    check_ok(trust_rank_of(&b.cohort, t.tau, 100, 1, &arena, &r, &err));
    assert_string_equal(r.row[0].generator, "b");
    assert_string_equal(r.row[1].generator, "a");
    assert_string_equal(r.row[2].generator, "c");
    assert_true(isnan(r.row[0].first)); /* one candidate each: nothing is known of how they vary */
    assert_false(r.clear_winner);
    check_ok(trust_weights_parse("F=1,ecdf=mid", &arena, &weights, &err));
    check_ok(trust_index_of(&b.cohort, &weights, &arena, &t, &err));
    check_near(t.tau[0], sqrt((2.5 / 3) * (1.5 / 3)), 1e-15);
    /* utility, fairness, robustness: nothing measures them, and they take no weight */
    check_ok(trust_weights_parse("all", &arena, &weights, &err));
    check_ok(trust_index_of(&b.cohort, &weights, &arena, &t, &err));
    check_near(t.tau[1], .9036, 5e-5);
    check_ok(trust_weights_parse("UAB", &arena, &weights, &err));
    check_fails(trust_index_of(&b.cohort, &weights, &arena, &t, &err), ERROR_DATA, "nothing measures");
    arena_done(&arena);
}

static void weights_are_read(void **state) {
    (void)state;
    struct error err = {0};
    struct arena arena;
    struct trust_weights w;
    arena_init(&arena, 0);
    check_ok(trust_weights_parse("privacy-first", &arena, &w, &err));
    check_near(w.of[TRUST_PRIVACY], 0.5, 1e-15);
    check_near(w.of[TRUST_UTILITY], 0.125, 1e-15);
    check_ok(trust_weights_parse("PA,ecdf=mid", &arena, &w, &err));
    assert_true(w.mid && w.of[TRUST_FAIRNESS] == 0.5 && w.of[TRUST_FIDELITY] == 0);
    check_ok(trust_weights_parse("F=3,U=1", &arena, &w, &err));
    check_near(w.of[TRUST_FIDELITY], 0.75, 1e-15);
    static const char *const wrong[] = {"", "X=1", "best", "F=-1", "F=0", "F=1,all", "ecdf=low", "F=nan", "FF"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        check_fails(trust_weights_parse(wrong[i], &arena, &w, &err), ERROR_USAGE, "--weights");
    arena_done(&arena);
}

/* ---- the plain definition ---- */

static double plain_u(const struct box *b, size_t i, size_t m, bool mid) {
    double n = 0, at_most = 0, below = 0;
    for (size_t j = 0; j < b->cohort.n; j++) {
        if (b->candidate[j].fold != b->candidate[i].fold) continue;
        double mine = b->metric[m].polarity * b->raw[i * b->cohort.k + m].estimate;
        double other = b->metric[m].polarity * b->raw[j * b->cohort.k + m].estimate;
        n++;
        at_most += other <= mine;
        below += other < mine;
    }
    return mid ? (below + at_most) / 2 / n : at_most / n;
}

/* 0 used, 1 left out (NaN somewhere), 2 the same for all of each fold. */
static int plain_use(const struct box *b, size_t m) {
    for (size_t i = 0; i < b->cohort.n; i++)
        if (isnan(b->raw[i * b->cohort.k + m].estimate)) return 1;
    for (size_t i = 0; i < b->cohort.n; i++)
        for (size_t j = 0; j < b->cohort.n; j++)
            if (b->candidate[i].fold == b->candidate[j].fold &&
                b->raw[i * b->cohort.k + m].estimate != b->raw[j * b->cohort.k + m].estimate)
                return 0;
    return 2;
}

static double plain_tau(const struct box *b, size_t i, const double *weight, bool mid) {
    double product = 1, whole = 0;
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++) {
        size_t n = 0;
        for (size_t m = 0; m < b->cohort.k; m++) n += b->metric[m].dimension == d && plain_use(b, m) != 1;
        if (n) whole += weight[d];
    }
    for (size_t d = 0; d < TRUST_DIMENSIONS; d++) {
        double pi = 1;
        size_t n = 0;
        for (size_t m = 0; m < b->cohort.k; m++) {
            if (b->metric[m].dimension != d || plain_use(b, m) == 1) continue;
            pi *= plain_use(b, m) == 2 ? 1 : plain_u(b, i, m, mid);
            n++;
        }
        if (n) product *= pow(pow(pi, 1 / (double)n), weight[d] / whole);
    }
    return product;
}

/* Figures of few values, so that ties are common; a metric in three is the same for all, one in three misses one. */
static void draw_cohort(struct rng *rng, struct box *b, size_t *seen) {
    size_t n = 2 + (size_t)rng_below(rng, MOST_N - 1), k = 3 + (size_t)rng_below(rng, MOST_K - 2);
    box_init(b, n, k);
    for (size_t i = 0; i < n; i++) b->candidate[i].fold = n >= 4 && i >= n / 2;
    for (size_t m = 0; m < k; m++) {
        size_t kind = (size_t)rng_below(rng, 3);
        b->metric[m] = (struct trust_metric){metrics[m], (enum trust_dimension)rng_below(rng, TRUST_DIMENSIONS),
                                             rng_below(rng, 2) ? 1 : -1, false};
        for (size_t i = 0; i < n; i++) b->raw[i * k + m] = synth_plain(kind == 2 ? 0.5 : (double)rng_below(rng, 6) / 4);
        if (kind == 1) b->raw[rng_below(rng, n) * k + m].estimate = NAN;
        seen[plain_use(b, m)]++;
    }
}

static void as_defined(void **state) {
    (void)state;
    size_t seen[3] = {0}, without = 0, ranked = 0;
    struct trust_weights weights = {.name = "drawn"};
    for (uint64_t c = 0; c < COHORTS; c++) {
        struct rng rng = rng_stream(1, "test/trust", c);
        struct box b;
        struct arena arena;
        struct error err = {0};
        struct trust_index t;
        struct trust_ranking r;
        arena_init(&arena, 0);
        draw_cohort(&rng, &b, seen);
        double sum = 0;
        for (size_t d = 0; d < TRUST_DIMENSIONS; d++) sum += weights.of[d] = (double)rng_below(&rng, 4);
        weights.of[0] += sum == 0, sum += sum == 0;
        for (size_t d = 0; d < TRUST_DIMENSIONS; d++) weights.of[d] /= sum;
        weights.mid = rng_below(&rng, 2);
        if (!trust_index_of(&b.cohort, &weights, &arena, &t, &err)) {
            assert_non_null(strstr(err.message, "nothing measures"));
            for (size_t m = 0; m < b.cohort.k; m++)
                assert_true(plain_use(&b, m) == 1 || weights.of[b.metric[m].dimension] == 0);
            without++;
            arena_done(&arena);
            continue;
        }
        for (size_t i = 0; i < b.cohort.n; i++) check_near(t.tau[i], plain_tau(&b, i, weights.of, weights.mid), 1e-12);
        check_ok(trust_rank_of(&b.cohort, t.tau, 0, 1, &arena, &r, &err));
        for (size_t g = 1; g < r.n; g++) assert_true(r.row[g - 1].mean >= r.row[g].mean);
        ranked++;
        arena_done(&arena);
    }
    size_t all = seen[0] + seen[1] + seen[2];
    for (size_t u = 0; u < 3; u++) assert_true(5 * seen[u] >= all);
    assert_true(ranked >= COHORTS / 2 && ranked + without == COHORTS);
}

/* ---- rankings ---- */

enum { FOLDS = 2, SEEDS = 2, MOST_G = 3, RESAMPLES = 400 };

static double mean_in_fold(const struct box *b, const double *tau, size_t g, size_t fold) {
    double sum = 0, n = 0;
    for (size_t i = 0; i < b->cohort.n; i++)
        if (b->candidate[i].generator == ids[g] && b->candidate[i].fold == fold) sum += tau[i], n++;
    return sum / n;
}

/* Tau-b of the two folds, pair by pair; NaN: all are equal in one of them. */
static double plain_kendall(const struct box *b, const double *tau, size_t generators) {
    double agree = 0, pairs[2] = {0};
    for (size_t g = 0; g < generators; g++)
        for (size_t h = 0; h < g; h++) {
            double x = mean_in_fold(b, tau, g, 0) - mean_in_fold(b, tau, h, 0);
            double y = mean_in_fold(b, tau, g, 1) - mean_in_fold(b, tau, h, 1);
            agree += x * y > 0 ? 1 : x * y < 0 ? -1 : 0;
            pairs[0] += x != 0, pairs[1] += y != 0;
        }
    return pairs[0] > 0 && pairs[1] > 0 ? agree / sqrt(pairs[0] * pairs[1]) : NAN;
}

/* The share in which each generator is first, over all resamples there can be: two folds drawn of two, in each drawn
 * fold two candidates of two for each generator. */
static void all_resamples(const double tau[MOST_G][FOLDS][SEEDS], size_t generators, double *first) {
    size_t draws = 1;
    for (size_t g = 0; g < generators; g++) draws *= 16; /* two bits for each drawn fold */
    for (size_t g = 0; g < generators; g++) first[g] = 0;
    for (size_t folds = 0; folds < 4; folds++)
        for (size_t d = 0; d < draws; d++) {
            double sum[MOST_G] = {0}, best = -1, same = 0;
            for (size_t g = 0, bits = d; g < generators; g++, bits >>= 4)
                for (size_t k = 0; k < 4; k++) sum[g] += tau[g][folds >> (k / 2) & 1][bits >> k & 1];
            for (size_t g = 0; g < generators; g++) best = fmax(best, sum[g]);
            for (size_t g = 0; g < generators; g++) same += sum[g] == best;
            for (size_t g = 0; g < generators; g++)
                if (sum[g] == best) first[g] += 1 / same / 4 / (double)draws;
        }
}

static void ranks_are_those_of_their_definitions(void **state) {
    size_t clear = 0, agreeing = 0, known = 0;
    (void)state;
    for (uint64_t c = 0; c < COHORTS; c++) {
        struct rng rng = rng_stream(2, "test/ranks", c);
        size_t generators = 2 + (size_t)rng_below(&rng, MOST_G - 1);
        double tau[MOST_G * FOLDS * SEEDS], of[MOST_G][FOLDS][SEEDS], first[MOST_G], skill[MOST_G];
        struct box b;
        struct arena arena;
        struct error err = {0};
        struct trust_ranking r;
        arena_init(&arena, 0);
        box_init(&b, generators * FOLDS * SEEDS, 1);
        for (size_t g = 0; g < generators; g++) skill[g] = (double)rng_below(&rng, 5) / 16;
        for (size_t i = 0; i < b.cohort.n; i++) { /* sixteenths: sums are exact, and ties are common */
            size_t g = i % generators, fold = i / generators % FOLDS, seed = i / generators / FOLDS;
            b.candidate[i].generator = ids[g], b.candidate[i].fold = fold, b.candidate[i].seed = seed;
            of[g][fold][seed] = tau[i] = skill[g] + (double)rng_below(&rng, 5) / 16;
        }
        check_ok(trust_rank_of(&b.cohort, tau, RESAMPLES, c, &arena, &r, &err));
        assert_int_equal(r.n, generators);
        all_resamples(of, generators, first);
        for (size_t k = 0; k < r.n; k++) {
            const struct trust_rank *row = &r.row[k];
            size_t g = (size_t)(row->generator[0] - 'a');
            double mean = (mean_in_fold(&b, tau, g, 0) + mean_in_fold(&b, tau, g, 1)) / 2, squares = 0;
            for (size_t i = 0; i < FOLDS * SEEDS; i++) squares += pow(of[g][i / SEEDS][i % SEEDS] - mean, 2);
            check_near(row->mean, mean, 1e-12);
            check_near(row->sd, sqrt(squares / (FOLDS * SEEDS - 1)), 1e-12);
            if (k) assert_true(r.row[k - 1].mean >= row->mean);
            check_near(row->first, first[g], 4.5 * sqrt(first[g] * (1 - first[g]) / RESAMPLES) + 1e-12);
        }
        double kendall = plain_kendall(&b, tau, generators);
        assert_int_equal(isnan(r.kendall), isnan(kendall));
        known += !isnan(kendall), agreeing += kendall > 0;
        if (!isnan(kendall)) check_near(r.kendall, kendall, 1e-12);
        assert_int_equal(r.clear_winner, r.row[0].first >= 0.8);
        clear += r.clear_winner;
        arena_done(&arena);
    }
    print_message("%d rankings: %zu with a clear winner; folds agree in %zu of %zu\n", COHORTS, clear, agreeing, known);
    assert_in_range(clear, COHORTS / 5, COHORTS - COHORTS / 5);
    assert_true(agreeing * 5 >= known && (known - agreeing) * 5 >= known);
}

static void winners(void **state) {
    (void)state;
    struct box b;
    struct error err = {0};
    struct arena arena;
    struct trust_ranking r;
    struct rng rng = rng_stream(3, "test/trust/winners", 0);
    double tau[48];
    arena_init(&arena, 0);
    box_init(&b, 48, 1);
    for (size_t i = 0; i < 48; i++) { /* three generators, four folds, four seeds: b is a with other seeds */
        b.candidate[i].generator = ids[i % 3];
        b.candidate[i].fold = i / 3 % 4;
        b.candidate[i].seed = i / 12;
        tau[i] = 0.5 + 0.1 * rng_unit(&rng) - (i % 3 == 2 ? 0.2 : 0);
    }
    check_ok(trust_rank_of(&b.cohort, tau, 1000, 1, &arena, &r, &err));
    assert_int_equal(r.n, 3);
    assert_string_equal(r.row[2].generator, "c");
    assert_int_equal(r.row[0].n, 16);
    assert_false(r.clear_winner);
    assert_true(r.row[0].first < 0.8 && r.row[2].first == 0);
    check_near(r.row[0].first + r.row[1].first + r.row[2].first, 1, 1e-12);
    check_near(r.row[0].risk[2], r.row[0].mean - r.row[0].sd, 1e-15);
    assert_true(r.kendall > 0.3); /* c is last in every fold, a and b take turns */
    for (size_t i = 0; i < 48; i++) tau[i] += i % 3 == 1 ? 0.3 : 0;
    check_ok(trust_rank_of(&b.cohort, tau, 1000, 1, &arena, &r, &err));
    assert_true(r.clear_winner && r.row[0].first == 1);
    check_near(r.kendall, 1, 1e-12);
    b.candidate[0].anchor = true; /* anchors are not ranked */
    check_ok(trust_rank_of(&b.cohort, tau, 10, 1, &arena, &r, &err));
    assert_int_equal(r.row[0].n + r.row[1].n + r.row[2].n, 47);
    arena_done(&arena);
}

/* The weights choose, and nothing is measured again; bad anchors and good ones give the absolute column. */
static void weights_choose(void **state) {
    (void)state;
    struct box b;
    struct error err = {0};
    struct arena arena;
    struct trust_weights w;
    struct trust_index t;
    arena_init(&arena, 0);
    box_init(&b, 4, 2);
    b.metric[0] = (struct trust_metric){"auc", TRUST_UTILITY, 1, false};
    b.metric[1] = (struct trust_metric){"mia", TRUST_PRIVACY, -1, false};
    static const double raw[4][2] = {{.9, .6}, {.7, .1}, {.8, .0}, {.5, .3}};
    static const char *const who[] = {"late", "early", "fresh", "uniform"};
    for (size_t i = 0; i < 4; i++) {
        b.candidate[i].id = b.candidate[i].generator = who[i];
        b.candidate[i].anchor = i >= 2;
        for (size_t m = 0; m < 2; m++) b.raw[i * 2 + m] = synth_plain(raw[i][m]);
    }
    check_ok(trust_weights_parse("U=1", &arena, &w, &err));
    check_ok(trust_index_of(&b.cohort, &w, &arena, &t, &err));
    assert_true(t.tau[0] > t.tau[1]);
    check_near(t.absolute[0], 1, 0);
    check_near(t.absolute[2], (0.7 - 0.5) / (0.8 - 0.5), 1e-12);
    assert_true(isnan(t.absolute[1])); /* without leak privacy has no lower end */
    check_ok(trust_weights_parse("P=1", &arena, &w, &err));
    check_ok(trust_index_of(&b.cohort, &w, &arena, &t, &err));
    assert_true(t.tau[0] < t.tau[1]);
    b.cohort.n = 1;
    check_fails(trust_index_of(&b.cohort, &w, &arena, &t, &err), ERROR_DATA, "only candidate of fold 0");
    b.cohort.n = 2;
    b.candidate[1].fold = 3;
    check_fails(trust_index_of(&b.cohort, &w, &arena, &t, &err), ERROR_DATA, "only candidate");
    arena_done(&arena);
}

static void later_candidates(void **state) {
    (void)state;
    static const double cohort[] = {1, 2, 2, 4};
    check_near(trust_ecdf(cohort, 4, 0, false), 0.125, 0); /* not 0: one bad figure must not void all others */
    check_near(trust_ecdf(cohort, 4, 2, false), 0.75, 0);
    check_near(trust_ecdf(cohort, 4, 2, true), 0.5, 0);
    check_near(trust_ecdf(cohort, 4, 9, false), 1, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_by_hand),   cmocka_unit_test(weights_are_read),
        cmocka_unit_test(as_defined),       cmocka_unit_test(ranks_are_those_of_their_definitions),
        cmocka_unit_test(winners),          cmocka_unit_test(weights_choose),
        cmocka_unit_test(later_candidates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
