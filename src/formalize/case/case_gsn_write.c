/* Writes cases as YAML in the shape of gsn2x: see case_gsn.c. Texts of several lines are blocks where a block keeps
 * them byte for byte. */
#include "formalize/case/case_format.h"

#include <ctype.h>
#include <string.h>

/* May a word stand without quotes, in a flow list too? Words that YAML would read as something else may not. */
static bool plain_word(struct text t) {
    static const char *const taken[] = {"null", "true", "false", "yes", "no", "on", "off", "nan", "inf"};
    if (t.len == 0 || t.len > 200 || !isalpha((unsigned char)t.at[0])) return false;
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (text_equal_nocase(t, text_of(taken[i]))) return false;
    for (size_t i = 0; i < t.len; i++)
        if (!isalnum((unsigned char)t.at[i]) && !strchr("_-.", t.at[i])) return false;
    return t.at[t.len - 1] != '.';
}

static bool plain_sentence(struct text t) {
    bool plain = t.len > 0 && isalpha((unsigned char)t.at[0]) && t.at[t.len - 1] != ' ';
    for (size_t i = 0; plain && i < t.len; i++)
        plain = isalnum((unsigned char)t.at[i]) || (t.at[i] && strchr(" _-.()/%+=<>;'", t.at[i]));
    return plain && text_find(t, TEXT(" - "), 0) == SIZE_MAX &&
           (text_find(t, TEXT(" "), 0) != SIZE_MAX || plain_word(t)); /* a sole word may be "null" */
}

/* A block keeps a text whose lines hold no tab, no other control, no blank at the beginning of the first, and that ends
 * in at most one line break. */
static bool fits_block(struct text t) {
    if (t.len < 2 || text_find(t, TEXT("\n"), 0) == SIZE_MAX || t.at[0] == ' ' || t.at[0] == '\n') return false;
    if (t.at[t.len - 1] == '\n' && t.at[t.len - 2] == '\n') return false;
    for (size_t i = 0; i < t.len; i++) {
        unsigned char u = (unsigned char)t.at[i];
        if ((u < 0x20 && u != '\n') || u == 0x7f) return false;
        if (u >= 0x80) return false; /* line separators of Unicode and the like: quoted */
    }
    return true;
}

static void put_block(struct buffer *out, struct text t) {
    bool ends = t.at[t.len - 1] == '\n';
    struct text rest = ends ? text_part(t, 0, t.len - 1) : t, line;
    buffer_put_c(out, ends ? "|\n" : "|-\n");
    while (text_next(&rest, '\n', &line))
        line.len ? buffer_printf(out, "    %.*s\n", TEXT_ARG(line)) : buffer_put_char(out, '\n');
}

static void put_text(struct buffer *out, struct text t) {
    if (fits_block(t)) {
        put_block(out, t);
        return;
    }
    plain_sentence(t) ? buffer_put_text(out, t) : json_put_string(out, t);
    buffer_put_char(out, '\n');
}

static void put_id(struct buffer *out, const char *id) {
    plain_word(text_of(id)) ? buffer_put_c(out, id) : json_put_string(out, text_of(id));
}

static void put_links(struct buffer *out, const struct assurance_case *c, const char *key, const size_t *list,
                      size_t n) {
    if (n == 0) return;
    buffer_printf(out, "  %s: [", key);
    for (size_t i = 0; i < n; i++) {
        if (i) buffer_put_c(out, ", ");
        put_id(out, c->nodes[list[i]].id);
    }
    buffer_put_c(out, "]\n");
}

/* JSON in one line is YAML. */
static void put_members(struct buffer *out, const json_t *object, const char *indent) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        buffer_put_c(out, indent);
        put_id(out, key);
        buffer_put_c(out, ": ");
        json_put(out, value, 0);
        buffer_put_char(out, '\n');
    }
}

static void put_formulas(struct buffer *out, const struct case_node *node) {
    if (node->n_formal == 0) return;
    buffer_put_c(out, "  formal:\n");
    for (size_t i = 0; i < node->n_formal; i++) {
        buffer_put_c(out, "    - ");
        json_put_string(out, node->formal[i].text);
        buffer_put_char(out, '\n');
    }
}

static bool put_node(struct buffer *out, const struct assurance_case *c, const struct case_node *node,
                     struct error *err) {
    enum case_kind by_name;
    json_t *fields = case_node_json(c, node, CASE_PUT_FIELDS, err);
    if (!fields) return false;
    json_object_del(fields, "formal");
    put_id(out, node->id);
    buffer_put_c(out, ":\n");
    if (node->text.len || json_object_size(fields) == 0) {
        buffer_put_c(out, "  text: ");
        put_text(out, node->text);
    }
    if (!case_gsn_prefix(text_of(node->id), &by_name) || by_name != node->kind)
        buffer_printf(out, "  nodeType: %s\n", case_gsn_type(node->kind));
    put_links(out, c, "supportedBy", node->supported_by, node->n_supported_by);
    put_links(out, c, "inContextOf", node->in_context_of, node->n_in_context_of);
    put_links(out, c, "challenges", node->challenges, node->n_challenges);
    put_members(out, fields, "  ");
    put_formulas(out, node);
    put_members(out, node->other, "  ");
    json_decref(fields);
    return true;
}

/* A case with a name and nothing else kept gets a module of these two. */
static void put_head(struct buffer *out, const struct assurance_case *c) {
    put_members(out, c->other, "");
    if (json_object_get(c->other, "module") || (!c->name && !c->description)) return;
    buffer_put_c(out, "module:\n");
    if (c->name) {
        buffer_put_c(out, "  name: ");
        put_text(out, text_of(c->name));
    }
    if (c->description) {
        buffer_put_c(out, "  brief: ");
        put_text(out, text_of(c->description));
    }
}

bool case_write_gsn(const struct assurance_case *c, struct buffer *out, struct error *err) {
    put_head(out, c);
    for (size_t i = 0; i < c->n_nodes; i++) {
        if (i > 0 || out->len) buffer_put_char(out, '\n');
        if (!put_node(out, c, &c->nodes[i], err)) return false;
    }
    return buffer_check(out, "assurance case", err);
}
