/* How fast weights are decoded and multiplied in their file's type: see bench_model.h. */
#include "lm/calibrate/bench_model.h"

#include "base/arena.h"
#include "base/rng.h"
#include "lm/types/row_product.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A quarter of a megabyte of values: they stay in a cache, as the blocks that the engine decodes do. */
enum { VALUES = 1 << 16, WIDTH = 2048 };

/* Bytes that are numbers of every type: exponents stay small. */
static void fill(unsigned char *at, size_t n) {
    uint32_t state = 1;
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = (unsigned char)(state >> 24 & 0xbf);
    }
}

struct decoding {
    const struct lm_type_info *type; /* NULL: the values are copied */
    const unsigned char *blocks;
    float *values;
};

enum { ROUNDS = 64 };

static bool decode(void *context, struct error *err) {
    const struct decoding *d = context;
    for (size_t i = 0; i < ROUNDS; i++) {
        if (d->type)
            d->type->to_f32(d->blocks, d->values, VALUES);
        else
            memcpy(d->values, d->blocks, VALUES * sizeof *d->values);
        __asm__ volatile("" : : "r"(d->values) : "memory"); /* the copy is wanted */
    }
    return true;
}

bool bench_types(struct bench *b, struct error *err) {
    const struct lm_type_info *types;
    size_t n = lm_types(&types);
    struct arena arena;
    arena_init(&arena, (size_t)1 << 24);
    struct decoding d = {.blocks = arena_alloc(&arena, VALUES, 8, err)};
    bool ok = d.blocks && (d.values = arena_new(&arena, float, VALUES, err));
    double copied = NAN, seconds;
    if (ok) fill((unsigned char *)(uintptr_t)d.blocks, (size_t)8 * VALUES);
    for (size_t i = 0; ok && i <= n; i++) {
        char name[64];
        d.type = i ? &types[i - 1] : NULL;
        if (d.type && !d.type->from_f32) continue; /* no type of weights */
        if (!(ok = bench_time(b, decode, &d, &seconds, err))) break;
        double rate = 1e-9 * ROUNDS * VALUES * sizeof(float) / seconds;
        snprintf(name, sizeof name, "%s%s", d.type ? d.type->name : "copy of", d.type ? " to f32" : " f32");
        if (!d.type) copied = rate;
        b->report(b->context, &(struct bench_row){"types", name, rate, "GB/s", NAN, copied});
    }
    arena_done(&arena);
    return ok;
}

/* Bell-shaped weights of a type, n bytes of them: some rows, again and again. */
static void fill_weights(const struct lm_type_info *type, unsigned char *at, size_t n) {
    enum { SOME = 4 };
    float values[SOME * WIDTH];
    size_t bytes = SOME * WIDTH / type->block * type->bytes;
    struct rng rng = rng_stream(1, "weights", 0);
    for (size_t i = 0; i < SOME * WIDTH; i++) values[i] = (float)rng_normal(&rng) * 0.05f;
    type->from_f32(values, at, SOME * WIDTH);
    for (size_t i = bytes; i < n; i += bytes) memcpy(at + i, at, n - i < bytes ? n - i : bytes);
}

struct generating {
    struct lm_stored w;
    struct pool *pool;
    struct row_room room;
    float *x, *y;
    size_t rows;
};

static bool generate(void *context, struct error *err) {
    struct generating *g = context;
    return row_product(&g->w, g->pool, &g->room, g->x, g->rows, g->y, err);
}

/* One matrix that no cache holds, and 1 or 32 rows. */
static bool bench_row_type(struct bench *b, struct generating *g, enum lm_type type, struct error *err) {
    static const size_t rows[] = {1, 32};
    g->w.type = lm_type_find(type);
    size_t row = WIDTH / g->w.type->block * g->w.type->bytes;
    fill_weights(g->w.type, (unsigned char *)(uintptr_t)g->w.at, g->w.n * row);
    for (size_t i = 0; i < 2; i++) {
        char name[64];
        double seconds;
        g->rows = rows[i];
        if (!bench_time(b, generate, g, &seconds, err)) return false;
        snprintf(name, sizeof name, "%s, %zu row%s", g->w.type->name, rows[i], rows[i] > 1 ? "s" : "");
        b->report(b->context, &(struct bench_row){"rows", name, 1e-9 * (double)(g->w.n * row) / seconds, "GB/s",
                                                  2e-9 * (double)(g->w.n * g->w.k * g->rows) / seconds,
                                                  1e-9 * b->bandwidth});
    }
    return true;
}

bool bench_rows(struct bench *b, struct error *err) {
    static const enum lm_type types[] = {LM_F32, LM_F16, LM_BF16, LM_Q8_0, LM_Q6_K, LM_Q4_K, LM_Q4_0, LM_IQ4_XS};
    enum { ROWS = 8192, MOST = 32 };
    struct arena arena;
    arena_init(&arena, (size_t)1 << 28);
    unsigned char *at = arena_alloc(&arena, (size_t)ROWS * WIDTH, 4, err);
    struct generating g = {.w = {NULL, at, ROWS, WIDTH}, .pool = b->pool};
    bool ok = at && (g.x = arena_new(&arena, float, MOST *WIDTH, err)) &&
              (g.y = arena_new(&arena, float, MOST *ROWS, err)) && (b->bandwidth > 0 || bench_bandwidth(b, err));
    for (size_t i = 0; ok && i < MOST * WIDTH; i++) g.x[i] = (float)(i % 97) / 97 - 0.5f;
    for (size_t i = 0; ok && i < sizeof types / sizeof *types; i++) ok = bench_row_type(b, &g, types[i], err);
    row_room_done(&g.room);
    arena_done(&arena);
    return ok;
}
