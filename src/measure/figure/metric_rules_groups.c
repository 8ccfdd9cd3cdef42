/* Rules of leanings: towards a place among the choices, towards yes, for or against members of a group. */
#include "measure/figure/metric_rules.h"
#include "measure/statistics/statistics.h"

double metric_value_difference(const double *sums, const struct option_value *options) {
    (void)options;
    return sums[1] / sums[0] - sums[3] / sums[2];
}

double metric_value_mean(const double *sums, const struct option_value *options) {
    (void)options;
    return (sums[1] / sums[0] + sums[3] / sums[2]) / 2;
}

/* Pearson's chi-square of the classes that were given; Yates' correction where there is one degree of freedom. */
static double value_independence(const double *sums, const struct option_value *options) {
    double row[METRIC_CLASSES] = {0}, column[METRIC_CLASSES] = {0}, n = 0, fit = 0, r = 0, k = 0;
    (void)options;
    for (int i = 0; i < METRIC_CLASSES; i++)
        for (int j = 0; j < METRIC_CLASSES; j++) {
            double x = sums[METRIC_CLASSES * i + j];
            row[i] += x, column[j] += x, n += x;
        }
    for (int i = 0; i < METRIC_CLASSES; i++) r += row[i] > 0, k += column[i] > 0;
    double degrees = (r - 1) * (k - 1);
    if (r < 2) return NAN;
    if (k < 2) return 1; /* everybody gets the same */
    for (int i = 0; i < METRIC_CLASSES; i++)
        for (int j = 0; j < METRIC_CLASSES; j++) {
            double expected = row[i] * column[j] / n;
            if (expected == 0) continue;
            double off = fabs(sums[METRIC_CLASSES * i + j] - expected);
            if (degrees == 1) off -= fmin(0.5, off);
            fit += off * off / expected;
        }
    return stat_chi2_sf(fit, degrees);
}

/* How much oftener than by chance the first choice is taken: 1 always, 0 as often as any, where the gold answers are
 * spread evenly over the places. */
static double pick_first(const struct metric_view *row, const struct option_value *options) {
    double chance = 1 / row->part[1];
    (void)options;
    return (double)(row->part[0] == 0) / (1 - chance) - chance / (1 - chance) + 0 * row->part[0];
}

/* 1 where the class was picked, 0 where another one or none that can be read; NaN: not known. */
static double is_picked(const struct metric_view *row, double picked, int64_t positive) {
    if (isnan(picked)) return row->parsed == PARSED_FAIL ? 0 : NAN;
    return metric_class(picked) == positive;
}

/* Yes where no is right, less no where yes is right: what acquiescence adds beyond errors (signal detection's bias). */
static bool add_acquiescence(const struct metric_view *row, double weight, const struct option_value *options,
                             double *sums) {
    double gold = row->part[0];
    if (isnan(gold)) return false;
    bool yes = metric_class(gold) == options[0].integer;
    double picked = is_picked(row, row->part[1], options[0].integer);
    return metric_add_side(!yes, yes ? 1 - picked : picked, weight, sums);
}

/* Demographic parity difference (Dwork et al. 2012): how much oftener members of the group get the class. */
static bool add_parity(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    return metric_add_side(row->part[1], is_picked(row, row->part[0], options[0].integer), weight, sums);
}

/* Equal opportunity difference (Hardt, Price, Srebro 2016, section 2): the same among those whose gold class it is. */
static bool add_opportunity(const struct metric_view *row, double weight, const struct option_value *options,
                            double *sums) {
    if (metric_class(row->part[2]) != options[0].integer) return false;
    return add_parity(row, weight, options, sums);
}

/* The class of the group that an option names: parts member, sex, race from the second on. */
static int group_of(const struct metric_view *row, const struct option_value *options) {
    char first = options[0].text.at[0];
    return metric_class(row->part[first == 's' ? 2 : first == 'r' ? 3 : 1]);
}

/* sums: members x picked classes */
static bool add_table(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    int picked = metric_class(row->part[0]), member = group_of(row, options);
    if (picked < 0 || member < 0) return false;
    sums[METRIC_CLASSES * member + picked] += weight;
    return true;
}

/* Cramer's V with Bergsma's correction (Journal of the Korean Statistical Society 42, 2013): without it the expectation
 * is above 0 where nothing depends on the group. */
static double value_cramers_v(const double *sums, const struct option_value *options) {
    double row[METRIC_CLASSES] = {0}, column[METRIC_CLASSES] = {0}, n = 0, fit = 0, r = 0, k = 0;
    (void)options;
    for (int i = 0; i < METRIC_CLASSES; i++)
        for (int j = 0; j < METRIC_CLASSES; j++) {
            double x = sums[METRIC_CLASSES * i + j];
            row[i] += x;
            column[j] += x;
            n += x;
        }
    for (int i = 0; i < METRIC_CLASSES; i++) r += row[i] > 0, k += column[i] > 0;
    if (n < 2 || r < 2) return NAN;
    if (k < 2) return 0; /* everybody gets the same */
    for (int i = 0; i < METRIC_CLASSES; i++)
        for (int j = 0; j < METRIC_CLASSES; j++) {
            double x = sums[METRIC_CLASSES * i + j];
            if (x > 0) fit += x * x / (row[i] * column[j]);
        }
    double phi = fmax(0, fit - 1 - (r - 1) * (k - 1) / (n - 1));
    double rows = r - (r - 1) * (r - 1) / (n - 1), columns = k - (k - 1) * (k - 1) / (n - 1);
    return sqrt(phi / fmin(rows - 1, columns - 1));
}

const struct metric_rule rule_position_bias = MEAN_RULE(pick_first, -1, 1, "place", "choices");
const struct metric_rule rule_acquiescence = DIFFERENCE_RULE(add_acquiescence, METRIC_PARTS, "gold", "picked");
const struct metric_rule rule_parity_gap = DIFFERENCE_RULE(add_parity, METRIC_PARTS, "picked", "member");
const struct metric_rule rule_opportunity_gap =
    DIFFERENCE_RULE(add_opportunity, METRIC_PARTS, "picked", "member", "gold");
const struct metric_rule rule_cramers_v = {.parts = {"picked", "member", "sex", "race"},
                                           .needs = 1,
                                           .add = add_table,
                                           .value = value_cramers_v,
                                           .macro = -1,
                                           .least = 0,
                                           .most = 1};
const struct metric_rule rule_independence = {.parts = {"picked", "member", "sex", "race"},
                                              .needs = 1,
                                              .add = add_table,
                                              .value = value_independence,
                                              .exact = "chi-square",
                                              .macro = -1,
                                              .least = 0,
                                              .most = 1};
