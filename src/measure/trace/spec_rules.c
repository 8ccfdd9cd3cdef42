/* What files about tools and chains say against themselves and one another: see tool_spec.h. A rule that needs a file
 * which was not given (a taxonomy, a list of capabilities) is silent. */
#include "measure/trace/tool_spec.h"

#include <stdarg.h>
#include <string.h>

struct telling {
    const char *rule;
    enum finding_severity severity;
    finding_sink *sink;
    void *context;
};

static bool tell(const struct telling *t, const char *file, const char *item, struct error *err, const char *format,
                 ...) PRINTF_LIKE(5, 6);
static bool tell(const struct telling *t, const char *file, const char *item, struct error *err, const char *format,
                 ...) {
    char what[480];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const struct finding f = {.rule = t->rule, .severity = t->severity, .file = file, .item = item, .what = what};
    return t->sink(t->context, &f, err);
}
#define TELLING(level)                                                                                                 \
    { .rule = rule, .severity = (level), .sink = sink, .context = context }

static void chain_name(const struct spec_chain *c, char out[240]) {
    snprintf(out, 240, "%.100s/%.100s/%zu", c->category.at, c->subcategory.at, c->number);
}

/* The capability of a step: a string, or the member "call" of an object. Empty: it has none. */
static struct text step_call(const json_t *step) {
    return json_text(json_is_object(step) ? json_object_get(step, "call") : step);
}

static bool has_capability(const struct spec_capability *list, size_t n, struct text name) {
    for (size_t i = 0; i < n; i++)
        if (text_equal(list[i].name, name)) return true;
    return false;
}

static bool check_steps(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                        struct error *err) {
    const struct telling t = TELLING(FINDING_ERROR);
    for (size_t c = 0; c < spec->n_chains; c++) {
        json_t *step;
        size_t i;
        char name[240];
        chain_name(&spec->chains[c], name);
        if (json_array_size(spec->chains[c].steps) == 0 &&
            !tell(&t, spec->chains[c].file, name, err, "the chain has no steps"))
            return false;
        json_array_foreach((json_t *)spec->chains[c].steps, i, step) {
            struct text call = step_call(step);
            if (text_starts(call, TEXT("@"))) continue; /* of the rule `reference` */
            if (call.len && (!spec->n_capabilities || has_capability(spec->capabilities, spec->n_capabilities, call) ||
                             has_capability(spec->map, spec->n_map, call)))
                continue;
            if (!tell(&t, spec->chains[c].file, name, err, "step %zu, '%.*s', is not in the list of capabilities",
                      i + 1, TEXT_ARG(call)))
                return false;
        }
    }
    return true;
}

/* Does a chain come back to itself through references? path: the chains on the way. */
static const char *follow(const struct tool_spec *spec, const struct spec_chain *c, const struct spec_chain **path,
                          size_t depth) {
    json_t *step;
    size_t i;
    for (size_t k = 0; k < depth; k++)
        if (path[k] == c) return "refers to itself";
    if (depth == SPEC_DEPTH_MOST) return "refers to others too deep";
    path[depth] = c;
    json_array_foreach((json_t *)c->steps, i, step) {
        struct text call = step_call(step);
        if (!text_starts(call, TEXT("@"))) continue;
        const struct spec_chain *next = tool_spec_chain(spec, text_part(call, 1, call.len));
        const char *why = next ? follow(spec, next, path, depth + 1) : "refers to a chain that is not there";
        if (why) return why;
    }
    return NULL;
}

static bool check_references(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                             struct error *err) {
    const struct telling t = TELLING(FINDING_ERROR);
    for (size_t c = 0; c < spec->n_chains; c++) {
        const struct spec_chain *path[SPEC_DEPTH_MOST];
        const char *why = follow(spec, &spec->chains[c], path, 0);
        char name[240];
        chain_name(&spec->chains[c], name);
        if (why && !tell(&t, spec->chains[c].file, name, err, "the chain %s", why)) return false;
    }
    return true;
}

static bool check_subjects(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                           struct error *err) {
    const struct telling t = TELLING(FINDING_ERROR);
    for (size_t c = 0; spec->n_taxonomy && c < spec->n_chains; c++) {
        const struct spec_chain *chain = &spec->chains[c];
        bool there = false;
        for (size_t i = 0; i < spec->n_taxonomy && !there; i++)
            there = text_equal(spec->taxonomy[i].category, chain->category) &&
                    text_equal(spec->taxonomy[i].subcategory, chain->subcategory);
        char name[240];
        chain_name(chain, name);
        if (!there && chain->number == 1 &&
            !tell(&t, chain->file, name, err, "the taxonomy has no such category and subcategory"))
            return false;
    }
    return true;
}

static bool check_repeats(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                          struct error *err) {
    const struct telling t = TELLING(FINDING_WARNING);
    for (size_t c = 0; c < spec->n_chains; c++)
        for (size_t d = 0; d < c; d++) {
            const struct spec_chain *a = &spec->chains[d], *b = &spec->chains[c];
            char name[240];
            if (!text_equal(a->subcategory, b->subcategory) || !text_equal(a->category, b->category) ||
                !json_equal((json_t *)a->steps, (json_t *)b->steps))
                continue;
            chain_name(b, name);
            if (!tell(&t, b->file, name, err, "the same steps as chain %zu of this subcategory", a->number))
                return false;
            break;
        }
    return true;
}

static bool check_schemas(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                          struct error *err) {
    const struct telling t = TELLING(FINDING_ERROR);
    for (size_t i = 0; i < spec->n_tools; i++) {
        const struct spec_tool *tool = &spec->tools[i];
        const json_t *schema = json_object_get(tool->function, "parameters");
        const char *why = "it has no 'parameters'";
        char place[40];
        snprintf(place, sizeof place, "[%zu]", i);
        if (tool->name.len == 0 && !tell(&t, tool->file, place, err, "a tool without a name")) return false;
        if (schema && !schema_sound(schema, spec->arena, &why, err)) return false;
        if (why && !tell(&t, tool->file, tool->name.len ? tool->name.at : place, err, "%s", why)) return false;
    }
    return true;
}

static bool check_required(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                           struct error *err) {
    const struct telling t = TELLING(FINDING_WARNING);
    for (size_t i = 0; i < spec->n_tools; i++) {
        const json_t *schema = json_object_get(spec->tools[i].function, "parameters"),
                     *properties = json_object_get(schema, "properties");
        json_t *one;
        size_t k;
        json_array_foreach(json_object_get(schema, "required"), k, one) {
            if (!json_is_string(one) || json_object_get(properties, json_string_value(one))) continue;
            if (!tell(&t, spec->tools[i].file, spec->tools[i].name.at, err,
                      "'%s' is required, and not among the properties", json_string_value(one)))
                return false;
        }
    }
    return true;
}

static const struct spec_tool *tool_named(const struct tool_spec *spec, struct text name, size_t before) {
    for (size_t i = 0; i < before; i++)
        if (text_equal(spec->tools[i].name, name)) return &spec->tools[i];
    return NULL;
}

static bool check_tool_names(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                             struct error *err) {
    const struct telling t = TELLING(FINDING_ERROR);
    for (size_t i = 0; i < spec->n_tools; i++)
        if (spec->tools[i].name.len && tool_named(spec, spec->tools[i].name, i) &&
            !tell(&t, spec->tools[i].file, spec->tools[i].name.at, err, "two tools have this name"))
            return false;
    return true;
}

static bool check_map(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                      struct error *err) {
    const struct telling t = TELLING(FINDING_WARNING);
    for (size_t m = 0; m < spec->n_map; m++) {
        const struct spec_capability *c = &spec->map[m];
        json_t *tool;
        size_t i;
        if (spec->n_capabilities && !has_capability(spec->capabilities, spec->n_capabilities, c->name) &&
            !tell(&t, c->file, c->name.at, err, "the list of capabilities has no such one"))
            return false;
        json_array_foreach((json_t *)c->tools, i,
                           tool) if (spec->n_tools && !tool_named(spec, json_text(tool), spec->n_tools) &&
                                     !tell(&t, c->file, c->name.at, err, "no tool '%.*s' is described",
                                           TEXT_ARG(json_text(tool)))) return false;
    }
    return true;
}

static bool mapped(const struct tool_spec *spec, struct text name) {
    for (size_t m = 0; m < spec->n_map; m++) {
        json_t *tool;
        size_t i;
        json_array_foreach((json_t *)spec->map[m].tools, i, tool) if (text_equal(json_text(tool), name)) return true;
    }
    return false;
}

static bool check_cover(const struct tool_spec *spec, const char *rule, finding_sink *sink, void *context,
                        struct error *err) {
    const struct telling t = TELLING(FINDING_WARNING);
    for (size_t i = 0; spec->n_map && i < spec->n_tools; i++)
        if (spec->tools[i].name.len && !mapped(spec, spec->tools[i].name) &&
            !tell(&t, spec->tools[i].file, spec->tools[i].name.at, err, "no capability has this tool"))
            return false;
    for (size_t i = 0; spec->n_map && i < spec->n_capabilities; i++)
        if (!has_capability(spec->map, spec->n_map, spec->capabilities[i].name) &&
            !tell(&t, spec->capabilities[i].file, spec->capabilities[i].name.at, err, "no tool gives this capability"))
            return false;
    return true;
}

static const struct spec_rule table[] = {
    {{"step", "steps of chains that neither the list of capabilities nor the map knows; chains without steps",
      FINDING_ERROR, NULL},
     check_steps},
    {{"reference", "chains that refer to themselves, or to one that is not there", FINDING_ERROR, NULL},
     check_references},
    {{"subject", "chains whose category or subcategory the taxonomy does not have", FINDING_ERROR, NULL},
     check_subjects},
    {{"repeated", "the same steps twice in one subcategory", FINDING_WARNING, NULL}, check_repeats},
    {{"schema", "tools without a name or parameters, schemas that contradict themselves", FINDING_ERROR, NULL},
     check_schemas},
    {{"required", "arguments that a tool requires and does not describe", FINDING_WARNING, NULL}, check_required},
    {{"tool-name", "two tools of one name", FINDING_ERROR, NULL}, check_tool_names},
    {{"map", "capabilities and tools of the map that are nowhere described", FINDING_WARNING, NULL}, check_map},
    {{"cover", "tools without a capability, capabilities without a tool", FINDING_WARNING, NULL}, check_cover},
};
enum { RULES = sizeof table / sizeof *table };

size_t spec_rules(const struct spec_rule **out) {
    *out = table;
    return RULES;
}

bool tool_spec_check(const struct tool_spec *spec, const char *only, finding_sink *sink, void *context,
                     struct error *err) {
    const char *names[RULES];
    for (size_t i = 0; i < RULES; i++) names[i] = table[i].is.name;
    if (!finding_only(only, names, RULES, "agent-check", err)) return false;
    for (size_t i = 0; i < RULES; i++)
        if (finding_wanted(only, names[i]) && !table[i].check(spec, names[i], sink, context, err)) return false;
    return true;
}
