/* Findings of rules (base/finding.h) as lines for people, as one JSON value, or as SARIF 2.1.0 for code hosts. */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

#include "base/finding.h"
#include "base/json.h"

#include <stdio.h>

enum findings_form { FINDINGS_LINES, FINDINGS_JSON, FINDINGS_SARIF };
/* "json", "sarif"; NULL: lines. ERROR_USAGE names the forms. */
bool findings_form_of(const char *name, enum findings_form *form, struct error *err) MUST_CHECK;

struct findings {
    enum findings_form form;
    FILE *out;
    const struct finding_rule *const *rules; /* for SARIF */
    size_t n_rules;
    json_t *list; /* JSON, SARIF */
    uint64_t n[FINDING_SEVERITIES], waived;
    char first[320]; /* the first error that is not waived: "FILE:LINE: RULE: WHAT" */
};
/* rules: the whole table, borrowed. To be ended by findings_done, whatever happens between. */
bool findings_init(struct findings *f, enum findings_form form, FILE *out, const struct finding_rule *const *rules,
                   size_t n_rules, struct error *err) MUST_CHECK;
/* A finding_sink; context: the struct findings. Lines are written at once. */
bool findings_put(void *context, const struct finding *finding, struct error *err) MUST_CHECK;
/* Writes the JSON value, {"findings": [..], "errors", "warnings", "notes", "waived", and the members of `more`}, or the
 * SARIF document. more: taken over, an object or NULL. Of lines: nothing. */
bool findings_end(struct findings *f, json_t *more, struct error *err) MUST_CHECK;
void findings_done(struct findings *f);

#endif
