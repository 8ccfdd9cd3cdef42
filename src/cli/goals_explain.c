/* basanite goals explain: one goal, from the clause of a law to the verdict, and why it applies here. */
#include "cli/goals_policy.h"

#include "base/file.h"
#include "set/policy_derive.h"

#include <string.h>

static void put_clauses(struct buffer *b, const struct policy_names *names, struct arguments *args,
                        const struct policy_application *a) {
    for (size_t i = 0; i < a->n_clauses; i++) {
        const struct policy_clause *c = &a->clauses[i];
        struct policy_metric metric;
        struct policy_place place = {.run = ""};
        struct error why = {0};
        buffer_put_c(b, "figure: ");
        goals_clause_put(b, c);
        if (names->metric(names->context, text_of(c->figure.name), args->arena, &metric, &why))
            buffer_printf(b, "; a %s (%s), %s is better\n", metric.unit, policy_measure_names[metric.measure],
                          strcmp(metric.direction, "none") == 0 ? "neither way" : metric.direction);
        else
            buffer_put_char(b, '\n');
        if (c->figure.place[0] && names->place(names->context, text_of(c->figure.place), args->arena, &place, &why))
            buffer_printf(b, "data: basanite run %s%s%s\n", place.run, place.group[0] ? ", group " : "", place.group);
        uint64_t n = policy_size_smallest(c, goals_exact), k;
        if (metric.exact && n) buffer_printf(b, "items: %llu at least", (unsigned long long)n);
        if (metric.exact && n && c->n_min && policy_size_passing(c, goals_exact, c->n_min, &k))
            buffer_printf(b, "; of n_min = %llu it is met at %llu", (unsigned long long)c->n_min,
                          (unsigned long long)k);
        if (metric.exact && n) buffer_put_char(b, '\n');
        uint64_t planned = goals_planned(c);
        if (planned)
            buffer_printf(b, "plan: %llu items, so that the interval is known to half of tol\n",
                          (unsigned long long)planned);
    }
}

static void put_head(struct buffer *b, const struct policy *p, const struct policy_goal *g) {
    buffer_printf(b, "goal: %s%s%s\n", g->id, g->text[0] ? ": " : "", g->text);
    buffer_printf(b, "clause: %s\nattribute: %s\n", g->clause[0] ? g->clause : "none",
                  g->attribute[0] ? g->attribute : "none");
    buffer_printf(b, "level %d (%s), severity %d%s%s%s\n", g->level, policy_kind_names[g->kind], g->severity,
                  g->hard ? ", hard" : "", g->owner[0] ? ", owner " : "", g->owner);
    if (g->because[0]) buffer_printf(b, "because: %s\n", g->because);
    for (size_t k = 0; k < g->n_relations; k++)
        buffer_printf(b, "%s: %s\n", policy_relation_names[g->relations[k].kind], g->relations[k].other);
    for (size_t i = 0; i < p->n_goals; i++)
        for (size_t k = 0; k < p->goals[i].n_relations; k++)
            if (&p->goals[p->goals[i].relations[k].goal] == g && p->goals[i].relations[k].kind == POLICY_REFINES)
                buffer_printf(b, "refined by: %s\n", p->goals[i].id);
}

/* The proof of it, or of what overrides it, where the context decides. */
static bool put_derivation(struct buffer *b, struct arguments *args, const struct policy *p,
                           const struct policy_context *context, size_t goal, struct error *err) {
    struct buffer proof;
    bool proved;
    buffer_init(&proof, 1 << 20);
    bool ok = policy_derive(p, context, goal, args->arena, &proof, &proved, err);
    if (ok && proof.len) {
        buffer_put_c(b, "derivation:\n");
        buffer_put_text(b, buffer_text(&proof));
        if (proof.at[proof.len - 1] != '\n') buffer_put_char(b, '\n');
    }
    buffer_done(&proof);
    return ok;
}

/* What the newest run said, where there is a record. */
static bool put_figures(struct buffer *b, struct arguments *args, const struct policy *p,
                        const struct policy_names *names, const struct policy_context *context, size_t goal,
                        struct error *err) {
    struct goals_run run = {0};
    struct policy_measured measured;
    struct policy_result r;
    int day;
    const char *record = args_text(args, "record", "basanite.db");
    if (!file_exists(record)) return buffer_printf(b, "verdict: no record '%s' yet\n", record);
    bool ok = goals_day(args, &day, err) && goals_run_open(args, args_text(args, "run", NULL), &run, err);
    if (ok) {
        goals_measured(names, &run.confidence, run.figures, run.n, day, &measured);
        measured.differences = run.differences, measured.n_differences = run.n_differences;
        ok = policy_judge(p, context, &measured, args->arena, &r, err);
    }
    for (size_t i = 0; ok && i < r.n_outcomes; i++) {
        if (r.outcomes[i].goal != goal) continue;
        buffer_put_c(b, "measured: ");
        policy_outcome_put(b, &r.outcomes[i]);
        buffer_put_char(b, '\n');
    }
    if (ok)
        buffer_printf(b, "verdict: %s on run %s, evidence %s\n", policy_verdict_names[r.verdicts[goal]],
                      json_string_value(json_object_get(run.run, "name")), run.chain);
    goals_run_close(&run);
    return ok;
}

bool goals_explain(struct arguments *args, const char *name, const char *goal_id, struct error *err) {
    struct policy_names names;
    struct policy_context context;
    const struct policy *p = goals_policy(args, name, &names, err);
    if (!p || !goals_context(args, &context, err)) return false;
    const char *ids[256];
    size_t goal = policy_goal_find(p, text_of(goal_id)), n = 0;
    for (size_t i = 0; i < p->n_goals && n < 256; i++) ids[n++] = p->goals[i].id;
    const char *near = text_nearest(text_of(goal_id), ids, n);
    if (goal == SIZE_MAX)
        return error_set(err, ERROR_USAGE, "policy %s has no goal '%s'%s%s%s", p->name, goal_id,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    struct policy_application *a = policy_apply(p, &context, args->arena, err);
    if (!a) return false;
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    put_head(&b, p, &p->goals[goal]);
    bool ok = policy_apply_explain(p, &context, a, goal, &b);
    ok = ok && put_derivation(&b, args, p, &context, goal, err);
    put_clauses(&b, &names, args, &a[goal]);
    ok = ok && put_figures(&b, args, p, &names, &context, goal, err) && print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}
