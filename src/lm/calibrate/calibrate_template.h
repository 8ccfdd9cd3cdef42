/* Shows that chat templates give known texts: those that are built in, word for word; those of public models, by the
 * digest of what Jinja 2 itself renders; and that what is not supported is refused where it stands. */
#ifndef LM_CALIBRATE_TEMPLATE_H
#define LM_CALIBRATE_TEMPLATE_H

#include "base/text.h"
#include "lm/calibrate/calibrate.h"

/* pocket: source of the built-in model's template; empty: its row is skipped. gold: a file NAME.jinja or a folder of
 * them, rendered in the order of their names with and without a system message; NULL: none. A template whose rendering
 * by Jinja 2 is known by NAME must give the same bytes; any other must render every message in order, or be refused
 * with line and column. false: gold cannot be read or holds no template (ERROR_DATA), or memory ran out. Missed rows
 * are no errors. */
bool calibrate_template(struct text pocket, const char *gold, calibrate_report *report, void *context,
                        struct error *err) MUST_CHECK;

#endif
