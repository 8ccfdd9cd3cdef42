/* A teacher asked for guidelines: see guide_write.h. */
#include "measure/data/guide_write.h"

#include "measure/data/guide_journal.h"
#include "measure/dataset/ask_file.h"
#include "measure/rules/wording.h"

#include <string.h>
#include <strings.h>

enum { LINE_MOST = 1 << 22, ID = 256 };
enum step { DETECT, RISKY, HARMLESS, STEPS };
static const char *const steps[STEPS] = {"detect", "risky", "harmless"};

/* ---- verdicts ---- */

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The one word of a line, marks and blanks round it left out. */
static struct text only_word(struct text line) {
    while (line.len && !is_word(line.at[0])) line.at++, line.len--;
    while (line.len && !is_word(line.at[line.len - 1])) line.len--;
    return line;
}

static bool says(struct text word, const char *yes_or_no) {
    size_t n = strlen(yes_or_no);
    return word.len == n && strncasecmp(word.at, yes_or_no, n) == 0;
}

bool guide_write_risky(struct text said, bool *parsed) {
    struct text rest = said, line, last = {0};
    while (text_next(&rest, '\n', &line))
        if (text_trim(line).len) last = only_word(line);
    *parsed = says(last, "yes") || says(last, "no");
    return *parsed ? says(last, "yes") : text_find(said, TEXT("Yes"), 0) != SIZE_MAX;
}

/* ---- inputs ---- */

struct input {
    char id[ID];
    struct text text; /* on the arena of the chunk */
    struct text said, answer;
    bool risky, parsed;
    struct error error; /* kind NONE: none */
};
struct writing {
    const struct guide_write_settings *s;
    struct guide_write_counts *counts;
    struct guide_journal *journal;
    struct text prompt[STEPS];
    struct arena arena; /* of a chunk */
    struct input *input;
    size_t n;
    struct error first; /* why the first input failed */
};

static struct text input_text(const json_t *row) {
    static const char *const keys[] = {"prompt", "question", "input"};
    const json_t *messages = json_object_get(row, "messages");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (json_is_string(json_object_get(row, keys[i]))) return text_trim(json_text(json_object_get(row, keys[i])));
    for (size_t i = json_array_size(messages); i-- > 0;) {
        const json_t *m = json_array_get(messages, i);
        if (text_equal_c(json_text(json_object_get(m, "role")), "user"))
            return text_trim(json_text(json_object_get(m, "content")));
    }
    return (struct text){0};
}

static bool input_id(const json_t *row, struct json_place place, char id[ID], struct error *err) {
    const json_t *value = json_object_get(row, "id");
    int n = json_is_integer(value)  ? snprintf(id, ID, "%lld", (long long)json_integer_value(value))
            : json_is_string(value) ? snprintf(id, ID, "%s", json_string_value(value))
            : !value                ? snprintf(id, ID, "%zu", place.line)
                                    : -1;
    return (n > 0 && n < ID) || json_mismatch(value, "id", place, "a number, or a text of 1 to 255 bytes", err);
}

/* ---- asking ---- */

struct taking {
    struct writing *w;
    struct input **of; /* the inputs that were asked about */
    enum step step;
};

static bool take(void *context, const struct answer *answer, struct error *err) {
    struct taking *t = context;
    struct input *input = t->of[answer->ask];
    if (answer->error.kind != ERROR_NONE) return input->error = answer->error, true;
    char *copy = text_copy(&t->w->arena, answer->text, err);
    for (size_t i = 0; copy && i < answer->text.len; i++)
        if (!copy[i]) copy[i] = ' '; /* a model may write any byte; rows of JSON cannot hold this one */
    *(t->step == DETECT ? &input->said : &input->answer) = (struct text){copy, answer->text.len};
    return copy != NULL;
}

static bool make_ask(struct writing *w, struct input *input, enum step step, struct ask *ask, struct error *err) {
    const struct wording_slot slots[] = {{"input", input->text}, {"said", text_trim(input->said)}};
    struct message *message = arena_new(&w->arena, struct message, 1, err);
    struct text prompt;
    if (!message || !wording_fill(w->prompt[step], slots, 2, &w->arena, &prompt, err)) return false;
    json_t *labels = json_pack("{s:s}", "step", steps[step]);
    *ask = (struct ask){.id = text_of(input->id),
                        .kind = ASK_GENERATE,
                        .samples = 1,
                        .max_tokens = w->s->max_tokens,
                        .temperature = w->s->temperature,
                        .top_p = 1,
                        .labels = labels, /* for scripts; owned until the answers are there */
                        .seed = w->s->temperature > 0 ? w->s->seed : 0};
    *message = (struct message){TEXT("user"), prompt};
    if (w->s->teacher->capabilities & SUBJECT_CHATS)
        ask->messages = message, ask->n_messages = 1;
    else
        ask->prompt = prompt;
    return labels ? ask_digest(ask, err) : error_memory(err, "asks");
}

static bool ask_about(struct writing *w, struct input **of, size_t n, const enum step *step, struct error *err) {
    struct ask *asks = arena_new(&w->arena, struct ask, n + 1, err);
    struct taking t = {w, of, n ? step[0] : DETECT};
    size_t made = 0;
    bool ok = asks != NULL;
    for (; ok && made < n; made++) ok = make_ask(w, of[made], step[made], &asks[made], err);
    ok = ok && (n == 0 || subject_ask(w->s->teacher, asks, n, take, &t, err));
    for (size_t i = 0; asks && i < made; i++) json_decref((json_t *)asks[i].labels);
    return ok;
}

/* ---- a chunk ---- */

static bool keep(struct writing *w, const struct input *i, struct error *err) {
    json_t *row = json_pack("{s:s}", "id", i->id);
    bool ok = row != NULL;
    if (ok && i->error.kind)
        ok = json_object_set_new(row, "error", json_from_text(text_of(i->error.message))) == 0;
    else if (ok)
        ok = json_object_set_new(row, "risk", json_boolean(i->risky)) == 0 &&
             json_object_set_new(row, "parsed", json_string(i->parsed ? "ok" : "fallback")) == 0 &&
             json_object_set_new(row, "said", json_from_text(i->said)) == 0 &&
             json_object_set_new(row, "answer", json_from_text(i->answer)) == 0 &&
             json_object_set_new(row, "guidelines", json_integer((json_int_t)w->s->count(i->answer))) == 0 &&
             json_object_set_new(row, "teacher", json_string(w->s->teacher->digest)) == 0;
    ok = ok ? guide_journal_put(w->journal, row, i->text, err) : error_memory(err, "a row of guidelines");
    json_decref(row);
    return ok;
}

static void count_row(void *context, const json_t *row) {
    struct guide_write_counts *c = context;
    bool risky = json_is_true(json_object_get(row, "risk"));
    json_int_t n = json_integer_value(json_object_get(row, "guidelines"));
    if (json_object_get(row, "error")) {
        c->failed++;
        return;
    }
    c->risky += risky;
    c->harmless += !risky;
    c->unparsed += !text_equal_c(json_text(json_object_get(row, "parsed")), "ok");
    c->no_guideline += n == 0;
    c->guidelines += (uint64_t)n;
}

static void tell_failed(struct writing *w, const struct input *i) {
    if (!w->first.kind) w->first = i->error;
    if (w->s->log) w->s->log(i->id, i->error.message);
}

static bool run_chunk(struct writing *w, struct error *err) {
    struct input **of = arena_new(&w->arena, struct input *, w->n + 1, err);
    enum step *step = of ? arena_new(&w->arena, enum step, w->n + 1, err) : NULL;
    size_t n = 0;
    if (!step) return false;
    for (size_t i = 0; i < w->n; i++) of[i] = &w->input[i], step[i] = DETECT;
    if (!ask_about(w, of, w->n, step, err)) return false;
    for (size_t i = 0; i < w->n; i++) {
        struct input *input = &w->input[i];
        if (input->error.kind) continue;
        input->risky = guide_write_risky(input->said, &input->parsed);
        of[n] = input;
        step[n++] = input->risky ? RISKY : HARMLESS;
    }
    if (!ask_about(w, of, n, step, err)) return false;
    for (size_t i = 0; i < w->n; i++) {
        if (w->input[i].error.kind) tell_failed(w, &w->input[i]);
        if (!keep(w, &w->input[i], err)) return false;
    }
    if (!guide_journal_sync(w->journal, err)) return false;
    w->n = 0;
    arena_reset(&w->arena);
    return (w->input = arena_new(&w->arena, struct input, w->s->chunk, err)) != NULL;
}

/* ---- all ---- */

static bool take_input(struct writing *w, const json_t *row, struct json_place place, struct error *err) {
    struct text text = input_text(row);
    struct input *input = &w->input[w->n];
    bool known;
    if (!json_is_object(row)) return error_set(err, ERROR_DATA, "%s:%zu: expected an object", place.file, place.line);
    if (!text.len) return json_mismatch(NULL, "prompt", place, "what somebody says to an assistant", err);
    w->counts->inputs++;
    if (text_utf8_count(text) <= GUIDE_SHORT) return w->counts->too_short++, true;
    *input = (struct input){.parsed = true};
    if (!input_id(row, place, input->id, err) || !guide_journal_known(w->journal, input->id, text, &known, err))
        return false;
    if (known) return w->counts->known++, true;
    const char *copy = text_copy(&w->arena, text, err);
    input->text = (struct text){copy, text.len};
    return copy && (++w->n < w->s->chunk || run_chunk(w, err));
}

static bool read_inputs(struct writing *w, const char *path, struct error *err) {
    struct jsonl *lines = jsonl_open(path, LINE_MOST, err);
    json_t *row;
    size_t line;
    int more = 0;
    bool ok = lines != NULL;
    while (ok && (!w->s->limit || w->counts->inputs < w->s->limit) &&
           (more = jsonl_next(lines, &row, &line, err)) > 0) {
        ok = take_input(w, row, (struct json_place){path, line, ""}, err);
        json_decref(row);
    }
    jsonl_close(lines);
    return ok && more >= 0;
}

/* Teacher, prompts and sampling: what must be the same for what was done to count. Owned. */
static json_t *describe(const struct writing *w, struct error *err) {
    const struct guide_write_settings *s = w->s;
    json_t *prompts = json_array(), *all = NULL;
    char hex[HASH_HEX];
    for (size_t i = 0; prompts && i < STEPS; i++) json_array_append_new(prompts, json_from_text(w->prompt[i]));
    if (prompts && json_array_size(prompts) == STEPS && json_digest(prompts, hex, err))
        all = json_pack("{s:s s:s s:s s:f s:I s:I}", "format", "guide-write-1", "teacher", s->teacher->digest,
                        "prompts", hex, "temperature", s->temperature, "max_tokens", (json_int_t)s->max_tokens, "seed",
                        (json_int_t)s->seed);
    json_decref(prompts);
    if (!all && !err->kind) error_memory(err, "settings");
    return all;
}

/* Nothing is written, and nothing kept, where no input has an answer: a teacher that was away is asked again. */
static bool finish(struct writing *w, struct error *err) {
    const struct guide_write_counts *c = w->counts;
    if (!c->inputs) { /* what was done before is kept */
        bool done = c->failed || c->risky + c->harmless;
        return (done || guide_journal_drop(w->journal, err)) && error_set(err, ERROR_DATA, "no inputs");
    }
    if (!c->failed || c->risky + c->harmless) return guide_journal_finish(w->journal, err);
    if (!guide_journal_drop(w->journal, err)) return false;
    if (!w->first.kind) return error_set(err, ERROR_ENVIRONMENT, "every input failed");
    *err = w->first;
    return error_wrap(err, "every input failed; the first");
}

bool guide_write(const char *const *inputs, size_t n, const char *out, const struct guide_write_settings *settings,
                 struct guide_write_counts *counts, struct error *err) {
    struct writing w = {.s = settings, .counts = counts};
    struct arena words;
    *counts = (struct guide_write_counts){0};
    arena_init(&w.arena, 0);
    arena_init(&words, 0);
    int needed = SUBJECT_GENERATES | (settings->temperature > 0 ? SUBJECT_SAMPLES : 0);
    bool ok =
        subject_require(settings->teacher, needed, "guide write", err) &&
        wording_read(settings->wording, "rules/guide-write.txt", settings->path, steps, STEPS, &words, w.prompt, err) &&
        (w.input = arena_new(&w.arena, struct input, settings->chunk, err)) != NULL;
    json_t *about = ok ? describe(&w, err) : NULL;
    ok = about && (w.journal = guide_journal_open(out, about, err)) != NULL;
    for (size_t i = 0; ok && i < n; i++) ok = read_inputs(&w, inputs[i], err);
    ok = ok && (w.n == 0 || run_chunk(&w, err)) && guide_journal_read(w.journal, count_row, counts, err) &&
         finish(&w, err);
    guide_journal_close(w.journal);
    json_decref(about);
    arena_done(&words);
    arena_done(&w.arena);
    return ok;
}
