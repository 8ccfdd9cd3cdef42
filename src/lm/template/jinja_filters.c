/* Filters of templates: one table. */
#include "lm/template/jinja_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef bool filter_function(struct render *r, const struct node *at, struct value input,
                             const struct call_arguments *args, struct value *out);

#define FILTER(name)                                                                                                   \
    static bool name(struct render *r, const struct node *at, struct value input, const struct call_arguments *args,   \
                     struct value *out)

static bool is_string(const struct value *v) {
    return v->kind == VALUE_JSON && json_is_string(v->json);
}

static bool constant(struct value *out, json_t *json) {
    *out = (struct value){.kind = VALUE_JSON, .json = json};
    return true;
}

static bool yes(const struct value *v) {
    return v && value_true(v);
}

/* The text of any value, for filters of text. */
static bool as_text(struct render *r, const struct node *at, const struct value *v, struct value *out) {
    if (is_string(v)) return *out = *v, true;
    struct buffer b;
    if (!render_check_value(r, at, v)) return false;
    buffer_init(&b, (size_t)64 << 20);
    value_put(&b, v);
    bool ok = buffer_check(&b, "text", r->err) && render_text(r, buffer_text(&b), out);
    buffer_done(&b);
    return ok;
}

static bool as_list(struct render *r, const struct node *at, const struct value *v, struct value *out) {
    if (v->kind == VALUE_UNDEFINED) return render_keep(r, json_array(), out);
    if (v->kind != VALUE_JSON || json_is_number(v->json) || json_is_boolean(v->json) || json_is_null(v->json))
        return render_error(r, at, "filter '%.*s' needs a list", TEXT_ARG(at->text));
    return render_parts(r, at, v->json, out);
}

/* select, reject and map take a false value (none, say) for an empty list, as Jinja does. */
static bool as_list_or_nothing(struct render *r, const struct node *at, const struct value *v, struct value *out) {
    return value_true(v) ? as_list(r, at, v, out) : render_keep(r, json_array(), out);
}

static bool take_buffer(struct render *r, struct buffer *b, struct value *out) {
    bool ok = buffer_check(b, "text", r->err) && render_text(r, buffer_text(b), out);
    buffer_done(b);
    return ok;
}

/* ---- text ---- */

enum letter_case { CASE_UPPER, CASE_LOWER, CASE_TITLE, CASE_CAPITAL };

static bool change_case(struct render *r, const struct node *at, const struct value *input, enum letter_case how,
                        struct value *out) {
    struct value v;
    struct buffer b;
    if (!as_text(r, at, input, &v)) return false;
    struct text t = value_text(&v);
    buffer_init(&b, t.len + 1);
    bool first = true;
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
        bool up = how == CASE_UPPER || ((how == CASE_TITLE || how == CASE_CAPITAL) && first);
        if (c >= 'a' && c <= 'z' && up) c = (char)(c - 32);
        if (c >= 'A' && c <= 'Z' && !up) c = (char)(c + 32);
        first = how == CASE_TITLE ? !letter : false;
        buffer_put_char(&b, c);
    }
    return take_buffer(r, &b, out);
}

FILTER(filter_upper) { return (void)args, change_case(r, at, &input, CASE_UPPER, out); }
FILTER(filter_lower) { return (void)args, change_case(r, at, &input, CASE_LOWER, out); }
FILTER(filter_title) { return (void)args, change_case(r, at, &input, CASE_TITLE, out); }
FILTER(filter_capitalize) { return (void)args, change_case(r, at, &input, CASE_CAPITAL, out); }

FILTER(filter_trim) {
    (void)at;
    struct value v;
    if (!as_text(r, at, &input, &v)) return false;
    const struct value *set = call_argument(args, 0, "chars");
    struct text t = value_text(&v), chars = value_text(set);
    if (!set) return render_text(r, text_trim(t), out);
    while (t.len && memchr(chars.at, t.at[0], chars.len)) t = text_part(t, 1, t.len);
    while (t.len && memchr(chars.at, t.at[t.len - 1], chars.len)) t.len--;
    return render_text(r, t, out);
}

FILTER(filter_string) { return (void)args, as_text(r, at, &input, out); }
FILTER(filter_safe) { return (void)r, (void)at, (void)args, *out = input, true; }

FILTER(filter_replace) {
    struct value v;
    if (!as_text(r, at, &input, &v)) return false;
    const struct value *from = call_argument(args, 0, "old"), *to = call_argument(args, 1, "new");
    if (!from || !to || !is_string(from) || !is_string(to)) return render_error(r, at, "replace needs two texts");
    struct text t = value_text(&v), old = value_text(from);
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    size_t start = 0, found;
    while (old.len && (found = text_find(t, old, start)) != SIZE_MAX) {
        buffer_put_text(&b, text_part(t, start, found));
        buffer_put_text(&b, value_text(to));
        start = found + old.len;
    }
    buffer_put_text(&b, text_part(t, start, t.len));
    return take_buffer(r, &b, out);
}

FILTER(filter_indent) {
    (void)at;
    struct value v;
    if (!as_text(r, at, &input, &v)) return false;
    const struct value *width = call_argument(args, 0, "width");
    bool first = yes(call_argument(args, 1, "first")), blank = yes(call_argument(args, 2, "blank"));
    struct text mark = is_string(width ? width : &input) && width ? value_text(width) : TEXT("");
    int64_t n =
        width && width->kind == VALUE_JSON && json_is_integer(width->json) ? json_integer_value(width->json) : 4;
    struct text rest = value_text(&v), line;
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    for (bool at_first = true; text_next(&rest, '\n', &line); at_first = false) {
        if (!at_first) buffer_put_char(&b, '\n');
        if ((at_first ? first : line.len > 0 || blank)) {
            if (mark.len) buffer_put_text(&b, mark);
            for (int64_t i = 0; !mark.len && i < n && i < 1000; i++) buffer_put_char(&b, ' ');
        }
        buffer_put_text(&b, line);
    }
    return take_buffer(r, &b, out);
}

FILTER(filter_escape) {
    (void)at, (void)args;
    struct value v;
    if (!as_text(r, at, &input, &v)) return false;
    struct text t = value_text(&v);
    struct buffer b;
    buffer_init(&b, t.len * 6 + 1);
    for (size_t i = 0; i < t.len; i++) {
        static const char marks[] = "&<>\"'";
        static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&#34;", "&#39;"};
        const char *m = t.at[i] ? strchr(marks, t.at[i]) : NULL;
        if (m)
            buffer_put_c(&b, names[m - marks]);
        else
            buffer_put_char(&b, t.at[i]);
    }
    return take_buffer(r, &b, out);
}

FILTER(filter_wordcount) {
    (void)at, (void)args;
    struct value v;
    if (!as_text(r, at, &input, &v)) return false;
    struct text t = value_text(&v);
    json_int_t n = 0;
    bool inside = false;
    for (size_t i = 0; i < t.len; i++) {
        bool blank = t.at[i] == ' ' || (t.at[i] >= '\t' && t.at[i] <= '\r');
        n += !blank && !inside;
        inside = !blank;
    }
    return render_keep(r, json_integer(n), out);
}

FILTER(filter_tojson) {
    (void)at;
    const struct value *indent = call_argument(args, 0, "indent");
    int n = indent && indent->kind == VALUE_JSON && json_is_integer(indent->json)
                ? (int)json_integer_value(indent->json)
                : -1;
    struct buffer b;
    if (!render_check_value(r, at, &input)) return false;
    buffer_init(&b, (size_t)64 << 20);
    if (input.kind == VALUE_JSON)
        value_put_json(&b, input.json, n > 16 ? 16 : n, 0);
    else
        buffer_put_c(&b, "null");
    return take_buffer(r, &b, out);
}

/* ---- numbers ---- */

FILTER(filter_int) {
    const struct value *otherwise = call_argument(args, 0, "default");
    double d;
    int64_t i;
    (void)at;
    if (input.kind == VALUE_JSON && json_is_integer(input.json)) return *out = input, true;
    if (input.kind == VALUE_JSON && json_is_boolean(input.json))
        return render_keep(r, json_integer(json_is_true(input.json)), out);
    if (input.kind == VALUE_JSON && json_is_real(input.json)) d = json_real_value(input.json);
    else if (is_string(&input) && text_to_i64(text_trim(value_text(&input)), &i))
        return render_keep(r, json_integer(i), out);
    else if (!is_string(&input) || !text_to_f64(text_trim(value_text(&input)), &d)) d = NAN;
    if (fabs(d) < 9e18) return render_keep(r, json_integer((json_int_t)d), out);
    return otherwise ? (*out = *otherwise, true) : render_keep(r, json_integer(0), out);
}

FILTER(filter_float) {
    const struct value *otherwise = call_argument(args, 0, "default");
    double d = NAN;
    (void)at;
    if (input.kind == VALUE_JSON && json_is_number(input.json)) d = json_number_value(input.json);
    else if (is_string(&input) && !text_to_f64(text_trim(value_text(&input)), &d)) d = NAN;
    if (isfinite(d)) return render_keep(r, json_real(d), out);
    return otherwise ? (*out = *otherwise, true) : render_keep(r, json_real(0), out);
}

FILTER(filter_abs) {
    (void)args;
    if (input.kind != VALUE_JSON || !json_is_number(input.json)) return render_error(r, at, "abs needs a number");
    if (json_is_real(input.json)) return render_keep(r, json_real(fabs(json_real_value(input.json))), out);
    json_int_t v = json_integer_value(input.json);
    if (v == INT64_MIN) return render_error(r, at, "number is out of range");
    return render_keep(r, json_integer(v < 0 ? -v : v), out);
}

FILTER(filter_round) {
    const struct value *digits = call_argument(args, 0, "precision"), *method = call_argument(args, 1, "method");
    if (input.kind != VALUE_JSON || !json_is_number(input.json)) return render_error(r, at, "round needs a number");
    double scale = pow(10, digits && digits->kind == VALUE_JSON ? (double)json_integer_value(digits->json) : 0);
    double v = json_number_value(input.json) * scale;
    struct text how = value_text(method);
    v = text_equal_c(how, "ceil") ? ceil(v) : text_equal_c(how, "floor") ? floor(v) : nearbyint(v);
    return render_real(r, at, v / scale, out);
}

/* ---- lists ---- */

FILTER(filter_length) {
    (void)args;
    if (input.kind == VALUE_UNDEFINED) return render_keep(r, json_integer(0), out);
    const json_t *j = input.kind == VALUE_JSON ? input.json : NULL;
    if (json_is_string(j)) return render_keep(r, json_integer((json_int_t)text_utf8_count(json_text(j))), out);
    if (json_is_array(j)) return render_keep(r, json_integer((json_int_t)json_array_size(j)), out);
    if (json_is_object(j)) return render_keep(r, json_integer((json_int_t)json_object_size(j)), out);
    return render_error(r, at, "this value has no length");
}

FILTER(filter_list) { return (void)args, as_list(r, at, &input, out); }

static bool pick(struct render *r, const struct node *at, const struct value *input, bool last, struct value *out) {
    struct value list;
    if (!as_list(r, at, input, &list)) return false;
    size_t n = json_array_size(list.json);
    if (n == 0) return *out = (struct value){.kind = VALUE_UNDEFINED, .name = TEXT("item of an empty list")}, true;
    return constant(out, json_array_get(list.json, last ? n - 1 : 0));
}

FILTER(filter_first) { return (void)args, pick(r, at, &input, false, out); }
FILTER(filter_last) { return (void)args, pick(r, at, &input, true, out); }

FILTER(filter_reverse) {
    (void)args;
    struct value list;
    if (!as_list(r, at, &input, &list)) return false;
    size_t n = json_array_size(list.json);
    if (is_string(&input)) {
        struct buffer b;
        buffer_init(&b, (size_t)64 << 20);
        for (size_t i = n; i > 0; i--) buffer_put_text(&b, json_text(json_array_get(list.json, i - 1)));
        return take_buffer(r, &b, out);
    }
    if (!render_keep(r, json_array(), out)) return false;
    for (size_t i = n; i > 0; i--) json_array_append(out->json, json_array_get(list.json, i - 1));
    return true;
}

/* A member by a dotted path. */
static json_t *member(json_t *object, struct text path) {
    struct text part;
    while (object && text_next(&path, '.', &part)) {
        char key[128];
        uint64_t index;
        if (part.len >= sizeof key) return NULL;
        memcpy(key, part.at, part.len);
        key[part.len] = 0;
        object = json_is_array(object) && text_to_u64(part, &index) ? json_array_get(object, (size_t)index)
                                                                     : json_object_get(object, key);
    }
    return object;
}

FILTER(filter_join) {
    struct value list;
    if (!as_list(r, at, &input, &list) || !render_check(r, at, list.json)) return false;
    struct text between = value_text(call_argument(args, 0, "d")),
                path = value_text(call_argument(args, 1, "attribute"));
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    for (size_t i = 0; i < json_array_size(list.json); i++) {
        json_t *item = json_array_get(list.json, i);
        if (path.len) item = member(item, path);
        if (i) buffer_put_text(&b, between);
        if (item) value_put(&b, &(struct value){.kind = VALUE_JSON, .json = item});
    }
    return take_buffer(r, &b, out);
}

struct sort_item {
    json_t *item, *key;
    size_t at;
};

static int compare_items(const void *a, const void *b) {
    const struct sort_item *x = a, *y = b;
    bool comparable = x->key && y->key;
    int c = comparable ? value_compare(x->key, y->key, &comparable) : 0;
    return c ? c : x->at < y->at ? -1 : x->at > y->at;
}

static json_t *folded(json_t *v) {
    if (!json_is_string(v)) return json_incref(v);
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    struct text t = json_text(v);
    for (size_t i = 0; i < t.len; i++)
        buffer_put_char(&b, t.at[i] >= 'A' && t.at[i] <= 'Z' ? (char)(t.at[i] + 32) : t.at[i]);
    json_t *copy = json_from_text(buffer_text(&b));
    buffer_done(&b);
    return copy;
}

static bool sort_list(struct render *r, const struct node *at, const json_t *list, struct text path, bool reverse,
                      bool exact, struct value *out) {
    size_t n = json_array_size(list);
    if (!render_check(r, at, list)) return false;
    struct sort_item *items = memory_zeroed(n + 1, sizeof *items);
    if (!items) return error_memory(r->err, "sorting");
    bool ok = render_keep(r, json_array(), out);
    for (size_t i = 0; ok && i < n; i++) {
        json_t *item = json_array_get(list, i), *key = path.len ? member(item, path) : item;
        items[i] = (struct sort_item){item, key ? (exact ? json_incref(key) : folded(key)) : NULL, reverse ? n - i : i};
    }
    if (ok) qsort(items, n, sizeof *items, compare_items);
    for (size_t i = 0; ok && i < n; i++) json_array_append(out->json, items[reverse ? n - 1 - i : i].item);
    for (size_t i = 0; i < n; i++) json_decref(items[i].key);
    memory_free(items);
    return ok;
}

FILTER(filter_sort) {
    struct value list;
    return as_list(r, at, &input, &list) &&
           sort_list(r, at, list.json, value_text(call_argument(args, 2, "attribute")),
                     yes(call_argument(args, 0, "reverse")), yes(call_argument(args, 1, "case_sensitive")), out);
}

static bool dict_items(struct render *r, const json_t *dict, struct value *out) {
    const char *key;
    json_t *value;
    if (!render_keep(r, json_array(), out)) return false;
    json_object_foreach((json_t *)dict, key, value) json_array_append_new(out->json, json_pack("[s, O]", key, value));
    return render_charge_parts(r, out);
}

FILTER(filter_items) {
    (void)args;
    if (input.kind == VALUE_UNDEFINED) return render_keep(r, json_array(), out);
    if (input.kind != VALUE_JSON || !json_is_object(input.json)) return render_error(r, at, "items needs a dict");
    return dict_items(r, input.json, out);
}

FILTER(filter_dictsort) {
    struct value pairs;
    return filter_items(r, at, input, args, &pairs) &&
           sort_list(r, at, pairs.json,
                     text_equal_c(value_text(call_argument(args, 1, "by")), "value") ? TEXT("1") : TEXT("0"),
                     yes(call_argument(args, 2, "reverse")), yes(call_argument(args, 0, "case_sensitive")), out);
}

FILTER(filter_unique) {
    (void)args;
    struct value list;
    if (!as_list(r, at, &input, &list) || !render_check(r, at, list.json) || !render_keep(r, json_array(), out))
        return false;
    for (size_t i = 0; i < json_array_size(list.json); i++) {
        json_t *item = json_array_get(list.json, i);
        if (!render_steps(r, at, 1 + json_array_size(out->json) / 16)) return false;
        if (!value_contains(out->json, item)) json_array_append(out->json, item);
    }
    return true;
}

static bool extreme(struct render *r, const struct node *at, const struct value *input,
                    const struct call_arguments *args, bool largest, struct value *out) {
    struct value list, sorted;
    if (!as_list(r, at, input, &list) || !sort_list(r, at, list.json, value_text(call_argument(args, 1, "attribute")),
                                                    false, yes(call_argument(args, 0, "case_sensitive")), &sorted))
        return false;
    return pick(r, at, &sorted, largest, out);
}

FILTER(filter_max) { return extreme(r, at, &input, args, true, out); }
FILTER(filter_min) { return extreme(r, at, &input, args, false, out); }

FILTER(filter_sum) {
    struct value list;
    if (!as_list(r, at, &input, &list)) return false;
    struct text path = value_text(call_argument(args, 0, "attribute"));
    double total = 0;
    json_int_t whole = 0;
    bool integers = true;
    for (size_t i = 0; i < json_array_size(list.json); i++) {
        json_t *item = json_array_get(list.json, i);
        if (path.len) item = member(item, path);
        if (!json_is_number(item)) return render_error(r, at, "sum needs numbers");
        integers =
            integers && json_is_integer(item) && !__builtin_add_overflow(whole, json_integer_value(item), &whole);
        total += json_number_value(item);
    }
    return integers ? render_keep(r, json_integer(whole), out) : render_real(r, at, total, out);
}

FILTER(filter_default) {
    (void)r, (void)at;
    const struct value *otherwise = call_argument(args, 0, "default_value");
    bool also_false = yes(call_argument(args, 1, "boolean"));
    bool use = input.kind == VALUE_UNDEFINED || (also_false && !value_true(&input));
    if (use && !otherwise) return render_text(r, TEXT(""), out);
    *out = use ? *otherwise : input;
    return true;
}

FILTER(filter_attr) {
    struct text name = value_text(call_argument(args, 0, "name"));
    json_t *v = input.kind == VALUE_JSON ? member(input.json, name) : NULL;
    (void)r, (void)at;
    if (v) return constant(out, v);
    *out = (struct value){.kind = VALUE_UNDEFINED, .name = name};
    return true;
}

/* map('filter', args...) or map(attribute='a.b', default=x). */
FILTER(filter_map) {
    struct value list, item, changed;
    const struct value *path = NULL, *otherwise = NULL, *first = args->n ? &args->values[0] : NULL;
    if (!as_list_or_nothing(r, at, &input, &list) || !render_keep(r, json_array(), out)) return false;
    if (!first) {
        path = call_argument(args, SIZE_MAX, "attribute");
        otherwise = call_argument(args, SIZE_MAX, "default");
    }
    if (!first && !path) return render_error(r, at, "map needs a filter or attribute=");
    if (first && !jinja_filter_known(value_text(first)))
        return render_error(r, at, "filter '%.*s' is not supported", TEXT_ARG(value_text(first)));
    struct call_arguments rest = *args;
    if (first) rest.values++, rest.n--;
    for (size_t i = 0; i < json_array_size(list.json); i++) {
        json_t *v = json_array_get(list.json, i);
        if (path) {
            v = member(v, value_text(path));
            json_array_append(out->json, v                                            ? v
                                         : otherwise && otherwise->kind == VALUE_JSON ? otherwise->json
                                                                                      : json_null());
            continue;
        }
        item = (struct value){.kind = VALUE_JSON, .json = v};
        if (!jinja_apply_filter(r, at, value_text(first), item, &rest, &changed)) return false;
        json_array_append(out->json, changed.kind == VALUE_JSON ? changed.json : json_null());
    }
    return true;
}

/* select, reject, selectattr, rejectattr: keep the items for which a test holds (or does not). */
static bool choose(struct render *r, const struct node *at, const struct value *input,
                   const struct call_arguments *args, bool attribute, bool keep, struct value *out) {
    struct value list;
    if (!as_list_or_nothing(r, at, input, &list) || !render_keep(r, json_array(), out)) return false;
    struct call_arguments rest = *args;
    struct text path = TEXT(""), test = TEXT("");
    if (attribute) {
        if (rest.n == 0) return render_error(r, at, "%.*s needs an attribute", TEXT_ARG(at->text));
        path = value_text(&rest.values[0]);
        rest.values++, rest.n--;
    }
    if (rest.n) {
        test = value_text(&rest.values[0]);
        if (!jinja_test_known(test)) return render_error(r, at, "test '%.*s' is not supported", TEXT_ARG(test));
        rest.values++, rest.n--;
    }
    for (size_t i = 0; i < json_array_size(list.json); i++) {
        json_t *item = json_array_get(list.json, i), *v = attribute ? member(item, path) : item;
        struct value value = {.kind = v ? VALUE_JSON : VALUE_UNDEFINED, .json = v, .name = path};
        bool holds = value_true(&value);
        if (test.len && !jinja_apply_test(r, at, test, &value, &rest, &holds)) return false;
        if (holds == keep) json_array_append(out->json, item);
    }
    return true;
}

FILTER(filter_select) { return choose(r, at, &input, args, false, true, out); }
FILTER(filter_reject) { return choose(r, at, &input, args, false, false, out); }
FILTER(filter_selectattr) { return choose(r, at, &input, args, true, true, out); }
FILTER(filter_rejectattr) { return choose(r, at, &input, args, true, false, out); }

/* Text methods that tasks want as filters too. */
FILTER(filter_split) {
    struct value v;
    return as_text(r, at, &input, &v) && jinja_call_method(r, at, v.json, TEXT("split"), args, out);
}

static const struct {
    const char *name;
    filter_function *apply;
} filters[] = {
    {"abs", filter_abs}, {"attr", filter_attr}, {"capitalize", filter_capitalize}, {"count", filter_length},
    {"d", filter_default}, {"default", filter_default}, {"dictsort", filter_dictsort}, {"e", filter_escape},
    {"escape", filter_escape}, {"first", filter_first}, {"float", filter_float}, {"indent", filter_indent},
    {"int", filter_int}, {"items", filter_items}, {"join", filter_join}, {"last", filter_last},
    {"length", filter_length},
    {"list", filter_list}, {"lower", filter_lower}, {"map", filter_map}, {"max", filter_max}, {"min", filter_min},
    {"reject", filter_reject}, {"rejectattr", filter_rejectattr}, {"replace", filter_replace},
    {"reverse", filter_reverse},
    {"round", filter_round}, {"safe", filter_safe}, {"select", filter_select}, {"selectattr", filter_selectattr},
    {"sort", filter_sort}, {"split", filter_split}, {"string", filter_string}, {"sum", filter_sum},
    {"title", filter_title},
    {"tojson", filter_tojson}, {"trim", filter_trim}, {"unique", filter_unique}, {"upper", filter_upper},
    {"wordcount", filter_wordcount},
};

static filter_function *find_filter(struct text name) {
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (text_equal_c(name, filters[i].name)) return filters[i].apply;
    return NULL;
}

bool jinja_filter_known(struct text name) {
    return find_filter(name) != NULL;
}

bool jinja_apply_filter(struct render *r, const struct node *at, struct text name, struct value input,
                        const struct call_arguments *args, struct value *out) {
    filter_function *apply = find_filter(name);
    if (!apply) return render_error(r, at, "filter '%.*s' is not supported", TEXT_ARG(name));
    if (r->jinja->options.strict && input.kind == VALUE_UNDEFINED && apply != filter_default)
        return render_error(r, at, "'%.*s' is undefined", TEXT_ARG(input.name));
    return render_step(r, at) && apply(r, at, input, args, out); /* map calls it without an evaluation */
}
