/* The server from its start to its end: see serve.h. */
#include "serve/serve.h"

#include "base/progress.h"
#include "serve/serve_http.h"
#include "subject/subject_look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE 256
#define GRACE 20.0
#define BODY_MAX ((size_t)8 << 20)
#define HOUSE_MAX ((size_t)4 << 30) /* bytes that all requests in the house may come to take */
#define PATIENCE 30.0
#define MORE_CONNECTIONS 256 /* than requests in the house: those that are kept alive, and those that are told so */
#define TICK 0.1             /* seconds between looks at the interrupt flag */
#define KEY_MAX 4096

const char *serve_key(const char *variable, struct error *err) {
    const char *key = getenv(variable);
    struct text t = text_of(key);
    if (!t.len) {
        error_set(err, ERROR_USAGE, "the environment variable '%s', named by --key-env, is not set", variable);
        return NULL;
    }
    for (size_t i = 0; i < t.len; i++)
        if (t.at[i] <= ' ' || t.at[i] > '~' || t.len > KEY_MAX) {
            error_set(err, ERROR_USAGE,
                      "the key in the environment variable '%s' holds blanks or characters that no header can carry, "
                      "or is too long; expected one line of printable ASCII",
                      variable);
            return NULL;
        }
    return key;
}

struct house {
    const struct serve_settings *settings;
    struct serve_desk *desk;
    struct serve_forms *forms;
    struct serve_http *http;
    double tended;
};

static bool open_house(struct house *h, struct subject *subject, struct error *err) {
    const struct serve_settings *s = h->settings;
    const struct lm_subject *lm = subject->state;
    size_t queue = s->queue ? s->queue : QUEUE;
    struct serve_desk_limits limits = {.jobs = queue, .bytes = HOUSE_MAX};
    struct serve_http_settings http = {.subject = subject,
                                       .port = s->port,
                                       .key = s->key,
                                       .body_max = BODY_MAX,
                                       .patience = s->patience > 0 ? s->patience : PATIENCE,
                                       .connections = queue + MORE_CONNECTIONS};
    if (!(http.desk = h->desk = serve_desk_new(subject, limits, err)) ||
        !(http.forms = h->forms = serve_forms_new(lm->model->tokenizer, err)))
        return false;
    return (h->http = serve_http_new(&http, err)) != NULL;
}

static void tend(struct house *h) {
    double now = clock_seconds();
    if (now - h->tended < 1) return;
    h->tended = now;
    serve_http_tend(h->http);
}

/* Of a failure all whom it concerns have been told; the server goes on. */
static void step(struct house *h) {
    struct error why;
    if (!serve_desk_step(h->desk, TICK, &why)) fprintf(stderr, "basanite serve: %s\n", why.message);
    tend(h);
}

/* Answers under way get some time; what is left is told. */
static void wind_down(struct house *h) {
    double grace = h->settings->grace < 0 ? GRACE : h->settings->grace, until = clock_seconds() + grace;
    struct api_error why;
    serve_http_close(h->http);
    serve_desk_close(h->desk);
    while (!serve_desk_idle(h->desk) && clock_seconds() < until) step(h);
    api_refuse(&why, 503, NULL, "server_closing", "the server was stopped before the answer was whole");
    serve_desk_fail_all(h->desk, &why);
}

bool serve_run(struct subject *subject, const struct serve_settings *settings, struct error *err) {
    struct house h = {.settings = settings};
    char url[64];
    if (!subject_look_require(subject, "serve --api", err)) return false;
    bool ok = open_house(&h, subject, err);
    if (ok) {
        snprintf(url, sizeof url, "http://127.0.0.1:%u/v1", serve_http_port(h.http));
        ok = settings->ready(settings->context, url, err);
        while (ok && !interrupted(settings->stop)) step(&h);
        wind_down(&h);
    }
    serve_http_free(h.http);
    serve_forms_free(h.forms);
    serve_desk_free(h.desk);
    return ok;
}
