/* Whole replies: see serve_reply.h. */
#include "serve/serve_reply.h"

#include "base/base64.h"
#include "serve/serve_parts.h"
#include "serve/serve_tokens.h"

#include <math.h>

/* ---- parts that replies share ---- */

void reply_put_head(struct buffer *out, const struct subject *subject, const struct serve_job *job,
                    const char *object) {
    buffer_printf(out, "{\"id\":\"%s\",\"object\":\"%s\",\"created\":%llu,\"model\":", job->id, object,
                  (unsigned long long)job->created);
    json_put_string(out, text_of(subject->name));
    buffer_printf(out, ",\"system_fingerprint\":\"fp_%.12s\",\"seed\":%lld", subject->digest,
                  (long long)job->request.seed);
}

void reply_put_usage(struct buffer *out, const struct serve_job *job) {
    size_t in = 0, said = 0;
    for (size_t i = 0; i < job->request.n_prompts; i++) in += job->prompts[i].n;
    for (size_t i = 0; i < job->n_choices; i++) said += job->choices[i].n;
    buffer_printf(out, "\"usage\":{\"prompt_tokens\":%zu,", in);
    if (job->request.route != API_EMBEDDINGS) buffer_printf(out, "\"completion_tokens\":%zu,", said);
    buffer_printf(out, "\"total_tokens\":%zu}", in + said);
}

const char *reply_finish_name(enum lm_finish finish) {
    return finish == LM_FINISH_LENGTH ? "\"length\"" : "\"stop\"";
}

bool reply_choice_failed(const struct serve_job *job, const struct error *why, struct api_error *err) {
    return api_refuse_for(err, job->request.route == API_CHAT ? "messages" : "prompt", why);
}

/* ---- whole ---- */

static bool put_legacy_choice(struct token_writer *w, const struct serve_job *job, size_t i, bool special,
                              struct arena *arena) {
    const struct api_request *q = &job->request;
    const struct serve_choice *c = &job->choices[i];
    struct token_run runs[2];
    size_t n_runs = 0, characters = 0;
    struct error why;
    buffer_printf(w->out, "{\"index\":%zu,\"text\":", i);
    if (q->echo) {
        struct buffer whole;
        buffer_init(&whole, (size_t)1 << 30);
        buffer_put_text(&whole, job->prompts[i / q->n].text);
        buffer_put_text(&whole, buffer_text(&c->text));
        json_put_string(w->out, buffer_text(&whole));
        if (whole.failed) w->out->failed = true;
        buffer_done(&whole);
        characters = tokens_characters(job->prompts[i / q->n].text);
    } else {
        json_put_string(w->out, buffer_text(&c->text));
    }
    buffer_put_c(w->out, ",\"logprobs\":");
    if (q->logprobs) {
        if (q->echo && !tokens_of_prompt(w, job, i / q->n, arena, &runs[n_runs++], &characters)) return false;
        size_t *offsets = arena_new(arena, size_t, c->n + 1, &why);
        if (!offsets) return false;
        tokens_lay_answer(w, c->ids, c->n, characters, special, offsets);
        runs[n_runs++] = (struct token_run){c->ids, c->logprobs, c->tops, c->n, c->ask.top, 0, offsets};
        tokens_put_legacy(w, runs, n_runs, c->ask.top > 0);
    } else {
        buffer_put_c(w->out, "null");
    }
    buffer_printf(w->out, ",\"finish_reason\":%s}", reply_finish_name(c->finish));
    return true;
}

static void put_chat_choice(struct token_writer *w, const struct serve_job *job, size_t i) {
    const struct serve_choice *c = &job->choices[i];
    struct token_run run = {.ids = c->ids, .logprobs = c->logprobs, .tops = c->tops, .n = c->n, .top = c->ask.top};
    buffer_printf(w->out, "{\"index\":%zu,\"message\":{\"role\":\"assistant\",\"content\":", i);
    json_put_string(w->out, buffer_text(&c->text));
    buffer_put_c(w->out, ",\"refusal\":null},\"logprobs\":");
    if (job->request.logprobs)
        tokens_put_chat(w, &run);
    else
        buffer_put_c(w->out, "null");
    buffer_printf(w->out, ",\"finish_reason\":%s}", reply_finish_name(c->finish));
}

static bool put_answers(struct token_writer *w, const struct subject *subject, const struct serve_job *job,
                        struct api_error *err) {
    bool chat = job->request.route == API_CHAT, special = subject->settings.keep_special;
    struct arena arena;
    reply_put_head(w->out, subject, job, chat ? "chat.completion" : "text_completion");
    buffer_put_c(w->out, ",\"choices\":[");
    bool ok = true;
    arena_init(&arena, (size_t)1 << 30);
    for (size_t i = 0; ok && i < job->n_choices; i++) {
        if (i) buffer_put_char(w->out, ',');
        if (chat)
            put_chat_choice(w, job, i);
        else
            ok = put_legacy_choice(w, job, i, special, &arena);
        arena_reset(&arena);
    }
    arena_done(&arena);
    buffer_put_c(w->out, "],");
    reply_put_usage(w->out, job);
    buffer_put_char(w->out, '}');
    return ok || api_refuse(err, 500, NULL, NULL, "out of memory");
}

/* Of length 1, as OpenAI's are. */
static void put_embedding(struct buffer *out, const float *state, size_t n, bool base64) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)state[i] * (double)state[i];
    double scale = sum > 0 ? 1 / sqrt(sum) : 0;
    buffer_put_char(out, base64 ? '"' : '[');
    if (base64) {
        struct buffer bytes;
        buffer_init(&bytes, (size_t)1 << 28);
        for (size_t i = 0; i < n; i++) { /* little-endian f32, as every supported processor has them */
            float value = (float)((double)state[i] * scale);
            buffer_put(&bytes, &value, sizeof value);
        }
        base64_put(out, buffer_text(&bytes));
        if (bytes.failed) out->failed = true;
        buffer_done(&bytes);
    }
    for (size_t i = 0; !base64 && i < n; i++) {
        if (i) buffer_put_char(out, ',');
        buffer_put_f64(out, (double)(float)((double)state[i] * scale));
    }
    buffer_put_char(out, base64 ? '"' : ']');
}

static void put_embeddings(struct buffer *out, const struct subject *subject, const struct serve_job *job) {
    const struct lm_subject *lm = subject->state;
    buffer_put_c(out, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < job->request.n_prompts; i++) {
        buffer_printf(out, "%s{\"object\":\"embedding\",\"index\":%zu,\"embedding\":", i ? "," : "", i);
        put_embedding(out, job->look[i].state, lm->model->shape.width, job->request.base64);
        buffer_put_char(out, '}');
    }
    buffer_put_c(out, "],\"model\":");
    json_put_string(out, text_of(subject->name));
    buffer_put_char(out, ',');
    reply_put_usage(out, job);
    buffer_put_char(out, '}');
}

bool serve_put_reply(struct buffer *out, const struct subject *subject, const struct serve_job *job,
                     struct api_error *err) {
    struct token_writer w;
    if (job->failed) return *err = job->error, false;
    for (size_t i = 0; i < job->n_choices; i++)
        if (job->choices[i].finish == LM_FINISH_ERROR) return reply_choice_failed(job, &job->choices[i].error, err);
    for (size_t i = 0; job->looks && i < job->request.n_prompts; i++)
        if (job->look[i].error.kind) return reply_choice_failed(job, &job->look[i].error, err);
    token_writer_init(&w, out, subject);
    bool ok = true;
    if (job->request.route == API_EMBEDDINGS)
        put_embeddings(out, subject, job);
    else
        ok = put_answers(&w, subject, job, err);
    token_writer_done(&w);
    if (ok && out->failed) ok = api_refuse(err, 500, NULL, NULL, "the reply is too long, or memory ran out");
    return ok;
}

/* ---- models ---- */

void serve_put_models(struct buffer *out, const struct subject *subject, uint64_t created, bool one) {
    const struct lm_subject *lm = subject->state;
    if (!one) buffer_put_c(out, "{\"object\":\"list\",\"data\":[");
    buffer_put_c(out, "{\"id\":");
    json_put_string(out, text_of(subject->name));
    buffer_printf(out, ",\"object\":\"model\",\"created\":%llu,\"owned_by\":\"basanite\",\"context_length\":%zu}",
                  (unsigned long long)created, lm->model->shape.context);
    if (!one) buffer_put_c(out, "]}");
}
