/* Where the nodes of a case are drawn: ranks by the longest way from a root, children side by side below their first
 * parent, contexts beside the node they belong to. See case_picture.h. */
#include "report/case_picture.h"

#include "report/escape.h"

#include <math.h>
#include <string.h>

enum {
    LETTERS = 26, /* in a line */
    LINES_MOST = 12,
    WIDTH = 190,
    LINE = 15,
    EDGE = 16,  /* around the drawing */
    ROOM = 10,  /* inside a shape, above and below the text */
    ASIDE = 22, /* between neighbours */
    BELOW = 46, /* between ranks */
};

struct layout {
    const struct assurance_case *c;
    struct case_layout *out;
    struct arena *arena;
    size_t *first;  /* the parent a node is drawn below; SIZE_MAX: none */
    size_t *order;  /* nodes so that parents come before */
    double *extent; /* width of what is drawn below a node, with its contexts */
    double *tall;   /* of each rank */
    size_t ranks;
    struct error *err;
};

/* ---- text ---- */

static bool add_line(struct case_box *box, struct text line) {
    if (box->n_lines == LINES_MOST) {
        box->lines[LINES_MOST - 1] = TEXT("...");
        return false;
    }
    box->lines[box->n_lines++] = line;
    return true;
}

/* The longest beginning of at most LETTERS characters that ends at a blank, or so many characters. */
static size_t cut(struct text t) {
    size_t at = 0, blank = 0, letters = 0;
    while (at < t.len && letters < LETTERS) {
        uint32_t code;
        size_t n = text_utf8_next(text_part(t, at, t.len), &code);
        if (t.at[at] == ' ') blank = at;
        at += n ? n : 1;
        letters++;
    }
    return at == t.len || t.at[at] == ' ' || blank == 0 ? at : blank;
}

static bool break_text(struct layout *l, const struct case_node *node, struct case_box *box) {
    struct text rest = node->text, line;
    if (!(box->lines = arena_new(l->arena, struct text, LINES_MOST, l->err))) return false;
    while (rest.len && text_next(&rest, '\n', &line))
        for (line = text_trim(line); line.len; line = text_trim(line)) {
            size_t n = cut(line);
            if (!add_line(box, text_part(line, 0, n))) return true;
            line = text_part(line, n, line.len);
        }
    return true;
}

static bool measure(struct layout *l, size_t at) {
    struct case_box *box = &l->out->box[at];
    enum case_kind kind = l->c->nodes[at].kind;
    bool round =
        kind == CASE_SOLUTION || kind == CASE_COUNTER_SOLUTION || kind == CASE_ASSUMPTION || kind == CASE_JUSTIFICATION;
    if (!break_text(l, &l->c->nodes[at], box)) return false;
    box->width = kind == CASE_STRATEGY ? WIDTH + 30 : round ? WIDTH + 40 : WIDTH;
    box->height = (double)(box->n_lines + 1) * LINE + 2 * ROOM + (round ? 16 : 0);
    return true;
}

/* ---- ranks ---- */

/* Parents before children, by the depth-first order turned around (the case has no cycle). */
static bool sort_nodes(struct layout *l) {
    size_t n = l->c->n_nodes, depth, done = n;
    size_t *stack = arena_new(l->arena, size_t, n + 1, l->err), *next = arena_new(l->arena, size_t, n, l->err);
    bool *seen = arena_new(l->arena, bool, n, l->err);
    if (!stack || !next || !seen) return false;
    for (size_t root = n; root-- > 0;) {
        if (seen[root]) continue;
        stack[0] = root;
        seen[root] = true;
        for (depth = 1; depth > 0;) {
            const struct case_node *node = &l->c->nodes[stack[depth - 1]];
            size_t *k = &next[stack[depth - 1]];
            if (*k == node->n_supported_by) {
                l->order[--done] = stack[--depth];
                continue;
            }
            size_t child = node->supported_by[(*k)++];
            if (seen[child]) continue;
            seen[child] = true;
            stack[depth++] = child;
        }
    }
    return true;
}

static void rank_nodes(struct layout *l) {
    const struct assurance_case *c = l->c;
    for (size_t i = 0; i < c->n_nodes; i++) {
        size_t at = l->order[i], rank = l->out->box[at].rank;
        for (size_t k = 0; k < c->nodes[at].n_supported_by; k++) {
            struct case_box *below = &l->out->box[c->nodes[at].supported_by[k]];
            if (below->rank < rank + 1) below->rank = rank + 1;
        }
    }
    for (size_t i = 0; i < c->n_nodes; i++) { /* what stands beside has the rank of the first that it stands beside */
        size_t above = l->first[i];
        if (case_stands_beside(c->nodes[i].kind) && above != SIZE_MAX) l->out->box[i].rank = l->out->box[above].rank;
        if (l->out->box[i].rank + 1 > l->ranks) l->ranks = l->out->box[i].rank + 1;
    }
}

static void find_parents(struct layout *l) {
    const struct assurance_case *c = l->c;
    for (size_t i = 0; i < c->n_nodes; i++) l->first[i] = SIZE_MAX;
    for (size_t i = c->n_nodes; i-- > 0;) {
        size_t at = l->order[i];
        for (size_t k = 0; k < c->nodes[at].n_supported_by; k++) l->first[c->nodes[at].supported_by[k]] = at;
        for (size_t k = 0; k < c->nodes[at].n_in_context_of; k++) l->first[c->nodes[at].in_context_of[k]] = at;
    }
}

/* ---- places ---- */

/* Contexts of a node are piled up at its right side. */
static double pile_height(const struct layout *l, size_t at) {
    double height = 0;
    const struct case_node *node = &l->c->nodes[at];
    for (size_t k = 0; k < node->n_in_context_of; k++)
        if (l->first[node->in_context_of[k]] == at) height += l->out->box[node->in_context_of[k]].height + ROOM;
    return height;
}

static double own_width(const struct layout *l, size_t at) {
    const struct case_node *node = &l->c->nodes[at];
    double beside = 0;
    for (size_t k = 0; k < node->n_in_context_of; k++)
        if (l->first[node->in_context_of[k]] == at)
            beside = fmax(beside, l->out->box[node->in_context_of[k]].width + ASIDE);
    return l->out->box[at].width + beside;
}

static double children_width(const struct layout *l, size_t at) {
    const struct case_node *node = &l->c->nodes[at];
    double width = 0;
    for (size_t k = 0; k < node->n_supported_by; k++)
        if (l->first[node->supported_by[k]] == at) width += (width > 0 ? ASIDE : 0) + l->extent[node->supported_by[k]];
    return width;
}

static void put_beside(struct layout *l, size_t at) {
    const struct case_node *node = &l->c->nodes[at];
    const struct case_box *box = &l->out->box[at];
    double y = box->y;
    for (size_t k = 0; k < node->n_in_context_of; k++) {
        struct case_box *beside = &l->out->box[node->in_context_of[k]];
        if (l->first[node->in_context_of[k]] != at) continue;
        beside->x = box->x + box->width + ASIDE;
        beside->y = y;
        y += beside->height + ROOM;
    }
}

/* The node over the middle of its children, all of it from `left` on. */
static void put_node(struct layout *l, size_t at, double left, const double *top) {
    const struct case_node *node = &l->c->nodes[at];
    struct case_box *box = &l->out->box[at];
    double below = children_width(l, at), own = own_width(l, at);
    box->x = left + fmax(0, (below - own) / 2);
    box->y = top[box->rank];
    put_beside(l, at);
    double x = left + fmax(0, (own - below) / 2);
    for (size_t k = 0; k < node->n_supported_by; k++) {
        size_t child = node->supported_by[k];
        if (l->first[child] != at) continue;
        l->out->box[child].x = x; /* read when it is the child's turn */
        x += l->extent[child] + ASIDE;
    }
}

static bool place(struct layout *l) {
    const struct assurance_case *c = l->c;
    double left = EDGE, y = EDGE, *top = arena_new(l->arena, double, l->ranks + 1, l->err);
    if (!top || !(l->tall = arena_new(l->arena, double, l->ranks + 1, l->err))) return false;
    for (size_t i = 0; i < c->n_nodes; i++) {
        struct case_box *box = &l->out->box[i];
        if (!case_stands_beside(c->nodes[i].kind))
            l->tall[box->rank] = fmax(l->tall[box->rank], fmax(box->height, pile_height(l, i)));
    }
    for (size_t r = 0; r < l->ranks; r++) {
        top[r] = y;
        y += l->tall[r] + BELOW;
    }
    for (size_t i = c->n_nodes; i-- > 0;)
        l->extent[l->order[i]] = fmax(own_width(l, l->order[i]), children_width(l, l->order[i]));
    for (size_t i = 0; i < c->n_nodes; i++) {
        size_t at = l->order[i];
        bool beside = case_stands_beside(c->nodes[at].kind);
        if (beside && l->first[at] != SIZE_MAX) continue;
        put_node(l, at, l->first[at] == SIZE_MAX ? left : l->out->box[at].x, top);
        if (l->first[at] == SIZE_MAX) left += l->extent[at] + 2 * ASIDE;
    }
    l->out->width = left - 2 * ASIDE + EDGE;
    l->out->height = y - BELOW + EDGE + 16; /* room for a diamond under the last */
    return true;
}

bool case_layout(const struct assurance_case *c, struct arena *arena, struct case_layout *out, struct error *err) {
    struct layout l = {.c = c, .out = out, .arena = arena, .err = err};
    if (c->n_nodes > CASE_DRAWN_MOST)
        return error_set(err, ERROR_DATA, "%s: %zu nodes; at most %d are drawn", c->file ? c->file : "case", c->n_nodes,
                         CASE_DRAWN_MOST);
    *out = (struct case_layout){.box = arena_new(arena, struct case_box, c->n_nodes, err)};
    l.first = arena_new(arena, size_t, c->n_nodes, err);
    l.order = arena_new(arena, size_t, c->n_nodes, err);
    l.extent = arena_new(arena, double, c->n_nodes, err);
    if (!out->box || !l.first || !l.order || !l.extent) return false;
    for (size_t i = 0; i < c->n_nodes; i++)
        if (!measure(&l, i)) return false;
    if (!sort_nodes(&l)) return false;
    find_parents(&l);
    rank_nodes(&l);
    return place(&l);
}
