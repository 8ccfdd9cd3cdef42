/* How many labels are wrong, told by a subject that is better than they are: confident learning (Northcutt, Jiang,
 * Chuang 2021, sections 3.1 and 3.2), here of two classes. A row counts for a class when its probability of it is at
 * least the mean of that over the rows labelled so; the share of rows that count for the other class than their label,
 * label by label, is the noise. */
#include "measure/figure/metric_rules.h"

/* sums: for each label a histogram of the probability of class 1 on GRID points; then {rows,
 * sum of it} of each label. */
enum { GRID = 61, AT_LABEL = 2 * GRID };
_Static_assert(AT_LABEL + 4 <= METRIC_SUMS, "the sums have room");
enum { GOLD, PICKED, CONFIDENCE, CHOICES };

static bool add_noise(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    int label = metric_class(row->part[GOLD]), picked = metric_class(row->part[PICKED]);
    double confidence = row->part[CONFIDENCE];
    (void)options;
    if (row->part[CHOICES] != 2 || label < 0 || label > 1 || picked < 0 || picked > 1) return false;
    if (!(confidence >= 0 && confidence <= 1)) return false;
    double first = picked ? confidence : 1 - confidence;
    sums[label * GRID + (int)lround(first * (GRID - 1))] += weight;
    sums[AT_LABEL + 2 * label] += weight;
    sums[AT_LABEL + 2 * label + 1] += weight * first;
    return true;
}

/* Half a step of the grid is nothing. */
static bool reaches(double p, double threshold) {
    return p >= threshold - 0.5 / (GRID - 1);
}

static double value_noise(const double *sums, const struct option_value *options) {
    const double *of = sums + AT_LABEL;
    double zero = 1 - of[1] / of[0], one = of[3] / of[2], wrong = 0, all = 0;
    (void)options;
    for (int label = 0; label < 2; label++) {
        double counted[2] = {0, 0};
        for (int k = 0; k < GRID; k++) {
            double p = (double)k / (GRID - 1);
            bool is_zero = reaches(1 - p, zero), is_one = reaches(p, one);
            if (is_zero || is_one) counted[is_one && (!is_zero || p >= 0.5)] += sums[label * GRID + k];
        }
        wrong += of[2 * label] * counted[!label] / (counted[0] + counted[1]);
        all += of[2 * label];
    }
    return wrong / all;
}

const struct metric_rule rule_label_noise =
    SUM_RULE(add_noise, value_noise, -1, 0, 1, "gold", "picked", "confidence", "choices");
