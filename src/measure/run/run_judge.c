/* The judge of a run: answers that a task's scorer leaves open (scorer.open_label) are shown to another subject, a
 * chunk at a time. Each verdict is kept as a fact of the record, by judge, question, answer and what is accepted: a run
 * that goes on asks nothing twice, and equal answers are judged once. */
#include "measure/run/run_internal.h"

#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum { KEY = 16 + 2 * HASH_HEX };

struct judging {
    struct record *record;
    const struct task *task;
    const struct run_settings *settings;
    struct run_open *open;
    size_t n;
    char (*keys)[KEY]; /* [n] */
    size_t *missing;   /* which of them nobody was asked about, each case once */
    size_t n_missing;
    struct arena *arena;
};

static struct text question_of(const struct item *item) {
    const json_t *question = json_object_get(item->row, "question");
    return json_is_string(question) ? json_text(question) : item->prompt;
}

/* What is asked beside the question, and what makes two cases the same: the claim and how often,
 * or what is accepted. */
static json_t *terms_of(const struct judging *j, const struct item *item) {
    const struct option_value *o = task_scorer_options(j->task);
    if (task_scorer(j->task)->polls) return json_pack("[o, I]", json_from_text(o[0].text), (json_int_t)o[1].integer);
    json_t *accepted = json_array();
    for (size_t i = 0; accepted && i < item->n_gold_texts; i++)
        json_array_append_new(accepted, json_from_text(item->gold_texts[i]));
    return accepted;
}

/* "judge/JUDGE/CASE" */
static bool key_of(const struct judging *j, size_t i, struct error *err) {
    char hex[HASH_HEX];
    json_t *all = json_pack("{s:o s:o s:o}", "question", json_from_text(question_of(j->open[i].item)), "response",
                            json_from_text(j->open[i].response), "terms", terms_of(j, j->open[i].item));
    bool ok = all ? json_digest(all, hex, err) : error_memory(err, "verdict");
    if (ok) snprintf(j->keys[i], KEY, "judge/%.64s/%.64s", j->settings->judge_subject->digest, hex);
    json_decref(all);
    return ok;
}

static bool find_verdicts(struct judging *j, struct error *err) {
    for (size_t i = 0; i < j->n; i++) {
        if (!key_of(j, i, err)) return false;
        error_clear(err);
        j->open[i].verdict = record_fact_json(j->record, j->keys[i], err);
        if (err->kind != ERROR_NONE) return false;
        bool known = j->open[i].verdict != NULL;
        for (size_t k = 0; !known && k < j->n_missing; k++) known = strcmp(j->keys[j->missing[k]], j->keys[i]) == 0;
        if (!known) j->missing[j->n_missing++] = i;
    }
    return true;
}

/* Takes json. */
static bool keep_verdict(struct judging *j, size_t k, json_t *json, struct error *err) {
    struct buffer b;
    buffer_init(&b, (size_t)1 << 20);
    bool ok = json ? (json_put_canonical(&b, json), buffer_check(&b, "verdict", err)) : error_memory(err, "verdict");
    ok = ok && record_put_fact(j->record, j->keys[j->missing[k]], buffer_text(&b), err);
    json_decref(json);
    buffer_done(&b);
    return ok;
}

static bool ask_ratings(struct judging *j, json_t **out, struct error *err) {
    struct judge_case *cases = arena_new(j->arena, struct judge_case, j->n_missing + 1, err);
    struct judge_verdict *verdicts = arena_new(j->arena, struct judge_verdict, j->n_missing + 1, err);
    if (!cases || !verdicts) return false;
    for (size_t k = 0; k < j->n_missing; k++) {
        const struct run_open *open = &j->open[j->missing[k]];
        cases[k] = (struct judge_case){.id = open->item->id,
                                       .question = question_of(open->item),
                                       .response = open->response,
                                       .accepted = open->item->gold_texts,
                                       .n_accepted = open->item->n_gold_texts};
    }
    if (!judge_cases(j->settings->judge, cases, j->n_missing, j->arena, verdicts, err)) return false;
    for (size_t k = 0; k < j->n_missing; k++) out[k] = judge_verdict_json(&verdicts[k]);
    return true;
}

static bool ask_votes(struct judging *j, json_t **out, struct error *err) {
    const struct option_value *o = task_scorer_options(j->task);
    struct judge_ballot *ballots = arena_new(j->arena, struct judge_ballot, j->n_missing + 1, err);
    struct judge_votes *votes = arena_new(j->arena, struct judge_votes, j->n_missing + 1, err);
    if (!ballots || !votes) return false;
    for (size_t k = 0; k < j->n_missing; k++) {
        const struct run_open *open = &j->open[j->missing[k]];
        ballots[k] = (struct judge_ballot){.id = open->item->id,
                                           .question = question_of(open->item),
                                           .claim = o[0].text,
                                           .response = open->response,
                                           .option = {TEXT("yes"), TEXT("no")}};
    }
    if (!judge_vote(j->settings->voter, ballots, j->n_missing, (size_t)o[1].integer, j->arena, votes, err))
        return false;
    for (size_t k = 0; k < j->n_missing; k++) out[k] = judge_votes_json(&votes[k], o[0].text);
    return true;
}

static bool ask_missing(struct judging *j, struct error *err) {
    json_t **said = arena_new(j->arena, json_t *, j->n_missing + 1, err);
    bool ok =
        said && (task_scorer(j->task)->polls ? ask_votes : ask_ratings)(j, said, err) && record_begin(j->record, err);
    for (size_t k = 0; ok && k < j->n_missing; k++) ok = keep_verdict(j, k, said[k], err);
    ok = ok && record_commit(j->record, err);
    if (!ok) record_rollback(j->record);
    return ok;
}

bool run_judge(struct record *record, const struct task *task, const struct run_settings *settings,
               struct run_open *open, size_t n, struct arena *arena, struct error *err) {
    struct judging j = {.record = record, .task = task, .settings = settings, .open = open, .n = n, .arena = arena};
    j.keys = arena_alloc(arena, n + 1, sizeof *j.keys, err);
    j.missing = arena_new(arena, size_t, n + 1, err);
    if (!j.keys || !j.missing || !find_verdicts(&j, err) || (j.n_missing && !ask_missing(&j, err))) return false;
    for (size_t i = 0; i < n; i++) {
        error_clear(err);
        if (!open[i].verdict) open[i].verdict = record_fact_json(record, j.keys[i], err);
        if (!open[i].verdict)
            return err->kind == ERROR_NONE &&
                   error_set(err, ERROR_DATA, "record '%s': a verdict is gone", record_path(record));
    }
    return true;
}
