/* Subjects behind an endpoint, against the test server: the same answers with and without faults, one request per
 * answer and failure, and what is said when nothing can be done. argv[2]: the server. */
#include "fault_run.h"

#include "base/hash.h"
#include "subject/openai_http.h"
#include "subject/subject_talk.h"

static const char *program;

/* ---- a batch and its answers, as text that can be compared ---- */

#define ASKS 60
#define SAMPLES 2

struct bench {
    struct ask asks[ASKS];
    char prompts[ASKS][64];
    struct message messages[ASKS];
    struct text choices[ASKS][3];
    char choice_bytes[ASKS][3][32];
    char said[ASKS][SAMPLES][400]; /* what came, times left out */
    int came[ASKS][SAMPLES];
    size_t answers, errors;
    size_t stop_after; /* answers, then *flag is set; 0: never */
    struct interrupt *flag;
};

/* Every third ask is a raw prompt, the others are conversations; scoring: every ask three choices. */
static struct bench *bench_new(bool scoring) {
    struct bench *b = calloc(1, sizeof *b);
    for (size_t i = 0; i < ASKS; i++) {
        int n = snprintf(b->prompts[i], sizeof b->prompts[i],
                         "Who keeps r\xC3\xA9"
                         "colte %zu of the mill?",
                         i);
        struct text prompt = {b->prompts[i], (size_t)n};
        struct ask *ask = &b->asks[i];
        *ask = (struct ask){.kind = scoring ? ASK_SCORE : ASK_GENERATE,
                            .prompt = prompt,
                            .samples = SAMPLES,
                            .max_tokens = 4 + i % 6,
                            .temperature = 0.7,
                            .top_p = 1,
                            .seed = i};
        for (size_t k = 0; k < 3; k++) {
            int m = snprintf(b->choice_bytes[i][k], 32, k == 1 ? "\xC3\xA9t\xC3\xA9 %zu" : " Lena %zu", i * 3 + k);
            b->choices[i][k] = (struct text){b->choice_bytes[i][k], (size_t)m};
        }
        b->messages[i] = (struct message){TEXT("user"), prompt};
        if (scoring) {
            ask->choices = b->choices[i];
            ask->n_choices = 3;
        } else if (i % 3) {
            ask->messages = &b->messages[i];
            ask->n_messages = 1;
        }
    }
    return b;
}

static bool keep(void *context, const struct answer *a, struct error *err) {
    struct bench *b = context;
    assert_true(a->ask < ASKS && a->sample < SAMPLES);
    struct buffer out;
    buffer_init(&out, 1 << 16);
    buffer_printf(&out, "%d %.*s|%zu %zu", (int)a->finish, TEXT_ARG(a->text), a->tokens_in, a->tokens_out);
    for (size_t i = 0; i < a->tokens_out && a->logprobs; i++) buffer_printf(&out, " %g", (double)a->logprobs[i]);
    for (size_t i = 0; i < a->n_choices; i++)
        buffer_printf(&out, " %.12g/%zu/%zu/%d", a->choices[i].logprob, a->choices[i].tokens, a->choices[i].bytes,
                      a->choices[i].greedy);
    if (a->error.kind) buffer_printf(&out, " error %s", a->error.message);
    snprintf(b->said[a->ask][a->sample], sizeof b->said[0][0], "%s", out.at);
    buffer_done(&out);
    b->came[a->ask][a->sample]++;
    b->answers++;
    b->errors += a->error.kind != ERROR_NONE;
    if (b->stop_after && b->answers == b->stop_after) b->flag->asked = 1;
    return true;
}

static void check_same(const struct bench *a, const struct bench *b, size_t samples) {
    for (size_t i = 0; i < ASKS; i++)
        for (size_t k = 0; k < samples; k++) {
            assert_int_equal(b->came[i][k], 1);
            assert_string_equal(b->said[i][k], a->said[i][k]);
        }
}

static struct subject *open_at(const struct fault_run *run, const char *model, struct subject_settings *settings,
                               struct error *err) {
    char spec[160];
    struct subject_settings defaults = {.retries = -1};
    snprintf(spec, sizeof spec, "openai:%s/v1%s%s", run->url, model ? "#" : "", model ? model : "");
    return subject_open(text_of(spec), settings ? settings : &defaults, err);
}

/* Opens, asks all, closes; checks that all went well. */
static struct bench *run_all(const struct fault_run *run, bool scoring, struct subject_settings *settings) {
    struct error err = {0};
    struct bench *b = bench_new(scoring);
    struct subject *subject = open_at(run, "mill", settings, &err);
    if (!subject) fail_msg("%s", err.message);
    check_ok(subject_ask(subject, b->asks, ASKS, keep, b, &err));
    subject_close(subject);
    assert_int_equal(b->errors, 0);
    return b;
}

/* ---- what works ---- */

static void test_capabilities(void **state) {
    struct fault_run run;
    struct error err = {0};
    struct buffer b;
    fault_start(&run, program, NULL);
    struct subject *subject = open_at(&run, NULL, NULL, &err);
    if (!subject) fail_msg("%s", err.message);
    buffer_init(&b, 1000);
    subject_put_capabilities(&b, subject->capabilities);
    assert_string_equal(b.at, "generates, samples, scores, token log-probabilities, follows grammars, chats, sees, hears");
    assert_string_equal(subject->name, "mill");
    assert_int_equal(strlen(subject->digest), 64);
    assert_int_equal(fault_stat(&run, "requests"), 3);
    buffer_done(&b);
    subject_close(subject);
    fault_stop(&run);
}

static void test_faults(void **state) {
    static const char *const options[] = {"--fail", "0.3", "--seed", "5", "--hang", "3", "--retry-after", "0", NULL};
    struct subject_settings patient = {.retries = 12, .timeout = 0.7, .concurrency = 16};
    for (int scoring = 0; scoring < 2; scoring++) {
        struct fault_run calm, rough;
        size_t wanted = scoring ? ASKS * 3 : ASKS * SAMPLES;
        fault_start(&calm, program, NULL);
        struct bench *a = run_all(&calm, scoring, NULL);
        assert_int_equal(fault_stat(&calm, "requests"), wanted + 2);
        fault_stop(&calm);
        fault_start(&rough, program, options);
        double started = clock_seconds();
        struct bench *b = run_all(&rough, scoring, &patient);
        check_same(a, b, scoring ? 1 : SAMPLES);
        size_t requests = fault_stat(&rough, "requests"), failed = fault_stat(&rough, "failed");
        printf("%zu answers wanted, %zu requests, %zu failed, %.1f s\n", wanted + 2, requests, failed,
               clock_seconds() - started);
        assert_true(failed > wanted / 5);
        assert_int_equal(requests, wanted + 2 + failed);
        assert_true(fault_stat(&rough, "peak") <= 16 + failed); /* hanging ones stay on the server */
        static const char *const kinds[] = {"429", "500", "timeout", "html", "badjson", "truncated"};
        for (size_t i = 0; i < 6; i++) assert_true(fault_stat(&rough, kinds[i]) > 0);
        fault_stop(&rough);
        free(a);
        free(b);
    }
}

/* The server's formula, computed here. */
static double expected_logprob(const char *before, const char *token) {
    char key[300];
    int n = snprintf(key, sizeof key, "%s|%s", before, token);
    return -(double)(1 + hash_xxh3(key, (size_t)n) % 4000) / 1000;
}

static bool keep_score(void *context, const struct answer *a, struct error *err) {
    if (a->error.kind) fail_msg("%s", a->error.message);
    assert_int_equal(a->n_choices, 1);
    *(struct choice_score *)context = a->choices[0];
    return true;
}

static void test_scores(void **state) {
    static const char *const dialects[][4] = {{NULL},
                                              {"--byte-offsets", NULL},
                                              {"--start-token", NULL},
                                              {"--refuse-zero", "--start-token", "--byte-offsets", NULL}};
    const struct text choice = TEXT(" \xC3\xA9t\xC3\xA9 mill");
    struct ask ask = {.kind = ASK_SCORE, .prompt = TEXT("The r\xC3\xA9"), .choices = &choice, .n_choices = 1};
    struct choice_score score;
    struct error err = {0};
    double expected = expected_logprob("The r\xC3\xA9", " ") + expected_logprob("The r\xC3\xA9 ", "\xC3\xA9") +
                      expected_logprob("The r\xC3\xA9 \xC3\xA9", "t") +
                      expected_logprob("The r\xC3\xA9 \xC3\xA9t", "\xC3\xA9") +
                      expected_logprob("The r\xC3\xA9 \xC3\xA9t\xC3\xA9", " mill");
    for (size_t i = 0; i < 4; i++) {
        struct fault_run run;
        fault_start(&run, program, dialects[i]);
        struct subject *subject = open_at(&run, "mill", NULL, &err);
        if (!subject) fail_msg("%s", err.message);
        check_ok(subject_ask(subject, &ask, 1, keep_score, &score, &err));
        check_near(score.logprob, expected, 1e-12);
        assert_int_equal(score.tokens, 5);
        assert_int_equal(score.bytes, choice.len);
        subject_close(subject);
        fault_stop(&run);
    }
}

static void test_lesser_servers(void **state) {
    static const char *const no_echo[] = {"--no-echo", NULL}, *const no_raw[] = {"--no-completions", NULL};
    static const char *const no_chat[] = {"--no-chat", NULL};
    struct fault_run run;
    struct error err = {0};
    fault_start(&run, program, no_echo);
    struct subject *subject = open_at(&run, "mill", NULL, &err);
    assert_non_null(subject);
    assert_false(subject->capabilities & SUBJECT_SCORES);
    check_fails(subject_require(subject, SUBJECT_SCORES, "task 'x'", &err), ERROR_USAGE, "without an echo");
    subject_close(subject);
    fault_stop(&run);

    fault_start(&run, program, no_raw);
    struct bench *a = run_all(&run, false, NULL); /* raw prompts become conversations */
    struct bench *scores = bench_new(true);
    subject = open_at(&run, "mill", NULL, &err);
    check_ok(subject_ask(subject, scores->asks, ASKS, keep, scores, &err));
    assert_int_equal(scores->errors, ASKS);
    assert_non_null(strstr(scores->said[3][0], "no log-probabilities of given answers (its /completions"));
    assert_non_null(strstr(subject->lacks, "no such route"));
    subject_close(subject);
    fault_stop(&run);
    free(a);
    free(scores);

    fault_start(&run, program, no_chat);
    struct bench *b = bench_new(false);
    subject = open_at(&run, "mill", NULL, &err);
    assert_non_null(subject);
    assert_false(subject->capabilities & SUBJECT_CHATS);
    check_ok(subject_ask(subject, b->asks, ASKS, keep, b, &err));
    assert_int_equal(b->errors, 0); /* texts of conversations are joined */
    assert_int_equal(b->answers, ASKS * SAMPLES);
    subject_close(subject);
    fault_stop(&run);
    free(b);
}

/* Conversations can be scored: joined, or by a template that is applied here. */
/* The server takes any body and never follows a grammar; some grammars have its answers all the same. */
static void test_forms(void **state) {
    struct fault_run run;
    struct error err = {0};
    struct bench *b = bench_new(false);
    fault_start(&run, program, NULL);
    struct subject *subject = open_at(&run, NULL, NULL, &err);
    if (!subject) fail_msg("%s", err.message);
    for (size_t i = 0; i < ASKS; i++) {
        b->asks[i].form = i % 3 == 2 ? ASK_SCHEMA : ASK_GRAMMAR;
        b->asks[i].form_source = text_of(i % 3 == 2 ? "{}" : i % 3 ? "root ::= [0-9]+" : "root ::= [^0-9]+");
    }
    check_ok(subject_ask(subject, b->asks, ASKS, keep, b, &err));
    assert_int_equal(b->answers, ASKS * SAMPLES);
    for (size_t i = 0; i < ASKS; i++)
        for (size_t s = 0; s < SAMPLES; s++) {
            static const char refusal[] = "the endpoint did not keep to '";
            const char *said = strstr(b->said[i][s], refusal);
            bool cut = b->said[i][s][0] == '0' + ANSWER_LENGTH; /* what is cut off need not be JSON */
            if (i % 3 == 0 ? said != NULL : i % 3 == 1 ? !said : !said != cut) fail_msg("%zu: %s", i, b->said[i][s]);
            if (said && strncmp(said + sizeof refusal - 1, i % 3 == 1 ? "grammar'" : "response_format'", 8) != 0) fail_msg("%s", said);
        }
    subject_close(subject);
    free(b);
    fault_stop(&run);
}

static void test_templates(void **state) {
    const struct message message = {TEXT("user"), TEXT("The mill ")};
    const struct text choice = TEXT("river");
    struct ask ask = {.kind = ASK_SCORE, .messages = &message, .n_messages = 1, .choices = &choice, .n_choices = 1};
    struct subject_settings chatml = {.retries = -1, .template_name = "chatml"};
    struct fault_run run;
    struct choice_score score;
    struct error err = {0};
    fault_start(&run, program, NULL);
    struct subject *joined = open_at(&run, "mill", NULL, &err), *rendered = open_at(&run, "mill", &chatml, &err);
    if (!joined || !rendered) fail_msg("%s", err.message);
    assert_string_not_equal(joined->digest, rendered->digest);
    assert_true(rendered->capabilities & SUBJECT_CHATS);
    check_ok(subject_ask(joined, &ask, 1, keep_score, &score, &err));
    check_near(score.logprob, expected_logprob("The mill", " river"), 1e-12);
    assert_int_equal(score.tokens, 1); /* the blank belongs to the choice */
    assert_int_equal(score.bytes, 5);
    check_ok(subject_ask(rendered, &ask, 1, keep_score, &score, &err));
    check_near(score.logprob,
               expected_logprob("<|im_start|>user\nThe mill <|im_end|>\n<|im_start|>assistant", "\n") +
                   expected_logprob("<|im_start|>user\nThe mill <|im_end|>\n<|im_start|>assistant\n", "river"),
               1e-12);
    subject_close(joined);
    subject_close(rendered);
    chatml.template_name = "/nowhere/template.jinja";
    check_fails(open_at(&run, "mill", &chatml, &err) != NULL, ERROR_ENVIRONMENT, "/nowhere/template.jinja");
    fault_stop(&run);
}

static void test_concurrency(void **state) {
    static const char *const slow[] = {"--delay", "5", NULL};
    struct subject_settings few = {.concurrency = 3}, one = {.concurrency = 1};
    struct fault_run run;
    fault_start(&run, program, slow);
    struct bench *a = run_all(&run, false, &one);
    assert_int_equal(fault_stat(&run, "peak"), 1);
    struct bench *b = run_all(&run, false, &few);
    assert_int_equal(fault_stat(&run, "peak"), 3);
    check_same(a, b, SAMPLES);
    fault_stop(&run);
    free(a);
    free(b);
}

static void test_retry_after(void **state) {
    static const char *const dialects[][9] = {
        {"--fail", "0.08", "--faults", "429", "--retry-after", "2", NULL},
        {"--fail", "0.08", "--faults", "429", "--retry-after", "3", "--retry-date",
         NULL}, /* whole seconds: 2 at least */
    };
    struct subject_settings patient = {.retries = 12, .concurrency = 64};
    for (size_t i = 0; i < 2; i++) {
        struct fault_run run;
        fault_start(&run, program, dialects[i]);
        double started = clock_seconds();
        free(run_all(&run, false, &patient));
        assert_true(fault_stat(&run, "429") > 0);
        assert_true(clock_seconds() - started >= 1.9);
        fault_stop(&run);
    }
}

/* ---- what does not ---- */

static void test_one_bad_item(void **state) {
    struct fault_run run;
    struct error err = {0};
    struct bench *b = bench_new(false);
    fault_start(&run, program, NULL);
    struct subject *subject = open_at(&run, "mill", NULL, &err);
    b->asks[7].n_messages = 0;
    b->asks[7].prompt = TEXT("[refuse] this");
    check_ok(subject_ask(subject, b->asks, ASKS, keep, b, &err));
    assert_int_equal(b->errors, SAMPLES);
    assert_int_equal(b->answers, ASKS * SAMPLES);
    assert_non_null(strstr(b->said[7][0], "status 400: this prompt is not allowed"));
    assert_null(strstr(b->said[7][0], "tried"));
    assert_int_equal(fault_stat(&run, "requests"), ASKS * SAMPLES + 2);
    subject_close(subject);
    fault_stop(&run);
    free(b);
}

static const char secret[] = "sk-very-secret-0123456789";

static void test_key(void **state) {
    const char *options[] = {"--key", secret, NULL};
    struct subject_settings named = {.retries = -1, .key_env = "BASANITE_TEST_KEY"};
    struct fault_run run;
    struct error err = {0};
    fault_start(&run, program, options);
    setenv("OPENAI_API_KEY", secret, 1);
    struct subject *subject = open_at(&run, "mill", NULL, &err);
    if (!subject) fail_msg("%s", err.message);
    assert_null(strstr(subject->spec, secret));
    subject_close(subject);
    setenv("OPENAI_API_KEY", "sk-another-secret-key", 1);
    check_fails(open_at(&run, "mill", NULL, &err) != NULL, ERROR_ENVIRONMENT, "wrong key");
    assert_non_null(strstr(err.message, "OPENAI_API_KEY"));
    assert_null(strstr(err.message, "sk-another"));
    unsetenv("OPENAI_API_KEY");
    check_fails(open_at(&run, "mill", NULL, &err) != NULL, ERROR_ENVIRONMENT, "status 401");
    check_fails(open_at(&run, "mill", &named, &err) != NULL, ERROR_USAGE, "is not set");
    setenv("BASANITE_TEST_KEY", "two\nlines", 1);
    check_fails(open_at(&run, "mill", &named, &err) != NULL, ERROR_USAGE, "BASANITE_TEST_KEY");
    assert_null(strstr(err.message, "two"));
    setenv("BASANITE_TEST_KEY", secret, 1);
    subject = open_at(&run, "mill", &named, &err);
    if (!subject) fail_msg("%s", err.message);
    subject_close(subject);
    /* In the clear and not to this machine as far as the name tells: only a key that was named goes there. */
    struct fault_run far = run;
    snprintf(far.url, sizeof far.url, "http://127.1%s", strrchr(run.url, ':'));
    setenv("OPENAI_API_KEY", secret, 1);
    check_fails(open_at(&far, "mill", NULL, &err) != NULL, ERROR_ENVIRONMENT, "not sent over http://");
    subject = open_at(&far, "mill", &named, &err);
    if (!subject) fail_msg("%s", err.message);
    subject_close(subject);
    unsetenv("OPENAI_API_KEY");
    fault_stop(&run);
}

static void test_wrong_places(void **state) {
    static const char *const away[] = {"--move-to", "http://127.0.0.1:1/v1/x", NULL};
    static const char *const pages[] = {"--fail", "1", "--faults", "html", NULL};
    struct subject_settings hasty = {.retries = 1};
    struct fault_run run;
    struct error err = {0};
    fault_start(&run, program, NULL);
    check_fails(open_at(&run, "other", NULL, &err) != NULL, ERROR_ENVIRONMENT, "no such model");
    char spec[128];
    snprintf(spec, sizeof spec, "openai:%s/wrong#mill", run.url);
    check_fails(subject_open(text_of(spec), &hasty, &err) != NULL, ERROR_ENVIRONMENT, "/v1");
    fault_stop(&run);
    double started = clock_seconds();
    check_fails(open_at(&run, "mill", NULL, &err) != NULL, ERROR_ENVIRONMENT, "is it running"); /* down */
    assert_true(clock_seconds() - started < 2);
    fault_start(&run, program, away);
    check_fails(open_at(&run, "mill", NULL, &err) != NULL, ERROR_ENVIRONMENT, "redirects are not followed");
    fault_stop(&run);
    fault_start(&run, program, pages);
    check_fails(open_at(&run, "mill", &hasty, &err) != NULL, ERROR_ENVIRONMENT, "web page");
    assert_int_equal(fault_stat(&run, "requests"), 4);
    fault_stop(&run);
}

static void test_goes_down(void **state) {
    struct subject_settings hasty = {.retries = 1};
    struct fault_run run;
    struct error err = {0};
    struct bench *b = bench_new(false);
    fault_start(&run, program, NULL);
    struct subject *subject = open_at(&run, "mill", &hasty, &err);
    fault_stop(&run);
    check_fails(subject_ask(subject, b->asks, ASKS, keep, b, &err), ERROR_ENVIRONMENT, "it seems to be down");
    assert_int_equal(b->answers, 0);
    subject_close(subject);
    free(b);
}

static void *raise_flag(void *flag) {
    fault_pause(0.3);
    ((struct interrupt *)flag)->asked = 1;
    return NULL;
}

static void test_interrupt(void **state) {
    static const char *const hanging[] = {"--delay", "20000", NULL};
    struct interrupt flag = {0};
    struct subject_settings settings = {.retries = -1, .stop = &flag, .concurrency = 2};
    struct fault_run run;
    struct error err = {0};
    struct bench *b = bench_new(false);
    fault_start(&run, program, NULL);
    struct subject *subject = open_at(&run, "mill", &settings, &err);
    b->stop_after = 5;
    b->flag = &flag;
    check_fails(subject_ask(subject, b->asks, ASKS, keep, b, &err), ERROR_INTERRUPTED, "interrupted");
    assert_true(b->answers >= 5 && b->answers < 10);
    subject_close(subject);
    fault_stop(&run);
    flag.asked = 0;
    fault_start(&run, program, hanging);
    pthread_t thread;
    pthread_create(&thread, NULL, raise_flag, &flag);
    double started = clock_seconds();
    check_fails(open_at(&run, "mill", &settings, &err) != NULL, ERROR_INTERRUPTED, "interrupted");
    assert_true(clock_seconds() - started < 1);
    pthread_join(thread, NULL);
    fault_stop(&run);
    free(b);
}

static bool make_get(void *context, size_t i, const char **route, struct buffer *body, struct error *err) {
    *route = "/v1/models";
    return true;
}

static enum openai_verdict take_none(void *context, size_t i, struct text reply, double ms, struct error *err) {
    return error_set(err, ERROR_DATA, "must not come"), OPENAI_END;
}

static bool fail_kept(void *context, size_t i, long status, struct text reply, bool gone, const struct error *why,
                      struct error *err) {
    *(struct error *)context = *why;
    return status == 0 && !gone;
}

static void test_reply_too_long(void **state) {
    struct fault_run run;
    struct error err = {0}, why = {0};
    const struct openai_exchange exchange = {&why, make_get, take_none, fail_kept};
    fault_start(&run, program, NULL);
    struct openai_http_settings settings = {
        .base = text_of(run.url), .loopback = true, .concurrency = 1, .timeout = 5, .retries = 5, .reply_max = 20};
    struct openai_http *http = openai_http_new(&settings, &err);
    assert_non_null(http);
    check_ok(openai_http_run(http, 1, true, &exchange, &err));
    assert_non_null(strstr(why.message, "a reply of more than 20 bytes"));
    assert_int_equal(fault_stat(&run, "requests"), 1); /* not asked again */
    openai_http_free(http);
    fault_stop(&run);
}

/* ---- answers in pieces ---- */

struct heard {
    struct buffer text;
    size_t pieces, most; /* most: then it is enough; 0: never */
};

static bool hear(void *context, struct text more, const struct talk_token *token) {
    struct heard *h = context;
    assert_null(token);
    buffer_put_text(&h->text, more);
    h->pieces += more.len > 0;
    return !h->most || h->pieces < h->most;
}

/* One conversation of a bench, told; *reply is good until the next. */
static bool tell(struct talk *talk, const struct ask *ask, struct heard *h, struct talk_reply *reply,
                 struct error *err) {
    struct ask one = *ask;
    one.samples = 1;
    buffer_clear(&h->text);
    h->pieces = 0;
    return talk_turn(talk, &one, hear, h, reply, err);
}

/* The same answers as whole ones, whatever fails before they begin and whether or not the server knows of pieces. */
static void test_pieces(void **state) {
    static const char *const options[][8] = {
        {NULL},
        {"--fail", "0.4", "--seed", "3", "--hang", "1", "--retry-after", "0"},
        {"--no-stream", NULL},
        {"--refuse-stream", NULL},
        {"--no-chat", NULL},
        {"--no-completions", NULL},
    };
    struct subject_settings patient = {.retries = 12, .timeout = 0.5};
    for (size_t o = 0; o < sizeof options / sizeof *options; o++) {
        const char *all[9] = {0};
        struct fault_run run;
        struct error err = {0};
        struct heard h = {0};
        memcpy(all, options[o], sizeof options[o]);
        fault_start(&run, program, all);
        struct bench *b = bench_new(false);
        struct subject *subject = open_at(&run, "mill", &patient, &err);
        if (!subject) fail_msg("%s", err.message);
        struct talk *talk = talk_new(subject, &err);
        buffer_init(&h.text, 1 << 16);
        check_ok(subject_ask(subject, b->asks, 9, keep, b, &err));
        for (size_t i = 0; i < 9; i++) {
            struct talk_reply reply;
            char said[400];
            check_ok(tell(talk, &b->asks[i], &h, &reply, &err));
            assert_true(text_equal(buffer_text(&h.text), reply.text) && !reply.stopped);
            snprintf(said, sizeof said, "%d %.*s|%zu %zu", (int)reply.finish, TEXT_ARG(reply.text), reply.tokens_in,
                     reply.tokens_out);
            assert_true(strlen(said) > 4 && strncmp(b->said[i][0], said, strlen(said)) == 0);
            if (o != 2 && o != 3) assert_true(h.pieces >= 3);
        }
        buffer_done(&h.text);
        talk_free(talk);
        subject_close(subject);
        fault_stop(&run);
        free(b);
    }
}

static void test_pieces_end_early(void **state) {
    static const char *const cut[] = {"--stream-ends", "3", NULL}; /* a comment, two tokens */
    struct fault_run run;
    struct error err = {0};
    struct heard h = {.most = 2};
    struct bench *b = bench_new(false);
    struct talk_reply reply;
    buffer_init(&h.text, 1 << 16);
    for (size_t broken = 0; broken < 2; broken++) {
        struct subject_settings settings = {.retries = 3};
        fault_start(&run, program, broken ? cut : NULL);
        struct subject *subject = open_at(&run, "mill", &settings, &err);
        struct talk *talk = talk_new(subject, &err);
        size_t before = fault_stat(&run, "requests");
        h.most = broken ? 0 : 2;
        if (broken) {
            check_fails(tell(talk, &b->asks[1], &h, &reply, &err), ERROR_ENVIRONMENT, "endpoint 'http://127.0.0.1");
        } else {
            check_ok(tell(talk, &b->asks[1], &h, &reply, &err));
            assert_true(reply.stopped && text_equal(reply.text, buffer_text(&h.text)));
        }
        assert_int_equal(h.pieces, 2);
        assert_int_equal(fault_stat(&run, "requests"), before + 1); /* what was said is not asked again */
        check_ok(subject_ask(subject, b->asks, 3, keep, b, &err)); /* and it still works */
        talk_free(talk);
        subject_close(subject);
        fault_stop(&run);
    }
    buffer_done(&h.text);
    free(b);
}

static void test_pieces_without_memory(void **state) {
    struct fault_run run;
    struct error err = {0};
    struct heard h = {0};
    struct bench *b = bench_new(false);
    struct talk_reply reply;
    size_t told = 0, failed = 0;
    fault_start(&run, program, NULL);
    struct subject *subject = open_at(&run, "mill", NULL, &err);
    struct talk *talk = talk_new(subject, &err);
    buffer_init(&h.text, 1 << 16);
    buffer_put_c(&h.text, "room for what is heard, so that only the program's own memory fails");
    for (uint64_t n = 1; n < 60; n++) {
        memory_fail_at(n);
        bool ok = tell(talk, &b->asks[1], &h, &reply, &err);
        memory_fail_at(0);
        if (!ok) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        told += ok;
        failed += !ok;
    }
    assert_true(told > 0 && failed > 0);
    buffer_done(&h.text);
    talk_free(talk);
    subject_close(subject);
    fault_stop(&run);
    free(b);
}

/* Parts are whole lines, the last one what is left; the key is in none of them. */
static enum openai_verdict keep_part(void *context, size_t i, struct text lines, struct error *err) {
    buffer_put_text(context, lines);
    return OPENAI_AGAIN;
}

static enum openai_verdict compare_parts(void *context, size_t i, struct text reply, double ms, struct error *err) {
    assert_true(text_equal(buffer_text(context), reply));
    return OPENAI_TAKEN;
}

static void test_key_in_parts(void **state) {
    struct fault_run run;
    struct error err = {0};
    struct buffer parts;
    const struct openai_exchange exchange = {&parts, make_get, compare_parts, fail_kept, keep_part};
    fault_start(&run, program, NULL);
    struct openai_http_settings settings = {.base = text_of(run.url),
                                            .key = "\"list\",\"data\"", /* a piece of the reply */
                                            .loopback = true,
                                            .concurrency = 1,
                                            .timeout = 5,
                                            .reply_max = 1000};
    struct openai_http *http = openai_http_new(&settings, &err);
    buffer_init(&parts, 1000);
    check_ok(openai_http_run(http, 1, true, &exchange, &err));
    assert_true(text_starts(buffer_text(&parts), TEXT("{\"object\":*************:[")));
    buffer_done(&parts);
    openai_http_free(http);
    fault_stop(&run);
}

static bool refuse_all(void *context, const struct answer *a, struct error *err) {
    return error_set(err, ERROR_DATA, "no room for answers");
}

static void test_sink_refuses(void **state) {
    struct fault_run run;
    struct error err = {0};
    struct bench *b = bench_new(false);
    fault_start(&run, program, NULL);
    struct subject *subject = open_at(&run, "mill", NULL, &err);
    check_fails(subject_ask(subject, b->asks, ASKS, refuse_all, NULL, &err), ERROR_DATA, "no room");
    check_ok(subject_ask(subject, b->asks, ASKS, keep, b, &err)); /* and it still works */
    assert_int_equal(b->answers, ASKS * SAMPLES);
    subject_close(subject);
    fault_stop(&run);
    free(b);
}

static void test_no_memory(void **state) {
    struct subject_settings settings = {.concurrency = 2};
    struct fault_run run;
    struct error err = {0};
    size_t opened = 0, asked = 0;
    fault_start(&run, program, NULL);
    for (uint64_t n = 1; n < 120; n++) {
        struct bench *b = bench_new(n % 2);
        memory_fail_at(n);
        struct subject *subject = open_at(&run, "mill", &settings, &err);
        memory_fail_at(0);
        if (!subject) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        opened += subject != NULL;
        subject_close(subject);
        if ((subject = open_at(&run, "mill", &settings, &err)) == NULL) fail_msg("%s", err.message);
        memory_fail_at(n);
        bool ok = subject_ask(subject, b->asks, 3, keep, b, &err);
        memory_fail_at(0);
        if (!ok) assert_int_equal(err.kind, ERROR_ENVIRONMENT);
        asked += ok;
        subject_close(subject);
        free(b);
    }
    assert_true(opened > 0 && asked > 0);
    fault_stop(&run);
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capabilities),   cmocka_unit_test(test_faults),         cmocka_unit_test(test_scores),
        cmocka_unit_test(test_lesser_servers), cmocka_unit_test(test_concurrency),    cmocka_unit_test(test_templates),
        cmocka_unit_test(test_forms),          cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_pieces_end_early), cmocka_unit_test(test_pieces_without_memory),
        cmocka_unit_test(test_key_in_parts),
        cmocka_unit_test(test_retry_after),    cmocka_unit_test(test_one_bad_item),   cmocka_unit_test(test_key),
        cmocka_unit_test(test_wrong_places),   cmocka_unit_test(test_goes_down),      cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_sink_refuses),   cmocka_unit_test(test_reply_too_long), cmocka_unit_test(test_no_memory),
    };
    if (argc < 3) {
        printf("skipped: the test server is not built (libmicrohttpd is missing)\n");
        return 77;
    }
    program = argv[2];
    static const char *const variables[] = {"OPENAI_API_KEY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) unsetenv(variables[i]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
