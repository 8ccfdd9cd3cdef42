/* Regret against a referee that knows how often each source is right and how likely the subject's own answer is (the
 * Bayes referee of the pocket world): it takes the document's answer where that is likelier to be right. */
#include "measure/figure/metric_rules.h"

/* sums: for each of TRUSTS x LEVELS cells the weight of own answers and of document's answers that are right, where the
 * document is right and where it is wrong; for each level {rows, chance of the own answer}; for each trust {rows,
 * trust}; of the rows {weight, right} where the document is right and where it is wrong. */
enum {
    TRUSTS = 6,
    LEVELS = 9,
    AT_LEVEL = 4 * TRUSTS * LEVELS,
    AT_TRUST = AT_LEVEL + 2 * LEVELS,
    AT_ALL = AT_TRUST + 2 * TRUSTS
};
_Static_assert(AT_ALL + 4 <= METRIC_SUMS, "the sums have room");
enum { ACC, OWN, DOC, RIGHT, TRUST, EXPOSURE, CHANCE };

/* 0, 1, 2-3, 4-7, ..., from 128 on; or the known chance in ninths. */
static int level_of(const struct metric_view *row) {
    double exposure = row->part[EXPOSURE], chance = row->part[CHANCE];
    if (!isnan(chance)) return (int)fmin(LEVELS - 1, fmax(0, floor(chance * LEVELS)));
    if (!(exposure >= 1)) return 0;
    return (int)fmin(LEVELS - 1, 1 + floor(log2(exposure)));
}

static bool add_regret(const struct metric_view *row, double weight, const struct option_value *options, double *sums) {
    double acc = metric_or_wrong(row, row->part[ACC]), own = row->part[OWN], doc = row->part[DOC],
           trust = row->part[TRUST];
    if (isnan(acc) || isnan(own) || isnan(doc) || isnan(row->part[RIGHT]) || !(trust >= 0 && trust <= 1)) return false;
    int wrong = row->part[RIGHT] < 0.5, level = level_of(row), source = (int)lround(trust * (TRUSTS - 1));
    double told = options[1].flag ? 2 * (wrong ? 1 - trust : trust) : 1;
    double *cell = sums + 4 * (source * LEVELS + level), *all = sums + AT_ALL + 2 * wrong;
    cell[wrong] += weight * told * own;
    cell[2 + wrong] += weight * told * doc;
    sums[AT_LEVEL + 2 * level] += weight;
    sums[AT_LEVEL + 2 * level + 1] += weight * (isnan(row->part[CHANCE]) ? own : row->part[CHANCE]);
    sums[AT_TRUST + 2 * source] += weight;
    sums[AT_TRUST + 2 * source + 1] += weight * trust;
    all[0] += weight * told;
    all[1] += weight * told * acc;
    return true;
}

/* With balance an answer counts 1/2 of its share of the right, or of the wrong, documents;
 * the referee minds that, too. */
static double value_regret(const double *sums, const struct option_value *options) {
    const double *right = sums + AT_ALL, *wrong = right + 2;
    double for_right = options[0].flag ? 0.5 / right[0] : 1 / (right[0] + wrong[0]);
    double for_wrong = options[0].flag ? 0.5 / wrong[0] : for_right, best = 0;
    for (int source = 0; source < TRUSTS; source++)
        for (int level = 0; level < LEVELS; level++) {
            const double *cell = sums + 4 * (source * LEVELS + level), *at = sums + AT_LEVEL + 2 * level,
                         *of = sums + AT_TRUST + 2 * source;
            if (at[0] == 0 || of[0] == 0) continue;
            double trust = of[1] / of[0], own = at[1] / at[0];
            bool document = trust * for_right > own * (trust * for_right + (1 - trust) * for_wrong);
            best += document ? cell[2] * for_right + cell[3] * for_wrong : cell[0] * for_right + cell[1] * for_wrong;
        }
    return best - (right[1] * for_right + wrong[1] * for_wrong);
}

const struct metric_rule rule_source_regret = {
    .parts = {"acc", "own_ok", "doc_ok", "source_right", "source_trust", "exposure", "own_chance"},
    .needs = 5,
    .add = add_regret,
    .value = value_regret,
    .tells_options = true,
    .macro = -1,
    .least = -1,
    .most = 1};
