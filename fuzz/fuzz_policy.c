/* A policy file. What is read is within its own limits, its goals can be written as rules and its gate judged; what is
 * not read is told with FILE:LINE:COLUMN. */
#include "set/policy_gate.h"
#include "set/policy_rule.h"

#include <stdlib.h>
#include <string.h>

#include "libfyaml_leak.h"

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void use(const struct policy *p, struct arena *arena) {
    struct error err = {0};
    struct buffer b;
    struct policy_gate_result result;
    enum policy_verdict *verdicts = arena_new(arena, enum policy_verdict, p->n_goals, &err);
    struct policy_gate *gate = policy_gate_parse(text_of(p->gate), arena, &err);
    if (!verdicts || !gate || p->n_goals > POLICY_GOALS_MOST) abort();
    for (size_t i = 0; i < p->n_goals; i++) verdicts[i] = (enum policy_verdict)(i % 4);
    if (!policy_gate_judge(gate, p, verdicts, arena, &result, &err) || result.verdict > POLICY_MET) abort();
    buffer_init(&b, 64 << 20);
    for (size_t i = 0; i < p->n_goals; i++)
        if (p->goals[i].severity < 1 || p->goals[i].severity > 5 || !policy_rule_put(&b, &p->goals[i])) abort();
    buffer_done(&b);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct error err = {0};
    struct arena arena;
    const char *messages[8];
    struct policy_faults faults = {messages, 0, 8};
    struct policy_settings settings = {.as_of = 20000};
    arena_init(&arena, 0);
    struct policy *p = policy_read((struct text){(const char *)at, n}, "f.yaml", &settings, &arena, &faults, &err);
    if (p)
        use(p, &arena);
    else if (err.kind != ERROR_DATA || strncmp(err.message, "f.yaml:", 7) != 0)
        abort();
    arena_done(&arena);
    return 0;
}
