/* How metrics are computed, for the files of this folder. A metric is either a mean of one value a row, or a function
 * of sums over rows. Both are computed from row weights, so that the cluster bootstrap needs nothing of its own. */
#ifndef MEASURE_METRIC_INTERNAL_H
#define MEASURE_METRIC_INTERNAL_H

#include "measure/task/detector.h"
#include "measure/task/scorer.h"
#include "measure/figure/tally.h"

enum { METRIC_PARTS = 12, METRIC_SUMS = 256, METRIC_CLASSES = 16, METRIC_FOLDS = 100 };

/* A row as a rule sees it: the parts that the rule names, NaN where the scorer gave none. */
struct metric_view {
    double part[METRIC_PARTS];
    int parsed; /* enum parse_state; -1: no reader */
};

/* The value of a row; NaN: the row does not count here. */
typedef double metric_pick(const struct metric_view *row, const struct option_value *options);
/* Adds a row's weight to the sums; false: the row does not count here. */
typedef bool metric_add(const struct metric_view *row, double weight, const struct option_value *options, double *sums);
/* Adds the n rows of a cluster that count to the sums. */
typedef void metric_gather(const struct metric_view *rows, size_t n, const struct option_value *options, double *sums);
typedef double metric_value(const double *sums, const struct option_value *options); /* NaN: not determined */
/* Why the value is NaN, where that depends on the rows; on the arena. NULL: out of memory. */
typedef const char *metric_why(const double *sums, struct arena *arena, struct error *err);
/* Of a figure that takes absolute values of terms (calibration errors of bins): the terms, at most METRIC_FOLDS, and
 * the figure when the absolute values are given. */
typedef size_t metric_folds(const double *sums, const struct option_value *options, double *terms);
typedef double metric_unfolded(const double *sums, const struct option_value *options, const double *absolute);
/* One value of the n rows of a cluster that count; NaN: the cluster does not count. */
typedef double metric_join(const struct metric_view *rows, size_t n, const struct option_value *options);

/* How a figure rests on what a detector says of rows (part 0), so that it can be corrected for its error. */
enum metric_event {
    METRIC_EVENT_NONE,
    METRIC_EVENT_YES,     /* a mean of what it says */
    METRIC_EVENT_PARTIAL, /* the same; option 0: yes in part counts, too */
    METRIC_EVENT_NOT,     /* a mean of what it denies, in part as well */
    METRIC_EVENT_SIDES /* a difference of two means, of rows where part 1 is yes less the others; option 0 as above */
};

struct metric_rule {
    const char *parts[METRIC_PARTS + 1]; /* ended by NULL; "value" is score.value */
    size_t needs;                        /* the first this many must be there; the others may be left out */
    metric_pick *pick;                   /* means; the figure is scale x mean + shift */
    double scale, shift;
    metric_add *add; /* functions of sums */
    metric_gather
        *gather; /* adds whole clusters instead; `add` then only says which rows count; NULL: rows add themselves */
    const char *exact; /* method of a figure that is a statement about the rows and has no interval (a p value); NULL */
    metric_value *value;
    const char *undetermined; /* why `value` may be NaN; NULL: the items do not determine it */
    metric_why *why;          /* instead of it; NULL: none */
    const char *nothing;      /* why no row may count; NULL: it is said how many do not */
    metric_folds *folds; /* functions of sums with absolute values: intervals of their own; NULL: none */
    metric_unfolded *unfolded;
    bool tells_options; /* the figure's method names all options */
    metric_join *join;  /* means: a cluster is one value; NULL: each row is */
    double sides[2]; /* functions of sums: two shares, {rows, share} each, and their factors in the figure; 0: none */
    int macro;          /* which option says macro or micro; -1: none. macro: each cluster weighs 1 */
    double least, most; /* range of the figure; intervals are cut to it */
    bool bounded_by_parts; /* and to what parts 1 (the lowest of all rows) and 2 (the highest) say, where all rows do */
    enum metric_event event;
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
    bool compat;               /* as published: the method of each figure says so */
    const struct detector *detector; /* what the scorer decides, and errs; NULL: nothing */
};
bool tally_spec_of(const struct task *task, struct tally_spec *spec, struct error *err) MUST_CHECK;
struct tally *tally_new_of(const struct tally_spec *spec, const struct figure_settings *settings,
                           struct error *err) MUST_CHECK;

/* A part of a row: of the evidence, else a label of the gold; NaN for none. */
double metric_part(const struct record_row *row, const char *name);
/* The row of an item that is not answered yet; and the same with the answer's score, whose parts (evidence) the caller
 * owns: the way to figures without a record. */
struct record_row record_row_of_item(const struct task *task, const struct item *item);
bool record_row_score(const struct task *task, const struct item *item, const struct answer *answer,
                      struct arena *arena, struct record_row *row, struct error *err) MUST_CHECK;
/* A metric with all options at their defaults. */
bool metric_use_plain(const char *name, struct arena *arena, struct metric_use *out, struct error *err) MUST_CHECK;

#endif
