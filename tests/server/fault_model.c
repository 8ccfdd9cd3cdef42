/* Answers of the test server: see fault_model.h. */
#include "fault_model.h"

#include "base/base64.h"
#include "base/hash.h"
#include "base/rng.h"

#include <ctype.h>
#include <string.h>

#define TEXT_MAX ((size_t)32 << 20)

static const char *const words[16] = {"mill", "river", "bread", "the",  "of",           "lantern", "guild", "seven",
                                      "Lena", "salt",  "old",   "gate", "r\u00e9colte", "stone",   "keeps", "."};

/* ---- tokens ---- */

static size_t token_length(struct text t) {
    size_t n = t.at[0] == ' ' ? 1 : 0, letters = n;
    uint32_t codepoint;
    while (letters < t.len && isalnum((unsigned char)t.at[letters])) letters++;
    if (letters > n) return letters;
    n = text_utf8_next(t, &codepoint);
    return n ? n : 1;
}

static double token_logprob(struct text before, struct text token, double *best) {
    struct buffer key;
    buffer_init(&key, TEXT_MAX);
    buffer_put_text(&key, before);
    buffer_put_char(&key, '|');
    buffer_put_text(&key, token);
    uint64_t h = hash_xxh3(key.at, key.len);
    buffer_done(&key);
    double value = -(double)(1 + h % 4000) / 1000;
    *best = value + (h % 2 ? 0.0005 : 0);
    return value;
}

struct lists {
    struct buffer tokens, values, tops, offsets, content;
    size_t n;
};

static void lists_init(struct lists *l) {
    struct buffer *all[] = {&l->tokens, &l->values, &l->tops, &l->offsets, &l->content};
    for (size_t i = 0; i < 5; i++) buffer_init(all[i], TEXT_MAX);
    l->n = 0;
}

static void lists_done(struct lists *l) {
    struct buffer *all[] = {&l->tokens, &l->values, &l->tops, &l->offsets, &l->content};
    for (size_t i = 0; i < 5; i++) buffer_done(all[i]);
}

static void put_pair(struct buffer *b, struct text token, double value) {
    buffer_put_c(b, "{\"token\":");
    json_put_string(b, token);
    buffer_put_c(b, ",\"logprob\":");
    buffer_put_f64(b, value);
}

static void put_top(struct buffer *b, struct text token, double value, double best) {
    buffer_put_char(b, '{');
    json_put_string(b, token);
    buffer_put_char(b, ':');
    buffer_put_f64(b, value);
    if (best > value) {
        buffer_put_c(b, ",\"<other>\":");
        buffer_put_f64(b, best);
    }
    buffer_put_char(b, '}');
}

static void put_token(struct lists *l, struct text token, bool known, double value, double best, size_t offset) {
    struct buffer *all[] = {&l->tokens, &l->values, &l->tops, &l->offsets, &l->content};
    if (l->n++)
        for (size_t i = 0; i < 5; i++) buffer_put_char(all[i], ',');
    json_put_string(&l->tokens, token);
    buffer_printf(&l->offsets, "%zu", offset);
    if (!known) {
        buffer_put_c(&l->values, "null");
        buffer_put_c(&l->tops, "null");
        return;
    }
    buffer_put_f64(&l->values, value);
    put_top(&l->tops, token, value, best);
    put_pair(&l->content, token, value);
    buffer_put_c(&l->content, ",\"top_logprobs\":[");
    put_pair(&l->content, token, value);
    buffer_put_char(&l->content, '}');
    if (best > value) {
        buffer_put_char(&l->content, ',');
        put_pair(&l->content, TEXT("<other>"), best);
        buffer_put_char(&l->content, '}');
    }
    buffer_put_c(&l->content, "]}");
}

/* Tokens of text[from..]; what stands before is their context. Returns how many there are. */
static size_t put_tokens(const struct fault_model *m, struct lists *l, struct text text, size_t from, bool start) {
    size_t n = 0;
    if (start) put_token(l, TEXT("<s>"), false, 0, 0, 0);
    for (size_t at = from, step; at < text.len; at += step, n++) {
        struct text token = text_part(text, at, at + (step = token_length(text_part(text, at, text.len))));
        struct text before = text_part(text, 0, at);
        double best, value = token_logprob(before, token, &best);
        put_token(l, token, at > 0 || start, value, best, m->byte_offsets ? at : text_utf8_count(before));
    }
    return n;
}

/* ---- generating ---- */

static int64_t number(const json_t *request, const char *key, int64_t initial) {
    const json_t *value = json_object_get(request, key);
    return json_is_integer(value) ? (int64_t)json_integer_value(value) : initial;
}

static bool cut_at_stop(const json_t *request, struct buffer *text, size_t from) {
    const json_t *stops = json_object_get(request, "stop"), *stop;
    size_t i, first = SIZE_MAX;
    json_array_foreach(stops, i, stop) {
        size_t at = text_find(text_part(buffer_text(text), from, text->len), json_text(stop), 0);
        if (at < first) first = at;
    }
    if (first == SIZE_MAX) return false;
    text->len = from + first;
    return true;
}

/* Puts words behind the prompt in *text; true when the limit ended them. */
static bool generate(const json_t *request, bool chat, struct buffer *text) {
    size_t from = text->len;
    int64_t most = number(request, "max_tokens", 16);
    bool greedy = json_number_value(json_object_get(request, "temperature")) == 0;
    uint64_t seed = greedy ? 0 : (uint64_t)number(request, "seed", 0);
    uint64_t key = hash_xxh3(text->at ? text->at : "", text->len) ^ (seed * 0x9E3779B97F4A7C15u);
    struct rng length = rng_stream(key, "length", 0);
    int64_t wanted = 3 + (int64_t)rng_below(&length, 8);
    for (int64_t i = 0; i < wanted && i < most; i++) {
        struct rng rng = rng_stream(key, "word", (uint64_t)i);
        const char *word = words[rng_below(&rng, 16)];
        buffer_printf(text, "%s%s", chat && i == 0 ? "" : " ", word);
    }
    return !cut_at_stop(request, text, from) && wanted > most;
}

/* ---- replies ---- */

void fault_model_error(struct buffer *out, const char *message, const char *type) {
    buffer_put_c(out, "{\"error\":{\"message\":");
    json_put_string(out, text_of(message));
    buffer_put_c(out, ",\"type\":");
    json_put_string(out, text_of(type));
    buffer_put_c(out, ",\"code\":null}}");
}

static unsigned refuse(struct buffer *out, const char *message) {
    fault_model_error(out, message, "invalid_request_error");
    return 400;
}

static void put_lists(struct buffer *out, bool chat, const struct lists *l) {
    if (chat) {
        buffer_printf(out, "{\"content\":[%s]}", l->content.at ? l->content.at : "");
        return;
    }
    const struct buffer *all[] = {&l->tokens, &l->values, &l->tops, &l->offsets};
    static const char *const keys[] = {"tokens", "token_logprobs", "top_logprobs", "text_offset"};
    for (size_t i = 0; i < 4; i++) {
        buffer_printf(out, "%s\"%s\":[", i ? "," : "{", keys[i]);
        buffer_put_text(out, buffer_text(all[i]));
        buffer_put_char(out, ']');
    }
    buffer_put_char(out, '}');
}

static void put_reply(const struct fault_model *m, bool chat, bool length, struct text said, const struct lists *l,
                      size_t tokens_in, size_t tokens_out, struct buffer *out) {
    buffer_printf(out, "{\"id\":\"r\",\"object\":\"%s\",\"model\":\"%s\",\"choices\":[{\"index\":0,",
                  chat ? "chat.completion" : "text_completion", m->name);
    buffer_put_c(out, chat ? "\"message\":{\"role\":\"assistant\",\"content\":" : "\"text\":");
    json_put_string(out, said);
    buffer_printf(out, "%s,\"finish_reason\":\"%s\",\"logprobs\":", chat ? "}" : "", length ? "length" : "stop");
    if (l)
        put_lists(out, chat, l);
    else
        buffer_put_c(out, "null");
    buffer_printf(out, "}],\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,\"total_tokens\":%zu}}",
                  tokens_in, tokens_out, tokens_in + tokens_out);
}

/* What came as a picture or a sound, as it is told: its kind, and of a WAV rate, channels, bits and bytes. False: no part
 * that the API knows. */
static bool put_medium(struct buffer *got, const json_t *part) {
    const json_t *sound = json_object_get(part, "input_audio"), *picture = json_object_get(part, "image_url");
    static const struct text head = TEXT("data:image/png;base64,");
    struct text t = json_text(json_object_get(sound ? sound : picture, sound ? "data" : "url"));
    struct buffer bytes;
    buffer_init(&bytes, TEXT_MAX);
    if (picture && text_starts(t, head)) t = text_part(t, head.len, t.len);
    bool ok = base64_read(&bytes, t) && bytes.len > 44;
    const unsigned char *at = (const unsigned char *)bytes.at;
    if (ok && picture) {
        ok = memcmp(at, "\x89PNG", 4) == 0;
        buffer_printf(got, "png of %zu bytes ", bytes.len);
    } else if (ok) {
        ok = sound && text_equal_c(json_text(json_object_get(sound, "format")), "wav") && memcmp(at, "RIFF", 4) == 0;
        buffer_printf(got, "wav of %u values a second, %u channel, %u bits, %zu bytes ", at[24] | at[25] << 8, at[22],
                      at[34], bytes.len);
    }
    buffer_done(&bytes);
    return ok;
}

static bool put_parts(struct buffer *text, struct buffer *got, const json_t *parts) {
    size_t i;
    const json_t *one;
    json_array_foreach(parts, i, one) {
        const json_t *words_of = json_object_get(one, "text");
        if (json_is_string(words_of)) buffer_put_text(text, json_text(words_of));
        else if (!put_medium(got, one)) return false;
    }
    return json_array_size(parts) > 0;
}

/* got: what came beside words. */
static bool put_conversation(struct buffer *text, struct buffer *got, const json_t *messages) {
    size_t i;
    const json_t *one;
    json_array_foreach(messages, i, one) {
        const json_t *role = json_object_get(one, "role"), *content = json_object_get(one, "content");
        if (!json_is_string(role) || !(json_is_string(content) || json_is_array(content))) return false;
        buffer_put_text(text, json_text(role));
        buffer_put_c(text, ": ");
        if (json_is_string(content)) buffer_put_text(text, json_text(content));
        else if (!put_parts(text, got, content)) return false;
        buffer_put_char(text, '\n');
    }
    return json_array_size(messages) > 0;
}

unsigned fault_model_answer(const struct fault_model *m, bool chat, const json_t *request, struct buffer *out) {
    const json_t *prompt = json_object_get(request, "prompt"), *logprobs = json_object_get(request, "logprobs");
    bool echo = !chat && m->echoes && json_is_true(json_object_get(request, "echo"));
    struct buffer text;
    struct lists lists, prompt_lists;
    if (!text_equal_c(json_text(json_object_get(request, "model")), m->name)) {
        fault_model_error(out, "no such model", "invalid_request_error");
        return 404;
    }
    if (m->refuses_zero && number(request, "max_tokens", 16) < 1) return refuse(out, "max_tokens must be at least 1");
    struct buffer got;
    buffer_init(&text, TEXT_MAX);
    buffer_init(&got, TEXT_MAX);
    if (chat ? !put_conversation(&text, &got, json_object_get(request, "messages")) : !json_is_string(prompt)) {
        buffer_done(&text);
        buffer_done(&got);
        return refuse(out, chat ? "messages are missing" : "prompt is missing");
    }
    if (!chat) buffer_put_text(&text, json_text(prompt));
    if (text_find(buffer_text(&text), TEXT("[refuse]"), 0) != SIZE_MAX) {
        buffer_done(&text);
        buffer_done(&got);
        return refuse(out, "this prompt is not allowed");
    }
    size_t border = text.len;
    bool length = got.len ? (buffer_put_text(&text, text_trim(buffer_text(&got))), false)
                          : generate(request, chat, &text);
    buffer_done(&got);
    lists_init(&lists);
    lists_init(&prompt_lists);
    size_t tokens_in = put_tokens(m, &prompt_lists, text_part(buffer_text(&text), 0, border), 0, false);
    if (echo) put_tokens(m, &lists, text_part(buffer_text(&text), 0, border), 0, m->start_token);
    size_t tokens_out = put_tokens(m, &lists, buffer_text(&text), border, false);
    bool wanted = json_is_true(logprobs) || json_is_integer(logprobs);
    put_reply(m, chat, length, text_part(buffer_text(&text), echo ? 0 : border, text.len), wanted ? &lists : NULL,
              tokens_in, tokens_out, out);
    lists_done(&prompt_lists);
    lists_done(&lists);
    buffer_done(&text);
    return 200;
}

void fault_model_list(const struct fault_model *m, struct buffer *out) {
    buffer_printf(out, "{\"object\":\"list\",\"data\":[{\"id\":\"%s\",\"object\":\"model\"}]}", m->name);
}

static void put_event(struct buffer *out, bool chat, struct text piece, const char *reason) {
    buffer_put_c(out, chat ? "data: {\"choices\":[{\"index\":0,\"delta\":{" : "data: {\"choices\":[{\"index\":0,");
    if (!reason) {
        buffer_put_c(out, chat ? "\"content\":" : "\"text\":");
        json_put_string(out, piece);
    }
    buffer_printf(out, "%s%s\"finish_reason\":%s%s%s}]}\n\n", chat ? "}" : "", chat || !reason ? "," : "",
                  reason ? "\"" : "", reason ? reason : "null", reason ? "\"" : "");
}

void fault_model_stream(bool chat, struct text reply, struct buffer *out) {
    json_t *root = json_read(reply, "reply", 1, NULL);
    const json_t *choice = json_array_get(json_object_get(root, "choices"), 0);
    const json_t *text = json_object_get(chat ? json_object_get(choice, "message") : choice, chat ? "content" : "text");
    struct text rest = json_text(text);
    buffer_put_c(out, ": a comment, as some servers send them\n\n");
    while (rest.len) {
        size_t n = token_length(rest);
        put_event(out, chat, text_part(rest, 0, n), NULL);
        rest = text_part(rest, n, rest.len);
    }
    put_event(out, chat, TEXT(""), json_string_value(json_object_get(choice, "finish_reason")));
    buffer_put_c(out, "data: {\"choices\":[],\"usage\":");
    json_put(out, json_object_get(root, "usage"), 0);
    buffer_put_c(out, "}\n\ndata: [DONE]\n\n");
    json_decref(root);
}
