/* Adding to a case: see case_edit.h. */
#include "formalize/case/case_edit.h"

#include <math.h>
#include <string.h>

static const char *prefix_of(enum case_kind kind) {
    static const char *const prefixes[] = {"G", "S", "Sn", "C", "A", "J", "CG", "CSn"};
    return prefixes[kind];
}

static bool is_taken(const struct assurance_case *c, const char *id) {
    for (size_t i = 0; i < c->n_nodes; i++)
        if (strcmp(c->nodes[i].id, id) == 0) return true;
    return false;
}

/* Numbers go on from how many nodes there are, so few are tried. */
static char *new_id(const struct assurance_case *c, struct arena *arena, enum case_kind kind, struct error *err) {
    char id[32];
    size_t number = 1;
    for (size_t i = 0; i < c->n_nodes; i++) number += c->nodes[i].kind == kind;
    do snprintf(id, sizeof id, "%s%zu", prefix_of(kind), number++);
    while (is_taken(c, id));
    return text_copy(arena, text_of(id), err);
}

size_t case_add_node(struct assurance_case *c, struct arena *arena, enum case_kind kind, struct text text,
                     struct error *err) {
    if (c->n_nodes >= CASE_NODES_MOST)
        return error_set(err, ERROR_DATA, "more than %d nodes", CASE_NODES_MOST), SIZE_MAX;
    struct case_node *more = arena_new(arena, struct case_node, c->n_nodes + 1, err);
    char *id = more ? new_id(c, arena, kind, err) : NULL, *copy = id ? text_copy(arena, text, err) : NULL;
    if (!copy) return SIZE_MAX;
    if (c->n_nodes) memcpy(more, c->nodes, c->n_nodes * sizeof *more);
    struct case_node *node = &more[c->n_nodes];
    *node = (struct case_node){.id = id, .kind = kind, .text = {copy, text.len}, .belief = NAN, .disbelief = NAN};
    node->needs.target = NAN;
    c->nodes = more;
    return c->n_nodes++;
}

bool case_add_support(struct assurance_case *c, struct arena *arena, size_t above, size_t below, struct error *err) {
    struct case_node *node = &c->nodes[above];
    size_t *more = arena_new(arena, size_t, node->n_supported_by + 1, err);
    if (!more) return false;
    if (node->n_supported_by) memcpy(more, node->supported_by, node->n_supported_by * sizeof *more);
    more[node->n_supported_by++] = below;
    node->supported_by = more;
    node->undeveloped = false;
    return true;
}

bool case_set_formulas(struct assurance_case *c, struct arena *arena, size_t node, const struct text *lines, size_t n,
                       struct error *err) {
    struct case_line *formal = arena_new(arena, struct case_line, n + 1, err);
    for (size_t i = 0; formal && i < n; i++) {
        char *copy = text_copy(arena, lines[i], err);
        if (!copy) return false;
        formal[i] = (struct case_line){.text = {copy, lines[i].len}};
    }
    if (!formal) return false;
    c->nodes[node].formal = formal;
    c->nodes[node].n_formal = n;
    return true;
}

bool case_is_open(const struct case_node *node) {
    bool inner = node->kind == CASE_GOAL || node->kind == CASE_STRATEGY;
    return inner && node->n_supported_by == 0;
}
