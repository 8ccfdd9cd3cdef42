/* Cases as JSON lists of nodes, each with its parent: tdt-1, and the same in the words of claims, arguments and
 * evidence (cae-1). See case_format.h.
 *
 * Beyond the tree: `children` and `beside` of a node list what supports it and what stands beside it, in order, where
 * the parents do not say it: so a node can stand below two. `challenges` is of counter goals and counter solutions.
 * Other members are kept. */
#include "formalize/case/case_format.h"

#include <string.h>

/* The words of the two formats: their kinds in the order of enum case_kind, and the law. */
struct vocabulary {
    const char *format, *parent;
    const char *kinds[8], *law;
};

static const struct vocabulary words_tdt = {
    .format = "tdt-1",
    .parent = "parent",
    .kinds = {"goal", "strategy", "evidence", "context", "assumption", "justification", "counter-goal",
              "counter-evidence"},
    .law = "law",
};
static const struct vocabulary words_cae = {
    .format = "cae-1",
    .parent = "supports",
    .kinds = {"claim", "argument", "evidence", "context", "assumption", "side-warrant", "counter-claim",
              "counter-evidence"},
    .law = "law",
};

/* ---- reading ---- */

static const char *const read_keys[] = {
    "id",    "kind",  "text",   "children", "beside", "challenges",  "join",  "reason", "formal",
    "trust", "needs", "origin", "same_as",  "url",    "undeveloped", "extra", "parent", "supports",
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

/* "solution" is an evidence in either. */
static bool read_kind(const struct vocabulary *w, struct text word, enum case_kind *out, bool *law) {
    *law = text_equal_c(word, w->law);
    *out = CASE_SOLUTION;
    if (*law || text_equal_c(word, "solution")) return true;
    for (size_t i = 0; i < 8; i++)
        if (text_equal_c(word, w->kinds[i])) return *out = (enum case_kind)i, true;
    return false;
}

static bool keep_others(struct case_build *b, const struct yaml *mapping, struct case_node *node) {
    for (size_t i = 0; i < mapping->n; i++) {
        size_t k = 0;
        while (k < READ_KEYS && !text_equal_c(mapping->key[i]->scalar, read_keys[k])) k++;
        if (k == READ_KEYS && !case_keep_in(b, &node->other, "tdt", mapping->key[i]->scalar, mapping->child[i]))
            return false;
    }
    return true;
}

static bool read_node(struct case_build *b, const struct vocabulary *w, const struct yaml *mapping) {
    struct text id = {0}, word = text_of(w->kinds[CASE_GOAL]);
    enum case_kind kind;
    bool law;
    if (mapping->kind != YAML_MAPPING) return yaml_error(mapping, b->err, "expected a node: {\"id\": ..., ...}");
    if (!get_text(b, mapping, "id", &id) || !get_text(b, mapping, "kind", &word)) return false;
    const struct yaml *at = yaml_get(mapping, "kind");
    if (!read_kind(w, word, &kind, &law))
        return case_build_error(b, case_place_of(at ? at : mapping),
                                "%.*s: unknown kind '%.*s': expected %s, %s, %s, %s, %s, %s or %s", TEXT_ARG(id),
                                TEXT_ARG(word), w->kinds[0], w->kinds[1], w->kinds[2], w->law, w->kinds[3], w->kinds[4],
                                w->kinds[5]);
    struct case_node *node = case_build_node(b, id, kind, case_place_of(mapping));
    if (!node || !get_text(b, mapping, "text", &node->text) || !case_read_node_json(b, mapping, b->out->n_nodes - 1))
        return false;
    node->law = law;
    return keep_others(b, mapping, node) && case_read_links(b, mapping, "children", CASE_SUPPORTED_BY, id) &&
           case_read_links(b, mapping, "beside", CASE_IN_CONTEXT_OF, id);
}

static bool read_parent(struct case_build *b, const struct yaml *at, const struct case_node *node) {
    if (is_null(at)) return true;
    if (at->kind != YAML_SCALAR || at->scalar.len == 0)
        return case_build_error(b, case_place_of(at), "%s: its parent: expected an id or null", node->id);
    return case_build_link(b, case_stands_beside(node->kind) ? CASE_IN_CONTEXT_OF : CASE_SUPPORTED_BY, at->scalar,
                           text_of(node->id), false, case_place_of(at));
}

static bool copy_member(struct case_build *b, const struct yaml *mapping, const char *key, const char **out) {
    struct text t = {0};
    if (!get_text(b, mapping, key, &t)) return false;
    return t.len == 0 || (*out = text_copy(b->arena, t, b->err)) != NULL;
}

/* What other formats know of a file stands under their names, as it was. */
static bool of_another(struct text key) {
    static const char *const names[] = {"module", "tea", "sacm", "csv", "glossary"};
    for (size_t i = 0; i < 5; i++)
        if (text_equal_c(key, names[i])) return true;
    return false;
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
        if (k == 5 && !(of_another(root->key[i]->scalar)
                            ? case_keep(b, &b->out->other, root->key[i]->scalar, root->child[i])
                            : case_keep_in(b, &b->out->other, "tdt", root->key[i]->scalar, root->child[i])))
            return false;
    }
    return true;
}

static bool read_words(struct case_build *b, const struct vocabulary *w, const struct yaml *root) {
    const struct yaml *nodes = yaml_get(root, "nodes");
    if (!nodes || nodes->kind != YAML_SEQUENCE)
        return yaml_error(nodes ? nodes : root, b->err, "'nodes': expected the list of nodes");
    if (!read_head(b, root)) return false;
    for (size_t i = 0; i < nodes->n; i++)
        if (!read_node(b, w, nodes->child[i])) return false;
    for (size_t i = 0; i < nodes->n; i++) /* after all lists, which give the order */
        if (!read_parent(b, yaml_get(nodes->child[i], w->parent), &b->out->nodes[i])) return false;
    return true;
}

/* ---- writing ---- */

static bool put(json_t *object, const char *key, json_t *value) {
    return value && json_object_set_new(object, key, value) == 0;
}

/* Do the parents say this list? They do when it is those whose first parent is the node, in the order of the file. */
static bool parents_say(const size_t *first, const size_t *list, size_t n, size_t node) {
    for (size_t i = 0; i < n; i++)
        if (first[list[i]] != node || (i > 0 && list[i] < list[i - 1])) return false;
    return true;
}

static json_t *ids(const struct assurance_case *c, const size_t *list, size_t n) {
    json_t *array = json_array();
    for (size_t i = 0; array && i < n; i++) json_array_append_new(array, json_string(c->nodes[list[i]].id));
    return array;
}

/* tdt-1 says join, reason and formal of every node. */
static bool put_plain_fields(json_t *object, const struct case_node *node) {
    return (json_object_get(object, "join") || put(object, "join", json_string(case_join_name(node->join)))) &&
           (json_object_get(object, "reason") || put(object, "reason", json_string(case_reason_name(node->reason)))) &&
           (json_object_get(object, "formal") || put(object, "formal", json_array()));
}

static json_t *node_of(const struct assurance_case *c, const struct vocabulary *w, const size_t *first, size_t at,
                       struct error *err) {
    const struct case_node *n = &c->nodes[at];
    json_t *object = json_object(), *fields = case_node_json(c, n, CASE_PUT_FIELDS | CASE_PUT_OTHER, err);
    json_t *parent = first[at] == SIZE_MAX ? json_null() : json_string(c->nodes[first[at]].id);
    bool ok = object && fields && put(object, "id", json_string(n->id)) &&
              put(object, "kind", json_string(n->law ? w->law : w->kinds[n->kind])) &&
              put(object, "text", json_from_text(n->text)) && put(object, w->parent, parent);
    json_t *extra = json_object_get(fields, "extra"), *own = json_object_get(extra, "tdt");
    if (ok && own) { /* what a tdt-1 file had stands where it stood */
        ok = json_object_update_missing(object, own) == 0 && put(fields, "extra", json_copy(extra));
        json_object_del(json_object_get(fields, "extra"), "tdt");
        if (json_object_size(json_object_get(fields, "extra")) == 0) json_object_del(fields, "extra");
    }
    if (ok) json_object_del(fields, "law");
    ok = ok && json_object_update(object, fields) == 0 && put_plain_fields(object, n);
    if (ok && !parents_say(first, n->supported_by, n->n_supported_by, at))
        ok = put(object, "children", ids(c, n->supported_by, n->n_supported_by));
    if (ok && !parents_say(first, n->in_context_of, n->n_in_context_of, at))
        ok = put(object, "beside", ids(c, n->in_context_of, n->n_in_context_of));
    if (ok && n->n_challenges) ok = put(object, "challenges", ids(c, n->challenges, n->n_challenges));
    json_decref(fields);
    if (ok) return object;
    json_decref(object);
    error_memory(err, "assurance case");
    return NULL;
}

/* Several roots are told by null parents alone. */
static bool one_root(const struct assurance_case *c, const size_t *first) {
    for (size_t i = 0; i < c->n_nodes; i++)
        if (i != c->root && first[i] == SIZE_MAX && !c->nodes[i].n_challenges) return false;
    return true;
}

static bool put_head(const struct assurance_case *c, const struct vocabulary *w, const size_t *first, json_t *root) {
    bool ok = put(root, "format", json_string(w->format));
    if (ok && c->name) ok = put(root, "name", json_string(c->name));
    if (ok && c->description) ok = put(root, "description", json_string(c->description));
    if (ok && one_root(c, first)) ok = put(root, "root", json_string(c->nodes[c->root].id));
    if (!ok || !c->other) return ok;
    const char *key;
    json_t *value, *own = json_object_get(c->other, "tdt");
    json_object_foreach(c->other, key, value) if (value != own && json_object_set(root, key, value) != 0) return false;
    return !own || json_object_update_missing(root, own) == 0;
}

static bool write_words(const struct assurance_case *c, const struct vocabulary *w, struct buffer *out,
                        struct error *err) {
    size_t *first = case_first_parents(c, err);
    json_t *root = json_object(), *nodes = json_array();
    bool ok = first && ((root && nodes && put_head(c, w, first, root)) || error_memory(err, "assurance case"));
    for (size_t i = 0; ok && i < c->n_nodes; i++) {
        json_t *node = node_of(c, w, first, i, err);
        ok = node && json_array_append_new(nodes, node) == 0;
    }
    ok = ok && json_object_set(root, "nodes", nodes) == 0 && case_put_json(root, out, err);
    json_decref(root);
    json_decref(nodes);
    memory_free(first);
    return ok;
}

/* ---- the two ---- */

static bool claims_tdt(const struct case_source *s) {
    return s->tree && yaml_get(s->tree, "nodes");
}
static bool claims_cae(const struct case_source *s) {
    const struct yaml *format = s->tree ? yaml_get(s->tree, "format") : NULL;
    return format && format->kind == YAML_SCALAR && text_equal_c(format->scalar, "cae-1");
}
static bool read_tdt(struct case_build *b, const struct case_source *s) {
    return read_words(b, &words_tdt, s->tree);
}
static bool read_cae(struct case_build *b, const struct case_source *s) {
    return read_words(b, &words_cae, s->tree);
}
static bool write_tdt(const struct assurance_case *c, struct buffer *out, struct error *err) {
    return write_words(c, &words_tdt, out, err);
}
static bool write_cae(const struct assurance_case *c, struct buffer *out, struct error *err) {
    return write_words(c, &words_cae, out, err);
}

const struct case_format case_format_tdt = {
    .name = "tdt",
    .summary = "JSON (tdt-1): a list of nodes, each with its parent",
    .ending = ".json",
    .claims = claims_tdt,
    .read = read_tdt,
    .write = write_tdt,
};
const struct case_format case_format_cae = {
    .name = "cae",
    .summary = "JSON (cae-1): the same in the words of claims, arguments and evidence",
    .ending = ".cae.json",
    .claims = claims_cae,
    .read = read_cae,
    .write = write_cae,
};
