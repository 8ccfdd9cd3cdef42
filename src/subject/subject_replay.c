/* Recorded answers as a subject: exact re-scoring of what was said before, by us or by others. The files that can be
 * read are described in replay_file.h. Scored choices: those recorded with the answer, else the choice that the text is
 * (0, the others CHOICE_NOT_TAKEN; NaN for all when it is none). An item or sample that the file lacks gets an answer
 * with an error. */
#include "subject/ask_form.h"
#include "subject/replay_file.h"
#include "subject/subject_internal.h"

#include "base/file.h"
#include "base/hash.h"

#include <string.h>

struct replay_state {
    struct arena arena;
    struct replay_file *file;
};

enum { MAP, STRIP, FORMAT, OPTIONS };
static const struct option_def options[OPTIONS] = {
    [MAP] = {"map", OPTION_TEXT, "", 1, 0, NULL,
             "columns as ID:TEXT, or a .yaml file with id, text, sample, task, error, strip"},
    [STRIP] = {"strip", OPTION_TEXT, "", 1, 0, NULL, "prefix that ids of the file have and those of items do not"},
    [FORMAT] = {"format", OPTION_CHOICE, "auto", 1, 0, "auto|json|csv|tsv",
                "what the file is; auto: told by its content"},
};

static bool claims(struct text spec) {
    return text_starts(spec, TEXT("replay:"));
}

/* FILE#NAME; a file that has '#' in its name is taken as it is. */
static bool split_name(struct replay_state *state, struct text given, const char *folders, char **path,
                       struct text *name, struct error *err) {
    struct error first = {0};
    char *whole = text_copy(&state->arena, given, err);
    size_t hash = given.len;
    *name = TEXT("");
    if (!whole) return false;
    if (given.len == 0) return error_set(err, ERROR_USAGE, "replay: expected replay:FILE[#NAME][,map=ID:TEXT]");
    if ((*path = file_find(&state->arena, whole, folders, &first))) return true;
    while (hash && whole[hash - 1] != '#') hash--;
    if (hash < 2) return *err = first, error_wrap(err, "recorded answers");
    whole[hash - 1] = 0;
    *name = (struct text){whole + hash, given.len - hash};
    *path = file_find(&state->arena, whole, folders, err);
    return *path || error_wrap(err, "recorded answers");
}

/* Of the file and of all that decides which of its answers are given. */
static bool make_digest(struct subject *subject, struct replay_state *state, const char *path,
                        const struct replay_options *o, struct error *err) {
    char hex[HASH_HEX], map_hex[HASH_HEX] = "";
    struct buffer b;
    bool map_file = text_ends(o->map, TEXT(".yaml")) || text_ends(o->map, TEXT(".yml"));
    if (!sha256_file(path, hex, err)) return false;
    if (map_file) {
        char *name = text_copy(&state->arena, o->map, err),
             *map = name ? file_find(&state->arena, name, o->path, err) : NULL;
        if (!map || !sha256_file(map, map_hex, err)) return false;
    }
    buffer_init(&b, 1 << 20);
    buffer_printf(&b, "replay %s\nname %.*s\nmap %.*s\nstrip %.*s\nformat %.*s\n", hex, TEXT_ARG(o->name),
                  TEXT_ARG(map_file ? text_of(map_hex) : o->map), TEXT_ARG(o->strip), TEXT_ARG(o->format));
    bool ok = buffer_check(&b, "digest", err);
    if (ok) subject_digest_text(subject, buffer_text(&b));
    buffer_done(&b);
    return ok;
}

static bool note_file(struct subject *subject, const char *path, struct error *err) {
    struct file_map map;
    if (!file_map(path, &map, err)) return false;
    json_t *name = json_from_text(text_of(path));
    subject->files = name ? json_pack("[{s:O s:I}]", "path", name, "bytes", (json_int_t)map.len) : NULL;
    json_decref(name);
    file_unmap(&map);
    return subject->files || error_memory(err, "list of files");
}

static int capabilities_of(const struct replay_file *file) {
    int c =
        SUBJECT_SEES | SUBJECT_HEARS | SUBJECT_GENERATES | SUBJECT_SAMPLES | SUBJECT_SCORES | SUBJECT_CHATS |
        SUBJECT_REPRODUCES | SUBJECT_FOLLOWS | SUBJECT_NEEDS_ITEM;
    for (size_t i = 0; i < file->n; i++)
        if (file->byid[i]->logprobs) return c | SUBJECT_TOKEN_LOGPROBS;
    return c;
}

static void name_replay(struct subject *subject, const char *path, struct text name) {
    const char *slash = strrchr(path, '/');
    struct buffer b;
    buffer_init(&b, 4096);
    buffer_printf(&b, "%s%s%.*s", slash ? slash + 1 : path, name.len ? "#" : "", TEXT_ARG(name));
    subject_name_text(subject, buffer_text(&b));
    buffer_done(&b);
}

static bool open_replay(struct subject *subject, struct text spec, struct error *err) {
    struct replay_state *state = memory_zeroed(1, sizeof *state);
    if (!state) return error_memory(err, "subject");
    arena_init(&state->arena, (size_t)1 << 24);
    subject->state = state;
    char *copy = text_copy(&state->arena, text_part(spec, sizeof "replay:" - 1, spec.len), err), *path;
    struct option_value *values = copy ? spec_parse(&state->arena, text_of(copy), options, OPTIONS, err) : NULL;
    if (!values) return error_wrap(err, "replay");
    struct replay_options o = {.map = values[MAP].text,
                               .strip = values[STRIP].text,
                               .format = values[FORMAT].text,
                               .path = subject->settings.path};
    if (!split_name(state, spec_name(text_of(copy)), o.path, &path, &o.name, err)) return false;
    name_replay(subject, path, o.name);
    if (!(state->file = replay_file_open(path, &o, err)) || !make_digest(subject, state, path, &o, err) ||
        !note_file(subject, path, err))
        return false;
    subject->capabilities = capabilities_of(state->file);
    if (!(subject->capabilities & SUBJECT_TOKEN_LOGPROBS))
        memcpy(subject->lacks, "no log-probabilities are recorded", sizeof "no log-probabilities are recorded");
    return true;
}

static void close_replay(struct subject *subject) {
    struct replay_state *state = subject->state;
    replay_file_close(state->file);
    arena_done(&state->arena);
    memory_free(state);
    subject->state = NULL;
}

/* ---- asking ---- */

static bool score(const struct replay_state *state, const struct ask *ask, const struct replay_row *row,
                  struct arena *arena, struct answer *answer, struct error *err) {
    size_t chosen;
    answer->n_choices = ask->n_choices;
    if (row->choices) {
        answer->choices = row->choices;
        return row->n_choices == ask->n_choices ||
               error_set(err, ERROR_DATA, "item '%.*s': %s:%zu has scores of %zu choices, the item has %zu",
                         TEXT_ARG(ask->id), state->file->path, row->line, row->n_choices, ask->n_choices);
    }
    if (!choice_of_text(arena, row->text, ask->choices, ask->n_choices, &chosen, err)) return false;
    answer->choices = choice_scores(arena, ask, chosen, err);
    return answer->choices != NULL;
}

static bool replay(const struct subject *subject, const struct ask *ask, struct arena *arena, struct answer *answer,
                   struct error *err) {
    const struct replay_state *state = subject->state;
    const struct replay_row *row = replay_file_find(state->file, ask->id, ask->task, answer->sample, err);
    if (!row) return false;
    if (row->error.len)
        return error_set(err, ERROR_DATA, "item '%.*s': %s:%zu recorded a failure: %.*s", TEXT_ARG(ask->id),
                         state->file->path, row->line, (int)(row->error.len < 600 ? row->error.len : 600),
                         row->error.at);
    answer->text = row->text;
    answer->finish = row->finish;
    answer->tokens_in = row->tokens_in;
    answer->tokens_out = row->tokens_out;
    answer->logprobs = row->logprobs;
    answer->ms = row->ms;
    if (!ask_form_check(ask, row->text, row->finish, "the recorded answer", err))
        return error_wrap(err, "item '%.*s': %s:%zu", TEXT_ARG(ask->id), state->file->path, row->line);
    return ask->kind != ASK_SCORE || score(state, ask, row, arena, answer, err);
}

static bool ask_replay(struct subject *subject, const struct ask *asks, size_t n, subject_sink *sink, void *context,
                       struct error *err) {
    return subject_ask_each(subject, asks, n, replay, sink, context, err);
}

const struct subject_kind subject_replay = {
    .name = "replay",
    .summary = "recorded answers, ours or a foreign layout",
    .form = "replay:FILE[#NAME][,map=ID:TEXT]",
    .claims = claims,
    .open = open_replay,
    .ask = ask_replay,
    .close = close_replay,
};
