/* Commands with verbs: `basanite VERB WORDS...`. One table a command. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/options.h"

enum { VERBS_MOST = 16 };
struct verb {
    const char *name;
    bool (*run)(struct arguments *args, struct error *err);
};
/* The verb that the first word names. NULL and ERROR_USAGE: none is named, or no such one; the nearest and all are. */
const struct verb *verbs_find(struct arguments *args, const struct verb *verbs, size_t n, struct error *err) MUST_CHECK;
bool verbs_run(struct arguments *args, const struct verb *verbs, size_t n, struct error *err) MUST_CHECK;

#endif
