/* The files whose outcomes are known: one, or those of a folder by name. */
#ifndef LM_CALIBRATE_FILES_H
#define LM_CALIBRATE_FILES_H

#include "base/error.h"

typedef bool calibrate_file(void *context, const char *path, struct error *err);

/* Checks the file `path`, or each file of the folder `path` whose name ends in `ending` ("": any) and does not begin
 * with a dot, in the order of their bytes. Stops at the first check that fails. A folder without such a file, and what
 * is neither, is ERROR_DATA; `expected` says in it what was. */
bool calibrate_files(const char *path, const char *ending, const char *expected, calibrate_file *check, void *context,
                     struct error *err) MUST_CHECK;

#endif
