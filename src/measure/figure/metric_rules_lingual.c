/* Rules of answers in many languages: what the published reader gives, what remains of those that could be read, and
 * whether they are in the language that was asked. */
#include "measure/figure/metric_rules.h"

static double pick_first_part(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[0];
}

/* An answer that could not be read does not count. */
static double pick_read_only(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->parsed == PARSED_FAIL ? NAN : row->part[0];
}

const struct metric_rule rule_acc_published = MEAN_RULE(pick_first_part, 0, 1, "published");
const struct metric_rule rule_acc_read = MEAN_RULE(pick_read_only, 0, 1, "acc");
const struct metric_rule rule_wrong_lang = MEAN_RULE(pick_first_part, 0, 1, "wrong_lang");
