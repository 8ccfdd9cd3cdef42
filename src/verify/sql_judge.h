/* One prediction about one question, judged: silence, right, or harmful, and why. The score of a question with penalty
 * c is 1 for a right answer and for silence where there is none, 0 for silence where there is one, -c for every other
 * answer (Lee et al. 2024). */
#ifndef VERIFY_SQL_JUDGE_H
#define VERIFY_SQL_JUDGE_H

#include "verify/sql_clean.h"
#include "verify/sql_vary.h"

struct sql_judge_settings {
    enum sql_set set;
    bool strict; /* our own equality instead of the published one, and no repair of DISTINCT */
    bool raw;    /* predictions are queries already: no cleaning */
    struct sql_limits limits;
    size_t variants; /* perturbed databases; 0: none */
    uint64_t seed;   /* of these */
};
struct sql_judge_settings sql_judge_usual(void);

enum sql_verdict {
    SQL_RIGHT,     /* feasible, the same table */
    SQL_SILENT,    /* infeasible, and nothing said: right */
    SQL_MISSED,    /* feasible, nothing said: 0 */
    SQL_WRONG,     /* another table */
    SQL_NO_RESULT, /* it failed, was refused or stopped */
    SQL_FALSE,     /* infeasible, and answered */
    SQL_VERDICTS
};
/* "right", "silent", "missed", "wrong", "no result", "false answer" */
extern const char *const sql_verdict_names[SQL_VERDICTS];

struct sql_judgement {
    enum sql_verdict verdict;
    int score; /* 1, 0, -1: times c */
    bool feasible, answered, harmful;
    bool empty;     /* right because both tables are empty */
    bool lucky;     /* right here, not on a perturbed database */
    size_t variant; /* the first such */
    enum sql_state state;
    const char *why; /* of no result; NULL */
    struct text sql; /* what was run; "null": silence */
    struct sql_shape_brief {
        int hardness;
        uint64_t structure;
    } reference; /* of a feasible question */
};

/* A database with what its variants and references came to. */
struct sql_judge;
/* Takes the database, also when it fails. NULL database: only silence can be judged, and false answers. */
struct sql_judge *sql_judge_new(struct sql_database *database, const struct sql_judge_settings *settings,
                                struct error *err) MUST_CHECK;
void sql_judge_free(struct sql_judge *judge);
struct sql_database *sql_judge_database(struct sql_judge *judge); /* NULL: none */

/* reference "null": the question is infeasible. A statement without the word select (DELETE ..., VALUES (1), SELEC 1)
 * is an answer, though the published clean-up takes it for silence; a sentence without one is silence. ERROR_DATA: a
 * reference that does not run, or an answer to a feasible question without a database. Strings of `out` live on the
 * arena. */
bool sql_judge_answer(struct sql_judge *judge, struct text reference, struct text prediction, struct arena *arena,
                      struct sql_judgement *out, struct error *err) MUST_CHECK;
/* Of n samples to one question: share of the modal text and of the modal result (what fails agrees with nothing), and
 * whether the modal text can be prepared. Silence is a text of its own. */
struct sql_signals {
    double text_share, result_share, prepares;
    struct text modal_text, modal_result; /* a query of the largest group, the first by bytes; "null" too */
};
bool sql_signals_of(struct sql_judge *judge, const struct text *samples, size_t n, struct arena *arena,
                    struct sql_signals *out, struct error *err) MUST_CHECK;

#endif
