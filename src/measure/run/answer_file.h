/* Recorded answers from a file of the user, JSONL (or any form of measure/dataset/dataset.h), row by row, for scoring
 * and for making pairs. Four shapes of a row:
 *
 *   Groups JSONL    "answers": [{"text", ...}, ...], all to one prompt
 *   Answer JSONL    "text"; or "response", "completion", "reply", as tables of known answers call it
 *   an answer as words  "tokens": ["...", ...], which are joined by blanks
 *   a group of texts  "answers" or "responses": ["...", ...] beside a "prompt"
 *
 * References are what `gold` says (a text, a number, a list, or {"text", "texts", "labels"}), else
 * `solution_text_format`, `gold_answer`, `answer`, or, beside a "text" or "response", a list `answers`. The row's
 * "labels" are the item's labels. */
#ifndef MEASURE_ANSWER_FILE_H
#define MEASURE_ANSWER_FILE_H

#include "measure/dataset/dataset.h"
#include "measure/task/task.h"
#include "record/record.h"

struct answer_row {
    struct item item;     /* id, gold texts, gold (labels); the row itself; see item_done */
    struct text *answers; /* n_answers, views into the row */
    size_t n_answers;
    bool is_group; /* "answers" are objects, in which scores can be written */
    size_t line;
};

/* Everything of a row but its answers, as an item that borrows the row; see item_done (which drops a reference of the
 * row). ERROR_DATA as answer_file_next. */
bool answer_row_item(json_t *row, struct json_place place, struct arena *arena, struct item *item,
                     struct error *err) MUST_CHECK;

struct answer_file;
/* "run:NAME" are the answers of a run of the record (NULL: there is none), task by task, each with its gold, its labels
 * and what was asked; of chains what the last step said. */
struct answer_file *answer_file_open(const char *path, struct record *record, struct error *err) MUST_CHECK;
void answer_file_close(struct answer_file *file);
/* 1 a row, 0 the end, -1 an error: ERROR_DATA with FILE:LINE, the key, what was expected and found; the file may be
 * asked again for the next row. A missing id (or question_id) becomes the number of the line. */
int answer_file_next(struct answer_file *file, struct arena *arena, struct answer_row *row,
                     struct error *err) MUST_CHECK;

#endif
