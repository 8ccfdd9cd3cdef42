/* What the scorers share. */
#ifndef MEASURE_SCORER_INTERNAL_H
#define MEASURE_SCORER_INTERNAL_H

#include "measure/task/scorer.h"

extern const struct scorer scorer_choice, scorer_match, scorer_number, scorer_refusal, scorer_stated,
    scorer_pair, scorer_stereoset, scorer_bbq, scorer_words, scorer_abstention, scorer_copied, scorer_call,
    scorer_levels, scorer_honest, scorer_situated, scorer_reward, scorer_confidence, scorer_recorded,
    scorer_lingual, scorer_trustllm, scorer_judge, scorer_similarity, scorer_verdict, scorer_identity,
    scorer_lists, scorer_follows, scorer_lineage, scorer_aqi, scorer_aqi_compose, scorer_advdemo,
    scorer_aggregate, scorer_mention, scorer_rule, scorer_diversity, scorer_frontier, scorer_coherence,
    scorer_sql, scorer_sql_decision,
    scorer_quip, scorer_values, scorer_calibration, scorer_knn, scorer_tracking, scorer_injection, scorer_sm_pdms,
    scorer_multitrust, scorer_votes, scorer_errand,
    scorer_wer, scorer_access, scorer_leaked, scorer_rated;

/* One number of score.parts (NaN: null). */
bool score_part(struct score *score, const char *name, double value, struct error *err) MUST_CHECK;
/* The answer says nothing that can be read. Returns true. */
bool score_unread(struct score *score);
/* The answer through the readers of the task (none: trimmed). PARSED_FAIL: nothing was found. */
bool score_read(const struct task *task, const struct item *item, struct text answer, struct arena *arena,
                struct text *out, enum parse_state *parsed, struct error *err) MUST_CHECK;

/* Place of an asked choice in the order of the source. */
size_t choice_source(const struct item *item, size_t asked);

struct best_choice {
    size_t index; /* the first of the best */
    size_t ties;  /* how many are best; 0: none is known */
    double value;
};
/* The largest of n values; NaN: not known. False when all are unknown. */
bool choices_best(const double *value, size_t n, struct best_choice *best);
/* 1/k where the gold is among the k best, 0 where not, NaN without gold. */
double choice_credit(const double *value, const struct best_choice *best, int64_t gold);

/* Log-probabilities of the choices, summed and per byte of the choice,
 * whether they were scored or one was said in a text.
 * *parsed PARSED_FAIL: neither. Arrays on the arena. */
struct choice_values {
    double *sum, *per_byte;
    enum parse_state parsed;
};
bool choice_values(const struct task *task, const struct item *item, const struct answer *answer, struct arena *arena,
                   struct choice_values *out, struct error *err) MUST_CHECK;
/* The choice that a generated answer names: its letter, its number, its text. SIZE_MAX: none, or several. */
size_t choice_named(const struct item *item, struct text answer);

#endif
