/* Problems and rules as units: see geo_row.h. */
#include "formalize/geometry/geo_row.h"

#include "geometry/geo_draw.h"

#include <math.h>
#include <string.h>

enum { SEED = 1, REDRAWS = 100, PROOFS_MOST = 20 };

/* ---- rules */

bool geo_row_is_rules(struct text t) {
    struct text line, piece;
    while (text_next(&t, '\n', &line)) {
        size_t strokes = 0;
        line = text_trim(line);
        if (!line.len || line.at[0] == '#') continue;
        while (text_next(&line, '|', &piece)) strokes++;
        return strokes >= 4;
    }
    return false;
}

bool geo_row_split_rules(struct text file, const char *shown, geo_problem_take *take, void *context,
                         struct error *err) {
    struct text line;
    size_t number = 0;
    (void)shown;
    while (text_next(&file, '\n', &line)) {
        number++;
        line = text_trim(line);
        if (!line.len || line.at[0] == '#') continue;
        struct text id = line;
        id.len = text_find(line, TEXT("|"), 0) == SIZE_MAX ? 0 : text_find(line, TEXT("|"), 0);
        if (!take(context, line, text_trim(id), number, err)) return false;
    }
    return true;
}

static bool read_rule(const struct geo_unit *unit, struct geo_rule *rule, struct error *err) {
    return geo_rule_read(unit->text, rule, err) || error_wrap(err, "%s:%zu", unit->place.file, unit->place.line);
}

bool geo_row_check_rule(const struct geo_unit *unit, struct smt *z3, json_t *out, bool *holds, struct error *err) {
    struct geo_rule rule;
    struct geo_redraw redraw;
    char why[200];
    if (!read_rule(unit, &rule, err)) return false;
    if (!geo_rule_redraw(&rule, REDRAWS, SEED, &redraw, err))
        return error_wrap(err, "%s:%zu", unit->place.file, unit->place.line);
    *holds = redraw.wrong == 0;
    bool ok = json_object_set_new(out, "drawn", json_integer((json_int_t)redraw.drawn)) == 0 &&
              json_object_set_new(out, "wrong", json_integer((json_int_t)redraw.wrong)) == 0;
    snprintf(why, sizeof why, "conclusion %zu (%s) is false in %zu of %zu figures in which all premises hold",
             redraw.conclusion + 1, geo_kind_name(rule.gives[redraw.conclusion].kind), redraw.wrong, redraw.drawn);
    ok = ok && (*holds || json_object_set_new(out, "why", json_string(why)) == 0);
    if (!ok) return error_memory(err, "verdict");
    return !z3 || geo_row_z3_rule(z3, &rule, out, holds, err);
}

bool geo_row_parse_rule(const struct geo_unit *unit, json_t *out, struct error *err) {
    struct geo_rule rule;
    if (!read_rule(unit, &rule, err)) return false;
    bool ok = json_object_set_new(out, "name", json_from_text(rule.name)) == 0 &&
              json_object_set_new(out, "premises", geo_row_facts(rule.premise, rule.n_premises, &rule.points)) == 0 &&
              json_object_set_new(out, "guards", geo_row_facts(rule.guard, rule.n_guards, &rule.points)) == 0 &&
              json_object_set_new(out, "gives", geo_row_facts(rule.gives, rule.n_gives, &rule.points)) == 0;
    return ok || error_memory(err, "a rule");
}

/* ---- problems */

json_t *geo_row_facts(const struct geo_fact *fact, size_t n, const struct geo_names *names) {
    json_t *list = json_array();
    struct buffer text;
    buffer_init(&text, 4096);
    for (size_t i = 0; list && i < n; i++) {
        buffer_clear(&text);
        if (!geo_fact_put(&text, &fact[i], names) ||
            json_array_append_new(list, json_from_text(buffer_text(&text))) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    buffer_done(&text);
    return list;
}

bool geo_row_problem(const struct geo_unit *unit, struct geo_problem *out, struct error *err) {
    struct text t = unit->text, id = unit->id;
    if (unit->row && !json_get_text(unit->row, "problem", unit->place, &t, err)) return false;
    if (unit->row) id = json_text(json_object_get(unit->row, "id"));
    return geo_problem_read(t, id, unit->place.file, unit->place.line, out, err);
}

static bool say_why(json_t *out, struct error *err) {
    bool ok = json_object_set_new(out, "why", json_string(err->message)) == 0;
    error_clear(err);
    return ok || error_memory(err, "verdict");
}

bool geo_row_parse(const struct geo_unit *unit, struct arena *arena, json_t *out, struct error *err) {
    struct geo_problem *p = arena_new(arena, struct geo_problem, 1, err);
    json_t *points = json_array();
    bool ok = p && points && geo_row_problem(unit, p, err);
    for (size_t i = 0; ok && i < p->names.n; i++)
        ok = json_array_append_new(points, json_from_text(p->names.name[i])) == 0;
    if (!ok) {
        json_decref(points);
        return err->kind ? false : error_memory(err, "a problem");
    }
    ok = json_object_set_new(out, "points", points) == 0 &&
         json_object_set_new(out, "premises", geo_row_facts(p->premise, p->n_premises, &p->names)) == 0 &&
         json_object_set_new(out, "goals", geo_row_facts(p->goal, p->n_goals, &p->names)) == 0;
    return ok || error_memory(err, "a problem");
}

/* A figure of the problem; *drawn false: none, and `out` says why. */
static bool figure_of(const struct geo_unit *unit, struct geo_problem *p, struct geo_figure *f, json_t *out,
                      bool *drawn, struct error *err) {
    *drawn = geo_figure_draw(p, unit->place.file, SEED, true, f, err) && geo_goals_ask(p, f, err);
    return *drawn || say_why(out, err);
}

bool geo_row_check_problem(const struct geo_unit *unit, struct arena *arena, json_t *out, bool *holds,
                           struct error *err) {
    struct geo_problem *p = arena_new(arena, struct geo_problem, 1, err);
    struct geo_figure f;
    return p && geo_row_problem(unit, p, err) && figure_of(unit, p, &f, out, holds, err);
}

bool geo_row_draw(const struct geo_unit *unit, struct arena *arena, struct buffer *svg, struct error *err) {
    struct geo_problem *p = arena_new(arena, struct geo_problem, 1, err);
    struct geo_figure f;
    return p && geo_row_problem(unit, p, err) && geo_figure_draw(p, unit->place.file, SEED, true, &f, err) &&
           geo_draw(p, &f, svg, err);
}

/* ---- solving */

static const struct geo_known *premises_of(const struct geo_problem *p, struct arena *arena, struct error *err) {
    struct geo_known *known = arena_new(arena, struct geo_known, p->n_premises + 1, err);
    for (size_t i = 0; known && i < p->n_premises; i++)
        known[i] = (struct geo_known){.fact = p->premise[i], .reason = GEO_GIVEN, .origin = (uint32_t)i};
    return known;
}

static bool put_counts(json_t *out, const struct geo_problem *p, const struct geo_closed *closed) {
    return json_object_set_new(out, "points", json_integer((json_int_t)p->names.n)) == 0 &&
           json_object_set_new(out, "levels", json_integer((json_int_t)closed->levels)) == 0 &&
           json_object_set_new(out, "facts", json_integer((json_int_t)closed->facts)) == 0 &&
           json_object_set_new(out, "goals", geo_row_facts(p->goal, p->n_goals, &p->names)) == 0;
}

static bool put_unsolved(json_t *out, const struct geo_closed *closed) {
    char why[120];
    snprintf(why, sizeof why,
             closed->complete ? "not proved: nothing more follows after %zu levels"
                              : "not proved: stopped after %zu levels by the limit of %s",
             closed->levels, closed->why ? closed->why : "");
    return json_object_set_new(out, "why", json_string(why)) == 0;
}

static bool put_proofs(const struct geo_problem *p, const struct geo_proof *proof, size_t n,
                       const struct geo_rules *rules, json_t *out, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 1; i < n; i++) {
        json_t *one = json_object();
        if (!geo_proof_json(&proof[i], rules, &p->names, one, err) || json_array_append_new(list, one) != 0) {
            json_decref(list);
            return false;
        }
    }
    bool more = n > 1;
    if (more && json_object_set_new(out, "others", list) != 0) return error_memory(err, "proofs");
    if (!more) json_decref(list);
    return geo_proof_json(&proof[0], rules, &p->names, out, err);
}

/* Whether every step of a proof of ours stands by itself: the rule applied anew to what is cited. */
static bool stands(const struct geo_proof *proof, const struct geo_figure *f, const struct geo_rules *rules,
                   struct error *err) {
    struct geo_fact cited[GEO_CITED_MOST];
    for (size_t i = 0; i < proof->n; i++) {
        const struct geo_step *s = &proof->step[i];
        bool follows;
        if (s->reason == GEO_GIVEN) continue;
        if (s->n_from > GEO_CITED_MOST) return error_set(err, ERROR_DATA, "step %zu rests on too much", i);
        for (size_t k = 0; k < s->n_from; k++) cited[k] = proof->step[s->from[k]].gives;
        if (!geo_follows_strictly(f->at, f->n, rules, s->reason, cited, s->n_from, &s->gives, &follows, err))
            return false;
        if (!follows)
            return error_set(err, ERROR_DATA, "step %zu (%s) does not stand by itself", i,
                             geo_kind_name(s->gives.kind));
    }
    return true;
}

bool geo_row_solve(const struct geo_unit *unit, const struct geo_rules *rules, struct smt *z3, double seconds,
                   size_t most, struct arena *arena, json_t *out, bool *holds, struct error *err) {
    struct geo_problem *p = arena_new(arena, struct geo_problem, 1, err);
    const struct geo_limits limits = {.seconds = seconds > 0 ? seconds : 30};
    struct geo_proof proof[PROOFS_MOST];
    struct geo_closed closed;
    struct geo_figure f;
    size_t n = 0;
    bool drawn;
    if (most > PROOFS_MOST)
        return error_set(err, ERROR_USAGE, "--all: at most %d proofs of a problem of geometry", PROOFS_MOST);
    if (!p || !geo_row_problem(unit, p, err) || !figure_of(unit, p, &f, out, &drawn, err)) return false;
    if (!drawn) return true;
    const struct geo_known *given = premises_of(p, arena, err);
    if (!given || !geo_prove_all(f.at, f.n, given, p->n_premises, rules, p->goal, p->n_goals, &limits, 0.3, arena,
                                 proof, most ? most : 1, &n, &closed, err))
        return given && error_wrap(err, "%s:%zu", unit->place.file, unit->place.line);
    for (size_t i = 0; i < n; i++)
        if (!stands(&proof[i], &f, rules, err)) return error_wrap(err, "%s:%zu", unit->place.file, unit->place.line);
    *holds = n > 0 || (p->n_goals == 0 && closed.complete);
    if (!unit->row && json_object_set_new(out, "problem", json_from_text(unit->text)) != 0)
        return error_memory(err, "answer");
    if (!put_counts(out, p, &closed) || (!*holds && !put_unsolved(out, &closed))) return error_memory(err, "answer");
    return n == 0 || (put_proofs(p, proof, n, rules, out, err) &&
                      (!z3 || geo_row_z3_steps(z3, &proof[0], rules, out, holds, err)));
}
