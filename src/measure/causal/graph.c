/* Sets, subgraphs and orders: see graph.h. */
#include "measure/causal/graph.h"

#include <string.h>

const char *const graph_roles[GRAPH_ROLES] = {"treatment", "outcome",  "nuisance", "domain", "protected",
                                              "selected",  "labelled", "editable", "parity"};

size_t graph_node(const struct graph *g, struct text name, struct error *err) {
    for (size_t i = 0; i < g->n; i++)
        if (text_equal_c(name, g->name[i])) return i;
    for (size_t i = 0; i < g->n_hidden; i++)
        if (text_equal_c(name, g->hidden[i]))
            return error_set(err, ERROR_USAGE, "%s: node '%.*s' is hidden", g->file, TEXT_ARG(name)), SIZE_MAX;
    const char *near = text_nearest(name, g->name, g->n);
    error_set(err, ERROR_USAGE, "%s: no node '%.*s'%s%s%s", g->file, TEXT_ARG(name), near ? "; did you mean '" : "",
              near ? near : "", near ? "'?" : "");
    return SIZE_MAX;
}

bool graph_put_set(struct buffer *out, const struct graph *g, graph_set s) {
    bool first = true;
    for (; s; s &= s - 1, first = false) buffer_printf(out, "%s%s", first ? "" : ", ", g->name[graph_first(s)]);
    return !out->failed;
}

static graph_set closure(const graph_set *next, graph_set s) {
    for (graph_set rest = s; rest;) {
        graph_set found = next[graph_first(rest)] & ~s;
        rest = (rest & (rest - 1)) | found;
        s |= found;
    }
    return s;
}

graph_set graph_ancestors(const struct graph *g, graph_set s) {
    return closure(g->parents, s);
}

graph_set graph_descendants(const struct graph *g, graph_set s) {
    return closure(g->children, s);
}

struct graph graph_without_in(const struct graph *g, graph_set s) {
    struct graph out = *g;
    for (size_t i = 0; i < g->n; i++) {
        bool in = s & graph_one(i);
        out.parents[i] = in ? 0 : g->parents[i];
        out.children[i] = g->children[i] & ~s;
        out.siblings[i] = in ? 0 : g->siblings[i] & ~s;
    }
    return out;
}

struct graph graph_without_out(const struct graph *g, graph_set s) {
    struct graph out = *g;
    for (size_t i = 0; i < g->n; i++) {
        out.parents[i] = g->parents[i] & ~s;
        out.children[i] = s & graph_one(i) ? 0 : g->children[i];
    }
    return out;
}

struct graph graph_among(const struct graph *g, graph_set s) {
    struct graph out = *g;
    for (size_t i = 0; i < g->n; i++) {
        graph_set keep = s & graph_one(i) ? s : 0;
        out.parents[i] &= keep, out.children[i] &= keep, out.siblings[i] &= keep;
    }
    return out;
}

graph_set graph_district(const struct graph *g, graph_set within, size_t node) {
    graph_set s = graph_one(node);
    for (graph_set rest = s; rest;) {
        graph_set found = g->siblings[graph_first(rest)] & within & ~s;
        rest = (rest & (rest - 1)) | found;
        s |= found;
    }
    return s;
}

void graph_order(const struct graph *g, size_t order[GRAPH_NODES_MOST]) {
    graph_set done = 0;
    for (size_t k = 0; k < g->n; k++)
        for (size_t i = 0; i < g->n; i++)
            if (!(done & graph_one(i)) && !(g->parents[i] & ~done)) {
                order[k] = i;
                done |= graph_one(i);
                break;
            }
}
