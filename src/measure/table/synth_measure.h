/* The catalogue of figures by which a synthetic table is judged: one table (synth_metrics.c), and what its functions
 * share about one candidate. The definitions are those of the paper's audit (Belgodere et al. 2023) where they are
 * known, else ours; docs/audit.md has them all. */
#ifndef MEASURE_SYNTH_MEASURE_H
#define MEASURE_SYNTH_MEASURE_H

#include "measure/table/learner.h"
#include "measure/table/synth_fold.h"
#include "measure/table/trust_index.h"

/* What a learner, trained on the candidate, says about the test rows, and about some of them once attacked. */
struct synth_model {
    double *share;                               /* [test.rows] */
    size_t attacked, clean_right, right;         /* rows attacked, answered rightly before and after */
    size_t rare_found, rare_missed, rare_alarms; /* after: of the rarer class */
};
struct synth_case {
    const struct synth_fold *fold;
    struct pool *pool;
    struct arena *arena;
    uint64_t seed;
    double confidence;
    struct synth_table table;
    struct synth_points points;
    struct synth_panels panels;
    uint16_t **bins;
    double *mi;            /* [n][n] */
    double *to_train;      /* [rows][SYNTH_NEAR_K] squared distances to the nearest training rows */
    double *to_test;       /* [rows] to the nearest test row */
    double advantage, low; /* of membership; NaN: not yet computed */
    struct synth_model model[LEARNERS];
    struct synth_model *real; /* [LEARNERS] of learners trained on the training rows themselves; NULL: none */
};
/* What figures of fidelity and privacy share. The table is borrowed; all is on the arena. real: what its learners are
 * shown beside; NULL: nothing. */
bool synth_case_new(const struct synth_fold *fold, const struct synth_table *table, struct synth_model *real,
                    struct pool *pool, uint64_t seed, double confidence, struct arena *arena, struct synth_case *out,
                    struct error *err) MUST_CHECK;
/* Trains the learners: before figures of utility, fairness and robustness are asked for. */
bool synth_models_train(struct synth_case *c, struct error *err) MUST_CHECK;

enum synth_per { SYNTH_ONCE, SYNTH_PER_GROUPS, SYNTH_PER_LEARNER, SYNTH_PER_BOTH };
struct synth_metric {
    const char *name;
    enum trust_dimension dimension;
    int polarity;
    enum synth_per per; /* one figure, or one a sensitive column, a learner, each pair of these */
    bool shown_only;
    const char *summary;
    /* NaN: not known for this candidate. */
    bool (*measure)(struct synth_case *c, size_t learner, size_t groups, struct interval *out, struct error *err);
};
size_t synth_metrics(const struct synth_metric **out);
/* The rows of the table spread over learners and sensitive columns, names as "parity/knn/age". */
bool synth_metrics_spread(const struct synth_schema *schema, struct arena *arena, struct trust_metric **out, size_t *n,
                          struct error *err) MUST_CHECK;
/* raw: as many as spread. */
bool synth_measure(struct synth_case *c, struct interval *raw, struct error *err) MUST_CHECK;

/* ---- what the figures are made of ---- */

/* Mutual information of all pairs of columns in nats, plug-in less (r - 1)(c - 1) / (2 n) (Miller & Madow) for the r, c
 * bins that occur: [n][n], above the diagonal. NULL: err. */
double *synth_information(const struct synth_binning *binning, uint16_t *const *bins, size_t rows, struct arena *arena,
                          struct error *err) MUST_CHECK;
/* apart2: [n][SYNTH_NEAR_K] sorted; median over rows of the mean of the k distances. */
bool synth_median_of_means(const double *apart2, size_t n, size_t k, struct arena *arena, double *out,
                           struct error *err) MUST_CHECK;
/* Area under the curve: the share of pairs of a 1 and a 0 in which the 1 has the larger score, ties half. */
bool synth_auc(const double *score, const double *y, size_t n, struct arena *arena, double *out,
               struct error *err) MUST_CHECK;
/* A greedy attack on test rows; fills the counts of the model. features and rows as the fold's. */
bool synth_attack(struct synth_case *c, const struct learner *learner, const void *model, struct synth_model *out,
                  struct arena *arena, struct error *err) MUST_CHECK;

typedef bool synth_measure_function(struct synth_case *c, size_t learner, size_t groups, struct interval *out,
                                    struct error *err);
synth_measure_function synth_mmd_snr, synth_chi2, synth_mi_l1, synth_mi_l2, synth_detect_auc, synth_tv_mean,
    synth_replicas, synth_nn_median_1, synth_nn_median_5, synth_mia, synth_mia_low, synth_dcr_share, synth_attr_inf,
    synth_accuracy, synth_balanced, synth_f1, synth_model_auc, synth_ratio, synth_opportunity, synth_average_odds,
    synth_odds, synth_parity, synth_adversarial_accuracy, synth_adversarial_f1, synth_adversarial_drop;

static inline struct interval synth_plain(double x) {
    return (struct interval){x, __builtin_nan(""), __builtin_nan("")};
}

#endif
