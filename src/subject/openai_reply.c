/* Replies of OpenAI-compatible endpoints: see openai_reply.h. */
#include "subject/openai_reply.h"

#include <math.h>
#include <string.h>

/* ---- reading ---- */

static bool is_html(struct text body) {
    struct text t = text_trim(body);
    return t.len && t.at[0] == '<';
}

/* base/json.h refuses escaped zeros, but a model may well say one: it becomes U+FFFD. */
static bool without_zeros(struct arena *arena, struct text *body, struct error *err) {
    const struct text zero = TEXT("\\u0000"), instead = TEXT("\\uFFFD");
    if (text_find(*body, zero, 0) == SIZE_MAX) return true;
    char *copy = arena_copy(arena, body->at, body->len, err);
    if (!copy) return false;
    for (size_t i = 0; i + zero.len <= body->len; i++) {
        if (copy[i] != '\\') continue;
        if (memcmp(copy + i, zero.at, zero.len) == 0) memcpy(copy + i, instead.at, instead.len);
        i++;
    }
    body->at = copy;
    return true;
}

static json_t *read_body(struct arena *arena, struct text body, struct error *err) {
    if (body.len > OPENAI_REPLY_MAX)
        return error_set(err, ERROR_DATA, "reply of %zu bytes, at most %zu are read", body.len, OPENAI_REPLY_MAX), NULL;
    if (text_trim(body).len == 0) return error_set(err, ERROR_DATA, "empty reply, expected JSON"), NULL;
    if (is_html(body)) {
        error_set(err, ERROR_DATA,
                  "a web page (HTML) came back, expected JSON; is the URL that of the API (it often ends "
                  "in /v1)");
        return NULL;
    }
    return without_zeros(arena, &body, err) ? json_read(body, "reply", 1, err) : NULL;
}

static bool lacks(const char *what, struct error *err) {
    return error_set(err, ERROR_DATA, "reply without %s", what);
}

static size_t count_of(const json_t *value) {
    return json_is_integer(value) && json_integer_value(value) >= 0 ? (size_t)json_integer_value(value) : 0;
}

/* Content is a string, null, or a list of parts with texts. */
static bool read_content(struct arena *arena, const json_t *content, struct text *out, struct error *err) {
    if (!json_is_array(content)) return *out = json_text(content), true;
    struct buffer b;
    size_t i;
    const json_t *part;
    buffer_init(&b, OPENAI_REPLY_MAX);
    json_array_foreach(content, i, part) buffer_put_text(&b, json_text(json_object_get(part, "text")));
    bool ok = buffer_check(&b, "reply", err);
    const char *copy = ok ? text_copy(arena, buffer_text(&b), err) : NULL;
    *out = (struct text){copy, b.len};
    buffer_done(&b);
    return copy != NULL;
}

static bool read_text(struct arena *arena, const json_t *choice, bool event, struct text *out, struct error *err) {
    const json_t *message = json_object_get(choice, event ? "delta" : "message"),
                 *text = json_object_get(choice, "text");
    if (json_is_object(message)) {
        const json_t *content = json_object_get(message, "content"), *refusal = json_object_get(message, "refusal");
        if (content && !json_is_string(content) && !json_is_null(content) && !json_is_array(content))
            return error_set(err, ERROR_DATA, "reply with a 'content' that is neither text nor parts");
        if (!read_content(arena, content, out, err)) return false;
        if (out->len == 0 && json_is_string(refusal)) *out = json_text(refusal);
        return true;
    }
    *out = TEXT("");
    if (event && (!text || json_is_null(text))) return true; /* the end says only why it is one */
    if (!json_is_string(text)) return lacks("'choices[0].message' or 'choices[0].text'", err);
    *out = json_text(text);
    return true;
}

static bool read_finish(const json_t *choice, struct openai_reply *out, struct error *err) {
    struct text reason = json_text(json_object_get(choice, "finish_reason"));
    if (text_equal_c(reason, "error"))
        return error_set(err, ERROR_DATA, "the endpoint broke off its answer (finish_reason 'error')");
    bool length = text_equal_c(reason, "length") || text_equal_c(reason, "max_tokens");
    out->finish = length ? ANSWER_LENGTH : ANSWER_STOP;
    out->finished = reason.len > 0;
    return true;
}

/* ---- log-probabilities ---- */

#define LOGPROB_SLACK 1e-3 /* rounding may lift a sure token a little above 0 */

static double logprob_of(const json_t *value, bool *wrong) {
    if (!json_is_number(value)) return NAN;
    double v = json_number_value(value);
    if (!(v <= LOGPROB_SLACK)) *wrong = true;
    return v > 0 ? 0 : v;
}

static double higher(double a, double b) {
    return isnan(a) || b > a ? b : a;
}

/* top_logprobs of one place: a list of {token, logprob} or an object token -> logprob. */
static double best_of(const json_t *top, bool *wrong) {
    double best = NAN;
    size_t i;
    const char *key;
    json_t *value;
    if (json_is_array(top)) {
        json_array_foreach(top, i, value) best = higher(best, logprob_of(json_object_get(value, "logprob"), wrong));
    } else if (json_is_object(top)) {
        json_object_foreach((json_t *)top, key, value) best = higher(best, logprob_of(value, wrong));
    }
    return best;
}

static bool read_chat_tokens(const json_t *content, struct openai_token *tokens, struct error *err) {
    size_t i;
    const json_t *one;
    bool wrong = false;
    json_array_foreach(content, i, one) {
        if (!json_is_object(one)) return lacks("objects in 'logprobs.content'", err);
        tokens[i] = (struct openai_token){.text = json_text(json_object_get(one, "token")), .offset = SIZE_MAX};
        tokens[i].logprob = logprob_of(json_object_get(one, "logprob"), &wrong);
        tokens[i].best = best_of(json_object_get(one, "top_logprobs"), &wrong);
    }
    return !wrong || error_set(err, ERROR_DATA, "reply with a log-probability above 0");
}

static bool read_completion_tokens(const json_t *logprobs, struct openai_token *tokens, struct error *err) {
    const json_t *texts = json_object_get(logprobs, "tokens"), *values = json_object_get(logprobs, "token_logprobs");
    const json_t *tops = json_object_get(logprobs, "top_logprobs"), *at = json_object_get(logprobs, "text_offset");
    size_t i;
    const json_t *value;
    bool wrong = false;
    json_array_foreach(values, i, value) {
        const json_t *offset = json_array_get(at, i);
        tokens[i] = (struct openai_token){.text = json_text(json_array_get(texts, i)), .offset = SIZE_MAX};
        tokens[i].logprob = logprob_of(value, &wrong);
        tokens[i].best = best_of(json_array_get(tops, i), &wrong);
        if (json_is_integer(offset) && json_integer_value(offset) >= 0) tokens[i].offset = count_of(offset);
    }
    return !wrong || error_set(err, ERROR_DATA, "reply with a log-probability above 0");
}

static bool read_tokens(struct arena *arena, const json_t *logprobs, struct openai_reply *out, struct error *err) {
    const json_t *content = json_object_get(logprobs, "content"), *values = json_object_get(logprobs, "token_logprobs");
    size_t n = json_array_size(json_is_array(content) ? content : values);
    if (n == 0) return true;
    struct openai_token *tokens = arena_new(arena, struct openai_token, n, err);
    if (!tokens) return false;
    out->tokens = tokens;
    out->n_tokens = n;
    return json_is_array(content) ? read_chat_tokens(content, tokens, err)
                                  : read_completion_tokens(logprobs, tokens, err);
}

static bool read_choice(struct arena *arena, const json_t *choice, bool event, struct openai_reply *out,
                        struct error *err) {
    if (!json_is_object(choice)) return event || lacks("'choices'", err); /* an event may bring the usage alone */
    return read_text(arena, choice, event, &out->text, err) && read_finish(choice, out, err) &&
           (event || read_tokens(arena, json_object_get(choice, "logprobs"), out, err));
}

static bool read_reply(struct arena *arena, struct text body, bool event, struct openai_reply *out, struct error *err) {
    *out = (struct openai_reply){0};
    json_t *root = out->root = read_body(arena, body, err);
    if (!root) return false;
    const json_t *error = json_object_get(root, "error"), *choice = json_array_get(json_object_get(root, "choices"), 0);
    const json_t *usage = json_object_get(root, "usage");
    char said[300];
    if (error && !json_is_null(error)) {
        openai_message(body, said, sizeof said);
        error_set(err, ERROR_DATA, "the endpoint reports an error: %s", said);
    } else if (read_choice(arena, choice, event, out, err)) {
        out->tokens_in = count_of(json_object_get(usage, "prompt_tokens"));
        out->tokens_out = json_is_object(usage) ? count_of(json_object_get(usage, "completion_tokens")) : out->n_tokens;
        return true;
    }
    openai_reply_done(out);
    return false;
}

bool openai_reply_read(struct arena *arena, struct text body, struct openai_reply *out, struct error *err) {
    return read_reply(arena, body, false, out, err);
}

bool openai_event_read(struct arena *arena, struct text body, struct openai_reply *out, struct error *err) {
    return read_reply(arena, body, true, out, err);
}

void openai_reply_done(struct openai_reply *reply) {
    json_decref(reply->root);
    *reply = (struct openai_reply){0};
}

/* ---- laying tokens over the prompt ---- */

/* starts: [n_tokens+1] byte of the prompt at which each token starts; those of tokens behind it are prompt.len. */

/* By texts, which must spell the prompt. `skip` tokens at the front (a start-of-text sign) stand for no bytes. */
static bool lay_by_texts(const struct openai_reply *r, struct text prompt, size_t skip, size_t *starts) {
    size_t at = 0, i = 0;
    for (; i < r->n_tokens && i < skip; i++) starts[i] = 0;
    for (; i < r->n_tokens && at < prompt.len; i++) {
        struct text t = r->tokens[i].text;
        if (t.len > prompt.len - at || memcmp(prompt.at + at, t.at ? t.at : "", t.len) != 0) return false;
        starts[i] = at;
        at += t.len;
    }
    for (; i <= r->n_tokens; i++) starts[i] = prompt.len;
    return at == prompt.len;
}

/* A text that says nothing about the bytes behind it: empty, a piece of a character, or spelled as bytes. */
static bool is_opaque(struct text t) {
    return t.len == 0 || text_find(t, TEXT("\xEF\xBF\xBD"), 0) != SIZE_MAX || text_starts(t, TEXT("bytes:")) ||
           (t.at[0] == '<' && t.at[t.len - 1] == '>');
}

/* By text_offset, in characters or bytes. Where texts can be compared with the prompt they must agree, and most must be
 * comparable, so that an endpoint that counts otherwise is found out. */
static bool lay_by_offsets(const struct openai_reply *r, struct text prompt, bool characters, size_t *starts) {
    size_t at = 0, counted = 0, seen = 0, inside = 0;
    uint32_t codepoint;
    for (size_t i = 0; i < r->n_tokens; i++) {
        const struct openai_token *t = &r->tokens[i];
        if (t->offset == SIZE_MAX || t->offset < counted) return false;
        while (counted < t->offset && at < prompt.len) {
            size_t step = characters ? text_utf8_next(text_part(prompt, at, prompt.len), &codepoint) : 1;
            if (step == 0) return false;
            at += step;
            counted++;
        }
        starts[i] = at;
        if (at == prompt.len) {
            if (i == 0) return false;
            for (size_t k = i; k < r->n_tokens; k++) starts[k] = prompt.len;
            break;
        }
        inside++;
        if (is_opaque(t->text)) continue;
        if (!text_starts(text_part(prompt, at, prompt.len), t->text)) return false;
        seen++;
    }
    starts[r->n_tokens] = prompt.len;
    return inside && seen * 2 >= inside;
}

static bool lay(const struct openai_reply *r, struct text prompt, size_t *starts, struct error *err) {
    if (lay_by_texts(r, prompt, 0, starts) || lay_by_texts(r, prompt, 1, starts)) return true;
    if (lay_by_offsets(r, prompt, true, starts) || lay_by_offsets(r, prompt, false, starts)) return true;
    return error_set(err, ERROR_DATA,
                     "the tokens of the echo cannot be laid over the prompt, neither by their texts nor by "
                     "'text_offset'");
}

bool openai_reply_score(struct arena *arena, const struct openai_reply *r, struct text prompt, size_t border,
                        struct choice_score *out, struct error *err) {
    *out = (struct choice_score){.bytes = prompt.len - border, .greedy = true};
    if (!text_starts(r->text, prompt)) return lacks("an echo of the prompt", err);
    if (!r->n_tokens) return lacks("log-probabilities", err);
    size_t *starts = arena_new(arena, size_t, r->n_tokens + 1, err);
    if (!starts || !lay(r, prompt, starts, err)) return false;
    size_t known = 0;
    for (size_t i = 0; i < r->n_tokens && starts[i] < prompt.len; i++) {
        const struct openai_token *t = &r->tokens[i];
        bool whole = !isnan(t->logprob);
        known += whole;
        if (starts[i + 1] <= border && !(starts[i] >= border && whole)) continue;
        if (i == 0 && !whole) continue;
        out->logprob += t->logprob;
        out->tokens++;
        if (!whole || !(t->logprob >= t->best)) out->greedy = false;
    }
    if (!known) return lacks("log-probabilities of the prompt's tokens", err);
    if (out->tokens == 0 && out->bytes) out->logprob = NAN, out->greedy = false;
    return true;
}

/* ---- models and errors ---- */

bool openai_models_read(struct arena *arena, struct text body, struct text **out, size_t *n, struct error *err) {
    json_t *root = read_body(arena, body, err);
    const json_t *data = json_is_array(root) ? root : json_object_get(root, "data"), *one;
    bool ok = root && (json_is_array(data) || lacks("a list 'data' of models", err));
    size_t i;
    *n = 0;
    *out = ok ? arena_new(arena, struct text, json_array_size(data) + 1, err) : NULL;
    ok = *out != NULL;
    if (ok) {
        json_array_foreach(data, i, one) {
            struct text id = json_text(json_object_get(one, "id"));
            if (id.len == 0) continue;
            const char *copy = text_copy(arena, id, err);
            if (!copy) {
                ok = false;
                break;
            }
            (*out)[(*n)++] = (struct text){copy, id.len};
        }
    }
    json_decref(root);
    return ok;
}

void openai_quote(struct text t, char *out, size_t size) {
    size_t n = 0, i = 0;
    t = text_trim(t);
    while (i < t.len) {
        uint32_t codepoint;
        struct text rest = text_part(t, i, t.len);
        size_t step = text_utf8_next(rest, &codepoint);
        bool plain = step && codepoint >= 32 && !(codepoint >= 127 && codepoint < 160);
        bool blank = !plain && n && out[n - 1] == ' ';
        size_t put = plain ? step : blank ? 0 : 1;
        if (n + put >= size) break;
        if (plain)
            memcpy(out + n, rest.at, step);
        else if (put)
            out[n] = ' ';
        n += put;
        i += step ? step : 1;
    }
    while (n && out[n - 1] == ' ') n--;
    if (size) out[n] = 0;
}

/* The first text among: error.message, error, message, detail, detail[0].msg. Borrowed. */
static struct text message_in(const json_t *root) {
    const json_t *error = json_object_get(root, "error"), *detail = json_object_get(root, "detail");
    const json_t *candidates[] = {json_object_get(error, "message"),
                                  error,
                                  json_object_get(root, "message"),
                                  detail,
                                  json_object_get(json_array_get(detail, 0), "msg"),
                                  root};
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
        if (json_is_string(candidates[i])) return json_text(candidates[i]);
    return (struct text){0};
}

void openai_message(struct text body, char *out, size_t size) {
    json_t *root = is_html(body) || body.len > OPENAI_REPLY_MAX ? NULL : json_read(body, "reply", 1, NULL);
    struct text said = message_in(root);
    if (is_html(body)) said = TEXT("a web page (HTML)");
    openai_quote(said.len ? said : text_part(body, 0, body.len < 200 ? body.len : 200), out, size);
    json_decref(root);
}

bool openai_says(struct text body, const char *code) {
    json_t *root = body.len > OPENAI_REPLY_MAX ? NULL : json_read(body, "reply", 1, NULL);
    const json_t *error = json_object_get(root, "error");
    bool says = text_equal_c(json_text(json_object_get(error, "code")), code) ||
                text_equal_c(json_text(json_object_get(error, "type")), code);
    json_decref(root);
    return says;
}
