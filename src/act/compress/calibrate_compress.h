/* Shows that the codecs give known weights: see calibrate.h. */
#ifndef ACT_CALIBRATE_COMPRESS_H
#define ACT_CALIBRATE_COMPRESS_H

#include "base/json.h"
#include "lm/calibrate/calibrate.h"

/* Is it such a file: an array of objects with "W", "X" and "expect"? */
bool calibrate_compress_is(const json_t *gold);
/* gold: an array of {rows, cols, tokens, percdamp, blocksize, W [rows, cols], X [tokens, cols], expect {NAME: {W,
 * mse_out, bits, group, sym, act_order, best_alpha, scales, max}}}, NAME beginning with the codec's. Weights within
 * 1e-5 of those expected where the grid has a zero point of its own or where weights are zeroed; symmetric levels put
 * the largest weight on a tie, so of them the mean square error of the output is at most 1% off. The limits that a clip
 * search finds within 1e-5. false: a case is malformed (ERROR_DATA), or memory ran out. */
bool calibrate_compress(const json_t *gold, const char *path, calibrate_report *report, void *context,
                        struct error *err) MUST_CHECK;

#endif
