/* Profiles by name: built in, or files; with the published data in place of the built-in ids where they are at hand. */
#ifndef CLI_GOALS_PROFILE_H
#define CLI_GOALS_PROFILE_H

#include "cli/commands.h"
#include "set/profile.h"
#include "set/policy_trace.h"

/* NAME of profiles/NAME.yaml, or a file. Where BASANITE_PATH has sfma/, actions, pairs and requirements are those of
 * its files. ERROR_USAGE names the nearest. */
struct profile *goals_profile(const struct arguments *args, const char *name, struct error *err) MUST_CHECK;
/* "profile nist-genai: 12 items; 159 actions reach 12 of 12 ..." for each profile that the policy names. */
bool goals_profiles_put(struct arguments *args, const struct policy *policy, const struct policy_trace *trace,
                        struct buffer *out, json_t *list, struct error *err) MUST_CHECK;
bool goals_init(struct arguments *args, struct error *err) MUST_CHECK;
bool goals_classify(struct arguments *args, const char *answers, struct error *err) MUST_CHECK;

#endif
