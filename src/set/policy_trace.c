/* From clause to figure and back: see policy_trace.h. */
#include "set/policy_trace.h"

#include <string.h>

enum { ORPHANS_MOST = 1000 };

struct tracing {
    const struct policy *policy;
    const struct policy_names *names;
    struct arena *arena;
    struct policy_trace *out;
};

static bool PRINTF_LIKE(5, 6)
    orphan(struct tracing *t, size_t line, size_t column, struct error *err, const char *format, ...) {
    char message[600];
    va_list args;
    if (t->out->n_orphans == ORPHANS_MOST) return true;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    const char *kept = arena_printf(t->arena, err, "%s:%zu:%zu: %s", t->policy->file, line, column, message);
    if (kept) t->out->orphans[t->out->n_orphans++] = kept;
    return kept != NULL;
}

/* ---- paths */

static bool requires_any(const struct policy_goal *g) {
    for (size_t i = 0; i < g->n_clauses; i++)
        if (!g->clauses[i].prefer) return true;
    return false;
}

static void find_paths(const struct policy *p, enum policy_path *paths) {
    bool changed = true;
    for (size_t i = 0; i < p->n_goals; i++)
        paths[i] = requires_any(&p->goals[i])            ? POLICY_PATH_MEASURED
                   : p->goals[i].kind == POLICY_DOCUMENT ? POLICY_PATH_DOCUMENT
                                                         : POLICY_PATH_NONE;
    while (changed) { /* each round finds one more at least, or ends it */
        changed = false;
        for (size_t i = 0; i < p->n_goals; i++)
            for (size_t k = 0; paths[i] != POLICY_PATH_NONE && k < p->goals[i].n_relations; k++) {
                const struct policy_relation *one = &p->goals[i].relations[k];
                if (one->kind != POLICY_REFINES || paths[one->goal] != POLICY_PATH_NONE) continue;
                paths[one->goal] = POLICY_PATH_REFINED;
                changed = true;
            }
    }
}

static bool count_paths(struct tracing *t, struct error *err) {
    struct policy_trace *out = t->out;
    for (size_t i = 0; i < t->policy->n_goals; i++) {
        const struct policy_goal *g = &t->policy->goals[i];
        out->measured += out->paths[i] == POLICY_PATH_MEASURED;
        out->documents += out->paths[i] == POLICY_PATH_DOCUMENT;
        out->refined += out->paths[i] == POLICY_PATH_REFINED;
        out->waived += g->waived_by != NULL;
        out->active += !g->waived_by;
        out->executable += !g->waived_by && out->paths[i] != POLICY_PATH_NONE;
        if (out->paths[i] == POLICY_PATH_NONE && !g->waived_by &&
            !orphan(t, g->line, g->column, err,
                    "goal '%s' is an orphan: no figure, no goal that refines it, no document and no waiver", g->id))
            return false;
    }
    return true;
}

/* ---- attributes, acts */

static bool attribute_used(const struct policy *p, const char *id) {
    for (size_t i = 0; i < p->n_goals; i++)
        if (strcmp(p->goals[i].attribute, id) == 0) return true;
    return false;
}

static bool attribute_listed(const struct policy *p, const char *id) {
    for (size_t i = 0; i < p->n_attributes; i++)
        if (strcmp(p->attributes[i].id, id) == 0) return true;
    return false;
}

static bool check_attributes(struct tracing *t, struct error *err) {
    const struct policy *p = t->policy;
    for (size_t i = 0; i < p->n_attributes; i++)
        if (!attribute_used(p, p->attributes[i].id) &&
            !orphan(t, p->attributes[i].line, p->attributes[i].column, err,
                    "attribute '%s' is an orphan: no goal is about it", p->attributes[i].id))
            return false;
    for (size_t i = 0; p->n_attributes && i < p->n_goals; i++) {
        const struct policy_goal *g = &p->goals[i];
        if (g->attribute[0] && !attribute_listed(p, g->attribute) &&
            !orphan(t, g->line, g->column, err, "goal '%s' is about '%s', which the policy does not list", g->id,
                    g->attribute))
            return false;
    }
    return true;
}

/* Does a goal bind the figure of this name? */
static bool figure_bound(const struct policy *p, const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i < p->n_goals; i++)
        for (size_t k = 0; k < p->goals[i].n_clauses; k++) {
            const char *have = p->goals[i].clauses[k].figure.name;
            if (strncmp(have, name, n) == 0 && (have[n] == 0 || have[n] == ',')) return true;
        }
    return false;
}

static bool check_acts(struct tracing *t, struct error *err) {
    const struct policy *p = t->policy;
    for (size_t i = 0; i < p->n_acts; i++)
        for (size_t k = 0; k < p->acts[i].n_targets; k++) {
            const char *target = p->acts[i].targets[k];
            if (policy_goal_find(p, text_of(target)) == SIZE_MAX && !figure_bound(p, target) &&
                !orphan(t, p->acts[i].line, p->acts[i].column, err,
                        "act '%s' is an orphan: no goal binds the figure '%s' that it is for", p->acts[i].name, target))
                return false;
        }
    return true;
}

/* ---- risks */

struct answers {
    size_t figures, documents, values;
    bool measures[POLICY_ABSTENTION + 1];
};

static bool answers_of(struct tracing *t, const struct policy_risk *risk, struct answers *a, struct error *err) {
    *a = (struct answers){0};
    for (size_t i = 0; i < risk->n_goals; i++) {
        const struct policy_goal *g = &t->policy->goals[policy_goal_find(t->policy, text_of(risk->goals[i]))];
        a->documents += g->kind == POLICY_DOCUMENT;
        a->values += g->kind == POLICY_VALUE || g->kind == POLICY_PREFERENCE;
        for (size_t k = 0; k < g->n_clauses; k++) {
            struct policy_metric metric;
            a->figures++;
            if (!t->names) continue;
            if (!t->names->metric(t->names->context, text_of(g->clauses[k].figure.name), t->arena, &metric, err))
                return false;
            a->measures[metric.measure] = true;
        }
    }
    return true;
}

static const char *lacks(const struct policy_risk *risk, const struct answers *a) {
    if (strcmp(risk->quadrant, "known-known") == 0 && !a->figures) return "a goal with a threshold";
    if (strcmp(risk->quadrant, "known-unknown") == 0 &&
        !(a->measures[POLICY_UNCERTAINTY] && a->measures[POLICY_ABSTENTION]))
        return "a figure of uncertainty (ece, brier) and one of abstention (prudence, honesty)";
    if (strcmp(risk->quadrant, "unknown-known") == 0 && !a->values)
        return "a goal of kind value or preference: what people know and nobody wrote down";
    if (strcmp(risk->quadrant, "unknown-unknown") == 0 && a->documents < 2)
        return "two documents: how use is watched, and where what goes wrong is told";
    return NULL;
}

static bool check_risks(struct tracing *t, struct error *err) {
    const struct policy *p = t->policy;
    for (size_t i = 0; i < p->n_risks; i++) {
        const struct policy_risk *risk = &p->risks[i];
        struct answers a;
        if (!answers_of(t, risk, &a, err)) return false;
        const char *lack = lacks(risk, &a);
        if (!risk->n_goals && !orphan(t, risk->line, risk->column, err,
                                      "risk '%s' is an orphan: it names no goals that answer it", risk->id))
            return false;
        if (risk->n_goals && lack &&
            !orphan(t, risk->line, risk->column, err, "risk '%s' is %s and lacks %s", risk->id, risk->quadrant, lack))
            return false;
    }
    return true;
}

bool policy_trace(const struct policy *p, const struct policy_names *names, struct arena *arena,
                  struct policy_trace *out, struct error *err) {
    struct tracing t = {p, names, arena, out};
    *out = (struct policy_trace){.paths = arena_new(arena, enum policy_path, p->n_goals + 1, err)};
    if (!out->paths || !(out->orphans = arena_new(arena, const char *, ORPHANS_MOST, err))) return false;
    find_paths(p, out->paths);
    return count_paths(&t, err) && check_attributes(&t, err) && check_acts(&t, err) && check_risks(&t, err);
}
