/* See serve_body.h. */
#include "serve/serve_body.h"

#include "base/progress.h"

enum { DRAIN = 4 }; /* times the most that is read and thrown away of a body that is too long */

void serve_body_init(struct serve_body *body, size_t most, double patience) {
    *body = (struct serve_body){.most = most, .began = clock_seconds(), .patience = patience};
    buffer_init(&body->bytes, most);
}

void serve_body_done(struct serve_body *body) {
    buffer_done(&body->bytes);
}

static bool too_long(const struct serve_body *body, struct api_error *refused) {
    return api_refuse(refused, 413, NULL, "request_too_large", "the body is longer than %zu bytes", body->most);
}

bool serve_body_admit(const struct serve_body *body, struct text content_length, bool *hopeless,
                      struct api_error *refused) {
    uint64_t n = 0;
    *hopeless = content_length.len && (!text_to_u64(content_length, &n) || n > (uint64_t)DRAIN * body->most);
    return (!*hopeless && n <= body->most) || refused->status || too_long(body, refused);
}

bool serve_body_take(struct serve_body *body, const char *data, size_t n, struct api_error *refused) {
    if (clock_seconds() - body->began > body->patience || (body->drained += n) > DRAIN * body->most) return false;
    if (refused->status || buffer_put(&body->bytes, data, n)) return true;
    if (body->bytes.full)
        too_long(body, refused);
    else
        api_refuse(refused, 500, NULL, NULL, "out of memory");
    buffer_done(&body->bytes);
    return true;
}
