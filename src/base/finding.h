/* What a rule finds in data of the user: rows of a file, spans of a trace, functions of a contract. Every room that has
 * rules of this kind (health of data, contracts, traces) tells them through one sink, so that one writer prints them
 * all (report/findings.h). */
#ifndef BASE_FINDING_H
#define BASE_FINDING_H

#include "base/error.h"

enum finding_severity { FINDING_NOTE, FINDING_WARNING, FINDING_ERROR };
enum { FINDING_SEVERITIES = FINDING_ERROR + 1 };
extern const char *const finding_severity_names[]; /* "note", "warning", "error" */

/* One step of the way that shows a finding: the lines in the order in which they matter. */
struct finding_step {
    const char *file; /* NULL: that of the finding */
    size_t line;
    const char *what;
};
/* Texts are borrowed for the call. */
struct finding {
    const char *rule;
    enum finding_severity severity;
    const char *file;      /* as it was named */
    size_t line, end_line; /* 0: the file as a whole; end_line 0: one line */
    const char *item;      /* what it is about within the file: a span, a function; NULL: nothing narrower */
    const char *what;      /* what is wrong and, where it is short, the value */
    const struct finding_step *witness;
    size_t n_witness;
    const char *waived; /* the reason why the user does not want to hear of it; NULL: none */
};
typedef bool finding_sink(void *context, const struct finding *finding, struct error *err);

/* A rule as lists, help texts and SARIF know it. A table of rules has this as the first member of its rows. */
struct finding_rule {
    const char *name, *summary;
    enum finding_severity severity; /* of most of its findings */
    const char *help;               /* where more about it stands, "CWE-841"; NULL: nowhere */
};

/* Is a rule among the names with commas of `only`? NULL: all are. */
bool finding_wanted(const char *only, const char *rule);
/* Are all names of `only` among the n rules? ERROR_USAGE names the nearest one, and `basanite methods KIND`. */
bool finding_only(const char *only, const char *const *names, size_t n, const char *kind, struct error *err) MUST_CHECK;

#endif
