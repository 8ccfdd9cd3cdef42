/* GPTQ (Frantar et al. 2023): columns are rounded one after the other, and what each rounding costs is made up for by
 * the columns that are still free, as the second moments of the inputs say (section 2.2). */
#include "act/compress/grid_options.h"
#include "act/compress/sweep.h"

#include "base/arena.h"

#include <string.h>

enum { SYM = GRID_OPTIONS, ACT, STATIC, DAMP, BLOCK };
static const struct option_def options[] = {
    GRID_OPTION_ROWS,
    {"sym", OPTION_FLAG, "yes", 1, 0, NULL, "levels symmetric about zero"},
    {"act", OPTION_FLAG, "no", 1, 0, NULL, "columns with the largest inputs first (desc_act)"},
    {"static", OPTION_FLAG, "no", 1, 0, NULL, "with act: groups and their levels as the columns stand in the file"},
    {"damp", OPTION_REAL, "0.01", 0, 10, NULL, "share of the mean that is added to the diagonal of second moments"},
    {"block", OPTION_INT, "128", 1, 4096, NULL, "columns after which the others are made to follow"},
};

static enum grid_kind kind(const struct option_value *o) {
    return o[SYM].flag ? GRID_SYMMETRIC : GRID_WIDE;
}

static bool fits(const struct option_value *o, const struct codec_matrix *m, struct error *err) {
    return grid_fits(m, (size_t)o[GRID_GROUP].integer, err);
}

struct gptq {
    enum grid_kind kind;
    unsigned bits;
    size_t columns, group, groups;
    const size_t *order;
    bool fixed; /* grids: [rows, groups] are known; otherwise one of each row, made at a group's begin */
    struct grid *grids;
};

static double choose(void *context, size_t row, size_t column, const double *row_w, const double *now, size_t left) {
    const struct gptq *g = context;
    struct grid *grid = g->fixed ? &g->grids[row * g->groups + g->order[column] / g->group] : &g->grids[row];
    (void)left;
    if (!g->fixed && column % g->group == 0) *grid = grid_fit(g->kind, g->bits, row_w + column, g->group, 1);
    return grid_nearest(grid, now[0]);
}

/* w: [rows, columns] in the factor's order; columns whose input never moved are zero. */
static void gather(const struct codec_matrix *m, const size_t *order, double *w) {
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->columns; j++)
            w[i * m->columns + j] = m->inputs->squares[order[j]] == 0 ? 0 : (double)m->w[i * m->columns + order[j]];
}

static void scatter(struct codec_matrix *m, const size_t *order, const double *w) {
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->columns; j++) m->w[i * m->columns + order[j]] = (float)w[i * m->columns + j];
}

/* Grids of the groups as they stand in the file. */
static void fit_grids(struct gptq *g, const struct codec_matrix *m, double *room) {
    for (size_t i = 0; i < m->rows; i++)
        for (size_t group = 0; group < g->groups; group++) {
            const float *w = m->w + i * m->columns + group * g->group;
            for (size_t j = 0; j < g->group; j++)
                room[j] = m->inputs->squares[group * g->group + j] == 0 ? 0 : (double)w[j];
            g->grids[i * g->groups + group] = grid_fit(g->kind, g->bits, room, g->group, 1);
        }
}

static bool compress(const struct option_value *o, struct codec_matrix *m, struct pool *pool, struct error *err) {
    size_t columns = m->columns, group = o[GRID_GROUP].integer ? (size_t)o[GRID_GROUP].integer : columns;
    struct gptq g = {kind(o), (unsigned)o[GRID_BITS].integer, columns, group, columns / group, .fixed = o[STATIC].flag};
    if (!moments_factor(m->inputs, pool, o[DAMP].real, o[ACT].flag, err))
        return error_wrap(err, "tensor '%s'", m->name);
    double *w = memory_aligned(64, m->rows * columns * sizeof *w), *room = memory_zeroed(group, sizeof *room);
    g.grids = memory_zeroed(m->rows, (g.fixed ? g.groups : 1) * sizeof *g.grids);
    g.order = m->inputs->order;
    bool ok = (w && room && g.grids) || error_memory(err, m->name);
    if (ok && g.fixed) fit_grids(&g, m, room);
    if (ok) {
        gather(m, g.order, w);
        const struct sweep s = {m->rows, columns, (size_t)o[BLOCK].integer, w, m->inputs->factor, &g, NULL, choose};
        ok = sweep_run(&s, pool, err);
    }
    if (ok) scatter(m, g.order, w);
    memory_free(w);
    memory_free(room);
    memory_free(g.grids);
    return ok;
}

static void plain(const struct option_value *o, struct codec_matrix *m) {
    grid_round_rows(kind(o), (unsigned)o[GRID_BITS].integer, (size_t)o[GRID_GROUP].integer, m->w, m->rows, m->columns);
}

static double bits(const struct option_value *o, size_t columns) {
    return grid_bits((size_t)o[GRID_BITS].integer, (size_t)o[GRID_GROUP].integer, columns);
}

const struct codec codec_gptq = {
    .name = "gptq",
    .summary = "rounds column by column; columns still free make up for the error",
    .source = "Frantar et al. 2023",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .needs = CODEC_NEEDS_PRODUCTS,
    .fits = fits,
    .compress = compress,
    .plain = plain,
    .bits = bits,
};
