/* basanite goals graph VOTES: a moral graph of people's votes, ranked. */
#ifndef CLI_GOALS_GRAPH_H
#define CLI_GOALS_GRAPH_H

#include "cli/commands.h"

bool goals_graph(struct arguments *args, const char *votes, struct error *err) MUST_CHECK;

#endif
