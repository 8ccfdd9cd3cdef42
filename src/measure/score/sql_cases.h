/* Questions to databases with their reference queries, and predictions about them, from files:
 *
 *   questions     a list (JSON, JSONL; {"data": [...]} too) of {"id", "db_id"?, "question"?, "query"? (SQL, or "null":
 *                 infeasible), "type"?, "note"?, "split"?}, and beside them, where they are known,
 *                 "predictions": [{"sql", "score"?, "signal"?}, ...], each a case of its own, or
 *                 "prediction" (or "sql", "text"): SQL, or a list of samples
 *   a map         {ID: SQL or [SQL, ...]}: where the questions have no query yet, or there are none, their references;
 *                 else predictions
 *
 * A question without a prediction is silence, and counted. */
#ifndef MEASURE_SQL_CASES_H
#define MEASURE_SQL_CASES_H

#include "base/json.h"
#include "measure/statistics/reliability.h"
#include "verify/sql_shelf.h"

enum { SQL_SAMPLES_MOST = 1000 };

struct sql_question {
    struct text id, db_id, query, type, note, split;
    const char *file;
    size_t line;
    size_t first, n; /* its cases */
};

struct sql_case {
    const struct sql_question *question;
    struct text *samples;
    size_t n_samples;
    double expected; /* the score that it is known to have with c = 1; NaN: none */
    double signal;   /* NaN: none */
    struct sql_judgement judged;
    struct sql_signals signals; /* of several samples */
};

struct sql_cases {
    struct arena *arena;
    json_t *roots; /* owned */
    struct sql_question *questions;
    struct sql_case *cases;
    size_t n_questions, n_cases;
    size_t unanswered; /* questions that no prediction is about */
    bool sampled;      /* some have several samples */
};

/* What is wrong is named with FILE:LINE (of a JSON list the number of the row): a missing or double id, a type and note
 * that are none, a prediction that is no text. On the arena; sql_cases_done also after a failure. */
bool sql_cases_read(struct sql_cases *out, const char *const *paths, size_t n, struct arena *arena,
                    struct error *err) MUST_CHECK;
void sql_cases_done(struct sql_cases *cases);

/* "seen-sql", "unseen-sql" with easy, medium, hard; "inf" with column-surface, column-related, column-unrelated,
 * non-sql, ext-know; both empty. */
bool sql_type_known(struct text type, struct text note);

/* Which counter of `to` the verdict belongs to. lucky_wrong: right only here is wrong. */
void sql_count(struct reliability *to, const struct sql_judgement *judged, bool lucky_wrong);

#endif
