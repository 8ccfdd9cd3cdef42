/* Training data: files to tokens. See corpus.h. */
#include "act/data/corpus_internal.h"
#include "lm/template/marked.h"

#include "base/file.h"

#include <string.h>

#define MOST_LINE ((size_t)64 << 20)
#define MOST_PLAIN ((size_t)2 << 30)

struct reader {
    struct corpus *corpus;
    struct marker *maker;
    struct marked tokens; /* of the row */
};

static bool grow(void **at, uint64_t need, uint64_t *capacity, size_t size, struct error *err) {
    if (need <= *capacity) return true;
    uint64_t wanted = *capacity ? *capacity * 2 : 4096;
    if (wanted < need) wanted = need;
    void *more = memory_grow(*at, wanted, size);
    if (!more) return error_memory(err, "training data");
    *at = more;
    *capacity = wanted;
    return true;
}

static bool append(struct corpus *c, const struct marked *s, struct error *err) {
    size_t n = s->ids.n;
    if (!grow((void **)&c->tokens, c->n_tokens + n, &c->tokens_capacity, sizeof *c->tokens, err) ||
        !grow((void **)&c->documents, c->n_documents + 2, &c->documents_capacity, sizeof *c->documents, err) ||
        (c->settings.answers &&
         !grow((void **)&c->counted, c->n_tokens + n, &c->counted_capacity, sizeof *c->counted, err)))
        return false;
    if (n < 2) return true; /* nothing to predict */
    if (c->settings.answers && n > c->settings.context)
        return error_set(err, ERROR_DATA, "%zu tokens, but the context has %zu; shorten the text", n,
                         c->settings.context);
    memcpy(c->tokens + c->n_tokens, s->ids.ids, n * sizeof *s->ids.ids);
    if (c->settings.answers) memcpy(c->counted + c->n_tokens, s->counted, n * sizeof *s->counted);
    c->n_longer += n > c->settings.context;
    c->documents[c->n_documents++] = c->n_tokens;
    c->n_tokens += n;
    c->documents[c->n_documents] = c->n_tokens;
    return true;
}

/* ---- rows */

/* Which messages of a conversation are learned. */
enum loss { LOSS_ASSISTANT, LOSS_LAST, LOSS_ALL };

static bool read_loss(const json_t *row, struct json_place place, enum loss *out, struct error *err) {
    static const char *const words[] = {"assistant", "last", "all"};
    const json_t *loss = json_object_get(row, "loss");
    *out = LOSS_ASSISTANT;
    if (!loss) return true;
    for (size_t i = 0; i < 3; i++)
        if (text_equal_c(json_text(loss), words[i])) return *out = (enum loss)i, true;
    return json_mismatch(loss, "loss", place, "assistant, last or all", err);
}

/* The place of the last message that the assistant says; 0: there is none. */
static size_t last_answer(const json_t *messages) {
    for (size_t i = json_array_size(messages); i-- > 0;)
        if (text_equal_c(json_text(json_object_get(json_array_get(messages, i), "role")), "assistant")) return i;
    return 0;
}

static bool add_messages(struct reader *r, const json_t *messages, enum loss loss, struct json_place place,
                         struct error *err) {
    size_t first = loss == LOSS_LAST ? last_answer(messages) : 0;
    if (!marked_of_messages(r->maker, messages, first, &r->tokens, err))
        return error_wrap(err, "%s:%zu", place.file, place.line);
    for (size_t i = 0; loss == LOSS_ALL && r->corpus->settings.answers && i < r->tokens.ids.n; i++)
        r->tokens.counted[i] = true;
    return append(r->corpus, &r->tokens, err) || error_wrap(err, "%s:%zu", place.file, place.line);
}

static bool add_conversation(struct reader *r, const json_t *row, struct json_place place, struct error *err) {
    json_t *messages;
    enum loss loss;
    return json_get_array(row, "messages", place, &messages, err) && messages_check(messages, place, "messages", err) &&
           read_loss(row, place, &loss, err) && add_messages(r, messages, loss, place, err);
}

/* An item of the pocket world: its prompt, and the reply that is right. */
static bool add_item(struct reader *r, const json_t *row, struct json_place place, struct error *err) {
    struct text prompt, reply;
    struct json_place inner = {place.file, place.line, "gold"};
    if (!json_get_text(row, "prompt", place, &prompt, err) ||
        !json_get_text(json_object_get(row, "gold"), "reply", inner, &reply, err))
        return false;
    json_t *messages = json_pack("[{s:s, s:s%}, {s:s, s:s%}]", "role", "user", "content", prompt.at, prompt.len, "role",
                                 "assistant", "content", reply.at, reply.len);
    bool ok = messages ? add_messages(r, messages, LOSS_ASSISTANT, place, err) : error_memory(err, "conversation");
    json_decref(messages);
    return ok;
}

static bool add_text(struct reader *r, struct text text, struct error *err) {
    return marked_of_text(r->maker, text, &r->tokens, err) && append(r->corpus, &r->tokens, err);
}

static bool add_row(struct reader *r, const json_t *row, struct json_place place, struct error *err) {
    struct text text;
    if (!split_check(row, place, err)) return false;
    if (json_object_get(row, "messages")) return add_conversation(r, row, place, err);
    if (json_is_object(json_object_get(row, "gold"))) return add_item(r, row, place, err);
    if (!json_get_text(row, "text", place, &text, err)) return false;
    if (!text.len) return error_set(err, ERROR_DATA, "%s:%zu: field 'text' is empty", place.file, place.line);
    return add_text(r, text, err) || error_wrap(err, "%s:%zu", place.file, place.line);
}

/* ---- files */

static bool read_jsonl(struct reader *r, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, MOST_LINE, err);
    if (!lines) return false;
    json_t *row;
    size_t line;
    int state = 0;
    bool ok = true;
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        ok = add_row(r, row, (struct json_place){path, line, ""}, err);
        json_decref(row);
    }
    jsonl_close(lines);
    return ok && state >= 0;
}

static bool read_plain(struct reader *r, const char *path, struct error *err) {
    struct arena arena;
    arena_init(&arena, 2 * MOST_PLAIN);
    struct text all;
    bool ok = file_read(&arena, path, MOST_PLAIN, &all, err);
    for (size_t at = 0; ok && at < all.len;) {
        size_t end = text_find(all, TEXT("\n\n\n"), at);
        if (end == SIZE_MAX) end = all.len;
        struct text document = text_trim(text_part(all, at, end));
        if (document.len && !add_text(r, document, err)) ok = error_wrap(err, "%s: document at byte %zu", path, at);
        at = end + 3;
    }
    arena_done(&arena);
    return ok;
}

bool corpus_read(struct corpus *c, const char *path, struct error *err) {
    const struct corpus_settings *s = &c->settings;
    struct reader r = {.corpus = c, .maker = marker_new(s->tokenizer, s->template_name, s->answers, err)};
    bool ok =
        r.maker && (text_ends(text_of(path), TEXT(".jsonl")) ? read_jsonl(&r, path, err) : read_plain(&r, path, err));
    marker_free(r.maker);
    marked_done(&r.tokens);
    return ok;
}
