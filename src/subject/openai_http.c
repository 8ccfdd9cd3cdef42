/* Requests to an endpoint with retries: see openai_http.h. */
#include "subject/openai_http.h"

#include "base/hash.h"
#include "base/progress.h"
#include "base/rng.h"
#include "subject/openai_reply.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define WAIT_FIRST 0.5
#define WAIT_LONGEST 30.0
#define WAITING_MAX 128 /* requests that wait for another try; then no new ones are begun */
#define POLL_MS 50.0    /* how soon an interrupt is seen */
#define KEY_LEAST 8     /* shorter keys are words such as "none", which a model may say */

struct run;
enum slot_state { SLOT_FREE, SLOT_WAITING, SLOT_FLYING };

struct slot {
    enum slot_state state;
    CURL *easy;
    size_t request;
    const char *route;
    struct buffer body, reply;
    struct run *run;
    size_t given;      /* bytes of the reply that the caller had as lines */
    bool taken, ended; /* the caller made something of them; it ended the run, `why` says why */
    struct error why;
    int tries;
    double due;
    uint64_t replies_before; /* of the endpoint, when this request was first sent */
    char curl_says[CURL_ERROR_SIZE];
};

struct openai_http {
    struct openai_http_settings settings;
    CURLM *multi;
    struct curl_slist *headers;
    char *key;
    struct slot *slots;
    size_t n_slots;
};

struct run {
    struct openai_http *http;
    const struct openai_exchange *exchange;
    bool patient;
    size_t n, next;         /* requests, first one not begun */
    size_t flying, waiting; /* slots */
    uint64_t replies;       /* replies with any status */
    size_t slowed;          /* 429 since the last success */
    double hold;            /* nothing is sent before */
};

/* ---- set-up ---- */

static bool add_header(struct openai_http *http, const char *line, struct error *err) {
    struct curl_slist *longer = curl_slist_append(http->headers, line);
    if (!longer) return error_memory(err, "request headers");
    http->headers = longer;
    return true;
}

static bool make_headers(struct openai_http *http, struct error *err) {
    struct buffer line;
    if (!add_header(http, "Content-Type: application/json", err) ||
        !add_header(http, "Accept: application/json", err) || !add_header(http, "Expect:", err))
        return false;
    if (!http->settings.key) return true;
    if (!(http->key = memory_alloc(strlen(http->settings.key) + 1))) return error_memory(err, "request headers");
    memcpy(http->key, http->settings.key, strlen(http->settings.key) + 1);
    buffer_init(&line, 1 << 16);
    buffer_printf(&line, "Authorization: Bearer %s", http->key);
    bool ok = buffer_check(&line, "request headers", err) && add_header(http, line.at, err);
    buffer_done(&line);
    return ok;
}

struct openai_http *openai_http_new(const struct openai_http_settings *settings, struct error *err) {
    struct openai_http *http = memory_zeroed(1, sizeof *http);
    if (!http) return error_memory(err, "connections"), NULL;
    http->settings = *settings;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        memory_free(http);
        return error_memory(err, "connections"), NULL;
    }
    http->multi = curl_multi_init();
    http->n_slots = settings->concurrency + WAITING_MAX;
    http->slots = memory_zeroed(http->n_slots, sizeof *http->slots);
    if (!http->slots) http->n_slots = 0;
    for (size_t i = 0; i < http->n_slots; i++) {
        buffer_init(&http->slots[i].body, (size_t)1 << 30);
        buffer_init(&http->slots[i].reply, settings->reply_max);
    }
    if (http->multi && http->slots && make_headers(http, err)) {
        curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)settings->concurrency);
        curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)settings->concurrency);
        return http;
    }
    if (!http->multi || !http->slots) error_memory(err, "connections");
    openai_http_free(http);
    return NULL;
}

void openai_http_free(struct openai_http *http) {
    if (!http) return;
    for (size_t i = 0; i < http->n_slots; i++) {
        curl_easy_cleanup(http->slots[i].easy);
        buffer_done(&http->slots[i].body);
        buffer_done(&http->slots[i].reply);
    }
    curl_multi_cleanup(http->multi);
    curl_slist_free_all(http->headers);
    memory_free(http->slots);
    if (http->key) explicit_bzero(http->key, strlen(http->key));
    memory_free(http->key);
    memory_free(http);
    curl_global_cleanup();
}

/* ---- sending ---- */

double openai_wait(struct text body, int tries, double retry_after) {
    double wait = WAIT_FIRST;
    for (int i = 1; i < tries && wait < WAIT_LONGEST; i++) wait *= 2;
    if (wait > WAIT_LONGEST) wait = WAIT_LONGEST;
    struct rng rng = rng_stream(hash_xxh3(body.at, body.len), "openai/wait", (uint64_t)tries);
    wait *= 0.5 + 0.5 * rng_unit(&rng);
    if (retry_after > wait) wait = retry_after;
    return wait < OPENAI_WAIT_MAX ? wait : OPENAI_WAIT_MAX;
}

/* Keeps the length, so that JSON stays JSON. */
static void blot_out(char *at, size_t n, const char *key) {
    struct text k = text_of(key), all = {at, n};
    if (k.len < KEY_LEAST) return;
    for (size_t i = 0; (i = text_find(all, k, i)) != SIZE_MAX; i += k.len) memset(at + i, '*', k.len);
}

/* The reply up to `end` to the caller. False: it ended the run, slot->why says why. */
static bool give_part(struct slot *slot, size_t end) {
    const struct openai_exchange *exchange = slot->run->exchange;
    if (!exchange->part || end == slot->given) return true;
    char *at = slot->reply.at + slot->given;
    blot_out(at, end - slot->given, slot->run->http->key);
    struct text lines = {at, end - slot->given};
    slot->given = end;
    enum openai_verdict verdict = exchange->part(exchange->context, slot->request, lines, &slot->why);
    slot->taken |= verdict == OPENAI_TAKEN;
    slot->ended = verdict == OPENAI_END;
    return !slot->ended;
}

static size_t receive(char *at, size_t size, size_t n, void *context) {
    struct slot *slot = context;
    long status = 0;
    if (!buffer_put(&slot->reply, at, size * n)) return 0;
    if (!slot->run->exchange->part) return size * n;
    if (curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status < 200 || status > 299)
        return size * n;
    size_t end = slot->reply.len;
    while (end > slot->given && slot->reply.at[end - 1] != '\n') end--;
    return give_part(slot, end) ? size * n : 0;
}

static bool prepare(struct openai_http *http, struct slot *slot, struct error *err) {
    struct buffer url;
    if (!slot->easy && !(slot->easy = curl_easy_init())) return error_memory(err, "connections");
    CURL *easy = slot->easy;
    curl_easy_reset(easy);
    buffer_init(&url, 1 << 16);
    buffer_put_text(&url, http->settings.base);
    buffer_put_c(&url, slot->route);
    double ms = http->settings.timeout * 1000;
    bool ok = buffer_check(&url, "URL", err);
    if (ok && curl_easy_setopt(easy, CURLOPT_URL, url.at) != CURLE_OK) ok = error_memory(err, "URL");
    buffer_done(&url);
    if (!ok) return false;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, ms < 1 ? 1L : ms > 1e9 ? 1000000000L : (long)ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, ms < 15000 ? 0L : 15000L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, http->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "basanite/" BASANITE_VERSION);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->curl_says);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    if (http->settings.loopback) curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (slot->body.len) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->body.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot->body.at);
    }
    return true;
}

static bool send_slot(struct run *run, struct slot *slot, struct error *err) {
    buffer_clear(&slot->reply);
    slot->curl_says[0] = 0;
    slot->run = run;
    slot->given = 0;
    slot->taken = slot->ended = false;
    if (!prepare(run->http, slot, err)) return false;
    if (curl_multi_add_handle(run->http->multi, slot->easy) != CURLM_OK) return error_memory(err, "connections");
    if (slot->tries++ == 0) slot->replies_before = run->replies;
    slot->state = SLOT_FLYING;
    run->flying++;
    return true;
}

/* Waiting requests whose time has come go first, then new ones. */
static bool send_what_is_due(struct run *run, struct error *err) {
    size_t most = run->http->settings.concurrency;
    double now = clock_seconds();
    if (now < run->hold) return true;
    for (size_t i = 0; i < run->http->n_slots && run->waiting && run->flying < most; i++) {
        struct slot *slot = &run->http->slots[i];
        if (slot->state != SLOT_WAITING || slot->due > now) continue;
        run->waiting--;
        if (!send_slot(run, slot, err)) return false;
    }
    for (size_t i = 0; i < run->http->n_slots && run->next < run->n && run->flying < most; i++) {
        struct slot *slot = &run->http->slots[i];
        if (slot->state != SLOT_FREE) continue;
        slot->request = run->next++;
        slot->tries = 0;
        buffer_clear(&slot->body);
        if (!run->exchange->make(run->exchange->context, slot->request, &slot->route, &slot->body, err)) return false;
        if (!buffer_check(&slot->body, "request", err) || !send_slot(run, slot, err)) return false;
    }
    return true;
}

/* ---- what came back ---- */

static bool is_passing_status(long status) {
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

/* What no waiting mends: certificates, malformed URLs, replies beyond the maximum. */
static bool is_passing_failure(CURLcode code) {
    switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_WRITE_ERROR:
        return false;
    default:
        return true;
    }
}

static bool is_unreachable(CURLcode code) {
    return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
}

static void say_failure(struct run *run, struct slot *slot, CURLcode code, struct error *why) {
    const char *says = slot->curl_says[0] ? slot->curl_says : curl_easy_strerror(code);
    if (code == CURLE_OPERATION_TIMEDOUT)
        error_set(why, ERROR_ENVIRONMENT, "no answer within %g s (--timeout)", run->http->settings.timeout);
    else if (code == CURLE_WRITE_ERROR && slot->reply.full)
        error_set(why, ERROR_DATA, "a reply of more than %zu bytes", run->http->settings.reply_max);
    else
        error_set(why, ERROR_ENVIRONMENT, "%s", says);
}

static void say_status(struct slot *slot, long status, struct error *why) {
    char said[400];
    char *target = NULL;
    openai_message(buffer_text(&slot->reply), said, sizeof said);
    if (status >= 300 && status < 400 && curl_easy_getinfo(slot->easy, CURLINFO_REDIRECT_URL, &target) == CURLE_OK &&
        target)
        error_set(why, ERROR_ENVIRONMENT, "status %ld: moved to '%.300s'; redirects are not followed, name that URL",
                  status, target);
    else
        error_set(why, ERROR_ENVIRONMENT, "status %ld%s%s", status, said[0] ? ": " : "", said);
}

static bool fail_slot(struct run *run, struct slot *slot, long status, bool gone, struct error *why,
                      struct error *err) {
    struct text base = run->http->settings.base;
    if (slot->tries > 1) {
        struct error last = *why;
        error_set(why, last.kind, "%s (tried %d times)", last.message, slot->tries);
    }
    error_wrap(why, "endpoint '%.*s'", (int)(base.len < 300 ? base.len : 300), base.at);
    slot->state = SLOT_FREE;
    return run->exchange->fail(run->exchange->context, slot->request, status, buffer_text(&slot->reply), gone, why,
                               err);
}

static bool wait_or_fail(struct run *run, struct slot *slot, CURLcode code, long status, bool passing,
                         struct error *why, struct error *err) {
    bool gone = is_unreachable(code) && run->replies == slot->replies_before;
    if ((!run->patient && is_unreachable(code)) || slot->taken) passing = false;
    if (!passing || slot->tries > run->http->settings.retries) return fail_slot(run, slot, status, gone, why, err);
    curl_off_t after = 0;
    if (code != CURLE_OK || curl_easy_getinfo(slot->easy, CURLINFO_RETRY_AFTER, &after) != CURLE_OK) after = 0;
    double now = clock_seconds(), said = after > 0 ? (double)after : 0;
    slot->due = now + openai_wait(buffer_text(&slot->body), slot->tries, said);
    slot->state = SLOT_WAITING;
    run->waiting++;
    double all_wait = status == 429 && ++run->slowed >= 2 ? openai_wait(buffer_text(&slot->body), 1, said) : 0;
    if (now + all_wait > run->hold) run->hold = now + all_wait;
    return true;
}

static bool end_run(const struct slot *slot, struct error *err) {
    if (err) *err = slot->why;
    return false;
}

static bool finish_slot(struct run *run, struct slot *slot, CURLcode code, struct error *err) {
    struct error why = {0};
    long status = 0;
    curl_off_t us = 0;
    run->flying--;
    slot->state = SLOT_FREE;
    if (code == CURLE_OUT_OF_MEMORY || (code == CURLE_WRITE_ERROR && slot->reply.failed && !slot->reply.full))
        return error_memory(err, "reply");
    if (slot->ended) return end_run(slot, err);
    blot_out(slot->reply.at, slot->reply.len, run->http->key);
    if (code != CURLE_OK) {
        say_failure(run, slot, code, &why);
        return wait_or_fail(run, slot, code, 0, is_passing_failure(code), &why, err);
    }
    run->replies++;
    curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(slot->easy, CURLINFO_TOTAL_TIME_T, &us);
    struct text reply = buffer_text(&slot->reply);
    if (status < 200 || status > 299) {
        say_status(slot, status, &why);
        bool passing = is_passing_status(status) && !openai_says(reply, "insufficient_quota");
        return wait_or_fail(run, slot, code, status, passing, &why, err);
    }
    if (!give_part(slot, slot->reply.len)) return end_run(slot, err);
    switch (run->exchange->take(run->exchange->context, slot->request, reply, (double)us / 1000, &why)) {
    case OPENAI_TAKEN:
        run->slowed = 0;
        return true;
    case OPENAI_AGAIN:
        return wait_or_fail(run, slot, code, status, true, &why, err);
    case OPENAI_END:
        break;
    }
    if (err) *err = why;
    return false;
}

static bool collect(struct run *run, struct error *err) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(run->http->multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        CURLcode code = message->data.result;
        CURL *easy = message->easy_handle;
        struct slot *slot = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &slot);
        curl_multi_remove_handle(run->http->multi, easy);
        if (!finish_slot(run, slot, code, err)) return false;
    }
    return true;
}

/* ---- the loop ---- */

/* Until something can happen, but not longer than an interrupt may stay unseen. */
static bool rest(struct run *run, struct error *err) {
    double now = clock_seconds(), ms = POLL_MS;
    for (size_t i = 0; i < run->http->n_slots && run->waiting; i++) {
        const struct slot *slot = &run->http->slots[i];
        double due = slot->due > run->hold ? slot->due : run->hold;
        if (slot->state == SLOT_WAITING && (due - now) * 1000 < ms) ms = (due - now) * 1000;
    }
    if (ms < 1) ms = 1;
    return curl_multi_poll(run->http->multi, NULL, 0, (int)ms, NULL) == CURLM_OK ||
           error_set(err, ERROR_ENVIRONMENT, "cannot wait for connections");
}

static bool loop(struct run *run, struct error *err) {
    int running;
    while (run->next < run->n || run->flying || run->waiting) {
        if (interrupted(run->http->settings.stop)) return error_set(err, ERROR_INTERRUPTED, "interrupted");
        if (!send_what_is_due(run, err)) return false;
        if (curl_multi_perform(run->http->multi, &running) != CURLM_OK)
            return error_set(err, ERROR_ENVIRONMENT, "cannot drive connections");
        size_t flying = run->flying;
        if (!collect(run, err)) return false;
        if (run->flying == flying && !rest(run, err)) return false;
    }
    return true;
}

bool openai_http_run(struct openai_http *http, size_t n, bool patient, const struct openai_exchange *exchange,
                     struct error *err) {
    struct run run = {.http = http, .exchange = exchange, .patient = patient, .n = n};
    sigset_t pipe_signal, before, pending;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    /* A peer that hangs up while TLS writes must not end the program. */
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    bool ok = loop(&run, err);
    for (size_t i = 0; i < http->n_slots; i++) {
        if (http->slots[i].state == SLOT_FLYING) {
            curl_easy_setopt(http->slots[i].easy, CURLOPT_QUICK_EXIT,
                             1L); /* does not wait for a name to be looked up */
            curl_multi_remove_handle(http->multi, http->slots[i].easy);
        }
        http->slots[i].state = SLOT_FREE;
    }
    struct timespec now = {0, 0};
    if (!sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_signal, NULL, &now) < 0 && errno == EINTR) continue;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}
