/* See ask_wire.h. Lists are their length and their bytes; what may be absent has a 0 or 1 in front. */
#include "subject/ask_wire.h"

#include <stdlib.h>
#include <string.h>

/* ---- numbers and texts ---- */

void wire_put_u64(struct buffer *out, uint64_t value) {
    buffer_put(out, &value, sizeof value);
}

static void put_f64(struct buffer *out, double value) {
    buffer_put(out, &value, sizeof value);
}

void wire_put_text(struct buffer *out, struct text t) {
    wire_put_u64(out, t.len);
    buffer_put_text(out, t);
}

void wire_put_error(struct buffer *out, const struct error *error) {
    wire_put_u64(out, error->kind);
    wire_put_text(out, text_of(error->message));
}

static struct text take(struct wire *in, size_t n) {
    if (in->failed || n > in->rest.len) {
        in->failed = true;
        return TEXT("");
    }
    struct text taken = text_part(in->rest, 0, n);
    in->rest = text_part(in->rest, n, in->rest.len);
    return taken;
}

uint64_t wire_get_u64(struct wire *in) {
    uint64_t value = 0;
    struct text t = take(in, sizeof value);
    if (t.len) memcpy(&value, t.at, sizeof value);
    return value;
}

static double get_f64(struct wire *in) {
    double value = 0;
    struct text t = take(in, sizeof value);
    if (t.len) memcpy(&value, t.at, sizeof value);
    return value;
}

struct text wire_get_text(struct wire *in) {
    return take(in, wire_get_u64(in));
}

void wire_get_error(struct wire *in, struct error *out) {
    *out = (struct error){.kind = (enum error_kind)wire_get_u64(in)};
    struct text message = wire_get_text(in);
    snprintf(out->message, sizeof out->message, "%.*s", TEXT_ARG(message));
}

/* ---- lists of numbers ---- */

static void put_list(struct buffer *out, const void *at, size_t n, size_t size) {
    wire_put_u64(out, at ? n : 0);
    if (at) buffer_put(out, at, n * size);
}

/* NULL where it has no entries, or where it failed. */
static void *get_list(struct wire *in, struct arena *arena, size_t size, size_t *n, struct error *err) {
    *n = wire_get_u64(in);
    if (*n > in->rest.len / size) in->failed = true;
    if (in->failed) *n = 0;
    if (*n == 0) return NULL;
    struct text bytes = take(in, *n * size);
    void *list = arena_alloc(arena, *n, size, err);
    if (!list) return in->failed = true, NULL;
    return memcpy(list, bytes.at, bytes.len);
}

/* How many things of at least `least` bytes each can follow. */
static size_t get_count(struct wire *in, size_t least) {
    size_t n = wire_get_u64(in);
    if (n > in->rest.len / least) in->failed = true;
    return in->failed ? 0 : n;
}

/* Of what failed: the bytes, unless memory ran out before. */
static bool check(const struct wire *in, const char *what, struct error *err) {
    if (!in->failed) return true;
    return err->kind != ERROR_NONE ? false
                                   : error_set(err, ERROR_ENVIRONMENT, "%s of another process is cut off", what);
}

/* ---- asks ---- */

static void put_texts(struct buffer *out, const struct text *texts, size_t n) {
    wire_put_u64(out, n);
    for (size_t i = 0; i < n; i++) wire_put_text(out, texts[i]);
}

static const struct text *get_texts(struct wire *in, struct arena *arena, size_t *n, struct error *err) {
    *n = get_count(in, sizeof(uint64_t));
    struct text *texts = arena_new(arena, struct text, *n + 1, err);
    if (!texts) return in->failed = true, NULL;
    for (size_t i = 0; i < *n; i++) texts[i] = wire_get_text(in);
    return texts;
}

/* As jansson writes it, which keeps apart 1 and 1.0. */
static void put_json(struct buffer *out, const json_t *value) {
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    if (value && !text) out->failed = true;
    wire_put_u64(out, value != NULL);
    wire_put_text(out, text_of(text ? text : ""));
    free(text);
}

static json_t *get_json(struct wire *in, struct error *err) {
    bool there = wire_get_u64(in);
    struct text t = wire_get_text(in);
    json_t *value = there && !in->failed ? json_read(t, "a part of an ask", 1, err) : NULL;
    if (there && !value) in->failed = true;
    return value;
}

static void put_parts(struct buffer *out, const struct message *message) {
    wire_put_u64(out, message->n_parts);
    for (size_t i = 0; i < message->n_parts; i++) {
        const struct message_part *p = &message->parts[i];
        wire_put_u64(out, p->kind);
        wire_put_text(out, p->text);
        wire_put_text(out, text_of(p->path));
        buffer_put(out, p->digest, sizeof p->digest);
    }
}

void wire_put_ask(struct buffer *out, const struct ask *ask) {
    wire_put_text(out, ask->id);
    wire_put_text(out, ask->task);
    wire_put_u64(out, ask->kind);
    wire_put_text(out, ask->prompt);
    wire_put_u64(out, ask->n_messages);
    for (size_t i = 0; i < ask->n_messages; i++) {
        wire_put_text(out, ask->messages[i].role);
        wire_put_text(out, ask->messages[i].text);
        put_parts(out, &ask->messages[i]);
    }
    put_texts(out, ask->choices, ask->n_choices);
    wire_put_u64(out, ask->cut);
    wire_put_u64(out, ask->samples);
    wire_put_u64(out, ask->max_tokens);
    put_f64(out, ask->temperature);
    put_f64(out, ask->top_p);
    wire_put_u64(out, ask->top_k);
    put_texts(out, ask->stops, ask->n_stops);
    wire_put_u64(out, ask->form);
    wire_put_text(out, ask->form_source);
    wire_put_u64(out, ask->seed);
    put_json(out, ask->gold);
    put_json(out, ask->labels);
    buffer_put(out, ask->digest, sizeof ask->digest);
}

static void get_parts(struct wire *in, struct arena *arena, struct message *message, struct error *err) {
    size_t n = get_count(in, 3 * sizeof(uint64_t));
    struct message_part *parts = arena_new(arena, struct message_part, n + 1, err);
    if (!parts) {
        in->failed = true;
        return;
    }
    for (size_t i = 0; i < n && !in->failed; i++) {
        parts[i].kind = (enum message_part_kind)wire_get_u64(in);
        parts[i].text = wire_get_text(in);
        parts[i].path = text_copy(arena, wire_get_text(in), err);
        struct text digest = take(in, sizeof parts[i].digest);
        if (digest.len) memcpy(parts[i].digest, digest.at, digest.len);
        parts[i].digest[sizeof parts[i].digest - 1] = 0;
        if (!parts[i].path || parts[i].kind > PART_SOUND) in->failed = true;
    }
    message->parts = parts;
    message->n_parts = in->failed ? 0 : n;
}

static const struct message *get_messages(struct wire *in, struct arena *arena, size_t *n, struct error *err) {
    *n = get_count(in, 2 * sizeof(uint64_t));
    struct message *messages = arena_new(arena, struct message, *n + 1, err);
    if (!messages) return in->failed = true, NULL;
    for (size_t i = 0; i < *n; i++) {
        messages[i].role = wire_get_text(in);
        messages[i].text = wire_get_text(in);
        get_parts(in, arena, &messages[i], err);
    }
    return messages;
}

bool wire_get_ask(struct wire *in, struct arena *arena, struct ask *out, struct error *err) {
    *out = (struct ask){.id = wire_get_text(in)};
    out->task = wire_get_text(in);
    out->kind = (enum ask_kind)wire_get_u64(in);
    out->prompt = wire_get_text(in);
    out->messages = get_messages(in, arena, &out->n_messages, err);
    out->choices = get_texts(in, arena, &out->n_choices, err);
    out->cut = wire_get_u64(in) != 0;
    out->samples = wire_get_u64(in);
    out->max_tokens = wire_get_u64(in);
    out->temperature = get_f64(in);
    out->top_p = get_f64(in);
    out->top_k = wire_get_u64(in);
    out->stops = get_texts(in, arena, &out->n_stops, err);
    out->form = (enum ask_form)wire_get_u64(in);
    out->form_source = wire_get_text(in);
    out->seed = wire_get_u64(in);
    out->gold = get_json(in, err);
    out->labels = get_json(in, err);
    struct text digest = take(in, sizeof out->digest);
    if (digest.len) memcpy(out->digest, digest.at, digest.len);
    out->digest[sizeof out->digest - 1] = 0;
    return check(in, "an ask", err);
}

void wire_done_ask(struct ask *ask) {
    json_decref((json_t *)ask->gold);
    json_decref((json_t *)ask->labels);
    ask->gold = ask->labels = NULL;
}

/* ---- answers ---- */

void wire_put_answer(struct buffer *out, const struct answer *a) {
    wire_put_u64(out, a->ask);
    wire_put_u64(out, a->sample);
    wire_put_text(out, a->text);
    wire_put_u64(out, a->finish);
    wire_put_u64(out, a->tokens_in);
    wire_put_u64(out, a->tokens_out);
    put_list(out, a->choices, a->n_choices, sizeof *a->choices);
    wire_put_u64(out, a->logprobs != NULL);
    put_list(out, a->logprobs, a->tokens_out, sizeof *a->logprobs);
    put_f64(out, a->ms);
    wire_put_error(out, &a->error);
}

bool wire_get_answer(struct wire *in, struct arena *arena, struct answer *out, struct error *err) {
    size_t n;
    *out = (struct answer){.ask = wire_get_u64(in)};
    out->sample = wire_get_u64(in);
    out->text = wire_get_text(in);
    out->finish = (enum answer_finish)wire_get_u64(in);
    out->tokens_in = wire_get_u64(in);
    out->tokens_out = wire_get_u64(in);
    out->choices = get_list(in, arena, sizeof *out->choices, &out->n_choices, err);
    bool known = wire_get_u64(in);
    out->logprobs = get_list(in, arena, sizeof *out->logprobs, &n, err);
    if (known && n != out->tokens_out) in->failed = true;
    if (known && n == 0 && !(out->logprobs = arena_new(arena, float, 1, err))) in->failed = true;
    out->ms = get_f64(in);
    wire_get_error(in, &out->error);
    return check(in, "an answer", err);
}

/* ---- looks ---- */

void wire_put_look(struct buffer *out, const struct look *look, size_t values, size_t top) {
    static const struct lm_observed none;
    const struct lm_observed *seen = look->seen && !look->error.kind ? look->seen : &none;
    wire_put_u64(out, look->ask);
    wire_put_u64(out, look->choice);
    put_list(out, look->ids, look->n, sizeof *look->ids);
    wire_put_u64(out, look->n);
    wire_put_u64(out, look->n_prompt);
    wire_put_u64(out, look->cut);
    wire_put_u64(out, seen->n_rows);
    wire_put_u64(out, seen->positions);
    put_list(out, seen->values, seen->n_rows * values, sizeof *seen->values);
    put_list(out, seen->top, seen->positions * top, sizeof *seen->top);
    put_list(out, seen->rest, seen->positions, sizeof *seen->rest);
    put_list(out, seen->next, seen->positions, sizeof *seen->next);
    wire_put_error(out, &look->error);
}

bool wire_get_look(struct wire *in, struct arena *arena, struct look *out, struct error *err) {
    struct lm_observed *seen = arena_new(arena, struct lm_observed, 1, err);
    size_t n;
    if (!seen) return false;
    *out = (struct look){.ask = wire_get_u64(in), .seen = seen};
    out->choice = wire_get_u64(in);
    out->ids = get_list(in, arena, sizeof *out->ids, &n, err);
    out->n = wire_get_u64(in);
    out->n_prompt = wire_get_u64(in);
    out->cut = wire_get_u64(in);
    seen->n_rows = wire_get_u64(in);
    seen->positions = wire_get_u64(in);
    seen->values = get_list(in, arena, sizeof *seen->values, &n, err);
    seen->top = get_list(in, arena, sizeof *seen->top, &n, err);
    seen->rest = get_list(in, arena, sizeof *seen->rest, &n, err);
    seen->next = get_list(in, arena, sizeof *seen->next, &n, err);
    wire_get_error(in, &out->error);
    if (out->error.kind) out->seen = NULL;
    return check(in, "what was seen", err);
}
