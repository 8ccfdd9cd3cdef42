/* Proofs that come as rows, judged step by step: see geo_row.h. */
#include "formalize/geometry/geo_row.h"

#include <math.h>
#include <string.h>

enum { STEPS_MOST = 2000, NAME_MOST = 40 };

/* What a citation may name: a premise or an earlier step. */
struct cited {
    char name[NAME_MOST];
    struct geo_fact fact;
    bool readable;
};
struct judging {
    const struct geo_unit *unit;
    const struct geo_rules *rules;
    bool strict;
    struct geo_names *names;
    const struct geo_point *at;
    size_t n;
    const struct geo_problem *problem; /* NULL: coordinates alone */
    struct cited *known;
    size_t n_known;
    json_t *faults;
    size_t n_steps, n_valid;
};

static bool note_fault(struct judging *j, const char *step, enum geo_fault fault, const char *more, struct error *err) {
    json_t *one = json_pack("{s:s s:s s:s s:I}", "step", step, "fault", geo_fault_name(fault), "says",
                            *more ? more : geo_fault_says(fault), "line", (json_int_t)j->unit->place.line);
    return json_array_append_new(j->faults, one) == 0 || error_memory(err, "faults of a proof");
}

static bool keep(struct judging *j, const char *name, const struct geo_fact *fact, bool readable, struct error *err) {
    struct cited *c = &j->known[j->n_known];
    for (size_t i = 0; i < j->n_known; i++)
        if (strcmp(j->known[i].name, name) == 0)
            return error_set(err, ERROR_DATA, "%s:%zu: '%s' stands twice", j->unit->place.file, j->unit->place.line,
                             name);
    snprintf(c->name, sizeof c->name, "%s", name);
    c->readable = readable;
    if (readable) c->fact = geo_fact_canonical(*fact);
    j->n_known++;
    return true;
}

/* ---- premises */

/* Do the constructions of the problem say it? */
static bool is_said(const struct geo_problem *p, const struct geo_fact *fact) {
    struct geo_fact part[3], f = geo_fact_canonical(*fact);
    for (size_t i = 0; i < p->n_premises; i++) {
        size_t n = geo_fact_parts(&p->premise[i], part);
        for (size_t k = 0; k < n; k++) {
            struct geo_fact said = geo_fact_canonical(part[k]);
            if (geo_fact_equal(&said, &f)) return true;
        }
    }
    return false;
}

static bool take_premise(struct judging *j, const char *name, struct text t, struct error *err) {
    struct error why = {0};
    struct geo_fact fact;
    if (strlen(name) >= NAME_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: name '%.20s...' is too long", j->unit->place.file,
                         j->unit->place.line, name);
    if (!geo_fact_read(t, j->names, false, &fact, &why))
        return keep(j, name, NULL, false, err) && note_fault(j, name, GEO_UNREADABLE, why.message, err);
    if (!keep(j, name, &fact, true, err)) return false;
    if (geo_fact_is_degenerate(&fact) || !geo_holds(&fact, j->at))
        return note_fault(j, name, GEO_FALSE_PREMISE, "", err);
    if (j->problem && !is_said(j->problem, &fact))
        return note_fault(j, name, GEO_UNDERIVED, "a premise that no construction of the problem gives", err);
    return true;
}

static bool take_premises(struct judging *j, struct error *err) {
    const json_t *list = json_object_get(j->unit->row, "premises");
    const char *key;
    json_t *value;
    if (!list) return true;
    if (!json_is_object(list)) return json_mismatch(list, "premises", j->unit->place, "an object", err);
    json_object_foreach((json_t *)list, key, value) {
        if (!json_is_string(value)) return json_mismatch(value, key, j->unit->place, "a fact as text", err);
        if (!take_premise(j, key, json_text(value), err)) return false;
    }
    return true;
}

/* ---- steps */

static const struct cited *find(const struct judging *j, const json_t *name) {
    char number[NAME_MOST];
    const char *wanted = json_string_value(name);
    if (json_is_integer(name)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(name));
        wanted = number;
    }
    for (size_t i = 0; wanted && i < j->n_known; i++)
        if (strcmp(j->known[i].name, wanted) == 0) return &j->known[i];
    return NULL;
}

static bool read_sources(const struct judging *j, const json_t *from, struct geo_fact *cited, struct geo_claim *claim,
                         struct error *err) {
    size_t n = json_array_size(from);
    if (!json_is_array(from)) return json_mismatch(from, "from", j->unit->place, "a list", err);
    if (n > GEO_CITED_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: a step cites more than %d", j->unit->place.file, j->unit->place.line,
                         GEO_CITED_MOST);
    for (size_t i = 0; i < n; i++) {
        const struct cited *c = find(j, json_array_get(from, i));
        claim->no_source |= !c || !c->readable;
        if (c && c->readable) cited[claim->n_cited++] = c->fact;
    }
    claim->cited = cited;
    return true;
}

static bool take_step(struct judging *j, const json_t *step, struct error *err) {
    struct geo_fact cited[GEO_CITED_MOST], gives;
    struct geo_claim claim = {0};
    struct text rule, fact;
    struct error why = {0};
    enum geo_fault fault;
    int64_t n;
    char name[NAME_MOST];
    if (!json_is_object(step)) return json_mismatch(step, "proof[]", j->unit->place, "an object", err);
    if (!json_get_i64(step, "n", j->unit->place, &n, err) || !json_get_text(step, "rule", j->unit->place, &rule, err) ||
        !json_get_text(step, "gives", j->unit->place, &fact, err) ||
        !read_sources(j, json_object_get(step, "from"), cited, &claim, err))
        return false;
    snprintf(name, sizeof name, "%lld", (long long)n);
    if (geo_fact_read(fact, j->names, false, &gives, &why) && !geo_kind_is_guard(gives.kind)) {
        gives = geo_fact_canonical(gives);
        claim.gives = &gives;
    }
    claim.n_rules = geo_rule_named(j->rules, rule, claim.rule);
    if (!geo_judge_step(j->at, j->n, j->rules, &claim, j->strict, &fault, err))
        return error_wrap(err, "%s:%zu: step %s", j->unit->place.file, j->unit->place.line, name);
    j->n_steps++;
    j->n_valid += fault == GEO_VALID;
    return keep(j, name, &gives, claim.gives != NULL, err) &&
           (fault == GEO_VALID || note_fault(j, name, fault, fault == GEO_UNREADABLE ? why.message : "", err));
}

/* ---- goals */

static bool is_reached(const struct judging *j, const struct geo_fact *goal) {
    struct geo_fact part[3];
    size_t n = geo_fact_parts(goal, part);
    for (size_t i = 0; i < n; i++) {
        struct geo_fact f = geo_fact_canonical(part[i]);
        bool found = geo_fact_is_trivial(&f);
        for (size_t k = 0; !found && k < j->n_known; k++)
            found = j->known[k].readable && geo_fact_equal(&j->known[k].fact, &f);
        if (!found) return false;
    }
    return true;
}

static bool check_goals(struct judging *j, const struct geo_fact *goal, size_t n, struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!geo_kind_is_guard(goal[i].kind) && !is_reached(j, &goal[i]))
            return note_fault(j, "", GEO_NO_GOAL, "", err);
    return true;
}

/* "goal": a fact, or a list of them. */
static bool goals_of_row(const struct judging *j, struct geo_fact *out, size_t *n, struct error *err) {
    const json_t *goal = json_object_get(j->unit->row, "goal");
    size_t many = json_is_array(goal) ? json_array_size(goal) : 1;
    if (!goal) return true;
    for (size_t i = 0; i < many && *n < GEO_GOALS_MOST; i++) {
        const json_t *one = json_is_array(goal) ? json_array_get(goal, i) : goal;
        if (!json_is_string(one)) return json_mismatch(one, "goal", j->unit->place, "a fact as text", err);
        if (!geo_fact_read(json_text(one), j->names, false, &out[(*n)++], err))
            return error_wrap(err, "%s:%zu: goal", j->unit->place.file, j->unit->place.line);
    }
    return true;
}

/* ---- figures that come as coordinates */

static bool read_coordinates(const struct geo_unit *unit, struct geo_names *names, struct geo_figure *f,
                             struct error *err) {
    json_t *coords, *value;
    const char *key;
    if (!json_get_object(unit->row, "coords", unit->place, &coords, err)) return false;
    json_object_foreach(coords, key, value) {
        const json_t *x = json_array_get(value, 0), *y = json_array_get(value, 1);
        if (json_array_size(value) != 2 || !json_is_number(x) || !json_is_number(y))
            return json_mismatch(value, key, unit->place, "[x, y]", err);
        if (names->n == GEO_POINTS_MOST)
            return error_set(err, ERROR_DATA, "%s:%zu: more than %d points", unit->place.file, unit->place.line,
                             GEO_POINTS_MOST);
        f->at[names->n] = (struct geo_point){json_number_value(x), json_number_value(y)};
        names->name[names->n++] = text_of(key);
    }
    f->n = names->n;
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = 0; k < i; k++)
            if (!(geo_distance(f->at[i], f->at[k]) > 0))
                return error_set(err, ERROR_DATA, "%s:%zu: points '%.*s' and '%.*s' coincide", unit->place.file,
                                 unit->place.line, TEXT_ARG(names->name[k]), TEXT_ARG(names->name[i]));
    return f->n >= 2 || error_set(err, ERROR_DATA, "%s:%zu: fewer than two points", unit->place.file, unit->place.line);
}

static bool judge(struct judging *j, const struct geo_fact *goal, size_t n_goals, struct error *err) {
    json_t *proof;
    if (!take_premises(j, err) || !json_get_array(j->unit->row, "proof", j->unit->place, &proof, err)) return false;
    for (size_t i = 0; i < json_array_size(proof); i++)
        if (!take_step(j, json_array_get(proof, i), err)) return false;
    return check_goals(j, goal, n_goals, err);
}

static bool put_verdict(const struct judging *j, json_t *out, bool *holds, struct error *err) {
    const json_t *first = json_array_get(j->faults, 0);
    char why[300];
    *holds = json_array_size(j->faults) == 0;
    bool ok = json_object_set_new(out, "steps", json_integer((json_int_t)j->n_steps)) == 0 &&
              json_object_set_new(out, "valid", json_integer((json_int_t)j->n_valid)) == 0 &&
              json_object_set(out, "faults", j->faults) == 0;
    if (ok && first) {
        snprintf(why, sizeof why, "step %s: %s: %s", json_string_value(json_object_get(first, "step")),
                 json_string_value(json_object_get(first, "fault")), json_string_value(json_object_get(first, "says")));
        ok = json_object_set_new(out, "why", json_string(why)) == 0;
    }
    return ok || error_memory(err, "verdict");
}

bool geo_row_check_proof(const struct geo_unit *unit, const struct geo_rules *rules, bool strict, struct arena *arena,
                         json_t *out, bool *holds, struct error *err) {
    struct geo_problem *p = arena_new(arena, struct geo_problem, 1, err);
    struct geo_fact goal[GEO_GOALS_MOST];
    struct judging j = {.unit = unit, .rules = rules, .strict = strict};
    struct geo_figure f;
    size_t n_goals = 0, steps = json_array_size(json_object_get(unit->row, "proof"));
    size_t premises = json_object_size(json_object_get(unit->row, "premises"));
    bool drawn = json_object_get(unit->row, "coords") == NULL;
    if (!p) return false;
    if (steps > STEPS_MOST || premises > STEPS_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: more than %d steps", unit->place.file, unit->place.line, STEPS_MOST);
    if (drawn && (!geo_row_problem(unit, p, err) || !geo_figure_draw(p, unit->place.file, 1, true, &f, err) ||
                  !geo_goals_ask(p, &f, err)))
        return false;
    if (!drawn && !read_coordinates(unit, &p->names, &f, err)) return false;
    j.names = &p->names, j.at = f.at, j.n = f.n, j.problem = drawn ? p : NULL;
    j.known = arena_new(arena, struct cited, steps + premises + 1, err);
    j.faults = json_array();
    for (; n_goals < p->n_goals; n_goals++) goal[n_goals] = p->goal[n_goals];
    bool ok = j.known && j.faults && goals_of_row(&j, goal, &n_goals, err) && judge(&j, goal, n_goals, err) &&
              put_verdict(&j, out, holds, err);
    json_decref(j.faults);
    return ok;
}
