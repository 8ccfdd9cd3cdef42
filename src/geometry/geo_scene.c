/* A scene: see geo_scene.h. */
#include "geometry/geo_scene.h"

#include <math.h>
#include <string.h>

const char *geo_table_name(enum geo_table_kind kind) {
    static const char *const names[] = {"angles", "ratios", "lengths"};
    return names[kind];
}

uint32_t geo_pair(uint8_t a, uint8_t b) {
    return a > b ? (uint32_t)a * (a - 1u) / 2 + b : (uint32_t)b * (b - 1u) / 2 + a;
}

bool geo_scene_init(struct geo_scene *s, const struct geo_point *at, size_t n, struct error *err) {
    size_t pairs = n * (n - 1) / 2;
    *s = (struct geo_scene){.n = n};
    if (n < 2 || n > GEO_POINTS_MOST)
        return error_set(err, ERROR_DATA, "a scene of %zu points; expected 2 to %d", n, GEO_POINTS_MOST);
    memcpy(s->at, at, n * sizeof *at);
    s->diameter = geo_diameter(at, n);
    s->slots = 1024;
    s->turn = memory_alloc(pairs * sizeof *s->turn);
    s->log = memory_alloc(pairs * sizeof *s->log);
    s->slot = memory_zeroed(s->slots, sizeof *s->slot);
    if (!s->turn || !s->log || !s->slot) return error_memory(err, "a scene");
    for (uint8_t a = 0; a < n; a++)
        for (uint8_t b = 0; b < a; b++) {
            s->turn[geo_pair(a, b)] = geo_direction(at[b], at[a]);
            s->log[geo_pair(a, b)] = log(geo_distance(at[a], at[b]));
        }
    const size_t constants[GEO_TABLES] = {1, GEO_PRIMES_MOST, 1};
    for (size_t k = 0; k < GEO_TABLES; k++)
        if (!(s->table[k] = geo_table_new(pairs, constants[k], err))) return false;
    return true;
}

void geo_scene_done(struct geo_scene *s) {
    for (size_t k = 0; k < GEO_TABLES; k++) geo_table_free(s->table[k]);
    memory_free(s->turn);
    memory_free(s->log);
    memory_free(s->known);
    memory_free(s->slot);
    *s = (struct geo_scene){0};
}

/* ---- what the figure shows */

static double turn(const struct geo_scene *s, const uint8_t *pair) {
    return s->turn[geo_pair(pair[0], pair[1])];
}
static double logarithm(const struct geo_scene *s, const uint8_t *pair) {
    return s->log[geo_pair(pair[0], pair[1])];
}
static bool is_whole(double turns) {
    return fabs(turns - nearbyint(turns)) < GEO_TRUE;
}

static bool true_cyc(const struct geo_scene *s, const uint8_t *p) {
    const uint8_t ac[] = {p[0], p[2]}, bc[] = {p[1], p[2]}, ad[] = {p[0], p[3]}, bd[] = {p[1], p[3]};
    double c = turn(s, bc) - turn(s, ac), d = turn(s, bd) - turn(s, ad);
    return fabs(c - nearbyint(c)) > GEO_APART && is_whole(c - d);
}

bool geo_scene_true(const struct geo_scene *s, const struct geo_fact *f) {
    const uint8_t *p = f->at;
    if (geo_fact_is_degenerate(f)) return false;
    switch (f->kind) {
    case GEO_COLL:
        return is_whole(turn(s, p) - turn(s, p + 1));
    case GEO_PARA:
        return is_whole(turn(s, p) - turn(s, p + 2));
    case GEO_PERP:
        return is_whole(turn(s, p) - turn(s, p + 2) + 0.5);
    case GEO_EQANG:
        return is_whole(turn(s, p + 2) - turn(s, p) - turn(s, p + 6) + turn(s, p + 4));
    case GEO_CONG:
        return fabs(logarithm(s, p) - logarithm(s, p + 2)) < GEO_TRUE;
    case GEO_EQRAT:
        return fabs(logarithm(s, p) - logarithm(s, p + 2) - logarithm(s, p + 4) + logarithm(s, p + 6)) < GEO_TRUE;
    case GEO_CYC:
        return true_cyc(s, p);
    default:
        return geo_holds(f, s->at);
    }
}

bool geo_scene_guard(const struct geo_scene *s, const struct geo_fact *guard) {
    return geo_margin(guard, s->at, s->diameter) > GEO_APART;
}

/* ---- equations */

enum geo_table_kind geo_table_of(enum geo_kind kind) {
    switch (kind) {
    case GEO_COLL:
    case GEO_PARA:
    case GEO_PERP:
    case GEO_EQANG:
    case GEO_ANG:
        return GEO_ANGLES;
    case GEO_CONG:
    case GEO_EQRAT:
    case GEO_RAT:
    case GEO_LEN:
        return GEO_RATIOS;
    default:
        return GEO_TABLES;
    }
}

static const struct geo_fraction one = {1, 1}, minus_one = {-1, 1};

static void put_pair(struct geo_equation *e, const uint8_t *pair, struct geo_fraction by) {
    geo_equation_put(e, geo_pair(pair[0], pair[1]), by);
}

/* The sum of directions so far equals the fraction q modulo 1: the whole number is read in the figure. */
static void put_turn(const struct geo_scene *s, struct geo_equation *e, struct geo_fraction q) {
    uint32_t constant = (uint32_t)(s->n * (s->n - 1) / 2);
    double sum = 0;
    for (size_t i = 0; i < e->n; i++) sum += geo_fraction_f64(e->term[i].by) * s->turn[e->term[i].column];
    struct geo_fraction whole = {(int64_t)nearbyint(sum - geo_fraction_f64(q)), 1};
    struct geo_fraction all = geo_fraction_add(q, whole);
    if (all.n != 0 || !all.d) geo_equation_put(e, constant, geo_fraction_subtract((struct geo_fraction){0, 1}, all));
}

static size_t angle_equations(const struct geo_scene *s, const struct geo_fact *f, struct geo_equation *out) {
    const uint8_t *p = f->at;
    if (f->kind == GEO_COLL) {
        const uint8_t outer[2] = {p[0], p[2]};
        put_pair(&out[0], p, one);
        put_pair(&out[0], outer, minus_one);
        put_pair(&out[1], p, one);
        put_pair(&out[1], p + 1, minus_one);
        put_pair(&out[2], outer, one);
        put_pair(&out[2], p + 1, minus_one);
        for (size_t i = 0; i < 3; i++) put_turn(s, &out[i], (struct geo_fraction){0, 1});
        return 3;
    }
    put_pair(&out[0], p, minus_one);
    put_pair(&out[0], p + 2, one);
    if (f->kind == GEO_EQANG) {
        put_pair(&out[0], p + 4, one);
        put_pair(&out[0], p + 6, minus_one);
    }
    put_turn(s, &out[0],
             f->kind == GEO_PERP  ? (struct geo_fraction){1, 2}
             : f->kind == GEO_ANG ? f->value
                                  : (struct geo_fraction){0, 1});
    return 1;
}

static int prime_index(struct geo_scene *s, int64_t prime) {
    for (size_t i = 0; i < s->n_primes; i++)
        if (s->prime[i] == prime) return (int)i;
    if (s->n_primes == GEO_PRIMES_MOST) return -1;
    s->prime[s->n_primes] = prime;
    return (int)s->n_primes++;
}

/* log q by its primes, with the sign of `by`. */
static void put_primes(struct geo_scene *s, struct geo_equation *e, struct geo_fraction q, int64_t by) {
    uint32_t first = (uint32_t)(s->n * (s->n - 1) / 2);
    for (int below = 0; below < 2; below++) {
        int64_t rest = below ? q.d : q.n;
        if (rest <= 0 || rest > 1000000000000) e->lost = true;
        for (int64_t prime = 2; rest > 1 && !e->lost; prime++) {
            if (prime * prime > rest) prime = rest;
            int64_t times = 0;
            for (; rest % prime == 0; rest /= prime) times++;
            if (!times) continue;
            int index = prime_index(s, prime);
            if (index < 0)
                e->lost = true;
            else
                geo_equation_put(e, first + (uint32_t)index,
                                 (struct geo_fraction){below ? -by * times : by * times, 1});
        }
    }
}

static size_t ratio_equations(struct geo_scene *s, const struct geo_fact *f, struct geo_equation *out) {
    const uint8_t *p = f->at;
    put_pair(&out[0], p, one);
    if (f->kind != GEO_LEN) put_pair(&out[0], p + 2, minus_one);
    if (f->kind == GEO_EQRAT) {
        put_pair(&out[0], p + 4, minus_one);
        put_pair(&out[0], p + 6, one);
    }
    if (geo_kind_has_value(f->kind)) put_primes(s, &out[0], f->value, -1);
    return 1;
}

/* Of three points on a line the two outer ones stand first and last. */
static void by_place(const struct geo_scene *s, const uint8_t *p, uint8_t out[3]) {
    memcpy(out, p, 3);
    for (size_t middle = 0; middle < 3; middle++) {
        uint8_t a = p[(middle + 1) % 3], b = p[(middle + 2) % 3], m = p[middle];
        const struct geo_point *at = s->at;
        double dot = (at[a].x - at[m].x) * (at[b].x - at[m].x) + (at[a].y - at[m].y) * (at[b].y - at[m].y);
        if (dot < 0) out[0] = a, out[1] = m, out[2] = b;
    }
}

static size_t length_equations(const struct geo_scene *s, const struct geo_fact *f, struct geo_equation *out) {
    uint32_t unit = (uint32_t)(s->n * (s->n - 1) / 2);
    struct geo_fraction minus = geo_fraction_subtract((struct geo_fraction){0, 1}, f->value);
    if (f->kind == GEO_COLL) {
        uint8_t p[3];
        by_place(s, f->at, p);
        const uint8_t outer[2] = {p[0], p[2]};
        put_pair(&out[0], p, one);
        put_pair(&out[0], p + 1, one);
        put_pair(&out[0], outer, minus_one);
        return 1;
    }
    put_pair(&out[0], f->at, one);
    if (f->kind == GEO_LEN)
        geo_equation_put(&out[0], unit, minus);
    else
        put_pair(&out[0], f->at + 2, f->kind == GEO_CONG ? minus_one : minus);
    return 1;
}

size_t geo_scene_equations(struct geo_scene *s, enum geo_table_kind kind, const struct geo_fact *f,
                           struct geo_equation out[3]) {
    size_t n = 0;
    bool lengths = f->kind == GEO_CONG || f->kind == GEO_RAT || f->kind == GEO_LEN;
    for (size_t i = 0; i < 3; i++) {
        out[i].n = 0;
        out[i].lost = false;
    }
    if (kind == GEO_ANGLES && geo_table_of(f->kind) == GEO_ANGLES) n = angle_equations(s, f, out);
    if (kind == GEO_RATIOS && geo_table_of(f->kind) == GEO_RATIOS) n = ratio_equations(s, f, out);
    if (kind == GEO_LENGTHS && (lengths || f->kind == GEO_COLL)) n = length_equations(s, f, out);
    for (size_t i = 0; i < n; i++) geo_equation_tidy(&out[i]);
    return n;
}

/* ---- what is known */

size_t geo_scene_find(const struct geo_scene *s, const struct geo_fact *canonical) {
    for (size_t at = geo_fact_hash(canonical) & (s->slots - 1); s->slot[at]; at = (at + 1) & (s->slots - 1))
        if (geo_fact_equal(&s->known[s->slot[at] - 1].fact, canonical)) return s->slot[at] - 1;
    return SIZE_MAX;
}

bool geo_scene_knows(struct geo_scene *s, const struct geo_fact *f) {
    enum geo_table_kind table = geo_table_of(f->kind);
    struct geo_equation e[3];
    if (table != GEO_TABLES) {
        size_t n = geo_scene_equations(s, table, f, e);
        for (size_t i = 0; i < n; i++)
            if (geo_table_knows(s->table[table], &e[i])) return true;
        return false;
    }
    if (f->kind == GEO_CENTRE || f->kind == GEO_CYC6) {
        struct geo_fact part[3];
        size_t n = geo_fact_parts(f, part);
        for (size_t i = 0; i < n; i++)
            if (!geo_scene_knows(s, &part[i])) return false;
        return true;
    }
    struct geo_fact canonical = geo_fact_canonical(*f);
    return geo_fact_is_trivial(&canonical) || geo_scene_find(s, &canonical) != SIZE_MAX;
}

static void slot_put(struct geo_scene *s, size_t index) {
    size_t at = geo_fact_hash(&s->known[index].fact) & (s->slots - 1);
    while (s->slot[at]) at = (at + 1) & (s->slots - 1);
    s->slot[at] = (uint32_t)index + 1;
}

static bool grow(struct geo_scene *s, struct error *err) {
    if (s->n_known == s->room) {
        size_t room = s->room ? 2 * s->room : 128;
        struct geo_known *grown = memory_grow(s->known, room, sizeof *grown);
        if (!grown) return error_memory(err, "facts of a scene");
        s->known = grown;
        s->room = room;
    }
    if (2 * (s->n_known + 1) <= s->slots) return true;
    uint32_t *wider = memory_zeroed(2 * s->slots, sizeof *wider);
    if (!wider) return error_memory(err, "facts of a scene");
    memory_free(s->slot);
    s->slot = wider;
    s->slots *= 2;
    for (size_t i = 0; i < s->n_known; i++) slot_put(s, i);
    return true;
}

/* Its equations, where one says something new. */
static bool add_equations(struct geo_scene *s, const struct geo_fact *f, uint32_t source, bool *fresh,
                          struct error *err) {
    struct geo_equation e[3];
    for (size_t k = 0; k < GEO_TABLES; k++) {
        size_t n = geo_scene_equations(s, k, f, e);
        for (size_t i = 0; i < n; i++) {
            enum geo_added how;
            if (!geo_table_add(s->table[k], &e[i], source, &how, err)) return false;
            if (how == GEO_ADDED_CLASH)
                return error_set(err, ERROR_DATA, "'%s' contradicts what is known of %s", geo_kind_name(f->kind),
                                 geo_table_name(k));
            *fresh |= how == GEO_ADDED_NEW;
            s->lost += how == GEO_ADDED_LOST;
        }
    }
    return true;
}

static bool says_more(struct geo_scene *s, const struct geo_fact *f) {
    struct geo_equation e[3];
    for (size_t k = 0; k < GEO_TABLES; k++) {
        size_t n = geo_scene_equations(s, k, f, e);
        for (size_t i = 0; i < n; i++)
            if (!e[i].lost && !geo_table_knows(s->table[k], &e[i])) return true;
    }
    return geo_table_of(f->kind) == GEO_TABLES;
}

bool geo_scene_add(struct geo_scene *s, const struct geo_known *what, bool *fresh, struct error *err) {
    struct geo_fact part[3];
    size_t n = geo_fact_parts(&what->fact, part);
    *fresh = false;
    for (size_t i = 0; i < n; i++) {
        struct geo_fact f = geo_fact_canonical(part[i]);
        bool new = false;
        struct geo_moment now = geo_scene_now(s);
        if (geo_fact_is_trivial(&f)) continue;
        if (!geo_scene_true(s, &f))
            return error_set(err, ERROR_DATA, "'%s' is false in the figure", geo_kind_name(f.kind));
        if (geo_scene_find(s, &f) != SIZE_MAX || (what->reason != GEO_GIVEN && !says_more(s, &f))) continue;
        if (s->n_known == GEO_KNOWN_MOST) return true;
        if (!grow(s, err) || !add_equations(s, &f, (uint32_t)s->n_known, &new, err)) return false;
        s->known[s->n_known] = *what;
        s->known[s->n_known].fact = f;
        s->known[s->n_known].level = (uint32_t)s->n_levels;
        s->known[s->n_known].before = what->reason >= 0 ? s->begun : now;
        slot_put(s, s->n_known++);
        *fresh = true;
    }
    return true;
}

struct geo_moment geo_scene_now(const struct geo_scene *s) {
    struct geo_moment now = {.facts = s->n_known};
    for (size_t k = 0; k < GEO_TABLES; k++) now.equations[k] = geo_table_size(s->table[k]);
    return now;
}

void geo_scene_level(struct geo_scene *s) {
    s->begun = geo_scene_now(s);
    s->n_levels++;
}
