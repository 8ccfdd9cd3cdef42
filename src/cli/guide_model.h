/* The model that embeds guidelines, if one was named: --subject and --layer. BASANITE_SUBJECT names none: a library
 * without a model must not become one with a model because of where it is built. */
#ifndef CLI_GUIDE_MODEL_H
#define CLI_GUIDE_MODEL_H

#include "cli/commands.h"
#include "set/guide_embed.h"

struct guide_model {
    struct subject *subject;
    struct guide_embedder *embedder; /* NULL: hashed n-grams (no --subject, or --subject none) */
};
bool guide_model_open(struct guide_model *model, const struct arguments *args, struct error *err) MUST_CHECK;
void guide_model_close(struct guide_model *model);             /* also after a failure */
const char *guide_model_name(const struct guide_model *model); /* NULL: n-grams */

#endif
