/* The rules of the metrics, one for each row of the table in metrics.c. */
#ifndef MEASURE_METRIC_RULES_H
#define MEASURE_METRIC_RULES_H

#include "measure/figure/metric_internal.h"

#include <math.h>

#define MEAN_RULE(pick_, low, high, ...) MEAN_RULE_OF(METRIC_PARTS, pick_, low, high, __VA_ARGS__)
#define MEAN_RULE_OF(needs_, pick_, low, high, ...)                                                                    \
    { .parts = {__VA_ARGS__}, .needs = needs_, .pick = pick_, .scale = 1, .macro = -1, .least = low, .most = high }
/* The same of a share that rests on what a detector says: it can be corrected. */
#define EVENT_RULE(event_, needs_, pick_, low, high, ...)                                                              \
    {                                                                                                                  \
        .parts = {__VA_ARGS__}, .needs = needs_, .pick = pick_, .scale = 1, .macro = -1, .least = low, .most = high,   \
        .event = event_                                                                                                \
    }
#define SUM_RULE(add_, value_, macro_, low, high, ...)                                                                 \
    {                                                                                                                  \
        .parts = {__VA_ARGS__}, .needs = METRIC_PARTS, .add = add_, .value = value_, .macro = macro_, .least = low,    \
        .most = high                                                                                                   \
    }
/* Two shares of rows of their own: sums are {rows, share, rows, share} of the side where a part says yes, then of the
 * other (metric_add_side); the figure is their difference, or the mean of the first and the second turned round. */
#define SIDES_RULE(add_, needs_, value_, first, second, low, ...)                                                      \
    {                                                                                                                  \
        .parts = {__VA_ARGS__}, .needs = needs_, .add = add_, .value = value_, .macro = -1, .least = low, .most = 1,   \
        .sides = {first, second}                                                                                       \
    }
#define DIFFERENCE_RULE(add_, needs_, ...) SIDES_RULE(add_, needs_, metric_value_difference, 1, -1, -1, __VA_ARGS__)

/* An answer that could not be read counts as wrong. */
static inline double metric_or_wrong(const struct metric_view *row, double value) {
    return isnan(value) && row->parsed == PARSED_FAIL ? 0 : value;
}

/* A class 0..15; -1: none. */
static inline int metric_class(double value) {
    return value >= 0 && value < METRIC_CLASSES && value == floor(value) ? (int)value : -1;
}

/* Adds a value to the sums of its side; false: either is not known. */
static inline bool metric_add_side(double side, double value, double weight, double *sums) {
    if (isnan(side) || isnan(value)) return false;
    double *to = side >= 0.5 ? sums : sums + 2;
    to[0] += weight;
    to[1] += weight * value;
    return true;
}

metric_value metric_value_difference, metric_value_mean;

extern const struct metric_rule rule_score, rule_acc, rule_acc_norm, rule_group_exact, rule_exact_match,
    rule_token_f1, rule_list_similarity, rule_list_precision, rule_list_recall, rule_mc1, rule_mc2, rule_precision,
    rule_recall, rule_specificity, rule_f1, rule_macro_f1, rule_balanced_acc, rule_refusal_rate, rule_partial_rate,
    rule_compliance_rate, rule_over_refusal, rule_harmful_refusal, rule_harmful_compliance, rule_stereo_share,
    rule_lms, rule_ss, rule_icat, rule_acc_pro, rule_acc_anti, rule_acc_gap, rule_acc_ambiguous,
    rule_acc_disambiguated, rule_bias_disambiguated, rule_bias_ambiguous, rule_confidence, rule_overconfidence,
    rule_brier, rule_chance_error, rule_ece, rule_trust, rule_parse_rate, rule_fallback_rate, rule_parse_fail,
    rule_youden, rule_robust_strict, rule_robust_tie, rule_fresh_gap, rule_anew_share,
    rule_attack_success, rule_flip_rate, rule_robustness, rule_any_listed, rule_position_bias,
    rule_acquiescence, rule_parity_gap, rule_opportunity_gap, rule_cramers_v, rule_corrected_rate,
    rule_over_conservativeness, rule_prudence, rule_honesty, rule_acc_true_source, rule_acc_false_source,
    rule_situated_acc, rule_situated_at, rule_situated_ceiling, rule_source_choice, rule_label_noise,
    rule_source_regret, rule_follow_rate, rule_listed_rate, rule_judged_rate, rule_judge_kappa,
    rule_judge_agreement, rule_judge_first, rule_judge_nonsense, rule_level_share, rule_independence,
    rule_cell_mean, rule_cell_macro_f1, rule_cell_attack, rule_robust_score, rule_exact_ratio, rule_agreement_rate,
    rule_implied_f1, rule_pearson, rule_margin, rule_toxic_rate, rule_twin_index, rule_pass_at, rule_longest_run,
    rule_copy_rate, rule_call_formed, rule_call_tool, rule_call_arguments, rule_acc_published, rule_acc_read,
    rule_wrong_lang, rule_claim_rate, rule_class_share, rule_suggestible, rule_affirmed, rule_identity_entropy,
    rule_confused, rule_quip, rule_quip_micro, rule_answer_length, rule_sentences_quoted, rule_stitched_rate,
    rule_dpd, rule_eod, rule_fairness, rule_fairness_hollow,
    rule_value_score, rule_value_centred, rule_circumplex, rule_profile_match, rule_agreeing, rule_alpha,
    rule_action_likelihood, rule_prefers_first, rule_action_entropy, rule_form_uncertainty, rule_form_consistency,
    rule_rule_strength, rule_log_odds, rule_rho_cv, rule_rho_axiom, rule_silhouette,
    rule_knn_purity, rule_probe_bacc, rule_aqi, rule_reliability, rule_harm_rate, rule_coverage,
    rule_answer_precision, rule_false_refusal, rule_miss_rate, rule_luck_rate, rule_stale_rate,
    rule_failed_published, rule_setting_gap, rule_setting_flips, rule_setting_p,
    rule_wer, rule_wer_mean, rule_no_reference, rule_same_answer, rule_false_acceptance, rule_false_rejection,
    rule_equal_error, rule_unfairness, rule_order_bias, rule_unfairness_p, rule_rating_mean, rule_rating_share,
    rule_rating_gap,
    rule_leak_rate, rule_leak_share, rule_acc_drop,
    rule_tie_rate, rule_missing_votes, rule_precision_at, rule_full_score, rule_non_refusal_score;

#endif
