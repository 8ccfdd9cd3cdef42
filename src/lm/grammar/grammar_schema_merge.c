/* Two schemas in one, for allOf and for what stands beside anyOf, oneOf and $ref; and whether two exclude each other.
 */
#include "lm/grammar/grammar_schema_internal.h"

#include <string.h>

enum { CHAIN_MOST = 32 /* references that lead to references */ };

static bool is_one_of(const char *key, const char *const *list) {
    for (; *list; list++)
        if (strcmp(key, *list) == 0) return true;
    return false;
}

static json_t *own(struct schema_build *b, json_t *value) {
    if (!value || json_array_append_new(b->owned, value) != 0) return error_memory(b->err, "schema"), NULL;
    return value;
}

/* ---- Single keywords; each gives a new reference, or NULL and an error ---- */

static json_t *both(const json_t *x, const json_t *y) {
    return json_pack("{s:[O,O]}", "allOf", x, y);
}

static json_t *joined_properties(const json_t *x, const json_t *y) {
    json_t *out = json_copy((json_t *)x);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)y, key, value) {
        json_t *known = json_object_get(out, key);
        if (!known)
            json_object_set(out, key, value);
        else if (!json_equal(known, value))
            json_object_set_new(out, key, both(known, value));
    }
    return out;
}

/* 1 and 1.0 are the same value. */
static bool same_value(const json_t *x, const json_t *y) {
    return json_is_number(x) && json_is_number(y)
               ? !(json_number_value(x) < json_number_value(y)) && !(json_number_value(x) > json_number_value(y))
               : json_equal((json_t *)x, (json_t *)y);
}

static bool holds(const json_t *list, const json_t *value) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (same_value(json_array_get(list, i), value)) return true;
    return false;
}

/* wanted false: the values of both; true: of either. */
static json_t *joined_list(const json_t *x, const json_t *y, bool either) {
    json_t *out = either ? json_copy((json_t *)x) : json_array();
    for (size_t i = 0; i < json_array_size(y); i++)
        if (holds(x, json_array_get(y, i)) != either) json_array_append(out, json_array_get(y, i));
    return out;
}

static json_t *joined_types(struct schema_build *b, const json_t *x, const json_t *y) {
    static const char *const names[] = {"object", "array", "string", "integer", "number", "boolean", "null"};
    json_t *sides[2] = {json_pack("{s:O}", "type", x), json_pack("{s:O}", "type", y)}, *out = NULL;
    int types[2] = {schema_types(b, sides[0]), sides[0] ? schema_types(b, sides[1]) : 0};
    for (size_t i = 0; i < 2; i++)
        if (types[i] & TYPE_NUMBER) types[i] |= TYPE_INTEGER;
    if (types[0] && types[1] && !(types[0] & types[1])) schema_fail(b, "no value has both types");
    if (types[0] & types[1]) out = json_array();
    for (size_t i = 0; out && i < 7; i++)
        if (types[0] & types[1] & 1 << i) json_array_append_new(out, json_string(names[i]));
    json_decref(sides[0]);
    json_decref(sides[1]);
    return out;
}

static json_t *joined(struct schema_build *b, const char *key, json_t *x, json_t *y) {
    static const char *const kept[] = {"$schema",       "$id",       "$comment",         "title",
                                       "description",   "default",   "examples",         "deprecated",
                                       "readOnly",      "writeOnly", "contentMediaType", "contentEncoding",
                                       "contentSchema", "$defs",     "definitions",      NULL};
    static const char *const larger[] = {"minimum", "exclusiveMinimum", "minLength", "minItems", NULL};
    static const char *const smaller[] = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", NULL};
    if (json_equal(x, y) || is_one_of(key, kept)) return json_incref(x);
    if (strcmp(key, "properties") == 0 && json_is_object(x) && json_is_object(y)) return joined_properties(x, y);
    if (strcmp(key, "required") == 0) return joined_list(x, y, true);
    if (strcmp(key, "enum") == 0) return joined_list(x, y, false);
    if (strcmp(key, "type") == 0) return joined_types(b, x, y);
    if (strcmp(key, "items") == 0) return both(x, y);
    if (strcmp(key, "allOf") == 0) return joined_list(x, y, true);
    if (json_is_number(x) && json_is_number(y) && (is_one_of(key, larger) || is_one_of(key, smaller))) {
        bool first = json_number_value(x) > json_number_value(y);
        return json_incref(first == is_one_of(key, larger) ? x : y);
    }
    schema_fail(b, "two schemas that must both hold differ in '%s'", key);
    return NULL;
}

/* ---- Whole schemas ---- */

/* The schema itself, or with its $ref replaced by what it names. */
static const json_t *followed(struct schema_build *b, const json_t *schema) {
    for (size_t i = 0; json_is_object(schema) && json_object_get(schema, "$ref"); i++) {
        const json_t *name = json_object_get(schema, "$ref");
        if (i == CHAIN_MOST || !json_is_string(name)) return schema_fail(b, "'$ref' leads in a circle"), NULL;
        const json_t *target = schema_resolve(b, json_text(name));
        json_t *rest = target ? own(b, json_copy((json_t *)schema)) : NULL;
        if (!rest) return NULL;
        json_object_del(rest, "$ref");
        schema = json_object_size(rest) ? schema_merge(b, rest, target) : target;
    }
    return schema;
}

/* A limit on other properties holds for those that its own schema does not name, so joined schemas must name the same.
 */
static bool limits_others(const json_t *x, const json_t *y) {
    const json_t *limit = json_object_get(x, "additionalProperties"), *mine = json_object_get(x, "properties");
    const char *key;
    const json_t *value;
    if (!limit || json_is_true(limit)) return false;
    json_object_foreach(json_object_get(y, "properties"), key, value) if (!json_object_get(mine, key)) return true;
    return false;
}

const json_t *schema_merge(struct schema_build *b, const json_t *x, const json_t *y) {
    if (++b->nodes > 100000) return schema_fail(b, "too many schemas to join"), NULL;
    if (b->depth++ > 64) return schema_fail(b, "schemas to join that are nested too deep"), NULL;
    const json_t *result = NULL;
    if (!(x = followed(b, x)) || !(y = followed(b, y))) goto out;
    if (json_is_true(x) || json_is_true(y)) {
        result = json_is_true(x) ? y : x;
        goto out;
    }
    if (!json_is_object(x) || !json_is_object(y)) {
        schema_fail(b, "expected a schema that is an object");
        goto out;
    }
    if (limits_others(x, y) || limits_others(y, x)) {
        schema_fail(b, "'additionalProperties' of one schema forbids properties of another that must hold too");
        goto out;
    }
    json_t *merged = own(b, json_copy((json_t *)x));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)y, key, value) {
        json_t *known = merged ? json_object_get(merged, key) : NULL, *one;
        bool choice = known && (strcmp(key, "anyOf") == 0 || strcmp(key, "oneOf") == 0) && !json_equal(known, value);
        if (!merged) goto out;
        if (choice) { /* both choices: the second waits in allOf */
            json_t *waiting =
                json_object_get(merged, "allOf") ? json_copy(json_object_get(merged, "allOf")) : json_array();
            json_array_append_new(waiting, json_pack("{s:O}", key, value));
            json_object_set_new(merged, "allOf", waiting);
            continue;
        }
        one = known ? joined(b, key, known, value) : json_incref(value);
        if (!one || json_object_set_new(merged, key, one) != 0) goto out;
    }
    result = merged;
out:
    b->depth--;
    return result;
}

/* ---- Excluding each other ---- */

/* Types of what satisfies the schema; of what its grammar has when `implied`. */
static int types_of(struct schema_build *b, const json_t *schema, bool implied) {
    const json_t *values = json_object_get(schema, "enum"), *constant = json_object_get(schema, "const");
    int types = constant ? schema_type_of(constant) : 0;
    for (size_t i = 0; i < json_array_size(values); i++) types |= schema_type_of(json_array_get(values, i));
    if (!types) types = implied || json_object_get(schema, "type") ? schema_types(b, schema) : TYPE_ALL;
    return types & (TYPE_NUMBER | TYPE_INTEGER) ? types | TYPE_NUMBER | TYPE_INTEGER : types;
}

/* Whether both name their values and none is of both. */
static bool values_apart(const json_t *x, const json_t *y) {
    json_t *a = json_object_get(x, "const"), *c = json_object_get(y, "const");
    json_t *one = a ? json_pack("[O]", a) : json_incref(json_object_get(x, "enum"));
    json_t *other = c ? json_pack("[O]", c) : json_incref(json_object_get(y, "enum"));
    bool apart = json_is_array(one) && json_is_array(other);
    for (size_t i = 0; apart && i < json_array_size(one); i++) apart = !holds(other, json_array_get(one, i));
    json_decref(one);
    json_decref(other);
    return apart;
}

bool schema_disjoint(struct schema_build *b, const json_t *x, const json_t *y, size_t depth) {
    x = followed(b, x), y = followed(b, y);
    if (depth > 8 || !json_is_object(x) || !json_is_object(y)) return false;
    if (values_apart(x, y)) return true;
    if (!(types_of(b, x, true) & types_of(b, y, false)) && !(types_of(b, x, false) & types_of(b, y, true))) return true;
    if (types_of(b, x, true) != TYPE_OBJECT || types_of(b, y, true) != TYPE_OBJECT) return false;
    const json_t *theirs = json_object_get(y, "properties");
    const char *key;
    const json_t *value;
    json_object_foreach(json_object_get(x, "properties"), key, value) {
        json_t *name = json_string(key);
        bool needed = holds(json_object_get(x, "required"), name) && holds(json_object_get(y, "required"), name);
        json_decref(name);
        if (needed && json_object_get(theirs, key) &&
            schema_disjoint(b, value, json_object_get(theirs, key), depth + 1))
            return true;
    }
    return false;
}
