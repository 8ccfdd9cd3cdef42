/* Rows of a table or list as JSON objects, whatever the file is: JSONL, one JSON list, one JSON object of
 * objects (each gets its name as "key"), CSV, TSV. */
#ifndef SUBJECT_REPLAY_SOURCE_H
#define SUBJECT_REPLAY_SOURCE_H

#include "base/csv.h"
#include "base/json.h"

struct replay_source {
    const char *path;
    struct jsonl *lines;
    struct csv *csv;
    json_t *list; /* with next, the element to come */
    size_t next;
};

/* format: "auto" (by content; TSV by the name's end), "json", "csv", "tsv". path is borrowed. */
bool replay_source_open(struct replay_source *source, const char *path, struct text format,
                        struct error *err) MUST_CHECK;
void replay_source_close(struct replay_source *source);
/* 1 a row (an object, owned by the caller), 0 the end, -1 an error with FILE:LINE. line: of a list, the element from 1.
 * Columns of CSV are strings. */
int replay_source_next(struct replay_source *source, json_t **row, size_t *line, struct error *err) MUST_CHECK;

#endif
