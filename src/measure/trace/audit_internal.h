/* What the rules of an audit share. */
#ifndef MEASURE_AUDIT_INTERNAL_H
#define MEASURE_AUDIT_INTERNAL_H

#include "measure/rules/secret.h"
#include "measure/trace/audit.h"
#include "measure/trace/taint.h"

struct audit {
    struct audit_settings settings;
    struct secrets *secrets;
    struct arena arena; /* of the trace at hand */
    struct audit_result result;
    double contradicted;
};
struct audit_run {
    struct audit *audit;
    const struct trace *t;
    struct arena *arena;
    struct taint taint;
    size_t rule, told; /* at hand; findings of it in this trace */
    struct audit_trace of_trace;
};

/* A finding about span `at` (SIZE_MAX: the trace), with spans that show it in their order; severity as the rule says.
 * Of one rule and trace AUDIT_TOLD_MOST are told, all are counted. */
bool audit_tell(struct audit_run *run, size_t at, const size_t *witness, size_t n_witness, struct error *err,
                const char *format, ...) PRINTF_LIKE(6, 7);
/* The same with the way that taint took to a node. */
bool audit_tell_taint(struct audit_run *run, size_t at, size_t node, struct error *err, const char *format, ...)
    PRINTF_LIKE(5, 6);
/* The grant in force for a span: its own, or that of the nearest span above it that has one. NULL: none. */
const struct trace_span *audit_grant(const struct trace *t, size_t at);
bool audit_granted(const struct trace_span *grant, struct text tool);
/* Did span i end before span j began? */
bool audit_before(const struct trace *t, size_t i, size_t j);
/* What the trace is for: the question, the goal or the input of its first span. */
struct text audit_root(const struct trace *t);
/* What a trace ends with: what came out of its first span that has no parent, or the last text. SIZE_MAX: nothing. */
size_t audit_answer(const struct trace *t);

/* audit_score.c: figures of one trace, added to the result */
bool audit_score(struct audit_run *run, struct error *err) MUST_CHECK;

#define AUDIT_RULE(name) bool name(struct audit_run *run, struct error *err)
AUDIT_RULE(rule_tainted_act);
AUDIT_RULE(rule_tainted_memory);
AUDIT_RULE(rule_tainted_code);
AUDIT_RULE(rule_outside_grant);
AUDIT_RULE(rule_grant_grows);
AUDIT_RULE(rule_no_approval);
AUDIT_RULE(rule_changed);
AUDIT_RULE(rule_message);
AUDIT_RULE(rule_copied_claim);
AUDIT_RULE(rule_loop);
AUDIT_RULE(rule_secret);
AUDIT_RULE(rule_versions);
AUDIT_RULE(rule_gap);
AUDIT_RULE(rule_drift);
AUDIT_RULE(rule_contradiction);

#endif
