/* Replies of OpenAI-compatible endpoints, URLs and request bodies: bytes in, structs out, no connection. */
#include "check.h"

#include "subject/openai_http.h"
#include "subject/openai_place.h"
#include "subject/openai_reply.h"
#include "subject/openai_request.h"
#include "subject/openai_stream.h"

#include <stdlib.h>

static struct arena arena;
static struct error err;

static struct openai_reply read_good(const char *body) {
    struct openai_reply reply;
    check_ok(openai_reply_read(&arena, text_of(body), &reply, &err));
    return reply;
}

static void read_bad(const char *body, const char *part) {
    struct openai_reply reply;
    check_fails(openai_reply_read(&arena, text_of(body), &reply, &err), ERROR_DATA, part);
}

static void check_text(struct text t, const char *expected) {
    if (!text_equal_c(t, expected)) fail_msg("'%.*s', expected '%s'", TEXT_ARG(t), expected);
}

static void test_chat(void **state) {
    struct openai_reply r =
        read_good("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Lena "
                  "V\\u00f6rm\"},\"finish_reason\":\"length\","
                  "\"logprobs\":{\"content\":[{\"token\":\"Lena\",\"logprob\":-0.5,\"bytes\":[76],\"top_logprobs\":[{"
                  "\"token\":\"x\","
                  "\"logprob\":-0.25}]},{\"token\":\" V\",\"logprob\":-1e-9,\"top_logprobs\":[]}]}}],"
                  "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7}}");
    check_text(r.text, "Lena V\xC3\xB6rm");
    assert_int_equal(r.finish, ANSWER_LENGTH);
    assert_int_equal(r.tokens_in, 11);
    assert_int_equal(r.tokens_out, 7);
    assert_int_equal(r.n_tokens, 2);
    check_near(r.tokens[0].logprob, -0.5, 0);
    check_near(r.tokens[0].best, -0.25, 0);
    assert_true(isnan(r.tokens[1].best));
    openai_reply_done(&r);
}

static void test_chat_contents(void **state) {
    struct openai_reply r = read_good("{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"a\"},"
                                      "{\"type\":\"text\",\"text\":\"b\"}]}}]}");
    check_text(r.text, "ab");
    assert_int_equal(r.finish, ANSWER_STOP);
    openai_reply_done(&r);
    r = read_good(
        "{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I can't\"},\"finish_reason\":\"stop\"}]}");
    check_text(r.text, "I can't");
    openai_reply_done(&r);
    r = read_good("{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"tool_calls\"}],\"error\":null}");
    check_text(r.text, "");
    openai_reply_done(&r);
    r = read_good("{\"choices\":[{\"message\":{\"content\":\"a\\u0000\\\\u0000\\ud800b\"}}]}");
    check_text(r.text, "a\xEF\xBF\xBD\\u0000\xEF\xBF\xBD"
                       "b");
    openai_reply_done(&r);
}

static const char echo[] =
    "{\"choices\":[{\"text\":\"The mill r\\u00e9 x\",\"finish_reason\":\"stop\",\"logprobs\":{"
    "\"tokens\":[\"The\",\" mill\",\" r\",\"\\u00e9\",\" x\"],\"token_logprobs\":[null,-1,-2,-0.5,-4],"
    "\"top_logprobs\":[null,{\" mill\":-1},{\" r\":-2,\"q\":-3},{\"\\u00e9\":-0.5},{\" y\":-1}],"
    "\"text_offset\":[0,3,8,10,11]}}]}";

static void test_score(void **state) {
    struct openai_reply r = read_good(echo);
    struct choice_score s;
    struct text prompt = TEXT("The mill r\xC3\xA9");
    assert_int_equal(r.tokens_out, 5); /* no usage: what is shown */
    check_ok(openai_reply_score(&arena, &r, prompt, 8, &s, &err));
    check_near(s.logprob, -2.5, 0);
    assert_int_equal(s.tokens, 2);
    assert_int_equal(s.bytes, 4);
    assert_true(s.greedy);
    check_ok(openai_reply_score(&arena, &r, prompt, 5, &s, &err)); /* " mill" lies across the border and counts whole */
    check_near(s.logprob, -3.5, 0);
    check_ok(openai_reply_score(&arena, &r, prompt, 0, &s, &err)); /* the first token has none */
    check_near(s.logprob, -3.5, 0);
    assert_int_equal(s.tokens, 3);
    check_ok(openai_reply_score(&arena, &r, prompt, prompt.len, &s, &err));
    assert_int_equal(s.tokens, 0);
    check_near(s.logprob, 0, 0);
    check_ok(openai_reply_score(&arena, &r, TEXT("The mill r\xC3\xA9 x"), 12, &s, &err));
    check_near(s.logprob, -4, 0);
    assert_false(s.greedy);
    check_fails(openai_reply_score(&arena, &r, TEXT("The mills"), 3, &s, &err), ERROR_DATA, "an echo");
    openai_reply_done(&r);
    r = read_good("{\"choices\":[{\"text\":\"The mill\",\"logprobs\":null}]}");
    check_fails(openai_reply_score(&arena, &r, TEXT("The mill"), 3, &s, &err), ERROR_DATA, "log-probabilities");
    openai_reply_done(&r);
}

/* Tokens whose texts do not spell the prompt (pieces of a character, a start sign) are laid by text_offset. */
static void test_score_by_offsets(void **state) {
    static const char form[] =
        "{\"choices\":[{\"text\":\"r\xC3\xA9 \xE6\xB0\xB4 ok\",\"logprobs\":{"
        "\"tokens\":[\"<s>\",\"r\",\"\xC3\xA9\",\" \",\"\xEF\xBF\xBD\",\"\xEF\xBF\xBD\",\" ok\"],"
        "\"token_logprobs\":[null,-1,-1,-1,-2,-3,-4],\"text_offset\":[%s]}}]}";
    char body[600];
    const char *units[] = {"0,0,1,2,3,3,4", "0,0,1,3,4,5,7"};
    struct text prompt = TEXT("r\xC3\xA9 \xE6\xB0\xB4 ok");
    struct choice_score s;
    for (int i = 0; i < 2; i++) {
        snprintf(body, sizeof body, form, units[i]);
        struct openai_reply r = read_good(body);
        check_ok(openai_reply_score(&arena, &r, prompt, 4, &s, &err));
        check_near(s.logprob, -9, 0);
        assert_int_equal(s.tokens, 3);
        check_ok(openai_reply_score(&arena, &r, prompt, 7, &s, &err));
        check_near(s.logprob, -4, 0);
        openai_reply_done(&r);
    }
    snprintf(body, sizeof body, form, "0,0,2,4,6,8,9");
    struct openai_reply r = read_good(body);
    check_fails(openai_reply_score(&arena, &r, prompt, 4, &s, &err), ERROR_DATA, "laid over");
    openai_reply_done(&r);
    snprintf(body, sizeof body, form, "0,0,1");
    r = read_good(body);
    check_fails(openai_reply_score(&arena, &r, prompt, 4, &s, &err), ERROR_DATA, "laid over");
    openai_reply_done(&r);
}

static void test_bad(void **state) {
    read_bad("", "empty");
    read_bad("  <!DOCTYPE html><html>", "web page");
    read_bad("{\"choices\":[{\"message\":{\"content\":\"the mi", "reply:1:");
    read_bad("[]", "choices");
    read_bad("{\"choices\":[]}", "choices");
    read_bad("{\"choices\":[{}]}", "choices[0]");
    read_bad("{\"choices\":[{\"message\":{\"content\":7}}]}", "content");
    read_bad("{\"choices\":[{\"text\":\"a\",\"finish_reason\":\"error\"}]}", "broke off");
    read_bad("{\"choices\":[{\"text\":\"a\",\"logprobs\":{\"token_logprobs\":[2.5],\"tokens\":[\"a\"]}}]}", "above 0");
    read_bad("{\"choices\":[{\"text\":\"a\",\"logprobs\":{\"content\":[7]}}]}", "objects");
    read_bad("{\"error\":{\"message\":\"model\\nnot loaded\"}}", "model not loaded");
}

static void check_message(const char *body, const char *expected) {
    char out[64];
    openai_message(text_of(body), out, sizeof out);
    assert_string_equal(out, expected);
}

static void test_messages(void **state) {
    check_message("{\"error\":{\"message\":\"too long\",\"code\":\"x\"}}", "too long");
    check_message("{\"error\":\"plain\"}", "plain");
    check_message("{\"object\":\"error\",\"message\":\"other shape\"}", "other shape");
    check_message("{\"detail\":\"Not Found\"}", "Not Found");
    check_message("{\"detail\":[{\"msg\":\"field required\"}]}", "field required");
    check_message("upstream\r\n\x1b[31mtimed out\xff", "upstream [31mtimed out");
    check_message("<html>", "a web page (HTML)");
    check_message("", "");
    char cut[4];
    openai_quote(TEXT("ab\xC3\xA9"), cut, sizeof cut);
    assert_string_equal(cut, "ab");
    assert_true(openai_says(TEXT("{\"error\":{\"code\":\"insufficient_quota\"}}"), "insufficient_quota"));
    assert_false(openai_says(TEXT("{\"error\":\"insufficient_quota\"}"), "insufficient_quota"));
}

static void test_models(void **state) {
    struct text *names;
    size_t n;
    check_ok(openai_models_read(&arena, TEXT("{\"data\":[{\"id\":\"a\"},{\"id\":\"\"},{\"name\":1},{\"id\":\"b\"}]}"),
                                &names, &n, &err));
    assert_int_equal(n, 2);
    check_text(names[1], "b");
    check_fails(openai_models_read(&arena, TEXT("{\"models\":1}"), &names, &n, &err), ERROR_DATA, "'data'");
}

static void test_places(void **state) {
    struct openai_place p;
    check_ok(openai_place_read(&arena, TEXT("openai:http://127.0.0.1:8080/v1/#org/m:1"), &p, &err));
    check_text(p.base, "http://127.0.0.1:8080/v1");
    check_text(p.host, "127.0.0.1");
    check_text(p.model, "org/m:1");
    assert_true(p.loopback && !p.secure);
    check_ok(openai_place_read(&arena, TEXT("openai:https://api.example.org/v1/chat/completions"), &p, &err));
    check_text(p.base, "https://api.example.org/v1");
    assert_true(p.secure && !p.loopback && p.model.len == 0);
    check_ok(openai_place_read(&arena, TEXT("openai:http://[::1]:90#m"), &p, &err));
    assert_true(p.loopback);
    check_ok(openai_place_read(&arena, TEXT("openai:http://127.0.0.1.example.org#m"), &p, &err));
    assert_false(p.loopback);
    check_fails(openai_place_read(&arena, TEXT("openai:ftp://x#m"), &p, &err), ERROR_USAGE, "http://");
    check_fails(openai_place_read(&arena, TEXT("openai:"), &p, &err), ERROR_USAGE, "names no URL");
    check_fails(openai_place_read(&arena, TEXT("openai:http://#m"), &p, &err), ERROR_USAGE, "host");
    check_fails(openai_place_read(&arena, TEXT("openai:http://x:99999#m"), &p, &err), ERROR_USAGE, "port");
    check_fails(openai_place_read(&arena, TEXT("openai:http://x/v1?a=b#m"), &p, &err), ERROR_USAGE, "query");
    check_fails(openai_place_read(&arena, TEXT("openai:http://x/v 1#m"), &p, &err), ERROR_USAGE, "blank");
    check_fails(openai_place_read(&arena, TEXT("openai:http://me:secret@x#m"), &p, &err), ERROR_USAGE, "password");
    assert_null(strstr(err.message, "secret"));
}

static void test_requests(void **state) {
    const struct text stops[] = {TEXT("\n"), TEXT(""), TEXT("b"), TEXT("c"), TEXT("d"), TEXT("e")};
    const struct message messages[] = {{TEXT("user"), TEXT("a \"b\"")}};
    struct openai_manner manner = {.model = TEXT("m"), .raw_logprobs = true, .completion_tokens = true};
    struct ask ask = {.prompt = TEXT("P"),
                      .max_tokens = 5,
                      .temperature = 0.25,
                      .top_p = 0.5,
                      .seed = UINT64_MAX,
                      .stops = stops,
                      .n_stops = 6};
    struct buffer b;
    buffer_init(&b, 1 << 16);
    assert_true(openai_put_generate(&b, &manner, &ask, 0, &err));
    assert_string_equal(b.at, "{\"model\":\"m\",\"prompt\":\"P\",\"max_tokens\":5,\"temperature\":0.25,\"top_p\":0.5,"
                              "\"seed\":2147483647,\"stop\":[\"\\n\",\"b\",\"c\",\"d\"],\"logprobs\":1}");
    buffer_clear(&b);
    ask = (struct ask){.messages = messages, .n_messages = 1, .max_tokens = 5, .top_k = 3, .seed = 7};
    assert_true(openai_put_generate(&b, &manner, &ask, 2, &err));
    assert_string_equal(b.at, "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a \\\"b\\\"\"}],"
                              "\"max_completion_tokens\":5,\"temperature\":0,\"top_k\":3,\"seed\":9}");
    buffer_clear(&b);
    manner.renders = true; /* without a template texts are joined */
    manner.raw_logprobs = false;
    assert_true(openai_put_generate(&b, &manner, &ask, 2, &err));
    assert_string_equal(b.at,
                        "{\"model\":\"m\",\"prompt\":\"a \\\"b\\\"\",\"max_tokens\":5,\"temperature\":0,\"top_k\":3,"
                        "\"seed\":9}");
    buffer_clear(&b);
    manner.streams = manner.raw_logprobs = true; /* no log-probabilities of pieces */
    assert_true(openai_put_generate(&b, &manner, &ask, 2, &err));
    assert_string_equal(b.at,
                        "{\"model\":\"m\",\"prompt\":\"a \\\"b\\\"\",\"max_tokens\":5,\"temperature\":0,\"top_k\":3,"
                        "\"seed\":9,\"stream\":true}");
    buffer_clear(&b);
    struct chat_template *template = chat_template_new(NULL, "chatml", &err);
    assert_non_null(template);
    manner.template = template;
    check_ok(openai_put_prompt(&b, &manner, &ask, &err));
    assert_string_equal(b.at, "<|im_start|>user\na \"b\"<|im_end|>\n<|im_start|>assistant\n");
    chat_template_free(template);
    buffer_done(&b);
    ask = (struct ask){.stops = stops + 2, .n_stops = 4};
    check_text(openai_cut(TEXT("xyzdeb"), &ask), "xyz");
    check_text(openai_cut(TEXT("xyz"), &ask), "xyz");
}

/* Lines as they come, in any parts that end with lines. */
static void test_stream(void **state) {
    static const char lines[] = ": ping\n\nevent: message\n"
                                "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n"
                                "data:{\"choices\":[{\"delta\":{\"content\":\"the \"},\"finish_reason\":null}]}\r\n\r\n"
                                "data: {\"choices\":[{\"text\":\"r\\u00e9\"}],\"usage\":null}\n"
                                "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n"
                                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n"
                                "data: [DONE]\n";
    static const struct {
        const char *line, *says;
    } bad[] = {{"data: {\"choices\":", "reply"},
               {"data: {\"error\":{\"message\":\"the model fell over\"}}", "the model fell over"},
               {"data: {\"choices\":[{\"delta\":{\"content\":3}}]}", "'content'"},
               {"data: {\"choices\":[{\"text\":3}]}", "text"}};
    struct buffer text;
    buffer_init(&text, 100);
    for (size_t part = 1; part < sizeof lines; part += 7) {
        struct openai_stream s = {.text = &text};
        struct text rest = text_of(lines);
        buffer_clear(&text);
        while (rest.len) { /* the lines that end within the next part */
            size_t n = part < rest.len ? part : rest.len;
            while (n < rest.len && rest.at[n - 1] != '\n') n++;
            check_ok(openai_stream_take(&s, text_part(rest, 0, n), &err));
            rest = text_part(rest, n, rest.len);
        }
        check_text(buffer_text(&text), "the r\xC3\xA9");
        assert_true(s.begun && s.ended && s.finish == ANSWER_LENGTH && s.tokens_in == 7 && s.tokens_out == 2);
    }
    struct openai_stream whole = {.text = &text};
    check_ok(openai_stream_take(&whole, TEXT("{\"choices\":[{\"text\":\"a\"}]}"), &err));
    assert_false(whole.begun);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct openai_stream s = {.text = &text};
        check_fails(openai_stream_take(&s, text_of(bad[i].line), &err), ERROR_DATA, bad[i].says);
    }
    buffer_done(&text);
    buffer_init(&text, 3);
    struct openai_stream s = {.text = &text};
    check_fails(openai_stream_take(&s, TEXT("data: {\"choices\":[{\"text\":\"abcd\"}]}"), &err), ERROR_DATA, "answer");
    buffer_done(&text);
}

static void test_waits(void **state) {
    double before = 0;
    for (int i = 1; i < 12; i++) {
        double wait = openai_wait(TEXT("body"), i, 0), most = 0.5 * pow(2, i - 1) < 30 ? 0.5 * pow(2, i - 1) : 30;
        assert_true(wait >= most / 2 && wait < most);
        assert_true(wait == openai_wait(TEXT("body"), i, 0));
        if (wait == before) fail_msg("the same wait twice");
        before = wait;
    }
    assert_true(openai_wait(TEXT("body"), 1, 0) != openai_wait(TEXT("bodies"), 1, 0));
    check_near(openai_wait(TEXT("body"), 1, 7), 7, 0);
    check_near(openai_wait(TEXT("body"), 1, 86400), OPENAI_WAIT_MAX, 0);
}

static void test_no_memory(void **state) {
    struct openai_reply r = {0};
    struct choice_score s;
    for (uint64_t n = 1; n < 40; n++) {
        struct arena own;
        arena_init(&own, 0);
        memory_fail_at(n);
        bool ok = openai_reply_read(&own, text_of(echo), &r, &err) &&
                  openai_reply_score(&own, &r, TEXT("The mill r\xC3\xA9"), 8, &s, &err);
        memory_fail_at(0);
        if (!ok) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        openai_reply_done(&r);
        arena_done(&own);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chat),      cmocka_unit_test(test_chat_contents),
        cmocka_unit_test(test_score),     cmocka_unit_test(test_score_by_offsets),
        cmocka_unit_test(test_bad),       cmocka_unit_test(test_messages),
        cmocka_unit_test(test_models),    cmocka_unit_test(test_places),
        cmocka_unit_test(test_requests),  cmocka_unit_test(test_waits),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_no_memory),
    };
    arena_init(&arena, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
