/* How metrics are computed, for the files of this folder. A metric is either a mean of one value a row, or a function
 * of sums over rows. Both are computed from row weights, so that the cluster bootstrap needs nothing of its own. */
#ifndef MEASURE_METRIC_INTERNAL_H
#define MEASURE_METRIC_INTERNAL_H

#include "measure/metric.h"

enum { METRIC_PARTS = 4, METRIC_SUMS = 112, METRIC_CLASSES = 16 };

/* A row as a rule sees it: the parts that the rule names, NaN where the scorer gave none. */
struct metric_view {
    double part[METRIC_PARTS];
    int parsed; /* enum parse_state; -1: no reader */
};

/* The value of a row; NaN: the row does not count here. */
typedef double metric_pick(const struct metric_view *row, const struct option_value *options);
/* Adds a row's weight to the sums; false: the row does not count here. */
typedef bool metric_add(const struct metric_view *row, double weight, const struct option_value *options, double *sums);
typedef double metric_value(const double *sums, const struct option_value *options); /* NaN: not determined */

struct metric_rule {
    const char *parts[METRIC_PARTS + 1]; /* ended by NULL; "value" is score.value */
    size_t needs;                        /* the first this many must be there; the others may be left out */
    metric_pick *pick;                   /* means; the figure is scale x mean + shift */
    double scale, shift;
    metric_add *add; /* functions of sums */
    metric_value *value;
    bool tells_options; /* the figure's method names all options */
    bool joins;         /* a cluster is one value, the product of its rows'; option 0: rows of a whole one (0: any) */
    int macro;          /* which option says macro or micro; -1: none. macro: each cluster weighs 1 */
    double least, most; /* range of the figure; intervals are cut to it */
};

/* What a tally needs to know of a task. Borrowed until tally_free. */
struct tally_spec {
    const char *task, *scorer;
    const struct metric_use *uses;
    size_t n_uses;
    const char *const *fields; /* groups */
    size_t n_fields;
    const char *cluster_field; /* NULL: each item is its own cluster */
    bool reads;                /* answers are texts that are read: the figure parse_rate is added */
};
bool tally_spec_of(const struct task *task, struct tally_spec *spec, struct error *err) MUST_CHECK;
struct tally *tally_new_of(const struct tally_spec *spec, const struct figure_settings *settings,
                           struct error *err) MUST_CHECK;

/* A part of a row: of the evidence, else a label of the gold; NaN for none. */
double metric_part(const struct record_row *row, const char *name);
/* A metric with all options at their defaults. */
bool metric_use_plain(const char *name, struct arena *arena, struct metric_use *out, struct error *err) MUST_CHECK;

#endif
