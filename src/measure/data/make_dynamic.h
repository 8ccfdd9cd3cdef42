/* What the dimensions of dynamic tests share: see make_dynamic.c. */
#ifndef MEASURE_MAKE_DYNAMIC_H
#define MEASURE_MAKE_DYNAMIC_H

#include "base/yaml.h"
#include "measure/data/make_internal.h"
#include "measure/world/world_reading.h"

struct dynamic {
    struct make_job *job;
    const char *dimension;
    uint64_t seed, count;     /* count 0: as many as there are */
    const struct yaml *words; /* rules/dynamic.yaml */
    uint64_t number;          /* rows that were put */
};
/* Puts a row with id, dimension, parent, op, seed and a hash of what is asked. Takes row, which may be NULL (out of
 * memory). */
bool dynamic_put(struct dynamic *d, json_t *row, struct text parent, const char *op, struct error *err) MUST_CHECK;
/* A template of rules/dynamic.yaml with $T, $H, $D filled, on the arena of the batch. NULL: err. */
const char *dynamic_fill(struct dynamic *d, struct text template, struct text topic, struct text head,
                         struct text description, struct error *err);

typedef bool dynamic_run(struct dynamic *d, struct error *err);
dynamic_run dynamic_truthfulness, dynamic_requests_harmful, dynamic_requests_harmless;
/* Of the one file of --from. */
dynamic_run dynamic_taxonomy, dynamic_sounding, dynamic_considerations, dynamic_descriptions;

#endif
