/* basanite goals verdict: what a run says about the goals of a policy. */
#include "cli/goals_policy.h"

#include <math.h>
#include <string.h>

static bool digest_outcome(const struct policy_result *r, const struct policy_outcome *o, const char *chain,
                           char hex[HASH_HEX], struct error *err) {
    struct buffer clause;
    buffer_init(&clause, 4096);
    if (o->clause) goals_clause_put(&clause, o->clause);
    json_t *j = json_pack("{s:s s:s s:s s:o?}", "goal", r->policy->goals[o->goal].id, "clause",
                          clause.at ? clause.at : "document", "chain", chain, "figure",
                          o->figure ? figure_json(o->figure) : NULL);
    buffer_done(&clause);
    bool ok = j ? json_digest(j, hex, err) : error_memory(err, "evidence");
    json_decref(j);
    return ok;
}

/* ---- JSON */

static json_t *outcome_json(const struct policy_result *r, const struct policy_outcome *o, const char *chain,
                            struct error *err) {
    char hex[HASH_HEX];
    struct buffer clause;
    if (!digest_outcome(r, o, chain, hex, err)) return NULL;
    buffer_init(&clause, 4096);
    if (o->clause) goals_clause_put(&clause, o->clause);
    const struct figure *f = o->figure;
    json_t *j = json_pack("{s:s? s:s? s:s? s:s? s:o s:o s:o s:I s:s s:s s:s? s:o s:b s:s}", "clause", clause.at,
                          "figure", f ? f->name : NULL, "task", f ? f->task : NULL, "group",
                          f && f->group[0] ? f->group : NULL, "value", json_from_f64(f ? f->value : NAN), "lo",
                          json_from_f64(o->interval.lo), "hi", json_from_f64(o->interval.hi), "n",
                          f ? (json_int_t)f->n : 0, "method", o->method, "verdict", policy_verdict_names[o->verdict],
                          "why", o->why, "needed", o->needed ? json_integer((json_int_t)o->needed) : json_null(),
                          "prefer", o->clause ? o->clause->prefer : 0, "evidence", hex);
    buffer_done(&clause);
    if (!j) error_memory(err, "verdict");
    return j;
}

static json_t *goal_json(const struct policy_result *r, size_t goal, const char *chain, struct error *err) {
    const struct policy_goal *g = &r->policy->goals[goal];
    json_t *outcomes = json_array();
    for (size_t i = 0; outcomes && i < r->n_outcomes; i++) {
        if (r->outcomes[i].goal != goal) continue;
        json_t *one = outcome_json(r, &r->outcomes[i], chain, err);
        if (!one) return json_decref(outcomes), NULL;
        json_array_append_new(outcomes, one);
    }
    const struct policy_application *a = &r->applications[goal];
    json_t *j =
        json_pack("{s:s s:s s:i s:s s:i s:b s:s s:s s:s? s:s? s:o}", "id", g->id, "verdict",
                  policy_verdict_names[r->verdicts[goal]], "level", g->level, "kind", policy_kind_names[g->kind],
                  "severity", g->severity, "hard", g->hard, "legal", g->clause, "attribute", g->attribute, "waived_by",
                  g->waived_by, "overridden_by",
                  a->overridden_by == SIZE_MAX ? NULL : r->policy->goals[a->overridden_by].id, "outcomes", outcomes);
    if (!j) error_memory(err, "verdict");
    return j;
}

static json_t *gate_json(const struct policy_result *r) {
    json_t *parts = json_array();
    for (size_t i = 0; parts && i < r->gate.n; i++) {
        const struct policy_gate_finding *f = &r->gate.findings[i];
        json_array_append_new(parts, json_pack("{s:s s:s s:i s:i s:i s:i s:s?}", "part", f->text, "verdict",
                                               policy_verdict_names[f->verdict], "picked", (int)f->picked, "met",
                                               (int)f->counts[POLICY_MET], "violated", (int)f->counts[POLICY_VIOLATED],
                                               "undecided", (int)f->counts[POLICY_UNDECIDED], "first",
                                               f->first == SIZE_MAX ? NULL : r->policy->goals[f->first].id));
    }
    return json_pack("{s:s s:s s:o}", "expression", r->policy->gate, "verdict", policy_verdict_names[r->gate.verdict],
                     "parts", parts);
}

/* Of the goals that count, how many are decided. */
static double decision_rate(const struct policy_result *r) {
    size_t n = r->counts[POLICY_MET] + r->counts[POLICY_VIOLATED] + r->counts[POLICY_UNDECIDED];
    return n ? 1 - (double)r->counts[POLICY_UNDECIDED] / (double)n : NAN;
}

/* Takes the reference `drift`, which may be NULL. */
static bool print_verdict_json(struct arguments *args, const struct policy_result *r, const struct goals_run *run,
                               json_t *drift, struct error *err) {
    json_t *goals = json_array();
    bool ok = goals != NULL;
    for (size_t i = 0; ok && i < r->policy->n_goals; i++) {
        json_t *one = goal_json(r, i, run->chain, err);
        ok = one && json_array_append_new(goals, one) == 0;
    }
    json_t *all = json_pack("{s:s s:O? s:{s:s s:I} s:s s:o? s:o s:o s:o s:o?}", "policy", r->policy->name, "run",
                            json_object_get(run->run, "name"), "evidence", "chain", run->chain, "entries",
                            (json_int_t)run->entries, "verdict", policy_verdict_names[r->verdict], "gate", gate_json(r),
                            "deficit", json_from_f64(r->deficit), "decision_rate", json_from_f64(decision_rate(r)),
                            "goals", goals, "since", drift);
    ok = ok && (all ? print_json(args->out, all, err) : error_memory(err, "verdict"));
    json_decref(all);
    return ok;
}

/* ---- text */

static void put_goal(struct buffer *b, const struct policy_result *r, size_t goal) {
    const struct policy_goal *g = &r->policy->goals[goal];
    buffer_printf(b, "%-9s %s (level %d, severity %d%s)%s%s", policy_verdict_names[r->verdicts[goal]], g->id, g->level,
                  g->severity, g->hard ? ", hard" : "", g->clause[0] ? ", " : "", g->clause);
    if (g->waived_by) {
        char day[11];
        (void)policy_day_put(g->waived_until, day);
        buffer_printf(b, ", waived by %s until %s", g->waived_by, day);
    }
    const struct policy_application *a = &r->applications[goal];
    if (a->overridden_by != SIZE_MAX) buffer_printf(b, ", overridden by %s", r->policy->goals[a->overridden_by].id);
    buffer_put_char(b, '\n');
    for (size_t i = 0; i < r->n_outcomes; i++) {
        const struct policy_outcome *o = &r->outcomes[i];
        if (o->goal != goal) continue;
        buffer_put_c(b, "            ");
        if (o->clause) {
            goals_clause_put(b, o->clause);
            buffer_put_c(b, ": ");
        }
        policy_outcome_put(b, o);
        buffer_put_char(b, '\n');
    }
}

static void put_gate(struct buffer *b, const struct policy_result *r) {
    buffer_printf(b, "gate %s: %s\n", r->policy->gate, policy_verdict_names[r->gate.verdict]);
    for (size_t i = 0; i < r->gate.n; i++) {
        const struct policy_gate_finding *f = &r->gate.findings[i];
        bool asks = text_starts(text_of(f->text), TEXT("met")); /* the others answer yes or no */
        buffer_printf(b, "  %s: %s; of %zu goals %zu met, %zu violated, %zu undecided%s%s\n", f->text,
                      asks                       ? policy_verdict_names[f->verdict]
                      : f->verdict == POLICY_MET ? "yes"
                                                 : "no",
                      f->picked, f->counts[POLICY_MET], f->counts[POLICY_VIOLATED], f->counts[POLICY_UNDECIDED],
                      f->first == SIZE_MAX ? "" : ", first ",
                      f->first == SIZE_MAX ? "" : r->policy->goals[f->first].id);
    }
}

static bool print_verdict_text(struct arguments *args, const struct policy_result *r, const struct goals_run *run,
                               struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)64 << 20);
    for (size_t i = 0; i < r->policy->n_goals; i++) put_goal(&b, r, i);
    put_gate(&b, r);
    buffer_printf(&b, "policy %s on run %s: %s (%zu met, %zu violated, %zu undecided, %zu waived, %zu do not apply)\n",
                  r->policy->name, json_string_value(json_object_get(run->run, "name")),
                  policy_verdict_names[r->verdict], r->counts[POLICY_MET], r->counts[POLICY_VIOLATED],
                  r->counts[POLICY_UNDECIDED], r->counts[POLICY_WAIVED], r->counts[POLICY_IDLE]);
    buffer_printf(&b, "evidence: %llu entries recomputed, head %s\n", (unsigned long long)run->entries, run->chain);
    bool ok = print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static bool decide(struct arguments *args, const struct policy_result *r, struct error *err) {
    if (r->verdict == POLICY_MET) return true;
    if (r->verdict == POLICY_UNDECIDED && args_on(args, "allow-undecided")) return true;
    if (r->hard_violated != SIZE_MAX)
        return error_set(err, ERROR_GATE, "policy %s violated: hard goal '%s'", r->policy->name,
                         r->policy->goals[r->hard_violated].id);
    const char *first = NULL;
    for (size_t i = 0; i < r->gate.n && !first; i++)
        if (r->gate.findings[i].first != SIZE_MAX) first = r->policy->goals[r->gate.findings[i].first].id;
    return error_set(err, ERROR_GATE, "policy %s %s%s%s%s%s", r->policy->name, policy_verdict_names[r->verdict],
                     first ? ": goal '" : "", first ? first : "", first ? "'" : "",
                     r->verdict == POLICY_UNDECIDED ? "; measure more, or let --allow-undecided pass it" : "");
}

/* ---- drift */

/* A goal that was met and is violated now comes first, then what was lost otherwise, then what was won. */
static int order_of(enum policy_verdict from, enum policy_verdict to) {
    if (from == POLICY_MET && to == POLICY_VIOLATED) return 0;
    return to < from ? 1 : 2;
}

static bool put_drift(struct arguments *args, const struct policy_result *before, const struct policy_result *now,
                      const char *name, struct error *err) {
    struct buffer b;
    size_t changed = 0;
    buffer_init(&b, (size_t)16 << 20);
    for (int order = 0; order < 3; order++)
        for (size_t i = 0; i < now->policy->n_goals; i++) {
            enum policy_verdict from = before->verdicts[i], to = now->verdicts[i];
            if (from == to || order_of(from, to) != order) continue;
            buffer_printf(&b, "  %s: %s -> %s\n", now->policy->goals[i].id, policy_verdict_names[from],
                          policy_verdict_names[to]);
            changed++;
        }
    fprintf(args->out, "since run %s: %zu of %zu goals changed\n", name, changed, now->policy->n_goals);
    bool ok = print_buffer(args->out, &b, err);
    buffer_done(&b);
    return ok;
}

static json_t *drift_json(const struct policy_result *before, const struct policy_result *now, const char *name) {
    json_t *list = json_array();
    for (int order = 0; order < 3; order++)
        for (size_t i = 0; i < now->policy->n_goals; i++) {
            enum policy_verdict from = before->verdicts[i], to = now->verdicts[i];
            if (from != to && order_of(from, to) == order)
                json_array_append_new(list, json_pack("{s:s s:s s:s}", "goal", now->policy->goals[i].id, "from",
                                                      policy_verdict_names[from], "to", policy_verdict_names[to]));
        }
    return json_pack("{s:s s:o}", "run", name, "changed", list);
}

/* One run against a policy; the run stays open. */
static bool judge_run(struct arguments *args, const struct policy *p, const struct policy_names *names,
                      const struct policy_context *context, const char *name, struct goals_run *run,
                      struct policy_result *result, struct error *err) {
    struct policy_measured measured;
    int day;
    if (!goals_day(args, &day, err) || !goals_run_open(args, name, run, err)) return false;
    goals_measured(names, &run->confidence, run->figures, run->n, day, &measured);
    measured.differences = run->differences, measured.n_differences = run->n_differences;
    return policy_judge(p, context, &measured, args->arena, result, err);
}

bool goals_verdict(struct arguments *args, const char *name, const char *run_name, struct error *err) {
    struct policy_names names;
    struct policy_context context;
    struct policy_result now, before;
    struct goals_run run = {0}, earlier = {0};
    const char *since = args_text(args, "before", NULL);
    struct policy *p = goals_policy(args, name, &names, err);
    bool ok = p && goals_context(args, &context, err) &&
              judge_run(args, p, &names, &context, run_name, &run, &now, err) &&
              (!since || judge_run(args, p, &names, &context, since, &earlier, &before, err));
    if (ok && args_on(args, "json"))
        ok = print_verdict_json(args, &now, &run, since ? drift_json(&before, &now, since) : NULL, err);
    else if (ok)
        ok = (!since || put_drift(args, &before, &now, since, err)) && print_verdict_text(args, &now, &run, err);
    ok = ok && decide(args, &now, err);
    goals_run_close(&run);
    goals_run_close(&earlier);
    return ok;
}
