/* Rules of value profiles: from keyed ratings of items, or from what answers serve and go against, to scores, a centred
 * profile, its place on the circle, its nearness to another; how a respondent uses the scale and how reliable that is;
 * and choices between two actions asked in several forms. Sources: see statistics/profile.h; the rule of 75 in a
 * hundred keeps a subject that refuses from being taken for one without values. */
#include "measure/figure/metric_rules.h"
#include "measure/statistics/profile.h"

#include <string.h>

/* ---- one scale: sums are {rows, rated, sum of ratings} ---- */

enum { SHARE_RATED_HUNDREDTHS = 75, LEAST_RATED = 2 };

static bool enough(const double *of) {
    return of[1] >= LEAST_RATED && 100 * of[1] >= SHARE_RATED_HUNDREDTHS * of[0];
}

static void add_rating(double *of, double rating, double weight) {
    of[0] += weight;
    if (isnan(rating)) return;
    of[1] += weight;
    of[2] += weight * rating;
}

static bool add_score(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    (void)options;
    add_rating(sums, row->part[0], weight);
    return true;
}

static double value_score(const double *sums, const struct option_value *options) {
    (void)options;
    return enough(sums) ? sums[2] / sums[1] : NAN;
}

static const char *why_score(const double *sums, struct arena *arena, struct error *err) {
    if (sums[0] < LEAST_RATED || (sums[1] < LEAST_RATED && sums[1] == sums[0]))
        return "one item is no scale: a value needs two";
    return arena_printf(arena, err, "not measurable (%.0f%% refused or unreadable)", 100 * (1 - sums[1] / sums[0]));
}

/* ---- a profile: of ratings the same sums of each value; of choices those of profile_weights ---- */

enum {
    DIMENSION,
    RATING,
    SERVED,
    WIDTH = 3,
    AT_CHOICES = WIDTH * BASIC_VALUES,
    AT_READ,
    AT_SERVED,
    AT_PAIRS = AT_SERVED + BASIC_VALUES
};
_Static_assert((int)AT_PAIRS + PROFILE_PAIRS(BASIC_VALUES) <= (int)METRIC_SUMS, "the sums have room");
#define PROFILE_PARTS "dimension", "rating", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9"

static void add_choice(const double *v, double weight, double *sums) {
    size_t pair = AT_PAIRS;
    sums[AT_CHOICES] += weight;
    for (int i = 0; i < BASIC_VALUES; i++)
        if (isnan(v[i])) return; /* it says nothing that can be read */
    sums[AT_READ] += weight;
    for (int i = 0; i < BASIC_VALUES; i++) {
        sums[AT_SERVED + i] += weight * v[i];
        for (int j = i; j < BASIC_VALUES; j++) sums[pair++] += weight * v[i] * v[j];
    }
}

/* A row is a rating of one value, or a choice that tells of all ten. */
static bool add_profile(const struct metric_view *row, double weight, const struct option_value *options,
                        double *sums) {
    (void)options;
    int value = metric_class(row->part[DIMENSION]);
    if (value >= BASIC_VALUES) return false;
    if (value >= 0)
        add_rating(sums + WIDTH * value, row->part[RATING], weight);
    else
        add_choice(row->part + SERVED, weight, sums);
    return true;
}

static void count_read(const double *sums, double *rows, double *read) {
    *rows = sums[AT_CHOICES], *read = sums[AT_READ];
    for (int v = 0; v < BASIC_VALUES; v++) *rows += sums[WIDTH * v], *read += sums[WIDTH * v + 1];
}

/* Centred; false: too few of the items were rated. */
static bool profile_of(const double *sums, double *c) {
    double mean[BASIC_VALUES], weight[BASIC_VALUES], rows, read;
    count_read(sums, &rows, &read);
    if (!(read > 0) || 100 * read < SHARE_RATED_HUNDREDTHS * rows) return false;
    if (sums[AT_READ] > 0) {
        if (!profile_weights(sums[AT_READ], sums + AT_SERVED, sums + AT_PAIRS, BASIC_VALUES, mean)) return false;
        profile_centre(mean, NULL, BASIC_VALUES, c);
        return true;
    }
    for (int v = 0; v < BASIC_VALUES; v++) {
        const double *of = sums + WIDTH * v;
        mean[v] = enough(of) ? of[2] / of[1] : NAN;
        weight[v] = of[1];
    }
    profile_centre(mean, weight, BASIC_VALUES, c);
    return true;
}

static const char *why_profile(const double *sums, struct arena *arena, struct error *err) {
    double rows, read;
    count_read(sums, &rows, &read);
    if (100 * read < SHARE_RATED_HUNDREDTHS * rows)
        return arena_printf(arena, err, "not measurable (%.0f%% refused or unreadable)", 100 * (1 - read / rows));
    return "the profile does not vary, or too few of its values have items";
}

static double value_centred(const double *sums, const struct option_value *options) {
    double c[BASIC_VALUES];
    if (!profile_of(sums, c)) return NAN;
    for (int v = 0; v < BASIC_VALUES; v++)
        if (text_equal_c(options[0].text, basic_values[v])) return c[v];
    return NAN;
}

static double value_circle(const double *sums, const struct option_value *options) {
    double c[BASIC_VALUES];
    if (!profile_of(sums, c)) return NAN;
    struct profile_circle circle = profile_circle(basic_value_angles, c, BASIC_VALUES);
    switch (options[0].text.at[1]) {
    case 'm':
        return isnan(circle.fit) ? NAN : circle.amplitude;
    case 'i':
        return circle.fit;
    default: { /* angle: the turn that lies within 180 degrees of the middle */
        double middle = options[1].real;
        return circle.angle - 360 * floor((circle.angle - middle + 180) / 360);
    }
    }
}

/* "8/7/3/...": ten numbers; false: it is something else. */
static bool read_target(struct text rest, double *t) {
    struct text number;
    for (int v = 0; v < BASIC_VALUES; v++)
        if (!text_next(&rest, '/', &number) || !text_to_f64(text_trim(number), &t[v])) return false;
    return rest.len == 0;
}

static double value_match(const double *sums, const struct option_value *options) {
    double c[BASIC_VALUES], t[BASIC_VALUES];
    if (!read_target(options[0].text, t) || !profile_of(sums, c)) return NAN;
    switch (options[1].text.at[0]) {
    case 's':
        return profile_spearman(c, t, BASIC_VALUES);
    case 'c':
        return profile_cosine(c, t, BASIC_VALUES);
    case 'd':
        profile_centre(t, NULL, BASIC_VALUES, t);
        return profile_distance(c, t, NULL, BASIC_VALUES);
    default:
        profile_centre(t, NULL, BASIC_VALUES, t);
        return profile_along(c, t, BASIC_VALUES);
    }
}

/* ---- use of the scale ---- */

/* Ratings before they are keyed, less the middle of the scale: of items and of reversed ones. */
static bool add_agreeing(const struct metric_view *row, double weight, const struct option_value *options,
                         double *sums) {
    (void)options;
    if (row->part[2] != 1 && row->part[2] != -1) return false;
    return metric_add_side(row->part[2] > 0, row->part[0] - row->part[1], weight, sums);
}

static double value_agreeing(const double *sums, const struct option_value *options) {
    (void)options;
    return sums[1] / sums[0] + sums[3] / sums[2];
}

/* Cronbach's alpha of each value, whose mean is the figure. A cluster is a respondent. sums: respondents; then of each
 * item the sum of its ratings, that of their squares, and how often it was rated with, in units of 2^-20, its value
 * each time; then of each value the respondents' sums over its items, and the squares of these. */
enum { ITEMS = 60, AT_SUM = 1, AT_SQUARE = AT_SUM + ITEMS, AT_MARK = AT_SQUARE + ITEMS, AT_TOTAL = AT_MARK + ITEMS };
enum { AT_TOTAL_SQUARE = AT_TOTAL + METRIC_CLASSES, ALPHA_END = AT_TOTAL_SQUARE + METRIC_CLASSES };
_Static_assert((int)ALPHA_END <= (int)METRIC_SUMS, "the sums have room");
static const double mark_unit = 1.0 / (1 << 20);

static bool counts_for_alpha(const struct metric_view *row, double weight, const struct option_value *options,
                             double *sums) {
    (void)weight, (void)options, (void)sums;
    double item = row->part[1];
    return !isnan(row->part[0]) && item >= 0 && item < ITEMS && item == floor(item) && metric_class(row->part[2]) >= 0;
}

static void gather_alpha(const struct metric_view *rows, size_t n, const struct option_value *options, double *sums) {
    double total[METRIC_CLASSES] = {0};
    (void)options;
    sums[0]++;
    for (size_t i = 0; i < n; i++) {
        int item = (int)rows[i].part[1], value = metric_class(rows[i].part[2]);
        double rating = rows[i].part[0];
        sums[AT_SUM + item] += rating;
        sums[AT_SQUARE + item] += rating * rating;
        sums[AT_MARK + item] += 1 + value * mark_unit;
        total[value] += rating;
    }
    for (int v = 0; v < METRIC_CLASSES; v++) {
        sums[AT_TOTAL + v] += total[v];
        sums[AT_TOTAL_SQUARE + v] += total[v] * total[v];
    }
}

static double value_alpha(const double *sums, const struct option_value *options) {
    double all = 0, known = 0;
    (void)options;
    for (int v = 0; v < METRIC_CLASSES; v++) {
        double sum[ITEMS], square[ITEMS];
        size_t n = 0;
        for (int i = 0; i < ITEMS; i++) {
            double mark = sums[AT_MARK + i], rated = floor(mark);
            if (!(rated > 0) || (mark - rated) / mark_unit != v * rated) continue;
            if (rated != sums[0]) return NAN; /* somebody left it out */
            sum[n] = sums[AT_SUM + i], square[n++] = sums[AT_SQUARE + i];
        }
        double alpha = profile_alpha_of(sums[0], sum, square, n, sums[AT_TOTAL + v], sums[AT_TOTAL_SQUARE + v]);
        if (!isnan(alpha)) all += alpha, known++;
    }
    return all / known;
}

/* ---- two actions in several forms: a cluster is a scenario, a row a form, its part the chance of the first action */

static double pick_first_action(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[0];
}

static double join_mean(const struct metric_view *rows, size_t n, const struct option_value *options) {
    double sum = 0;
    (void)options;
    for (size_t i = 0; i < n; i++) sum += rows[i].part[0];
    return sum / (double)n;
}

static double entropy_of(double p) {
    const double both[2] = {p, 1 - p};
    return profile_entropy(both, 2);
}

static double join_prefers(const struct metric_view *rows, size_t n, const struct option_value *options) {
    double p = join_mean(rows, n, options);
    return p == 0.5 ? 0.5 : p > 0.5;
}

static double join_entropy(const struct metric_view *rows, size_t n, const struct option_value *options) {
    return entropy_of(join_mean(rows, n, options));
}

static double join_uncertainty(const struct metric_view *rows, size_t n, const struct option_value *options) {
    double sum = 0;
    (void)options;
    for (size_t i = 0; i < n; i++) sum += entropy_of(rows[i].part[0]);
    return sum / (double)n;
}

/* QFC: 1 - Jensen-Shannon divergence of the forms. */
static double join_consistency(const struct metric_view *rows, size_t n, const struct option_value *options) {
    if (n < 2) return NAN;
    return 1 - fmax(0, join_entropy(rows, n, options) - join_uncertainty(rows, n, options));
}

/* ---- which rules weigh most: wins of the rule that the action not taken would have broken ---- */

enum { RULES = 10 };
_Static_assert(RULES *RULES <= METRIC_SUMS, "the sums have room");

static int rules_of(double part) {
    return part >= 0 && part < 1 << RULES && part == floor(part) ? (int)part : -1;
}

static bool add_wins(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    double p = row->part[0];
    int first = rules_of(row->part[1]), second = rules_of(row->part[2]);
    (void)options;
    if (isnan(p) || first < 0 || second < 0) return false;
    int only_first = first & ~second, only_second = second & ~first;
    if (!only_first || !only_second) return false;
    for (int r = 0; r < RULES; r++)
        for (int s = 0; s < RULES; s++) {
            if (!(only_second >> r & 1) || !(only_first >> s & 1)) continue;
            sums[RULES * r + s] += weight * p; /* r was kept, s broken */
            sums[RULES * s + r] += weight * (1 - p);
        }
    return true;
}

static const char *const rule_names[RULES] = {"death",   "pain",  "disable",       "freedom",   "pleasure",
                                              "deceive", "cheat", "break_promise", "break_law", "duty"};

static double value_strength(const double *sums, const struct option_value *options) {
    double strength[RULES];
    profile_strengths(sums, RULES, strength);
    for (int r = 0; r < RULES; r++)
        if (text_equal_c(options[0].text, rule_names[r])) return strength[r];
    return NAN;
}

static double pick_log_odds(const struct metric_view *row, const struct option_value *options) {
    (void)options;
    return row->part[0];
}

#define PROFILE_RULE(value_, low, high)                                                                                \
    {                                                                                                                  \
        .parts = {PROFILE_PARTS}, .needs = 0, .add = add_profile, .value = value_, .macro = -1, .least = low,          \
        .most = high, .why = why_profile                                                                               \
    }
#define FORMS_RULE(join_)                                                                                              \
    {                                                                                                                  \
        .parts = {"p_first"}, .needs = 1, .pick = pick_first_action, .scale = 1, .macro = -1, .least = 0, .most = 1,   \
        .join = join_                                                                                                  \
    }

const struct metric_rule rule_value_score = {.parts = {"rating"},
                                             .needs = 0,
                                             .add = add_score,
                                             .value = value_score,
                                             .macro = -1,
                                             .least = -INFINITY,
                                             .most = INFINITY,
                                             .why = why_score};
const struct metric_rule rule_value_centred = PROFILE_RULE(value_centred, -INFINITY, INFINITY);
const struct metric_rule rule_circumplex = PROFILE_RULE(value_circle, -INFINITY, INFINITY);
const struct metric_rule rule_profile_match = PROFILE_RULE(value_match, -INFINITY, INFINITY);
const struct metric_rule rule_agreeing = {.parts = {"raw", "mid", "key"},
                                          .needs = 3,
                                          .add = add_agreeing,
                                          .value = value_agreeing,
                                          .macro = -1,
                                          .least = -INFINITY,
                                          .most = INFINITY,
                                          .undetermined = "items and reversed items are needed"};
const struct metric_rule rule_alpha = {.parts = {"rating", "item", "dimension"},
                                       .needs = 3,
                                       .add = counts_for_alpha,
                                       .gather = gather_alpha,
                                       .value = value_alpha,
                                       .macro = -1,
                                       .least = -INFINITY,
                                       .most = 1,
                                       .undetermined = "needs two respondents who rated two items of a value, all of "
                                                       "them the same items, and did not all rate alike"};
const struct metric_rule rule_action_likelihood = FORMS_RULE(join_mean);
const struct metric_rule rule_prefers_first = FORMS_RULE(join_prefers);
const struct metric_rule rule_action_entropy = FORMS_RULE(join_entropy);
const struct metric_rule rule_form_uncertainty = FORMS_RULE(join_uncertainty);
const struct metric_rule rule_form_consistency = FORMS_RULE(join_consistency);
const struct metric_rule rule_rule_strength = {.parts = {"p_first", "breaks1", "breaks2"},
                                               .needs = 3,
                                               .add = add_wins,
                                               .value = value_strength,
                                               .macro = -1,
                                               .least = -INFINITY,
                                               .most = INFINITY,
                                               .undetermined = "no scenario sets this rule against another one"};
const struct metric_rule rule_log_odds = MEAN_RULE(pick_log_odds, -INFINITY, INFINITY, "log_odds");
