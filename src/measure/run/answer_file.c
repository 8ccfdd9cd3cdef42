/* Rows of recorded answers: see answer_file.h. */
#include "measure/run/answer_file.h"

#include <math.h>

struct answer_file {
    struct dataset *dataset;
    const char *path;
    json_t *rows; /* of a run, instead of a dataset */
    size_t at;
    bool named; /* ids carry the task's name: the run has several */
};

/* ---- answers of a run ---- */

/* What was asked last: the last message, or the prompt. */
static const json_t *asked(const json_t *messages) {
    if (json_is_array(messages))
        return json_object_get(json_array_get(messages, json_array_size(messages) - 1), "content");
    return json_is_object(messages) ? json_object_get(messages, "prompt") : messages;
}

static bool keep_answer(void *context, const struct record_row *row, struct error *err) {
    struct answer_file *file = context;
    const json_t *question = asked(row->messages);
    if (!row->answer || (row->finish && row->finish[0] == 'e')) return true; /* not answered, or failed */
    json_t *id = file->named ? json_sprintf("%.*s/%.*s", TEXT_ARG(row->task), TEXT_ARG(row->item_id))
                             : json_from_text(row->item_id);
    json_t *j =
        json_pack("{s:o s:o s:o}", "id", id, "task", json_from_text(row->task), "text", json_from_text(row->text));
    bool ok = j && json_object_set_new(j, "sample", json_integer((json_int_t)row->sample)) == 0 &&
              (!row->gold || json_object_set(j, "gold", (json_t *)row->gold) == 0) &&
              (!json_is_string(question) || json_object_set(j, "question", (json_t *)question) == 0) &&
              json_array_append(file->rows, j) == 0;
    json_decref(j);
    return ok || error_memory(err, "answers");
}

static bool open_run(struct answer_file *file, struct record *record, struct error *err) {
    const char *name = file->path + sizeof "run:" - 1;
    json_t *run = record_run_json(record, name, err), *tasks = NULL;
    json_int_t id = json_integer_value(json_object_get(run, "id"));
    bool ok = run && (tasks = record_tasks_json(record, id, err)) &&
              ((file->rows = json_array()) || error_memory(err, "answers"));
    file->named = json_array_size(tasks) > 1;
    for (size_t i = 0; ok && i < json_array_size(tasks); i++)
        ok = record_rows(record, id, json_text(json_array_get(tasks, i)), "", RECORD_WITH_ASKS, keep_answer, file, err);
    json_decref(run);
    json_decref(tasks);
    return ok;
}

struct answer_file *answer_file_open(const char *path, struct record *record, struct error *err) {
    struct answer_file *file = memory_zeroed(1, sizeof *file);
    struct dataset_kwargs kwargs = {.header = true};
    if (!file) return error_memory(err, "answers"), NULL;
    file->path = path;
    bool is_run = record && text_starts(text_of(path), TEXT("run:"));
    if (is_run ? open_run(file, record, err) : (file->dataset = dataset_open(path, path, &kwargs, err)) != NULL)
        return file;
    answer_file_close(file);
    return NULL;
}

void answer_file_close(struct answer_file *file) {
    if (!file) return;
    dataset_close(file->dataset);
    json_decref(file->rows);
    memory_free(file);
}

/* As dataset_next; the rows of a run are counted from 1. */
static int next_row(struct answer_file *file, json_t **row, size_t *line, struct error *err) {
    if (!file->rows) return dataset_next(file->dataset, row, line, err);
    if (file->at == json_array_size(file->rows)) return 0;
    *row = json_deep_copy(json_array_get(file->rows, file->at));
    *line = ++file->at;
    return *row ? 1 : (error_memory(err, "answers"), -1);
}

/* ---- answers ---- */

static bool one_answer(const json_t *value, const char *key, struct json_place place, struct text *out,
                       struct error *err) {
    *out = json_text(value);
    return json_is_string(value) || json_mismatch(value, key, place, "a text", err);
}

/* "answers" of Groups JSONL, or a list of texts. */
static bool take_group(struct answer_row *row, const char *key, const json_t *list, struct json_place place,
                       struct arena *arena, struct error *err) {
    row->n_answers = json_array_size(list);
    row->is_group = json_is_object(json_array_get(list, 0));
    if (!json_is_array(list) || !row->n_answers)
        return json_mismatch(list, key, place, "a list of at least one answer", err);
    if (!(row->answers = arena_new(arena, struct text, row->n_answers, err))) return false;
    for (size_t i = 0; i < row->n_answers; i++) {
        const json_t *one = json_array_get(list, i);
        if (row->is_group && !json_is_object(one)) return json_mismatch(one, key, place, "objects with 'text'", err);
        if (!one_answer(row->is_group ? json_object_get(one, "text") : one, row->is_group ? "answers.text" : key, place,
                        &row->answers[i], err))
            return false;
    }
    return true;
}

static const json_t *text_or_completion(const json_t *row) {
    const json_t *text = json_object_get(row, "text");
    const json_t *completion = json_object_get(row, "completion");
    const json_t *reply = json_object_get(row, "reply");
    return text ? text : completion ? completion : reply ? reply : json_object_get(row, "ModelResponse");
}

/* A text of words that are given one by one. */
static bool take_words(struct answer_row *row, const json_t *list, struct json_place place, struct arena *arena,
                       struct error *err) {
    struct buffer b;
    struct text one;
    bool ok = (row->answers = arena_new(arena, struct text, 1, err)) != NULL;
    buffer_init(&b, (size_t)64 << 20);
    for (size_t i = 0; ok && i < json_array_size(list); i++) {
        if (!(ok = one_answer(json_array_get(list, i), "tokens", place, &one, err))) break;
        if (i) buffer_put_char(&b, ' ');
        buffer_put_text(&b, one);
    }
    ok = ok && buffer_check(&b, "an answer", err);
    char *copy = ok ? arena_copy(arena, b.at ? b.at : "", b.len, err) : NULL;
    if (copy) row->answers[0] = (struct text){copy, b.len};
    row->n_answers = 1;
    buffer_done(&b);
    return copy != NULL;
}

static bool take_answers(struct answer_row *row, struct json_place place, struct arena *arena, struct error *err) {
    const json_t *j = row->item.row, *text = text_or_completion(j), *response = json_object_get(j, "response");
    const json_t *answers = json_object_get(j, "answers"), *responses = json_object_get(j, "responses");
    if (text || response) {
        row->n_answers = 1;
        row->answers = arena_new(arena, struct text, 1, err);
        return row->answers &&
               one_answer(response ? response : text, response ? "response" : "text", place, row->answers, err);
    }
    if (answers) return take_group(row, "answers", answers, place, arena, err);
    if (json_is_array(json_object_get(j, "tokens")))
        return take_words(row, json_object_get(j, "tokens"), place, arena, err);
    if (responses) return take_group(row, "responses", responses, place, arena, err);
    return error_set(err, ERROR_DATA, "%s:%zu: expected 'answers' (Groups JSONL), 'text' or 'response'", place.file,
                     place.line);
}

/* ---- references ---- */

static bool add_reference(struct item *item, const json_t *value, const char *key, struct json_place place,
                          struct arena *arena, struct error *err) {
    struct text t = json_text(value);
    if (json_is_number(value)) {
        char printed[32];
        item->gold_number = json_number_value(value);
        size_t n = text_from_f64(item->gold_number, printed);
        char *kept = arena_copy(arena, printed, n, err);
        if (!kept) return false;
        t = (struct text){kept, n};
    } else if (!json_is_string(value)) {
        return json_mismatch(value, key, place, "a text, a number, or a list of them", err);
    }
    item->gold_texts[item->n_gold_texts++] = t;
    return true;
}

static bool add_references(struct item *item, const json_t *value, const char *key, struct json_place place,
                           struct arena *arena, struct error *err) {
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    if (!(item->gold_texts = arena_new(arena, struct text, n + 1, err))) return false;
    for (size_t i = 0; i < n; i++)
        if (!add_reference(item, json_is_array(value) ? json_array_get(value, i) : value, key, place, arena, err))
            return false;
    return true;
}

/* The gold of an item of the pocket world: its answer and other words for it. */
static bool add_item_gold(struct item *item, const json_t *gold, struct json_place place, struct arena *arena,
                          struct error *err) {
    json_t *all = json_array(), *aliases = json_object_get(gold, "aliases");
    bool ok = all && json_array_append(all, json_object_get(gold, "answer")) == 0 &&
              (!json_is_array(aliases) || json_array_extend(all, aliases) == 0);
    ok = ok ? add_references(item, all, "gold.answer", place, arena, err) : error_memory(err, "references");
    json_decref(all); /* the texts belong to the row */
    return ok;
}

static bool take_references(struct item *item, struct json_place place, struct arena *arena, struct error *err) {
    static const char *const keys[] = {"gold", "solution_text_format", "gold_answer", "answer"};
    const json_t *answers = json_object_get(item->row, "answers");
    bool alone = json_object_get(item->row, "text") || json_object_get(item->row, "response");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(item->row, keys[i]);
        if (!value || json_is_null(value)) continue;
        if (json_is_object(value)) {
            const json_t *texts = json_object_get(value, "texts"), *text = json_object_get(value, "text");
            if (!texts && !text && json_is_string(json_object_get(value, "answer")))
                return add_item_gold(item, value, place, arena, err);
            value = texts ? texts : text;
            if (!value) continue; /* labels alone */
        }
        return add_references(item, value, keys[i], place, arena, err);
    }
    return !alone || !answers || add_references(item, answers, "answers", place, arena, err);
}

/* What was asked, where the row says it. */
static void take_prompt(struct item *item) {
    static const char *const keys[] = {"prompt", "question"};
    const json_t *messages = json_object_get(item->row, "messages");
    if (json_is_array(messages) && json_array_size(messages))
        item->prompt = json_text(json_object_get(json_array_get(messages, json_array_size(messages) - 1), "content"));
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_object_get(item->row, keys[i]);
        if (json_is_string(value) && !item->prompt.len) item->prompt = json_text(value);
    }
}

/* What the record would keep of the gold: texts and labels. */
static bool make_gold(struct item *item, struct error *err) {
    const json_t *said = json_object_get(item->row, "gold"), *labels = json_object_get(item->row, "labels");
    json_t *texts = json_array();
    for (size_t i = 0; texts && i < item->n_gold_texts; i++)
        json_array_append_new(texts, json_from_text(item->gold_texts[i]));
    if (json_is_object(said) && json_object_get(said, "labels")) labels = json_object_get(said, "labels");
    take_prompt(item);
    item->gold = json_pack("{s:o}", "texts", texts);
    if (!item->gold) return error_memory(err, "references");
    if (json_is_object(labels)) json_object_set(item->gold, "labels", (json_t *)labels);
    return true;
}

static bool take_id(struct item *item, struct json_place place, struct arena *arena, struct error *err) {
    static const char *const keys[] = {"id", "question_id", "case"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(item->row, keys[i]);
        if (!value) continue;
        if (json_is_string(value)) return item->id = json_text(value), true;
        if (!json_is_integer(value)) return json_mismatch(value, keys[i], place, "a text or a whole number", err);
        const char *printed = arena_printf(arena, err, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return item->id = text_of(printed), printed != NULL;
    }
    const char *printed = arena_printf(arena, err, "%zu", place.line);
    return item->id = text_of(printed), printed != NULL;
}

static bool take_item(struct item *item, struct json_place place, struct arena *arena, struct error *err) {
    if (!json_is_object(item->row))
        return error_set(err, ERROR_DATA, "%s:%zu: expected an object", place.file, place.line);
    char *source = arena_printf(arena, err, "%s:%zu", place.file, place.line);
    item->source = text_of(source);
    return source && take_id(item, place, arena, err) && take_references(item, place, arena, err) &&
           make_gold(item, err) && json_digest(item->row, item->digest, err);
}

bool answer_row_item(json_t *row, struct json_place place, struct arena *arena, struct item *item, struct error *err) {
    *item = (struct item){.gold_index = -1, .gold_number = NAN, .row = json_incref(row)};
    if (take_item(item, place, arena, err)) return true;
    item_done(item);
    return false;
}

int answer_file_next(struct answer_file *file, struct arena *arena, struct answer_row *row, struct error *err) {
    *row = (struct answer_row){.item = {.gold_index = -1, .gold_number = NAN}};
    int state = next_row(file, &row->item.row, &row->line, err);
    if (state != 1) return state;
    struct json_place place = {file->path, row->line, ""};
    if (take_item(&row->item, place, arena, err) && take_answers(row, place, arena, err)) return 1;
    item_done(&row->item);
    return -1;
}
