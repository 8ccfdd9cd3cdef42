/* Recipes: one paper each, as a list of basanite's own command lines with the effects that must come out. YAML,
 * recipes/SLUG.yaml (docs/recipes.md):
 *
 *   recipe: SLUG            title: for people; paper: reference
 *   needs: [TEXT]           what must be there beforehand, for people
 *   budget_s: 480           seconds on two cores, all seeds; quick_s: of --quick
 *   seeds: [1, 42, 1234]
 *   steps:
 *     - name: teacher
 *       run: basanite train ... --seed $SEED --out teacher.gguf
 *       quick: basanite ...  another line for --quick; no: left out
 *       once: yes           not for each seed: in a folder that all seeds see as $SHARED
 *   expect:
 *     - figure: ece(student) - ece(sft)      see recipe_formula.h
 *       name: gain          what pages show of a long formula
 *       op: "<="  value: -0.10  tol: 0       of every seed's value; tol is added on the lenient side
 *       of: 3/3             how many seeds must agree (default: all)
 *       paper: -0.10        the same figure in the paper, as text
 *       quick: no           not judged with --quick; a number: the value there
 *     - same: [a.gguf, b.gguf]               files of equal bytes
 *   departs: [TEXT]         what differs from the paper and why
 *
 * In lines $SEED, $SUBJECT and $SHARED are replaced; words are split at blanks, "..." and '...' keep them together.
 * There is no shell. A line runs in the folder of its seed, where basanite.db is the record. */
#ifndef RECIPE_RECIPE_H
#define RECIPE_RECIPE_H

#include "base/buffer.h"
#include "base/interrupt.h"
#include "recipe/recipe_formula.h"

enum { RECIPE_STEPS_MOST = 200, RECIPE_SEEDS_MOST = 32 };

struct recipe_step {
    const char *name, *run;
    const char *quick; /* NULL: as run; "": left out */
    bool once;
};
enum recipe_operator { RECIPE_AT_MOST, RECIPE_AT_LEAST, RECIPE_ABOVE, RECIPE_BELOW, RECIPE_EQUAL, RECIPE_SAME_FILES };
struct recipe_expect {
    const char *shown; /* its name, else the formula as written; or the names of the files */
    const struct recipe_formula *formula;
    const char *file[2]; /* RECIPE_SAME_FILES */
    enum recipe_operator op;
    double value, tol, quick_value;
    unsigned agree, of; /* of: 0 where all must */
    bool not_quick;
    const char *paper; /* NULL: the paper has no such figure */
};
struct recipe {
    const char *slug, *title, *paper;
    const char **needs, **departs;
    size_t n_needs, n_departs;
    double budget_s, quick_s;
    uint64_t seeds[RECIPE_SEEDS_MOST];
    size_t n_seeds;
    struct recipe_step *steps;
    size_t n_steps;
    struct recipe_expect *expects;
    size_t n_expects;
};
/* On the arena. Errors name file, line and column; unknown keys the nearest known one. */
struct recipe *recipe_read(struct arena *arena, struct text source, const char *shown_name,
                           struct error *err) MUST_CHECK;

/* The recipes that are part of the program, by slug. On the arena. */
struct recipe_file {
    const char *slug;
    struct text source;
};
const struct recipe_file *recipe_files(struct arena *arena, size_t *n, struct error *err) MUST_CHECK;

/* ---- running */

struct recipe_event {
    const struct recipe_step *step;
    uint64_t seed; /* 0: of a step that is made once */
    const char *line;
    enum { RECIPE_STARTS, RECIPE_DONE, RECIPE_WAS_DONE } what;
    double seconds;
};
typedef void recipe_tell(void *context, const struct recipe_event *event);

struct recipe_settings {
    const char *program; /* basanite itself */
    const char *folder;  /* all that is made lies there; made where it is not */
    const char *subject; /* for $SUBJECT */
    const uint64_t *seeds;
    size_t n_seeds;
    bool quick;
    const char *const *only; /* names of steps; n_only 0: all */
    size_t n_only;
    const struct interrupt *stop;
    recipe_tell *tell; /* may be NULL */
    void *context;
};
/* Runs what is not done yet; stopped or killed, the same call goes on. Output of step S stands in steps/S.log of its
 * folder, steps/S.done says that it ended well and with which line. A step that fails ends the run: ERROR_GATE where
 * it ended with exit code 1 (a gate of its own), else the kind of its exit code. A folder whose step was done with
 * another line is ERROR_USAGE. */
bool recipe_run(const struct recipe *recipe, const struct recipe_settings *settings, struct arena *arena,
                struct error *err) MUST_CHECK;
/* The words of a line, which must begin with "basanite", NULL behind the last. ERROR_USAGE: a quote that does not
 * end, an unknown $NAME. */
struct recipe_names {
    uint64_t seed; /* 0: $SEED is an error */
    const char *subject, *shared;
};
const char **recipe_words(const char *line, const struct recipe_names *names, struct arena *arena,
                          struct error *err) MUST_CHECK;

/* ---- judging */

struct recipe_finding {
    const struct recipe_expect *expect;
    struct recipe_value *values; /* one a seed */
    size_t n_values;
    double mean, least, most; /* NaN where a seed has no value */
    double bound;             /* what it is held against */
    unsigned agreeing, needed;
    enum { RECIPE_MET, RECIPE_MISSED, RECIPE_NOT_JUDGED } verdict;
    const char *why; /* not judged, or no value */
};
/* Reads the records of the seeds; findings in the order of `expect`. On the arena. */
bool recipe_judge(const struct recipe *recipe, const struct recipe_settings *settings, struct arena *arena,
                  struct recipe_finding **findings, struct error *err) MUST_CHECK;
const char *recipe_operator_text(enum recipe_operator op); /* "<=", ... */

#endif
