/* What leaves of a case that wait for a figure get while it is edited: the newest finished run of the record that has
 * the figure decides, by its interval, as a gate would. Inside of serve. */
#ifndef SERVE_PAGE_CASE_FIGURES_H
#define SERVE_PAGE_CASE_FIGURES_H

#include "formalize/case/case_check.h"
#include "record/record.h"

/* Figures of the newest finished runs. Everything is on the arena. */
struct page_run_figures {
    const char *run;
    struct figure *figures;
    size_t n;
};
struct page_case_figures {
    struct page_run_figures *runs; /* the newest first */
    size_t n;
};
/* record NULL: there are none. */
bool page_case_figures_load(struct page_case_figures *out, struct record *record, struct arena *arena,
                            struct error *err) MUST_CHECK;
/* context: a struct page_case_figures. */
enum case_figure page_case_figure(void *context, const struct case_need *need, struct arena *arena, const char **why);

#endif
