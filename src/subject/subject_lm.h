/* Subjects that are models in this process: what the kinds for files and for the built-in model share.
 *
 * Prompts. A conversation goes through the chat template (the model's own, or settings.template_name); with the
 * template "none", and for a model that has none, its texts are joined by line breaks. A raw prompt is taken as it is.
 * Names of special tokens in the text become these tokens, as in the models' own libraries. BOS stands first exactly
 * once, where the tokenizer asks for it; EOS is never put.
 *
 * Scoring. As in lm-evaluation-harness (lm_eval/api/model.py, _encode_pair): white space at the end of the context
 * moves to the front of the choice, and the tokens of the choice are those of context and choice together without as
 * many as the context alone has. A context without any token is BOS, else EOS; where there is neither, the first token
 * of the choice counts 0.
 *
 * A conversation that the template refuses, a prompt that does not fit the context, a choice without tokens: that ask
 * gets answers with an error, the others go on. Nothing is ever cut off from a prompt. */
#ifndef SUBJECT_LM_H
#define SUBJECT_LM_H

#include "lm/template/chat.h"
#include "lm/engine/engine.h"
#include "subject/subject_internal.h"

/* Grammars in use, with the vocabulary as a tree for them; made when first asked for. */
struct lm_forms {
    struct grammar_vocabulary *vocabulary;
    struct lm_form *first;
    size_t n;
};

struct lm_subject {
    struct lm_model *model;
    struct pool *pool;
    struct lm_engine *engine;
    struct chat_template *template; /* NULL: texts are joined */
    const struct interrupt *stop;
    bool keep_special; /* subject_settings */
    struct lm_forms forms;
    struct lm_quotes *quotes; /* NULL: none are asked for */
    bool borrowed; /* the model is not ours */
};

/* What settings ask of the loader. */
bool subject_lm_load_options(const struct subject *subject, struct lm_load_options *out, struct error *err) MUST_CHECK;
/* "base+adapter@factor...": the base as it is written, options' adapters found (on the arena), the subject's name. */
char *subject_lm_split(struct arena *arena, struct subject *subject, struct text spec, struct lm_load_options *options,
                       struct error *err) MUST_CHECK;
/* Puts the adapters on the list of files, which must have been begun. */
bool subject_lm_note_adapters(struct subject *subject, const struct lm_load_options *options,
                              struct error *err) MUST_CHECK;
/* Takes the model, also on failure, unless it is borrowed; sets state, capabilities and digests. SUBJECT_LM_WHOLE: the
 * model's file holds all that decides answers, so that with default settings its sha256 is the digest; otherwise
 * tokenizer, template and compute type count. */
enum { SUBJECT_LM_WHOLE = 1, SUBJECT_LM_BORROWED = 2 };
bool subject_lm_open(struct subject *subject, struct lm_model *model, int how, struct error *err) MUST_CHECK;
bool subject_lm_ask(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                    struct error *err) MUST_CHECK;
bool subject_lm_show_prompt(struct subject *subject, const struct ask *ask, struct buffer *out,
                            struct error *err) MUST_CHECK;
void subject_lm_close(struct subject *subject);
/* Another engine for the subject's model and pool, as its own is made: for a flow of answers beside it. Owned by the
 * caller, to be freed before the subject is closed. */
struct lm_engine *subject_lm_engine(const struct subject *subject, struct error *err) MUST_CHECK;

/* ---- forms of answers, see subject_lm_form.c ---- */

/* The processor that makes an answer keep to the ask's form; kept until lm_forms_trim or _done. ERROR_DATA:
 * it cannot. */
const struct logits_processor *lm_forms_find(struct lm_forms *forms, const struct tokenizer *tokenizer,
                                             const struct ask *ask, struct error *err) MUST_CHECK;
/* Between groups of asks: forgets all when there are many. */
void lm_forms_trim(struct lm_forms *forms);
void lm_forms_done(struct lm_forms *forms);

/* ---- quotes, see subject_lm_quotes.c ---- */

/* Opens what settings.quotes names. ERROR_USAGE: a filter, or an option that is none. */
bool lm_quotes_open(struct subject *subject, struct error *err) MUST_CHECK;
void lm_quotes_close(struct lm_quotes *quotes); /* NULL is nothing */
const struct logits_processor *lm_quotes_processor(const struct lm_quotes *quotes); /* NULL for NULL */
/* What of them decides answers, for digests. */
void lm_quotes_put(struct buffer *out, const struct lm_quotes *quotes);

/* ---- prompts, see subject_lm_prompt.c ---- */

/* Room that is used again from ask to ask. */
struct lm_prompt_scratch {
    struct buffer text;
    struct token_list ids;
};
void lm_prompt_scratch_init(struct lm_prompt_scratch *scratch);
void lm_prompt_scratch_done(struct lm_prompt_scratch *scratch);

struct lm_prompt {
    const int32_t *ids; /* on the arena */
    size_t n, cut;      /* cut: how many on the right were left out, of an ask that allows it */
};
/* ERROR_DATA: this ask cannot be put to the model. */
bool lm_prompt_make(const struct lm_subject *lm, const struct ask *ask, struct lm_prompt_scratch *scratch,
                    struct arena *arena, struct lm_prompt *prompt, struct error *err) MUST_CHECK;
/* Tokens of the prompt, however many. */
bool lm_prompt_measure(const struct lm_subject *lm, const struct ask *ask, struct lm_prompt_scratch *scratch, size_t *n,
                       struct error *err) MUST_CHECK;
/* The context and, for each choice, the tokens behind it: choices has ask->n_choices. */
bool lm_prompt_make_choices(const struct lm_subject *lm, const struct ask *ask, struct lm_prompt_scratch *scratch,
                            struct arena *arena, struct lm_prompt *context, struct lm_prompt *choices,
                            struct error *err) MUST_CHECK;

#endif
