/* JSON Schema as a grammar: texts that it has and has not; keywords that are refused, by their path; random texts of
 * grammars against a plain validator. */
#include "check.h"

#include "base/rng.h"
#include "lm/grammar/grammar_schema.h"
#include "lm/grammar/grammar_walk.h"

#include <stdlib.h>
#include <string.h>

static struct grammar *read_schema(const char *source) {
    struct error err = {0};
    struct grammar *g = grammar_from_schema_text(text_of(source), "s", &err);
    if (!g) fail_msg("%s: %s", source, err.message);
    return g;
}

static void check_texts(const char *schema, const char *const *texts, enum grammar_verdict expected) {
    struct grammar *g = read_schema(schema);
    for (; *texts; texts++) {
        struct error err = {0};
        enum grammar_verdict verdict;
        check_ok(grammar_match(g, text_of(*texts), &verdict, NULL, &err));
        if ((verdict == GRAMMAR_ACCEPTED) != (expected == GRAMMAR_ACCEPTED))
            fail_msg("%s: %s is %d", schema, *texts, verdict);
    }
    grammar_free(g);
}

#define TEXTS(...)                                                                                                     \
    (const char *const[]) {                                                                                            \
        __VA_ARGS__, NULL                                                                                              \
    }
#define yes(schema, ...) check_texts(schema, TEXTS(__VA_ARGS__), GRAMMAR_ACCEPTED)
#define no(schema, ...) check_texts(schema, TEXTS(__VA_ARGS__), GRAMMAR_REFUSED)

static void scalars(void **state) {
    (void)state;
    yes("true", "1", "-0.5e+10", "\"\"", "[]", "{}", "null", "[1, {\"a\": [true]}]", "{\"a\":\n  1}");
    no("true", "01", "+1", "nul", "[1,]", "{1: 2}", "'a'", "\"\t\"", "\"\\x\"", "\"\\ud800\"", "\"\\u0000\"", " 1");
    yes("{\"type\":\"string\"}", "\"\\u00e9\xc3\xa9\\n\\\"\\/\"");
    no("{\"type\":\"string\"}", "1", "\"a", "a");
    yes("{\"type\":[\"integer\",\"null\"]}", "null", "-12", "0");
    no("{\"type\":[\"integer\",\"null\"]}", "1.0", "true", "-");
    yes("{\"type\":\"boolean\"}", "true", "false");
    yes("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"ab\"", "\"\xc3\xa9\\n\xf0\x9f\x99\x82\"");
    no("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"a\"", "\"abcd\"");
    yes("{\"enum\":[\"a\\\"b\",1,2.5,null,{\"x\":[1,2]}]}", "\"a\\\"b\"", "1", "2.5", "null", "{\"x\":[1,2]}");
    no("{\"enum\":[\"a\",1]}", "2", "\"b\"", "a");
    yes("{\"enum\":[\"a\",1],\"type\":\"string\"}", "\"a\"");
    no("{\"enum\":[\"a\",1],\"type\":\"string\"}", "1");
    yes("{\"const\":\"x\"}", "\"x\"");
}

static void formats_and_patterns(void **state) {
    (void)state;
    yes("{\"format\":\"date\"}", "\"2024-02-29\"", "\"1900-12-31\"", "\"2000-02-29\"", "\"2023-04-30\"");
    no("{\"format\":\"date\"}", "\"2023-02-29\"", "\"1900-02-29\"", "\"2023-04-31\"", "\"2023-13-01\"", "\"2023-1-1\"",
       "\"2023-00-10\"");
    yes("{\"format\":\"time\"}", "\"23:59:59Z\"", "\"00:00:00.5+05:30\"");
    no("{\"format\":\"time\"}", "\"24:00:00Z\"", "\"12:00Z\"", "\"12:00:00\"");
    yes("{\"format\":\"date-time\",\"type\":\"string\"}", "\"2024-02-29T01:02:03-08:00\"");
    yes("{\"format\":\"uuid\"}", "\"123e4567-e89b-12d3-a456-426614174000\"");
    no("{\"format\":\"uuid\"}", "\"123e4567-e89b-12d3-a456-42661417400\"");
    yes("{\"pattern\":\"^[A-Z]{2}-\\\\d+$\"}", "\"AB-1\"", "\"ZZ-0099\"");
    no("{\"pattern\":\"^[A-Z]{2}-\\\\d+$\"}", "\"AB-\"", "\"xAB-1\"", "\"AB-1x\"");
    yes("{\"pattern\":\"b+\"}", "\"abba\"", "\"b\"");
    no("{\"pattern\":\"b+\"}", "\"aa\"", "\"\"");
    yes("{\"pattern\":\"^(a|b)?c$|^d\"}", "\"ac\"", "\"c\"", "\"dxyz\"");
    no("{\"pattern\":\"^(a|b)?c$|^d\"}", "\"abc\"", "\"xd\"");
    yes("{\"pattern\":\"^[^a-y]$\"}", "\"z\"", "\"\\\"\"", "\"\\\\\"", "\"\\n\"", "\"\\u0001\"", "\"\xe2\x98\x83\"");
    no("{\"pattern\":\"^[^a-y]$\"}", "\"b\"", "\"\"\"", "\"\\b2\"");
    yes("{\"pattern\":\"^.\\\\.\\\\w\\\\s\\\\S(?:x|y){2,3}?[\\\\d_]$\"}", "\"a.b cxy7\"", "\"\\\\._ \\\"xxx_\"");
    no("{\"pattern\":\"^.$\"}", "\"\\n\"", "\"ab\"");
}

static void numbers(void **state) {
    (void)state;
    for (int low = -12; low <= 12; low += 3)
        for (int high = low; high <= 120; high = high < 15 ? high + 1 : high + 37) {
            char schema[96];
            struct error err = {0};
            enum grammar_verdict verdict;
            snprintf(schema, sizeof schema, "{\"type\":\"integer\",\"minimum\":%d,\"maximum\":%d}", low, high);
            struct grammar *g = read_schema(schema);
            for (int i = -130; i <= 130; i++) {
                char text[16];
                snprintf(text, sizeof text, "%d", i);
                check_ok(grammar_match(g, text_of(text), &verdict, NULL, &err));
                if ((verdict == GRAMMAR_ACCEPTED) != (i >= low && i <= high))
                    fail_msg("%s: %s is %d", schema, text, verdict);
            }
            grammar_free(g);
        }
    yes("{\"type\":\"integer\",\"minimum\":995}", "995", "999", "1000", "123456789");
    no("{\"type\":\"integer\",\"minimum\":995}", "994", "99", "0", "-996");
    yes("{\"type\":\"integer\",\"exclusiveMaximum\":0}", "-1", "-10");
    no("{\"type\":\"integer\",\"exclusiveMaximum\":0}", "0", "1", "-0");
    yes("{\"type\":\"integer\",\"minimum\":0.5,\"exclusiveMaximum\":3}", "1", "2");
    no("{\"type\":\"integer\",\"minimum\":0.5,\"exclusiveMaximum\":3}", "0", "3");
    yes("{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "0", "0.25", "1", "1.00");
    no("{\"type\":\"number\",\"minimum\":0,\"maximum\":1}", "1.01", "-0.5", "2");
    yes("{\"type\":\"number\",\"exclusiveMinimum\":0}", "0.01", "12", "1.0");
    no("{\"type\":\"number\",\"exclusiveMinimum\":0}", "0", "0.00", "-1");
    yes("{\"type\":\"number\",\"minimum\":-10,\"exclusiveMaximum\":-2}", "-10", "-10.0", "-2.5", "-9.99", "-3");
    no("{\"type\":\"number\",\"minimum\":-10,\"exclusiveMaximum\":-2}", "-2", "-2.0", "-10.1", "-1.9", "3");
}

static void objects(void **state) {
    (void)state;
    const char *person =
        "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},\"age\":{\"type\":\"integer\"},\"ok\":"
        "{\"type\":\"boolean\"}},\"required\":[\"age\"]}";
    yes(person, "{\"age\":3}", "{ \"name\": \"a\", \"age\": 3, \"ok\": true}", "{\"age\": 3,\"ok\":false }",
        "{\"name\":\"\",\n \"age\":1}");
    no(person, "{}", "{\"name\":\"a\"}", "{\"age\":3,\"name\":\"a\"}", "{\"age\":3,}", "{\"age\":3,\"x\":1}",
       "{,\"age\":3}");
    const char *none =
        "{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2}},\"additionalProperties\":false}";
    yes(none, "{}", "{\"a\":1}", "{\"b\":2}", "{\"a\":1,\"b\":2}");
    no(none, "{\"b\":2,\"a\":1}", "{\"c\":1}", "{\"a\":1 \"b\":2}");
    yes("{\"type\":\"object\"}", "{}", "{\"x\":[1],\"y\":{}}");
    const char *map = "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}";
    yes(map, "{}", "{\"x\":1, \"\":2}");
    no(map, "{\"x\":\"1\"}");
    const char *open = "{\"properties\":{\"ab\":{\"const\":1},\"abc\":{\"const\":2}},\"additionalProperties\":{"
                       "\"const\":3},\"required\":[\"ab\"]}";
    yes(open, "{\"ab\":1}", "{\"ab\":1,\"x\":3}",
        "{\"ab\":1,\"abc\":2,\"abcd\":3,\"a\":3,\"\":3,\"abd\":3,\"b\\n\":3}");
    no(open, "{\"ab\":3}", "{\"ab\":1,\"abc\":3}", "{\"ab\":1,\"x\":1}", "{\"x\":3}", "{\"ab\":1,\"\\u0061bc\":3}",
       "{\"ab\":1,\"ab\":3}");
    yes("{\"required\":[\"z\"]}", "{\"z\":[]}", "{\"z\":1,\"y\":2}");
    no("{\"required\":[\"z\"]}", "{}", "{\"y\":2}");
}

static void arrays(void **state) {
    (void)state;
    const char *few = "{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":1,\"maxItems\":3}";
    yes(few, "[1]", "[1, 2,3 ]");
    no(few, "[]", "[1,2,3,4]", "[\"a\"]", "[1,]");
    yes("{\"items\":{\"const\":1}}", "[]", "[1,1,1,1,1]");
    yes("{\"type\":\"array\",\"maxItems\":0}", "[]", "[ ]");
    no("{\"type\":\"array\",\"maxItems\":0}", "[1]");
    const char *pair = "{\"prefixItems\":[{\"const\":1},{\"const\":2}]}";
    yes(pair, "[1,2]");
    no(pair, "[1]", "[1,2,3]", "[]");
    const char *tail =
        "{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":{\"const\":3},\"minItems\":1,\"maxItems\":4}";
    yes(tail, "[1]", "[1,2]", "[1,2,3]", "[1,2,3,3]");
    no(tail, "[]", "[1,3]", "[1,2,3,3,3]");
    yes("{\"prefixItems\":[{\"const\":1}],\"minItems\":3}", "[1,true,{}]", "[1,0,0,0]");
    no("{\"prefixItems\":[{\"const\":1}],\"minItems\":3}", "[1,true]");
    yes("{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"maxItems\":1}", "[1]");
    no("{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"maxItems\":1}", "[1,2]");
}

static void combinations(void **state) {
    (void)state;
    yes("{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\",\"maxLength\":1}]}", "12", "\"a\"");
    no("{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\",\"maxLength\":1}]}", "\"ab\"", "null");
    yes("{\"oneOf\":[{\"type\":\"integer\"},{\"enum\":[\"a\",null]}]}", "12", "\"a\"", "null");
    const char *kinds = "{\"oneOf\":[{\"properties\":{\"kind\":{\"const\":\"a\"},\"n\":{\"type\":\"integer\"}},"
                        "\"required\":[\"kind\",\"n\"]},"
                        "{\"properties\":{\"kind\":{\"const\":\"b\"}},\"required\":[\"kind\"]}]}";
    yes(kinds, "{\"kind\":\"a\",\"n\":1}", "{\"kind\":\"b\"}");
    no(kinds, "{\"kind\":\"b\",\"n\":1}", "{\"kind\":\"a\"}");
    const char *base = "{\"type\":\"object\",\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2}},\"anyOf\":[{"
                       "\"required\":[\"a\"]},"
                       "{\"required\":[\"b\"]}]}";
    yes(base, "{\"a\":1}", "{\"b\":2}", "{\"a\":1,\"b\":2}");
    no(base, "{}");
    const char *all =
        "{\"allOf\":[{\"$ref\":\"#/$defs/"
        "n\"},{\"properties\":{\"b\":{\"type\":\"string\"}},\"required\":[\"b\"]}],\"$defs\":{\"n\":"
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":3}},\"required\":[\"a\"]}}}";
    yes(all, "{\"a\":3,\"b\":\"\"}");
    no(all, "{\"a\":3}", "{\"b\":\"\"}", "{\"a\":2,\"b\":\"\"}");
    yes("{\"allOf\":[{\"minimum\":3},{\"type\":[\"integer\",\"null\"]},{\"maximum\":5,\"type\":\"number\"}]}", "3",
        "5");
    no("{\"allOf\":[{\"minimum\":3},{\"type\":[\"integer\",\"null\"]},{\"maximum\":5,\"type\":\"number\"}]}", "2", "6",
       "null", "3.5");
    const char *two = "{\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}],\"allOf\":[{\"anyOf\":[{"
                      "\"properties\":{\"a\":{\"const\":1}}},"
                      "{\"properties\":{\"a\":{\"const\":2}}}]}],\"properties\":{\"b\":{\"const\":0}}}";
    yes(two, "{\"b\":0,\"a\":2}", "{\"a\":1}", "{\"b\":0}");
    yes("{\"description\":\"x\",\"$ref\":\"#/definitions/a~1b%20c\",\"definitions\":{\"a/b c\":{\"const\":7}}}", "7");
}

static void recursion(void **state) {
    (void)state;
    const char *tree =
        "{\"$ref\":\"#/$defs/"
        "tree\",\"$defs\":{\"tree\":{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"},"
        "\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/tree\"},{\"type\":\"null\"}]},\"all\":{\"type\":\"array\",\"items\":"
        "{\"$ref\":\"#/$defs/tree\"}}},\"required\":[\"v\",\"next\"],\"additionalProperties\":false}}}";
    yes(tree, "{\"v\":1,\"next\":null}",
        "{\"v\":1,\"next\":{\"v\":2,\"next\":null,\"all\":[{\"v\":3,\"next\":null}]}}");
    no(tree, "{\"v\":1,\"next\":{}}", "{\"v\":1}");
    yes("{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}", "[]", "[[],[[]]]");
    no("{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}", "[1]");
}

static void what_is_not_honoured_is_refused_by_its_path(void **state) {
    (void)state;
    static const struct {
        const char *schema, *message;
    } cases[] = {
        {"{\"type\":\"integer\",\"multipleOf\":2}", "s: #: 'multipleOf' is not supported"},
        {"{\"properties\":{\"a/b\":{\"items\":{\"not\":{}}}}}", "s: #/properties/a~1b/items: 'not' is not supported"},
        {"{\"anyOf\":[{\"type\":\"null\"},{\"minlength\":2}]}", "s: #/anyOf/1: 'minlength' is not supported"},
        {"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"prefixItems\":[true,{\"uniqueItems\":true}]}}}",
         "s: #/$defs/a/prefixItems/1: 'uniqueItems' is not supported"},
        {"{\"patternProperties\":{}}", "s: #: 'patternProperties' is not supported"},
        {"{\"if\":{}}", "'if' is not supported"},
        {"{\"format\":\"email\"}", "s: #: 'format' 'email' is not supported"},
        {"{\"type\":\"strin\"}", "s: #: 'type': expected object"},
        {"{\"$ref\":\"#/$defs/x\"}", "s: #: '$ref': nothing stands at '#/$defs/x'"},
        {"{\"$ref\":\"http://x/y\"}", "is not in this document"},
        {"{\"$ref\":\"#/$defs/a\",\"minimum\":1,\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}",
         "'$ref' leads in a circle"},
        {"{\"$ref\":\"#\"}", "s: rule '#' may begin with itself"},
        {"{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]}",
         "s: #: 'oneOf': a value may satisfy both alternative 0 and 1"},
        {"{\"oneOf\":[{\"minimum\":1},{\"minLength\":1}]}", "'oneOf': a value may satisfy both"},
        {"{\"oneOf\":[{\"const\":1},{\"const\":1.0}]}", "'oneOf': a value may satisfy both"},
        {"{\"allOf\":[{\"pattern\":\"a\"},{\"pattern\":\"b\"}]}",
         "s: #/allOf/1: two schemas that must both hold differ in 'pattern'"},
        {"{\"allOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "s: #/allOf/1: no value has both types"},
        {"{\"allOf\":[{\"properties\":{\"a\":true},\"additionalProperties\":false},{\"properties\":{\"b\":true}}]}",
         "'additionalProperties' of one schema forbids"},
        {"{\"pattern\":\"(?=a)\"}", "looking ahead or behind is not supported"},
        {"{\"pattern\":\"(a)\\\\1\"}", "back references are not supported"},
        {"{\"pattern\":\"\\\\ba\"}", "word borders are not supported"},
        {"{\"pattern\":\"a^b\"}", "'^' and '$' are supported at the ends"},
        {"{\"pattern\":\"(a\"}", "expected ')'"},
        {"{\"pattern\":\"a**\"}", "a repetition of a repetition"},
        {"{\"pattern\":\"[b-a]\"}", "from more to less"},
        {"{\"pattern\":\"a\",\"maxLength\":2}", "not supported together"},
        {"{\"type\":\"number\",\"minimum\":0.5}", "no whole numbers are not supported"},
        {"{\"minimum\":5,\"maximum\":4}", "no number lies between the limits"},
        {"{\"type\":\"array\",\"minItems\":3,\"maxItems\":2}", "at least 3 and at most 2 items"},
        {"{\"type\":\"array\",\"minItems\":-1}", "'minItems': expected a whole number"},
        {"{\"type\":\"array\",\"minItems\":100000}", "'minItems': at most 65536"},
        {"{\"required\":[\"a\"],\"additionalProperties\":false}", "'required' names 'a'"},
        {"{\"enum\":[]}", "no named value has the type"},
        {"{\"const\":1,\"minimum\":0}", "'minimum' beside named values is not supported"},
        {"{\"properties\":{\"\xc3\xa9\":true},\"additionalProperties\":true}", "beyond ASCII"},
        {"false", "s: #: no value satisfies 'false'"},
        {"7", "s: #: expected a schema"},
        {"{\"a\"", "s:1:4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        struct grammar *g = grammar_from_schema_text(text_of(cases[i].schema), "s", &err);
        if (g || err.kind != ERROR_DATA || !strstr(err.message, cases[i].message))
            fail_msg("%s: '%s', expected '%s'", cases[i].schema, g ? "accepted" : err.message, cases[i].message);
    }
}

/* ---- Random texts ---- */

static bool valid(const json_t *root, const json_t *schema, const json_t *value);

static bool valid_type(const json_t *type, const json_t *value) {
    const char *t = json_string_value(type);
    if (json_is_array(type)) {
        for (size_t i = 0; i < json_array_size(type); i++)
            if (valid_type(json_array_get(type, i), value)) return true;
        return false;
    }
    return (strcmp(t, "object") == 0 && json_is_object(value)) || (strcmp(t, "array") == 0 && json_is_array(value)) ||
           (strcmp(t, "string") == 0 && json_is_string(value)) || (strcmp(t, "null") == 0 && json_is_null(value)) ||
           (strcmp(t, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(t, "number") == 0 && json_is_number(value)) || (strcmp(t, "integer") == 0 && json_is_integer(value));
}

static bool valid_object(const json_t *root, const json_t *schema, const json_t *value) {
    const char *key;
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(schema, "required"), i,
                       one) if (!json_object_get(value, json_string_value(one))) return false;
    json_object_foreach((json_t *)value, key, one) {
        const json_t *named = json_object_get(json_object_get(schema, "properties"), key);
        if (!named) named = json_object_get(schema, "additionalProperties");
        if (named && !valid(root, named, one)) return false;
    }
    return true;
}

static bool valid_array(const json_t *root, const json_t *schema, const json_t *value) {
    size_t n = json_array_size(value), k = json_array_size(json_object_get(schema, "prefixItems"));
    const json_t *items = json_object_get(schema, "items"), *min = json_object_get(schema, "minItems"),
                 *max = json_object_get(schema, "maxItems");
    for (size_t i = 0; i < n; i++) {
        const json_t *one = i < k ? json_array_get(json_object_get(schema, "prefixItems"), i) : items;
        if (one && !valid(root, one, json_array_get(value, i))) return false;
    }
    return (!min || n >= (size_t)json_integer_value(min)) && (!max || n <= (size_t)json_integer_value(max));
}

static bool valid_list(const json_t *root, const json_t *list, const json_t *value, size_t *n) {
    *n = 0;
    for (size_t i = 0; i < json_array_size(list); i++) *n += valid(root, json_array_get(list, i), value);
    return list != NULL;
}

static bool valid(const json_t *root, const json_t *schema, const json_t *value) {
    static const char *const limits[] = {"minimum",          "maximum",   "exclusiveMinimum",
                                         "exclusiveMaximum", "minLength", "maxLength"};
    const json_t *type = json_object_get(schema, "type"), *named = json_object_get(schema, "enum"),
                 *ref = json_object_get(schema, "$ref");
    size_t n, length = json_is_string(value) ? text_utf8_count(json_text(value)) : 0;
    double x = json_number_value(value);
    if (json_is_boolean(schema)) return json_is_true(schema);
    if (ref &&
        !valid(root,
               json_string_value(ref)[1] ? json_object_get(json_object_get(root, "$defs"), json_string_value(ref) + 8)
                                         : root,
               value))
        return false;
    if (type && !valid_type(type, value)) return false;
    if (valid_list(root, json_object_get(schema, "anyOf"), value, &n) && n == 0) return false;
    if (valid_list(root, json_object_get(schema, "oneOf"), value, &n) && n != 1) return false;
    if (valid_list(root, json_object_get(schema, "allOf"), value, &n) &&
        n != json_array_size(json_object_get(schema, "allOf")))
        return false;
    for (size_t i = 0, found = 0; named && i <= json_array_size(named); i++) {
        if (i == json_array_size(named) && !found) return false;
        found += json_equal(json_array_get(named, i), value);
    }
    for (size_t i = 0; i < 6; i++) {
        const json_t *limit = json_object_get(schema, limits[i]);
        double at = json_number_value(limit), is = i < 4 ? x : (double)length;
        if (!limit || (i < 4 ? !json_is_number(value) : !json_is_string(value))) continue;
        if (i == 2 ? is <= at : i == 3 ? is >= at : i % 2 ? is > at : is < at) return false;
    }
    if (json_is_object(value)) return valid_object(root, schema, value);
    return !json_is_array(value) || valid_array(root, schema, value);
}

/* A random text: bytes that may come, an end where it may end; what closes is likelier. */
static size_t random_text(struct grammar_walk *w, struct rng *rng, char *out, size_t most) {
    struct error err = {0};
    int32_t place = grammar_walk_start(w, &err);
    size_t n = 0;
    while (n < most) {
        uint8_t can[256];
        size_t m = 0;
        for (unsigned byte = 0; byte < 256; byte++)
            if (grammar_walk_step(w, place, (uint8_t)byte, &err) >= 0) can[m++] = (uint8_t)byte;
        if (w->places[place].accepts && (m == 0 || rng_below(rng, 2) == 0)) return n;
        assert_true(m > 0);
        uint8_t byte = can[rng_below(rng, m)];
        for (size_t i = 0; i < m; i++)
            if (strchr("\"}],", can[i]) && can[i] && rng_below(rng, 4) == 0) byte = can[i];
        out[n++] = (char)byte;
        place = grammar_walk_step(w, place, byte, &err);
        assert_true(place >= 0);
    }
    return SIZE_MAX;
}

static void random_texts_are_valid(void **state) {
    (void)state;
    static const char *const schemas[] = {
        "true",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":4},\"b\":{"
        "\"type\":\"integer\",\"minimum\":-3,"
        "\"maximum\":250},\"c\":{\"type\":\"array\",\"items\":{\"enum\":[1,\"x\",null]},\"minItems\":1}},\"required\":["
        "\"b\"],"
        "\"additionalProperties\":{\"type\":\"number\",\"minimum\":0}}",
        "{\"$ref\":\"#/$defs/"
        "t\",\"$defs\":{\"t\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\",\"prefixItems\":[{\"$ref\":\"#/$defs/"
        "t\"},"
        "{\"type\":[\"integer\",\"boolean\"]}],\"minItems\":1,\"maxItems\":2}]}}}",
        "{\"oneOf\":[{\"type\":\"number\",\"exclusiveMinimum\":-2,\"maximum\":7},{\"type\":\"object\",\"properties\":{"
        "\"k\":{\"type\":\"boolean\"}}}]}",
        "{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":5}},\"required\":["
        "\"a\"]},{\"properties\":{\"a\":"
        "{\"maximum\":7},\"b\":{\"type\":\"null\"}},\"required\":[\"b\"]}]}",
    };
    for (size_t s = 0; s < sizeof schemas / sizeof *schemas; s++) {
        struct error err = {0};
        json_t *schema = json_read(text_of(schemas[s]), "s", 1, &err);
        check_ok(schema);
        struct grammar *g = grammar_from_schema(schema, "s", &err);
        check_ok(g);
        size_t ended = 0;
        struct grammar_walk w;
        check_ok(grammar_walk_init(&w, g, (size_t)64 << 20, &err));
        for (size_t i = 0; i < 400; i++) {
            char text[400];
            struct rng rng = rng_stream(7, "texts", s * 1000 + i);
            size_t n = random_text(&w, &rng, text, sizeof text);
            if (n == SIZE_MAX) continue;
            ended++;
            json_t *value = json_loadb(text, n, JSON_DECODE_ANY, NULL);
            if (!value || !valid(schema, schema, value)) fail_msg("%s: %.*s", schemas[s], (int)n, text);
            json_decref(value);
        }
        assert_true(ended > 100);
        grammar_walk_done(&w);
        grammar_free(g);
        json_decref(schema);
    }
}

static void allocation_failures_are_survived(void **state) {
    (void)state;
    static const char schema[] =
        "{\"$ref\":\"#/$defs/t\",\"$defs\":{\"t\":{\"allOf\":[{\"type\":\"object\",\"properties\":{\"a\":{\"pattern\":\"^[a-c]+$\"},"
        "\"b\":{\"type\":\"integer\",\"minimum\":-5,\"maximum\":77}},\"required\":[\"b\"]},{\"properties\":{\"b\":{\"maximum\":9}}}],"
        "\"anyOf\":[{\"required\":[\"a\"]},{\"properties\":{\"c\":{\"enum\":[1,[2]]}}}]}}}";
    bool done = false;
    for (uint64_t i = 1; !done; i++) {
        struct error err = {0};
        memory_fail_at(i);
        struct grammar *g = grammar_from_schema_text(text_of(schema), "s", &err);
        memory_fail_at(0);
        done = g != NULL;
        if (!done && err.kind != ERROR_ENVIRONMENT) fail_msg("allocation %zu: %s", (size_t)i, err.message);
        grammar_free(g);
        assert_true(i < 2000);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(formats_and_patterns),
        cmocka_unit_test(numbers),
        cmocka_unit_test(objects),
        cmocka_unit_test(arrays),
        cmocka_unit_test(combinations),
        cmocka_unit_test(recursion),
        cmocka_unit_test(what_is_not_honoured_is_refused_by_its_path),
        cmocka_unit_test(random_texts_are_valid),
        cmocka_unit_test(allocation_failures_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
