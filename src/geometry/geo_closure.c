/* Forward closure: see geo_closure.h. */
#include "geometry/geo_closure.h"

#include <string.h>

struct closing {
    struct geo_scene *scene;
    const struct geo_rules *rules;
    const struct geo_limits *limits;
    struct geo_matches matches;
    uint32_t *fire; /* instances of this level */
    size_t n_fire, room;
    double until;
    struct geo_closed *out;
};

static bool goals_known(struct closing *c, const struct geo_fact *goal, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (geo_kind_is_guard(goal[i].kind) ? !geo_scene_guard(c->scene, &goal[i])
                                            : !geo_scene_knows(c->scene, &goal[i]))
            return false;
    return n > 0;
}

static bool is_forbidden(const struct closing *c, const struct geo_known *what) {
    for (size_t k = 0; k < c->limits->n_forbidden; k++) {
        const struct geo_forbidden *f = &c->limits->forbidden[k];
        struct geo_fact gives = geo_fact_canonical(what->fact);
        if (f->rule == what->reason && geo_fact_equal(&f->gives, &gives)) return true;
    }
    return false;
}

static bool premises_known(struct closing *c, const struct geo_instance *i) {
    const struct geo_rule *r = &c->rules->at[i->rule];
    for (size_t k = 0; k < r->n_premises; k++) {
        struct geo_fact f = geo_rule_fact(&r->premise[k], i->points);
        if (!geo_scene_knows(c->scene, &f)) return false;
    }
    return true;
}

static bool note(struct closing *c, size_t index, struct error *err) {
    if (c->n_fire == c->room) {
        size_t room = c->room ? 2 * c->room : 256;
        uint32_t *grown = memory_grow(c->fire, room, sizeof *grown);
        if (!grown) return error_memory(err, "steps of a level");
        c->fire = grown;
        c->room = room;
    }
    c->fire[c->n_fire++] = (uint32_t)index;
    return true;
}

/* What can be said now, before anything of this level is added. */
static bool look(struct closing *c, struct error *err) {
    c->n_fire = 0;
    for (size_t i = 0; i < c->matches.n; i++) {
        struct geo_instance *instance = &c->matches.at[i];
        if ((i & 8191) == 0 && geo_clock() > c->until) {
            c->out->why = "time";
            return true;
        }
        if (instance->used || !premises_known(c, instance)) continue;
        instance->used = true;
        if (!note(c, i, err)) return false;
    }
    return true;
}

static bool fire(struct closing *c, const struct geo_instance *i, bool *fresh, struct error *err) {
    const struct geo_rule *r = &c->rules->at[i->rule];
    struct geo_known what = {.reason = i->rule};
    memcpy(what.points, i->points, sizeof what.points);
    for (size_t k = 0; k < r->n_gives; k++) {
        bool new = false;
        what.fact = geo_rule_fact(&r->gives[k], i->points);
        if (is_forbidden(c, &what)) continue;
        if (!geo_scene_add(c->scene, &what, &new, err)) return error_wrap(err, "rule %.*s", TEXT_ARG(r->id));
        *fresh |= new;
        c->out->fired += new;
    }
    return true;
}

static bool level(struct closing *c, bool *fresh, struct error *err) {
    bool carried = false;
    *fresh = false;
    geo_scene_level(c->scene);
    if (!look(c, err)) return false;
    for (size_t i = 0; i < c->n_fire; i++)
        if (!fire(c, &c->matches.at[c->fire[i]], fresh, err)) return false;
    if (!c->limits->no_lengths && !geo_scene_carry(c->scene, &carried, err)) return false;
    *fresh |= carried;
    return true;
}

static bool close_levels(struct closing *c, const struct geo_fact *goal, size_t n_goals, struct error *err) {
    size_t most = c->limits->facts ? c->limits->facts : 10000;
    bool fresh = true;
    while (!(c->out->goals = goals_known(c, goal, n_goals))) {
        if (!fresh || c->out->why) break;
        if (c->scene->n_known >= most) c->out->why = "facts";
        if (geo_clock() > c->until) c->out->why = "time";
        if (c->out->why) break;
        if (!level(c, &fresh, err)) return false;
        c->out->levels++;
    }
    if (!c->out->why && c->matches.full) c->out->why = "places where rules apply";
    c->out->complete = !c->out->goals && !c->out->why;
    if (c->out->goals) c->out->why = NULL;
    return true;
}

bool geo_close(struct geo_scene *scene, const struct geo_rules *rules, const struct geo_fact *goal, size_t n_goals,
               const struct geo_limits *limits, struct geo_closed *out, struct error *err) {
    struct closing c = {.scene = scene, .rules = rules, .limits = limits, .out = out};
    double begun = geo_clock();
    bool carried;
    *out = (struct geo_closed){0};
    c.until = begun + (limits->seconds > 0 ? limits->seconds : 60);
    bool ok = limits->no_lengths || geo_scene_carry(scene, &carried, err);
    if (ok && !goals_known(&c, goal, n_goals))
        ok = geo_match(scene, rules, limits->allowed, GEO_MATCH_OTHERS, c.until, &c.matches, err);
    ok = ok && close_levels(&c, goal, n_goals, err);
    out->facts = scene->n_known;
    out->instances = c.matches.n;
    out->seconds = geo_clock() - begun;
    geo_matches_done(&c.matches);
    memory_free(c.fire);
    return ok;
}
