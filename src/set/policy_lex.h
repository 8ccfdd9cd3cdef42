/* Words of the small languages of policies: rules, conditions, gates. A reader stands in one line of text; nothing is
 * copied. Messages name the column, counted in bytes from 1. */
#ifndef SET_POLICY_LEX_H
#define SET_POLICY_LEX_H

#include "set/policy.h"

struct policy_reader {
    struct text source;
    size_t at;
    const char *what; /* "rule", "gate", "when": begins the messages */
    struct arena *arena;
};

/* What is left, blanks skipped. */
struct text policy_rest(struct policy_reader *r);
bool policy_at_end(struct policy_reader *r);
/* "WHAT: column N: expected EXPECTED, found 'X'" as ERROR_DATA; false. */
bool policy_expected(struct policy_reader *r, const char *expected, struct error *err);
/* A word: letters, digits and _ - . / ; empty where there is none. */
struct text policy_peek_word(struct policy_reader *r);
bool policy_take_keyword(struct policy_reader *r, const char *word); /* the whole word */
bool policy_take_mark(struct policy_reader *r, const char *mark);
/* A word as a copy; `expected` for the message. */
bool policy_take_word(struct policy_reader *r, const char *expected, const char **out, struct error *err) MUST_CHECK;
/* "text" with \" and \\ inside. */
bool policy_take_string(struct policy_reader *r, const char **out, struct error *err) MUST_CHECK;
/* A finite number; with a % behind it a hundredth. */
bool policy_take_number(struct policy_reader *r, double *out, bool *percent, struct error *err) MUST_CHECK;
bool policy_take_count(struct policy_reader *r, uint64_t least, uint64_t most, uint64_t *out,
                       struct error *err) MUST_CHECK;
/* NAME{,key=value}[(PLACE)] or d(that). */
bool policy_take_figure(struct policy_reader *r, struct policy_figure *out, struct error *err) MUST_CHECK;
/* Tests up to what is none; at least one. */
bool policy_take_when(struct policy_reader *r, struct policy_when *out, struct error *err) MUST_CHECK;
bool policy_figure_parse(struct text source, struct arena *arena, struct policy_figure *out,
                         struct error *err) MUST_CHECK;

#endif
