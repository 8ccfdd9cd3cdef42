/* Rules for agents that are written down before they act, decided before they act:
 *
 *   rules: house
 *   agents: {searcher: [open_drawer, fetch_page], writer: [send_note, approve]}     who may call what
 *   never: [{id: leak, steps: [open_drawer, send_note], unless: [approve]}]         no run may go through this chain
 *   must: [{id: tell, steps: [fetch_page, send_note]}]                              every run has to
 *
 * Steps are as in chain.h: in this order, with anything between, but no call of `unless` between two of them. Decided
 * for runs of any length, by a walk through the product of the automata; where Z3 is installed, also by it, for runs as
 * long as the shortest that was found, or up to RULE_HORIZON calls where none was. A disagreement is an error. */
#ifndef MEASURE_RULE_SET_H
#define MEASURE_RULE_SET_H

#include "measure/trace/chain.h"

enum {
    RULE_LINES_MOST = 24,
    RULE_CALLS_MOST = 200,
    RULE_STATES_MOST = 1 << 20, /* of the product, that are reached */
    RULE_WORD_MOST = 64,
    RULE_HORIZON = 6
};

struct rule_call { /* what somebody may call */
    struct text agent, tool;
};
struct rule_line {
    struct text id;
    bool must;
    size_t line; /* in its file */
    struct spec_chain chain;
    struct chain_dfa dfa;
};
struct rule_set {
    const char *file;
    struct text name;
    struct rule_call *calls; /* each tool once, by the first agent that may */
    size_t n_calls, n_lines;
    struct rule_line *lines;
    json_t *json; /* of the steps */
};
/* ERROR_DATA with FILE:LINE:COLUMN. To be ended by rule_set_done. */
bool rule_set_read(struct rule_set *set, const char *path, struct arena *arena, struct error *err) MUST_CHECK;
void rule_set_done(struct rule_set *set);
/* Is a file of this name one? */
bool rule_set_is(const char *path);

struct rule_run { /* calls, by number; the shortest such run, the first in the order of calls */
    bool there;
    size_t call[RULE_WORD_MOST], n;
};
/* A run that goes through all lines of `all` and none of `none` (bits by line). ERROR_DATA: the product is too large,
 * or the run too long. ERROR_ENVIRONMENT: Z3 disagrees. */
bool rule_set_run(const struct rule_set *set, uint32_t all, uint32_t none, struct arena *arena, struct rule_run *out,
                  struct error *err) MUST_CHECK;

extern const struct finding_rule *const rule_set_rules[3]; /* contradiction, vacuous, breakable */
/* Tells: which lines cannot hold together (of which none can be left out), which never-lines nobody could break, and
 * how each of the others is broken by calls that are granted. `witness` (NULL: nobody) gets such runs as Trace JSONL.
 */
bool rule_set_check(const struct rule_set *set, finding_sink *sink, void *context, struct buffer *witness,
                    struct error *err) MUST_CHECK;

#endif
