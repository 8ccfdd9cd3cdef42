/* Following taint along what happened before what: see taint.h. */
#include "measure/trace/taint.h"

#include "measure/trace/taint_graph.h"

#include <string.h>

struct text taint_text(const struct trace *t, size_t node) {
    const struct trace_span *s = &t->spans[node / 2];
    return node % 2 ? s->out : s->in;
}

static bool is_source(const struct trace *t, size_t node) {
    const struct trace_span *s = &t->spans[node / 2];
    bool untrusted = s->trust == TRACE_UNTRUSTED || (text_equal_c(s->op, "retrieval") && s->trust != TRACE_TRUSTED);
    return untrusted && node % 2 == (s->out.len > 0);
}

static void mark_sources(const struct trace *t, struct taint *out) {
    for (size_t i = 0; i < out->n; i++) {
        if (!is_source(t, i)) continue;
        out->nodes[i] = (struct taint_node){.tainted = true, .source = true, .from = (uint32_t)i};
        out->sources++;
    }
}

/* Takes the nearer way, of two equally near ones the earlier. */
static void come_from(struct taint *out, size_t y, size_t x) {
    struct taint_node *to = &out->nodes[y];
    uint32_t depth = out->nodes[x].depth + 1;
    if (to->source || (to->tainted && (to->depth < depth || (to->depth == depth && to->from <= x)))) return;
    to->tainted = true;
    to->depth = depth;
    to->from = (uint32_t)x;
}

static void follow_coarse(const struct taint_graph *g, struct taint *out) {
    for (size_t i = 0; i < g->n; i++) {
        size_t y = g->order[i];
        for (size_t k = g->first[y]; k < g->first[y + 1]; k++)
            if (out->nodes[g->edge[k]].tainted) come_from(out, y, g->edge[k]);
    }
}

/* ---- fine */

struct fine {
    const struct trace *t;
    const struct taint_graph *g;
    struct taint *out;
    struct arena *arena;
    uint64_t *before; /* by node: which of the tainted texts stand before it, `words` of them */
    size_t words, n;
    uint32_t *tainted; /* nodes, by number */
    struct shingles *shingles;
};

static bool shows(struct fine *f, size_t y, const struct shingles *of_y, size_t x, bool arguments) {
    struct text token, asked = f->t->n ? f->t->spans[0].in : (struct text){0};
    if (shingles_reach(&f->shingles[x], of_y, TAINT_CONTAINED)) return true;
    return arguments && taint_token(taint_text(f->t, f->tainted[x]), taint_text(f->t, y), asked, &token);
}

static bool follow_node(struct fine *f, size_t y, struct error *err) {
    uint64_t *mine = &f->before[y * f->words], any = 0;
    struct shingles of_y;
    bool read = false;
    for (size_t k = f->g->first[y]; k < f->g->first[y + 1]; k++)
        for (size_t w = 0; w < f->words; w++) mine[w] |= f->before[f->g->edge[k] * f->words + w];
    for (size_t w = 0; w < f->words; w++) any |= mine[w];
    struct text text = taint_text(f->t, y);
    if (text.len && (any || f->out->nodes[y].source)) {
        if (!shingles_of(text, f->arena, &of_y, err)) return false;
        read = true;
    }
    bool arguments = y % 2 == 0 && f->t->spans[y / 2].tool.len > 0;
    for (size_t x = 0; read && x < f->n; x++)
        if (mine[x / 64] >> (x % 64) & 1 && shows(f, y, &of_y, x, arguments)) come_from(f->out, y, f->tainted[x]);
    if (!f->out->nodes[y].tainted || !read) return true;
    if (f->n == 64 * f->words) return f->out->too_many = true;
    f->tainted[f->n] = (uint32_t)y;
    f->shingles[f->n] = of_y;
    mine[f->n / 64] |= (uint64_t)1 << (f->n % 64);
    f->n++;
    return true;
}

static bool follow_fine(const struct trace *t, const struct taint_graph *g, struct taint *out, struct arena *arena,
                        struct error *err) {
    size_t most = g->n < TAINT_NODES_MOST ? g->n : TAINT_NODES_MOST;
    struct fine f = {.t = t, .g = g, .out = out, .arena = arena, .words = (most + 63) / 64};
    f.before = arena_new(arena, uint64_t, g->n * f.words, err);
    f.tainted = arena_new(arena, uint32_t, 64 * f.words, err);
    f.shingles = arena_new(arena, struct shingles, 64 * f.words, err);
    if (!f.before || !f.tainted || !f.shingles) return false;
    for (size_t i = 0; i < g->n && !out->too_many; i++)
        if (!follow_node(&f, g->order[i], err)) return false;
    return true;
}

bool taint_trace(const struct trace *t, bool coarse, struct arena *arena, struct taint *out, struct error *err) {
    struct taint_graph g;
    *out = (struct taint){.n = 2 * t->n, .coarse = coarse};
    out->nodes = arena_new(arena, struct taint_node, out->n + 1, err);
    if (!out->nodes) return false;
    mark_sources(t, out);
    if (!out->sources) return true;
    if (!taint_graph_make(t, arena, &g, err)) return false;
    out->edge = g.edge;
    out->first = g.first;
    if (!coarse && !follow_fine(t, &g, out, arena, err)) return false;
    if (coarse || out->too_many) {
        out->coarse = true;
        memset(out->nodes, 0, out->n * sizeof *out->nodes);
        out->sources = 0;
        mark_sources(t, out);
        follow_coarse(&g, out);
    }
    return true;
}
