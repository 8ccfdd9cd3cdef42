/* The verbs of `basanite agent`, one file each: a row of the table in cmd_agent.c. */
#ifndef CLI_AGENT_VERBS_H
#define CLI_AGENT_VERBS_H

#include "cli/options.h"

bool agent_audit(struct arguments *args, struct error *err) MUST_CHECK;
bool agent_check(struct arguments *args, struct error *err) MUST_CHECK;
bool agent_fuse(struct arguments *args, struct error *err) MUST_CHECK;
bool agent_label(struct arguments *args, struct error *err) MUST_CHECK;

#endif
