/* The report on a case as JSON: see case_check.h. */
#include "formalize/case/case_theorem.h"

#include <math.h>

struct writer {
    const struct case_report *r;
    bool failed;
};

static void set(struct writer *w, json_t *object, const char *name, json_t *value) {
    if (!value || json_object_set_new(object, name, value) != 0) w->failed = true;
}

static void push(struct writer *w, json_t *list, json_t *value) {
    if (!list || !value || json_array_append_new(list, value) != 0) w->failed = true;
}

static json_t *point(struct writer *w, struct case_point p) {
    const struct case_node *n = &w->r->c->nodes[p.node];
    json_t *object = json_object();
    set(w, object, "node", json_from_text(text_of(n->id)));
    set(w, object, "line", json_integer((json_int_t)p.line));
    set(w, object, "text", json_from_text(n->formal[p.line].text));
    return object;
}

static json_t *core(struct writer *w, const struct case_theorem *t) {
    json_t *list = json_array();
    for (size_t i = 0; i < t->outcome->n_core; i++) push(w, list, point(w, t->premise[t->outcome->core[i]]));
    return list;
}

/* Premises of a split that holds and does without them. */
static json_t *idle(struct writer *w, const struct case_theorem *t) {
    json_t *list = json_array();
    size_t next = 0;
    for (size_t i = 0; i < t->n_premise; i++) {
        while (next < t->outcome->n_core && t->outcome->core[next] < i) next++;
        if (next < t->outcome->n_core && t->outcome->core[next] == i) continue;
        push(w, list, point(w, t->premise[i]));
    }
    return list;
}

static json_t *fault(struct writer *w, const struct case_fault *f) {
    const struct case_node *n = &w->r->c->nodes[f->at.node];
    json_t *object = point(w, f->at);
    set(w, object, "column", json_integer((json_int_t)f->column));
    if (n->formal[f->at.line].line) set(w, object, "file_line", json_integer((json_int_t)n->formal[f->at.line].line));
    set(w, object, "message", json_from_text(text_of(f->message)));
    return object;
}

static void add_theorem(struct writer *w, json_t *object, const struct case_theorem *t) {
    if (t->not_asked) set(w, object, "reason", json_string(t->not_asked));
    if (t->fault) set(w, object, "error", fault(w, t->fault));
    if (t->fault || !t->outcome) return;
    if (json_object_update(object, t->outcome->detail) != 0) w->failed = true;
    if (t->outcome->status == CASE_HOLDS) set(w, object, "used", core(w, t)), set(w, object, "unused", idle(w, t));
    if (t->outcome->status == CASE_VACUOUS) set(w, object, "clash", core(w, t));
}

/* The theorem that says most about a node: of an Or the one that gives it its status. */
static const struct case_theorem *telling(const struct case_node_result *r) {
    for (size_t i = 0; i < r->n_theorems; i++)
        if (case_theorem_status(r->theorems[i]) == r->status) return r->theorems[i];
    return r->n_theorems ? r->theorems[0] : NULL;
}

static void add_branches(struct writer *w, json_t *object, const struct case_node *n,
                         const struct case_node_result *r) {
    json_t *branches = json_object();
    for (size_t i = 0; i < r->n_theorems; i++)
        set(w, branches, w->r->c->nodes[n->supported_by[i]].id,
            json_string(case_status_name(case_theorem_status(r->theorems[i]))));
    set(w, object, "branches", branches);
}

static json_t *node(struct writer *w, size_t i) {
    const struct case_node *n = &w->r->c->nodes[i];
    const struct case_node_result *r = &w->r->nodes[i];
    json_t *object = json_object();
    set(w, object, "id", json_from_text(text_of(n->id)));
    set(w, object, "kind", json_string(case_kind_name(n->kind)));
    set(w, object, "status", json_string(case_status_name(r->status)));
    set(w, object, "supported", json_string(case_support_name(r->support)));
    set(w, object, "yellow", json_boolean(r->yellow));
    if (r->n_theorems) add_theorem(w, object, telling(r));
    if (r->n_theorems && n->join == CASE_OR) add_branches(w, object, n, r);
    if (r->why && !json_object_get(object, "why")) set(w, object, "why", json_from_text(text_of(r->why)));
    if (!isnan(r->belief)) set(w, object, "belief", json_from_f64(r->belief));
    if (!isnan(r->disbelief)) set(w, object, "disbelief", json_from_f64(r->disbelief));
    return object;
}

static json_t *counts(struct writer *w) {
    json_t *object = json_object();
    for (int s = 0; s < CASE_STATUSES; s++)
        set(w, object, case_status_name((enum case_status)s), json_integer((json_int_t)w->r->count[s]));
    return object;
}

json_t *case_report_json(const struct case_report *r, struct error *err) {
    struct writer w = {.r = r};
    const struct assurance_case *c = r->c;
    json_t *object = json_object(), *nodes = json_array(), *unused = json_array();
    if (c->name) set(&w, object, "case", json_from_text(text_of(c->name)));
    if (c->file) set(&w, object, "file", json_from_text(text_of(c->file)));
    set(&w, object, "root", json_from_text(text_of(c->nodes[r->root].id)));
    set(&w, object, "accepted", json_boolean(r->accepted));
    set(&w, object, "supported", json_string(case_support_name(r->nodes[r->root].support)));
    set(&w, object, "counts", counts(&w));
    for (size_t i = 0; i < c->n_nodes; i++)
        if (r->nodes[i].looked_at) push(&w, nodes, node(&w, i));
    set(&w, object, "nodes", nodes);
    for (size_t i = 0; i < r->n_unused; i++) push(&w, unused, point(&w, r->unused[i]));
    set(&w, object, "unused", unused);
    set(&w, object, "undeveloped", json_integer((json_int_t)r->undeveloped));
    double share = r->goals ? (double)r->formalised / (double)r->goals : 0;
    set(&w, object, "formalised_share", json_from_f64(share));
    if (object && !w.failed) return object;
    json_decref(object);
    error_memory(err, "a report on a case");
    return NULL;
}
