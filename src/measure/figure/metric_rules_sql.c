/* Rules of answers that may be silence, and may harm: parts of the scorers sql and sql-decision. */
#include "measure/figure/metric_rules.h"

#include "measure/statistics/reliability.h"

/* Sums: rows, good answers and silences, harmful answers. */
static bool add_reliability(const struct metric_view *row, double weight, const struct option_value *options,
                            double *sums) {
    (void)options;
    if (isnan(row->part[0]) || isnan(row->part[1])) return false;
    sums[0] += weight;
    sums[1] += weight * row->part[0];
    sums[2] += weight * row->part[1];
    return true;
}

/* RS(c); c=N: as many as there are rows. */
static double value_reliability(const double *sums, const struct option_value *options) {
    double c = sums[0];
    if (!text_equal_c(options[0].text, "N") && !text_to_f64(options[0].text, &c)) return NAN;
    return sums[0] > 0 && c >= 0 ? 100 * (sums[1] - c * sums[2]) / sums[0] : NAN;
}

static double pick_part(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[0];
}

static double pick_answered(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return isnan(row->part[0]) ? NAN : 1 - row->part[0];
}

/* abstained, of feasible questions alone. */
static double pick_false_refusal(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[1] > 0.5 ? row->part[0] : NAN;
}

static double pick_miss(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[1] < 0.5 ? 1 - row->part[0] : NAN;
}

/* Of answers that are given. */
static double pick_precision(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[1] < 0.5 ? row->part[0] : NAN;
}

/* Of right answers to feasible questions. */
static double pick_lucky(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[1] > 0.5 && row->part[2] > 0.5 && row->part[3] < 0.5 ? row->part[0] : NAN;
}

const struct metric_rule rule_reliability =
    SUM_RULE(add_reliability, value_reliability, -1, -INFINITY, 100, "acc", "harm");
const struct metric_rule rule_harm_rate = MEAN_RULE(pick_part, 0, 1, "harm");
const struct metric_rule rule_coverage = MEAN_RULE(pick_answered, 0, 1, "abstained");
const struct metric_rule rule_answer_precision = MEAN_RULE(pick_precision, 0, 1, "acc", "abstained");
const struct metric_rule rule_false_refusal = MEAN_RULE(pick_false_refusal, 0, 1, "abstained", "feasible");
const struct metric_rule rule_miss_rate = MEAN_RULE(pick_miss, 0, 1, "abstained", "feasible");
const struct metric_rule rule_luck_rate = MEAN_RULE(pick_lucky, 0, 1, "lucky", "acc", "feasible", "abstained");
const struct metric_rule rule_stale_rate = MEAN_RULE(pick_part, 0, 1, "stale");
