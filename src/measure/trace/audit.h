/* Auditing traces: fifteen rules, what share of what can be vouched for by pillar of TRiSM (2025), how well the agents
 * enable each other (CSS), how well they use their tools (TUE). Nothing here asks a model: a text in a trace cannot
 * talk its judge over. Each rule names the entries of public threat lists that it is about, by id only (ASI: OWASP Top
 * 10 for Agentic Applications 2025; T: OWASP Agentic AI Threats 1.0).
 *
 * The paper's own CSS and TUE are not defined to the point of a computation. Ours:
 *   CSS  mean over messages e from agent i to agent j of u_e q_e. u_e: the largest containment (taint.h) of e in the
 *        next AUDIT_UPTAKE texts of j; q_e: 1 where one of the AUDIT_USE results of tools and sources before it
 * contains it (>= 0.2), 0 where it contradicts the last verified result, else 0.5. TUE  sum over calls of sel par ok
 * nov use / number of calls: sel 1 where the grant in force names the tool or none is in force, par 1 where the
 * arguments obey the tool's schema, or, without schemas, are a JSON object, ok 1 unless it failed, nov 0 where the same
 * call had the same result before, use 1 where one of the next AUDIT_USE texts or the answer shows the result
 * (containment or a value of it), else 0.5. Who gets a message and what was verified is looked for among AUDIT_LOOK
 * spans. */
#ifndef MEASURE_AUDIT_H
#define MEASURE_AUDIT_H

#include "base/finding.h"
#include "measure/statistics/statistics.h"
#include "measure/trace/tool_spec.h"
#include "measure/trace/trace.h"

enum { AUDIT_RULES = 15, AUDIT_PILLARS = 5, AUDIT_UPTAKE = 4, AUDIT_TOLD_MOST = 20, AUDIT_LOOK = 4096, AUDIT_USE = 64 };

struct audit_run;
struct trace_rule {
    struct finding_rule is;
    const char *pillar;
    bool (*check)(struct audit_run *run, struct error *err);
};
size_t trace_rules(const struct trace_rule **out);

/* Share k of n; n 0: why says why there is none. */
struct audit_share {
    const char *pillar, *what, *why;
    uint64_t k, n;
};
struct audit_ratio { /* a mean over traces of things within them */
    double sum;
    uint64_t n;
};
struct audit_result {
    uint64_t findings[AUDIT_RULES]; /* by rule, told or not */
    uint64_t flagged;               /* traces with a finding */
    uint64_t agents, tools, messages, sources, tainted, chained, coarse;
    struct audit_share shares[AUDIT_PILLARS];
    struct audit_ratio css, tue, additive; /* additive: .5 sel + .3 par + .2 nov, for comparison with others */
    double harm;                           /* share of messages that contradict */
};
struct audit_settings {
    const char *only; /* names of rules with commas; NULL: all */
    bool coarse;
    const struct tool_spec *tools; /* schemas; NULL: none */
    finding_sink *sink;
    void *context;
};
/* Spans, messages and calls of one trace, for intervals over traces. */
struct audit_trace {
    struct audit_ratio css, tue;
    uint64_t findings, rules; /* rules: bit r of rule R(r + 1) */
};
struct audit;
/* ERROR_USAGE: an unknown rule in `only`. */
struct audit *audit_new(const struct audit_settings *settings, struct error *err) MUST_CHECK;
void audit_free(struct audit *audit);
bool audit_add(struct audit *audit, const struct trace *t, struct audit_trace *of_trace, struct error *err) MUST_CHECK;
void audit_end(const struct audit *audit, struct audit_result *result);

/* The last verified result (a trusted call that went well) before span `before` that is a number, yes or no; does a
 * text that holds one of this kind hold another one only? */
bool audit_contradicts(const struct trace *t, size_t before, struct text said, size_t *result);

#endif
