/* One answer as it comes: see openai_tell.h. */
#include "subject/openai_tell.h"

#include "subject/openai_stream.h"
#include "subject/subject_openai.h"

struct telling {
    struct openai *o;
    const struct ask *ask;
    struct openai_manner manner;
    struct openai_stream stream;
    openai_heard *heard;
    void *context;
    struct openai_told *told;
};

static bool make(void *context, size_t i, const char **route, struct buffer *body, struct error *err) {
    const struct telling *t = context;
    *route = openai_is_chat(&t->manner, t->ask) ? "/chat/completions" : "/completions";
    return openai_put_generate(body, &t->manner, t->ask, 0, err);
}

static enum openai_verdict grown(const struct telling *t, size_t before, struct error *err) {
    if (t->stream.text->len == before) return before ? OPENAI_TAKEN : OPENAI_AGAIN;
    if (t->heard(t->context)) return OPENAI_TAKEN;
    error_set(err, ERROR_INTERRUPTED, "interrupted");
    return OPENAI_END;
}

static enum openai_verdict part(void *context, size_t i, struct text lines, struct error *err) {
    struct telling *t = context;
    struct text base = t->o->place.base;
    size_t before = t->stream.text->len;
    if (openai_stream_take(&t->stream, lines, err)) return grown(t, before, err);
    error_wrap(err, "endpoint '%.*s'", (int)(base.len < 300 ? base.len : 300), base.at);
    return OPENAI_END;
}

/* A reply without events: the endpoint does not know them. */
static enum openai_verdict take_whole(struct telling *t, struct text body, struct error *err) {
    struct arena arena;
    struct openai_reply reply;
    arena_init(&arena, 0);
    bool ok = openai_reply_read(&arena, body, &reply, err);
    if (ok) {
        t->stream.finish = reply.finish;
        t->stream.tokens_in = reply.tokens_in;
        t->stream.tokens_out = reply.tokens_out;
        ok = buffer_put_text(t->stream.text, reply.text) || error_memory(err, "answer");
        openai_reply_done(&reply);
    }
    arena_done(&arena);
    if (!ok) return err->kind == ERROR_DATA ? OPENAI_AGAIN : OPENAI_END;
    return grown(t, 0, err) == OPENAI_END ? OPENAI_END : OPENAI_TAKEN;
}

static enum openai_verdict take(void *context, size_t i, struct text body, double ms, struct error *err) {
    struct telling *t = context;
    t->o->answered = true;
    t->o->failed_in_row = 0;
    if (!t->stream.begun) return take_whole(t, body, err);
    if (t->stream.ended) return OPENAI_TAKEN;
    error_set(err, ERROR_DATA, "the endpoint broke off its answer");
    return OPENAI_AGAIN;
}

/* What is wrong with a request may be that it asks for pieces; the whole one says it of others. */
static bool fail(void *context, size_t i, long status, struct text reply, bool gone, const struct error *why,
                 struct error *err) {
    struct telling *t = context;
    bool request_is_bad = (status >= 400 && status < 500 && status != 408 && status != 429) || status == 501;
    t->told->refused = request_is_bad && !t->stream.text->len;
    return *err = *why, false;
}

bool openai_tells(const struct subject *subject) {
    return subject->kind == &subject_openai;
}

bool openai_tell(struct subject *subject, const struct ask *ask, struct buffer *said, openai_heard *heard,
                 void *context, struct openai_told *told, struct error *err) {
    struct openai *o = subject->state;
    struct telling t = {o, ask, o->manner, {.text = said}, heard, context, told};
    const struct openai_exchange exchange = {.context = &t, .make = make, .part = part, .take = take, .fail = fail};
    *told = (struct openai_told){0};
    t.manner.streams = true;
    bool ok = openai_http_run(o->http, 1, true, &exchange, err);
    told->finish = t.stream.finish;
    told->tokens_in = t.stream.tokens_in;
    told->tokens_out = t.stream.tokens_out;
    return ok;
}
