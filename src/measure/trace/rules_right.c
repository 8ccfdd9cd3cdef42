/* Rules about who may do what, and who it was: R02, R03, R10, R11, R12, R13. */
#include "measure/trace/audit_internal.h"

#include <string.h>

bool rule_outside_grant(struct audit_run *run, struct error *err) {
    for (size_t i = 0; i < run->t->n; i++) {
        const struct trace_span *s = &run->t->spans[i], *grant = s->tool.len ? audit_grant(run->t, i) : NULL;
        const size_t way[] = {grant ? (size_t)(grant - run->t->spans) : 0, i};
        if (!grant || audit_granted(grant, s->tool)) continue;
        if (!audit_tell(run, i, way, way[0] == i ? 1 : 2, err, "'%.80s' uses '%.80s', which is not among its %zu tools",
                        s->agent.len ? s->agent.at : "?", s->tool.at, grant->n_grant))
            return false;
    }
    return true;
}

/* The nearest span above of another agent. */
static size_t caller_of(const struct trace *t, size_t at) {
    size_t p = t->spans[at].parent;
    while (p != SIZE_MAX && (!t->spans[p].agent.len || text_equal(t->spans[p].agent, t->spans[at].agent)))
        p = t->spans[p].parent;
    return p;
}

bool rule_grant_grows(struct audit_run *run, struct error *err) {
    const struct trace *t = run->t;
    for (size_t i = 0; i < t->n; i++) {
        size_t p = t->spans[i].has_grant && t->spans[i].agent.len ? caller_of(t, i) : SIZE_MAX;
        const struct trace_span *above = p == SIZE_MAX ? NULL : audit_grant(t, p);
        for (size_t k = 0; above && k < t->spans[i].n_grant; k++) {
            const size_t way[] = {(size_t)(above - t->spans), i};
            if (audit_granted(above, t->spans[i].grant[k])) continue;
            if (!audit_tell(run, i, way, 2, err, "'%.80s' may use '%.80s', and '%.80s', which called it, may not",
                            t->spans[i].agent.at, t->spans[i].grant[k].at, t->spans[p].agent.at))
                return false;
            break;
        }
    }
    return true;
}

/* More than ten approvals within a minute: nobody has read them. Told once. */
static bool tell_rush(struct audit_run *run, struct error *err) {
    enum { MOST = 10 };
    const uint64_t minute = 60ull * 1000 * 1000 * 1000;
    size_t last[MOST + 1], n = 0;
    for (size_t i = 0; run->t->clock && i < run->t->n; i++) {
        if (!run->t->spans[i].approval.len) continue;
        memmove(last, last + 1, MOST * sizeof *last);
        last[MOST] = i;
        if (++n <= MOST || run->t->spans[i].t0 - run->t->spans[last[0]].t0 > minute) continue;
        return audit_tell(run, i, last, MOST + 1, err, "%d approvals within a minute", MOST + 1);
    }
    return true;
}

bool rule_no_approval(struct audit_run *run, struct error *err) {
    for (size_t i = 0; i < run->t->n; i++) {
        const struct trace_span *s = &run->t->spans[i];
        bool heavy = (s->effects & EFFECTS_HIGH) || (s->sensitive && (s->effects & EFFECTS_ACT));
        if (!s->tool.len || !heavy || s->approval.len) continue;
        if (!audit_tell(run, i, &i, 1, err, "'%.80s' without an approval", s->tool.at)) return false;
    }
    return tell_rush(run, err);
}

/* ---- versions */

struct seen {
    struct text name, mark;
    size_t at;
};
/* The entry of a name; a new one has no mark. */
static struct seen *seen_of(struct seen *list, size_t *n, struct text name) {
    for (size_t i = 0; i < *n; i++)
        if (text_equal(list[i].name, name)) return &list[i];
    list[*n] = (struct seen){.name = name};
    return &list[(*n)++];
}

static bool calls_model(const struct trace_span *s) {
    static const char *const ops[] = {"chat", "text_completion", "generate_content", "embeddings"};
    for (size_t i = 0; i < 4; i++)
        if (text_equal_c(s->op, ops[i])) return true;
    return false;
}

/* Of each agent and kind once. */
bool rule_versions(struct audit_run *run, struct error *err) {
    const struct trace *t = run->t;
    size_t n = 0, m = 0;
    struct seen *agents = arena_new(run->arena, struct seen, 2 * t->n + 1, err), *models = agents + t->n;
    if (!agents) return false;
    for (size_t i = 0; t->clock && i < t->n; i++) { /* logs of steps have no place for versions */
        const struct trace_span *s = &t->spans[i];
        if (s->agent.len && !s->version.len) {
            size_t before = n;
            (void)seen_of(agents, &n, s->agent);
            if (n > before && !audit_tell(run, i, &i, 1, err, "no version of '%.80s'", s->agent.at)) return false;
        }
        if (calls_model(s) && !s->model.len) {
            size_t before = m;
            (void)seen_of(models, &m, s->agent);
            if (m > before && !audit_tell(run, i, &i, 1, err, "'%.80s' calls a model without a name",
                                          s->agent.len ? s->agent.at : "?"))
                return false;
        }
    }
    return true;
}

/* A mark that is another one than before. */
static bool changed(struct seen *of, struct text mark, size_t at, size_t *before) {
    bool is = mark.len && of->mark.len && !text_equal(mark, of->mark);
    *before = of->at;
    if (mark.len) of->mark = mark, of->at = at;
    return is;
}

static bool tell_unregistered(struct audit_run *run, struct error *err) {
    const struct trace *t = run->t;
    size_t registered = 0, n = 0;
    struct seen *agents = arena_new(run->arena, struct seen, 2 * t->n + 1, err), *told = agents + t->n;
    if (!agents) return false;
    for (size_t i = 0; i < t->n; i++)
        if (text_equal_c(t->spans[i].op, "create_agent") && t->spans[i].agent.len)
            (void)seen_of(agents, &registered, t->spans[i].agent);
    for (size_t i = 0; registered && i < t->n; i++) {
        const struct trace_span *s = &t->spans[i];
        size_t known = registered, before = n;
        if (!s->agent.len) continue;
        (void)seen_of(agents, &known, s->agent);
        if (known == registered) continue;
        (void)seen_of(told, &n, s->agent);
        if (n > before && !audit_tell(run, i, &i, 1, err, "'%.80s' was never registered", s->agent.at)) return false;
    }
    return true;
}

bool rule_changed(struct audit_run *run, struct error *err) {
    const struct trace *t = run->t;
    size_t n = 0, m = 0, before;
    struct seen *agents = arena_new(run->arena, struct seen, 2 * t->n + 1, err), *tools = agents + t->n;
    if (!agents || !tell_unregistered(run, err)) return false;
    for (size_t i = 0; i < t->n; i++) {
        const struct trace_span *s = &t->spans[i];
        if (s->agent.len && changed(seen_of(agents, &n, s->agent), s->version, i, &before)) {
            const size_t way[] = {before, i};
            if (!audit_tell(run, i, way, 2, err, "'%.80s' is of another version than before", s->agent.at))
                return false;
        }
        if (s->tool.len && changed(seen_of(tools, &m, s->tool), s->tool_mark, i, &before)) {
            const size_t way[] = {before, i};
            if (!audit_tell(run, i, way, 2, err, "tool '%.80s' is another one than before", s->tool.at)) return false;
        }
    }
    return true;
}

bool rule_gap(struct audit_run *run, struct error *err) {
    for (size_t i = 0; i < run->t->n; i++) {
        const struct trace_span *s = &run->t->spans[i];
        const char *what = NULL;
        if (s->orphan)
            what = "the span that it names as its parent is not there";
        else if (s->chain == TRACE_BROKEN)
            what = "its link in the hash chain does not hold";
        else if (s->outcome == TRACE_OPEN && !s->out.len && s->ok < 0 && (s->tool.len || s->t1 == s->t0))
            what = "it has no outcome";
        if (what && !audit_tell(run, i, &i, 1, err, "%s", what)) return false;
    }
    return true;
}
