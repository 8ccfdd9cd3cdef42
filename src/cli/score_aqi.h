/* `basanite score --scorer aqi` and `aqi-compose`: sets of points, activations or texts, scored as a whole. */
#ifndef CLI_SCORE_AQI_H
#define CLI_SCORE_AQI_H

#include "cli/commands.h"

bool score_asks_aqi(const struct arguments *args); /* is one of these scorers named? */
bool score_aqi(struct arguments *args, struct error *err) MUST_CHECK;

#endif
