/* Prompts to tokens: see serve_prompt.h. */
#include "serve/serve_prompt.h"

#include <string.h>

/* Templates without a word about tools say nothing of them, or say it wrongly. */
static bool knows_tools(const struct chat_template *template) {
    return template && text_find(chat_template_source(template), TEXT("tool"), 0) != SIZE_MAX;
}

static bool join_texts(const json_t *messages, struct buffer *out) {
    size_t i;
    const json_t *message;
    json_array_foreach(messages, i, message) {
        if (i) buffer_put_char(out, '\n');
        buffer_put_text(out, json_text(json_object_get(message, "content")));
    }
    return !out->failed;
}

/* The conversation as one text; with the template "none" its texts are joined, as the subject does. */
static bool render(const struct subject *subject, const struct api_request *q, struct buffer *out,
                   struct api_error *err) {
    const struct lm_subject *lm = subject->state;
    struct error why = {0};
    if (!(subject->capabilities & SUBJECT_CHATS))
        return api_refuse(err, 400, "messages", "unsupported_parameter",
                          "model '%s' brings no chat template; use /v1/completions, or start the server with "
                          "--template",
                          subject->name);
    if (q->speaks_of_tools && !knows_tools(lm->template))
        return api_refuse(err, 400, "messages", "unsupported_parameter",
                          "the chat template of model '%s' cannot say what tools are called and what they answer",
                          subject->name);
    if (!lm->template) return join_texts(q->messages, out) || api_refuse(err, 500, NULL, NULL, "out of memory");
    if (chat_render(lm->template, q->messages, true, out, &why)) return true;
    error_wrap(&why, "chat template");
    return api_refuse_for(err, "messages", &why);
}

static bool keep(const int32_t *ids, size_t n, struct arena *arena, struct serve_prompt *out, struct api_error *err) {
    struct error why;
    int32_t *copy = arena_new(arena, int32_t, n ? n : 1, &why);
    if (!copy) return api_refuse_for(err, NULL, &why);
    if (n) memcpy(copy, ids, n * sizeof *ids);
    out->ids = copy;
    out->n = n;
    return true;
}

/* As the subject does it: special tokens by their names, BOS first and once. */
static bool encode(const struct lm_subject *lm, struct text t, struct arena *arena, struct serve_prompt *out,
                   struct api_error *err) {
    struct ask ask = {.prompt = t};
    struct lm_prompt_scratch scratch;
    struct error why = {0};
    size_t n = 0;
    lm_prompt_scratch_init(&scratch);
    bool ok = lm_prompt_measure(lm, &ask, &scratch, &n, &why) || api_refuse_for(err, NULL, &why);
    if (ok && n == 0) {
        int32_t bos = tokenizer_bos(lm->model->tokenizer), eos = tokenizer_eos(lm->model->tokenizer);
        int32_t first = bos >= 0 ? bos : eos;
        ok = keep(&first, first >= 0, arena, out, err);
    } else if (ok) {
        ok = keep(scratch.ids.ids, n, arena, out, err);
    }
    lm_prompt_scratch_done(&scratch);
    return ok;
}

static bool spell(const struct lm_subject *lm, struct arena *arena, struct serve_prompt *out, struct api_error *err) {
    struct buffer b;
    struct error why = {0};
    buffer_init(&b, (size_t)1 << 28);
    bool ok = tokenizer_decode(lm->model->tokenizer, out->ids, out->n, true, &b) && buffer_check(&b, "prompt", &why);
    char *copy = ok ? arena_copy(arena, b.at ? b.at : "", b.len, &why) : NULL;
    out->text = (struct text){copy, b.len};
    buffer_done(&b);
    return copy || api_refuse(err, 500, NULL, NULL, "out of memory");
}

static bool take_ids(const struct lm_subject *lm, const struct api_prompt *p, const char *param, struct arena *arena,
                     struct serve_prompt *out, struct api_error *err) {
    for (size_t i = 0; i < p->n_ids; i++)
        if ((size_t)p->ids[i] >= lm->model->shape.vocabulary)
            return api_refuse(err, 400, param, "invalid_value", "token %d: the vocabulary has 0 to %zu", (int)p->ids[i],
                              lm->model->shape.vocabulary - 1);
    return keep(p->ids, p->n_ids, arena, out, err) && spell(lm, arena, out, err);
}

static bool make(const struct subject *subject, const struct api_request *q, size_t i, const char *param,
                 struct arena *arena, struct serve_prompt *out, struct api_error *err) {
    const struct lm_subject *lm = subject->state;
    struct buffer b;
    if (q->route != API_CHAT) {
        out->text = q->prompts[i].text;
        return q->prompts[i].ids ? take_ids(lm, &q->prompts[i], param, arena, out, err)
                                 : encode(lm, out->text, arena, out, err);
    }
    buffer_init(&b, (size_t)64 << 20);
    bool ok = render(subject, q, &b, err) && encode(lm, buffer_text(&b), arena, out, err);
    buffer_done(&b);
    return ok;
}

bool serve_prompt_make(const struct subject *subject, const struct api_request *q, size_t i, size_t least,
                       struct arena *arena, struct serve_prompt *out, struct api_error *err) {
    const struct lm_subject *lm = subject->state;
    const char *param = q->route == API_CHAT ? "messages" : q->route == API_EMBEDDINGS ? "input" : "prompt";
    size_t context = lm->model->shape.context;
    *out = (struct serve_prompt){0};
    if (!make(subject, q, i, param, arena, out, err)) return false;
    if (!out->n)
        return api_refuse(err, 400, param, "invalid_value", "'%s' is empty and the model has no token to begin with",
                          param);
    if (out->n + least <= context) return true;
    return api_refuse(err, 400, param, "context_length_exceeded",
                      "the prompt has %zu tokens%s; the model's context is %zu tokens", out->n,
                      least ? " and leaves no room for an answer" : "", context);
}
