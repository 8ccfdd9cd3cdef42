/* Connections of the page: see page_http.h. */
#include "serve/page_http.h"

#include "base/progress.h"
#include "measure/rules/builtin.h"
#include "serve/serve_body.h"
#include "serve/serve_peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

enum {
    HEAD_MAX = 32 << 10,
    BODY_MAX = 20 << 20,
    REPLY_MAX = 1 << 28,
    STACK = 4 << 20, /* comparisons and readers run in these threads */
    CONNECTIONS = 64,
};
#define PATIENCE 30.0
#define ASK_MEMORY ((size_t)256 << 20)

const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

struct page_http {
    struct page_app *page;
    struct MHD_Daemon *daemon;
    struct serve_peers *peers;
    unsigned port;
    double patience;
};

/* A request. */
struct exchange {
    struct page_http *http;
    struct MHD_Connection *connection;
    const struct page_route *route; /* NULL: a file of the app */
    struct api_error refused;
    struct serve_body body;
    bool hopeless; /* its body is so long that it is not read */
};

/* ---- replies ---- */

static const char *const headers[][2] = {
    {"Content-Security-Policy", page_policy},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"X-Frame-Options", "DENY"},
    {"Cache-Control", "no-store"},
};

static enum MHD_Result send_bytes(struct MHD_Connection *connection, unsigned status, const char *type,
                                  struct text body, enum MHD_ResponseMemoryMode mode) {
    struct MHD_Response *r = MHD_create_response_from_buffer(body.len, (void *)(body.at ? body.at : ""), mode);
    if (!r) return MHD_NO;
    MHD_add_response_header(r, "Content-Type", type);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        MHD_add_response_header(r, headers[i][0], headers[i][1]);
    if (status == 429) MHD_add_response_header(r, "Retry-After", "1");
    enum MHD_Result result = MHD_queue_response(connection, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result send_error(struct MHD_Connection *connection, const struct api_error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 16);
    api_put_error(&b, err);
    enum MHD_Result result =
        send_bytes(connection, err->status, "application/json", buffer_text(&b), MHD_RESPMEM_MUST_COPY);
    buffer_done(&b);
    return result;
}

static enum MHD_Result send_json(struct MHD_Connection *connection, const json_t *value) {
    struct buffer b;
    struct api_error err;
    buffer_init(&b, REPLY_MAX);
    json_put(&b, value, 0);
    api_refuse(&err, 500, NULL, NULL, "the reply is too large, or memory is short");
    enum MHD_Result result =
        b.failed ? send_error(connection, &err)
                 : send_bytes(connection, 200, "application/json", buffer_text(&b), MHD_RESPMEM_MUST_COPY);
    buffer_done(&b);
    return result;
}

/* ---- the app's files ---- */

static const char *type_of(const char *name) {
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".svg", "image/svg+xml"},
                                           {".txt", "text/plain; charset=utf-8"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (text_ends(text_of(name), text_of(types[i][0]))) return types[i][1];
    return "application/octet-stream";
}

/* Only names of the table of built-in files are found, so that no path leads out of it. */
static enum MHD_Result send_file(struct MHD_Connection *connection, const char *url) {
    char name[256];
    struct api_error err;
    snprintf(name, sizeof name, "web/dist%.200s", strcmp(url, "/") == 0 ? "/index.html" : url);
    const struct builtin_file *file = builtin_find(name);
    if (file)
        return send_bytes(connection, 200, type_of(name),
                          (struct text){(const char *)file->at, (size_t)(file->end - file->at)},
                          MHD_RESPMEM_PERSISTENT);
    api_refuse(&err, 404, NULL, "unknown_url", "there is nothing at %.200s", url);
    return send_error(connection, &err);
}

/* ---- who may come in ---- */

static struct text header(struct MHD_Connection *connection, const char *name) {
    return text_of(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name));
}

static bool check_place(struct MHD_Connection *connection, struct api_error *err) {
    struct text host = header(connection, "Host"), origin = header(connection, "Origin");
    struct text site = header(connection, "Sec-Fetch-Site");
    if (!guard_names_this_machine(host))
        return api_refuse(err, 403, NULL, "forbidden_host",
                          "the Host header must name this machine (127.0.0.1 or localhost)");
    if ((origin.len && !guard_is_own_origin(origin, host)) || text_equal_c(site, "cross-site"))
        return api_refuse(err, 403, NULL, "forbidden_origin", "requests of other sites' pages are refused");
    return true;
}

static bool check_token(const struct page_http *http, struct MHD_Connection *connection, struct api_error *err) {
    struct text given = guard_bearer(header(connection, "Authorization"));
    return (given.len && guard_keys_equal(given, text_of(http->page->token))) ||
           api_refuse(err, 403, NULL, "token",
                      "the token is missing or wrong; open the address that `basanite serve --page` printed");
}

const struct page_route *page_find_route(const char *path, bool post, struct api_error *err) {
    for (const struct page_route *r = page_routes; r->path; r++)
        if (strcmp(r->path, path) == 0) {
            if (r->writes == post) return r;
            api_refuse(err, 405, NULL, "method_not_allowed", "%.100s is asked with %s", path,
                       r->writes ? "POST" : "GET");
            return NULL;
        }
    api_refuse(err, 404, NULL, "unknown_url", "there is no route /api/%.100s", path);
    return NULL;
}

/* A foreign page can send a form without asking first, but no JSON. */
static bool check_body(struct exchange *x) {
    struct text type = header(x->connection, "Content-Type");
    if (x->route->writes && !text_starts(type, TEXT("application/json")))
        return api_refuse(&x->refused, 415, NULL, NULL, "the body must be application/json");
    return serve_body_admit(&x->body, header(x->connection, "Content-Length"), &x->hopeless, &x->refused);
}

static void admit(struct exchange *x, const char *url, const char *method) {
    bool post = strcmp(method, "POST") == 0, get = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    struct text api = TEXT("/api/");
    if (!check_place(x->connection, &x->refused)) return;
    if (!post && !get) {
        api_refuse(&x->refused, 405, NULL, "method_not_allowed", "GET and POST are taken here");
        return;
    }
    if (!text_starts(text_of(url), api)) {
        if (post) api_refuse(&x->refused, 405, NULL, "method_not_allowed", "files are asked with GET");
        return;
    }
    if (check_token(x->http, x->connection, &x->refused) &&
        (x->route = page_find_route(url + api.len, post, &x->refused)))
        check_body(x);
}

/* ---- answers ---- */

struct reading {
    struct page_ask *ask;
    struct api_error *err;
    bool ok;
};

static enum MHD_Result read_argument(void *context, enum MHD_ValueKind kind, const char *name, size_t name_len,
                                     const char *value, size_t value_len) {
    struct reading *r = context;
    (void)kind, (void)name_len;
    r->ok = page_ask_add(r->ask, name, (struct text){value, value ? value_len : 0}, r->err);
    return r->ok ? MHD_YES : MHD_NO;
}

static json_t *read_body(struct exchange *x) {
    struct error why;
    json_t *body = json_read(buffer_text(&x->body.bytes), "body", 1, &why);
    if (json_is_object(body)) return body;
    if (body)
        api_refuse(&x->refused, 400, NULL, NULL, "the body must be a JSON object");
    else
        api_refuse(&x->refused, 400, NULL, NULL, "%s", why.message);
    json_decref(body);
    return NULL;
}

/* Work may take longer than a connection may be silent: its clock starts anew. */
static void restart_clock(struct exchange *x) {
    MHD_set_connection_option(x->connection, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
    MHD_set_connection_option(x->connection, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)x->http->patience);
}

static enum MHD_Result answer(struct exchange *x) {
    struct arena arena;
    arena_init(&arena, ASK_MEMORY);
    struct page_ask ask = {.arena = &arena};
    struct reading reading = {&ask, &x->refused, true};
    json_t *body = x->route->writes ? read_body(x) : NULL, *out = NULL;
    MHD_get_connection_values_n(x->connection, MHD_GET_ARGUMENT_KIND, read_argument, &reading);
    ask.body = body;
    if (reading.ok && (body || !x->route->writes)) {
        out = x->route->answer(x->http->page, &ask, &x->refused);
        if (!out && !x->refused.status) api_refuse(&x->refused, 500, NULL, NULL, "out of memory");
    }
    restart_clock(x);
    enum MHD_Result result = out ? send_json(x->connection, out) : send_error(x->connection, &x->refused);
    json_decref(out);
    json_decref(body);
    arena_done(&arena);
    return result;
}

/* ---- requests ---- */

static enum MHD_Result begin(struct page_http *http, struct MHD_Connection *connection, const char *url,
                             const char *method, void **state) {
    struct exchange *x = memory_zeroed(1, sizeof *x);
    if (!x) return MHD_NO;
    *state = x;
    *x = (struct exchange){.http = http, .connection = connection};
    serve_body_init(&x->body, BODY_MAX, http->patience);
    admit(x, url, method);
    return x->hopeless ? send_error(connection, &x->refused) : MHD_YES;
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
    return x->route ? answer(x) : send_file(connection, url);
}

/* Also of connections that broke off. */
static void on_completed(void *context, struct MHD_Connection *connection, void **state,
                         enum MHD_RequestTerminationCode code) {
    struct exchange *x = *state;
    (void)context, (void)code;
    serve_peers_set_busy(connection, false);
    if (!x) return;
    serve_body_done(&x->body);
    memory_free(x);
    *state = NULL;
}

static void log_nothing(void *context, const char *format, va_list args) {
    (void)context, (void)format, (void)args;
}

/* Threads of connections take no signals: they are the main thread's. */
static struct MHD_Daemon *start(struct page_http *http) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)http->page->settings->port)};
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ERROR_LOG, 0, NULL,
        NULL, on_request, http, MHD_OPTION_EXTERNAL_LOGGER, log_nothing, NULL, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, serve_peers_notice, http->peers,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)http->patience,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MAX, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
        MHD_OPTION_END);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return daemon;
}

struct page_http *page_http_new(struct page_app *page, struct error *err) {
    struct page_http *http = memory_zeroed(1, sizeof *http);
    if (!http) return error_memory(err, "server"), NULL;
    *http = (struct page_http){.page = page,
                               .patience = page->settings->patience >= 1 ? page->settings->patience : PATIENCE};
    if (!(http->peers = serve_peers_new())) return memory_free(http), error_memory(err, "server"), NULL;
    errno = 0;
    if (!(http->daemon = start(http))) {
        error_set(err, ERROR_ENVIRONMENT, "cannot listen on 127.0.0.1, port %u: %s; --port 0 takes a free one",
                  page->settings->port, errno ? strerror(errno) : "no memory or threads");
        page_http_free(http);
        return NULL;
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info ? info->port : page->settings->port;
    return http;
}

unsigned page_http_port(const struct page_http *http) {
    return http->port;
}

void page_http_free(struct page_http *http) {
    if (!http) return;
    if (http->daemon) MHD_stop_daemon(http->daemon);
    serve_peers_free(http->peers);
    memory_free(http);
}

void page_http_tend(struct page_http *http) {
    serve_peers_tend(http->peers, http->patience);
}
