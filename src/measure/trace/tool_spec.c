/* Reading: see tool_spec.h. */
#include "measure/trace/tool_spec.h"

#include <string.h>

void tool_spec_init(struct tool_spec *spec, struct arena *arena) {
    *spec = (struct tool_spec){.arena = arena};
}

void tool_spec_done(struct tool_spec *spec) {
    for (size_t i = 0; i < spec->n_roots; i++) json_decref(spec->roots[i]);
    spec->n_roots = 0;
}

/* Room for one more. */
static bool grow(struct arena *arena, void **at, size_t n, size_t *room, size_t size, struct error *err) {
    if (n < *room) return true;
    size_t more = *room ? 2 * *room : 64;
    void *next = arena_alloc(arena, more, size, err);
    if (!next) return false;
    if (n) memcpy(next, *at, n * size);
    *at = next;
    *room = more;
    return true;
}
#define GROW(spec, list, count, room, err)                                                                             \
    grow((spec)->arena, (void **)&(spec)->list, (spec)->count, &(spec)->room, sizeof *(spec)->list, err)

struct reading {
    struct tool_spec *spec;
    const char *file;
    struct error *err;
};

static bool wrong(const struct reading *r, const char *path, const char *expected) {
    return error_set(r->err, ERROR_DATA, "%s: %s: expected %s", r->file, path, expected);
}

static bool read_names(const struct reading *r, const json_t *root) {
    struct tool_spec *s = r->spec;
    const json_t *one;
    size_t i;
    json_array_foreach((json_t *)root, i, one) {
        char path[40];
        snprintf(path, sizeof path, "[%zu]", i);
        if (!json_is_string(one)) return wrong(r, path, "the name of a capability");
        if (!GROW(s, capabilities, n_capabilities, capability_room, r->err)) return false;
        s->capabilities[s->n_capabilities++] = (struct spec_capability){.file = r->file, .name = json_text(one)};
    }
    return true;
}

static bool read_tools(const struct reading *r, const json_t *root) {
    struct tool_spec *s = r->spec;
    json_t *one;
    size_t i;
    json_array_foreach((json_t *)root, i, one) {
        const json_t *function = json_object_get(one, "function");
        char path[40];
        snprintf(path, sizeof path, "[%zu].function", i);
        if (!json_is_object(function)) return wrong(r, path, "an object");
        if (!GROW(s, tools, n_tools, tool_room, r->err)) return false;
        s->tools[s->n_tools++] = (struct spec_tool){.file = r->file,
                                                    .name = json_text(json_object_get(function, "name")),
                                                    .category = json_text(json_object_get(one, "category")),
                                                    .function = function};
    }
    return true;
}

static bool read_map(const struct reading *r, json_t *root) {
    struct tool_spec *s = r->spec;
    const char *key;
    json_t *tools;
    json_object_foreach(root, key, tools) {
        if (!json_is_array(tools)) return wrong(r, key, "a list of tools");
        if (!GROW(s, map, n_map, map_room, r->err)) return false;
        s->map[s->n_map++] = (struct spec_capability){.file = r->file, .name = text_of(key), .tools = tools};
    }
    return true;
}

static bool read_taxonomy(const struct reading *r, json_t *root) {
    struct tool_spec *s = r->spec;
    const char *key;
    json_t *list, *one;
    size_t i;
    json_object_foreach(root, key, list) {
        if (!json_is_array(list)) return wrong(r, key, "a list of subcategories");
        json_array_foreach(list, i, one) {
            if (!json_is_string(one)) return wrong(r, key, "names of subcategories");
            if (!GROW(s, taxonomy, n_taxonomy, taxonomy_room, r->err)) return false;
            s->taxonomy[s->n_taxonomy++] =
                (struct spec_subject){.category = text_of(key), .subcategory = json_text(one)};
        }
    }
    return true;
}

static bool read_patterns(const struct reading *r, const char *category, const char *subcategory, const json_t *list) {
    struct tool_spec *s = r->spec;
    json_t *one;
    size_t i;
    json_array_foreach((json_t *)list, i, one) {
        const json_t *steps = json_object_get(one, "steps");
        char path[400];
        snprintf(path, sizeof path, "%.120s.%.120s.patterns[%zu].steps", category, subcategory, i);
        if (!json_is_array(steps)) return wrong(r, path, "a list of steps");
        if (json_array_size(steps) > SPEC_STEPS_MOST)
            return error_set(r->err, ERROR_DATA, "%s: %s: %zu steps; at most %d are read", r->file, path,
                             json_array_size(steps), SPEC_STEPS_MOST);
        if (!GROW(s, chains, n_chains, chain_room, r->err)) return false;
        s->chains[s->n_chains++] = (struct spec_chain){.file = r->file,
                                                       .category = text_of(category),
                                                       .subcategory = text_of(subcategory),
                                                       .number = i + 1,
                                                       .steps = steps};
    }
    return true;
}

static bool read_chains(const struct reading *r, json_t *root) {
    const char *category, *subcategory;
    json_t *subs, *one;
    json_object_foreach(root, category, subs) {
        if (!json_is_object(subs)) return wrong(r, category, "subcategories, an object");
        json_object_foreach(subs, subcategory, one) {
            const json_t *patterns = json_object_get(one, "patterns");
            char path[300];
            snprintf(path, sizeof path, "%.120s.%.120s.patterns", category, subcategory);
            if (!json_is_array(patterns)) return wrong(r, path, "a list of chains");
            if (!read_patterns(r, category, subcategory, patterns)) return false;
        }
    }
    return true;
}

/* A map names capabilities, "Family.capability"; a taxonomy has no dots in its keys. */
static bool has_dotted_key(json_t *root) {
    const char *key;
    json_t *one;
    json_object_foreach(root, key, one) if (strchr(key, '.')) return true;
    return false;
}

static bool read_object(const struct reading *r, json_t *root, const char **kind) {
    json_t *first = json_object_iter_value(json_object_iter(root));
    if (json_is_object(first)) return *kind = "chains", read_chains(r, root);
    if (!json_is_array(first)) return wrong(r, "the value", "chains, a map of tools, or a taxonomy");
    if (has_dotted_key(root)) return *kind = "map", read_map(r, root);
    return *kind = "taxonomy", read_taxonomy(r, root);
}

bool tool_spec_read(struct tool_spec *spec, const char *path, const char **kind, struct error *err) {
    struct reading r = {.spec = spec, .file = path, .err = err};
    if (spec->n_roots == SPEC_FILES_MOST)
        return error_set(err, ERROR_DATA, "%s: more than %d files", path, SPEC_FILES_MOST);
    json_t *root = json_read_file(path, SPEC_BYTES_MOST, err);
    if (!root) return false;
    spec->roots[spec->n_roots++] = root;
    if (json_is_object(root) && json_object_size(root)) return read_object(&r, root, kind);
    if (json_is_array(root) && json_is_string(json_array_get(root, 0)))
        return *kind = "capabilities", read_names(&r, root);
    if (json_is_array(root) && json_is_object(json_array_get(root, 0))) return *kind = "tools", read_tools(&r, root);
    return wrong(&r, "the value", "capabilities, tools, a map of tools, a taxonomy, or chains");
}

bool tool_spec_add_chain(struct tool_spec *spec, const struct spec_chain *chain, struct error *err) {
    if (!GROW(spec, chains, n_chains, chain_room, err)) return false;
    spec->chains[spec->n_chains++] = *chain;
    return true;
}

const struct spec_chain *tool_spec_chain(const struct tool_spec *spec, struct text name) {
    struct text rest = name, category, subcategory, number;
    uint64_t n;
    if (!text_next(&rest, '/', &category) || !text_next(&rest, '/', &subcategory) || !text_next(&rest, '/', &number) ||
        !text_to_u64(number, &n))
        return NULL;
    for (size_t i = 0; i < spec->n_chains; i++) {
        const struct spec_chain *c = &spec->chains[i];
        if (c->number == n && text_equal(c->category, category) && text_equal(c->subcategory, subcategory)) return c;
    }
    return NULL;
}

static bool in_taxonomy(const struct tool_spec *spec, struct text category, struct text subcategory) {
    for (size_t i = 0; i < spec->n_taxonomy; i++)
        if (text_equal(spec->taxonomy[i].category, category) && text_equal(spec->taxonomy[i].subcategory, subcategory))
            return true;
    return false;
}

static struct spec_count *category_of(struct spec_counts *counts, struct text category) {
    for (size_t i = 0; i < counts->n_categories; i++)
        if (text_equal(counts->categories[i].category, category)) return &counts->categories[i];
    counts->categories[counts->n_categories].category = category;
    return &counts->categories[counts->n_categories++];
}

/* Is this the first chain of its subcategory? Chains of one stand together in a file. */
static bool first_of_its_kind(const struct tool_spec *spec, size_t at) {
    const struct spec_chain *c = &spec->chains[at];
    for (size_t i = 0; i < at; i++)
        if (text_equal(spec->chains[i].subcategory, c->subcategory) &&
            text_equal(spec->chains[i].category, c->category))
            return false;
    return true;
}

bool tool_spec_count(const struct tool_spec *spec, struct spec_counts *counts, struct error *err) {
    *counts = (struct spec_counts){0};
    counts->categories = arena_new(spec->arena, struct spec_count, spec->n_chains + spec->n_taxonomy + 1, err);
    if (!counts->categories) return false;
    for (size_t i = 0; i < spec->n_chains; i++) {
        const struct spec_chain *c = &spec->chains[i];
        struct spec_count *of = category_of(counts, c->category);
        bool first = first_of_its_kind(spec, i);
        of->chains++;
        of->subcategories += first;
        counts->subcategories += first;
        counts->known += first && in_taxonomy(spec, c->category, c->subcategory);
        counts->length[json_array_size(c->steps)]++;
    }
    for (size_t i = 0; i < spec->n_taxonomy; i++) category_of(counts, spec->taxonomy[i].category)->known++;
    return true;
}
