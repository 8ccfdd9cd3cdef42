/* Writes cases as the TEA platform imports them: see case_tea.c. */
#include "formalize/case/case_format.h"

#include "base/hash.h"

#include <string.h>

struct put {
    const struct assurance_case *c;
    bool *written;
    size_t **challengers, *n_challengers; /* of each node */
    size_t depth;
    struct error *err;
};

static bool set(json_t *object, const char *key, json_t *value) {
    return value && json_object_set_new(object, key, value) == 0;
}

/* A name-based identifier: the first 16 bytes of a digest, with the marks of a UUID. */
static json_t *uuid_of(const char *id, const char *salt) {
    struct sha256 sha;
    unsigned char d[32];
    char text[40];
    sha256_init(&sha);
    sha256_add(&sha, id, strlen(id) + 1);
    sha256_add(&sha, salt, strlen(salt));
    sha256_end(&sha, d);
    d[6] = (unsigned char)((d[6] & 0x0f) | 0x80);
    d[8] = (unsigned char)((d[8] & 0x3f) | 0x80);
    snprintf(text, sizeof text, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", d[0], d[1],
             d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
    return json_string(text);
}

static json_t *tea_of(const struct case_node *node, const char *key) {
    return json_object_get(json_object_get(node->other, "tea"), key);
}

static json_t *identifier(const struct case_node *node) {
    json_t *kept = tea_of(node, "id");
    return json_is_string(kept) ? json_incref(kept) : uuid_of(node->id, "");
}

static const char *type_of(const struct put *p, size_t at) {
    enum case_kind kind = p->c->nodes[at].kind;
    if (kind == CASE_STRATEGY) return "STRATEGY";
    if (kind == CASE_SOLUTION || kind == CASE_COUNTER_SOLUTION) return "EVIDENCE";
    return at == p->c->root ? "GOAL" : "PROPERTY_CLAIM";
}

/* One context: its text into the first place that is free, the rest of it into `beside`. */
static bool put_context(struct put *p, json_t *object, json_t *contexts, json_t *beside, size_t at, bool evidence) {
    const struct case_node *node = &p->c->nodes[at];
    const char *key = node->kind == CASE_ASSUMPTION      ? "assumption"
                      : node->kind == CASE_JUSTIFICATION ? "justification"
                                                         : NULL;
    json_t *text = json_from_text(node->text),
           *own = case_node_json(p->c, node, CASE_PUT_FIELDS | CASE_PUT_OTHER, p->err);
    bool ok = text && own && set(own, "id", json_string(node->id)) &&
              set(own, "kind", json_string(case_kind_name(node->kind))) && json_object_set(own, "text", text) == 0;
    if (ok && p->written[at]) ok = set(own, "again", json_true());
    p->written[at] = true;
    if (ok && !evidence) {
        if (key && !json_object_get(object, key))
            ok = json_object_set(object, key, text) == 0;
        else
            ok = json_array_append(contexts, text) == 0;
    }
    ok = ok && json_array_append(beside, own) == 0;
    json_decref(text);
    json_decref(own);
    return ok;
}

static bool put_contexts(struct put *p, json_t *object, json_t *own, const struct case_node *node) {
    bool evidence = node->kind == CASE_SOLUTION || node->kind == CASE_COUNTER_SOLUTION;
    json_t *contexts = json_array(), *beside = json_array();
    bool ok = contexts && beside;
    for (size_t i = 0; ok && i < node->n_in_context_of; i++)
        ok = put_context(p, object, contexts, beside, node->in_context_of[i], evidence);
    if (ok && json_array_size(contexts)) ok = json_object_set(object, "context", contexts) == 0;
    if (ok && json_array_size(beside)) ok = json_object_set(own, "beside", beside) == 0;
    json_decref(contexts);
    json_decref(beside);
    return ok;
}

/* What TEA itself had comes first, then what it must have. */
static bool put_head(struct put *p, json_t *object, size_t at) {
    const struct case_node *node = &p->c->nodes[at];
    json_t *kept = json_object_get(node->other, "tea");
    bool ok = set(object, "id", identifier(node)) && set(object, "type", json_string(type_of(p, at))) &&
              set(object, "name", json_string(node->id)) && set(object, "description", json_from_text(node->text)) &&
              set(object, "inSandbox", json_false());
    if (ok && at == p->c->root && !kept) ok = set(object, "role", json_string("TOP_LEVEL"));
    if (ok && node->url) ok = set(object, "url", json_string(node->url));
    return ok && (!kept || json_object_update(object, kept) == 0);
}

/* Ours: id and kind where TEA does not say them, and the members of ours. */
static json_t *own_members(struct put *p, const struct case_node *node, const json_t *object) {
    json_t *own = case_node_json(p->c, node, CASE_PUT_FIELDS | CASE_PUT_OTHER, p->err);
    json_t *extra = json_object_get(own, "extra");
    bool ok = own != NULL;
    const char *type = json_string_value(json_object_get(object, "type"));
    if (ok && extra) {
        ok = set(own, "extra", json_copy(extra));
        json_object_del(json_object_get(own, "extra"), "tea");
        if (json_object_size(json_object_get(own, "extra")) == 0) json_object_del(own, "extra");
    }
    if (ok) json_object_del(own, "url");
    enum case_kind plain;
    if (ok && !(case_tea_type(type, &plain) && plain == node->kind))
        ok = set(own, "kind", json_string(case_kind_name(node->kind)));
    if (ok && !tea_of(node, "id")) ok = set(own, "id", json_string(node->id));
    if (ok) return own;
    json_decref(own);
    return NULL;
}

static json_t *put_node(struct put *p, size_t at, const struct case_node *above, bool defeats);

static bool put_children(struct put *p, json_t *children, size_t at) {
    const struct case_node *node = &p->c->nodes[at];
    if (p->depth > CASE_TEA_DEPTH_MOST)
        return error_set(p->err, ERROR_DATA, "%s: deeper than the %d nodes of the format tea", node->id,
                         CASE_TEA_DEPTH_MOST);
    p->depth++;
    for (size_t i = 0; i < node->n_supported_by; i++)
        if (json_array_append_new(children, put_node(p, node->supported_by[i], node, false)) != 0) return false;
    for (size_t i = 0; i < p->n_challengers[at]; i++)
        if (json_array_append_new(children, put_node(p, p->challengers[at][i], node, true)) != 0) return false;
    p->depth--;
    return true;
}

static bool put_again(json_t *object, const struct case_node *node, const struct case_node *above) {
    return set(object, "id", uuid_of(node->id, above->id)) &&
           set(object, "basanite", json_pack("{s:s}", "again", node->id));
}

static json_t *put_node(struct put *p, size_t at, const struct case_node *above, bool defeats) {
    const struct case_node *node = &p->c->nodes[at];
    json_t *object = json_object(), *children = json_array(), *own = NULL;
    bool ok = object && children && put_head(p, object, at), again = p->written[at];
    if (ok && defeats)
        ok = set(object, "isDefeater", json_true()) && set(object, "defeatsElementId", identifier(above));
    p->written[at] = true;
    if (ok && again) {
        ok = put_again(object, node, above);
    } else if (ok) {
        ok = (own = own_members(p, node, object)) && put_contexts(p, object, own, node);
        if (ok && json_object_size(own)) ok = json_object_set(object, "basanite", own) == 0;
        ok = ok && put_children(p, children, at);
    }
    ok = ok && json_object_set(object, "children", children) == 0;
    json_decref(own);
    json_decref(children);
    if (ok) return object;
    json_decref(object);
    return NULL;
}

/* Who challenges each node, in two passes over the links. */
static bool find_challengers(struct put *p, struct arena *arena) {
    const struct assurance_case *c = p->c;
    p->written = arena_new(arena, bool, c->n_nodes, p->err);
    p->challengers = arena_new(arena, size_t *, c->n_nodes, p->err);
    p->n_challengers = arena_new(arena, size_t, c->n_nodes, p->err);
    if (!p->written || !p->challengers || !p->n_challengers) return false;
    for (size_t i = 0; i < c->n_nodes; i++)
        for (size_t k = 0; k < c->nodes[i].n_challenges; k++) p->n_challengers[c->nodes[i].challenges[k]]++;
    for (size_t i = 0; i < c->n_nodes; i++) {
        if (p->n_challengers[i] && !(p->challengers[i] = arena_new(arena, size_t, p->n_challengers[i], p->err)))
            return false;
        p->n_challengers[i] = 0;
    }
    for (size_t i = 0; i < c->n_nodes; i++)
        for (size_t k = 0; k < c->nodes[i].n_challenges; k++) {
            size_t to = c->nodes[i].challenges[k];
            p->challengers[to][p->n_challengers[to]++] = i;
        }
    return true;
}

/* The schema has no room for it beside the tree. */
static bool put_with_tree(json_t *tree, json_t *own) {
    json_t *members = json_object_get(tree, "basanite");
    if (!members && (!set(tree, "basanite", json_object()) || !(members = json_object_get(tree, "basanite"))))
        return false;
    return json_object_set(members, "case", own) == 0;
}

static bool put_file(const struct put *p, json_t *root, json_t *tree) {
    const struct assurance_case *c = p->c;
    json_t *kept = json_object_get(c->other, "tea"), *rest = c->other ? json_copy(c->other) : json_object();
    bool ok = rest && set(root, "version", json_string("1.0")) &&
              set(root, "exportedAt", json_string("1970-01-01T00:00:00.000Z")) && /* the same case, the same bytes */
              (!kept || json_object_update(root, kept) == 0) &&
              set(root, "case",
                  json_pack("{s:s,s:s}", "name", c->name ? c->name : c->nodes[c->root].id, "description",
                            c->description ? c->description : "")) &&
              json_object_set(root, "tree", tree) == 0;
    json_object_del(rest, "tea");
    json_t *own = json_object();
    ok = ok && own && (kept || set(own, "made", json_true())) && (c->name || set(own, "unnamed", json_true())) &&
         (json_object_size(rest) == 0 || json_object_set(own, "extra", rest) == 0) &&
         (json_object_size(own) == 0 || put_with_tree(tree, own));
    json_decref(own);
    json_decref(rest);
    return ok;
}

static bool all_written(const struct put *p) {
    for (size_t i = 0; i < p->c->n_nodes; i++)
        if (!p->written[i])
            return error_set(p->err, ERROR_DATA, "%s is not below the root %s: the format tea has one tree",
                             p->c->nodes[i].id, p->c->nodes[p->c->root].id);
    return true;
}

bool case_write_tea(const struct assurance_case *c, struct buffer *out, struct error *err) {
    struct arena arena;
    struct put p = {.c = c, .err = err};
    arena_init(&arena, 0);
    json_t *root = json_object(), *tree = NULL;
    bool ok = find_challengers(&p, &arena) && root && (tree = put_node(&p, c->root, NULL, false)) != NULL;
    if (!ok && err && err->kind == ERROR_NONE) error_memory(err, "assurance case");
    ok = ok && all_written(&p) && (put_file(&p, root, tree) || error_memory(err, "assurance case")) &&
         case_put_json(root, out, err);
    json_decref(root);
    json_decref(tree);
    arena_done(&arena);
    return ok;
}
