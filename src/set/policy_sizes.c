/* How many items a clause needs: see policy_sizes.h. */
#include "set/policy_sizes.h"

#include <math.h>

#define MOST 1e9

double policy_clause_level(const struct policy_clause *c) {
    return c->op == POLICY_NEAR ? 2 * c->confidence - 1 : c->confidence;
}

static enum policy_side within(struct policy_interval x, double from, double to) {
    if (x.lo >= from && x.hi <= to) return POLICY_GOOD_SIDE;
    return x.hi < from || x.lo > to ? POLICY_BAD_SIDE : POLICY_BETWEEN;
}

enum policy_side policy_clause_side(const struct policy_clause *c, struct policy_interval x) {
    if (isnan(x.lo) || isnan(x.hi)) return POLICY_BETWEEN;
    switch (c->op) {
    case POLICY_AT_LEAST:
        return x.lo >= c->target ? POLICY_GOOD_SIDE : x.hi < c->target ? POLICY_BAD_SIDE : POLICY_BETWEEN;
    case POLICY_AT_MOST:
        return x.hi <= c->target ? POLICY_GOOD_SIDE : x.lo > c->target ? POLICY_BAD_SIDE : POLICY_BETWEEN;
    case POLICY_ABOVE:
        return x.lo > c->target ? POLICY_GOOD_SIDE : x.hi <= c->target ? POLICY_BAD_SIDE : POLICY_BETWEEN;
    case POLICY_BELOW:
        return x.hi < c->target ? POLICY_GOOD_SIDE : x.lo >= c->target ? POLICY_BAD_SIDE : POLICY_BETWEEN;
    case POLICY_IN:
        return within(x, c->target, c->upper);
    default:
        return within(x, c->target - c->tol, c->target + c->tol);
    }
}

static enum policy_side side_at(const struct policy_clause *c, policy_exact *exact, double k, double n) {
    return policy_clause_side(c, exact(k, n, policy_clause_level(c)));
}

static bool falls(const struct policy_clause *c) {
    return c->op == POLICY_AT_MOST || c->op == POLICY_BELOW;
}

/* Of >= more successes are better: halving finds the fewest. Of <= turned round. Of two-sided ones: outward from the
 * middle, since either end may spoil it. */
bool policy_size_passing(const struct policy_clause *c, policy_exact *exact, uint64_t n, uint64_t *k) {
    bool two_sided = c->op == POLICY_IN || c->op == POLICY_NEAR;
    double middle = c->op == POLICY_IN ? (c->target + c->upper) / 2 : c->target;
    uint64_t best = two_sided ? (uint64_t)fmin(fmax(round(middle * (double)n), 0), (double)n) : falls(c) ? 0 : n;
    if (!n || side_at(c, exact, (double)best, (double)n) != POLICY_GOOD_SIDE) return false;
    uint64_t lo = falls(c) ? best : 0, hi = falls(c) ? n : best; /* one of them meets it */
    while (hi - lo > 1) {
        uint64_t mid = lo + (hi - lo) / 2;
        bool good = side_at(c, exact, (double)mid, (double)n) == POLICY_GOOD_SIDE;
        if (good == falls(c))
            lo = mid;
        else
            hi = mid;
    }
    if (falls(c))
        *k = side_at(c, exact, (double)hi, (double)n) == POLICY_GOOD_SIDE ? hi : lo;
    else
        *k = side_at(c, exact, (double)lo, (double)n) == POLICY_GOOD_SIDE ? lo : hi;
    return true;
}

/* The least n in 1..MOST for which `decided` holds from there on, found by doubling and halving; 0: none. */
typedef bool decided(const struct policy_clause *clause, policy_exact *exact, double share, double n);

static uint64_t search(const struct policy_clause *c, policy_exact *exact, double share, decided *holds) {
    double hi = 1, lo = 0;
    while (hi <= MOST && !holds(c, exact, share, hi)) lo = hi, hi *= 2;
    if (hi > MOST) return 0;
    while (hi - lo > 1) {
        double mid = floor((lo + hi) / 2);
        if (holds(c, exact, share, mid))
            hi = mid;
        else
            lo = mid;
    }
    return (uint64_t)hi;
}

static bool decides(const struct policy_clause *c, policy_exact *exact, double share, double n) {
    return side_at(c, exact, share * n, n) != POLICY_BETWEEN;
}

static bool passes(const struct policy_clause *c, policy_exact *exact, double share, double n) {
    uint64_t k;
    (void)share;
    return policy_size_passing(c, exact, (uint64_t)n, &k);
}

uint64_t policy_size_smallest(const struct policy_clause *c, policy_exact *exact) {
    return search(c, exact, 0, passes);
}

uint64_t policy_size_needed(const struct policy_clause *c, policy_exact *exact, double share) {
    return share >= 0 && share <= 1 ? search(c, exact, share, decides) : 0;
}

uint64_t policy_size_planned(const struct policy_clause *c, double z, double share) {
    double p = share > 0 && share < 1 ? share : 0.5, per = isnan(c->tol) ? 0 : 2 * z / c->tol;
    double n = ceil(per * per * p * (1 - p));
    return n >= 1 && n <= MOST ? (uint64_t)n : 0;
}
