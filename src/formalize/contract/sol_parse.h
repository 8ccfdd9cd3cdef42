/* A tolerant parser of Solidity, 0.4 to 0.8, by recursive descent. What it cannot read it skips, to the next semicolon
 * or behind the matching brace, and tells as a fault with its lines: the rest of the file is read. Forms that newer
 * compilers refuse are read: functions named like their contract or without a name, var, throw, suicide, sha3, years,
 * .value(..) and .gas(..). Of assembly only which instructions and functions are called is kept. Nothing is nested
 * deeper than SOL_DEPTH_MOST levels. */
#ifndef FORMALIZE_CONTRACT_SOL_PARSE_H
#define FORMALIZE_CONTRACT_SOL_PARSE_H

#include "formalize/contract/sol_tree.h"

enum { SOL_DEPTH_MOST = 256 };
/* text and name are borrowed for as long as the file is used; all else lies on the arena. False: out of memory, or
 * ERROR_DATA "NAME:LINE: ..": no source of Solidity at all (binary, empty, Vyper, a line of more than 1 MiB). */
bool sol_parse(struct text text, const char *name, struct sol_names *names, struct arena *arena, struct sol_file *out,
               struct error *err) MUST_CHECK;

#endif
