/* Bodies of requests: what is read, what is ignored, what is refused and how. */
#include "check.h"

#include "serve/api_request.h"

struct read {
    struct arena arena;
    struct api_request request;
    struct api_error err;
    bool ok;
};

static bool knows_steer(const char *field) {
    return strcmp(field, "steer") == 0;
}

static struct read read_text(enum api_route route, struct text body) {
    struct read r = {0};
    arena_init(&r.arena, 0);
    r.ok = api_request_read(&r.request, route, body, knows_steer, &r.arena, &r.err);
    return r;
}

static void done(struct read *r) {
    api_request_done(&r->request);
    arena_done(&r->arena);
}

static void completions_are_read(void **state) {
    (void)state;
    struct read r = read_text(
        API_COMPLETIONS,
        TEXT("{\"model\":\"pocket\",\"prompt\":[\"a\",\"b\"],\"max_tokens\":0,\"temperature\":0.5,\"top_p\":0.9,"
             "\"top_k\":7,\"n\":2,\"seed\":-1,\"stop\":[\"x\",\"yz\"],\"stream\":true,\"stream_options\":"
             "{\"include_usage\":true},\"logprobs\":3,\"echo\":true,\"best_of\":2,\"user\":\"u\",\"suffix\":null,"
             "\"presence_penalty\":0.5,\"frequency_penalty\":-1,\"logit_bias\":{\"7\":-100,\"3\":2.5},\"steer\":"
             "\"x\"}"));
    const struct api_request *q = &r.request;
    if (!r.ok) fail_msg("%s", r.err.message);
    assert_true(text_equal_c(q->model, "pocket"));
    assert_int_equal(q->n_prompts, 2);
    assert_true(text_equal_c(q->prompts[1].text, "b") && !q->prompts[1].ids);
    assert_int_equal(q->max_tokens, 0);
    assert_true(q->temperature == 0.5 && q->top_p == 0.9 && q->top_k == 7 && q->n == 2);
    assert_true(q->seeded && q->seed == UINT64_MAX);
    assert_int_equal(q->n_stops, 2);
    assert_true(text_equal_c(q->stops[1], "yz"));
    assert_true(q->presence == 0.5 && q->frequency == -1 && q->n_biases == 2);
    assert_true(q->biases[0].id == 7 && q->biases[0].value == -100 && q->biases[1].value == 2.5f);
    assert_true(q->stream && q->stream_usage && q->echo && q->logprobs && q->top == 3);
    done(&r);
}

static void what_is_not_said_is_as_the_api_has_it(void **state) {
    (void)state;
    struct read r = read_text(API_COMPLETIONS, TEXT("{\"prompt\":[1,2,3],\"seed\":null,\"max_tokens\":null}"));
    if (!r.ok) fail_msg("%s", r.err.message);
    assert_int_equal(r.request.n_prompts, 1);
    assert_int_equal(r.request.prompts[0].n_ids, 3);
    assert_int_equal(r.request.prompts[0].ids[2], 3);
    assert_int_equal(r.request.max_tokens, 16);
    assert_true(r.request.temperature == 1 && r.request.top_p == 1 && r.request.n == 1);
    assert_true(!r.request.seeded && !r.request.stream && !r.request.logprobs && !r.request.echo);
    done(&r);
    r = read_text(API_COMPLETIONS, TEXT("{\"prompt\":[[1],[2,3],\"t\"]}"));
    if (!r.ok) fail_msg("%s", r.err.message);
    assert_int_equal(r.request.n_prompts, 3);
    assert_int_equal(r.request.prompts[1].n_ids, 2);
    assert_true(text_equal_c(r.request.prompts[2].text, "t"));
    done(&r);
}

static void chats_are_read(void **state) {
    (void)state;
    struct read r = read_text(
        API_CHAT,
        TEXT("{\"messages\":[{\"role\":\"developer\",\"content\":\"be kind\"},{\"role\":\"user\",\"content\":"
             "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]},{\"role\":\"assistant\","
             "\"content\":\"\",\"refusal\":null,\"tool_calls\":[]}],\"max_completion_tokens\":9,\"logprobs\":true,"
             "\"top_logprobs\":2,\"response_format\":{\"type\":\"json_object\"},\"stop\":\"x\",\"tool_choice\":"
             "\"none\",\"tools\":[],\"store\":false}"));
    if (!r.ok) fail_msg("%s", r.err.message);
    const json_t *m = r.request.messages;
    assert_int_equal(json_array_size(m), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(m, 0), "role")), "system");
    assert_string_equal(json_string_value(json_object_get(json_array_get(m, 1), "content")), "ab");
    assert_int_equal(json_object_size(json_array_get(m, 2)), 2);
    assert_false(r.request.speaks_of_tools);
    assert_true(r.request.max_tokens == 9 && r.request.logprobs && r.request.top == 2 && r.request.n_stops == 1);
    assert_int_equal(r.request.form, ASK_SCHEMA);
    done(&r);
    r = read_text(API_CHAT, TEXT("{\"messages\":[{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":"
                                 "\"1\"}]},{\"role\":\"tool\",\"content\":\"4\",\"tool_call_id\":\"1\"}]}"));
    if (!r.ok) fail_msg("%s", r.err.message);
    assert_true(r.request.speaks_of_tools && r.request.max_tokens == SIZE_MAX);
    assert_non_null(json_object_get(json_array_get(r.request.messages, 0), "tool_calls"));
    done(&r);
}

static void embeddings_are_read(void **state) {
    (void)state;
    struct read r = read_text(API_EMBEDDINGS,
                              TEXT("{\"input\":\"a\",\"encoding_format\":\"base64\",\"dimensions\":8,\"user\":\"u\"}"));
    if (!r.ok) fail_msg("%s", r.err.message);
    assert_true(r.request.base64 && r.request.dimensions == 8 && r.request.n_prompts == 1);
    done(&r);
}

/* ---- refusals ---- */

struct refusal {
    enum api_route route;
    const char *body, *param, *code, *part;
};
static const struct refusal refusals[] = {
    {API_COMPLETIONS, "", "", "invalid_json", ""},
    {API_COMPLETIONS, "{\"prompt\":\"a\"", "", "invalid_json", "request:1"},
    {API_COMPLETIONS, "{\"prompt\":\"a\"} x", "", "invalid_json", ""},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"prompt\":\"b\"}", "", "invalid_json", "duplicate"},
    {API_COMPLETIONS, "{\"prompt\":\"\xff\"}", "", "invalid_json", "UTF-8"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"temperature\":NaN}", "", "invalid_json", ""},
    {API_COMPLETIONS, "[1]", "", "invalid_type", "expected an object {...}, found a list"},
    {API_COMPLETIONS, "{}", "prompt", "missing_required_parameter", "missing"},
    {API_COMPLETIONS, "{\"prompt\":null}", "prompt", "missing_required_parameter", "missing"},
    {API_COMPLETIONS, "{\"prompt\":{}}", "prompt", "invalid_type", "found an object"},
    {API_COMPLETIONS, "{\"prompt\":[]}", "prompt", "invalid_value", "empty list"},
    {API_COMPLETIONS, "{\"prompt\":[1,\"a\"]}", "prompt", "invalid_type", "found a text"},
    {API_COMPLETIONS, "{\"prompt\":[-1]}", "prompt", "invalid_value", "found -1"},
    {API_COMPLETIONS, "{\"prompt\":[[1.5]]}", "prompt", "invalid_type", "found a number"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"model\":1}", "model", "invalid_type", "found a whole number"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"temperature\":-1}", "temperature", "invalid_value", "0 to 100, found -1"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"temperature\":\"hot\"}", "temperature", "invalid_type", "found a text"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"top_p\":1.5}", "top_p", "invalid_value", "found 1.5"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":-1}", "max_tokens", "invalid_value", "found -1"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"max_tokens\":1.5}", "max_tokens", "invalid_type", "a whole number"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"n\":0}", "n", "invalid_value", "found 0"},
    {API_COMPLETIONS, "{\"prompt\":[\"a\",\"b\"],\"n\":512}", "n", "invalid_value", "at most 512"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"logprobs\":21}", "logprobs", "invalid_value", "0 to 20"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"logprobs\":true}", "logprobs", "invalid_type", "found true"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"stop\":\"\"}", "stop", "invalid_value", "would end every answer"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"stop\":[1]}", "stop", "invalid_type", "found a whole number"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"seed\":1.5}", "seed", "invalid_type", "found a number"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"stream\":1}", "stream", "invalid_type", "true or false"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"stream_options\":{\"include_usage\":true}}", "stream_options",
     "invalid_value", "needs 'stream'"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"best_of\":3}", "best_of", "unsupported_parameter", "other than 'n'"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"suffix\":\"b\"}", "suffix", "unsupported_parameter", "would change"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"frequency_penalty\":2.5}", "frequency_penalty", "invalid_value", "-2 to 2"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"presence_penalty\":\"x\"}", "presence_penalty", "invalid_type", "a number"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"logit_bias\":{\"five\":1}}", "logit_bias", "invalid_value", "no token id"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"logit_bias\":{\"5\":101}}", "logit_bias", "invalid_value", "-100 to 100"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"logit_bias\":[5]}", "logit_bias", "invalid_type", "found a list"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"temprature\":1}", "temprature", "unknown_parameter",
     "did you mean 'temperature'?"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"messages\":[]}", "messages", "unknown_parameter", "no field 'messages'"},
    {API_COMPLETIONS, "{\"prompt\":\"a\",\"grammar\":\"root ::= (\"}", "grammar", NULL, "grammar"},
    {API_COMPLETIONS,
     "{\"prompt\":\"a\",\"grammar\":\"root ::= \\\"a\\\"\",\"response_format\":{\"type\":"
     "\"json_object\"}}",
     "response_format", "invalid_value", "either"},
    {API_CHAT, "{\"messages\":[]}", "messages", "invalid_value", "found 0"},
    {API_CHAT, "{\"messages\":\"hi\"}", "messages", "invalid_type", "found a text"},
    {API_CHAT, "{\"messages\":[\"hi\"]}", "messages[0]", "invalid_value", "{role, content}"},
    {API_CHAT, "{\"messages\":[{\"content\":\"hi\"}]}", "messages[0]", "invalid_value", "'role' must be a text"},
    {API_CHAT, "{\"messages\":[{\"role\":\"king\",\"content\":\"hi\"}]}", "messages[0]", "invalid_value", "must be"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\"}]}", "messages[0]", "invalid_value", "no 'content'"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":5}]}", "messages[0]", "invalid_value", "a text or"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}", "messages[0]",
     "invalid_value", "texts only"},
    {API_CHAT, "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\",\"function_call\":{}}]}", "messages[0]",
     "invalid_value", "old form"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"max_tokens\":0}", "max_tokens", "invalid_value",
     "found 0"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"max_tokens\":5,\"max_completion_tokens\":6}",
     "max_tokens", "invalid_value", "give one of them"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"top_logprobs\":2}", "top_logprobs",
     "invalid_value", "needs 'logprobs'"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{\"type\":\"function\"}]}", "tools",
     "unsupported_parameter", "leave it out"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tool_choice\":\"required\"}", "tool_choice",
     "unsupported_parameter", "only none"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"modalities\":[\"audio\"]}", "modalities",
     "unsupported_parameter", ""},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response_format\":{\"type\":\"xml\"}}",
     "response_format", NULL, "response_format"},
    {API_CHAT, "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"echo\":true}", "echo", "unknown_parameter",
     "no field 'echo'"},
    {API_EMBEDDINGS, "{\"input\":\"a\",\"encoding_format\":\"int8\"}", "encoding_format", "invalid_value", "base64"},
    {API_EMBEDDINGS, "{\"input\":\"a\",\"dimensions\":0}", "dimensions", "invalid_value", "found 0"},
    {API_EMBEDDINGS, "{\"input\":\"a\",\"steer\":1}", "steer", "unknown_parameter", "no field 'steer'"},
    {API_EMBEDDINGS, "{\"prompt\":\"a\"}", "prompt", "unknown_parameter", "no field 'prompt'"},
};

static void bad_requests_are_refused_by_name(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *f = &refusals[i];
        struct read r = read_text(f->route, text_of(f->body));
        if (r.ok) fail_msg("%s was taken", f->body);
        bool same = r.err.code == f->code || (f->code && r.err.code && strcmp(r.err.code, f->code) == 0);
        if (r.err.status != 400 || !same || strcmp(r.err.param, f->param) || !strstr(r.err.message, f->part))
            fail_msg("%s: %u, param '%s', code %s, '%s'", f->body, r.err.status, r.err.param,
                     r.err.code ? r.err.code : "null", r.err.message);
        done(&r);
    }
}

static void bounds_are_kept(void **state) {
    (void)state;
    struct buffer b;
    buffer_init(&b, 1 << 24);
    for (size_t i = 0; i < 3000; i++) buffer_put_char(&b, '[');
    struct read r = read_text(API_COMPLETIONS, buffer_text(&b));
    assert_false(r.ok);
    assert_int_equal(r.err.status, 400);
    done(&r);
    buffer_clear(&b);
    buffer_put_c(&b, "{\"prompt\":[\"a\"");
    for (size_t i = 0; i < API_PROMPTS_MAX; i++) buffer_put_c(&b, ",\"a\"");
    buffer_put_c(&b, "]}");
    r = read_text(API_COMPLETIONS, buffer_text(&b));
    assert_false(r.ok);
    assert_non_null(strstr(r.err.message, "at most 2048 texts"));
    done(&r);
    buffer_done(&b);
}

static void memory_failures_are_told(void **state) {
    (void)state;
    struct text body = TEXT("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"a\"}]}],"
                            "\"stop\":[\"x\"],\"response_format\":{\"type\":\"json_object\"}}");
    bool ok = false;
    for (uint64_t i = 1; !ok; i++) {
        memory_fail_at(i);
        struct read r = read_text(API_CHAT, body);
        memory_fail_at(0);
        if (!(ok = r.ok)) assert_int_equal(r.err.status, 500);
        done(&r);
        assert_true(i < 5000);
    }
}

static void the_table_says_what_becomes_of_fields(void **state) {
    (void)state;
    struct api_field_note note;
    size_t n = api_fields(0, &note), ignored = 0, refused = 0;
    for (size_t i = 0; i < n; i++) {
        api_fields(i, &note);
        ignored += strcmp(note.treatment, "ignored") == 0;
        refused += strcmp(note.treatment, "refused") == 0;
        for (size_t k = 0; k < i; k++) {
            struct api_field_note other;
            api_fields(k, &other);
            if (strcmp(other.name, note.name) == 0 && (other.routes & note.routes)) fail_msg("%s twice", note.name);
        }
    }
    assert_true(ignored > 3 && refused > 3 && n > 30);
}

static void errors_have_openais_form(void **state) {
    (void)state;
    struct api_error err;
    struct buffer b;
    buffer_init(&b, 4096);
    api_refuse(&err, 404, "model", "model_not_found", "there is no \"%s\"", "x");
    api_put_error(&b, &err);
    assert_string_equal(b.at, "{\"error\":{\"message\":\"there is no \\\"x\\\"\",\"type\":\"invalid_request_error\","
                              "\"param\":\"model\",\"code\":\"model_not_found\"}}");
    buffer_clear(&b);
    api_refuse(&err, 503, NULL, NULL, "gone");
    api_put_error(&b, &err);
    assert_string_equal(b.at,
                        "{\"error\":{\"message\":\"gone\",\"type\":\"server_error\",\"param\":null,\"code\":null}}");
    buffer_done(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completions_are_read),
        cmocka_unit_test(what_is_not_said_is_as_the_api_has_it),
        cmocka_unit_test(chats_are_read),
        cmocka_unit_test(embeddings_are_read),
        cmocka_unit_test(bad_requests_are_refused_by_name),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(memory_failures_are_told),
        cmocka_unit_test(the_table_says_what_becomes_of_fields),
        cmocka_unit_test(errors_have_openais_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
