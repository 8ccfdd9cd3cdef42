/* Guidelines as they come: rows of one, answers of a teacher, rows of a retrieval file. See guide_build.h. */
#ifndef SET_GUIDE_RAW_H
#define SET_GUIDE_RAW_H

#include "set/guide_build.h"

struct guide_raw {
    const char *text, *title, *when, *origin, *source; /* on the arena */
    int risk;
};
typedef bool guide_raw_sink(void *context, const struct guide_raw *raw, struct error *err);
/* Each guideline of a file; counts its rows in `counts`. Origin NULL: teacher. */
bool guide_raw_read(const char *path, const char *origin, struct arena *arena, guide_raw_sink *sink, void *context,
                    struct guide_built *counts, struct error *err) MUST_CHECK;

#endif
