/* What `basanite info` says of pickled weights: they are listed, never executed. */
#ifndef CLI_INFO_PICKLE_H
#define CLI_INFO_PICKLE_H

#include "base/json.h"

bool info_is_pickle(const char *path);
/* The file, its tensors, and what it would call; NULL with err. */
json_t *info_pickle(const char *path, struct error *err) MUST_CHECK;

#endif
