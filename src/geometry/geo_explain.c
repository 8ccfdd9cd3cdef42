/* From which equations one follows: see geo_table.h. */
#include "geometry/geo_table_internal.h"

#include <stdlib.h>
#include <string.h>

enum { TRIPLES_MOST = 600 }; /* equations among which sums of three are tried */

/* ---- the echelon form, which grows with the table and is read up to a moment */

/* row -= echelon rows before the moment, by their pivots, in order; made gets the same sum of equations. */
static bool reduce(const struct geo_table *t, size_t moment, struct geo_row *row, struct geo_row *made,
                   struct geo_row *scratch, bool *fits, struct error *err) {
    for (size_t i = 0; i < t->n_echelon && t->echelon[i].equation < moment; i++) {
        const struct geo_echelon *e = &t->echelon[i];
        const struct geo_term *with = geo_row_find(row, e->pivot);
        if (!with) continue;
        struct geo_fraction by = geo_fraction_divide(with->by, geo_row_find(&e->row, e->pivot)->by);
        by = geo_fraction_subtract((struct geo_fraction){0, 1}, by);
        if (!geo_row_add(row, &e->row, by, scratch, fits, err) || !geo_row_add(made, &e->made, by, scratch, fits, err))
            return false;
        if (!*fits) return true;
    }
    return true;
}

bool geo_table_echelon(struct geo_table *t, const struct geo_equation *e, bool *fits, struct error *err) {
    const struct geo_term self = {(uint32_t)t->n, {1, 1}};
    struct geo_echelon next = {.equation = t->n};
    if (t->n_echelon == t->echelon_room) {
        size_t room = t->echelon_room ? 2 * t->echelon_room : 64;
        struct geo_echelon *grown = memory_grow(t->echelon, room, sizeof *grown);
        if (!grown) return error_memory(err, "equations of a figure");
        t->echelon = grown;
        t->echelon_room = room;
    }
    bool ok = geo_row_set(&next.row, e->term, e->n, err) && geo_row_set(&next.made, &self, 1, err) &&
              reduce(t, t->n, &next.row, &next.made, &t->scratch[0], fits, err);
    *fits = *fits && next.row.n && next.row.term[0].column < t->columns;
    if (ok && *fits) {
        next.pivot = next.row.term[0].column;
        t->echelon[t->n_echelon++] = next;
        return true;
    }
    geo_row_done(&next.row);
    geo_row_done(&next.made);
    return ok;
}

void geo_table_echelon_drop(struct geo_table *t) {
    struct geo_echelon *last = &t->echelon[--t->n_echelon];
    geo_row_done(&last->row);
    geo_row_done(&last->made);
}

static size_t by_echelon(const struct geo_table *t, const struct geo_equation *e, size_t moment, size_t *equation,
                         size_t most) {
    struct geo_row row = {0}, made = {0}, scratch = {0};
    bool fits = true;
    size_t n = 0;
    bool ok = geo_row_set(&row, e->term, e->n, NULL) && reduce(t, moment, &row, &made, &scratch, &fits, NULL);
    if (ok && fits && row.n == 0 && made.n <= most)
        for (; n < made.n; n++) equation[n] = made.term[n].column;
    geo_row_done(&row);
    geo_row_done(&made);
    geo_row_done(&scratch);
    return n;
}

/* ---- sums of few */

/* Equations by fingerprint. */
struct finder {
    uint32_t *slot; /* equation + 1 */
    size_t slots;
};

static bool finder_init(struct finder *f, const struct geo_table *t, size_t moment) {
    f->slots = 64;
    while (f->slots < 2 * moment) f->slots *= 2;
    f->slot = memory_zeroed(f->slots, sizeof *f->slot);
    for (size_t i = 0; f->slot && i < moment; i++) {
        size_t at = t->added[i].finger & (f->slots - 1);
        while (f->slot[at] && t->added[f->slot[at] - 1].finger != t->added[i].finger) at = (at + 1) & (f->slots - 1);
        if (!f->slot[at]) f->slot[at] = (uint32_t)i + 1; /* of equal ones the first */
    }
    return f->slot != NULL;
}

/* An equation with the fingerprint or its negative; SIZE_MAX: none. */
static size_t finder_find(const struct finder *f, const struct geo_table *t, uint64_t finger) {
    for (int sign = 0; sign < 2; sign++, finger = geo_finger_minus(0, finger))
        for (size_t at = finger & (f->slots - 1); f->slot[at]; at = (at + 1) & (f->slots - 1))
            if (t->added[f->slot[at] - 1].finger == finger) return f->slot[at] - 1;
    return SIZE_MAX;
}

static size_t two(const struct finder *f, const struct geo_table *t, uint64_t rest, size_t moment, size_t *equation) {
    for (size_t i = 0; i < moment; i++)
        for (int sign = 0; sign < 2; sign++) {
            uint64_t one = t->added[i].finger;
            size_t k = finder_find(f, t, sign ? geo_finger_plus(rest, one) : geo_finger_minus(rest, one));
            if (k == SIZE_MAX) continue;
            equation[0] = i;
            equation[1] = k;
            return 2;
        }
    return 0;
}

static size_t by_few(const struct geo_table *t, uint64_t target, size_t moment, size_t below, size_t *equation) {
    struct finder f;
    size_t n = 0;
    if (below <= 1 || !finder_init(&f, t, moment)) return 0;
    size_t one = finder_find(&f, t, target);
    if (one != SIZE_MAX) equation[n++] = one;
    if (!n && below > 2) n = two(&f, t, target, moment, equation);
    for (size_t i = 0; !n && below > 3 && moment <= TRIPLES_MOST && i < moment; i++)
        for (int sign = 0; !n && sign < 2; sign++) {
            uint64_t finger = t->added[i].finger;
            n = two(&f, t, sign ? geo_finger_plus(target, finger) : geo_finger_minus(target, finger), moment, equation);
            if (n) equation[n++] = i;
        }
    memory_free(f.slot);
    return n;
}

/* ---- both */

static int by_source(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool geo_table_explain(const struct geo_table *t, const struct geo_equation *e, size_t moment, uint32_t *source,
                       size_t most, size_t *n) {
    size_t equation[512], few[3];
    *n = 0;
    if (e->lost || e->n == 0) return !e->lost;
    if (moment > t->n) moment = t->n;
    size_t count = by_echelon(t, e, moment, equation, most < 512 ? most : 512);
    if (!count) return false;
    uint64_t target = 0;
    for (size_t i = 0; i < e->n; i++)
        target = geo_finger_plus(target, geo_finger_times(geo_finger(e->term[i].by), t->place[e->term[i].column]));
    size_t fewer = by_few(t, target, moment, count, few);
    if (fewer) memcpy(equation, few, (count = fewer) * sizeof *few);
    for (size_t i = 0; i < count; i++) source[i] = t->added[equation[i]].source;
    qsort(source, count, sizeof *source, by_source);
    for (size_t i = 0; i < count; i++)
        if (*n == 0 || source[i] != source[*n - 1]) source[(*n)++] = source[i];
    return true;
}
