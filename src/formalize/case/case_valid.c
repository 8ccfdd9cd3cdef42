/* What every assurance case must obey, whatever file it stood in: see case_build.h. */
#include "formalize/case/case_build.h"

#include <stdlib.h>
#include <string.h>

struct validator {
    const struct assurance_case *c;
    unsigned char *state; /* 0 not yet seen, 1 on the way down, 2 done */
    bool *below;          /* supports, stands beside or challenges another */
    size_t *stack, *next; /* the way down, and the next child of each */
    struct error *err;
};

static bool refuse(const struct validator *v, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);
static bool refuse(const struct validator *v, size_t at, const char *format, ...) {
    const struct case_node *node = &v->c->nodes[at];
    struct case_build b = {.file = v->c->file ? v->c->file : "case", .err = v->err};
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return case_build_error(&b, (struct case_place){node->line, node->column}, "%s %s", node->id, message);
}

/* ---- cycles ---- */

static size_t child_of(const struct case_node *node, size_t k) {
    if (k < node->n_supported_by) return node->supported_by[k];
    k -= node->n_supported_by;
    return k < node->n_in_context_of ? node->in_context_of[k] : SIZE_MAX;
}

/* Of the nodes of a cycle the one that stands first in the file is named. */
static bool refuse_cycle(const struct validator *v, size_t depth, size_t again) {
    size_t first = again;
    for (size_t i = depth; i-- > 0 && v->stack[i] != again;)
        if (v->stack[i] < first) first = v->stack[i];
    return refuse(v, first, "is its own ancestor");
}

static bool walk_down(const struct validator *v, size_t from) {
    size_t depth = 1;
    v->stack[0] = from;
    v->next[0] = 0;
    v->state[from] = 1;
    while (depth > 0) {
        size_t node = v->stack[depth - 1], child = child_of(&v->c->nodes[node], v->next[depth - 1]++);
        if (child == SIZE_MAX) {
            v->state[node] = 2;
            depth--;
            continue;
        }
        if (v->state[child] == 1) return refuse_cycle(v, depth, child);
        if (v->state[child] == 2) continue;
        v->state[child] = 1;
        v->stack[depth] = child;
        v->next[depth++] = 0;
    }
    return true;
}

static bool check_cycles(const struct validator *v) {
    for (size_t i = 0; i < v->c->n_nodes; i++)
        if (v->state[i] == 0 && !walk_down(v, i)) return false;
    return true;
}

/* ---- roots ---- */

static bool check_roots(const struct validator *v, enum case_roots roots) {
    const struct assurance_case *c = v->c;
    for (size_t i = 0; i < c->n_nodes; i++) {
        const struct case_node *node = &c->nodes[i];
        for (size_t k = 0; k < node->n_supported_by; k++) v->below[node->supported_by[k]] = true;
        for (size_t k = 0; k < node->n_in_context_of; k++) v->below[node->in_context_of[k]] = true;
        if (node->n_challenges) v->below[i] = true;
    }
    if (v->below[c->root]) return refuse(v, c->root, "is the root, and stands below another node");
    for (size_t i = 0; i < c->n_nodes && roots == CASE_ONE_ROOT; i++)
        if (i != c->root && !v->below[i])
            return refuse(v, i, "is a second root beside %s: nothing is supported by it", c->nodes[c->root].id);
    enum case_kind kind = c->nodes[c->root].kind;
    if (roots == CASE_ONE_ROOT && kind != CASE_GOAL)
        return refuse(v, c->root, "is the root, and a %s: a goal is expected", case_kind_name(kind));
    return true;
}

/* ---- kinds ---- */

static bool counters(enum case_kind kind) {
    return kind == CASE_COUNTER_GOAL || kind == CASE_COUNTER_SOLUTION;
}

static bool leaf(const struct case_node *node) {
    return case_supports(node->kind) && node->n_supported_by == 0;
}

/* The join of a leaf can only be that of the link above it (older files put it there): all below one node agree. */
static bool check_join(const struct validator *v, size_t at) {
    const struct case_node *node = &v->c->nodes[at], *first = NULL;
    for (size_t k = 0; k < node->n_supported_by; k++) {
        const struct case_node *below = &v->c->nodes[node->supported_by[k]];
        if (!leaf(below)) continue;
        if (!first) first = below;
        if (below->join != first->join)
            return refuse(v, at, "has a mixed join: %s is joined by '%s', %s by '%s'", first->id,
                          case_join_name(first->join), below->id, case_join_name(below->join));
    }
    return true;
}

static bool check_lists(const struct validator *v, size_t at) {
    const struct case_node *node = &v->c->nodes[at];
    for (size_t k = 0; k < node->n_supported_by; k++) {
        const struct case_node *below = &v->c->nodes[node->supported_by[k]];
        if (!case_supports(below->kind))
            return refuse(v, at, "is supported by %s, a %s: only goals, strategies and solutions support", below->id,
                          case_kind_name(below->kind));
        if (counters(below->kind) && !counters(node->kind))
            return refuse(v, at, "is supported by %s, a %s: those challenge", below->id, case_kind_name(below->kind));
    }
    for (size_t k = 0; k < node->n_in_context_of; k++) {
        const struct case_node *beside = &v->c->nodes[node->in_context_of[k]];
        if (!case_stands_beside(beside->kind))
            return refuse(v, at, "is in context of %s, a %s: only contexts, assumptions and justifications are",
                          beside->id, case_kind_name(beside->kind));
    }
    return true;
}

static bool check_node(const struct validator *v, size_t at) {
    const struct case_node *node = &v->c->nodes[at];
    const char *kind = case_kind_name(node->kind);
    bool inner = node->kind == CASE_GOAL || node->kind == CASE_STRATEGY || node->kind == CASE_COUNTER_GOAL;
    if (node->n_supported_by && !inner) return refuse(v, at, "is a %s, and has support", kind);
    if (node->n_in_context_of && !case_supports(node->kind)) return refuse(v, at, "is a %s, and has a context", kind);
    if (node->undeveloped && node->n_supported_by) return refuse(v, at, "is undeveloped, and has support");
    if (node->undeveloped && !inner)
        return refuse(v, at, "is a %s, and undeveloped: only goals and strategies are", kind);
    if (node->n_challenges && !counters(node->kind))
        return refuse(v, at, "is a %s, and challenges: counter goals and counter solutions do", kind);
    return check_join(v, at) && check_lists(v, at);
}

/* ---- repeated nodes ---- */

static size_t node_named(const struct assurance_case *c, const char *id) {
    size_t i = 0;
    while (i < c->n_nodes && strcmp(c->nodes[i].id, id) != 0) i++;
    return i;
}

static bool check_repeat(const struct validator *v, size_t at) {
    const struct case_node *node = &v->c->nodes[at];
    size_t first = node_named(v->c, node->same_as);
    if (first == v->c->n_nodes) return refuse(v, at, "is the same as '%s', and there is no such node", node->same_as);
    const struct case_node *same = &v->c->nodes[first];
    if (first == at) return refuse(v, at, "is the same as itself");
    if (node->n_supported_by) return refuse(v, at, "is the same as %s, and has support of its own", same->id);
    bool equal = same->n_formal == node->n_formal;
    for (size_t i = 0; equal && i < node->n_formal; i++) equal = text_equal(node->formal[i].text, same->formal[i].text);
    return equal || refuse(v, at, "is the same as %s, and has other formulas", same->id);
}

/* same_as is rare, so it is looked for one by one; a file may hold so many. */
enum { REPEATS_MOST = 2000 };

static bool check_nodes(const struct validator *v) {
    size_t repeats = 0;
    for (size_t i = 0; i < v->c->n_nodes; i++) {
        if (!check_node(v, i)) return false;
        if (!v->c->nodes[i].same_as) continue;
        if (++repeats > REPEATS_MOST)
            return refuse(v, i, "is the same as another: more than %d such nodes", REPEATS_MOST);
        if (!check_repeat(v, i)) return false;
    }
    return true;
}

bool case_valid(const struct assurance_case *c, enum case_roots roots, struct error *err) {
    struct validator v = {.c = c, .err = err};
    v.state = memory_zeroed(c->n_nodes, 1);
    v.below = memory_zeroed(c->n_nodes, sizeof *v.below);
    v.stack = memory_zeroed(c->n_nodes + 1, sizeof *v.stack);
    v.next = memory_zeroed(c->n_nodes + 1, sizeof *v.next);
    bool ok = v.state && v.below && v.stack && v.next ? true : error_memory(err, "assurance case");
    ok = ok && check_cycles(&v) && check_roots(&v, roots) && check_nodes(&v);
    memory_free(v.state);
    memory_free(v.below);
    memory_free(v.stack);
    memory_free(v.next);
    return ok;
}
