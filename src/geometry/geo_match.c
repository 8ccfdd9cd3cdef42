/* Where rules may apply: see geo_match.h. One list of tuples gives the first points; the rest are tried one by one, in
 * an order in which facts and guards can be looked at as soon as possible. */
#include "geometry/geo_match.h"

#include "geometry/geo_tuples.h"

#include <math.h>
#include <string.h>
#include <time.h>

enum { ATOMS_MOST = 3 * GEO_RULE_FACTS, NONE = 255 };

double geo_clock(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct matcher {
    struct geo_scene *scene;
    const struct geo_rule *rule;
    size_t index;
    struct geo_matches *out;
    struct geo_tuples tuples[GEO_FACTS];
    bool listed[GEO_FACTS];
    double until;
    uint64_t steps;
    /* of this rule */
    const struct geo_fact *atom[ATOMS_MOST];
    size_t n_atoms;
    const struct geo_fact *base;    /* whose tuples come first; NULL: none */
    uint8_t order[GEO_RULE_POINTS]; /* of the points that the base leaves open */
    size_t n_order;
    uint8_t due[ATOMS_MOST];         /* after how many of them an atom can be looked at */
    uint8_t points[GEO_RULE_POINTS]; /* NONE: open */
};

/* Do its premises and conclusions live in one table? */
static bool one_table(const struct geo_rule *rule) {
    enum geo_table_kind first = geo_table_of(rule->premise[0].kind);
    if (first == GEO_TABLES) return false;
    for (size_t i = 0; i < rule->n_premises; i++)
        if (rule->premise[i].kind == GEO_COLL || geo_table_of(rule->premise[i].kind) != first) return false;
    for (size_t i = 0; i < rule->n_gives; i++)
        if (rule->gives[i].kind == GEO_COLL || geo_table_of(rule->gives[i].kind) != first) return false;
    return true;
}

bool geo_rules_note_linear(struct geo_rules *rules, struct error *err) {
    for (size_t i = 0; i < rules->n; i++) {
        struct geo_rule *rule = &rules->at[i];
        struct geo_point at[GEO_RULE_POINTS];
        struct geo_scene scene;
        bool fresh;
        if (!one_table(rule) || !geo_rule_figure(rule, 1, at)) continue;
        bool ok = geo_scene_init(&scene, at, rule->points.n, err), all = true;
        for (size_t k = 0; ok && k < rule->n_premises; k++) {
            const struct geo_known what = {.fact = rule->premise[k], .reason = GEO_GIVEN};
            ok = geo_scene_add(&scene, &what, &fresh, err);
        }
        for (size_t k = 0; ok && k < rule->n_gives; k++) all &= geo_scene_knows(&scene, &rule->gives[k]);
        geo_scene_done(&scene);
        if (!ok) return error_wrap(err, "rule %.*s", TEXT_ARG(rule->id));
        rule->linear = all;
    }
    return true;
}

static uint64_t points_of(const struct geo_fact *f) {
    uint64_t seen = 0;
    for (size_t i = 0; i < f->n; i++) seen |= (uint64_t)1 << f->at[i];
    return seen;
}

/* ---- the plan of a rule */

static bool list_of(struct matcher *m, enum geo_kind kind, struct error *err) {
    if (m->listed[kind]) return true;
    m->listed[kind] = true;
    if (!geo_tuples_find(m->scene, kind, &m->tuples[kind], err)) return false;
    m->out->full |= m->tuples[kind].full;
    return true;
}

/* The atom whose tuples leave the least to try. */
static bool choose_base(struct matcher *m, struct error *err) {
    double least = INFINITY;
    m->base = NULL;
    for (size_t i = 0; i < m->n_atoms; i++) {
        const struct geo_fact *a = m->atom[i];
        if (!geo_tuples_are_of(a->kind)) continue;
        if (!list_of(m, a->kind, err)) return false;
        size_t open = m->rule->points.n - (size_t)__builtin_popcountll(points_of(a));
        double cost = log((double)m->tuples[a->kind].n + 0.5) + (double)open * log((double)m->scene->n);
        if (cost >= least) continue;
        least = cost;
        m->base = a;
    }
    return true;
}

/* How many atoms can be looked at once `seen` are there. */
static size_t complete(const struct matcher *m, uint64_t seen) {
    size_t n = 0;
    for (size_t i = 0; i < m->n_atoms; i++) n += (points_of(m->atom[i]) & ~seen) == 0;
    return n;
}

static void choose_order(struct matcher *m) {
    uint64_t seen = m->base ? points_of(m->base) : 0;
    m->n_order = 0;
    for (size_t i = 0; i < m->n_atoms; i++) m->due[i] = points_of(m->atom[i]) & ~seen ? NONE : 0;
    while ((size_t)__builtin_popcountll(seen) < m->rule->points.n) {
        size_t best = NONE, most = 0;
        for (size_t p = 0; p < m->rule->points.n; p++) {
            if (seen >> p & 1) continue;
            size_t n = complete(m, seen | (uint64_t)1 << p) + 1;
            if (n <= most) continue;
            most = n;
            best = p;
        }
        seen |= (uint64_t)1 << best;
        m->order[m->n_order++] = (uint8_t)best;
        for (size_t i = 0; i < m->n_atoms; i++)
            if (m->due[i] == NONE && !(points_of(m->atom[i]) & ~seen)) m->due[i] = (uint8_t)m->n_order;
    }
}

static bool plan(struct matcher *m, struct error *err) {
    const struct geo_rule *r = m->rule;
    m->n_atoms = 0;
    for (size_t i = 0; i < r->n_premises; i++) m->atom[m->n_atoms++] = &r->premise[i];
    for (size_t i = 0; i < r->n_gives; i++) m->atom[m->n_atoms++] = &r->gives[i];
    if (!choose_base(m, err)) return false;
    for (size_t i = 0; i < r->n_guards; i++) m->atom[m->n_atoms++] = &r->guard[i];
    choose_order(m);
    return true;
}

/* ---- going through */

static bool looks_true(const struct matcher *m, const struct geo_fact *atom) {
    struct geo_fact f = geo_rule_fact(atom, m->points);
    return geo_kind_is_guard(f.kind) ? geo_scene_guard(m->scene, &f) : geo_scene_true(m->scene, &f);
}

static bool put(struct matcher *m, struct error *err) {
    struct geo_matches *out = m->out;
    bool trivial = true;
    for (size_t i = 0; i < m->rule->n_gives; i++) {
        struct geo_fact f = geo_rule_fact(&m->rule->gives[i], m->points);
        trivial &= geo_fact_is_trivial(&f);
    }
    if (trivial) return true;
    if (out->n == GEO_INSTANCES_MOST) {
        out->full = true;
        return true;
    }
    if (out->n == out->room) {
        size_t room = out->room ? 2 * out->room : 1024;
        struct geo_instance *grown = memory_grow(out->at, room, sizeof *grown);
        if (!grown) return error_memory(err, "places where rules apply");
        out->at = grown;
        out->room = room;
    }
    struct geo_instance *instance = &out->at[out->n++];
    *instance = (struct geo_instance){.rule = (uint8_t)m->index};
    memcpy(instance->points, m->points, sizeof m->points);
    return true;
}

static bool go(struct matcher *m, size_t depth, struct error *err) {
    for (size_t i = 0; i < m->n_atoms; i++)
        if (m->due[i] == depth && m->atom[i] != m->base && !looks_true(m, m->atom[i])) return true;
    if (depth == m->n_order) return put(m, err);
    if (m->until > 0 && (++m->steps & 4095) == 0) m->out->full |= geo_clock() > m->until;
    uint8_t open = m->order[depth];
    bool ok = true;
    for (uint8_t p = 0; ok && p < m->scene->n && !m->out->full; p++) {
        m->points[open] = p;
        ok = go(m, depth + 1, err);
    }
    m->points[open] = NONE;
    return ok;
}

static bool match_rule(struct matcher *m, struct error *err) {
    memset(m->points, NONE, sizeof m->points);
    if (!plan(m, err)) return false;
    if (!m->base) return go(m, 0, err);
    const struct geo_tuples *t = &m->tuples[m->base->kind];
    for (size_t i = 0; i < t->n && !m->out->full; i++) {
        bool fits = true;
        for (size_t k = 0; k < m->base->n; k++) m->points[m->base->at[k]] = NONE;
        for (size_t k = 0; k < m->base->n && fits; k++) {
            uint8_t *slot = &m->points[m->base->at[k]];
            fits = *slot == NONE || *slot == t->at[i][k];
            *slot = t->at[i][k];
        }
        if (fits && !go(m, 0, err)) return false;
    }
    return true;
}

bool geo_match(struct geo_scene *scene, const struct geo_rules *rules, const bool *allowed, enum geo_match_which which,
               double until, struct geo_matches *out, struct error *err) {
    struct matcher m = {.scene = scene, .out = out, .until = until};
    bool ok = true;
    *out = (struct geo_matches){0};
    for (size_t r = 0; ok && r < rules->n; r++) {
        if ((allowed && !allowed[r]) || (which == GEO_MATCH_OTHERS && rules->at[r].linear)) continue;
        m.rule = &rules->at[r];
        m.index = r;
        ok = match_rule(&m, err);
    }
    for (size_t k = 0; k < GEO_FACTS; k++) geo_tuples_done(&m.tuples[k]);
    return ok;
}

void geo_matches_done(struct geo_matches *m) {
    memory_free(m->at);
    *m = (struct geo_matches){0};
}
