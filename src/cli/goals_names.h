/* What a policy needs to know of this program's figures and tasks (set/policy_names.h). */
#ifndef CLI_GOALS_NAMES_H
#define CLI_GOALS_NAMES_H

#include "cli/commands.h"
#include "set/policy_names.h"

/* Suites are looked for as `basanite run` does, each once; everything lives on the arena of the arguments. */
bool goals_names(const struct arguments *args, struct policy_names *out, struct error *err) MUST_CHECK;

#endif
