/* What the kinds of subjects share. */
#ifndef SUBJECT_INTERNAL_H
#define SUBJECT_INTERNAL_H

#include "subject/subject.h"

extern const struct subject_kind subject_pocket, subject_files, subject_openai, subject_replay, subject_script,
    subject_script_file, subject_batch;

/* The asks as they are put to a subject that was told something (subject_tell): copies on the arena, else `asks`. */
const struct ask *subject_told(const struct subject *subject, const struct ask *asks, size_t n, struct arena *arena,
                               struct error *err) MUST_CHECK;

/* Answers that an ask must get: its samples, of ASK_SCORE one. */
size_t ask_answers(const struct ask *ask);

/* sha256 of the text, as the subject's digest. */
void subject_digest_text(struct subject *subject, struct text t);
/* The short name, cut at a character. */
void subject_name_text(struct subject *subject, struct text t);
/* Hands an answer that is only an error to the sink. */
bool subject_give_error(size_t ask, size_t sample, const struct error *why, subject_sink *sink, void *context,
                        struct error *err) MUST_CHECK;

/* Asks one answer at a time, in order. make fills in the answer (ask and sample are set, finish is ANSWER_STOP); the
 * arena holds what it makes until the answer is handed over. Its ERROR_DATA is that answer's own,
 * any other error ends it all. */
typedef bool subject_answer_maker(const struct subject *subject, const struct ask *ask, struct arena *arena,
                                  struct answer *answer, struct error *why);
bool subject_ask_each(const struct subject *subject, const struct ask *asks, size_t n, subject_answer_maker *make,
                      subject_sink *sink, void *context, struct error *err) MUST_CHECK;

/* The choice that a text means, SIZE_MAX for none or more than one: equal after trimming, else equal in lower case
 * (ASCII) with runs of blanks as one blank and without quotes, brackets and full stops around it. */
bool choice_of_text(struct arena *arena, struct text t, const struct text *choices, size_t n, size_t *out,
                    struct error *err) MUST_CHECK;
/* Scores that say "this choice" (SIZE_MAX: none of them); tokens 1 each. */
struct choice_score *choice_scores(struct arena *arena, const struct ask *ask, size_t chosen,
                                   struct error *err) MUST_CHECK;

#endif
