/* Tasks and suites: YAML files that say what is asked and how it is scored. Keys are lm-eval's where the meaning is
 * equal (commands.md, section 4); an unknown key is an error that names the nearest known one. */
#ifndef MEASURE_TASK_H
#define MEASURE_TASK_H

#include "base/yaml.h"
#include "lm/template/jinja.h"
#include "subject/subject.h"

struct task;
struct scorer;
struct world_shelf;

/* One item, ready to be asked. Everything lives on the arena given to task_next. */
struct item {
    struct text id, split, group, lang, pair, twin, cluster, ref, source;
    struct message *messages; /* n_messages 0: raw prompt */
    size_t n_messages;
    struct text prompt;       /* with few-shot examples and description in front */
    struct text *choices;     /* in the order asked (permuted when the task says so) */
    size_t n_choices;
    int64_t gold_index;       /* -1: none; index into choices as asked */
    const int64_t *order;     /* order[i]: original index of choice i; NULL: not permuted */
    struct text *gold_texts;
    size_t n_gold_texts;
    double gold_number;       /* NaN: none */
    json_t *gold;             /* what the record keeps: index/text/number/labels; owned by the item, see item_done */
    json_t *row;              /* the source row */
    json_t *said; /* of a chain: {STEP: {text, truth, confidence, likelihood, rank}, "signal"}; NULL: nothing */
    json_t *hidden;           /* golds of asks that hide labels */
    char digest[65];
};
void item_done(struct item *item);

/* One of `of` parts of the data that share no cluster (where the task tells none: no pair; else no id), so that what is
 * chosen on one part can be judged on another. index counts from 1; of 0: everything. */
struct task_slice {
    unsigned index, of;
};
enum { TASK_SLICES_MOST = 1000 };
bool task_slice_read(const char *spec /* "2/3" */, struct task_slice *out, struct error *err) MUST_CHECK;

struct task_settings {
    const char *path;    /* folders searched for suites, tasks and data (BASANITE_PATH), colon list */
    uint64_t seed;
    const char *method;  /* NAME[,key=value]: which method of tasks that have some; NULL: their first */
    const char *split;   /* only rows of this split, of tasks that tell one; NULL: all rows */
    const char *lang;    /* "en,p1": only rows in these languages, of tasks that tell one; NULL or "all": all rows */
    struct task_slice slice; /* only rows of this part */
    uint64_t limit;      /* 0: all; spread evenly over the groups */
    int few_shot;        /* -1: the task's own */
    bool lenient;        /* bad rows are counted, not fatal */
    const char *scorer;  /* NAME,key=value: other options of the scorer, which all tasks must have; NULL: theirs */
    bool compat;         /* as published: what a task's key `compat` says goes before its other keys */
    const char *judge; /* digest of who decides what scorers leave open, which makes other items of the same rows; NULL:
                          nobody */
    struct world_shelf *shelf; /* rows of the pocket world, outlives the task; NULL: the task makes its own */
};

/* source: YAML text, shown_name for messages. */
struct task *task_parse(struct text source, const char *shown_name, const struct task_settings *settings,
                        struct error *err) MUST_CHECK;
void task_free(struct task *task);
const char *task_name(const struct task *task);
const char *task_title(const struct task *task);
const char *task_licence(const struct task *task);
int task_needs(const struct task *task); /* subject capabilities */
/* output_type hidden_states: nothing is asked; the runner looks into the subject, which must be a model in this process
 * (run_look.h), and an item's answer is what it came to among all items. */
bool task_looks(const struct task *task);
bool task_compat(const struct task *task); /* it is asked and scored as published, by its key `compat` */
bool task_may_lack(const struct task *task); /* key `optional`: a suite leaves it out where its data are not there */
bool task_data_there(const struct task *task, struct error *err) MUST_CHECK; /* every file is; else which is not */
/* false: key `where` holds for none of the *seen > 0 rows there are. Reads as far as the first for which it does; what
 * cannot be read counts as fitting, so that the error comes where the rows are used. */
bool task_rows_fit(const struct task *task, uint64_t *seen);
bool task_makes_rows(
    const struct task *task); /* all its rows are made from the pocket world, so no file can be missing */
const struct scorer *task_scorer(const struct task *task);
struct detector;
const struct detector *
task_detector(const struct task *task); /* what its scorer decides, and how it errs; NULL: nothing */
/* metric_list in its order, each entry read with metric_use_parse (metric.h). None: the metric "score". */
struct metric_use;
const struct metric_use *task_metrics(const struct task *task, size_t *n);
/* Fields by which figures are split (groups); NULL with n 0: none. item.group is the value of the first; the values of
 * all of them stand in the labels of the gold (item.gold: {"labels": {FIELD: value}}), where metrics read them. */
const char *const *task_group_fields(const struct task *task, size_t *n);
const char *task_cluster_field(const struct task *task); /* NULL: each item is its own cluster */
/* What decides results: canonical, owned by the caller. "source" is the YAML text and "name" its shown name, so that a
 * record alone suffices to build the task again (task_parse) and recompute its figures; data files stand as sha256. */
json_t *task_config_json(const struct task *task);

/* Streams items in source order (after limit). 1 item, 0 end, -1 error. */
struct task_items;
struct task_items *task_open(const struct task *task, struct error *err) MUST_CHECK;
void task_close(struct task_items *items);
int task_next(struct task_items *items, struct arena *arena, struct item *item, struct error *err) MUST_CHECK;
bool task_count(const struct task *task, uint64_t *n, struct error *err) MUST_CHECK;
/* Bad rows so far (lenient); *list: what is wrong with the first ten, a line each, borrowed. */
uint64_t task_bad_rows(const struct task_items *items, struct text *list);

/* The ask of an item: messages or prompt, choices, limits, stops; digest computed (with the item's when needs_item). */
bool task_ask(const struct task *task, const struct item *item, bool needs_item, struct arena *arena, struct ask *ask,
              json_t **canonical, struct error *err) MUST_CHECK;

/* Methods: chains of asks for one item (task key `methods`). The first ask is task_ask's;
 * later ones need what was said. */
const char *task_method_name(const struct task *task); /* NULL: the task has none */
size_t task_steps(const struct task *task);            /* 1 without methods */
const char *task_step_name(const struct task *task, size_t step);
bool task_ranks(const struct task *task); /* answers need confidences of all items: two passes */
size_t task_step_samples(const struct task *task, size_t step); /* answers that a step asks for */
/* What was said in a step. NaN: not known. */
struct task_said {
    struct text text;
    double confidence; /* mean probability of the tokens; of a step that asks for several: how much these agree */
    double likelihood; /* probability of the whole text */
    double rank;       /* percentile of the confidence among the items */
    const struct text *texts; /* all of them, of a step that asks for several */
    size_t n_texts;
};
bool task_item_said(const struct task *task, struct item *item, size_t step, const struct task_said *said,
                    struct error *err) MUST_CHECK;
/* Self-consistency of a step that asks for several answers: their mean token F1 with what was said in the step that it
 * names (`agrees`). */
bool task_step_agreement(const struct task *task, const struct item *item, size_t step, const struct text *texts,
                         size_t n, struct arena *arena, double *out, struct error *err) MUST_CHECK;
/* What a threshold of the chosen method is compared with: the item's said.signal; false: the method has none. */
bool task_method_signals(const struct task *task);
bool task_step_ask(const struct task *task, struct item *item, size_t step, bool needs_item, struct arena *arena,
                   struct ask *ask, json_t **canonical, struct error *err) MUST_CHECK;
/* What is scored: put together by the method, else `last`. */
bool task_final_answer(const struct task *task, const struct item *item, struct text last, struct arena *arena,
                       struct text *out, struct error *err) MUST_CHECK;

/* Suites: {suite, version, title, tasks: [{task, weight, limit}], bands: [...], ...}. Finds NAME as built-in or
 * NAME.yaml in the path; SUITE/TASK is one task of a built-in suite, taxonomy/LEAF the task of a leaf; a plain task
 * counts as a suite of one. */
struct suite {
    struct text name, title;
    struct task **tasks;
    double *weights;
    size_t n_tasks;
    json_t *bands; /* list, see bands.h; empty: none. Those of suites inside suites are there, too */
    const char **lacking; /* why optional tasks were left out, one each */
    size_t n_lacking;
    bool by_way; /* the method of the settings was taken as ways (key `way`) by which its tasks were chosen */
};
struct suite *suite_load(const char *name, const struct task_settings *settings, struct error *err) MUST_CHECK;
/* Several names as one suite, named "a+b"; a task that comes twice is taken once. SUITE/TASK is one task of a suite, by
 * its name or by what stands behind the first underscore of that: demo/demo_unknown, demo/unknown. */
struct suite *suite_load_many(const char *const *names, size_t n, const struct task_settings *settings,
                              struct error *err) MUST_CHECK;
void suite_free(struct suite *suite);

#endif
