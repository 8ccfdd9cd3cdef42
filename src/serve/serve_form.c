/* A list of compiled forms, the newest first; those that nobody uses stay for a while. See serve_form.h. */
#include "serve/serve_form.h"

#include "base/buffer.h"
#include "lm/engine/grammar_processor.h"
#include "lm/grammar/grammar_mask.h"
#include "subject/ask_form.h"

#include <pthread.h>
#include <string.h>

enum { KEPT = 16 }; /* forms that stay though nobody uses them */

struct serve_form {
    struct serve_forms *forms;
    struct serve_form *next;
    size_t users;
    enum ask_form form;
    char *source;
    size_t len;
    struct grammar *grammar;
    struct grammar_mask *mask;
};

struct serve_forms {
    pthread_mutex_t lock;
    const struct tokenizer *tokenizer;
    struct grammar_vocabulary *vocabulary; /* made when first needed */
    struct serve_form *first;
};

static void release(struct serve_form *f) {
    grammar_mask_free(f->mask);
    grammar_free(f->grammar);
    memory_free(f->source);
    memory_free(f);
}

struct serve_forms *serve_forms_new(const struct tokenizer *tokenizer, struct error *err) {
    struct serve_forms *forms = memory_zeroed(1, sizeof *forms);
    if (!forms) return error_memory(err, "forms"), NULL;
    forms->tokenizer = tokenizer;
    pthread_mutex_init(&forms->lock, NULL);
    return forms;
}

void serve_forms_free(struct serve_forms *forms) {
    if (!forms) return;
    for (struct serve_form *f = forms->first, *next; f; f = next) {
        next = f->next;
        release(f);
    }
    grammar_vocabulary_free(forms->vocabulary);
    pthread_mutex_destroy(&forms->lock);
    memory_free(forms);
}

/* Under the lock, so that equal forms that come at once are compiled once. */
static struct serve_form *compile(struct serve_forms *forms, enum ask_form form, struct text source,
                                  struct error *err) {
    const char *name = form == ASK_SCHEMA ? "response_format" : "grammar";
    if (!forms->vocabulary && !(forms->vocabulary = grammar_vocabulary_new(forms->tokenizer, err))) return NULL;
    struct serve_form *f = memory_zeroed(1, sizeof *f);
    if (!f) return error_memory(err, "form"), NULL;
    f->forms = forms;
    f->form = form;
    f->len = source.len;
    if (!(f->source = memory_alloc(source.len + 1))) error_memory(err, "form");
    if (f->source) memcpy(f->source, source.at, source.len);
    f->grammar = f->source ? ask_form_compile(form, source, name, err) : NULL;
    f->mask = f->grammar ? grammar_mask_new(f->grammar, forms->vocabulary, 0, err) : NULL;
    if (f->mask) return f;
    release(f);
    return NULL;
}

/* The oldest that nobody uses go. */
static void trim(struct serve_forms *forms) {
    size_t idle = 0;
    for (struct serve_form **at = &forms->first; *at;) {
        struct serve_form *f = *at;
        if (f->users || ++idle <= KEPT) {
            at = &f->next;
            continue;
        }
        *at = f->next;
        release(f);
    }
}

struct serve_form *serve_form_take(struct serve_forms *forms, enum ask_form form, struct text source,
                                   struct error *err) {
    pthread_mutex_lock(&forms->lock);
    struct serve_form *f = forms->first;
    while (f && (f->form != form || !text_equal((struct text){f->source, f->len}, source))) f = f->next;
    if (!f && (f = compile(forms, form, source, err))) {
        f->next = forms->first;
        forms->first = f;
    }
    if (f) f->users++;
    trim(forms);
    pthread_mutex_unlock(&forms->lock);
    return f;
}

void serve_form_give_back(struct serve_form *f) {
    if (!f) return;
    struct serve_forms *forms = f->forms;
    pthread_mutex_lock(&forms->lock);
    f->users--;
    trim(forms);
    pthread_mutex_unlock(&forms->lock);
}

struct logits_processor serve_form_processor(const struct serve_form *form) {
    return (struct logits_processor){&grammar_processor, form->mask};
}
