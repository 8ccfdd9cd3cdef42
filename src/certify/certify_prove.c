/* The case of a certificate, proved: see certify_internal.h. */
#include "certify/certify_case.h"
#include "certify/certify_internal.h"
#include "formalize/case/case_check.h"

#include <string.h>

static const struct case_node *find(const struct assurance_case *c, const char *id) {
    for (size_t i = 0; i < c->n_nodes; i++)
        if (strcmp(c->nodes[i].id, id) == 0) return &c->nodes[i];
    return NULL;
}

/* What the node says, in words and formulas, and what it rests on: the report has only what became of it. */
static bool add_words(json_t *out, const struct assurance_case *c, const struct case_node *n) {
    json_t *below = json_array(), *formal = json_array();
    bool ok = below && formal && json_object_set_new(out, "text", json_from_text(n->text)) == 0;
    for (size_t i = 0; ok && i < n->n_supported_by; i++)
        ok = json_array_append_new(below, json_string(c->nodes[n->supported_by[i]].id)) == 0;
    for (size_t i = 0; ok && i < n->n_formal; i++)
        ok = json_array_append_new(formal, json_from_text(n->formal[i].text)) == 0;
    ok = ok && (!n->n_supported_by || json_object_set(out, "below", below) == 0) &&
         (!n->n_formal || json_object_set(out, "formal", formal) == 0);
    json_decref(below);
    json_decref(formal);
    return ok;
}

static json_t *told(struct certifying *c, const struct assurance_case *k, const struct case_report *report,
                    struct error *err) {
    json_t *out = case_report_json(report, err), *node;
    size_t i;
    bool ok = out != NULL;
    json_object_del(out, "file");
    json_array_foreach(json_object_get(out, "nodes"), i, node) {
        const struct case_node *n = find(k, json_string_value(json_object_get(node, "id")));
        if (ok && n && !add_words(node, k, n)) ok = error_memory(err, "case");
    }
    c->out->proved = report->count[CASE_HOLDS];
    c->out->splits = 0;
    for (size_t s = 0; s < CASE_STATUSES; s++) c->out->splits += s == CASE_SKIPPED ? 0 : report->count[s];
    c->out->accepted = report->accepted;
    c->out->missing = report->missing ? text_copy(c->arena, text_of(report->missing), err) : NULL;
    if (!ok) json_decref(out), out = NULL;
    return out;
}

json_t *certify_prove(struct certifying *c, struct error *err) {
    struct case_check_settings settings = {0};
    struct assurance_case k = {0};
    struct case_checker *checker = case_checker_new(&settings, err);
    const struct case_report *report = NULL;
    if (checker && certify_case(c->policy, &c->out->rounds[c->out->standing], c->arena, &k, err))
        report = case_checker_update(checker, &k, err);
    json_t *out = report ? told(c, &k, report, err) : NULL;
    case_checker_free(checker);
    case_done(&k);
    return out;
}
