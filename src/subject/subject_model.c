/* A borrowed model as a subject: see subject_model.h. Its kind stands in no table: no spec names it. */
#include "subject/subject_model.h"

#include "subject/subject_lm.h"

#include <stdio.h>
#include <string.h>

static const struct subject_kind subject_model = {
    .name = "model",
    .summary = "a model while it is trained",
    .form = "",
    .ask = subject_lm_ask,
    .show_prompt = subject_lm_show_prompt,
    .close = subject_lm_close,
};

struct subject *subject_of_model(struct lm_model *model, const char *name, const char *digest,
                                 const struct subject_settings *settings, struct error *err) {
    struct subject *subject = memory_zeroed(1, sizeof *subject);
    if (!subject) return error_memory(err, "subject"), NULL;
    subject->settings = *settings;
    subject->kind = &subject_model;
    subject_name_text(subject, text_of(name));
    bool ok = (subject->spec = memory_alloc(strlen(name) + 1)) != NULL || error_memory(err, "subject");
    if (ok) memcpy(subject->spec, name, strlen(name) + 1);
    ok = ok && subject_lm_open(subject, model, SUBJECT_LM_BORROWED, err);
    if (ok) {
        snprintf(subject->digest, sizeof subject->digest, "%s", digest);
        return subject;
    }
    subject_close(subject);
    return NULL;
}
