/* Leaves: one declarative generator for each leaf of a taxonomy (leaves/LEAF.yaml, docs/leaves.md). A leaf draws slots,
 * from lists, ranges, the tables of the pocket world or its items, and fills templates with them; the gold follows from
 * what was drawn, so it is known by construction. The same file says how answers are scored (`task`) and which planted
 * fault must be found (`fault`). Rows follow from the seed, the draw and the number of the attempt alone. */
#ifndef MEASURE_LEAF_H
#define MEASURE_LEAF_H

#include "base/yaml.h"

struct world;
struct leaf; /* constant after reading */

/* source: YAML text. ERROR_DATA with FILE:LINE:COLUMN. */
struct leaf *leaf_parse(struct text source, const char *shown_name, struct error *err) MUST_CHECK;
void leaf_free(struct leaf *leaf);
const char *leaf_name(const struct leaf *leaf); /* "safety.violence" */
const char *leaf_title(const struct leaf *leaf);
const char *leaf_from(const struct leaf *leaf);        /* the slot that files fill; NULL: none does */
const char *leaf_from_format(const struct leaf *leaf); /* of those files: keywords, questions or rows */
const json_t *leaf_from_like(const struct leaf *leaf); /* a value of this slot as the leaf has it; NULL: none */
const char *leaf_scorer(const struct leaf *leaf);      /* as its task names it, "refusal" */
const char *leaf_figure(const struct leaf *leaf); /* the first of its task's metric_list: what the leaf's score is */

/* Built-in leaves, by name; an unknown name is ERROR_USAGE and names the nearest. */
struct leaf *leaf_open(struct text name, struct error *err) MUST_CHECK;
/* All their names, sorted, on the arena. */
const char *const *leaf_names(struct arena *arena, size_t *n, struct error *err) MUST_CHECK;

/* "LEAF[,seed=1][,draw=1][,count=200][,world=7]": what stands behind "leaf:" in a task's dataset_path. */
struct leaf_spec {
    struct text name;
    uint64_t seed, draw, count, world;
};
bool leaf_spec_parse(struct text spec, struct arena *arena, struct leaf_spec *out, struct error *err) MUST_CHECK;

typedef bool leaf_sink(void *context, const json_t *row, struct error *err); /* borrowed */
enum { LEAF_COUNT = 200 };                                                   /* unless something else is asked for */
struct leaf_settings {
    uint64_t seed, draw, count, world; /* count: rows at least, so that a case with all its twins stays whole */
    bool once;                         /* instead of count: until each value given has been taken once */
    const json_t *given;               /* list of values for the slot `from`, taken in turn; NULL: the leaf's own */
    const struct text *apart;          /* texts in which no prompt may occur */
    size_t n_apart;
};
struct leaf_made {
    uint64_t rows, cases;
    uint64_t repeated, misshapen, told; /* cases drawn again: said before; too short or long; in a text of `apart` */
};
/* world: the world of settings->world. After 50 cases in a row that had to be drawn again, or at the end of the world's
 * items: ERROR_DATA, "exhausted at N". */
bool leaf_make(const struct leaf *leaf, const struct world *world, const struct leaf_settings *settings,
               leaf_sink *sink, void *context, struct leaf_made *made, struct error *err) MUST_CHECK;
/* The rows of a spec as JSON lines. */
bool leaf_put(struct buffer *out, const struct world *world, const struct leaf_spec *spec,
              struct error *err) MUST_CHECK;

/* The task of a leaf as JSON (a task file), and its planted fault as a reference material; owned by the caller. */
json_t *leaf_task_json(const struct leaf *leaf, struct error *err) MUST_CHECK;
json_t *leaf_material_json(const struct leaf *leaf, struct error *err) MUST_CHECK;

#endif
