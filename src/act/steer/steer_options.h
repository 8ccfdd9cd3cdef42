/* Rows of the option tables of steers: what several of them have in common is said once. */
#ifndef ACT_STEER_OPTIONS_H
#define ACT_STEER_OPTIONS_H

#include "base/option.h"

#define STEER_REAL(name, initial, least, most, help) {name, OPTION_REAL, initial, least, most, NULL, help}
#define STEER_INT(name, initial, least, most, help) {name, OPTION_INT, initial, least, most, NULL, help}
#define STEER_CHOICE(name, initial, choices, help) {name, OPTION_CHOICE, initial, 1, 0, choices, help}
#define STEER_FLAG(name, help) {name, OPTION_FLAG, NULL, 1, 0, NULL, help}

/* Of every steer that chooses tokens. */
#define STEER_TOKENS                                                                                                   \
    STEER_REAL("alpha", "1", 0, INFINITY, "how dear it is to leave the base: inf is the base, 0 the highest value"),   \
        STEER_INT("topk", "8", 1, 1e6, "candidates: the likeliest tokens; all others are never said"),             \
        STEER_CHOICE("mode", "asked", "asked|greedy|sample", "asked: as the temperature of the ask says"),             \
        STEER_REAL("skip", "1", 0, 1, "a candidate likelier than this is taken without a look at its value"),          \
        STEER_CHOICE("norm", "none", "none|running-z|minmax", "what is made of values before they are weighed")

/* Of those that finish texts. */
#define STEER_ROLLOUTS(count)                                                                                          \
    STEER_TOKENS, STEER_INT("rollouts", count, 1, 4096, "ends that are looked at behind each candidate"),              \
        STEER_INT("horizon", "12", 1, 1e6, "most tokens of a rollout"),                                            \
        STEER_REAL("heat", "1", 0, 100, "temperature of rollouts; 0: greedy"),                                         \
        STEER_FLAG("halving", "a quarter of the rollouts for all candidates, the rest for those still running"), \
        STEER_INT("block", "1", 1, 4096, "tokens of a candidate; above 1 blocks are drawn from the base"),             \
        STEER_CHOICE("replan", "always", "always|disagree",                                                            \
                     "disagree: while the base agrees with the best rollout, follow it without new ones")

#define STEER_BETA STEER_REAL("beta", NULL, 1e-9, 1e9, "strength of the alignment that the values belong to")

#define STEER_TABLE(table) .options = table, .n_options = sizeof table / sizeof *table

#endif
