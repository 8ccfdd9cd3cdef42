/* Connections: see serve_http.h. */
#include "serve/serve_http.h"

#include "base/progress.h"
#include "serve/serve_body.h"
#include "serve/serve_guard.h"
#include "serve/serve_peers.h"
#include "serve/serve_reply.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEAD_MAX = 32 << 10,
    STACK = 512 << 10,
    HEARTBEAT_MS = 10000,
    REPLY_MAX = 1 << 30,
};

struct serve_http {
    struct serve_http_settings settings;
    struct MHD_Daemon *daemon;
    unsigned port;
    uint64_t created;
    struct serve_peers *peers;
};

/* A request. */
struct exchange {
    struct serve_http *http;
    struct MHD_Connection *connection;
    struct serve_body body;
    enum api_route route; /* 0: another one */
    struct api_error refused;
    struct serve_job *job; /* while a stream is written */
    struct buffer events;  /* not yet sent from `at` on */
    size_t at;
    bool ended;
};

/* ---- replies ---- */

static enum MHD_Result send_json(struct MHD_Connection *connection, unsigned status, struct buffer *body) {
    struct text t = buffer_text(body);
    struct MHD_Response *r = MHD_create_response_from_buffer(t.len, (void *)(t.at ? t.at : ""), MHD_RESPMEM_MUST_COPY);
    if (!r) return MHD_NO;
    MHD_add_response_header(r, "Content-Type", "application/json");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (status == 429) MHD_add_response_header(r, "Retry-After", "1");
    if (status == 401) MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    enum MHD_Result result = MHD_queue_response(connection, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result send_error(struct MHD_Connection *connection, const struct api_error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    api_put_error(&b, err);
    enum MHD_Result result = send_json(connection, err->status, &b);
    buffer_done(&b);
    return result;
}

/* ---- who may come in ---- */

static struct text header(struct MHD_Connection *connection, const char *name) {
    return text_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

static bool check_key(const struct serve_http *http, struct MHD_Connection *connection, struct api_error *err) {
    struct text given = header(connection, "Authorization"), key = guard_bearer(given);
    if (!http->settings.key) return true;
    if (key.len && guard_keys_equal(key, text_of(http->settings.key))) return true;
    return api_refuse(err, 401, NULL, "invalid_api_key",
                      given.len ? "the API key is wrong" : "an API key is needed: Authorization: Bearer KEY");
}

static bool check_place(struct MHD_Connection *connection, struct api_error *err) {
    struct text host = header(connection, "Host"), origin = header(connection, "Origin");
    if (!guard_names_this_machine(host))
        return api_refuse(err, 403, NULL, "forbidden_host",
                          "the Host header must name this machine (127.0.0.1 or localhost)");
    return !origin.len || guard_is_own_origin(origin, host) ||
           api_refuse(err, 403, NULL, "forbidden_origin", "requests of other sites' pages are refused");
}

/* ---- routes ---- */

static enum MHD_Result get_health(struct exchange *x, const char *rest);
static enum MHD_Result get_models(struct exchange *x, const char *rest);
static enum MHD_Result get_model(struct exchange *x, const char *rest);

static const struct route {
    const char *path;
    bool prefix; /* what follows is a name */
    bool open;   /* needs no key */
    enum api_route job;
    enum MHD_Result (*get)(struct exchange *x, const char *rest);
} routes[] = {
    {"/health", .open = true, .get = get_health},      {"/v1/models", .get = get_models},
    {"/v1/models/", .prefix = true, .get = get_model}, {"/v1/completions", .job = API_COMPLETIONS},
    {"/v1/chat/completions", .job = API_CHAT},         {"/v1/embeddings", .job = API_EMBEDDINGS},
};

static const struct route *find_route(const char *url) {
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++)
        if (routes[i].prefix ? strncmp(url, routes[i].path, strlen(routes[i].path)) == 0 && url[strlen(routes[i].path)]
                             : strcmp(url, routes[i].path) == 0)
            return &routes[i];
    return NULL;
}

static bool check_route(const char *url, const char *method, const struct route **out, struct api_error *err) {
    const struct route *r = *out = find_route(url);
    if (!r)
        return api_refuse(err, 404, NULL, "unknown_url",
                          "there is no route %.200s; the routes are GET /health, "
                          "/v1/models and POST /v1/completions, /v1/chat/completions, /v1/embeddings",
                          url);
    const char *wanted = r->get ? "GET" : "POST";
    bool fits = strcmp(method, wanted) == 0 || (r->get && strcmp(method, "HEAD") == 0);
    return fits ||
           api_refuse(err, 405, NULL, "method_not_allowed", "%.200s is asked with %s, not %.20s", url, wanted, method);
}

static enum MHD_Result get_health(struct exchange *x, const char *rest) {
    struct serve_state s;
    struct buffer b;
    (void)rest;
    serve_desk_state(x->http->settings.desk, &s);
    buffer_init(&b, 1 << 16);
    buffer_printf(&b,
                  "{\"status\":\"ok\",\"queued\":%zu,\"under_way\":%zu,\"answered\":%llu,\"dropped\":%llu,"
                  "\"refused\":%llu}",
                  s.queued, s.under_way, (unsigned long long)s.answered, (unsigned long long)s.dropped,
                  (unsigned long long)s.refused);
    enum MHD_Result result = send_json(x->connection, 200, &b);
    buffer_done(&b);
    return result;
}

static enum MHD_Result send_models(struct exchange *x, bool one) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    serve_put_models(&b, x->http->settings.subject, x->http->created, one);
    enum MHD_Result result = send_json(x->connection, 200, &b);
    buffer_done(&b);
    return result;
}

static enum MHD_Result get_models(struct exchange *x, const char *rest) {
    (void)rest;
    return send_models(x, false);
}

/* A model goes by its short name, and by what the server was started with. */
static bool check_model(const struct subject *subject, struct text name, struct api_error *err) {
    if (!name.len || text_equal_c(name, subject->name) || text_equal_c(name, subject->spec)) return true;
    struct text shown = text_part(name, 0, name.len < 200 ? name.len : 200);
    return api_refuse(err, 404, "model", "model_not_found", "there is no model '%.*s' here; the model is '%s'",
                      TEXT_ARG(shown), subject->name);
}

static enum MHD_Result get_model(struct exchange *x, const char *rest) {
    struct api_error err;
    if (!check_model(x->http->settings.subject, text_of(rest), &err)) return send_error(x->connection, &err);
    return send_models(x, true);
}

/* ---- waiting for the desk ---- */

enum waited { WAITED_GONE, WAITED_SILENT, WAITED_TOLD };

/* Until the desk says something, the client goes, or the time is over (-1: never). */
static enum waited wait_for_desk(struct exchange *x, int milliseconds) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd fds[2] = {{.fd = x->job->event, .events = POLLIN},
                            {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP}};
    uint64_t count;
    int n = poll(fds, 2, milliseconds);
    if (n < 0) return errno == EINTR ? WAITED_TOLD : WAITED_GONE;
    if (fds[1].revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) return WAITED_GONE;
    if (fds[0].revents & POLLIN && read(x->job->event, &count, sizeof count) < 0 && errno != EAGAIN) return WAITED_GONE;
    return n ? WAITED_TOLD : WAITED_SILENT;
}

static bool is_done(struct serve_job *job) {
    pthread_mutex_lock(&job->lock);
    bool done = job->done;
    pthread_mutex_unlock(&job->lock);
    return done;
}

/* Whole seconds that a connection may be silent. */
static unsigned idle_seconds(const struct serve_http *http) {
    return http->settings.patience > 1 ? (unsigned)http->settings.patience : 1;
}

/* While a request is answered the clock of a silent connection does not run; setting it anew starts it again. */
static void restart_clock(struct exchange *x) {
    MHD_set_connection_option(x->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
    MHD_set_connection_option(x->connection, MHD_CONNECTION_OPTION_TIMEOUT, idle_seconds(x->http));
}

static void end_job(struct exchange *x) {
    if (!x->job) return;
    if (!is_done(x->job)) serve_desk_drop(x->http->settings.desk, x->job);
    serve_job_let_go(x->job);
    x->job = NULL;
}

/* ---- answers ---- */

static enum MHD_Result send_whole(struct exchange *x) {
    struct buffer out;
    struct api_error err;
    while (!is_done(x->job))
        if (wait_for_desk(x, -1) == WAITED_GONE) return end_job(x), MHD_NO;
    buffer_init(&out, REPLY_MAX);
    bool ok = serve_put_reply(&out, x->http->settings.subject, x->job, &err);
    end_job(x);
    restart_clock(x);
    enum MHD_Result result = ok ? send_json(x->connection, 200, &out) : send_error(x->connection, &err);
    buffer_done(&out);
    return result;
}

/* What is to be sent next, into x->events; waits for it. False: the client is gone. */
static bool next_events(struct exchange *x) {
    buffer_clear(&x->events);
    x->at = 0;
    while (!x->events.len) {
        struct api_error err;
        bool ended;
        if (!serve_put_events(&x->events, x->http->settings.subject, x->job, &ended, &err)) {
            serve_put_error_event(&x->events, &err);
            ended = true;
        }
        if (ended) end_job(x);
        x->ended = ended;
        if (x->events.len || ended) break;
        enum waited waited = wait_for_desk(x, HEARTBEAT_MS);
        if (waited == WAITED_GONE) return false;
        if (waited == WAITED_SILENT) buffer_put_c(&x->events, ": still at it\n\n");
    }
    return !x->events.failed;
}

static ssize_t read_events(void *context, uint64_t position, char *out, size_t most) {
    struct exchange *x = context;
    (void)position;
    if (x->at == x->events.len) {
        if (x->ended) return MHD_CONTENT_READER_END_OF_STREAM;
        if (!next_events(x)) return MHD_CONTENT_READER_END_WITH_ERROR;
        if (!x->events.len) return MHD_CONTENT_READER_END_OF_STREAM;
        restart_clock(x);
    }
    size_t n = x->events.len - x->at;
    if (n > most) n = most;
    memcpy(out, x->events.at + x->at, n);
    x->at += n;
    return (ssize_t)n;
}

static enum MHD_Result send_stream(struct exchange *x) {
    struct MHD_Response *r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 16384, read_events, x, NULL);
    if (!r) return MHD_NO;
    MHD_add_response_header(r, "Content-Type", "text/event-stream");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    enum MHD_Result result = MHD_queue_response(x->connection, 200, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result answer(struct exchange *x) {
    const struct serve_http_settings *s = &x->http->settings;
    struct api_error err;
    struct text body = buffer_text(&x->body.bytes);
    x->job = serve_job_new(s->subject, s->forms, x->route, body.at ? body : TEXT(""), &err);
    serve_body_done(&x->body);
    if (!x->job) return send_error(x->connection, &err);
    if (!check_model(s->subject, x->job->request.model, &err) || !serve_desk_hand_in(s->desk, x->job, &err)) {
        serve_job_let_go(x->job);
        x->job = NULL;
        return send_error(x->connection, &err);
    }
    return x->job->request.stream ? send_stream(x) : send_whole(x);
}

/* ---- a request comes in ---- */

/* The head is there. What is refused is told when the body has been read; a body that is much too long at once. */
static enum MHD_Result begin(struct serve_http *http, struct MHD_Connection *connection, const char *url,
                             const char *method, void **state) {
    struct exchange *x = memory_zeroed(1, sizeof *x);
    const struct route *route;
    bool hopeless;
    if (!x) return MHD_NO;
    *state = x;
    x->http = http;
    x->connection = connection;
    serve_body_init(&x->body, http->settings.body_max, http->settings.patience);
    buffer_init(&x->events, (size_t)1 << 30);
    if (check_place(connection, &x->refused) && check_route(url, method, &route, &x->refused) &&
        (route->open || check_key(http, connection, &x->refused)))
        x->route = route->job;
    serve_body_admit(&x->body, header(connection, "Content-Length"), &hopeless, &x->refused);
    return hopeless ? send_error(connection, &x->refused) : MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *data, size_t *n, void **state) {
    struct exchange *x = *state;
    (void)version;
    if (!x) {
        serve_peers_set_busy(connection, true);
        return begin(context, connection, url, method, state);
    }
    if (*n) {
        bool more = serve_body_take(&x->body, data, *n, &x->refused);
        *n = 0;
        return more ? MHD_YES : MHD_NO;
    }
    if (x->refused.status) return send_error(connection, &x->refused);
    if (x->route) return answer(x);
    const struct route *route = find_route(url);
    return route->get(x, url + strlen(route->path));
}

/* Also of connections that broke off. */
static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
    struct exchange *x = *state;
    (void)context, (void)code;
    serve_peers_set_busy(connection, false);
    if (!x) return;
    end_job(x);
    serve_body_done(&x->body);
    buffer_done(&x->events);
    memory_free(x);
    *state = NULL;
}

/* ---- connections ---- */

void serve_http_tend(struct serve_http *http) {
    serve_peers_tend(http->peers, http->settings.patience);
}

static void log_nothing(void *context, const char *format, va_list args) {
    (void)context, (void)format, (void)args;
}

/* Threads of connections take no signals: they are the driving thread's. */
static struct MHD_Daemon *start(struct serve_http *http) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)http->settings.port)};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ERROR_LOG |
            MHD_USE_ITC,
        0, NULL, NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, serve_peers_notice, http->peers,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)http->settings.connections, MHD_OPTION_CONNECTION_TIMEOUT,
        idle_seconds(http), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)STACK, MHD_OPTION_LISTEN_BACKLOG_SIZE, 256u, MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

struct serve_http *serve_http_new(const struct serve_http_settings *settings, struct error *err) {
    struct serve_http *http = memory_zeroed(1, sizeof *http);
    if (!http) return error_memory(err, "server"), NULL;
    http->settings = *settings;
    http->created = clock_now_ns() / 1000000000;
    if (!(http->peers = serve_peers_new())) return memory_free(http), error_memory(err, "server"), NULL;
    errno = 0;
    if (!(http->daemon = start(http))) {
        error_set(err, ERROR_ENVIRONMENT, "cannot listen on 127.0.0.1, port %u: %s; --port 0 takes a free one",
                  settings->port, errno ? strerror(errno) : "no memory or threads");
        serve_http_free(http);
        return NULL;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info ? info->port : settings->port;
    return http;
}

unsigned serve_http_port(const struct serve_http *http) {
    return http->port;
}

void serve_http_close(struct serve_http *http) {
    MHD_socket listening = MHD_quiesce_daemon(http->daemon);
    if (listening != MHD_INVALID_SOCKET) close(listening);
}

void serve_http_free(struct serve_http *http) {
    if (!http) return;
    if (http->daemon) MHD_stop_daemon(http->daemon);
    serve_peers_free(http->peers);
    memory_free(http);
}
