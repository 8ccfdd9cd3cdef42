/* Scorers turn an answer into a score; readers find the answer inside a text first. Both are tables;
 * a task names them. */
#ifndef MEASURE_SCORER_H
#define MEASURE_SCORER_H

#include "measure/task/task.h"
#include "record/record.h"

enum parse_state { PARSED_OK, PARSED_FALLBACK, PARSED_FAIL };
extern const char *const parse_state_names[]; /* "ok", "fallback", "fail" */

struct score {
    double value;          /* NaN: null */
    struct text label;     /* short word: correct, wrong, refusal, compliance, ... */
    enum parse_state parsed;
    json_t *parts; /* named numbers that metrics read ("acc", "acc_norm", "mc2", "picked", ...); owned by the caller */
};

/* All rows of files of recorded answers, for a scorer that looks at them together. */
struct score_whole {
    const char *const *paths;
    size_t n_paths;
    const struct option_value *options;
    bool lenient;
    uint64_t seed;
    double confidence;
    bool grouped; /* --group named the scorer's `group` */
    const char *path; /* folders for what files name */
    struct score_told *told; /* what is said beside the figures; NULL: nobody listens */
};
/* Texts are on the arena of the figures, a line each. */
struct score_told {
    uint64_t rows, expected, met; /* rows that say what their score must be, and those whose score is so */
    const char *missed, *mistakes; /* NULL: none */
};

struct scorer {
    const char *name, *version, *summary;
    const char *metrics; /* metric_list for recorded answers that are scored without a task; NULL: [score] */
    /* The same, where it depends on the options; NULL: `metrics` whatever they are. */
    const char *(*metrics_by)(const struct option_value *options);
    const struct option_def *options;
    size_t n_options;
    bool levels; /* tells a level, 1 best, as the part "level" */
    const char *open_label; /* the label of answers that rules leave open and a judge may decide: the row's "judged",
                             * and option judge=no to leave that out; NULL: none */
    const char *detects; /* the part that it decides by rules or by a judge that err, see detector.h; NULL: none */
    bool exact;          /* it does not err: what it decides is so by definition (words of a list) */
    bool polls;          /* a judge decides each answer, by votes: judge.h */
    bool explains;       /* its parts are worth keeping beside each answer of a group that is scored */
    bool lists_unread;   /* answers that it leaves open are listed, one by one, where files are scored */
    bool declared;       /* needs to know who answers: a run puts what its subject declares into the row's "target" */
    /* What the options name and a score needs (rules, lists): opened once with the task, before anything is asked;
     * NULL: nothing. path: folders to search. digest: of what was opened, part of what makes two scores the same. */
    void *(*open)(const struct option_value *options, const char *path, struct error *err);
    void (*close)(void *state);
    const char *(*digest)(const void *state);
    /* The part of `calibrate` that shows a scorer of whole files, which no material can; NULL: materials do. */
    const char *shown_by;
    /* Figures of whole files, in place of rows that are scored one by one; NULL: no. All on the arena. */
    bool (*whole)(const struct score_whole *in, struct arena *arena, struct figure **figures, size_t *n,
                  struct error *err);
    const char *group; /* the field by whose values `whole` splits its figures, with --group or without; NULL: none */
    /* answer.error is NONE here; failed answers are not scored. */
    bool (*score)(const struct task *task, const struct option_value *options, const struct item *item,
                  const struct answer *answer, struct arena *arena, struct score *out, struct error *err);
};
size_t scorers(const struct scorer *const **out);
bool task_score(const struct task *task, const struct item *item, const struct answer *answer, struct arena *arena,
                struct score *out, struct error *err) MUST_CHECK;

/* The filters of a task (filter_list), one table: regex, take_first, first_line, strip, number, letter,
 * lowercase, ... */
struct reader {
    const char *name, *summary;
    const struct option_def *options;
    size_t n_options;
    /* *found false: what it looks for is not in the text. out: on the arena or inside `in`. */
    bool (*apply)(const struct option_value *options, const struct item *item, struct text in, struct arena *arena,
                  struct text *out, bool *found, struct error *err);
};
size_t readers(const struct reader **out);
const struct reader *reader_find(struct text name);   /* NULL: none */
const struct scorer *scorer_find(struct text name);

/* A reader as a task uses it; a chain of them is one filter of filter_list. */
struct reader_use {
    const struct reader *reader;
    const struct option_value *options;
};
struct reader_chain {
    struct text name;
    const struct reader_use *uses;
    size_t n;
};
/* The chains of a task in their order: the first that finds something counts (PARSED_OK),
 * a later one is PARSED_FALLBACK. */
const struct reader_chain *task_readers(const struct task *task, size_t *n);
const struct option_value *task_scorer_options(const struct task *task);
bool task_scorer_ready(const struct task *task, struct error *err) MUST_CHECK; /* it could open what it needs */
const void *task_scorer_state(const struct task *task); /* what its scorer opened; NULL: nothing */

#endif
