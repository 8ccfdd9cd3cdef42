/* See synth_near.h. With |x - y|^2 = |x|^2 + |y|^2 - 2 x y, a point y may be nearer than the k-th of x found so far,
 * at b, where x y - |y|^2 / 2 >= (|x|^2 - b) / 2: the left side is one product with one coordinate more. */
#include "measure/table/synth_near.h"

#include "tensor/dots.h"

#include <math.h>
#include <string.h>

/* QUERIES: of one piece of work, in panels. WIDE: levels of a column beyond which it stays out of the products. */
enum { QUERIES = 4, WIDE = 64 };
static const double SLACK = 1e-9;

/* ---- packing ---- */

/* A column of two levels is one coordinate, -1/2 or 1/2; of more, one each. The last coordinate is that of |y|^2. */
static size_t lay_out(const struct synth_code *code, size_t *first) {
    size_t depth = code->n_values;
    for (size_t c = 0; c < code->n_codes; c++) {
        first[c] = code->n_levels[c] > WIDE ? SIZE_MAX : depth;
        if (first[c] != SIZE_MAX) depth += code->n_levels[c] <= 2 ? 1 : code->n_levels[c];
    }
    return depth + 1;
}

/* One point, coordinates `stride` apart, with |x|^2 as returned. */
static double spread(const struct synth_points *p, size_t i, const size_t *first, double *out, size_t stride) {
    const struct synth_code *code = p->code;
    const double *value = p->value + i * code->n_values;
    const uint16_t *which = p->which + i * code->n_codes;
    double square = 0;
    for (size_t k = 0; k < code->n_values; k++) {
        double centred = value[k] - 0.5;
        out[k * stride] = centred;
        square += centred * centred;
    }
    for (size_t c = 0; c < code->n_codes; c++) {
        if (first[c] == SIZE_MAX) continue;
        bool two = code->n_levels[c] <= 2;
        if (two)
            out[first[c] * stride] = which[c] ? 0.5 : -0.5;
        else
            out[(first[c] + which[c]) * stride] = sqrt(0.5);
        square += two ? 0.25 : 0.5;
    }
    return square;
}

bool synth_panels_of(const struct synth_points *points, struct arena *arena, struct synth_panels *out,
                     struct error *err) {
    *out = (struct synth_panels){.points = points, .n_panels = (points->n + DOTS_PANEL - 1) / DOTS_PANEL};
    if (!(out->first = arena_new(arena, size_t, points->code->n_codes + 1, err))) return false;
    out->depth = lay_out(points->code, out->first);
    out->packed = arena_new(arena, double, out->n_panels * out->depth * DOTS_PANEL, err);
    for (size_t i = 0; out->packed && i < points->n; i++) {
        double *at = out->packed + i / DOTS_PANEL * out->depth * DOTS_PANEL + i % DOTS_PANEL;
        double square = spread(points, i, out->first, at, DOTS_PANEL);
        at[(out->depth - 1) * DOTS_PANEL] = -square / 2;
    }
    return out->packed != NULL;
}

/* ---- searching ---- */

struct nearest {
    size_t k, n;
    double *apart2;
    uint32_t *place;
};

/* Places come in rising order, so a later one that is as near stands behind. */
static void offer(struct nearest *best, double apart2, uint32_t place) {
    if (best->n == best->k && !(apart2 < best->apart2[best->k - 1])) return;
    size_t at = best->n < best->k ? best->n++ : best->k - 1;
    for (; at > 0 && apart2 < best->apart2[at - 1]; at--)
        best->apart2[at] = best->apart2[at - 1], best->place[at] = best->place[at - 1];
    best->apart2[at] = apart2;
    best->place[at] = place;
}

struct search {
    const struct synth_points *from;
    const struct synth_panels *among;
    size_t k;
    bool itself;
    double *apart2;
    uint32_t *place;
    double *room; /* [workers][QUERIES][depth][DOTS_PANEL] */
};

/* What the products of one query with one panel do not rule out. */
static void look(const struct search *s, size_t query, size_t panel, const double *product, double square,
                 struct nearest *best, double *least) {
    int some = 0;
    for (int c = 0; c < DOTS_PANEL; c++) some |= product[c] >= *least;
    if (!some) return;
    const struct synth_points *among = s->among->points;
    for (size_t c = 0; c < DOTS_PANEL; c++) {
        size_t other = panel * DOTS_PANEL + c;
        if (product[c] < *least || other >= among->n || (s->itself && other == query)) continue;
        offer(best, synth_apart2(s->from, query, among, other), (uint32_t)other);
        if (best->n == best->k) *least = (square - best->apart2[best->k - 1] - SLACK) / 2;
    }
}

/* The queries of one part, against all panels. */
static void search_part(void *context, size_t part, size_t worker) {
    const struct search *s = context;
    size_t depth = s->among->depth, size = depth * DOTS_PANEL, begin = part * QUERIES * DOTS_PANEL;
    double *packed = s->room + worker * QUERIES * size;
    double square[QUERIES * DOTS_PANEL] = {0}, least[QUERIES * DOTS_PANEL];
    struct nearest best[QUERIES * DOTS_PANEL];
    memset(packed, 0, QUERIES * size * sizeof *packed);
    for (size_t q = 0; q < QUERIES * DOTS_PANEL; q++) {
        size_t i = begin + q;
        least[q] = i < s->from->n ? -INFINITY : INFINITY;
        if (i >= s->from->n) continue;
        double *at = packed + q / DOTS_PANEL * size + q % DOTS_PANEL;
        square[q] = spread(s->from, i, s->among->first, at, DOTS_PANEL);
        at[(depth - 1) * DOTS_PANEL] = 1;
        best[q] = (struct nearest){.k = s->k, .apart2 = s->apart2 + i * s->k, .place = s->place + i * s->k};
    }
    for (size_t p = 0; p < s->among->n_panels; p++)
        for (size_t g = 0; g < QUERIES && begin + g * DOTS_PANEL < s->from->n; g++) {
            double out[DOTS_PANEL * DOTS_PANEL] = {0};
            dots()->product(packed + g * size, s->among->packed + p * size, depth, out, DOTS_PANEL);
            for (size_t r = 0; r < DOTS_PANEL && begin + g * DOTS_PANEL + r < s->from->n; r++) {
                size_t q = g * DOTS_PANEL + r;
                look(s, begin + q, p, out + r * DOTS_PANEL, square[q], &best[q], &least[q]);
            }
        }
}

static bool enough(size_t n, size_t k, bool itself, struct error *err) {
    return (k >= 1 && k <= SYNTH_NEAR_MOST && n >= k + itself) ||
           error_set(err, ERROR_DATA, "%zu nearest rows of %zu: expected 1 to %d, and as many rows", k, n,
                     SYNTH_NEAR_MOST);
}

bool synth_near(struct pool *pool, const struct synth_points *from, const struct synth_panels *among, size_t k,
                bool itself, double *apart2, uint32_t *place, struct error *err) {
    if (!enough(among->points->n, k, itself, err)) return false;
    struct search s = {.from = from, .among = among, .k = k, .itself = itself, .apart2 = apart2, .place = place};
    uint32_t *own = place ? NULL : memory_zeroed(from->n * k + 1, sizeof *own);
    s.room = memory_aligned(64, pool_threads(pool) * QUERIES * among->depth * DOTS_PANEL * sizeof *s.room);
    bool ok = s.room && (place || own);
    if (!place) s.place = own;
    if (ok) pool_run(pool, (from->n + QUERIES * DOTS_PANEL - 1) / (QUERIES * DOTS_PANEL), search_part, &s);
    memory_free(s.room);
    memory_free(own);
    return ok || error_memory(err, "nearest rows");
}

bool synth_near_plain(const struct synth_points *from, const struct synth_points *among, size_t k, bool itself,
                      double *apart2, uint32_t *place, struct error *err) {
    if (!enough(among->n, k, itself, err)) return false;
    for (size_t i = 0; i < from->n; i++) {
        struct nearest best = {.k = k, .apart2 = apart2 + i * k, .place = place + i * k};
        for (size_t j = 0; j < among->n; j++)
            if (!itself || i != j) offer(&best, synth_apart2(from, i, among, j), (uint32_t)j);
    }
    return true;
}
