/* What a model wrote, made into one query, as the published code of TrustSQL does for each of its data sets (bit for
 * bit; of a database of your own comments are left out besides); and what several asks about a question come to. Pure.
 */
#ifndef VERIFY_SQL_CLEAN_H
#define VERIFY_SQL_CLEAN_H

#include "verify/sql_equal.h"

/* plain: a database of your own; quotes stay what they are. */
enum sql_set { SQL_SET_PLAIN, SQL_SET_ATIS, SQL_SET_ADVISING, SQL_SET_EHRSQL, SQL_SET_SPIDER, SQL_SETS };
extern const char *const sql_set_names[SQL_SETS]; /* "plain", "atis", "advising", "ehrsql", "spider" */
/* By the db_id of a question: atis, advising, mimic_iv; plain for all others. */
enum sql_set sql_set_of(struct text db_id);
enum sql_rule sql_set_rule(enum sql_set set, bool strict);

/* No word select: "null". Else the content of a fenced block (sql, json); plain: without comments; "> =" and its like
 * joined; blanks; quotes (ATIS, Advising: double; EHRSQL, Spider: single); blanks around brackets and commas outside
 * literals; Advising: one title with two blanks; Spider: DISTINCT gone; EHRSQL: functions of MySQL, the present day as
 * 2100-12-31, bounds of vital signs, %y and %j. */
bool sql_clean(struct text raw, enum sql_set set, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;
/* The same for a reference, which is changed less: Spider's DISTINCT, EHRSQL's present day, bounds and formats. */
bool sql_clean_reference(struct text sql, enum sql_set set, struct arena *arena, struct text *out,
                         struct error *err) MUST_CHECK;
bool sql_is_null(struct text sql); /* the word null: silence */

/* Detector, generator, error detector: silence unless the detector says answerable, and where the other says incorrect,
 * both in any case. strict: silence unless it says correct, so that chatter abstains on both sides. */
bool sql_pipeline(struct text detected, struct text raw, struct text checked, bool strict, enum sql_set set,
                  struct arena *arena, struct text *out, struct error *err) MUST_CHECK;
/* One model that may say not_answerable. */
bool sql_says_not_answerable(struct text raw);
bool sql_demo(struct text raw, enum sql_set set, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;

struct sql_vote {
    struct text winner; /* the modal cleaned text, of equal ones the first by bytes; "null" below the ratio */
    struct text modal;
    double share; /* of the samples */
};
/* n > 0 samples. Ratio 1: all must be the same; below 1: at least a whole number ratio x n, and more than half. */
bool sql_voting(const struct text *samples, size_t n, double ratio, enum sql_set set, struct arena *arena,
                struct sql_vote *out, struct error *err) MUST_CHECK;

#endif
