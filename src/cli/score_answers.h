/* `basanite score --scorer`: recorded answers scored, without asking anybody. */
#ifndef CLI_SCORE_ANSWERS_H
#define CLI_SCORE_ANSWERS_H

#include "cli/commands.h"

bool score_asks_answers(const struct arguments *args); /* is a scorer named? */
bool score_answers(struct arguments *args, struct error *err) MUST_CHECK;
/* Figures as a table for people, or {"figures": [...], ...} with --json; shared with other commands that have no
 * record. */
bool print_figures(const struct arguments *args, FILE *out, const struct figure *figures, size_t n, json_t *rest,
                   struct error *err) MUST_CHECK;

#endif
