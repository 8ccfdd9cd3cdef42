/* What changed between runs of the same items. The first run is the base; each other one is compared with it (or each
 * run with every one before it), task by task, by the tests of one table. Items are paired by what they are (id, gold,
 * row) and what was asked, whichever subject answered; pairs of which one side failed are left out and counted. Items
 * of one cluster are resampled together.
 *
 * Everything is computed from the record, in one thread, from the random streams of (seed, names): the same bytes
 * always. */
#ifndef MEASURE_COMPARE_H
#define MEASURE_COMPARE_H

#include "base/option.h"
#include "measure/figure/gate.h"
#include "measure/score/judge.h"
#include "record/record.h"

enum { COMPARE_RUNS_MOST = 64 };

struct compare_settings {
    double confidence;
    uint64_t bootstrap; /* resamples, and permutations */
    uint64_t seed;
    const char *group;   /* figures per value of this field, too; NULL: as the base run had it */
    const char *correct; /* of p values: "holm", "bh" or "none" */
    bool pairs;          /* every run is a base for those behind it; p values are corrected over all of them together */
    bool lenient;        /* compare what both runs have, and say what is left out */
    const struct subject_settings *subjects; /* how models are opened again (kl,along); NULL: as by default */
    struct pool *pool;   /* makes resamples and exchanges; NULL: one thread does. Never changes a result */
    struct judge *voter; /* of the test pairwise, opened for votes (judge.h); NULL: none */
};

/* One row of what a test found. */
struct compare_row {
    const char *test, *task, *name, *group; /* "paired", "demo_questions", "exact_match", "kind=rare" or "" */
    size_t base, other;                     /* which run is compared with which base */
    double a, b;                            /* the figure of the base and of the other one; NaN: the test has none */
    double value, lo, hi;                   /* b less a, or what the test measures; NaN: not known */
    double p, p_holm, p_bh, p_corrected;    /* NaN: the test has none */
    double detectable;                      /* smallest true difference found with a power of 80 %; NaN: not known */
    uint64_t n;                             /* pairs */
    bool counted;                           /* the following are known: each pair is a yes or a no on both sides */
    uint64_t gained, lost, both, neither;   /* got better, got worse, right both times, wrong both times */
    bool first;                             /* of the first figure of its task: corrected over the tasks */
    const char *method, *unit, *direction, *verdict;
    const char *null_reason; /* why there is no interval, or no value; NULL: there is */
};

/* An item that was right and is wrong, or the other way round. Texts stand in the record: record_rows_at. */
struct compare_flip {
    const char *task, *item, *scorer;
    size_t base, other;
    uint64_t sample, position[2]; /* in the plans of the base and of the other run */
    double value[2];
    const char *label[2];
};

struct compare_run {
    int64_t id;
    const char *name, *subject, *spec, *digest, *suite;
    enum gate_verdict gate; /* of another run, once it was judged */
};

struct comparison {
    struct compare_settings settings;
    struct compare_run *runs;
    size_t n_runs;
    const char **tests; /* as they were asked for: "noninferior,margin=0.02" */
    size_t n_tests;
    struct compare_row *rows; /* by base, other run, task, test */
    size_t n_rows, rows_capacity;
    struct compare_flip *flips;
    size_t n_flips, flips_capacity;
    const char **notes; /* sentences for people: what was left out */
    size_t n_notes, notes_capacity;
    struct compare_figure { /* of the other runs, on the items compared: what gates read */
        size_t other;
        bool difference;
        struct figure figure;
    } * figures;
    size_t n_figures, figures_capacity;
    struct gate_result gate; /* n 0: none was given */
    const char *gate_source;
    struct lineage_state *lineage; /* zoos that were compared, of the test lineage; NULL: none */
    const char *undecided; /* why a test that gives a verdict could give none; NULL: all could */
    struct arena *arena;
};

struct compare_task;
struct compare_test {
    const char *name, *summary;
    const struct option_def *options;
    size_t n_options;
    /* Adds its rows of one task and one other run. */
    bool (*run)(struct compare_task *task, const struct option_value *options, struct error *err);
};
size_t compare_tests(const struct compare_test *const **out);
struct compare_use {
    const struct compare_test *test;
    const struct option_value *options;
    const char *spec;
};
bool compare_use_parse(const char *spec, struct arena *arena, struct compare_use *out, struct error *err) MUST_CHECK;

/* names: of n >= 2 runs. Everything is put on the arena, which the comparison keeps for its life. Runs that are not
 * complete, tasks, items or scorers that differ: ERROR_DATA with what differs; with settings.lenient they are notes. */
bool compare_runs(struct record *record, const char *const *names, size_t n, const struct compare_use *uses,
                  size_t n_uses, const struct compare_settings *settings, struct arena *arena, struct comparison *out,
                  struct error *err) MUST_CHECK;
/* Judges each other run: figures are its own on the items compared, d(x) is its difference from the base. */
bool compare_gate(struct comparison *comparison, const struct gate *gate, const char *source,
                  struct error *err) MUST_CHECK;
/* Adds a sentence for people. */
bool compare_note(struct comparison *out, struct error *err, const char *format, ...) PRINTF_LIKE(3, 4) MUST_CHECK;
/* Puts the rows into the record in place of those of an earlier comparison of the same runs. */
bool compare_keep(const struct comparison *comparison, struct record *record, struct error *err) MUST_CHECK;

#endif
