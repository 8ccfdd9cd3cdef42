/* A server for tests that speaks the OpenAI routes and fails as real ones do, for a known share of the requests.
 *
 *   fault_server [--fail SHARE] [--seed N] [--faults KIND,...] [--delay MS] [--hang S] [--retry-after S]
 *                [--retry-date] [--key KEY] [--no-echo] [--no-completions] [--no-chat] [--refuse-zero]
 *                [--start-token] [--byte-offsets] [--model NAME] [--move-to URL] [--port-file FILE] [--life S]
 *                [--port N] [--fail-after N] [--fail-for S] [--stats-file FILE]
 *                [--pace MS] [--stream-ends N] [--no-stream] [--refuse-stream]
 *
 * It listens on a free port of 127.0.0.1 (or the one named) and prints the port; --port-file writes it to a file as
 * well; --life ends it after S seconds, should the test that started it not come to that. --stats-file: what /stats
 * tells, written anew with every request, for scripts. --fail-after: the first N requests do not fail; --fail-for: those
 * later than S seconds after the start do not. Routes: GET /v1/models, POST /v1/chat/completions,
 * POST /v1/completions, GET /stats, POST /quit (ends the program).
 *
 * Request number i (from 0) fails when the stream (seed, "fault", i) draws a unit below SHARE, in the way that its next
 * draw picks: 429 (with Retry-After, as a date with --retry-date), 500, timeout (no answer for --hang seconds), html (a
 * page with status 200), badjson, truncated (the connection is cut half-way). --key: other keys get status 401 with the
 * header repeated in the message. --move-to: every request is sent elsewhere with status 307. A prompt that holds
 * "[refuse]" gets status 400.
 *
 * "stream": true is answered in events, --pace between one and the next; --stream-ends: behind N of them the connection
 * is cut. --no-stream: such a request is answered whole; --refuse-stream: with status 400. */
#include "base/file.h"
#include "base/progress.h"
#include "base/rng.h"
#include "fault_model.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BODY_MAX ((size_t)64 << 20)

enum fault {
    FAULT_429,
    FAULT_500,
    FAULT_TIMEOUT,
    FAULT_HTML,
    FAULT_BADJSON,
    FAULT_TRUNCATED,
    FAULTS,
    FAULT_NONE = FAULTS
};
static const char *const fault_names[FAULTS] = {"429", "500", "timeout", "html", "badjson", "truncated"};

struct server {
    struct fault_model model;
    bool no_completions, no_chat, retry_date, no_stream, refuse_stream;
    double share, hang, fail_for, started;
    int64_t delay_ms, retry_after, life, port, pace_ms;
    uint64_t seed, fail_after, stream_ends;
    enum fault kinds[FAULTS];
    size_t n_kinds;
    const char *key, *port_file, *stats_file, *move_to;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t ended;
    bool quit;
    uint64_t requests, failed[FAULTS], under_way, peak;
};

struct exchange {
    struct buffer body;
};

static void sleep_seconds(double s) {
    struct timespec t = {(time_t)s, (long)((s - (double)(time_t)s) * 1e9)};
    nanosleep(&t, NULL);
}

/* ---- sending ---- */

static enum MHD_Result send_text(struct MHD_Connection *connection, unsigned status, const char *type, struct text t,
                                 const char *retry_after) {
    struct MHD_Response *response = MHD_create_response_from_buffer(t.len, (void *)t.at, MHD_RESPMEM_MUST_COPY);
    if (!response) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", type);
    if (retry_after) MHD_add_response_header(response, "Retry-After", retry_after);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

/* Half of the bytes that were announced, then the end of the connection. */
static ssize_t read_half(void *context, uint64_t at, char *out, size_t most) {
    static const char half[] = "{\"choices\":[{\"message\":{\"content\":\"the mi";
    size_t left = at < sizeof half - 1 ? sizeof half - 1 - at : 0;
    if (left == 0) return MHD_CONTENT_READER_END_WITH_ERROR;
    memcpy(out, half + at, left < most ? left : most);
    return (ssize_t)(left < most ? left : most);
}

static enum MHD_Result send_half(struct MHD_Connection *connection) {
    struct MHD_Response *response = MHD_create_response_from_callback(200, 64, read_half, NULL, NULL);
    if (!response) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_fault(struct server *s, struct MHD_Connection *connection, enum fault fault) {
    static const char page[] = "<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>";
    static const char busy[] =
        "{\"error\":{\"message\":\"rate limit reached\",\"type\":\"requests\",\"code\":\"rate_limit\"}}";
    static const char broken[] = "{\"choices\":[{\"message\":{\"content\":\"the mill\"";
    static const char failed[] = "{\"error\":{\"message\":\"the model fell over\",\"type\":\"server_error\"}}";
    char after[64];
    time_t then = time(NULL) + (time_t)s->retry_after;
    struct tm utc;
    if (s->retry_date && gmtime_r(&then, &utc))
        strftime(after, sizeof after, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    else
        snprintf(after, sizeof after, "%lld", (long long)s->retry_after);
    switch (fault) {
    case FAULT_429:
        return send_text(connection, 429, "application/json", TEXT(busy), after);
    case FAULT_500:
        return send_text(connection, 500, "application/json", TEXT(failed), NULL);
    case FAULT_TIMEOUT:
        sleep_seconds(s->hang);
        return MHD_NO;
    case FAULT_HTML:
        return send_text(connection, 200, "text/html", TEXT(page), NULL);
    case FAULT_BADJSON:
        return send_text(connection, 200, "application/json", TEXT(broken), NULL);
    default:
        return send_half(connection);
    }
}

static enum MHD_Result send_away(const struct server *s, struct MHD_Connection *connection) {
    struct MHD_Response *response = MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
    if (!response) return MHD_NO;
    MHD_add_response_header(response, "Location", s->move_to);
    enum MHD_Result result = MHD_queue_response(connection, 307, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- events ---- */

struct events {
    const struct server *server;
    struct buffer bytes;
    uint64_t sent;
};

/* One event a call. */
static ssize_t read_event(void *context, uint64_t at, char *out, size_t most) {
    struct events *e = context;
    const struct server *s = e->server;
    struct text rest = text_part(buffer_text(&e->bytes), (size_t)at, e->bytes.len);
    if (!rest.len) return MHD_CONTENT_READER_END_OF_STREAM;
    if (s->stream_ends && e->sent == s->stream_ends) return MHD_CONTENT_READER_END_WITH_ERROR;
    if (s->pace_ms > 0 && e->sent) sleep_seconds((double)s->pace_ms / 1000);
    size_t end = text_find(rest, TEXT("\n\n"), 0), n = end == SIZE_MAX ? rest.len : end + 2;
    if (n <= most)
        e->sent++;
    else
        n = most; /* a longer one in parts */
    memcpy(out, rest.at, n);
    return (ssize_t)n;
}

static void free_events(void *context) {
    struct events *e = context;
    buffer_done(&e->bytes);
    memory_free(e);
}

static enum MHD_Result send_events(const struct server *s, struct MHD_Connection *connection, bool chat,
                                   struct text reply) {
    struct events *e = memory_zeroed(1, sizeof *e);
    if (!e) return MHD_NO;
    e->server = s;
    buffer_init(&e->bytes, BODY_MAX);
    fault_model_stream(chat, reply, &e->bytes);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_event, e, free_events);
    if (!response) return free_events(e), MHD_NO;
    MHD_add_response_header(response, "Content-Type", "text/event-stream");
    enum MHD_Result result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- requests ---- */

/* Under the lock. */
static void put_stats(const struct server *s, struct buffer *out) {
    uint64_t failed = 0;
    for (size_t i = 0; i < FAULTS; i++) failed += s->failed[i];
    buffer_printf(out, "{\"requests\":%llu,\"failed\":%llu,\"peak\":%llu", (unsigned long long)s->requests,
                  (unsigned long long)failed, (unsigned long long)s->peak);
    for (size_t i = 0; i < FAULTS; i++)
        buffer_printf(out, ",\"%s\":%llu", fault_names[i], (unsigned long long)s->failed[i]);
    buffer_put_c(out, "}\n");
}

static void write_stats(const struct server *s) {
    struct buffer out;
    struct error err = {0};
    if (!s->stats_file) return;
    buffer_init(&out, 4096);
    put_stats(s, &out);
    if (!file_write(s->stats_file, buffer_text(&out), &err)) fprintf(stderr, "fault_server: %s\n", err.message);
    buffer_done(&out);
}

static enum fault draw_fault(struct server *s) {
    pthread_mutex_lock(&s->lock);
    struct rng rng = rng_stream(s->seed, "fault", s->requests++);
    enum fault fault = FAULT_NONE;
    bool over = s->fail_for > 0 && clock_seconds() - s->started > s->fail_for;
    bool spared = over || s->requests <= s->fail_after;
    if (s->n_kinds && !spared && rng_unit(&rng) < s->share) fault = s->kinds[rng_below(&rng, s->n_kinds)];
    if (fault != FAULT_NONE) s->failed[fault]++;
    if (++s->under_way > s->peak) s->peak = s->under_way;
    write_stats(s);
    pthread_mutex_unlock(&s->lock);
    return fault;
}

static bool key_fits(const struct server *s, struct MHD_Connection *connection, struct buffer *out) {
    const char *given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
    char message[600];
    if (!s->key || (given && !strncmp(given, "Bearer ", 7) && !strcmp(given + 7, s->key))) return true;
    snprintf(message, sizeof message, "wrong key, found '%.500s'", given ? given : "none");
    fault_model_error(out, message, "invalid_api_key");
    return false;
}

static unsigned answer(struct server *s, struct MHD_Connection *connection, const char *url, const char *method,
                       const struct exchange *x, struct buffer *out, bool *stream) {
    bool chat = !strcmp(url, "/v1/chat/completions"), raw = !strcmp(url, "/v1/completions");
    if (!key_fits(s, connection, out)) return 401;
    if (!strcmp(url, "/v1/models") && !strcmp(method, "GET")) return fault_model_list(&s->model, out), 200;
    if (strcmp(method, "POST") || !(chat || raw) || (chat && s->no_chat) || (raw && s->no_completions)) {
        fault_model_error(out, "no such route", "not_found");
        return 404;
    }
    struct error err = {0};
    json_t *request = json_read(buffer_text(&x->body), "request", 1, &err);
    unsigned status = 400;
    *stream = json_is_true(json_object_get(request, "stream"));
    if (*stream && s->refuse_stream)
        fault_model_error(out, "'stream' is not known", "invalid_request_error");
    else if (request)
        status = fault_model_answer(&s->model, chat, request, out);
    else
        fault_model_error(out, err.message, "invalid_request_error");
    json_decref(request);
    return status;
}

static enum MHD_Result send_stats(struct server *s, struct MHD_Connection *connection) {
    struct buffer out;
    buffer_init(&out, 4096);
    pthread_mutex_lock(&s->lock);
    put_stats(s, &out);
    pthread_mutex_unlock(&s->lock);
    enum MHD_Result result = send_text(connection, 200, "application/json", buffer_text(&out), NULL);
    buffer_done(&out);
    return result;
}

static enum MHD_Result quit(struct server *s, struct MHD_Connection *connection) {
    enum MHD_Result result = send_text(connection, 200, "text/plain", TEXT("bye\n"), NULL);
    pthread_mutex_lock(&s->lock);
    s->quit = true;
    pthread_cond_signal(&s->ended);
    pthread_mutex_unlock(&s->lock);
    return result;
}

static enum MHD_Result handle(struct server *s, struct MHD_Connection *connection, const char *url, const char *method,
                              const struct exchange *x) {
    if (!strcmp(url, "/stats")) return send_stats(s, connection);
    if (!strcmp(url, "/quit")) return quit(s, connection);
    struct buffer out;
    enum MHD_Result result;
    enum fault fault = draw_fault(s);
    buffer_init(&out, BODY_MAX);
    if (s->delay_ms > 0) sleep_seconds((double)s->delay_ms / 1000);
    if (s->move_to) {
        result = send_away(s, connection);
    } else if (fault != FAULT_NONE) {
        result = send_fault(s, connection, fault);
    } else {
        bool stream = false;
        unsigned status = answer(s, connection, url, method, x, &out, &stream);
        if (stream && status == 200 && !s->no_stream)
            result = send_events(s, connection, !strcmp(url, "/v1/chat/completions"), buffer_text(&out));
        else
            result = send_text(connection, status, "application/json", buffer_text(&out), NULL);
    }
    pthread_mutex_lock(&s->lock);
    s->under_way--;
    pthread_mutex_unlock(&s->lock);
    buffer_done(&out);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *data_size, void **state) {
    struct exchange *x = *state;
    if (!x) {
        if (!(x = *state = memory_zeroed(1, sizeof *x))) return MHD_NO;
        buffer_init(&x->body, BODY_MAX);
        return MHD_YES;
    }
    if (*data_size) {
        bool fits = buffer_put(&x->body, data, *data_size);
        *data_size = 0;
        return fits ? MHD_YES : MHD_NO;
    }
    return handle(context, connection, url, method, x);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
    struct exchange *x = *state;
    if (x) buffer_done(&x->body);
    memory_free(x);
    *state = NULL;
}

/* ---- set-up ---- */

static bool read_kinds(struct server *s, const char *list) {
    struct text rest = text_of(list), piece;
    s->n_kinds = 0;
    while (text_next(&rest, ',', &piece)) {
        size_t kind = 0;
        while (kind < FAULTS && !text_equal_c(piece, fault_names[kind])) kind++;
        if (kind == FAULTS || s->n_kinds == FAULTS) return false;
        s->kinds[s->n_kinds++] = (enum fault)kind;
    }
    return true;
}

static bool read_flag(struct server *s, const char *name) {
    struct {
        const char *name;
        bool *flag, value;
    } flags[] = {{"--no-echo", &s->model.echoes, false},
                 {"--no-completions", &s->no_completions, true},
                 {"--no-chat", &s->no_chat, true},
                 {"--refuse-zero", &s->model.refuses_zero, true},
                 {"--start-token", &s->model.start_token, true},
                 {"--byte-offsets", &s->model.byte_offsets, true},
                 {"--no-stream", &s->no_stream, true},
                 {"--refuse-stream", &s->refuse_stream, true},
                 {"--retry-date", &s->retry_date, true}};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (!strcmp(name, flags[i].name)) return *flags[i].flag = flags[i].value, true;
    return false;
}

static bool read_value(struct server *s, const char *name, const char *value) {
    struct text t = text_of(value);
    if (!strcmp(name, "--fail")) return text_to_f64(t, &s->share);
    if (!strcmp(name, "--hang")) return text_to_f64(t, &s->hang);
    if (!strcmp(name, "--fail-after")) return text_to_u64(t, &s->fail_after);
    if (!strcmp(name, "--fail-for")) return text_to_f64(t, &s->fail_for);
    if (!strcmp(name, "--port")) return text_to_i64(t, &s->port) && s->port > 0 && s->port < 65536;
    if (!strcmp(name, "--stats-file")) return s->stats_file = value, true;
    if (!strcmp(name, "--seed")) return text_to_u64(t, &s->seed);
    if (!strcmp(name, "--pace")) return text_to_i64(t, &s->pace_ms);
    if (!strcmp(name, "--stream-ends")) return text_to_u64(t, &s->stream_ends);
    if (!strcmp(name, "--delay")) return text_to_i64(t, &s->delay_ms);
    if (!strcmp(name, "--retry-after")) return text_to_i64(t, &s->retry_after);
    if (!strcmp(name, "--life")) return text_to_i64(t, &s->life) && s->life > 0 && s->life < 86400;
    if (!strcmp(name, "--faults")) return read_kinds(s, value);
    if (!strcmp(name, "--key")) return s->key = value, true;
    if (!strcmp(name, "--move-to")) return s->move_to = value, true;
    if (!strcmp(name, "--model")) return s->model.name = value, true;
    if (!strcmp(name, "--port-file")) return s->port_file = value, true;
    return false;
}

static bool read_options(struct server *s, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (read_flag(s, argv[i])) continue;
        if (i + 1 == argc || !read_value(s, argv[i], argv[i + 1])) {
            fprintf(stderr, "fault_server: unknown option or bad value: %s\n", argv[i]);
            return false;
        }
        i++;
    }
    return true;
}

static bool tell_port(const struct server *s, unsigned port) {
    char line[32];
    struct error err = {0};
    int n = snprintf(line, sizeof line, "%u\n", port);
    fputs(line, stdout);
    fflush(stdout);
    if (!s->port_file || file_write(s->port_file, (struct text){line, (size_t)n}, &err)) return true;
    fprintf(stderr, "fault_server: %s\n", err.message);
    return false;
}

int main(int argc, char **argv) {
    static struct server s = {.model = {.name = "mill", .echoes = true},
                              .hang = 30,
                              .retry_after = 1,
                              .seed = 1,
                              .n_kinds = FAULTS,
                              .lock = PTHREAD_MUTEX_INITIALIZER,
                              .ended = PTHREAD_COND_INITIALIZER};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (size_t i = 0; i < FAULTS; i++) s.kinds[i] = (enum fault)i;
    if (!read_options(&s, argc, argv)) return 2;
    address.sin_port = htons((uint16_t)s.port);
    s.started = clock_seconds();
    signal(SIGPIPE, SIG_IGN);
    alarm((unsigned)s.life);
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0,
                                                 NULL, NULL, on_request, &s, MHD_OPTION_SOCK_ADDR, &address,
                                                 MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info) {
        fprintf(stderr, "fault_server: cannot listen on 127.0.0.1, port %lld\n", (long long)s.port);
        return 4;
    }
    if (!tell_port(&s, info->port)) return 4;
    pthread_mutex_lock(&s.lock);
    while (!s.quit) pthread_cond_wait(&s.ended, &s.lock);
    pthread_mutex_unlock(&s.lock);
    sleep_seconds(0.05);
    _exit(0); /* with threads that still hang on purpose, which MHD_stop_daemon would wait for */
}
