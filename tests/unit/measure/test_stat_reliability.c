/* RS(c), thresholds, signals: the published table, closed forms, and plain second implementations on random cases. */
#include "../check.h"

#include "base/rng.h"
#include "measure/statistics/reliability.h"
#include "measure/statistics/statistics.h"

static struct error err;

/* RS(0) and RS(10) of the published table give E and RS(N); those of N questions, half of them infeasible. */
static void test_published(void **state) {
    /* method, set: N, abstentions, RS(0), RS(10), RS(N), E */
    static const struct {
        uint64_t n;
        double rs0, rs10, rs_n;
        uint64_t e;
    } table[] = {
        {952, 54.5, 51.4, -245.5, 3},      {1066, 58.9, 45.8, -1300, 14},     {1868, 57.4, 47.3, -1800, 19},
        {1054, 72.6, 12.8, -6200, 63},     {952, 73.4, -190.2, -25000, 251},  {1066, 70.4, -226.1, -31500, 316},
        {1868, 69.5, -231.9, -56200, 563}, {1054, 67.1, -262.1, -34600, 347}, {952, 76.5, 42.9, -3100, 32},
        {1066, 73.7, 39.0, -3600, 37},     {1868, 78.8, 37.0, -7700, 78},     {1054, 58.3, 7.1, -5300, 54}};
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double n = (double)table[i].n;
        bool fits = false;
        /* The number of good answers is known to half a digit of RS(0); one of those that it may be gives all three. */
        for (uint64_t good = 0; good <= table[i].n && !fits; good++) {
            struct reliability r = {.right = good, .wrong = table[i].e};
            r.missed = good + r.wrong <= table[i].n ? table[i].n - good - r.wrong : 0;
            fits = reliability_n(&r) == table[i].n && fabs(reliability_score(&r, 0) - table[i].rs0) <= 0.0501 &&
                   fabs(reliability_score(&r, 10) - table[i].rs10) <= 0.0501 &&
                   fabs(reliability_score(&r, n) - table[i].rs_n) <= (fabs(table[i].rs_n) < 1000 ? 0.0501 : 50.1);
        }
        if (!fits) fail_msg("row %zu: no number of good answers gives the published figures", i);
    }
}

static void test_closed_forms(void **state) {
    struct reliability silent = {.missed = 30, .silent = 20}, oracle = {.right = 30, .silent = 20};
    struct reliability r = {.right = 60, .missed = 10, .wrong = 5, .silent = 20, .falsely = 5};
    static const double costs[] = {0, 1, 3, 10, 30, 100, INFINITY};
    (void)state;
    for (size_t i = 0; i < 7; i++) {
        check_near(reliability_score(&silent, costs[i]), 40, 1e-12);
        check_near(reliability_score(&oracle, costs[i]), 100, 1e-12);
    }
    check_near(reliability_score(&r, 10), 100 * (80 - 100) / 100.0, 1e-12);
    check_near(reliability_break_even(&r), 8, 1e-12);
    check_near(reliability_score(&r, reliability_break_even(&r)), 0, 1e-9);
    check_near(reliability_score(&r, reliability_useful_until(&r)), 25, 1e-9);
    check_near(reliability_threshold(1, 10), 10.0 / 11, 1e-12);
    check_near(reliability_threshold(1, 951), 951.0 / 952, 1e-12);
    assert_true(reliability_threshold(0.5, 10) > 1);
    check_near(reliability_reweighted(&r, 0.25, 10), reliability_score(&r, 10), 1e-9);
    check_near(reliability_reweighted(&r, 0, 1), 100 * 55 / 75.0, 1e-9);
    assert_true(isnan(reliability_reweighted(&(struct reliability){.right = 1}, 0.5, 1)));
    assert_true(isnan(reliability_score(&(struct reliability){0}, 1)));
}

static size_t random_cases(struct rng *rng, struct reliability_case *out) {
    size_t n = 1 + rng_below(rng, 12);
    for (size_t i = 0; i < n; i++) {
        out[i] = (struct reliability_case){.signal = (double)rng_below(rng, 6) / 5, .infeasible = rng_below(rng, 2)};
        out[i].right = !out[i].infeasible && rng_below(rng, 4) > 0;
        if (rng_below(rng, 12) == 0) out[i].signal = NAN;
    }
    return n;
}

/* RS(c) of one cut, question by question, as the definition says. */
static double plain_score(const struct reliability_case *c, size_t n, double cost, double cut) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        bool answered = c[i].signal >= cut;
        sum += answered ? (c[i].right ? 1 : -cost) : c[i].infeasible;
    }
    return 100 * sum / (double)n;
}

static void test_cuts(void **state) {
    static const double costs[] = {0, 1, 10, 1000};
    unsigned never = 0, some = 0;
    (void)state;
    for (size_t k = 0; k < 1000; k++) {
        struct rng rng = rng_stream(3, "reliability", k);
        struct reliability_case c[12];
        size_t n = random_cases(&rng, c);
        double cost = costs[k % 4], best = plain_score(c, n, cost, INFINITY), at = INFINITY;
        for (int step = 5; step >= 0; step--) {
            double score = plain_score(c, n, cost, step / 5.0);
            bool seen = false;
            for (size_t i = 0; i < n; i++) seen |= c[i].signal == step / 5.0;
            if (seen && score > best + 1e-9) best = score, at = step / 5.0;
        }
        struct reliability_cut cut, again;
        check_ok(reliability_best_cut(c, n, cost, &cut, &err));
        check_near(cut.score, best, 1e-9);
        if (cut.at != at) fail_msg("case %zu: cut %g, by brute force %g", k, cut.at, at);
        assert_true(reliability_at_cut(c, n, cost, cut.at, &again));
        check_near(again.score, cut.score, 1e-9);
        assert_int_equal(again.answered, cut.answered);
        never += isinf(cut.at);
        some += !isinf(cut.at);
    }
    assert_true(never >= 200 && some >= 200);
}

/* Counts against questions one by one: RS(c), and whether a method is better than one that never answers, which is what
 * two of its figures promise to tell. */
static void test_counts(void **state) {
    static const double costs[] = {0, 0.5, 1, 3, 10, 100};
    unsigned better = 0, all = 0;
    (void)state;
    for (size_t k = 0; k < 1000; k++) {
        struct rng rng = rng_stream(6, "reliability", k);
        struct reliability r = {rng_below(&rng, 40), rng_below(&rng, 20), rng_below(&rng, 4), rng_below(&rng, 20),
                                rng_below(&rng, 4)};
        double n = (double)reliability_n(&r);
        if (n == 0) continue;
        for (size_t i = 0; i < 6; i++) {
            double c = costs[i], sum = 0, silent = 0;
            for (uint64_t q = 0; q < r.right + r.missed + r.wrong; q++)
                sum += q < r.right ? 1 : q < r.right + r.missed ? 0 : -c;
            for (uint64_t q = 0; q < r.silent + r.falsely; q++) sum += q < r.silent ? 1 : -c, silent++;
            check_near(reliability_score(&r, c), 100 * sum / n, 1e-9);
            if (sum > silent) assert_true(c < reliability_useful_until(&r));
            if (sum < silent) assert_true(c > reliability_useful_until(&r));
            if (sum > 0) assert_true(c < reliability_break_even(&r));
            if (sum < 0) assert_true(c > reliability_break_even(&r));
            better += sum > silent, all++;
        }
    }
    print_message("better than silence in %u of %u\n", better, all);
    assert_true(better * 5 >= all && (all - better) * 5 >= all);
}

/* P(at most k of n) at p. */
static double at_most(uint64_t k, uint64_t n, double p) {
    double sum = 0;
    for (uint64_t i = 0; i <= k; i++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) + (double)i * log(p) +
                   (double)(n - i) * log1p(-p));
    return sum;
}

/* The safe cut by its definition: so few mistakes would be so rare if the share were alpha, here and at all higher cuts
 * at which no mistake at all would be rare enough. */
static void test_safe_cuts(void **state) {
    enum { MOST = 80 };
    static struct reliability_case c[MOST];
    unsigned never = 0;
    (void)state;
    for (size_t k = 0; k < 1000; k++) {
        struct rng rng = rng_stream(7, "reliability", k);
        size_t n = 1 + rng_below(&rng, MOST);
        double alpha = 0.05 + 0.3 * rng_unit(&rng), confidence = 0.8 + 0.15 * rng_unit(&rng), at = INFINITY;
        double skill = rng_unit(&rng);
        for (size_t i = 0; i < n; i++) {
            double s = (double)rng_below(&rng, 30) / 29;
            c[i] = (struct reliability_case){s, rng_unit(&rng) < skill + (1 - skill) * s, false};
        }
        for (int step = 29; step >= 0; step--) {
            uint64_t answered = 0, harmful = 0, here = 0;
            for (size_t i = 0; i < n; i++) {
                here += c[i].signal == step / 29.0;
                if (c[i].signal >= step / 29.0) answered++, harmful += !c[i].right;
            }
            if (!here || at_most(0, answered, alpha) > 1 - confidence) continue;
            if (at_most(harmful, answered, alpha) > 1 - confidence) break;
            at = step / 29.0;
        }
        struct reliability_cut cut;
        check_ok(reliability_safe_cut(c, n, alpha, confidence, 10, &cut, &err));
        if (cut.at != at) fail_msg("case %zu: cut %g, by its definition %g", k, cut.at, at);
        never += isinf(at);
    }
    print_message("of 1,000 safe cuts %u answer nothing\n", never);
    assert_in_range(never, 200, 800);
}

/* Mean harmful share of the first k, summed over all orders of the questions that the signal allows. */
static void sum_orders(struct reliability_case *c, size_t n, size_t from, double harmful, double share, double *sum,
                       double *orders) {
    if (from == n) {
        *sum += share / (double)n, ++*orders;
        return;
    }
    for (size_t i = from; i < n; i++) {
        bool highest = true;
        for (size_t j = from; j < n; j++) highest &= c[j].signal <= c[i].signal;
        if (!highest) continue;
        struct reliability_case one = c[i];
        c[i] = c[from], c[from] = one;
        double now = harmful + !one.right;
        sum_orders(c, n, from + 1, now, share + now / (double)(from + 1), sum, orders);
        c[from] = c[i], c[i] = one;
    }
}

static void test_risk_area(void **state) {
    unsigned larger = 0, ties = 0;
    double before = NAN;
    (void)state;
    for (size_t k = 0; k < 1000; k++) {
        struct rng rng = rng_stream(8, "reliability", k);
        struct reliability_case c[6];
        size_t n = 2 + rng_below(&rng, 5);
        double area, sum = 0, orders = 0;
        for (size_t i = 0; i < n; i++)
            c[i] = (struct reliability_case){(double)rng_below(&rng, 4), rng_below(&rng, 2), false};
        check_ok(reliability_risk_area(c, n, &area, &err));
        sum_orders(c, n, 0, 0, 0, &sum, &orders);
        check_near(area, sum / orders, 1e-12);
        larger += area > before, ties += orders > 1;
        before = area;
    }
    assert_in_range(larger, 200, 800);
    assert_in_range(ties, 200, 1000);
}

static void test_signals(void **state) {
    unsigned known = 0, above = 0;
    (void)state;
    for (size_t k = 0; k < 1000; k++) {
        struct rng rng = rng_stream(4, "reliability", k);
        struct reliability_case c[12];
        size_t n = random_cases(&rng, c);
        double wins = 0, pairs = 0, auroc;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                if (c[i].right && !c[j].right && !isnan(c[i].signal) && !isnan(c[j].signal)) {
                    wins += c[i].signal > c[j].signal ? 1 : c[i].signal == c[j].signal ? 0.5 : 0;
                    pairs++;
                }
        check_ok(reliability_auroc(c, n, &auroc, &err));
        if (pairs)
            check_near(auroc, wins / pairs, 1e-12);
        else
            assert_true(isnan(auroc));
        known += pairs > 0, above += pairs > 0 && wins / pairs > 0.5;
    }
    assert_true(known > 500 && above * 5 >= known && (known - above) * 5 >= known);
    struct reliability_case perfect[4] = {{4, true, false}, {3, true, false}, {2, false, true}, {1, false, false}};
    double area;
    check_ok(reliability_risk_area(perfect, 4, &area, &err));
    check_near(area, (0 + 0 + 1 / 3.0 + 2 / 4.0) / 4, 1e-12);
}

/* The promise: among what is answered on new questions, the harmful share is above alpha in at most 5% of tries. */
static void test_safe_cut(void **state) {
    enum { N = 300, TRIES = 400 };
    static struct reliability_case c[N];
    unsigned broken = 0, answering = 0;
    (void)state;
    for (size_t k = 0; k < TRIES; k++) {
        struct rng rng = rng_stream(5, "reliability", k);
        for (size_t i = 0; i < N; i++) {
            double s = rng_unit(&rng);
            c[i] = (struct reliability_case){s, rng_unit(&rng) < s, false};
        }
        struct reliability_cut cut;
        check_ok(reliability_safe_cut(c, N, 0.2, 0.95, 10, &cut, &err));
        if (isinf(cut.at)) continue;
        answering++;
        broken += 1 - (1 + cut.at) / 2 > 0.2; /* the true share above the cut of a uniform signal */
    }
    assert_true(answering > TRIES / 2);
    assert_true(broken <= TRIES / 10);
    struct reliability_case few[3] = {{1, true, false}, {1, true, false}, {1, true, false}};
    struct reliability_cut cut;
    check_ok(reliability_safe_cut(few, 3, 0.05, 0.95, 1, &cut, &err));
    assert_true(isinf(cut.at) && cut.answered == 0); /* three right answers promise nothing */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published), cmocka_unit_test(test_closed_forms), cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_signals),   cmocka_unit_test(test_counts),       cmocka_unit_test(test_safe_cuts),
        cmocka_unit_test(test_risk_area), cmocka_unit_test(test_safe_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
