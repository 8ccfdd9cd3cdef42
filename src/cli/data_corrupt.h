/* `basanite data corrupt`: pictures and sounds made worse by known measures. */
#ifndef CLI_DATA_CORRUPT_H
#define CLI_DATA_CORRUPT_H

#include "cli/commands.h"

#define CORRUPT_FLAGS "kind", "threads"

bool data_corrupt(struct arguments *args, struct error *err) MUST_CHECK;

#endif
