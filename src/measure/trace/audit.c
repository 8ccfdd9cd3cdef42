/* The table of rules, and running them: see audit.h. */
#include "measure/trace/audit_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct trace_rule table[] = {
    {{"R01", "what somebody untrusted wrote reaches a tool that acts", FINDING_ERROR, "ASI01 ASI02 T2 T6"},
     "security",
     rule_tainted_act},
    {{"R02", "a tool that the grant in force does not name", FINDING_ERROR, "ASI03 T3"},
     "security",
     rule_outside_grant},
    {{"R03", "an agent may do what the one that called it may not", FINDING_ERROR, "ASI03 T3"},
     "security",
     rule_grant_grows},
    {{"R04", "untrusted text is remembered and read by another agent", FINDING_ERROR, "ASI06 T1"},
     "security",
     rule_tainted_memory},
    {{"R05", "a message without a sender, of another sender, or changed on its way", FINDING_ERROR, "ASI07 T9 T12"},
     "security",
     rule_message},
    {{"R06", "one claim through three agents, and no tool or source for it", FINDING_WARNING, "ASI08 T5"},
     "explainability",
     rule_copied_claim},
    {{"R07", "the same call four times, or up to four steps three times over", FINDING_WARNING, "T4"},
     "modelops",
     rule_loop},
    {{"R08", "what somebody untrusted wrote is executed", FINDING_ERROR, "ASI05 T11"}, "security", rule_tainted_code},
    {{"R09", "a key, a number of a card or a secret that was read leaves", FINDING_ERROR, "ASI03 T3"},
     "privacy",
     rule_secret},
    {{"R10", "a call of weight without approval, or more approvals than anybody reads", FINDING_ERROR, "ASI09 T10"},
     "governance",
     rule_no_approval},
    {{"R11", "no version of an agent, no name of a model", FINDING_NOTE, "T8"}, "modelops", rule_versions},
    {{"R12", "an agent that was not registered, an agent or a tool that changed during the run", FINDING_ERROR,
      "ASI04 ASI10 T13"},
     "modelops",
     rule_changed},
    {{"R13", "a gap: no outcome, no parent, a link of the hash chain that does not hold", FINDING_ERROR, "T8"},
     "governance",
     rule_gap},
    {{"R14", "three sub-goals on end that share nothing with the goal", FINDING_WARNING, "ASI01 T6"},
     "explainability",
     rule_drift},
    {{"R15", "the answer is not what the last verified result says", FINDING_ERROR, "T7"},
     "explainability",
     rule_contradiction},
};
_Static_assert(sizeof table / sizeof *table == AUDIT_RULES, "as many rules as are counted");

size_t trace_rules(const struct trace_rule **out) {
    *out = table;
    return AUDIT_RULES;
}

/* ---- telling */

enum { WITNESS_MOST = 16, NAME = 240 };

static const char *span_name(const struct trace *t, size_t at, char out[NAME]) {
    if (at == SIZE_MAX)
        snprintf(out, NAME, "%.*s", (int)(t->id.len < 100 ? t->id.len : 100), t->id.at);
    else
        snprintf(out, NAME, "%.*s/%.*s", (int)(t->id.len < 100 ? t->id.len : 100), t->id.at,
                 (int)(t->spans[at].id.len < 100 ? t->spans[at].id.len : 100), t->spans[at].id.at);
    return out;
}

/* One step of a way: which span, whose, what it did. No text of the trace: it may hold what must not be shown. */
static void put_step(const struct trace *t, size_t at, const char *role, char out[NAME]) {
    const struct trace_span *s = &t->spans[at];
    const struct text did = s->tool.len ? s->tool : s->op;
    snprintf(out, NAME, "span %.60s%s%.60s%s%.60s%s%s", s->id.at, s->agent.len ? ", " : "",
             s->agent.len ? s->agent.at : "", did.len ? ", " : "", did.len ? did.at : "", *role ? ": " : "", role);
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < 0x20) *c = ' ';
}

static bool send(struct audit_run *run, size_t at, const struct finding_step *steps, size_t n, const char *what,
                 struct error *err) {
    char name[NAME];
    const struct finding_rule *rule = &table[run->rule].is;
    const struct finding f = {.rule = rule->name,
                              .severity = rule->severity,
                              .file = run->t->file,
                              .line = at == SIZE_MAX ? 0 : run->t->spans[at].line,
                              .item = span_name(run->t, at, name),
                              .what = what,
                              .witness = steps,
                              .n_witness = n};
    return run->audit->settings.sink(run->audit->settings.context, &f, err);
}

static bool tell(struct audit_run *run, size_t at, const struct finding_step *steps, size_t n, struct error *err,
                 const char *format, va_list arguments) {
    char what[480];
    run->of_trace.findings++;
    run->of_trace.rules |= (uint64_t)1 << run->rule;
    run->audit->result.findings[run->rule]++;
    if (++run->told > AUDIT_TOLD_MOST) return true;
    vsnprintf(what, sizeof what, format, arguments);
    for (char *c = what; *c; c++)
        if ((unsigned char)*c < 0x20) *c = ' '; /* a finding is one line */
    return send(run, at, steps, n, what, err);
}

bool audit_tell(struct audit_run *run, size_t at, const size_t *witness, size_t n_witness, struct error *err,
                const char *format, ...) {
    struct finding_step steps[WITNESS_MOST];
    char what[WITNESS_MOST][NAME];
    size_t n = n_witness < WITNESS_MOST ? n_witness : WITNESS_MOST;
    for (size_t i = 0; i < n; i++) {
        put_step(run->t, witness[i], "", what[i]);
        steps[i] = (struct finding_step){.line = run->t->spans[witness[i]].line, .what = what[i]};
    }
    va_list arguments;
    va_start(arguments, format);
    bool ok = tell(run, at, steps, n, err, format, arguments);
    va_end(arguments);
    return ok;
}

bool audit_tell_taint(struct audit_run *run, size_t at, size_t node, struct error *err, const char *format, ...) {
    struct finding_step steps[WITNESS_MOST];
    char what[WITNESS_MOST][NAME];
    size_t way[WITNESS_MOST], n = 0;
    for (size_t x = node; n < WITNESS_MOST; x = run->taint.nodes[x].from) {
        way[n++] = x;
        if (run->taint.nodes[x].source) break;
    }
    for (size_t i = 0; i < n; i++) {
        size_t x = way[n - 1 - i];
        const char *role = run->taint.nodes[x].source ? (x % 2 ? "untrusted, came out" : "untrusted, went in")
                                                      : (x % 2 ? "came out" : "went in");
        put_step(run->t, x / 2, role, what[i]);
        steps[i] = (struct finding_step){.line = run->t->spans[x / 2].line, .what = what[i]};
    }
    va_list arguments;
    va_start(arguments, format);
    bool ok = tell(run, at, steps, n, err, format, arguments);
    va_end(arguments);
    return ok;
}

/* ---- what rules ask of a trace */

const struct trace_span *audit_grant(const struct trace *t, size_t at) {
    for (; at != SIZE_MAX; at = t->spans[at].parent)
        if (t->spans[at].has_grant) return &t->spans[at];
    return NULL;
}

bool audit_granted(const struct trace_span *grant, struct text tool) {
    for (size_t i = 0; i < grant->n_grant; i++)
        if (text_equal(grant->grant[i], tool) || text_equal_c(grant->grant[i], "*")) return true;
    return false;
}

bool audit_before(const struct trace *t, size_t i, size_t j) {
    return i < j && t->spans[i].t1 <= t->spans[j].t0;
}

struct text audit_root(const struct trace *t) {
    if (t->question.len || !t->n) return t->question;
    return t->spans[0].goal.len ? t->spans[0].goal : t->spans[0].in;
}

size_t audit_answer(const struct trace *t) {
    for (size_t i = 0; t->clock && i < t->n; i++)
        if (t->spans[i].parent == SIZE_MAX && !t->spans[i].tool.len && t->spans[i].out.len) return i;
    for (size_t i = t->n; i-- > 0;)
        if (t->spans[i].out.len && !t->spans[i].tool.len) return i;
    return SIZE_MAX;
}

/* ---- running */

struct audit *audit_new(const struct audit_settings *settings, struct error *err) {
    const char *names[AUDIT_RULES];
    for (size_t i = 0; i < AUDIT_RULES; i++) names[i] = table[i].is.name;
    if (!finding_only(settings->only, names, AUDIT_RULES, "agent-audit", err)) return NULL;
    struct audit *a = memory_zeroed(1, sizeof *a);
    if (!a) return error_memory(err, "audit"), NULL;
    a->settings = *settings;
    arena_init(&a->arena, (size_t)4 << 30);
    if ((a->secrets = secrets_new(err))) return a;
    audit_free(a);
    return NULL;
}

void audit_free(struct audit *a) {
    if (!a) return;
    secrets_free(a->secrets);
    arena_done(&a->arena);
    memory_free(a);
}

bool audit_add(struct audit *a, const struct trace *t, struct audit_trace *of_trace, struct error *err) {
    struct audit_run run = {.audit = a, .t = t, .arena = &a->arena};
    arena_reset(&a->arena);
    if (!taint_trace(t, a->settings.coarse, run.arena, &run.taint, err)) return false;
    for (size_t r = 0; r < AUDIT_RULES; r++) {
        if (!finding_wanted(a->settings.only, table[r].is.name)) continue;
        run.rule = r;
        run.told = 0;
        if (!table[r].check(&run, err)) return false;
    }
    if (!audit_score(&run, err)) return false;
    a->result.flagged += run.of_trace.findings > 0;
    *of_trace = run.of_trace;
    return true;
}

void audit_end(const struct audit *a, struct audit_result *result) {
    *result = a->result;
    result->harm = result->messages ? a->contradicted / (double)result->messages : 0;
}
