/* Products of generated rows with stored weights: see row_product.h. */
#include "lm/types/row_product.h"

#include "base/arena.h"
#include "lm/types/row_kernel.h"

#include <math.h>
#include <string.h>

/* Rows of weights in a part of the work; products of fewer values than WORTH_A_START are made by the caller alone. */
enum { PART_ROWS = 16, WORTH_A_START = 1 << 15 };

void row_room_done(struct row_room *room) {
    memory_free(room->operand);
    memory_free(room->decoded);
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

static row_kernel *kernel_of(enum lm_type type) {
    const struct row_kernels *k = row_kernels();
    return type == LM_Q8_0 ? k->q8_0 : type == LM_Q4_0 ? k->q4_0 : type == LM_Q4_K ? k->q4_k : k->q6_k;
}

static void sum_fours(const signed char *restrict q, size_t k, int32_t *restrict out) {
    for (size_t i = 0; i < k / 4; i++) out[i] = q[4 * i] + q[4 * i + 1] + q[4 * i + 2] + q[4 * i + 3];
}

static void sum_sixteens(const signed char *restrict q, size_t k, int16_t *restrict out) {
    for (size_t i = 0; i < k / 16; i++) {
        int sum = 0;
        for (size_t j = 0; j < 16; j++) sum += q[16 * i + j];
        out[i] = (int16_t)sum;
    }
}

/* x in units, in the caller's room: d, sums, then q. */
static bool operand_make(struct row_operand *o, struct row_room *room, enum lm_type type, const float *x, size_t rows,
                         size_t k, struct error *err) {
    size_t unit = unit_of(type), units = rows * (k / unit), sums = unit == 32 ? rows * k : rows * k / 8; /* bytes */
    if (!room_for(&room->operand, &room->operand_bytes, units * sizeof(float) + sums + rows * k, err)) return false;
    o->k = k;
    o->d = room->operand;
    o->fours = (int32_t *)(void *)(o->d + units);
    o->sums = (int16_t *)(void *)(o->d + units);
    o->q = (signed char *)(o->d + units) + sums;
    for (size_t u = 0; u < units; u++) o->d[u] = round_unit(x + u * unit, unit, o->q + u * unit);
    if (unit == 32)
        sum_fours(o->q, rows * k, o->fours);
    else
        sum_sixteens(o->q, rows * k, o->sums);
    return true;
}

/* ---- the product ---- */

struct rows_work {
    const struct lm_stored *w;
    struct row_operand operand;
    row_kernel *kernel; /* NULL: weights are decoded */
    const struct row_kernels *kernels;
    const float *x;
    float *y, *decoded; /* decoded: [threads, k] */
    size_t rows, row_bytes;
};

static void rows_part(void *context, size_t part, size_t worker) {
    const struct rows_work *r = context;
    size_t end = (part + 1) * PART_ROWS < r->w->n ? (part + 1) * PART_ROWS : r->w->n;
    float *decoded = r->decoded ? r->decoded + worker * r->w->k : NULL;
    for (size_t i = part * PART_ROWS; i < end; i++) {
        const unsigned char *at = r->w->at + i * r->row_bytes;
        if (r->kernel) {
            r->kernel(at, &r->operand, r->rows, r->y + i, r->w->n);
        } else {
            r->w->type->to_f32(at, decoded, r->w->k);
            r->kernels->floats(decoded, r->x, r->w->k, r->rows, r->y + i, r->w->n);
        }
    }
}

bool row_product(const struct lm_stored *w, struct pool *pool, struct row_room *room, const float *x, size_t rows,
                 float *y, struct error *err) {
    struct rows_work work = {.w = w, .kernels = row_kernels(), .x = x, .y = y, .rows = rows};
    if (rows == 0) return true;
    if (w->n * w->k * rows < WORTH_A_START) pool = NULL;
    work.row_bytes = w->k / w->type->block * w->type->bytes;
    if (unit_of(w->type->id)) {
        work.kernel = kernel_of(w->type->id);
        if (!operand_make(&work.operand, room, w->type->id, x, rows, w->k, err)) return false;
    } else {
        size_t bytes = pool_threads(pool) * w->k * sizeof(float);
        if (!room_for(&room->decoded, &room->decoded_bytes, bytes, err)) return false;
        work.decoded = room->decoded;
    }
    pool_run(pool, (w->n + PART_ROWS - 1) / PART_ROWS, rows_part, &work);
    return true;
}
