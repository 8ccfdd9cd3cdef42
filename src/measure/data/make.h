/* Generators of test cases: rows of the user in, new rows out, by a table of generators (`methods generator`), each a
 * file of its own. What they draw follows from the seed and the row's id. */
#ifndef MEASURE_MAKE_H
#define MEASURE_MAKE_H

#include "base/json.h"
#include "base/option.h"
#include "subject/subject.h"

typedef bool make_sink(void *context, const json_t *row, struct error *err); /* borrowed */

struct make_settings {
    const char *generator; /* spec; NAME/WHAT of a generator with an argument */
    const char *path;
    const char *const *from; /* files of rows */
    size_t n_from;
    uint64_t seed, count;    /* count: most rows of the files that something is made of; 0: all */
    bool lenient;            /* bad rows are counted, not fatal */
    struct subject *teacher; /* writes; NULL: what can be done without */
    size_t max_tokens;       /* of what it writes; 0: 256 */
    make_sink *sink;
    void *context;
};
struct make_result {
    uint64_t read, used, rows, bad; /* rows read, of which something was made, written, bad */
    uint64_t asked;                 /* answers of the teacher */
    uint64_t repeated;              /* values or cases that were there before */
    uint64_t few_choices,
        no_document; /* left out: fewer than three wrong answers; no document that tells the wrong one alone */
};

struct make_job; /* make_internal.h */
struct generator {
    const char *name, *summary;
    const char *argument; /* "LEAF" of taxonomy/LEAF; it reads files itself, or needs none. NULL: rows of files go in */
    bool rows;            /* with an argument: rows of files may go in as well */
    const struct option_def *options;
    size_t n_options;
    bool (*run)(struct make_job *job, struct error *err);
};
size_t generators(const struct generator *const **out);

bool make_rows(const struct make_settings *settings, struct make_result *out, struct error *err) MUST_CHECK;

#endif
