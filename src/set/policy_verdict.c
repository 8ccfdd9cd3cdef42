/* Verdicts on goals: see policy_verdict.h. */
#include "set/policy_verdict.h"

#include "base/option.h"

#include <math.h>
#include <string.h>

enum { OUTCOMES_MOST = 1000000 };

struct judging {
    const struct policy *policy;
    const struct policy_measured *measured;
    struct arena *arena;
    struct policy_result *out;
    size_t room;
};

static struct policy_outcome *add(struct judging *j, size_t goal, const struct policy_clause *clause,
                                  struct error *err) {
    struct policy_result *out = j->out;
    if (out->n_outcomes == j->room) {
        size_t wanted = j->room ? 2 * j->room : 64;
        if (wanted > OUTCOMES_MOST)
            return error_set(err, ERROR_DATA, "a policy with over %d outcomes", OUTCOMES_MOST / 2), NULL;
        struct policy_outcome *more = arena_new(j->arena, struct policy_outcome, wanted, err);
        if (!more) return NULL;
        if (out->n_outcomes) memcpy(more, out->outcomes, out->n_outcomes * sizeof *more);
        out->outcomes = more;
        j->room = wanted;
    }
    struct policy_outcome *one = &out->outcomes[out->n_outcomes++];
    *one = (struct policy_outcome){
        .goal = goal, .clause = clause, .interval = {NAN, NAN}, .method = "", .verdict = POLICY_UNDECIDED};
    return one;
}

/* ---- one figure */

/* Of a figure whose interval shrinks as the root of n does. */
static uint64_t needed_by_width(const struct policy_clause *c, const struct figure *f, struct policy_interval x) {
    double near = c->op == POLICY_IN && fabs(f->value - c->upper) < fabs(f->value - c->target) ? c->upper : c->target;
    if (c->op == POLICY_NEAR) near += f->value > c->target ? c->tol : -c->tol;
    double half = near > f->value ? x.hi - f->value : f->value - x.lo, gap = fabs(near - f->value);
    double n = gap > 0 ? ceil((double)f->n * (half / gap) * (half / gap)) : 0;
    return n > 0 && n <= 1e9 ? (uint64_t)n : 0;
}

static void judge_figure(struct judging *j, struct policy_outcome *o, const struct figure *f) {
    const struct policy_clause *c = o->clause;
    static const enum policy_verdict by_side[] = {
        [POLICY_BAD_SIDE] = POLICY_VIOLATED, [POLICY_BETWEEN] = POLICY_UNDECIDED, [POLICY_GOOD_SIDE] = POLICY_MET};
    bool plain = false;
    o->figure = f;
    o->method = f->method ? f->method : "";
    if (isnan(f->value)) {
        o->why = f->null_reason ? f->null_reason : "the figure has no value";
        return;
    }
    if (!j->measured->interval(j->measured->context, f, policy_clause_level(c), &o->interval, &o->method, &plain,
                               &o->why))
        return;
    o->verdict = by_side[policy_clause_side(c, o->interval)];
    if (o->verdict == POLICY_UNDECIDED)
        o->needed = plain ? policy_size_needed(c, j->measured->exact, f->value) : needed_by_width(c, f, o->interval);
    if (o->verdict == POLICY_MET && f->n < c->n_min) {
        o->verdict = POLICY_UNDECIDED;
        o->why = "it rests on fewer items than n_min";
        o->needed = c->n_min;
    }
}

/* ---- the figures of a clause */

static bool same_name(const struct figure *f, const struct policy_figure *wanted) {
    struct text have = text_of(f->name);
    return text_equal_c(have, wanted->name) || (!wanted->exact && text_equal_c(spec_name(have), wanted->name));
}

static bool same_group(const char *have, const char *group, const char *field) {
    const char *equals = strchr(have, '=');
    size_t n = strlen(field);
    if (n) return strncmp(have, field, n) == 0 && have[n] == '=';
    return strcmp(have, group) == 0 || (group[0] && equals && strcmp(equals + 1, group) == 0);
}

static bool at_place(const struct figure *f, const struct policy_place *place) {
    for (size_t i = 0; i < place->n_tasks; i++)
        if (strcmp(f->task, place->tasks[i]) == 0) return true;
    return place->n_tasks == 0;
}

static bool judge_clause(struct judging *j, size_t goal, const struct policy_clause *c, struct error *err) {
    const struct policy_measured *m = j->measured;
    struct policy_place place = {.group = ""};
    const char *field = j->policy->goals[goal].for_each;
    bool d = c->figure.difference;
    const struct figure *figures = d ? m->differences : m->figures;
    size_t found = 0, n = d ? m->n_differences : m->n;
    if (c->figure.place[0] && m->names &&
        !m->names->place(m->names->context, text_of(c->figure.place), j->arena, &place, err))
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct figure *f = &figures[i];
        if (!same_name(f, &c->figure) || !at_place(f, &place) || !same_group(f->group, place.group, field)) continue;
        struct policy_outcome *o = add(j, goal, c, err);
        if (!o) return false;
        judge_figure(j, o, f);
        found++;
    }
    if (found) return true;
    struct policy_outcome *o = add(j, goal, c, err);
    if (!o) return false;
    o->why = d          ? "the run was not compared with another (`basanite compare`)"
             : field[0] ? "no group of it was measured"
                        : "it was not measured";
    return true;
}

/* ---- goals */

static bool judge_paper(struct judging *j, size_t goal, struct error *err) {
    const struct policy_evidence *e = &j->policy->goals[goal].evidence;
    const struct policy_measured *m = j->measured;
    struct policy_outcome *o = add(j, goal, NULL, err);
    if (!o) return false;
    o->method = "document";
    if (!e->file || !e->sha256 || !e->owner || e->until == POLICY_NO_DAY)
        o->why = "a duty of kind document needs evidence: {file, sha256, owner, until}";
    else if (e->until < m->as_of)
        o->why = "its paper has run out";
    else if (!m->paper)
        o->why = "its paper was not looked at";
    else if (m->paper(m->context, e, &o->why))
        o->verdict = POLICY_MET;
    return true;
}

static enum policy_verdict worst_of(const struct policy_result *out, size_t from) {
    enum policy_verdict worst = POLICY_MET;
    size_t counted = 0;
    for (size_t i = from; i < out->n_outcomes; i++) {
        const struct policy_outcome *o = &out->outcomes[i];
        if (o->clause && o->clause->prefer) continue;
        counted++;
        if (o->verdict < worst) worst = o->verdict;
    }
    return counted ? worst : POLICY_IDLE;
}

static bool judge_goal(struct judging *j, size_t goal, struct error *err) {
    const struct policy_goal *g = &j->policy->goals[goal];
    const struct policy_application *a = &j->out->applications[goal];
    size_t from = j->out->n_outcomes;
    enum policy_verdict *verdict = &j->out->verdicts[goal];
    *verdict = POLICY_IDLE;
    if (a->applies == POLICY_NO) return true;
    for (size_t i = 0; i < a->n_clauses; i++)
        if (!judge_clause(j, goal, &a->clauses[i], err)) return false;
    if (g->kind == POLICY_DOCUMENT && !judge_paper(j, goal, err)) return false;
    *verdict = worst_of(j->out, from);
    return true;
}

/* A goal is met where what it binds is and where every goal that refines it is: from those that nothing refines up. A
 * goal that nothing at all was bound to stays undecided. */
static void pass_up(const struct policy *p, struct policy_result *out, const enum policy_verdict *own) {
    bool changed = true;
    for (size_t i = 0; i < p->n_goals; i++) out->verdicts[i] = own[i];
    for (int round = 0; changed && round < 64; round++) {
        changed = false;
        for (size_t i = 0; i < p->n_goals; i++)
            for (size_t k = 0; k < p->goals[i].n_relations; k++) {
                const struct policy_relation *one = &p->goals[i].relations[k];
                enum policy_verdict *to = &out->verdicts[one->goal], from = out->verdicts[i];
                if (one->kind != POLICY_REFINES || from == POLICY_IDLE || p->goals[i].waived_by) continue;
                if (out->applications[one->goal].applies == POLICY_NO || from >= *to) continue;
                *to = from;
                changed = true;
            }
    }
    for (size_t i = 0; i < p->n_goals; i++)
        if (out->verdicts[i] == POLICY_IDLE && out->applications[i].applies != POLICY_NO)
            out->verdicts[i] = POLICY_UNDECIDED;
}

/* ---- the whole */

static double shortfall(const struct policy_outcome *o) {
    const struct policy_clause *c = o->clause;
    double x = o->figure ? o->figure->value : NAN;
    if (isnan(x) || isnan(c->tol)) return 0;
    if (c->op == POLICY_AT_LEAST || c->op == POLICY_ABOVE) return fmax(0, (c->target - x) / c->tol);
    if (c->op == POLICY_AT_MOST || c->op == POLICY_BELOW) return fmax(0, (x - c->target) / c->tol);
    if (c->op == POLICY_IN) return fmax(0, fmax(c->target - x, x - c->upper) / c->tol);
    return fmax(0, fabs(x - c->target) / c->tol - 1);
}

static void sum_up(struct policy_result *out) {
    const struct policy *p = out->policy;
    out->hard_violated = SIZE_MAX;
    for (size_t i = 0; i < p->n_goals; i++) {
        if (p->goals[i].waived_by && out->verdicts[i] != POLICY_IDLE) out->verdicts[i] = POLICY_WAIVED;
        out->counts[out->verdicts[i]]++;
        if (p->goals[i].hard && out->verdicts[i] == POLICY_VIOLATED && out->hard_violated == SIZE_MAX)
            out->hard_violated = i;
    }
    for (size_t i = 0; i < out->n_outcomes; i++) {
        const struct policy_outcome *o = &out->outcomes[i];
        const struct policy_goal *g = &p->goals[o->goal];
        if (o->clause && !g->hard && out->verdicts[o->goal] <= POLICY_MET) out->deficit += g->weight * shortfall(o);
    }
}

bool policy_judge(const struct policy *p, const struct policy_context *context, const struct policy_measured *measured,
                  struct arena *arena, struct policy_result *out, struct error *err) {
    struct judging j = {p, measured, arena, out, 0};
    enum policy_verdict *own = arena_new(arena, enum policy_verdict, p->n_goals + 1, err);
    struct policy_gate *gate = own ? policy_gate_parse(text_of(p->gate), arena, err) : NULL;
    *out = (struct policy_result){.policy = p};
    if (!gate || !(out->applications = policy_apply(p, context, arena, err))) return false;
    out->verdicts = own;
    for (size_t i = 0; i < p->n_goals; i++)
        if (!judge_goal(&j, i, err)) return false;
    if (!(out->verdicts = arena_new(arena, enum policy_verdict, p->n_goals + 1, err))) return false;
    pass_up(p, out, own);
    sum_up(out);
    if (!policy_gate_judge(gate, p, out->verdicts, arena, &out->gate, err)) return false;
    out->verdict = out->hard_violated != SIZE_MAX ? POLICY_VIOLATED : out->gate.verdict;
    return true;
}

static void put_value(struct buffer *out, const struct policy_outcome *o) {
    const struct figure *f = o->figure;
    bool d = o->clause->figure.difference, known = !isnan(o->interval.lo);
    buffer_printf(out, "%s%s%s of %s%s%s is ", d ? "d(" : "", f->name, d ? ")" : "", f->task, f->group[0] ? ", " : "",
                  f->group);
    if (isnan(f->value)) {
        buffer_put_c(out, "not known");
        return;
    }
    buffer_printf(out, "%.4g", f->value);
    if (known) buffer_printf(out, " (%.4g to %.4g", o->interval.lo, o->interval.hi);
    if (f->n) buffer_printf(out, "%sn = %llu", known ? ", " : " (", (unsigned long long)f->n);
    if (known || f->n) buffer_put_char(out, ')');
}

bool policy_outcome_put(struct buffer *out, const struct policy_outcome *o) {
    if (!o->clause)
        buffer_put_c(out, "paper");
    else if (!o->figure)
        buffer_put_c(out, o->clause->figure.text);
    else
        put_value(out, o);
    buffer_printf(out, ": %s", policy_verdict_names[o->verdict]);
    if (o->why) buffer_printf(out, ", %s", o->why);
    if (o->needed && o->verdict == POLICY_UNDECIDED)
        buffer_printf(out, "; about %llu items would decide it", (unsigned long long)o->needed);
    return !out->failed;
}
