/* What one rendering may use, and what it has made: steps, bytes, depth of the stack, and values that end. A template
 * comes with a model file from strangers; whatever it says, rendering ends within seconds, within a few hundred MiB,
 * and on an ordinary stack. */
#include "lm/template/jinja_internal.h"

#include <stdio.h>

#define STEPS_MAX 10000000u
#define BYTES_MAX ((uint64_t)256 << 20)
#define NESTING_MAX 600                  /* levels of evaluation, at most 2 KiB of stack each */
#define VALUE_DEPTH_MAX 2200             /* the JSON reader stops at 2048 */
#define VALUE_PARTS_MAX ((size_t)1 << 20) /* counted each time a part is met again on another path */
#define TEXT_PARTS_MAX ((size_t)1 << 20)

bool (render_error)(struct render *r, const struct node *at, const char *format, ...) {
    char what[768];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return error_set(r->err, ERROR_DATA, "%s:%zu:%zu: template: %s", r->jinja->name, at->line, at->column, what);
}

bool render_steps(struct render *r, const struct node *at, uint64_t n) {
    r->steps += n;
    return r->steps <= STEPS_MAX || render_error(r, at, "more than %u steps", STEPS_MAX);
}

bool render_step(struct render *r, const struct node *at) {
    return render_steps(r, at, 1);
}

bool render_enter(struct render *r, const struct node *at) {
    return ++r->nesting <= NESTING_MAX || render_error(r, at, "nested too deeply");
}

void render_leave(struct render *r) {
    r->nesting--;
}

static size_t bytes_of(const json_t *v) {
    if (json_is_string(v)) return 64 + json_string_length(v);
    return 64 + 16 * json_array_size(v) + 96 * json_object_size(v);
}

bool render_charge(struct render *r, size_t bytes) {
    r->bytes += bytes;
    return r->bytes <= BYTES_MAX ||
           error_set(r->err, ERROR_DATA, "%s: template makes more than 256 MiB of values", r->jinja->name);
}

/* Parts that only this container holds were made with it. */
bool render_charge_parts(struct render *r, const struct value *v) {
    const char *key;
    json_t *part;
    size_t i, bytes = 0;
    if (v->kind != VALUE_JSON || v->json->refcount == SIZE_MAX) return true;
    if (json_is_array(v->json) || json_is_object(v->json)) bytes = bytes_of(v->json);
    json_array_foreach(v->json, i, part) if (part->refcount == 1) bytes += bytes_of(part);
    json_object_foreach(v->json, key, part) if (part->refcount == 1) bytes += bytes_of(part);
    return render_charge(r, bytes);
}

static bool keep(struct render *r, json_t *json, bool made, struct value *out) {
    if (!json) return error_memory(r->err, "template values");
    if (r->n_store == r->store_capacity) {
        size_t wanted = r->store_capacity ? r->store_capacity * 2 : 256;
        struct stored *more = memory_grow(r->store, wanted, sizeof *more);
        if (!more) return json_decref(json), error_memory(r->err, "template values");
        r->store = more;
        r->store_capacity = wanted;
    }
    r->store[r->n_store++] = (struct stored){json, made};
    *out = (struct value){.kind = VALUE_JSON, .json = json};
    return render_charge(r, made ? bytes_of(json) : 0);
}

bool render_keep(struct render *r, json_t *json, struct value *out) {
    return keep(r, json, true, out);
}

bool render_hold(struct render *r, json_t *json, struct value *out) {
    return keep(r, json_incref(json), false, out);
}

bool render_text(struct render *r, struct text t, struct value *out) {
    return render_keep(r, json_from_text(t), out);
}

bool render_real(struct render *r, const struct node *at, double v, struct value *out) {
    json_t *json = json_real(v);
    return json ? render_keep(r, json, out) : render_error(r, at, "number is out of range");
}

static bool count_parts(const json_t *v, int depth, size_t *left) {
    const char *key;
    json_t *part;
    size_t i;
    if (depth > VALUE_DEPTH_MAX || *left == 0) return false;
    --*left;
    json_array_foreach((json_t *)v, i, part) if (!count_parts(part, depth + 1, left)) return false;
    json_object_foreach((json_t *)v, key, part) if (!count_parts(part, depth + 1, left)) return false;
    return true;
}

bool render_check(struct render *r, const struct node *at, const json_t *v) {
    if (!json_is_array(v) && !json_is_object(v)) return true;
    size_t left = VALUE_PARTS_MAX;
    if (!count_parts(v, 0, &left))
        return render_error(r, at, "a value holds itself, is nested over %d deep, or has over %zu parts",
                            VALUE_DEPTH_MAX, VALUE_PARTS_MAX);
    return render_steps(r, at, (VALUE_PARTS_MAX - left) / 16);
}

bool render_check_value(struct render *r, const struct node *at, const struct value *v) {
    return v->kind != VALUE_JSON || render_check(r, at, v->json);
}

bool render_parts(struct render *r, const struct node *at, const json_t *v, struct value *out) {
    if (json_is_string(v) && json_string_length(v) > TEXT_PARTS_MAX)
        return render_error(r, at, "a text of over %zu bytes is not taken apart", TEXT_PARTS_MAX);
    return render_keep(r, value_iterate(v), out) && render_charge_parts(r, out);
}

/* Containers are emptied before any is released: those that hold one another would never be, and release of a long
 * chain would use up the stack. */
void render_end(struct render *r) {
    for (size_t i = 0; i < r->n_store; i++) {
        if (!r->store[i].made) continue;
        json_array_clear(r->store[i].json);
        json_object_clear(r->store[i].json);
    }
    for (size_t i = 0; i < r->n_store; i++) json_decref(r->store[i].json);
    memory_free(r->store);
    memory_free(r->scope);
}
