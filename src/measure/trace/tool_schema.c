/* The part of JSON Schema that tools of language models use: see tool_spec.h. What is not known is not judged. */
#include "measure/trace/tool_spec.h"

#include <string.h>

static const char *const types[] = {"string", "number", "integer", "boolean", "array", "object", "null"};
enum { TYPES = sizeof types / sizeof *types };

static bool is_type(const json_t *value, const char *type) {
    if (strcmp(type, "string") == 0) return json_is_string(value);
    if (strcmp(type, "number") == 0) return json_is_number(value);
    if (strcmp(type, "integer") == 0)
        return json_is_integer(value) ||
               (json_is_real(value) && json_real_value(value) == (double)(json_int_t)json_real_value(value));
    if (strcmp(type, "boolean") == 0) return json_is_boolean(value);
    if (strcmp(type, "array") == 0) return json_is_array(value);
    if (strcmp(type, "object") == 0) return json_is_object(value);
    return json_is_null(value);
}

static bool known_type(const char *type) {
    for (size_t i = 0; i < TYPES; i++)
        if (strcmp(types[i], type) == 0) return true;
    return false;
}

struct walk {
    struct arena *arena;
    const char **why;
    struct error *err;
    size_t depth;
};

/* The first fault stays. False only without memory. */
static bool fault(const struct walk *w, const char *name, const char *what) {
    if (*w->why) return true;
    *w->why = arena_printf(w->arena, w->err, "%s%s%s", name, *name ? ": " : "", what);
    return *w->why != NULL;
}

/* ---- is the schema sound? */

static bool sound(struct walk *w, const json_t *schema, const char *name);

static bool sound_type(struct walk *w, const json_t *type, const char *name) {
    const json_t *one;
    size_t i;
    if (!type || (json_is_string(type) && known_type(json_string_value(type)))) return true;
    if (!json_is_array(type)) return fault(w, name, "its type is none of JSON Schema");
    json_array_foreach((json_t *)type, i,
                       one) if (!json_is_string(one) ||
                                !known_type(json_string_value(one))) return fault(w, name,
                                                                                  "its type is none of JSON Schema");
    return true;
}

static bool sound_members(struct walk *w, const json_t *schema, const char *name) {
    json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required"), *one;
    const char *key;
    size_t i;
    if (properties && !json_is_object(properties)) return fault(w, name, "'properties' is no object");
    if (required && !json_is_array(required)) return fault(w, name, "'required' is no list");
    json_object_foreach(properties, key, one) if (!sound(w, one, key)) return false;
    json_array_foreach(required, i, one) {
        if (!json_is_string(one)) return fault(w, name, "'required' holds what is no name");
    }
    return true;
}

static bool sound(struct walk *w, const json_t *schema, const char *name) {
    const json_t *low = json_object_get(schema, "minimum"), *high = json_object_get(schema, "maximum"),
                 *one_of = json_object_get(schema, "enum"), *items = json_object_get(schema, "items"),
                 *initial = json_object_get(schema, "default");
    if (!json_is_object(schema)) return fault(w, name, "its schema is no object");
    if (w->depth >= SPEC_DEPTH_MOST) return fault(w, name, "schemas nest too deep");
    if (!sound_type(w, json_object_get(schema, "type"), name) || !sound_members(w, schema, name)) return false;
    if (low && high && json_number_value(low) > json_number_value(high) && !fault(w, name, "minimum above maximum"))
        return false;
    if (one_of && (!json_is_array(one_of) || json_array_size(one_of) == 0) && !fault(w, name, "an empty enum"))
        return false;
    w->depth++;
    bool ok = !items || sound(w, items, name);
    w->depth--;
    const char *why = NULL;
    if (!ok || !initial || json_is_null(initial)) return ok;
    if (!schema_obeyed(schema, initial, w->arena, &why, w->err)) return false;
    return !why || fault(w, name, "its default does not obey it");
}

bool schema_sound(const json_t *schema, struct arena *arena, const char **why, struct error *err) {
    struct walk w = {.arena = arena, .why = why, .err = err};
    *why = NULL;
    return sound(&w, schema, "");
}

/* ---- does a value obey it? */

static bool obeys(struct walk *w, const json_t *schema, const json_t *value, const char *name);

static bool obeys_type(struct walk *w, const json_t *type, const json_t *value, const char *name) {
    const json_t *one;
    size_t i;
    if (!type) return true;
    if (json_is_string(type)) return is_type(value, json_string_value(type)) || fault(w, name, "of another type");
    json_array_foreach((json_t *)type, i,
                       one) if (json_is_string(one) && is_type(value, json_string_value(one))) return true;
    return fault(w, name, "of another type");
}

static bool obeys_enum(struct walk *w, const json_t *one_of, const json_t *value, const char *name) {
    const json_t *one;
    size_t i;
    if (!json_is_array(one_of)) return true;
    json_array_foreach((json_t *)one_of, i, one) if (json_equal(one, value)) return true;
    return fault(w, name, "none of the values that are allowed");
}

static bool obeys_range(struct walk *w, const json_t *schema, const json_t *value, const char *name) {
    const json_t *low = json_object_get(schema, "minimum"), *high = json_object_get(schema, "maximum");
    if (!json_is_number(value)) return true;
    if (low && json_number_value(value) < json_number_value(low)) return fault(w, name, "below its minimum");
    return !high || json_number_value(value) <= json_number_value(high) || fault(w, name, "above its maximum");
}

static bool obeys_members(struct walk *w, const json_t *schema, const json_t *value, const char *name) {
    json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required"), *one;
    const char *key;
    size_t i;
    if (!json_is_object(value)) return true;
    json_array_foreach(required, i, one) if (json_is_string(one) && !json_object_get(value, json_string_value(one)) &&
                                             !fault(w, json_string_value(one), "missing")) return false;
    json_object_foreach((json_t *)value, key, one) {
        const json_t *of = json_object_get(properties, key);
        if (!of && json_is_object(properties) && !fault(w, key, "no argument of this tool")) return false;
        if (of && !obeys(w, of, one, key)) return false;
    }
    (void)name;
    return true;
}

static bool obeys(struct walk *w, const json_t *schema, const json_t *value, const char *name) {
    const json_t *items = json_object_get(schema, "items"), *one;
    size_t i;
    if (!json_is_object(schema) || w->depth >= SPEC_DEPTH_MOST || *w->why) return true;
    w->depth++;
    bool ok = obeys_type(w, json_object_get(schema, "type"), value, name) &&
              obeys_enum(w, json_object_get(schema, "enum"), value, name) && obeys_range(w, schema, value, name) &&
              obeys_members(w, schema, value, name);
    if (ok && items && json_is_array(value))
        json_array_foreach((json_t *)value, i, one) if (!obeys(w, items, one, name)) {
            ok = false;
            break;
        }
    w->depth--;
    return ok;
}

bool schema_obeyed(const json_t *schema, const json_t *value, struct arena *arena, const char **why,
                   struct error *err) {
    struct walk w = {.arena = arena, .why = why, .err = err};
    *why = NULL;
    return obeys(&w, schema, value, "");
}
