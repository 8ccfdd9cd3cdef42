/* Prompts to be answered: see prompts.h. */
#include "act/data/prompts.h"

#include "lm/template/marked.h"
#include "act/data/pass_order.h"

#include <string.h>

#define MOST_LINE ((size_t)64 << 20)

struct prompts {
    struct prompts_settings settings; /* its paths and tokenizer are not used after prompts_new */
    struct arena arena;
    struct prompt *all;
    json_t **rows;
    size_t n, capacity;
    uint64_t tokens;
    struct pass_order order;
    char digest[HASH_HEX];
};

static bool grow(struct prompts *p, struct error *err) {
    if (p->n < p->capacity) return true;
    size_t wanted = p->capacity ? 2 * p->capacity : 1024;
    struct prompt *all = memory_grow(p->all, wanted, sizeof *all);
    if (all) p->all = all;
    json_t **rows = all ? memory_grow(p->rows, wanted, sizeof *rows) : NULL;
    if (!rows) return error_memory(err, "prompts");
    p->rows = rows;
    p->capacity = wanted;
    return true;
}

static bool tokens_of(struct marker *marker, bool raw, const json_t *row, struct json_place place,
                      struct token_list *out, struct error *err) {
    const json_t *prompt = json_object_get(row, "prompt"), *messages = json_object_get(row, "messages");
    const char *path = prompt ? "prompt" : "messages";
    if (json_is_array(messages ? messages : prompt))
        return messages_check(messages ? messages : prompt, place, path, err) &&
               (marked_prompt(marker, messages ? messages : prompt, out, err) ||
                error_wrap(err, "%s:%zu", place.file, place.line));
    if (!json_is_string(prompt)) return json_mismatch(prompt, "prompt", place, "a text or a list of messages", err);
    struct text text = json_text(prompt);
    if (!marker_check(marker, text, raw, "prompt", place, err)) return false;
    if (raw) return marked_raw_prompt(marker, text, out, err) || error_wrap(err, "%s:%zu", place.file, place.line);
    json_t *turn = json_pack("[{s:s, s:s%}]", "role", "user", "content", text.at, text.len);
    bool ok = turn ? marked_prompt(marker, turn, out, err) || error_wrap(err, "%s:%zu", place.file, place.line)
                   : error_memory(err, "prompt");
    json_decref(turn);
    return ok;
}

static bool add(struct prompts *p, json_t *row, const struct token_list *ids, struct json_place place,
                struct error *err) {
    const struct prompts_settings *s = &p->settings;
    if (ids->n + s->answer > s->context)
        return error_set(err, ERROR_DATA,
                         "%s:%zu: a prompt of %zu tokens leaves no room for an answer of %zu in a context of %zu",
                         place.file, place.line, ids->n, s->answer, s->context);
    int32_t *kept = arena_new(&p->arena, int32_t, ids->n, err);
    if (!kept || !grow(p, err)) return false;
    memcpy(kept, ids->ids, ids->n * sizeof *kept);
    p->rows[p->n] = json_incref(row);
    p->all[p->n++] = (struct prompt){place.file, place.line, row, kept, ids->n, 1};
    p->tokens += ids->n;
    return true;
}

static bool read_file(struct prompts *p, const char *path, struct error *err) {
    const struct prompts_settings *s = &p->settings;
    const char *name = s->template_name;
    bool raw = name ? strcmp(name, "none") == 0 : tokenizer_chat_template(s->tokenizer).len == 0;
    struct marker *marker = marker_new(s->tokenizer, raw ? NULL : name, false, err);
    const char *kept = arena_copy(&p->arena, path, strlen(path), err);
    struct jsonl *lines = marker && kept ? jsonl_open(path, MOST_LINE, err) : NULL;
    struct token_list ids = {0};
    json_t *row;
    size_t line;
    int state = 0;
    bool ok = lines != NULL;
    while (ok && (state = jsonl_next(lines, &row, &line, err)) == 1) {
        struct json_place place = {kept, line, ""};
        ids.n = 0;
        ok = split_check(row, place, err) && tokens_of(marker, raw, row, place, &ids, err) &&
             add(p, row, &ids, place, err);
        json_decref(row);
    }
    if (lines) jsonl_close(lines);
    marker_free(marker);
    token_list_done(&ids);
    return ok && state >= 0;
}

static bool digest(struct prompts *p, struct error *err) {
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < p->n; i++) {
        char row[HASH_HEX];
        uint64_t n = p->all[i].n;
        if (!json_digest(p->rows[i], row, err)) return false;
        sha256_add(&sha, &n, sizeof n);
        sha256_add(&sha, p->all[i].ids, p->all[i].n * sizeof *p->all[i].ids);
        sha256_add(&sha, row, HASH_HEX - 1);
    }
    sha256_end_hex(&sha, p->digest);
    return true;
}

static bool read_all(struct prompts *p, struct error *err) {
    for (size_t i = 0; i < p->settings.n; i++) {
        size_t before = p->n;
        if (!read_file(p, p->settings.paths[i], err)) return false;
        if (p->n == before) return error_set(err, ERROR_DATA, "'%s': no prompts in it", p->settings.paths[i]);
    }
    return pass_order_init(&p->order, p->n, p->settings.shuffle, p->settings.seed, "prompts/order", err) &&
           digest(p, err);
}

struct prompts *prompts_new(const struct prompts_settings *settings, struct error *err) {
    struct prompts *p = memory_zeroed(1, sizeof *p);
    if (!p) return error_memory(err, "prompts"), NULL;
    p->settings = *settings;
    arena_init(&p->arena, (size_t)2 << 30);
    if (read_all(p, err)) return p;
    prompts_free(p);
    return NULL;
}

void prompts_free(struct prompts *p) {
    if (!p) return;
    for (size_t i = 0; i < p->n; i++) json_decref(p->rows[i]);
    memory_free(p->rows);
    memory_free(p->all);
    pass_order_done(&p->order);
    arena_done(&p->arena);
    memory_free(p);
}

size_t prompts_count(const struct prompts *p) {
    return p->n;
}

uint64_t prompts_tokens(const struct prompts *p) {
    return p->tokens;
}

const char *prompts_digest(const struct prompts *p) {
    return p->digest;
}

const struct prompt *prompts_next(struct prompts *p, uint64_t at) {
    return &p->all[pass_order_at(&p->order, at)];
}
