/* Many requests to one endpoint at once: libcurl's multi interface in the calling thread, with retries. Knows nothing
 * of what is asked: bodies come from, and replies go to, the caller of openai_http_run.
 *
 * Tried again, up to `retries` times each: connections that fail or break off, time-outs, status 408, 425, 429 and 5xx,
 * and replies that the caller cannot read. The k-th wait is 0.5 s x 2^k, at most 30 s, times a factor in [0.5, 1) drawn
 * from the stream of the request's bytes, so that a run repeats its waits; Retry-After (seconds or a date) counts when
 * it is longer, up to OPENAI_WAIT_MAX. When two requests in a row are told to slow down (429) nothing at all is sent
 * for as long as Retry-After says, or the first wait.
 *
 * Connections go to the endpoint alone (or the proxy that the environment names; never for a loopback address): http
 * and https only, redirects are not followed. The key stands in the Authorization header and nowhere else; should the
 * endpoint send it back it is blotted out before anyone reads the reply. */
#ifndef SUBJECT_OPENAI_HTTP_H
#define SUBJECT_OPENAI_HTTP_H

#include "base/buffer.h"
#include "base/interrupt.h"

#define OPENAI_WAIT_MAX 60.0 /* seconds */

struct openai_http;

struct openai_http_settings {
    struct text base; /* URL that routes are put behind; outlives the object */
    const char *key;  /* copied; NULL: none */
    bool loopback;
    size_t concurrency; /* requests under way at once, 1.. */
    double timeout;     /* seconds per try */
    int retries;
    size_t reply_max; /* bytes */
    const struct interrupt *stop;
};
struct openai_http *openai_http_new(const struct openai_http_settings *settings, struct error *err) MUST_CHECK;
void openai_http_free(struct openai_http *http);

enum openai_verdict {
    OPENAI_TAKEN, /* done */
    OPENAI_AGAIN, /* not readable: try again; err says why */
    OPENAI_END,   /* stop everything; err says why */
};
/* Calls of a run; all come from the thread that runs it. */
struct openai_exchange {
    void *context;
    /* The route ("/completions") and body of request i; GET when the body stays empty. False stops everything. */
    bool (*make)(void *context, size_t i, const char **route, struct buffer *body, struct error *err);
    /* A reply with status 2xx. */
    enum openai_verdict (*take)(void *context, size_t i, struct text reply, double ms, struct error *err);
    /* Request i failed for good: status 0: no reply. `reply` is the last one, `gone`: connections fail and nothing has
     * come back since this request was first sent. False stops everything. */
    bool (*fail)(void *context, size_t i, long status, struct text reply, bool gone, const struct error *why,
                 struct error *err);
    /* Whole lines of a reply with status 2xx as they come, and at its end what is left, before take gets it all; NULL:
     * nobody listens. TAKEN: something was made of them, so that the request is never tried again; AGAIN: not yet. */
    enum openai_verdict (*part)(void *context, size_t i, struct text lines, struct error *err);
};
/* Requests 0..n-1, each taken or failed exactly once unless the run is stopped. patient false: a connection that is
 * refused or a name that is not known is not tried again. */
bool openai_http_run(struct openai_http *http, size_t n, bool patient, const struct openai_exchange *exchange,
                     struct error *err) MUST_CHECK;

/* Seconds to wait before try number `tries` (1..) of a request with these bytes; retry_after 0: not said. */
double openai_wait(struct text body, int tries, double retry_after);

#endif
