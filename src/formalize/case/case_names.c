/* The words that files have for kinds, joins, reasons and origins: see case.h. */
#include "formalize/case/case.h"

const char *case_kind_name(enum case_kind kind) {
    static const char *const names[] = {"goal",       "strategy",      "solution",     "context",
                                        "assumption", "justification", "counter-goal", "counter-solution"};
    return names[kind];
}

const char *case_join_name(enum case_join join) {
    return join == CASE_OR ? "or" : "and";
}

const char *case_reason_name(enum case_reason reason) {
    static const char *const names[] = {"none", "arith", "func", "sets", "finite", "horn", "trust"};
    return names[reason];
}

const char *case_origin_name(enum case_origin origin) {
    static const char *const names[] = {"human", "model", "reviewed"};
    return names[origin];
}

bool case_supports(enum case_kind kind) {
    return kind <= CASE_SOLUTION || kind == CASE_COUNTER_GOAL || kind == CASE_COUNTER_SOLUTION;
}

bool case_stands_beside(enum case_kind kind) {
    return kind >= CASE_CONTEXT && kind <= CASE_JUSTIFICATION;
}

void case_done(struct assurance_case *c) {
    for (size_t i = 0; i < c->n_nodes; i++) json_decref(c->nodes[i].other);
    json_decref(c->other);
    c->n_nodes = 0;
    c->other = NULL;
}
