/* Formulas of a dose: what must be found, and the numbers inside a behaviour. They are Jinja expressions over the names
 * of the dose, such as `dose`, `1 - p`, `p * (1 - q) ** 3`. */
#include "measure/material/material_internal.h"

#include <math.h>
#include <string.h>

static struct jinja *parse(struct text formula, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    buffer_printf(&b, "{{ (%.*s) }}", TEXT_ARG(formula));
    struct jinja *jinja = buffer_check(&b, "formula", err)
                              ? jinja_parse(buffer_text(&b), "formula", (struct jinja_options){.strict = true}, err)
                              : NULL;
    buffer_done(&b);
    return jinja;
}

struct jinja *material_formula(const struct yaml *at, struct error *err) {
    struct error why = {0};
    if (at->kind != YAML_SCALAR || !at->scalar.len) return yaml_error(at, err, "expected a formula of the dose"), NULL;
    struct jinja *jinja = parse(at->scalar, &why);
    if (!jinja && why.kind == ERROR_ENVIRONMENT) return *err = why, NULL;
    if (!jinja) yaml_error(at, err, "'%.*s': %s", TEXT_ARG(at->scalar), why.message);
    return jinja;
}

bool material_number(const struct jinja *formula, const json_t *values, double *out, struct error *err) {
    json_t *value = jinja_value(formula, values, err);
    if (!value) return false;
    bool ok = json_is_number(value) || json_is_null(value) ||
              error_set(err, ERROR_DATA, "a formula of what must be found gives no number");
    *out = json_is_number(value) ? json_number_value(value) : NAN;
    json_decref(value);
    return ok;
}

/* The value of the first formula of t, which stands between *from and *to. */
static json_t *first_formula(struct text t, const json_t *values, size_t *from, size_t *to, struct error *err) {
    struct text inner = text_part(t, *from + 1, *to - 1);
    struct jinja *jinja = parse(inner, err);
    json_t *value = jinja ? jinja_value(jinja, values, err) : NULL;
    jinja_free(jinja);
    if (!value) error_wrap(err, "'{%.*s}'", TEXT_ARG(inner));
    return value;
}

static bool find_formula(struct text t, size_t *from, size_t *to) {
    *from = text_find(t, TEXT("{"), 0);
    size_t close = *from == SIZE_MAX ? SIZE_MAX : text_find(t, TEXT("}"), *from);
    *to = close + 1;
    return close != SIZE_MAX;
}

static bool put_value(struct buffer *b, const json_t *value) {
    if (json_is_string(value)) return buffer_put_text(b, json_text(value));
    return json_put(b, value, 0);
}

static json_t *filled_text(struct text t, const json_t *values, struct error *err) {
    size_t from, to;
    struct buffer b;
    if (!find_formula(t, &from, &to)) return json_from_text(t);
    if (from == 0 && to == t.len) return first_formula(t, values, &from, &to, err);
    buffer_init(&b, 1 << 20);
    bool ok = true;
    while (ok && find_formula(t, &from, &to)) {
        json_t *value = first_formula(t, values, &from, &to, err);
        buffer_put_text(&b, text_part(t, 0, from));
        ok = value != NULL;
        if (ok) put_value(&b, value);
        json_decref(value);
        t = text_part(t, to, t.len);
    }
    buffer_put_text(&b, t);
    json_t *out = ok && buffer_check(&b, "behaviour", err) ? json_from_text(buffer_text(&b)) : NULL;
    buffer_done(&b);
    return out;
}

static json_t *filled_list(const json_t *list, const json_t *values, struct error *err) {
    json_t *out = json_array();
    for (size_t i = 0; out && i < json_array_size(list); i++) {
        json_t *child = material_filled(json_array_get(list, i), values, err);
        if (child && json_array_append_new(out, child) == 0) continue;
        json_decref(out);
        return NULL;
    }
    return out;
}

json_t *material_filled(const json_t *json, const json_t *values, struct error *err) {
    if (json_is_string(json)) return filled_text(json_text(json), values, err);
    if (json_is_array(json)) return filled_list(json, values, err);
    if (!json_is_object(json)) return json_deep_copy(json);
    json_t *out = json_object();
    for (void *at = json_object_iter((json_t *)json); out && at; at = json_object_iter_next((json_t *)json, at)) {
        json_t *child = material_filled(json_object_iter_value(at), values, err);
        if (child && json_object_set_new(out, json_object_iter_key(at), child) == 0) continue;
        json_decref(out);
        return NULL;
    }
    return out;
}
