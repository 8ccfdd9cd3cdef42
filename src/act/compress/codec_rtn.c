/* Round to nearest: every group of weights to its own levels, without looking at activations (section 2.1). */
#include "act/compress/grid_options.h"

enum { SYM = GRID_OPTIONS };
static const struct option_def options[] = {
    GRID_OPTION_ROWS,
    {"sym", OPTION_FLAG, "no", 1, 0, NULL, "levels symmetric about zero"},
};

static bool fits(const struct option_value *o, const struct codec_matrix *m, struct error *err) {
    return grid_fits(m, (size_t)o[GRID_GROUP].integer, err);
}

static void round_rows(const struct option_value *o, struct codec_matrix *m) {
    grid_round_rows(o[SYM].flag ? GRID_SYMMETRIC : GRID_TIGHT, (unsigned)o[GRID_BITS].integer,
                    (size_t)o[GRID_GROUP].integer, m->w, m->rows, m->columns);
}

static bool compress(const struct option_value *o, struct codec_matrix *m, struct pool *pool, struct error *err) {
    (void)pool;
    (void)err;
    round_rows(o, m);
    return true;
}

static void cells(const struct option_value *o, const struct codec_matrix *m, float *low, float *high) {
    grid_cells(o[SYM].flag ? GRID_SYMMETRIC : GRID_TIGHT, (unsigned)o[GRID_BITS].integer,
               (size_t)o[GRID_GROUP].integer, m->w, m->rows, m->columns, low, high);
}

static double bits(const struct option_value *o, size_t columns) {
    return grid_bits((size_t)o[GRID_BITS].integer, (size_t)o[GRID_GROUP].integer, columns);
}

const struct codec codec_rtn = {
    .name = "rtn",
    .summary = "round to nearest, group by group",
    .source = "the base quantiser of Lin et al. 2024 and Frantar et al. 2023",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .fits = fits,
    .compress = compress,
    .cells = cells,
    .bits = bits,
};
