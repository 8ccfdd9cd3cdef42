/* What is written down about agents that use tools, before any of them acts: capabilities, tools with their schemas,
 * which tool gives which capability, a taxonomy of harm, and chains of capabilities that could be misused. The shapes
 * are those of AgentAlign (2025):
 *
 *   capabilities  ["Search.web_search", ...]
 *   tools         [{"type": "function", "category", "function": {"name", "description", "parameters": SCHEMA}}, ...]
 *   map           {"Search.web_search": ["search_a", ...], ...}       tools of a capability
 *   taxonomy      {"fraud": ["phishing", ...], ...}
 *   chains        {"fraud": {"phishing": {"patterns": [{"steps": [...], "explanation"}, ...]}}}
 *
 * What kind a file is, is told from its shape. A step may be "@fraud/phishing/2": the steps of that chain (from 1). */
#ifndef MEASURE_TOOL_SPEC_H
#define MEASURE_TOOL_SPEC_H

#include "base/finding.h"
#include "base/json.h"

enum { SPEC_FILES_MOST = 64, SPEC_BYTES_MOST = 64 << 20, SPEC_STEPS_MOST = 64, SPEC_DEPTH_MOST = 16 };

struct spec_chain {
    const char *file;
    struct text category, subcategory;
    size_t number;       /* in its subcategory, from 1 */
    const json_t *steps; /* an array of strings, or objects as chain.h says */
};
struct spec_tool {
    const char *file;
    struct text name, category; /* name "": it has none */
    const json_t *function;     /* an object, or NULL */
};
struct spec_capability {
    const char *file;
    struct text name;
    const json_t *tools; /* of the map: an array of strings; of the list: NULL */
};
struct spec_subject { /* of the taxonomy */
    struct text category, subcategory;
};
struct tool_spec {
    struct arena *arena;
    json_t *roots[SPEC_FILES_MOST];
    size_t n_roots;
    struct spec_chain *chains;
    struct spec_tool *tools;
    struct spec_capability *capabilities, *map;
    struct spec_subject *taxonomy;
    size_t n_chains, n_tools, n_capabilities, n_map, n_taxonomy;
    size_t chain_room, tool_room, capability_room, map_room, taxonomy_room;
};
void tool_spec_init(struct tool_spec *spec, struct arena *arena);
void tool_spec_done(struct tool_spec *spec);
/* Adds a file; its kind goes to *kind ("chains", "tools", ...). ERROR_DATA: it is none of these shapes. */
bool tool_spec_read(struct tool_spec *spec, const char *path, const char **kind, struct error *err) MUST_CHECK;
/* Adds a chain that was made otherwise; borrowed. */
bool tool_spec_add_chain(struct tool_spec *spec, const struct spec_chain *chain, struct error *err) MUST_CHECK;

struct spec_rule {
    struct finding_rule is;
    bool (*check)(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context, struct error *err);
};
size_t spec_rules(const struct spec_rule **out);
/* Tells what the files say against one another and against their own shape. only: names with commas; NULL: all. */
bool tool_spec_check(const struct tool_spec *spec, const char *only, finding_sink *sink, void *context,
                     struct error *err) MUST_CHECK;

/* What is there, counted. On the arena. */
struct spec_count {
    struct text category;
    size_t chains, subcategories, known; /* subcategories with a chain; known: those of the taxonomy */
};
struct spec_counts {
    size_t length[SPEC_STEPS_MOST + 1]; /* chains by steps as they are written */
    struct spec_count *categories;      /* in the order of first sight, chains before taxonomy */
    size_t n_categories, subcategories, known;
};
bool tool_spec_count(const struct tool_spec *spec, struct spec_counts *counts, struct error *err) MUST_CHECK;

/* The chain of "@CATEGORY/SUBCATEGORY/N" without its sign; NULL: there is none. */
const struct spec_chain *tool_spec_chain(const struct tool_spec *spec, struct text name);
/* Do arguments (JSON) obey a schema: type, enum, required, properties, items, minimum, maximum? *why, on the arena:
 * what they break, NULL where they obey. */
bool schema_obeyed(const json_t *schema, const json_t *value, struct arena *arena, const char **why,
                   struct error *err) MUST_CHECK;
/* Is a schema one itself? *why as above. */
bool schema_sound(const json_t *schema, struct arena *arena, const char **why, struct error *err) MUST_CHECK;

#endif
