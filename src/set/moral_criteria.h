/* The six things an alignment target should be (Klingefjord, Lowe & Edelman 2024, section 2): each as one figure that
 * votes can give, or an honest blank.
 *
 *   fine-grained   share of the contexts with a winner whose winner is not the one of all votes together
 *   generalizable  votes in a context that was left out: of those that say upgrade or no_upgrade on two values ranked
 *                  without it, the share that agrees with the order
 *   scalable       intervals of half of the voters over those of all, mean of the ten first: 1.41 where four times the
 *                  people halve them, 1 where more people do not help
 *   robust         least votes that take the first place, over all votes (moral_attack.h)
 *   legitimate     share of the participants who find the place of their value fair; only people can say it
 *   auditable      share of the rank of all values that stands outside cycles: inside one ranks rest on each other. Of
 *                  counts there is nobody to trace a vote to: blank */
#ifndef SET_MORAL_CRITERIA_H
#define SET_MORAL_CRITERIA_H

#include "set/moral_write.h"

enum { MORAL_CRITERIA = 6 };
struct moral_criterion {
    const char *name, *figure; /* what the value is */
    double value;              /* NaN: blank, and */
    const char *why;           /* why it is; "" else */
    uint64_t k, n;             /* value = k / n of a share; n 0: it is none */
};
/* fair: of the participants, n 0: not known. */
struct moral_fair {
    uint64_t k, n;
};
bool moral_criteria(const struct moral_report *r, struct moral_fair fair,
                    const struct moral_standing_settings *settings, struct arena *arena,
                    struct moral_criterion out[MORAL_CRITERIA], struct error *err) MUST_CHECK;

#endif
