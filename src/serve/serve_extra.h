/* Fields of a request beside OpenAI's that change how its answers are made, one row each: here, and only here, a field
 * becomes logits processors of the asks. A row without `make` is a field that this build cannot honour: requests that
 * have it are refused by name. */
#ifndef SERVE_EXTRA_H
#define SERVE_EXTRA_H

#include "lm/engine/logits_processor.h"
#include "serve/api_request.h"
#include "subject/subject_lm.h"

/* What is made for one request; given back when its last answer has ended. */
struct serve_extra_made {
    struct logits_processor processor; /* kind NULL: the field asks for none */
    void (*free)(struct serve_extra_made *made); /* NULL: nothing is owned */
};
struct serve_extra {
    const char *name, *summary;
    /* From the field's value (never null), borrowed while the request lives. ERROR_DATA: what is wrong with it. */
    bool (*make)(const json_t *value, const struct lm_subject *lm, struct arena *arena, struct serve_extra_made *made,
                 struct error *err);
};
size_t serve_extras(const struct serve_extra **out);
bool serve_extra_known(const char *field); /* an api_knows */

/* The processors that a request's fields ask for, in the order of the table. */
struct serve_extra_list {
    struct serve_extra_made *made; /* on the arena */
    size_t n;
};
bool serve_extras_make(struct serve_extra_list *list, const json_t *root, const struct lm_subject *lm,
                       struct arena *arena, struct api_error *err) MUST_CHECK;
void serve_extras_done(struct serve_extra_list *list);

#endif
