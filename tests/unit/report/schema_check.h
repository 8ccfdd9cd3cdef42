/* Whether a JSON value is what a JSON Schema (draft 4 to 7) says: the words that schemas of formats use. Words that
 * only describe say nothing; any other word that is not known here fails the test, so that none is passed over. */
#ifndef TESTS_REPORT_SCHEMA_CHECK_H
#define TESTS_REPORT_SCHEMA_CHECK_H

#include "check.h"

#include <jansson.h>
#include <regex.h>
#include <stdlib.h>

struct schema_check {
    const json_t *root;
    char path[512];   /* of the value at hand */
    char fault[1024]; /* the first; empty: none */
    size_t checked;   /* values that were looked at */
};

static inline bool schema_fault(struct schema_check *c, const char *why, const char *what) {
    if (!c->fault[0]) snprintf(c->fault, sizeof c->fault, "%.400s: %s %.300s", c->path, why, what);
    return false;
}

static inline bool schema_is_type(const json_t *value, const char *type) {
    if (strcmp(type, "integer") == 0)
        return json_is_integer(value) ||
               (json_is_real(value) && floor(json_real_value(value)) == json_real_value(value));
    return strcmp(type, "object") == 0    ? json_is_object(value)
           : strcmp(type, "array") == 0   ? json_is_array(value)
           : strcmp(type, "string") == 0  ? json_is_string(value)
           : strcmp(type, "number") == 0  ? json_is_number(value)
           : strcmp(type, "boolean") == 0 ? json_is_boolean(value)
                                          : strcmp(type, "null") == 0 && json_is_null(value);
}

static inline bool schema_fits(struct schema_check *c, const json_t *schema, const json_t *value);

static inline bool schema_all(struct schema_check *c, const json_t *list, const json_t *value, size_t least,
                              size_t most) {
    size_t fitting = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        struct schema_check one = *c;
        one.fault[0] = 0;
        fitting += schema_fits(&one, json_array_get(list, i), value);
    }
    return (fitting >= least && fitting <= most) || schema_fault(c, "fits other than", "one of the alternatives");
}

static inline bool schema_at(struct schema_check *c, const json_t *schema, const json_t *value, const char *format,
                             const char *name, size_t i) {
    size_t before = strlen(c->path);
    snprintf(c->path + before, sizeof c->path - before, format, name, i);
    bool ok = schema_fits(c, schema, value);
    c->path[before] = 0;
    return ok;
}

static inline bool schema_members(struct schema_check *c, const json_t *schema, const json_t *value) {
    const json_t *properties = json_object_get(schema, "properties"),
                 *more = json_object_get(schema, "additionalProperties");
    const char *name;
    json_t *member;
    bool ok = true;
    for (size_t i = 0; i < json_array_size(json_object_get(schema, "required")); i++) {
        const char *need = json_string_value(json_array_get(json_object_get(schema, "required"), i));
        if (!json_object_get(value, need)) return schema_fault(c, "lacks", need);
    }
    json_object_foreach((json_t *)value, name, member) {
        const json_t *own = json_object_get(properties, name);
        if (own)
            ok = ok && schema_at(c, own, member, ".%s", name, 0);
        else if (json_is_false(more))
            return schema_fault(c, "must not have", name);
        else if (json_is_object(more))
            ok = ok && schema_at(c, more, member, ".%s", name, 0);
    }
    return ok;
}

static inline bool schema_items(struct schema_check *c, const json_t *schema, const json_t *value) {
    size_t n = json_array_size(value);
    bool ok = true;
    if (json_object_get(schema, "minItems") && n < (size_t)json_integer_value(json_object_get(schema, "minItems")))
        return schema_fault(c, "has too few", "items");
    if (json_object_get(schema, "maxItems") && n > (size_t)json_integer_value(json_object_get(schema, "maxItems")))
        return schema_fault(c, "has too many", "items");
    for (size_t i = 0; json_is_true(json_object_get(schema, "uniqueItems")) && i < n; i++)
        for (size_t j = 0; j < i; j++)
            if (json_equal(json_array_get(value, i), json_array_get(value, j)))
                return schema_fault(c, "has the same twice among its", "items");
    for (size_t i = 0; json_is_object(json_object_get(schema, "items")) && i < n; i++)
        ok = ok && schema_at(c, json_object_get(schema, "items"), json_array_get(value, i), "%s[%zu]", "", i);
    return ok;
}

static inline bool schema_pattern(struct schema_check *c, const char *pattern, const char *text) {
    regex_t re;
    if (strstr(pattern, "(?") || strstr(pattern, "\\d"))
        return true; /* beyond POSIX: GUIDs and media types, which are not written */
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return schema_fault(c, "has a pattern that cannot be read:", pattern);
    bool fits = regexec(&re, text, 0, NULL, 0) == 0;
    regfree(&re);
    return fits || schema_fault(c, "does not fit", pattern);
}

static inline bool schema_value(struct schema_check *c, const char *word, const json_t *rule, const json_t *value) {
    static const char *const quiet[] = {
        "$schema",  "$id",         "id",          "title",    "description",          "default",
        "format",   "definitions", "properties",  "required", "additionalProperties", "items",
        "minItems", "maxItems",    "uniqueItems", "$comment"};
    for (size_t i = 0; i < sizeof quiet / sizeof *quiet; i++)
        if (strcmp(word, quiet[i]) == 0) return true;
    if (strcmp(word, "type") == 0) {
        bool fits = json_is_string(rule) && schema_is_type(value, json_string_value(rule));
        for (size_t i = 0; i < json_array_size(rule); i++)
            fits = fits || schema_is_type(value, json_string_value(json_array_get(rule, i)));
        return fits || schema_fault(c, "is not of type", json_is_string(rule) ? json_string_value(rule) : "(several)");
    }
    if (strcmp(word, "enum") == 0) {
        for (size_t i = 0; i < json_array_size(rule); i++)
            if (json_equal(json_array_get(rule, i), value)) return true;
        return schema_fault(c, "is none of the", "allowed values");
    }
    if (strcmp(word, "const") == 0) return json_equal(rule, value) || schema_fault(c, "is not", "the only value");
    if (strcmp(word, "if") == 0 || strcmp(word, "then") == 0) return true; /* see schema_when */
    if (strcmp(word, "minimum") == 0)
        return !json_is_number(value) || json_number_value(value) >= json_number_value(rule) ||
               schema_fault(c, "is below", word);
    if (strcmp(word, "maximum") == 0)
        return !json_is_number(value) || json_number_value(value) <= json_number_value(rule) ||
               schema_fault(c, "is above", word);
    if (strcmp(word, "minLength") == 0)
        return !json_is_string(value) || (json_int_t)json_string_length(value) >= json_integer_value(rule) ||
               schema_fault(c, "is shorter than", word);
    if (strcmp(word, "pattern") == 0)
        return !json_is_string(value) || schema_pattern(c, json_string_value(rule), json_string_value(value));
    if (strcmp(word, "anyOf") == 0) return schema_all(c, rule, value, 1, SIZE_MAX);
    if (strcmp(word, "oneOf") == 0) return schema_all(c, rule, value, 1, 1);
    if (strcmp(word, "allOf") == 0) return schema_all(c, rule, value, json_array_size(rule), SIZE_MAX);
    if (strcmp(word, "not") == 0) {
        struct schema_check inner = *c;
        return !schema_fits(&inner, rule, value) || schema_fault(c, "fits what it must not", "(not)");
    }
    fail_msg("the schema has a word that is not checked here: %s", word);
    return false;
}

/* if, then: what fits the one must fit the other. */
static inline bool schema_when(struct schema_check *c, const json_t *schema, const json_t *value) {
    const json_t *when = json_object_get(schema, "if"), *then = json_object_get(schema, "then");
    struct schema_check inner = *c;
    return !when || !then || !schema_fits(&inner, when, value) || schema_fits(c, then, value);
}

static inline bool schema_fits(struct schema_check *c, const json_t *schema, const json_t *value) {
    const char *ref = json_string_value(json_object_get(schema, "$ref")), *word;
    json_t *rule;
    bool ok = true;
    c->checked++;
    if (ref) {
        static const char prefix[] = "#/definitions/";
        assert_memory_equal(ref, prefix, sizeof prefix - 1);
        const json_t *target = json_object_get(json_object_get(c->root, "definitions"), ref + sizeof prefix - 1);
        assert_non_null(target);
        return schema_fits(c, target, value);
    }
    json_object_foreach((json_t *)schema, word, rule) ok = schema_value(c, word, rule, value) && ok;
    ok = ok && schema_when(c, schema, value);
    if (ok && json_is_object(value)) ok = schema_members(c, schema, value);
    if (ok && json_is_array(value)) ok = schema_items(c, schema, value);
    return ok;
}

#endif
