/* What `basanite compress` prints: a line a block, a table of the files written, or JSON. */
#ifndef CLI_COMPRESS_PRINT_H
#define CLI_COMPRESS_PRINT_H

#include "act/compress/compress.h"
#include "cli/options.h"

/* Of one file: lines are printed as blocks are done; rows are kept for JSON where it is asked for. */
struct compress_print {
    const struct arguments *args;
    bool pruned;
    json_t *tensors; /* NULL: not asked for */
    /* of the block under way: sums over its matrices of error and power, of rounding alone, and of time */
    size_t block, n;
    double shares, plain, seconds;
    bool any, of_output;
};

bool compress_print_begin(struct compress_print *print, const struct arguments *args, const struct codec_choice *choice,
                          struct error *err) MUST_CHECK;
compress_told compress_print_row;
/* The rest of a file: its last block and its figures. Appends to `cells`, where JSON is asked for. */
bool compress_print_end(struct compress_print *print, const struct compress_settings *settings,
                        const struct compress_result *result, json_t *cells, struct error *err) MUST_CHECK;

#endif
