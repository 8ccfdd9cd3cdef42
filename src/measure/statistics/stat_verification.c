/* Errors of a verifier: see verification.h. */
#include "measure/statistics/verification.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>

void stat_acceptance(const double *genuine, size_t n_genuine, const double *spoofed, size_t n_spoofed, double threshold,
                     double *far, double *frr) {
    size_t in = 0, out = 0;
    for (size_t i = 0; i < n_spoofed; i++) in += spoofed[i] >= threshold;
    for (size_t i = 0; i < n_genuine; i++) out += !(genuine[i] >= threshold);
    *far = n_spoofed ? (double)in / (double)n_spoofed : NAN;
    *frr = n_genuine ? (double)out / (double)n_genuine : NAN;
}

struct trial {
    double score;
    bool genuine;
};

static int by_score(const void *a, const void *b) {
    const struct trial *x = a, *y = b;
    return x->score < y->score ? -1 : x->score > y->score;
}

static struct trial *sorted(const double *genuine, size_t n_genuine, const double *spoofed, size_t n_spoofed,
                            struct error *err) {
    struct trial *all = memory_grow(NULL, n_genuine + n_spoofed, sizeof *all);
    if (!all) return error_memory(err, "trials"), NULL;
    for (size_t i = 0; i < n_genuine; i++) all[i] = (struct trial){genuine[i], true};
    for (size_t i = 0; i < n_spoofed; i++) all[n_genuine + i] = (struct trial){spoofed[i], false};
    qsort(all, n_genuine + n_spoofed, sizeof *all, by_score);
    return all;
}

static bool any_nan(const double *at, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (isnan(at[i])) return true;
    return false;
}

bool stat_equal_error(const double *genuine, size_t n_genuine, const double *spoofed, size_t n_spoofed, double *out,
                      struct error *err) {
    double accepted = 1, rejected = 0;
    *out = NAN;
    if (!n_genuine || !n_spoofed || any_nan(genuine, n_genuine) || any_nan(spoofed, n_spoofed)) return true;
    struct trial *all = sorted(genuine, n_genuine, spoofed, n_spoofed, err);
    if (!all) return false;
    for (size_t i = 0, n = n_genuine + n_spoofed; i < n;) {
        double score = all[i].score, a = accepted, r = rejected;
        for (; i < n && all[i].score == score; i++) { /* the threshold passes all of one score at once */
            if (all[i].genuine)
                r += 1 / (double)n_genuine;
            else
                a -= 1 / (double)n_spoofed;
        }
        if (r >= a) {
            double before = accepted - rejected, behind = r - a;
            *out = accepted + (before + behind > 0 ? before / (before + behind) : 0) * (a - accepted);
            break;
        }
        accepted = a;
        rejected = r;
    }
    if (isnan(*out)) *out = accepted;
    memory_free(all);
    return true;
}
