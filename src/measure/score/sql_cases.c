/* Reading questions and predictions: see sql_cases.h. */
#include "measure/score/sql_cases.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MOST = 250 };
#define FILE_MOST ((size_t)1 << 30)

/* ---- questions */

bool sql_type_known(struct text type, struct text note) {
    static const char *const hardness[] = {"easy", "medium", "hard"};
    static const char *const infeasible[] = {"column-surface", "column-related", "column-unrelated", "non-sql",
                                             "ext-know"};
    bool sql = text_equal_c(type, "seen-sql") || text_equal_c(type, "unseen-sql");
    if (!type.len && !note.len) return true;
    if (!sql && !text_equal_c(type, "inf")) return false;
    for (size_t i = 0; i < (sql ? 3u : 5u); i++)
        if (text_equal_c(note, sql ? hardness[i] : infeasible[i])) return true;
    return false;
}

/* "": it is not there. */
static bool optional(const json_t *row, const char *key, struct json_place place, struct text *out, struct error *err) {
    const json_t *value = json_object_get(row, key);
    *out = json_text(value);
    return !value || json_is_null(value) || json_is_string(value) || json_mismatch(value, key, place, "a text", err);
}

static bool read_question(struct sql_question *q, const json_t *row, struct json_place place, struct error *err) {
    if (!json_is_object(row))
        return error_set(err, ERROR_DATA, "%s:%zu: expected a question {\"id\", \"query\", ...}", place.file,
                         place.line);
    *q = (struct sql_question){.file = place.file, .line = place.line};
    if (!json_get_text(row, "id", place, &q->id, err) || !optional(row, "db_id", place, &q->db_id, err) ||
        !optional(row, "query", place, &q->query, err) || !optional(row, "type", place, &q->type, err) ||
        !optional(row, "note", place, &q->note, err) || !optional(row, "split", place, &q->split, err))
        return false;
    if (!q->id.len || q->id.len > ID_MOST)
        return error_set(err, ERROR_DATA, "%s:%zu: field 'id': expected 1 to %d bytes", place.file, place.line,
                         ID_MOST);
    return sql_type_known(q->type, q->note) ||
           error_set(err, ERROR_DATA, "%s:%zu: type '%.*s' with note '%.*s' is none of the known ones", place.file,
                     place.line, TEXT_ARG(q->type), TEXT_ARG(q->note));
}

/* A list of questions, or what stands under "data". NULL: it is a map. */
static const json_t *list_of(const json_t *root) {
    const json_t *data = json_object_get(root, "data");
    return json_is_array(root) ? root : json_is_array(data) ? data : NULL;
}

static bool grow(struct sql_cases *c, size_t more, struct error *err) {
    struct sql_question *all = arena_new(c->arena, struct sql_question, c->n_questions + more, err);
    if (all && c->n_questions) memcpy(all, c->questions, c->n_questions * sizeof *all);
    c->questions = all ? all : c->questions;
    return all != NULL;
}

static bool read_list(struct sql_cases *c, const json_t *list, const char *file, struct error *err) {
    size_t i;
    json_t *row;
    if (!grow(c, json_array_size(list), err)) return false;
    json_array_foreach((json_t *)list, i,
                       row) if (!read_question(&c->questions[c->n_questions++], row,
                                               (struct json_place){file, i + 1, ""}, err)) return false;
    return true;
}

static bool questions_of_map(struct sql_cases *c, const json_t *map, const char *file, struct error *err) {
    const char *key;
    json_t *value;
    if (!grow(c, json_object_size(map), err)) return false;
    json_object_foreach((json_t *)map, key, value) {
        if (!json_is_string(value)) return json_mismatch(value, key, (struct json_place){file, 0, ""}, "a query", err);
        c->questions[c->n_questions] = (struct sql_question){
            .id = text_of(key), .query = json_text(value), .file = file, .line = c->n_questions + 1};
        c->n_questions++;
    }
    return true;
}

static int by_id(const void *a, const void *b) {
    return text_compare((*(const struct sql_question *const *)a)->id, (*(const struct sql_question *const *)b)->id);
}

static bool are_unique(const struct sql_cases *c, struct error *err) {
    const struct sql_question **all = arena_new(c->arena, const struct sql_question *, c->n_questions + 1, err);
    if (!all) return false;
    for (size_t i = 0; i < c->n_questions; i++) all[i] = &c->questions[i];
    qsort(all, c->n_questions, sizeof *all, by_id);
    for (size_t i = 1; i < c->n_questions; i++)
        if (text_equal(all[i]->id, all[i - 1]->id))
            return error_set(err, ERROR_DATA, "%s:%zu: id '%.*s' comes twice (%s:%zu)",
                             all[i]->line > all[i - 1]->line ? all[i]->file : all[i - 1]->file,
                             all[i]->line > all[i - 1]->line ? all[i]->line : all[i - 1]->line, TEXT_ARG(all[i]->id),
                             all[i]->line > all[i - 1]->line ? all[i - 1]->file : all[i]->file,
                             all[i]->line > all[i - 1]->line ? all[i - 1]->line : all[i]->line);
    return true;
}

/* References for questions that have none. */
static bool fill_queries(struct sql_cases *c, const json_t *map, const char *file, struct error *err) {
    char key[ID_MOST + 1];
    for (size_t i = 0; i < c->n_questions; i++) {
        struct sql_question *q = &c->questions[i];
        snprintf(key, sizeof key, "%.*s", TEXT_ARG(q->id));
        const json_t *value = json_object_get(map, key);
        if (!json_is_string(value))
            return error_set(err, ERROR_DATA, "%s: no query for '%.*s' (%s:%zu)", file, TEXT_ARG(q->id), q->file,
                             q->line);
        q->query = json_text(value);
    }
    return true;
}

/* ---- predictions */

static bool take_samples(struct sql_cases *c, struct sql_case *out, const json_t *value, const char *key,
                         struct json_place place, struct error *err) {
    size_t n = json_is_array(value) ? json_array_size(value) : 1;
    if (!n || n > SQL_SAMPLES_MOST || !(out->samples = arena_new(c->arena, struct text, n, err)))
        return n && n <= SQL_SAMPLES_MOST ? false : json_mismatch(value, key, place, "1 to 1000 samples", err);
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;
        out->samples[i] = json_is_null(one) ? TEXT("null") : json_text(one);
        if (!json_is_string(one) && !json_is_null(one)) return json_mismatch(one, key, place, "SQL, or null", err);
    }
    out->n_samples = n;
    c->sampled |= n > 1;
    return true;
}

/* One of "predictions": {"sql", "score"?, "signal"?}. */
static bool take_one(struct sql_cases *c, struct sql_case *out, const json_t *one, struct json_place place,
                     struct error *err) {
    const json_t *sql = json_object_get(one, "sql"), *score = json_object_get(one, "score"),
                 *signal = json_object_get(one, "signal");
    if (!json_is_object(one)) return json_mismatch(one, "predictions", place, "objects with 'sql'", err);
    if (score && !json_is_number(score)) return json_mismatch(score, "score", place, "1, 0 or -1", err);
    if (signal && !json_is_number(signal)) return json_mismatch(signal, "signal", place, "a number", err);
    if (score) out->expected = json_number_value(score);
    if (signal) out->signal = json_number_value(signal);
    return take_samples(c, out, sql, "predictions.sql", place, err);
}

static const json_t *row_of(const struct sql_cases *c, const struct sql_question *q) {
    size_t i;
    json_t *root;
    json_array_foreach(c->roots, i, root) {
        const json_t *list = list_of(json_object_get(root, "root"));
        if (list && json_string_value(json_object_get(root, "file")) &&
            strcmp(json_string_value(json_object_get(root, "file")), q->file) == 0)
            return json_array_get(list, q->line - 1);
    }
    return NULL;
}

/* What the map of predictions says of a question; NULL: nothing. */
static const json_t *predicted(const json_t *maps, const struct sql_question *q) {
    char key[ID_MOST + 1];
    size_t i;
    json_t *map;
    snprintf(key, sizeof key, "%.*s", TEXT_ARG(q->id));
    json_array_foreach((json_t *)maps, i, map) {
        const json_t *value = json_object_get(map, key);
        if (value && !json_is_null(value)) return value;
    }
    return NULL;
}

/* As rows of answers call it, too; NULL: none. */
static const json_t *inline_prediction(const json_t *row) {
    static const char *const keys[] = {"prediction", "sql", "text"};
    for (size_t i = 0; i < 3; i++)
        if (json_object_get(row, keys[i])) return json_object_get(row, keys[i]);
    return NULL;
}

static size_t cases_of(const json_t *row) {
    const json_t *list = json_object_get(row, "predictions");
    return json_is_array(list) ? json_array_size(list) : 1;
}

static bool add_cases(struct sql_cases *c, struct sql_question *q, const json_t *row, const json_t *map,
                      struct error *err) {
    const json_t *list = json_object_get(row, "predictions"), *said = inline_prediction(row),
                 *signal = json_object_get(row, "signal");
    const struct json_place place = {q->file, q->line, ""};
    q->first = c->n_cases;
    if (map) list = NULL, said = map;
    q->n = json_is_array(list) ? json_array_size(list) : 1;
    for (size_t i = 0; i < q->n; i++) {
        struct sql_case *one = &c->cases[c->n_cases++];
        *one = (struct sql_case){.question = q, .expected = NAN, .signal = NAN};
        if (json_is_number(signal)) one->signal = json_number_value(signal);
        if (json_is_array(list)) {
            if (!take_one(c, one, json_array_get(list, i), place, err)) return false;
        } else if (said && !json_is_null(said)) {
            if (!take_samples(c, one, said, map ? json_string_value(json_object_get(row, "id")) : "prediction", place,
                              err))
                return false;
        } else {
            c->unanswered++;
            if (!(one->samples = arena_new(c->arena, struct text, 1, err))) return false;
            one->samples[0] = TEXT("null");
            one->n_samples = 1;
        }
    }
    return true;
}

static bool take_cases(struct sql_cases *c, const json_t *maps, struct error *err) {
    size_t most = 1;
    for (size_t i = 0; i < c->n_questions; i++) most += cases_of(row_of(c, &c->questions[i]));
    if (!(c->cases = arena_new(c->arena, struct sql_case, most, err))) return false;
    for (size_t i = 0; i < c->n_questions; i++) {
        struct sql_question *q = &c->questions[i];
        if (!add_cases(c, q, row_of(c, q), predicted(maps, q), err)) return false;
    }
    return true;
}

/* ---- files */

static json_t *read_file(const char *path, struct error *err) {
    return text_ends(text_of(path), TEXT(".jsonl")) ? json_read_list(path, FILE_MOST, err)
                                                    : json_read_file(path, FILE_MOST, err);
}

static bool lacks_queries(const struct sql_cases *c) {
    for (size_t i = 0; i < c->n_questions; i++)
        if (!c->questions[i].query.len) return true;
    return c->n_questions == 0;
}

/* maps: predictions so far. */
static bool take_file(struct sql_cases *c, const char *path, json_t *maps, struct error *err) {
    json_t *root = read_file(path, err), *kept = root ? json_pack("{s:s s:o}", "file", path, "root", root) : NULL;
    if (!root) return false;
    if (!kept || json_array_append_new(c->roots, kept) != 0) return error_memory(err, path);
    const char *file = arena_copy(c->arena, path, strlen(path), err);
    const json_t *list = list_of(root);
    if (!file) return false;
    if (list) return read_list(c, list, file, err);
    if (!json_is_object(root))
        return error_set(err, ERROR_DATA, "%s: expected a list of questions, or a map {ID: SQL}", path);
    if (!lacks_queries(c)) return json_array_append(maps, root) == 0 || error_memory(err, path);
    return c->n_questions ? fill_queries(c, root, file, err) : questions_of_map(c, root, file, err);
}

bool sql_cases_read(struct sql_cases *out, const char *const *paths, size_t n, struct arena *arena, struct error *err) {
    json_t *maps = json_array();
    *out = (struct sql_cases){.arena = arena, .roots = json_array()};
    bool ok = (maps && out->roots) || error_memory(err, "questions");
    for (size_t i = 0; ok && i < n; i++) ok = take_file(out, paths[i], maps, err);
    if (ok && !out->n_questions) ok = error_set(err, ERROR_DATA, "%s: no questions", paths[0]);
    for (size_t i = 0; ok && i < out->n_questions; i++)
        if (!out->questions[i].query.len)
            ok = error_set(err, ERROR_DATA, "%s:%zu: question '%.*s' has no 'query'; give the file of references, too",
                           out->questions[i].file, out->questions[i].line, TEXT_ARG(out->questions[i].id));
    ok = ok && are_unique(out, err) && take_cases(out, maps, err);
    if (ok && out->unanswered == out->n_questions && !json_array_size(maps))
        ok = error_set(err, ERROR_DATA,
                       "%s: no question has a prediction; give them as 'prediction', or as a file {ID: SQL}", paths[0]);
    json_decref(maps);
    return ok;
}

void sql_cases_done(struct sql_cases *c) {
    json_decref(c->roots);
    c->roots = NULL;
}

void sql_count(struct reliability *to, const struct sql_judgement *judged, bool lucky_wrong) {
    switch (judged->verdict) {
    case SQL_RIGHT:
        ++*(lucky_wrong && judged->lucky ? &to->wrong : &to->right);
        break;
    case SQL_MISSED:
        to->missed++;
        break;
    case SQL_SILENT:
        to->silent++;
        break;
    case SQL_FALSE:
        to->falsely++;
        break;
    default:
        to->wrong++;
        break;
    }
}
