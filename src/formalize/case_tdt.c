/* Cases as tdt-1 JSON: a list of nodes, each with its parent. See case_build.h.
 *
 * Beyond the tree: `children` and `beside` of a node list what supports it and what stands beside it in order, so that
 * a node can stand below two; `challenges` is of counter goals and counter solutions. Other members are kept. */
#include "formalize/case_build.h"

#include <string.h>

static const char *const read_keys[] = {
    "id",     "kind",   "text",  "parent", "children", "beside",  "challenges", "join",
    "reason", "formal", "trust", "needs",  "origin",   "same_as", "url",        "undeveloped",
};
enum { READ_KEYS = sizeof read_keys / sizeof *read_keys };

static bool is_null(const struct yaml *y) {
    return !y || (y->kind == YAML_SCALAR && !y->quoted && text_equal_c(y->scalar, "null"));
}

static bool get_text(struct case_build *b, const struct yaml *node, const char *key, struct text *out) {
    const struct yaml *at = yaml_get(node, key);
    if (is_null(at)) return true;
    if (at->kind != YAML_SCALAR || !at->quoted) return yaml_error(at, b->err, "'%s': expected a text", key);
    *out = at->scalar;
    return true;
}

static bool keep_others(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    for (size_t i = 0; i < mapping->n; i++) {
        const struct text key = mapping->key[i]->scalar;
        const struct yaml *value = mapping->child[i];
        size_t k = 0;
        while (k < READ_KEYS && !text_equal_c(key, read_keys[k])) k++;
        if (k < READ_KEYS) continue;
        if (text_equal_c(key, "extra") && value->kind == YAML_MAPPING) {
            for (size_t m = 0; m < value->n; m++)
                if (!case_keep(b, &node->other, value->key[m]->scalar, value->child[m])) return false;
        } else if (!case_keep(b, &node->other, key, value)) {
            return false;
        }
    }
    return true;
}

static bool read_node(struct case_build *b, const struct yaml *mapping) {
    struct text id = {0}, word = TEXT("goal");
    enum case_kind kind;
    bool law;
    if (mapping->kind != YAML_MAPPING) return yaml_error(mapping, b->err, "expected a node: {\"id\": ..., ...}");
    if (!get_text(b, mapping, "id", &id) || !get_text(b, mapping, "kind", &word)) return false;
    const struct yaml *at = yaml_get(mapping, "kind");
    if (!case_read_kind(word, &kind, &law))
        return case_build_error(b, case_place_of(at ? at : mapping),
                                "%.*s: unknown kind '%.*s': expected goal, strategy, "
                                "evidence, law, context, assumption or justification",
                                TEXT_ARG(id), TEXT_ARG(word));
    struct case_node *node = case_build_node(b, id, kind, case_place_of(mapping));
    if (!node) return false;
    node->law = law;
    return get_text(b, mapping, "text", &node->text) && case_read_fields(b, mapping, node) &&
           keep_others(b, mapping, node) && case_read_links(b, mapping, "children", CASE_SUPPORTED_BY, id) &&
           case_read_links(b, mapping, "beside", CASE_IN_CONTEXT_OF, id) &&
           case_read_links(b, mapping, "challenges", CASE_CHALLENGES, id);
}

static bool read_parent(struct case_build *b, const struct yaml *mapping, const struct case_node *node) {
    const struct yaml *at = yaml_get(mapping, "parent");
    if (is_null(at)) return true;
    if (at->kind != YAML_SCALAR || at->scalar.len == 0)
        return case_build_error(b, case_place_of(at), "%s: 'parent': expected an id or null", node->id);
    return case_build_link(b, case_stands_beside(node->kind) ? CASE_IN_CONTEXT_OF : CASE_SUPPORTED_BY, at->scalar,
                           text_of(node->id), false, case_place_of(at));
}

static bool copy_member(struct case_build *b, const struct yaml *mapping, const char *key, const char **out) {
    struct text t = {0};
    if (!get_text(b, mapping, key, &t)) return false;
    return t.len == 0 || (*out = text_copy(b->arena, t, b->err)) != NULL;
}

/* Members of the file beside those of the format are kept. */
static bool read_head(struct case_build *b, const struct yaml *root) {
    static const char *const keys[] = {"format", "name", "description", "root", "nodes"};
    if (!copy_member(b, root, "name", &b->out->name) || !copy_member(b, root, "description", &b->out->description) ||
        !get_text(b, root, "root", &b->root))
        return false;
    if (b->root.len) b->root_place = case_place_of(yaml_get(root, "root"));
    for (size_t i = 0; i < root->n; i++) {
        size_t k = 0;
        while (k < 5 && !text_equal_c(root->key[i]->scalar, keys[k])) k++;
        if (k == 5 && !case_keep(b, &b->out->other, root->key[i]->scalar, root->child[i])) return false;
    }
    return true;
}

bool case_read_tdt(struct case_build *b, const struct yaml *root) {
    const struct yaml *nodes = yaml_get(root, "nodes");
    if (!nodes || nodes->kind != YAML_SEQUENCE)
        return yaml_error(nodes ? nodes : root, b->err, "'nodes': expected the list of nodes");
    if (!read_head(b, root)) return false;
    for (size_t i = 0; i < nodes->n; i++)
        if (!read_node(b, nodes->child[i])) return false;
    for (size_t i = 0; i < nodes->n; i++) /* after all lists, which give the order */
        if (!read_parent(b, nodes->child[i], &b->out->nodes[i])) return false;
    return true;
}
