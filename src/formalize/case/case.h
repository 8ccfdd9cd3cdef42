/* An assurance case: claims, how each is split into others, and the evidence below. What is here is the case as it is
 * written; whether its splits follow is decided elsewhere (case_check.h).
 *
 * Nodes may be shared: a node that two others name as support is one node. There is one root and no cycle. */
#ifndef FORMALIZE_CASE_H
#define FORMALIZE_CASE_H

#include "base/json.h"

enum { CASE_NODES_MOST = 100000, CASE_LINES_MOST = 10000 };

enum case_kind {
    CASE_GOAL,
    CASE_STRATEGY,
    CASE_SOLUTION, /* may support */
    CASE_CONTEXT,
    CASE_ASSUMPTION,
    CASE_JUSTIFICATION, /* stand beside */
    CASE_COUNTER_GOAL,
    CASE_COUNTER_SOLUTION, /* challenge */
};
enum case_join { CASE_AND, CASE_OR };
enum case_reason { CASE_UNCHECKED, CASE_ARITH, CASE_FUNC, CASE_SETS, CASE_FINITE, CASE_HORN, CASE_TRUST };
enum case_origin { CASE_HUMAN, CASE_MODEL, CASE_REVIEWED };

/* A formula as it was written, and where: bad formulas are named by node, line and column. */
struct case_line {
    struct text text;
    size_t line, column; /* of its first byte in the file, from 1; 0: the format tells none */
};
/* What a leaf waits for: a figure of a record. */
struct case_need {
    const char *figure; /* as in a gate: "acc(mill_facts)"; NULL: the leaf waits for none */
    const char *op;     /* ">=", "<=", ... */
    double target;
    const char *max_age; /* "30d"; NULL: any */
};
struct case_node {
    const char *id;
    enum case_kind kind;
    bool law; /* a solution that is a law of nature or mathematics (tdt-1) */
    struct text text;
    size_t *supported_by, n_supported_by; /* indices of nodes */
    size_t *in_context_of, n_in_context_of;
    size_t *challenges, n_challenges;
    enum case_join join;     /* of supported_by */
    enum case_reason reason; /* how this node is checked against those */
    struct case_line *formal;
    size_t n_formal;
    double belief, disbelief; /* trust {b, d}; NaN: not said */
    struct case_need needs;
    enum case_origin origin;
    bool undeveloped;
    const char *url, *same_as; /* NULL: none */
    json_t *other;       /* members that only the format knows (classes, acp, layers ...), kept for the way back */
    size_t line, column; /* where the node stands in the file */
};
struct assurance_case {
    const char *file, *name, *description; /* NULL: none */
    struct case_node *nodes;               /* in the order of the file */
    size_t n_nodes, root;
    json_t *other; /* members of the file beside the nodes */
};
/* What stands in the arena dies with it; this releases the JSON of `other`. */
void case_done(struct assurance_case *c);

/* The words of files for the enums above, in their order: "goal", "strategy", ... A law has the kind solution. */
const char *case_kind_name(enum case_kind kind);
const char *case_join_name(enum case_join join);
const char *case_reason_name(enum case_reason reason);
const char *case_origin_name(enum case_origin origin);
bool case_supports(enum case_kind kind);      /* may it stand in supported_by */
bool case_stands_beside(enum case_kind kind); /* may it stand in in_context_of */

#endif
