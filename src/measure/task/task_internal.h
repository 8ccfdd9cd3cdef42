/* What the files of tasks share. A task file is read once into struct task (constant afterwards); rows become items. */
#ifndef MEASURE_TASK_INTERNAL_H
#define MEASURE_TASK_INTERNAL_H

#include "measure/dataset/dataset.h"
#include "measure/task/metric.h"
#include "measure/task/scorer.h"
#include "measure/task/task_world.h"

/* How a value is made from a row: a template, a column of that name, or the text itself. */
struct task_field {
    struct text source;
    struct jinja *jinja; /* NULL: a column or a constant text */
    bool is_column;      /* decided with the first row */
    bool given;
};

struct task_label {
    const char *name;
    struct task_field field;
};

/* A step of a method; the label names it hides from its ask. */
struct task_step {
    const char *name;
    struct task_field text, image, audio;
    size_t max_tokens; /* 0: as the task says */
    const char **hidden;
    size_t n_hidden;
    size_t samples;     /* answers; more than one: their confidence is how much they agree with an earlier step's */
    size_t samples_by;  /* the option that says how many; SIZE_MAX: none does */
    double temperature; /* of these */
    size_t agrees;      /* which step that is; SIZE_MAX: with none, and they have no confidence */
};
enum { TASK_METHODS_MOST = 32, TASK_STEPS_MOST = 8, TASK_OPTIONS_MOST = 8, TASK_STEP_SAMPLES_MOST = 1000 };
struct task_method_option {
    const char *name;
    double value; /* NaN: must be given */
};
struct task_method {
    const char *name;
    struct task_step steps[TASK_STEPS_MOST];
    size_t n_steps;
    struct task_field answer; /* what is scored; not given: what the last step said */
    struct task_method_option options[TASK_OPTIONS_MOST];
    size_t n_options;
    bool ranks; /* answers need the ranks of confidences among all items */
    size_t signal; /* the step whose confidence a threshold is compared with; SIZE_MAX: none */
    int needs;
};

enum task_output { TASK_CHOICE, TASK_GENERATE, TASK_LOGLIKELIHOOD, TASK_HIDDEN };
/* Fields: one less than a tally takes, whose last is --group's. */
enum { TASK_FIELDS_MOST = 4, TASK_CHOICES_MOST = 256, TASK_SHOTS_MOST = 64, TASK_LABELS_MOST = 64,
       TASK_MESSAGES_MOST = 256 };

enum { TASK_ARRAYS_MOST = 8 };
struct task {
    struct arena arena;
    struct task_settings settings;
    const char *shown_name; /* of the file, for messages */
    const char *name, *title, *licence, *origin; /* origin: where to get the data */
    struct text source;     /* YAML or JSON text from which the task can be built again */
    struct text folder;     /* of the task file; empty: built in */
    struct world_shelf *shelf, *own_shelf; /* rows of the world; own_shelf: the task is no part of a suite */
    struct census_keeper *census;          /* what is known of its rows: task_census.h */
    /* data */
    struct text *data_names, *fewshot_names;
    size_t n_data, n_fewshot;
    struct dataset_kwargs kwargs;
    struct text array_names[TASK_ARRAYS_MOST], array_files[TASK_ARRAYS_MOST]; /* columns that stand in .npy files */
    size_t n_arrays;
    struct task_field where, id;
    struct task_field beside_by, beside_where; /* another row of the data that each row carries: task_beside.h */
    bool may_lack;
    bool compat; /* the settings ask for it and the task has something to say about it */
    /* asking */
    enum task_output output;
    bool chat, permute;
    struct text description, target_delimiter, fewshot_delimiter;
    struct task_field text, messages, target, choice, mask;
    struct task_field image, audio; /* files that stand before the text: a name, or a list of them */
    struct task_field *choice_list; /* doc_to_choice as a list of templates */
    size_t n_choice_list;
    size_t shots, samples, max_tokens, top_k;
    bool shots_first_n;
    double temperature, top_p;
    struct text *stops;
    size_t n_stops;
    enum ask_form form;
    struct text form_source;
    struct task_method *methods;
    size_t n_methods;
    const struct task_method *method; /* the one that is asked; NULL: none */
    /* scoring */
    const struct scorer *scorer;
    const struct option_value *scorer_options;
    const char *scorer_spec; /* options that were given beside the file; NULL: none */
    const struct detector *detector;
    void *scorer_state;         /* what it opened */
    struct error scorer_error;  /* why it could not: told when items are opened, so that a record alone can be read */
    struct reader_chain *chains;
    size_t n_chains;
    struct metric_use *metrics;
    size_t n_metrics;
    const char **groups;
    size_t n_groups;
    struct task_label labels[TASK_LABELS_MOST];
    size_t n_labels;
    struct task_field cluster, pair, twin, lang, ref, split;
    const char *cluster_name;
    bool lints_parallel; /* parallel_lint.h is for it */
    int needs;
};

/* task_read.c: from a mapping; source as said above. */
struct task *task_from_yaml(const struct yaml *root, struct text source, struct text folder,
                            const struct task_settings *settings, struct error *err) MUST_CHECK;

/* task_glob.c: names of data with * become those of the files that are there, in the order of their bytes; a name that
 * no file fits stays, and is told where it is opened. */
bool task_expand_data(struct task *task, struct error *err) MUST_CHECK;

/* task_method.c */
bool task_methods_read(struct task *task, const struct yaml *node, struct error *err) MUST_CHECK;
void task_methods_done(struct task *task);
bool task_method_choose(struct task *task, const char *spec, struct error *err) MUST_CHECK;
json_t *task_method_json(const struct task *task); /* name and options, for the settings of a run; owned */
/* task_item.c: gives the item another prompt, without examples. */
bool task_item_prompt(const struct task *task, struct item *item, struct text text, struct arena *arena,
                      struct error *err) MUST_CHECK;

/* Puts the files of the two fields before the words of the last message. */
bool task_item_files(const struct task *task, struct item *item, const struct task_field *image,
                     const struct task_field *audio, struct json_place place, struct arena *arena,
                     struct error *err) MUST_CHECK;

/* task_field.c */
bool task_field_read(struct task_field *field, struct arena *arena, const struct yaml *node,
                     struct error *err) MUST_CHECK;
void task_field_done(struct task_field *field);
/* The value for a row: any JSON (a template that is one expression keeps its type); owned. NULL:
 * error with the place. */
json_t *task_field_value(const struct task_field *field, const json_t *row, struct json_place place,
                         struct error *err) MUST_CHECK;
/* The same as text. */
bool task_field_text(const struct task_field *field, const json_t *row, struct json_place place, struct arena *arena,
                     struct text *out, struct error *err) MUST_CHECK;
bool json_is_true_like(const json_t *value); /* Jinja's truth */

/* task_data.c: the paths of the data; a file that is not there is ERROR_DATA with where to get it. */
struct task_source; /* the rows of all files, one after the other, filtered by `where` */
struct task_source *task_source_open(const struct task *task, bool fewshot, struct error *err) MUST_CHECK;
void task_source_close(struct task_source *source);
/* 1 a row, 0 the end, -1 a bad row, -2 a file that cannot be read, after which there is no next. place: of the row,
 * valid until the next call. */
int task_source_next(struct task_source *source, json_t **row, struct json_place *place, struct error *err) MUST_CHECK;
/* The next row without reading it; -1 where a file is cut off in it. Filters are not asked. */
int task_source_skip(struct task_source *source, struct error *err) MUST_CHECK;
/* How many rows were given, filtered out, bad or stepped over so far. */
uint64_t task_source_place(const struct task_source *source);
/* Another number when a data file is another or was written to. */
bool task_data_stamp(const struct task *task, uint64_t *out, struct error *err) MUST_CHECK;
/* sha256 of each data file: array of {"path","sha256"}; owned. */
json_t *task_data_digests(const struct task *task, struct error *err) MUST_CHECK;

/* task_items.c: how many items the stream will give (after limit). */
uint64_t task_items_count(const struct task_items *items);

/* task_item.c: the parts of an item that come from its row alone (no few-shot examples, no order). */
struct task_example {
    struct text text, target;
};
bool task_row_id(const struct task *task, const json_t *row, struct json_place place, uint64_t number,
                 struct arena *arena, struct text *out, struct error *err) MUST_CHECK;
bool task_row_group(const struct task *task, const json_t *row, struct arena *arena, struct text *out,
                    struct error *err) MUST_CHECK;
bool task_row_example(const struct task *task, const json_t *row, struct json_place place, struct arena *arena,
                      struct task_example *out, struct error *err) MUST_CHECK;
/* Takes row. shots: examples in the order in which they stand in the prompt. */
bool task_row_item(const struct task *task, json_t *row, struct json_place place, uint64_t number,
                   const struct task_example *shots, size_t n_shots, struct arena *arena, struct item *item,
                   struct error *err) MUST_CHECK;

#endif
