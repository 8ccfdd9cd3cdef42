/* Causal attention through products of blocks: see tape.h.
 *
 * A part of the work is one key-value head of one segment with the query heads that share it. Queries go in blocks of
 * ATTENTION_ROWS rows; a block meets all keys that its last row may see, rounded up to whole blocks, in one product.
 * Scores never leave the worker: forward keeps log sum exp of each row, and the way back makes the probabilities anew
 * (Dao et al. 2022). All shapes follow from a row's place in its segment, so results do not depend on the batch. */
#include "tensor/tape_internal.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define ATTENTION_ROWS 64u

struct attention {
    struct tape *tape;
    size_t heads, kv_heads, size, group; /* group: query heads of one key-value head */
    size_t n_segments;
    size_t *starts; /* [n_segments + 1] */
    size_t blocks;  /* of the longest segment */
    const float *q, *k, *v, *g;
    float *out, *lse; /* lse: [n, heads] */
    float scale;
    /* By number of key blocks, 1..blocks. scores: rows x keys; values: probabilities x values; back: keys x rows. */
    struct product_entry **scores, **values, **back;
    char *scratch;
    size_t scratch_bytes; /* of one worker */
    struct sink dq, dk, dv;
    atomic_bool failed;
};

/* What a worker computes in; all rows padded to whole blocks. */
struct bench {
    void *k, *v;    /* operands [keys, size] */
    void *q, *g;    /* operands [rows, size] */
    void *p, *ds;   /* operands [rows, keys] */
    float *s, *dp;  /* [rows, keys] */
    float *tile;    /* [rows, size] */
    float *dk, *dv; /* [keys, size] */
};

/* The next array of `bytes` bytes; `base` NULL only counts. */
static void *bench_part(char *base, size_t *used, size_t bytes) {
    size_t at = *used;
    *used += (bytes + 63) / 64 * 64;
    return base ? base + at : NULL;
}

/* Lays the bench out from `base`; returns its bytes. */
static size_t bench_lay(const struct attention *a, struct bench *b, char *base) {
    size_t keys = a->blocks * ATTENTION_ROWS, rows = ATTENTION_ROWS, size = a->size, used = 0;
    size_t one = operand_bytes(a->tape->operand), f = sizeof(float);
    b->k = bench_part(base, &used, keys * size * one);
    b->v = bench_part(base, &used, keys * size * one);
    b->q = bench_part(base, &used, rows * size * one);
    b->g = bench_part(base, &used, rows * size * one);
    b->p = bench_part(base, &used, rows * keys * one);
    b->ds = bench_part(base, &used, rows * keys * one);
    b->s = bench_part(base, &used, rows * keys * f);
    b->dp = bench_part(base, &used, rows * keys * f);
    b->tile = bench_part(base, &used, rows * size * f);
    b->dk = bench_part(base, &used, keys * size * f);
    b->dv = bench_part(base, &used, keys * size * f);
    return used;
}

/* One (segment, key-value head) part: its rows of the batch, and where the worker computes. */
struct part {
    size_t first, rows, blocks, kv_head, worker;
    struct bench bench;
};

/* The analyser cannot know that there is scratch: deal, which has the work done, sees to it. */
static struct part part_of(const struct attention *a, size_t index, size_t worker) {
    size_t segment = index / a->kv_heads;
    struct part p = {.first = a->starts[segment], .kv_head = index % a->kv_heads, .worker = worker};
    p.rows = a->starts[segment + 1] - p.first;
    p.blocks = (p.rows + ATTENTION_ROWS - 1) / ATTENTION_ROWS;
    bench_lay(a, &p.bench, a->scratch + worker * a->scratch_bytes);
    return p;
}

/* Rows from.. of one head as an operand [to - from, size], zeros behind the last row of the segment. */
static void head_put(const struct attention *a, const struct part *p, const float *x, size_t heads, size_t head,
                     float factor, size_t from, size_t to, void *operand) {
    size_t real = to < p->rows ? to : p->rows, size = a->size;
    for (size_t i = from; i < real; i++) {
        const float *row = x + ((p->first + i) * heads + head) * size;
        if (factor == 1.0f)
            operand_put(a->tape->operand, operand, (i - from) * size, row, size);
        else
            operand_put_scaled(a->tape->operand, operand, (i - from) * size, row, factor, size);
    }
    operand_zero(a->tape->operand, operand, (real - from) * size, (to - real) * size);
}

static bool run(const struct part *p, struct product_entry *e, const void *x, const void *y, float *z) {
    return product_run(&e->product, &e->lanes[p->worker], x, y, z);
}

/* x: [ATTENTION_ROWS, n] as an operand, made in `room` where it must change its type. */
static const void *operand(const struct attention *a, void *room, const float *x, size_t n) {
    if (a->tape->operand == OPERAND_F32) return x;
    operand_put(a->tape->operand, room, 0, x, ATTENTION_ROWS * n);
    return room;
}

static bool forward_block(const struct attention *a, const struct part *p, size_t head, size_t block) {
    const struct bench *b = &p->bench;
    size_t n = (block + 1) * ATTENTION_ROWS, from = block * ATTENTION_ROWS, size = a->size;
    float sums[ATTENTION_ROWS];
    head_put(a, p, a->q, a->heads, head, a->scale, from, n, b->q);
    if (!run(p, a->scores[block + 1], b->q, b->k, b->s)) return false;
    for (size_t i = 0; i < ATTENTION_ROWS; i++) {
        if (from + i >= p->rows) {
            /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): see part_of */
            memset(b->s + i * n, 0, n * sizeof *b->s);
            continue;
        }
        float most = kernels()->softmax(b->s + i * n, from + i + 1, n, &sums[i]);
        a->lse[(p->first + from + i) * a->heads + head] = most + logf(sums[i]);
    }
    if (!run(p, a->values[block + 1], operand(a, b->p, b->s, n), b->v, b->tile)) return false;
    for (size_t i = 0; i < ATTENTION_ROWS && from + i < p->rows; i++)
        kernels()->scale(a->out + ((p->first + from + i) * a->heads + head) * size, b->tile + i * size, 1.0f / sums[i],
                         size);
    return true;
}

static void forward_part(void *context, size_t index, size_t worker) {
    struct attention *a = context;
    struct part p = part_of(a, index, worker);
    head_put(a, &p, a->k, a->kv_heads, p.kv_head, 1.0f, 0, p.blocks * ATTENTION_ROWS, p.bench.k);
    head_put(a, &p, a->v, a->kv_heads, p.kv_head, 1.0f, 0, p.blocks * ATTENTION_ROWS, p.bench.v);
    for (size_t h = 0; h < a->group; h++)
        for (size_t block = 0; block < p.blocks; block++)
            if (!forward_block(a, &p, p.kv_head * a->group + h, block)) atomic_store(&a->failed, true);
}

static void put(struct sink sink, size_t at, const float *x, float factor, size_t n) {
    if (sink.at) (sink.add ? kernels()->scale_add : kernels()->scale)(sink.at + at, x, factor, n);
}

/* With p = exp(s - lse), d = sum(g o): ds = p (g v^T - d), dv += p^T g, dk += ds^T q, dq = ds k. */
static bool back_block(const struct attention *a, const struct part *p, size_t head, size_t block) {
    const struct bench *b = &p->bench;
    size_t n = (block + 1) * ATTENTION_ROWS, from = block * ATTENTION_ROWS, size = a->size;
    head_put(a, p, a->q, a->heads, head, a->scale, from, n, b->q);
    head_put(a, p, a->g, a->heads, head, 1.0f, from, n, b->g);
    if (!run(p, a->scores[block + 1], b->q, b->k, b->s) || !run(p, a->scores[block + 1], b->g, b->v, b->dp))
        return false;
    for (size_t i = 0; i < ATTENTION_ROWS; i++) {
        size_t row = (p->first + from + i) * a->heads + head;
        bool real = from + i < p->rows;
        float d = real ? kernels()->dot(a->g + row * size, a->out + row * size, size) : 0.0f;
        kernels()->softmax_back(b->s + i * n, b->dp + i * n, real ? a->lse[row] : 0.0f, d, real ? from + i + 1 : 0, n);
    }
    const void *probabilities = operand(a, b->p, b->s, n), *ds = operand(a, b->ds, b->dp, n);
    if (!run(p, a->back[block + 1], probabilities, b->g, b->dv) || !run(p, a->back[block + 1], ds, b->q, b->dk) ||
        !run(p, a->values[block + 1], ds, b->k, b->tile))
        return false;
    for (size_t i = 0; i < ATTENTION_ROWS && from + i < p->rows; i++)
        put(a->dq, ((p->first + from + i) * a->heads + head) * size, b->tile + i * size, a->scale, size);
    return true;
}

static void back_part(void *context, size_t index, size_t worker) {
    struct attention *a = context;
    struct part p = part_of(a, index, worker);
    size_t keys = p.blocks * ATTENTION_ROWS, size = a->size;
    head_put(a, &p, a->k, a->kv_heads, p.kv_head, 1.0f, 0, keys, p.bench.k);
    head_put(a, &p, a->v, a->kv_heads, p.kv_head, 1.0f, 0, keys, p.bench.v);
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): see part_of */
    memset(p.bench.dk, 0, keys * size * sizeof(float));
    memset(p.bench.dv, 0, keys * size * sizeof(float));
    for (size_t h = 0; h < a->group; h++)
        for (size_t block = 0; block < p.blocks; block++)
            if (!back_block(a, &p, p.kv_head * a->group + h, block)) atomic_store(&a->failed, true);
    for (size_t i = 0; i < p.rows; i++) {
        size_t at = ((p.first + i) * a->kv_heads + p.kv_head) * size;
        put(a->dk, at, p.bench.dk + i * size, 1.0f, size);
        put(a->dv, at, p.bench.dv + i * size, 1.0f, size);
    }
}

/* The products for 1..blocks key blocks; kept by the tape. */
static bool products_make(struct attention *a, struct error *err) {
    struct product_cache *cache = &a->tape->space.cache;
    bool half = a->tape->operand == OPERAND_BF16;
    size_t rows = ATTENTION_ROWS, size = a->size;
    struct layout keys_transposed = {1, size}, plain = {size, 1};
    for (size_t i = 1; i <= a->blocks; i++) {
        size_t n = i * rows;
        a->scores[i] =
            product_cached(cache, half, rows, n, size, plain, &keys_transposed, (struct layout){n, 1}, false, err);
        a->values[i] = product_cached(cache, half, rows, size, n, (struct layout){n, 1}, &plain, plain, false, err);
        a->back[i] = product_cached(cache, half, n, size, rows, (struct layout){1, n}, &plain, plain, true, err);
        if (!a->scores[i] || !a->values[i] || !a->back[i]) return false;
    }
    return true;
}

static bool deal(struct attention *a, pool_work *work, struct error *err) {
    struct bench none;
    a->scratch_bytes = bench_lay(a, &none, NULL);
    a->scratch = tape_scratch(a->tape, a->scratch_bytes * a->tape->threads, err);
    if (!a->scratch) return false;
    atomic_store(&a->failed, false);
    product_deal(a->tape->pool, a->n_segments * a->kv_heads, work, a);
    if (atomic_load(&a->failed))
        return error_set(err, ERROR_ENVIRONMENT, "oneDNN: a product of attention failed while running");
    return true;
}

static bool attention_back(struct tape *tape, struct node *node, const float *g, struct error *err) {
    struct attention *a = node->context;
    a->g = g;
    return tape_sink(tape, node->in[0], &a->dq, err) && tape_sink(tape, node->in[1], &a->dk, err) &&
           tape_sink(tape, node->in[2], &a->dv, err) && deal(a, back_part, err);
}

static bool segments_check(const size_t *starts, size_t n_segments, size_t rows, struct error *err) {
    if (n_segments == 0 || starts[0] != 0 || starts[n_segments] != rows)
        return error_set(err, ERROR_DATA, "attention: %zu segments do not run from row 0 to row %zu", n_segments, rows);
    for (size_t s = 0; s < n_segments; s++)
        if (starts[s] > starts[s + 1])
            return error_set(err, ERROR_DATA, "attention: segment %zu starts at row %zu and ends at row %zu", s,
                             starts[s], starts[s + 1]);
    return true;
}

static bool shapes_check(struct tape *tape, const struct tensor *q, const struct tensor *k, const struct tensor *v,
                         size_t heads, size_t kv_heads, size_t size, struct error *err) {
    char first[96], second[96], third[96];
    if (!tape_check_matrix(tape, q, "attention", "q", err) || !tape_check_matrix(tape, k, "attention", "k", err) ||
        !tape_check_matrix(tape, v, "attention", "v", err))
        return false;
    if (size == 0 || kv_heads == 0 || heads % kv_heads || heads == 0)
        return error_set(err, ERROR_DATA, "attention: %zu heads of size %zu cannot share %zu key-value heads", heads,
                         size, kv_heads);
    if (q->shape[1] == heads * size && k->shape[1] == kv_heads * size && v->shape[1] == kv_heads * size &&
        q->shape[0] == k->shape[0] && q->shape[0] == v->shape[0])
        return true;
    return error_set(err, ERROR_DATA, "attention: q %s, k %s, v %s, expected [n, %zu * %zu] and twice [n, %zu * %zu]",
                     tensor_shape_text(q, first), tensor_shape_text(k, second), tensor_shape_text(v, third), heads,
                     size, kv_heads, size);
}

struct tensor *tape_attention(struct tape *tape, struct tensor *q, struct tensor *k, struct tensor *v, size_t heads,
                              size_t kv_heads, size_t size, const size_t *starts, size_t n_segments,
                              struct error *err) {
    if (!shapes_check(tape, q, k, v, heads, kv_heads, size, err) ||
        !segments_check(starts, n_segments, q->shape[0], err))
        return NULL;
    struct variable *in[3] = {variable_of(q), variable_of(k), variable_of(v)};
    struct attention *a = tape_take(tape, 1, sizeof *a, err);
    if (!a) return NULL;
    *a = (struct attention){.tape = tape,
                            .heads = heads,
                            .kv_heads = kv_heads,
                            .size = size,
                            .group = heads / kv_heads,
                            .n_segments = n_segments,
                            .q = q->data,
                            .k = k->data,
                            .v = v->data};
    a->scale = (float)(1.0 / sqrt((double)size));
    for (size_t s = 0; s < n_segments; s++) {
        size_t blocks = (starts[s + 1] - starts[s] + ATTENTION_ROWS - 1) / ATTENTION_ROWS;
        if (blocks > a->blocks) a->blocks = blocks;
    }
    struct product_entry **products = tape_take(tape, 3 * (a->blocks + 1), sizeof *products, err);
    a->starts = products ? tape_take(tape, n_segments + 1, sizeof *a->starts, err) : NULL;
    a->lse = a->starts ? tape_take(tape, q->shape[0] * heads, sizeof *a->lse, err) : NULL;
    struct variable *out = a->lse ? tape_result(tape, 2, q->shape, in, err) : NULL;
    if (!out) return NULL;
    memcpy(a->starts, starts, (n_segments + 1) * sizeof *starts);
    a->scores = products, a->values = products + a->blocks + 1, a->back = products + 2 * (a->blocks + 1);
    a->out = out->tensor.data;
    if (!products_make(a, err) || !deal(a, forward_part, err)) return NULL;
    return tape_append(tape, "attention", attention_back, out, in, a, err);
}
