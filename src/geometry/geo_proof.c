/* Proofs: see geo_proof.h. */
#include "geometry/geo_proof.h"

#include <string.h>

enum { SOURCES_MOST = 256, STEPS_MOST = 20000, DEPTH_MOST = 400 };

struct builder {
    struct geo_scene *scene;
    const struct geo_rules *rules;
    struct arena *arena;
    struct geo_proof *out;
    uint32_t *of_known; /* by known fact: its step + 1 */
    size_t room, depth;
};

/* Steps that something rests on, without doubles. */
struct sources {
    uint32_t at[SOURCES_MOST];
    size_t n;
};

static bool sources_put(struct sources *s, uint32_t step, struct error *err) {
    for (size_t i = 0; i < s->n; i++)
        if (s->at[i] == step) return true;
    if (s->n == SOURCES_MOST) return error_set(err, ERROR_DATA, "a step rests on more than %d", SOURCES_MOST);
    s->at[s->n++] = step;
    return true;
}

static bool step_put(struct builder *b, const struct geo_step *step, const struct sources *from, uint32_t *index,
                     struct error *err) {
    struct geo_proof *p = b->out;
    if (p->n == STEPS_MOST) return error_set(err, ERROR_DATA, "a proof of more than %d steps", STEPS_MOST);
    if (p->n == b->room) {
        size_t room = b->room ? 2 * b->room : 64;
        struct geo_step *grown = arena_new(b->arena, struct geo_step, room, err);
        if (!grown) return false;
        if (p->n) memcpy(grown, p->step, p->n * sizeof *grown);
        p->step = grown;
        b->room = room;
    }
    uint32_t *kept = arena_new(b->arena, uint32_t, from->n + 1, err);
    if (!kept) return false;
    memcpy(kept, from->at, from->n * sizeof *kept);
    *index = (uint32_t)p->n;
    p->step[p->n] = *step;
    p->step[p->n].from = kept;
    p->step[p->n++].n_from = from->n;
    p->n_given += step->reason == GEO_GIVEN;
    return true;
}

static bool prove(struct builder *b, const struct geo_fact *fact, const struct geo_moment *before, struct sources *into,
                  struct error *err);
static bool prove_known(struct builder *b, size_t index, uint32_t *step, struct error *err);

/* The known facts from which a table has it. */
static bool explain(struct builder *b, enum geo_table_kind table, const struct geo_fact *f,
                    const struct geo_moment *before, struct sources *from, struct error *err) {
    uint32_t source[SOURCES_MOST];
    struct geo_equation e[3];
    size_t n = 0, many = geo_scene_equations(b->scene, table, f, e);
    bool found = false;
    for (size_t i = 0; i < many && !found; i++)
        found = geo_table_explain(b->scene->table[table], &e[i], before->equations[table], source, SOURCES_MOST, &n);
    if (!found) return error_set(err, ERROR_DATA, "no explanation of a '%s' was found", geo_kind_name(f->kind));
    for (size_t i = 0; i < n; i++) {
        uint32_t step;
        if (!prove_known(b, source[i], &step, err) || !sources_put(from, step, err)) return false;
    }
    return true;
}

static bool prove_rule(struct builder *b, const struct geo_known *k, struct sources *from, struct error *err) {
    const struct geo_rule *r = &b->rules->at[k->reason];
    for (size_t i = 0; i < r->n_premises; i++) {
        struct geo_fact premise = geo_rule_fact(&r->premise[i], k->points);
        if (!prove(b, &premise, &k->before, from, err)) return false;
    }
    return true;
}

static bool prove_known(struct builder *b, size_t index, uint32_t *step, struct error *err) {
    const struct geo_known *k = &b->scene->known[index];
    struct geo_step made = {.gives = k->fact, .reason = k->reason, .origin = k->origin};
    struct sources from = {.n = 0};
    bool ok = true;
    if (b->of_known[index]) {
        *step = b->of_known[index] - 1;
        return true;
    }
    if (++b->depth > DEPTH_MOST) return error_set(err, ERROR_DATA, "a proof deeper than %d", DEPTH_MOST);
    memcpy(made.points, k->points, sizeof made.points);
    made.table = k->reason == GEO_BY_LENGTHS ? GEO_LENGTHS : geo_table_of(k->fact.kind);
    if (k->reason >= 0)
        ok = prove_rule(b, k, &from, err);
    else if (k->reason == GEO_BY_NUMBERS)
        for (size_t i = 0; ok && i < k->n_from; i++) ok = prove(b, &k->from[i], &k->before, &from, err);
    else if (k->reason != GEO_GIVEN)
        ok = explain(b, made.table, &k->fact, &k->before, &from, err);
    b->depth--;
    if (!ok || !step_put(b, &made, &from, step, err)) return false;
    b->of_known[index] = *step + 1;
    return true;
}

static bool prove_part(struct builder *b, const struct geo_fact *canonical, const struct geo_moment *before,
                       struct sources *into, struct error *err) {
    struct geo_step made = {.gives = *canonical, .reason = GEO_BY_TABLE, .table = geo_table_of(canonical->kind)};
    struct sources from = {.n = 0};
    size_t index = geo_scene_find(b->scene, canonical);
    uint32_t step;
    for (uint32_t i = 0; i < b->out->n; i++)
        if (geo_fact_equal(&b->out->step[i].gives, canonical)) return sources_put(into, i, err);
    if (index < before->facts) return prove_known(b, index, &step, err) && sources_put(into, step, err);
    if (made.table == GEO_TABLES)
        return error_set(err, ERROR_DATA, "no derivation of a '%s' was found", geo_kind_name(canonical->kind));
    return explain(b, made.table, canonical, before, &from, err) && step_put(b, &made, &from, &step, err) &&
           sources_put(into, step, err);
}

static bool prove(struct builder *b, const struct geo_fact *fact, const struct geo_moment *before, struct sources *into,
                  struct error *err) {
    struct geo_fact part[3];
    size_t n = geo_fact_parts(fact, part);
    for (size_t i = 0; i < n; i++) {
        struct geo_fact f = geo_fact_canonical(part[i]);
        if (!geo_fact_is_trivial(&f) && !prove_part(b, &f, before, into, err)) return false;
    }
    return true;
}

bool geo_prove(struct geo_scene *scene, const struct geo_rules *rules, const struct geo_fact *goal, size_t n_goals,
               struct arena *arena, struct geo_proof *out, struct error *err) {
    struct builder b = {.scene = scene, .rules = rules, .arena = arena, .out = out};
    struct geo_moment now = geo_scene_now(scene);
    struct sources goals = {.n = 0};
    *out = (struct geo_proof){0};
    b.of_known = memory_zeroed(scene->n_known + 1, sizeof *b.of_known);
    if (!b.of_known) return error_memory(err, "a proof");
    bool ok = true;
    for (size_t i = 0; ok && i < n_goals; i++)
        ok = geo_kind_is_guard(goal[i].kind) || prove(&b, &goal[i], &now, &goals, err);
    memory_free(b.of_known);
    uint32_t *kept = ok ? arena_new(arena, uint32_t, goals.n + 1, err) : NULL;
    if (!kept) return false;
    memcpy(kept, goals.at, goals.n * sizeof *kept);
    out->goal = kept;
    out->n_goals = goals.n;
    return true;
}

/* ---- as JSON */

struct text geo_step_rule(const struct geo_step *step, const struct geo_rules *rules) {
    if (step->reason >= 0) return rules->at[step->reason].id;
    if (step->reason == GEO_GIVEN) return TEXT("premise");
    if (step->reason == GEO_BY_NUMBERS) return TEXT("numbers");
    return text_of(geo_table_name(step->table));
}

static json_t *fact_json(const struct geo_fact *fact, const struct geo_names *names, struct buffer *scratch) {
    buffer_clear(scratch);
    return geo_fact_put(scratch, fact, names) ? json_from_text(buffer_text(scratch)) : NULL;
}

static json_t *from_json(const struct geo_proof *p, const struct geo_step *step, const uint32_t *number) {
    json_t *from = json_array();
    char name[16];
    for (size_t i = 0; i < step->n_from; i++) {
        uint32_t k = step->from[i];
        snprintf(name, sizeof name, "p%u", number[k]);
        bool given = p->step[k].reason == GEO_GIVEN;
        if (json_array_append_new(from, given ? json_string(name) : json_integer(number[k])) != 0) {
            json_decref(from);
            return NULL;
        }
    }
    return from;
}

static bool put_step(const struct geo_proof *p, size_t i, const uint32_t *number, const struct geo_rules *rules,
                     const struct geo_names *names, struct buffer *scratch, json_t *premises, json_t *steps) {
    const struct geo_step *s = &p->step[i];
    json_t *fact = fact_json(&s->gives, names, scratch);
    char name[16];
    if (s->reason == GEO_GIVEN) {
        snprintf(name, sizeof name, "p%u", number[i]);
        return json_object_set_new(premises, name, fact) == 0;
    }
    struct text rule = geo_step_rule(s, rules);
    return json_array_append_new(steps, json_pack("{s:i s:s% s:o s:o}", "n", (int)number[i], "rule", rule.at, rule.len,
                                                  "from", from_json(p, s, number), "gives", fact)) == 0;
}

bool geo_proof_json(const struct geo_proof *p, const struct geo_rules *rules, const struct geo_names *names,
                    json_t *out, struct error *err) {
    json_t *premises = json_object(), *steps = json_array();
    uint32_t given = 0, made = 0, *number = memory_alloc((p->n + 1) * sizeof *number);
    struct buffer scratch;
    buffer_init(&scratch, 4096);
    bool ok = number != NULL;
    for (size_t i = 0; ok && i < p->n; i++) {
        number[i] = p->step[i].reason == GEO_GIVEN ? ++given : ++made;
        ok = put_step(p, i, number, rules, names, &scratch, premises, steps);
    }
    ok = json_object_set_new(out, "premises", premises) == 0 && ok;
    ok = json_object_set_new(out, "proof", steps) == 0 && ok;
    buffer_done(&scratch);
    memory_free(number);
    return ok || error_memory(err, "a proof");
}

/* ---- several proofs */

static bool has(const struct geo_proof *p, const struct geo_step *step) {
    for (size_t i = 0; i < p->n; i++)
        if (p->step[i].reason == step->reason && geo_fact_equal(&p->step[i].gives, &step->gives)) return true;
    return false;
}

static size_t alone(const struct geo_proof *a, const struct geo_proof *b) {
    size_t n = 0;
    for (size_t i = 0; i < a->n; i++) n += a->step[i].reason != GEO_GIVEN && !has(b, &a->step[i]);
    return n;
}

double geo_proof_distance(const struct geo_proof *a, const struct geo_proof *b) {
    size_t x = alone(a, b), y = alone(b, a), common = a->n - a->n_given - x, all = x + y + common;
    return all ? (double)(x + y) / (double)all : 0;
}

struct many {
    const struct geo_point *at;
    size_t n;
    const struct geo_known *premise;
    size_t n_premises;
    const struct geo_rules *rules;
    const struct geo_fact *goal;
    size_t n_goals;
    struct arena *arena;
};

static bool once(const struct many *m, const struct geo_limits *limits, struct geo_closed *closed,
                 struct geo_proof *out, struct error *err) {
    struct geo_scene scene;
    bool fresh, ok = geo_scene_init(&scene, m->at, m->n, err);
    for (size_t i = 0; ok && i < m->n_premises; i++) ok = geo_scene_add(&scene, &m->premise[i], &fresh, err);
    ok = ok && geo_close(&scene, m->rules, m->goal, m->n_goals, limits, closed, err);
    if (ok && closed->goals) ok = geo_prove(&scene, m->rules, m->goal, m->n_goals, m->arena, out, err);
    geo_scene_done(&scene);
    return ok;
}

static bool is_apart(const struct geo_proof *p, const struct geo_proof *others, size_t n, double apart) {
    for (size_t i = 0; i < n; i++)
        if (geo_proof_distance(p, &others[i]) < apart) return false;
    return true;
}

bool geo_prove_all(const struct geo_point *at, size_t n, const struct geo_known *premise, size_t n_premises,
                   const struct geo_rules *rules, const struct geo_fact *goal, size_t n_goals,
                   const struct geo_limits *limits, double apart, struct arena *arena, struct geo_proof *out,
                   size_t most, size_t *n_out, struct geo_closed *closed, struct error *err) {
    const struct many m = {at, n, premise, n_premises, rules, goal, n_goals, arena};
    *n_out = 0;
    if (!once(&m, limits, closed, &out[0], err)) return false;
    if (!closed->goals) return true;
    *n_out = 1;
    for (size_t i = 0; i < out[0].n && *n_out < most; i++) {
        struct geo_limits other = *limits;
        struct geo_forbidden not = {out[0].step[i].reason, out[0].step[i].gives};
        struct geo_closed again;
        if (out[0].step[i].reason < 0) continue;
        other.forbidden = &not ;
        other.n_forbidden = 1;
        if (!once(&m, &other, &again, &out[*n_out], err)) return false;
        if (again.goals && is_apart(&out[*n_out], out, *n_out, apart)) ++*n_out;
    }
    return true;
}
