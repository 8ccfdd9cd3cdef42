/* Products of generated rows with stored weights: see row_product.h. */
#include "lm/types/row_product.h"

#include "base/arena.h"
#include "lm/types/row_kernel.h"

#include <math.h>
#include <string.h>

/* A part of the work is a block of rows of weights; products of fewer values than WORTH_A_START are made by the caller
 * alone. Rows that are decoded go DECODED at a time. */
enum { WORTH_A_START = 1 << 15, DECODED = 4 };

void row_room_done(struct row_room *room) {
    memory_free(room->operand);
    memory_free(room->weights);
    *room = (struct row_room){0};
}

static bool room_for(void **at, size_t *had, size_t bytes, struct error *err) {
    if (*had >= bytes) return true;
    void *more = memory_aligned(64, bytes);
    if (!more) return error_memory(err, "rows of a product");
    memory_free(*at);
    *at = more;
    *had = bytes;
    return true;
}

/* ---- activations in 8 bits ---- */

/* One unit: d = max |x| / 127, q = x / d to the nearest, ties to even. Almost nothing is nothing. What is not finite
 * makes d NaN, and so every product. */
static float round_unit(const float *restrict x, size_t n, signed char *restrict q) {
    const float magic = 12582912.0f;
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        bits &= 0x7fffffffu;
        most = bits > most ? bits : most;
    }
    float size;
    memcpy(&size, &most, sizeof size);
    if (!(size >= 1e-30f && size <= 1e30f)) {
        memset(q, 0, n);
        return size < 1e-30f ? 0.0f : NAN;
    }
    float inverse = 127.0f / size;
    for (size_t i = 0; i < n; i++) q[i] = (signed char)(int)((x[i] * inverse + magic) - magic);
    return size / 127.0f;
}

static size_t unit_of(enum lm_type type) {
    return type == LM_Q8_0 || type == LM_Q4_0 ? 32 : type == LM_Q4_K || type == LM_Q6_K ? 256 : 0;
}

bool row_product_rounds(enum lm_type type) {
    return unit_of(type) != 0;
}

static row_kernel *kernel_of(enum lm_type type) {
    const struct row_kernels *k = row_kernels();
    return type == LM_Q8_0 ? k->q8_0 : type == LM_Q4_0 ? k->q4_0 : type == LM_Q4_K ? k->q4_k : k->q6_k;
}

static const struct row_extra *extra_of(enum lm_type type) {
    return type == LM_Q8_0   ? &row_extra_q8_0
           : type == LM_Q4_0 ? &row_extra_q4_0
           : type == LM_Q4_K ? &row_extra_q4_k
                             : &row_extra_q6_k;
}

/* Pieces of the room of an operand, each at a multiple of 64 bytes. */
static void *piece_of(char **at, size_t bytes) {
    void *piece = *at;
    *at += (bytes + 63) / 64 * 64;
    return piece;
}

/* Where the parts of x lie, from `at` on; returns the end. */
static char *operand_places(struct row_operand *o, char *at, size_t unit, size_t rows, bool tiles) {
    size_t k = o->k, filled = (rows + ROW_BLOCK - 1) / ROW_BLOCK * ROW_BLOCK;
    o->d = piece_of(&at, rows * (k / unit) * sizeof(float));
    o->excess = piece_of(&at, rows * (k / 16) * sizeof(int32_t));
    o->sums = piece_of(&at, rows * (k / 32) * sizeof(int16_t));
    o->q = piece_of(&at, rows * k);
    if (!tiles) return at;
    o->tiled = piece_of(&at, filled * k);
    o->tiled_d = piece_of(&at, filled * (k / unit) * sizeof(float));
    o->tiled_sums = piece_of(&at, filled * (k / 32) * sizeof(int16_t));
    return at;
}

struct operand_work {
    const struct row_operand *o;
    const struct row_extra *extra;
    const float *x;
    size_t unit, rows;
};

static void operand_row(const struct operand_work *w, size_t r) {
    const struct row_operand *o = w->o;
    size_t units = o->k / w->unit;
    for (size_t u = r * units; u < (r + 1) * units; u++)
        o->d[u] = round_unit(w->x + u * w->unit, w->unit, o->q + u * w->unit);
    row_operand_sums(o, w->extra, r);
    if (o->tiled) row_operand_tile(o, w->extra, w->unit, r);
}

/* What fills up the last block is zero. */
static void operand_block(void *context, size_t part, size_t worker) {
    (void)worker;
    const struct operand_work *w = context;
    const struct row_operand *o = w->o;
    size_t from = part * ROW_BLOCK, end = from + ROW_BLOCK < w->rows ? from + ROW_BLOCK : w->rows, k = o->k;
    if (o->tiled && end - from < ROW_BLOCK) {
        memset(o->tiled + from * k, 0, ROW_BLOCK * k);
        memset(o->tiled_d + from * (k / w->unit), 0, ROW_BLOCK * (k / w->unit) * sizeof(float));
        memset(o->tiled_sums + from * (k / 32), 0, ROW_BLOCK * (k / 32) * sizeof(int16_t));
    }
    for (size_t r = from; r < end; r++) operand_row(w, r);
}

/* x in units, in the caller's room. */
static bool operand_make(struct row_operand *o, struct row_room *room, enum lm_type type, struct pool *pool,
                         const float *x, size_t rows, size_t k, struct error *err) {
    *o = (struct row_operand){.k = k};
    bool tiles = row_kernels()->tiles && type != LM_Q6_K && row_fills_tiles(rows);
    size_t bytes = (size_t)(uintptr_t)operand_places(o, NULL, unit_of(type), rows, tiles);
    if (!room_for(&room->operand, &room->operand_bytes, bytes, err)) return false;
    operand_places(o, room->operand, unit_of(type), rows, tiles);
    struct operand_work work = {o, extra_of(type), x, unit_of(type), rows};
    pool_run(rows > ROW_BLOCK ? pool : NULL, (rows + ROW_BLOCK - 1) / ROW_BLOCK, operand_block, &work);
    return true;
}

/* ---- the product ---- */

struct rows_work {
    const struct lm_stored *w;
    struct row_operand operand;
    row_kernel *kernel; /* NULL: weights are decoded */
    const struct row_kernels *kernels;
    const float *x;
    float *y;
    char *room; /* of each worker: room_bytes */
    size_t rows, row_bytes, room_bytes;
};

static void decoded_rows(const struct rows_work *r, size_t from, size_t end, float *room) {
    size_t k = r->w->k;
    for (size_t i = from; i < end; i += DECODED) {
        size_t n = end - i < DECODED ? end - i : DECODED;
        const unsigned char *at = r->w->at + i * r->row_bytes;
        const float *values = room;
        if (r->w->type->id == LM_F32 && (uintptr_t)at % sizeof(float) == 0)
            values = (const float *)(const void *)at;
        else
            r->w->type->to_f32(at, room, n * k);
        r->kernels->floats(values, n, r->x, k, r->rows, r->y + i, r->w->n);
    }
}

static void rows_part(void *context, size_t part, size_t worker) {
    const struct rows_work *r = context;
    size_t from = part * ROW_BLOCK, end = from + ROW_BLOCK < r->w->n ? from + ROW_BLOCK : r->w->n;
    void *room = r->room + worker * r->room_bytes;
    if (r->kernel) {
        struct row_block block = {r->w->at + from * r->row_bytes, r->row_bytes, end - from, room};
        r->kernel(&block, &r->operand, r->rows, r->y + from, r->w->n);
    } else {
        decoded_rows(r, from, end, room);
    }
}

bool row_product(const struct lm_stored *w, struct pool *pool, struct row_room *room, const float *x, size_t rows,
                 float *y, struct error *err) {
    struct rows_work work = {.w = w, .kernels = row_kernels(), .x = x, .y = y, .rows = rows};
    if (rows == 0) return true;
    if (w->n * w->k * rows < WORTH_A_START) pool = NULL;
    work.row_bytes = w->k / w->type->block * w->type->bytes;
    bool rounded = row_product_rounds(w->type->id);
    work.room_bytes = rounded ? row_kernel_room(w->k) : DECODED * w->k * sizeof(float);
    work.room_bytes = (work.room_bytes + 63) / 64 * 64;
    if (!room_for(&room->weights, &room->weights_bytes, pool_threads(pool) * work.room_bytes, err)) return false;
    work.room = room->weights;
    if (rounded) {
        work.kernel = kernel_of(w->type->id);
        if (!operand_make(&work.operand, room, w->type->id, pool, x, rows, w->k, err)) return false;
    }
    pool_run(pool, (w->n + ROW_BLOCK - 1) / ROW_BLOCK, rows_part, &work);
    return true;
}
