/* Rows of a reference material, made in memory: a few columns of templates over the number of the row, random numbers
 * and the dose. */
#include "measure/material/material_internal.h"

#include "base/rng.h"

enum { DEPTH_MOST = 8, ROW_BYTES = 1 << 20, ALL_BYTES = 256 << 20 };

static bool is_template(struct text t) {
    return text_find(t, TEXT("{{"), 0) != SIZE_MAX || text_find(t, TEXT("{%"), 0) != SIZE_MAX;
}

/* ---- reading ---- */

static bool parse_value(struct material *m, const struct yaml *node, const json_t *json, int depth,
                        struct material_value *out, struct error *err) {
    struct error why = {0};
    *out = (struct material_value){.json = json};
    if (node->kind == YAML_SCALAR) {
        if (!json_is_string(json) || !is_template(json_text(json))) return true;
        out->jinja = jinja_parse(json_text(json), "template", (struct jinja_options){.strict = true}, &why);
        if (!out->jinja && why.kind == ERROR_ENVIRONMENT) return *err = why, false;
        return out->jinja || yaml_error(node, err, "%s", why.message);
    }
    if (depth == DEPTH_MOST) return yaml_error(node, err, "columns deeper than %d", DEPTH_MOST);
    if (!(out->child = arena_new(&m->arena, struct material_value, node->n, err))) return false;
    out->n = node->n;
    void *at = json_object_iter((json_t *)json);
    for (size_t i = 0; i < node->n; i++) {
        const json_t *child = at ? json_object_iter_value(at) : json_array_get(json, i);
        if (!parse_value(m, node->child[i], child, depth + 1, &out->child[i], err)) return false;
        if (at) at = json_object_iter_next((json_t *)json, at);
    }
    return true;
}

bool material_columns(struct material *m, const struct yaml *columns, struct error *err) {
    if (columns->kind != YAML_MAPPING || columns->n == 0)
        return yaml_error(columns, err, "'columns': expected a mapping of names to values");
    struct material_value all;
    if (!(m->columns_json = yaml_to_json(columns, err))) return false;
    bool ok = parse_value(m, columns, m->columns_json, 0, &all, err);
    m->columns = all.child;
    m->n_columns = all.child ? all.n : 0;
    return ok;
}

static void free_value(struct material_value *value) {
    jinja_free(value->jinja);
    for (size_t i = 0; i < value->n; i++) free_value(&value->child[i]);
}

void material_columns_done(struct material *m) {
    for (size_t i = 0; i < m->n_columns; i++) free_value(&m->columns[i]);
}

/* ---- making ---- */

static json_t *make_value(const struct material_value *value, const json_t *variables, struct error *err) {
    if (value->jinja) return jinja_value(value->jinja, variables, err);
    if (!value->n) return json_incref((json_t *)value->json);
    json_t *out = json_is_object(value->json) ? json_object() : json_array();
    void *at = json_object_iter((json_t *)value->json);
    for (size_t i = 0; out && i < value->n; i++) {
        json_t *child = make_value(&value->child[i], variables, err);
        int failed = !child ? -1
                     : at   ? json_object_set_new(out, json_object_iter_key(at), child)
                            : json_array_append_new(out, child);
        if (failed) {
            json_decref(out);
            return NULL;
        }
        if (at) at = json_object_iter_next((json_t *)value->json, at);
    }
    return out;
}

static bool set_draws(json_t *variables, uint64_t seed, uint64_t row) {
    struct rng rng = rng_stream(seed, "material/rows", row);
    json_t *draws = json_array();
    for (int k = 0; draws && k < MATERIAL_DRAWS; k++) json_array_append_new(draws, json_real(rng_unit(&rng)));
    return draws && json_object_set_new(variables, "u", draws) == 0 &&
           json_object_set_new(variables, "i", json_integer((json_int_t)row)) == 0;
}

/* Columns come in their order, so that a later one may use an earlier one. */
static bool put_row(const struct material *m, json_t *variables, uint64_t number, struct buffer *out,
                    struct error *err) {
    json_t *row = json_object();
    void *at = json_object_iter(m->columns_json);
    bool ok = row != NULL;
    for (size_t c = 0; ok && c < m->n_columns; c++, at = json_object_iter_next(m->columns_json, at)) {
        const char *key = json_object_iter_key(at);
        json_t *value = make_value(&m->columns[c], variables, err);
        if (!value) ok = error_wrap(err, "%s: row %llu, column '%s'", m->name, (unsigned long long)number, key);
        ok = ok && json_object_set_new(row, key, value) == 0 && json_object_set(variables, key, value) == 0;
    }
    if (ok) json_put(out, row, 0), buffer_put_char(out, '\n');
    json_decref(row);
    return ok;
}

bool material_put_rows(const struct material *m, const json_t *dose, uint64_t seed, struct buffer *out,
                       struct error *err) {
    bool ok = true;
    for (uint64_t i = 0; ok && i < m->rows; i++) {
        json_t *variables = json_copy((json_t *)dose);
        ok = (variables && set_draws(variables, seed, i)) || error_memory(err, "rows");
        ok = ok && put_row(m, variables, i, out, err);
        json_decref(variables);
    }
    return ok && buffer_check(out, "rows", err);
}
