/* Answers that come later: see subject_batch.h. */
#include "subject/subject_batch.h"
#include "subject/subject_internal.h"

static const struct text prefix = {"batch:", 6};

static bool claims(struct text spec) {
    return text_starts(spec, prefix);
}

static bool open(struct subject *subject, struct text spec, struct error *err) {
    if (spec.len == prefix.len)
        return error_set(err, ERROR_USAGE,
                         "subject 'batch:': name the model as the endpoint calls it, as in batch:my-model");
    subject_name_text(subject, text_part(spec, prefix.len, spec.len));
    subject_digest_text(subject, spec);
    subject->capabilities = SUBJECT_GENERATES | SUBJECT_CHATS | SUBJECT_SAMPLES;
    snprintf(subject->lacks, sizeof subject->lacks, "a batch endpoint only writes answers");
    return true;
}

static bool no_answer(const struct subject *subject, const struct ask *ask, struct arena *arena, struct answer *answer,
                      struct error *why) {
    (void)subject, (void)ask, (void)arena, (void)answer;
    return error_set(why, ERROR_DATA,
                     "not answered yet: the asks go out with `basanite record export RUN --format openai-batch`");
}

static bool ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                struct error *err) {
    return subject_ask_each(subject, asks, n, no_answer, sink, context, err);
}

bool subject_answers_later(const struct subject *subject) {
    return subject->kind == &subject_batch;
}

const struct subject_kind subject_batch = {
    .name = "batch",
    .summary = "answers that come later: asks go out and responses come in as files of a batch endpoint",
    .form = "batch:MODEL",
    .claims = claims,
    .open = open,
    .ask = ask,
};
