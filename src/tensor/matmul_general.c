/* Products of changing operands: see matmul.h.
 *
 * c is cut into tiles of GENERAL_ROWS x GENERAL_COLUMNS, k into slabs of GENERAL_DEPTH. Slabs go in groups, so that a
 * small c still gives work to many threads: a part of the work is one tile in one group, whose slabs are added in order
 * into a sum of its own; then the sums of the groups are added in order. All of this follows from the shape alone, so
 * an element of c is made in the same way whoever makes it.
 *
 * Operands stay where they are when their type and layout suit the product. Otherwise a worker copies the piece that it
 * needs; the depth of the last slab is then filled up with zeros to a multiple of GENERAL_GRAIN, so that few shapes
 * occur. From AVX-512 on the fast products of oneDNN 2.6 read dense operands only. */
#include "tensor/matmul_general.h"

#include "tensor/matmul_room.h"

#include "tensor/kernel.h"
#include "tensor/operand.h"

#include <stdatomic.h>
#include <string.h>

#define GENERAL_ROWS 256u
#define GENERAL_COLUMNS 512u
#define GENERAL_DEPTH 256u
#define GENERAL_GRAIN 64u
#define GENERAL_WIDTH 1024u /* rows further apart than this are copied: every one is on a page of its own */
#define GENERAL_PARTS 48u /* as many parts are wanted */
#define SUM_ROWS 16u

struct general {
    enum operand operand;
    bool transpose_a, transpose_b, accumulate;
    bool strided; /* products read rows that lie apart */
    size_t m, n, k;
    const float *a, *b;
    float *c;
    size_t rows, columns, slabs, groups; /* rows, columns: tiles */
    /* by [last row of tiles][last column][last slab][adds to what is there] */
    struct product_entry *products[2][2][2][2];
    size_t a_bytes, b_bytes, sum_size; /* of one worker; floats of one part's sum */
    char *rooms;
    float *sums;
    atomic_bool failed;
};

/* One tile in one slab. */
struct place {
    size_t row, column, slab; /* numbers */
    size_t m, n, depth;       /* sizes */
    size_t filled;            /* depth of the product */
};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t round_up(size_t n, size_t grain) {
    return (n + grain - 1) / grain * grain;
}

static struct place place_of(const struct general *g, size_t row, size_t column, size_t slab) {
    struct place p = {.row = row, .column = column, .slab = slab};
    p.m = least(g->m - row * GENERAL_ROWS, GENERAL_ROWS);
    p.n = least(g->n - column * GENERAL_COLUMNS, GENERAL_COLUMNS);
    p.depth = least(g->k - slab * GENERAL_DEPTH, GENERAL_DEPTH);
    p.filled = round_up(p.depth, GENERAL_GRAIN);
    return p;
}

/* A piece of an operand as it is stored: rows x columns from (row, column) of a matrix with `width` columns; the
 * product takes it as filled_rows x filled_columns. */
struct piece {
    const float *from;
    size_t width, rows, columns, filled_rows, filled_columns;
};

static struct piece piece_a(const struct general *g, const struct place *p) {
    size_t i = p->row * GENERAL_ROWS, l = p->slab * GENERAL_DEPTH;
    if (g->transpose_a) return (struct piece){g->a + l * g->m + i, g->m, p->depth, p->m, p->filled, p->m};
    return (struct piece){g->a + i * g->k + l, g->k, p->m, p->depth, p->m, p->filled};
}

static struct piece piece_b(const struct general *g, const struct place *p) {
    size_t j = p->column * GENERAL_COLUMNS, l = p->slab * GENERAL_DEPTH;
    if (g->transpose_b) return (struct piece){g->b + j * g->k + l, g->k, p->n, p->depth, p->n, p->filled};
    return (struct piece){g->b + l * g->n + j, g->n, p->depth, p->n, p->filled, p->n};
}

static bool stays(const struct general *g, const struct piece *p) {
    return g->operand == OPERAND_F32 && p->rows == p->filled_rows && p->columns == p->filled_columns &&
           (p->columns == p->width || (g->strided && p->width <= GENERAL_WIDTH));
}

static struct layout layout_of(const struct general *g, const struct piece *p, bool transposed) {
    size_t stride = stays(g, p) ? p->width : p->filled_columns;
    return transposed ? (struct layout){1, stride} : (struct layout){stride, 1};
}

/* The piece as an operand: where it is, or copied into `room`. */
static const void *piece_put(const struct general *g, const struct piece *p, void *room) {
    if (stays(g, p)) return p->from;
    for (size_t i = 0; i < p->rows; i++) {
        size_t at = i * p->filled_columns;
        operand_put(g->operand, room, at, p->from + i * p->width, p->columns);
        operand_zero(g->operand, room, at + p->columns, p->filled_columns - p->columns);
    }
    operand_zero(g->operand, room, p->rows * p->filled_columns, (p->filled_rows - p->rows) * p->filled_columns);
    return room;
}

static struct product_entry **product_at(struct general *g, const struct place *p, bool adds) {
    return &g->products[p->row + 1 == g->rows][p->column + 1 == g->columns][p->slab + 1 == g->slabs][adds];
}

/* The product of a place, both as the first of its group and as one that adds. */
static bool product_make(struct general *g, struct matmul_space *space, const struct place *p, struct error *err) {
    struct piece a = piece_a(g, p), b = piece_b(g, p);
    struct layout layout = layout_of(g, &b, g->transpose_b);
    for (int adds = 0; adds <= 1; adds++) {
        struct product_entry **at = product_at(g, p, adds);
        if (!*at)
            *at = product_cached(&space->cache, g->operand == OPERAND_BF16, p->m, p->n, p->filled,
                                 layout_of(g, &a, g->transpose_a), &layout, (struct layout){p->n, 1}, adds, err);
        if (!*at) return false;
    }
    return true;
}

/* Shapes differ only at the ends, so the first and the last of each direction stand for all. */
static bool products_make(struct general *g, struct matmul_space *space, struct error *err) {
    for (unsigned which = 0; which < 8; which++) {
        struct place p = place_of(g, which & 1 ? g->rows - 1 : 0, which & 2 ? g->columns - 1 : 0,
                                  which & 4 ? g->slabs - 1 : 0);
        if (!product_make(g, space, &p, err)) return false;
    }
    return true;
}

static void divide(struct general *g) {
    g->rows = (g->m + GENERAL_ROWS - 1) / GENERAL_ROWS;
    g->columns = (g->n + GENERAL_COLUMNS - 1) / GENERAL_COLUMNS;
    g->slabs = (g->k + GENERAL_DEPTH - 1) / GENERAL_DEPTH;
    g->groups = least(g->slabs, (GENERAL_PARTS + g->rows * g->columns - 1) / (g->rows * g->columns));
}

/* Sizes of the sums of one part, and of the operands of one worker. */
static void measure(struct general *g) {
    size_t one = operand_bytes(g->operand), m = least(g->m, GENERAL_ROWS), n = least(g->n, GENERAL_COLUMNS);
    size_t depth = least(round_up(g->k, GENERAL_GRAIN), GENERAL_DEPTH);
    g->a_bytes = round_up(m * depth * one, 64);
    g->b_bytes = round_up(n * depth * one, 64);
    g->sum_size = round_up(m * n, 16);
}

size_t matmul_room(enum matmul_type type, size_t m, size_t n, size_t k, size_t threads) {
    if (m == 0 || n == 0 || k == 0) return 0;
    struct general g = {.operand = operand_of(type), .m = m, .n = n, .k = k};
    divide(&g);
    measure(&g);
    return g.rows * g.columns * g.groups * g.sum_size * sizeof(float) + threads * (g.a_bytes + g.b_bytes);
}

/* One allocation holds the sums of the parts and the rooms of the workers. */
static bool space_divide(struct general *g, struct matmul_space *space, struct error *err) {
    size_t sums, rooms, need;
    measure(g);
    if (__builtin_mul_overflow(g->rows * g->columns * g->groups, g->sum_size * sizeof(float), &sums) ||
        __builtin_mul_overflow(space->cache.workers, g->a_bytes + g->b_bytes, &rooms) ||
        __builtin_add_overflow(sums, rooms, &need))
        return error_memory(err, "operands of a product");
    if (!space->bytes || need > space->size) {
        memory_free(space->bytes);
        space->size = 0;
        space->bytes = memory_aligned(64, need);
        if (!space->bytes) return error_memory(err, "operands of a product");
        space->size = need;
    }
    g->sums = space->bytes;
    g->rooms = (char *)space->bytes + sums;
    return true;
}

/* Parts count by groups first: those of one group read the same slabs. */
static void general_part(void *context, size_t part, size_t worker) {
    struct general *g = context;
    size_t tiles = g->rows * g->columns, tile = part % tiles, group = part / tiles;
    size_t first = g->slabs * group / g->groups, end = g->slabs * (group + 1) / g->groups;
    char *room = g->rooms + worker * (g->a_bytes + g->b_bytes);
    for (size_t slab = first; slab < end; slab++) {
        struct place p = place_of(g, tile / g->columns, tile % g->columns, slab);
        struct piece a = piece_a(g, &p), b = piece_b(g, &p);
        struct product_entry *e = *product_at(g, &p, slab > first);
        const void *x = piece_put(g, &a, room), *y = piece_put(g, &b, room + g->a_bytes);
        if (!product_run(&e->product, &e->lanes[worker], x, y, g->sums + part * g->sum_size))
            atomic_store(&g->failed, true);
    }
}

/* Adds the groups of up to SUM_ROWS rows of one tile. */
static void sum_part(void *context, size_t part, size_t worker) {
    (void)worker;
    struct general *g = context;
    size_t tiles = g->rows * g->columns, pieces = (GENERAL_ROWS + SUM_ROWS - 1) / SUM_ROWS, tile = part / pieces;
    struct place p = place_of(g, tile / g->columns, tile % g->columns, 0);
    size_t from = part % pieces * SUM_ROWS, to = least(from + SUM_ROWS, p.m);
    for (size_t i = from; i < to; i++) {
        float *c = g->c + (p.row * GENERAL_ROWS + i) * g->n + p.column * GENERAL_COLUMNS;
        for (size_t group = 0; group < g->groups; group++) {
            const float *sum = g->sums + (group * tiles + tile) * g->sum_size + i * p.n;
            if (group > 0 || g->accumulate)
                kernels()->add(c, c, sum, p.n);
            else
                memcpy(c, sum, p.n * sizeof *c);
        }
    }
}

void matmul_space_init(struct matmul_space *space, size_t workers) {
    *space = (struct matmul_space){.cache.workers = workers};
}

void matmul_space_done(struct matmul_space *space) {
    product_cache_done(&space->cache);
    memory_free(space->bytes);
    space->bytes = NULL;
}

bool matmul_in(struct matmul_space *space, struct pool *pool, enum matmul_type type, bool transpose_a, bool transpose_b,
               size_t m, size_t n, size_t k, const float *a, const float *b, float *c, bool accumulate,
               struct error *err) {
    if (m == 0 || n == 0) return true;
    if (k == 0) {
        if (!accumulate) memset(c, 0, m * n * sizeof *c);
        return true;
    }
    struct general g = {.operand = operand_of(type),
                        .transpose_a = transpose_a,
                        .transpose_b = transpose_b,
                        .accumulate = accumulate,
                        .strided = product_reads_strided(),
                        .m = m,
                        .n = n,
                        .k = k,
                        .a = a,
                        .b = b,
                        .c = c};
    divide(&g);
    atomic_init(&g.failed, false);
    if (!products_make(&g, space, err) || !space_divide(&g, space, err)) return false;
    product_deal(pool, g.rows * g.columns * g.groups, general_part, &g);
    if (atomic_load(&g.failed))
        return error_set(err, ERROR_ENVIRONMENT, "oneDNN: a product [%zu, %zu] x [%zu, %zu] failed while running", m, k,
                         k, n);
    product_deal(pool, g.rows * g.columns * ((GENERAL_ROWS + SUM_ROWS - 1) / SUM_ROWS), sum_part, &g);
    return true;
}

bool matmul(struct pool *pool, enum matmul_type type, bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
            const float *a, const float *b, float *c, bool accumulate, struct error *err) {
    struct matmul_space space;
    matmul_space_init(&space, pool ? pool_threads(pool) : 1);
    bool ok = matmul_in(&space, pool, type, transpose_a, transpose_b, m, n, k, a, b, c, accumulate, err);
    matmul_space_done(&space);
    return ok;
}
