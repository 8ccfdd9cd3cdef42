/* Reading recorded answers and finding them: see replay_file.h. */
#include "subject/replay_file.h"

#include "subject/replay_layout.h"
#include "subject/replay_source.h"

#include <stdlib.h>
#include <string.h>

#define VALUE_MAX ((size_t)64 << 20)
#define FILE_MAX_BYTES ((size_t)8 << 30)

/* What reading one file needs beside the file. */
struct reading {
    struct replay_file *file;
    const struct replay_options *options;
    struct replay_layout layout;
    bool known; /* the layout was told from the first row */
    size_t n_rows;
    struct buffer text;
};

static bool row_error(const struct replay_file *file, size_t line, const char *field, const char *expected,
                      const json_t *found, struct error *err) {
    return json_mismatch(found, field, (struct json_place){file->path, line, ""}, expected, err);
}

/* ---- values ---- */

/* The value of a field; a template's is a new string. NULL without err: the row has no such field. */
static bool field_value(struct reading *r, const struct replay_field *field, const json_t *row, size_t line,
                        json_t **out, struct error *err) {
    *out = NULL;
    if (!field->name) return true;
    if (!field->program) {
        *out = json_incref(json_object_get(row, field->name));
        return true;
    }
    json_t *variables = json_copy((json_t *)row);
    bool ok = variables && json_object_set_new(variables, "row", json_integer((json_int_t)r->n_rows)) == 0 &&
              json_object_set_new(variables, "line", json_integer((json_int_t)line)) == 0;
    buffer_clear(&r->text);
    if (!ok)
        error_memory(err, "row");
    else if (!(ok = jinja_render(field->program, variables, &r->text, err)))
        error_wrap(err, "%s:%zu", r->file->path, line);
    else if (!(ok = (*out = json_from_text(buffer_text(&r->text))) != NULL))
        error_memory(err, "row");
    json_decref(variables);
    return ok;
}

/* Texts, and numbers and booleans as text; null and nothing: empty. A message gives its content. */
static bool value_text(struct reading *r, const json_t *value, const char *field, size_t line, struct text *out,
                       struct error *err) {
    if (json_is_object(value)) value = json_object_get(value, "content");
    if (!value || json_is_null(value)) return *out = TEXT(""), true;
    buffer_clear(&r->text);
    if (json_is_string(value))
        buffer_put_text(&r->text, json_text(value));
    else if (json_is_number(value) || json_is_boolean(value))
        json_put(&r->text, value, 0);
    else
        return row_error(r->file, line, field, "a text", value, err);
    if (!buffer_check(&r->text, "answer", err)) return error_wrap(err, "%s:%zu", r->file->path, line);
    char *copy = text_copy(&r->file->arena, buffer_text(&r->text), err);
    *out = (struct text){copy, r->text.len};
    return copy != NULL;
}

static bool read_text(struct reading *r, const struct replay_field *field, const json_t *row, size_t line,
                      struct text *out, struct error *err) {
    json_t *value;
    if (!field_value(r, field, row, line, &value, err)) return false;
    bool ok = value_text(r, value, field->name ? field->name : "", line, out, err);
    json_decref(value);
    return ok;
}

/* A number, also as the text of a CSV; *given false when it is not there, null or empty. */
static bool read_number(const struct replay_file *file, const json_t *value, const char *field, size_t line,
                        bool *given, double *out, struct error *err) {
    struct text t = json_text(value);
    *given = value && !json_is_null(value) && !(json_is_string(value) && t.len == 0);
    *out = 0;
    if (!*given) return true;
    if (json_is_number(value)) return *out = json_number_value(value), true;
    if (json_is_string(value) && text_to_f64(t, out)) return true;
    return row_error(file, line, field, "a number", value, err);
}

static bool read_count(const struct replay_file *file, const json_t *value, const char *field, size_t line, bool *given,
                       size_t *out, struct error *err) {
    double number;
    if (!read_number(file, value, field, line, given, &number, err)) return false;
    if (!(number >= 0 && number <= 1e9 && number == (double)(size_t)number))
        return row_error(file, line, field, "a whole number from 0", value, err);
    *out = (size_t)number;
    return true;
}

/* ---- log-probabilities ---- */

static bool read_choices(struct reading *r, const json_t *list, struct replay_row *row, struct error *err) {
    size_t n = json_array_size(list);
    struct choice_score *choices = arena_new(&r->file->arena, struct choice_score, n, err);
    for (size_t i = 0; choices && i < n; i++) {
        const json_t *one = json_array_get(list, i), *logprob = json_object_get(one, "logprob");
        bool given;
        if (!json_is_object(one))
            return row_error(r->file, row->line, "logprobs", "an object for each choice", one, err);
        if (!read_number(r->file, logprob, "logprobs[].logprob", row->line, &given, &choices[i].logprob, err) ||
            !read_count(r->file, json_object_get(one, "tokens"), "logprobs[].tokens", row->line, &given,
                        &choices[i].tokens, err) ||
            !read_count(r->file, json_object_get(one, "bytes"), "logprobs[].bytes", row->line, &given,
                        &choices[i].bytes, err))
            return false;
        if (!json_is_number(logprob)) choices[i].logprob = __builtin_nan("");
        choices[i].greedy = json_is_true(json_object_get(one, "greedy"));
    }
    row->choices = choices;
    row->n_choices = n;
    return choices != NULL;
}

static bool read_tokens(struct reading *r, const json_t *list, struct replay_row *row, struct error *err) {
    size_t n = json_array_size(list);
    float *logprobs = arena_new(&r->file->arena, float, n, err);
    for (size_t i = 0; logprobs && i < n; i++) {
        const json_t *one = json_array_get(list, i);
        if (!json_is_number(one) && !json_is_null(one))
            return row_error(r->file, row->line, "logprobs", "numbers", one, err);
        logprobs[i] = json_is_null(one) ? __builtin_nanf("") : (float)json_number_value(one);
    }
    row->logprobs = logprobs;
    row->tokens_out = n;
    return logprobs != NULL;
}

/* A list, or its JSON text; other things ("logprobs": {...} of endpoints) are left out. */
static bool read_logprobs(struct reading *r, const json_t *row, struct replay_row *out, struct error *err) {
    json_t *own = NULL;
    const json_t *list = json_object_get(row, "logprobs");
    if (json_is_string(list) && json_text(list).len) {
        if (!(own = json_read(json_text(list), r->file->path, out->line, err))) return false;
        list = own;
    }
    bool ok = true;
    if (json_array_size(list) > 0)
        ok = json_is_object(json_array_get(list, 0)) ? read_choices(r, list, out, err) : read_tokens(r, list, out, err);
    json_decref(own);
    return ok;
}

/* ---- rows ---- */

static struct replay_row *new_row(struct replay_file *file, struct error *err) {
    if (file->n == file->capacity) {
        size_t wanted = file->capacity ? file->capacity * 2 : 256;
        struct replay_row *grown = memory_grow(file->rows, wanted, sizeof *grown);
        if (!grown) return error_memory(err, "recorded answers"), NULL;
        file->rows = grown;
        file->capacity = wanted;
    }
    file->rows[file->n] = (struct replay_row){0};
    return &file->rows[file->n];
}

static struct text without_prefix(const struct replay_file *file, struct text id) {
    return file->strip.len && id.len > file->strip.len && text_starts(id, file->strip)
               ? text_part(id, file->strip.len, id.len)
               : id;
}

static bool read_state(struct reading *r, const json_t *row, struct replay_row *out, struct error *err) {
    struct text finish;
    bool given;
    if (!value_text(r, json_object_get(row, "finish"), "finish", out->line, &finish, err) ||
        !read_text(r, &r->layout.error, row, out->line, &out->error, err))
        return false;
    out->finish = text_equal_c(finish, "length") ? ANSWER_LENGTH : ANSWER_STOP;
    if (text_equal_c(finish, "error") && !out->error.len) out->error = TEXT("no reason is recorded");
    return read_count(r->file, json_object_get(row, "tokens_in"), "tokens_in", out->line, &given, &out->tokens_in,
                      err) &&
           read_count(r->file, json_object_get(row, "tokens_out"), "tokens_out", out->line, &given, &out->tokens_out,
                      err) &&
           read_number(r->file, json_object_get(row, "ms"), "ms", out->line, &given, &out->ms, err) &&
           read_logprobs(r, row, out, err);
}

static bool add_row(struct reading *r, const json_t *row, size_t line, struct error *err) {
    struct replay_layout *l = &r->layout;
    struct replay_row *out = new_row(r->file, err);
    bool given = false;
    json_t *sample;
    if (!out) return false;
    out->line = line;
    if (!read_text(r, &l->id, row, line, &out->id, err) || !read_text(r, &l->text, row, line, &out->text, err) ||
        !read_text(r, &l->task, row, line, &out->task, err) || !field_value(r, &l->sample, row, line, &sample, err))
        return false;
    bool ok = read_count(r->file, sample, "sample", line, &given, &out->sample, err) && read_state(r, row, out, err);
    json_decref(sample);
    if (!ok) return false;
    if (!out->id.len)
        return error_set(err, ERROR_DATA, "%s:%zu: field '%s': expected the id of an item, found nothing",
                         r->file->path, line, l->id.name);
    if (l->text.name && !l->text.program && !json_object_get(row, l->text.name) && !out->error.len && !out->n_choices)
        return row_error(r->file, line, l->text.name, "an answer", NULL, err);
    out->id = without_prefix(r->file, out->id);
    out->counted = !given;
    r->file->n++;
    return true;
}

/* The other answers of a row that holds several. */
static bool add_more(struct reading *r, const json_t *row, size_t line, struct error *err) {
    struct replay_field text = r->layout.text, task = r->layout.task;
    bool ok = true;
    for (size_t i = 0; ok && i < r->layout.n_more; i++) {
        if (!r->layout.more[i].text.name) continue;
        r->layout.text = r->layout.more[i].text;
        r->layout.task = r->layout.more[i].task;
        ok = add_row(r, row, line, err);
    }
    r->layout.text = text;
    r->layout.task = task;
    return ok;
}

/* The answers of a row that holds one for each of several subjects: NAME/ID. */
static bool add_each(struct reading *r, const json_t *row, size_t line, struct error *err) {
    struct replay_layout *l = &r->layout;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)row, key, value) {
        if (!replay_layout_each(key, l->each, l->each_name)) continue;
        l->text = (struct replay_field){.name = key};
        bool ok = add_row(r, row, line, err);
        l->text = (struct replay_field){0};
        if (!ok) return false;
        struct replay_row *last = &r->file->rows[r->file->n - 1];
        char *id =
            arena_printf(&r->file->arena, err, "%.*s/%.*s", (int)(strlen(key) - l->each.len), key, TEXT_ARG(last->id));
        if (!id) return false;
        last->id = text_of(id);
    }
    return true;
}

static bool take_row(struct reading *r, const json_t *row, size_t line, struct error *err) {
    if (!r->known) {
        if (!replay_layout_find(&r->layout, r->options, row, r->file->path, line, &r->file->arena, err)) return false;
        r->known = true;
        char *strip = text_copy(&r->file->arena, r->layout.strip, err);
        if (!strip) return false;
        r->file->strip = (struct text){strip, r->layout.strip.len};
    }
    bool ok = r->layout.each.len ? add_each(r, row, line, err)
                                 : !replay_layout_takes(&r->layout, row) ||
                                       (add_row(r, row, line, err) && add_more(r, row, line, err));
    r->n_rows++;
    return ok;
}

static bool read_all(struct reading *r, struct error *err) {
    struct replay_source source;
    json_t *row;
    size_t line;
    int state = -1;
    if (replay_source_open(&source, r->file->path, r->options->format, err))
        while ((state = replay_source_next(&source, &row, &line, err)) == 1) {
            bool ok = take_row(r, row, line, err);
            json_decref(row);
            if (ok) continue;
            state = -1;
            break;
        }
    replay_source_close(&source);
    if (state < 0) return false;
    if (r->file->n) return true;
    if (r->layout.only.len)
        return error_set(err, ERROR_DATA, "%s: none of its %zu rows is of subject, model or task '%.*s'", r->file->path,
                         r->n_rows, TEXT_ARG(r->layout.only));
    return error_set(err, ERROR_DATA, "%s:1: no answers in this file", r->file->path);
}

/* ---- order ---- */

static int compare_items(const struct replay_row *a, const struct replay_row *b) {
    int c = text_compare(a->id, b->id);
    return c ? c : text_compare(a->task, b->task);
}

static int by_place(const void *a, const void *b) {
    const struct replay_row *x = *(const struct replay_row *const *)a, *y = *(const struct replay_row *const *)b;
    int c = compare_items(x, y);
    if (c) return c;
    return x < y ? -1 : x > y;
}

static int by_sample(const void *a, const void *b) {
    const struct replay_row *x = *(const struct replay_row *const *)a, *y = *(const struct replay_row *const *)b;
    int c = compare_items(x, y);
    if (c) return c;
    if (x->sample != y->sample) return x->sample < y->sample ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Answers without a number are counted per item, in the order of the file. */
static void count_samples(struct replay_file *file) {
    qsort(file->byid, file->n, sizeof *file->byid, by_place);
    size_t next = 0;
    for (size_t i = 0; i < file->n; i++) {
        struct replay_row *row = &file->rows[file->byid[i] - file->rows];
        next = i && compare_items(file->byid[i - 1], row) == 0 ? next : 0;
        if (row->counted) row->sample = next++;
    }
}

/* The same answer again (of another scorer) is dropped, another one is an error. */
static bool drop_repeated(struct replay_file *file, struct error *err) {
    size_t kept = 0;
    for (size_t i = 0; i < file->n; i++) {
        const struct replay_row *row = file->byid[i], *before = kept ? file->byid[kept - 1] : NULL;
        if (!before || compare_items(before, row) != 0 || before->sample != row->sample) {
            file->byid[kept++] = row;
            continue;
        }
        if (text_equal(before->text, row->text) && text_equal(before->error, row->error)) continue;
        return error_set(err, ERROR_DATA,
                         "%s:%zu: item '%.*s', sample %zu, has another answer than in line %zu; leave one, or "
                         "choose a subject with 'replay:FILE#NAME'",
                         file->path, row->line, TEXT_ARG(row->id), row->sample, before->line);
    }
    file->n = kept;
    return true;
}

static bool sort_rows(struct replay_file *file, struct error *err) {
    if (!(file->byid = memory_alloc(file->n * sizeof *file->byid))) return error_memory(err, "index of answers");
    for (size_t i = 0; i < file->n; i++) file->byid[i] = &file->rows[i];
    count_samples(file);
    qsort(file->byid, file->n, sizeof *file->byid, by_sample);
    return drop_repeated(file, err);
}

struct replay_file *replay_file_open(const char *path, const struct replay_options *options, struct error *err) {
    struct replay_file *file = memory_zeroed(1, sizeof *file);
    if (!file) return error_memory(err, "recorded answers"), NULL;
    arena_init(&file->arena, FILE_MAX_BYTES);
    struct reading r = {.file = file, .options = options};
    buffer_init(&r.text, VALUE_MAX);
    bool ok =
        (file->path = text_copy(&file->arena, text_of(path), err)) != NULL && read_all(&r, err) && sort_rows(file, err);
    buffer_done(&r.text);
    replay_layout_done(&r.layout);
    if (ok) return file;
    replay_file_close(file);
    return NULL;
}

void replay_file_close(struct replay_file *file) {
    if (!file) return;
    memory_free(file->rows);
    memory_free(file->byid);
    arena_done(&file->arena);
    memory_free(file);
}

/* ---- finding ---- */

/* The first row whose id is not less than this one. */
static size_t lower_bound(const struct replay_file *file, struct text id) {
    size_t from = 0, to = file->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (text_compare(file->byid[middle]->id, id) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct found {
    const struct replay_row *row;
    size_t samples;                 /* of the item */
    const struct replay_row *other; /* one of a second task that has the id */
};

/* task empty: any. nocase: the task was cut out of an id, where its case may differ. */
static struct found find_item(const struct replay_file *file, struct text id, struct text task, bool nocase,
                              size_t sample) {
    struct found f = {0};
    const struct replay_row *first = NULL;
    for (size_t i = lower_bound(file, id); i < file->n && text_equal(file->byid[i]->id, id); i++) {
        const struct replay_row *row = file->byid[i];
        if (task.len && !(nocase ? text_equal_nocase(row->task, task) : text_equal(row->task, task))) continue;
        if (first && !text_equal(first->task, row->task)) f.other = row;
        if (!first) first = row;
        f.samples++;
        if (row->sample == sample && !f.row) f.row = row;
    }
    return f;
}

/* TASK/ID and its like. */
static struct found find_composed(const struct replay_file *file, struct text id, size_t sample) {
    struct found f = {0};
    for (size_t i = 1; i + 1 < id.len && !f.samples; i++)
        if (strchr("/-:_", id.at[i]) && id.at[i])
            f = find_item(file, without_prefix(file, text_part(id, i + 1, id.len)), text_part(id, 0, i), true, sample);
    return f;
}

const struct replay_row *replay_file_find(const struct replay_file *file, struct text id, struct text task,
                                          size_t sample, struct error *err) {
    struct text own = without_prefix(file, id);
    struct found f = {0};
    if (task.len) f = find_item(file, own, task, false, sample);
    if (!f.samples) f = find_item(file, own, TEXT(""), false, sample);
    if (!f.samples) f = find_composed(file, id, sample);
    if (f.other) {
        error_set(err, ERROR_DATA,
                  "item '%.*s': %s has answers to items of this id in several tasks, one of them '%.*s'; "
                  "choose one with 'replay:FILE#TASK'",
                  TEXT_ARG(id), file->path, TEXT_ARG(f.other->task));
        return NULL;
    }
    if (f.row) return f.row;
    if (f.samples)
        error_set(err, ERROR_DATA, "item '%.*s': %s has %zu answers, none with the sample number %zu", TEXT_ARG(id),
                  file->path, f.samples, sample);
    else
        error_set(err, ERROR_DATA, "item '%.*s': no answer of this id in %s", TEXT_ARG(id), file->path);
    return NULL;
}
