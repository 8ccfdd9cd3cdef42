/* Taxonomies as data (taxonomies/NAME.yaml): categories with leaves, each with its definition, the generator of its
 * name (leaf.h), the task over public answers where a paper measured it, and where other taxonomies have it. */
#ifndef MEASURE_TAXONOMY_H
#define MEASURE_TAXONOMY_H

#include "base/yaml.h"

struct taxonomy_leaf {
    const char *id; /* "safety.violence" */
    const char *title, *definition;
    const char *study;       /* task over public answers; NULL: the paper did not measure it */
    const char *const *like; /* "trustllm/safety" */
    size_t n_like, category;
};
struct taxonomy_category {
    const char *id, *title;
    size_t first, n; /* of its leaves */
};
struct taxonomy {
    const char *name, *title;
    struct taxonomy_category *categories;
    struct taxonomy_leaf *leaves;
    size_t n_categories, n_leaves;
};

/* A built-in taxonomy by name, or a file NAME.yaml; everything on the arena. Unknown keys, ids that come twice and
 * empty categories are ERROR_DATA with FILE:LINE:COLUMN; an unknown name is ERROR_USAGE and names the nearest. */
struct taxonomy *taxonomy_open(const char *name, struct arena *arena, struct error *err) MUST_CHECK;
/* Every leaf has a generator of its name, and no generator stands outside: ERROR_GATE names the first that does not
 * fit. */
bool taxonomy_check(const struct taxonomy *taxonomy, struct arena *arena, struct error *err) MUST_CHECK;
/* {"taxonomy", "title", "categories": [{"id", "title", "leaves": [{"id", "title", "definition", "generator", "scorer",
 * "figure", "rows", "status", "study", "like"}]}]}; owned by the caller. */
json_t *taxonomy_json(const struct taxonomy *taxonomy, struct error *err) MUST_CHECK;

#endif
