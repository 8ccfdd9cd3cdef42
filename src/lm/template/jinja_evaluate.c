/* Expressions of templates. */
#include "lm/template/jinja_internal.h"

#include <math.h>
#include <string.h>

#define ARGUMENTS_MAX 32

static bool undefined(struct value *out, struct text name) {
    *out = (struct value){.kind = VALUE_UNDEFINED, .name = name};
    return true;
}

static bool evaluate_name(struct render *r, const struct node *node, struct value *out) {
    for (size_t i = r->n_scope; i > 0; i--)
        if (text_equal(r->scope[i - 1].name, node->text)) return *out = r->scope[i - 1].value, true;
    char key[256];
    if (node->text.len < sizeof key) {
        memcpy(key, node->text.at, node->text.len);
        key[node->text.len] = 0;
        json_t *v = json_object_get(r->variables, key);
        if (v) return *out = (struct value){.kind = VALUE_JSON, .json = v}, true;
    }
    if (jinja_function_known(node->text))
        return *out = (struct value){.kind = VALUE_FUNCTION, .name = node->text}, true;
    return undefined(out, node->text);
}

/* Values inside lists and dicts are JSON; an undefined one becomes none. */
static bool as_json(struct render *r, const struct node *at, const struct value *v, json_t **out) {
    if (v->kind == VALUE_JSON) return *out = json_incref(v->json), true;
    if (v->kind == VALUE_UNDEFINED) return *out = json_null(), true;
    return render_error(r, at, "a function cannot be put into a list or dict");
}

static bool evaluate_list(struct render *r, const struct node *node, struct value *out) {
    struct value list, item;
    json_t *json = NULL;
    if (!render_keep(r, json_array(), &list)) return false;
    for (size_t i = 0; i < node->n; i++)
        if (!jinja_evaluate(r, node->list[i], &item) || !as_json(r, node, &item, &json) ||
            (json_array_append_new(list.json, json) != 0 && !error_memory(r->err, "list")))
            return false;
    *out = list;
    return render_charge_parts(r, out);
}

static bool evaluate_dict(struct render *r, const struct node *node, struct value *out) {
    struct value dict, key, item;
    json_t *json = NULL;
    if (!render_keep(r, json_object(), &dict)) return false;
    for (size_t i = 0; i < node->n; i++) {
        if (!jinja_evaluate(r, node->list[i], &key) || !jinja_evaluate(r, node->more[i], &item)) return false;
        struct buffer name;
        buffer_init(&name, 1 << 20);
        bool ok =
            render_check_value(r, node, &key) && (value_put(&name, &key), true) && buffer_check(&name, "key", r->err) &&
            as_json(r, node, &item, &json) &&
            (json_object_set_new_nocheck(dict.json, name.at ? name.at : "", json) == 0 || error_memory(r->err, "dict"));
        buffer_done(&name);
        if (!ok) return false;
    }
    *out = dict;
    return render_charge_parts(r, out);
}

/* The characters of a string between two code point positions. */
static struct text characters(struct text t, size_t from, size_t to) {
    size_t at = 0, n = 0, start = 0;
    while (at < t.len && n < to) {
        if (n == from) start = at;
        at++;
        while (at < t.len && ((unsigned char)t.at[at] & 0xC0) == 0x80) at++;
        n++;
    }
    return n <= from ? TEXT("") : text_part(t, start, at);
}

static bool item_of(struct render *r, const struct value *object, const json_t *index, struct text name,
                    struct value *out) {
    if (object->kind != VALUE_JSON) return undefined(out, name);
    json_t *o = object->json;
    json_t *found = NULL;
    if (json_is_object(o) && json_is_string(index)) {
        found = json_object_get(o, json_string_value(index));
    } else if (json_is_integer(index) && (json_is_array(o) || json_is_string(o))) {
        json_int_t i = json_integer_value(index);
        json_int_t n = (json_int_t)(json_is_array(o) ? json_array_size(o) : text_utf8_count(json_text(o)));
        if (i < 0) i += n;
        if (i < 0 || i >= n) return undefined(out, name);
        if (json_is_string(o)) return render_text(r, characters(json_text(o), (size_t)i, (size_t)i + 1), out);
        found = json_array_get(o, (size_t)i);
    }
    if (!found) return undefined(out, name);
    *out = (struct value){.kind = VALUE_JSON, .json = found};
    return true;
}

static bool evaluate_attribute(struct render *r, const struct node *node, struct value *out) {
    struct value object, name;
    int64_t index;
    if (!jinja_evaluate(r, node->a, &object)) return false;
    if (object.kind == VALUE_UNDEFINED)
        return render_error(r, node, "'%.*s' is undefined, '.%.*s' was asked of it", TEXT_ARG(object.name),
                            TEXT_ARG(node->text));
    if (text_to_i64(node->text, &index))
        return render_keep(r, json_integer(index), &name) && item_of(r, &object, name.json, node->text, out);
    if (!render_text(r, node->text, &name) || !item_of(r, &object, name.json, node->text, out)) return false;
    if (out->kind == VALUE_UNDEFINED && object.kind == VALUE_JSON && jinja_method_known(object.json, node->text))
        *out = (struct value){.kind = VALUE_METHOD, .json = object.json, .name = node->text};
    return true;
}

static bool evaluate_item(struct render *r, const struct node *node, struct value *out) {
    struct value object, index;
    if (!jinja_evaluate(r, node->a, &object) || !jinja_evaluate(r, node->b, &index)) return false;
    if (object.kind == VALUE_UNDEFINED)
        return render_error(r, node, "'%.*s' is undefined, an item was asked of it", TEXT_ARG(object.name));
    if (index.kind != VALUE_JSON) return undefined(out, TEXT("item"));
    return item_of(r, &object, index.json, json_is_string(index.json) ? json_text(index.json) : TEXT("item"), out);
}

/* Python's slice bounds. */
static bool slice_bound(struct render *r, const struct node *node, int64_t initial, int64_t *out) {
    struct value v;
    *out = initial;
    if (!node) return true;
    if (!jinja_evaluate(r, node, &v)) return false;
    if (v.kind == VALUE_JSON && json_is_null(v.json)) return true;
    if (v.kind != VALUE_JSON || !json_is_integer(v.json)) return render_error(r, node, "a slice needs whole numbers");
    *out = json_integer_value(v.json);
    return true;
}

struct slice {
    int64_t from, to, step, n; /* resolved: every i from `from` before `to` is one of n */
};

/* The next index of the slice, without stepping over the ends of the integers. */
static bool slice_next(const struct slice *s, int64_t *i) {
    return !__builtin_add_overflow(*i, s->step, i) && (s->step > 0 ? *i < s->to : *i > s->to);
}

static int64_t clamp_bound(int64_t i, int64_t n, int64_t step) {
    if (i < 0) i += n;
    if (step > 0) return i < 0 ? 0 : i > n ? n : i;
    return i < 0 ? -1 : i >= n ? n - 1 : i;
}

static bool read_slice(struct render *r, const struct node *node, struct slice *s) {
    if (!slice_bound(r, node->list[2], 1, &s->step)) return false;
    if (s->step == 0) return render_error(r, node, "a slice's step cannot be 0");
    if (!slice_bound(r, node->list[0], INT64_MIN, &s->from) || !slice_bound(r, node->list[1], INT64_MIN, &s->to))
        return false;
    s->from = s->from == INT64_MIN ? (s->step > 0 ? 0 : s->n - 1) : clamp_bound(s->from, s->n, s->step);
    s->to = s->to == INT64_MIN ? (s->step > 0 ? s->n : -1) : clamp_bound(s->to, s->n, s->step);
    return true;
}

static bool text_slice(struct render *r, const struct node *node, json_t *text, const struct slice *s,
                       struct value *out) {
    if (s->step == 1)
        return render_text(r, s->from < s->to ? characters(json_text(text), (size_t)s->from, (size_t)s->to) : TEXT(""),
                           out);
    struct value parts;
    struct buffer b;
    if (!render_parts(r, node, text, &parts)) return false;
    buffer_init(&b, (size_t)64 << 20);
    int64_t i = s->from;
    for (bool more = s->step > 0 ? i < s->to : i > s->to; more; more = slice_next(s, &i))
        buffer_put_text(&b, json_text(json_array_get(parts.json, (size_t)i)));
    bool ok = buffer_check(&b, "slice", r->err) && render_text(r, buffer_text(&b), out);
    buffer_done(&b);
    return ok;
}

static bool evaluate_slice(struct render *r, const struct node *node, struct value *out) {
    struct value object;
    struct slice s = {0};
    if (!jinja_evaluate(r, node->a, &object)) return false;
    if (object.kind != VALUE_JSON || !(json_is_array(object.json) || json_is_string(object.json)))
        return render_error(r, node, "only strings and lists have slices");
    bool is_text = json_is_string(object.json);
    s.n = (int64_t)(is_text ? text_utf8_count(json_text(object.json)) : json_array_size(object.json));
    if (!read_slice(r, node, &s)) return false;
    if (is_text) return text_slice(r, node, object.json, &s, out);
    if (!render_keep(r, json_array(), out)) return false;
    int64_t i = s.from;
    for (bool more = s.step > 0 ? i < s.to : i > s.to; more; more = slice_next(&s, &i))
        json_array_append(out->json, json_array_get(object.json, (size_t)i));
    return render_charge_parts(r, out);
}

/* Evaluates the arguments into a fixed array of the caller: first those by place, then those by name. */
static bool evaluate_arguments(struct render *r, const struct node *node, struct value values[ARGUMENTS_MAX],
                               struct call_arguments *args) {
    if (node->n + node->n_more > ARGUMENTS_MAX) return render_error(r, node, "too many arguments");
    for (size_t i = 0; i < node->n; i++)
        if (!jinja_evaluate(r, node->list[i], &values[i])) return false;
    for (size_t i = 0; i < node->n_more; i++)
        if (!jinja_evaluate(r, node->more[i], &values[node->n + i])) return false;
    *args = (struct call_arguments){values, node->n, node->names, values + node->n, node->n_more};
    return true;
}

const struct value *call_argument(const struct call_arguments *args, size_t at, const char *name) {
    if (at < args->n) return &args->values[at];
    for (size_t i = 0; name && i < args->n_named; i++)
        if (text_equal_c(args->names[i], name)) return &args->named[i];
    return NULL;
}

static bool evaluate_call(struct render *r, const struct node *node, struct value *out) {
    struct value callee, values[ARGUMENTS_MAX];
    struct call_arguments args;
    if (!jinja_evaluate(r, node->a, &callee)) return false;
    if (callee.kind == VALUE_MACRO) return jinja_call_macro(r, node, callee.macro, out);
    if (!evaluate_arguments(r, node, values, &args)) return false;
    if (callee.kind == VALUE_FUNCTION) return jinja_call_function(r, node, callee.name, &args, out);
    if (callee.kind == VALUE_METHOD) return jinja_call_method(r, node, callee.json, callee.name, &args, out);
    if (callee.kind == VALUE_UNDEFINED)
        return render_error(r, node, "'%.*s' is undefined and cannot be called", TEXT_ARG(callee.name));
    return render_error(r, node, "this value cannot be called");
}

static bool evaluate_filter(struct render *r, const struct node *node, struct value *out) {
    struct value input = r->block, values[ARGUMENTS_MAX];
    struct call_arguments args;
    if (node->a && !jinja_evaluate(r, node->a, &input)) return false;
    return evaluate_arguments(r, node, values, &args) && jinja_apply_filter(r, node, node->text, input, &args, out);
}

static bool evaluate_test(struct render *r, const struct node *node, struct value *out) {
    struct value input, values[ARGUMENTS_MAX];
    struct call_arguments args;
    bool holds;
    if (!jinja_evaluate(r, node->a, &input) || !evaluate_arguments(r, node, values, &args) ||
        !jinja_apply_test(r, node, node->text, &input, &args, &holds))
        return false;
    *out = (struct value){.kind = VALUE_JSON, .json = json_boolean(holds != node->flag)};
    return true;
}

static bool evaluate_unary(struct render *r, const struct node *node, struct value *out) {
    struct value v;
    if (!jinja_evaluate(r, node->a, &v)) return false;
    if (v.kind != VALUE_JSON || !json_is_number(v.json))
        return render_error(r, node, "'%.*s' needs a number", TEXT_ARG(node->text));
    if (node->text.at[0] == '+') return *out = v, true;
    if (json_is_real(v.json)) return render_real(r, node, -json_real_value(v.json), out);
    json_int_t negative;
    if (__builtin_sub_overflow((json_int_t)0, json_integer_value(v.json), &negative))
        return render_error(r, node, "number is out of range");
    return render_keep(r, json_integer(negative), out);
}

static bool integers(struct render *r, const struct node *node, json_int_t a, json_int_t b, struct value *out) {
    struct text op = node->text;
    json_int_t v = 0;
    bool over = false;
    if ((text_equal_c(op, "//") || text_equal_c(op, "%") || text_equal_c(op, "/")) && b == 0)
        return render_error(r, node, "division by zero");
    if (text_equal_c(op, "+")) {
        over = __builtin_add_overflow(a, b, &v);
    } else if (text_equal_c(op, "-")) {
        over = __builtin_sub_overflow(a, b, &v);
    } else if (text_equal_c(op, "*")) {
        over = __builtin_mul_overflow(a, b, &v);
    } else if (text_equal_c(op, "/")) {
        return render_real(r, node, (double)a / (double)b, out);
    } else if (b == -1 && (text_equal_c(op, "//") || text_equal_c(op, "%"))) {
        over = text_equal_c(op, "//") && __builtin_sub_overflow((json_int_t)0, a, &v);
    } else if (text_equal_c(op, "//")) {
        v = a / b - (a % b != 0 && (a < 0) != (b < 0));
    } else if (text_equal_c(op, "%")) {
        v = a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0);
    } else {
        double p = pow((double)a, (double)b);
        if (b < 0 || fabs(p) > 9e15) return render_real(r, node, p, out);
        v = (json_int_t)p;
    }
    return over ? render_error(r, node, "number is out of range") : render_keep(r, json_integer(v), out);
}

static bool reals(struct render *r, const struct node *node, double a, double b, struct value *out) {
    struct text op = node->text;
    bool divides = text_equal_c(op, "//") || text_equal_c(op, "%") || text_equal_c(op, "/");
    if (divides && b == 0) return render_error(r, node, "division by zero");
    double v = text_equal_c(op, "+")    ? a + b
               : text_equal_c(op, "-")  ? a - b
               : text_equal_c(op, "*")  ? a * b
               : text_equal_c(op, "/")  ? a / b
               : text_equal_c(op, "//") ? floor(a / b)
               : text_equal_c(op, "%")  ? a - b * floor(a / b)
                                        : pow(a, b);
    return render_real(r, node, v, out);
}

static bool repeat(struct render *r, const struct node *node, const json_t *what, json_int_t times, struct value *out) {
    size_t length = json_is_string(what) ? json_string_length(what) : json_array_size(what);
    uint64_t total;
    if (times > 0 && (__builtin_mul_overflow((uint64_t)times, length + 1, &total) || total > 10000000u))
        return render_error(r, node, "repeats too much");
    if (json_is_string(what)) {
        struct buffer b;
        buffer_init(&b, (size_t)16 << 20);
        for (json_int_t i = 0; i < times; i++) buffer_put_text(&b, json_text(what));
        bool ok = buffer_check(&b, "repeated text", r->err) && render_text(r, buffer_text(&b), out);
        buffer_done(&b);
        return ok;
    }
    if (!render_keep(r, json_array(), out)) return false;
    for (json_int_t i = 0; i < times; i++) json_array_extend(out->json, (json_t *)what);
    return render_charge_parts(r, out);
}

static bool join_values(struct render *r, const struct node *node, const struct value *a, const struct value *b,
                        struct value *out) {
    struct buffer joined;
    if (!render_check_value(r, node, a) || !render_check_value(r, node, b)) return false;
    buffer_init(&joined, (size_t)64 << 20);
    value_put(&joined, a);
    value_put(&joined, b);
    bool ok = buffer_check(&joined, "joined text", r->err) && render_text(r, buffer_text(&joined), out);
    buffer_done(&joined);
    return ok;
}

static bool arithmetic(struct render *r, const struct node *node, const struct value *a, const struct value *b,
                       struct value *out) {
    struct text op = node->text;
    if (a->kind != VALUE_JSON || b->kind != VALUE_JSON) {
        const struct value *u = a->kind == VALUE_UNDEFINED ? a : b;
        return render_error(r, node, "'%.*s' is undefined, '%.*s' was asked of it", TEXT_ARG(u->name), TEXT_ARG(op));
    }
    const json_t *x = a->json, *y = b->json;
    if (json_is_integer(x) && json_is_integer(y))
        return integers(r, node, json_integer_value(x), json_integer_value(y), out);
    if (json_is_number(x) && json_is_number(y)) return reals(r, node, json_number_value(x), json_number_value(y), out);
    if (text_equal_c(op, "+") && json_is_string(x) && json_is_string(y)) return join_values(r, node, a, b, out);
    if (text_equal_c(op, "+") && json_is_array(x) && json_is_array(y)) {
        if (!render_keep(r, json_array(), out)) return false;
        if (json_array_extend(out->json, (json_t *)x) != 0 || json_array_extend(out->json, (json_t *)y) != 0)
            return error_memory(r->err, "list");
        return render_charge_parts(r, out);
    }
    bool sized = json_is_string(x) || json_is_array(x);
    if (text_equal_c(op, "*") && sized && json_is_integer(y)) return repeat(r, node, x, json_integer_value(y), out);
    return render_error(r, node, "'%.*s' does not fit these values", TEXT_ARG(op));
}

static bool ordering(struct render *r, const struct node *node, const struct value *a, const struct value *b,
                     bool *out) {
    bool comparable = a->kind == VALUE_JSON && b->kind == VALUE_JSON;
    if (!render_check_value(r, node, a) || !render_check_value(r, node, b)) return false;
    int c = comparable ? value_compare(a->json, b->json, &comparable) : 0;
    struct text op = node->text;
    if (!comparable) return render_error(r, node, "'%.*s' cannot compare these values", TEXT_ARG(op));
    *out = text_equal_c(op, "<") ? c < 0 : text_equal_c(op, ">") ? c > 0 : text_equal_c(op, "<=") ? c <= 0 : c >= 0;
    return true;
}

static bool evaluate_binary(struct render *r, const struct node *node, struct value *out) {
    struct value a, b;
    struct text op = node->text;
    if (!jinja_evaluate(r, node->a, &a) || !jinja_evaluate(r, node->b, &b)) return false;
    bool holds,
        asks = text_equal_c(op, "==") || text_equal_c(op, "!=") || text_equal_c(op, "in") || text_equal_c(op, "not in");
    if (asks && (!render_check_value(r, node, &a) || !render_check_value(r, node, &b))) return false;
    if (text_equal_c(op, "~")) return join_values(r, node, &a, &b, out);
    if (text_equal_c(op, "==") || text_equal_c(op, "!=")) {
        bool equal = a.kind == b.kind && (a.kind != VALUE_JSON || value_equal(a.json, b.json));
        holds = equal == (op.at[0] == '=');
    } else if (text_equal_c(op, "in") || text_equal_c(op, "not in")) {
        if (b.kind != VALUE_JSON)
            return render_error(r, node, "'%.*s' is undefined, 'in' was asked of it", TEXT_ARG(b.name));
        holds = (a.kind == VALUE_JSON && value_contains(b.json, a.json)) == (op.len == 2);
    } else if (op.at[0] == '<' || op.at[0] == '>') {
        if (!ordering(r, node, &a, &b, &holds)) return false;
    } else {
        return arithmetic(r, node, &a, &b, out);
    }
    *out = (struct value){.kind = VALUE_JSON, .json = json_boolean(holds)};
    return true;
}

static bool evaluate_logic(struct render *r, const struct node *node, struct value *out) {
    if (!jinja_evaluate(r, node->a, out)) return false;
    if (node->kind == NODE_NOT)
        return *out = (struct value){.kind = VALUE_JSON, .json = json_boolean(!value_true(out))}, true;
    if (value_true(out) == (node->kind == NODE_OR)) return true;
    return jinja_evaluate(r, node->b, out);
}

static bool evaluate_ternary(struct render *r, const struct node *node, struct value *out) {
    struct value condition;
    if (!jinja_evaluate(r, node->b, &condition)) return false;
    if (value_true(&condition)) return jinja_evaluate(r, node->a, out);
    return node->flag ? undefined(out, TEXT("the else part")) : jinja_evaluate(r, node->c, out);
}

static bool evaluate_node(struct render *r, const struct node *node, struct value *out) {
    switch (node->kind) {
    case NODE_CONSTANT: return *out = (struct value){.kind = VALUE_JSON, .json = node->constant}, true;
    case NODE_NAME: return evaluate_name(r, node, out);
    case NODE_LIST: return evaluate_list(r, node, out);
    case NODE_DICT: return evaluate_dict(r, node, out);
    case NODE_ATTRIBUTE: return evaluate_attribute(r, node, out);
    case NODE_ITEM: return evaluate_item(r, node, out);
    case NODE_SLICE: return evaluate_slice(r, node, out);
    case NODE_CALL: return evaluate_call(r, node, out);
    case NODE_FILTER: return evaluate_filter(r, node, out);
    case NODE_TEST: return evaluate_test(r, node, out);
    case NODE_UNARY: return evaluate_unary(r, node, out);
    case NODE_BINARY: return evaluate_binary(r, node, out);
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT: return evaluate_logic(r, node, out);
    case NODE_TERNARY: return evaluate_ternary(r, node, out);
    default: return render_error(r, node, "not an expression");
    }
}

/* Who gets a long text or list is likely to go through it, so it counts for some steps. */
static uint64_t steps_of(const struct value *v) {
    if (v->kind != VALUE_JSON) return 1;
    return 1 + (json_string_length(v->json) + json_array_size(v->json)) / 256;
}

bool jinja_evaluate(struct render *r, const struct node *node, struct value *out) {
    if (!render_enter(r, node)) return false;
    bool ok = evaluate_node(r, node, out);
    render_leave(r);
    return ok && render_steps(r, node, steps_of(out));
}
