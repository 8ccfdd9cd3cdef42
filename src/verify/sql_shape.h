/* What a query looks like, told without running it: its structure (so that one can say whether a question's query was
 * seen in training), how hard it is, and the habits that the published scoring of TrustSQL asks about. */
#ifndef VERIFY_SQL_SHAPE_H
#define VERIFY_SQL_SHAPE_H

#include "base/text.h"

enum sql_hardness { SQL_EASY, SQL_MEDIUM, SQL_HARD };
extern const char *const sql_hardness_names[]; /* "easy", "medium", "hard" */

struct sql_shape {
    /* easy: one table, no aggregate with a condition; medium: a join, ORDER BY with LIMIT, or an aggregate with a
     * condition; hard: a nested query, a set operation, GROUP BY with HAVING. Our own rule: that of TrustSQL is not
     * published. */
    enum sql_hardness hardness;
    /* Of the structure: words in lower case, literals and numbers as ?, aliases numbered in order; names of tables and
     * columns kept. */
    uint64_t structure;
    bool orders;          /* the outermost query has ORDER BY */
    bool orders_anywhere; /* the text has it, as the published rule asks */
    bool asks_existence;  /* count(..) > 0 from: the answer is yes or no */
    size_t n_tables;
};
bool sql_shape_of(struct text sql, struct arena *arena, struct sql_shape *out, struct error *err) MUST_CHECK;
/* The text of the structure, one blank between pieces. */
bool sql_structure(struct text sql, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;

/* The repair of the published scoring: where the reference's select list begins with DISTINCT, or has it behind its
 * first piece ("count ( distinct"), and the prediction's has neither it nor * there, DISTINCT is put in. What cannot be
 * split at FROM stays as it is. */
bool sql_repair_distinct(struct text reference, struct text prediction, struct arena *arena, struct text *out,
                         struct error *err) MUST_CHECK;
/* Every DISTINCT taken out, as Spider's scoring does on both sides. */
bool sql_without_distinct(struct text sql, struct arena *arena, struct text *out, struct error *err) MUST_CHECK;

#endif
