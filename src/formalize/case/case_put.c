/* What the writers of cases share: see case_format.h. */
#include "formalize/case/case_format.h"

#include <math.h>

static bool set(json_t *object, const char *key, json_t *value) {
    return value && json_object_set_new(object, key, value) == 0;
}

static bool set_text(json_t *object, const char *key, const char *text) {
    return !text || set(object, key, json_string(text));
}

static json_t *ids(const struct assurance_case *c, const size_t *list, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; array && i < n; i++) json_array_append_new(array, json_string(c->nodes[list[i]].id));
    return array;
}

static json_t *formulas(const struct case_node *node) {
    json_t *array = json_array();
    for (size_t i = 0; array && i < node->n_formal; i++)
        json_array_append_new(array, json_from_text(node->formal[i].text));
    return array;
}

static json_t *needs(const struct case_node *node) {
    json_t *need = json_object();
    bool ok = need && set_text(need, "figure", node->needs.figure) && set_text(need, "op", node->needs.op) &&
              set(need, "target", json_from_f64(node->needs.target)) && set_text(need, "max_age", node->needs.max_age);
    if (ok) return need;
    json_decref(need);
    return NULL;
}

static bool set_fields(json_t *object, const struct case_node *node) {
    bool ok = true;
    if (node->join == CASE_OR) ok = ok && set_text(object, "join", "or");
    if (node->reason != CASE_UNCHECKED) ok = ok && set_text(object, "reason", case_reason_name(node->reason));
    if (node->n_formal) ok = ok && set(object, "formal", formulas(node));
    if (!isnan(node->belief))
        ok = ok && set(object, "trust", json_pack("{s:f,s:f}", "b", node->belief, "d", node->disbelief));
    if (node->needs.figure) ok = ok && set(object, "needs", needs(node));
    if (node->origin != CASE_HUMAN) ok = ok && set_text(object, "origin", case_origin_name(node->origin));
    if (node->undeveloped) ok = ok && set(object, "undeveloped", json_true());
    if (node->law) ok = ok && set(object, "law", json_true());
    return ok && set_text(object, "url", node->url) && set_text(object, "same_as", node->same_as);
}

static bool set_links(json_t *object, const struct assurance_case *c, const struct case_node *node) {
    return (!node->n_supported_by || set(object, "supportedBy", ids(c, node->supported_by, node->n_supported_by))) &&
           (!node->n_in_context_of || set(object, "inContextOf", ids(c, node->in_context_of, node->n_in_context_of))) &&
           (!node->n_challenges || set(object, "challenges", ids(c, node->challenges, node->n_challenges)));
}

json_t *case_node_json(const struct assurance_case *c, const struct case_node *node, unsigned what, struct error *err) {
    json_t *object = json_object();
    bool ok = object != NULL;
    if (what & CASE_PUT_FIELDS) ok = ok && set_fields(object, node);
    if (what & CASE_PUT_LINKS) ok = ok && set_links(object, c, node);
    if (what & CASE_PUT_OTHER && json_object_size(node->other))
        ok = ok && set(object, "extra", json_incref(node->other));
    if (ok) return object;
    json_decref(object);
    error_memory(err, "assurance case");
    return NULL;
}

bool case_read_node_json(struct case_build *b, const struct yaml *at, size_t index) {
    struct case_node *node = &b->out->nodes[index];
    const struct yaml *extra = yaml_get(at, "extra");
    struct text id = text_of(node->id);
    if (at->kind != YAML_MAPPING) return yaml_error(at, b->err, "%s: expected an object", node->id);
    if (!case_read_fields(b, at, node) || !yaml_opt_bool(at, "law", &node->law, b->err)) return false;
    for (size_t i = 0; extra && extra->kind == YAML_MAPPING && i < extra->n; i++)
        if (!case_keep(b, &node->other, extra->key[i]->scalar, extra->child[i])) return false;
    return case_read_links(b, at, "supportedBy", CASE_SUPPORTED_BY, id) &&
           case_read_links(b, at, "inContextOf", CASE_IN_CONTEXT_OF, id) &&
           case_read_links(b, at, "challenges", CASE_CHALLENGES, id);
}

/* Lines and columns are then those of the JSON: the place of the whole is better. */
static void move_lines(struct case_node *node, struct case_place place) {
    for (size_t i = 0; i < node->n_formal; i++) {
        node->formal[i].line = place.line;
        node->formal[i].column = place.column;
    }
}

bool case_read_node_text(struct case_build *b, struct text json, struct case_place place, size_t node) {
    json_t *value = json_read(json, b->file, place.line ? place.line : 1, b->err);
    if (!value) return false;
    struct yaml *tree = case_json_tree(b->arena, json, value, b->file, b->err);
    bool ok = tree && case_read_node_json(b, tree, node);
    if (ok) move_lines(&b->out->nodes[node], place);
    json_decref(value);
    return ok;
}

size_t *case_first_parents(const struct assurance_case *c, struct error *err) {
    size_t *first = memory_alloc((c->n_nodes + 1) * sizeof *first);
    if (!first) return error_memory(err, "assurance case"), NULL;
    for (size_t i = 0; i < c->n_nodes; i++) first[i] = SIZE_MAX;
    for (size_t i = c->n_nodes; i-- > 0;) {
        const struct case_node *node = &c->nodes[i];
        for (size_t k = 0; k < node->n_supported_by; k++) first[node->supported_by[k]] = i;
        for (size_t k = 0; k < node->n_in_context_of; k++) first[node->in_context_of[k]] = i;
    }
    return first;
}

bool case_put_json(const json_t *value, struct buffer *out, struct error *err) {
    json_put(out, value, 1);
    buffer_put_char(out, '\n');
    return buffer_check(out, "assurance case", err);
}
