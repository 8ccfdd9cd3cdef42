/* Scores files of recorded answers: see score_file.h. A task without rows of its own carries the scorer and its
 * metrics. */
#include "measure/score_file.h"

#include "measure/answer_file.h"
#include "measure/metric_internal.h"

#include <math.h>
#include <string.h>

enum { MISSED_MOST = 5 };

struct scoring {
    const struct score_file_settings *settings;
    struct score_file_result *out;
    struct arena *arena; /* of the result */
    struct arena row;
    struct task *task;
    struct tally *tally;
    struct buffer missed;
};

/* ---- the task that carries the scorer ---- */

struct task *score_carrier(const char *spec, const char *path, uint64_t seed, struct error *err) {
    const struct scorer *scorer = scorer_find(spec_name(text_of(spec)));
    const struct task_settings settings = {.path = path, .seed = seed, .few_shot = -1};
    struct buffer yaml;
    struct error why = {0};
    buffer_init(&yaml, 1 << 16);
    buffer_put_c(&yaml,
                 "{task: score, dataset_path: answers.jsonl, output_type: generate_until, doc_to_text: '', scorer: ");
    json_put_string(&yaml, text_of(spec));
    buffer_printf(&yaml, ", metric_list: %s}", scorer && scorer->metrics ? scorer->metrics : "[score]");
    struct task *task =
        buffer_check(&yaml, "scorer", err) ? task_parse(buffer_text(&yaml), "--scorer", &settings, &why) : NULL;
    buffer_done(&yaml);
    if (task && task_scorer_ready(task, err)) return task;
    if (why.kind) error_set(err, ERROR_USAGE, "%s", why.message);
    task_free(task);
    return NULL;
}

/* ---- rows of known answers ---- */

/* What a score says under the name of a member of "expect"; NULL: nothing. */
static json_t *said(const struct record_row *row, const char *key) {
    if (strcmp(key, "score") == 0 || strcmp(key, "value") == 0) return json_from_f64(row->value);
    if (strcmp(key, "label") == 0) return json_from_text(row->label);
    return json_incref(json_object_get(row->evidence, key));
}

static bool same(const json_t *a, const json_t *b) {
    if (json_is_number(a) && json_is_number(b)) return json_number_value(a) == json_number_value(b);
    return json_equal((json_t *)a, (json_t *)b);
}

static void compare(struct scoring *s, const struct answer_row *row, const struct record_row *scored,
                    const json_t *expect) {
    const char *key;
    json_t *wanted;
    bool met = true;
    s->out->expected++;
    json_object_foreach((json_t *)expect, key, wanted) {
        json_t *found = said(scored, key);
        if (!same(found, wanted) && met) {
            met = false;
            if (s->out->expected - s->out->met <= MISSED_MOST) {
                buffer_printf(&s->missed, "%.*s, '%.*s': %s ", TEXT_ARG(row->item.source), TEXT_ARG(row->item.id), key);
                json_put(&s->missed, found ? found : json_null(), 0);
                buffer_put_c(&s->missed, " instead of ");
                json_put(&s->missed, wanted, 0);
                buffer_put_char(&s->missed, '\n');
            }
        }
        json_decref(found);
    }
    s->out->met += met;
}

/* ---- scored rows ---- */

static json_t *child(json_t *object, const char *key) {
    json_t *found = json_object_get(object, key);
    if (json_is_object(found)) return found;
    json_object_set_new(object, key, json_object());
    return json_object_get(object, key);
}

static bool write_score(json_t *row, size_t i, bool is_group, const struct record_row *scored, const char *scorer,
                        struct error *err) {
    json_t *at = is_group ? json_array_get(json_object_get(row, "answers"), i) : row;
    json_t *level = json_object_get(scored->evidence, "level");
    bool ok;
    if (is_group) {
        ok = json_object_set_new(child(at, "reward"), scorer, json_from_f64(scored->value)) == 0 &&
             json_object_set_new(child(at, "labels"), scorer, json_from_text(scored->label)) == 0;
    } else {
        ok = json_object_set_new(at, "scorer", json_string(scorer)) == 0 &&
             json_object_set_new(at, "value", json_from_f64(scored->value)) == 0 &&
             json_object_set_new(at, "label", json_from_text(scored->label)) == 0 &&
             json_object_set_new(at, "parsed", json_string(scored->parsed)) == 0 &&
             json_object_set(at, "evidence", (json_t *)scored->evidence) == 0;
    }
    if (ok && level) ok = json_object_set_new(at, "level", json_integer((json_int_t)json_number_value(level))) == 0;
    return ok || error_memory(err, "scored row");
}

static bool score_one(struct scoring *s, struct answer_row *row, size_t i, struct error *err) {
    struct record_row scored = record_row_of_item(s->task, &row->item);
    struct answer answer = {.sample = i, .text = row->answers[i]};
    const json_t *expect = json_object_get(row->item.row, "expect");
    scored.sample = i;
    scored.text = answer.text;
    bool ok = record_row_score(s->task, &row->item, &answer, &s->row, &scored, err);
    if (ok && json_is_object(expect) && row->n_answers == 1) compare(s, row, &scored, expect);
    ok = ok && tally_add(s->tally, &scored, err) &&
         (!s->settings->sink || write_score(row->item.row, i, row->is_group, &scored, task_scorer(s->task)->name, err));
    json_decref((json_t *)scored.evidence);
    s->out->answers++;
    return ok;
}

static bool score_row(struct scoring *s, struct answer_row *row, struct error *err) {
    s->out->rows++;
    for (size_t i = 0; i < row->n_answers; i++)
        if (!score_one(s, row, i, err)) return false;
    return !s->settings->sink || s->settings->sink(s->settings->context, row->item.row, err);
}

static bool score_path(struct scoring *s, const char *path, struct error *err) {
    struct answer_file *file = answer_file_open(path, err);
    struct answer_row row;
    int state = file ? 1 : -1;
    while (file && (state = answer_file_next(file, &s->row, &row, err)) != 0) {
        bool bad = state < 0;
        if (bad && (!s->settings->lenient || err->kind != ERROR_DATA)) break;
        if (bad) error_clear(err);
        bool ok = bad || score_row(s, &row, err);
        s->out->bad_rows += bad;
        if (!bad) item_done(&row.item);
        arena_reset(&s->row);
        state = ok ? 1 : -1;
        if (!ok) break;
    }
    answer_file_close(file);
    return state == 0;
}

bool score_files(const char *const *paths, size_t n_paths, const struct score_file_settings *settings,
                 struct arena *arena, struct score_file_result *out, struct error *err) {
    struct scoring s = {.settings = settings, .out = out, .arena = arena};
    *out = (struct score_file_result){0};
    arena_init(&s.row, (size_t)1 << 30);
    buffer_init(&s.missed, 1 << 16);
    bool ok = (s.task = score_carrier(settings->scorer, settings->path, settings->figures.seed, err)) && (s.tally = tally_new(s.task, &settings->figures, err));
    for (size_t i = 0; ok && i < n_paths; i++) ok = score_path(&s, paths[i], err);
    ok = ok && tally_figures(s.tally, arena, &out->figures, &out->n_figures, err);
    if (ok && s.missed.len) ok = (out->missed = text_copy(arena, buffer_text(&s.missed), err)) != NULL;
    tally_free(s.tally);
    task_free(s.task);
    buffer_done(&s.missed);
    arena_done(&s.row);
    return ok;
}
