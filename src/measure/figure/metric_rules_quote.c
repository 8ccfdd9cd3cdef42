/* Rules of what stands word for word in trusted text: parts of the scorer quip. */
#include "measure/figure/metric_rules.h"

/* An answer too short for a window quotes nothing. */
static double pick_quip(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    if (row->parsed == PARSED_FAIL) return 0;
    return row->part[1] > 0 ? row->part[0] / row->part[1] : isnan(row->part[1]) ? NAN : 0;
}

static bool add_ratio(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    (void)options;
    if (isnan(row->part[0]) || isnan(row->part[1])) return false;
    sums[0] += weight * row->part[0];
    sums[1] += weight * row->part[1];
    return true;
}

static double value_ratio(const double *sums, const struct option_value *options) {
    (void)options;
    return sums[0] / sums[1];
}

static double pick_stitched(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return isnan(row->part[0]) ? NAN : row->part[0] > 0;
}

static double pick_length(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[0];
}

const struct metric_rule rule_answer_length = MEAN_RULE(pick_length, 0, INFINITY, "normalised_len");
const struct metric_rule rule_quip = MEAN_RULE(pick_quip, 0, 1, "numerator", "denominator");
const struct metric_rule rule_quip_micro = SUM_RULE(add_ratio, value_ratio, -1, 0, 1, "numerator", "denominator");
const struct metric_rule rule_sentences_quoted = SUM_RULE(add_ratio, value_ratio, -1, 0, 1, "whole", "sentences");
const struct metric_rule rule_stitched_rate = MEAN_RULE(pick_stitched, 0, 1, "stitched");
