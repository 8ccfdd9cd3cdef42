/* What an endpoint may send: the first line is a prompt with its border before the first '|', the rest a reply. A score
 * is never above 0, counts no more tokens than came, and no message carries a control character. The same bytes are
 * tried as an answer in pieces, as a list of models, as an error and as the place of an endpoint. */
#include "subject/openai_place.h"
#include "subject/openai_stream.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n);

static void check_kind(const struct error *err) {
    if (err->kind != ERROR_DATA && err->kind != ERROR_USAGE) abort();
    if (!err->message[0]) abort();
}

static void check_quote(struct text body) {
    char said[48];
    memset(said, 'x', sizeof said);
    openai_message(body, said, sizeof said);
    struct text t = text_of(said);
    if (t.len >= sizeof said || text_utf8_invalid(t) != SIZE_MAX) abort();
    for (size_t i = 0; i < t.len; i++)
        if ((unsigned char)said[i] < 32 || said[i] == 127) abort();
}

static void try_reply(struct arena *arena, struct text prompt, size_t border, struct text body) {
    struct error err = {0};
    struct openai_reply reply;
    struct choice_score score;
    if (!openai_reply_read(arena, body, &reply, &err)) {
        check_kind(&err);
        if (reply.root) abort();
        return;
    }
    if (text_utf8_invalid(reply.text) != SIZE_MAX) abort();
    for (size_t i = 0; i < reply.n_tokens; i++)
        if (reply.tokens[i].logprob > 0 || text_utf8_invalid(reply.tokens[i].text) != SIZE_MAX) abort();
    if (!openai_reply_score(arena, &reply, prompt, border, &score, &err))
        check_kind(&err);
    else if (score.logprob > 0 || score.tokens > reply.n_tokens || score.bytes != prompt.len - border)
        abort();
    openai_reply_done(&reply);
}

static void try_stream(struct text body) {
    struct error err = {0};
    struct buffer said;
    buffer_init(&said, 1 << 20);
    struct openai_stream stream = {.text = &said};
    if (!openai_stream_take(&stream, body, &err)) check_kind(&err);
    if (text_utf8_invalid(buffer_text(&said)) != SIZE_MAX || (said.len && !stream.begun)) abort();
    buffer_done(&said);
}

int LLVMFuzzerTestOneInput(const unsigned char *at, size_t n) {
    struct text all = {(const char *)at, n}, body = all, line, *names;
    struct arena arena;
    struct error err = {0};
    struct openai_place place;
    char prompt[4096];
    size_t n_names, border;
    if (!text_next(&body, '\n', &line)) return 0;
    if (!body.at) body = TEXT("");
    border = text_find(line, TEXT("|"), 0);
    if (line.len >= sizeof prompt || border == SIZE_MAX) return 0;
    memcpy(prompt, line.at, border);
    memcpy(prompt + border, line.at + border + 1, line.len - border - 1);
    arena_init(&arena, (size_t)1 << 28);
    try_reply(&arena, (struct text){prompt, line.len - 1}, border, body);
    try_stream(body);
    if (!openai_models_read(&arena, body, &names, &n_names, &err)) check_kind(&err);
    check_quote(body);
    openai_says(body, "insufficient_quota");
    if (openai_place_claims(body) && !openai_place_read(&arena, body, &place, &err)) check_kind(&err);
    arena_done(&arena);
    return 0;
}
