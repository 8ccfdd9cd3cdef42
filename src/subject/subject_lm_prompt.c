/* From asks to tokens: templates, BOS, and the border between a context and a choice. The rules stand in subject_lm.h.
 */
#include "subject/subject_lm.h"

#include <string.h>

#define PROMPT_TEXT_MAX ((size_t)64 << 20)

void lm_prompt_scratch_init(struct lm_prompt_scratch *scratch) {
    *scratch = (struct lm_prompt_scratch){0};
    buffer_init(&scratch->text, PROMPT_TEXT_MAX);
}

void lm_prompt_scratch_done(struct lm_prompt_scratch *scratch) {
    buffer_done(&scratch->text);
    token_list_done(&scratch->ids);
}

/* ---- text ---- */

static json_t *messages_json(const struct ask *ask) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < ask->n_messages; i++) {
        json_t *role = json_from_text(ask->messages[i].role), *content = json_from_text(ask->messages[i].text);
        json_t *one = role && content ? json_pack("{s:O s:O}", "role", role, "content", content) : NULL;
        json_decref(role);
        json_decref(content);
        if (one && json_array_append_new(list, one) == 0) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static bool render(const struct lm_subject *lm, const struct ask *ask, struct buffer *out, struct error *err) {
    json_t *messages = messages_json(ask);
    if (!messages) return error_memory(err, "messages");
    bool ok = chat_render(lm->template, messages, true, out, err);
    json_decref(messages);
    return ok || error_wrap(err, "chat template");
}

static bool put_text(const struct lm_subject *lm, const struct ask *ask, struct buffer *out, struct error *err) {
    buffer_clear(out);
    if (ask->n_messages && lm->template) {
        if (!render(lm, ask, out, err)) return false;
    } else if (ask->n_messages) {
        for (size_t i = 0; i < ask->n_messages; i++) {
            if (i) buffer_put_char(out, '\n');
            buffer_put_text(out, ask->messages[i].text);
        }
    } else {
        buffer_put_text(out, ask->prompt);
    }
    if (out->full) return error_set(err, ERROR_DATA, "the prompt is longer than %zu MiB", PROMPT_TEXT_MAX >> 20);
    return buffer_check(out, "prompt", err);
}

/* ---- tokens ---- */

/* Into scratch->ids, BOS first and once. */
static bool encode(const struct lm_subject *lm, struct text t, struct token_list *ids, struct error *err) {
    const struct tokenizer *tokenizer = lm->model->tokenizer;
    ids->n = 0;
    if (!tokenizer_encode(tokenizer, t, TOKENIZE_SPECIAL | TOKENIZE_BOS, ids, err)) return false;
    bool twice = tokenizer_adds_bos(tokenizer) && ids->n > 1 && ids->ids[1] == tokenizer_bos(tokenizer);
    if (twice) memmove(ids->ids, ids->ids + 1, --ids->n * sizeof *ids->ids);
    return true;
}

static bool keep(const int32_t *ids, size_t n, struct arena *arena, struct lm_prompt *out, struct error *err) {
    int32_t *copy = arena_new(arena, int32_t, n ? n : 1, err);
    if (copy && n) memcpy(copy, ids, n * sizeof *ids);
    *out = (struct lm_prompt){copy, n};
    return copy != NULL;
}

/* A context must have a token to be behind of, where the model has one for it. */
static bool put_first(const struct lm_subject *lm, struct token_list *ids, struct error *err) {
    int32_t bos = tokenizer_bos(lm->model->tokenizer), eos = tokenizer_eos(lm->model->tokenizer);
    if (ids->n || (bos < 0 && eos < 0)) return true;
    return token_list_put(ids, bos >= 0 ? bos : eos, err);
}

bool lm_prompt_measure(const struct lm_subject *lm, const struct ask *ask, struct lm_prompt_scratch *scratch, size_t *n,
                       struct error *err) {
    if (!put_text(lm, ask, &scratch->text, err) || !encode(lm, buffer_text(&scratch->text), &scratch->ids, err))
        return false;
    *n = scratch->ids.n;
    return true;
}

bool lm_prompt_make(const struct lm_subject *lm, const struct ask *ask, struct lm_prompt_scratch *scratch,
                    struct arena *arena, struct lm_prompt *prompt, struct error *err) {
    size_t context = lm->model->shape.context;
    if (!put_text(lm, ask, &scratch->text, err) || !encode(lm, buffer_text(&scratch->text), &scratch->ids, err) ||
        !put_first(lm, &scratch->ids, err))
        return false;
    if (!scratch->ids.n)
        return error_set(err, ERROR_DATA, "the prompt is empty and the model has no token to begin with");
    size_t cut = ask->cut && scratch->ids.n >= context ? scratch->ids.n - (context - 1) : 0;
    if (scratch->ids.n - cut >= context)
        return error_set(err, ERROR_DATA,
                         "a prompt of %zu tokens leaves no room for an answer in the model's context of "
                         "%zu; shorten it, or take fewer examples",
                         scratch->ids.n, context);
    if (!keep(scratch->ids.ids, scratch->ids.n - cut, arena, prompt, err)) return false;
    prompt->cut = cut;
    return true;
}

static size_t without_blanks(struct text t) {
    size_t n = t.len;
    while (n && (t.at[n - 1] == ' ' || (t.at[n - 1] >= '\t' && t.at[n - 1] <= '\r'))) n--;
    return n;
}

/* Tokens of choice i: those of context and choice together, without as many as the context has. */
static bool make_choice(const struct lm_subject *lm, const struct ask *ask, size_t i, size_t context_bytes,
                        size_t context_tokens, struct lm_prompt_scratch *scratch, struct arena *arena,
                        struct lm_prompt *choice, struct error *err) {
    struct token_list *ids = &scratch->ids;
    size_t limit = lm->model->shape.context, skipped = context_tokens;
    scratch->text.len = context_bytes;
    buffer_put_text(&scratch->text, ask->choices[i]);
    if (!buffer_check(&scratch->text, "choice", err)) return false;
    if (!encode(lm, buffer_text(&scratch->text), ids, err)) return false;
    size_t own = ids->n > skipped ? ids->n - skipped : 0;
    if (!own)
        return error_set(err, ERROR_DATA, "choice %zu '%.*s' has no tokens of its own behind the prompt", i,
                         (int)(ask->choices[i].len < 60 ? ask->choices[i].len : 60), ask->choices[i].at);
    size_t cut = ask->cut && context_tokens < limit && context_tokens + own > limit ? context_tokens + own - limit : 0;
    if (context_tokens + own - cut > limit)
        return error_set(err, ERROR_DATA,
                         "a prompt of %zu tokens and choice %zu of %zu are longer than the model's context "
                         "of %zu; shorten them, or take fewer examples",
                         context_tokens, i, own, limit);
    if (!keep(ids->ids + skipped, own - cut, arena, choice, err)) return false;
    choice->cut = cut;
    return true;
}

bool lm_prompt_make_choices(const struct lm_subject *lm, const struct ask *ask, struct lm_prompt_scratch *scratch,
                            struct arena *arena, struct lm_prompt *context, struct lm_prompt *choices,
                            struct error *err) {
    if (!put_text(lm, ask, &scratch->text, err)) return false;
    size_t bytes = scratch->text.len, border = without_blanks(buffer_text(&scratch->text));
    if (!encode(lm, text_part(buffer_text(&scratch->text), 0, border), &scratch->ids, err)) return false;
    size_t tokens = scratch->ids.n; /* before a first token is put where there is none */
    if (!put_first(lm, &scratch->ids, err) || !keep(scratch->ids.ids, scratch->ids.n, arena, context, err))
        return false;
    for (size_t i = 0; i < ask->n_choices; i++)
        if (!make_choice(lm, ask, i, bytes, tokens, scratch, arena, &choices[i], err)) return false;
    return true;
}

/* ---- for people ---- */

bool subject_lm_show_prompt(struct subject *subject, const struct ask *ask, struct buffer *out, struct error *err) {
    struct lm_subject *lm = subject->state;
    struct lm_prompt_scratch scratch;
    struct buffer piece;
    lm_prompt_scratch_init(&scratch);
    buffer_init(&piece, (size_t)1 << 20);
    bool ok = put_text(lm, ask, &scratch.text, err);
    struct text t = buffer_text(&scratch.text);
    if (ask->kind == ASK_SCORE) t.len = without_blanks(t);
    ok = ok && encode(lm, t, &scratch.ids, err) && put_first(lm, &scratch.ids, err);
    buffer_put_char(out, '[');
    for (size_t i = 0; ok && i < scratch.ids.n; i++) {
        buffer_clear(&piece);
        ok = tokenizer_piece(lm->model->tokenizer, scratch.ids.ids[i], true, &piece);
        buffer_printf(out, "%s{\"id\":%d,\"text\":", i ? "," : "", scratch.ids.ids[i]);
        json_put_string(out, buffer_text(&piece));
        buffer_put_char(out, '}');
        if (!ok) error_memory(err, "token");
    }
    buffer_put_char(out, ']');
    buffer_done(&piece);
    lm_prompt_scratch_done(&scratch);
    return ok && buffer_check(out, "prompt as tokens", err);
}
