/* Bodies of requests, from bytes to structs. Pure: no connection, no model; nothing in a body is trusted. Which fields
 * there are and what becomes of them is one table in api_request.c: fields are read, ignored (they change no answer),
 * or refused where they would change the answer and cannot be honoured; so is every name that the table does not
 * have. */
#ifndef SERVE_API_REQUEST_H
#define SERVE_API_REQUEST_H

#include "serve/api_error.h"
#include "subject/subject.h"

enum api_route { API_COMPLETIONS = 1, API_CHAT = 2, API_EMBEDDINGS = 4 };

enum {
    API_PROMPTS_MAX = 2048, /* texts in a request */
    API_ANSWERS_MAX = 512,  /* prompts x n */
    API_TOP_MAX = 20,       /* alternatives of a token */
    API_STOPS_MAX = 16,
    API_MESSAGES_MAX = 4096,
    API_BIASES_MAX = 4096,
};

/* Added to the logit of a token. */
struct api_bias {
    int32_t id;
    float value; /* -100 .. 100 */
};

struct api_prompt {
    struct text text;
    const int32_t *ids; /* NULL: the text */
    size_t n_ids;
};

struct api_request {
    enum api_route route;
    json_t *root;                     /* owns the texts */
    struct text model;                /* empty: not named */
    const struct api_prompt *prompts; /* of completions and embeddings, on the arena */
    size_t n_prompts;
    json_t *messages; /* of a chat: role, content as one text, and what belongs to tools; owned */
    bool speaks_of_tools;
    size_t n, max_tokens; /* max_tokens SIZE_MAX: up to the end of the context */
    double temperature, top_p;
    size_t top_k;
    bool seeded;
    uint64_t seed;
    double presence, frequency;    /* penalties, -2 .. 2 */
    const struct api_bias *biases; /* in the order of the request */
    size_t n_biases;
    const struct text *stops;
    size_t n_stops;
    bool stream, stream_usage;
    bool logprobs;
    size_t top; /* alternatives of each token */
    bool echo;
    enum ask_form form;
    struct text form_source;
    bool base64;
    size_t dimensions; /* 0: not said */
};

/* What the program has of fields beside OpenAI's: NULL: no such field. See serve_extra.h. */
typedef bool api_knows(const char *field);

/* *request is to be given to api_request_done also after a failure. */
bool api_request_read(struct api_request *request, enum api_route route, struct text body, api_knows *knows,
                      struct arena *arena, struct api_error *err) MUST_CHECK;
void api_request_done(struct api_request *request);

/* The table for people (docs and tests): name, routes as a mask of enum api_route, "read", "ignored" or "refused". */
struct api_field_note {
    const char *name;
    int routes;
    const char *treatment;
};
size_t api_fields(size_t i, struct api_field_note *note); /* how many there are; note of the i-th, if it is one */

#endif
