/* Shows that blocks of storage types are written and read as the formats' reference code does: known blocks byte for
 * byte, known values to the last bit. */
#ifndef LM_CALIBRATE_CODEC_H
#define LM_CALIBRATE_CODEC_H

#include "lm/calibrate/calibrate.h"

/* gold: a JSON file, an array of {type, case, n, bytes, x_f32le, blocks, y_f32le}: n values, the blocks that they make,
 * the values that those give back, each as hexadecimal little-endian bytes. Two rows a case. A type that is read only
 * or unknown is a missed row. false: gold cannot be read or a case is malformed (ERROR_DATA, named by its place), or
 * memory ran out. Missed rows are no errors. */
bool calibrate_codec(const char *gold, calibrate_report *report, void *context, struct error *err) MUST_CHECK;

#endif
