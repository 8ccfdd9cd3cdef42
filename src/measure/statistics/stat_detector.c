/* Shares behind what a detector says: see statistics.h. */
#include "measure/statistics/statistics.h"

#include <math.h>

static const struct interval undefined = {NAN, NAN, NAN};

/* Sensitivity and specificity with the counts of Lang & Reiczigel: one more of each kind. */
struct adjusted {
    double sensitivity, specificity, n_sensitivity, n_specificity;
};

static struct adjusted adjust(struct stat_detector d) {
    struct adjusted a = {.n_sensitivity = (double)d.positives + 2, .n_specificity = (double)d.negatives + 2};
    a.sensitivity = ((double)d.found + 1) / a.n_sensitivity;
    a.specificity = ((double)d.kept + 1) / a.n_specificity;
    return a;
}

static bool usable(double p, double n, struct stat_detector d, double confidence) {
    return p >= 0 && p <= 1 && n > 0 && d.positives > 0 && d.negatives > 0 && d.found <= d.positives &&
           d.kept <= d.negatives && confidence > 0 && confidence < 1;
}

/* sensitivity + specificity - 1 as it was found; not above 0: the detector tells nothing. */
static double skill(struct stat_detector d) {
    return (double)d.found / (double)d.positives + (double)d.kept / (double)d.negatives - 1;
}

static double cut(double x, double least) {
    return fmin(1, fmax(least, x));
}

/* An interval that lies outside altogether says that the detector errs otherwise here: none is given then. */
static struct interval cut_all(double estimate, double lo, double hi, double least) {
    double value = cut(estimate, least);
    if (hi < least || lo > 1) return (struct interval){value, NAN, NAN};
    return (struct interval){value, fmin(cut(lo, least), value), fmax(cut(hi, least), value)};
}

struct interval stat_rogan_gladen(double p, double n, struct stat_detector d, double confidence, double *uncut) {
    *uncut = NAN;
    if (!usable(p, n, d, confidence)) return undefined;
    struct adjusted a = adjust(d);
    double j = skill(d), ja = a.sensitivity + a.specificity - 1;
    if (!(j > 0) || !(ja > 0)) return undefined;
    double z = -stat_normal_quantile((1 - confidence) / 2), zz = z * z;
    double m = n + zz, pa = (n * p + zz / 2) / m, share = (pa + a.specificity - 1) / ja;
    double of_sensitivity = a.sensitivity * (1 - a.sensitivity) / a.n_sensitivity;
    double of_specificity = a.specificity * (1 - a.specificity) / a.n_specificity;
    double shift = 2 * zz * (share * of_sensitivity - (1 - share) * of_specificity);
    double error =
        sqrt(pa * (1 - pa) / m + share * share * of_sensitivity + (1 - share) * (1 - share) * of_specificity) / ja;
    *uncut = (p + (double)d.kept / (double)d.negatives - 1) / j;
    return cut_all(*uncut, share + shift - z * error, share + shift + z * error, 0);
}

struct interval stat_rogan_gladen_gap(double p1, double n1, double p2, double n2, struct stat_detector d,
                                      double confidence, double *uncut) {
    *uncut = NAN;
    if (!usable(p1, n1, d, confidence) || !usable(p2, n2, d, confidence)) return undefined;
    struct adjusted a = adjust(d);
    double j = skill(d), ja = a.sensitivity + a.specificity - 1;
    if (!(j > 0) || !(ja > 0)) return undefined;
    double z = -stat_normal_quantile((1 - confidence) / 2);
    /* Agresti & Caffo's one more yes and no of each side keeps shares of 0 and 1 from having no variance. */
    double q1 = (n1 * p1 + 1) / (n1 + 2), q2 = (n2 * p2 + 1) / (n2 + 2), gap = (q1 - q2) / ja;
    double error = sqrt(q1 * (1 - q1) / (n1 + 2) + q2 * (1 - q2) / (n2 + 2) +
                        gap * gap *
                            (a.sensitivity * (1 - a.sensitivity) / a.n_sensitivity +
                             a.specificity * (1 - a.specificity) / a.n_specificity)) /
                   ja;
    *uncut = (p1 - p2) / j;
    return cut_all(*uncut, gap - z * error, gap + z * error, -1);
}
