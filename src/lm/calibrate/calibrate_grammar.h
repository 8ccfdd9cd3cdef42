/* Shows that grammars have the texts that they should have: a grammar and a schema that are built in, public GBNF files
 * when they are given, and texts sampled under json.gbnf from a random model, read by a JSON parser of others. */
#ifndef LM_CALIBRATE_GRAMMAR_H
#define LM_CALIBRATE_GRAMMAR_H

#include "base/pool.h"
#include "lm/calibrate/calibrate.h"

/* gold: a file NAME.gbnf or a folder of them, read in the order of their names; NULL: none. Each must parse; of those
 * whose texts are known here by NAME each known text must be accepted or refused as it should be. false: gold cannot be
 * read or holds no grammar (ERROR_DATA), or memory ran out. Missed rows are no errors. */
bool calibrate_grammar(const char *gold, struct pool *pool, calibrate_report *report, void *context,
                       struct error *err) MUST_CHECK;

#endif
