/* Which goals apply where: see policy_apply.h. */
#include "set/policy_apply.h"

#include "set/policy_lex.h"

#include <string.h>

bool policy_context_parse(struct text source, struct arena *arena, struct policy_context *out, struct error *err) {
    struct policy_reader r = {.source = source, .what = "context", .arena = arena};
    *out = (struct policy_context){0};
    if (policy_at_end(&r)) return true;
    if (!policy_take_when(&r, &out->facts, err) || !(policy_at_end(&r) || policy_expected(&r, "',' or the end", err)))
        return false;
    for (size_t i = 0; i < out->facts.n; i++) {
        const struct policy_test *one = &out->facts.tests[i];
        if (one->negated || one->n_values != 1)
            return error_set(err, ERROR_USAGE, "context: '%s': expected one value, as in domain=health", one->name);
        for (size_t k = 0; k < i; k++)
            if (strcmp(out->facts.tests[k].name, one->name) == 0)
                return error_set(err, ERROR_USAGE, "context: '%s' is given twice", one->name);
    }
    return true;
}

static const char *said(const struct policy_context *context, const char *name) {
    for (size_t i = 0; i < context->facts.n; i++)
        if (strcmp(context->facts.tests[i].name, name) == 0) return context->facts.tests[i].values[0];
    return NULL;
}

static enum policy_applies test_holds(const struct policy_test *t, const struct policy_context *context) {
    const char *value = said(context, t->name);
    bool found = false;
    if (!value) return POLICY_OPEN;
    for (size_t i = 0; i < t->n_values && !found; i++) found = strcmp(t->values[i], value) == 0;
    return found != t->negated ? POLICY_YES : POLICY_NO;
}

enum policy_applies policy_when_holds(const struct policy_when *when, const struct policy_context *context) {
    enum policy_applies worst = POLICY_YES;
    for (size_t i = 0; i < when->n; i++) {
        enum policy_applies one = test_holds(&when->tests[i], context);
        if (one < worst) worst = one;
    }
    return worst;
}

/* Goals in an order in which whoever overrides comes before whom it overrides; there are no cycles (policy_check.c). */
static bool overriding_order(const struct policy *p, size_t *order, struct arena *arena, struct error *err) {
    uint32_t *into = arena_new(arena, uint32_t, p->n_goals + 1, err);
    size_t n = 0;
    if (!into) return false;
    for (size_t i = 0; i < p->n_goals; i++)
        for (size_t k = 0; k < p->goals[i].n_relations; k++)
            into[p->goals[i].relations[k].goal] += p->goals[i].relations[k].kind == POLICY_OVERRIDES;
    for (size_t i = 0; i < p->n_goals; i++)
        if (into[i] == 0) order[n++] = i;
    for (size_t at = 0; at < n; at++) {
        const struct policy_goal *g = &p->goals[order[at]];
        for (size_t k = 0; k < g->n_relations; k++)
            if (g->relations[k].kind == POLICY_OVERRIDES && --into[g->relations[k].goal] == 0)
                order[n++] = g->relations[k].goal;
    }
    return true;
}

static void choose_clauses(const struct policy_goal *g, const struct policy_context *context,
                           struct policy_application *a) {
    a->clauses = g->clauses;
    a->n_clauses = g->n_clauses;
    a->exception = SIZE_MAX;
    for (size_t i = 0; i < g->n_exceptions && a->exception == SIZE_MAX; i++) {
        if (policy_when_holds(&g->exceptions[i].when, context) != POLICY_YES) continue;
        a->exception = i;
        a->clauses = g->exceptions[i].clauses;
        a->n_clauses = g->exceptions[i].n_clauses;
    }
}

struct policy_application *policy_apply(const struct policy *p, const struct policy_context *context,
                                        struct arena *arena, struct error *err) {
    struct policy_application *all = arena_new(arena, struct policy_application, p->n_goals + 1, err);
    size_t *order = all ? arena_new(arena, size_t, p->n_goals + 1, err) : NULL;
    if (!order || !overriding_order(p, order, arena, err)) return NULL;
    for (size_t i = 0; i < p->n_goals; i++) {
        all[i] = (struct policy_application){.overridden_by = SIZE_MAX};
        all[i].applies = policy_when_holds(&p->goals[i].when, context);
        choose_clauses(&p->goals[i], context, &all[i]);
    }
    for (size_t at = 0; at < p->n_goals; at++) {
        const struct policy_goal *g = &p->goals[order[at]];
        for (size_t k = 0; all[order[at]].applies == POLICY_YES && k < g->n_relations; k++) {
            struct policy_application *other = &all[g->relations[k].goal];
            if (g->relations[k].kind != POLICY_OVERRIDES || other->applies == POLICY_NO) continue;
            other->applies = POLICY_NO;
            other->overridden_by = order[at];
        }
    }
    return all;
}

/* ---- why */

static const char *const applies_words[] = {
    [POLICY_NO] = "does not apply", [POLICY_OPEN] = "may apply", [POLICY_YES] = "applies"};

static void put_test(struct buffer *out, const struct policy_test *t, const struct policy_context *context) {
    struct policy_when one = {t, 1};
    const char *value = said(context, t->name);
    buffer_put_c(out, "  ");
    policy_when_put(out, &one);
    if (value)
        buffer_printf(out, ": %s, the context says %s=%s\n", test_holds(t, context) == POLICY_YES ? "yes" : "no",
                      t->name, value);
    else
        buffer_printf(out, ": open, the context does not say %s\n", t->name);
}

static void put_overrides(struct buffer *out, const struct policy *p, const struct policy_application *all,
                          size_t goal) {
    for (size_t i = 0; i < p->n_goals; i++)
        for (size_t k = 0; k < p->goals[i].n_relations; k++) {
            const struct policy_relation *one = &p->goals[i].relations[k];
            if (one->kind != POLICY_OVERRIDES || one->goal != goal) continue;
            buffer_printf(out, "  '%s' would override it, and %s%s\n", p->goals[i].id, applies_words[all[i].applies],
                          all[i].applies == POLICY_OPEN ? ", so it is not taken away" : "");
        }
}

bool policy_apply_explain(const struct policy *p, const struct policy_context *context,
                          const struct policy_application *all, size_t goal, struct buffer *out) {
    const struct policy_goal *g = &p->goals[goal];
    const struct policy_application *a = &all[goal];
    buffer_printf(out, "%s %s", g->id, applies_words[a->applies]);
    if (g->when.n) {
        buffer_put_c(out, "; it is for where ");
        policy_when_put(out, &g->when);
    } else {
        buffer_put_c(out, "; it is for everywhere");
    }
    buffer_put_char(out, '\n');
    for (size_t i = 0; i < g->when.n; i++) put_test(out, &g->when.tests[i], context);
    put_overrides(out, p, all, goal);
    if (a->overridden_by != SIZE_MAX) buffer_printf(out, "  overridden by '%s'\n", p->goals[a->overridden_by].id);
    for (size_t i = 0; i < g->n_exceptions; i++) {
        enum policy_applies holds = policy_when_holds(&g->exceptions[i].when, context);
        buffer_put_c(out, "  exception where ");
        policy_when_put(out, &g->exceptions[i].when);
        buffer_printf(out, ": %s\n",
                      i == a->exception      ? "taken, its clauses stand in place of the goal's"
                      : holds == POLICY_OPEN ? "open, not taken"
                      : holds == POLICY_YES  ? "holds, but an earlier one is taken"
                                             : "does not hold");
    }
    return !out->failed;
}
