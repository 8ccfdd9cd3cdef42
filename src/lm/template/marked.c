/* Rows of training data to tokens, and which of them are answers: see marked.h. */
#include "lm/template/marked.h"

#include "lm/template/chat.h"

#include <string.h>

enum { MOST_TEXT = 64 << 20 };

struct marker {
    const struct tokenizer *tokenizer;
    const char *template_name;
    bool answers;
    struct chat_template *chat; /* made when the first conversation comes */
    struct arena arena;         /* of one document */
    struct text *specials;      /* control tokens; on memory of its own */
    size_t n_specials;
    bool sifted;                /* those that are no marks of turns are left out */
};

/* Bytes begin..end-1 of a text are an answer. */
struct span {
    size_t begin, end;
};

struct document {
    struct text text;
    const struct span *answers; /* in order; NULL: everything counts */
    size_t n_answers;
};

void marked_done(struct marked *s) {
    token_list_done(&s->ids);
    memory_free(s->counted);
    *s = (struct marked){0};
}

/* Control tokens by name; those of one or two bytes ("<", "s") also stand in plain texts. */
static bool list_specials(struct marker *m, struct error *err) {
    size_t n = tokenizer_vocabulary(m->tokenizer);
    for (int fill = 0; fill < 2; fill++) {
        m->n_specials = 0;
        for (size_t id = 0; id < n; id++) {
            struct text name = tokenizer_token(m->tokenizer, (int32_t)id);
            if (tokenizer_type(m->tokenizer, (int32_t)id) != TOKEN_CONTROL || name.len < 3) continue;
            if (fill) m->specials[m->n_specials] = name;
            m->n_specials++;
        }
        if (!fill && !(m->specials = memory_zeroed(m->n_specials + 1, sizeof *m->specials)))
            return error_memory(err, "training data");
    }
    return true;
}

struct marker *marker_new(const struct tokenizer *tokenizer, const char *template_name, bool answers,
                                          struct error *err) {
    struct marker *m = memory_zeroed(1, sizeof *m);
    if (!m) return error_memory(err, "training data"), NULL;
    m->tokenizer = tokenizer;
    m->template_name = template_name;
    m->answers = answers;
    arena_init(&m->arena, (size_t)1 << 30);
    if (list_specials(m, err)) return m;
    marker_free(m);
    return NULL;
}

void marker_free(struct marker *m) {
    if (!m) return;
    chat_template_free(m->chat);
    memory_free(m->specials);
    arena_done(&m->arena);
    memory_free(m);
}

/* ---- tokens */

/* Whether each token begins inside an answer. The tokens' own bytes say where they stand in the text; the blank that
 * SentencePiece puts in front and a BOS that the text does not have come before byte 0. */
static bool count_answers(const struct marker *m, const struct document *d, bool bos_added, struct marked *s,
                          struct error *err) {
    struct buffer piece;
    buffer_init(&piece, MOST_TEXT);
    size_t total = 0, first = bos_added ? 1 : 0, span = 0, n = s->ids.n;
    for (size_t i = first; i < n; i++) {
        buffer_clear(&piece);
        (void)!tokenizer_piece(m->tokenizer, s->ids.ids[i], true, &piece);
        total += piece.len;
    }
    size_t lead = total > d->text.len ? total - d->text.len : 0, at = 0;
    bool ok =
        total == d->text.len || (lead == 1 && strcmp(tokenizer_kind(m->tokenizer), "llama") == 0) ||
        error_set(err, ERROR_DATA, "the tokenizer changes this text, so that answers cannot be told from the rest");
    memset(s->counted, 0, n * sizeof *s->counted);
    for (size_t i = first; ok && i < n; i++) {
        size_t place = at > lead ? at - lead : 0;
        buffer_clear(&piece);
        (void)!tokenizer_piece(m->tokenizer, s->ids.ids[i], true, &piece);
        while (span < d->n_answers && d->answers[span].end <= place) span++;
        s->counted[i] = span < d->n_answers && d->answers[span].begin <= place;
        at += piece.len;
    }
    ok = ok && buffer_check(&piece, "token", err);
    buffer_done(&piece);
    if (ok && !memchr(s->counted, 1, n)) ok = error_set(err, ERROR_DATA, "the answers are empty");
    return ok;
}

static bool mark_answers(const struct marker *m, const struct document *d, bool bos_added, struct marked *s,
                         struct error *err) {
    size_t n = s->ids.n;
    if (s->capacity < n + 1) {
        bool *more = memory_grow(s->counted, 2 * (n + 1), sizeof *more);
        if (!more) return error_memory(err, "training data");
        s->counted = more;
        s->capacity = 2 * (n + 1);
    }
    memset(s->counted, 1, (n + 1) * sizeof *s->counted);
    if (d->answers && !count_answers(m, d, bos_added, s, err)) return false;
    if (d->answers && n) s->counted[n] = s->counted[n - 1]; /* EOS behind an answer ends it */
    return true;
}

static bool encode(const struct marker *m, const struct document *d, struct marked *s, struct error *err) {
    int32_t bos = tokenizer_bos(m->tokenizer), eos = tokenizer_eos(m->tokenizer);
    bool written = bos >= 0 && text_starts(d->text, tokenizer_token(m->tokenizer, bos));
    s->ids.n = s->n_counted = 0;
    if (!tokenizer_encode(m->tokenizer, d->text, TOKENIZE_SPECIAL | (written ? 0 : TOKENIZE_BOS), &s->ids, err))
        return false;
    size_t n = s->ids.n;
    if (m->answers && !mark_answers(m, d, !written && n && s->ids.ids[0] == bos, s, err)) return false;
    if (eos >= 0 && n && s->ids.ids[n - 1] != eos && !token_list_put(&s->ids, eos, err)) return false;
    for (size_t i = 0; m->answers && i < s->ids.n; i++) s->n_counted += s->counted[i];
    return true;
}

/* ---- plain texts */

bool marked_of_text(struct marker *m, struct text text, struct marked *out, struct error *err) {
    struct document d = {.text = text};
    return encode(m, &d, out, err);
}

bool marked_of_answer(struct marker *m, struct text prompt, struct text answer, struct marked *out,
                        struct error *err) {
    arena_reset(&m->arena);
    char *joined = arena_new(&m->arena, char, prompt.len + answer.len + 1, err);
    if (!joined) return false;
    memcpy(joined, prompt.at, prompt.len);
    memcpy(joined + prompt.len, answer.at, answer.len);
    struct span span = {prompt.len, prompt.len + answer.len};
    struct document d = {{joined, span.end}, &span, 1};
    return encode(m, &d, out, err);
}

/* ---- conversations */

static bool render(struct marker *m, const json_t *messages, size_t n, bool answer, struct text *out,
                   struct error *err) {
    json_t *part = json_array();
    struct buffer b;
    buffer_init(&b, MOST_TEXT);
    bool ok = part != NULL;
    for (size_t i = 0; ok && i < n; i++) ok = json_array_append(part, json_array_get(messages, i)) == 0;
    if (!ok) error_memory(err, "conversation");
    ok = ok && chat_render(m->chat, part, answer, &b, err) && buffer_check(&b, "conversation", err);
    *out = (struct text){ok ? arena_copy(&m->arena, b.at ? b.at : "", b.len, err) : NULL, b.len};
    json_decref(part);
    buffer_done(&b);
    return out->at != NULL;
}

/* An answer is what the template writes between the opening of the assistant's turn and the next message. */
static bool find_answers(struct marker *m, const json_t *messages, size_t first, struct document *d,
                         struct error *err) {
    size_t n = json_array_size(messages);
    struct span *spans = arena_new(&m->arena, struct span, n + 1, err);
    if (!spans) return false;
    d->answers = spans;
    for (size_t i = first; i < n; i++) {
        struct text before, after;
        struct text role = json_text(json_object_get(json_array_get(messages, i), "role"));
        if (!text_equal_c(role, "assistant")) continue;
        if (!render(m, messages, i, true, &before, err) || !render(m, messages, i + 1, false, &after, err))
            return false;
        if (!text_starts(after, before) || !text_starts(d->text, after))
            return error_set(err, ERROR_DATA,
                             "the chat template writes message %zu in another way when the conversation goes "
                             "on, so that it cannot be told from the rest",
                             i + 1);
        spans[d->n_answers++] = (struct span){before.len, after.len};
    }
    return d->n_answers > 0 ||
           error_set(err, ERROR_DATA, "no message has the role 'assistant', so there is nothing to learn");
}

bool marked_of_messages(struct marker *m, const json_t *messages, size_t first, struct marked *out,
                          struct error *err) {
    struct document d = {0};
    if (!m->chat && !(m->chat = chat_template_new(m->tokenizer, m->template_name, err))) return false;
    arena_reset(&m->arena);
    return render(m, messages, json_array_size(messages), false, &d.text, err) &&
           (!m->answers || find_answers(m, messages, first, &d, err)) && encode(m, &d, out, err);
}

bool marked_raw_prompt(struct marker *m, struct text text, struct token_list *out, struct error *err) {
    int32_t bos = tokenizer_bos(m->tokenizer);
    bool written = bos >= 0 && text_starts(text, tokenizer_token(m->tokenizer, bos));
    return tokenizer_encode(m->tokenizer, text, TOKENIZE_SPECIAL | (written ? 0 : TOKENIZE_BOS), out, err);
}

bool marked_prompt(struct marker *m, const json_t *messages, struct token_list *out, struct error *err) {
    struct text text;
    if (!m->chat && !(m->chat = chat_template_new(m->tokenizer, m->template_name, err))) return false;
    arena_reset(&m->arena);
    return render(m, messages, json_array_size(messages), true, &text, err) && marked_raw_prompt(m, text, out, err);
}

/* What the template writes around a conversation of these roles, appended; a template may refuse some. */
static bool show_turns(struct marker *m, const char *const *roles, struct buffer *shown) {
    struct error ignored = {0};
    size_t before = shown->len;
    json_t *talk = json_array();
    for (size_t i = 0; talk && roles[i]; i++)
        json_array_append_new(talk, json_pack("{s:s s:s}", "role", roles[i], "content", "a"));
    bool ok = talk && (m->chat || (m->chat = chat_template_new(m->tokenizer, m->template_name, &ignored))) &&
              chat_render(m->chat, talk, true, shown, &ignored);
    if (!ok) shown->len = before;
    json_decref(talk);
    return ok;
}

/* Leaves the marks of turns: what the template writes, BOS and EOS.
 * Where it writes nothing all of them count as marks. */
static void sift_specials(struct marker *m) {
    static const char *const talks[][4] = {{"user", "assistant", "user"}, {"system", "user"},
                                           {"user", "assistant", "tool"}};
    struct buffer shown;
    size_t kept = 0;
    int32_t ends[2] = {tokenizer_bos(m->tokenizer), tokenizer_eos(m->tokenizer)};
    bool some = false;
    m->sifted = true;
    buffer_init(&shown, 1 << 20);
    for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) some |= show_turns(m, talks[i], &shown);
    for (int i = 0; i < 2; i++)
        if (ends[i] >= 0) buffer_put_text(&shown, tokenizer_token(m->tokenizer, ends[i]));
    for (size_t i = 0; some && i < m->n_specials; i++)
        if (text_find(buffer_text(&shown), m->specials[i], 0) != SIZE_MAX) m->specials[kept++] = m->specials[i];
    if (some) m->n_specials = kept;
    buffer_done(&shown);
}

bool marker_check(struct marker *m, struct text text, bool raw, const char *path, struct json_place place,
                  struct error *err) {
    if (!text_trim(text).len)
        return error_set(err, ERROR_DATA, "%s:%zu: field '%s' is empty", place.file, place.line, path);
    if (!raw && !m->sifted) sift_specials(m);
    for (size_t i = 0; !raw && i < m->n_specials; i++)
        if (text_find(text, m->specials[i], 0) != SIZE_MAX)
            return error_set(
                err, ERROR_DATA,
                "%s:%zu: field '%s' holds the special token '%.*s', but the chat template writes the turns "
                "itself; take the text without its marks, or give --template none",
                place.file, place.line, path, TEXT_ARG(m->specials[i]));
    return true;
}

/* ---- rows */

bool messages_check(const json_t *messages, struct json_place place, const char *path, struct error *err) {
    if (!json_array_size(messages))
        return error_set(err, ERROR_DATA, "%s:%zu: field '%s' is empty", place.file, place.line, path);
    for (size_t i = 0; i < json_array_size(messages); i++) {
        struct text role, content;
        char at[96];
        snprintf(at, sizeof at, "%s[%zu]", path, i);
        struct json_place inner = {place.file, place.line, at};
        if (!json_get_text(json_array_get(messages, i), "role", inner, &role, err) ||
            !json_get_text(json_array_get(messages, i), "content", inner, &content, err))
            return false;
    }
    return true;
}

bool split_check(const json_t *row, struct json_place place, struct error *err) {
    struct text split = json_text(json_object_get(row, "split")), id = json_text(json_object_get(row, "id"));
    if (!text_equal_c(split, "test") && !text_equal_c(split, "held-out")) return true;
    return error_set(err, ERROR_DATA,
                     "%s:%zu: item '%.*s' is of the split '%.*s', which is kept for tests; train on items of "
                     "the splits train and valid",
                     place.file, place.line, TEXT_ARG(id), TEXT_ARG(split));
}
