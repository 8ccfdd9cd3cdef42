/* Cases as the TEA platform exports them (schema 1.0): a tree of nodes with their children inside. See case_format.h.
 *
 * Contexts, assumptions and justifications are texts of a node there, nodes here. A node is called by its display name
 * where every node has another one, else by its identifier. What the schema has no place for stands in the member
 * `basanite`; what only TEA knows is kept as `tea`. A node below two parents is written once, and `again` elsewhere. */
#include "formalize/case/case_format.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum case_kind kind, counter;
} types[] = {
    {"GOAL", CASE_GOAL, CASE_COUNTER_GOAL},           {"STRATEGY", CASE_STRATEGY, CASE_COUNTER_GOAL},
    {"PROPERTY_CLAIM", CASE_GOAL, CASE_COUNTER_GOAL}, {"EVIDENCE", CASE_SOLUTION, CASE_COUNTER_SOLUTION},
    {"MODULE", CASE_GOAL, CASE_COUNTER_GOAL},         {"CONTRACT", CASE_GOAL, CASE_COUNTER_GOAL},
};
enum { TYPES = sizeof types / sizeof *types };

bool case_tea_type(const char *type, enum case_kind *out) {
    for (size_t i = 0; type && i < TYPES; i++)
        if (strcmp(type, types[i].name) == 0) return *out = types[i].kind, true;
    return false;
}

/* ---- names ---- */

struct tea {
    struct case_build *b;
    bool by_name;
    struct text *names;   /* all display names, sorted */
    size_t n, room, made; /* made: contexts that got a name */
};

static bool is_text(const struct yaml *y) {
    return y && y->kind == YAML_SCALAR && y->quoted;
}
static struct text text_at(const struct yaml *y, const char *key) {
    const struct yaml *at = yaml_get(y, key);
    return is_text(at) ? at->scalar : (struct text){0};
}
static const struct yaml *ours(const struct yaml *node) {
    const struct yaml *at = yaml_get(node, "basanite");
    return at && at->kind == YAML_MAPPING ? at : NULL;
}
static bool on(const struct yaml *node, const char *key) {
    const struct yaml *at = yaml_get(node, key);
    return at && at->kind == YAML_SCALAR && text_equal_c(at->scalar, "true");
}

static bool add_name(struct tea *t, struct text name) {
    if (t->n == t->room) {
        size_t wanted = t->room ? t->room * 2 : 64;
        struct text *more = memory_grow(t->names, wanted, sizeof *more);
        if (!more) return error_memory(t->b->err, "assurance case");
        t->names = more;
        t->room = wanted;
    }
    t->names[t->n++] = name;
    return true;
}

static bool collect_names(struct tea *t, const struct yaml *node, size_t depth) {
    const struct yaml *children = yaml_get(node, "children");
    if (depth > CASE_TEA_DEPTH_MOST) return yaml_error(node, t->b->err, "deeper than %d nodes", CASE_TEA_DEPTH_MOST);
    if (node->kind != YAML_MAPPING) return yaml_error(node, t->b->err, "expected a node: {\"id\", \"type\", ...}");
    if (!yaml_get(ours(node), "again") && !add_name(t, text_at(node, "name"))) return false;
    if (children && children->kind != YAML_SEQUENCE)
        return yaml_error(children, t->b->err, "'children': expected a list of nodes");
    for (size_t i = 0; children && i < children->n; i++)
        if (!collect_names(t, children->child[i], depth + 1)) return false;
    return true;
}

static int compare_names(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

static bool name_taken(const struct tea *t, struct text name) {
    return t->n && bsearch(&name, t->names, t->n, sizeof name, compare_names);
}

static void judge_names(struct tea *t) {
    if (t->n) qsort(t->names, t->n, sizeof *t->names, compare_names);
    t->by_name = true;
    for (size_t i = 0; i < t->n && t->by_name; i++)
        t->by_name = t->names[i].len && (i == 0 || !text_equal(t->names[i], t->names[i - 1]));
}

static bool id_of(const struct tea *t, const struct yaml *node, struct text *out) {
    *out = text_at(ours(node), "id");
    if (out->len == 0) *out = text_at(node, t->by_name ? "name" : "id");
    return out->len || yaml_error(node, t->b->err, "a node without an id");
}

/* ---- contexts ---- */

/* A text beside a node becomes a node: C1, A1, J1 or the next that nothing is called. */
static bool new_beside(struct tea *t, struct text id, enum case_kind kind, const struct yaml *text) {
    char name[32];
    struct text own;
    do {
        snprintf(name, sizeof name, "%c%zu",
                 kind == CASE_CONTEXT      ? 'C'
                 : kind == CASE_ASSUMPTION ? 'A'
                                           : 'J',
                 ++t->made);
        own = text_of(name);
    } while (name_taken(t, own));
    char *kept = text_copy(t->b->arena, own, t->b->err);
    if (!kept) return false;
    struct case_node *node = case_build_node(t->b, text_of(kept), kind, case_place_of(text));
    if (!node) return false;
    node->text = text->scalar;
    return case_build_link(t->b, CASE_IN_CONTEXT_OF, id, text_of(kept), true, case_place_of(text));
}

/* One of ours, that says its id, kind and members. */
static bool known_beside(struct tea *t, struct text id, const struct yaml *at) {
    struct text own = text_at(at, "id"), word = text_at(at, "kind");
    enum case_kind kind = CASE_CONTEXT;
    if (own.len == 0) return yaml_error(at, t->b->err, "'beside': a node without an id");
    if (!case_build_link(t->b, CASE_IN_CONTEXT_OF, id, own, true, case_place_of(at))) return false;
    if (on(at, "again")) return true;
    while (kind < CASE_JUSTIFICATION && !text_equal_c(word, case_kind_name(kind))) kind++;
    struct case_node *node = case_build_node(t->b, own, kind, case_place_of(at));
    if (!node) return false;
    node->text = text_at(at, "text");
    return case_read_node_json(t->b, at, t->b->out->n_nodes - 1);
}

static bool told_by_ours(const struct yaml *beside, struct text text) {
    for (size_t i = 0; beside && i < beside->n; i++)
        if (text_equal(text_at(beside->child[i], "text"), text)) return true;
    return false;
}

static bool stands_in(const struct yaml *list, struct text text) {
    for (size_t i = 0; list && list->kind == YAML_SEQUENCE && i < list->n; i++)
        if (is_text(list->child[i]) && text_equal(list->child[i]->scalar, text)) return true;
    return false;
}

/* Ours come first and in our order, as far as their texts still stand in the node (evidence has no place for them). */
static bool read_beside(struct tea *t, const struct yaml *node, struct text id, bool evidence) {
    const struct yaml *beside = yaml_get(ours(node), "beside"), *contexts = yaml_get(node, "context");
    static const struct {
        const char *key;
        enum case_kind kind;
    } single[] = {{"assumption", CASE_ASSUMPTION}, {"justification", CASE_JUSTIFICATION}};
    if (beside && beside->kind != YAML_SEQUENCE) beside = NULL;
    for (size_t i = 0; beside && i < beside->n; i++) {
        struct text text = text_at(beside->child[i], "text");
        bool there = evidence || stands_in(contexts, text) || text_equal(text_at(node, "assumption"), text) ||
                     text_equal(text_at(node, "justification"), text);
        if (there && !known_beside(t, id, beside->child[i])) return false;
    }
    for (size_t i = 0; contexts && contexts->kind == YAML_SEQUENCE && i < contexts->n; i++) {
        const struct yaml *one = contexts->child[i];
        if (!is_text(one)) return yaml_error(one, t->b->err, "'context': expected texts");
        if (!told_by_ours(beside, one->scalar) && !new_beside(t, id, CASE_CONTEXT, one)) return false;
    }
    for (size_t i = 0; i < 2; i++) {
        const struct yaml *one = yaml_get(node, single[i].key);
        if (is_text(one) && one->scalar.len && !told_by_ours(beside, one->scalar) &&
            !new_beside(t, id, single[i].kind, one))
            return false;
    }
    return true;
}

/* ---- nodes ---- */

/* Members that the writer made for a node of ours are not kept: it will make them again. */
static bool made_here(const struct yaml *node, struct text key) {
    static const char *const made[] = {"id", "type", "name", "inSandbox", "role", "isDefeater", "defeatsElementId"};
    for (size_t i = 0; i < 7 && text_at(ours(node), "id").len; i++)
        if (text_equal_c(key, made[i])) return true;
    return false;
}

static bool keep_members(struct tea *t, const struct yaml *node, size_t index) {
    static const char *const read[] = {"description",   "children", "context", "assumption",
                                       "justification", "basanite", "url"};
    for (size_t i = 0; i < node->n; i++) {
        struct text key = node->key[i]->scalar;
        bool known = made_here(node, key) || (text_equal_c(key, "name") && t->by_name);
        for (size_t k = 0; k < 7; k++) known = known || text_equal_c(key, read[k]);
        if (!known && !case_keep_in(t->b, &t->b->out->nodes[index].other, "tea", key, node->child[i])) return false;
    }
    return true;
}

static bool find_kind(struct tea *t, const struct yaml *node, enum case_kind *out) {
    struct text type = text_at(node, "type"), word = text_at(ours(node), "kind");
    for (int kind = CASE_GOAL; word.len && kind <= CASE_COUNTER_SOLUTION; kind++)
        if (text_equal_c(word, case_kind_name((enum case_kind)kind))) return *out = (enum case_kind)kind, true;
    for (size_t i = 0; i < TYPES; i++)
        if (text_equal_c(type, types[i].name))
            return *out = on(node, "isDefeater") ? types[i].counter : types[i].kind, true;
    const struct yaml *at = yaml_get(node, "type");
    return yaml_error(at ? at : node, t->b->err,
                      "unknown type '%.*s': expected GOAL, STRATEGY, PROPERTY_CLAIM, EVIDENCE, MODULE or CONTRACT",
                      TEXT_ARG(type));
}

static bool read_node(struct tea *t, const struct yaml *node, struct text *out) {
    struct text id;
    enum case_kind kind = CASE_GOAL;
    if (!id_of(t, node, &id) || !find_kind(t, node, &kind)) return false;
    struct case_node *made = case_build_node(t->b, id, kind, case_place_of(node));
    if (!made) return false;
    size_t index = t->b->out->n_nodes - 1;
    struct text url = text_at(node, "url");
    made->text = text_at(node, "description");
    if (url.len && !(made->url = text_copy(t->b->arena, url, t->b->err))) return false;
    *out = id;
    return (!ours(node) || case_read_node_json(t->b, ours(node), index)) && keep_members(t, node, index) &&
           read_beside(t, node, id, kind == CASE_SOLUTION || kind == CASE_COUNTER_SOLUTION);
}

/* What a defeater defeats is the node above it: defeatsElementId is an identifier of that platform. */
static bool read_tree(struct tea *t, const struct yaml *node, struct text parent) {
    const struct yaml *children = yaml_get(node, "children"), *again = yaml_get(ours(node), "again");
    struct text id;
    if (is_text(again)) {
        enum case_link link = on(node, "isDefeater") ? CASE_CHALLENGES : CASE_SUPPORTED_BY;
        bool up = link == CASE_CHALLENGES;
        return case_build_link(t->b, link, up ? again->scalar : parent, up ? parent : again->scalar, true,
                               case_place_of(again));
    }
    if (!read_node(t, node, &id)) return false;
    if (parent.len &&
        !(on(node, "isDefeater") ? case_build_link(t->b, CASE_CHALLENGES, id, parent, true, case_place_of(node))
                                 : case_build_link(t->b, CASE_SUPPORTED_BY, parent, id, true, case_place_of(node))))
        return false;
    for (size_t i = 0; children && i < children->n; i++)
        if (!read_tree(t, children->child[i], id)) return false;
    return true;
}

/* What is of the whole case stands with its first node: the schema has no room beside the tree. */
static const struct yaml *case_members(const struct yaml *root) {
    return yaml_get(ours(yaml_get(root, "tree")), "case");
}

static bool read_head(struct case_build *b, const struct yaml *root) {
    const struct yaml *about = yaml_get(root, "case");
    struct text name = text_at(about, "name"), description = text_at(about, "description");
    if (name.len && !on(case_members(root), "unnamed") && !(b->out->name = text_copy(b->arena, name, b->err)))
        return false;
    if (description.len && !(b->out->description = text_copy(b->arena, description, b->err))) return false;
    for (size_t i = 0; i < root->n; i++) {
        struct text key = root->key[i]->scalar;
        bool made = on(case_members(root), "made") && (text_equal_c(key, "version") || text_equal_c(key, "exportedAt"));
        if (made || text_equal_c(key, "case") || text_equal_c(key, "tree")) continue;
        if (!case_keep_in(b, &b->out->other, "tea", key, root->child[i])) return false;
    }
    const struct yaml *kept = yaml_get(case_members(root), "extra");
    for (size_t i = 0; kept && kept->kind == YAML_MAPPING && i < kept->n; i++)
        if (!case_keep(b, &b->out->other, kept->key[i]->scalar, kept->child[i])) return false;
    return true;
}

static bool claims(const struct case_source *s) {
    return s->tree && yaml_get(s->tree, "tree");
}

static bool read(struct case_build *b, const struct case_source *source) {
    const struct yaml *tree = yaml_get(source->tree, "tree");
    struct tea t = {.b = b};
    bool ok = read_head(b, source->tree) && collect_names(&t, tree, 0);
    if (ok) judge_names(&t);
    ok = ok && read_tree(&t, tree, (struct text){0});
    memory_free(t.names);
    return ok;
}

const struct case_format case_format_tea = {
    .name = "tea",
    .summary = "JSON of the TEA platform, schema 1.0",
    .ending = ".tea.json",
    .claims = claims,
    .read = read,
    .write = case_write_tea,
};
