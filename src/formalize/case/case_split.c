/* Which theorems a case makes: see case_check.h. */
#include "formalize/case/case_theorem.h"

#include <string.h>

size_t case_line_number(const struct case_checker *k, struct case_point p) {
    return k->first_line[p.node] + p.line;
}

const struct case_line *case_line_at(const struct case_checker *k, struct case_point p) {
    return &k->c->nodes[p.node].formal[p.line];
}

enum case_language case_language_of(enum case_reason reason) {
    return reason == CASE_HORN                            ? CASE_RULES
           : reason == CASE_SETS || reason == CASE_FINITE ? CASE_SETS_LINES
                                                          : CASE_FORMULAS;
}

/* Lines as they come together; each node once. */
struct gathering {
    struct case_checker *k;
    struct case_point *at;
    size_t n, room;
    size_t *mark; /* by node: the theorem that has it */
    size_t theorem;
};

static bool add_lines(struct gathering *g, size_t node, size_t from) {
    const struct case_node *n = &g->k->c->nodes[node];
    size_t more = n->n_formal > from ? n->n_formal - from : 0;
    if (g->n + more > g->room) {
        size_t room = (g->n + more) * 2;
        struct case_point *at = arena_new(&g->k->now, struct case_point, room, g->k->err);
        if (!at) return false;
        if (g->n) memcpy(at, g->at, g->n * sizeof *at);
        g->at = at, g->room = room;
    }
    for (size_t i = 0; i < more; i++) g->at[g->n++] = (struct case_point){node, from + i};
    return true;
}

/* What stands beside a node and has lines: contexts and assumptions. */
static bool add_contexts(struct gathering *g, size_t node) {
    const struct case_node *n = &g->k->c->nodes[node];
    for (size_t i = 0; i < n->n_in_context_of; i++) {
        size_t beside = n->in_context_of[i];
        if (g->mark[beside] == g->theorem || g->k->c->nodes[beside].kind == CASE_JUSTIFICATION) continue;
        g->mark[beside] = g->theorem;
        if (!add_lines(g, beside, 0)) return false;
    }
    return true;
}

static bool is_looked_through(const struct case_node *n) {
    return n->kind == CASE_STRATEGY && n->n_formal == 0 && n->reason == CASE_UNCHECKED && n->join == CASE_AND;
}

/* A supporting node's lines; of a strategy without any, those behind it, in their order. A list of what is still to
 * come instead of a recursion: strategies may follow one another. */
static bool add_support(struct gathering *g, size_t node, size_t *todo) {
    size_t n_todo = 0;
    if (g->mark[node] != g->theorem) todo[n_todo++] = node;
    g->mark[node] = g->theorem;
    while (n_todo > 0) {
        size_t at = todo[--n_todo];
        const struct case_node *n = &g->k->c->nodes[at];
        if (!add_lines(g, at, 0)) return false;
        if (!is_looked_through(n)) continue;
        if (!add_contexts(g, at)) return false;
        for (size_t i = n->n_supported_by; i-- > 0;) {
            if (g->mark[n->supported_by[i]] != g->theorem) todo[n_todo++] = n->supported_by[i];
            g->mark[n->supported_by[i]] = g->theorem;
        }
    }
    return true;
}

static struct case_theorem *make(struct case_checker *k, size_t node, size_t branch, size_t *mark, size_t *todo) {
    const struct case_node *n = &k->c->nodes[node];
    struct case_theorem *t = arena_new(&k->now, struct case_theorem, 1, k->err);
    struct gathering g = {.k = k, .mark = mark, .theorem = k->n_theorems + 1};
    size_t proved = k->settings.first_line_goal && n->n_formal > 0 ? 1 : n->n_formal;
    if (!t || !(t->goal = arena_new(&k->now, struct case_point, proved + 1, k->err))) return NULL;
    *t =
        (struct case_theorem){.node = node, .branch = branch, .language = case_language_of(n->reason), .goal = t->goal};
    for (size_t i = 0; i < proved; i++) t->goal[t->n_goal++] = (struct case_point){node, i};
    if (!add_lines(&g, node, proved)) return NULL;
    for (size_t i = 0; i < n->n_supported_by; i++)
        if ((branch == SIZE_MAX || branch == i) && !add_support(&g, n->supported_by[i], todo)) return NULL;
    if (!add_contexts(&g, node)) return NULL;
    t->premise = g.at, t->n_premise = g.n;
    return t;
}

static bool is_checked(const struct case_node *n) {
    return n->reason != CASE_UNCHECKED && n->reason != CASE_TRUST && n->n_supported_by > 0 && n->n_formal > 0;
}

static size_t count(const struct case_checker *k) {
    size_t sum = 0;
    for (size_t i = 0; i < k->c->n_nodes; i++) {
        const struct case_node *n = &k->c->nodes[i];
        if (k->report.nodes[i].looked_at && is_checked(n)) sum += n->join == CASE_OR ? n->n_supported_by : 1;
    }
    return sum;
}

bool case_make_theorems(struct case_checker *k) {
    size_t most = count(k), *mark = arena_new(&k->now, size_t, k->c->n_nodes + 1, k->err);
    size_t *todo = arena_new(&k->now, size_t, k->c->n_nodes + 1, k->err);
    k->n_theorems = 0;
    k->theorem = arena_new(&k->now, struct case_theorem *, most + 1, k->err);
    if (!mark || !todo || !k->theorem) return false;
    for (size_t i = 0; i < k->c->n_nodes; i++) {
        const struct case_node *n = &k->c->nodes[i];
        struct case_node_result *r = &k->report.nodes[i];
        if (!r->looked_at || !is_checked(n)) continue;
        size_t theorems = n->join == CASE_OR ? n->n_supported_by : 1;
        r->theorems = &k->theorem[k->n_theorems];
        for (size_t b = 0; b < theorems; b++) {
            struct case_theorem *t = make(k, i, n->join == CASE_OR ? b : SIZE_MAX, mark, todo);
            if (!t) return false;
            k->theorem[k->n_theorems++] = t;
        }
        r->n_theorems = theorems;
    }
    return true;
}
