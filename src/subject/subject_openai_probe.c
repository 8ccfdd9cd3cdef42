/* What an endpoint can do, found out with a few small requests when it is opened. */
#include "subject/openai_reply.h"
#include "subject/subject_openai.h"

#include <stdio.h>
#include <string.h>

/* One request and what came of it. */
struct probe {
    const char *route;
    struct buffer body, reply; /* reply: of status 2xx that can be read, or what came with another status */
    bool models;               /* reads a list of models, else an answer */
    bool ok;
    long status; /* of a failure; 0: no reply */
    struct error why;
};

static bool make(void *context, size_t i, const char **route, struct buffer *body, struct error *err) {
    const struct probe *probe = context;
    *route = probe->route;
    return buffer_put_text(body, buffer_text(&probe->body)) || error_memory(err, "request");
}

static bool readable(const struct probe *probe, struct text reply, struct error *err) {
    struct arena arena;
    struct openai_reply answer = {0};
    struct text *names;
    size_t n;
    arena_init(&arena, 0);
    bool ok = probe->models ? openai_models_read(&arena, reply, &names, &n, err)
                            : openai_reply_read(&arena, reply, &answer, err);
    openai_reply_done(&answer);
    arena_done(&arena);
    return ok;
}

static enum openai_verdict take(void *context, size_t i, struct text reply, double ms, struct error *err) {
    struct probe *probe = context;
    if (!readable(probe, reply, err)) return err->kind == ERROR_DATA ? OPENAI_AGAIN : OPENAI_END;
    probe->ok = buffer_put_text(&probe->reply, reply);
    return probe->ok ? OPENAI_TAKEN : (error_memory(err, "reply"), OPENAI_END);
}

static bool fail(void *context, size_t i, long status, struct text reply, bool gone, const struct error *why,
                 struct error *err) {
    struct probe *probe = context;
    probe->status = status;
    probe->why = *why;
    return buffer_put_text(&probe->reply, reply) || error_memory(err, "reply");
}

static void probe_init(struct probe *probe, const char *route) {
    *probe = (struct probe){.route = route};
    buffer_init(&probe->body, 1 << 16);
    buffer_init(&probe->reply, OPENAI_REPLY_MAX);
}

static void probe_done(struct probe *probe) {
    buffer_done(&probe->body);
    buffer_done(&probe->reply);
}

/* False: the endpoint cannot be used at all: nothing comes back, it stays too busy, or it does not let us in. */
static bool probe_send(struct openai *o, struct probe *probe, struct error *err) {
    const struct openai_exchange exchange = {probe, make, take, fail};
    buffer_clear(&probe->reply);
    probe->ok = false;
    probe->status = 0;
    if (!openai_http_run(o->http, 1, false, &exchange, err)) return false;
    if (probe->ok) return o->answered = true;
    bool busy = probe->status == 429 || (probe->status >= 502 && probe->status <= 504);
    if (probe->status != 0 && probe->status != 401 && !busy) return true;
    error_set(err, ERROR_ENVIRONMENT, "%s", probe->why.message);
    return openai_advise(o, probe->status, err);
}

static bool refused(const struct probe *probe) {
    return !probe->ok && (probe->status == 400 || probe->status == 422);
}

/* A refusal whose message names this. */
static bool refused_for(const struct probe *probe, const char *word) {
    return refused(probe) && text_find(buffer_text(&probe->reply), text_of(word), 0) != SIZE_MAX;
}

bool openai_advise(const struct openai *o, long status, struct error *err) {
    char what[400] = "";
    if (status == 401 && o->key_kept_back)
        snprintf(what, sizeof what,
                 "a key is not sent over http:// to another machine unless --key-env names its variable; "
                 "use https://");
    else if (status == 401 || status == 403)
        snprintf(what, sizeof what,
                 "put a valid key into the environment variable '%.100s', or name another one with "
                 "--key-env",
                 o->key_name);
    else if (status == 404 || status == 405)
        snprintf(what, sizeof what, "is the URL right (it often ends in /v1), and is there a model '%.*s'",
                 (int)(o->place.model.len < 100 ? o->place.model.len : 100), o->place.model.at);
    else if (status == 0)
        snprintf(what, sizeof what, "is it running, and is the URL right");
    if (err && what[0]) {
        struct error said = *err;
        error_set(err, ERROR_ENVIRONMENT, "%.550s; %s", said.message, what);
    }
    return false;
}

/* ---- which model ---- */

static bool list_models(const struct openai *o, const struct text *names, size_t n, struct error *err) {
    struct buffer list;
    buffer_init(&list, 600);
    for (size_t i = 0; i < n && list.len < 400; i++) {
        char name[100];
        openai_quote(names[i], name, sizeof name);
        buffer_printf(&list, "%s'%s'", i ? ", " : "", name);
    }
    error_set(err, ERROR_USAGE, "endpoint '%.200s' has %zu models: %s%s; name one, openai:URL#MODEL", o->place.base.at,
              n, list.at ? list.at : "", list.len >= 400 ? " ..." : "");
    buffer_done(&list);
    return false;
}

static bool find_model(struct openai *o, struct error *err) {
    struct probe probe;
    struct text *names;
    size_t n;
    probe_init(&probe, "/models");
    probe.models = true;
    bool ok = probe_send(o, &probe, err);
    if (ok && !probe.ok) {
        ok = error_set(err, ERROR_ENVIRONMENT,
                       "%.700s; no model is named and the endpoint gives no list of its models: name "
                       "one, openai:URL#MODEL",
                       probe.why.message);
    } else if (ok && (ok = openai_models_read(&o->arena, buffer_text(&probe.reply), &names, &n, err))) {
        if (n == 1) o->place.model = names[0];
        if (n == 0) ok = error_set(err, ERROR_ENVIRONMENT, "endpoint '%.300s' has no model loaded", o->place.base.at);
        if (n > 1) ok = list_models(o, names, n, err);
    }
    probe_done(&probe);
    return ok;
}

/* ---- chat ---- */

/* Says "hi" and wants one token back; adapts to models that refuse the old name of the limit or log-probabilities. */
static bool probe_chat(struct subject *subject, struct openai *o, struct probe *probe, struct error *err) {
    static const struct message hello = {{"user", 4}, {"hi", 2}};
    static const struct ask ask = {.messages = &hello, .n_messages = 1, .max_tokens = 1, .temperature = 1};
    o->manner.chat_logprobs = true;
    for (int i = 0; i < 3; i++) {
        buffer_clear(&probe->body);
        if (!openai_put_generate(&probe->body, &o->manner, &ask, 0, err)) return false;
        if (!probe_send(o, probe, err)) return false;
        if (probe->ok) break;
        if (!o->manner.completion_tokens && refused_for(probe, "max_completion_tokens"))
            o->manner.completion_tokens = true;
        else if (o->manner.chat_logprobs && refused_for(probe, "logprobs"))
            o->manner.chat_logprobs = false;
        else
            break;
    }
    if (!probe->ok) return o->manner.chat_logprobs = false, true;
    struct openai_reply reply;
    if (!openai_reply_read(&o->arena, buffer_text(&probe->reply), &reply, err)) return false;
    o->manner.chat_logprobs = o->manner.chat_logprobs && reply.n_tokens;
    subject->capabilities |= SUBJECT_CHATS | SUBJECT_SEES | SUBJECT_HEARS; /* its model may still refuse them */
    openai_reply_done(&reply);
    return true;
}

/* ---- raw text and scores ---- */

static const char echo_text[] = "The mill stands by the river";
#define ECHO_BORDER 8 /* behind "The mill" */

/* One reason behind the other, as far as there is room. */
static void lacks(struct subject *subject, const char *what, const char *why) {
    size_t n = strlen(subject->lacks);
    snprintf(subject->lacks + n, sizeof subject->lacks - n, "%s%s: %.120s", n ? "; " : "", what, why);
}

/* *again: max_tokens 0 was taken for "as many as you like". */
static bool read_echo(struct subject *subject, struct openai *o, struct probe *probe, bool *again, struct error *err) {
    struct openai_reply reply;
    struct choice_score score;
    struct error why = {0};
    struct text prompt = text_of(echo_text);
    if (!openai_reply_read(&o->arena, buffer_text(&probe->reply), &reply, err)) return false;
    o->manner.raw_logprobs = reply.n_tokens > 0;
    *again = o->manner.echo_tokens == 0 && text_starts(reply.text, prompt) && reply.text.len > prompt.len;
    if (!openai_reply_score(&o->arena, &reply, prompt, ECHO_BORDER, &score, &why))
        lacks(subject, "its /completions cannot score", why.message);
    else if (score.logprob != score.logprob)
        lacks(subject, "its /completions cannot score", "it leaves out log-probabilities of the prompt");
    else
        subject->capabilities |= SUBJECT_SCORES;
    openai_reply_done(&reply);
    return why.kind != ERROR_ENVIRONMENT || error_set(err, why.kind, "%s", why.message);
}

/* /completions exists but refuses the echo: can it at least go on with a raw prompt? */
static bool probe_raw(struct openai *o, struct probe *probe, struct error *err) {
    static const struct ask ask = {.prompt = {"The mill", 8}, .max_tokens = 1, .temperature = 1};
    struct openai_reply reply;
    buffer_clear(&probe->body);
    o->manner.raw_logprobs = true;
    o->manner.raw_as_chat = false;
    if (!openai_put_generate(&probe->body, &o->manner, &ask, 0, err)) return false;
    o->manner.raw_logprobs = false;
    if (!probe_send(o, probe, err)) return false;
    if (!probe->ok) return true;
    if (!openai_reply_read(&o->arena, buffer_text(&probe->reply), &reply, err)) return false;
    o->manner.raw_logprobs = reply.n_tokens > 0;
    openai_reply_done(&reply);
    return true;
}

static bool probe_completions(struct subject *subject, struct openai *o, struct probe *probe, struct error *err) {
    bool again = false;
    for (o->manner.echo_tokens = 0; o->manner.echo_tokens < 2; o->manner.echo_tokens++) {
        buffer_clear(&probe->body);
        if (!openai_put_echo(&probe->body, &o->manner, text_of(echo_text), err)) return false;
        if (!probe_send(o, probe, err)) return false;
        if (probe->ok && !read_echo(subject, o, probe, &again, err)) return false;
        if (probe->ok ? !again : !refused(probe)) break;
    }
    if (o->manner.echo_tokens > 1) o->manner.echo_tokens = 1;
    if (probe->ok) return true;
    lacks(subject, "its /completions cannot score", probe->why.message);
    return !refused(probe) || probe_raw(o, probe, err);
}

/* Says what the two routes are good for. */
static bool conclude(struct subject *subject, struct openai *o, const struct probe *chat, const struct probe *raw,
                     struct error *err) {
    struct openai_manner *manner = &o->manner;
    if (!chat->ok && !raw->ok && !manner->renders) {
        error_set(err, ERROR_ENVIRONMENT, "neither /chat/completions (%.300s) nor /completions (%.300s) answers",
                  chat->why.message, raw->why.message);
        return openai_advise(o, chat->status == 404 || chat->status == 405 ? raw->status : chat->status, err);
    }
    if (manner->renders && !raw->ok)
        return error_set(err, ERROR_USAGE,
                         "--template needs an endpoint with /completions (%.500s); leave it out, and the "
                         "endpoint takes its own",
                         raw->why.message);
    subject->capabilities |=
        SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_FOLLOWS | (manner->template ? SUBJECT_CHATS : 0);
    bool chats = chat->ok && !manner->renders;
    if ((!chats || manner->chat_logprobs) && (!raw->ok || manner->raw_logprobs))
        subject->capabilities |= SUBJECT_TOKEN_LOGPROBS;
    manner->raw_as_chat = !raw->ok;
    manner->renders = manner->renders || !chat->ok;
    if (!chat->ok && chat->why.kind) lacks(subject, "its /chat/completions fails", chat->why.message);
    return true;
}

bool openai_probe(struct subject *subject, struct openai *o, struct error *err) {
    struct probe chat, raw;
    bool renders = o->manner.renders;
    if (o->place.model.len == 0 && !find_model(o, err)) return false;
    o->manner.model = o->place.model;
    probe_init(&chat, "/chat/completions");
    probe_init(&raw, "/completions");
    bool ok = (renders || probe_chat(subject, o, &chat, err)) && probe_completions(subject, o, &raw, err) &&
              conclude(subject, o, &chat, &raw, err);
    probe_done(&chat);
    probe_done(&raw);
    return ok;
}
