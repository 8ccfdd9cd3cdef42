/* Subjects behind an OpenAI-compatible endpoint, openai:URL#MODEL. Conversations go to /chat/completions, where the
 * endpoint applies its own template; raw prompts and continuations to be scored go to /completions. An endpoint without
 * /completions gets a raw prompt as one user message.
 *
 * A template given in the settings is applied here and the result sent as a raw prompt. Where a conversation must
 * become raw text without one (to score answers behind it, for an endpoint without chat, template "none") its texts are
 * joined by line breaks, as for model files without a template.
 *
 * Scoring follows the rule of model files: white space at the end of the context belongs to the choice. Nothing here
 * promises equal answers to equal asks: that is up to the endpoint. Answers come in any order. */
#include "subject/subject_openai.h"

#include "base/hash.h"
#include "subject/ask_form.h"
#include "subject/message_part.h"
#include "subject/openai_reply.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONCURRENCY 8
#define CONCURRENCY_MAX 256
#define RETRIES 5
#define TIMEOUT 60.0
#define DOWN_AFTER 8 /* requests in a row that fail after all retries: the endpoint is taken for down */
#define KEY_MAX 4096

/* ---- opening ---- */

/* The key on the arena, NULL: none. Never part of a message. */
static bool read_key(const struct subject *subject, struct openai *o, const char **out, struct error *err) {
    const char *named = subject->settings.key_env;
    o->key_name = named && named[0] ? named : "OPENAI_API_KEY";
    struct text key = text_trim(text_of(getenv(o->key_name)));
    *out = NULL;
    if (key.len == 0) {
        if (!named || !named[0]) return true;
        return error_set(err, ERROR_USAGE, "the environment variable '%s', named by --key-env, is not set", named);
    }
    for (size_t i = 0; i < key.len; i++)
        if (key.at[i] <= ' ' || key.at[i] > '~' || key.len > KEY_MAX)
            return error_set(err, ERROR_USAGE,
                             "the key in the environment variable '%s' holds blanks or characters that no "
                             "key has, or is too long; expected one line of printable ASCII",
                             o->key_name);
    if (!o->place.secure && !o->place.loopback && !(named && named[0])) return o->key_kept_back = true;
    return (*out = text_copy(&o->arena, key, err)) != NULL;
}

static bool connect_endpoint(struct subject *subject, struct openai *o, struct error *err) {
    const struct subject_settings *s = &subject->settings;
    struct openai_http_settings settings = {.base = o->place.base, .loopback = o->place.loopback};
    if (!read_key(subject, o, &settings.key, err)) return false;
    o->concurrency = s->concurrency ? s->concurrency : CONCURRENCY;
    if (o->concurrency > CONCURRENCY_MAX) o->concurrency = CONCURRENCY_MAX;
    settings.concurrency = o->concurrency;
    settings.timeout = s->timeout > 0 ? s->timeout : TIMEOUT;
    settings.retries = s->retries < 0 ? RETRIES : s->retries;
    settings.reply_max = OPENAI_REPLY_MAX;
    settings.stop = s->stop;
    o->http = openai_http_new(&settings, err);
    if (settings.key) explicit_bzero((char *)settings.key, strlen(settings.key));
    return o->http != NULL;
}

static bool read_template(struct subject *subject, struct openai *o, struct error *err) {
    const char *name = subject->settings.template_name;
    o->manner.renders = name != NULL;
    if (!name || !strcmp(name, "none")) return true;
    if (!(o->template = chat_template_new(NULL, name, err))) return error_wrap(err, "chat template '%s'", name);
    struct text source = chat_template_source(o->template);
    sha256_hex(source.at, source.len, subject->template_digest);
    o->manner.template = o->template;
    return true;
}

/* What decides the answers, as far as it is known here. */
static bool set_identity(struct subject *subject, const struct openai *o, struct error *err) {
    struct buffer identity;
    buffer_init(&identity, 1 << 20);
    buffer_printf(&identity, "openai:%s#%s", o->place.base.at, o->place.model.at);
    if (subject->settings.template_name)
        buffer_printf(&identity, "\n%s", o->template ? subject->template_digest : "none");
    bool ok = buffer_check(&identity, "endpoint", err);
    if (ok) subject_digest_text(subject, buffer_text(&identity));
    buffer_done(&identity);
    subject_name_text(subject, o->place.model);
    return ok;
}

static bool open_openai(struct subject *subject, struct text spec, struct error *err) {
    struct openai *o = memory_zeroed(1, sizeof *o);
    if (!o) return error_memory(err, "endpoint");
    subject->state = o;
    arena_init(&o->arena, 0);
    return openai_place_read(&o->arena, spec, &o->place, err) && read_template(subject, o, err) &&
           connect_endpoint(subject, o, err) && openai_probe(subject, o, err) && set_identity(subject, o, err);
}

static void close_openai(struct subject *subject) {
    struct openai *o = subject->state;
    openai_http_free(o->http);
    chat_template_free(o->template);
    arena_done(&o->arena);
    memory_free(o);
}

/* ---- a batch ---- */

struct scored { /* an ASK_SCORE under way */
    struct choice_score *choices;
    size_t left;
    double ms;
    size_t tokens_in;
    bool failed; /* its error was given */
};

struct batch {
    struct openai *o;
    const struct ask *asks;
    size_t n;
    size_t *first; /* [n+1] first request of each ask: one per sample or choice, none for an ask that is refused */
    struct scored *scored; /* [n] */
    subject_sink *sink;
    void *context;
    struct arena arena;   /* of the batch */
    struct arena scratch; /* of one reply */
};

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t ask_of(const struct batch *b, size_t request) {
    size_t low = 0, high = b->n;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (b->first[middle] <= request)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The context with one choice behind it, as it is sent, and where the choice begins. */
static bool put_scored(struct buffer *out, const struct batch *b, size_t k, size_t choice, size_t *border,
                       struct error *err) {
    if (!openai_put_prompt(out, &b->o->manner, &b->asks[k], err)) return false;
    for (*border = out->len; *border && is_blank(out->at[*border - 1]);) --*border;
    return buffer_put_text(out, b->asks[k].choices[choice]) || buffer_check(out, "prompt", err);
}

static bool make(void *context, size_t i, const char **route, struct buffer *body, struct error *err) {
    struct batch *b = context;
    size_t k = ask_of(b, i), border;
    const struct ask *ask = &b->asks[k];
    *route = openai_is_chat(&b->o->manner, ask) ? "/chat/completions" : "/completions";
    if (ask->kind == ASK_GENERATE) return openai_put_generate(body, &b->o->manner, ask, i - b->first[k], err);
    struct buffer prompt;
    buffer_init(&prompt, OPENAI_REPLY_MAX);
    bool ok = put_scored(&prompt, b, k, i - b->first[k], &border, err) &&
              openai_put_echo(body, &b->o->manner, buffer_text(&prompt), err);
    buffer_done(&prompt);
    return ok;
}

static bool give_generated(struct batch *b, size_t k, size_t sample, const struct openai_reply *reply, double ms,
                           struct error *err) {
    struct answer answer = {.ask = k,
                            .sample = sample,
                            .finish = reply->finish,
                            .tokens_in = reply->tokens_in,
                            .tokens_out = reply->tokens_out,
                            .ms = ms};
    answer.text = openai_cut(reply->text, &b->asks[k]);
    bool cut = answer.text.len<reply->text.len, known = reply->n_tokens> 0 && !cut;
    struct error why = {0};
    if (!ask_form_check(&b->asks[k], answer.text, cut ? ANSWER_LENGTH : answer.finish, "the endpoint", &why)) {
        if (why.kind != ERROR_DATA) return *err = why, false;
        return subject_give_error(k, sample, &why, b->sink, b->context, err);
    }
    if (cut) answer.finish = ANSWER_STOP;
    for (size_t i = 0; i < reply->n_tokens; i++) known = known && !isnan(reply->tokens[i].logprob);
    if (known) {
        float *values = arena_new(&b->scratch, float, reply->n_tokens, err);
        if (!values) return false;
        for (size_t i = 0; i < reply->n_tokens; i++) values[i] = (float)reply->tokens[i].logprob;
        answer.logprobs = values;
        answer.tokens_out = reply->n_tokens; /* usage may count tokens that are not shown */
    }
    return b->sink(b->context, &answer, err);
}

static bool fail_scored(struct batch *b, size_t k, const struct error *why, struct error *err) {
    struct scored *scored = &b->scored[k];
    scored->left--;
    if (scored->failed) return true;
    scored->failed = true;
    return subject_give_error(k, 0, why, b->sink, b->context, err);
}

static bool give_scored(struct batch *b, size_t k, size_t choice, const struct openai_reply *reply, double ms,
                        struct error *err) {
    const struct ask *ask = &b->asks[k];
    struct scored *scored = &b->scored[k];
    struct choice_score *score = &scored->choices[choice];
    struct buffer prompt;
    struct error why = {0};
    size_t border;
    buffer_init(&prompt, OPENAI_REPLY_MAX);
    bool ok = put_scored(&prompt, b, k, choice, &border, &why) &&
              openai_reply_score(&b->scratch, reply, buffer_text(&prompt), border, score, &why);
    score->bytes = ask->choices[choice].len;
    buffer_done(&prompt);
    if (!ok && why.kind != ERROR_DATA) return *err = why, false;
    if (!ok) {
        error_wrap(&why, "choice %zu", choice);
        return fail_scored(b, k, &why, err);
    }
    scored->ms += ms;
    scored->tokens_in += reply->tokens_in;
    if (--scored->left || scored->failed) return true;
    struct answer answer = {.ask = k,
                            .finish = ANSWER_STOP,
                            .tokens_in = scored->tokens_in,
                            .ms = scored->ms,
                            .choices = scored->choices,
                            .n_choices = ask->n_choices};
    return b->sink(b->context, &answer, err);
}

static enum openai_verdict take(void *context, size_t i, struct text body, double ms, struct error *err) {
    struct batch *b = context;
    struct openai_reply reply;
    size_t k = ask_of(b, i);
    arena_reset(&b->scratch);
    if (!openai_reply_read(&b->scratch, body, &reply, err)) return err->kind == ERROR_DATA ? OPENAI_AGAIN : OPENAI_END;
    b->o->answered = true;
    b->o->failed_in_row = 0;
    bool ok = b->asks[k].kind == ASK_SCORE ? give_scored(b, k, i - b->first[k], &reply, ms, err)
                                           : give_generated(b, k, i - b->first[k], &reply, ms, err);
    openai_reply_done(&reply);
    return ok ? OPENAI_TAKEN : OPENAI_END;
}

/* A refusal that would meet every other request as well. */
static bool concerns_all(const struct openai *o, long status, struct text reply) {
    if (status == 401) return true;
    if (status == 429) return openai_says(reply, "insufficient_quota");
    return !o->answered && (status == 403 || status == 404 || status == 405 || (status >= 300 && status < 400));
}

static bool fail(void *context, size_t i, long status, struct text reply, bool gone, const struct error *why,
                 struct error *err) {
    struct batch *b = context;
    struct openai *o = b->o;
    size_t k = ask_of(b, i), down_after = o->concurrency > DOWN_AFTER ? o->concurrency : DOWN_AFTER;
    bool request_is_bad = status >= 400 && status < 500 && status != 408 && status != 429;
    if (!request_is_bad) o->failed_in_row++;
    if (concerns_all(o, status, reply)) {
        error_set(err, ERROR_ENVIRONMENT, "%s", why->message);
        return openai_advise(o, status, err);
    }
    if (gone || o->failed_in_row >= down_after)
        return error_set(err, ERROR_ENVIRONMENT,
                         "%.700s; it seems to be down: see that it runs, then give the same command "
                         "again (answers so far are kept)",
                         why->message);
    if (b->asks[k].kind == ASK_SCORE) return fail_scored(b, k, why, err);
    return subject_give_error(k, i - b->first[k], why, b->sink, b->context, err);
}

/* Pictures and sounds are there and whole: one that is not fails its ask alone. */
static bool can_be_sent(const struct ask *ask, struct error *why) {
    struct buffer trial;
    bool ok = true;
    buffer_init(&trial, (size_t)1 << 30);
    for (size_t i = 0; ok && i < ask->n_messages; i++) {
        buffer_clear(&trial);
        ok = message_put_content(&trial, &ask->messages[i], why);
    }
    buffer_done(&trial);
    return ok;
}

/* Whether an ask can be put to this endpoint at all; `why` says why not. */
static bool is_possible(const struct subject *subject, const struct batch *b, const struct ask *ask,
                        struct error *why) {
    if (ask->kind == ASK_SCORE && !(subject->capabilities & SUBJECT_SCORES))
        return error_set(why, ERROR_USAGE, "subject '%s' gives no log-probabilities of given answers (%s)",
                         subject->name, subject->lacks);
    if (messages_need(ask->messages, ask->n_messages) && !can_be_sent(ask, why)) return false;
    if (!ask->n_messages || !b->o->template) return true;
    struct buffer trial;
    buffer_init(&trial, OPENAI_REPLY_MAX);
    bool ok = openai_put_prompt(&trial, &b->o->manner, ask, why);
    buffer_done(&trial);
    return ok || error_wrap(why, "chat template");
}

/* Asks that need no request are answered here. */
static bool plan(const struct subject *subject, struct batch *b, struct error *err) {
    size_t total = 0;
    for (size_t k = 0; k < b->n; k++) {
        const struct ask *ask = &b->asks[k];
        struct error why = {0};
        b->first[k] = total;
        if (!is_possible(subject, b, ask, &why)) {
            for (size_t i = 0; i < ask_answers(ask); i++)
                if (!subject_give_error(k, i, &why, b->sink, b->context, err)) return false;
            continue;
        }
        total += ask->kind == ASK_SCORE ? ask->n_choices : ask_answers(ask);
        if (ask->kind != ASK_SCORE) continue;
        b->scored[k].left = ask->n_choices;
        b->scored[k].choices = arena_new(&b->arena, struct choice_score, ask->n_choices + 1, err);
        if (!b->scored[k].choices) return false;
        const struct answer nothing = {.ask = k, .finish = ANSWER_STOP, .choices = b->scored[k].choices};
        if (ask->n_choices == 0 && !b->sink(b->context, &nothing, err)) return false;
    }
    b->first[b->n] = total;
    return true;
}

static bool ask_openai(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                       struct error *err) {
    struct openai *o = subject->state;
    struct batch b = {.o = o, .asks = asks, .n = n, .sink = sink, .context = context};
    const struct openai_exchange exchange = {&b, make, take, fail};
    arena_init(&b.arena, 0);
    arena_init(&b.scratch, 0);
    b.first = arena_new(&b.arena, size_t, n + 1, err);
    b.scored = b.first ? arena_new(&b.arena, struct scored, n, err) : NULL;
    bool ok = b.scored && plan(subject, &b, err) && openai_http_run(o->http, b.first[n], true, &exchange, err);
    arena_done(&b.arena);
    arena_done(&b.scratch);
    return ok;
}

const struct subject_kind subject_openai = {
    .name = "openai",
    .summary = "a model behind an OpenAI-compatible endpoint",
    .form = "openai:URL#MODEL",
    .claims = openai_place_claims,
    .open = open_openai,
    .ask = ask_openai,
    .close = close_openai,
};
