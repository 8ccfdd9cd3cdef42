/* Logs of other programs into a record: see log_import.h. */
#include "measure/exchange/log_import.h"

#include "base/hash.h"
#include "base/interrupt.h"
#include "measure/exchange/foreign.h"
#include "measure/run/run_internal.h"

#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define TASKS_MOST 1000
#define COMMIT_EVERY 256
#define BEGINNING 4096
#define SCORER "recorded"
#define VERSION "1"

static const struct log_format *const table[] = {&log_inspect, &log_lm_eval, &log_garak};
#define FORMATS (sizeof table / sizeof *table)

size_t log_formats(const struct log_format *const **out) {
    *out = table;
    return FORMATS;
}

struct log_task {
    struct text name;
    const char *metrics;
    uint64_t position;
};

struct import {
    struct record *record;
    const struct import_settings *settings;
    struct import_result *result;
    const struct log_format *format;
    struct arena arena;
    struct log_task *tasks;
    size_t n_tasks;
    struct text model;
    json_t *headers; /* list, one a file */
    char subject[HASH_HEX];
    uint64_t *seen; /* hashes of task, id, sample: open addressing, 0 is free */
    size_t n_seen, room;
    uint64_t pending;
};

/* ---- which format */

static bool no_format(const char *name, struct error *err) {
    const char *names[FORMATS];
    struct buffer all;
    buffer_init(&all, 4096);
    for (size_t i = 0; i < FORMATS; i++) buffer_printf(&all, "%s%s", i ? ", " : "", names[i] = table[i]->name);
    const char *near = text_nearest(text_of(name), names, FORMATS);
    error_set(err, ERROR_USAGE, "no format '%s' to import; there are %s%s%s%s", name, all.at ? all.at : "",
              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    buffer_done(&all);
    return false;
}

static const struct log_format *format_of(const char *path, const char *name, struct error *err) {
    for (size_t i = 0; name && i < FORMATS; i++)
        if (strcmp(name, table[i]->name) == 0) return table[i];
    if (name) return no_format(name, err), NULL;
    struct file_map map;
    if (!file_map(path, &map, err)) return NULL;
    struct text beginning = {(const char *)map.at, map.len < BEGINNING ? map.len : BEGINNING};
    const struct log_format *found = NULL;
    for (size_t i = 0; i < FORMATS && !found; i++)
        if (table[i]->claims(path, beginning)) found = table[i];
    file_unmap(&map);
    if (!found)
        error_set(err, ERROR_DATA,
                  "'%s' is no log that is known here; --format names one of them (`basanite help formats`)", path);
    return found;
}

/* ---- first pass: which tasks, which model */

static struct log_task *task_of(struct import *im, struct text name) {
    for (size_t i = 0; i < im->n_tasks; i++)
        if (text_equal(im->tasks[i].name, name)) return &im->tasks[i];
    return NULL;
}

static bool see_sample(void *context, const struct log_sample *s, struct error *err) {
    struct import *im = context;
    if (task_of(im, s->task)) return true;
    if (im->n_tasks == TASKS_MOST) return error_set(err, ERROR_DATA, "over %d tasks in one import", TASKS_MOST);
    char *name = text_copy(&im->arena, s->task, err), *metrics = text_copy(&im->arena, text_of(s->metrics), err);
    if (!name || !metrics) return false;
    im->tasks[im->n_tasks++] = (struct log_task){{name, s->task.len}, metrics, 0};
    return true;
}

static bool see_head(void *context, struct text model, const json_t *header, struct error *err) {
    struct import *im = context;
    char *copy = text_copy(&im->arena, model, err);
    if (!copy) return false;
    if (im->model.at && model.len && im->model.len && !text_equal(im->model, model))
        return error_set(err, ERROR_DATA, "logs of two models, '%.*s' and '%.*s'; import them as two runs",
                         TEXT_ARG(im->model), TEXT_ARG(model));
    if (!im->model.len) im->model = (struct text){copy, model.len};
    return json_array_append(im->headers, header ? (json_t *)header : json_null()) == 0 || error_memory(err, "header");
}

/* ---- the run */

/* The task as the record keeps it: enough to compute its figures again, and the same whichever model answered, so that
 * runs of one task can be compared. */
static json_t *task_config(const struct log_task *t, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 20);
    buffer_put_c(&b, "{\"task\":");
    json_put_string(&b, t->name);
    buffer_printf(
        &b,
        ",\"dataset_path\":\"log\",\"output_type\":\"generate_until\",\"doc_to_text\":\"prompt\",\"scorer\":\"" SCORER
        "\",\"metric_list\":%s}",
        t->metrics);
    json_t *j = buffer_check(&b, "task", err)
                    ? json_pack("{s:o s:s s:o s:[] s:s s:s}", "task", json_from_text(t->name), "name", "log", "source",
                                json_from_text(buffer_text(&b)), "data", "scorer", SCORER, "scorer_version", VERSION)
                    : NULL;
    buffer_done(&b);
    return j;
}

static json_t *file_digests(const char *const *paths, size_t n, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < n; i++) {
        char digest[HASH_HEX];
        json_t *name = json_from_text(text_of(foreign_name(paths[i])));
        if (sha256_file(paths[i], digest, err) && name &&
            json_array_append_new(list, json_pack("{s:O s:s}", "path", name, "sha256", digest)) == 0) {
            json_decref(name);
            continue;
        }
        json_decref(name);
        json_decref(list);
        return NULL;
    }
    if (!list) error_memory(err, "files");
    return list;
}

static json_t *make_config(const struct import *im, json_t *data, struct error *err) {
    const struct figure_settings *f = &im->settings->figures;
    json_t *tasks = json_array();
    for (size_t i = 0; tasks && i < im->n_tasks; i++) {
        json_t *one = task_config(&im->tasks[i], err);
        if (one && json_array_append_new(tasks, one) == 0) continue;
        json_decref(tasks);
        return NULL;
    }
    json_t *config = json_pack("{s:I s:i s:i s:i s:o s:I s:s? s:o s:{s:s s:O}}", "seed", (json_int_t)im->settings->seed,
                               "limit", 0, "few_shot", -1, "samples", 0, "confidence", json_from_f64(f->confidence),
                               "bootstrap", (json_int_t)f->bootstrap, "group", f->group, "tasks", tasks, "imported",
                               "format", im->format->name, "files", data);
    if (!config) error_memory(err, "settings of the run");
    return config;
}

/* The log's model; files are part of its digest, so that two logs of one model stay apart. */
static bool put_subject(struct import *im, const json_t *data, struct error *err) {
    json_t *who =
        json_pack("{s:s s:o s:O}", "format", im->format->name, "model", json_from_text(im->model), "files", data);
    bool ok = who ? json_digest(who, im->subject, err) : error_memory(err, "subject");
    json_decref(who);
    const char *name = im->model.len ? im->model.at : "(not named)";
    struct record_subject s = {.digest = im->subject,
                               .spec = name,
                               .kind = im->format->name,
                               .name = name,
                               .tokenizer = "",
                               .template_digest = "",
                               .files = data,
                               .capabilities = ""};
    return ok && record_put_subject(im->record, &s, err);
}

static bool start(struct import *im, const char *const *paths, size_t n, struct error *err) {
    json_t *data = file_digests(paths, n, err);
    const char *file = foreign_name(paths[0]);
    json_t *config = data ? make_config(im, data, err) : NULL;
    struct buffer text;
    buffer_init(&text, (size_t)64 << 20);
    bool ok = config && json_put_canonical(&text, config) && buffer_check(&text, "settings of the run", err) &&
              put_subject(im, data, err);
    if (ok) {
        struct record_run_key key = {.name = im->settings->name,
                                     .command = im->settings->command,
                                     .config = text.at,
                                     .suite = file,
                                     .subject = im->subject,
                                     .seed = im->settings->seed,
                                     .build = im->settings->build};
        ok = record_run_start(im->record, &key, RECORD_CONTINUE, &im->result->run, err) &&
             (im->result->run.finished || evidence_begin(im->record, im->result->run.name, err));
    }
    buffer_done(&text);
    json_decref(config);
    json_decref(data);
    return ok;
}

/* ---- second pass: the samples */

static bool grow_seen(struct import *im, struct error *err) {
    if (2 * im->n_seen < im->room) return true;
    size_t room = im->room ? 2 * im->room : 1 << 12;
    uint64_t *slots = memory_zeroed(room, sizeof *slots);
    if (!slots) return error_memory(err, "import");
    for (size_t i = 0; i < im->room; i++) {
        size_t at = im->seen[i] & (room - 1);
        while (slots[at]) at = (at + 1) & (room - 1);
        slots[at] = im->seen[i];
    }
    memory_free(im->seen);
    im->seen = slots;
    im->room = room;
    return true;
}

/* The same answer twice would leave figures that nobody can compute again. */
static bool first_time(struct import *im, const struct log_sample *s, struct error *err) {
    struct buffer key;
    buffer_init(&key, 1 << 20);
    evidence_ref(&key, s->task, s->id, s->sample);
    bool ok = buffer_check(&key, "name of a sample", err) && grow_seen(im, err);
    uint64_t hash = ok ? hash_xxh3(key.at, key.len) | 1 : 0;
    buffer_done(&key);
    if (!ok) return false;
    size_t at = hash & (im->room - 1);
    for (; im->seen[at]; at = (at + 1) & (im->room - 1))
        if (im->seen[at] == hash)
            return error_set(
                err, ERROR_DATA,
                "%.*s: item '%.*s' of task '%.*s' comes twice with answer %llu; names must be unique in a log",
                TEXT_ARG(s->source), TEXT_ARG(s->id), TEXT_ARG(s->task), (unsigned long long)s->sample + 1);
    im->seen[at] = hash;
    im->n_seen++;
    return true;
}

static bool digest_of(json_t *j, char hex[HASH_HEX], struct error *err) {
    bool ok = j ? json_digest(j, hex, err) : error_memory(err, "sample");
    json_decref(j);
    return ok;
}

static bool put_asked(struct import *im, const struct log_sample *s, struct log_task *task, const char *item,
                      const char *ask, struct error *err) {
    struct record_item row = {
        .digest = item, .task = s->task, .id = s->id, .group = s->group, .gold = s->gold, .source = s->source};
    struct record_ask asked = {
        .digest = ask, .item = item, .messages = s->messages, .want = s->want, .method = "", .prompt_tokens = -1};
    return record_put_item(im->record, &row, err) && record_put_ask(im->record, &asked, err) &&
           record_put_plan(im->record, im->result->run.id, s->task, task->position++, item, ask, s->sample + 1, 0, err);
}

static bool put_answered(struct import *im, const struct log_sample *s, const char *item, const char *ask,
                         struct error *err) {
    bool failed = strcmp(s->finish, "error") == 0;
    struct record_answer answer = {.run = im->result->run.id,
                                   .ask = ask,
                                   .subject = im->subject,
                                   .sample = s->sample,
                                   .text = s->text,
                                   .finish = s->finish,
                                   .tokens_in = s->tokens_in,
                                   .tokens_out = s->tokens_out,
                                   .logprobs = s->logprobs,
                                   .ms = s->ms,
                                   .error = failed ? s->error : NULL};
    int64_t id;
    if (!record_put_answer(im->record, &answer, &id, err)) return false;
    struct record_score score = {.run = im->result->run.id,
                                 .answer = id,
                                 .item = item,
                                 .scorer = SCORER,
                                 .version = VERSION,
                                 .value = s->value,
                                 .label = s->label,
                                 .parsed = parse_state_names[s->parsed],
                                 .evidence = s->evidence};
    if (!failed && !record_put_score(im->record, &score, err)) return false;
    struct record_row row = {.task = s->task,
                             .item_id = s->id,
                             .item = item,
                             .ask = ask,
                             .sample = s->sample,
                             .answer = id,
                             .text = s->text,
                             .finish = s->finish,
                             .logprobs = s->logprobs,
                             .value = s->value,
                             .label = s->label,
                             .parsed = score.parsed,
                             .evidence = s->evidence};
    char digest[HASH_HEX];
    struct buffer ref;
    buffer_init(&ref, 1 << 20);
    bool ok = evidence_digest(&row, im->subject, SCORER, digest, err) &&
              (evidence_ref(&ref, s->task, s->id, s->sample), buffer_check(&ref, "evidence", err)) &&
              record_evidence_append(im->record, im->result->run.id, failed ? "error" : "answer", buffer_text(&ref),
                                     digest, err);
    buffer_done(&ref);
    im->result->failed += failed;
    return ok;
}

static bool put_sample(void *context, const struct log_sample *s, struct error *err) {
    struct import *im = context;
    struct log_task *task = task_of(im, s->task);
    char item[HASH_HEX], ask[HASH_HEX];
    if (!task) return error_set(err, ERROR_ENVIRONMENT, "%.*s: the log changed while it was read", TEXT_ARG(s->source));
    if (interrupted(im->settings->stop))
        return error_set(err, ERROR_INTERRUPTED, "interrupted; the same command goes on");
    if (!first_time(im, s, err) ||
        !digest_of(
            json_pack("{s:o s:o s:O}", "task", json_from_text(s->task), "id", json_from_text(s->id), "gold", s->gold),
            item, err) ||
        !digest_of(json_pack("{s:O s:O s:s s:I}", "messages", s->messages, "want", s->want, "item", item, "sample",
                             (json_int_t)s->sample),
                   ask, err))
        return false;
    if (im->pending == 0 && !record_begin(im->record, err)) return false;
    if (!put_asked(im, s, task, item, ask, err) || !put_answered(im, s, item, ask, err))
        return error_wrap(err, "%.*s", TEXT_ARG(s->source));
    im->result->samples++;
    if (++im->pending < COMMIT_EVERY) return true;
    im->pending = 0;
    return record_commit(im->record, err);
}

static bool keep_head(void *context, struct text model, const json_t *header, struct error *err) {
    (void)context, (void)model, (void)header, (void)err;
    return true; /* seen in the first pass */
}

/* ---- the end */

static bool put_header(struct import *im, struct error *err) {
    char key[64];
    struct buffer b;
    buffer_init(&b, (size_t)256 << 20);
    snprintf(key, sizeof key, "log/%lld", (long long)im->result->run.id);
    json_t *kept = json_pack("{s:s s:O}", "format", im->format->name, "headers", im->headers);
    bool ok = kept && json_put(&b, kept, 0) && buffer_check(&b, "header of the log", err) &&
              record_put_fact(im->record, key, buffer_text(&b), err);
    json_decref(kept);
    buffer_done(&b);
    return ok;
}

json_t *log_header(struct record *record, int64_t run, struct error *err) {
    char key[64];
    snprintf(key, sizeof key, "log/%lld", (long long)run);
    error_clear(err);
    return record_fact_json(record, key, err);
}

static bool finish(struct import *im, struct arena *arena, struct error *err) {
    json_t *run = record_run_json(im->record, im->result->run.name, err);
    const json_t *config = json_object_get(run, "config"), *tasks = json_object_get(config, "tasks");
    bool ok = run != NULL;
    for (size_t i = 0; ok && i < json_array_size(tasks); i++) {
        struct task *task = run_stored_task(config, json_array_get(tasks, i), record_path(im->record), err);
        struct figure *figures;
        size_t n;
        ok = task && evidence_plan(im->record, im->result->run.id, text_of(task_name(task)), err) &&
             run_task_figures(im->record, im->result->run.id, task, &im->settings->figures, arena, &figures, &n, err) &&
             (!im->format->check || im->format->check(im->headers, task_name(task), figures, n, err)) &&
             run_put_figures(im->record, im->result->run.id, task, figures, n, err);
        if (ok && i == 0) {
            im->result->figures = figures;
            im->result->n_figures = n;
        }
        task_free(task);
    }
    json_decref(run);
    return ok && evidence_end(im->record, im->result->run.id, "done", err);
}

static bool read_all(struct import *im, const char *const *paths, size_t n, const struct log_sink *sink,
                     struct error *err) {
    for (size_t i = 0; i < n; i++)
        if (!im->format->read(paths[i], sink, err)) return false;
    return true;
}

static bool import_all(struct import *im, const char *const *paths, size_t n, struct arena *arena, struct error *err) {
    const struct log_sink first = {see_head, see_sample, im}, second = {keep_head, put_sample, im};
    if (!read_all(im, paths, n, &first, err)) return false;
    if (im->n_tasks == 0) return error_set(err, ERROR_DATA, "'%s' holds no samples; nothing was imported", paths[0]);
    if (!start(im, paths, n, err)) return false;
    if (im->result->run.finished) return true;
    bool ok = put_header(im, err) && read_all(im, paths, n, &second, err) &&
              (im->pending == 0 || record_commit(im->record, err)) && finish(im, arena, err);
    if (ok) return true;
    struct error ignored;
    record_rollback(im->record);
    if (!evidence_end(im->record, im->result->run.id, err->kind == ERROR_INTERRUPTED ? "interrupted" : "failed",
                      &ignored))
        return false;
    return false;
}

bool log_import(struct record *record, const char *const *paths, size_t n, const struct import_settings *settings,
                struct arena *arena, struct import_result *result, struct error *err) {
    *result = (struct import_result){0};
    struct import im = {.record = record, .settings = settings, .result = result, .headers = json_array()};
    arena_init(&im.arena, (size_t)64 << 20);
    bool ok = im.headers && (im.tasks = arena_new(&im.arena, struct log_task, TASKS_MOST, err)) != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        const struct log_format *f = format_of(paths[i], settings->format, err);
        ok = f && (!im.format || im.format == f ||
                   error_set(err, ERROR_USAGE, "'%s' is a log of %s, the others are of %s; import them one by one",
                             paths[i], f->name, im.format->name));
        im.format = f;
    }
    ok = ok && import_all(&im, paths, n, arena, err);
    result->format = im.format ? im.format->name : "";
    memory_free(im.seen);
    json_decref(im.headers);
    arena_done(&im.arena);
    return ok;
}
