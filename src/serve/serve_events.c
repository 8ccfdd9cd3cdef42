/* Answers in pieces, as server-sent events: see serve_reply.h. */
#include "serve/serve_parts.h"
#include "serve/serve_reply.h"
#include "serve/serve_tokens.h"

#include <string.h>

size_t serve_sure(struct text answer, const struct text *stops, size_t n_stops) {
    size_t sure = answer.len;
    for (size_t s = 0; s < n_stops; s++) {
        size_t longest = stops[s].len ? stops[s].len - 1 : 0;
        if (longest > answer.len) longest = answer.len;
        for (size_t k = longest; k; k--) {
            if (memcmp(answer.at + answer.len - k, stops[s].at, k) != 0) continue;
            if (answer.len - k < sure) sure = answer.len - k;
            break;
        }
    }
    for (size_t back = 1; back <= 3 && back <= sure; back++) {
        unsigned char c = (unsigned char)answer.at[sure - back];
        if ((c & 0xc0) == 0x80) continue;
        size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
        return length > back ? sure - back : sure;
    }
    return sure;
}

/* What one choice has gained, copied so that the desk need not wait while it is written out. */
struct gain {
    struct text text;
    struct token_run run;
    bool begins, ends;
    enum lm_finish finish;
};

static void *copy(struct arena *arena, const void *list, size_t from, size_t n, size_t size) {
    struct error why;
    return n ? arena_copy(arena, (const char *)list + from * size, n * size, &why) : arena_copy(arena, "", 0, &why);
}

/* Under the lock. */
static bool take_gain(struct serve_job *job, size_t i, struct arena *arena, struct gain *g) {
    struct serve_choice *c = &job->choices[i];
    struct text all = buffer_text(&c->text);
    size_t sure = c->ended ? all.len : serve_sure(all, c->ask.stops, c->ask.n_stops), n_top = c->ask.top;
    size_t n = c->n - c->sent_tokens;
    if (sure < c->sent_bytes) sure = c->sent_bytes;
    *g = (struct gain){.begins = !c->begun, .ends = c->ended && !c->closed, .finish = c->finish};
    g->text = (struct text){copy(arena, all.at, c->sent_bytes, sure - c->sent_bytes, 1), sure - c->sent_bytes};
    if (!g->text.at) return false;
    if (job->request.logprobs) {
        g->run = (struct token_run){.n = n, .top = n_top};
        g->run.ids = copy(arena, c->ids, c->sent_tokens, n, sizeof *c->ids);
        g->run.logprobs = copy(arena, c->logprobs, c->sent_tokens, n, sizeof *c->logprobs);
        g->run.tops = copy(arena, c->tops, c->sent_tokens * n_top, n * n_top, sizeof *c->tops);
        if (!g->run.ids || !g->run.logprobs || !g->run.tops) return false;
    }
    c->sent_bytes = sure;
    c->sent_tokens = c->n;
    c->begun = true;
    c->closed = c->ended;
    return true;
}

static void begin_event(struct buffer *out, const struct subject *subject, const struct serve_job *job) {
    bool chat = job->request.route == API_CHAT;
    buffer_put_c(out, "data: ");
    reply_put_head(out, subject, job, chat ? "chat.completion.chunk" : "text_completion");
    buffer_put_c(out, ",\"choices\":[");
}

static void end_event(struct buffer *out, const struct serve_job *job) {
    buffer_put_c(out, job->request.stream_usage ? "],\"usage\":null}\n\n" : "]}\n\n");
}

static void put_finish(struct buffer *out, const struct gain *g) {
    buffer_printf(out, ",\"finish_reason\":%s}", g->ends ? reply_finish_name(g->finish) : "null");
}

static void put_chat_gain(struct token_writer *w, const struct subject *subject, const struct serve_job *job, size_t i,
                          const struct gain *g) {
    if (g->begins) {
        begin_event(w->out, subject, job);
        buffer_printf(w->out,
                      "{\"index\":%zu,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,"
                      "\"finish_reason\":null}",
                      i);
        end_event(w->out, job);
    }
    if (!g->text.len && !g->run.n && !g->ends) return;
    begin_event(w->out, subject, job);
    buffer_printf(w->out, "{\"index\":%zu,\"delta\":{", i);
    if (g->text.len) {
        buffer_put_c(w->out, "\"content\":");
        json_put_string(w->out, g->text);
    }
    buffer_put_c(w->out, "},\"logprobs\":");
    if (job->request.logprobs)
        tokens_put_chat(w, &g->run);
    else
        buffer_put_c(w->out, "null");
    put_finish(w->out, g);
    end_event(w->out, job);
}

/* An echo comes first, as an event of its own. */
static bool put_echo_event(struct token_writer *w, const struct subject *subject, const struct serve_job *job, size_t i,
                           struct arena *arena) {
    struct token_run run;
    size_t characters;
    begin_event(w->out, subject, job);
    buffer_printf(w->out, "{\"index\":%zu,\"text\":", i);
    json_put_string(w->out, job->prompts[i / job->request.n].text);
    buffer_put_c(w->out, ",\"logprobs\":");
    if (job->request.logprobs) {
        if (!tokens_of_prompt(w, job, i / job->request.n, arena, &run, &characters)) return false;
        tokens_put_legacy(w, &run, 1, run.top > 0);
    } else {
        buffer_put_c(w->out, "null");
    }
    buffer_put_c(w->out, ",\"finish_reason\":null}");
    end_event(w->out, job);
    return true;
}

static bool put_legacy_gain(struct token_writer *w, const struct subject *subject, struct serve_job *job, size_t i,
                            struct gain *g, struct arena *arena) {
    struct serve_choice *c = &job->choices[i];
    bool special = subject->settings.keep_special;
    struct error why;
    if (g->begins && job->request.echo && !put_echo_event(w, subject, job, i, arena)) return false;
    if (!g->text.len && !g->run.n && !g->ends) return true;
    begin_event(w->out, subject, job);
    buffer_printf(w->out, "{\"index\":%zu,\"text\":", i);
    json_put_string(w->out, g->text);
    buffer_put_c(w->out, ",\"logprobs\":");
    if (job->request.logprobs) {
        size_t *offsets = arena_new(arena, size_t, g->run.n + 1, &why);
        if (!offsets) return false;
        size_t from = job->request.echo ? tokens_characters(job->prompts[i / job->request.n].text) : 0;
        c->sent_characters =
            tokens_lay_answer(w, g->run.ids, g->run.n, from + c->sent_characters, special, offsets) - from;
        g->run.offsets = offsets;
        tokens_put_legacy(w, &g->run, 1, g->run.top > 0);
    } else {
        buffer_put_c(w->out, "null");
    }
    put_finish(w->out, g);
    end_event(w->out, job);
    return true;
}

static void put_end(struct buffer *out, const struct subject *subject, const struct serve_job *job) {
    if (job->request.stream_usage) {
        begin_event(out, subject, job);
        buffer_put_c(out, "],");
        reply_put_usage(out, job);
        buffer_put_c(out, "}\n\n");
    }
    buffer_put_c(out, "data: [DONE]\n\n");
}

/* Under the lock: copies of what is new of choice i; *skip: nothing can be said yet. */
static bool prepare(struct serve_job *job, size_t i, struct arena *arena, struct gain *g, bool *skip,
                    struct api_error *err) {
    struct serve_choice *c = &job->choices[i];
    size_t p = i / job->request.n;
    *skip = c->closed || (job->looks && p >= job->n_looked);
    if (*skip) return true;
    if (job->looks && job->look[p].error.kind) return reply_choice_failed(job, &job->look[p].error, err);
    if (c->ended && c->finish == LM_FINISH_ERROR) return reply_choice_failed(job, &c->error, err);
    return take_gain(job, i, arena, g) || api_refuse(err, 500, NULL, NULL, "out of memory");
}

static bool put_gains(struct token_writer *w, const struct subject *subject, struct serve_job *job, struct arena *arena,
                      bool *ended, struct api_error *err) {
    bool all = true;
    for (size_t i = 0; i < job->n_choices; i++) {
        struct gain g = {0};
        bool skip;
        arena_reset(arena);
        pthread_mutex_lock(&job->lock);
        bool ok = prepare(job, i, arena, &g, &skip, err), closed = job->choices[i].closed;
        pthread_mutex_unlock(&job->lock);
        if (!ok) return false;
        all = all && closed;
        if (skip) continue;
        if (job->request.route == API_CHAT)
            put_chat_gain(w, subject, job, i, &g);
        else if (!put_legacy_gain(w, subject, job, i, &g, arena))
            return api_refuse(err, 500, NULL, NULL, "out of memory");
    }
    *ended = all;
    return true;
}

bool serve_put_events(struct buffer *out, const struct subject *subject, struct serve_job *job, bool *ended,
                      struct api_error *err) {
    struct token_writer w;
    struct arena arena;
    *ended = false;
    pthread_mutex_lock(&job->lock);
    bool failed = job->failed;
    if (failed) *err = job->error;
    pthread_mutex_unlock(&job->lock);
    if (failed) return false;
    arena_init(&arena, (size_t)1 << 30);
    token_writer_init(&w, out, subject);
    bool ok = put_gains(&w, subject, job, &arena, ended, err);
    if (ok && *ended) put_end(out, subject, job);
    token_writer_done(&w);
    arena_done(&arena);
    return ok;
}

void serve_put_error_event(struct buffer *out, const struct api_error *err) {
    buffer_put_c(out, "data: ");
    api_put_error(out, err);
    buffer_put_c(out, "\n\n");
}
