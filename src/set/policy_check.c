/* What only shows when all goals are read: ids that come twice, relations, levels, figures and their targets. */
#include "set/policy_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- ids */

struct id_row {
    const char *id;
    size_t goal;
};

static int compare_ids(const void *a, const void *b) {
    const struct id_row *x = a, *y = b;
    int order = strcmp(x->id, y->id);
    return order ? order : x->goal < y->goal ? -1 : x->goal > y->goal;
}

static bool check_ids(struct policy_reading *r, const struct id_row *rows) {
    const struct policy *p = r->policy;
    for (size_t i = 1; i < p->n_goals; i++) {
        const struct policy_goal *g = &p->goals[rows[i].goal];
        struct error why = {0};
        if (strcmp(rows[i - 1].id, rows[i].id) != 0) continue;
        policy_error_at(p, g->line, g->column, &why, "goal '%s' is there before, in line %zu", g->id,
                        p->goals[rows[i - 1].goal].line);
        if (!policy_fault(r, &why)) return false;
    }
    return true;
}

static size_t find_id(const struct id_row *rows, size_t n, const char *id) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (strcmp(rows[mid].id, id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && strcmp(rows[lo].id, id) == 0 ? rows[lo].goal : SIZE_MAX;
}

/* ---- relations */

static bool check_relation(const struct policy_reading *r, const struct policy_goal *g,
                           const struct policy_relation *one, struct error *err) {
    const struct policy *p = r->policy;
    const char *kind = policy_relation_names[one->kind];
    if (one->goal == SIZE_MAX) {
        const char *names[256];
        size_t n = 0;
        for (size_t i = 0; i < p->n_goals && n < 256; i++) names[n++] = p->goals[i].id;
        const char *near = text_nearest(text_of(one->other), names, n);
        return policy_error_at(p, one->line, one->column, err, "goal '%s' %s '%.80s', which is no goal%s%s%s", g->id,
                               kind, one->other, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    const struct policy_goal *other = &p->goals[one->goal];
    if (other == g) return policy_error_at(p, one->line, one->column, err, "goal '%s' %s itself", g->id, kind);
    if (one->kind == POLICY_REFINES && g->level > other->level)
        return policy_error_at(
            p, one->line, one->column, err,
            "goal '%s' of level %d cannot refine '%s' of level %d: what refines is nearer to what is "
            "measured",
            g->id, g->level, other->id, other->level);
    return true;
}

static bool check_relations(struct policy_reading *r, const struct id_row *rows) {
    struct policy *p = r->policy;
    for (size_t i = 0; i < p->n_goals; i++)
        for (size_t k = 0; k < p->goals[i].n_relations; k++) {
            struct policy_relation *one = &p->goals[i].relations[k];
            struct error why = {0};
            one->goal = find_id(rows, p->n_goals, one->other);
            if (!check_relation(r, &p->goals[i], one, &why) && !policy_fault(r, &why)) return false;
        }
    return true;
}

/* ---- cycles: goals that nothing points at are taken away until none is left, or a cycle is */

struct cycle_walk {
    const struct policy *p;
    enum policy_relation_kind kind;
    uint32_t *into; /* relations of the kind that point at a goal, of goals not yet taken */
    size_t *queue;
};

static void count_into(struct cycle_walk *w) {
    for (size_t i = 0; i < w->p->n_goals; i++)
        for (size_t k = 0; k < w->p->goals[i].n_relations; k++) {
            const struct policy_relation *one = &w->p->goals[i].relations[k];
            if (one->kind == w->kind && one->goal != SIZE_MAX) w->into[one->goal]++;
        }
}

static size_t take_away(struct cycle_walk *w) {
    size_t n = 0;
    for (size_t i = 0; i < w->p->n_goals; i++)
        if (w->into[i] == 0) w->queue[n++] = i;
    for (size_t at = 0; at < n; at++) {
        const struct policy_goal *g = &w->p->goals[w->queue[at]];
        for (size_t k = 0; k < g->n_relations; k++) {
            const struct policy_relation *one = &g->relations[k];
            if (one->kind == w->kind && one->goal != SIZE_MAX && --w->into[one->goal] == 0) w->queue[n++] = one->goal;
        }
    }
    return n;
}

/* Every goal that is left is pointed at by one that is left; walking back along those ends in a cycle. */
static size_t pointed_at_by(const struct cycle_walk *w, size_t goal) {
    for (size_t i = 0; i < w->p->n_goals; i++)
        for (size_t k = 0; w->into[i] && k < w->p->goals[i].n_relations; k++)
            if (w->p->goals[i].relations[k].kind == w->kind && w->p->goals[i].relations[k].goal == goal) return i;
    return SIZE_MAX;
}

static bool name_cycle(struct policy_reading *r, struct cycle_walk *w) {
    struct buffer b;
    struct error why = {0};
    size_t at = 0;
    while (w->into[at] == 0) at++;
    for (size_t i = 0; i < w->p->n_goals; i++) at = pointed_at_by(w, at); /* surely on the cycle now */
    size_t start = at;
    buffer_init(&b, 600);
    buffer_printf(&b, "'%s'", w->p->goals[start].id);
    for (size_t i = 0; i < w->p->n_goals && (i == 0 || at != start); i++) {
        at = pointed_at_by(w, at);
        buffer_printf(&b, ", which '%s' %s", w->p->goals[at].id, policy_relation_names[w->kind]);
    }
    policy_error_at(w->p, w->p->goals[start].line, w->p->goals[start].column, &why, "goals go round: %s", b.at);
    buffer_done(&b);
    return policy_fault(r, &why);
}

static bool check_cycles(struct policy_reading *r, enum policy_relation_kind kind) {
    struct policy *p = r->policy;
    struct cycle_walk w = {.p = p, .kind = kind, .into = arena_new(r->arena, uint32_t, p->n_goals + 1, r->err)};
    if (!w.into || !(w.queue = arena_new(r->arena, size_t, p->n_goals + 1, r->err))) return false;
    count_into(&w);
    return take_away(&w) == p->n_goals || name_cycle(r, &w);
}

/* ---- figures and their targets */

static bool clause_error(struct policy_reading *r, const struct policy_goal *g, const struct policy_clause *c,
                         struct error *err, const char *why) {
    return policy_error_at(r->policy, c->line, c->column, err, "goal '%s': %s: %s", g->id, c->figure.text, why);
}

static bool in_range(double x, double least, double most) {
    return !(x < least) && !(x > most);
}

/* 95 where 0.95 is meant. */
static bool check_range(struct policy_reading *r, const struct policy_goal *g, const struct policy_clause *c,
                        const struct policy_metric *m, double target, struct error *err) {
    char why[240], shown[32], fraction[32];
    double least = c->figure.difference ? m->least - m->most : m->least, most = m->most;
    if (c->figure.difference) most = m->most - m->least;
    if (in_range(target, least, most)) return true;
    (void)text_from_f64(target, shown);
    (void)text_from_f64(target / 100, fraction);
    int used = snprintf(why, sizeof why, "target %s of a %s, which lies in %g to %g", shown, m->unit, least, most);
    if (used > 0 && (size_t)used < sizeof why && most == 1 && in_range(target / 100, least, most))
        snprintf(why + used, sizeof why - (size_t)used, "; did you mean %s (%s%%)?", fraction, shown);
    return clause_error(r, g, c, err, why);
}

static bool check_direction(struct policy_reading *r, const struct policy_goal *g, const struct policy_clause *c,
                            const struct policy_metric *m, struct error *err) {
    bool up = strcmp(m->direction, "up") == 0, down = strcmp(m->direction, "down") == 0;
    bool floor = c->op == POLICY_AT_LEAST || c->op == POLICY_ABOVE,
         ceiling = c->op == POLICY_AT_MOST || c->op == POLICY_BELOW;
    if (g->because[0] || !((up && ceiling) || (down && floor))) return true;
    return clause_error(
        r, g, c, err,
        up ? "of this figure more is better, and the target is a ceiling; say why with 'because', or "
             "turn op round"
           : "of this figure less is better, and the target is a floor; say why with 'because', or turn "
             "op round");
}

static bool check_shape(struct policy_reading *r, const struct policy_goal *g, const struct policy_clause *c,
                        struct error *err) {
    if (c->op == POLICY_IN && !(c->upper > c->target))
        return clause_error(r, g, c, err, "the upper end of 'in' must be above the lower one");
    if (c->op == POLICY_NEAR && !(c->tol > 0))
        return clause_error(r, g, c, err, "'near' needs 'tol', how near is near");
    if (c->op == POLICY_NEAR && !(c->confidence > 0))
        return clause_error(r, g, c, err,
                            "'near' needs 'confidence': its two one-sided tests are at 1 - confidence each");
    if (!isnan(c->tol) && !(c->tol > 0)) return clause_error(r, g, c, err, "'tol' must be above 0");
    return true;
}

static bool known(struct policy_reading *r, const struct policy_goal *g, const struct policy_clause *c, bool ok,
                  struct error *why, struct error *err) {
    if (ok) return true;
    if (why->kind != ERROR_USAGE && why->kind != ERROR_DATA) return *err = *why, false;
    return clause_error(r, g, c, err, why->message);
}

/* A figure that is not measured at the place would stay undecided for ever. */
static bool check_measured(struct policy_reading *r, const struct policy_goal *g, const struct policy_clause *c,
                           const struct policy_metric *m, const struct policy_place *place, struct error *err) {
    struct buffer b;
    for (size_t i = 0; i < place->n_figures; i++)
        if (strcmp(place->figures[i], m->name) == 0) return true;
    if (!place->n_figures || strcmp(m->name, "errors") == 0) return true;
    buffer_init(&b, 400);
    for (size_t i = 0; i < place->n_figures; i++) buffer_printf(&b, "%s%s", i ? ", " : "", place->figures[i]);
    char why[600];
    snprintf(why, sizeof why, "it is not measured there; there are: %s", b.at ? b.at : "");
    buffer_done(&b);
    return clause_error(r, g, c, err, why);
}

static bool check_clause(struct policy_reading *r, const struct policy_goal *g, struct policy_clause *c,
                         struct policy_metric *metric, struct error *err) {
    const struct policy_names *names = r->settings->names;
    struct policy_place place = {0};
    struct error why = {0};
    if (!check_shape(r, g, c, err)) return false;
    if (!names) return true;
    bool ok = names->metric(names->context, text_of(c->figure.name), r->arena, metric, &why);
    if (!known(r, g, c, ok, &why, err)) return false;
    if (metric->figure) c->figure.name = metric->figure;
    ok = !c->figure.place[0] || names->place(names->context, text_of(c->figure.place), r->arena, &place, &why);
    if (!known(r, g, c, ok, &why, err) || !check_measured(r, g, c, metric, &place, err)) return false;
    if (!check_range(r, g, c, metric, c->target, err) ||
        (c->op == POLICY_IN && !check_range(r, g, c, metric, c->upper, err)))
        return false;
    return check_direction(r, g, c, metric, err);
}

/* ---- what each level must bind */

struct bound {
    bool measures[POLICY_ABSTENTION + 1], seen, unseen;
    bool any;
};

/* Every place of an unseen clause is no other clause's. */
static bool check_unseen(struct policy_reading *r, const struct policy_goal *g, struct error *err) {
    for (size_t i = 0; i < g->n_clauses; i++)
        for (size_t k = 0; g->clauses[i].unseen && k < g->n_clauses; k++)
            if (!g->clauses[k].unseen && strcmp(g->clauses[i].figure.place, g->clauses[k].figure.place) == 0)
                return clause_error(r, g, &g->clauses[i], err,
                                    "what is unseen is measured on another task than the rest of the goal");
    return true;
}

static bool check_goal(struct policy_reading *r, const struct policy_goal *g, struct bound *bound, struct error *err) {
    struct policy_metric metric = {0};
    if (g->kind == POLICY_DOCUMENT && g->n_clauses)
        return clause_error(r, g, &g->clauses[0], err, "a duty of kind document is not measured; leave 'metric' out");
    for (size_t i = 0; i < g->n_clauses; i++) {
        struct policy_clause *c = &g->clauses[i];
        if (!check_clause(r, g, c, &metric, err)) return false;
        if (!r->settings->names || c->prefer) continue;
        bound->measures[metric.measure] = bound->any = true;
        *(c->unseen ? &bound->unseen : &bound->seen) = true;
    }
    for (size_t i = 0; i < g->n_exceptions; i++)
        for (size_t k = 0; k < g->exceptions[i].n_clauses; k++)
            if (!check_clause(r, g, &g->exceptions[i].clauses[k], &metric, err)) return false;
    return check_unseen(r, g, err);
}

static bool check_level(struct policy_reading *r, const struct policy_goal *g, const struct bound *b,
                        struct error *err) {
    bool behaves = b->measures[POLICY_WIN] || b->measures[POLICY_BEHAVIOUR] || b->measures[POLICY_ABSTENTION] ||
                   b->measures[POLICY_UNCERTAINTY];
    const char *lacks = NULL;
    if (!b->any) return true; /* nothing measured at all is told by `goals check` */
    if (g->level == 1 && !b->measures[POLICY_ACCURACY])
        lacks = "level 1 (instructions) binds the accuracy of a task, such as acc or exact_match";
    if (g->level == 2 && !behaves)
        lacks =
            "level 2 (preferences) binds a win rate, a reward or what people judge a model by, such as refusal_rate; "
            "not the accuracy of a task alone";
    if (g->level == 3 && !(behaves && b->seen)) lacks = "level 3 (values) binds a behaviour";
    if (g->level == 3 && !lacks && !b->unseen)
        lacks = "level 3 (values) binds an unseen context, too, since a value is claimed to hold beyond the data: add "
                "'unseen: FIGURE(TASK)'";
    return !lacks || policy_error_at(r->policy, g->line, g->column, err, "goal '%s': %s", g->id, lacks);
}

/* What a goal binds by itself and by the goals that refine it: passed up from those that nothing refines. */
static void pass_up(const struct policy *p, struct bound *bounds) {
    bool changed = true;
    for (int round = 0; changed && round < 8; round++) { /* levels are 3; refinements of one level may go on */
        changed = false;
        for (size_t i = 0; i < p->n_goals; i++)
            for (size_t k = 0; k < p->goals[i].n_relations; k++) {
                const struct policy_relation *one = &p->goals[i].relations[k];
                if (one->kind != POLICY_REFINES || one->goal == SIZE_MAX) continue;
                struct bound before = bounds[one->goal], *to = &bounds[one->goal];
                for (int m = 0; m <= POLICY_ABSTENTION; m++) to->measures[m] |= bounds[i].measures[m];
                to->seen |= bounds[i].seen, to->unseen |= bounds[i].unseen, to->any |= bounds[i].any;
                changed |= memcmp(&before, to, sizeof before) != 0;
            }
    }
}

static bool check_measures(struct policy_reading *r) {
    struct policy *p = r->policy;
    struct bound *bounds = arena_new(r->arena, struct bound, p->n_goals + 1, r->err);
    bool *bad = bounds ? arena_new(r->arena, bool, p->n_goals + 1, r->err) : NULL;
    if (!bad) return false;
    for (size_t i = 0; i < p->n_goals; i++) {
        struct error why = {0};
        bad[i] = !check_goal(r, &p->goals[i], &bounds[i], &why);
        if (bad[i] && !policy_fault(r, &why)) return false;
    }
    pass_up(p, bounds);
    for (size_t i = 0; i < p->n_goals; i++) {
        struct error why = {0};
        if (!bad[i] && !check_level(r, &p->goals[i], &bounds[i], &why) && !policy_fault(r, &why)) return false;
    }
    return true;
}

static bool check_risks(struct policy_reading *r, const struct id_row *rows) {
    const struct policy *p = r->policy;
    for (size_t i = 0; i < p->n_risks; i++)
        for (size_t k = 0; k < p->risks[i].n_goals; k++) {
            struct error why = {0};
            if (find_id(rows, p->n_goals, p->risks[i].goals[k]) != SIZE_MAX) continue;
            policy_error_at(p, p->risks[i].line, p->risks[i].column, &why, "risk '%s': there is no goal '%.80s'",
                            p->risks[i].id, p->risks[i].goals[k]);
            if (!policy_fault(r, &why)) return false;
        }
    return true;
}

bool policy_goals_check(struct policy_reading *r) {
    struct policy *p = r->policy;
    struct id_row *rows = arena_new(r->arena, struct id_row, p->n_goals + 1, r->err);
    if (!rows) return false;
    for (size_t i = 0; i < p->n_goals; i++) rows[i] = (struct id_row){p->goals[i].id, i};
    qsort(rows, p->n_goals, sizeof *rows, compare_ids);
    return check_ids(r, rows) && check_relations(r, rows) && check_cycles(r, POLICY_REFINES) &&
           check_cycles(r, POLICY_OVERRIDES) && check_measures(r) && check_risks(r, rows);
}
