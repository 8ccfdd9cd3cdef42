/* Linear equations over exact fractions: see geo_table.h. */
#include "geometry/geo_table.h"

#include "base/rng.h"
#include "geometry/geo_table_internal.h"

#include <string.h>

/* ---- arithmetic modulo 2^61 - 1 */

#define PRIME (((uint64_t)1 << 61) - 1)
__extension__ typedef unsigned __int128 wide;

static uint64_t times(uint64_t a, uint64_t b) {
    wide product = (wide)a * b;
    uint64_t sum = (uint64_t)(product & PRIME) + (uint64_t)(product >> 61);
    return sum >= PRIME ? sum - PRIME : sum;
}
static uint64_t plus(uint64_t a, uint64_t b) {
    uint64_t sum = a + b;
    return sum >= PRIME ? sum - PRIME : sum;
}
static uint64_t whole(int64_t a) {
    return a >= 0 ? (uint64_t)a % PRIME : PRIME - (uint64_t)(-(a + 1)) % PRIME - 1;
}
static uint64_t inverse(uint64_t a) {
    uint64_t result = 1;
    for (uint64_t power = PRIME - 2; power; power >>= 1, a = times(a, a))
        if (power & 1) result = times(result, a);
    return result;
}
uint64_t geo_finger(struct geo_fraction f) {
    return f.d == 1 ? whole(f.n) : times(whole(f.n), inverse(whole(f.d)));
}
uint64_t geo_finger_times(uint64_t a, uint64_t b) {
    return times(a, b);
}
uint64_t geo_finger_plus(uint64_t a, uint64_t b) {
    return plus(a, b);
}
uint64_t geo_finger_minus(uint64_t a, uint64_t b) {
    return a >= b ? a - b : a + PRIME - b;
}

/* ---- equations */

void geo_equation_put(struct geo_equation *e, uint32_t column, struct geo_fraction by) {
    if (e->n == GEO_TERMS_MOST || !by.d)
        e->lost = true;
    else
        e->term[e->n++] = (struct geo_term){column, by};
}

void geo_equation_tidy(struct geo_equation *e) {
    size_t n = 0;
    for (size_t i = 1; i < e->n; i++)
        for (size_t k = i; k > 0 && e->term[k].column < e->term[k - 1].column; k--) {
            struct geo_term swap = e->term[k];
            e->term[k] = e->term[k - 1];
            e->term[k - 1] = swap;
        }
    for (size_t i = 0; i < e->n; i++) {
        struct geo_term t = e->term[i];
        if (n && e->term[n - 1].column == t.column)
            e->term[n - 1].by = geo_fraction_add(e->term[n - 1].by, t.by);
        else
            e->term[n++] = t;
        e->lost |= !e->term[n - 1].by.d;
        if (e->term[n - 1].by.n == 0) n--;
    }
    e->n = n;
}

/* ---- rows: sums of columns, rising */

void geo_row_done(struct geo_row *row) {
    memory_free(row->term);
    *row = (struct geo_row){0};
}

static bool row_room(struct geo_row *row, size_t n, struct error *err) {
    if (n <= row->room) return true;
    struct geo_term *grown = memory_grow(row->term, n + n / 2 + 4, sizeof *grown);
    if (!grown) return error_memory(err, "equations of a figure");
    row->term = grown;
    row->room = n + n / 2 + 4;
    return true;
}

bool geo_row_set(struct geo_row *row, const struct geo_term *term, size_t n, struct error *err) {
    if (!row_room(row, n, err)) return false;
    if (n) memcpy(row->term, term, n * sizeof *term);
    row->n = n;
    return true;
}

const struct geo_term *geo_row_find(const struct geo_row *row, uint32_t column) {
    size_t low = 0, high = row->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (row->term[middle].column < column)
            low = middle + 1;
        else
            high = middle;
    }
    return low < row->n && row->term[low].column == column ? &row->term[low] : NULL;
}

/* row += by * other; *fits turns false where a number does not. scratch is a row for the sum. */
bool geo_row_add(struct geo_row *row, const struct geo_row *other, struct geo_fraction by, struct geo_row *scratch,
                 bool *fits, struct error *err) {
    size_t i = 0, k = 0, n = 0;
    if (!row_room(scratch, row->n + other->n, err)) return false;
    while (i < row->n || k < other->n) {
        bool mine = k == other->n || (i < row->n && row->term[i].column <= other->term[k].column);
        bool theirs = i == row->n || (k < other->n && other->term[k].column <= row->term[i].column);
        struct geo_term t = mine ? row->term[i] : (struct geo_term){other->term[k].column, {0, 1}};
        if (theirs) t.by = geo_fraction_add(t.by, geo_fraction_multiply(by, other->term[k].by));
        *fits &= t.by.d != 0;
        if (t.by.n != 0 || !t.by.d) scratch->term[n++] = t;
        i += mine;
        k += theirs;
    }
    scratch->n = n;
    struct geo_row swap = *row;
    *row = *scratch;
    *scratch = swap;
    return true;
}

/* ---- the table */

struct geo_table *geo_table_new(size_t columns, size_t constants, struct error *err) {
    struct geo_table *t = memory_zeroed(1, sizeof *t);
    size_t all = columns + constants;
    if (!t || !(t->place = memory_alloc((all + 1) * sizeof *t->place)) ||
        !(t->finger = memory_alloc((all + 1) * sizeof *t->finger)) ||
        !(t->form = memory_zeroed(all + 1, sizeof *t->form))) {
        geo_table_free(t);
        error_memory(err, "equations of a figure");
        return NULL;
    }
    t->columns = columns;
    t->all = all;
    for (size_t c = 0; c < all; c++) {
        struct rng rng = rng_stream(17, "geometry/fingerprints", c);
        t->place[c] = t->finger[c] = rng_u64(&rng) % PRIME;
    }
    return t;
}

void geo_table_free(struct geo_table *t) {
    if (!t) return;
    for (size_t c = 0; t->form && c < t->all; c++) geo_row_done(&t->form[c]);
    for (size_t i = 0; i < t->n_echelon; i++) {
        geo_row_done(&t->echelon[i].row);
        geo_row_done(&t->echelon[i].made);
    }
    for (size_t i = 0; i < t->n; i++) memory_free(t->added[i].term);
    for (size_t i = 0; i < 4; i++) geo_row_done(&t->scratch[i]);
    memory_free(t->echelon);
    memory_free(t->added);
    memory_free(t->place);
    memory_free(t->finger);
    memory_free(t->form);
    memory_free(t);
}

size_t geo_table_size(const struct geo_table *t) {
    return t->n;
}

static uint64_t finger_of(const uint64_t *at, const struct geo_term *term, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t value = at[term[i].column];
        struct geo_fraction by = term[i].by;
        if (by.d == 1 && by.n == 1)
            sum = plus(sum, value);
        else if (by.d == 1 && by.n == -1)
            sum = geo_finger_minus(sum, value);
        else
            sum = plus(sum, times(geo_finger(by), value));
    }
    return sum;
}

bool geo_table_knows(const struct geo_table *t, const struct geo_equation *e) {
    return !e->lost && finger_of(t->finger, e->term, e->n) == 0;
}

/* Puts free columns for those that were eliminated. */
static bool reduce(struct geo_table *t, const struct geo_equation *e, struct geo_row *out, bool *fits,
                   struct error *err) {
    if (!geo_row_set(out, NULL, 0, err)) return false;
    for (size_t i = 0; i < e->n; i++) {
        struct geo_term one = {e->term[i].column, {1, 1}};
        struct geo_row alone = {&one, 1, 1};
        const struct geo_row *form = t->form[one.column].n || t->form[one.column].room ? &t->form[one.column] : &alone;
        if (!geo_row_add(out, form, e->term[i].by, &t->scratch[0], fits, err)) return false;
    }
    return true;
}

/* The pivot of a reduced row: its first column that is no constant. */
static const struct geo_term *pivot_of(const struct geo_table *t, const struct geo_row *row) {
    return row->n && row->term[0].column < t->columns ? &row->term[0] : NULL;
}

/* The forms of all columns without the pivot; where a number does not fit nothing is changed. */
static bool eliminate(struct geo_table *t, const struct geo_row *row, bool *fits, struct error *err) {
    struct geo_row *form = &t->scratch[2], *trial = &t->scratch[3];
    struct geo_fraction by = geo_fraction_divide((struct geo_fraction){-1, 1}, row->term[0].by);
    uint32_t pivot = row->term[0].column;
    if (!geo_row_set(form, NULL, 0, err) || !geo_row_add(form, row, by, &t->scratch[0], fits, err)) return false;
    memmove(form->term, form->term + 1, (form->n - 1) * sizeof *form->term);
    form->n--;
    for (int commit = 0; commit < 2 && *fits; commit++)
        for (uint32_t c = 0; c < t->columns; c++) {
            const struct geo_term *with = geo_row_find(&t->form[c], pivot);
            if (!with) continue;
            struct geo_fraction factor = with->by;
            const struct geo_term minus = {pivot, geo_fraction_subtract((struct geo_fraction){0, 1}, factor)};
            const struct geo_row gone = {(struct geo_term *)&minus, 1, 1};
            struct geo_row *target = commit ? &t->form[c] : trial;
            if ((!commit && !geo_row_set(trial, t->form[c].term, t->form[c].n, err)) ||
                !geo_row_add(target, &gone, (struct geo_fraction){1, 1}, &t->scratch[0], fits, err) ||
                !geo_row_add(target, form, factor, &t->scratch[0], fits, err))
                return false;
            if (commit) t->finger[c] = finger_of(t->place, t->form[c].term, t->form[c].n);
        }
    if (!*fits) return true;
    if (!geo_row_set(&t->form[pivot], form->term, form->n, err) || !row_room(&t->form[pivot], 1, err)) return false;
    t->finger[pivot] = finger_of(t->place, form->term, form->n);
    return true;
}

static bool keep(struct geo_table *t, const struct geo_equation *e, uint32_t source, struct error *err) {
    if (t->n == t->room) {
        size_t room = t->room ? 2 * t->room : 64;
        struct geo_kept *grown = memory_grow(t->added, room, sizeof *grown);
        if (!grown) return error_memory(err, "equations of a figure");
        t->added = grown;
        t->room = room;
    }
    struct geo_kept *kept = &t->added[t->n];
    *kept =
        (struct geo_kept){memory_alloc((e->n + 1) * sizeof *e->term), e->n, source, finger_of(t->place, e->term, e->n)};
    if (!kept->term) return error_memory(err, "equations of a figure");
    memcpy(kept->term, e->term, e->n * sizeof *e->term);
    t->n++;
    return true;
}

bool geo_table_add(struct geo_table *t, const struct geo_equation *e, uint32_t source, enum geo_added *how,
                   struct error *err) {
    struct geo_row *row = &t->scratch[1];
    bool fits = !e->lost, known = geo_table_knows(t, e);
    *how = GEO_ADDED_LOST;
    if (!fits || t->n == GEO_EQUATIONS_MOST) return true;
    if (known) {
        *how = GEO_ADDED_KNOWN;
        return keep(t, e, source, err);
    }
    if (!reduce(t, e, row, &fits, err)) return false;
    if (!fits) return true;
    if (!pivot_of(t, row)) {
        *how = GEO_ADDED_CLASH;
        return true;
    }
    if (!geo_table_echelon(t, e, &fits, err)) return false;
    if (fits && !eliminate(t, row, &fits, err)) return false;
    if (!fits) {
        if (t->n_echelon && t->echelon[t->n_echelon - 1].equation == t->n) geo_table_echelon_drop(t);
        return true;
    }
    *how = GEO_ADDED_NEW;
    return keep(t, e, source, err);
}

/* ---- forms of columns */

struct geo_column_form geo_table_form(const struct geo_table *t, uint32_t column) {
    const struct geo_row *row = &t->form[column];
    struct geo_term one = {column, {1, 1}};
    const struct geo_term *term = row->room ? row->term : &one;
    size_t n = row->room ? row->n : 1, free = 0;
    while (free < n && term[free].column < t->columns) free++;
    struct geo_column_form form = {.rest = finger_of(t->place, term, free), .first = {0, 1}, .constant = free == 0};
    if (n) form.first = term[0].by;
    if (n) form.scaled = times(finger_of(t->place, term, n), inverse(geo_finger(term[0].by)));
    return form;
}

size_t geo_table_constants(const struct geo_table *t, uint32_t column, struct geo_term *out, size_t most) {
    const struct geo_row *row = &t->form[column];
    size_t n = 0;
    for (size_t i = 0; row->room && i < row->n && n < most; i++)
        if (row->term[i].column >= t->columns) out[n++] = row->term[i];
    return n;
}
