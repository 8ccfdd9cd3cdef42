/* Values of templates: truth, text, comparison and iteration as Python has them. */
#include "lm/template/jinja_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool value_true(const struct value *v) {
    if (v->kind == VALUE_UNDEFINED) return false;
    if (v->kind != VALUE_JSON) return true;
    switch (json_typeof(v->json)) {
    case JSON_NULL:
    case JSON_FALSE: return false;
    case JSON_STRING: return json_string_length(v->json) > 0;
    case JSON_INTEGER: return json_integer_value(v->json) != 0;
    case JSON_REAL: return json_real_value(v->json) != 0;
    case JSON_ARRAY: return json_array_size(v->json) > 0;
    case JSON_OBJECT: return json_object_size(v->json) > 0;
    default: return true;
    }
}

struct text value_text(const struct value *v) {
    return v && v->kind == VALUE_JSON ? json_text(v->json) : TEXT("");
}

/* Python prints 1.0, 0.1, 1e+20. */
static bool put_real(struct buffer *out, double value) {
    char s[32];
    size_t n = text_from_f64(value, s);
    buffer_put(out, s, n);
    if (isfinite(value) && !memchr(s, '.', n) && !memchr(s, 'e', n)) buffer_put_c(out, ".0");
    return !out->failed;
}

static bool put_repr_string(struct buffer *out, struct text t) {
    bool single = memchr(t.at, '\'', t.len), twice = memchr(t.at, '"', t.len);
    char quote = single && !twice ? '"' : '\'';
    buffer_put_char(out, quote);
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        if (c == '\\' || c == (unsigned char)quote)
            buffer_printf(out, "\\%c", c);
        else if (c == '\n')
            buffer_put_c(out, "\\n");
        else if (c == '\t')
            buffer_put_c(out, "\\t");
        else if (c == '\r')
            buffer_put_c(out, "\\r");
        else if (c < 0x20)
            buffer_printf(out, "\\x%02x", c);
        else
            buffer_put_char(out, (char)c);
    }
    return buffer_put_char(out, quote);
}

bool value_put_repr(struct buffer *out, const json_t *v) {
    const char *key;
    json_t *member;
    size_t i = 0;
    switch (json_typeof(v)) {
    case JSON_STRING: return put_repr_string(out, json_text(v));
    case JSON_INTEGER: return buffer_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
    case JSON_REAL: return put_real(out, json_real_value(v));
    case JSON_TRUE: return buffer_put_c(out, "True");
    case JSON_FALSE: return buffer_put_c(out, "False");
    case JSON_NULL: return buffer_put_c(out, "None");
    case JSON_ARRAY:
        buffer_put_char(out, '[');
        for (i = 0; i < json_array_size(v); i++) {
            if (i) buffer_put_c(out, ", ");
            value_put_repr(out, json_array_get(v, i));
        }
        return buffer_put_char(out, ']');
    default:
        buffer_put_char(out, '{');
        json_object_foreach((json_t *)v, key, member) {
            if (i++) buffer_put_c(out, ", ");
            put_repr_string(out, text_of(key));
            buffer_put_c(out, ": ");
            value_put_repr(out, member);
        }
        return buffer_put_char(out, '}');
    }
}

bool value_put(struct buffer *out, const struct value *v) {
    if (v->kind == VALUE_UNDEFINED) return true;
    if (v->kind != VALUE_JSON) return buffer_printf(out, "<function %.*s>", TEXT_ARG(v->name));
    if (json_is_string(v->json)) return buffer_put_text(out, json_text(v->json));
    return value_put_repr(out, v->json);
}

static double number_of(const json_t *v) {
    return json_is_true(v) ? 1 : json_is_false(v) ? 0 : json_number_value(v);
}

static bool is_numeric(const json_t *v) {
    return json_is_number(v) || json_is_boolean(v);
}

bool value_equal(const json_t *a, const json_t *b) {
    if (is_numeric(a) && is_numeric(b)) {
        if (json_is_integer(a) && json_is_integer(b)) return json_integer_value(a) == json_integer_value(b);
        return number_of(a) == number_of(b);
    }
    if (json_typeof(a) != json_typeof(b)) return false;
    if (json_is_string(a)) return text_equal(json_text(a), json_text(b));
    if (json_is_array(a)) {
        if (json_array_size(a) != json_array_size(b)) return false;
        for (size_t i = 0; i < json_array_size(a); i++)
            if (!value_equal(json_array_get(a, i), json_array_get(b, i))) return false;
        return true;
    }
    return json_equal((json_t *)a, (json_t *)b);
}

int value_compare(const json_t *a, const json_t *b, bool *comparable) {
    *comparable = true;
    if (is_numeric(a) && is_numeric(b)) {
        double x = number_of(a), y = number_of(b);
        return (x > y) - (x < y);
    }
    if (json_is_string(a) && json_is_string(b)) return text_compare(json_text(a), json_text(b));
    if (json_is_array(a) && json_is_array(b)) {
        size_t n = json_array_size(a) < json_array_size(b) ? json_array_size(a) : json_array_size(b);
        for (size_t i = 0; i < n; i++) {
            int c = value_compare(json_array_get(a, i), json_array_get(b, i), comparable);
            if (c || !*comparable) return c;
        }
        return (json_array_size(a) > json_array_size(b)) - (json_array_size(a) < json_array_size(b));
    }
    *comparable = false;
    return 0;
}

bool value_contains(const json_t *container, const json_t *part) {
    if (json_is_string(container))
        return json_is_string(part) && text_find(json_text(container), json_text(part), 0) != SIZE_MAX;
    if (json_is_object(container))
        return json_is_string(part) && json_object_get(container, json_string_value(part)) != NULL;
    for (size_t i = 0; i < json_array_size(container); i++)
        if (value_equal(json_array_get(container, i), part)) return true;
    return false;
}

static void put_break(struct buffer *out, int indent, int depth) {
    if (indent < 0) return;
    buffer_put_char(out, '\n');
    for (int i = 0; i < indent * depth; i++) buffer_put_char(out, ' ');
}

/* json.dumps escapes less than our own writer: DEL stays. */
static bool put_json_string(struct buffer *out, struct text t) {
    buffer_put_char(out, '"');
    for (size_t i = 0; i < t.len; i++) {
        unsigned char c = (unsigned char)t.at[i];
        static const char from[] = "\"\\\n\r\t\b\f", to[] = "\"\\nrtbf";
        const char *s = c ? strchr(from, c) : NULL;
        if (s)
            buffer_printf(out, "\\%c", to[s - from]);
        else if (c < 0x20)
            buffer_printf(out, "\\u%04x", c);
        else
            buffer_put_char(out, (char)c);
    }
    return buffer_put_char(out, '"');
}

bool value_put_json(struct buffer *out, const json_t *v, int indent, int depth) {
    const char *key;
    json_t *member;
    size_t i = 0;
    switch (json_typeof(v)) {
    case JSON_STRING: return put_json_string(out, json_text(v));
    case JSON_TRUE: return buffer_put_c(out, "true");
    case JSON_FALSE: return buffer_put_c(out, "false");
    case JSON_NULL: return buffer_put_c(out, "null");
    case JSON_INTEGER:
    case JSON_REAL: return value_put_repr(out, v);
    case JSON_ARRAY:
        buffer_put_char(out, '[');
        for (; i < json_array_size(v); i++) {
            if (i) buffer_put_c(out, indent < 0 ? ", " : ",");
            put_break(out, indent, depth + 1);
            value_put_json(out, json_array_get(v, i), indent, depth + 1);
        }
        if (i) put_break(out, indent, depth);
        return buffer_put_char(out, ']');
    default:
        buffer_put_char(out, '{');
        json_object_foreach((json_t *)v, key, member) {
            if (i++) buffer_put_c(out, indent < 0 ? ", " : ",");
            put_break(out, indent, depth + 1);
            put_json_string(out, text_of(key));
            buffer_put_c(out, ": ");
            value_put_json(out, member, indent, depth + 1);
        }
        if (i) put_break(out, indent, depth);
        return buffer_put_char(out, '}');
    }
}

json_t *value_iterate(const json_t *v) {
    json_t *list = json_array();
    const char *key;
    json_t *member;
    if (json_is_array(v)) {
        json_array_extend(list, (json_t *)v);
    } else if (json_is_object(v)) {
        json_object_foreach((json_t *)v, key, member) json_array_append_new(list, json_string(key));
    } else if (json_is_string(v)) {
        struct text t = json_text(v);
        for (size_t at = 0, n; at < t.len; at += n) {
            uint32_t codepoint;
            n = text_utf8_next(text_part(t, at, t.len), &codepoint);
            if (n == 0) n = 1;
            json_array_append_new(list, json_from_text(text_part(t, at, at + n)));
        }
    }
    return list;
}
