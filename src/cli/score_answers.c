/* Scored rows go to --out, figures to the standard output. See score_answers.h. */
#include "cli/score_answers.h"

#include "base/file.h"
#include "measure/compare/honest_compare.h"
#include "measure/run/score_file.h"
#include "measure/task/scorer.h"
#include "report/picture_frontier.h"
#include "report/report_number.h"
#include "report/text_grid.h"

#include <math.h>
#include <string.h>

bool score_asks_answers(const struct arguments *args) {
    return args_text(args, "scorer", NULL) != NULL;
}

/* ---- figures ---- */

static bool put_row(struct text_grid *grid, const struct figure *f, struct error *err) {
    char value[REPORT_NUMBER], interval[REPORT_NUMBER], n[32], method[REPORT_NUMBER];
    const char *cells[6];
    number_of_figure(f, value);
    number_interval(f, interval);
    number_method(f, method);
    snprintf(n, sizeof n, "%llu", (unsigned long long)f->n);
    const char *const row[] = {f->name, f->group, value, interval, n, f->null_reason ? f->null_reason : method};
    for (size_t i = 0; i < 6; i++)
        if (!(cells[i] = arena_copy(grid->arena, row[i], strlen(row[i]), err))) return false;
    return text_grid_row(grid, cells, err);
}

static bool print_table(FILE *out, const struct figure *figures, size_t n, struct arena *arena, struct error *err) {
    static const char *const head[] = {"figure", "group", "value", "interval", "n", "method"};
    struct text_grid grid;
    struct buffer b;
    if (!text_grid_init(&grid, arena, 6, err) || !text_grid_row(&grid, head, err)) return false;
    grid.right[2] = grid.right[4] = true;
    for (size_t i = 0; i < n; i++)
        if (!put_row(&grid, &figures[i], err)) return false;
    buffer_init(&b, 1 << 24);
    text_grid_put(&grid, &b, 0, false, 200);
    bool ok = print_buffer(out, &b, err);
    buffer_done(&b);
    return ok;
}

/* Takes rest: members beside the figures. */
bool print_figures(const struct arguments *args, FILE *out, const struct figure *figures, size_t n, json_t *rest,
                   struct error *err) {
    json_t *list = json_array();
    bool ok = true;
    if (!args_on(args, "json")) {
        ok = print_table(out, figures, n, args->arena, err);
    } else {
        for (size_t i = 0; list && i < n; i++) json_array_append_new(list, figure_json(&figures[i]));
        ok = rest && list && json_object_set(rest, "figures", list) == 0 ? print_json(out, rest, err)
                                                                         : error_memory(err, "figures");
    }
    json_decref(list);
    json_decref(rest);
    return ok;
}

/* ---- rows ---- */

static bool put_line(void *context, const json_t *row, struct error *err) {
    struct file_out *out = context;
    struct buffer b;
    buffer_init(&b, (size_t)1 << 28);
    json_put(&b, row, 0);
    buffer_put_char(&b, '\n');
    bool ok = buffer_check(&b, "scored row", err);
    if (ok) file_out_put(out, b.at, b.len); /* remembers a failure until the file is whole */
    buffer_done(&b);
    return ok;
}

static bool tell(const struct arguments *args, const struct score_file_result *r, struct error *err) {
    if (r->bad_rows && !args_on(args, "quiet"))
        fprintf(stderr, "%llu bad rows left out\n", (unsigned long long)r->bad_rows);
    if (r->mistakes && !args_on(args, "quiet")) fputs(r->mistakes, stderr);
    if (!r->expected) return true;
    if (!args_on(args, "quiet"))
        fprintf(stderr, "%llu of %llu as expected\n", (unsigned long long)r->met, (unsigned long long)r->expected);
    if (r->met == r->expected) return true;
    fputs(r->missed ? r->missed : "", stderr);
    return error_set(err, ERROR_GATE, "%llu of %llu rows are not as expected",
                     (unsigned long long)(r->expected - r->met), (unsigned long long)r->expected);
}

/* ---- before and after ---- */

static void put_cells(FILE *out, const struct honest_table *t) {
    fprintf(out, "\n%-12s %8s %8s %8s\n", "after|before", honest_type_names[0], honest_type_names[1],
            honest_type_names[2]);
    for (size_t i = 0; i < HONEST_TYPES; i++)
        fprintf(out, "%-12s %8.0f %8.0f %8.0f\n", honest_type_names[i], t->count[i][0], t->count[i][1], t->count[i][2]);
}

static bool compare_answers(struct arguments *args, const struct score_file_settings *s, const char *before,
                            struct error *err) {
    struct honest_comparison c;
    if (!text_equal_c(spec_name(text_of(s->scorer)), "honesty"))
        return error_set(err, ERROR_USAGE, "--before compares answers by the scorer honesty; give --scorer honesty");
    if (s->n_also) return error_set(err, ERROR_USAGE, "--before compares by one scorer");
    if (args_text(args, "out", NULL))
        return error_set(err, ERROR_USAGE, "--before gives figures; --out is for scored rows");
    if (!honest_compare(&before, 1, args->words, args->n_words, s->scorer, s->path, s->judge, s->record, &s->figures,
                        args->arena, &c, err))
        return false;
    json_t *rest = json_pack("{s:s s:I}", "scorer", s->scorer, "questions", (json_int_t)c.n);
    if (!print_figures(args, stdout, c.figures, args_on(args, "json") ? c.n_figures : c.n_figures - 9, rest, err))
        return false;
    if (!args_on(args, "json")) put_cells(stdout, &c.table);
    return true;
}

/* One table, or one for each of several scorers. Takes rest. */
static bool print_all(const struct arguments *args, const struct score_file_settings *settings,
                      const struct score_file_result *r, json_t *rest, struct error *err) {
    if (!settings->n_also || args_on(args, "json"))
        return print_figures(args, stdout, r->figures, r->n_figures, rest, err);
    json_decref(rest);
    for (size_t k = 0; k <= settings->n_also; k++) {
        fprintf(stdout, "%sscorer %s\n", k ? "\n" : "", k ? settings->also[k - 1] : settings->scorer);
        if (!print_table(stdout, r->figures + r->starts[k], r->starts[k + 1] - r->starts[k], args->arena, err))
            return false;
    }
    return true;
}

/* The line of steers as a drawing. */
static bool write_picture(const struct arguments *args, struct file_out *file, const struct score_file_result *r,
                          struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)16 << 20);
    bool ok = picture_frontier(r->figures, r->n_figures, args->arena, &b, err);
    if (ok) file_out_put(file, b.at, b.len);
    buffer_done(&b);
    return ok && file_out_commit(file, err);
}

/* The figures as a JSON file, whole or not at all. Takes rest. */
static bool write_figures(struct file_out *file, const struct score_file_result *r, json_t *rest, struct error *err) {
    json_t *list = json_array();
    for (size_t i = 0; list && i < r->n_figures; i++) json_array_append_new(list, figure_json(&r->figures[i]));
    bool ok = (rest && list && json_object_set(rest, "figures", list) == 0) || error_memory(err, "figures");
    ok = ok && put_line(file, rest, err) && file_out_commit(file, err);
    json_decref(list);
    json_decref(rest);
    return ok;
}

/* Does --out take what a scorer of whole files found? As .json any, as .svg what can be drawn. */
static bool takes_figures(const char *scorer, const char *out) {
    const struct scorer *s = scorer_find(spec_name(text_of(scorer)));
    if (!out || !s || !s->whole) return false;
    return text_ends(text_of(out), TEXT(".json")) ||
           (text_ends(text_of(out), TEXT(".svg")) && strcmp(s->name, "frontier") == 0);
}

static bool score_all(struct arguments *args, struct score_file_settings *settings, struct error *err) {
    const char *out = args_text(args, "out", NULL), *before = args_text(args, "before", NULL);
    struct file_out file = {0};
    struct score_file_result result;
    if (before) return compare_answers(args, settings, before, err);
    bool figures = takes_figures(settings->scorer, out);
    settings->sink = out && !figures ? put_line : NULL;
    settings->context = &file;
    if ((out && !file_out_open(&file, out, err))) return false;
    bool ok = score_files(args->words, args->n_words, settings, args->arena, &result, err) &&
              (!out || figures || file_out_commit(&file, err));
    json_t *rest =
        ok ? json_pack("{s:s s:I s:I s:I s:I s:I}", "scorer", settings->scorer, "rows", (json_int_t)result.rows,
                       "answers", (json_int_t)result.answers, "judged", (json_int_t)result.judged, "expected",
                       (json_int_t)result.expected, "met", (json_int_t)result.met)
           : NULL;
    if (ok && figures && text_ends(text_of(out), TEXT(".svg"))) {
        json_decref(rest);
        ok = write_picture(args, &file, &result, err);
        file_out_abandon(&file);
        return ok;
    }
    if (ok && figures) {
        ok = write_figures(&file, &result, rest, err);
        file_out_abandon(&file);
        return ok;
    }
    file_out_abandon(&file);
    return ok && print_all(args, settings, &result, rest, err) && tell(args, &result, err);
}

/* The judge is a subject of its own; the flags of subjects are for it, too. */
static bool open_judge(const struct arguments *args, const char *spec_of_scorer, const char *path,
                       struct subject **subject, struct judge **judge, struct error *err) {
    const char *spec = args_text(args, "judge", NULL);
    struct subject_settings settings;
    if (!spec) return true;
    common_subject_settings(args, &settings);
    const struct scorer *scorer = scorer_find(spec_name(text_of(spec_of_scorer)));
    bool polls = scorer && scorer->polls;
    return (*subject = subject_open(text_of(spec), &settings, err)) &&
           (*judge = (polls ? judge_open_votes : judge_open)(*subject, TEXT(""), path, err));
}

static bool is_run(const char *word) {
    return word && text_starts(text_of(word), TEXT("run:"));
}

/* Only where a word, or --before, is a run of it. */
static bool open_record(const struct arguments *args, struct record **record, struct error *err) {
    bool some = is_run(args_text(args, "before", NULL));
    for (size_t i = 0; i < args->n_words; i++) some |= is_run(args->words[i]);
    return !some || (*record = common_record(args, RECORD_READ, err)) != NULL;
}

bool score_answers(struct arguments *args, struct error *err) {
    struct subject *subject = NULL;
    const char **scorers;
    size_t n_scorers = args_texts(args, "scorer", &scorers);
    struct score_file_settings settings = {
        .scorer = scorers[0],
        .also = (const char *const *)scorers + 1,
        .n_also = n_scorers - 1,
        .path = common_path(args, err),
        .figures = {.confidence = args_real(args, "confidence", 0.95),
                    .bootstrap = args_count(args, "bootstrap", 1000),
                    .seed = args_count(args, "seed", 1),
                    .group = args_text(args, "group", NULL)},
        .lenient = args_on(args, "lenient"),
    };
    if (args_text(args, "limit", NULL))
        return error_set(err, ERROR_USAGE,
                         "--limit: recorded answers are scored all; it is for rows that a subject is asked");
    settings.figures.pool = pool_new(common_threads(args), err);
    bool ok = settings.figures.pool && settings.path && open_record(args, &settings.record, err) &&
              open_judge(args, settings.scorer, settings.path, &subject, &settings.judge, err) &&
              score_all(args, &settings, err);
    judge_close(settings.judge);
    subject_close(subject);
    record_close(settings.record);
    pool_free(settings.figures.pool);
    return ok;
}
