/* Running suites: asks a subject the items of each task, scores the answers and writes everything to a record as it
 * comes. Kill it at any moment and start it again: it goes on, asks nothing twice, and ends with the figures and the
 * evidence chain of an undisturbed run. */
#ifndef MEASURE_RUN_H
#define MEASURE_RUN_H

#include "measure/figure/gate.h"
#include "measure/score/judge.h"
#include "measure/figure/tally.h"

enum { RUN_CHUNK = 256 };

struct run_settings {
    const char *name;    /* NULL: numbered */
    const char *command; /* the command line, for the record */
    const char *build;
    enum record_start start;
    uint64_t seed;
    uint64_t limit;
    int few_shot;
    size_t samples;      /* 0: as the task says */
    size_t chunk;        /* items in flight; 0: RUN_CHUNK; never changes a result */
    struct figure_settings figures;
    bool quiet;
    bool may_fail;       /* no error when every item failed (scripts without an answer to give) */
    const struct interrupt *stop;
    /* Items are asked in random order, in steps of which each is a quarter longer than what was asked before, and after
     * each step the gate is looked at with intervals that hold at every look (stat_always_valid); once it is met or
     * violated nobody is asked any more. Clusters stay together. Sets figures.always_valid. */
    bool sequential;
    const struct gate *gate; /* of sequential; NULL: everything is asked */
    const char *gate_source;
    /* Decides answers that a task's scorer leaves open (scorer.open_label); NULL: nobody does. Tasks are loaded with
     * its digest (task_settings.judge), so that their items are other ones than without it. */
    struct judge *judge;
    struct judge *voter; /* the same subject asked for votes (scorer.polls) */
    const struct subject *judge_subject;
};

struct run_result {
    struct record_run run;
    struct figure *figures; /* of all tasks, on the arena */
    size_t n_figures;
    uint64_t items, asked, reused; /* asks, of which a sample may take several: new ones, answered from the record */
    uint64_t samples, failed;      /* what was to be scored; of it, what failed for good */
    uint64_t planned;       /* items there are; more than `items`: it stopped early */
    uint64_t looks;         /* of a sequential run */
    uint64_t judged; /* answers that the judge decided */
    uint64_t bad_rows;      /* left out (lenient) */
    char *bad_list;         /* what is wrong with the first ones of each task, a line each, on the arena; NULL: none */
    char chain[HASH_HEX];   /* newest evidence hash */
    uint64_t chain_entries;
};

/* Every task's needs are checked before anything is asked. On interruption or a dead endpoint the record keeps what was
 * answered, the run is marked, and the error says how to go on. All items failed: ERROR_ENVIRONMENT. */
bool run_suite(struct record *record, struct subject *subject, const struct suite *suite,
               const struct run_settings *settings, struct arena *arena, struct run_result *result,
               struct error *err) MUST_CHECK;

/* The settings that decide results: seed, limit, few_shot, figures and each task's configuration. Owned by the
 * caller. */
json_t *run_config(const struct suite *suite, const struct run_settings *settings, struct error *err) MUST_CHECK;

/* What would be asked, without asking, per task: items; clusters, and the smallest detectable effect were all items of
 * a cluster alike; smallest_effect of a share against one half, corrected for the number of tasks (the first step of
 * Holm's test), paired with another run of which a share 0.05, 0.1 or 0.2 of the items differs (exact McNemar);
 * items_needed for smaller effects; the first prompt. Owned by the caller. */
json_t *run_plan(struct subject *subject, const struct suite *suite, const struct run_settings *settings,
                 struct error *err) MUST_CHECK;

/* Smallest distance of a share from a fixed value of one half that n items show with 80% power (test of one share,
 * normal approximation); NaN: none. Printed before a run. Two runs on the same items are compared in pairs,
 * which sees more. */
double run_smallest_effect(uint64_t n, const struct run_settings *settings);

/* What people say of answers of a run: kept in the record and its chain; the figures are computed again, so that shares
 * that rest on a detector are corrected by them (detector.h). name NULL: the newest run. */
bool run_label(struct record *record, const char *name, const struct record_label *labels, size_t n,
               struct error *err) MUST_CHECK;
/* JSONL rows {"item", "label", "task"?, "sample"?, "who"?, "why"?}, on the arena. */
bool run_labels_read(const char *path, struct arena *arena, struct record_label **out, size_t *n,
                     struct error *err) MUST_CHECK;

/* Recomputes everything that can be from what is stored: chain links, the digests of settings, subject, plan, answers,
 * labels and comparisons, each figure. What the chain tells of must be there, and nothing else. Names the first
 * difference (ERROR_DATA). Of a run by an older version, which says nothing of settings and plan, `whole` is false. */
struct run_verdict {
    uint64_t entries, answers, figures;
    bool whole;
    char chain[HASH_HEX];
};
bool run_verify(struct record *record, const char *name, struct run_verdict *verdict, struct error *err) MUST_CHECK;

/* Runs the baselines mute, constant, uniform and oracle and compares their figures with the computed ones. */
struct baseline_row {
    const char *task, *subject, *figure;
    double expected, found, lo, hi;
    bool exact, ok;
};
bool run_baselines(struct record *record, const struct suite *suite, const struct subject_settings *subject_settings,
                   const struct run_settings *settings, struct arena *arena, struct baseline_row **rows, size_t *n,
                   struct error *err) MUST_CHECK;

#endif
