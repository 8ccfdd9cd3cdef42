/* Methods of strings, lists and dicts, and the global functions of templates. */
#include "lm/jinja_internal.h"

#include <string.h>
#include <time.h>

#define RANGE_MAX 100000
/* strftime_now without a given time: a fixed day, so that equal inputs give equal prompts. Variable `now_unix` sets it. */
#define FIXED_NOW 1722004496 /* 26 July 2024 */

static struct text argument_text(const struct call_arguments *args, size_t at, const char *name) {
    const struct value *v = call_argument(args, at, name);
    return v && v->kind == VALUE_JSON ? json_text(v->json) : TEXT("");
}

static bool blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool strip(struct render *r, struct text t, const struct call_arguments *args, bool left, bool right,
                  struct value *out) {
    struct text set = argument_text(args, 0, "chars");
#define GOES(c) (args->n ? memchr(set.at, (c), set.len) != NULL : blank(c))
    while (left && t.len && GOES(t.at[0])) t = text_part(t, 1, t.len);
    while (right && t.len && GOES(t.at[t.len - 1])) t.len--;
#undef GOES
    return render_text(r, t, out);
}

static bool split(struct render *r, struct text t, const struct call_arguments *args, bool from_right, struct value *out) {
    struct text by = argument_text(args, 0, "sep");
    const struct value *most = call_argument(args, 1, "maxsplit");
    json_int_t left = most && most->kind == VALUE_JSON && json_is_integer(most->json) ? json_integer_value(most->json) : -1;
    if (!render_keep(r, json_array(), out)) return false;
    if (by.len == 0) {
        size_t at = 0;
        while (at < t.len) {
            while (at < t.len && blank(t.at[at])) at++;
            if (at >= t.len) break;
            size_t end = at;
            if (left == 0)
                end = t.len;
            else
                while (end < t.len && !blank(t.at[end])) end++;
            json_array_append_new(out->json, json_from_text(left == 0 ? text_trim(text_part(t, at, end)) : text_part(t, at, end)));
            left--;
            at = end;
        }
        return true;
    }
    for (;;) {
        size_t found = SIZE_MAX;
        if (left != 0 && !from_right) found = text_find(t, by, 0);
        for (size_t i = t.len; left != 0 && from_right && found == SIZE_MAX && i-- > 0;)
            if (text_starts(text_part(t, i, t.len), by)) found = i;
        if (found == SIZE_MAX) break;
        struct text piece = from_right ? text_part(t, found + by.len, t.len) : text_part(t, 0, found);
        t = from_right ? text_part(t, 0, found) : text_part(t, found + by.len, t.len);
        if (from_right)
            json_array_insert_new(out->json, 0, json_from_text(piece));
        else
            json_array_append_new(out->json, json_from_text(piece));
        left--;
    }
    return (from_right ? json_array_insert_new(out->json, 0, json_from_text(t)) : json_array_append_new(out->json, json_from_text(t))) == 0;
}

static bool split_lines(struct render *r, struct text t, struct value *out) {
    struct text line;
    if (!render_keep(r, json_array(), out)) return false;
    if (text_ends(t, TEXT("\n"))) t.len--;
    if (t.len == 0) return true;
    while (text_next(&t, '\n', &line)) {
        if (text_ends(line, TEXT("\r"))) line.len--;
        json_array_append_new(out->json, json_from_text(line));
    }
    return true;
}

static bool starts_or_ends(const struct call_arguments *args, struct text t, bool starts) {
    const struct value *v = call_argument(args, 0, NULL);
    if (v && v->kind == VALUE_JSON && json_is_array(v->json)) {
        for (size_t i = 0; i < json_array_size(v->json); i++) {
            struct text one = json_text(json_array_get(v->json, i));
            if (starts ? text_starts(t, one) : text_ends(t, one)) return true;
        }
        return false;
    }
    struct text one = argument_text(args, 0, NULL);
    return starts ? text_starts(t, one) : text_ends(t, one);
}

static bool truth(struct value *out, bool holds) {
    *out = (struct value){.kind = VALUE_JSON, .json = json_boolean(holds)};
    return true;
}

static bool all_of(struct text t, bool digits) {
    for (size_t i = 0; i < t.len; i++) {
        char c = t.at[i];
        bool digit = c >= '0' && c <= '9', letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (digits ? !digit : !letter) return false;
    }
    return t.len > 0;
}

static bool string_method(struct render *r, const struct node *at, struct text t, struct text name,
                          const struct call_arguments *args, struct value *out) {
    struct value self;
    if (text_equal_c(name, "strip")) return strip(r, t, args, true, true, out);
    if (text_equal_c(name, "lstrip")) return strip(r, t, args, true, false, out);
    if (text_equal_c(name, "rstrip")) return strip(r, t, args, false, true, out);
    if (text_equal_c(name, "split")) return split(r, t, args, false, out);
    if (text_equal_c(name, "rsplit")) return split(r, t, args, true, out);
    if (text_equal_c(name, "splitlines")) return split_lines(r, t, out);
    if (text_equal_c(name, "startswith")) return truth(out, starts_or_ends(args, t, true));
    if (text_equal_c(name, "endswith")) return truth(out, starts_or_ends(args, t, false));
    if (text_equal_c(name, "isdigit") || text_equal_c(name, "isnumeric")) return truth(out, all_of(t, true));
    if (text_equal_c(name, "isalpha")) return truth(out, all_of(t, false));
    if (text_equal_c(name, "find") || text_equal_c(name, "count")) {
        struct text part = argument_text(args, 0, NULL);
        size_t found = text_find(t, part, 0);
        if (name.at[0] == 'f')
            return render_keep(r, json_integer(found == SIZE_MAX ? -1 : (json_int_t)text_utf8_count(text_part(t, 0, found))), out);
        json_int_t n = 0;
        for (; part.len && found != SIZE_MAX; found = text_find(t, part, found + part.len)) n++;
        return render_keep(r, json_integer(n), out);
    }
    if (!render_text(r, t, &self)) return false;
    if (text_equal_c(name, "join")) {
        struct value list = args->n ? args->values[0] : self, between[1] = {self};
        struct call_arguments joined = {.values = between, .n = 1};
        return jinja_apply_filter(r, at, TEXT("join"), list, &joined, out);
    }
    return jinja_apply_filter(r, at, name, self, args, out); /* upper, lower, title, capitalize, replace */
}

static bool list_method(struct render *r, const struct node *at, json_t *list, struct text name,
                        const struct call_arguments *args, struct value *out) {
    const struct value *v = call_argument(args, 0, NULL);
    json_t *item = v && v->kind == VALUE_JSON ? v->json : NULL;
    *out = (struct value){.kind = VALUE_JSON, .json = json_null()};
    if (text_equal_c(name, "append")) return item && json_array_size(list) < RANGE_MAX ? json_array_append(list, item) == 0 : render_error(r, at, "append needs a value");
    if (text_equal_c(name, "extend")) return json_is_array(item) && json_array_size(list) + json_array_size(item) < RANGE_MAX ? json_array_extend(list, item) == 0 : render_error(r, at, "extend needs a list");
    if (text_equal_c(name, "insert")) {
        const struct value *what = call_argument(args, 1, NULL);
        json_int_t i = json_integer_value(item);
        if (!what || what->kind != VALUE_JSON || i < 0 || (size_t)i > json_array_size(list)) return render_error(r, at, "insert needs a place and a value");
        return json_array_insert(list, (size_t)i, what->json) == 0;
    }
    if (text_equal_c(name, "pop")) {
        json_int_t n = (json_int_t)json_array_size(list), i = json_is_integer(item) ? json_integer_value(item) : -1;
        if (i < 0) i += n;
        if (i < 0 || i >= n) return render_error(r, at, "pop from a list that is too short");
        if (!render_keep(r, json_incref(json_array_get(list, (size_t)i)), out)) return false;
        return json_array_remove(list, (size_t)i) == 0;
    }
    for (size_t i = 0; i < json_array_size(list); i++) /* index */
        if (item && value_equal(json_array_get(list, i), item)) return render_keep(r, json_integer((json_int_t)i), out);
    return render_error(r, at, "the value is not in the list");
}

static bool dict_method(struct render *r, const struct node *at, json_t *dict, struct text name,
                        const struct call_arguments *args, struct value *out) {
    struct value self = {.kind = VALUE_JSON, .json = dict};
    if (text_equal_c(name, "items")) return jinja_apply_filter(r, at, name, self, &(struct call_arguments){0}, out);
    if (text_equal_c(name, "keys")) return render_keep(r, value_iterate(dict), out);
    if (text_equal_c(name, "values")) {
        const char *key;
        json_t *value;
        if (!render_keep(r, json_array(), out)) return false;
        json_object_foreach(dict, key, value) json_array_append(out->json, value);
        return true;
    }
    if (text_equal_c(name, "update")) {
        const struct value *other = call_argument(args, 0, NULL);
        *out = (struct value){.kind = VALUE_JSON, .json = json_null()};
        if (other && other->kind == VALUE_JSON && json_is_object(other->json)) json_object_update(dict, other->json);
        return true;
    }
    const struct value *key = call_argument(args, 0, NULL), *otherwise = call_argument(args, 1, "default"); /* get, pop */
    json_t *found = key && key->kind == VALUE_JSON ? json_object_get(dict, json_string_value(key->json)) : NULL;
    if (found && !render_keep(r, json_incref(found), out)) return false;
    if (!found) *out = otherwise ? *otherwise : (struct value){.kind = VALUE_JSON, .json = json_null()};
    if (found && text_equal_c(name, "pop")) json_object_del(dict, json_string_value(key->json));
    return true;
}

/* {{ loop.cycle('a', 'b') }} */
static bool loop_cycle(struct render *r, const struct node *at, const json_t *loop, const struct call_arguments *args,
                       struct value *out) {
    if (args->n == 0) return render_error(r, at, "cycle needs values");
    *out = args->values[(size_t)json_integer_value(json_object_get(loop, "index0")) % args->n];
    return true;
}

static bool listed(struct text name, const char *const *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(name, names[i])) return true;
    return false;
}

static const char *const string_methods[] = {"strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith",
                                             "endswith", "isdigit", "isnumeric", "isalpha", "find", "count", "join", "upper",
                                             "lower", "title", "capitalize", "replace"};
static const char *const list_methods[] = {"append", "extend", "insert", "pop", "index"};
static const char *const dict_methods[] = {"items", "keys", "values", "get", "update", "pop", "cycle"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

bool jinja_method_known(const json_t *object, struct text name) {
    if (json_is_string(object)) return listed(name, string_methods, COUNT(string_methods));
    if (json_is_array(object)) return listed(name, list_methods, COUNT(list_methods));
    if (!json_is_object(object)) return false;
    if (text_equal_c(name, "cycle")) return json_object_get(object, "index0") != NULL;
    return listed(name, dict_methods, COUNT(dict_methods));
}

bool jinja_call_method(struct render *r, const struct node *at, json_t *object, struct text name,
                       const struct call_arguments *args, struct value *out) {
    if (json_is_string(object)) return string_method(r, at, json_text(object), name, args, out);
    if (json_is_array(object)) return list_method(r, at, object, name, args, out);
    if (text_equal_c(name, "cycle")) return loop_cycle(r, at, object, args, out);
    return dict_method(r, at, object, name, args, out);
}

/* ---- global functions ---- */

static bool function_range(struct render *r, const struct node *at, const struct call_arguments *args, struct value *out) {
    json_int_t v[3] = {0, 0, 1};
    if (args->n == 0 || args->n > 3) return render_error(r, at, "range takes 1 to 3 numbers");
    for (size_t i = 0; i < args->n; i++) {
        if (args->values[i].kind != VALUE_JSON || !json_is_integer(args->values[i].json)) return render_error(r, at, "range needs whole numbers");
        v[i] = json_integer_value(args->values[i].json);
    }
    if (args->n == 1) v[1] = v[0], v[0] = 0;
    if (v[2] == 0) return render_error(r, at, "the step of a range cannot be 0");
    if (!render_keep(r, json_array(), out)) return false;
    size_t n = 0;
    for (json_int_t i = v[0]; v[2] > 0 ? i < v[1] : i > v[1]; i += v[2]) {
        if (++n > RANGE_MAX) return render_error(r, at, "range is longer than %d", RANGE_MAX);
        json_array_append_new(out->json, json_integer(i));
    }
    return true;
}

/* dict(a=1), namespace(a=1): an object that `set` may change. */
static bool function_dict(struct render *r, const struct call_arguments *args, struct value *out) {
    if (!render_keep(r, json_object(), out)) return false;
    if (args->n && args->values[0].kind == VALUE_JSON && json_is_object(args->values[0].json))
        json_object_update(out->json, args->values[0].json);
    for (size_t i = 0; i < args->n_named; i++) {
        char key[256];
        if (args->names[i].len >= sizeof key) continue;
        memcpy(key, args->names[i].at, args->names[i].len);
        key[args->names[i].len] = 0;
        json_object_set(out->json, key, args->named[i].kind == VALUE_JSON ? args->named[i].json : json_null());
    }
    return true;
}

static bool function_now(struct render *r, const struct node *at, const struct call_arguments *args, struct value *out) {
    struct text format = argument_text(args, 0, NULL);
    const json_t *given = json_object_get(r->variables, "now_unix");
    time_t now = json_is_integer(given) ? (time_t)json_integer_value(given) : FIXED_NOW;
    struct tm parts;
    char pattern[128], text[256];
    if (format.len == 0 || format.len >= sizeof pattern || !gmtime_r(&now, &parts)) return render_error(r, at, "strftime_now needs a format");
    memcpy(pattern, format.at, format.len);
    pattern[format.len] = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    size_t n = strftime(text, sizeof text, pattern, &parts);
#pragma GCC diagnostic pop
    return render_text(r, (struct text){text, n}, out);
}

static const char *const functions[] = {"range", "dict", "namespace", "raise_exception", "strftime_now"};

bool jinja_function_known(struct text name) {
    return listed(name, functions, COUNT(functions));
}

bool jinja_call_function(struct render *r, const struct node *at, struct text name, const struct call_arguments *args,
                         struct value *out) {
    if (text_equal_c(name, "range")) return function_range(r, at, args, out);
    if (text_equal_c(name, "raise_exception")) {
        struct text why = argument_text(args, 0, NULL);
        return render_error(r, at, "%.*s", TEXT_ARG(why));
    }
    if (text_equal_c(name, "strftime_now")) return function_now(r, at, args, out);
    return function_dict(r, args, out);
}
