/* A function in its normal form: without comments and blanks, names by their role and the order in which they are first
 * used, numbers and texts by their kind, visibility and mutability in a fixed order. Two functions of one normal form
 * are clones. */
#ifndef FORMALIZE_CONTRACT_SOL_NORMAL_H
#define FORMALIZE_CONTRACT_SOL_NORMAL_H

#include "base/buffer.h"
#include "formalize/contract/contract_program.h"

enum { SOL_BINS = 1 << 14, SOL_HASH_HEX = 17 };
/* Words with one blank between them. names: as they are written, and not their roles. */
bool sol_normal(const struct sol_program *program, const struct sol_function *f, bool names, struct buffer *out,
                struct error *err) MUST_CHECK;
/* xxh3 of the normal form as 16 hexadecimal digits. */
bool sol_normal_hash(const struct sol_program *program, const struct sol_function *f, char hex[SOL_HASH_HEX],
                     struct error *err) MUST_CHECK;
/* Counts of pairs of neighbouring words in SOL_BINS hashed bins; names without their numbers. bins: zeroed by the
 * caller. Returns the number of pairs. */
bool sol_bigrams(const struct sol_program *program, const struct sol_function *f, bool names, uint16_t *bins,
                 size_t *pairs, struct error *err) MUST_CHECK;

#endif
