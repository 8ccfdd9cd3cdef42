/* Recorded answers read from a file, for the kind `replay`. The file is told by its content:
 *
 *   JSONL, or one JSON list, of objects; CSV and TSV with a header line (.tsv, .tab: TSV).
 *
 * Fields of an object, or columns:
 *
 *   id        "id", "example_id", "item_id", "doc_id", "question_id", "prompt_id", "custom_id": text or number
 *   answer    "text", "answer", "completion", "response", "output", "prediction", "generated_text", "message" (an
 *             object with "content"); with #NAME the column NAME, X_NAME, NAME_answer, NAME_completion,
 *             NAME_response or NAME_text
 *   sample    number of the answer of its item; without it, answers of one id are counted in the order of the file
 *   task      tells equal ids apart when the ask names its task; an ask's id may also be TASK/ID, TASK-ID, TASK:ID or
 *             TASK_ID
 *   finish    "stop", "length", "error"; beside it: error, tokens_in, tokens_out, ms
 *   logprobs  numbers (of the answer's tokens), or {"logprob","tokens","bytes","greedy"} for each choice; a list, or
 *             its JSON as a text
 *
 * so that what `basanite record export RUN` writes can be asked again as it is; its repeated rows (one for each scorer)
 * are one answer. #NAME without such a column takes the rows whose "subject", "model", "source_model" or "task" is NAME
 * (of a subject's digest: begins with it).
 *
 * Known layouts of others:
 *
 *   BBQ       predictions of its authors: id "example_id", task "category", columns MODEL_pred_FORM, so #FORM
 *   XSTest    completions: id "id" without the leading "v2-", answer "completion"
 *   Trustworthy LLMs   judged answers: id is the number of the row, from 0, answer "answer", task trustworthy_TAG (tag
 *             "robust": trustworthy_typo), #MODEL its "source_model"; raw answers about causes, a JSON object of
 *             numbered objects: id the number, "ans_1_raw" to trustworthy_causal_cause and "ans_2_raw" to
 *             trustworthy_causal_change
 *   TrustSQL  decisions: to the task trustsql_pipeline {"detected", "sql", "checked"} of "pre_label", "sql_raw",
 *             "post_label"; to trustsql_vote the list "vote_samples"; to trustsql_demo "demo_raw"
 *   ValueBench         rated answers of several models: each column MODEL_rating is an answer, of the item
 *             MODEL/QUESTIONNAIRE/ITEM (the text of the item); #MODEL that one alone
 *
 * Other layouts: map=ID:TEXT names the two columns (either may be empty); map=FILE.yaml has the keys id, text, sample,
 * task, error (each the name of a column, or a Jinja template over the row's fields, row (from 0) and line) and strip
 * (a prefix that ids of the file have and those of items do not). */
#ifndef SUBJECT_REPLAY_FILE_H
#define SUBJECT_REPLAY_FILE_H

#include "subject/subject.h"

struct replay_row {
    struct text id, task, text;
    struct text error; /* recorded failure; empty: none */
    size_t sample, line;
    bool counted; /* the file gives no sample number */
    enum answer_finish finish;
    size_t tokens_in, tokens_out;
    double ms;
    const float *logprobs; /* [tokens_out], NULL: not known */
    const struct choice_score *choices;
    size_t n_choices;
};

struct replay_file {
    struct arena arena;
    const char *path;
    struct replay_row *rows;        /* in the order of the file */
    const struct replay_row **byid; /* sorted by id, task, sample */
    size_t n, capacity;
    struct text strip; /* prefix that ids of the file may have */
};

struct replay_options {
    struct text name;   /* behind '#'; empty: none */
    struct text map;    /* empty: none */
    struct text strip;  /* empty: the layout's */
    struct text format; /* "auto", "json", "csv", "tsv" */
    const char *path;   /* folders to look for the map in */
};

/* Reads the whole file. ERROR_DATA: FILE:LINE and what is wrong there, or which columns there are; also two different
 * answers for one item and sample. */
struct replay_file *replay_file_open(const char *path, const struct replay_options *options,
                                     struct error *err) MUST_CHECK;
void replay_file_close(struct replay_file *file);

/* The answer `sample` to item `id` of `task` (empty: not known). NULL and err (ERROR_DATA, names the id) when there is
 * none, or when the task is not known and two tasks of the file have this id. */
const struct replay_row *replay_file_find(const struct replay_file *file, struct text id, struct text task,
                                          size_t sample, struct error *err) MUST_CHECK;

#endif
