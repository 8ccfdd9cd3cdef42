/* Values made from rows: templates, columns, constants. As in lm-eval, a name of a column stands for its value, and
 * what holds {{ }} or {% %} is a template. */
#include "measure/task/task_internal.h"

#include <string.h>

enum { VALUE_MOST = 16 << 20 };

bool task_field_read(struct task_field *field, struct arena *arena, const struct yaml *node, struct error *err) {
    if (node->kind != YAML_SCALAR) return yaml_error(node, err, "expected a text: a template or the name of a column");
    char *copy = text_copy(arena, node->scalar, err);
    if (!copy) return false;
    field->source = (struct text){copy, node->scalar.len};
    field->given = true;
    bool template =
        text_find(field->source, TEXT("{{"), 0) != SIZE_MAX || text_find(field->source, TEXT("{%"), 0) != SIZE_MAX;
    if (!template) return true;
    struct error why = {0};
    field->jinja = jinja_parse(field->source, "template", (struct jinja_options){.strict = true}, &why);
    return field->jinja || yaml_error(node, err, "%s", why.message);
}

void task_field_done(struct task_field *field) {
    jinja_free(field->jinja);
    field->jinja = NULL;
}

json_t *task_field_value(const struct task_field *field, const json_t *row, struct json_place place,
                         struct error *err) {
    if (field->jinja) {
        json_t *value = jinja_value(field->jinja, row, err);
        if (!value) error_wrap(err, "%s:%zu", place.file, place.line);
        return value;
    }
    char name[256];
    json_t *column = NULL;
    if (field->source.len < sizeof name) {
        snprintf(name, sizeof name, "%.*s", TEXT_ARG(field->source));
        column = json_object_get(row, name);
    }
    if (column) return json_incref(column);
    json_t *constant = json_from_text(field->source);
    if (!constant) error_memory(err, "value");
    return constant;
}

bool task_field_text(const struct task_field *field, const json_t *row, struct json_place place, struct arena *arena,
                     struct text *out, struct error *err) {
    *out = TEXT("");
    if (!field->given) return true;
    json_t *value = task_field_value(field, row, place, err);
    if (!value) return false;
    bool ok = true;
    if (json_is_string(value)) {
        char *copy = text_copy(arena, json_text(value), err);
        *out = (struct text){copy, json_string_length(value)};
        ok = copy != NULL;
    } else if (!json_is_null(value)) {
        struct buffer b;
        buffer_init(&b, VALUE_MOST);
        json_put(&b, value, 0);
        char *copy = buffer_check(&b, "value of a field", err) ? text_copy(arena, buffer_text(&b), err) : NULL;
        *out = (struct text){copy, b.len};
        ok = copy != NULL;
        buffer_done(&b);
    }
    json_decref(value);
    return ok;
}

bool json_is_true_like(const json_t *value) {
    if (json_is_string(value)) {
        struct text t = text_trim(json_text(value));
        return t.len && !text_equal_nocase(t, TEXT("false"));
    }
    if (json_is_number(value)) return json_number_value(value) != 0;
    if (json_is_array(value)) return json_array_size(value) > 0;
    if (json_is_object(value)) return json_object_size(value) > 0;
    return json_is_true(value);
}
