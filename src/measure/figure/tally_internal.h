/* What collecting rows (tally.c) and computing figures (tally_figures.c) share. */
#ifndef MEASURE_TALLY_INTERNAL_H
#define MEASURE_TALLY_INTERNAL_H

#include "measure/figure/metric_internal.h"
#include "measure/statistics/statistics.h"

enum { TALLY_FIELDS = 5, TALLY_PARTS = 24, TALLY_VALUES = 4096, TALLY_BLOCK = 2048 };

/* One sample, kept in 32 bytes and 8 for each part that a metric of the task reads. Items and clusters are told apart
 * by 64-bit hashes; sorting by them makes figures independent of the order in which rows come. */
struct tally_row {
    uint64_t cluster, item;
    uint32_t sample;
    uint16_t value_of[TALLY_FIELDS]; /* place in the field's values, 0: none */
    int8_t parsed;                   /* enum parse_state, -1: no reader */
    bool failed : 1;
    uint8_t person : 2; /* enum detector_label: what a person said of the answer */
};

/* The values of a field by which figures are split; values[0] is "none". */
struct tally_field {
    const char *name;
    struct text *values;
    size_t n;
    uint16_t *slots; /* open addressing, twice as many as values */
};

struct tally {
    struct tally_spec spec;
    struct figure_settings settings;
    struct arena arena; /* values of fields */
    const char *parts[TALLY_PARTS];
    bool seen[TALLY_PARTS]; /* some row has it */
    size_t n_parts;
    struct tally_field fields[TALLY_FIELDS];
    size_t n_fields;
    unsigned char **blocks; /* of TALLY_BLOCK rows */
    size_t n_blocks, stride, n;
    struct metric_use *own; /* metrics of the tally's own: the default, and parse_rate */
    size_t n_own;
};

static inline struct tally_row *tally_at(const struct tally *tally, size_t i) {
    return (struct tally_row *)(void *)(tally->blocks[i / TALLY_BLOCK] + i % TALLY_BLOCK * tally->stride);
}

static inline double *tally_parts_at(const struct tally *tally, size_t i) {
    return (double *)(void *)((unsigned char *)tally_at(tally, i) + sizeof(struct tally_row));
}

/* The metrics in the order of their figures. */
static inline const struct metric_use *tally_use(const struct tally *tally, size_t i) {
    return i < tally->spec.n_uses ? &tally->spec.uses[i] : &tally->own[i - tally->spec.n_uses];
}

enum { TALLY_PATTERNS = 64 };
/* Clusters that add to the same sums. */
struct tally_pattern {
    uint8_t sum[METRIC_SUMS];
    size_t n_sums, n;
    uint32_t *cluster; /* [n] */
    double *amount;    /* [n_sums, n] */
};

/* What clusters add to the sums of a metric: of a mean its rows and the sum of their values. Clusters that add the same
 * are of one kind, of which there are often few; resamples need nothing else. Zeros are left out. */
struct tally_sums {
    uint32_t *kind;  /* [clusters] */
    uint32_t *times; /* [kinds]: clusters of this kind */
    size_t *from;    /* [kinds + 1]: into sum and amount */
    uint8_t *sum;    /* which one; METRIC_SUMS of them at most */
    double *amount;
    uint32_t *slots; /* open addressing: kind + 1 */
    uint32_t *drawn; /* [kinds]: of a resample */
    size_t n_kinds, n, capacity, n_slots;
    struct tally_pattern patterns[TALLY_PATTERNS]; /* of many clusters of which few are alike */
    size_t n_patterns;
    bool by_kind; /* resamples come as how often each kind is drawn: many clusters are of few kinds */
};

/* The rows of one figure and the memory for them. */
struct tally_selection {
    const struct tally *tally;
    struct arena *arena;
    const struct metric_use *use;
    const char *name, *task, *scorer; /* copies on the arena, which may outlive tally and task */
    size_t place[METRIC_PARTS];       /* of the rule's parts among the tally's */
    uint32_t *order;                  /* all rows, sorted */
    uint32_t *row;                    /* rows that count */
    uint32_t *cluster;                /* of each */
    uint32_t *size;                   /* rows of each cluster */
    double *value;                    /* of each row: means */
    size_t n, n_clusters;
    bool macro;
    double scratch[METRIC_SUMS];
    struct tally_sums sums;
    struct stat_detector detector; /* of the metric in use, for its event; see tally_measure_detector */
    const char *detector_source;   /* NULL: it rests on none, or on one whose error is not known */
};

/* tally_figures.c: all rows of a tally in their order, by cluster, item and sample, whatever that of their coming;
 * close it in any case. */
bool tally_selection_open(struct tally_selection *selection, const struct tally *tally, struct arena *arena,
                          struct error *err) MUST_CHECK;
void tally_selection_close(struct tally_selection *selection);
bool tally_use_metric(struct tally_selection *selection, const struct metric_use *use, struct error *err) MUST_CHECK;
/* The figure of the metric in use, of all rows (field SIZE_MAX) or those with one value of a field; the rows that count
 * stay selected. *shown false: no row of this group counts, though rows of others do. */
bool tally_figure(struct tally_selection *selection, size_t field, uint16_t value, struct figure *figure, bool *shown,
                  struct error *err) MUST_CHECK;
/* The values of a field, fields[..].n - 1 of them, in the order of their bytes. */
uint16_t *tally_sorted_values(const struct tally_field *field, struct arena *arena, struct error *err) MUST_CHECK;

/* A row as its rule sees it. */
struct metric_view tally_view(const struct tally_selection *selection, size_t row);

/* tally_interval.c: the estimate of the figure, its interval and method; figure->k of a share. Where there is no
 * interval the reason stands in the figure. */
bool tally_interval(struct tally_selection *selection, struct figure *figure, struct interval *out,
                    struct error *err) MUST_CHECK;
/* Why the metric in use has no value for the rows that are selected. */
const char *tally_why(struct tally_selection *selection, struct error *err) MUST_CHECK;
/* tally_sums.c: what each cluster adds; and the METRIC_SUMS sums when cluster c counts weights[c] times. */
bool tally_gather_sums(struct tally_selection *selection, struct error *err) MUST_CHECK;
void tally_weigh(struct tally_selection *selection, const uint32_t *weights, double *sums);
void tally_sums_done(struct tally_sums *sums);
/* Visits resamples of the clusters, or of their kinds (sums.by_kind). */
bool tally_resample(struct tally_selection *selection, stat_visit *visit, void *context, const char *stream,
                    struct error *err) MUST_CHECK;
/* tally_folded.c: bootstrap of a figure with absolute values; needs tally_gather_sums. */
bool tally_folded(struct tally_selection *selection, const char *stream, struct interval *out,
                  struct error *err) MUST_CHECK;
/* tally_corrected.c: whether the metric in use is a share of what a detector says. */
bool tally_rests_on_detector(const struct tally_selection *selection);
/* Chooses the error of its detector: of the rows selected those that people labelled, else as the task or the program
 * says. Call it with all rows selected; it holds for the groups, too. */
void tally_measure_detector(struct tally_selection *selection);
bool tally_mark_unmeasured(struct tally_selection *selection, struct figure *figure, struct error *err) MUST_CHECK;
/* The figure of the selected rows once more, corrected; *shown false: there is nothing to correct by. */
bool tally_corrected(struct tally_selection *selection, const struct figure *raw, struct figure *out, bool *shown,
                     struct error *err) MUST_CHECK;
void tally_no_interval(struct figure *figure, struct interval *out, const char *why);

#endif
