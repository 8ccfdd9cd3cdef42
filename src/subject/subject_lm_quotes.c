/* Answers whose quotes are those of a trusted text: see subject_lm.h and quote/quote_constraint.h. */
#include "subject/subject_lm.h"

#include "base/option.h"
#include "quote/quote_constraint.h"

struct lm_quotes {
    struct quote_index *index;
    struct grammar_vocabulary *vocabulary;
    struct quote_constraint *constraint;
    struct logits_processor processor;
    size_t least;
};

static const struct option_def quotes_options[] = {
    {"least", OPTION_INT, "12", 1, 10000, NULL, "characters of a quote, before it may end"},
};

static bool open_index(struct lm_quotes *q, struct text spec, struct arena *arena, struct error *err) {
    const struct option_value *o = spec_parse(arena, spec, quotes_options, 1, err);
    char *path = o ? text_copy(arena, spec_name(spec), err) : NULL;
    if (!path) return false;
    q->least = (size_t)o[0].integer;
    return (q->index = quote_index_open(path, 0, err));
}

bool lm_quotes_open(struct subject *subject, struct error *err) {
    struct lm_subject *lm = subject->state;
    struct arena arena;
    if (!subject->settings.quotes) return true;
    struct lm_quotes *q = lm->quotes = memory_zeroed(1, sizeof *q);
    if (!q) return error_memory(err, "quotes");
    arena_init(&arena, 1 << 16);
    bool ok = open_index(q, text_of(subject->settings.quotes), &arena, err) &&
              (q->vocabulary = grammar_vocabulary_new(lm->model->tokenizer, err)) &&
              (q->constraint = quote_constraint_new(q->index, q->vocabulary, q->least, err));
    arena_done(&arena);
    q->processor = (struct logits_processor){&quote_processor, q->constraint};
    subject->quotes = ok;
    return ok || error_wrap(err, "--quotes");
}

void lm_quotes_close(struct lm_quotes *q) {
    if (!q) return;
    quote_constraint_free(q->constraint);
    grammar_vocabulary_free(q->vocabulary);
    quote_index_close(q->index);
    memory_free(q);
}

const struct logits_processor *lm_quotes_processor(const struct lm_quotes *q) {
    return q ? &q->processor : NULL;
}

void lm_quotes_put(struct buffer *out, const struct lm_quotes *q) {
    if (q) buffer_printf(out, "quotes %s least %zu\n", quote_index_digest(q->index), q->least);
}
