/* Objects, arrays and named values of JSON Schema: see grammar_schema.h. */
#include "lm/grammar/grammar_schema_internal.h"

#include <stdlib.h>
#include <string.h>

#define seq(b, ...)                                                                                                    \
    schema_list(b, NODE_SEQUENCE, sizeof((struct grammar_node *[]){__VA_ARGS__}) / sizeof(void *), __VA_ARGS__)
#define either(b, x, y) schema_list(b, NODE_CHOICE, 2, x, y)

static struct grammar_node *ws(struct schema_build *b) {
    return schema_common(b, "ws");
}

static struct grammar_node *comma(struct schema_build *b) {
    return seq(b, schema_text(b, ","), ws(b));
}

/* ---- Objects ---- */

/* "key": value, with the space behind it. */
static struct grammar_node *pair(struct schema_build *b, struct grammar_node *key, struct grammar_node *value) {
    return value ? seq(b, key, schema_text(b, ":"), ws(b), value, ws(b)) : NULL;
}

static struct grammar_node *key_named(struct schema_build *b, const char *key) {
    struct buffer literal;
    buffer_init(&literal, 1 << 20);
    json_put_string(&literal, text_of(key));
    struct grammar_node *node = buffer_check(&literal, "a key", b->err) ? schema_bytes(b, buffer_text(&literal)) : NULL;
    buffer_done(&literal);
    return node;
}

static struct grammar_node *property(struct schema_build *b, const char *key, const json_t *schema) {
    size_t properties = schema_enter(b, "properties");
    schema_enter(b, key);
    struct grammar_node *node = pair(b, key_named(b, key), schema_node(b, schema));
    schema_leave(b, properties);
    return node;
}

/* Keys that are none of the n sorted ones, which agree in their first `at` bytes: as their characters go on. Inside of
 * a name that is still possible no escapes stand, since one could spell it. */
static struct grammar_node *other_key(struct schema_build *b, const char *const *keys, size_t n, size_t at) {
    struct grammar_range known[258] = {{0, 0x1F}, {'"', '"'}, {'\\', '\\'}};
    struct grammar_node *ways[260], *any = schema_repeat(b, schema_common(b, "char"), 0, GRAMMAR_NO_LIMIT);
    size_t n_known = 3, n_ways = 0, i = 0;
    bool ends = n && keys[0][at] == 0;
    if (ends) i++;
    if (at > 500 || ++b->nodes > 100000)
        return schema_fail(b, "keys too long or too many beside 'additionalProperties'");
    if (n && !ends) ways[n_ways++] = schema_text(b, "\""); /* the key may end here, as the beginning of a name */
    for (size_t to; i < n; i = to) {
        unsigned char c = (unsigned char)keys[i][at];
        for (to = i + 1; to < n && (unsigned char)keys[to][at] == c; to++) {
        }
        if (c >= 0x80 || c < 0x20 || c == '"' || c == '\\')
            return schema_fail(
                b,
                "'additionalProperties' beside the key '%s': keys with characters beyond ASCII or escapes "
                "are not supported there",
                keys[i]);
        known[n_known++] = (struct grammar_range){c, c};
        const char one[2] = {(char)c, 0};
        struct grammar_node *rest = other_key(b, keys + i, to - i, at + 1);
        if (!rest || !(ways[n_ways++] = seq(b, schema_text(b, one), rest))) return NULL;
    }
    ways[n_ways++] = seq(b, grammar_class(&b->tree, known, n_known, true, b->err), any, schema_text(b, "\""));
    return grammar_list(&b->tree, NODE_CHOICE, ways, n_ways, b->err);
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct object_build {
    struct schema_build *b;
    const char **keys;
    const json_t **schemas;
    bool *required;
    size_t n;
    struct grammar_node *other; /* a pair of another key; NULL: there are none */
};

static bool is_required(const json_t *list, const char *key) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name && strcmp(name, key) == 0) return true;
    }
    return false;
}

/* Required keys without a property of their own have any value. */
static bool list_keys(struct object_build *o, const json_t *schema) {
    const json_t *properties = json_object_get(schema, "properties"), *required = json_object_get(schema, "required"),
                 *value, *one;
    const char *key;
    size_t most = json_object_size(properties) + json_array_size(required), i;
    if (properties && !json_is_object(properties)) return schema_fail(o->b, "'properties': expected an object"), false;
    if (required && !json_is_array(required)) return schema_fail(o->b, "'required': expected a list of names"), false;
    o->keys = arena_new(&o->b->arena, const char *, most + 1, o->b->err);
    o->schemas = o->keys ? arena_new(&o->b->arena, const json_t *, most + 1, o->b->err) : NULL;
    o->required = o->schemas ? arena_new(&o->b->arena, bool, most + 1, o->b->err) : NULL;
    if (!o->required) return false;
    json_object_foreach((json_t *)properties, key, value) {
        o->keys[o->n] = key;
        o->required[o->n] = is_required(required, key);
        o->schemas[o->n++] = value;
    }
    json_array_foreach((json_t *)required, i, one) {
        const char *name = json_string_value(one);
        if (!name) return schema_fail(o->b, "'required': expected a list of names"), false;
        bool known = json_object_get(properties, name) != NULL;
        for (size_t k = json_object_size(properties); k < o->n; k++) known |= strcmp(o->keys[k], name) == 0;
        if (known) continue;
        o->keys[o->n] = name;
        o->required[o->n] = true;
        o->schemas[o->n++] = NULL;
    }
    return true;
}

static bool read_others(struct object_build *o, const json_t *schema) {
    struct schema_build *b = o->b;
    const json_t *others = json_object_get(schema, "additionalProperties"), *any = json_true();
    bool none = others ? json_is_false(others) : json_object_get(schema, "properties") != NULL;
    for (size_t i = 0; i < o->n; i++) {
        if (o->schemas[i]) continue;
        if (json_is_false(others))
            return schema_fail(b, "'required' names '%s', which is no property and 'additionalProperties' forbids",
                               o->keys[i]),
                   false;
        o->schemas[i] = others ? others : any;
    }
    if (none) return true;
    const char **sorted = arena_new(&b->arena, const char *, o->n + 1, b->err);
    if (!sorted) return false;
    memcpy(sorted, o->keys, o->n * sizeof *sorted);
    qsort(sorted, o->n, sizeof *sorted, compare_keys);
    size_t before = schema_enter(b, "additionalProperties");
    struct grammar_node *key =
        o->n ? seq(b, schema_text(b, "\""), other_key(b, sorted, o->n, 0)) : schema_common(b, "string");
    o->other = schema_shared(b, pair(b, key, schema_node(b, others ? others : any)));
    schema_leave(b, before);
    return o->other != NULL;
}

/* What follows property i-1 when something stands already, from the end: the rest is shared, because every optional
 * property before it leads there. */
static struct grammar_node *build_object(struct object_build *o) {
    struct schema_build *b = o->b;
    /* tail: behind something; head: nothing stands yet; may: head may also be empty */
    struct grammar_node *tail =
        o->other ? schema_repeat(b, seq(b, comma(b), o->other), 0, GRAMMAR_NO_LIMIT) : schema_text(b, "");
    struct grammar_node *head = o->other ? schema_maybe(b, seq(b, o->other, tail)) : schema_text(b, "");
    for (size_t i = o->n; i-- > 0 && tail && head;) {
        struct grammar_node *shared = schema_shared(b, tail),
                            *one = schema_shared(b, property(b, o->keys[i], o->schemas[i]));
        struct grammar_node *here = seq(b, one, shared), *next = seq(b, comma(b), one);
        head = o->required[i] ? here : schema_shared(b, either(b, here, head));
        tail = seq(b, o->required[i] ? next : schema_maybe(b, next), shared);
    }
    return seq(b, schema_text(b, "{"), ws(b), head, schema_text(b, "}"));
}

struct grammar_node *schema_object(struct schema_build *b, const json_t *schema) {
    struct object_build o = {.b = b};
    return list_keys(&o, schema) && read_others(&o, schema) ? build_object(&o) : NULL;
}

/* ---- Arrays ---- */

/* Items i.. of the tuple and what follows; `needed`: so many items at least. */
static struct grammar_node *tuple(struct schema_build *b, const json_t *items, size_t n, uint32_t needed,
                                  struct grammar_node *rest) {
    struct grammar_node *node = rest;
    for (size_t i = n; i-- > 0 && node;) {
        size_t before = schema_enter_index(b, "prefixItems", i);
        struct grammar_node *one = seq(b, schema_node(b, json_array_get(items, i)), ws(b));
        schema_leave(b, before);
        node = i ? seq(b, comma(b), one, node) : seq(b, one, node);
        if (i >= needed) node = schema_maybe(b, node);
    }
    return node;
}

/* min to max items, the first of them without a comma before it when nothing stands yet. */
static struct grammar_node *items_of(struct schema_build *b, struct grammar_node *one, uint32_t min, uint32_t max,
                                     bool first) {
    if (max == 0) return schema_text(b, "");
    struct grammar_node *next = seq(b, comma(b), one);
    if (!first) return schema_repeat(b, next, min, max);
    uint32_t more = max == GRAMMAR_NO_LIMIT ? max : max - 1;
    struct grammar_node *all = seq(b, one, schema_repeat(b, next, min ? min - 1 : 0, more));
    return min ? all : schema_maybe(b, all);
}

struct grammar_node *schema_array(struct schema_build *b, const json_t *schema) {
    const json_t *items = json_object_get(schema, "items"), *prefix = json_object_get(schema, "prefixItems");
    uint32_t n = (uint32_t)json_array_size(prefix), min, max;
    if (prefix && (!json_is_array(prefix) || n > 1000))
        return schema_fail(b, "'prefixItems': expected a list of at most 1000 schemas");
    if (json_is_array(items)) return schema_fail(b, "'items' as a list is 'prefixItems' since draft 2020-12");
    if (!schema_count(b, schema, "minItems", n, &min) || !schema_count(b, schema, "maxItems", GRAMMAR_NO_LIMIT, &max))
        return NULL;
    if (!json_object_get(schema, "minItems") && max < min) min = max;
    if (prefix && !items && min <= n && max > n) max = n; /* nothing follows the tuple */
    if (json_is_false(items) && max > n) max = n;
    if (min > max) return schema_fail(b, "no array has at least %u and at most %u items", (unsigned)min, (unsigned)max);
    struct grammar_node *rest = schema_text(b, "");
    if (max > n) {
        size_t before = schema_enter(b, "items");
        struct grammar_node *one =
            schema_shared(b, seq(b, items ? schema_node(b, items) : schema_common(b, "value"), ws(b)));
        schema_leave(b, before);
        rest = items_of(b, one, min > n ? min - n : 0, max == GRAMMAR_NO_LIMIT ? max : max - n, n == 0);
    }
    return seq(b, schema_text(b, "["), ws(b), tuple(b, prefix, max < n ? max : n, min, rest), schema_text(b, "]"));
}

/* ---- Named values ---- */

struct grammar_node *schema_values(struct schema_build *b, const json_t *schema, const json_t *values) {
    json_t *constant = json_object_get(schema, "const");
    int types = json_object_get(schema, "type") ? schema_types(b, schema) : TYPE_ALL;
    static const char *const alone[] = {"minLength", "maxLength",        "pattern",          "format",     "minimum",
                                        "maximum",   "exclusiveMinimum", "exclusiveMaximum", "properties", "required",
                                        "items",     "prefixItems",      "minItems",         "maxItems"};
    struct grammar_node **ways = arena_new(&b->arena, struct grammar_node *, json_array_size(values) + 1, b->err);
    size_t n = 0, m = values ? json_array_size(values) : 1;
    if (!types || !ways) return NULL;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (json_object_get(schema, alone[i]))
            return schema_fail(b, "'%s' beside named values is not supported", alone[i]);
    if (values && !json_is_array(values)) return schema_fail(b, "'enum': expected a list of values");
    if (types & TYPE_NUMBER) types |= TYPE_INTEGER;
    for (size_t i = 0; i < m; i++) {
        json_t *value = values ? json_array_get(values, i) : constant;
        struct buffer text;
        if (!(types & schema_type_of(value)) || (constant && !json_equal(value, constant))) continue;
        buffer_init(&text, 1 << 24);
        json_put(&text, value, 0);
        ways[n++] = buffer_check(&text, "a value", b->err) ? schema_bytes(b, buffer_text(&text)) : NULL;
        buffer_done(&text);
        if (!ways[n - 1]) return NULL;
    }
    return n ? grammar_list(&b->tree, NODE_CHOICE, ways, n, b->err) : schema_fail(b, "no named value has the type");
}
