/* Sixteen rows of activations at a time in tiles (AMX): part of row_kernel_x86_body.h. A tile multiplies 16 rows of
 * activations with a unit of 16 rows of weights as they are laid out, which gives the same whole
 * integers; what follows is the arithmetic of row_kernel.h in the same order.
 *
 * Products are asked for some pieces before their sums are added up, since they take their time. */

enum { AHEAD = 3 };

/* Written out sixteen times, so that what belongs to a row stays in a register. */
#define EVERY_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

/* Tiles 0 to 3: sums; 4, 5: activations; 6, 7: weights. */
struct tile_config {
    unsigned char palette, start_row, zero[14];
    uint16_t row_bytes[16];
    unsigned char rows[16];
};

/* The intrinsics do not tell the compiler which memory they read (gcc 12): everything is written before, and read
 * again behind. */
INLINE void settle_memory(void) {
    __asm__ volatile("" ::: "memory");
}

/* Pieces of `depth` values. */
INLINE void tiles_begin(size_t depth) {
    struct tile_config c = {.palette = 1};
    for (size_t i = 0; i < 8; i++) {
        c.row_bytes[i] = (uint16_t)(i == 4 || i == 5 ? depth : 64);
        c.rows[i] = (unsigned char)(i < 6 ? ROW_BLOCK : depth / 4);
    }
    __asm__ volatile("" ::"r"(&c) : "memory");
    _tile_loadconfig(&c);
}

/* Sums of products of a piece, [ROW_BLOCK, W] into `to`, by way of tiles `c`, `a` and `b`. */
#define TILE_PRODUCTS(c, a, b)                                                                                         \
    {                                                                                                                  \
        _tile_zero(c);                                                                                                 \
        _tile_loadd(a, q, depth);                                                                                      \
        _tile_loadd(b, groups, 64);                                                                                    \
        _tile_dpbssd(c, a, b);                                                                                         \
        _tile_stored(c, to, 64);                                                                                       \
    }                                                                                                                  \
    break

INLINE void tile_products(int32_t *to, const signed char *q, size_t depth, const byte *groups, size_t which) {
    switch (which) {
    case 0: TILE_PRODUCTS(0, 4, 6);
    case 1: TILE_PRODUCTS(1, 5, 7);
    case 2: TILE_PRODUCTS(2, 4, 6);
    default: TILE_PRODUCTS(3, 5, 7);
    }
    settle_memory();
}

/* A block of rows of activations, and where the sums of its pieces lie. */
struct tiled {
    const struct laid *l;
    const signed char *q; /* [pieces, ROW_BLOCK, depth] */
    size_t depth, pieces;
    _Alignas(64) int32_t sums[AHEAD + 1][ROW_BLOCK * W];
};

INLINE void tiled_ask(struct tiled *t, size_t piece) {
    if (piece >= t->pieces) return;
    tile_products(t->sums[piece % (AHEAD + 1)], t->q + piece * t->depth * ROW_BLOCK, t->depth,
                  t->l->groups + piece * t->depth * W, piece % (AHEAD + 1));
}

INLINE void tiled_begin(struct tiled *t) {
    for (size_t piece = 0; piece < AHEAD; piece++) tiled_ask(t, piece);
}

/* d: [units, ROW_BLOCK] */
INLINE void thirties_tiled(struct tiled *t, const float *d, reals *totals) {
    const float *dw = t->l->d;
    const size_t pieces = t->pieces;
    reals v[ROW_BLOCK];
#define START(r) v[r] = zero_reals();
#define ADD(r) v[r] = add(v[r], times(times(size, all_reals(d[r])), to_reals(load_ints(sums + (r)*W))));
#define END(r) totals[r] = v[r];
    EVERY_ROW(START)
    tiled_begin(t);
    for (size_t u = 0; u < pieces; u++, d += ROW_BLOCK) {
        tiled_ask(t, u + AHEAD);
        const int32_t *sums = t->sums[u % (AHEAD + 1)];
        reals size = load_reals(dw + u * W);
        EVERY_ROW(ADD)
    }
    EVERY_ROW(END)
#undef ADD
}

/* Whole sums of a unit of Q4_K: eight pieces with scales of their own. */
INLINE void unit_tiled(struct tiled *t, size_t u, ints *out) {
    ints v[ROW_BLOCK];
    const int32_t *scales = t->l->scales + u * 8 * W;
#define NONE(r) v[r] = zero_ints();
#define ADD(r) v[r] = add_ints(v[r], times_ints(load_ints(sums + (r)*W), scale));
#define PUT(r) out[r] = v[r];
    EVERY_ROW(NONE)
    for (size_t s = 0; s < 8; s++) {
        tiled_ask(t, u * 8 + s + AHEAD);
        const int32_t *sums = t->sums[(u * 8 + s) % (AHEAD + 1)];
        ints scale = load_ints(scales + s * W);
        EVERY_ROW(ADD)
    }
    EVERY_ROW(PUT)
#undef ADD
}

/* pairs: [units, 4, ROW_BLOCK] of sums */
INLINE void q4_k_tiles(struct tiled *t, const float *d, const int16_t *pairs, reals *totals) {
    const struct laid *l = t->l;
    for (size_t r = 0; r < ROW_BLOCK; r++) totals[r] = zero_reals();
    tiled_begin(t);
    for (size_t u = 0; u < l->units; u++) {
        ints sums[ROW_BLOCK];
        unit_tiled(t, u, sums);
        reals size = load_reals(l->d + u * W), least = load_reals(l->dmin + u * W);
        for (size_t r = 0; r < ROW_BLOCK; r++) {
            reals dx = all_reals(d[u * ROW_BLOCK + r]), above = times(times(size, dx), to_reals(sums[r]));
            ints below = zero_ints();
            for (size_t i = 0; i < 4; i++) {
                ints mins = load_ints(l->mins + (u * 4 + i) * W);
                below =
                    add_ints(below, times_pairs(mins, all_ints(word_at(pairs + ((u * 4 + i) * ROW_BLOCK + r) * 2))));
            }
            totals[r] = add(totals[r], subtract(above, times(times(least, dx), to_reals(below))));
        }
    }
}

/* The rows that fill blocks, or nearly; how many they were. Q6_K has none: its pieces of 16 values fill a quarter of a
 * tile, which was slower than without. */
#define TILED_KERNEL(name, piece, call)                                                                                \
    static size_t name##_tiled(const struct row_block *w, const struct row_operand *x, size_t rows, float *y,          \
                               size_t stride) {                                                                        \
        const struct laid l = name##_lay_out(w, 0, x->k, true);                                                        \
        size_t from = 0;                                                                                               \
        settle_memory();                                                                                               \
        tiles_begin(piece);                                                                                            \
        for (; from < rows && row_fills_tiles(rows - from); from += ROW_BLOCK) {                                       \
            struct tiled t; /* its sums are not to be cleared */                                                       \
            t.l = &l, t.q = x->tiled + from * x->k, t.depth = piece, t.pieces = x->k / (piece);                        \
            const float *d = x->tiled_d + from * l.units;                                                              \
            const int16_t *pairs = x->tiled_sums + from * (x->k / 32);                                                 \
            reals totals[ROW_BLOCK];                                                                                   \
            (void)pairs;                                                                                               \
            call;                                                                                                      \
            put(y + from * stride, stride, totals, rows - from < ROW_BLOCK ? rows - from : ROW_BLOCK, w->n);           \
        }                                                                                                              \
        _tile_release();                                                                                               \
        return from < rows ? from : rows;                                                                              \
    }
TILED_KERNEL(q8_0, 32, thirties_tiled(&t, d, totals))
TILED_KERNEL(q4_0, 32, thirties_tiled(&t, d, totals))
TILED_KERNEL(q4_k, 32, q4_k_tiles(&t, d, pairs, totals))
