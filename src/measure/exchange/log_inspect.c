/* Logs of Inspect (version 2 of its format): .eval, a zip with header.json (of a log that was not finished:
 * _journal/start.json) and samples/ID_epoch_N.json, or one .json that holds all. Of a sample everything is kept but its
 * events and its store of attachments, whose texts are put where they are referred to. One score is the task's, the
 * others become tasks of their own, TASK/SCORER. */
#include "measure/exchange/foreign.h"
#include "measure/exchange/log_import.h"

#include "base/zip.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_MOST ((size_t)256 << 20)
#define FILE_MOST ((size_t)512 << 20)
#define ATTACHED_MOST ((size_t)64 << 20)
#define EPOCH_MOST 1000000

struct log_reader {
    const struct log_sink *sink;
    struct arena arena; /* of the sample */
    struct text task;
    char primary[256]; /* scorer whose scores are the task's own: the first that the header names */
    bool named;
    json_t *attachments; /* of the sample, borrowed */
    size_t attached;     /* bytes that references were replaced by */
};

/* ---- attachments */

static const json_t *attachment(const struct log_reader *r, const json_t *value) {
    static const char prefix[] = "attachment://";
    struct text t = json_text(value);
    char name[128];
    if (!text_starts(t, TEXT("attachment://")) || t.len - sizeof prefix + 1 >= sizeof name) return NULL;
    snprintf(name, sizeof name, "%.*s", (int)(t.len - sizeof prefix + 1), t.at + sizeof prefix - 1);
    const json_t *found = json_object_get(r->attachments, name);
    return json_is_string(found) ? found : NULL;
}

static bool resolve(struct log_reader *r, json_t *value, struct json_place place, struct error *err);

/* The value, or what it refers to; owned; NULL: too much. */
static json_t *resolved(struct log_reader *r, json_t *value, struct json_place place, struct error *err) {
    const json_t *text = json_is_string(value) ? attachment(r, value) : NULL;
    if (!text) return resolve(r, value, place, err) ? json_incref(value) : NULL;
    r->attached += json_string_length(text);
    if (r->attached <= ATTACHED_MOST) return json_incref((json_t *)text);
    error_set(err, ERROR_DATA, "%s:%zu: its attachments unfold to more than %zu bytes", place.file, place.line,
              ATTACHED_MOST);
    return NULL;
}

/* Everywhere inside a list or an object. */
static bool resolve(struct log_reader *r, json_t *value, struct json_place place, struct error *err) {
    const char *key;
    json_t *one, *instead;
    void *next;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!(instead = resolved(r, json_array_get(value, i), place, err)) ||
            json_array_set_new(value, i, instead) != 0)
            return false;
    json_object_foreach_safe(value, next, key, one) if (!(instead = resolved(r, one, place, err)) ||
                                                        json_object_set_new(value, key, instead) != 0) return false;
    return true;
}

/* ---- scores */

/* C, P, I, N are correct, partly, incorrect, no answer; words that mean yes and no count as in its own metrics. */
static double score_value(const json_t *value, enum parse_state *parsed) {
    static const struct {
        const char *word;
        double value;
    } words[] = {{"C", 1}, {"P", 0.5}, {"I", 0}, {"N", 0}, {"yes", 1}, {"true", 1}, {"no", 0}, {"false", 0}};
    *parsed = PARSED_OK;
    struct text t = json_text(value);
    for (size_t i = 0; json_is_string(value) && i < sizeof words / sizeof *words; i++)
        if (text_equal_nocase(t, text_of(words[i].word)) && (t.len > 1 || text_equal_c(t, words[i].word))) {
            if (text_equal_c(t, "N")) *parsed = PARSED_FAIL;
            return words[i].value;
        }
    return foreign_number(value);
}

/* Numbers by scorer beside what the log needs: {SCORER: number, "inspect": {...}}. */
static json_t *make_evidence(const json_t *scores, json_t *log) {
    json_t *evidence = json_object();
    const char *name;
    json_t *score;
    enum parse_state parsed;
    json_object_foreach((json_t *)scores, name, score) {
        double v = score_value(json_object_get(score, "value"), &parsed);
        if (!isnan(v) && evidence) json_object_set_new(evidence, name, json_from_f64(v));
    }
    if (evidence && log && json_object_set(evidence, "inspect", log) == 0) return evidence;
    json_decref(evidence);
    return NULL;
}

static bool give_scores(struct log_reader *r, struct log_sample *s, const json_t *scores, struct error *err) {
    const char *name;
    json_t *score;
    s->value = NAN;
    json_object_foreach((json_t *)scores, name, score) /* the order of keys is not kept: the first by name */
        if (!r->named && (!r->primary[0] || strcmp(name, r->primary) < 0))
            snprintf(r->primary, sizeof r->primary, "%s", name);
    r->named = r->named || r->primary[0];
    const json_t *own = json_object_get(scores, r->primary);
    if (own) {
        s->value = score_value(json_object_get(own, "value"), &s->parsed);
        s->label = json_text(json_object_get(own, "value"));
    }
    if (!r->sink->sample(r->sink->context, s, err)) return false;
    json_object_foreach((json_t *)scores, name, score) {
        if (score == own) continue;
        char *task = arena_printf(&r->arena, err, "%.*s/%s", TEXT_ARG(r->task), name);
        struct log_sample other = *s;
        json_t *evidence = json_pack("{s:s, s:O}", "of", name, "score", score);
        other.task = text_of(task);
        other.value = score_value(json_object_get(score, "value"), &other.parsed);
        other.label = json_text(json_object_get(score, "value"));
        other.evidence = evidence;
        bool ok = task && evidence && r->sink->sample(r->sink->context, &other, err);
        json_decref(evidence);
        if (!ok) return false;
    }
    return true;
}

/* ---- a sample */

static bool is_kept(const char *key) {
    static const char *const elsewhere[] = {"id",       "epoch",  "input",  "target",     "choices",    "metadata",
                                            "messages", "scores", "events", "transcript", "attachments"};
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(key, elsewhere[i]) == 0) return false;
    return true;
}

/* Messages before the last one of the assistant are what was asked; from there on they belong to the answer. */
static json_t *split_messages(const json_t *sample, json_t **tail) {
    const json_t *all = json_object_get(sample, "messages"), *input = json_object_get(sample, "input");
    json_t *asked = json_array();
    size_t n = json_array_size(all), last = n;
    *tail = json_array();
    for (size_t i = 0; i < n; i++)
        if (text_equal_c(json_text(json_object_get(json_array_get(all, i), "role")), "assistant")) last = i;
    for (size_t i = 0; i < n && asked && *tail; i++)
        json_array_append(i < last ? asked : *tail, json_array_get(all, i));
    if (n > 0 || !asked) return asked;
    if (json_is_array(input))
        json_array_extend(asked, (json_t *)input);
    else
        json_array_append_new(asked, json_pack("{s:s s:O}", "role", "user", "content", input));
    return asked;
}

/* What the log says of the item: its target as text or list, the place of a letter among the choices, plain metadata as
 * labels, and all of it as it stands. */
static json_t *make_gold(const json_t *sample) {
    const json_t *target = json_object_get(sample, "target"), *choices = json_object_get(sample, "choices");
    json_t *gold = json_object(), *texts = json_array(), *labels = json_object(), *item = json_object(), *value;
    const char *key;
    if (json_is_string(target)) json_array_append(texts, (json_t *)target);
    for (size_t i = 0; i < json_array_size(target); i++)
        if (json_is_string(json_array_get(target, i))) json_array_append(texts, json_array_get(target, i));
    json_object_foreach(json_object_get(sample, "metadata"), key,
                        value) if (json_is_string(value) || json_is_number(value) || json_is_boolean(value))
        json_object_set(labels, key, value);
    static const char *const kept[] = {"id", "input", "target", "choices", "metadata"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if ((value = json_object_get(sample, kept[i]))) json_object_set(item, kept[i], value);
    struct text letter = json_text(target);
    bool known = letter.len == 1 && letter.at[0] >= 'A' && (size_t)(letter.at[0] - 'A') < json_array_size(choices);
    if (json_array_size(texts)) json_object_set(gold, "texts", texts);
    if (json_object_size(labels)) json_object_set(gold, "labels", labels);
    if (known) json_object_set_new(gold, "index", json_integer(letter.at[0] - 'A'));
    json_decref(texts);
    json_decref(labels);
    if (json_object_set_new(gold, "item", item) == 0) return gold;
    json_decref(gold);
    return NULL;
}

static bool set_answer(struct log_reader *r, const json_t *sample, const json_t *tail, struct log_sample *s,
                       struct error *err) {
    const json_t *output = json_object_get(sample, "output"), *usage = json_object_get(output, "usage"),
                 *choice = json_array_get(json_object_get(output, "choices"), 0),
                 *said = json_object_get(output, "completion"), *error = json_object_get(sample, "error"),
                 *time = json_object_get(output, "time");
    struct text stop = json_text(json_object_get(choice, "stop_reason"));
    if (!json_is_string(said)) said = json_object_get(json_object_get(choice, "message"), "content");
    if (!said) said = json_object_get(json_array_get(tail, 0), "content");
    if (!foreign_content(said, &r->arena, &s->text, err)) return false;
    s->tokens_in = json_integer_value(json_object_get(usage, "input_tokens"));
    s->tokens_out = json_integer_value(json_object_get(usage, "output_tokens"));
    s->ms = json_is_number(time) ? 1000 * json_number_value(time) : NAN;
    bool failed = json_is_object(error) && json_object_size(json_object_get(sample, "scores")) == 0;
    bool cut = text_equal_c(stop, "max_tokens") || text_equal_c(stop, "model_length") || text_equal_c(stop, "length");
    s->finish = failed ? "error" : cut ? "length" : "stop";
    if (!failed) return true;
    const char *why = text_copy(&r->arena, json_text(json_object_get(error, "message")), err);
    s->error = why && *why ? why : "the log gives no reason";
    return why != NULL;
}

static bool sample_id(struct log_reader *r, const json_t *sample, struct json_place place, struct log_sample *s,
                      struct error *err) {
    const json_t *id = json_object_get(sample, "id"), *epoch = json_object_get(sample, "epoch");
    if (json_is_string(id) && json_string_length(id))
        s->id = json_text(id);
    else if (json_is_integer(id)) {
        const char *printed = arena_printf(&r->arena, err, "%lld", (long long)json_integer_value(id));
        if (!printed) return false;
        s->id = text_of(printed);
    } else
        return json_mismatch(id, "id", place, "a text or a whole number", err);
    int64_t n = epoch ? json_integer_value(epoch) : 1;
    if (n < 1 || n > EPOCH_MOST) return json_mismatch(epoch, "epoch", place, "a whole number from 1", err);
    s->sample = (uint64_t)n - 1;
    return true;
}

/* Takes the sample. */
static bool give_sample(struct log_reader *r, json_t *sample, const char *source, struct json_place place,
                        struct error *err) {
    struct log_sample s = {.task = r->task, .metrics = "[score]", .source = text_of(source), .parsed = PARSED_OK};
    const json_t *input = json_object_get(sample, "input");
    json_t *tail = NULL, *asked = NULL, *gold = NULL, *log = NULL, *evidence = NULL,
           *want = json_pack("{s:s}", "kind", "generate"), *value;
    const char *key;
    r->attachments = json_incref(json_object_get(sample, "attachments"));
    r->attached = 0;
    json_object_del(sample, "events");
    json_object_del(sample, "transcript");
    json_object_del(sample, "attachments");
    bool ok = json_is_object(sample) ? json_is_string(input) || json_is_array(input) ||
                                           json_mismatch(input, "input", place, "a text or a list of messages", err)
                                     : json_mismatch(sample, "", place, "a sample", err);
    ok = ok && sample_id(r, sample, place, &s, err) && resolve(r, sample, place, err);
    if (ok) {
        asked = split_messages(sample, &tail);
        gold = make_gold(sample);
        log = json_object();
        json_object_foreach(sample, key, value) if (is_kept(key)) json_object_set(log, key, value);
        json_object_set(log, "tail", tail);
        if (json_object_get(sample, "scores")) json_object_set(log, "scores", json_object_get(sample, "scores"));
        evidence = make_evidence(json_object_get(sample, "scores"), log);
        ok = asked && gold && evidence && want ? set_answer(r, sample, tail, &s, err) : error_memory(err, "sample");
        s.messages = asked;
        s.want = want;
        s.gold = gold;
        s.evidence = evidence;
        ok = ok && give_scores(r, &s, json_object_get(sample, "scores"), err);
    }
    json_t *all[] = {tail, asked, gold, log, evidence, want, r->attachments, sample};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) json_decref(all[i]);
    r->attachments = NULL;
    arena_reset(&r->arena);
    return ok;
}

/* ---- the files */

static bool give_head(struct log_reader *r, const json_t *header, const char *shown, struct error *err) {
    struct json_place place = {shown, 1, ""};
    const json_t *version = json_object_get(header, "version"), *eval = json_object_get(header, "eval");
    if (!json_is_object(eval)) return json_mismatch(eval, "eval", place, "an object (is this a log of Inspect?)", err);
    if (version && (!json_is_integer(version) || json_integer_value(version) < 1 || json_integer_value(version) > 2))
        return json_mismatch(version, "version", place, "1 or 2, the versions of the log that are known", err);
    struct text task;
    if (!json_get_text(eval, "task", (struct json_place){shown, 1, "eval"}, &task, err)) return false;
    r->task = task.len ? task : TEXT("log");
    const json_t *first = json_array_get(json_object_get(eval, "scorers"), 0);
    if (!first) first = json_array_get(json_object_get(json_object_get(header, "results"), "scores"), 0);
    struct text name = json_text(json_object_get(first, "name"));
    r->named = name.len > 0;
    snprintf(r->primary, sizeof r->primary, "%.*s", (int)(name.len < 200 ? name.len : 200), name.at ? name.at : "");
    return r->sink->head(r->sink->context, json_text(json_object_get(eval, "model")), header, err);
}

static bool read_json(const char *path, struct log_reader *r, const char *shown, struct error *err) {
    struct arena arena;
    struct text bytes;
    arena_init(&arena, FILE_MOST + 4096);
    json_t *log = file_read(&arena, path, FILE_MOST, &bytes, err) ? foreign_json(bytes, shown, 1, err) : NULL;
    arena_done(&arena);
    if (!log) return false;
    json_t *samples = json_incref(json_object_get(log, "samples"));
    json_object_del(log, "samples");
    bool ok = give_head(r, log, shown, err);
    if (ok && samples && !json_is_array(samples))
        ok = json_mismatch(samples, "samples", (struct json_place){shown, 1, ""}, "a list", err);
    for (size_t i = 0; ok && i < json_array_size(samples); i++) {
        char source[512], where[64];
        snprintf(source, sizeof source, "%.400s:samples[%zu]", shown, i);
        snprintf(where, sizeof where, "samples[%zu]", i);
        json_t *one = json_incref(json_array_get(samples, i));
        json_array_set_new(samples, i, json_null()); /* frees it as soon as it was given */
        ok = give_sample(r, one, source, (struct json_place){shown, 1, where}, err);
    }
    json_decref(samples);
    json_decref(log);
    return ok;
}

static json_t *read_member(const struct zip *zip, const struct zip_member *m, const char *shown, struct buffer *b,
                           struct error *err) {
    char name[512];
    snprintf(name, sizeof name, "%.300s:%.*s", shown, (int)(m->name.len < 200 ? m->name.len : 200), m->name.at);
    return zip_read(zip, m, b, err) ? foreign_json(buffer_text(b), name, 1, err) : NULL;
}

/* samples/10_epoch_1.json stands behind samples/9_epoch_1.json. */
static int by_number(const void *a, const void *b) {
    struct text x = (*(const struct zip_member *const *)a)->name, y = (*(const struct zip_member *const *)b)->name;
    size_t i = 0, j = 0;
    while (i < x.len && j < y.len) {
        size_t di = 0, dj = 0;
        while (i + di < x.len && isdigit((unsigned char)x.at[i + di])) di++;
        while (j + dj < y.len && isdigit((unsigned char)y.at[j + dj])) dj++;
        if (di && dj && di != dj) return di < dj ? -1 : 1;
        int order = di && dj ? memcmp(x.at + i, y.at + j, di) : (unsigned char)x.at[i] - (unsigned char)y.at[j];
        if (order) return order;
        i += di ? di : 1;
        j += dj ? dj : 1;
    }
    return (x.len - i > y.len - j) - (x.len - i < y.len - j);
}

static bool read_samples(const struct zip *zip, struct log_reader *r, const char *shown, struct buffer *b,
                         struct error *err) {
    const struct zip_member *all, **samples;
    size_t n = zip_members(zip, &all), chosen = 0;
    if (!(samples = memory_zeroed(n + 1, sizeof *samples))) return error_memory(err, "samples");
    for (size_t i = 0; i < n; i++)
        if (text_starts(all[i].name, TEXT("samples/")) && text_ends(all[i].name, TEXT(".json")))
            samples[chosen++] = &all[i];
    qsort(samples, chosen, sizeof *samples, by_number);
    bool ok = true;
    for (size_t i = 0; ok && i < chosen; i++) {
        char source[1024];
        snprintf(source, sizeof source, "%.300s:%.*s", shown,
                 (int)(samples[i]->name.len < 600 ? samples[i]->name.len : 600), samples[i]->name.at);
        json_t *sample = read_member(zip, samples[i], shown, b, err);
        ok = sample && give_sample(r, sample, source, (struct json_place){source, 1, ""}, err);
    }
    memory_free(samples);
    return ok;
}

static bool read_eval(const char *path, struct log_reader *r, const char *shown, struct error *err) {
    struct zip *zip = zip_open(path, shown, err);
    if (!zip) return false;
    struct buffer b;
    buffer_init(&b, SAMPLE_MOST);
    const struct zip_member *m = zip_find(zip, "header.json");
    if (!m) m = zip_find(zip, "_journal/start.json");
    json_t *header = m ? read_member(zip, m, shown, &b, err) : NULL;
    if (!m)
        error_set(err, ERROR_DATA, "%s: a zip without header.json and _journal/start.json; expected a log of Inspect",
                  shown);
    bool ok = header && give_head(r, header, shown, err) && read_samples(zip, r, shown, &b, err);
    json_decref(header);
    buffer_done(&b);
    zip_close(zip);
    return ok;
}

static bool is_zip(struct text beginning) {
    return text_starts(beginning, TEXT("PK\003\004")) || text_starts(beginning, TEXT("PK\005\006"));
}

static bool read_log(const char *path, const struct log_sink *sink, struct error *err) {
    struct log_reader r = {.sink = sink};
    struct file_map map;
    if (!file_map(path, &map, err)) return false;
    bool zip = is_zip((struct text){(const char *)map.at, map.len < 8 ? map.len : 8}) ||
               text_ends(text_of(path), TEXT(".eval"));
    file_unmap(&map);
    arena_init(&r.arena, FILE_MOST);
    bool ok = zip ? read_eval(path, &r, foreign_name(path), err) : read_json(path, &r, foreign_name(path), err);
    arena_done(&r.arena);
    return ok;
}

static bool claims(const char *path, struct text beginning) {
    if (is_zip(beginning) || text_ends(text_of(path), TEXT(".eval"))) return true;
    return text_starts(text_trim(beginning), TEXT("{")) && text_find(beginning, TEXT("\"eval\""), 0) != SIZE_MAX &&
           text_find(beginning, TEXT("\"task\""), 0) != SIZE_MAX;
}

const struct log_format log_inspect = {
    .name = "inspect",
    .summary = "logs of Inspect, .eval and .json",
    .claims = claims,
    .read = read_log,
};
