/* How many items a clause needs. Of shares of independent items, whose interval is the exact one of Clopper and Pearson
 * (Biometrika 26, 1934): lower = BetaInv(alpha/2; k, n-k+1), upper = BetaInv(1-alpha/2; k+1, n-k). */
#ifndef SET_POLICY_SIZES_H
#define SET_POLICY_SIZES_H

#include "set/policy.h"

struct policy_interval {
    double lo, hi;
};
/* k of n need not be whole: between whole numbers the ends go on smoothly, so that sizes can be searched for. */
typedef struct policy_interval policy_exact(double k, double n, double confidence);

/* The confidence of the interval that decides: the clause's own, of `near` 2 c - 1 (two one-sided tests at 1 - c). */
double policy_clause_level(const struct policy_clause *clause);
/* Is the clause met, violated or open with this interval? */
enum policy_side { POLICY_BAD_SIDE, POLICY_BETWEEN, POLICY_GOOD_SIDE };
enum policy_side policy_clause_side(const struct policy_clause *clause, struct policy_interval interval);

/* The fewest (of >= and >) or most (of <= and <) successes of n that meet the clause; false: none does. Of `in` and
 * `near`: the fewest. */
bool policy_size_passing(const struct policy_clause *clause, policy_exact *exact, uint64_t n, uint64_t *k);
/* The smallest n at which the clause can be met at all; 0: at none. */
uint64_t policy_size_smallest(const struct policy_clause *clause, policy_exact *exact);
/* The n at which a share that is then still `share` decides, one way or the other; 0: not below a thousand million. */
uint64_t policy_size_needed(const struct policy_clause *clause, policy_exact *exact, double share);
/* The n at which the half-width of the interval is at most tol / 2, p = 1/2 unless a share is known:
 * n >= (z / (tol / 2))^2 p (1 - p); 0: the clause has no tol. z: the normal quantile of the clause's confidence. */
uint64_t policy_size_planned(const struct policy_clause *clause, double z, double share);

#endif
