/* Nodes and links of a case while it is read: see case_build.h. */
#include "formalize/case/case_build.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool case_build_start(struct case_build *b, struct arena *arena, const char *file, struct assurance_case *out,
                      struct error *err) {
    *out = (struct assurance_case){0};
    *b = (struct case_build){.arena = arena, .out = out, .err = err};
    out->file = b->file = text_copy(arena, text_of(file), err);
    return b->file != NULL;
}

bool(case_build_error)(const struct case_build *b, struct case_place place, const char *format, ...) {
    char message[768];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (place.line == 0) return error_set(b->err, ERROR_DATA, "%s: %s", b->file, message);
    if (place.column == 0) return error_set(b->err, ERROR_DATA, "%s:%zu: %s", b->file, place.line, message);
    return error_set(b->err, ERROR_DATA, "%s:%zu:%zu: %s", b->file, place.line, place.column, message);
}

/* An array in the arena that doubles; the old halves stay behind until the arena goes. */
static bool make_room(struct case_build *b) {
    if (b->out->n_nodes < b->capacity) return true;
    size_t wanted = b->capacity ? b->capacity * 2 : 32;
    struct case_node *more = arena_new(b->arena, struct case_node, wanted, b->err);
    if (!more) return false;
    if (b->out->n_nodes) memcpy(more, b->out->nodes, b->out->n_nodes * sizeof *more);
    b->out->nodes = more;
    b->capacity = wanted;
    return true;
}

struct case_node *case_build_node(struct case_build *b, struct text id, enum case_kind kind, struct case_place place) {
    struct assurance_case *c = b->out;
    if (c->n_nodes >= CASE_NODES_MOST) return case_build_error(b, place, "more than %d nodes", CASE_NODES_MOST), NULL;
    if (id.len == 0 || memchr(id.at, 0, id.len)) return case_build_error(b, place, "a node without an id"), NULL;
    if (!make_room(b)) return NULL;
    struct case_node *node = &c->nodes[c->n_nodes];
    *node = (struct case_node){.kind = kind, .belief = NAN, .disbelief = NAN};
    node->needs.target = NAN;
    node->line = place.line;
    node->column = place.column;
    if (!(node->id = text_copy(b->arena, id, b->err))) return NULL;
    c->n_nodes++;
    return node;
}

bool case_build_link(struct case_build *b, enum case_link kind, struct text from, struct text to, bool from_known,
                     struct case_place place) {
    if (b->n_links == b->links_capacity) {
        size_t wanted = b->links_capacity ? b->links_capacity * 2 : 64;
        if (wanted > (size_t)16 * CASE_NODES_MOST) return case_build_error(b, place, "too many links");
        struct case_named_link *more = memory_grow(b->links, wanted, sizeof *more);
        if (!more) return error_memory(b->err, "assurance case");
        b->links = more;
        b->links_capacity = wanted;
    }
    b->links[b->n_links++] = (struct case_named_link){kind, from, to, from_known, place};
    return true;
}

/* ---- names to nodes ---- */

struct id_entry {
    struct text id;
    size_t node;
};

static int compare_ids(const void *a, const void *b) {
    const struct id_entry *x = a, *y = b;
    int by_id = text_compare(x->id, y->id);
    return by_id ? by_id : x->node < y->node ? -1 : x->node > y->node;
}

/* Nodes by id, sorted; NULL: an id stands twice, or no memory. */
static struct id_entry *index_ids(struct case_build *b) {
    const struct assurance_case *c = b->out;
    struct id_entry *ids = memory_zeroed(c->n_nodes + 1, sizeof *ids);
    if (!ids) return error_memory(b->err, "assurance case"), NULL;
    for (size_t i = 0; i < c->n_nodes; i++) ids[i] = (struct id_entry){text_of(c->nodes[i].id), i};
    qsort(ids, c->n_nodes, sizeof *ids, compare_ids);
    for (size_t i = 1; i < c->n_nodes; i++) {
        if (!text_equal(ids[i].id, ids[i - 1].id)) continue;
        const struct case_node *twice = &c->nodes[ids[i].node];
        case_build_error(b, (struct case_place){twice->line, twice->column}, "the id '%s' stands twice%s%zu%s",
                         twice->id, c->nodes[ids[i - 1].node].line ? "; first in line " : " (node ",
                         c->nodes[ids[i - 1].node].line ? c->nodes[ids[i - 1].node].line : ids[i - 1].node + 1,
                         c->nodes[ids[i - 1].node].line ? "" : ")");
        memory_free(ids);
        return NULL;
    }
    return ids;
}

static size_t find_id(const struct case_build *b, const struct id_entry *ids, struct text id) {
    size_t from = 0, to = b->out->n_nodes;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        int order = text_compare(ids[mid].id, id);
        if (order == 0) return ids[mid].node;
        if (order < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return SIZE_MAX;
}

static bool dangling(const struct case_build *b, const struct case_named_link *link) {
    static const char *const words[] = {"is supported by", "is in context of", "challenges", "names"};
    const char *modules = json_object_get(b->out->other, "module") ? " (other modules are not read)" : "";
    if (!link->from_known)
        return case_build_error(b, link->place, "%.*s: its parent '%.*s' is not there", TEXT_ARG(link->to),
                                TEXT_ARG(link->from));
    return case_build_error(b, link->place, "%.*s %s '%.*s', and there is no such node%s", TEXT_ARG(link->from),
                            words[link->kind], TEXT_ARG(link->to), modules);
}

/* The list of a node that a link belongs to. */
static size_t **list_of(struct case_node *node, enum case_link kind, size_t **n) {
    *n = kind == CASE_SUPPORTED_BY    ? &node->n_supported_by
         : kind == CASE_IN_CONTEXT_OF ? &node->n_in_context_of
                                      : &node->n_challenges;
    return kind == CASE_SUPPORTED_BY    ? &node->supported_by
           : kind == CASE_IN_CONTEXT_OF ? &node->in_context_of
                                        : &node->challenges;
}

struct resolved {
    size_t from, to;
};

static bool resolve_names(struct case_build *b, struct resolved *ends) {
    struct id_entry *ids = index_ids(b);
    bool ok = ids != NULL;
    for (size_t i = 0; ok && i < b->n_links; i++) {
        const struct case_named_link *link = &b->links[i];
        ends[i] = (struct resolved){find_id(b, ids, link->from), find_id(b, ids, link->to)};
        if (ends[i].to == SIZE_MAX || ends[i].from == SIZE_MAX) ok = dangling(b, link);
    }
    if (ok && b->root.len && (b->out->root = find_id(b, ids, b->root)) == SIZE_MAX)
        ok = case_build_error(b, b->root_place, "the root '%.*s' is not there", TEXT_ARG(b->root));
    memory_free(ids);
    return ok;
}

static bool count_lists(struct case_build *b, const struct resolved *ends) {
    for (size_t i = 0; i < b->n_links; i++) {
        size_t *n;
        if (b->links[i].kind == CASE_MENTIONS) continue;
        list_of(&b->out->nodes[ends[i].from], b->links[i].kind, &n);
        ++*n;
    }
    for (size_t i = 0; i < b->out->n_nodes; i++)
        for (int kind = CASE_SUPPORTED_BY; kind <= CASE_CHALLENGES; kind++) {
            size_t *n, **list = list_of(&b->out->nodes[i], (enum case_link)kind, &n);
            if (*n && !(*list = arena_new(b->arena, size_t, *n, b->err))) return false;
            *n = 0;
        }
    return true;
}

/* A link named twice is one link. */
static bool drop_repeats(struct case_build *b) {
    size_t *seen = memory_zeroed(b->out->n_nodes, sizeof *seen);
    if (!seen) return error_memory(b->err, "assurance case");
    for (size_t i = 0; i < b->out->n_nodes; i++)
        for (int kind = CASE_SUPPORTED_BY; kind <= CASE_CHALLENGES; kind++) {
            size_t *n, **list = list_of(&b->out->nodes[i], (enum case_link)kind, &n), kept = 0;
            for (size_t k = 0; k < *n; k++) {
                if (seen[(*list)[k]] == 3 * i + (size_t)kind + 1) continue;
                seen[(*list)[k]] = 3 * i + (size_t)kind + 1;
                (*list)[kept++] = (*list)[k];
            }
            *n = kept;
        }
    memory_free(seen);
    return true;
}

static bool fill_lists(struct case_build *b, const struct resolved *ends) {
    if (!count_lists(b, ends)) return false;
    for (size_t i = 0; i < b->n_links; i++) {
        if (b->links[i].kind == CASE_MENTIONS) continue;
        size_t *n, **list = list_of(&b->out->nodes[ends[i].from], b->links[i].kind, &n);
        (*list)[(*n)++] = ends[i].to;
    }
    return drop_repeats(b);
}

static bool resolve(struct case_build *b) {
    if (b->out->n_nodes == 0) return case_build_error(b, (struct case_place){1, 1}, "no nodes: not an assurance case");
    struct resolved *ends = memory_zeroed(b->n_links + 1, sizeof *ends);
    if (!ends) return error_memory(b->err, "assurance case");
    b->out->root = SIZE_MAX;
    bool ok = resolve_names(b, ends) && fill_lists(b, ends);
    memory_free(ends);
    return ok;
}

/* The first that supports nothing, stands beside nothing, challenges nothing. */
static bool find_root(struct case_build *b) {
    struct assurance_case *c = b->out;
    bool *below = memory_zeroed(c->n_nodes, sizeof *below);
    if (!below) return error_memory(b->err, "assurance case");
    for (size_t i = 0; i < c->n_nodes; i++) {
        const struct case_node *node = &c->nodes[i];
        for (size_t k = 0; k < node->n_supported_by; k++) below[node->supported_by[k]] = true;
        for (size_t k = 0; k < node->n_in_context_of; k++) below[node->in_context_of[k]] = true;
        if (node->n_challenges) below[i] = true;
    }
    size_t root = 0;
    while (root < c->n_nodes && below[root]) root++;
    memory_free(below);
    c->root = root < c->n_nodes ? root : 0; /* all are below another: there is a cycle, and case_valid names it */
    return true;
}

bool case_build_end(struct case_build *b, bool ok, enum case_roots roots) {
    ok = ok && resolve(b) && (b->out->root != SIZE_MAX || find_root(b)) && case_valid(b->out, roots, b->err);
    memory_free(b->links);
    b->links = NULL;
    return ok;
}
