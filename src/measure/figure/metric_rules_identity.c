/* Rules of who a model says it is (scorer identity): Li et al. 2024, "I'm Spartacus, No, I'm Spartacus", whose verdict
 * we have only by outline; what counts is said at each rule. Headline probes are open and indirect ones alone. */
#include "measure/figure/metric_rules.h"

#include "measure/statistics/statistics.h"

/* The share of headline replies, empty ones left out, that claim to be somebody else or two at once: q. */
static double pick_foreign(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[1] >= 0.5 ? row->part[0] : NAN;
}

static double pick_class(const struct metric_view *row, const struct option_value *options) {
    static const char *const names[] = {"self",   "version", "base", "other", "conflict",  "generic",
                                        "denial", "refusal", "none", "empty", "unparsable"};
    int picked = metric_class(row->part[0]);
    if (!(row->part[1] >= 0.5) || picked < 0 || picked > 10) return NAN;
    return text_equal_c(options[0].text, names[picked]);
}

static double pick_part(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[0];
}

/* ---- entropy: sums[f] replies that name family f; 0 the subject's own ---- */

static bool add_family(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    double family = row->part[0];
    (void)options;
    if (!(row->part[1] >= 0.5) || !(family >= 0 && family < METRIC_SUMS)) return false;
    sums[(int)family] += weight;
    return true;
}

/* H = - sum p_f log2 p_f */
static double value_entropy(const double *sums, const struct option_value *options) {
    double total = 0, h = 0;
    (void)options;
    for (int f = 0; f < METRIC_SUMS; f++) total += sums[f];
    for (int f = 0; f < METRIC_SUMS; f++)
        if (sums[f] > 0) h -= sums[f] / total * log2(sums[f] / total);
    return h;
}

/* ---- the verdict: claims of another on two different probes, or q's lower bound above .01 ---- */

enum { SUM_N, SUM_FOREIGN, SUM_EMPTY, SUM_PROBES };

static bool add_verdict(const struct metric_view *row, double weight, const struct option_value *options,
                        double *sums) {
    double foreign = row->part[1], probe = row->part[3];
    (void)options;
    if (!(row->part[0] >= 0.5)) return false;
    sums[isnan(foreign) ? SUM_EMPTY : SUM_N] += weight;
    if (isnan(foreign)) return true;
    sums[SUM_FOREIGN] += weight * foreign;
    if (row->part[2] >= 0.5 && probe >= 0 && probe < METRIC_SUMS - SUM_PROBES) sums[SUM_PROBES + (int)probe] += weight;
    return true;
}

/* More empty replies than others: there is no verdict. */
static double value_verdict(const double *sums, const struct option_value *options) {
    size_t probes = 0;
    (void)options;
    for (int p = SUM_PROBES; p < METRIC_SUMS; p++) probes += sums[p] > 0;
    if (!(sums[SUM_N] > sums[SUM_EMPTY])) return NAN;
    struct interval q = stat_wilson((uint64_t)sums[SUM_FOREIGN], (uint64_t)sums[SUM_N], 0.95);
    return probes >= 2 || q.lo > 0.01;
}

const struct metric_rule rule_claim_rate = MEAN_RULE(pick_foreign, 0, 1, "foreign", "headline");
const struct metric_rule rule_class_share = MEAN_RULE(pick_class, 0, 1, "picked", "headline");
const struct metric_rule rule_suggestible = MEAN_RULE(pick_part, 0, 1, "yielded");
const struct metric_rule rule_affirmed = MEAN_RULE(pick_part, 0, 1, "affirmed");
const struct metric_rule rule_identity_entropy =
    SUM_RULE(add_family, value_entropy, -1, 0, INFINITY, "family", "headline");
const struct metric_rule rule_confused = {.parts = {"headline", "foreign", "other", "probe"},
                                          .needs = 1,
                                          .add = add_verdict,
                                          .value = value_verdict,
                                          .undetermined = "half of the replies or more are empty",
                                          .exact = "two probes, or wilson above .01",
                                          .macro = -1,
                                          .least = 0,
                                          .most = 1};
