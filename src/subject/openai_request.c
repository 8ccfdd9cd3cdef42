/* Bodies of requests: see openai_request.h. */
#include "subject/openai_request.h"

#include "base/json.h"
#include "subject/ask_form.h"
#include "subject/message_part.h"

#define STOPS_MAX 4 /* of the API */

bool openai_is_chat(const struct openai_manner *manner, const struct ask *ask) {
    return ask->kind == ASK_GENERATE && ((ask->n_messages > 0 && !manner->renders) || manner->raw_as_chat);
}

static json_t *messages_json(const struct ask *ask) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < ask->n_messages; i++) {
        json_t *one = json_pack("{s:o s:o}", "role", json_from_text(ask->messages[i].role), "content",
                                json_from_text(ask->messages[i].text));
        if (one && json_array_append_new(list, one) == 0) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

bool openai_put_prompt(struct buffer *out, const struct openai_manner *manner, const struct ask *ask,
                       struct error *err) {
    if (ask->n_messages && manner->template) {
        json_t *messages = messages_json(ask);
        bool ok = messages ? chat_render(manner->template, messages, true, out, err) : error_memory(err, "messages");
        json_decref(messages);
        return ok;
    }
    if (ask->n_messages == 0) buffer_put_text(out, ask->prompt);
    for (size_t i = 0; i < ask->n_messages; i++) {
        if (i) buffer_put_char(out, '\n');
        buffer_put_text(out, ask->messages[i].text);
    }
    return buffer_check(out, "prompt", err);
}

static bool put_message(struct buffer *out, const struct message *message, struct error *err) {
    buffer_put_c(out, "{\"role\":");
    json_put_string(out, message->role);
    buffer_put_c(out, ",\"content\":");
    bool ok = message_put_content(out, message, err);
    buffer_put_char(out, '}');
    return ok;
}

static bool put_conversation(struct buffer *out, const struct ask *ask, struct error *err) {
    const struct message alone = {TEXT("user"), ask->prompt};
    bool ok = true;
    buffer_put_c(out, ",\"messages\":[");
    if (ask->n_messages == 0) ok = put_message(out, &alone, err);
    for (size_t i = 0; ok && i < ask->n_messages; i++) {
        if (i) buffer_put_char(out, ',');
        ok = put_message(out, &ask->messages[i], err);
    }
    buffer_put_char(out, ']');
    return ok;
}

static void put_number(struct buffer *out, const char *key, double value) {
    buffer_printf(out, ",\"%s\":", key);
    buffer_put_f64(out, value);
}

static void put_stops(struct buffer *out, const struct ask *ask) {
    size_t n = 0;
    for (size_t i = 0; i < ask->n_stops && n < STOPS_MAX; i++) {
        if (ask->stops[i].len == 0) continue;
        buffer_put_c(out, n++ ? "," : ",\"stop\":[");
        json_put_string(out, ask->stops[i]);
    }
    if (n) buffer_put_char(out, ']');
}

static bool put_raw(struct buffer *out, const struct openai_manner *manner, const struct ask *ask, struct error *err) {
    struct buffer prompt;
    buffer_init(&prompt, out->max);
    bool ok = openai_put_prompt(&prompt, manner, ask, err);
    buffer_put_c(out, ",\"prompt\":");
    json_put_string(out, buffer_text(&prompt));
    buffer_done(&prompt);
    return ok;
}

bool openai_put_generate(struct buffer *out, const struct openai_manner *manner, const struct ask *ask, size_t sample,
                         struct error *err) {
    bool chat = openai_is_chat(manner, ask);
    buffer_put_c(out, "{\"model\":");
    json_put_string(out, manner->model);
    if (!(chat ? put_conversation(out, ask, err) : put_raw(out, manner, ask, err))) return false;
    if (ask->max_tokens)
        buffer_printf(out, ",\"%s\":%zu", chat && manner->completion_tokens ? "max_completion_tokens" : "max_tokens",
                      ask->max_tokens);
    put_number(out, "temperature", ask->temperature);
    if (ask->top_p > 0 && ask->top_p < 1) put_number(out, "top_p", ask->top_p);
    if (ask->top_k) buffer_printf(out, ",\"top_k\":%zu", ask->top_k);
    buffer_printf(out, ",\"seed\":%llu", (unsigned long long)((ask->seed + sample) & 0x7FFFFFFF));
    put_stops(out, ask);
    ask_form_put(out, ask);
    if (manner->streams)
        buffer_put_c(out, ",\"stream\":true");
    else if (chat && manner->chat_logprobs)
        buffer_put_c(out, ",\"logprobs\":true");
    else if (!chat && manner->raw_logprobs)
        buffer_put_c(out, ",\"logprobs\":1");
    buffer_put_char(out, '}');
    return buffer_check(out, "request", err);
}

bool openai_put_echo(struct buffer *out, const struct openai_manner *manner, struct text prompt, struct error *err) {
    buffer_put_c(out, "{\"model\":");
    json_put_string(out, manner->model);
    buffer_put_c(out, ",\"prompt\":");
    json_put_string(out, prompt);
    buffer_printf(out, ",\"max_tokens\":%zu,\"temperature\":0,\"echo\":true,\"logprobs\":1}", manner->echo_tokens);
    return buffer_check(out, "request", err);
}

struct text openai_cut(struct text t, const struct ask *ask) {
    size_t first = t.len;
    for (size_t i = 0; i < ask->n_stops; i++) {
        size_t at = ask->stops[i].len ? text_find(t, ask->stops[i], 0) : SIZE_MAX;
        if (at < first) first = at;
    }
    return text_part(t, 0, first);
}
