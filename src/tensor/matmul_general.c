/* Products of changing operands: see matmul.h.
 *
 * b is cut into blocks of GENERAL_COLUMNS columns and slabs of GENERAL_DEPTH rows, each packed once into oneDNN's own
 * layout. c is cut into tiles of GENERAL_ROWS rows; a part of the work is a tile with all or one of its blocks. The
 * slabs are added in order, so an element of c is made in the same way whoever makes it. */
#include "tensor/matmul_general.h"

#include "tensor/kernel.h"
#include "tensor/operand.h"

#include <stdatomic.h>
#include <string.h>

#define GENERAL_ROWS 64u
#define GENERAL_COLUMNS 256u
#define GENERAL_DEPTH 1024u
#define GENERAL_AHEAD 16u

struct general {
    enum operand operand;
    bool transpose_a, transpose_b, accumulate;
    size_t m, n, k;
    const float *a, *b;
    float *c;
    size_t tiles, blocks, slabs, blocks_per_part, parts_per_tile;
    /* by [block is the last][slab is the last][adds to what is there] */
    struct product_entry *products[2][2][2];
    size_t packed_stride; /* bytes of the largest packed piece */
    size_t a_bytes;       /* of one worker's a tile */
    dnnl_memory_t *packed;
    char *packed_bytes, *a_tiles, *c_tiles;
    atomic_bool failed;
};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static size_t round_up(size_t n) {
    return (n + 63) / 64 * 64;
}

static size_t block_width(const struct general *g, size_t block) {
    return least(g->n - block * GENERAL_COLUMNS, GENERAL_COLUMNS);
}

static size_t slab_depth(const struct general *g, size_t slab) {
    return least(g->k - slab * GENERAL_DEPTH, GENERAL_DEPTH);
}

static struct product_entry *product_at(const struct general *g, size_t block, size_t slab) {
    return g->products[block + 1 == g->blocks][slab + 1 == g->slabs][slab > 0];
}

static bool products_make(struct general *g, struct matmul_space *space, struct error *err) {
    for (size_t block = 0; block<g->blocks; block += g->blocks> 2 && block == 0 ? g->blocks - 1 : 1) {
        for (size_t slab = 0; slab < g->slabs; slab++) {
            size_t width = block_width(g, block), depth = slab_depth(g, slab);
            struct layout a = g->transpose_a ? (struct layout){1, GENERAL_ROWS} : (struct layout){depth, 1};
            struct product_entry *e = product_cached(&space->cache, g->operand == OPERAND_BF16, GENERAL_ROWS, width,
                                                     depth, a, NULL, (struct layout){width, 1}, slab > 0, err);
            if (!e) return false;
            g->products[block + 1 == g->blocks][slab + 1 == g->slabs][slab > 0] = e;
            size_t bytes = round_up(product_packed_bytes(&e->product));
            if (bytes > g->packed_stride) g->packed_stride = bytes;
        }
    }
    return true;
}

/* One allocation holds the packed pieces, their memory objects and the tiles of the workers. */
static bool space_divide(struct general *g, struct matmul_space *space, struct error *err) {
    size_t pieces = g->blocks * g->slabs, workers = space->cache.workers, packed, a_tiles;
    size_t c_tiles = workers * GENERAL_ROWS * GENERAL_COLUMNS * sizeof(float),
           memories = round_up(pieces * sizeof *g->packed);
    g->a_bytes = round_up(GENERAL_ROWS * g->k * operand_bytes(g->operand));
    size_t need;
    if (__builtin_mul_overflow(pieces, g->packed_stride, &packed) ||
        __builtin_mul_overflow(workers, g->a_bytes, &a_tiles) || __builtin_add_overflow(packed, a_tiles, &need) ||
        __builtin_add_overflow(need, c_tiles + memories, &need))
        return error_memory(err, "operands of a product");
    if (!space->bytes || need > space->size) {
        memory_free(space->bytes);
        space->size = 0;
        space->bytes = memory_aligned(64, need);
        if (!space->bytes) return error_memory(err, "operands of a product");
        space->size = need;
    }
    g->packed_bytes = space->bytes;
    g->a_tiles = g->packed_bytes + packed;
    g->c_tiles = g->a_tiles + a_tiles;
    g->packed = (dnnl_memory_t *)(void *)(g->c_tiles + c_tiles);
    memset(g->packed, 0, memories);
    return true;
}

static void pack_part(void *context, size_t piece, size_t worker) {
    (void)worker;
    struct general *g = context;
    size_t block = piece / g->slabs, slab = piece % g->slabs;
    size_t column = block * GENERAL_COLUMNS, row = slab * GENERAL_DEPTH;
    const struct product *p = &product_at(g, block, slab)->product;
    struct layout layout = g->transpose_b ? (struct layout){1, g->k} : (struct layout){g->n, 1};
    const float *from = g->b + row * layout.row + column * layout.column;
    char *to = g->packed_bytes + piece * g->packed_stride;
    if (!product_packed_memory(p, to, &g->packed[piece], NULL) ||
        !product_pack(p, from, layout, g->packed[piece], NULL))
        atomic_store(&g->failed, true);
    if (g->operand == OPERAND_ROUNDED)
        operand_round((float *)(void *)to, (const float *)(const void *)to, product_packed_bytes(p) / sizeof(float));
}

/* Tile t of a as an operand: slab after slab, each [depth, GENERAL_ROWS] or [GENERAL_ROWS, depth], padded with zeros.
 */
static void tile_put(const struct general *g, size_t t, void *tile) {
    size_t first = t * GENERAL_ROWS, rows = least(g->m - first, GENERAL_ROWS);
    if (g->transpose_a) {
        for (size_t l = 0; l < g->k; l++) {
            /* Rows lie far apart, so the hardware does not foresee them. */
            for (size_t j = 0; l + GENERAL_AHEAD < g->k && j < rows; j += 16)
                __builtin_prefetch(g->a + (l + GENERAL_AHEAD) * g->m + first + j);
            operand_put(g->operand, tile, l * GENERAL_ROWS, g->a + l * g->m + first, rows);
            operand_zero(g->operand, tile, l * GENERAL_ROWS + rows, GENERAL_ROWS - rows);
        }
        return;
    }
    for (size_t slab = 0; slab < g->slabs; slab++) {
        size_t at = slab * GENERAL_DEPTH, depth = slab_depth(g, slab);
        for (size_t i = 0; i < rows; i++)
            operand_put(g->operand, tile, at * GENERAL_ROWS + i * depth, g->a + (first + i) * g->k + at, depth);
        operand_zero(g->operand, tile, at * GENERAL_ROWS + rows * depth, (GENERAL_ROWS - rows) * depth);
    }
}

static void general_part(void *context, size_t part, size_t worker) {
    struct general *g = context;
    size_t t = part / g->parts_per_tile, block = part % g->parts_per_tile * g->blocks_per_part;
    size_t end = least(block + g->blocks_per_part, g->blocks), rows = least(g->m - t * GENERAL_ROWS, GENERAL_ROWS);
    char *a = g->a_tiles + worker * g->a_bytes;
    float *tile = (float *)(void *)(g->c_tiles + worker * GENERAL_ROWS * GENERAL_COLUMNS * sizeof(float));
    tile_put(g, t, a);
    for (; block < end; block++) {
        size_t width = block_width(g, block);
        for (size_t slab = 0; slab < g->slabs; slab++) {
            struct product_entry *e = product_at(g, block, slab);
            const char *from = a + slab * GENERAL_DEPTH * GENERAL_ROWS * operand_bytes(g->operand);
            if (!product_run_packed(&e->product, &e->lanes[worker], from, g->packed[block * g->slabs + slab], tile)) {
                atomic_store(&g->failed, true);
                return;
            }
        }
        for (size_t i = 0; i < rows; i++) {
            float *c = g->c + (t * GENERAL_ROWS + i) * g->n + block * GENERAL_COLUMNS;
            if (g->accumulate)
                kernels()->add(c, c, tile + i * width, width);
            else
                memcpy(c, tile + i * width, width * sizeof *c);
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
                        .m = m,
                        .n = n,
                        .k = k,
                        .a = a,
                        .b = b,
                        .c = c};
    g.tiles = (m + GENERAL_ROWS - 1) / GENERAL_ROWS;
    g.blocks = (n + GENERAL_COLUMNS - 1) / GENERAL_COLUMNS;
    g.slabs = (k + GENERAL_DEPTH - 1) / GENERAL_DEPTH;
    g.blocks_per_part = g.tiles >= 2 * space->cache.workers ? g.blocks : 1;
    g.parts_per_tile = (g.blocks + g.blocks_per_part - 1) / g.blocks_per_part;
    atomic_init(&g.failed, false);
    if (!products_make(&g, space, err) || !space_divide(&g, space, err)) return false;
    product_deal(pool, g.blocks * g.slabs, pack_part, &g);
    if (!atomic_load(&g.failed)) product_deal(pool, g.tiles * g.parts_per_tile, general_part, &g);
    for (size_t i = 0; i < g.blocks * g.slabs; i++)
        if (g.packed[i]) dnnl_memory_destroy(g.packed[i]);
    if (atomic_load(&g.failed))
        return error_set(err, ERROR_ENVIRONMENT, "oneDNN: a product [%zu, %zu] x [%zu, %zu] failed while running", m, k,
                         k, n);
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
