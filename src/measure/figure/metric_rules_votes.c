/* Rules of labels that several answers voted for, and of what a finding is worth where faults are rare. */
#include "measure/figure/metric_rules.h"

static double pick_first(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[0];
}

/* ---- precision at another prevalence: sums are {positive rows, found, other rows, taken for positive} ---- */

/* No vote is no finding. */
static bool add_found(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    int gold = metric_class(row->part[0]), picked = metric_class(row->part[1]);
    (void)options;
    if (gold < 0 || (picked < 0 && row->parsed != PARSED_FAIL)) return false;
    return metric_add_side(gold == 1, picked == 1, weight, sums);
}

/* pi R / (pi R + (1 - pi) FPR) for a share pi of positives. */
static double value_precision_at(const double *sums, const struct option_value *options) {
    double pi = options[0].real, recall = sums[1] / sums[0], alarms = sums[3] / sums[2];
    return pi * recall / (pi * recall + (1 - pi) * alarms);
}

const struct metric_rule rule_tie_rate = MEAN_RULE(pick_first, 0, 1, "tied");
const struct metric_rule rule_missing_votes = MEAN_RULE(pick_first, 0, 1, "missing");
const struct metric_rule rule_precision_at = {.parts = {"gold", "picked"},
                                              .needs = 1,
                                              .add = add_found,
                                              .value = value_precision_at,
                                              .undetermined = "items of both classes are needed, and a finding",
                                              .macro = -1,
                                              .least = 0,
                                              .most = 1};
