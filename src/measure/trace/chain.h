/* Chains of capabilities as automata over the calls of a trace: has a chain been gone through, and by which call?
 *
 * A step is the name of a capability, or {"call": NAME, "with": {ARGUMENT: VALUE or [VALUES]}, "unless": [NAMES]}: a
 * call of it whose arguments have these values, with no call of `unless` since the step before. "@A/B/N" stands for the
 * steps of another chain. Between steps anything may happen. A call gives the capabilities whose tools (the map) it
 * names; without a map, the one of its own name, "Family.name" or "name".
 *
 * For steps 1..k the words that are looked for are those with places p1 < .. < pk, where the call at pi is step i and
 * none between p(i-1) and pi is in unless(i). Letters of the automaton are sets of what its steps and unlesses ask for,
 * so that a call may be several at once; subset construction (Rabin and Scott 1959), then Moore's minimisation. */
#ifndef MEASURE_CHAIN_H
#define MEASURE_CHAIN_H

#include "measure/trace/tool_spec.h"
#include "measure/trace/trace.h"

enum { CHAIN_LETTERS_MOST = 10, CHAIN_PLACES_MOST = 48, CHAIN_STATES_MOST = 4096 };

struct chain_letter { /* what a call may be */
    struct text call;
    const json_t *with; /* NULL: whatever its arguments are */
};
struct chain_dfa {
    const struct spec_chain *chain;
    struct chain_letter letter[CHAIN_LETTERS_MOST];
    size_t n_letters, n_states;
    uint16_t *next; /* state x 2^letters + which letters the call is -> state */
    bool *accepts;  /* accepting states keep all calls */
    uint16_t start;
};
/* steps: what the chain looks for, letters by index; unless: letters that may not stand before the step. */
struct chain_pattern {
    uint8_t step[CHAIN_PLACES_MOST];
    uint16_t unless[CHAIN_PLACES_MOST];
    size_t n, n_letters;
};
/* The smallest automaton of a pattern, states numbered from the start as they are reached. ERROR_DATA: over
 * CHAIN_STATES_MOST states on the way. */
bool chain_compile(const struct chain_pattern *pattern, struct arena *arena, struct chain_dfa *out,
                   struct error *err) MUST_CHECK;

/* All chains of the files. ERROR_DATA names a chain that refers to itself, has no steps, or asks for too much. */
struct chain_set {
    const struct tool_spec *spec;
    struct chain_dfa *dfas;
    size_t n;
};
bool chain_set_make(const struct tool_spec *spec, struct arena *arena, struct chain_set *out,
                    struct error *err) MUST_CHECK;
/* Goes through the calls of a trace; `accepts` is told of each chain once, with the span at which it first accepts. */
bool chain_set_watch(const struct chain_set *set, const struct trace *t,
                     bool (*accepts)(void *context, const struct chain_dfa *dfa, size_t span, struct error *err),
                     void *context, struct arena *arena, struct error *err) MUST_CHECK;

#endif
