/* Reading assurance cases. The format is told by the content, never by the name of the file; one row of a table a
 * format. What is read has been checked: references exist, nothing supports itself, joins and kinds are as they must
 * be; every refusal names FILE:LINE:COLUMN where the format has them, and the node. No formula is looked into. */
#ifndef FORMALIZE_CASE_READ_H
#define FORMALIZE_CASE_READ_H

#include "formalize/case/case.h"

enum { CASE_FILE_MOST = 64 << 20 };

enum case_roots {
    CASE_ONE_ROOT,   /* two nodes that support nothing are refused */
    CASE_SOME_ROOTS, /* as GSN tools have it: parts of an argument; `root` is the first */
};

/* NULL-safe to release with case_done also after a failure. ERROR_DATA for what is refused. */
bool case_read(const char *path, enum case_roots roots, struct arena *arena, struct assurance_case *out,
               struct error *err) MUST_CHECK;
/* The same of a text that was read already. */
bool case_read_text(struct text t, const char *shown_name, enum case_roots roots, struct arena *arena,
                    struct assurance_case *out, struct error *err) MUST_CHECK;

#endif
