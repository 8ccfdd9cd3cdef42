/* Scores files of recorded answers: see score_file.h. A task without rows of its own carries the scorer and its
 * metrics. */
#include "measure/run/score_file.h"

#include "measure/run/answer_file.h"
#include "measure/figure/metric_internal.h"
#include "measure/statistics/statistics.h"

#include <math.h>
#include <string.h>

enum { MISSED_MOST = 5, MISTAKES_BYTES = 1 << 18 };

struct scoring {
    const struct score_file_settings *settings;
    struct score_file_result *out;
    struct arena *arena; /* of the result */
    struct arena row;    /* of the rows at hand */
    struct task *task, *strict; /* strict: the same without what a judge said; NULL: it takes none */
    struct tally *tally, *strict_tally;
    struct {
        const char *spec;
        struct task *task;
        struct tally *tally;
    } also[SCORE_ALSO_MOST];
    size_t n_also;
    struct buffer missed, mistakes;
};

/* Rows that are judged together. */
enum { ROWS = 64 };
struct row_batch {
    struct answer_row rows[ROWS];
    size_t n;
};

/* ---- the task that carries the scorer ---- */

/* What is figured out where nobody says; a spec that is wrong is told by whoever reads the task. */
static const char *metrics_of(const struct scorer *scorer, const char *spec) {
    struct error ignored = {0};
    struct arena arena;
    arena_init(&arena, 1 << 20);
    const struct option_value *options =
        scorer && scorer->metrics_by
            ? spec_parse(&arena, text_of(spec), scorer->options, scorer->n_options, &ignored)
            : NULL;
    const char *metrics = options ? scorer->metrics_by(options) : scorer ? scorer->metrics : NULL;
    arena_done(&arena);
    return metrics ? metrics : "[score]";
}

struct task *score_carrier(const char *spec, const char *path, uint64_t seed, struct error *err) {
    const struct scorer *scorer = scorer_find(spec_name(text_of(spec)));
    const struct task_settings settings = {.path = path, .seed = seed, .few_shot = -1};
    struct buffer yaml;
    struct error why = {0};
    buffer_init(&yaml, 1 << 16);
    buffer_put_c(&yaml,
                 "{task: score, dataset_path: answers.jsonl, output_type: generate_until, doc_to_text: '', scorer: ");
    json_put_string(&yaml, text_of(spec));
    buffer_printf(&yaml, ", metric_list: %s}", metrics_of(scorer, spec));
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

/* A row that people labelled with a class, and got another; or one that was left open, where the scorer lists them. */
static void note_mistake(struct scoring *s, const struct answer_row *row, const struct record_row *scored) {
    struct text gold = json_text(json_object_get(scored->evidence, "gold_label"));
    bool open = task_scorer(s->task)->lists_unread && scored->parsed && strcmp(scored->parsed, "fail") == 0;
    if (open && s->mistakes.len <= MISTAKES_BYTES / 2) {
        buffer_printf(&s->mistakes, "%.*s: %.*s: ", TEXT_ARG(row->item.source), TEXT_ARG(scored->label));
        json_put_string(&s->mistakes, text_part(scored->text, 0, 200));
        buffer_put_char(&s->mistakes, '\n');
    }
    if (!gold.len || text_equal(gold, scored->label) || s->mistakes.len > MISTAKES_BYTES / 2) return;
    buffer_printf(&s->mistakes, "%.*s, '%.*s': %.*s instead of %.*s: ", TEXT_ARG(row->item.source),
                  TEXT_ARG(row->item.id), TEXT_ARG(scored->label), TEXT_ARG(gold));
    json_put_string(&s->mistakes, text_part(scored->text, 0, 200));
    buffer_put_char(&s->mistakes, '\n');
}

/* ---- scored rows ---- */

static json_t *child(json_t *object, const char *key) {
    json_t *found = json_object_get(object, key);
    if (json_is_object(found)) return found;
    json_object_set_new(object, key, json_object());
    return json_object_get(object, key);
}

static bool write_score(json_t *row, size_t i, bool is_group, const struct record_row *scored,
                        const struct scorer *of, struct error *err) {
    const char *scorer = of->name;
    bool explains = of->explains;
    json_t *at = is_group ? json_array_get(json_object_get(row, "answers"), i) : row;
    json_t *level = json_object_get(scored->evidence, "level");
    bool ok;
    if (is_group) {
        ok = json_object_set_new(child(at, "reward"), scorer, json_from_f64(scored->value)) == 0 &&
             json_object_set_new(child(at, "labels"), scorer, json_from_text(scored->label)) == 0 &&
             (!explains || json_object_set(child(at, "evidence"), scorer, (json_t *)scored->evidence) == 0);
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

/* What a judge said of answer i; NULL: nothing. */
static json_t *verdict_of(const struct answer_row *row, size_t i) {
    const json_t *at = row->is_group ? json_array_get(json_object_get(row->item.row, "answers"), i) : row->item.row;
    return json_object_get(at, "judged");
}

/* The same answer without the judge, in the other tally. */
static bool score_strictly(struct scoring *s, struct answer_row *row, size_t i, struct error *err) {
    struct record_row scored = record_row_of_item(s->strict, &row->item);
    struct answer answer = {.sample = i, .text = row->answers[i]};
    scored.sample = i;
    scored.text = answer.text;
    bool ok = record_row_score(s->strict, &row->item, &answer, &s->row, &scored, err) &&
              tally_add(s->strict_tally, &scored, err);
    json_decref((json_t *)scored.evidence);
    return ok;
}

static bool score_one(struct scoring *s, struct answer_row *row, size_t i, struct error *err) {
    struct record_row scored = record_row_of_item(s->task, &row->item);
    struct answer answer = {.sample = i, .text = row->answers[i]};
    const json_t *expect = json_object_get(row->item.row, "expect");
    scored.sample = i;
    scored.text = answer.text;
    bool ok = record_row_score(s->task, &row->item, &answer, &s->row, &scored, err);
    if (ok && json_is_object(expect) && row->n_answers == 1) compare(s, row, &scored, expect);
    if (ok) note_mistake(s, row, &scored);
    ok = ok && tally_add(s->tally, &scored, err) && (!s->strict || score_strictly(s, row, i, err)) &&
         (!s->settings->sink || write_score(row->item.row, i, row->is_group, &scored, task_scorer(s->task), err));
    json_decref((json_t *)scored.evidence);
    s->out->judged += task_scorer(s->task)->open_label && verdict_of(row, i);
    s->out->answers++;
    return ok;
}

/* What a further scorer says of an answer, kept in its row where rows are asked for. */
static bool score_also(struct scoring *s, size_t k, struct answer_row *row, size_t i, struct error *err) {
    struct record_row scored = record_row_of_item(s->also[k].task, &row->item);
    struct answer answer = {.sample = i, .text = row->answers[i]};
    scored.sample = i;
    scored.text = answer.text;
    bool ok = record_row_score(s->also[k].task, &row->item, &answer, &s->row, &scored, err) &&
              tally_add(s->also[k].tally, &scored, err);
    if (ok && s->settings->sink) {
        json_t *at = row->is_group ? json_array_get(json_object_get(row->item.row, "answers"), i) : row->item.row;
        json_t *said = json_pack("{s:o s:o s:s}", "value", json_from_f64(scored.value), "label",
                                 json_from_text(scored.label), "parsed", scored.parsed);
        ok = (said && json_object_set_new(child(at, "scores"), s->also[k].spec, said) == 0) ||
             error_memory(err, "scored row");
    }
    json_decref((json_t *)scored.evidence);
    return ok;
}

static bool score_row(struct scoring *s, struct answer_row *row, struct error *err) {
    s->out->rows++;
    for (size_t i = 0; i < row->n_answers; i++) {
        if (!score_one(s, row, i, err)) return false;
        for (size_t k = 0; k < s->n_also; k++)
            if (!score_also(s, k, row, i, err)) return false;
    }
    return !s->settings->sink || s->settings->sink(s->settings->context, row->item.row, err);
}

/* ---- what rules leave open ---- */

struct open_answer {
    struct answer_row *row;
    size_t i;
};

/* The answer's label is the scorer's open one, and nobody was asked about it yet. */
static bool is_open(struct scoring *s, const struct answer_row *row, size_t i, bool *open, struct error *err) {
    struct record_row scored = record_row_of_item(s->task, &row->item);
    struct answer answer = {.sample = i, .text = row->answers[i]};
    *open = false;
    /* Votes on something else leave an answer open: the scorer knows. */
    if ((verdict_of(row, i) && !task_scorer(s->task)->polls) || !text_trim(row->answers[i]).len) return true;
    if (!record_row_score(s->task, &row->item, &answer, &s->row, &scored, err)) return false;
    *open = text_equal_c(scored.label, task_scorer(s->task)->open_label);
    json_decref((json_t *)scored.evidence);
    return true;
}

/* Takes judged: what a judge said. */
static bool keep_judged(const struct open_answer *o, json_t *judged, struct error *err) {
    json_t *row = o->row->item.row,
           *at = o->row->is_group ? json_array_get(json_object_get(row, "answers"), o->i) : row;
    return json_object_set_new(at, "judged", judged) == 0 || error_memory(err, "verdict");
}

static struct text question_of(const struct item *item) {
    const json_t *question = json_object_get(item->row, "question"), *prompt = json_object_get(item->row, "prompt");
    return json_is_string(question) ? json_text(question) : json_is_string(prompt) ? json_text(prompt) : item->prompt;
}

/* Votes on what the scorer's option `claim` says. */
static bool poll_open_answers(struct scoring *s, const struct open_answer *open, size_t n, struct error *err) {
    const struct option_value *options = task_scorer_options(s->task);
    struct judge_ballot *ballots = arena_new(&s->row, struct judge_ballot, n + 1, err);
    struct judge_votes *votes = arena_new(&s->row, struct judge_votes, n + 1, err);
    if (!ballots || !votes) return false;
    for (size_t k = 0; k < n; k++)
        ballots[k] = (struct judge_ballot){.id = open[k].row->item.id,
                                           .question = question_of(&open[k].row->item),
                                           .claim = options[0].text,
                                           .response = open[k].row->answers[open[k].i],
                                           .option = {TEXT("yes"), TEXT("no")}};
    if (!judge_vote(s->settings->judge, ballots, n, (size_t)options[1].integer, &s->row, votes, err)) return false;
    for (size_t k = 0; k < n; k++)
        if (!keep_judged(&open[k], judge_votes_json(&votes[k], options[0].text), err)) return false;
    return true;
}

static bool judge_open_answers(struct scoring *s, const struct open_answer *open, size_t n, struct error *err) {
    struct judge_case *cases = arena_new(&s->row, struct judge_case, n + 1, err);
    struct judge_verdict *verdicts = arena_new(&s->row, struct judge_verdict, n + 1, err);
    if (!cases || !verdicts) return false;
    for (size_t k = 0; k < n; k++) {
        const struct item *item = &open[k].row->item;
        cases[k] = (struct judge_case){.id = item->id,
                                       .question = question_of(item),
                                       .response = open[k].row->answers[open[k].i],
                                       .accepted = item->gold_texts,
                                       .n_accepted = item->n_gold_texts};
    }
    if (!judge_cases(s->settings->judge, cases, n, &s->row, verdicts, err)) return false;
    for (size_t k = 0; k < n; k++)
        if (!keep_judged(&open[k], judge_verdict_json(&verdicts[k]), err)) return false;
    return true;
}

static bool judge_batch(struct scoring *s, struct row_batch *b, struct error *err) {
    size_t answers = 0, n = 0;
    for (size_t r = 0; r < b->n; r++) answers += b->rows[r].n_answers;
    struct open_answer *open = arena_new(&s->row, struct open_answer, answers + 1, err);
    if (!open) return false;
    for (size_t r = 0; r < b->n; r++)
        for (size_t i = 0; i < b->rows[r].n_answers; i++) {
            bool yes;
            if (!is_open(s, &b->rows[r], i, &yes, err)) return false;
            if (yes) open[n++] = (struct open_answer){&b->rows[r], i};
        }
    return (task_scorer(s->task)->polls ? poll_open_answers : judge_open_answers)(s, open, n, err);
}

/* ---- files ---- */

static bool score_batch(struct scoring *s, struct row_batch *b, struct error *err) {
    bool ok = !s->settings->judge || judge_batch(s, b, err);
    for (size_t r = 0; r < b->n; r++) {
        ok = ok && score_row(s, &b->rows[r], err);
        item_done(&b->rows[r].item);
    }
    b->n = 0;
    arena_reset(&s->row);
    return ok;
}

static bool score_path(struct scoring *s, const char *path, struct row_batch *b, struct error *err) {
    struct answer_file *file = answer_file_open(path, s->settings->record, err);
    bool ok = file != NULL;
    for (int state = 1; ok && state != 0;) {
        struct error why = {0};
        state = answer_file_next(file, &s->row, &b->rows[b->n], &why);
        bool bad = state < 0, left_out = bad && s->settings->lenient && why.kind == ERROR_DATA;
        b->n += state == 1;
        s->out->bad_rows += left_out;
        if (b->n == ROWS || (state != 1 && b->n)) ok = score_batch(s, b, err); /* what stands before it */
        if (ok && bad && !left_out) *err = why, ok = false;
    }
    answer_file_close(file);
    return ok;
}

static bool open_strict(struct scoring *s, struct error *err) {
    const struct scorer *scorer = task_scorer(s->task);
    struct text spec = text_of(s->settings->scorer);
    if (!scorer->open_label && s->settings->judge)
        return error_set(err, ERROR_USAGE, "--judge: the scorer '%s' leaves nothing open that a judge could decide",
                         scorer->name);
    if (!scorer->open_label || scorer->polls || text_find(spec, TEXT("judge="), 0) != SIZE_MAX) return true;
    const char *strict = arena_printf(s->arena, err, "%.*s,judge=no", TEXT_ARG(spec));
    return strict &&
           (s->strict = score_carrier(strict, s->settings->path, s->settings->figures.seed, err)) &&
           (s->strict_tally = tally_new(s->strict, &s->settings->figures, err));
}

/* Figures without the judge stand behind the others, as a group of their own. */
static bool add_strict(struct scoring *s, struct error *err) {
    struct figure *more, *all;
    size_t n, had = s->out->n_figures;
    if (!s->out->judged || !s->strict) return true;
    if (!tally_figures(s->strict_tally, s->arena, &more, &n, err) ||
        !(all = arena_new(s->arena, struct figure, had + n, err)))
        return false;
    memcpy(all, s->out->figures, had * sizeof *all);
    s->out->n_figures = had;
    for (size_t i = 0; i < n; i++) {
        if (more[i].group[0]) continue;
        more[i].group = "judge=no";
        all[s->out->n_figures++] = more[i];
    }
    s->out->figures = all;
    return true;
}

static bool open_also(struct scoring *s, struct error *err) {
    const struct score_file_settings *settings = s->settings;
    if (settings->n_also > SCORE_ALSO_MOST)
        return error_set(err, ERROR_USAGE, "more than %d scorers", SCORE_ALSO_MOST + 1);
    for (size_t k = 0; k < settings->n_also; k++) {
        s->also[k].spec = settings->also[k];
        if (!(s->also[k].task = score_carrier(settings->also[k], settings->path, settings->figures.seed, err)))
            return false;
        s->n_also++;
        if (!(s->also[k].tally = tally_new(s->also[k].task, &settings->figures, err))) return false;
    }
    return true;
}

/* The figures of all further scorers behind those of the first. */
static bool add_also(struct scoring *s, struct error *err) {
    s->out->starts[1] = s->out->n_figures;
    for (size_t k = 0; k < s->n_also; k++) {
        struct figure *more, *all;
        size_t n, had = s->out->n_figures;
        if (!tally_figures(s->also[k].tally, s->arena, &more, &n, err) ||
            !(all = arena_new(s->arena, struct figure, had + n, err)))
            return false;
        memcpy(all, s->out->figures, had * sizeof *all);
        memcpy(all + had, more, n * sizeof *all);
        s->out->figures = all;
        s->out->starts[k + 2] = s->out->n_figures = had + n;
    }
    return true;
}

static void close_all(struct scoring *s) {
    tally_free(s->tally);
    tally_free(s->strict_tally);
    task_free(s->task);
    task_free(s->strict);
    for (size_t k = 0; k < s->n_also; k++) {
        tally_free(s->also[k].tally);
        task_free(s->also[k].task);
    }
    buffer_done(&s->missed);
    buffer_done(&s->mistakes);
    arena_done(&s->row);
}

/* By a scorer that looks at all rows together; it has no rows to give. */
static bool score_whole(const char *const *paths, size_t n_paths, struct scoring *s, struct error *err) {
    const struct score_file_settings *settings = s->settings;
    struct score_told told = {0};
    struct score_whole in = {.paths = paths,
                             .n_paths = n_paths,
                             .options = task_scorer_options(s->task),
                             .lenient = settings->lenient,
                             .seed = settings->figures.seed,
                             .confidence = settings->figures.confidence,
                             .path = settings->path,
                             .told = &told};
    const char *group = settings->figures.group, *splits = task_scorer(s->task)->group;
    in.grouped = group && splits && strcmp(group, splits) == 0;
    if (settings->sink || settings->n_also || settings->judge || (group && !in.grouped))
        return error_set(err, ERROR_USAGE,
                         "scorer '%s' gives figures of whole files: --out FILE.json alone, no --group%s%s, no "
                         "--judge, no further scorer",
                         task_scorer(s->task)->name, splits ? " but " : "", splits ? splits : "");
    if (!task_scorer(s->task)->whole(&in, s->arena, &s->out->figures, &s->out->n_figures, err)) return false;
    for (size_t i = 0; i < s->out->n_figures; i++) {
        struct figure *f = &s->out->figures[i];
        if (f->k < 0) continue;
        struct interval ci = stat_wilson((uint64_t)f->k, f->n, in.confidence);
        f->lo = ci.lo;
        f->hi = ci.hi;
    }
    s->out->starts[1] = s->out->n_figures;
    s->out->rows = s->out->answers = told.rows;
    s->out->expected = told.expected;
    s->out->met = told.met;
    s->out->missed = told.missed;
    s->out->mistakes = told.mistakes;
    return true;
}

bool score_files(const char *const *paths, size_t n_paths, const struct score_file_settings *settings,
                 struct arena *arena, struct score_file_result *out, struct error *err) {
    struct scoring s = {.settings = settings, .out = out, .arena = arena};
    *out = (struct score_file_result){0};
    arena_init(&s.row, (size_t)1 << 30);
    buffer_init(&s.missed, 1 << 16);
    buffer_init(&s.mistakes, MISTAKES_BYTES);
    struct row_batch *batch = memory_zeroed(1, sizeof *batch);
    bool ok = (batch || error_memory(err, "rows")) &&
              (s.task = score_carrier(settings->scorer, settings->path, settings->figures.seed, err)) &&
              (s.tally = tally_new(s.task, &settings->figures, err)) && open_strict(&s, err) && open_also(&s, err);
    bool whole = ok && task_scorer(s.task)->whole;
    if (whole) ok = score_whole(paths, n_paths, &s, err);
    for (size_t i = 0; ok && !whole && i < n_paths; i++) ok = score_path(&s, paths[i], batch, err);
    if (ok && !whole && !out->rows && !out->bad_rows) ok = error_set(err, ERROR_DATA, "%s: no rows", paths[0]);
    ok = ok && (whole || (tally_figures(s.tally, arena, &out->figures, &out->n_figures, err) && add_strict(&s, err) &&
                          add_also(&s, err)));
    if (ok && s.missed.len) ok = (out->missed = text_copy(arena, buffer_text(&s.missed), err)) != NULL;
    if (ok && s.mistakes.len) ok = (out->mistakes = text_copy(arena, buffer_text(&s.mistakes), err)) != NULL;
    for (size_t i = 0; batch && i < batch->n; i++) item_done(&batch->rows[i].item);
    memory_free(batch);
    close_all(&s);
    return ok;
}
