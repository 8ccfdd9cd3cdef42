/* An OpenAI-compatible server for one model in this process, on 127.0.0.1: the desk in the calling thread, connections
 * in threads of their own. docs/serve.md is the manual. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/interrupt.h"
#include "subject/subject.h"

struct serve_settings {
    unsigned port;   /* 0: a free one */
    const char *key; /* NULL: none */
    size_t queue;    /* requests in the house at once, 0: 256 */
    double patience; /* seconds in which a client must have sent its request, 0: 30 */
    double grace;    /* seconds that answers under way get when the server is stopped; below 0: 20 */
    const struct interrupt *stop;
    /* Told once connections are taken. url: "http://127.0.0.1:8080/v1". false ends the server. */
    bool (*ready)(void *context, const char *url, struct error *err);
    void *context;
};
/* The key in the environment variable of this name; NULL with err: it is not set, or is no key. */
const char *serve_key(const char *variable, struct error *err) MUST_CHECK;
/* Serves until asked to stop. The subject must be a model in this process. */
bool serve_run(struct subject *subject, const struct serve_settings *settings, struct error *err) MUST_CHECK;

#endif
