/* Checks and gaps of a run's languages: see run_languages.h. */
#include "measure/run/run_languages.h"

#include "measure/figure/metric_internal.h"
#include "measure/figure/parallel_gap.h"
#include "measure/figure/parallel_lint.h"

#include <math.h>
#include <string.h>

static bool add_row(void *context, const struct record_row *row, struct error *err) {
    const bool answered = row->scored && !row->error && row->sample == 0;
    if (!answered || !row->lang.len) return true;
    double acc = metric_part(row, "acc"), refused = metric_part(row, "refused");
    bool read = !row->parsed || strcmp(row->parsed, parse_state_names[PARSED_FAIL]) != 0;
    if (isnan(acc) && isnan(refused) && read) return true; /* it says nothing about right or wrong */
    const struct parallel_answer answer = {row->lang,
                                           row->pair.len ? row->pair : row->item_id,
                                           metric_part(row, "published"),
                                           isnan(acc) ? (read ? refused : 0) : acc,
                                           read,
                                           metric_part(row, "picked")};
    return parallel_gaps_add(context, &answer, err);
}

static json_t *interval_json(struct interval x) {
    return json_pack("[o, o, o]", json_from_f64(x.estimate), json_from_f64(x.lo), json_from_f64(x.hi));
}

static json_t *gap_json(const struct parallel_gap *g) {
    return json_pack("{s:s s:s s:I s:o s:o s:o s:o s:o s:o s:I s:o s:o}", "lang", g->lang, "reference", g->reference,
                     "n", (json_int_t)g->n, "gap", interval_json(g->gap), "harness", interval_json(g->harness), "parse",
                     interval_json(g->parse), "ability", interval_json(g->ability), "p", json_from_f64(g->p), "p_holm",
                     json_from_f64(g->p_holm), "both", (json_int_t)g->both, "same", json_from_f64(g->same), "kappa",
                     json_from_f64(g->kappa));
}

/* The gaps of one task, from what the record keeps. */
static json_t *gaps_json(struct record *record, int64_t run, const struct task *task,
                         const struct figure_settings *settings, struct arena *arena, struct error *err) {
    struct parallel_gaps *gaps = parallel_gaps_new(err);
    struct parallel_gap *rows;
    size_t n = 0;
    json_t *list = NULL;
    bool ok = gaps &&
              record_rows(record, run, text_of(task_name(task)), task_scorer(task)->name, 0, add_row, gaps, err) &&
              parallel_gaps_split(gaps, NULL, settings->confidence, settings->bootstrap, settings->seed, arena, &rows,
                                  &n, err) &&
              ((list = json_array()) || error_memory(err, "gaps"));
    for (size_t i = 0; ok && i < n; i++)
        ok = json_array_append_new(list, gap_json(&rows[i])) == 0 || error_memory(err, "gaps");
    parallel_gaps_free(gaps);
    if (ok) return list;
    json_decref(list);
    return NULL;
}

static bool put(struct record *record, const char *key, const json_t *value, struct error *err) {
    struct buffer b;
    buffer_init(&b, 1 << 24);
    bool ok = json_put_canonical(&b, value) && buffer_check(&b, "languages", err) && record_begin(record, err);
    if (ok && !(record_put_fact(record, key, buffer_text(&b), err) && record_commit(record, err))) {
        record_rollback(record);
        ok = false;
    }
    buffer_done(&b);
    return ok;
}

static bool key_of(int64_t run, const char *task, struct arena *arena, char **out, struct error *err) {
    return (*out = arena_printf(arena, err, "languages/%lld/%s", (long long)run, task)) != NULL;
}

bool run_put_languages(struct record *record, int64_t run, const struct task *task,
                       const struct figure_settings *settings, struct error *err) {
    struct parallel_certificate certificate;
    struct arena arena;
    char *key;
    if (!task_lints_parallel(task)) return true;
    arena_init(&arena, (size_t)256 << 20);
    json_t *all = NULL, *gaps = NULL;
    bool ok = key_of(run, task_name(task), &arena, &key, err) && parallel_lint_task(task, &arena, &certificate, err) &&
              (gaps = gaps_json(record, run, task, settings, &arena, err)) &&
              ((all = parallel_certificate_json(&certificate)) || error_memory(err, "languages")) &&
              (json_object_set(all, "gaps", gaps) == 0 || error_memory(err, "languages")) && put(record, key, all, err);
    json_decref(gaps);
    json_decref(all);
    arena_done(&arena);
    return ok;
}

json_t *run_languages_json(struct record *record, int64_t run, const char *task, struct error *err) {
    struct arena arena;
    char *key;
    arena_init(&arena, 1 << 16);
    json_t *found = key_of(run, task, &arena, &key, err) ? record_fact_json(record, key, err) : NULL;
    arena_done(&arena);
    return found;
}
