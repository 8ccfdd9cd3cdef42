/* Training data: files to tokens, and which tokens are answers. See corpus.h. */
#include "act/corpus_internal.h"

#include "base/file.h"
#include "lm/template/chat.h"

#include <string.h>

#define MOST_LINE ((size_t)64 << 20)
#define MOST_PLAIN ((size_t)2 << 30)

/* Bytes begin..end-1 of a text are an answer. */
struct span {
    size_t begin, end;
};

struct document {
    struct text text;
    const struct span *answers; /* in order; NULL: everything counts */
    size_t n_answers;
};

struct reader {
    struct corpus *corpus;
    struct chat_template *chat; /* made when the first conversation comes */
    struct arena arena;         /* of one row */
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

/* ---- tokens */

/* Whether each token begins inside an answer. The tokens' own bytes say where they stand in the text; the blank that
 * SentencePiece puts in front and a BOS that the text does not have come before byte 0. */
static bool count_answers(const struct tokenizer *tokenizer, const struct document *d, const struct token_list *ids,
                          bool bos_added, bool *counted, struct error *err) {
    struct buffer piece;
    buffer_init(&piece, MOST_LINE);
    size_t total = 0, first = bos_added ? 1 : 0, span = 0;
    for (size_t i = first; i < ids->n; i++) {
        buffer_clear(&piece);
        (void)!tokenizer_piece(tokenizer, ids->ids[i], true, &piece);
        total += piece.len;
    }
    size_t lead = total > d->text.len ? total - d->text.len : 0, at = 0;
    bool ok = total == d->text.len || (lead == 1 && strcmp(tokenizer_kind(tokenizer), "llama") == 0) ||
              error_set(err, ERROR_DATA, "the tokenizer changes this text, so that answers cannot be told from the rest");
    memset(counted, 0, ids->n * sizeof *counted);
    for (size_t i = first; ok && i < ids->n; i++) {
        size_t place = at > lead ? at - lead : 0;
        buffer_clear(&piece);
        (void)!tokenizer_piece(tokenizer, ids->ids[i], true, &piece);
        while (span < d->n_answers && d->answers[span].end <= place) span++;
        counted[i] = span < d->n_answers && d->answers[span].begin <= place;
        at += piece.len;
    }
    ok = ok && buffer_check(&piece, "token", err);
    buffer_done(&piece);
    if (ok && !memchr(counted, 1, ids->n)) ok = error_set(err, ERROR_DATA, "the answers are empty");
    return ok;
}

static bool append(struct corpus *c, const struct document *d, struct token_list *ids, bool bos_added, struct error *err) {
    const struct tokenizer *tokenizer = c->settings.tokenizer;
    int32_t eos = tokenizer_eos(tokenizer);
    size_t n = ids->n, room = n + 1;
    bool eos_added = eos >= 0 && n && ids->ids[n - 1] != eos;
    if (!grow((void **)&c->tokens, c->n_tokens + room, &c->tokens_capacity, sizeof *c->tokens, err) ||
        !grow((void **)&c->documents, c->n_documents + 2, &c->documents_capacity, sizeof *c->documents, err) ||
        (c->settings.answers &&
         !grow((void **)&c->counted, c->n_tokens + room, &c->counted_capacity, sizeof *c->counted, err)))
        return false;
    if (c->settings.answers) {
        bool *counted = c->counted + c->n_tokens;
        memset(counted, 1, room * sizeof *counted);
        if (d->answers && !count_answers(tokenizer, d, ids, bos_added, counted, err)) return false;
        if (d->answers && n) counted[n] = counted[n - 1]; /* EOS behind an answer ends it */
    }
    if (n) memcpy(c->tokens + c->n_tokens, ids->ids, n * sizeof *ids->ids);
    if (eos_added) c->tokens[c->n_tokens + n++] = eos;
    if (n < 2) return true; /* nothing to predict */
    if (c->settings.answers && n > c->settings.context)
        return error_set(err, ERROR_DATA, "%zu tokens, but the context has %zu; shorten the text", n, c->settings.context);
    c->n_longer += n > c->settings.context;
    c->documents[c->n_documents++] = c->n_tokens;
    c->n_tokens += n;
    c->documents[c->n_documents] = c->n_tokens;
    return true;
}

static bool add_document(struct corpus *c, const struct document *d, struct error *err) {
    const struct tokenizer *tokenizer = c->settings.tokenizer;
    struct token_list ids = {0};
    int32_t bos = tokenizer_bos(tokenizer);
    bool written = bos >= 0 && text_starts(d->text, tokenizer_token(tokenizer, bos));
    bool ok = tokenizer_encode(tokenizer, d->text, TOKENIZE_SPECIAL | (written ? 0 : TOKENIZE_BOS), &ids, err) &&
              append(c, d, &ids, !written && ids.n && ids.ids[0] == bos, err);
    token_list_done(&ids);
    return ok;
}

/* ---- conversations */

static bool render(struct reader *r, const json_t *messages, size_t n, bool answer, struct text *out, struct error *err) {
    json_t *part = json_array();
    struct buffer b;
    buffer_init(&b, MOST_LINE);
    bool ok = part != NULL;
    for (size_t i = 0; ok && i < n; i++) ok = json_array_append(part, json_array_get(messages, i)) == 0;
    if (!ok) error_memory(err, "conversation");
    ok = ok && chat_render(r->chat, part, answer, &b, err) && buffer_check(&b, "conversation", err);
    *out = (struct text){ok ? arena_copy(&r->arena, b.at ? b.at : "", b.len, err) : NULL, b.len};
    json_decref(part);
    buffer_done(&b);
    return out->at != NULL;
}

/* An answer is what the template writes between the opening of the assistant's turn and the next message. */
static bool find_answers(struct reader *r, const json_t *messages, struct document *d, struct error *err) {
    size_t n = json_array_size(messages);
    struct span *spans = arena_new(&r->arena, struct span, n + 1, err);
    if (!spans) return false;
    d->answers = spans;
    for (size_t i = 0; i < n; i++) {
        struct text before, after;
        struct text role = json_text(json_object_get(json_array_get(messages, i), "role"));
        if (!text_equal_c(role, "assistant")) continue;
        if (!render(r, messages, i, true, &before, err) || !render(r, messages, i + 1, false, &after, err)) return false;
        if (!text_starts(after, before) || !text_starts(d->text, after))
            return error_set(err, ERROR_DATA, "the chat template writes message %zu in another way when the conversation goes "
                             "on, so that it cannot be told from the rest", i + 1);
        spans[d->n_answers++] = (struct span){before.len, after.len};
    }
    return d->n_answers > 0 || error_set(err, ERROR_DATA, "no message has the role 'assistant', so there is nothing to learn");
}

static bool check_messages(const json_t *messages, struct json_place place, struct error *err) {
    if (!json_array_size(messages))
        return error_set(err, ERROR_DATA, "%s:%zu: field 'messages' is empty", place.file, place.line);
    for (size_t i = 0; i < json_array_size(messages); i++) {
        struct text role, content;
        char path[48];
        snprintf(path, sizeof path, "messages[%zu]", i);
        struct json_place inner = {place.file, place.line, path};
        if (!json_get_text(json_array_get(messages, i), "role", inner, &role, err) ||
            !json_get_text(json_array_get(messages, i), "content", inner, &content, err))
            return false;
    }
    return true;
}

static bool add_messages(struct reader *r, const json_t *messages, struct json_place place, struct error *err) {
    const struct corpus_settings *s = &r->corpus->settings;
    struct document d = {0};
    if (!r->chat && !(r->chat = chat_template_new(s->tokenizer, s->template_name, err))) return false;
    arena_reset(&r->arena);
    return (render(r, messages, json_array_size(messages), false, &d.text, err) &&
            (!s->answers || find_answers(r, messages, &d, err)) && add_document(r->corpus, &d, err)) ||
           error_wrap(err, "%s:%zu", place.file, place.line);
}

static bool add_conversation(struct reader *r, const json_t *row, struct json_place place, struct error *err) {
    json_t *messages;
    return json_get_array(row, "messages", place, &messages, err) && check_messages(messages, place, err) &&
           add_messages(r, messages, place, err);
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
    bool ok = messages ? add_messages(r, messages, place, err) : error_memory(err, "conversation");
    json_decref(messages);
    return ok;
}

/* ---- files */

/* What was learned cannot be tested: a row that says it is for tests is no training data, nor for choosing a checkpoint. */
static bool check_split(const json_t *row, struct json_place place, struct error *err) {
    struct text split = json_text(json_object_get(row, "split")), id = json_text(json_object_get(row, "id"));
    if (!text_equal_c(split, "test") && !text_equal_c(split, "held-out")) return true;
    return error_set(err, ERROR_DATA, "%s:%zu: item '%.*s' is of the split '%.*s', which is kept for tests; train on items of "
                     "the splits train and valid", place.file, place.line, TEXT_ARG(id), TEXT_ARG(split));
}

static bool add_row(struct reader *r, const json_t *row, struct json_place place, struct error *err) {
    struct document d = {0};
    if (!check_split(row, place, err)) return false;
    if (json_object_get(row, "messages")) return add_conversation(r, row, place, err);
    if (json_is_object(json_object_get(row, "gold"))) return add_item(r, row, place, err);
    if (!json_get_text(row, "text", place, &d.text, err)) return false;
    if (!d.text.len) return error_set(err, ERROR_DATA, "%s:%zu: field 'text' is empty", place.file, place.line);
    return add_document(r->corpus, &d, err) || error_wrap(err, "%s:%zu", place.file, place.line);
}

static bool read_jsonl(struct corpus *c, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, MOST_LINE, err);
    if (!lines) return false;
    struct reader r = {.corpus = c};
    json_t *row;
    size_t line;
    int state = 0;
    bool ok = true;
    arena_init(&r.arena, (size_t)1 << 30);
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        ok = add_row(&r, row, (struct json_place){path, line, ""}, err);
        json_decref(row);
    }
    chat_template_free(r.chat);
    arena_done(&r.arena);
    jsonl_close(lines);
    return ok && state >= 0;
}

static bool read_plain(struct corpus *c, const char *path, struct error *err) {
    struct arena arena;
    arena_init(&arena, 2 * MOST_PLAIN);
    struct text all;
    bool ok = file_read(&arena, path, MOST_PLAIN, &all, err);
    for (size_t at = 0; ok && at < all.len;) {
        size_t end = text_find(all, TEXT("\n\n\n"), at);
        if (end == SIZE_MAX) end = all.len;
        struct document d = {.text = text_trim(text_part(all, at, end))};
        if (d.text.len && !add_document(c, &d, err)) ok = error_wrap(err, "%s: document at byte %zu", path, at);
        at = end + 3;
    }
    arena_done(&arena);
    return ok;
}

bool corpus_read(struct corpus *c, const char *path, struct error *err) {
    return text_ends(text_of(path), TEXT(".jsonl")) ? read_jsonl(c, path, err) : read_plain(c, path, err);
}
