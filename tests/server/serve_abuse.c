/* What bad clients do to `basanite serve --api`: each case, and behind each the same good request, whose answer must
 * stay what it was. Prints "ok - " and "not ok - " lines.
 *
 *   serve_abuse PORT MODEL QUEUE PATIENCE     (the server's --queue, small, and --timeout, short) */
#include "http_client.h"

#include "base/json.h"
#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct test {
    unsigned port;
    const char *model;
    size_t queue, failures;
    double patience;
    struct buffer good; /* the answer of the good request */
};

static void sleep_ms(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void tell(struct test *t, bool ok, const char *name, const char *why) {
    if (ok)
        printf("ok - %s\n", name);
    else
        printf("not ok - %s: %s\n", name, why), t->failures++;
    fflush(stdout);
}

/* ---- the good request ---- */

static void ask_good(struct test *t, struct buffer *text) {
    static const char body[] = "{\"prompt\":\"The mill stands by\",\"max_tokens\":24,\"temperature\":0.8,\"seed\":5}";
    struct http_reply r;
    struct error err = {0};
    buffer_clear(text);
    http_ask(t->port, "POST /v1/completions", NULL, text_of(body), &r);
    json_t *root = r.status == 200 ? json_read(buffer_text(&r.body), "reply", 1, &err) : NULL;
    buffer_put_text(text, json_text(json_object_get(json_array_get(json_object_get(root, "choices"), 0), "text")));
    json_decref(root);
    http_reply_done(&r);
}

static void check_good(struct test *t, const char *after) {
    struct buffer now;
    char name[200];
    buffer_init(&now, 1 << 20);
    ask_good(t, &now);
    snprintf(name, sizeof name, "the good request is answered as before after: %.120s", after);
    bool same = now.len && text_equal(buffer_text(&now), buffer_text(&t->good));
    if (!same) tell(t, false, name, now.len ? now.at : "no answer");
    buffer_done(&now);
}

/* ---- requests that are refused ---- */

/* The status, and the form of the error with its code. */
static void expect(struct test *t, const char *name, const char *what, const char *headers, struct text body,
                   int status, const char *code) {
    struct http_reply r;
    struct error err = {0};
    char why[400];
    http_ask(t->port, what, headers, body, &r);
    json_t *root = r.body.len ? json_read(buffer_text(&r.body), "reply", 1, &err) : NULL;
    const json_t *error = json_object_get(root, "error"), *found = json_object_get(error, "code");
    bool form = json_is_string(json_object_get(error, "message")) && json_is_string(json_object_get(error, "type")) &&
                json_object_get(error, "param") && found;
    bool ok = r.status == status && form && (code ? text_equal_c(json_text(found), code) : json_is_null(found));
    snprintf(why, sizeof why, "status %d instead of %d: %.300s", r.status, status, r.body.at ? r.body.at : "");
    tell(t, ok, name, why);
    json_decref(root);
    http_reply_done(&r);
    check_good(t, name);
}

static void refused_requests(struct test *t) {
    static const struct {
        const char *name, *what, *headers, *body;
        int status;
        const char *code;
    } cases[] = {
        {"malformed JSON", "POST /v1/completions", NULL, "{\"prompt\":", 400, "invalid_json"},
        {"an empty body", "POST /v1/chat/completions", NULL, "", 400, "invalid_json"},
        {"invalid UTF-8", "POST /v1/completions", NULL, "{\"prompt\":\"\xff\xfe\"}", 400, "invalid_json"},
        {"NaN", "POST /v1/completions", NULL, "{\"prompt\":\"a\",\"temperature\":NaN}", 400, "invalid_json"},
        {"a negative number", "POST /v1/completions", NULL, "{\"prompt\":\"a\",\"max_tokens\":-5}", 400,
         "invalid_value"},
        {"a wrong type", "POST /v1/embeddings", NULL, "{\"input\":{}}", 400, "invalid_type"},
        {"an unknown model", "POST /v1/completions", NULL, "{\"model\":\"gpt-9\",\"prompt\":\"a\"}", 404,
         "model_not_found"},
        {"an unknown model by GET", "GET /v1/models/gpt-9", NULL, "", 404, "model_not_found"},
        {"an unknown route", "POST /v1/images", NULL, "{}", 404, "unknown_url"},
        {"a wrong method", "GET /v1/completions", NULL, "", 405, "method_not_allowed"},
        {"a wrong method with a body", "DELETE /v1/models", NULL, "{}", 405, "method_not_allowed"},
        {"a foreign host", "GET /v1/models", "Host: evil.example\r\n", "", 403, "forbidden_host"},
        {"a host that only begins like this machine", "GET /v1/models", "Host: 127.0.0.1.evil.example\r\n", "", 403,
         "forbidden_host"},
        {"a foreign origin", "POST /v1/completions", "Origin: http://evil.example\r\n", "{\"prompt\":\"a\"}", 403,
         "forbidden_origin"},
        {"an origin without a name", "POST /v1/completions", "Origin: null\r\n", "{\"prompt\":\"a\"}", 403,
         "forbidden_origin"},
        {"a field that would change the answer", "POST /v1/completions", NULL, "{\"prompt\":\"a\",\"suffix\":\"b\"}",
         400, "unsupported_parameter"},
        {"an unknown field", "POST /v1/completions", NULL, "{\"prompt\":\"a\",\"promt\":\"b\"}", 400,
         "unknown_parameter"},
        {"a schema that cannot be followed", "POST /v1/chat/completions", NULL,
         "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response_format\":{\"type\":\"json_schema\","
         "\"json_schema\":{\"schema\":{\"if\":{}}}}}",
         400, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect(t, cases[i].name, cases[i].what, cases[i].headers, text_of(cases[i].body), cases[i].status,
               cases[i].code);
}

static void long_requests(struct test *t) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 26);
    buffer_put_c(&b, "{\"prompt\":\"");
    for (size_t i = 0; i < 3000; i++) buffer_put_c(&b, "the river ");
    buffer_put_c(&b, "\"}");
    expect(t, "a prompt longer than the context", "POST /v1/completions", NULL, buffer_text(&b), 400,
           "context_length_exceeded");
    buffer_clear(&b);
    for (size_t i = 0; i < (size_t)9 << 20; i++) buffer_put_char(&b, 'x');
    expect(t, "a body that is too long", "POST /v1/completions", NULL, buffer_text(&b), 413, "request_too_large");
    expect(t, "a body that would be much too long", "POST /v1/completions", "Content-Length: 99999999999\r\n", TEXT(""),
           413, "request_too_large");
    int fd = http_connect(t->port, 20);
    struct http_reply r;
    const char head[] =
        "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n900000\r\n";
    http_reply_init(&r);
    bool sent =
        http_send(fd, head, sizeof head - 1) && http_send(fd, b.at, 0x900000) && http_send(fd, "\r\n0\r\n\r\n", 7);
    if (sent) http_read_reply(fd, &r, 0);
    tell(t, r.status == 413, "a body in chunks that is too long", "no 413");
    close(fd);
    http_reply_done(&r);
    check_good(t, "chunks");
    buffer_clear(&b);
    buffer_put_c(&b, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nX-Long: ");
    for (size_t i = 0; i < 100000; i++) buffer_put_char(&b, 'y');
    buffer_put_c(&b, "\r\n\r\n");
    fd = http_connect(t->port, 20);
    http_reply_init(&r);
    http_send(fd, b.at, b.len);
    http_read_reply(fd, &r, 0);
    tell(t, r.status == 431 || r.status == 413 || r.status == 0, "a head that is too long", "it was answered");
    close(fd);
    http_reply_done(&r);
    check_good(t, "a long head");
    buffer_done(&b);
}

/* ---- clients that go ---- */

static long count(struct test *t, const char *key) {
    struct http_reply r;
    struct error err = {0};
    http_ask(t->port, "GET /health", NULL, TEXT(""), &r);
    json_t *root = r.status == 200 ? json_read(buffer_text(&r.body), "health", 1, &err) : NULL;
    long n = root ? (long)json_integer_value(json_object_get(root, key)) : -1;
    json_decref(root);
    http_reply_done(&r);
    return n;
}

static bool wait_for_count(struct test *t, const char *key, long wanted, double seconds) {
    for (double until = clock_seconds() + seconds; clock_seconds() < until; sleep_ms(20))
        if (count(t, key) == wanted) return true;
    return false;
}

/* Nobody waits and nobody is answered. */
static bool wait_for_room(struct test *t, double seconds) {
    for (double until = clock_seconds() + seconds; clock_seconds() < until; sleep_ms(20))
        if (count(t, "under_way") + count(t, "queued") == 0) return true;
    return false;
}

/* Answers that go on for long: hot sampling seldom ends by itself. */
static const char long_stream[] = "{\"prompt\":\"The\",\"max_tokens\":450,\"temperature\":9,\"seed\":2,\"n\":300,"
                                  "\"stream\":true}";
static const char long_whole[] = "{\"prompt\":\"The\",\"max_tokens\":450,\"temperature\":9,\"seed\":2,\"n\":300}";

static void clients_that_go(struct test *t) {
    struct http_reply r;
    int fd = http_connect(t->port, 20);
    const char half[] = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n{\"prompt\":";
    http_send(fd, half, sizeof half - 1);
    close(fd);
    check_good(t, "a connection cut in the middle of a body");
    long dropped = count(t, "dropped");
    fd = http_connect(t->port, 20);
    http_reply_init(&r);
    http_send_request(fd, "POST /v1/completions", NULL, TEXT(long_stream));
    http_read_reply(fd, &r, 2000);
    tell(t, r.status == 200 && !r.whole && count(t, "under_way") == 1, "a stream is under way", "it is not");
    close(fd);
    tell(t, wait_for_room(t, 5) && count(t, "dropped") == dropped + 1, "a stream whose client goes is dropped",
         "it goes on");
    http_reply_done(&r);
    check_good(t, "a stream that was left");
    fd = http_connect(t->port, 20);
    http_send_request(fd, "POST /v1/completions", NULL, TEXT(long_whole));
    tell(t, wait_for_count(t, "under_way", 1, 5), "a long answer is under way", "it is not");
    close(fd);
    tell(t, wait_for_room(t, 5) && count(t, "dropped") == dropped + 2, "an answer whose client goes is dropped",
         "it goes on");
    check_good(t, "an answer that was left");
}

/* ---- slow ones ---- */

static void slow_clients(struct test *t) {
    static const char head[] = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\n";
    int in_head = http_connect(t->port, 20), in_body = http_connect(t->port, 20), silent = http_connect(t->port, 20);
    double began = clock_seconds();
    bool head_cut = false, body_cut = false, silent_cut = false;
    http_send(in_body, head, sizeof head - 1);
    for (size_t i = 0; clock_seconds() - began < t->patience * 4 + 3; i++) { /* a byte now and then */
        if (!head_cut) head_cut = !http_send(in_head, &head[i % 40], 1) || http_is_closed(in_head, 0);
        if (!body_cut) body_cut = !http_send(in_body, "x", 1) || http_is_closed(in_body, 0);
        if (!silent_cut) silent_cut = http_is_closed(silent, 0);
        if (head_cut && body_cut && silent_cut) break;
        sleep_ms(100);
    }
    tell(t, head_cut, "a head that dribbles is cut off", "it may go on for ever");
    tell(t, body_cut, "a body that dribbles is cut off", "it may go on for ever");
    tell(t, silent_cut, "a connection that says nothing is cut off", "it may go on for ever");
    close(in_head);
    close(in_body);
    close(silent);
    check_good(t, "slow clients");
}

/* A client that does not read holds up nobody. */
static void lazy_readers(struct test *t) {
    int fd = http_connect(t->port, 20), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    http_send_request(fd, "POST /v1/completions", NULL,
                      TEXT("{\"prompt\":\"The\",\"max_tokens\":300,\"temperature\":9,\"seed\":2,\"n\":20,"
                           "\"stream\":true,\"logprobs\":5}"));
    sleep_ms(300);
    check_good(t, "a client that does not read");
    tell(t, true, "a client that does not read holds up nobody", "");
    close(fd);
    tell(t, wait_for_room(t, 20), "its place is free again", "it is not");
}

/* ---- too many ---- */

static void too_many(struct test *t) {
    int fds[64];
    struct http_reply r;
    size_t n = t->queue < 64 ? t->queue : 64;
    for (size_t i = 0; i < n; i++) {
        fds[i] = http_connect(t->port, 20);
        http_send_request(fds[i], "POST /v1/completions", NULL, TEXT(long_stream));
    }
    for (double until = clock_seconds() + 5; clock_seconds() < until; sleep_ms(20))
        if (count(t, "under_way") + count(t, "queued") == (long)n) break;
    http_ask(t->port, "POST /v1/completions", NULL, TEXT("{\"prompt\":\"a\"}"), &r);
    tell(t, r.status == 429 && r.head.at && strstr(r.head.at, "Retry-After: "), "one more gets 429 with Retry-After",
         r.head.at ? r.head.at : "no reply");
    http_reply_done(&r);
    for (size_t i = 0; i < n; i++) close(fds[i]);
    tell(t, wait_for_room(t, 10), "and there is room again", "there is not");
    check_good(t, "too many requests");
}

/* Two requests in one connection, one behind the other in the same packet. */
static void kept_connections(struct test *t) {
    struct http_reply r;
    int fd = http_connect(t->port, 20);
    bool ok = true;
    for (size_t i = 0; ok && i < 3; i++) {
        http_reply_init(&r);
        ok = http_send_request(fd, "POST /v1/completions", NULL,
                               i == 1 ? TEXT("{\"prompt\":") : TEXT("{\"prompt\":\"a\",\"max_tokens\":1}"));
        if (ok) http_read_reply(fd, &r, 0);
        ok = ok && r.status == (i == 1 ? 400 : 200);
        http_reply_done(&r);
    }
    tell(t, ok, "a connection is kept, also after a refusal", "it is not");
    close(fd);
}

int main(int argc, char **argv) {
    struct test t = {0};
    if (argc != 5) return fprintf(stderr, "serve_abuse PORT MODEL QUEUE PATIENCE\n"), 2;
    t.port = (unsigned)atoi(argv[1]);
    t.model = argv[2];
    t.queue = (size_t)atoi(argv[3]);
    t.patience = atof(argv[4]);
    buffer_init(&t.good, 1 << 20);
    ask_good(&t, &t.good);
    tell(&t, t.good.len > 0, "a good request is answered", "it is not");
    refused_requests(&t);
    long_requests(&t);
    kept_connections(&t);
    clients_that_go(&t);
    lazy_readers(&t);
    too_many(&t);
    slow_clients(&t);
    buffer_done(&t.good);
    return t.failures > 0;
}
