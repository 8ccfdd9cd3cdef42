/* What one table of lengths tells the other, and sums of squares of lengths with numbers: see geo_scene.h. */
#include "geometry/geo_scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXPONENT_MOST = 20 };

static struct geo_fact ratio(const uint8_t *pairs, struct geo_fraction q) {
    bool equal = q.n == 1 && q.d == 1;
    return (struct geo_fact){.kind = equal ? GEO_CONG : GEO_RAT,
                             .n = 4,
                             .at = {pairs[0], pairs[1], pairs[2], pairs[3]},
                             .value = equal ? (struct geo_fraction){0, 1} : q};
}

/* q to the whole power that the table says; false: it is no whole power, or does not fit. */
static bool times_power(struct geo_fraction *q, int64_t prime, struct geo_fraction power) {
    if (power.d != 1 || llabs(power.n) > EXPONENT_MOST) return false;
    for (int64_t i = 0; i < llabs(power.n); i++)
        *q = geo_fraction_multiply(*q, power.n > 0 ? (struct geo_fraction){prime, 1} : (struct geo_fraction){1, prime});
    return q->d != 0;
}

bool geo_scene_ratio(struct geo_scene *s, const uint8_t *p, struct geo_fraction *q) {
    struct geo_term a[GEO_PRIMES_MOST], b[GEO_PRIMES_MOST];
    uint32_t x = geo_pair(p[0], p[1]), y = geo_pair(p[2], p[3]), first = (uint32_t)(s->n * (s->n - 1) / 2);
    *q = (struct geo_fraction){1, 1};
    if (x == y) return true;
    if (geo_table_form(s->table[GEO_RATIOS], x).rest != geo_table_form(s->table[GEO_RATIOS], y).rest) return false;
    size_t n = geo_table_constants(s->table[GEO_RATIOS], x, a, GEO_PRIMES_MOST);
    size_t m = geo_table_constants(s->table[GEO_RATIOS], y, b, GEO_PRIMES_MOST), i = 0, k = 0;
    while (i < n || k < m) {
        bool left = k == m || (i < n && a[i].column <= b[k].column);
        bool right = i == n || (k < m && b[k].column <= a[i].column);
        uint32_t column = left ? a[i].column : b[k].column;
        struct geo_fraction power = left ? a[i].by : (struct geo_fraction){0, 1};
        if (right) power = geo_fraction_subtract(power, b[k].by);
        if (!times_power(q, s->prime[column - first], power)) return false;
        i += left;
        k += right;
    }
    return true;
}

/* ---- from one table into the other */

struct entry {
    uint64_t key;
    uint8_t pair[2];
    struct geo_fraction first;
};

static int by_key(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return memcmp(x->pair, y->pair, 2);
}

/* Columns of the table that are alike but for a number, side by side. */
static size_t alike(struct geo_scene *s, enum geo_table_kind kind, struct entry *out) {
    size_t n = 0;
    for (uint8_t b = 1; b < s->n; b++)
        for (uint8_t a = 0; a < b; a++) {
            struct geo_column_form form = geo_table_form(s->table[kind], geo_pair(a, b));
            out[n++] = (struct entry){kind == GEO_LENGTHS ? form.scaled : form.rest, {a, b}, form.first};
        }
    qsort(out, n, sizeof *out, by_key);
    return n;
}

static bool carry(struct geo_scene *s, enum geo_table_kind from, struct entry *e, bool *fresh, struct error *err) {
    size_t n = alike(s, from, e), first = 0;
    for (size_t i = 1; i < n; i++) {
        bool new = false;
        if (e[i].key != e[first].key) {
            first = i;
            continue;
        }
        const uint8_t pairs[4] = {e[first].pair[0], e[first].pair[1], e[i].pair[0], e[i].pair[1]};
        struct geo_fraction q = geo_fraction_divide(e[first].first, e[i].first);
        if (from == GEO_RATIOS && !geo_scene_ratio(s, pairs, &q)) continue;
        if (q.d == 0 || q.n <= 0) continue;
        struct geo_known what = {.fact = ratio(pairs, q), .reason = from == GEO_RATIOS ? GEO_BY_TABLE : GEO_BY_LENGTHS};
        if (geo_scene_true(s, &what.fact) && !geo_scene_add(s, &what, &new, err)) return false;
        *fresh |= new;
    }
    return true;
}

/* ---- numbers */

static bool root(int64_t square, int64_t *out) {
    *out = (int64_t)llround(sqrt((double)square));
    return *out > 0 && *out < 1000000000 && *out * *out == square;
}

/* c with a^2 + b^2 = c^2, or of c^2 - a^2. */
static bool third_side(struct geo_fraction a, struct geo_fraction b, bool minus, struct geo_fraction *c) {
    struct geo_fraction x = geo_fraction_multiply(a, a), y = geo_fraction_multiply(b, b);
    struct geo_fraction z = minus ? geo_fraction_subtract(x, y) : geo_fraction_add(x, y);
    return z.d && z.n > 0 && root(z.n, &c->n) && root(z.d, &c->d);
}

static bool add_numbers(struct geo_scene *s, const struct geo_fact *gives, const struct geo_fact *from, size_t n,
                        bool *fresh, struct error *err) {
    struct geo_known what = {.fact = *gives, .reason = GEO_BY_NUMBERS, .n_from = n};
    bool new = false;
    memcpy(what.from, from, n * sizeof *from);
    if (!geo_scene_true(s, gives)) return true;
    if (!geo_scene_add(s, &what, &new, err)) return false;
    *fresh |= new;
    return true;
}

/* Sides a, b about the right angle at p[0], and c across it, in units of a. */
static bool right_triangle(struct geo_scene *s, const uint8_t *p, bool *fresh, struct error *err) {
    const uint8_t ba[4] = {p[0], p[2], p[0], p[1]}, ca[4] = {p[1], p[2], p[0], p[1]};
    struct geo_fact sum = {.kind = GEO_SQSUM, .n = 6, .at = {p[0], p[1], p[0], p[2], p[1], p[2]}, .value = {0, 1}};
    struct geo_fraction b, c, q, a = {1, 1};
    bool has_b = geo_scene_ratio(s, ba, &b), has_c = geo_scene_ratio(s, ca, &c), sums = geo_scene_knows(s, &sum);
    struct geo_fact from[3] = {ratio(ba, b), ratio(ca, c), sum};
    if (!sums && has_b && has_c && third_side(a, b, false, &q) && geo_fraction_equal(q, c))
        return add_numbers(s, &sum, from, 2, fresh, err);
    if (sums && has_b && !has_c && third_side(a, b, false, &q)) {
        struct geo_fact gives = ratio(ca, q);
        from[1] = sum;
        return add_numbers(s, &gives, from, 2, fresh, err);
    }
    if (sums && has_c && !has_b && third_side(c, a, true, &q)) {
        struct geo_fact gives = ratio(ba, q);
        return add_numbers(s, &gives, from + 1, 2, fresh, err);
    }
    return true;
}

static bool numbers(struct geo_scene *s, bool *fresh, struct error *err) {
    for (uint8_t a = 0; a < s->n; a++)
        for (uint8_t b = 0; b < s->n; b++)
            for (uint8_t c = 0; c < b; c++) {
                const uint8_t p[3] = {a, b, c}, q[3] = {a, c, b};
                struct geo_fact perp = {.kind = GEO_PERP, .n = 4, .at = {a, b, a, c}, .value = {0, 1}};
                if (a == b || a == c || !geo_scene_true(s, &perp)) continue;
                if (!right_triangle(s, p, fresh, err) || !right_triangle(s, q, fresh, err)) return false;
            }
    return true;
}

bool geo_scene_carry(struct geo_scene *s, bool *fresh, struct error *err) {
    struct entry *entries = memory_alloc(s->n * s->n * sizeof *entries);
    *fresh = false;
    if (!entries) return error_memory(err, "lengths of a scene");
    bool ok = carry(s, GEO_LENGTHS, entries, fresh, err) && carry(s, GEO_RATIOS, entries, fresh, err) &&
              numbers(s, fresh, err);
    memory_free(entries);
    return ok;
}
