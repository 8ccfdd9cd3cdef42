/* Work that was started from the page: the program itself as a child process, no shell. What may be started is a table
 * of commands, each with the flags it may have; values are checked, and none can be taken for a flag. What the child
 * says goes to a file in a folder that only this user can read, and which goes with the server. Inside of serve. */
#ifndef SERVE_PAGE_JOBS_H
#define SERVE_PAGE_JOBS_H

#include "base/json.h"
#include "serve/api_error.h"

enum { PAGE_JOBS_AT_ONCE = 2, PAGE_JOBS_KEPT = 32, PAGE_WORDS_MOST = 40, PAGE_VALUE_BYTES = 1000 };

/* ---- what may be started */

enum page_value { PAGE_SWITCH, PAGE_COUNT, PAGE_REAL, PAGE_TEXT };
struct page_flag {
    const char *name; /* without dashes */
    enum page_value kind;
    const char *help;
};
struct page_command {
    const char *name, *summary;
    const char *const *words;      /* names of its words, NULL-ended; all are needed */
    const struct page_flag *flags; /* NULL-ended */
};
extern const struct page_command page_commands[]; /* ends with name NULL */

/* The command line of {"command", "words": {..}, "flags": {..}} for the program `self` and the record; on the arena,
 * NULL-ended. Anything that is not in the table, or a value that is no such value, names a place in the network, or
 * could be read as a flag: 400. */
const char *const *page_command_line(const json_t *body, const char *self, const char *record, struct arena *arena,
                                     struct api_error *err);

/* Is it a value that names no place in the network, and cannot be read as a flag? */
bool page_value_is_local(struct text value);

/* ---- what was started */

struct page_jobs;
struct page_jobs *page_jobs_new(struct error *err) MUST_CHECK;
/* Stops what runs: SIGINT, ten seconds, SIGKILL. */
void page_jobs_free(struct page_jobs *jobs);
/* argv is copied. PAGE_JOBS_AT_ONCE run already: 429. Its number, from 1; 0: refused. */
uint64_t page_jobs_start(struct page_jobs *jobs, const char *const *argv, struct api_error *err);
bool page_jobs_stop(struct page_jobs *jobs, uint64_t id); /* false: there is no such job */
/* [{"id", "words", "state": running|stopping|done|stopped|failed, "exit", "started", "ended"}], the newest first. */
json_t *page_jobs_json(struct page_jobs *jobs);
/* What it has said, at most the last `most` bytes. False: there is no such job. */
bool page_jobs_said(struct page_jobs *jobs, uint64_t id, size_t most, struct buffer *out);
/* A new name in the folder, on the arena; who writes it removes it. */
const char *page_jobs_file(struct page_jobs *jobs, const char *ending, struct arena *arena,
                           struct error *err) MUST_CHECK;

#endif
