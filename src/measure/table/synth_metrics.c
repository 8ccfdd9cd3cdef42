/* The table of figures: see synth_measure.h. */
#include "measure/table/synth_measure.h"

#include <math.h>

static const struct synth_metric table[] = {
    {"mmd_snr", TRUST_FIDELITY, -1, SYNTH_ONCE, false,
     "maximum mean discrepancy to the training rows over its standard error", synth_mmd_snr},
    {"chi2", TRUST_FIDELITY, -1, SYNTH_ONCE, false,
     "mean over columns of chi-square against the training rows, over rows and degrees of freedom", synth_chi2},
    {"mi_l1", TRUST_FIDELITY, -1, SYNTH_ONCE, false,
     "mean absolute difference of the mutual information of pairs of columns, nats", synth_mi_l1},
    {"mi_l2", TRUST_FIDELITY, -1, SYNTH_ONCE, false, "the same as root of the mean square", synth_mi_l2},
    {"detect_auc", TRUST_FIDELITY, -1, SYNTH_ONCE, false,
     "how well a regression tells it from training rows: |AUC - 0.5|", synth_detect_auc},
    {"tv_mean", TRUST_FIDELITY, -1, SYNTH_ONCE, false,
     "mean over columns of total variation (levels) or the Kolmogorov-Smirnov distance (numbers)", synth_tv_mean},
    {"replicas", TRUST_PRIVACY, -1, SYNTH_ONCE, false,
     "share of rows that are training rows, less the share that are test rows", synth_replicas},
    {"nn_median_1", TRUST_PRIVACY, 1, SYNTH_ONCE, false,
     "median distance to the nearest training row, over that of test rows", synth_nn_median_1},
    {"nn_median_5", TRUST_PRIVACY, 1, SYNTH_ONCE, false, "the same of the mean of the five nearest", synth_nn_median_5},
    {"mia", TRUST_PRIVACY, -1, SYNTH_ONCE, false,
     "membership told by the distance to the nearest synthetic row: largest TPR - FPR", synth_mia},
    {"mia_low", TRUST_PRIVACY, -1, SYNTH_ONCE, true, "the same: TPR where the FPR is at most 1 %", synth_mia_low},
    {"dcr_share", TRUST_PRIVACY, -1, SYNTH_ONCE, false,
     "share of rows nearer to training than to test rows, above what chance gives, scaled to 1", synth_dcr_share},
    {"attr_inf", TRUST_PRIVACY, -1, SYNTH_PER_GROUPS, false,
     "how much better it tells the sensitive value of training people than the test rows do", synth_attr_inf},
    {"accuracy", TRUST_UTILITY, 1, SYNTH_PER_LEARNER, false, "trained on it, tested on real rows", synth_accuracy},
    {"balanced", TRUST_UTILITY, 1, SYNTH_PER_LEARNER, false, "the same: mean of both classes' accuracy",
     synth_balanced},
    {"f1", TRUST_UTILITY, 1, SYNTH_PER_LEARNER, false, "the same: F1 of the rarer class", synth_f1},
    {"auc", TRUST_UTILITY, 1, SYNTH_PER_LEARNER, false, "the same: area under the curve", synth_model_auc},
    {"ratio", TRUST_UTILITY, 1, SYNTH_PER_LEARNER, true,
     "its AUC above chance over that of the learner trained on the training rows", synth_ratio},
    {"opportunity", TRUST_FAIRNESS, -1, SYNTH_PER_BOTH, false, "largest difference of groups' true positive rates",
     synth_opportunity},
    {"average_odds", TRUST_FAIRNESS, -1, SYNTH_PER_BOTH, false,
     "largest |difference of false + difference of true positive rates| / 2", synth_average_odds},
    {"odds", TRUST_FAIRNESS, -1, SYNTH_PER_BOTH, false, "larger of the differences of true and false positive rates",
     synth_odds},
    {"parity", TRUST_FAIRNESS, -1, SYNTH_PER_BOTH, false, "largest difference of groups' shares of yes", synth_parity},
    {"adversarial", TRUST_ROBUSTNESS, 1, SYNTH_PER_LEARNER, false, "accuracy under a greedy attack",
     synth_adversarial_accuracy},
    {"adversarial_f1", TRUST_ROBUSTNESS, 1, SYNTH_PER_LEARNER, false, "F1 of the rarer class under it",
     synth_adversarial_f1},
    {"drop", TRUST_ROBUSTNESS, -1, SYNTH_PER_LEARNER, false, "what accuracy the attack costs", synth_adversarial_drop},
};
enum { METRICS = sizeof table / sizeof *table };

size_t synth_metrics(const struct synth_metric **out) {
    *out = table;
    return METRICS;
}

/* Calls `use` for each figure, in the order in which they stand everywhere: by row, learner, sensitive column. */
typedef bool each_figure(const struct synth_metric *m, size_t learner, size_t groups, void *context, struct error *err);

static bool each(size_t n_groups, each_figure *use, void *context, struct error *err) {
    for (size_t i = 0; i < METRICS; i++) {
        const struct synth_metric *m = &table[i];
        size_t models = m->per >= SYNTH_PER_LEARNER ? LEARNERS : 1;
        size_t groups = m->per == SYNTH_PER_GROUPS || m->per == SYNTH_PER_BOTH ? n_groups : 1;
        for (size_t l = 0; l < models; l++)
            for (size_t g = 0; g < groups; g++)
                if (!use(m, l, g, context, err)) return false;
    }
    return true;
}

struct spreading {
    const struct synth_schema *schema;
    struct arena *arena;
    struct trust_metric *out;
    const char **sensitive;
    size_t n;
};

static bool count(const struct synth_metric *m, size_t learner, size_t groups, void *context, struct error *err) {
    (void)m, (void)learner, (void)groups, (void)err;
    ++*(size_t *)context;
    return true;
}

static bool spread(const struct synth_metric *m, size_t learner, size_t groups, void *context, struct error *err) {
    struct spreading *s = context;
    bool of_learner = m->per >= SYNTH_PER_LEARNER, of_groups = m->per == SYNTH_PER_GROUPS || m->per == SYNTH_PER_BOTH;
    const char *name = arena_printf(s->arena, err, "%s%s%s%s%s", m->name, of_learner ? "/" : "",
                                    of_learner ? learners[learner]->name : "", of_groups ? "/" : "",
                                    of_groups ? s->sensitive[groups] : "");
    s->out[s->n++] = (struct trust_metric){name, m->dimension, m->polarity, m->shown_only};
    return name != NULL;
}

bool synth_metrics_spread(const struct synth_schema *schema, struct arena *arena, struct trust_metric **out, size_t *n,
                          struct error *err) {
    struct spreading s = {.schema = schema, .arena = arena};
    size_t groups = 0;
    if (!(s.sensitive = arena_new(arena, const char *, schema->n, err))) return false;
    for (size_t c = 0; c < schema->n; c++)
        if (schema->column[c].role == SYNTH_SENSITIVE) s.sensitive[groups++] = schema->column[c].name;
    *n = 0;
    if (!each(groups, count, n, err) || !(s.out = *out = arena_new(arena, struct trust_metric, *n, err))) return false;
    return each(groups, spread, &s, err);
}

struct measuring {
    struct synth_case *c;
    struct interval *raw;
};

static bool measure(const struct synth_metric *m, size_t learner, size_t groups, void *context, struct error *err) {
    struct measuring *work = context;
    return m->measure(work->c, learner, groups, work->raw++, err);
}

bool synth_measure(struct synth_case *c, struct interval *raw, struct error *err) {
    struct measuring work = {c, raw};
    return each(c->fold->n_groups, measure, &work, err);
}
