/* Replies: what of an answer under way may be sent, and events that put together are the whole reply. */
#include "check.h"

#include "serve/serve_reply.h"

#include <stdlib.h>

static size_t sure(const char *answer, const char *first, const char *second) {
    struct text stops[] = {text_of(first), text_of(second)};
    return serve_sure(text_of(answer), stops, second ? 2 : first ? 1 : 0);
}

static void what_may_be_a_stop_is_held_back(void **state) {
    (void)state;
    assert_int_equal(sure("", NULL, NULL), 0);
    assert_int_equal(sure("abc", NULL, NULL), 3);
    assert_int_equal(sure("abc", "xyz", NULL), 3);
    assert_int_equal(sure("abx", "xyz", NULL), 2);
    assert_int_equal(sure("axy", "xyz", NULL), 1);
    assert_int_equal(sure("xy", "xyz", NULL), 0);
    assert_int_equal(sure("aaa", "aab", NULL), 1);
    assert_int_equal(sure("x", "xyz", "y"), 0);
    assert_int_equal(sure("zxa", "abc", "xab"), 1);
    assert_int_equal(sure("a\xe2\x98", NULL, NULL), 1);
    assert_int_equal(sure("a\xe2\x98\x83", NULL, NULL), 4);
    assert_int_equal(sure("a\xe2\x98\x83x", "x\xe2", NULL), 4);
}

/* ---- a job without a server: choices are fed by hand ---- */

struct fixture {
    struct subject *subject;
    struct serve_forms *forms;
    struct lm_engine *engine;
};

static int setup(void **state) {
    struct error err = {0};
    struct fixture *f = calloc(1, sizeof *f);
    struct subject_settings settings = {.threads = 1};
    char path[4096];
    snprintf(path, sizeof path, "%s/pocket/pocket.gguf", (const char *)*state);
    f->subject = subject_open(text_of(path), &settings, &err);
    check_ok(f->subject);
    f->forms = serve_forms_new(((struct lm_subject *)f->subject->state)->model->tokenizer, &err);
    check_ok(f->forms);
    f->engine = subject_lm_engine(f->subject, &err);
    check_ok(f->engine);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    lm_engine_free(f->engine);
    serve_forms_free(f->forms);
    subject_close(f->subject);
    free(f);
    return 0;
}

/* Events are put behind every token and are as sparse as `step` says. */
struct streaming {
    struct fixture *f;
    struct serve_choice *choice;
    struct buffer *events;
    size_t tokens, step;
};

static bool feed(void *context, int32_t token, float logprob, const struct lm_top *top, struct text answer) {
    struct streaming *s = context;
    struct api_error err;
    bool ended;
    assert_true(serve_choice_grow(s->choice, token, logprob, top, answer));
    if (++s->tokens % s->step == 0)
        assert_true(serve_put_events(s->events, s->f->subject, s->choice->job, &ended, &err) && !ended);
    return true;
}

static struct serve_job *new_job(struct fixture *f, enum api_route route, const char *body) {
    struct api_error err;
    struct serve_job *job = serve_job_new(f->subject, f->forms, route, text_of(body), &err);
    if (!job) fail_msg("%s: %s", body, err.message);
    return job;
}

static void run_job(struct fixture *f, struct serve_job *job, struct streaming *s) {
    struct error err = {0};
    struct arena arena;
    arena_init(&arena, 0);
    for (size_t i = 0; i < job->n_choices; i++) {
        struct lm_generate_result result;
        if (s) s->choice = &job->choices[i], job->choices[i].ask.token = feed, job->choices[i].ask.token_context = s;
        check_ok(lm_generate(f->engine, &job->choices[i].ask, 1, &result, &arena, NULL, NULL, NULL, &err));
        assert_int_equal(result.error.kind, ERROR_NONE);
        serve_choice_end(&job->choices[i], &result);
    }
    arena_done(&arena);
}

/* Texts of all events, and their tokens and offsets, of choice 0. */
static void gather(struct text events, bool chat, struct buffer *text, struct buffer *tokens, struct buffer *offsets,
                   size_t *usages) {
    struct text line;
    bool finished = false;
    while (text_next(&events, '\n', &line)) {
        if (!text_starts(line, TEXT("data: {"))) continue;
        struct error err = {0};
        json_t *root = json_read(text_part(line, 6, line.len), "event", 1, &err);
        check_ok(root);
        const json_t *choice = json_array_get(json_object_get(root, "choices"), 0), *one;
        size_t i;
        if (json_is_object(json_object_get(root, "usage"))) ++*usages;
        if (choice) {
            assert_false(finished);
            finished = json_is_string(json_object_get(choice, "finish_reason"));
            buffer_put_text(text, json_text(chat ? json_object_get(json_object_get(choice, "delta"), "content")
                                                 : json_object_get(choice, "text")));
            const json_t *logprobs = json_object_get(choice, "logprobs");
            const json_t *list = json_object_get(logprobs, chat ? "content" : "tokens");
            json_array_foreach(list, i, one)
                buffer_printf(tokens, "%s|", json_string_value(chat ? json_object_get(one, "token") : one));
            list = json_object_get(logprobs, "text_offset");
            json_array_foreach(list, i, one) buffer_printf(offsets, "%d ", (int)json_integer_value(one));
        }
        json_decref(root);
    }
    assert_true(finished);
}

static void check_stream(struct fixture *f, enum api_route route, const char *body, size_t step) {
    struct api_error err;
    struct buffer events, whole, text[2], tokens[2], offsets[2];
    bool chat = route == API_CHAT, ended;
    size_t usages = 0;
    for (size_t i = 0; i < 2; i++) {
        buffer_init(&text[i], 1 << 20), buffer_init(&tokens[i], 1 << 20), buffer_init(&offsets[i], 1 << 20);
    }
    buffer_init(&events, 1 << 24), buffer_init(&whole, 1 << 24);
    struct serve_job *job = new_job(f, route, body);
    struct streaming s = {.f = f, .events = &events, .step = step};
    run_job(f, job, &s);
    assert_true(serve_put_events(&events, f->subject, job, &ended, &err) && ended);
    assert_true(text_ends(buffer_text(&events), TEXT("data: [DONE]\n\n")));
    assert_true(serve_put_reply(&whole, f->subject, job, &err));
    gather(buffer_text(&events), chat, &text[0], &tokens[0], &offsets[0], &usages);
    assert_int_equal(usages, job->request.stream_usage);
    struct error why = {0};
    json_t *root = json_read(buffer_text(&whole), "reply", 1, &why);
    if (!root) fail_msg("%s", why.message);
    const json_t *choice = json_array_get(json_object_get(root, "choices"), 0), *one;
    struct text said = json_text(chat ? json_object_get(json_object_get(choice, "message"), "content")
                                      : json_object_get(choice, "text"));
    if (!text_equal(said, text[0].at ? buffer_text(&text[0]) : TEXT("")))
        fail_msg("'%.*s', in pieces '%s'", TEXT_ARG(said), text[0].at);
    const json_t *list = json_object_get(json_object_get(choice, "logprobs"), chat ? "content" : "tokens");
    size_t i;
    json_array_foreach(list, i, one)
        buffer_printf(&tokens[1], "%s|", json_string_value(chat ? json_object_get(one, "token") : one));
    list = json_object_get(json_object_get(choice, "logprobs"), "text_offset");
    json_array_foreach(list, i, one) buffer_printf(&offsets[1], "%d ", (int)json_integer_value(one));
    if (job->request.logprobs) assert_string_equal(tokens[0].at, tokens[1].at);
    if (job->request.logprobs && !chat) assert_string_equal(offsets[0].at, offsets[1].at);
    json_decref(root);
    serve_job_let_go(job);
    for (i = 0; i < 2; i++) buffer_done(&text[i]), buffer_done(&tokens[i]), buffer_done(&offsets[i]);
    buffer_done(&events), buffer_done(&whole);
}

static void pieces_make_the_whole(void **state) {
    static const char *const raw[] = {
        "{\"prompt\":\"The mill\",\"max_tokens\":40,\"temperature\":0,\"stream\":true}",
        "{\"prompt\":\"The mill\",\"max_tokens\":60,\"temperature\":1.5,\"seed\":3,\"stream\":true,\"logprobs\":2}",
        "{\"prompt\":\"The mill\",\"max_tokens\":60,\"temperature\":2,\"seed\":9,\"stream\":true,\"logprobs\":0,"
        "\"stop\":[\"e \",\"the\",\"ing\"],\"stream_options\":{\"include_usage\":true}}",
        "{\"prompt\":[5,6,7],\"max_tokens\":30,\"temperature\":3,\"seed\":1,\"stream\":true,\"logprobs\":5}"};
    static const char *const chats[] = {
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"temperature\":0,\"stream\":true}",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"temperature\":2,\"seed\":4,\"max_tokens\":70,"
        "\"stream\":true,\"logprobs\":true,\"top_logprobs\":3,\"stop\":\"a\"}"};
    for (size_t step = 1; step < 9; step += 3) {
        for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) check_stream(*state, API_COMPLETIONS, raw[i], step);
        for (size_t i = 0; i < sizeof chats / sizeof *chats; i++) check_stream(*state, API_CHAT, chats[i], step);
    }
}

static void a_job_is_refused_for_what_the_model_cannot(void **state) {
    struct fixture *f = *state;
    static const struct {
        enum api_route route;
        const char *body, *code, *part;
    } bad[] = {
        {API_COMPLETIONS, "{\"prompt\":[99999]}", "invalid_value", "the vocabulary has"},
        {API_CHAT, "{\"messages\":[{\"role\":\"tool\",\"content\":\"4\"}]}", "unsupported_parameter", "tools"},
        {API_COMPLETIONS, "{\"prompt\":\"a\",\"steer\":\"x\"}", "unsupported_parameter", "not part of this server yet"},
        {API_COMPLETIONS, "{\"prompt\":\"a\",\"quotes\":true}", NULL, "started without --quotes"},
        {API_COMPLETIONS, "{\"prompt\":\"a\",\"quotes\":1}", NULL, "expected true or false"},
        {API_COMPLETIONS, "{\"prompt\":\"a\",\"logit_bias\":{\"99999\":1}}", "invalid_value", "the vocabulary has"},
        {API_EMBEDDINGS, "{\"input\":\"a\",\"dimensions\":3}", "unsupported_parameter", "states have"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct api_error err;
        if (serve_job_new(f->subject, f->forms, bad[i].route, text_of(bad[i].body), &err)) fail_msg("%s", bad[i].body);
        bool same = bad[i].code && err.code ? strcmp(err.code, bad[i].code) == 0 : bad[i].code == err.code;
        if (!same || err.status != 400 || !strstr(err.message, bad[i].part))
            fail_msg("%s: %s, %s", bad[i].body, err.code ? err.code : "null", err.message);
    }
    struct buffer b;
    struct api_error err;
    buffer_init(&b, 1 << 20);
    buffer_put_c(&b, "{\"prompt\":\"");
    for (size_t i = 0; i < 2000; i++) buffer_put_c(&b, "river ");
    buffer_put_c(&b, "\"}");
    assert_null(serve_job_new(f->subject, f->forms, API_COMPLETIONS, buffer_text(&b), &err));
    assert_string_equal(err.code, "context_length_exceeded");
    buffer_done(&b);
}

/* ---- biases and penalties ---- */

static void shifts_are_those_of_the_formula(void **state) {
    struct fixture *f = *state;
    struct serve_job *job = new_job(f, API_COMPLETIONS,
                                    "{\"prompt\":\"a\",\"presence_penalty\":0.5,\"frequency_penalty\":0.25,"
                                    "\"logit_bias\":{\"3\":2,\"4\":-100}}");
    float logits[6] = {0, 1, 2, 3, 4, 5};
    const float expected[6] = {0, 1 - 0.5f - 3 * 0.25f, 2, 3 + 2 - 0.5f - 0.25f, 4 - 100, 5};
    const int32_t answer[] = {1, 3, 1, 1};
    struct logits_row row = {.answer = answer, .n_answer = 4, .logits = logits, .vocabulary = 6};
    struct error err = {0};
    assert_int_equal(job->n_processors, 1);
    const struct logits_processor *p = job->processors;
    void *said = NULL;
    check_ok(p->kind->begin(p->settings, &said, &err));
    row.n_answer = 1; /* as it grows token by token */
    for (float other[6] = {0}; row.n_answer < 4; row.n_answer++) {
        row.logits = other;
        check_ok(p->kind->change(p->settings, said, &row, &err));
    }
    row.logits = logits;
    check_ok(p->kind->change(p->settings, said, &row, &err));
    assert_memory_equal(logits, expected, sizeof logits);
    p->kind->end(said);
    serve_job_let_go(job);
    job = new_job(f, API_COMPLETIONS, "{\"prompt\":\"a\",\"presence_penalty\":0,\"logit_bias\":{}}");
    assert_int_equal(job->n_processors, 0);
    serve_job_let_go(job);
}

static void a_bias_decides_what_is_said(void **state) {
    struct fixture *f = *state;
    struct serve_job *job =
        new_job(f, API_COMPLETIONS, "{\"prompt\":\"The mill\",\"max_tokens\":5,\"logit_bias\":{\"300\":100}}");
    run_job(f, job, NULL);
    assert_int_equal(job->choices[0].n, 5);
    for (size_t i = 0; i < 5; i++) assert_int_equal(job->choices[0].ids[i], 300);
    assert_true(job->choices[0].logprobs[0] < 0); /* of the model itself */
    serve_job_let_go(job);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_a_stop_is_held_back),
        cmocka_unit_test_prestate_setup_teardown(pieces_make_the_whole, setup, teardown, argc > 1 ? argv[1] : "."),
        cmocka_unit_test_prestate_setup_teardown(a_job_is_refused_for_what_the_model_cannot, setup, teardown,
                                                 argc > 1 ? argv[1] : "."),
        cmocka_unit_test_prestate_setup_teardown(shifts_are_those_of_the_formula, setup, teardown,
                                                 argc > 1 ? argv[1] : "."),
        cmocka_unit_test_prestate_setup_teardown(a_bias_decides_what_is_said, setup, teardown,
                                                 argc > 1 ? argv[1] : "."),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
