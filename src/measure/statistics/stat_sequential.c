/* Intervals that are valid at every look: see statistics.h. */
#include "measure/statistics/statistics.h"

#include <math.h>

enum { HALVINGS = 200 };

static double log_beta(double a, double b) {
    int sign;
    return lgamma_r(a, &sign) + lgamma_r(b, &sign) - lgamma_r(a + b, &sign);
}

/* x log p, 0 log 0 = 0 */
static double times_log(double x, double p) {
    return x == 0 ? 0 : x * log(p);
}

/* What the bets against a mean of m have won so far: log of the mixture's likelihood over that of m. */
static double log_won(double sum, double n, double m) {
    return log_beta(sum + 0.5, n - sum + 0.5) - log_beta(0.5, 0.5) - times_log(sum, m) - times_log(n - sum, 1 - m);
}

/* Between a mean that is not ruled out and one that is (or the end of the range). */
static double limit(double sum, double n, double inside, double outside, double most) {
    if (log_won(sum, n, outside) < most) return outside;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (inside + outside) / 2;
        if (middle == inside || middle == outside) break;
        *(log_won(sum, n, middle) < most ? &inside : &outside) = middle;
    }
    return outside; /* the wider of the two */
}

struct interval stat_always_valid(double sum, uint64_t n, double confidence) {
    double m = (double)n;
    if (!(sum >= 0 && sum <= m) || !(confidence > 0 && confidence < 1)) return (struct interval){NAN, NAN, NAN};
    if (n == 0) return (struct interval){NAN, 0, 1};
    double mean = sum / m, most = -log(1 - confidence);
    return (struct interval){mean, limit(sum, m, mean, 0, most), limit(sum, m, mean, 1, most)};
}
