/* Rewards of a training by their specs: a scorer of the program, asked about each answer that the model gives. */
#ifndef REPORT_REWARD_SPEC_H
#define REPORT_REWARD_SPEC_H

#include "subject/reward.h"

struct reward_spec;
/* spec: a scorer with options (`methods scorer`), e.g. "levels,rules=knights"; path: folders for what it names. The scorer reads
 * gold from each prompt's row as `score` does. ERROR_USAGE: no such scorer. */
struct reward_spec *reward_spec_open(const char *spec, const char *path, struct error *err) MUST_CHECK;
void reward_spec_close(struct reward_spec *spec);
const struct reward *reward_spec_reward(const struct reward_spec *spec); /* borrowed */

#endif
