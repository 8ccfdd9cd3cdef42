/* Methods of strings, lists and dicts, and the global functions of templates. */
#include "lm/template/jinja_internal.h"

#include <string.h>
#include <time.h>

#define RANGE_MAX 100000
#define PIECES_MAX (1 << 20)
/* strftime_now without a given time: a fixed day, so that equal inputs give equal prompts.
 * Variable `now_unix` sets it. */
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

/* The pieces of a split; too many would be more memory than the text. */
static bool put_piece(struct render *r, const struct node *at, json_t *list, struct text piece) {
    if (json_array_size(list) >= PIECES_MAX)
        return render_error(r, at, "a text splits into more than %d pieces", PIECES_MAX);
    return json_array_append_new(list, json_from_text(piece)) == 0 || error_memory(r->err, "pieces of a text");
}

static bool split_at_blanks(struct render *r, const struct node *at, struct text t, json_int_t left, json_t *list) {
    size_t i = 0;
    for (;; left--) {
        while (i < t.len && blank(t.at[i])) i++;
        if (i >= t.len) return true;
        size_t end = i;
        if (left == 0) return put_piece(r, at, list, text_trim(text_part(t, i, t.len)));
        while (end < t.len && !blank(t.at[end])) end++;
        if (!put_piece(r, at, list, text_part(t, i, end))) return false;
        i = end;
    }
}

static bool split_forward(struct render *r, const struct node *at, struct text t, struct text by, json_int_t left,
                          json_t *list) {
    for (size_t found; left != 0 && (found = text_find(t, by, 0)) != SIZE_MAX; left--) {
        if (!put_piece(r, at, list, text_part(t, 0, found))) return false;
        t = text_part(t, found + by.len, t.len);
    }
    return put_piece(r, at, list, t);
}

/* Pieces from the right, then turned round. */
static bool split_backward(struct render *r, const struct node *at, struct text t, struct text by, json_int_t left,
                           json_t *list) {
    for (size_t i = t.len; left != 0 && i-- > 0;) {
        if (i % 4096 == 0 && !render_steps(r, at, by.len / 16)) return false; /* a text of one letter compares long */
        if (!text_starts(text_part(t, i, t.len), by)) continue;
        if (!put_piece(r, at, list, text_part(t, i + by.len, t.len))) return false;
        t.len = i;
        left--;
    }
    if (!put_piece(r, at, list, t)) return false;
    for (size_t low = 0, high = json_array_size(list) - 1; low < high; low++, high--) {
        json_t *first = json_incref(json_array_get(list, low));
        json_array_set(list, low, json_array_get(list, high));
        json_array_set_new(list, high, first);
    }
    return true;
}

static bool split(struct render *r, const struct node *at, struct text t, const struct call_arguments *args,
                  bool from_right, struct value *out) {
    struct text by = argument_text(args, 0, "sep");
    const struct value *most = call_argument(args, 1, "maxsplit");
    json_int_t left =
        most && most->kind == VALUE_JSON && json_is_integer(most->json) ? json_integer_value(most->json) : -1;
    return render_keep(r, json_array(), out) &&
           (by.len == 0  ? split_at_blanks(r, at, t, left, out->json)
            : from_right ? split_backward(r, at, t, by, left, out->json)
                         : split_forward(r, at, t, by, left, out->json)) &&
           render_charge_parts(r, out);
}

static bool split_lines(struct render *r, const struct node *at, struct text t, struct value *out) {
    struct text line;
    if (!render_keep(r, json_array(), out)) return false;
    if (text_ends(t, TEXT("\n"))) t.len--;
    if (t.len == 0) return true;
    while (text_next(&t, '\n', &line)) {
        if (text_ends(line, TEXT("\r"))) line.len--;
        if (!put_piece(r, at, out->json, line)) return false;
    }
    return render_charge_parts(r, out);
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
    if (text_equal_c(name, "split")) return split(r, at, t, args, false, out);
    if (text_equal_c(name, "rsplit")) return split(r, at, t, args, true, out);
    if (text_equal_c(name, "splitlines")) return split_lines(r, at, t, out);
    if (text_equal_c(name, "startswith")) return truth(out, starts_or_ends(args, t, true));
    if (text_equal_c(name, "endswith")) return truth(out, starts_or_ends(args, t, false));
    if (text_equal_c(name, "isdigit") || text_equal_c(name, "isnumeric")) return truth(out, all_of(t, true));
    if (text_equal_c(name, "isalpha")) return truth(out, all_of(t, false));
    if (text_equal_c(name, "find") || text_equal_c(name, "count")) {
        struct text part = argument_text(args, 0, NULL);
        size_t found = text_find(t, part, 0);
        if (name.at[0] == 'f')
            return render_keep(
                r, json_integer(found == SIZE_MAX ? -1 : (json_int_t)text_utf8_count(text_part(t, 0, found))), out);
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

static bool put_item(struct render *r, const struct node *at, json_t *list, size_t place, json_t *item) {
    if (!item) return render_error(r, at, "a list takes a value");
    if (item == list) return render_error(r, at, "a list cannot hold itself");
    if (json_array_size(list) >= RANGE_MAX) return render_error(r, at, "a list grows to over %d", RANGE_MAX);
    return render_charge(r, 16) && (json_array_insert(list, place, item) == 0 || error_memory(r->err, "list"));
}

static bool list_method(struct render *r, const struct node *at, json_t *list, struct text name,
                        const struct call_arguments *args, struct value *out) {
    const struct value *v = call_argument(args, 0, NULL);
    json_t *item = v && v->kind == VALUE_JSON ? v->json : NULL;
    *out = (struct value){.kind = VALUE_JSON, .json = json_null()};
    if (text_equal_c(name, "append")) return put_item(r, at, list, json_array_size(list), item);
    if (text_equal_c(name, "extend")) {
        bool fits = json_is_array(item) && json_array_size(list) + json_array_size(item) < RANGE_MAX;
        if (!fits) return render_error(r, at, "extend needs a list, and makes none of over %d", RANGE_MAX);
        return render_charge(r, 16 * json_array_size(item)) &&
               (json_array_extend(list, item) == 0 || error_memory(r->err, "list"));
    }
    if (text_equal_c(name, "insert")) {
        const struct value *what = call_argument(args, 1, NULL);
        json_int_t i = json_integer_value(item);
        if (i < 0 || (size_t)i > json_array_size(list)) return render_error(r, at, "insert needs a place and a value");
        return put_item(r, at, list, (size_t)i, what && what->kind == VALUE_JSON ? what->json : NULL);
    }
    if (text_equal_c(name, "pop")) {
        json_int_t n = (json_int_t)json_array_size(list), i = json_is_integer(item) ? json_integer_value(item) : -1;
        if (i < 0) i += n;
        if (i < 0 || i >= n) return render_error(r, at, "pop from a list that is too short");
        if (!render_hold(r, json_array_get(list, (size_t)i), out)) return false;
        return json_array_remove(list, (size_t)i) == 0;
    }
    if (!render_check(r, at, list) || !render_check(r, at, item)) return false;
    for (size_t i = 0; i < json_array_size(list); i++) /* index */
        if (item && value_equal(json_array_get(list, i), item)) return render_keep(r, json_integer((json_int_t)i), out);
    return render_error(r, at, "the value is not in the list");
}

static bool dict_method(struct render *r, const struct node *at, json_t *dict, struct text name,
                        const struct call_arguments *args, struct value *out) {
    struct value self = {.kind = VALUE_JSON, .json = dict};
    if (text_equal_c(name, "items")) return jinja_apply_filter(r, at, name, self, &(struct call_arguments){0}, out);
    if (text_equal_c(name, "keys")) return render_parts(r, at, dict, out);
    if (text_equal_c(name, "values")) {
        const char *key;
        json_t *value;
        if (!render_keep(r, json_array(), out)) return false;
        json_object_foreach(dict, key, value) json_array_append(out->json, value);
        return render_charge_parts(r, out);
    }
    if (text_equal_c(name, "update")) {
        const struct value *other = call_argument(args, 0, NULL);
        *out = (struct value){.kind = VALUE_JSON, .json = json_null()};
        if (!other || other->kind != VALUE_JSON || !json_is_object(other->json))
            return render_error(r, at, "update needs a dict");
        return render_charge(r, 96 * json_object_size(other->json)) &&
               (json_object_update(dict, other->json) == 0 || render_error(r, at, "a dict cannot hold itself"));
    }
    const struct value *key = call_argument(args, 0, NULL),
                       *otherwise = call_argument(args, 1, "default"); /* get, pop */
    json_t *found = key && key->kind == VALUE_JSON ? json_object_get(dict, json_string_value(key->json)) : NULL;
    if (found && !render_hold(r, found, out)) return false;
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
                                             "endswith", "isdigit", "isnumeric", "isalpha", "find", "count", "join",
                                             "upper",
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

static bool function_range(struct render *r, const struct node *at, const struct call_arguments *args,
                           struct value *out) {
    json_int_t v[3] = {0, 0, 1};
    if (args->n == 0 || args->n > 3) return render_error(r, at, "range takes 1 to 3 numbers");
    for (size_t i = 0; i < args->n; i++) {
        if (args->values[i].kind != VALUE_JSON || !json_is_integer(args->values[i].json))
            return render_error(r, at, "range needs whole numbers");
        v[i] = json_integer_value(args->values[i].json);
    }
    if (args->n == 1) v[1] = v[0], v[0] = 0;
    if (v[2] == 0) return render_error(r, at, "the step of a range cannot be 0");
    if (!render_keep(r, json_array(), out)) return false;
    bool over = false;
    for (json_int_t i = v[0]; !over && (v[2] > 0 ? i < v[1] : i > v[1]); over = __builtin_add_overflow(i, v[2], &i)) {
        if (json_array_size(out->json) >= RANGE_MAX) return render_error(r, at, "range is longer than %d", RANGE_MAX);
        if (json_array_append_new(out->json, json_integer(i)) != 0) return error_memory(r->err, "range");
    }
    return render_charge_parts(r, out);
}

/* dict(a=1), namespace(a=1): an object that `set` may change. */
static bool function_dict(struct render *r, const struct node *at, const struct call_arguments *args,
                          struct value *out) {
    if (!render_keep(r, json_object(), out)) return false;
    if (args->n && args->values[0].kind == VALUE_JSON && json_is_object(args->values[0].json))
        json_object_update(out->json, args->values[0].json);
    for (size_t i = 0; i < args->n_named; i++) {
        char key[256];
        if (args->names[i].len >= sizeof key) return render_error(r, at, "a name of over %zu bytes", sizeof key - 1);
        memcpy(key, args->names[i].at, args->names[i].len);
        key[args->names[i].len] = 0;
        json_object_set(out->json, key, args->named[i].kind == VALUE_JSON ? args->named[i].json : json_null());
    }
    return render_charge_parts(r, out);
}

static bool function_now(struct render *r, const struct node *at, const struct call_arguments *args,
                         struct value *out) {
    struct text format = argument_text(args, 0, NULL);
    const json_t *given = json_object_get(r->variables, "now_unix");
    time_t now = json_is_integer(given) ? (time_t)json_integer_value(given) : FIXED_NOW;
    struct tm parts;
    char pattern[128], text[256];
    if (format.len == 0 || format.len >= sizeof pattern || !gmtime_r(&now, &parts))
        return render_error(r, at, "strftime_now needs a format");
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
    return function_dict(r, at, args, out);
}
