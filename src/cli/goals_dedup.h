/* basanite goals dedup CARDS: cards that say the same value are merged, every merge is listed. */
#ifndef CLI_GOALS_DEDUP_H
#define CLI_GOALS_DEDUP_H

#include "cli/commands.h"

bool goals_dedup(struct arguments *args, const char *cards, struct error *err) MUST_CHECK;

#endif
