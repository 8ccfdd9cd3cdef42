/* Votes of several answers for one of two labels (Ma et al. 2024, "Combining Fine-Tuning and LLM-based Agents for
 * Intuitive Smart Contract Auditing with Justifications": five prompts, "the label is safe" or "vulnerable"). Pure
 * functions of texts. */
#ifndef MEASURE_VOTES_H
#define MEASURE_VOTES_H

#include "base/text.h"

#define VOTES_BETWEEN "=====" /* a line of its own parts answers that are put together as one text */

enum { VOTE_NONE = -1 };

/* 0 or 1: the first label that stands behind `after` ("the label is"), in any case, as a whole word; VOTE_NONE: none.
 */
int vote_of(struct text answer, struct text after, const struct text labels[2]);

struct votes {
    unsigned for_label[2], missing;
    int winner; /* the label of more votes; of a tie 1, what must not be missed; VOTE_NONE: all are missing */
    bool tied;  /* as many for either, and some */
};
/* Of the answers in a text, parted by VOTES_BETWEEN. */
struct votes votes_count(struct text answers, struct text after, const struct text labels[2]);

#endif
