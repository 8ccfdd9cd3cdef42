/* The rules of the metrics, one for each row of the table in metrics.c. */
#ifndef MEASURE_METRIC_RULES_H
#define MEASURE_METRIC_RULES_H

#include "measure/metric_internal.h"

extern const struct metric_rule rule_score, rule_acc, rule_acc_norm, rule_group_exact, rule_exact_match, rule_token_f1, rule_mc1,
    rule_mc2, rule_precision, rule_recall, rule_specificity, rule_f1, rule_macro_f1, rule_balanced_acc,
    rule_refusal_rate, rule_partial_rate, rule_compliance_rate, rule_over_refusal, rule_harmful_refusal,
    rule_harmful_compliance, rule_stereo_share, rule_lms, rule_ss, rule_icat, rule_acc_pro, rule_acc_anti, rule_acc_gap,
    rule_acc_ambiguous, rule_acc_disambiguated, rule_bias_disambiguated, rule_bias_ambiguous, rule_confidence,
    rule_overconfidence, rule_brier, rule_ece, rule_trust, rule_parse_rate, rule_fallback_rate, rule_parse_fail;

#endif
