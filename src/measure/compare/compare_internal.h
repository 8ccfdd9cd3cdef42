/* What the tests of a comparison share: the pairs of one task, walked side by side, and where their rows go. */
#ifndef MEASURE_COMPARE_INTERNAL_H
#define MEASURE_COMPARE_INTERNAL_H

#include "measure/compare/compare.h"
#include "measure/figure/tally_internal.h"

/* One item answered by both; in the order of the base's plan. */
struct compare_pair {
    uint64_t position[2], sample, cluster;
    const char *item;
    bool usable; /* answered and scored on both sides */
};

#define COMPARE_UNCHANGED "exact,same-answers"

struct compare_task {
    struct comparison *out;
    struct record *record;
    const struct task *task;
    const char *name, *scorer;
    int64_t run[2];
    size_t base, other;
    struct compare_pair *pairs;
    size_t n_pairs, n_usable, n_clusters, n_failed; /* failed: pairs of which the other run has no answer */
    size_t *order;                                  /* the pairs in the order of the other run's plan */
    bool clustered;                                 /* some cluster has more than one usable pair */
    bool mid;                                       /* McNemar's p by mid-p */
    /* Both runs hold the very same answers of one subject and scored them in the same way (the runs may be one): a
     * difference is 0 whichever items are drawn, so that it has no uncertainty. */
    bool unchanged;
    bool unplanned; /* of shares: without the smallest detectable effect, which costs the most */
    struct tally_spec spec;
    struct figure_settings figures;
    struct arena *arena; /* of the task: gone when the next one is compared; what stays is put on out->arena */
};

/* compare_match.c: fills the pairs. */
bool compare_match(struct compare_task *task, struct error *err) MUST_CHECK;
/* Every usable pair: those of the base in its order (side 0), then those of the other run in its own (side 1). */
typedef bool compare_sink(void *context, size_t pair, int side, const struct record_row *row, struct error *err);
bool compare_walk(struct compare_task *task, int flags, compare_sink *sink, void *context,
                  struct error *err) MUST_CHECK;

/* compare.c: rows and flips are copied, with their names; NULL: out of memory. */
struct compare_row *compare_add_row(struct compare_task *task, const struct compare_row *row,
                                    struct error *err) MUST_CHECK;
bool compare_add_flip(struct compare_task *task, const struct compare_flip *flip, struct error *err) MUST_CHECK;
bool compare_add_figure(struct compare_task *task, bool difference, const struct figure *figure,
                        struct error *err) MUST_CHECK;
/* The figure that a row without groups is, for gates. */
bool compare_put_figure(struct compare_task *task, const struct compare_row *row, struct error *err) MUST_CHECK;
/* A row that only says why it has nothing. */
bool compare_no_row(struct compare_task *task, const char *test, const char *name, const char *why,
                    struct error *err) MUST_CHECK;

/* A share of the usable pairs of which the first `yes` are counted by cluster: exact where each pair is its own
 * cluster, else by resampling clusters. yes: [n_pairs], of usable ones 0 or 1. */
bool compare_share(struct compare_task *task, const unsigned char *yes, const char *stream, struct compare_row *row,
                   struct error *err) MUST_CHECK;
/* The mean of a value of each usable pair, by resampling clusters. */
bool compare_mean(struct compare_task *task, const double *value, const char *stream, struct compare_row *row,
                  struct error *err) MUST_CHECK;

/* compare_kl_along.c: of each usable pair the mean over the tokens of the base's answer, [n_pairs]; ERROR_DATA: a run's
 * model is not in this process, has changed, or the tokenizers differ. */
struct compare_along {
    double *divergence, *same_top;
    uint64_t tokens;
};
bool compare_along(struct compare_task *task, struct compare_along *out, struct error *err) MUST_CHECK;

/* compare_paired.c: one figure of both sides (selections hold the metric in use) and their difference.
 * margin: NULL, or where p, the one-sided p value of a difference worse than it, is put. */
struct compare_margin {
    double margin;
    int side; /* 1: not below -margin; -1: not above margin; 0: both */
    double p;
};
bool compare_paired_row(struct compare_task *task, struct tally_selection sides[2], size_t field,
                        const uint16_t value[2], struct compare_margin *margin, struct compare_row *row,
                        struct figure *figure, bool *shown, struct error *err) MUST_CHECK;
/* The difference of a row as a figure, for gates; figure: that of the other run. Texts are borrowed from both. */
struct figure compare_difference(const struct compare_row *row, const struct figure *figure);

extern const struct compare_test compare_test_paired, compare_test_noninferior, compare_test_flips, compare_test_same,
    compare_test_kl, compare_test_honesty, compare_test_pairwise, compare_test_lineage;

#endif
