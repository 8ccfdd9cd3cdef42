/* Judging given proofs: see geo_check.h. */
#include "geometry/geo_check.h"

#include <string.h>

static const struct {
    const char *name, *says;
} faults[GEO_FAULTS] = {
    [GEO_VALID] = {"valid", "follows"},
    [GEO_UNREADABLE] = {"unreadable", "the conclusion is no fact about points of the scene"},
    [GEO_NO_RULE] = {"no-rule", "no rule has this name"},
    [GEO_NO_SOURCE] = {"no-source", "it cites what does not stand before it"},
    [GEO_FALSE] = {"false", "the conclusion is false in the figure"},
    [GEO_WRONG_RULE] = {"wrong-rule", "it follows from what is cited, but not by the rule that is named"},
    [GEO_UNDERIVED] = {"underived", "true in the figure, but it does not follow from what is cited"},
    [GEO_FALSE_PREMISE] = {"false-premise", "a premise is false in the figure"},
    [GEO_NO_GOAL] = {"no-goal", "no step gives the goal"},
};

const char *geo_fault_name(enum geo_fault fault) {
    return faults[fault].name;
}
const char *geo_fault_says(enum geo_fault fault) {
    return faults[fault].says;
}

size_t geo_rule_named(const struct geo_rules *rules, struct text name, int out[2]) {
    static const struct {
        const char *name;
        int reason;
    } tables[] = {{"angles", GEO_BY_TABLE},    {"ratios", GEO_BY_TABLE},        {"lengths", GEO_BY_LENGTHS},
                  {"numbers", GEO_BY_NUMBERS}, {"Angle Chasing", GEO_BY_TABLE}, {"Ratio Chasing", GEO_BY_TABLE}};
    const char *mapped = geo_rule_of_public(name);
    struct text rest = mapped ? text_of(mapped) : name, one;
    size_t n = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (text_equal_c(name, tables[i].name)) out[n++] = tables[i].reason;
    while (n < 2 && text_next(&rest, ' ', &one)) {
        const struct geo_rule *rule = geo_rules_find(rules, one);
        if (rule) out[n++] = (int)(rule - rules->at);
    }
    return n;
}

/* ---- a scene of the points that are spoken of */

struct part {
    struct geo_point at[GEO_POINTS_MOST];
    uint8_t index[GEO_POINTS_MOST]; /* of the whole's points */
    size_t n;
};

static void part_take(struct part *p, const struct geo_point *at, uint64_t *seen, const struct geo_fact *f) {
    for (size_t i = 0; i < f->n; i++) {
        uint8_t point = f->at[i];
        if (*seen >> point & 1) continue;
        *seen |= (uint64_t)1 << point;
        p->index[point] = (uint8_t)p->n;
        p->at[p->n++] = at[point];
    }
}

static struct geo_fact inside(const struct part *p, const struct geo_fact *f) {
    struct geo_fact g = *f;
    for (size_t i = 0; i < f->n; i++) g.at[i] = p->index[f->at[i]];
    return geo_fact_canonical(g);
}

static bool part_scene(const struct geo_point *at, const struct geo_fact *cited, size_t n_cited,
                       const struct geo_fact *gives, struct part *p, struct geo_scene *scene, struct error *err) {
    uint64_t seen = 0;
    p->n = 0;
    part_take(p, at, &seen, gives);
    for (size_t i = 0; i < n_cited; i++) part_take(p, at, &seen, &cited[i]);
    return geo_scene_init(scene, p->at, p->n, err);
}

/* Puts what is cited and true into the scene. */
static bool assume(struct geo_scene *scene, const struct part *p, const struct geo_fact *cited, size_t n,
                   struct error *err) {
    for (size_t i = 0; i < n; i++) {
        bool fresh;
        const struct geo_known what = {.fact = inside(p, &cited[i]), .reason = GEO_GIVEN};
        if (geo_fact_is_degenerate(&what.fact) || !geo_holds(&what.fact, scene->at)) continue;
        if (!geo_scene_add(scene, &what, &fresh, err)) return false;
    }
    return true;
}

/* ---- strictly */

/* Is every part of the fact cited as it stands, or nothing at all? */
static bool is_cited(const struct geo_fact *fact, const struct geo_fact *cited, size_t n) {
    struct geo_fact part[3];
    size_t parts = geo_fact_parts(fact, part);
    for (size_t i = 0; i < parts; i++) {
        struct geo_fact f = geo_fact_canonical(part[i]);
        bool found = geo_fact_is_trivial(&f);
        for (size_t k = 0; !found && k < n; k++) found = geo_fact_equal(&f, &cited[k]);
        if (!found) return false;
    }
    return true;
}

static bool gives_it(const struct geo_rule *rule, const uint8_t *points, const struct geo_fact *gives) {
    for (size_t i = 0; i < rule->n_gives; i++) {
        struct geo_fact whole = geo_rule_fact(&rule->gives[i], points), part[3];
        size_t parts = geo_fact_parts(&whole, part);
        for (size_t k = 0; k < parts; k++) {
            struct geo_fact f = geo_fact_canonical(part[k]);
            if (geo_fact_equal(&f, gives)) return true;
        }
    }
    return false;
}

static bool by_rule(struct geo_scene *scene, const struct geo_rules *rules, int rule, const struct geo_fact *cited,
                    size_t n_cited, const struct geo_fact *gives, bool *follows, struct error *err) {
    const struct geo_rule *r = &rules->at[rule];
    const struct geo_rules one = {&rules->at[rule], 1};
    struct geo_matches found;
    bool ok = geo_match(scene, &one, NULL, GEO_MATCH_LINEAR_TOO, 0, &found, err);
    for (size_t i = 0; ok && !*follows && i < found.n; i++) {
        bool all = gives_it(r, found.at[i].points, gives);
        for (size_t k = 0; all && k < r->n_premises; k++) {
            struct geo_fact premise = geo_rule_fact(&r->premise[k], found.at[i].points);
            all = is_cited(&premise, cited, n_cited);
        }
        *follows = all;
    }
    geo_matches_done(&found);
    return ok;
}

static bool by_table(struct geo_scene *scene, int reason, const struct geo_fact *gives, bool *follows,
                     struct error *err) {
    struct geo_equation e[3];
    bool fresh;
    if (reason == GEO_BY_NUMBERS && !geo_scene_carry(scene, &fresh, err)) return false;
    if (reason == GEO_BY_LENGTHS) {
        size_t n = geo_scene_equations(scene, GEO_LENGTHS, gives, e);
        *follows = n > 0 && geo_table_knows(scene->table[GEO_LENGTHS], &e[0]);
        return true;
    }
    bool has_table = reason == GEO_BY_NUMBERS || geo_table_of(gives->kind) != GEO_TABLES;
    *follows = has_table && geo_scene_knows(scene, gives);
    return true;
}

bool geo_follows_strictly(const struct geo_point *at, size_t n, const struct geo_rules *rules, int rule,
                          const struct geo_fact *cited, size_t n_cited, const struct geo_fact *gives, bool *follows,
                          struct error *err) {
    struct part p;
    struct geo_scene scene;
    struct geo_fact local[GEO_CITED_MOST];
    (void)n;
    *follows = false;
    if (n_cited > GEO_CITED_MOST) return error_set(err, ERROR_DATA, "a step cites more than %d facts", GEO_CITED_MOST);
    bool ok = part_scene(at, cited, n_cited, gives, &p, &scene, err);
    struct geo_fact target = ok ? inside(&p, gives) : *gives;
    for (size_t i = 0; ok && i < n_cited; i++) local[i] = inside(&p, &cited[i]);
    if (ok && rule >= 0)
        ok = by_rule(&scene, rules, rule, local, n_cited, &target, follows, err);
    else if (ok)
        ok = assume(&scene, &p, cited, n_cited, err) && by_table(&scene, rule, &target, follows, err);
    geo_scene_done(&scene);
    return ok;
}

/* ---- loosely */

bool geo_follows_loosely(const struct geo_point *at, size_t n, const struct geo_rules *rules,
                         const struct geo_fact *cited, size_t n_cited, const struct geo_fact *gives, bool *follows,
                         struct error *err) {
    struct part p;
    struct geo_scene scene;
    struct geo_closed closed = {0};
    const struct geo_limits limits = {.seconds = 10};
    (void)n;
    bool ok = part_scene(at, cited, n_cited, gives, &p, &scene, err) && assume(&scene, &p, cited, n_cited, err);
    struct geo_fact target = ok ? inside(&p, gives) : *gives;
    ok = ok && geo_close(&scene, rules, &target, 1, &limits, &closed, err);
    *follows = ok && closed.goals;
    geo_scene_done(&scene);
    return ok;
}

bool geo_judge_step(const struct geo_point *at, size_t n, const struct geo_rules *rules, const struct geo_claim *claim,
                    bool strict, enum geo_fault *fault, struct error *err) {
    bool follows = false;
    *fault = !claim->gives ? GEO_UNREADABLE : claim->no_source ? GEO_NO_SOURCE : GEO_VALID;
    if (!*fault && (geo_fact_is_degenerate(claim->gives) || !geo_holds(claim->gives, at))) *fault = GEO_FALSE;
    if (!*fault && strict && !claim->n_rules) *fault = GEO_NO_RULE;
    if (*fault) return true;
    for (size_t i = 0; !follows && strict && i < claim->n_rules; i++)
        if (!geo_follows_strictly(at, n, rules, claim->rule[i], claim->cited, claim->n_cited, claim->gives, &follows,
                                  err))
            return false;
    if (follows) return true;
    if (!geo_follows_loosely(at, n, rules, claim->cited, claim->n_cited, claim->gives, &follows, err)) return false;
    if (!follows) *fault = GEO_UNDERIVED;
    if (follows && strict) *fault = GEO_WRONG_RULE;
    return true;
}
