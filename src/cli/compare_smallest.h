/* Which of several model files to take: the smallest one of those that pass a gate. */
#ifndef CLI_COMPARE_SMALLEST_H
#define CLI_COMPARE_SMALLEST_H

#include "cli/commands.h"
#include "measure/compare/compare.h"

/* Adds a note to the comparison, whose gate was judged: how many other runs pass it, and which of those is the smallest
 * by the bits a weight takes (what `compress` states of its file, else file bytes over weights). Runs whose subject is
 * no file are passed over; nothing is said where fewer than two are files. */
bool compare_note_smallest(const struct arguments *args, struct comparison *comparison, struct error *err) MUST_CHECK;

#endif
