/* The judge of a run: answers that a task's scorer leaves open (scorer.open_label) are shown to another subject, a chunk at a time.
 * Each verdict is kept as a fact of the record, by judge, question, answer and what is accepted: a run that goes on asks nothing
 * twice, and equal answers are judged once. */
#include "measure/run_internal.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum { KEY = 16 + 2 * HASH_HEX };

static struct judge_case case_of(const struct run_open *open) {
    const struct item *item = open->item;
    const json_t *question = json_object_get(item->row, "question");
    return (struct judge_case){.id = item->id,
                               .question = json_is_string(question) ? json_text(question) : item->prompt,
                               .response = open->response,
                               .accepted = item->gold_texts,
                               .n_accepted = item->n_gold_texts};
}

/* "judge/JUDGE/CASE" */
static bool key_of(const struct run_settings *s, const struct judge_case *c, char key[KEY], struct error *err) {
    char hex[HASH_HEX];
    json_t *accepted = json_array();
    for (size_t i = 0; accepted && i < c->n_accepted; i++) json_array_append_new(accepted, json_from_text(c->accepted[i]));
    json_t *all = json_pack("{s:o s:o s:o}", "question", json_from_text(c->question), "response", json_from_text(c->response),
                            "accepted", accepted);
    bool ok = all ? json_digest(all, hex, err) : error_memory(err, "verdict");
    if (ok) snprintf(key, KEY, "judge/%.64s/%.64s", s->judge_subject->digest, hex);
    json_decref(all);
    return ok;
}

/* What the record has; the others, each case once, in `which`. */
static bool find_verdicts(struct record *record, const struct run_settings *s, struct run_open *open, size_t n,
                          char (*keys)[KEY], struct judge_case *missing, size_t *which, size_t *n_missing, struct error *err) {
    *n_missing = 0;
    for (size_t i = 0; i < n; i++) {
        struct judge_case c = case_of(&open[i]);
        if (!key_of(s, &c, keys[i], err)) return false;
        error_clear(err);
        open[i].verdict = record_fact_json(record, keys[i], err);
        if (err->kind != ERROR_NONE) return false;
        bool asked = open[i].verdict != NULL;
        for (size_t k = 0; !asked && k < *n_missing; k++) asked = strcmp(keys[which[k]], keys[i]) == 0;
        if (asked) continue;
        which[*n_missing] = i;
        missing[(*n_missing)++] = c;
    }
    return true;
}

static bool keep_verdict(struct record *record, const char *key, const struct judge_verdict *v, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    json_t *json = judge_verdict_json(v);
    bool ok = json ? (json_put_canonical(&b, json), buffer_check(&b, "verdict", err)) : error_memory(err, "verdict");
    ok = ok && record_put_fact(record, key, buffer_text(&b), err);
    json_decref(json);
    buffer_done(&b);
    return ok;
}

static bool ask_judge(struct record *record, const struct run_settings *s, const struct judge_case *missing, size_t n,
                      char (*keys)[KEY], const size_t *which, struct arena *arena, struct error *err) {
    struct judge_verdict *verdicts = arena_new(arena, struct judge_verdict, n + 1, err);
    if (!verdicts || !judge_cases(s->judge, missing, n, arena, verdicts, err) || !record_begin(record, err)) return false;
    bool ok = true;
    for (size_t k = 0; ok && k < n; k++) ok = keep_verdict(record, keys[which[k]], &verdicts[k], err);
    ok = ok && record_commit(record, err);
    if (!ok) record_rollback(record);
    return ok;
}

bool run_judge(struct record *record, const struct run_settings *s, struct run_open *open, size_t n, struct arena *arena,
               struct error *err) {
    char(*keys)[KEY] = arena_alloc(arena, n + 1, sizeof *keys, err);
    struct judge_case *missing = arena_new(arena, struct judge_case, n + 1, err);
    size_t *which = arena_new(arena, size_t, n + 1, err), n_missing;
    if (!keys || !missing || !which || !find_verdicts(record, s, open, n, keys, missing, which, &n_missing, err)) return false;
    if (n_missing && !ask_judge(record, s, missing, n_missing, keys, which, arena, err)) return false;
    for (size_t i = 0; i < n; i++) {
        error_clear(err);
        if (!open[i].verdict) open[i].verdict = record_fact_json(record, keys[i], err);
        if (!open[i].verdict) return err->kind != ERROR_NONE ? false : error_set(err, ERROR_DATA, "record '%s': a verdict is gone", record_path(record));
    }
    return true;
}
