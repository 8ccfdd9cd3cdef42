/* Reference materials: a subject or a data set with a planted fault of known size, and what the metrics must find. Each
 * is a YAML file (materials/NAME.yaml; docs/materials.md has examples):
 *
 *   material: NAME                 family, title: for people
 *   plant: {kind, doses, values}   kind: script (the subject's coins are thrown anew in each repetition), data (the
 * rows' coins are), exact (no coins: one repetition). doses: numbers (called dose), or mappings of names to numbers and
 * texts; the first one is the clean twin, in which nothing is planted; shown by its `name` where it has one. values:
 * {NAME: formula}, numbers that follow from a dose and join its names, in their order rows: {count, columns} rows made
 * in memory: columns are templates over i (0..count-1), u (8 random numbers), the names of the dose and the columns
 * before. Absent: the task names its data task: {...}                    keys of a task (docs/tasks.md); its
 * metric_list is made of `figures` make: SPEC or {cases: [...]}   a script subject, or the behaviour of one
 * (subject/script_file.h); `{formula}` inside stands for its value at the dose figures: [{metric, recovers, tol,
 * group}, ...], or these keys once at the top metric                     as in metric_list recovers formula of the
 * planted value; none: the figure must have no value tol                        ci: its interval covers the planted
 * value in at least 183 of 200 repetitions exact: each repetition finds it, within 1e-9 ordering: the mean goes up and
 * down with the planted value from dose to dose NUMBER: the mean lies within it interval: METHOD           instead of
 * tol: ci, with intervals by this method group: FIELD=VALUE         of this group alone repeat: N 200
 *
 * Figures come the whole way: rows, task, ask, reader, scorer, metric, interval. Repetition r of a dose asks with a
 * seed of its own, drawn from (seed, material, dose, r), so nothing depends on threads or on what else is run. */
#ifndef MEASURE_MATERIAL_H
#define MEASURE_MATERIAL_H

#include "base/pool.h"
#include "measure/figure/tally.h"

struct material;

struct material_settings {
    const char *path;      /* folders searched for data (BASANITE_PATH), colon list */
    uint64_t seed, repeat; /* repeat 0: as the material says */
    double confidence;
    uint64_t bootstrap;
    struct pool *pool; /* NULL: the caller alone */
    const struct interrupt *stop;
};

enum material_rule { MATERIAL_CI, MATERIAL_EXACT, MATERIAL_ORDERING, MATERIAL_WITHIN };
extern const char *const material_rule_names[];

/* What came of one figure at one dose. Texts are borrowed for the call. */
struct material_row {
    const char *material, *dose, *figure;
    bool clean;                         /* the dose plants nothing */
    double planted;                     /* NaN: no value */
    double found;                       /* mean over the repetitions; NaN: no value in some of them */
    double least, most;                 /* of them */
    uint64_t repeats, covering, needed; /* intervals; needed 0: they do not decide */
    struct {
        uint64_t repeats, covering, needed; /* the second look at intervals that covered too seldom; repeats 0: none */
    } again;
    enum material_rule rule;
    double tolerance; /* MATERIAL_WITHIN */
    char method[64];  /* of the intervals, in the first repetition */
    uint64_t n;       /* rows that count, ditto */
    bool passed;
    const char *why; /* not passed: in words; else "" */
};
typedef void material_report(void *context, const struct material_row *row);

/* source: YAML text, shown_name for messages. Unknown keys, metrics and formulas that cannot be parsed are ERROR_DATA
 * with FILE:LINE:COLUMN. */
struct material *material_parse(struct text source, const char *shown_name, struct error *err) MUST_CHECK;
void material_free(struct material *material);
const char *material_name(const struct material *material);
const char *material_title(const struct material *material);
/* How many rows a run reports: its figures at each dose. */
size_t material_n_rows(const struct material *material);
/* Whether a figure of the material is this metric, whatever its options. */
bool material_has_metric(const struct material *material, const char *metric);

bool material_has_scorer(const struct material *material, const char *scorer); /* its task is scored by it */

/* All doses, all figures, in the order of the file. Missed rows are no errors. Of intervals that cover as often as they
 * say 1.2% fall below 183 of 200 by chance, which is a few among hundreds of rows. So each such row is looked at again,
 * with ten times as many new repetitions (where they are fewer than 2,000) and the bound that is missed by chance as
 * seldom, 1,877 of 2,000; that decides. */
bool material_run(const struct material *material, const struct material_settings *settings, material_report *report,
                  void *context, struct error *err) MUST_CHECK;

/* Writes FOLDER/dose-1, dose-2, ...: rows.jsonl, task.yaml, subject.yaml (where the behaviour is one of a file) and
 * truth.json, which says what must be found and with which command. The rows and answers are those of repetition 0. */
bool material_make(const struct material *material, const struct material_settings *settings, const char *folder,
                   struct error *err) MUST_CHECK;

/* The built-in ones, in the order of their names; *n of them; each is read from its file with material_parse. */
struct material_file {
    const char *name;
    struct text source;
};
const struct material_file *material_files(struct arena *arena, size_t *n, struct error *err) MUST_CHECK;

/* How many of n intervals must cover the truth: the most that a true coverage of `confidence` misses no more often than
 * 183 of 200 are missed at 0.95 (1.2%). */
uint64_t material_needed(uint64_t n, double confidence);

#endif
