/* Rows of a task's data files as JSON objects, streamed: JSONL, JSON (an array of objects, or one found by a path,
 * or an object of objects, each of which gets its name as "key"), CSV, TSV
 * and plain lines. Values of CSV and lines are texts. */
#ifndef MEASURE_DATASET_H
#define MEASURE_DATASET_H

#include "base/json.h"

enum dataset_format {
    DATASET_GUESSED,
    DATASET_JSONL,
    DATASET_JSON,
    DATASET_CSV,
    DATASET_TSV,
    DATASET_LINES,
    DATASET_CONFLICT /* JSONL of dataset_conflict.h */,
    DATASET_DOCUMENTS /* JSONL of dataset_document.h */,
    DATASET_PARALLEL,
    DATASET_PROMPTS /* CSV, lines of dataset_parallel.h */
};

struct dataset_kwargs {
    enum dataset_format format; /* DATASET_GUESSED: by the file's ending */
    bool header; /* CSV, TSV: the first row names the columns; otherwise, and where a name is empty, they are column_0,
                    ... */
    struct text records;        /* JSON: path of the array inside, such as data.items; empty: the whole */
    struct text pattern; /* lines: regular expression with named groups, which become the fields; empty: field "text" */
};

struct dataset;
/* path is opened, shown_name stands in messages and in the row's place. */
struct dataset *dataset_open(const char *path, const char *shown_name, const struct dataset_kwargs *kwargs,
                             struct error *err) MUST_CHECK;
void dataset_close(struct dataset *dataset);
/* 1 a row (owned by the caller) with its line (JSON arrays: its number), 0 the end, -1 an error with FILE:LINE; *row is
 * then NULL, and the dataset may be asked again for the next row. */
int dataset_next(struct dataset *dataset, json_t **row, size_t *line, struct error *err) MUST_CHECK;
/* Steps over a row; what stands in it is not read where the format lets that be. 1, 0 the end, -1 an error. */
int dataset_skip(struct dataset *dataset, struct error *err) MUST_CHECK;
/* The names a row of this dataset has, for messages; NULL where they are not fixed. */
const char *const *dataset_columns(const struct dataset *dataset, size_t *n);

#endif
