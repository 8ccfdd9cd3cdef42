/* `basanite data vary`: variants of test cases whose truth is checked again. */
#ifndef CLI_DATA_VARY_H
#define CLI_DATA_VARY_H

#include "cli/commands.h"

bool data_vary(struct arguments *args, struct error *err) MUST_CHECK;

#endif
