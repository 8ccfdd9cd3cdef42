/* The verbs of `basanite case`, one file each; the table is in cmd_case.c. */
#ifndef CLI_CASE_VERBS_H
#define CLI_CASE_VERBS_H

#include "cli/commands.h"

bool case_check(struct arguments *args, struct error *err) MUST_CHECK;
bool case_convert(struct arguments *args, struct error *err) MUST_CHECK;
bool case_draft(struct arguments *args, struct error *err) MUST_CHECK;
bool case_render(struct arguments *args, struct error *err) MUST_CHECK;

#endif
