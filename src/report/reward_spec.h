/* Rewards of a training by their specs: a scorer of the program, or a model with a head, asked about each answer that
 * the model gives. */
#ifndef REPORT_REWARD_SPEC_H
#define REPORT_REWARD_SPEC_H

#include "subject/reward.h"

struct reward_spec;
/* spec: a scorer with options (`methods scorer`), e.g. "levels,rules=knights", which reads gold from each prompt's row
 * as `score` does; or the file of a model with a head of one output (adapters as everywhere), which judges each answer
 * behind its prompt; or subjects that are asked (reward_asked.h). path: folders for what a scorer names. ERROR_USAGE:
 * no such scorer; ERROR_DATA: a model that gives no reward. */
struct reward_spec *reward_spec_open(const char *spec, const char *path, size_t threads, struct error *err) MUST_CHECK;
void reward_spec_close(struct reward_spec *spec);
const struct reward *reward_spec_reward(const struct reward_spec *spec); /* borrowed */

#endif
