/* Calls of tools as they stand in texts: the pocket form "NAME KEY=VALUE ; KEY=VALUE", a line each, with or without the
 * marks <call> </call> around it (a subject may keep its special tokens to itself), or the JSON of an endpoint
 * ({"tool_calls": [{"name" or "function": {"name", "arguments"}}], "content"}, or a list of such messages). */
#ifndef MEASURE_CALL_H
#define MEASURE_CALL_H

#include "base/json.h"

enum { CALL_ARGUMENTS_MOST = 32, CALLS_MOST = 64 };

struct call {
    struct text tool;
    struct text key[CALL_ARGUMENTS_MOST], value[CALL_ARGUMENTS_MOST];
    size_t n;
};
/* One call in the pocket form; false: not well formed. A name alone is a word, not a call. Borrows from t. */
bool call_read(struct text t, struct call *call);
/* How many of the wanted arguments stand in the call. */
size_t call_right_arguments(const struct call *wanted, const struct call *call);

/* Everything that an answer does and says. */
struct calls {
    struct call *call; /* in their order; at most CALLS_MOST, later ones are left out */
    size_t n;
    struct text said; /* what is no call, joined */
    size_t broken;    /* calls of JSON that have no name, or whose arguments are no object */
};
/* All on the arena. */
bool calls_read(struct text answer, struct arena *arena, struct calls *out, struct error *err) MUST_CHECK;

/* How far the calls that were made meet the wanted ones (AgentHarm, Andriushchenko et al. 2024, grades a behaviour by
 * the mean of yes-or-no criteria; these are ours): of each wanted call that its tool is called, and each of its
 * arguments; of each two neighbours that the second comes after the first. Of several calls of a tool the first counts
 * that has most of the arguments and was not taken. 0 to 1; NaN: nothing is wanted. */
double calls_grade(const struct call *wanted, size_t n_wanted, const struct call *made, size_t n_made);

#endif
