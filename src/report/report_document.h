/* Parts of Markdown documents about runs that people complete: headings, what was measured, and blanks that say who has
 * to fill them in. Nothing here claims that anything conforms to anything. */
#ifndef REPORT_REPORT_DOCUMENT_H
#define REPORT_REPORT_DOCUMENT_H

#include "report/report_sources.h"

struct document {
    struct report_data data;
    struct report_dataset *sets;
    size_t n_sets;
    struct buffer *out;
    size_t blanks; /* so far */
};
bool document_open(struct document *document, struct record *record, const char *const *runs, size_t n,
                   struct buffer *out, struct error *err) MUST_CHECK;
void document_close(struct document *document);

/* "## 1. Title"; level 1: "#". */
void document_heading(struct document *document, int level, const char *title);
void document_text(struct document *document, const char *paragraph); /* our own words: not escaped */
/* "> To be filled in by PERSON: what" */
void document_blank(struct document *document, const char *person, const char *what);
/* A table of subjects: name, digest, tokenizer, template, files. */
bool document_subjects(struct document *document, struct error *err) MUST_CHECK;
bool document_datasets(struct document *document, struct error *err) MUST_CHECK;
/* Figures of all runs side by side with intervals, n, method; of groups too where groups is set. */
bool document_figures(struct document *document, bool groups, struct error *err) MUST_CHECK;
/* Goals of a policy and bands of a suite, with their verdicts; nothing where there are none. *any: whether there were.
 */
bool document_verdicts(struct document *document, bool *any, struct error *err) MUST_CHECK;
/* What was not measured, failed or could not be read, as a list. */
bool document_limits(struct document *document, struct error *err) MUST_CHECK;
bool document_comparisons(struct document *document, bool *any, struct error *err) MUST_CHECK;
/* Commands, seeds, builds, heads of the evidence chains. */
void document_repeat(struct document *document);
/* Whether some figure's name has one of the words, which end with NULL; and a table of those. */
bool document_figures_about(struct document *document, const char *const *words, bool *any,
                            struct error *err) MUST_CHECK;

#endif
