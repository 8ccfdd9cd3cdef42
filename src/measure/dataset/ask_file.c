/* Asks from a file of the user: see ask_file.h. */
#include "measure/dataset/ask_file.h"

#include "base/file.h"
#include "subject/ask_form.h"
#include "subject/message_part.h"

#include <string.h>

#define MOST_LINE ((size_t)64 << 20)
enum { MOST_CHOICES = 10000, MOST_MESSAGES = 10000, MOST_SAMPLES = 100000, MOST_TOKENS = 1 << 24 };

struct ask_file {
    struct jsonl *lines;
    const char *name;
    struct ask_defaults defaults;
    uint64_t read;
};

void ask_row_done(struct ask_row *row) {
    json_decref(row->row);
    row->row = NULL;
}

struct ask_file *ask_file_open(const char *path, const struct ask_defaults *defaults, struct error *err) {
    struct ask_file *file = memory_zeroed(1, sizeof *file);
    if (!file) return error_memory(err, "asks"), NULL;
    file->defaults = *defaults;
    file->name = strcmp(path, "-") == 0 ? "stdin" : path;
    file->lines = jsonl_open(strcmp(path, "-") == 0 ? "/dev/stdin" : path, MOST_LINE, err);
    if (file->lines) return file;
    memory_free(file);
    return NULL;
}

void ask_file_close(struct ask_file *file) {
    if (!file) return;
    jsonl_close(file->lines);
    memory_free(file);
}

static void fill_defaults(struct ask *ask, const struct ask_defaults *d) {
    *ask = (struct ask){.kind = d->kind, .samples = d->samples ? d->samples : 1, .max_tokens = d->max_tokens,
                        .temperature = d->temperature, .top_p = d->top_p, .top_k = d->top_k, .stops = d->stops,
                        .n_stops = d->n_stops, .form = d->form, .form_source = d->form_source, .seed = d->seed};
}

/* Room for the messages of the row, behind the system message where there is one. */
static struct message *new_messages(struct arena *arena, const struct ask_defaults *d, size_t n, size_t *used,
                                    struct error *err) {
    struct message *messages = arena_new(arena, struct message, n + 1, err);
    *used = 0;
    if (messages && d->system.len) messages[(*used)++] = (struct message){TEXT("system"), d->system};
    return messages;
}

static bool set_prompt(struct ask *ask, struct text prompt, const struct ask_defaults *d, struct arena *arena,
                       struct error *err) {
    char *copy = text_copy(arena, prompt, err);
    if (!copy) return false;
    struct text kept = {copy, prompt.len};
    if (!d->as_chat) return ask->prompt = kept, true;
    size_t n;
    struct message *messages = new_messages(arena, d, 1, &n, err);
    if (!messages) return false;
    messages[n++] = (struct message){TEXT("user"), kept};
    ask->messages = messages;
    ask->n_messages = n;
    return true;
}

static bool set_messages(struct ask *ask, const json_t *list, struct json_place place, const struct ask_defaults *d,
                         struct arena *arena, struct error *err) {
    size_t count = json_array_size(list), n;
    if (!json_is_array(list) || count == 0 || count > MOST_MESSAGES)
        return json_mismatch(list, "messages", place, "a list of {role, content}", err);
    struct message *messages = new_messages(arena, d, count, &n, err);
    if (!messages) return false;
    for (size_t i = 0; i < count; i++) {
        char path[64];
        snprintf(path, sizeof path, "messages[%zu]", i);
        struct json_place at = {place.file, place.line, path};
        const json_t *one = json_array_get(list, i), *content = json_object_get(one, "content");
        struct message *m = &messages[n++];
        if (!json_get_text(one, "role", at, &m->role, err)) return false;
        bool parts = json_is_array(content);
        if (parts ? !message_content_read(content, at, d->path, arena, m, err)
                  : !json_get_text(one, "content", at, &m->text, err))
            return false;
    }
    ask->messages = messages;
    ask->n_messages = n;
    return true;
}

static bool set_choices(struct ask *ask, const json_t *row, struct json_place place, struct arena *arena,
                        struct error *err) {
    const json_t *list = json_object_get(row, "choices");
    if (!list) list = json_object_get(row, "continuations");
    const json_t *one = json_object_get(row, "continuation");
    size_t n = list ? json_array_size(list) : 1;
    if (list ? !json_is_array(list) || n == 0 || n > MOST_CHOICES : !json_is_string(one))
        return json_mismatch(list, "choices", place, "a list of texts (or 'continuation': a text)", err);
    struct text *choices = arena_new(arena, struct text, n, err);
    if (!choices) return false;
    for (size_t i = 0; i < n; i++) {
        const json_t *c = list ? json_array_get(list, i) : one;
        if (!json_is_string(c)) return json_mismatch(c, "choices[]", place, "a text", err);
        choices[i] = json_text(c);
    }
    ask->choices = choices;
    ask->n_choices = n;
    return true;
}

/* A conversation that ends with an answer is a prompt and what follows it. */
static bool answer_is_choice(struct ask *ask, struct arena *arena, struct error *err) {
    if (ask->n_messages < 2 || !text_equal_c(ask->messages[ask->n_messages - 1].role, "assistant")) return true;
    struct text *choice = arena_new(arena, struct text, 1, err);
    if (!choice) return false;
    *choice = ask->messages[--ask->n_messages].text;
    ask->choices = choice;
    ask->n_choices = 1;
    return true;
}

static bool has_choices(const json_t *row) {
    return json_object_get(row, "choices") || json_object_get(row, "continuation") ||
           json_object_get(row, "continuations");
}

static bool want_count(const json_t *want, const char *key, size_t most, struct json_place place, size_t *out,
                       struct error *err) {
    const json_t *value = json_object_get(want, key);
    if (!value) return true;
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value)) return json_mismatch(value, key, place, "a whole number", err);
    if (n < 1 || (uint64_t)n > most)
        return error_set(err, ERROR_DATA, "%s:%zu: field '%s.%s': expected 1 to %zu, found %lld", place.file,
                         place.line, place.path, key, most, (long long)n);
    *out = (size_t)n;
    return true;
}

static bool set_want(struct ask *ask, const json_t *want, struct json_place place, struct arena *arena,
                     struct error *err) {
    if (!want) return true;
    if (!json_is_object(want)) return json_mismatch(want, "want", place, "an object", err);
    struct json_place inner = {place.file, place.line, "want"};
    const json_t *temperature = json_object_get(want, "temperature");
    if (temperature && !(json_is_number(temperature) && json_number_value(temperature) >= 0))
        return json_mismatch(temperature, "temperature", inner, "a number from 0 on", err);
    if (temperature) ask->temperature = json_number_value(temperature);
    return want_count(want, "samples", MOST_SAMPLES, inner, &ask->samples, err) &&
           want_count(want, "max_tokens", MOST_TOKENS, inner, &ask->max_tokens, err) &&
           ask_form_read(json_object_get(want, "grammar"), json_object_get(want, "response_format"), inner, arena,
                         &ask->form, &ask->form_source, err);
}

/* The bytes of a file count, not its name. */
static void add_part(struct sha256 *sha, const struct message_part *p) {
    sha256_add(sha, p->kind == PART_TEXT ? "\0t" : p->kind == PART_IMAGE ? "\0i" : "\0a", 2);
    if (p->kind != PART_TEXT && p->digest[0]) sha256_add(sha, p->digest, strlen(p->digest));
    else sha256_add(sha, p->text.at, p->text.len);
}

/* Everything that ask_digest covers; choices and messages as they are sent. */
bool ask_digest(struct ask *ask, struct error *err) {
    struct sha256 sha;
    sha256_init(&sha);
    char line[256];
    int n = snprintf(line, sizeof line, "%d %zu %zu %.17g %.17g %zu\n", (int)ask->kind, ask->samples, ask->max_tokens,
                     ask->temperature, ask->top_p, ask->top_k);
    if (n < 0) return error_set(err, ERROR_ENVIRONMENT, "cannot print an ask");
    sha256_add(&sha, line, (size_t)n);
    const struct text parts[] = {ask->prompt};
    sha256_add(&sha, parts[0].at ? parts[0].at : "", parts[0].len);
    for (size_t i = 0; i < ask->n_messages; i++) {
        sha256_add(&sha, "\0m", 2);
        sha256_add(&sha, ask->messages[i].role.at, ask->messages[i].role.len);
        sha256_add(&sha, "\0", 1);
        sha256_add(&sha, ask->messages[i].text.at, ask->messages[i].text.len);
        for (size_t k = 0; k < ask->messages[i].n_parts; k++) add_part(&sha, &ask->messages[i].parts[k]);
    }
    for (size_t i = 0; i < ask->n_choices; i++) {
        sha256_add(&sha, "\0c", 2);
        sha256_add(&sha, ask->choices[i].at, ask->choices[i].len);
    }
    for (size_t i = 0; i < ask->n_stops; i++) {
        sha256_add(&sha, "\0s", 2);
        sha256_add(&sha, ask->stops[i].at, ask->stops[i].len);
    }
    if (ask->form != ASK_FREE) {
        sha256_add(&sha, ask->form == ASK_SCHEMA ? "\0j" : "\0g", 2);
        sha256_add(&sha, ask->form_source.at, ask->form_source.len);
    }
    sha256_end_hex(&sha, ask->digest);
    return true;
}

int ask_file_next(struct ask_file *file, struct arena *arena, struct ask_row *row, struct error *err) {
    *row = (struct ask_row){0};
    if (file->defaults.limit && file->read == file->defaults.limit) return 0;
    file->read++;
    int state = jsonl_next(file->lines, &row->row, &row->line, err);
    if (state != 1) return state;
    struct json_place place = {file->name, row->line, ""};
    const json_t *object = row->row, *prompt = json_object_get(object, "prompt"), *id = json_object_get(object, "id");
    struct ask *ask = &row->ask;
    fill_defaults(ask, &file->defaults);
    bool ok = json_is_object(object) || json_mismatch(object, "row", place, "an object", err);
    if (ok && json_is_string(prompt))
        ok = set_prompt(ask, json_text(prompt), &file->defaults, arena, err);
    else if (ok && json_object_get(object, "messages"))
        ok = set_messages(ask, json_object_get(object, "messages"), place, &file->defaults, arena, err);
    else if (ok)
        ok = json_mismatch(prompt, "prompt", place, "a text (or 'messages': a list)", err);
    if (ok && ask->kind == ASK_SCORE)
        ok = file->defaults.may_lack_choices && !has_choices(object) ? answer_is_choice(ask, arena, err)
                                                                     : set_choices(ask, object, place, arena, err);
    ok = ok && set_want(ask, json_object_get(object, "want"), place, arena, err) && ask_digest(ask, err);
    if (ok && json_is_string(id)) {
        ask->id = json_text(id);
    } else if (ok) {
        const char *number = arena_printf(arena, err, "%zu", row->line);
        ok = number != NULL;
        ask->id = text_of(number ? number : "");
    }
    ask->gold = json_object_get(object, "gold");
    ask->labels = json_object_get(object, "labels");
    if (ok) return 1;
    ask_row_done(row);
    return -1;
}

bool ask_from_prompt(struct text prompt, const struct ask_defaults *defaults, struct arena *arena, struct ask_row *row,
                     struct error *err) {
    *row = (struct ask_row){0};
    fill_defaults(&row->ask, defaults);
    row->ask.id = TEXT("prompt");
    row->row = json_object();
    if (!row->row) return error_memory(err, "prompt");
    json_object_set_new(row->row, "prompt", json_from_text(prompt));
    return set_prompt(&row->ask, prompt, defaults, arena, err) && ask_digest(&row->ask, err);
}
