/* What generators share: the rows of all files, and asking the teacher. */
#ifndef MEASURE_MAKE_INTERNAL_H
#define MEASURE_MAKE_INTERNAL_H

#include "measure/data/make.h"

struct make_row {
    json_t *json; /* owned by the job */
    struct json_place place;
    struct text id;
};
struct make_job {
    const struct make_settings *settings;
    const struct generator *generator;
    const struct option_value *options;
    struct text argument; /* behind the '/' of the generator's name */
    struct make_result *result;
    struct make_row *rows;
    size_t n, capacity;
    struct arena kept;  /* for the whole of the work */
    struct arena batch; /* of the rows at hand */
};
extern const struct generator generator_dynamic, generator_pictures, generator_sources, generator_table,
    generator_taxonomy, generator_zoo;

/* One answer of the teacher to each prompt, greedy, on job->batch. */
bool make_ask(struct make_job *job, const struct text *ids, const struct text *prompts, size_t n, struct text *out,
              struct error *err) MUST_CHECK;
/* Takes row. */
bool make_put(struct make_job *job, json_t *row, struct error *err) MUST_CHECK;

#endif
