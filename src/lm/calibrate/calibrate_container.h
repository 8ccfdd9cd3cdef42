/* Shows what becomes of small files in containers of weights: listed with so many tensors, or refused for a known
 * reason; a pickle is listed and nothing that it asks for is run. */
#ifndef LM_CALIBRATE_CONTAINER_H
#define LM_CALIBRATE_CONTAINER_H

#include "lm/calibrate/calibrate.h"

/* gold: a file or a folder of files, in the order of their names; NULL: none. A file whose outcome is known here by its
 * name must have it; any other must list or be refused with a reason. false: gold cannot be read, or memory ran out. */
bool calibrate_container(const char *gold, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
