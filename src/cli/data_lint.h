/* `basanite data lint`: what is wrong with data, before anything is measured with it. */
#ifndef CLI_DATA_LINT_H
#define CLI_DATA_LINT_H

#include "cli/commands.h"

/* Findings to the output; ERROR_DATA where one is an error, unless --lenient. */
bool data_lint(struct arguments *args, struct error *err) MUST_CHECK;

#endif
