/* JSON Schema to a grammar: keywords, references, alternatives. See grammar_schema.h. */
#include "lm/grammar/grammar_schema_internal.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MOST = 64, NODES_MOST = 100000, PATH_MOST = 1 << 16 };

/* JSON itself (RFC 8259), without escapes for U+0000 and lone surrogates, which readers refuse. */
static const char common_rules[] =
    "ws ::= | \" \" | \"\\n\" [ \\t]{0,20}\n"
    "hex ::= [0-9a-fA-F]\n"
    "code ::= \"000\" [1-9a-fA-F] | \"00\" [1-9a-fA-F] hex | \"0\" [1-9a-fA-F] hex hex | [1-9a-cA-CeEfF] hex hex hex | "
    "[dD] [0-7] hex hex\n"
    "char ::= [^\"\\\\\\x00-\\x1F] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" code)\n"
    "string ::= \"\\\"\" char* \"\\\"\"\n"
    "fraction ::= \".\" [0-9]{1,16}\n"
    "natural ::= \"0\" | [1-9] [0-9]{0,15}\n"
    "integer ::= \"-\"? natural\n"
    "number ::= integer fraction? ([eE] [-+]? [0-9]{1,2})?\n"
    "boolean ::= \"true\" | \"false\"\n"
    "null ::= \"null\"\n"
    "value ::= object | array | string | number | boolean | null\n"
    "object ::= \"{\" ws (string \":\" ws value ws (\",\" ws string \":\" ws value ws)*)? \"}\"\n"
    "array ::= \"[\" ws (value ws (\",\" ws value ws)*)? \"]\"\n";

/* ---- Building ---- */

struct grammar_node *schema_bytes(struct schema_build *b, struct text bytes) {
    char *copy = text_copy(&b->arena, bytes, b->err);
    return copy ? grammar_bytes(&b->tree, (struct text){copy, bytes.len}, b->err) : NULL;
}

struct grammar_node *schema_text(struct schema_build *b, const char *literal) {
    return schema_bytes(b, text_of(literal));
}

struct grammar_node *schema_common(struct schema_build *b, const char *rule) {
    uint32_t index;
    return grammar_tree_rule(&b->tree, text_of(rule), 0, &index, b->err) ? grammar_call(&b->tree, index, b->err) : NULL;
}

struct grammar_node *schema_list(struct schema_build *b, enum grammar_node_kind kind, size_t n, ...) {
    struct grammar_node *parts[8] = {0};
    va_list list;
    va_start(list, n);
    for (size_t i = 0; i < n && i < 8; i++) parts[i] = va_arg(list, struct grammar_node *);
    va_end(list);
    return grammar_list(&b->tree, kind, parts, n, b->err);
}

struct grammar_node *schema_repeat(struct schema_build *b, struct grammar_node *part, uint32_t min, uint32_t max) {
    return grammar_repeat(&b->tree, part, min, max, b->err);
}

struct grammar_node *schema_maybe(struct schema_build *b, struct grammar_node *part) {
    return schema_repeat(b, part, 0, 1);
}

struct grammar_node *schema_shared(struct schema_build *b, struct grammar_node *body) {
    uint32_t index;
    char *name = body ? arena_printf(&b->arena, b->err, " %zu", b->tree.n) : NULL;
    if (!name || !grammar_tree_rule(&b->tree, text_of(name), 0, &index, b->err)) return NULL;
    b->tree.rules[index].body = body;
    return grammar_call(&b->tree, index, b->err);
}

/* ---- Messages and paths ---- */

struct grammar_node *schema_fail(struct schema_build *b, const char *format, ...) {
    char message[700];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    struct text path = buffer_text(&b->path);
    if (path.len > 200) path.len = 200;
    error_set(b->err, ERROR_DATA, "%s: #%.*s: %s", b->name, TEXT_ARG(path), message);
    return NULL;
}

/* JSON pointer (RFC 6901). */
size_t schema_enter(struct schema_build *b, const char *key) {
    size_t before = b->path.len;
    buffer_put_char(&b->path, '/');
    for (; *key; key++) {
        if (*key == '~' || *key == '/')
            buffer_put_c(&b->path, *key == '~' ? "~0" : "~1");
        else
            buffer_put_char(&b->path, *key);
    }
    return before;
}

size_t schema_enter_index(struct schema_build *b, const char *key, size_t index) {
    size_t before = schema_enter(b, key);
    buffer_printf(&b->path, "/%zu", index);
    return before;
}

void schema_leave(struct schema_build *b, size_t before) {
    b->path.len = before;
}

bool schema_count(struct schema_build *b, const json_t *schema, const char *key, uint32_t otherwise, uint32_t *out) {
    const json_t *value = json_object_get(schema, key);
    *out = otherwise;
    if (!value) return true;
    double n = json_number_value(value);
    if (!json_is_number(value) || !(n >= 0) || n != (double)(uint64_t)(n < 1e18 ? n : 0))
        return schema_fail(b, "'%s': expected a whole number from 0 on", key), false;
    if (n > GRAMMAR_REPEATS_MOST) return schema_fail(b, "'%s': at most %d", key, GRAMMAR_REPEATS_MOST), false;
    *out = (uint32_t)n;
    return true;
}

/* ---- Keywords ---- */

static const char *const annotations[] = {
    "$schema",  "$id",        "$comment", "$defs",     "definitions",      "title",           "description",  "default",
    "examples", "deprecated", "readOnly", "writeOnly", "contentMediaType", "contentEncoding", "contentSchema"};
/* By the types that they are about. */
static const struct keyword {
    const char *name;
    int types;
} keywords[] = {
    {"type", TYPE_ALL},
    {"enum", TYPE_ALL},
    {"const", TYPE_ALL},
    {"anyOf", TYPE_ALL},
    {"oneOf", TYPE_ALL},
    {"allOf", TYPE_ALL},
    {"$ref", TYPE_ALL},
    {"properties", TYPE_OBJECT},
    {"required", TYPE_OBJECT},
    {"additionalProperties", TYPE_OBJECT},
    {"unevaluatedProperties", TYPE_OBJECT},
    {"items", TYPE_ARRAY},
    {"prefixItems", TYPE_ARRAY},
    {"minItems", TYPE_ARRAY},
    {"maxItems", TYPE_ARRAY},
    {"uniqueItems", TYPE_ARRAY},
    {"minLength", TYPE_STRING},
    {"maxLength", TYPE_STRING},
    {"pattern", TYPE_STRING},
    {"format", TYPE_STRING},
    {"minimum", TYPE_NUMBER},
    {"maximum", TYPE_NUMBER},
    {"exclusiveMinimum", TYPE_NUMBER},
    {"exclusiveMaximum", TYPE_NUMBER},
};

static int keyword_types(const char *key) {
    for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++)
        if (strcmp(key, annotations[i]) == 0) return TYPE_ALL;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(key, keywords[i].name) == 0) return keywords[i].types;
    return 0;
}

static bool check_keywords(struct schema_build *b, const json_t *schema) {
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)schema, key, value) {
        if (!keyword_types(key)) return schema_fail(b, "'%s' is not supported", key), false;
        if (strcmp(key, "uniqueItems") == 0 && !json_is_false(value))
            return schema_fail(b, "'uniqueItems' is not supported"), false;
        if (strcmp(key, "unevaluatedProperties") == 0 &&
            (!json_is_false(value) || (json_object_get(schema, "additionalProperties") &&
                                       !json_is_false(json_object_get(schema, "additionalProperties")))))
            return schema_fail(b, "'unevaluatedProperties' is supported as false, without 'additionalProperties'"),
                   false;
    }
    return true;
}

int schema_type_of(const json_t *value) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return TYPE_OBJECT;
    case JSON_ARRAY:
        return TYPE_ARRAY;
    case JSON_STRING:
        return TYPE_STRING;
    case JSON_INTEGER:
        return TYPE_INTEGER;
    case JSON_REAL:
        return TYPE_NUMBER;
    case JSON_NULL:
        return TYPE_NULL;
    default:
        return TYPE_BOOLEAN;
    }
}

static int type_named(const json_t *name) {
    static const char *const names[] = {"object", "array", "string", "integer", "number", "boolean", "null"};
    for (size_t i = 0; json_is_string(name) && i < 7; i++)
        if (strcmp(json_string_value(name), names[i]) == 0) return 1 << i;
    return 0;
}

/* Types that the keywords are about; all when they are about none. */
static int types_implied(const json_t *schema) {
    const char *key;
    const json_t *value;
    int types = 0;
    json_object_foreach((json_t *)schema, key, value) {
        int about = keyword_types(key);
        if (about != TYPE_ALL) types |= about;
    }
    return types ? types : TYPE_ALL;
}

int schema_types(struct schema_build *b, const json_t *schema) {
    const json_t *type = json_object_get(schema, "type"), *one;
    size_t i;
    int types = 0;
    if (!type) return types_implied(schema);
    if (!json_is_array(type)) types = type_named(type);
    json_array_foreach((json_t *)type, i, one) {
        if (!type_named(one)) return schema_fail(b, "'type': no such type"), 0;
        types |= type_named(one);
    }
    if (!types)
        schema_fail(b, "'type': expected object, array, string, integer, number, boolean, null or a list of them");
    return types;
}

/* ---- References ---- */

static int hex_value(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* One part of a pointer in a fragment: %XX, then ~0 and ~1. */
static bool read_part(struct text part, struct buffer *out) {
    buffer_clear(out);
    for (size_t i = 0; i < part.len; i++) {
        char c = part.at[i];
        if (c == '%' && i + 2 < part.len && hex_value(part.at[i + 1]) >= 0 && hex_value(part.at[i + 2]) >= 0) {
            c = (char)(hex_value(part.at[i + 1]) << 4 | hex_value(part.at[i + 2]));
            i += 2;
        }
        if (c == '~') {
            if (i + 1 >= part.len || (part.at[i + 1] != '0' && part.at[i + 1] != '1')) return false;
            c = part.at[++i] == '0' ? '~' : '/';
        }
        buffer_put_char(out, c);
    }
    return buffer_put_char(out, 0) && strlen(out->at) + 1 == out->len;
}

static const json_t *step_down(const json_t *at, const char *part) {
    uint64_t index;
    if (json_is_array(at)) return text_to_u64(text_of(part), &index) ? json_array_get(at, (size_t)index) : NULL;
    return json_object_get(at, part);
}

const json_t *schema_resolve(struct schema_build *b, struct text reference) {
    struct text rest = reference, part;
    const json_t *at = b->root;
    struct buffer name;
    if (!reference.len || reference.at[0] != '#')
        return schema_fail(b, "'$ref': '%.*s' is not in this document; only '#' and '#/...' are followed",
                           (int)(reference.len < 100 ? reference.len : 100), reference.at),
               NULL;
    rest = text_part(rest, 1, rest.len);
    buffer_init(&name, 1 << 16);
    bool ok = !rest.len || rest.at[0] == '/';
    if (rest.len) rest = text_part(rest, 1, rest.len);
    while (ok && reference.len > 1 && text_next(&rest, '/', &part))
        ok = read_part(part, &name) && (at = step_down(at, name.at));
    bool memory = buffer_check(&name, "a reference", b->err);
    buffer_done(&name);
    if (ok || !memory) return ok ? at : NULL;
    return schema_fail(b, "'$ref': nothing stands at '%.*s'", (int)(reference.len < 100 ? reference.len : 100),
                       reference.at),
           NULL;
}

/* A rule named by its reference; its body follows when all else is read, so that references may be recursive. */
static struct grammar_node *refer(struct schema_build *b, struct text reference) {
    uint32_t index;
    char *name;
    if (!schema_resolve(b, reference) || !(name = text_copy(&b->arena, reference, b->err))) return NULL;
    if (!grammar_tree_rule(&b->tree, (struct text){name, reference.len}, 0, &index, b->err)) return NULL;
    return grammar_call(&b->tree, index, b->err);
}

static bool read_references(struct schema_build *b) {
    for (size_t i = 0; i < b->tree.n; i++) {
        struct text name = b->tree.rules[i].name;
        if (b->tree.rules[i].body || name.at[0] != '#') continue;
        buffer_clear(&b->path);
        buffer_put_text(&b->path, text_part(name, 1, name.len));
        const json_t *target = schema_resolve(b, name);
        struct grammar_node *body = target ? schema_node(b, target) : NULL;
        if (!body) return false;
        b->tree.rules[i].body = body;
    }
    return true;
}

/* ---- Combinations ---- */

static const json_t *without(struct schema_build *b, const json_t *schema, const char *key) {
    json_t *copy = json_copy((json_t *)schema);
    if (!copy || json_array_append_new(b->owned, copy) != 0) return error_memory(b->err, "schema"), NULL;
    json_object_del(copy, key);
    return copy;
}

/* Whether anything but annotations is said. */
static bool says_anything(const json_t *schema) {
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)schema, key, value) {
        bool annotation = false;
        for (size_t i = 0; i < sizeof annotations / sizeof *annotations; i++)
            annotation |= strcmp(key, annotations[i]) == 0;
        if (!annotation) return true;
    }
    return false;
}

static bool check_exclusive(struct schema_build *b, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t j = 0; j < i; j++)
            if (!schema_disjoint(b, json_array_get(list, j), json_array_get(list, i), 0))
                return schema_fail(b, "'oneOf': a value may satisfy both alternative %zu and %zu; 'anyOf' allows that",
                                   j, i),
                       false;
    return true;
}

/* The alternatives, each joined with what stands beside them. */
static struct grammar_node *alternatives(struct schema_build *b, const json_t *schema, const char *key) {
    const json_t *list = json_object_get(schema, key), *rest = without(b, schema, key);
    size_t n = json_array_size(list);
    if (!rest) return NULL;
    if (!json_is_array(list) || !n) return schema_fail(b, "'%s': expected a list of schemas", key);
    if (strcmp(key, "oneOf") == 0 && !check_exclusive(b, list)) return NULL;
    struct grammar_node **ways = arena_new(&b->arena, struct grammar_node *, n, b->err);
    if (!ways) return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t before = schema_enter_index(b, key, i);
        const json_t *one = json_array_get(list, i);
        if (says_anything(rest)) one = schema_merge(b, rest, one);
        ways[i] = one ? schema_node(b, one) : NULL;
        schema_leave(b, before);
        if (!ways[i]) return NULL;
    }
    return grammar_list(&b->tree, NODE_CHOICE, ways, n, b->err);
}

static struct grammar_node *all_of(struct schema_build *b, const json_t *schema) {
    const json_t *list = json_object_get(schema, "allOf"), *merged = without(b, schema, "allOf");
    if (!json_is_array(list) || !json_array_size(list)) return schema_fail(b, "'allOf': expected a list of schemas");
    for (size_t i = 0; merged && i < json_array_size(list); i++) {
        size_t before = schema_enter_index(b, "allOf", i);
        merged = schema_merge(b, merged, json_array_get(list, i));
        schema_leave(b, before);
    }
    return merged ? schema_node(b, merged) : NULL;
}

static struct grammar_node *reference(struct schema_build *b, const json_t *schema) {
    const json_t *target = json_object_get(schema, "$ref"), *rest = without(b, schema, "$ref");
    if (!json_is_string(target)) return schema_fail(b, "'$ref': expected a text");
    if (!rest) return NULL;
    if (!says_anything(rest)) return refer(b, json_text(target));
    const json_t *merged = schema_merge(b, rest, schema);
    return merged ? schema_node(b, merged) : NULL;
}

static struct grammar_node *of_type(struct schema_build *b, const json_t *schema, int type) {
    switch (type) {
    case TYPE_OBJECT:
        return schema_object(b, schema);
    case TYPE_ARRAY:
        return schema_array(b, schema);
    case TYPE_STRING:
        return schema_string(b, schema);
    case TYPE_INTEGER:
        return schema_number(b, schema, true);
    case TYPE_NUMBER:
        return schema_number(b, schema, false);
    case TYPE_BOOLEAN:
        return schema_common(b, "boolean");
    default:
        return schema_common(b, "null");
    }
}

static struct grammar_node *plain(struct schema_build *b, const json_t *schema) {
    int types = schema_types(b, schema);
    struct grammar_node *ways[7];
    size_t n = 0;
    if (!types) return NULL;
    if (types == TYPE_ALL) return schema_common(b, "value");
    if (types & TYPE_NUMBER) types &= ~TYPE_INTEGER;
    for (int type = 1; type <= TYPE_NULL; type *= 2)
        if (types & type && !(ways[n++] = of_type(b, schema, type))) return NULL;
    return grammar_list(&b->tree, NODE_CHOICE, ways, n, b->err);
}

static struct grammar_node *read_schema(struct schema_build *b, const json_t *schema) {
    if (json_is_true(schema)) return schema_common(b, "value");
    if (json_is_false(schema)) return schema_fail(b, "no value satisfies 'false'");
    if (!json_is_object(schema)) return schema_fail(b, "expected a schema: an object, true or false");
    if (!check_keywords(b, schema)) return NULL;
    const json_t *values = json_object_get(schema, "enum"), *constant = json_object_get(schema, "const");
    if (json_object_get(schema, "$ref")) return reference(b, schema);
    if (json_object_get(schema, "anyOf")) return alternatives(b, schema, "anyOf");
    if (json_object_get(schema, "oneOf")) return alternatives(b, schema, "oneOf");
    if (json_object_get(schema, "allOf")) return all_of(b, schema);
    if (values || constant) return schema_values(b, schema, values);
    return plain(b, schema);
}

struct grammar_node *schema_node(struct schema_build *b, const json_t *schema) {
    if (b->depth == DEPTH_MOST) return schema_fail(b, "schemas nested more than %d deep", DEPTH_MOST);
    if (++b->nodes > NODES_MOST) return schema_fail(b, "more than %d schemas", NODES_MOST);
    b->depth++;
    struct grammar_node *node = read_schema(b, schema);
    b->depth--;
    return node;
}

/* ---- All ---- */

static struct grammar *build(struct schema_build *b) {
    uint32_t root;
    size_t culprit;
    if (!grammar_tree_init(&b->tree, &b->arena, b->err) ||
        !grammar_gbnf_add(&b->tree, text_of(common_rules), "JSON", b->err) ||
        !grammar_tree_rule(&b->tree, TEXT("root"), 0, &root, b->err))
        return NULL;
    struct grammar_node *body = schema_node(b, b->root);
    if (!body) return NULL;
    b->tree.rules[root].body = body;
    if (!read_references(b)) return NULL;
    struct grammar *g = grammar_compile(&b->tree, root, &culprit, b->err);
    if (!g && culprit != SIZE_MAX) error_wrap(b->err, "%s", b->name);
    return g;
}

struct grammar *grammar_from_schema(const json_t *schema, const char *shown_name, struct error *err) {
    struct error ignored = {0};
    struct schema_build b = {.root = schema, .name = shown_name, .err = err ? err : &ignored, .owned = json_array()};
    arena_init(&b.arena, (size_t)1 << 30);
    buffer_init(&b.path, PATH_MOST);
    struct grammar *g = b.owned ? build(&b) : (error_memory(b.err, "schema"), NULL);
    json_decref(b.owned);
    buffer_done(&b.path);
    arena_done(&b.arena);
    return g;
}

struct grammar *grammar_from_schema_text(struct text t, const char *shown_name, struct error *err) {
    json_t *schema = json_read(t, shown_name, 1, err);
    struct grammar *g = schema ? grammar_from_schema(schema, shown_name, err) : NULL;
    json_decref(schema);
    return g;
}
