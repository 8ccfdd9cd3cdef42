/* Reading requests: see api_request.h. */
#include "serve/api_request.h"

#include "subject/ask_form.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct api_request *request;
    struct arena *arena;
    struct api_error *err;
    size_t max_tokens, max_completion_tokens; /* SIZE_MAX: not said */
    size_t best_of;
    const json_t *format;
    bool top_said, logprobs_said;
};

/* value: never null. */
typedef bool reader(struct reading *r, const char *key, const json_t *value);

/* ---- values ---- */

static const char *kind_of(const json_t *value) {
    static const char *const names[] = {[JSON_OBJECT] = "an object", [JSON_ARRAY] = "a list",
                                        [JSON_STRING] = "a text",    [JSON_INTEGER] = "a whole number",
                                        [JSON_REAL] = "a number",    [JSON_TRUE] = "true",
                                        [JSON_FALSE] = "false",      [JSON_NULL] = "null"};
    return value ? names[json_typeof(value)] : "nothing";
}

static bool mismatch(struct reading *r, const char *key, const char *expected, const json_t *found) {
    return api_refuse(r->err, 400, key, "invalid_type", "'%s': expected %s, found %s", key, expected, kind_of(found));
}

static bool read_count(struct reading *r, const char *key, const json_t *value, size_t least, size_t most,
                       size_t *out) {
    if (!json_is_integer(value)) return mismatch(r, key, "a whole number", value);
    json_int_t v = json_integer_value(value);
    if (v < 0 || (uint64_t)v < least || (uint64_t)v > most)
        return api_refuse(r->err, 400, key, "invalid_value", "'%s': expected %zu to %zu, found %lld", key, least, most,
                          (long long)v);
    *out = (size_t)v;
    return true;
}

static bool read_real(struct reading *r, const char *key, const json_t *value, double least, double most, double *out) {
    if (!json_is_number(value)) return mismatch(r, key, "a number", value);
    double v = json_number_value(value);
    if (!(v >= least && v <= most))
        return api_refuse(r->err, 400, key, "invalid_value", "'%s': expected %g to %g, found %g", key, least, most, v);
    *out = v;
    return true;
}

static bool read_bool(struct reading *r, const char *key, const json_t *value, bool *out) {
    if (!json_is_boolean(value)) return mismatch(r, key, "true or false", value);
    *out = json_is_true(value);
    return true;
}

/* ---- fields that every route may have ---- */

static bool read_model(struct reading *r, const char *key, const json_t *value) {
    if (!json_is_string(value)) return mismatch(r, key, "a text", value);
    r->request->model = json_text(value);
    return true;
}

/* ---- of answers ---- */

enum { TOKENS_MAX = 1 << 30 };

static bool read_max_tokens(struct reading *r, const char *key, const json_t *value) {
    size_t least = r->request->route == API_CHAT, *out = &r->max_tokens;
    if (strcmp(key, "max_completion_tokens") == 0) out = &r->max_completion_tokens;
    return read_count(r, key, value, least, TOKENS_MAX, out);
}

static bool read_n(struct reading *r, const char *key, const json_t *value) {
    return read_count(r, key, value, 1, API_ANSWERS_MAX, &r->request->n);
}

static bool read_best_of(struct reading *r, const char *key, const json_t *value) {
    return read_count(r, key, value, 1, API_ANSWERS_MAX, &r->best_of);
}

static bool read_temperature(struct reading *r, const char *key, const json_t *value) {
    return read_real(r, key, value, 0, 100, &r->request->temperature);
}

static bool read_top_p(struct reading *r, const char *key, const json_t *value) {
    return read_real(r, key, value, 0, 1, &r->request->top_p);
}

static bool read_top_k(struct reading *r, const char *key, const json_t *value) {
    return read_count(r, key, value, 0, TOKENS_MAX, &r->request->top_k);
}

static bool read_seed(struct reading *r, const char *key, const json_t *value) {
    if (!json_is_integer(value)) return mismatch(r, key, "a whole number", value);
    r->request->seeded = true;
    r->request->seed = (uint64_t)json_integer_value(value);
    return true;
}

static bool read_penalty(struct reading *r, const char *key, const json_t *value) {
    bool presence = strcmp(key, "presence_penalty") == 0;
    return read_real(r, key, value, -2, 2, presence ? &r->request->presence : &r->request->frequency);
}

/* {"50256": -100, ...}: ids are keys, so they are texts. */
static bool read_bias(struct reading *r, const char *key, const json_t *value) {
    size_t n = json_object_size(value), i = 0;
    const char *name;
    const json_t *one;
    struct error why;
    if (!json_is_object(value)) return mismatch(r, key, "an object of token ids and numbers", value);
    if (n > API_BIASES_MAX)
        return api_refuse(r->err, 400, key, "invalid_value", "'%s': at most %d tokens, found %zu", key, API_BIASES_MAX,
                          n);
    struct api_bias *biases = arena_new(r->arena, struct api_bias, n ? n : 1, &why);
    if (!biases) return api_refuse_for(r->err, key, &why);
    json_object_foreach((json_t *)(uintptr_t)value, name, one) {
        uint64_t id;
        double v = 0;
        if (!text_to_u64(text_of(name), &id) || id > INT32_MAX)
            return api_refuse(r->err, 400, key, "invalid_value", "'%s': '%.40s' is no token id", key, name);
        if (!read_real(r, key, one, -100, 100, &v)) return false;
        biases[i++] = (struct api_bias){(int32_t)id, (float)v};
    }
    r->request->biases = biases;
    r->request->n_biases = n;
    return true;
}

static bool read_stream(struct reading *r, const char *key, const json_t *value) {
    return read_bool(r, key, value, &r->request->stream);
}

static bool read_stream_options(struct reading *r, const char *key, const json_t *value) {
    if (!json_is_object(value)) return mismatch(r, key, "an object", value);
    const json_t *usage = json_object_get(value, "include_usage");
    return !usage || json_is_null(usage) ||
           read_bool(r, "stream_options.include_usage", usage, &r->request->stream_usage);
}

static bool read_stop(struct reading *r, const char *key, const json_t *value) {
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    if (n > API_STOPS_MAX)
        return api_refuse(r->err, 400, key, "invalid_value", "'stop': at most %d texts, found %zu", API_STOPS_MAX, n);
    struct error why;
    struct text *stops = arena_new(r->arena, struct text, n ? n : 1, &why);
    if (!stops) return api_refuse_for(r->err, key, &why);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        if (!json_is_string(one)) return mismatch(r, key, "a text or a list of texts", one);
        stops[i] = json_text(one);
        if (!stops[i].len)
            return api_refuse(r->err, 400, key, "invalid_value", "'stop': an empty text would end every answer");
    }
    r->request->stops = stops;
    r->request->n_stops = n;
    return true;
}

/* Of completions a number of alternatives, of a chat yes or no. */
static bool read_logprobs(struct reading *r, const char *key, const json_t *value) {
    if (r->request->route == API_CHAT) return read_bool(r, key, value, &r->request->logprobs);
    r->request->logprobs = true;
    return read_count(r, key, value, 0, API_TOP_MAX, &r->request->top);
}

static bool read_top_logprobs(struct reading *r, const char *key, const json_t *value) {
    r->top_said = true;
    return read_count(r, key, value, 0, API_TOP_MAX, &r->request->top);
}

static bool read_echo(struct reading *r, const char *key, const json_t *value) {
    return read_bool(r, key, value, &r->request->echo);
}

/* ---- the form of answers ---- */

static bool read_form(struct reading *r, const char *key, const json_t *value) {
    struct json_place place = {"request", 1, ""};
    struct error why = {0};
    bool grammar = strcmp(key, "grammar") == 0;
    if (r->request->form != ASK_FREE)
        return api_refuse(r->err, 400, key, "invalid_value", "give either 'grammar' or 'response_format'");
    if (ask_form_read(grammar ? value : NULL, grammar ? NULL : value, place, r->arena, &r->request->form,
                      &r->request->form_source, &why))
        return true;
    return api_refuse_for(r->err, key, &why);
}

/* ---- prompts ---- */

static bool read_ids(struct reading *r, const char *key, const json_t *list, struct api_prompt *out) {
    struct error why;
    size_t n = json_array_size(list), i;
    int32_t *ids = arena_new(r->arena, int32_t, n ? n : 1, &why);
    const json_t *one;
    if (!ids) return api_refuse_for(r->err, key, &why);
    json_array_foreach(list, i, one) {
        size_t id = 0;
        if (!json_is_integer(one)) return mismatch(r, key, "a list of token ids alone", one);
        if (!read_count(r, key, one, 0, INT32_MAX, &id)) return false;
        ids[i] = (int32_t)id;
    }
    *out = (struct api_prompt){.ids = ids, .n_ids = n};
    return true;
}

/* A text, a list of texts, a list of ids, a list of lists of ids. */
static bool read_prompts(struct reading *r, const char *key, const json_t *value) {
    const json_t *first = json_array_get(value, 0);
    bool many = json_is_array(value) && !json_is_integer(first);
    size_t n = many ? json_array_size(value) : 1;
    struct error why;
    if (n == 0) return api_refuse(r->err, 400, key, "invalid_value", "'%s' is an empty list", key);
    if (n > API_PROMPTS_MAX)
        return api_refuse(r->err, 400, key, "invalid_value", "'%s': at most %d texts in a request, found %zu", key,
                          API_PROMPTS_MAX, n);
    struct api_prompt *prompts = arena_new(r->arena, struct api_prompt, n, &why);
    if (!prompts) return api_refuse_for(r->err, key, &why);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = many ? json_array_get(value, i) : value;
        if (json_is_string(one))
            prompts[i].text = json_text(one);
        else if (!json_is_array(one))
            return mismatch(r, key, "a text, token ids, or a list of these", one);
        else if (!read_ids(r, key, one, &prompts[i]))
            return false;
    }
    r->request->prompts = prompts;
    r->request->n_prompts = n;
    return true;
}

/* ---- conversations ---- */

static bool refuse_message(struct reading *r, size_t i, const char *what) {
    char param[40];
    snprintf(param, sizeof param, "messages[%zu]", i);
    return api_refuse(r->err, 400, param, "invalid_value", "'%s': %s", param, what);
}

/* A text, or parts with texts, which are joined. */
static bool read_content(struct reading *r, size_t i, const json_t *content, json_t **out) {
    struct buffer b;
    size_t k;
    const json_t *part;
    if (json_is_string(content)) return (*out = json_incref((json_t *)content)) != NULL;
    if (!json_is_array(content)) return refuse_message(r, i, "'content' must be a text or a list of parts");
    buffer_init(&b, (size_t)1 << 28);
    bool ok = true;
    json_array_foreach(content, k, part) {
        const json_t *text = json_object_get(part, "text");
        ok = ok && text_equal_c(json_text(json_object_get(part, "type")), "text") && json_is_string(text);
        if (ok) buffer_put_text(&b, json_text(text));
    }
    *out = ok ? json_from_text(buffer_text(&b)) : NULL;
    buffer_done(&b);
    if (!ok) return refuse_message(r, i, "a part of 'content' is no text; this model reads texts only");
    return *out || api_refuse(r->err, 500, NULL, NULL, "out of memory");
}

static bool is_given(const json_t *value) {
    return value && !json_is_null(value) && !(json_is_array(value) && json_array_size(value) == 0);
}

/* Copies what templates may read. */
static bool copy_message(struct reading *r, size_t i, const json_t *message, json_t *out) {
    static const char *const kept[] = {"name", "tool_calls", "tool_call_id"};
    const char *role = json_string_value(json_object_get(message, "role"));
    const json_t *content = json_object_get(message, "content"), *calls = json_object_get(message, "tool_calls");
    json_t *said = NULL;
    bool tool = strcmp(role, "tool") == 0 || strcmp(role, "function") == 0;
    if (tool || is_given(calls)) r->request->speaks_of_tools = true;
    if (json_object_set_new(out, "role", json_string(strcmp(role, "developer") == 0 ? "system" : role)))
        return api_refuse(r->err, 500, NULL, NULL, "out of memory");
    if (is_given(content) || !is_given(calls)) {
        if (json_is_array(content) && json_array_size(content) == 0) content = NULL;
        if (!content || json_is_null(content)) return refuse_message(r, i, "there is no 'content'");
        if (!read_content(r, i, content, &said)) return false;
    } else {
        said = json_string("");
    }
    bool ok = said && json_object_set_new(out, "content", said) == 0;
    for (size_t k = 0; ok && k < sizeof kept / sizeof *kept; k++) {
        json_t *value = json_object_get(message, kept[k]);
        if (is_given(value)) ok = json_object_set(out, kept[k], value) == 0;
    }
    return ok || api_refuse(r->err, 500, NULL, NULL, "out of memory");
}

static bool check_message(struct reading *r, size_t i, const json_t *message) {
    static const char *const roles[] = {"system", "developer", "user", "assistant", "tool", "function"};
    const json_t *role = json_object_get(message, "role");
    if (!json_is_object(message)) return refuse_message(r, i, "expected an object {role, content}");
    if (!json_is_string(role)) return refuse_message(r, i, "'role' must be a text");
    if (is_given(json_object_get(message, "function_call")))
        return refuse_message(r, i, "'function_call' is the old form of 'tool_calls' and is not read");
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++)
        if (strcmp(json_string_value(role), roles[k]) == 0) return true;
    return refuse_message(r, i, "'role' must be system, developer, user, assistant or tool");
}

static bool read_messages(struct reading *r, const char *key, const json_t *value) {
    size_t i;
    const json_t *message;
    if (!json_is_array(value)) return mismatch(r, key, "a list of messages", value);
    if (json_array_size(value) == 0 || json_array_size(value) > API_MESSAGES_MAX)
        return api_refuse(r->err, 400, key, "invalid_value", "'messages': expected 1 to %d of them, found %zu",
                          API_MESSAGES_MAX, json_array_size(value));
    if (!(r->request->messages = json_array())) return api_refuse(r->err, 500, NULL, NULL, "out of memory");
    json_array_foreach(value, i, message) {
        if (!check_message(r, i, message)) return false;
        json_t *copy = json_object();
        bool ok = copy && copy_message(r, i, message, copy);
        if (!ok || json_array_append(r->request->messages, copy)) {
            if (ok || !copy) api_refuse(r->err, 500, NULL, NULL, "out of memory");
            json_decref(copy);
            return false;
        }
        json_decref(copy);
    }
    return true;
}

/* ---- embeddings ---- */

static bool read_encoding(struct reading *r, const char *key, const json_t *value) {
    if (text_equal_c(json_text(value), "float")) return true;
    r->request->base64 = text_equal_c(json_text(value), "base64");
    return r->request->base64 || api_refuse(r->err, 400, key, "invalid_value", "'%s': expected float or base64", key);
}

static bool read_dimensions(struct reading *r, const char *key, const json_t *value) {
    return read_count(r, key, value, 1, TOKENS_MAX, &r->request->dimensions);
}

/* ---- what cannot be honoured ---- */

static bool refuse_field(struct reading *r, const char *key, const char *why) {
    return api_refuse(r->err, 400, key, "unsupported_parameter", "'%s' would change the answer and is not honoured%s",
                      key, why);
}

static bool only_empty(struct reading *r, const char *key, const json_t *value) {
    bool empty = (json_is_array(value) && !json_array_size(value)) ||
                 (json_is_object(value) && !json_object_size(value)) ||
                 (json_is_string(value) && !json_string_length(value)) || json_is_false(value);
    return empty || refuse_field(r, key, "; leave it out");
}

static bool only_none(struct reading *r, const char *key, const json_t *value) {
    if (text_equal_c(json_text(value), "none") || text_equal_c(json_text(value), "auto")) return true;
    return refuse_field(r, key, "; only none and auto are taken");
}

static bool only_text(struct reading *r, const char *key, const json_t *value) {
    if (json_array_size(value) == 1 && text_equal_c(json_text(json_array_get(value, 0)), "text")) return true;
    return refuse_field(r, key, "; only [\"text\"] is taken");
}

/* ---- the table ---- */

enum { ANSWERS = API_COMPLETIONS | API_CHAT, ALL = ANSWERS | API_EMBEDDINGS };

static const struct field {
    const char *name;
    int routes;
    reader *read; /* NULL: ignored, it changes no answer */
    bool refuses; /* takes the value that changes nothing, refuses others */
} fields[] = {
    {"model", ALL, read_model},
    {"prompt", API_COMPLETIONS, read_prompts},
    {"messages", API_CHAT, read_messages},
    {"input", API_EMBEDDINGS, read_prompts},
    {"max_tokens", ANSWERS, read_max_tokens},
    {"max_completion_tokens", API_CHAT, read_max_tokens},
    {"n", ANSWERS, read_n},
    {"best_of", API_COMPLETIONS, read_best_of},
    {"temperature", ANSWERS, read_temperature},
    {"top_p", ANSWERS, read_top_p},
    {"top_k", ANSWERS, read_top_k},
    {"seed", ANSWERS, read_seed},
    {"frequency_penalty", ANSWERS, read_penalty},
    {"presence_penalty", ANSWERS, read_penalty},
    {"logit_bias", ANSWERS, read_bias},
    {"stop", ANSWERS, read_stop},
    {"stream", ANSWERS, read_stream},
    {"stream_options", ANSWERS, read_stream_options},
    {"logprobs", ANSWERS, read_logprobs},
    {"top_logprobs", API_CHAT, read_top_logprobs},
    {"echo", API_COMPLETIONS, read_echo},
    {"response_format", ANSWERS, read_form},
    {"grammar", ANSWERS, read_form},
    {"encoding_format", API_EMBEDDINGS, read_encoding},
    {"dimensions", API_EMBEDDINGS, read_dimensions},
    {"user", ALL},
    {"metadata", ANSWERS},
    {"store", ANSWERS},
    {"service_tier", ANSWERS},
    {"prompt_cache_key", ANSWERS},
    {"safety_identifier", ANSWERS},
    {"parallel_tool_calls", API_CHAT},
    {"prediction", API_CHAT},
    {"suffix", API_COMPLETIONS, only_empty, true},
    {"tools", API_CHAT, only_empty, true},
    {"functions", API_CHAT, only_empty, true},
    {"tool_choice", API_CHAT, only_none, true},
    {"function_call", API_CHAT, only_none, true},
    {"modalities", API_CHAT, only_text, true},
    {"audio", API_CHAT, only_empty, true},
    {"web_search_options", API_CHAT, only_empty, true},
    {"reasoning_effort", API_CHAT, only_empty, true},
    {"verbosity", API_CHAT, only_empty, true},
};
enum { FIELDS = sizeof fields / sizeof *fields };

size_t api_fields(size_t i, struct api_field_note *note) {
    if (i < FIELDS)
        *note = (struct api_field_note){fields[i].name, fields[i].routes,
                                        !fields[i].read     ? "ignored"
                                        : fields[i].refuses ? "refused"
                                                            : "read"};
    return FIELDS;
}

static bool unknown_field(struct reading *r, const char *key) {
    const char *names[FIELDS];
    size_t n = 0;
    for (size_t i = 0; i < FIELDS; i++)
        if (fields[i].routes & (int)r->request->route) names[n++] = fields[i].name;
    const char *near = text_nearest(text_of(key), names, n);
    struct text shown = text_part(text_of(key), 0, strnlen(key, 60));
    return api_refuse(r->err, 400, key, "unknown_parameter", "there is no field '%.*s'%s%s%s", TEXT_ARG(shown),
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool read_field(struct reading *r, const char *key, const json_t *value, api_knows *knows) {
    for (size_t i = 0; i < FIELDS; i++) {
        if (strcmp(fields[i].name, key) != 0 || !(fields[i].routes & (int)r->request->route)) continue;
        return json_is_null(value) || !fields[i].read || fields[i].read(r, key, value);
    }
    return (knows && (r->request->route & ANSWERS) && knows(key)) || unknown_field(r, key);
}

/* ---- what fields say together ---- */

static bool settle_limit(struct reading *r) {
    struct api_request *q = r->request;
    size_t a = r->max_tokens, b = r->max_completion_tokens;
    if (a != SIZE_MAX && b != SIZE_MAX && a != b)
        return api_refuse(r->err, 400, "max_tokens", "invalid_value",
                          "'max_tokens' is %zu and 'max_completion_tokens' %zu; give one of them", a, b);
    q->max_tokens = b != SIZE_MAX ? b : a;
    if (q->route == API_COMPLETIONS && q->max_tokens == SIZE_MAX) q->max_tokens = 16;
    return true;
}

static bool settle(struct reading *r) {
    struct api_request *q = r->request;
    if (q->route == API_CHAT && !q->messages)
        return api_refuse(r->err, 400, "messages", "missing_required_parameter", "'messages' is missing");
    const char *prompts = q->route == API_EMBEDDINGS ? "input" : "prompt";
    if (q->route != API_CHAT && !q->prompts)
        return api_refuse(r->err, 400, prompts, "missing_required_parameter", "'%s' is missing", prompts);
    if (q->route == API_CHAT) q->n_prompts = 1;
    if (!settle_limit(r)) return false;
    if (q->route != API_EMBEDDINGS && q->n_prompts * q->n > API_ANSWERS_MAX)
        return api_refuse(r->err, 400, "n", "invalid_value",
                          "%zu prompts with %zu answers each: at most %d in a request", q->n_prompts, q->n,
                          API_ANSWERS_MAX);
    if (r->best_of && r->best_of != q->n)
        return api_refuse(r->err, 400, "best_of", "unsupported_parameter", "'best_of' other than 'n' is not honoured");
    if (r->top_said && q->top && !q->logprobs)
        return api_refuse(r->err, 400, "top_logprobs", "invalid_value", "'top_logprobs' needs 'logprobs': true");
    if (!q->logprobs) q->top = 0;
    if (q->stream_usage && !q->stream)
        return api_refuse(r->err, 400, "stream_options", "invalid_value", "'stream_options' needs 'stream': true");
    return true;
}

bool api_request_read(struct api_request *q, enum api_route route, struct text body, api_knows *knows,
                      struct arena *arena, struct api_error *err) {
    struct reading r = {
        .request = q, .arena = arena, .err = err, .max_tokens = SIZE_MAX, .max_completion_tokens = SIZE_MAX};
    struct error why = {0};
    const char *key;
    json_t *value;
    *q = (struct api_request){.route = route, .n = 1, .temperature = 1, .top_p = 1};
    if (!(q->root = json_read(body, "request", 1, &why)))
        return api_refuse(err, why.kind == ERROR_DATA ? 400 : 500, NULL, why.kind == ERROR_DATA ? "invalid_json" : NULL,
                          "%s", why.message);
    if (!json_is_object(q->root))
        return api_refuse(err, 400, NULL, "invalid_type", "expected an object {...}, found %s", kind_of(q->root));
    json_object_foreach(q->root, key, value) {
        if (!read_field(&r, key, value, knows)) return false;
    }
    return settle(&r);
}

void api_request_done(struct api_request *q) {
    json_decref(q->messages);
    json_decref(q->root);
    q->messages = q->root = NULL;
}
