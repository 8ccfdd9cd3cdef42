/* From goals to nodes: see certify_case.h. */
#include "certify/certify_case.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct building {
    const struct policy *policy;
    const struct certify_round *round;
    struct arena *arena;
    struct assurance_case *c;
    size_t capacity, symbols;
    struct error *err;
};

/* ---- nodes */

static struct case_node *add(struct building *b, enum case_kind kind, const char *id, const char *text) {
    struct assurance_case *c = b->c;
    if (!id || !text || c->n_nodes == b->capacity) return NULL;
    struct case_node *n = &c->nodes[c->n_nodes++];
    *n = (struct case_node){
        .id = id, .kind = kind, .text = text_of(text), .belief = NAN, .disbelief = NAN, .needs = {.target = NAN}};
    return n;
}

/* Lists are made as long as they may become. */
static bool link_to(struct building *b, size_t **list, size_t *n, size_t most, size_t node) {
    if (!*list && !(*list = arena_new(b->arena, size_t, most, b->err))) return false;
    (*list)[(*n)++] = node;
    return true;
}

static bool say(struct building *b, struct case_node *n, const char *formula) {
    if (!formula) return false;
    if (!n->formal && !(n->formal = arena_new(b->arena, struct case_line, 2 * POLICY_CLAUSES_MOST, b->err)))
        return false;
    n->formal[n->n_formal++] = (struct case_line){.text = text_of(formula)};
    return true;
}

/* ---- formulas */

/* The shortest decimal, without an exponent, that is this number. */
static const char *decimal(struct building *b, double x) {
    char text[400];
    for (int digits = 0; digits <= 60; digits++) {
        snprintf(text, sizeof text, "%.*f", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    return arena_printf(b->arena, b->err, "%s", text);
}

/* A name for the figure's true value, different for each clause: score_pocket_unknown_1. */
static const char *symbol(struct building *b, const struct policy_clause *k) {
    char name[80];
    size_t n = 0;
    for (const char *at = k->figure.text; *at && n < 60; at++) {
        bool word = isalnum((unsigned char)*at);
        if (word || (n && name[n - 1] != '_')) name[n++] = word ? *at : '_';
    }
    while (n && name[n - 1] == '_') n--;
    return arena_printf(b->arena, b->err, "%s%.*s_%zu", n && isdigit((unsigned char)name[0]) ? "f_" : "", (int)n, name,
                        ++b->symbols);
}

static const char *bound(struct building *b, const struct policy_clause *k, const char *name) {
    const char *target = decimal(b, k->op == POLICY_NEAR ? k->target - k->tol : k->target);
    if (!target || !name) return NULL;
    if (k->op != POLICY_IN && k->op != POLICY_NEAR)
        return arena_printf(b->arena, b->err, "%s %s %s", name, policy_op_names[k->op], target);
    const char *upper = decimal(b, k->op == POLICY_NEAR ? k->target + k->tol : k->upper);
    return upper ? arena_printf(b->arena, b->err, "%s <= %s <= %s", target, name, upper) : NULL;
}

/* ---- evidence */

/* What became of the clause; NULL: nothing is known. */
static const struct policy_outcome *outcome_of(const struct building *b, const struct policy_clause *k) {
    for (size_t i = 0; b->round && i < b->round->result.n_outcomes; i++)
        if (b->round->result.outcomes[i].clause == k && b->round->result.outcomes[i].figure)
            return &b->round->result.outcomes[i];
    return NULL;
}

static const char *evidence_text(struct building *b, const struct policy_clause *k, const struct policy_outcome *o) {
    if (!o) return arena_printf(b->arena, b->err, "%s is measured", k->figure.text);
    return arena_printf(
        b->arena, b->err,
        "%s of %s was measured on %llu items of run %s: between %.4g and %.4g with %g %% confidence (%s)",
        o->figure->name, o->figure->task, (unsigned long long)o->figure->n, b->round->run, o->interval.lo,
        o->interval.hi, 100 * k->confidence, o->method ? o->method : "no interval");
}

/* Two formulas: the ends of the interval. */
static bool say_interval(struct building *b, struct case_node *n, const char *name, const struct policy_outcome *o) {
    const char *lo = decimal(b, o->interval.lo), *hi = decimal(b, o->interval.hi);
    n->needs = (struct case_need){.target = NAN};
    return lo && hi && say(b, n, arena_printf(b->arena, b->err, "%s >= %s", name, lo)) &&
           say(b, n, arena_printf(b->arena, b->err, "%s <= %s", name, hi));
}

static bool add_evidence(struct building *b, size_t goal_at, size_t at, const struct policy_clause *k) {
    const struct policy_outcome *o = outcome_of(b, k);
    const char *id = arena_printf(b->arena, b->err, "Sn_%s_%zu", b->policy->goals[goal_at].id, at + 1);
    struct case_node *n = add(b, CASE_SOLUTION, id, evidence_text(b, k, o));
    const char *name = symbol(b, k), *wanted = bound(b, k, name);
    size_t own = b->c->n_nodes - 1;
    if (!n || !wanted) return false;
    n->needs = (struct case_need){.figure = k->figure.text, .op = policy_op_names[k->op], .target = k->target};
    bool known = o && !o->why && !isnan(o->interval.lo) && !isnan(o->interval.hi);
    if (known && !say_interval(b, n, name, o)) return false;
    /* The goal's node stands right before its evidence. */
    struct case_node *g = &b->c->nodes[own - 1 - at];
    return say(b, g, wanted) && link_to(b, &g->supported_by, &g->n_supported_by, POLICY_CLAUSES_MOST, own);
}

static bool add_paper(struct building *b, struct case_node *g, const struct policy_goal *goal) {
    const char *id = arena_printf(b->arena, b->err, "Sn_%s", goal->id);
    const char *text = arena_printf(b->arena, b->err, "%s, kept by %s", goal->evidence.file,
                                    goal->evidence.owner ? goal->evidence.owner : "nobody");
    struct case_node *n = add(b, CASE_SOLUTION, id, text);
    if (!n) return false;
    n->url = goal->evidence.file;
    return link_to(b, &g->supported_by, &g->n_supported_by, 1, b->c->n_nodes - 1);
}

static bool add_waiver(struct building *b, struct case_node *g, const struct policy_goal *goal) {
    char day[11] = "";
    (void)policy_day_put(goal->waived_until, day);
    const char *id = arena_printf(b->arena, b->err, "A_%s", goal->id);
    const char *text = arena_printf(b->arena, b->err, "Waived by %s until %s", goal->waived_by, day);
    g->undeveloped = true;
    return add(b, CASE_ASSUMPTION, id, text) &&
           link_to(b, &g->in_context_of, &g->n_in_context_of, 1, b->c->n_nodes - 1);
}

/* ---- goals */

static bool add_goal(struct building *b, size_t at, struct case_node *above, size_t most) {
    const struct policy_goal *goal = &b->policy->goals[at];
    const char *text = *goal->text ? goal->text : goal->id;
    struct case_node *g = add(b, CASE_GOAL, arena_printf(b->arena, b->err, "G_%s", goal->id), text);
    if (!g || !link_to(b, &above->supported_by, &above->n_supported_by, most, b->c->n_nodes - 1)) return false;
    if (goal->waived_by) return add_waiver(b, g, goal);
    if (goal->kind == POLICY_DOCUMENT && goal->evidence.file) return add_paper(b, g, goal);
    const struct policy_application *a = b->round ? &b->round->result.applications[at] : NULL;
    const struct policy_clause *clauses = a ? a->clauses : goal->clauses;
    size_t n = 0, n_clauses = a ? a->n_clauses : goal->n_clauses;
    bool ok = true;
    for (size_t i = 0; ok && i < n_clauses; i++)
        if (!clauses[i].prefer) ok = add_evidence(b, at, n++, &clauses[i]);
    if (n)
        g->reason = CASE_ARITH;
    else
        g->undeveloped = true;
    return ok;
}

static bool applies(const struct building *b, size_t i) {
    return !b->round || b->round->result.verdicts[i] != POLICY_IDLE;
}

/* A strategy for each attribute, in the order in which goals name them; goals without one stand under the claim. */
static bool add_attribute(struct building *b, const char *attribute) {
    size_t n = b->policy->n_goals;
    struct case_node *above = &b->c->nodes[0];
    if (*attribute) {
        const char *id = arena_printf(b->arena, b->err, "S_%s", attribute);
        const char *text = arena_printf(b->arena, b->err, "By each goal of %s", attribute);
        struct case_node *s = add(b, CASE_STRATEGY, id, text);
        if (!s || !link_to(b, &above->supported_by, &above->n_supported_by, n, b->c->n_nodes - 1)) return false;
        above = s;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(b->policy->goals[i].attribute, attribute) == 0 && applies(b, i) && !add_goal(b, i, above, n))
            return false;
    return true;
}

static bool is_first_of(const struct building *b, size_t i) {
    if (!applies(b, i)) return false;
    for (size_t k = 0; k < i; k++)
        if (applies(b, k) && strcmp(b->policy->goals[k].attribute, b->policy->goals[i].attribute) == 0) return false;
    return true;
}

static bool add_context(struct building *b) {
    const char *text = arena_printf(b->arena, b->err, "Gate of the policy: %s", b->policy->gate);
    struct case_node *root = &b->c->nodes[0];
    return add(b, CASE_CONTEXT, "C_gate", text) && link_to(b, &root->in_context_of, &root->n_in_context_of, 1, 1);
}

bool certify_case(const struct policy *policy, const struct certify_round *round, struct arena *arena,
                  struct assurance_case *out, struct error *err) {
    size_t clauses = 0;
    for (size_t i = 0; i < policy->n_goals; i++) clauses += POLICY_CLAUSES_MOST + 3;
    struct building b = {policy, round, arena, out, 2 + clauses, 0, err};
    *out = (struct assurance_case){.name = policy->name, .file = policy->file};
    if (!(out->nodes = arena_new(arena, struct case_node, b.capacity, err))) return false;
    const char *system = policy->system && *policy->system ? policy->system : policy->name;
    const char *text = arena_printf(arena, err, "%s is fit for this use: %s", system,
                                    policy->use && *policy->use ? policy->use : "what its policy says");
    bool ok = add(&b, CASE_GOAL, "G_fit", text) && add_context(&b);
    for (size_t i = 0; ok && i < policy->n_goals; i++)
        if (is_first_of(&b, i)) ok = add_attribute(&b, policy->goals[i].attribute);
    return ok || (err && err->kind != ERROR_NONE ? false : error_memory(err, "case"));
}
