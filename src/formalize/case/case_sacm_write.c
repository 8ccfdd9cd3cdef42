/* Writes cases as XMI of SACM 2.x: see case_sacm.c. */
#include "base/xml.h"
#include "formalize/case/case_format.h"

#include <string.h>

struct put {
    const struct assurance_case *c;
    struct buffer *out;
    size_t *first; /* parents */
    struct error *err;
};

static void put_attribute(struct buffer *out, const char *name, struct text value) {
    buffer_printf(out, " %s=\"", name);
    xml_put(out, value);
    buffer_put_char(out, '"');
}

static void put_words(struct buffer *out, const char *indent, const char *element, const char *attribute,
                      struct text value) {
    buffer_printf(out, "%s<%s", indent, element);
    put_attribute(out, attribute, value);
    buffer_put_c(out, "/>\n");
}

static bool put_tag(struct put *p, const char *indent, const json_t *value) {
    struct buffer json;
    buffer_init(&json, (size_t)CASE_FILE_MOST);
    bool ok = json_put(&json, value, 0) && buffer_check(&json, "assurance case", p->err);
    if (ok) {
        buffer_printf(p->out, "%s<taggedValue key=\"basanite\"", indent);
        put_attribute(p->out, "value", buffer_text(&json));
        buffer_put_c(p->out, "/>\n");
    }
    buffer_done(&json);
    return ok;
}

/* ---- elements ---- */

static const char *type_of(enum case_kind kind) {
    if (kind == CASE_STRATEGY) return "ArgumentReasoning";
    bool artifact = kind == CASE_SOLUTION || kind == CASE_CONTEXT || kind == CASE_COUNTER_SOLUTION;
    return artifact ? "ArtifactReference" : "Claim";
}

static const char *declaration_of(const struct case_node *node) {
    if (node->kind == CASE_ASSUMPTION) return "assumed";
    if (node->kind == CASE_JUSTIFICATION) return "axiomatic";
    if (json_is_true(json_object_get(node->other, "defeated"))) return "defeated";
    return node->undeveloped ? "needsSupport" : "asserted";
}

/* Ours: the kind, the members, the exact links; what SACM itself had is written as elements. */
static json_t *own_members(struct put *p, const struct case_node *node) {
    json_t *own = case_node_json(p->c, node, CASE_PUT_FIELDS | CASE_PUT_LINKS | CASE_PUT_OTHER, p->err);
    json_t *extra = json_object_get(own, "extra");
    if (!own) return NULL;
    if (json_object_get(extra, "sacm")) {
        json_object_set_new(own, "extra", json_copy(extra));
        json_object_del(json_object_get(own, "extra"), "sacm");
        if (json_object_size(json_object_get(own, "extra")) == 0) json_object_del(own, "extra");
    }
    if (json_object_set_new(own, "kind", json_string(case_kind_name(node->kind))) == 0) return own;
    json_decref(own);
    error_memory(p->err, "assurance case");
    return NULL;
}

static void put_raw(struct buffer *out, const char *indent, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        buffer_put_c(out, indent);
        buffer_put_text(out, json_text(json_array_get(list, i)));
        buffer_put_char(out, '\n');
    }
}

static bool put_element(struct put *p, const struct case_node *node) {
    json_t *kept = json_object_get(node->other, "sacm"), *name = json_object_get(kept, "name"), *value;
    json_t *own = own_members(p, node);
    const char *key;
    if (!own) return false;
    buffer_printf(p->out, "    <argumentationElement xsi:type=\"sacm:%s\"", type_of(node->kind));
    put_attribute(p->out, "gid", text_of(node->id));
    if (strcmp(type_of(node->kind), "Claim") == 0)
        put_attribute(p->out, "assertionDeclaration", text_of(declaration_of(node)));
    json_object_foreach(json_object_get(kept, "attributes"), key, value) put_attribute(p->out, key, json_text(value));
    buffer_put_c(p->out, ">\n");
    put_words(p->out, "      ", "name", "content", name ? json_text(name) : text_of(node->id));
    if (node->text.len) put_words(p->out, "      ", "content", "value", node->text);
    bool ok = put_tag(p, "      ", own);
    put_raw(p->out, "      ", json_object_get(kept, "inside"));
    buffer_put_c(p->out, "    </argumentationElement>\n");
    json_decref(own);
    return ok;
}

/* ---- relations ---- */

static void put_reference(struct put *p, const char *role, size_t node) {
    buffer_printf(p->out, "      <%s", role);
    put_attribute(p->out, "xmi:idref", text_of(p->c->nodes[node].id));
    buffer_put_c(p->out, "/>\n");
}

struct relation {
    const char *type;
    bool counter;
    size_t target, reasoning; /* SIZE_MAX: none */
};

/* One relation of those of the list that `wanted` takes; nothing when there are none. */
static void put_relation(struct put *p, struct relation r, const size_t *list, size_t n,
                         bool (*wanted)(enum case_kind kind)) {
    size_t taken = 0;
    for (size_t i = 0; i < n; i++) taken += wanted(p->c->nodes[list[i]].kind);
    if (taken == 0 || r.target == SIZE_MAX) return;
    buffer_printf(p->out, "    <argumentationElement xsi:type=\"sacm:%s\" gid=\"basanite:%s:", r.type, r.type);
    xml_put(p->out, text_of(p->c->nodes[r.reasoning != SIZE_MAX ? r.reasoning : r.target].id));
    buffer_put_c(p->out, r.counter ? ":counter\" isCounter=\"true\">\n" : "\">\n");
    for (size_t i = 0; i < n; i++)
        if (wanted(p->c->nodes[list[i]].kind)) put_reference(p, "source", list[i]);
    put_reference(p, "target", r.target);
    if (r.reasoning != SIZE_MAX) put_reference(p, "reasoning", r.reasoning);
    buffer_put_c(p->out, "    </argumentationElement>\n");
}

static bool is_claim(enum case_kind kind) {
    return kind == CASE_GOAL || kind == CASE_COUNTER_GOAL;
}
static bool is_evidence(enum case_kind kind) {
    return kind == CASE_SOLUTION || kind == CASE_COUNTER_SOLUTION;
}
static bool is_any(enum case_kind kind) {
    (void)kind;
    return true;
}

/* The claim that a strategy is about: the first above it that is none. */
static size_t claim_above(const struct put *p, size_t at) {
    while (at != SIZE_MAX && p->c->nodes[at].kind == CASE_STRATEGY) at = p->first[at];
    return at;
}

static void put_relations(struct put *p, size_t at) {
    const struct case_node *node = &p->c->nodes[at];
    bool strategy = node->kind == CASE_STRATEGY;
    struct relation r = {.target = claim_above(p, at), .reasoning = strategy ? at : SIZE_MAX};
    r.type = "AssertedInference";
    put_relation(p, r, node->supported_by, node->n_supported_by, is_claim);
    r.type = "AssertedEvidence";
    put_relation(p, r, node->supported_by, node->n_supported_by, is_evidence);
    r = (struct relation){"AssertedContext", false, at, SIZE_MAX};
    put_relation(p, r, node->in_context_of, node->n_in_context_of, is_any);
    for (size_t i = 0; i < node->n_challenges; i++) {
        r = (struct relation){node->kind == CASE_COUNTER_SOLUTION ? "AssertedEvidence" : "AssertedInference", true,
                              node->challenges[i], SIZE_MAX};
        put_relation(p, r, &at, 1, is_any);
    }
}

/* ---- the file ---- */

static const char *const own_names[][2] = {{"xmlns:xmi", "http://www.omg.org/XMI"},
                                           {"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"},
                                           {"xmlns:sacm", "http://www.omg.org/spec/SACM/2.2"}};

bool case_sacm_own_name(struct text name, struct text value) {
    for (size_t i = 0; i < 3; i++)
        if (text_equal_c(name, own_names[i][0]) && text_equal_c(value, own_names[i][1])) return true;
    return false;
}

/* Names of namespaces that raw elements of the file may use are those they came with. */
static void put_names(struct put *p, const json_t *names) {
    const char *key;
    json_t *value;
    for (size_t i = 0; i < 3; i++)
        if (!json_object_get(names, own_names[i][0])) put_attribute(p->out, own_names[i][0], text_of(own_names[i][1]));
    json_object_foreach((json_t *)names, key, value) put_attribute(p->out, key, json_text(value));
}

static bool put_head(struct put *p) {
    const struct assurance_case *c = p->c;
    json_t *kept = json_object_get(c->other, "sacm"), *rest = c->other ? json_copy(c->other) : NULL;
    bool ok = true;
    buffer_put_c(p->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sacm:AssuranceCasePackage xmi:version=\"2.0\"");
    put_names(p, json_object_get(kept, "names"));
    buffer_put_c(p->out, " gid=\"case\">\n");
    if (c->name) put_words(p->out, "  ", "name", "content", text_of(c->name));
    if (c->description) put_words(p->out, "  ", "description", "content", text_of(c->description));
    if (rest) json_object_del(rest, "sacm");
    if (json_object_size(rest)) ok = put_tag(p, "  ", rest);
    json_decref(rest);
    return ok;
}

bool case_write_sacm(const struct assurance_case *c, struct buffer *out, struct error *err) {
    struct put p = {c, out, case_first_parents(c, err), err};
    bool ok = p.first && put_head(&p);
    buffer_put_c(out, "  <argumentPackage gid=\"argument\">\n");
    for (size_t i = 0; ok && i < c->n_nodes; i++) ok = put_element(&p, &c->nodes[i]);
    for (size_t i = 0; ok && i < c->n_nodes; i++) put_relations(&p, i);
    put_raw(out, "    ", json_object_get(json_object_get(c->other, "sacm"), "unknown"));
    buffer_put_c(out, "  </argumentPackage>\n</sacm:AssuranceCasePackage>\n");
    memory_free(p.first);
    return ok && buffer_check(out, "assurance case", err);
}
