/* Cases as XMI of the structured assurance case metamodel (SACM 2.x): claims, references to artifacts, reasoning and
 * the relations asserted between them. A subset, see docs/case.md; elements, attributes and tags that are not of it are
 * kept as they stand. See case_format.h.
 *
 * A goal is a Claim, a strategy ArgumentReasoning, a solution or context an ArtifactReference, an assumption a claim
 * that is assumed, a justification one that is axiomatic. The members of ours and the exact links stand in a tag of the
 * key "basanite"; without it links follow from AssertedInference, AssertedEvidence and AssertedContext. */
#include "base/xml.h"
#include "formalize/case/case_format.h"

#include <stdlib.h>
#include <string.h>

enum element_kind { OTHER, CLAIM, ARTIFACT, REASONING, INFERENCE, EVIDENCE, CONTEXT };

struct element {
    const struct xml *xml;
    enum element_kind kind;
    struct text id, tag; /* tag: the value of ours */
    bool targeted;       /* a relation that another is about: it is kept as it stands, beside what it says */
    size_t node;
};

struct by_id {
    struct text id;
    size_t at;
};

struct sacm {
    struct case_build *b;
    struct element *at;
    size_t n, room;
    struct by_id *ids; /* sorted; of all elements */
    json_t *unknown;
};

static struct text type_of(const struct xml *e) {
    struct text type = xml_local(xml_get(e, "type"));
    return type.len ? type : xml_local(e->name);
}

static enum element_kind kind_of(const struct xml *e) {
    static const char *const names[] = {
        "Claim", "ArtifactReference", "ArgumentReasoning", "AssertedInference", "AssertedEvidence", "AssertedContext"};
    for (size_t i = 0; i < 6; i++)
        if (text_equal_c(type_of(e), names[i])) return (enum element_kind)(i + 1);
    return OTHER;
}

static bool is_package(const struct xml *e) {
    static const char *const names[] = {"AssuranceCasePackage", "assuranceCasePackage", "ArgumentPackage",
                                        "argumentPackage", "XMI"};
    for (size_t i = 0; i < 5; i++)
        if (text_equal_c(xml_local(e->name), names[i]) || text_equal_c(type_of(e), names[i])) return true;
    return false;
}

/* The words of a <name>, <content> or <description>: an attribute of it, of what is inside, or its text. */
static struct text words_of(const struct xml *e, size_t depth) {
    struct text t = xml_get(e, "value");
    if (t.len == 0) t = xml_get(e, "content");
    if (t.len == 0) t = text_trim(e->text);
    for (size_t i = 0; t.len == 0 && depth < 4 && i < e->n; i++) t = words_of(e->child[i], depth + 1);
    return t;
}

static const struct xml *child_named(const struct xml *e, const char *name) {
    for (size_t i = 0; i < e->n; i++)
        if (text_equal_c(xml_local(e->child[i]->name), name)) return e->child[i];
    return NULL;
}

static struct text member(const struct xml *e, const char *name) {
    const struct xml *child = child_named(e, name);
    struct text t = xml_get(e, name);
    return t.len || !child ? t : words_of(child, 0);
}

static bool is_ours(const struct xml *e) {
    return text_equal_c(xml_local(e->name), "taggedValue") && text_equal_c(xml_get(e, "key"), "basanite");
}

static struct text our_tag(const struct xml *e) {
    for (size_t i = 0; i < e->n; i++)
        if (is_ours(e->child[i])) return xml_get(e->child[i], "value");
    return (struct text){0};
}

/* ---- collecting ---- */

static bool add_element(struct sacm *s, const struct xml *e, enum element_kind kind) {
    if (s->n == s->room) {
        size_t wanted = s->room ? s->room * 2 : 64;
        struct element *more = memory_grow(s->at, wanted, sizeof *more);
        if (!more) return error_memory(s->b->err, "assurance case");
        s->at = more;
        s->room = wanted;
    }
    struct text id = xml_get(e, "gid");
    if (id.len == 0) id = xml_get(e, "id");
    if (id.len == 0) id = member(e, "name");
    s->at[s->n++] = (struct element){e, kind, id, our_tag(e), false, SIZE_MAX};
    return kind > REASONING || id.len || xml_error(e, s->b->err, "an element without gid, id or name");
}

static bool keep_raw(json_t **list, struct text source) {
    if (!*list) *list = json_array();
    return *list && json_array_append_new(*list, json_from_text(source)) == 0;
}

static bool head_member(const struct xml *e) {
    return text_equal_c(xml_local(e->name), "name") || text_equal_c(xml_local(e->name), "description") || is_ours(e);
}

static bool collect(struct sacm *s, const struct xml *package) {
    for (size_t i = 0; i < package->n; i++) {
        const struct xml *e = package->child[i];
        enum element_kind kind = kind_of(e);
        bool ok = kind != OTHER    ? add_element(s, e, kind)
                  : is_package(e)  ? collect(s, e)
                  : head_member(e) ? true
                                   : keep_raw(&s->unknown, e->source) || error_memory(s->b->err, "assurance case");
        if (!ok) return false;
    }
    return true;
}

/* ---- references ---- */

/* The ids of an attribute (parted by blanks) or of children; calls back with each. */
typedef bool reference_sink(struct sacm *s, void *context, struct text id, const struct xml *at);

static struct text without_hash(struct text id) {
    return id.len > 1 && id.at[0] == '#' ? text_part(id, 1, id.len) : id;
}

static bool each_reference(struct sacm *s, const struct xml *e, const char *name, reference_sink *sink, void *context) {
    struct text rest = xml_get(e, name), one;
    while (rest.len && text_next(&rest, ' ', &one))
        if (one.len && !sink(s, context, without_hash(one), e)) return false;
    for (size_t i = 0; i < e->n; i++) {
        const struct xml *child = e->child[i];
        if (!text_equal_c(xml_local(child->name), name)) continue;
        struct text id = xml_get(child, "idref");
        if (id.len == 0) id = xml_get(child, "href");
        if (id.len == 0) id = xml_get(child, "gid");
        if (id.len == 0) id = text_trim(child->text);
        if (id.len == 0) return xml_error(child, s->b->err, "a reference without idref, href or gid");
        if (!sink(s, context, without_hash(id), child)) return false;
    }
    return true;
}

static bool first_sink(struct sacm *s, void *context, struct text id, const struct xml *at) {
    struct text *out = context;
    (void)s;
    (void)at;
    if (out->len == 0) *out = id;
    return true;
}

static int compare_ids(const void *a, const void *b) {
    const struct by_id *x = a, *y = b;
    int by_id = text_compare(x->id, y->id);
    return by_id ? by_id : x->at < y->at ? -1 : x->at > y->at;
}

static bool sort_ids(struct sacm *s) {
    s->ids = memory_zeroed(s->n + 1, sizeof *s->ids);
    if (!s->ids) return error_memory(s->b->err, "assurance case");
    for (size_t i = 0; i < s->n; i++) s->ids[i] = (struct by_id){s->at[i].id, i};
    qsort(s->ids, s->n, sizeof *s->ids, compare_ids);
    return true;
}

/* The first element of that id. */
static struct element *find_any(struct sacm *s, struct text id) {
    size_t from = 0, to = s->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (text_compare(s->ids[mid].id, id) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from < s->n && text_equal(s->ids[from].id, id) ? &s->at[s->ids[from].at] : NULL;
}

/* The same of what becomes a node. */
static struct element *find(struct sacm *s, struct text id) {
    struct element *e = find_any(s, id);
    return e && e->kind <= REASONING ? e : NULL;
}

/* ---- nodes ---- */

/* Is it what an AssertedContext brings in? Such references are contexts, such claims assumptions or justifications. */
struct context_use {
    bool *beside, *counter;
    bool is_counter, is_context;
};

static bool use_sink(struct sacm *s, void *context, struct text id, const struct xml *at) {
    struct context_use *use = context;
    struct element *e = find(s, id);
    (void)at;
    if (e && use->is_context) use->beside[e - s->at] = true;
    if (e && use->is_counter) use->counter[e - s->at] = true;
    return true;
}

static enum case_kind node_kind(const struct element *e, bool beside, bool counter) {
    struct text declared = xml_get(e->xml, "assertionDeclaration");
    if (e->kind == REASONING) return CASE_STRATEGY;
    if (e->kind == ARTIFACT) return counter ? CASE_COUNTER_SOLUTION : beside ? CASE_CONTEXT : CASE_SOLUTION;
    if (beside && text_equal_c(declared, "axiomatic")) return CASE_JUSTIFICATION;
    if (beside && text_equal_c(declared, "assumed")) return CASE_ASSUMPTION;
    return counter ? CASE_COUNTER_GOAL : beside ? CASE_CONTEXT : CASE_GOAL;
}

static bool known_attribute(struct text name) {
    static const char *const names[] = {"gid", "id", "type", "name", "content", "description", "assertionDeclaration"};
    for (size_t i = 0; i < 7; i++)
        if (text_equal_c(xml_local(name), names[i])) return true;
    return false;
}

static bool known_child(const struct xml *e) {
    return head_member(e) || text_equal_c(xml_local(e->name), "content");
}

/* Attributes and children that are not of the subset, as {attributes: {}, inside: []}. */
static bool keep_rest(struct sacm *s, const struct xml *e, struct text id, json_t **other) {
    json_t *kept = json_object(), *attributes = json_object(), *inside = NULL;
    bool ok = kept && attributes;
    struct text name = member(e, "name");
    for (size_t i = 0; ok && i < e->n_attributes; i++)
        if (!known_attribute(e->attributes[i].name))
            ok = json_object_setn_new(attributes, e->attributes[i].name.at, e->attributes[i].name.len,
                                      json_from_text(e->attributes[i].value)) == 0;
    for (size_t i = 0; ok && i < e->n; i++)
        if (!known_child(e->child[i])) ok = keep_raw(&inside, e->child[i]->source);
    if (ok && json_object_size(attributes)) ok = json_object_set(kept, "attributes", attributes) == 0;
    if (ok && inside) ok = json_object_set(kept, "inside", inside) == 0;
    if (ok && name.len && !text_equal(name, id)) ok = json_object_set_new(kept, "name", json_from_text(name)) == 0;
    if (ok && json_object_size(kept)) {
        if (!*other) *other = json_object();
        ok = *other && json_object_set(*other, "sacm", kept) == 0;
    }
    json_decref(kept);
    json_decref(attributes);
    json_decref(inside);
    return ok || error_memory(s->b->err, "assurance case");
}

static bool read_tag(struct sacm *s, struct element *e, struct case_place place) {
    json_t *value = json_read(e->tag, s->b->file, place.line, s->b->err);
    const char *kind = json_string_value(json_object_get(value, "kind"));
    for (int k = CASE_GOAL; kind && k <= CASE_COUNTER_SOLUTION; k++)
        if (strcmp(kind, case_kind_name((enum case_kind)k)) == 0) s->b->out->nodes[e->node].kind = (enum case_kind)k;
    json_decref(value);
    return value && case_read_node_text(s->b, e->tag, place, e->node);
}

static bool add_node(struct sacm *s, struct element *e, bool beside, bool counter) {
    struct case_place place = {e->xml->line, e->xml->column};
    struct case_node *node = case_build_node(s->b, e->id, node_kind(e, beside, counter), place);
    if (!node) return false;
    e->node = s->b->out->n_nodes - 1;
    node->text = member(e->xml, "content");
    if (node->text.len == 0) node->text = member(e->xml, "description");
    if (node->text.len == 0 && e->tag.len == 0) node->text = member(e->xml, "name");
    node->undeveloped = e->tag.len == 0 && text_equal_c(xml_get(e->xml, "assertionDeclaration"), "needsSupport");
    return (e->tag.len == 0 || read_tag(s, e, place)) && keep_rest(s, e->xml, e->id, &s->b->out->nodes[e->node].other);
}

/* ---- relations ---- */

struct relation {
    enum case_link kind;
    bool counter;
    struct text target, reasoning;
};

static bool is_true(struct text t) {
    return text_equal_c(t, "true") || text_equal_c(t, "1");
}

static bool source_sink(struct sacm *s, void *context, struct text id, const struct xml *at) {
    struct relation *r = context;
    struct case_place place = {at->line, at->column};
    if (r->counter) return case_build_link(s->b, CASE_CHALLENGES, id, r->target, false, place);
    struct text from = r->kind == CASE_SUPPORTED_BY && r->reasoning.len ? r->reasoning : r->target;
    return case_build_link(s->b, r->kind, from, id, true, place);
}

/* Where the target has a tag of ours, its links stand there. A relation to another relation is kept as it stands. */
static bool add_relation(struct sacm *s, const struct element *e) {
    struct relation r = {.kind = e->kind == CONTEXT ? CASE_IN_CONTEXT_OF : CASE_SUPPORTED_BY,
                         .counter = is_true(xml_get(e->xml, "isCounter"))};
    if (!each_reference(s, e->xml, "target", first_sink, &r.target) ||
        !each_reference(s, e->xml, "reasoning", first_sink, &r.reasoning))
        return false;
    struct element *target = find(s, r.target), *reasoning = find(s, r.reasoning);
    if (r.target.len == 0) return xml_error(e->xml, s->b->err, "a relation without a target");
    if (!target && text_starts(e->id, TEXT("basanite:"))) return true;
    bool about_relation = !target && find_any(s, r.target);
    if (e->targeted && !about_relation && !keep_raw(&s->unknown, e->xml->source))
        return error_memory(s->b->err, "assurance case");
    if (about_relation) return keep_raw(&s->unknown, e->xml->source) || error_memory(s->b->err, "assurance case");
    if (!target) return xml_error(e->xml, s->b->err, "its target '%.*s' is not there", TEXT_ARG(r.target));
    if (text_starts(e->id, TEXT("basanite:")) && target->tag.len) return true;
    if (r.reasoning.len && !reasoning)
        return xml_error(e->xml, s->b->err, "its reasoning '%.*s' is not there", TEXT_ARG(r.reasoning));
    if (reasoning && r.kind == CASE_SUPPORTED_BY && !r.counter &&
        !case_build_link(s->b, CASE_SUPPORTED_BY, r.target, r.reasoning, true,
                         (struct case_place){e->xml->line, e->xml->column}))
        return false;
    return each_reference(s, e->xml, "source", source_sink, &r);
}

/* ---- the file ---- */

static bool find_uses(struct sacm *s, struct context_use *use) {
    for (size_t i = 0; i < s->n; i++) {
        struct text target = {0};
        if (s->at[i].kind < INFERENCE) continue;
        if (!each_reference(s, s->at[i].xml, "target", first_sink, &target)) return false;
        struct element *about = find_any(s, target);
        if (about && about->kind > REASONING) about->targeted = true;
        use->is_context = s->at[i].kind == CONTEXT;
        use->is_counter = is_true(xml_get(s->at[i].xml, "isCounter"));
        if ((use->is_context || use->is_counter) && !each_reference(s, s->at[i].xml, "source", use_sink, use))
            return false;
    }
    return true;
}

static bool read_head(struct sacm *s, const struct xml *root) {
    struct case_build *b = s->b;
    struct text name = member(root, "name"), about = member(root, "description"), tag = our_tag(root);
    json_t *kept = json_object(), *attributes = json_object(), *extra = NULL;
    bool ok = kept && attributes;
    if (ok && name.len) ok = (b->out->name = text_copy(b->arena, name, b->err)) != NULL;
    if (ok && about.len) ok = (b->out->description = text_copy(b->arena, about, b->err)) != NULL;
    if (ok && tag.len) ok = (extra = json_read(tag, b->file, root->line, b->err)) != NULL;
    for (size_t i = 0; ok && i < root->n_attributes; i++)
        if (text_starts(root->attributes[i].name, TEXT("xmlns")) &&
            !case_sacm_own_name(root->attributes[i].name, root->attributes[i].value))
            ok = json_object_setn_new(attributes, root->attributes[i].name.at, root->attributes[i].name.len,
                                      json_from_text(root->attributes[i].value)) == 0;
    if (ok && s->unknown)
        ok = json_object_set(kept, "names", attributes) == 0 && json_object_set(kept, "unknown", s->unknown) == 0;
    if (ok && json_is_object(extra)) b->out->other = json_incref(extra);
    if (ok && json_object_size(kept)) {
        if (!b->out->other) b->out->other = json_object();
        ok = b->out->other && json_object_set(b->out->other, "sacm", kept) == 0;
    }
    json_decref(kept);
    json_decref(attributes);
    json_decref(extra);
    return ok || b->err->kind != ERROR_NONE ? ok : error_memory(b->err, "assurance case");
}

static bool read_elements(struct sacm *s, const struct xml *root) {
    struct context_use use = {.beside = memory_zeroed(s->n + 1, sizeof(bool)),
                              .counter = memory_zeroed(s->n + 1, sizeof(bool))};
    bool ok = use.beside && use.counter ? find_uses(s, &use) : error_memory(s->b->err, "assurance case");
    for (size_t i = 0; ok && i < s->n; i++)
        if (s->at[i].kind <= REASONING) ok = add_node(s, &s->at[i], use.beside[i], use.counter[i]);
    for (size_t i = 0; ok && i < s->n; i++)
        if (s->at[i].kind > REASONING) ok = add_relation(s, &s->at[i]);
    memory_free(use.beside);
    memory_free(use.counter);
    return ok && read_head(s, root);
}

static bool claims(const struct case_source *source) {
    struct text t = text_trim(source->t);
    if (text_starts(t, TEXT("\xef\xbb\xbf"))) t = text_part(t, 3, t.len);
    return t.len && t.at[0] == '<';
}

static bool read(struct case_build *b, const struct case_source *source) {
    struct sacm s = {.b = b};
    struct xml *root = xml_read(b->arena, source->t, b->file, b->err);
    if (!root) return false;
    bool ok = is_package(root) || xml_error(root, b->err, "expected an AssuranceCasePackage or ArgumentPackage");
    ok = ok && collect(&s, root);
    ok = ok && sort_ids(&s) && read_elements(&s, root);
    memory_free(s.ids);
    json_decref(s.unknown);
    memory_free(s.at);
    return ok;
}

const struct case_format case_format_sacm = {
    .name = "sacm",
    .summary = "XMI of the structured assurance case metamodel (SACM 2.x), a subset",
    .ending = ".xmi",
    .claims = claims,
    .read = read,
    .write = case_write_sacm,
};
