/* `basanite score --top` and `--hidden`: dumps of what a model predicts and holds. */
#ifndef CLI_SCORE_LOOK_H
#define CLI_SCORE_LOOK_H

#include "cli/commands.h"

bool score_asks_look(const struct arguments *args); /* is any of it asked for? */
bool score_look(struct arguments *args, struct subject *subject, struct error *err) MUST_CHECK;

#endif
