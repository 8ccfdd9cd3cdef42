/* Grammars that the asks of a batch must follow, compiled once and kept with the subject: see subject_lm.h. */
#include "subject/subject_lm.h"

#include "lm/engine/grammar_processor.h"
#include "lm/grammar/grammar_mask.h"
#include "subject/ask_form.h"

#include <string.h>

enum { KEPT = 16 /* forms that stay from group to group */ };

struct lm_form {
    struct lm_form *next;
    enum ask_form form;
    char *source;
    size_t source_len;
    struct grammar *grammar;
    struct grammar_mask *mask;
    struct logits_processor processor;
};

static void free_form(struct lm_form *f) {
    grammar_mask_free(f->mask);
    grammar_free(f->grammar);
    memory_free(f->source);
    memory_free(f);
}

static void free_all(struct lm_forms *forms) {
    for (struct lm_form *f = forms->first, *next; f; f = next) {
        next = f->next;
        free_form(f);
    }
    forms->first = NULL;
    forms->n = 0;
}

void lm_forms_trim(struct lm_forms *forms) {
    if (forms->n > KEPT) free_all(forms);
}

void lm_forms_done(struct lm_forms *forms) {
    free_all(forms);
    grammar_vocabulary_free(forms->vocabulary);
    forms->vocabulary = NULL;
}

static struct lm_form *new_form(struct lm_forms *forms, const struct ask *ask, struct error *err) {
    struct lm_form *f = memory_zeroed(1, sizeof *f);
    if (!f) return error_memory(err, "grammar"), NULL;
    f->form = ask->form;
    f->source_len = ask->form_source.len;
    f->source = memory_alloc(f->source_len + 1);
    if (!f->source) error_memory(err, "grammar");
    if (f->source) memcpy(f->source, ask->form_source.at, f->source_len);
    f->grammar = f->source ? ask_form_compile(ask->form, ask->form_source,
                                              ask->form == ASK_SCHEMA ? "response_format" : "grammar", err)
                           : NULL;
    f->mask = f->grammar ? grammar_mask_new(f->grammar, forms->vocabulary, 0, err) : NULL;
    f->processor = (struct logits_processor){&grammar_processor, f->mask};
    if (f->mask) return f;
    free_form(f);
    return NULL;
}

const struct logits_processor *lm_forms_find(struct lm_forms *forms, const struct tokenizer *tokenizer,
                                             const struct ask *ask, struct error *err) {
    for (struct lm_form *f = forms->first; f; f = f->next)
        if (f->form == ask->form && text_equal((struct text){f->source, f->source_len}, ask->form_source))
            return &f->processor;
    if (!forms->vocabulary && !(forms->vocabulary = grammar_vocabulary_new(tokenizer, err))) return NULL;
    struct lm_form *f = new_form(forms, ask, err);
    if (!f) return NULL;
    f->next = forms->first;
    forms->first = f;
    forms->n++;
    return &f->processor;
}
