/* A model in memory as a subject, for what is measured while it is trained. */
#ifndef SUBJECT_SUBJECT_MODEL_H
#define SUBJECT_SUBJECT_MODEL_H

#include "lm/model/model.h"
#include "subject/subject.h"

/* The model is borrowed until the subject is closed. digest: 64 hexadecimal digits that name its weights. */
struct subject *subject_of_model(struct lm_model *model, const char *name, const char *digest,
                                 const struct subject_settings *settings, struct error *err) MUST_CHECK;

#endif
