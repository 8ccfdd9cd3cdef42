/* y = x w^T with constant weights: see matmul.h.
 *
 * Weights are cut into blocks of MATMUL_COLUMNS columns of y, each packed once into the layout that oneDNN asks for. A
 * product is always one tile of matmul_tile() rows by one block, whatever the number of rows: the last tile is padded
 * with zeros. So an element of y is always made by the same instructions from the same operands.
 * The tile is 48 rows below AVX-512, where equal rows at different places of a 32-row tile were seen to differ in f32
 * and those of 48 were not; matmul_self_test checks what this machine does.
 * Rows that do not fill a tile go in steps of matmul_step() rows instead, so that one row does not cost as much as 48.
 * The first time an object does that, both heights are run on the same operands; where a bit differs it keeps to whole
 * tiles. */
#include "tensor/kernel.h"
#include "tensor/matmul_store.h"
#include "tensor/operand.h"
#include "tensor/product.h"

#include <stdatomic.h>
#include <pthread.h>
#include <string.h>

#define MATMUL_COLUMNS 256u
#define RENEWAL_PARTS 64u

struct block {
    void *bytes;
    dnnl_memory_t packed;
};

/* The products of an object: a whole block of MATMUL_COLUMNS columns or the last, narrower one, made on the worker's
 * own tile; the same straight into a whole tile of y, where that is as fast (AHEAD); the same for few rows, on the
 * worker's tile. */
enum { WHOLE, REST, AHEAD, FEW = 2 * AHEAD, KINDS = FEW + AHEAD };
enum { FEW_UNKNOWN, FEW_AGREES, FEW_DIFFERS };

/* What one worker needs: nothing of it carries a value from one call to the next. */
struct worker {
    struct lane lanes[KINDS];
    void *x;  /* [tile, k], padded, in the type of the product */
    float *y; /* [tile, MATMUL_COLUMNS] */
};

/* Workers of one call of matmul_apply; sets that are not in use wait in a list. */
struct worker_set {
    struct worker_set *next;
    size_t n;
    struct worker *workers;
};

struct matmul_weights {
    size_t n, k, n_blocks;
    enum matmul_type type;
    bool half;                  /* products run in bf16 */
    bool transposed;            /* the plain weights are [k, n] */
    struct product products[KINDS];
    atomic_int few[AHEAD]; /* do products of few rows give the bits of whole tiles? By WHOLE and REST */
    struct block *blocks; /* NULL: unpacked anew for each product, from source into the store's room */
    size_t bytes;
    struct matmul_source source;
    struct matmul_store *store;
    pthread_mutex_t lock; /* guards idle */
    struct worker_set *idle;
};

int matmul_isa(void) {
    return (int)dnnl_get_effective_cpu_isa();
}

size_t matmul_tile(void) {
    return (matmul_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core ? 32 : 48;
}

/* Rows of a product of few rows. */
static size_t matmul_step(void) {
    return matmul_tile() == 48 ? 6 : 4;
}

static size_t block_width(const struct matmul_weights *w, size_t b) {
    return b + 1 < w->n_blocks ? MATMUL_COLUMNS : w->n - b * MATMUL_COLUMNS;
}

static int block_kind(const struct matmul_weights *w, size_t b) {
    return block_width(w, b) == MATMUL_COLUMNS ? WHOLE : REST;
}

static const struct product *block_product(const struct matmul_weights *w, size_t b) {
    return &w->products[block_kind(w, b)];
}

static void worker_set_free(struct worker_set *set) {
    if (!set) return;
    for (size_t i = 0; set->workers && i < set->n; i++) {
        for (size_t kind = 0; kind < KINDS; kind++) lane_done(&set->workers[i].lanes[kind]);
        memory_free(set->workers[i].x);
        memory_free(set->workers[i].y);
    }
    memory_free(set->workers);
    memory_free(set);
}

static struct worker_set *worker_set_new(const struct matmul_weights *w, size_t n, struct error *err) {
    size_t tile = matmul_tile();
    struct worker_set *set = memory_zeroed(1, sizeof *set);
    if (!set || !(set->workers = memory_zeroed(n, sizeof *set->workers))) goto memory;
    set->n = n;
    for (size_t i = 0; i < n; i++) {
        struct worker *worker = &set->workers[i];
        worker->x = memory_aligned(64, tile * w->k * sizeof(float));
        worker->y = memory_aligned(64, tile * MATMUL_COLUMNS * sizeof(float));
        if (!worker->x || !worker->y) goto memory;
        for (size_t kind = 0; kind < KINDS; kind++) {
            if (!w->products[kind].primitive || lane_init(&worker->lanes[kind], &w->products[kind], err)) continue;
            worker_set_free(set);
            return NULL;
        }
    }
    return set;
memory:
    worker_set_free(set);
    return error_memory(err, "workers of a product"), NULL;
}

static struct worker_set *worker_set_take(struct matmul_weights *w, size_t n, struct error *err) {
    pthread_mutex_lock(&w->lock);
    struct worker_set **at = &w->idle;
    while (*at && (*at)->n < n) at = &(*at)->next;
    struct worker_set *set = *at;
    if (set) *at = set->next;
    pthread_mutex_unlock(&w->lock);
    return set ? set : worker_set_new(w, n, err);
}

static void worker_set_give(struct matmul_weights *w, struct worker_set *set) {
    pthread_mutex_lock(&w->lock);
    set->next = w->idle;
    w->idle = set;
    pthread_mutex_unlock(&w->lock);
}

/* The same for few rows. */
static bool few_init(struct matmul_weights *w, int kind, size_t columns, struct error *err) {
    struct product *few = &w->products[kind + FEW];
    struct layout x = {w->k, 1};
    atomic_init(&w->few[kind], FEW_UNKNOWN);
    if (!product_init(few, w->half, matmul_step(), columns, w->k, x, NULL, (struct layout){columns, 1}, false, err))
        return false;
    if (!dnnl_memory_desc_equal(&w->products[kind].b, &few->b))
        product_done(few); /* it would need weights packed in another way */
    return true;
}

/* The product of `kind`, and its twin that writes rows of y which lie apart. */
static bool pair_init(struct matmul_weights *w, int kind, size_t columns, struct error *err) {
    struct layout x = {w->k, 1};
    struct product *own = &w->products[kind], *ahead = &w->products[kind + AHEAD];
    if (!product_init(own, w->half, matmul_tile(), columns, w->k, x, NULL, (struct layout){columns, 1}, false, err) ||
        !few_init(w, kind, columns, err))
        return false;
    if (columns == w->n || !product_reads_strided()) return true;
    if (!product_init(ahead, w->half, matmul_tile(), columns, w->k, x, NULL, (struct layout){w->n, 1}, false, err))
        return false;
    if (!dnnl_memory_desc_equal(&own->b, &ahead->b))
        product_done(ahead); /* it would need weights packed in another way */
    return true;
}

static bool products_init(struct matmul_weights *w, struct error *err) {
    size_t last = w->n % MATMUL_COLUMNS;
    return (w->n < MATMUL_COLUMNS || pair_init(w, WHOLE, MATMUL_COLUMNS, err)) &&
           (!last || pair_init(w, REST, last, err));
}

static bool blocks_new(struct matmul_weights *w, struct error *err) {
    w->blocks = memory_zeroed(w->n_blocks, sizeof *w->blocks);
    if (!w->blocks) return error_memory(err, "packed weights");
    for (size_t b = 0; b < w->n_blocks; b++) {
        const struct product *p = block_product(w, b);
        size_t bytes = product_packed_bytes(p);
        w->blocks[b].bytes = memory_aligned(64, bytes);
        if (!w->blocks[b].bytes) return error_memory(err, "packed weights");
        memset(w->blocks[b].bytes, 0, bytes);
        w->bytes += bytes;
        if (!product_packed_memory(p, w->blocks[b].bytes, &w->blocks[b].packed, err)) return false;
    }
    return true;
}

/* Everything but the blocks. */
static struct matmul_weights *weights_new(size_t n, size_t k, enum matmul_type type, bool transposed,
                                          struct error *err) {
    size_t most = (size_t)1 << 40;
    if (n == 0 || k == 0 || n > most / k) {
        error_set(err, ERROR_DATA, "weights of a product: shape [%zu, %zu] is empty or too large", n, k);
        return NULL;
    }
    struct matmul_weights *weights = memory_zeroed(1, sizeof *weights);
    if (!weights) return error_memory(err, "packed weights"), NULL;
    weights->n = n, weights->k = k, weights->type = type, weights->transposed = transposed;
    weights->n_blocks = (n + MATMUL_COLUMNS - 1) / MATMUL_COLUMNS;
    weights->half = type == MATMUL_BF16 && matmul_bf16_is_native();
    pthread_mutex_init(&weights->lock, NULL);
    if (products_init(weights, err)) return weights;
    matmul_weights_free(weights);
    return NULL;
}

static struct matmul_weights *weights_of(const float *w, size_t n, size_t k, enum matmul_type type, bool transposed,
                                         struct error *err) {
    struct matmul_weights *weights = weights_new(n, k, type, transposed, err);
    if (!weights || (blocks_new(weights, err) && matmul_weights_update(weights, w, err))) return weights;
    matmul_weights_free(weights);
    return NULL;
}

struct matmul_weights *matmul_weights_new(const float *w, size_t n, size_t k, enum matmul_type type,
                                          struct error *err) {
    return weights_of(w, n, k, type, false, err);
}

struct matmul_weights *matmul_weights_new_transposed(const float *w, size_t n, size_t k, enum matmul_type type,
                                                     struct error *err) {
    return weights_of(w, n, k, type, true, err);
}

void matmul_weights_free(struct matmul_weights *weights) {
    if (!weights) return;
    while (weights->idle) {
        struct worker_set *set = weights->idle;
        weights->idle = set->next;
        worker_set_free(set);
    }
    for (size_t b = 0; weights->blocks && b < weights->n_blocks; b++) {
        if (weights->blocks[b].packed) dnnl_memory_destroy(weights->blocks[b].packed);
        memory_free(weights->blocks[b].bytes);
    }
    memory_free(weights->blocks);
    for (size_t kind = 0; kind < KINDS; kind++) product_done(&weights->products[kind]);
    pthread_mutex_destroy(&weights->lock);
    memory_free(weights);
}

/* Packs block b of w from `from`, where it begins. Where bf16 runs as f32 the values are rounded after packing: the
 * layout holds them as f32. */
static bool block_pack(const struct matmul_weights *w, size_t b, const float *from, const struct block *to) {
    const struct product *p = block_product(w, b);
    struct layout layout = w->transposed ? (struct layout){w->n, 1} : (struct layout){1, w->k};
    bool ok = product_pack(p, from, layout, to->packed, NULL);
    float *packed = to->bytes;
    if (w->type == MATMUL_BF16 && !w->half) operand_round(packed, packed, product_packed_bytes(p) / sizeof *packed);
    return ok;
}

static bool block_renew(const struct matmul_renewal *r, size_t b) {
    const struct matmul_weights *w = r->weights;
    return block_pack(w, b, r->w + b * MATMUL_COLUMNS * (w->transposed ? 1 : w->k), &w->blocks[b]);
}

struct renewal {
    const struct matmul_renewal *list;
    size_t n, values; /* values: of all objects */
    atomic_bool failed;
};

/* The values of all blocks stand in one line that is cut into RENEWAL_PARTS: a block belongs to the part it begins in.
 * So a large block fills several parts by itself. */
static void renew_part(void *context, size_t part, size_t worker) {
    (void)worker;
    struct renewal *r = context;
    size_t at = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct matmul_weights *w = r->list[i].weights;
        for (size_t b = 0; b < w->n_blocks; at += block_width(w, b) * w->k, b++)
            if (at / (r->values / RENEWAL_PARTS + 1) == part && !block_renew(&r->list[i], b))
                atomic_store(&r->failed, true);
    }
}

bool matmul_weights_renew(const struct matmul_renewal *list, size_t n, struct pool *pool, struct error *err) {
    struct renewal r = {.list = list, .n = n};
    for (size_t i = 0; i < n; i++) r.values += list[i].weights->n * list[i].weights->k;
    atomic_init(&r.failed, false);
    product_deal(pool, RENEWAL_PARTS, renew_part, &r);
    return !atomic_load(&r.failed) || error_set(err, ERROR_ENVIRONMENT, "oneDNN: packing weights failed");
}

bool matmul_weights_update(struct matmul_weights *weights, const float *w, struct error *err) {
    return matmul_weights_renew(&(struct matmul_renewal){weights, w}, 1, NULL, err);
}

/* ---- weights from a source ---- */

static bool block_read(const struct matmul_weights *w, size_t b, float *rows, const struct block *to) {
    w->source.read(w->source.context, b * MATMUL_COLUMNS, block_width(w, b), rows);
    return block_pack(w, b, rows, to);
}

static bool keep_source(struct matmul_weights *w, struct error *err) {
    float *rows = memory_aligned(64, MATMUL_COLUMNS * w->k * sizeof *rows);
    bool ok = (rows || error_memory(err, "packed weights")) && blocks_new(w, err);
    for (size_t b = 0; ok && b < w->n_blocks; b++)
        ok = block_read(w, b, rows, &w->blocks[b]) ||
             error_set(err, ERROR_ENVIRONMENT, "oneDNN: packing weights failed");
    memory_free(rows);
    return ok;
}

struct matmul_weights *matmul_weights_new_source(const struct matmul_source *source, size_t n, size_t k,
                                                 enum matmul_type type, struct matmul_store *store, struct error *err) {
    struct matmul_weights *w = weights_new(n, k, type, false, err);
    if (!w) return NULL;
    w->source = *source;
    w->store = store;
    if (store || keep_source(w, err)) return w;
    matmul_weights_free(w);
    return NULL;
}

/* Blocks that are unpacked together: as many as there are threads, within the room that a store gives. */
static size_t blocks_at_once(const struct matmul_weights *w, size_t threads) {
    size_t block = (size_t)MATMUL_COLUMNS * w->k * sizeof(float), most = STORE_BYTES / block;
    size_t wanted = threads > STORE_WANTED / block ? threads : STORE_WANTED / block, n = wanted < most ? wanted : most;
    return n == 0 ? 1 : n < w->n_blocks ? n : w->n_blocks;
}

enum matmul_type matmul_weights_type(const struct matmul_weights *weights) {
    return weights->type;
}

size_t matmul_weights_bytes(const struct matmul_weights *weights) {
    return weights ? weights->bytes : 0;
}

/* Blocks first..end-1 of the weights, packed: all that are kept, or those in the store's room. */
struct apply {
    const struct matmul_weights *weights;
    struct worker_set *set;
    const struct block *blocks; /* the first is that at `first` */
    size_t first, end;
    float *unpacked;            /* room for reading: [end - first][MATMUL_COLUMNS, k] */
    const float *x;
    float *y;
    size_t rows, tile, step; /* step: rows of a product where they do not fill a tile */
    size_t blocks_per_part, parts_per_tile;
    bool add;
    atomic_bool failed;
};

/* Rows of tile t as an operand of the product: in its type, filled up to a multiple of `height` rows. */
static const void *tile_operand(const struct apply *a, struct worker *worker, size_t t, size_t rows, size_t height) {
    const struct matmul_weights *w = a->weights;
    const float *from = a->x + t * a->tile * w->k;
    size_t used = rows * w->k, all = (rows + height - 1) / height * height * w->k;
    if (w->type == MATMUL_F32 && used == all) return from;
    enum operand operand = operand_of(w->type);
    operand_put(operand, worker->x, 0, from, used);
    operand_zero(operand, worker->x, used, all - used);
    return worker->x;
}

/* One product of up to `height` rows of x with block b into y: [rows, w->n]. */
static bool block_apply(const struct apply *a, struct worker *worker, size_t b, const void *x, float *y, size_t rows,
                        size_t height) {
    const struct matmul_weights *w = a->weights;
    size_t width = block_width(w, b);
    bool few = height != a->tile;
    int kind = block_kind(w, b) + (few ? FEW : 0);
    /* All rows of a product may be written where they belong. */
    bool direct = !a->add && rows == height && (width == w->n || (!few && w->products[kind + AHEAD].primitive));
    if (direct && width != w->n) kind += AHEAD;
    if (!product_run_packed(&w->products[kind], &worker->lanes[kind], x, a->blocks[b - a->first].packed,
                            direct ? y : worker->y))
        return false;
    for (size_t i = 0; i < rows && !direct; i++) {
        if (a->add)
            kernels()->add(y + i * w->n, y + i * w->n, worker->y + i * width, width);
        else
            memcpy(y + i * w->n, worker->y + i * width, width * sizeof *y);
    }
    return true;
}

static void apply_part(void *context, size_t part, size_t worker_at) {
    struct apply *a = context;
    const struct matmul_weights *w = a->weights;
    struct worker *worker = &a->set->workers[worker_at];
    size_t t = part / a->parts_per_tile, b = a->first + part % a->parts_per_tile * a->blocks_per_part;
    size_t end = b + a->blocks_per_part < a->end ? b + a->blocks_per_part : a->end;
    size_t rows = a->rows - t * a->tile < a->tile ? a->rows - t * a->tile : a->tile;
    size_t height = rows == a->tile ? a->tile : a->step, row_bytes = w->k * operand_bytes(operand_of(w->type));
    const char *x = tile_operand(a, worker, t, rows, height);
    for (; b < end; b++)
        for (size_t r = 0; r < rows; r += height) {
            float *y = a->y + (t * a->tile + r) * w->n + b * MATMUL_COLUMNS;
            if (block_apply(a, worker, b, x + r * row_bytes, y, rows - r < height ? rows - r : height, height))
                continue;
            atomic_store(&a->failed, true);
            return;
        }
}

/* Gives a product of few rows, at every place of a tile, the bits of the whole tile's? Operands are numbers without a
 * pattern and a block of the weights. */
static bool few_agrees(const struct apply *a, size_t b, struct error *err) {
    const struct matmul_weights *w = a->weights;
    struct worker *worker = &a->set->workers[0];
    int kind = block_kind(w, b);
    size_t width = block_width(w, b), step = matmul_step(), row_bytes = w->k * operand_bytes(operand_of(w->type));
    dnnl_memory_t packed = a->blocks[b - a->first].packed;
    float *x = memory_alloc(a->tile * w->k * sizeof *x), *y = memory_aligned(64, step * width * sizeof *y);
    bool agrees = x && y;
    uint32_t state = 1;
    if (!agrees) error_memory(err, "check of a product");
    for (size_t i = 0; agrees && i < a->tile * w->k; i++) {
        state = state * 1664525u + 1013904223u;
        x[i] = (float)(int32_t)state * 0x1p-31f;
    }
    if (agrees) operand_put(operand_of(w->type), worker->x, 0, x, a->tile * w->k);
    agrees = agrees && product_run_packed(&w->products[kind], &worker->lanes[kind], worker->x, packed, worker->y);
    for (size_t r = 0; agrees && r < a->tile; r += step) {
        const char *from = (const char *)worker->x + r * row_bytes;
        size_t rows = a->tile - r < step ? a->tile - r : step;
        agrees = product_run_packed(&w->products[kind + FEW], &worker->lanes[kind + FEW], from, packed, y) &&
                 memcmp(y, worker->y + r * width, rows * width * sizeof *y) == 0;
    }
    memory_free(x);
    memory_free(y);
    return agrees;
}

/* The height of products of rows that do not fill a tile, for blocks first..end-1. */
static bool choose_step(struct apply *a, struct error *err) {
    struct matmul_weights *w =
        (struct matmul_weights *)(uintptr_t)a->weights; /* only what is known of few rows changes */
    struct error none = {0};
    a->step = a->rows % a->tile ? matmul_step() : a->tile;
    if (a->step == a->tile) return true;
    for (size_t i = 0; i < 2; i++) {
        size_t b = i ? a->end - 1 : a->first;
        int kind = block_kind(w, b), known = atomic_load(&w->few[kind]);
        if (known == FEW_UNKNOWN) {
            bool has = w->products[kind + FEW].primitive != NULL;
            known = has && few_agrees(a, b, &none) ? FEW_AGREES : FEW_DIFFERS;
            if (none.kind) return *err = none, false;
            atomic_store(&w->few[kind], known);
        }
        if (known == FEW_DIFFERS) a->step = a->tile;
    }
    return true;
}

static bool apply_blocks(struct apply *a, struct pool *pool, struct error *err) {
    if (!choose_step(a, err)) return false;
    size_t tiles = (a->rows + a->tile - 1) / a->tile, n = a->end - a->first, threads = pool ? pool_threads(pool) : 1;
    /* Few tiles: deal their blocks one by one, so that one generated token keeps all workers busy. */
    a->blocks_per_part = tiles >= 2 * threads ? n : 1;
    a->parts_per_tile = (n + a->blocks_per_part - 1) / a->blocks_per_part;
    product_deal(pool, tiles * a->parts_per_tile, apply_part, a);
    return true;
}

static void read_part(void *context, size_t part, size_t worker) {
    struct apply *a = context;
    const struct matmul_weights *w = a->weights;
    (void)worker;
    if (!block_read(w, a->first + part, a->unpacked + part * MATMUL_COLUMNS * w->k, &a->blocks[part]))
        atomic_store(&a->failed, true);
}

/* All blocks of weights that are not kept, some at a time: read by all workers, then used by all. */
static bool apply_source(struct apply *a, struct pool *pool, struct error *err) {
    const struct matmul_weights *w = a->weights;
    size_t n = blocks_at_once(w, pool ? pool_threads(pool) : 1), size = product_packed_bytes(block_product(w, 0));
    if (n > STORE_BLOCKS) n = STORE_BLOCKS;
    struct store_room *room = store_take(w->store, n * (size + MATMUL_COLUMNS * w->k * sizeof(float) + 128), err);
    if (!room) return false;
    struct block blocks[STORE_BLOCKS] = {{0}};
    bool ok = true;
    a->blocks = blocks;
    a->unpacked = room->bytes;
    size = (size + 63) / 64 * 64;
    for (size_t b = 0; ok && b < w->n_blocks && !atomic_load(&a->failed); b += n) {
        char *packed = (char *)room->bytes + n * (MATMUL_COLUMNS * w->k * sizeof(float));
        a->first = b;
        a->end = b + n < w->n_blocks ? b + n : w->n_blocks;
        for (size_t i = 0; ok && i < a->end - b; i++) {
            blocks[i].bytes = packed + i * size;
            ok = product_packed_memory(block_product(w, b + i), blocks[i].bytes, &blocks[i].packed, err);
        }
        if (ok) product_deal(pool, a->end - b, read_part, a);
        if (ok && !atomic_load(&a->failed)) ok = apply_blocks(a, pool, err);
        for (size_t i = 0; i < n; i++) {
            if (blocks[i].packed) dnnl_memory_destroy(blocks[i].packed);
            blocks[i].packed = NULL;
        }
    }
    store_give(w->store, room);
    a->blocks = NULL;
    return ok;
}

static bool apply(const struct matmul_weights *weights, struct pool *pool, const float *x, size_t rows, float *y,
                  bool add, struct error *err) {
    if (rows == 0) return true;
    struct matmul_weights *w = (struct matmul_weights *)(uintptr_t)weights; /* only the list of idle workers changes */
    struct worker_set *set = worker_set_take(w, pool ? pool_threads(pool) : 1, err);
    if (!set) return false;
    struct apply a = {.weights = w, .set = set, .blocks = w->blocks, .end = w->n_blocks, .x = x, .y = y, .rows = rows,
                      .tile = matmul_tile(), .add = add};
    bool ok = true;
    atomic_init(&a.failed, false);
    if (w->blocks)
        ok = apply_blocks(&a, pool, err);
    else
        ok = apply_source(&a, pool, err);
    if (w->blocks)
        worker_set_give(w, set);
    else
        worker_set_free(set); /* what is kept for each matrix would add up to more than the weights */
    if (ok && atomic_load(&a.failed))
        return error_set(err, ERROR_ENVIRONMENT, "oneDNN: a product [%zu, %zu] x [%zu, %zu] failed while running", rows,
                         w->k, w->k, w->n);
    return ok;
}

bool matmul_apply(const struct matmul_weights *weights, struct pool *pool, const float *x, size_t rows, float *y,
                  struct error *err) {
    return apply(weights, pool, x, rows, y, false, err);
}

bool matmul_apply_add(const struct matmul_weights *weights, struct pool *pool, const float *x, size_t rows, float *y,
                      struct error *err) {
    return apply(weights, pool, x, rows, y, true, err);
}
