/* From theorems to the verdict on a case: what is supported, what is yellow, what is not used. See case_check.h. */
#include "formalize/case/case_order.h"
#include "formalize/case/case_theorem.h"

#include <string.h>

/* ---- local status ---- */

/* Of an Or: it holds when one does; otherwise the worst that its reader must know of. */
static enum case_status joined(const struct case_node_result *r) {
    static const enum case_status worst[] = {CASE_ERROR, CASE_VACUOUS, CASE_UNKNOWN, CASE_REFUTED, CASE_SKIPPED};
    for (size_t i = 0; i < r->n_theorems; i++)
        if (case_theorem_status(r->theorems[i]) == CASE_HOLDS) return CASE_HOLDS;
    for (size_t w = 0; w < sizeof worst / sizeof *worst; w++)
        for (size_t i = 0; i < r->n_theorems; i++)
            if (case_theorem_status(r->theorems[i]) == worst[w]) return worst[w];
    return CASE_SKIPPED;
}

static void note_missing(struct case_checker *k, const struct case_node_result *r) {
    for (size_t i = 0; i < r->n_theorems && !k->report.missing; i++)
        if (r->theorems[i]->outcome) k->report.missing = r->theorems[i]->outcome->missing;
}

/* ---- support ---- */

static bool leaf(struct case_checker *k, const struct case_node *n, struct case_node_result *r) {
    bool failed = false;
    if (n->kind != CASE_SOLUTION && !n->needs.figure) {
        k->report.undeveloped++;
        r->support = CASE_OPEN, r->why = "nothing below supports it";
        return true;
    }
    r->support = CASE_SUPPORTED;
    if (n->undeveloped) r->support = CASE_OPEN, r->why = "it is not developed";
    if (n->needs.figure) {
        enum case_figure f = CASE_FIGURE_OPEN;
        if (k->settings.figures) f = k->settings.figures(k->settings.figures_context, &n->needs, &k->now, &r->why);
        r->support = f == CASE_FIGURE_MET ? CASE_SUPPORTED : f == CASE_FIGURE_MISSED ? CASE_UNSUPPORTED : CASE_OPEN;
        char target[32];
        text_from_f64(n->needs.target, target);
        if (f != CASE_FIGURE_MET && !r->why)
            r->why = arena_printf(&k->now, k->err, "%s %s %s %s", f == CASE_FIGURE_OPEN ? "waits for" : "misses",
                                  n->needs.figure, n->needs.op ? n->needs.op : ">=", target);
        if (f != CASE_FIGURE_MET && !r->why) return false;
    }
    if (!k->settings.evidence) return true;
    if (!case_look_at_evidence(k, n, &failed, &r->why, k->err)) return false;
    if (failed) r->support = CASE_UNSUPPORTED;
    return true;
}

/* Does the i-th that supports a node suffice by itself? Where nothing was checked, each does. */
static bool suffices(const struct case_node_result *r, size_t i) {
    return r->n_theorems == 0 || case_theorem_status(r->theorems[i]) == CASE_HOLDS;
}

static enum case_support of_all(const struct case_checker *k, const struct case_node *n) {
    enum case_support support = CASE_SUPPORTED;
    for (size_t i = 0; i < n->n_supported_by; i++) {
        enum case_support below = k->report.nodes[n->supported_by[i]].support;
        if (below > support) support = below;
    }
    return support;
}

static enum case_support of_one(const struct case_checker *k, const struct case_node *n,
                                const struct case_node_result *r) {
    enum case_support support = CASE_UNSUPPORTED;
    for (size_t i = 0; i < n->n_supported_by; i++) {
        enum case_support below = k->report.nodes[n->supported_by[i]].support;
        if (suffices(r, i) && below < support) support = below;
    }
    return support;
}

static bool support(struct case_checker *k, size_t node) {
    const struct case_node *n = &k->c->nodes[node];
    struct case_node_result *r = &k->report.nodes[node];
    if (r->n_theorems > 0) r->status = joined(r);
    note_missing(k, r);
    k->report.count[r->status]++;
    if (n->kind == CASE_GOAL) k->report.goals++, k->report.formalised += n->n_formal > 0;
    if (n->n_supported_by == 0) return leaf(k, n, r);
    r->support = n->join == CASE_OR ? of_one(k, n, r) : of_all(k, n);
    bool local = r->status == CASE_HOLDS || r->status == CASE_SKIPPED;
    for (size_t i = 0; i < r->n_theorems && r->status == CASE_SKIPPED; i++) local = false; /* it was not asked */
    if (!local) r->support = CASE_UNSUPPORTED;
    return true;
}

/* ---- yellow ---- */

struct parents {
    size_t *first, *list; /* of node i: list[first[i] .. first[i + 1] - 1] */
};

static bool find_parents(struct case_checker *k, struct parents *p) {
    size_t n = k->c->n_nodes, links = 0;
    for (size_t i = 0; i < n; i++)
        if (k->report.nodes[i].looked_at) links += k->c->nodes[i].n_supported_by;
    p->first = arena_new(&k->now, size_t, n + 2, k->err);
    p->list = arena_new(&k->now, size_t, links + 1, k->err);
    if (!p->first || !p->list) return false;
    for (int fill = 0; fill < 2; fill++) {
        for (size_t i = 0; i < n; i++) {
            if (!k->report.nodes[i].looked_at) continue;
            for (size_t s = 0; s < k->c->nodes[i].n_supported_by; s++) {
                size_t below = k->c->nodes[i].supported_by[s];
                if (fill)
                    p->list[p->first[below]++] = i;
                else
                    p->first[below + 1]++;
            }
        }
        for (size_t i = 0; i < n && !fill; i++) p->first[i + 1] += p->first[i];
    }
    for (size_t i = n; i > 0; i--) p->first[i] = p->first[i - 1]; /* filling has moved each to the next one's */
    p->first[0] = 0;
    return true;
}

/* The node and its ancestors, not those whose support is joined by Or. */
static void climb(struct case_checker *k, const struct parents *p, size_t node, size_t *todo) {
    size_t n = 0;
    if (!k->report.nodes[node].yellow) todo[n++] = node;
    k->report.nodes[node].yellow = true;
    while (n > 0) {
        size_t at = todo[--n];
        for (size_t i = p->first[at]; i < p->first[at + 1]; i++) {
            size_t above = p->list[i];
            if (k->c->nodes[above].join == CASE_OR || k->report.nodes[above].yellow) continue;
            k->report.nodes[above].yellow = true;
            todo[n++] = above;
        }
    }
}

static bool fails(const struct case_node_result *r) {
    return r->status != CASE_HOLDS && r->status != CASE_SKIPPED;
}

static bool all_yellow(const struct case_checker *k, const struct case_node *n) {
    for (size_t i = 0; i < n->n_supported_by; i++)
        if (!k->report.nodes[n->supported_by[i]].yellow) return false;
    return n->n_supported_by > 0;
}

static bool colour(struct case_checker *k, const size_t *order, size_t n) {
    struct parents p;
    size_t *todo = arena_new(&k->now, size_t, k->c->n_nodes + 1, k->err);
    bool changed = true;
    if (!todo || !find_parents(k, &p)) return false;
    for (size_t i = 0; i < n; i++) {
        const struct case_node_result *r = &k->report.nodes[order[i]];
        bool leaf_failed = k->c->nodes[order[i]].n_supported_by == 0 && r->support == CASE_UNSUPPORTED;
        if (fails(r) || leaf_failed) climb(k, &p, order[i], todo);
    }
    while (changed) {
        changed = false;
        for (size_t i = 0; i < n; i++) {
            if (k->report.nodes[order[i]].yellow || !all_yellow(k, &k->c->nodes[order[i]])) continue;
            climb(k, &p, order[i], todo);
            changed = true;
        }
    }
    return true;
}

/* ---- lines that nothing needs ---- */

enum { STANDS = 1, NEEDED = 2 };

static void mark_used(const struct case_checker *k, unsigned char *mark) {
    for (size_t i = 0; i < k->n_theorems; i++) {
        const struct case_theorem *t = k->theorem[i];
        if (case_theorem_status(t) != CASE_HOLDS) continue;
        for (size_t p = 0; p < t->n_premise; p++) mark[case_line_number(k, t->premise[p])] |= STANDS;
        for (size_t c = 0; c < t->outcome->n_core; c++)
            mark[case_line_number(k, t->premise[t->outcome->core[c]])] |= NEEDED;
    }
}

static bool find_unused(struct case_checker *k) {
    unsigned char *mark = arena_new(&k->now, unsigned char, k->n_all_lines + 1, k->err);
    struct case_report *r = &k->report;
    r->unused = arena_new(&k->now, struct case_point, k->n_all_lines + 1, k->err);
    if (!mark || !r->unused) return false;
    mark_used(k, mark);
    for (size_t n = 0; n < k->c->n_nodes; n++)
        for (size_t l = 0; l < k->c->nodes[n].n_formal; l++) {
            struct case_point p = {n, l};
            const struct case_read_line *read = k->read[CASE_FORMULAS][case_line_number(k, p)];
            bool claims = !read || !read->formula || read->formula->kind != FORMULA_DECLARE;
            if (mark[case_line_number(k, p)] == STANDS && claims) r->unused[r->n_unused++] = p;
        }
    return true;
}

bool case_roll_up(struct case_checker *k) {
    size_t n, *order = case_order(k->c, k->report.root, &k->now, &n, k->err);
    if (!order) return false;
    for (size_t i = 0; i < n; i++)
        if (!support(k, order[i])) return false;
    bool vacuous = k->report.count[CASE_VACUOUS] > 0;
    for (size_t i = 0; i < k->n_theorems; i++) vacuous = vacuous || case_theorem_status(k->theorem[i]) == CASE_VACUOUS;
    k->report.accepted = k->report.nodes[k->report.root].support == CASE_SUPPORTED && !vacuous;
    return colour(k, order, n) && find_unused(k);
}
