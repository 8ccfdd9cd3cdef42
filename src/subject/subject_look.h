/* Looking inside subjects that are models in this process: activations, likeliest next tokens, log-probabilities of the
 * tokens of given texts. Prompts and choices become tokens as in subject_lm.h. */
#ifndef SUBJECT_LOOK_H
#define SUBJECT_LOOK_H

#include "lm/engine/observe.h"
#include "subject/subject.h"

/* One text: a prompt, or a prompt and one of its choices. Everything is borrowed for the call. */
struct look {
    size_t ask, choice; /* choice SIZE_MAX: the ask has none */
    const int32_t *ids; /* NULL where error is set */
    size_t n, n_prompt; /* tokens; those of the prompt */
    size_t cut;         /* tokens that were left out, of an ask that allows it */
    const struct lm_observed *seen;
    struct error error; /* kind != NONE: this text cannot be looked at */
};
typedef bool look_sink(void *context, const struct look *look, struct error *err);

/* The model; NULL: the subject is not a model in this process. */
const struct lm_model *subject_lm_model(const struct subject *subject);
/* NULL: it is; else what to say. */
bool subject_look_require(const struct subject *subject, const char *for_what, struct error *err) MUST_CHECK;
/* Texts come to the sink in order. answers: positions of the choice alone are looked at (of a prompt without choices
 * all), with options->all those at which its tokens, and what follows them, are predicted (not by a crew of processes).
 * Memory is bounded: at most 64 MiB of numbers at once, or one text. false: as lm_observe, or the sink refused. */
bool subject_look(struct subject *subject, const struct lm_observe_options *options, bool answers,
                  const struct ask *asks, size_t n, look_sink *sink, void *context, struct error *err) MUST_CHECK;
/* The same in this process alone, of a subject that can be looked into: what subject_crew.c divides. */
bool subject_look_here(struct subject *subject, const struct lm_observe_options *options, bool answers,
                       const struct ask *asks, size_t n, look_sink *sink, void *context, struct error *err) MUST_CHECK;

#endif
