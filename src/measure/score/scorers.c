/* The table of scorers, and what they share. */
#include "measure/score/scorer_internal.h"

#include <math.h>
#include <string.h>

const char *const parse_state_names[] = {"ok", "fallback", "fail"};

static const struct scorer *const table[] = {
    &scorer_choice, &scorer_match,      &scorer_number,   &scorer_refusal,  &scorer_stated,
    &scorer_pair,   &scorer_stereoset,  &scorer_bbq,      &scorer_words,    &scorer_abstention,
    &scorer_copied, &scorer_call,       &scorer_levels,   &scorer_honest,   &scorer_situated,
    &scorer_reward, &scorer_confidence, &scorer_recorded, &scorer_lingual,  &scorer_trustllm,
    &scorer_judge,  &scorer_similarity, &scorer_verdict,  &scorer_identity, &scorer_lineage,
    &scorer_aqi,    &scorer_aqi_compose,
    &scorer_lists,  &scorer_follows, &scorer_advdemo,    &scorer_aggregate,  &scorer_mention,
    &scorer_rule,   &scorer_diversity, &scorer_frontier, &scorer_coherence, &scorer_quip,
    &scorer_sql,    &scorer_sql_decision,
    &scorer_values, &scorer_calibration, &scorer_knn, &scorer_tracking, &scorer_injection,
    &scorer_sm_pdms, &scorer_multitrust, &scorer_votes, &scorer_errand,
    &scorer_wer,    &scorer_access,     &scorer_leaked,     &scorer_rated};

size_t scorers(const struct scorer *const **out) {
    *out = table;
    return sizeof table / sizeof *table;
}

const struct scorer *scorer_find(struct text name) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (text_equal_c(name, table[i]->name)) return table[i];
    return NULL;
}

bool task_score(const struct task *task, const struct item *item, const struct answer *answer, struct arena *arena,
                struct score *out, struct error *err) {
    *out = (struct score){.value = NAN, .parts = json_object()};
    if (!out->parts) return error_memory(err, "score");
    if (task_scorer_ready(task, err) &&
        task_scorer(task)->score(task, task_scorer_options(task), item, answer, arena, out, err))
        return true;
    json_decref(out->parts);
    out->parts = NULL;
    return false;
}

/* ---- shared */

bool score_part(struct score *score, const char *name, double value, struct error *err) {
    return json_object_set_new(score->parts, name, json_from_f64(value)) == 0 || error_memory(err, name);
}

bool score_unread(struct score *score) {
    score->parsed = PARSED_FAIL;
    score->label = TEXT("unread");
    return true;
}

bool score_read(const struct task *task, const struct item *item, struct text answer, struct arena *arena,
                struct text *out, enum parse_state *parsed, struct error *err) {
    size_t n;
    const struct reader_chain *chains = task_readers(task, &n);
    *parsed = PARSED_OK;
    *out = text_trim(answer);
    for (size_t c = 0; c < n; c++) {
        struct text t = answer;
        bool found = true;
        for (size_t i = 0; found && i < chains[c].n; i++)
            if (!chains[c].uses[i].reader->apply(chains[c].uses[i].options, item, t, arena, &t, &found, err))
                return false;
        if (!found) continue;
        *out = t;
        *parsed = c == 0 ? PARSED_OK : PARSED_FALLBACK;
        return true;
    }
    if (n || out->len == 0) *parsed = PARSED_FAIL;
    return true;
}

size_t choice_source(const struct item *item, size_t asked) {
    return item->order ? (size_t)item->order[asked] : asked;
}

/* A choice given by its log-probability: -inf where it is not known. */
static double known(double logprob) {
    return isnan(logprob) ? -INFINITY : logprob;
}

bool choices_best(const double *value, size_t n, struct best_choice *best) {
    *best = (struct best_choice){.index = SIZE_MAX, .value = -INFINITY};
    for (size_t i = 0; i < n; i++) {
        double v = known(value[i]);
        if (v > best->value) *best = (struct best_choice){.index = i, .value = v, .ties = 1};
        else if (v == best->value && v > -INFINITY) best->ties++;
    }
    return best->ties > 0;
}

double choice_credit(const double *value, const struct best_choice *best, int64_t gold) {
    if (gold < 0) return NAN;
    return known(value[gold]) == best->value ? 1.0 / (double)best->ties : 0;
}
