/* What the codecs that round share. Inside of the folder. */
#ifndef ACT_GRID_OPTIONS_H
#define ACT_GRID_OPTIONS_H

#include "act/compress/codec.h"
#include "act/compress/grid.h"

/* The first rows of their option tables. */
enum { GRID_BITS, GRID_GROUP, GRID_OPTIONS };
#define GRID_OPTION_ROWS                                                                                               \
    {"bits", OPTION_INT, "4", 2, 8, NULL, "of a level"}, {                                                             \
        "group", OPTION_INT, "128", 0, 1 << 20, NULL, "weights of a row that share a scale; 0: the whole row"          \
    }

/* Rows are whole groups, or ERROR_DATA. */
bool grid_fits(const struct codec_matrix *m, size_t group, struct error *err) MUST_CHECK;
/* bits + (16 + bits) / group: levels, and of each group a scale in f16 and a zero point. */
double grid_bits(size_t bits, size_t group, size_t columns);

#endif
