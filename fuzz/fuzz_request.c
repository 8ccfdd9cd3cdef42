/* Bodies of requests to `basanite serve`: the first byte says the route. What is taken keeps to the bounds of
 * api_request.h; what is refused has a status, a message and, as JSON, OpenAI's form. */
#include "serve/api_request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static bool knows(const char *field) {
    return strcmp(field, "steer") == 0;
}

static void check_refusal(const struct api_error *refused) {
    struct buffer b;
    struct error err = {0};
    if (refused->status != 400 || !refused->type || !refused->message[0]) abort();
    buffer_init(&b, 1 << 20);
    api_put_error(&b, refused);
    json_t *root = json_read(buffer_text(&b), "error", 1, &err);
    if (!root || !json_is_string(json_object_get(json_object_get(root, "error"), "message"))) abort();
    json_decref(root);
    buffer_done(&b);
}

static void check_request(const struct api_request *q) {
    if (q->route != API_CHAT && (!q->n_prompts || q->n_prompts > API_PROMPTS_MAX)) abort();
    if (q->route == API_CHAT && !json_array_size(q->messages)) abort();
    if (q->route != API_EMBEDDINGS && q->n_prompts * q->n > API_ANSWERS_MAX) abort();
    if (q->top > API_TOP_MAX || (q->top && !q->logprobs) || q->n_stops > API_STOPS_MAX) abort();
    if (!(q->temperature >= 0 && q->temperature <= 100) || !(q->top_p >= 0 && q->top_p <= 1)) abort();
    for (size_t i = 0; i < q->n_stops; i++)
        if (!q->stops[i].len || text_utf8_invalid(q->stops[i]) != SIZE_MAX) abort();
    for (size_t i = 0; q->prompts && i < q->n_prompts; i++)
        for (size_t k = 0; k < q->prompts[i].n_ids; k++)
            if (q->prompts[i].ids[k] < 0) abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    static const enum api_route routes[] = {API_COMPLETIONS, API_CHAT, API_EMBEDDINGS};
    struct api_request request;
    struct api_error refused;
    struct arena arena;
    if (!n) return 0;
    arena_init(&arena, (size_t)1 << 28);
    struct text body = {(const char *)at + 1, n - 1};
    if (api_request_read(&request, routes[at[0] % 3], body, knows, &arena, &refused))
        check_request(&request);
    else
        check_refusal(&refused);
    api_request_done(&request);
    arena_done(&arena);
    return 0;
}
