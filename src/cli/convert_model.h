/* The part of `basanite convert` that is about models: which format is written, and how. */
#ifndef CLI_CONVERT_MODEL_H
#define CLI_CONVERT_MODEL_H

#include "cli/options.h"
#include "lm/model/model.h"

/* Writes the model as --format says. *type: of its matrices there. */
bool convert_write(const struct arguments *args, const struct lm_model *m, const char *path, enum lm_type *type,
                   struct error *err) MUST_CHECK;
/* Is IN of the format that --from names? True where it names none. */
bool convert_check_from(const struct arguments *args, const char *path, struct error *err) MUST_CHECK;

#endif
