/* Tuples of points of true facts: see geo_tuples.h. */
#include "geometry/geo_tuples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void geo_tuples_done(struct geo_tuples *t) {
    memory_free(t->at);
    *t = (struct geo_tuples){0};
}

static bool put(struct geo_tuples *t, const uint8_t *p, size_t n, struct error *err) {
    if (t->n == GEO_TUPLES_MOST) {
        t->full = true;
        return true;
    }
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 256;
        uint8_t(*grown)[6] = memory_grow(t->at, room, sizeof *grown);
        if (!grown) return error_memory(err, "tuples of points");
        t->at = grown;
        t->room = room;
    }
    memcpy(t->at[t->n++], p, n);
    return true;
}

/* ---- triples and quadruples by trial */

static bool triples(const struct geo_scene *s, enum geo_kind kind, struct geo_tuples *out, struct error *err) {
    struct geo_fact f = {.kind = kind, .n = 3, .value = {0, 1}};
    for (uint8_t a = 0; a < s->n; a++)
        for (uint8_t b = 0; b < s->n; b++)
            for (uint8_t c = 0; c < s->n; c++) {
                f.at[0] = a, f.at[1] = b, f.at[2] = c;
                if (geo_scene_true(s, &f) && !put(out, f.at, 3, err)) return false;
            }
    return true;
}

static bool orders(const uint8_t *p, size_t fixed, size_t n, struct geo_tuples *out, struct error *err) {
    uint8_t q[6];
    if (fixed == n) return put(out, p, n, err);
    memcpy(q, p, n);
    for (size_t i = fixed; i < n; i++) {
        uint8_t swap = q[fixed];
        q[fixed] = q[i];
        q[i] = swap;
        if (!orders(q, fixed + 1, n, out, err)) return false;
        swap = q[fixed];
        q[fixed] = q[i];
        q[i] = swap;
    }
    return true;
}

static bool quadruples(const struct geo_scene *s, enum geo_kind kind, struct geo_tuples *out, struct error *err) {
    size_t apart = kind == GEO_CENTRE; /* the first point has a part of its own */
    struct geo_fact f = {.kind = kind, .n = 4, .value = {0, 1}};
    for (uint8_t a = 0; a < s->n; a++)
        for (uint8_t b = apart ? 0 : a + 1; b < s->n; b++)
            for (uint8_t c = b + 1; c < s->n; c++) {
                if (apart && (a == b || a == c || fabs(s->log[geo_pair(a, b)] - s->log[geo_pair(a, c)]) > GEO_TRUE))
                    continue;
                for (uint8_t d = c + 1; d < s->n; d++) {
                    f.at[0] = a, f.at[1] = b, f.at[2] = c, f.at[3] = d;
                    if (geo_scene_true(s, &f) && !orders(f.at, apart, 4, out, err)) return false;
                }
            }
    return true;
}

/* ---- pairs of pairs */

static bool both_orders(const uint8_t *p, const uint8_t *q, struct geo_tuples *out, struct error *err) {
    for (int turn = 0; turn < 8; turn++) {
        const uint8_t *x = turn & 4 ? q : p, *y = turn & 4 ? p : q;
        const uint8_t t[4] = {x[turn & 1], x[!(turn & 1)], y[turn >> 1 & 1], y[!(turn >> 1 & 1)]};
        if (!put(out, t, 4, err)) return false;
    }
    return true;
}

static bool pairs(const struct geo_scene *s, enum geo_kind kind, struct geo_tuples *out, struct error *err) {
    for (uint8_t b = 1; b < s->n; b++)
        for (uint8_t a = 0; a < b; a++)
            for (uint8_t d = 1; d <= b; d++)
                for (uint8_t c = 0; c < d; c++) {
                    struct geo_fact f = {.kind = kind, .n = 4, .at = {a, b, c, d}, .value = {0, 1}};
                    if (d == b && c >= a) break;
                    if (geo_scene_true(s, &f) && !both_orders(f.at, f.at + 2, out, err)) return false;
                }
    return true;
}

/* ---- similar triangles */

struct triangle {
    uint8_t p[3];            /* across from the least side, the middle, the greatest */
    double middle, greatest; /* logarithms of sides over the least */
};

static int by_shape(const void *a, const void *b) {
    const struct triangle *x = a, *y = b;
    if (x->middle != y->middle) return x->middle < y->middle ? -1 : 1;
    return memcmp(x->p, y->p, 3);
}

static struct triangle triangle_of(const struct geo_scene *s, uint8_t a, uint8_t b, uint8_t c) {
    struct triangle t = {.p = {a, b, c}};
    double side[3] = {s->log[geo_pair(b, c)], s->log[geo_pair(a, c)], s->log[geo_pair(a, b)]};
    for (size_t i = 1; i < 3; i++)
        for (size_t k = i; k > 0 && side[k] < side[k - 1]; k--) {
            double swap = side[k];
            uint8_t point = t.p[k];
            side[k] = side[k - 1], side[k - 1] = swap;
            t.p[k] = t.p[k - 1], t.p[k - 1] = point;
        }
    t.middle = side[1] - side[0];
    t.greatest = side[2] - side[0];
    return t;
}

/* Each order of the first triangle's corners, with those of the second that make the fact true. */
static bool correspond(const struct geo_scene *s, enum geo_kind kind, const struct triangle *x,
                       const struct triangle *y, struct geo_tuples *out, struct error *err) {
    static const uint8_t order[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < 6; i++) {
        const uint8_t *o = order[i];
        struct geo_fact f = {.kind = kind, .n = 6, .value = {0, 1}};
        for (size_t k = 0; k < 3; k++) f.at[k] = x->p[k], f.at[3 + k] = y->p[o[k]];
        if (!geo_scene_true(s, &f)) continue;
        for (size_t m = 0; m < 6; m++) {
            uint8_t t[6];
            for (size_t k = 0; k < 3; k++) t[k] = f.at[order[m][k]], t[3 + k] = f.at[3 + order[m][k]];
            if (!put(out, t, 6, err)) return false;
        }
    }
    return true;
}

static bool similar(const struct geo_scene *s, enum geo_kind kind, struct geo_tuples *out, struct error *err) {
    size_t n = 0, most = s->n * s->n * s->n / 6 + 1;
    struct triangle *t = memory_alloc(most * sizeof *t);
    bool ok = t || error_memory(err, "triangles of a figure");
    for (uint8_t a = 0; ok && a < s->n; a++)
        for (uint8_t b = a + 1; b < s->n; b++)
            for (uint8_t c = b + 1; c < s->n; c++) {
                const struct geo_fact apart = {.kind = GEO_NCOLL, .n = 3, .at = {a, b, c}};
                if (geo_scene_guard(s, &apart)) t[n++] = triangle_of(s, a, b, c);
            }
    if (n) qsort(t, n, sizeof *t, by_shape);
    for (size_t i = 0; ok && i < n; i++)
        for (size_t k = i + 1; ok && k < n && t[k].middle - t[i].middle < 2 * GEO_TRUE; k++)
            if (fabs(t[k].greatest - t[i].greatest) < 2 * GEO_TRUE) ok = correspond(s, kind, &t[i], &t[k], out, err);
    memory_free(t);
    return ok;
}

/* ---- all kinds */

bool geo_tuples_are_of(enum geo_kind kind) {
    switch (kind) {
    case GEO_COLL:
    case GEO_MID:
    case GEO_CYC:
    case GEO_CENTRE:
    case GEO_PARA:
    case GEO_PERP:
    case GEO_CONG:
    case GEO_SIM:
    case GEO_SIMR:
        return true;
    default:
        return false;
    }
}

bool geo_tuples_find(const struct geo_scene *s, enum geo_kind kind, struct geo_tuples *out, struct error *err) {
    switch (kind) {
    case GEO_COLL:
    case GEO_MID:
        return triples(s, kind, out, err);
    case GEO_CYC:
    case GEO_CENTRE:
        return quadruples(s, kind, out, err);
    case GEO_PARA:
    case GEO_PERP:
    case GEO_CONG:
        return pairs(s, kind, out, err);
    case GEO_SIM:
    case GEO_SIMR:
        return similar(s, kind, out, err);
    default:
        return true;
    }
}
