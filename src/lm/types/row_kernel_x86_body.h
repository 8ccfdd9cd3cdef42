/* The row kernels in vectors: see row_kernel.h. Included by the twins, which define KERNELS and KERNELS_NAME; with
 * AVX-512 and VNNI a vector holds sums of 16 rows of weights, with AVX2 of 8. Where there are tiles (AMX) they take
 * sixteen rows of activations at a time: row_kernel_tiles.h.
 *
 * Weights are laid out anew first, unit by unit in the caller's room: groups of four neighbouring values, each group
 * a vector with the four of every row. So a product of a group with four activations, which are the same in
 * all of its lanes, adds to one sum a row; nothing is added across lanes. What that costs is shared by all rows of
 * activations, and for one row it is less than sums across lanes. */
#include "lm/types/row_kernel.h"

#include "lm/types/types_internal.h"

#include <immintrin.h>
#include <stdbool.h>

typedef unsigned char byte;
#define INLINE static inline __attribute__((always_inline))

/* ---- vectors ---- */

#if defined(__AVX512VNNI__)
enum { W = 16, MOST = 8, FLIP = 0x80 }; /* MOST: rows of activations at a time; FLIP: makes no weight negative */
typedef __m512i ints;
typedef __m512 reals;
#define load_ints(at) _mm512_load_si512(at)
#define load_reals(at) _mm512_load_ps(at)
#define store_reals(at, v) _mm512_storeu_ps(at, v)
#define all_ints(i) _mm512_set1_epi32(i)
#define all_reals(f) _mm512_set1_ps(f)
#define to_reals(v) _mm512_cvtepi32_ps(v)
#define add_ints(a, b) _mm512_add_epi32(a, b)
#define times_ints(a, b) _mm512_mullo_epi32(a, b)
#define times_pairs(a, b) _mm512_madd_epi16(a, b)
#define add(a, b) _mm512_add_ps(a, b)
#define subtract(a, b) _mm512_sub_ps(a, b)
#define times(a, b) _mm512_mul_ps(a, b)
#define zero_reals() _mm512_setzero_ps()
#define zero_ints() _mm512_setzero_si512()
#define halves(at) _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)(at)))
#else
enum { W = 8, MOST = 4, FLIP = 0 };
typedef __m256i ints;
typedef __m256 reals;
#define load_ints(at) _mm256_load_si256((const __m256i *)(at))
#define load_reals(at) _mm256_load_ps(at)
#define store_reals(at, v) _mm256_storeu_ps(at, v)
#define all_ints(i) _mm256_set1_epi32(i)
#define all_reals(f) _mm256_set1_ps(f)
#define to_reals(v) _mm256_cvtepi32_ps(v)
#define add_ints(a, b) _mm256_add_epi32(a, b)
#define times_ints(a, b) _mm256_mullo_epi32(a, b)
#define times_pairs(a, b) _mm256_madd_epi16(a, b)
#define add(a, b) _mm256_add_ps(a, b)
#define subtract(a, b) _mm256_sub_ps(a, b)
#define times(a, b) _mm256_mul_ps(a, b)
#define zero_reals() _mm256_setzero_ps()
#define zero_ints() _mm256_setzero_si256()
#define halves(at) _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)(at)))
#endif

INLINE int32_t word_at(const void *at) {
    int32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

INLINE __m256i load32(const void *at) {
    return _mm256_loadu_si256((const __m256i *)at);
}

INLINE __m256i join(__m128i low, __m128i high) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* sums[r] += products of n groups of weights with the values of row r of activations; rows lie `apart` bytes from
 * each other. most: the largest weight, known to the compiler; with AVX2 it says how many sums of two products fit 16
 * bits. A `most` of 128 says that weights are signed there. */
#if defined(__AVX512VNNI__)
INLINE void dots(ints *sums, const byte *w, const size_t n, const signed char *q, size_t apart, const size_t rows,
                 const int most) {
    (void)most;
    for (size_t g = 0; g < n; g++) {
        ints four = load_ints(w + g * sizeof(ints));
        for (size_t r = 0; r < rows; r++)
            sums[r] = _mm512_dpbusd_epi32(sums[r], four, all_ints(word_at(q + r * apart + 4 * g)));
    }
}
#else
INLINE void dots(ints *sums, const byte *w, const size_t n, const signed char *q, size_t apart, const size_t rows,
                 const int most) {
    const ints one = _mm256_set1_epi16(1);
    const size_t deep = most == 128 ? 1 : most > 15 ? 2 : 8; /* 8 x 2 x 15 x 127 and 2 x 2 x 63 x 127 fit */
    for (size_t from = 0; from < n; from += deep) {
        ints pairs[4];
        for (size_t g = from; g < from + deep && g < n; g++) {
            ints four = load_ints(w + g * sizeof(ints));
            for (size_t r = 0; r < rows; r++) {
                ints x = all_ints(word_at(q + r * apart + 4 * g));
                ints two = most == 128 ? _mm256_maddubs_epi16(_mm256_abs_epi8(four), _mm256_sign_epi8(x, four))
                                       : _mm256_maddubs_epi16(four, x);
                pairs[r] = g == from ? two : _mm256_add_epi16(pairs[r], two);
            }
        }
        for (size_t r = 0; r < rows; r++) sums[r] = add_ints(sums[r], _mm256_madd_epi16(pairs[r], one));
    }
}
#endif

/* ---- laying out ---- */

/* 32 values of each of W rows into eight groups. */
#if defined(__AVX512VNNI__)
INLINE void lay_out(byte *to, const __m256i rows[W]) {
    __m512i z[8], t[2][4];
    for (int j = 0; j < 4; j++) {
        z[j] = _mm512_inserti64x4(_mm512_castsi256_si512(rows[j]), rows[j + 4], 1);
        z[j + 4] = _mm512_inserti64x4(_mm512_castsi256_si512(rows[j + 8]), rows[j + 12], 1);
    }
    for (int h = 0; h < 2; h++) {
        const __m512i *in = z + 4 * h;
        __m512i a = _mm512_unpacklo_epi32(in[0], in[1]), b = _mm512_unpacklo_epi32(in[2], in[3]);
        __m512i c = _mm512_unpackhi_epi32(in[0], in[1]), d = _mm512_unpackhi_epi32(in[2], in[3]);
        t[h][0] = _mm512_unpacklo_epi64(a, b), t[h][1] = _mm512_unpackhi_epi64(a, b);
        t[h][2] = _mm512_unpacklo_epi64(c, d), t[h][3] = _mm512_unpackhi_epi64(c, d);
    }
    for (int g = 0; g < 4; g++) {
        _mm512_store_si512(to + 64 * g, _mm512_shuffle_i32x4(t[0][g], t[1][g], 0x88));
        _mm512_store_si512(to + 64 * (g + 4), _mm512_shuffle_i32x4(t[0][g], t[1][g], 0xdd));
    }
}
#else
INLINE void transpose_four(__m256i out[4], const __m256i in[4]) {
    __m256i a = _mm256_unpacklo_epi32(in[0], in[1]), b = _mm256_unpacklo_epi32(in[2], in[3]);
    __m256i c = _mm256_unpackhi_epi32(in[0], in[1]), d = _mm256_unpackhi_epi32(in[2], in[3]);
    out[0] = _mm256_unpacklo_epi64(a, b), out[1] = _mm256_unpackhi_epi64(a, b);
    out[2] = _mm256_unpacklo_epi64(c, d), out[3] = _mm256_unpackhi_epi64(c, d);
}

INLINE void lay_out(byte *to, const __m256i rows[W]) {
    __m256i t[2][4];
    transpose_four(t[0], rows);
    transpose_four(t[1], rows + 4);
    for (int g = 0; g < 4; g++) {
        _mm256_store_si256((__m256i *)(void *)(to + 32 * g), _mm256_permute2x128_si256(t[0][g], t[1][g], 0x20));
        _mm256_store_si256((__m256i *)(void *)(to + 32 * (g + 4)), _mm256_permute2x128_si256(t[0][g], t[1][g], 0x31));
    }
}
#endif

/* The room of a block of W rows: groups [k / 4] of 4 W bytes; d [k / unit] of W, the same of the K types' dmin;
 * scales and mins by the type. */
struct laid {
    byte *groups;
    float *d, *dmin;
    int32_t *scales, *mins;
    size_t units;
};

/* Places of the W rows; behind the last one it stands for those that are missing. */
struct places {
    const byte *at[W];
};

INLINE struct places places_of(const struct row_block *w, size_t from) {
    struct places p;
    for (size_t j = 0; j < W; j++) p.at[j] = w->at + (from + j < w->n ? from + j : w->n - 1) * w->bytes;
    return p;
}

/* The halves at `offset` of the blocks of all units, as f32: [units, W]. They are gathered first and converted then,
 * because a vector that is read right behind the halves it is made of waits for them. */
INLINE void lay_out_sizes(float *to, const struct places *p, size_t units, size_t block, size_t offset) {
    char *raw = (char *)to + units * W * sizeof(uint16_t); /* the second half of the place: read before it is written */
    for (size_t u = 0; u < units; u++)
        for (size_t j = 0; j < W; j++)
            memcpy(raw + (u * W + j) * sizeof(uint16_t), p->at[j] + u * block + offset, sizeof(uint16_t));
    for (size_t u = 0; u < units; u++) {
        reals v = halves(raw + u * W * sizeof(uint16_t));
        store_reals(to + u * W, v);
    }
}

INLINE struct laid laid_in(void *room, size_t k, size_t unit) {
    struct laid l = {.groups = room, .units = k / unit};
    l.d = (float *)(void *)(l.groups + k * W);
    l.dmin = l.d + l.units * W;
    l.scales = (int32_t *)(void *)(l.dmin + l.units * W);
    l.mins = l.scales + k / 16 * W;
    return l;
}

/* ---- Q8_0 and Q4_0 ---- */

/* Weights as dots() takes them; plain: as they are, below zero too, which is how tiles take them. */
INLINE __m256i q8_0_values(const byte *at, const bool plain) {
    return FLIP != 0 && !plain ? _mm256_xor_si256(load32(at + 2), _mm256_set1_epi8((char)FLIP)) : load32(at + 2);
}

INLINE __m256i q4_0_values(const byte *at, const bool plain) {
    __m128i packed = _mm_loadu_si128((const __m128i *)(const void *)(at + 2));
    __m256i values = _mm256_and_si256(join(packed, _mm_srli_epi16(packed, 4)), _mm256_set1_epi8(15));
    return plain ? _mm256_sub_epi8(values, _mm256_set1_epi8(8)) : values;
}

INLINE void thirties_of(const struct laid *l, const struct row_operand *x, size_t from, const size_t n, const int most,
                        reals *totals) {
    const signed char *q = x->q + from * x->k;
    for (size_t r = 0; r < n; r++) totals[r] = zero_reals();
    for (size_t u = 0; u < l->units; u++) {
        ints sums[MOST];
        for (size_t r = 0; r < n; r++)
            sums[r] = most == 128 && FLIP == 0 ? zero_ints() : all_ints(x->excess[(from + r) * l->units + u]);
        dots(sums, l->groups + u * 32 * W, 8, q + 32 * u, x->k, n, most);
        reals d = load_reals(l->d + u * W);
        for (size_t r = 0; r < n; r++) {
            reals scale = times(d, all_reals(x->d[(from + r) * l->units + u]));
            totals[r] = add(totals[r], times(scale, to_reals(sums[r])));
        }
    }
}

/* ---- Q4_K ---- */

/* The eight scales, then the eight mins, of 12 bytes. */
INLINE void k_scales(const byte *p, byte out[16]) {
    uint32_t a = load_u32(p), b = load_u32(p + 4), c = load_u32(p + 8);
    uint32_t words[4] = {a & 0x3f3f3f3fu, (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u), b & 0x3f3f3f3fu,
                         (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u)};
    memcpy(out, words, sizeof words);
}

/* Scales [8, W] and pairs of mins [4, W] of one unit. */
INLINE void lay_out_k_scales(int32_t *scales, int32_t *mins, const struct places *p, size_t offset) {
    for (size_t j = 0; j < W; j++) {
        byte s[16];
        k_scales(p->at[j] + offset + 4, s);
        for (size_t i = 0; i < 8; i++) scales[i * W + j] = s[i];
        for (size_t i = 0; i < 4; i++) mins[i * W + j] = s[8 + 2 * i] | s[9 + 2 * i] << 16;
    }
}

INLINE struct laid q4_k_lay_out(const struct row_block *w, size_t from, size_t k, const bool plain) {
    (void)plain; /* they never are below zero */
    struct laid l = laid_in(w->room, k, 256);
    struct places p = places_of(w, from);
    const __m256i mask = _mm256_set1_epi8(15);
    lay_out_sizes(l.d, &p, l.units, Q4_K_BYTES, 0);
    lay_out_sizes(l.dmin, &p, l.units, Q4_K_BYTES, 2);
    for (size_t u = 0; u < l.units; u++) {
        size_t at = u * Q4_K_BYTES;
        lay_out_k_scales(l.scales + u * 8 * W, l.mins + u * 4 * W, &p, at);
        for (size_t s = 0; s < 8; s += 2) {
            __m256i low[W], high[W];
            for (size_t j = 0; j < W; j++) {
                __m256i packed = load32(p.at[j] + at + 16 + 16 * s);
                low[j] = _mm256_and_si256(packed, mask);
                high[j] = _mm256_and_si256(_mm256_srli_epi16(packed, 4), mask);
            }
            lay_out(l.groups + (u * 8 + s) * 32 * W, low);
            lay_out(l.groups + (u * 8 + s + 1) * 32 * W, high);
        }
    }
    return l;
}

INLINE void q4_k_of(const struct laid *l, const struct row_operand *x, size_t from, const size_t n, reals *totals) {
    for (size_t r = 0; r < n; r++) totals[r] = zero_reals();
    for (size_t u = 0; u < l->units; u++) {
        ints sums[MOST], below[MOST];
        for (size_t r = 0; r < n; r++) sums[r] = below[r] = zero_ints();
        for (size_t s = 0; s < 8; s++) {
            ints part[MOST], scale = load_ints(l->scales + (u * 8 + s) * W);
            for (size_t r = 0; r < n; r++) part[r] = zero_ints();
            dots(part, l->groups + (u * 8 + s) * 32 * W, 8, x->q + from * x->k + 256 * u + 32 * s, x->k, n, 15);
            for (size_t r = 0; r < n; r++) sums[r] = add_ints(sums[r], times_ints(part[r], scale));
        }
        for (size_t i = 0; i < 4; i++) {
            ints mins = load_ints(l->mins + (u * 4 + i) * W);
            for (size_t r = 0; r < n; r++) {
                const int16_t *two = x->sums + (from + r) * (x->k / 32) + 8 * u + 2 * i;
                below[r] = add_ints(below[r], times_pairs(mins, all_ints(word_at(two))));
            }
        }
        reals d = load_reals(l->d + u * W), dmin = load_reals(l->dmin + u * W);
        for (size_t r = 0; r < n; r++) {
            reals dx = all_reals(x->d[(from + r) * l->units + u]);
            reals above = times(times(d, dx), to_reals(sums[r])), under = times(times(dmin, dx), to_reals(below[r]));
            totals[r] = add(totals[r], subtract(above, under));
        }
    }
}

/* ---- Q6_K ---- */

/* 32 weights of Q6_K from 0 to 63: quarter j of a half. */
INLINE __m256i six_bits(const byte *w, size_t half, const int j) {
    __m256i low = load32(w + 64 * half + j % 2 * 32), high = load32(w + 128 + 32 * half);
    if (j >= 2) low = _mm256_srli_epi16(low, 4);
    high = j == 0   ? _mm256_slli_epi16(high, 4)
           : j == 1 ? _mm256_slli_epi16(high, 2)
           : j == 2 ? high
                    : _mm256_srli_epi16(high, 2);
    return _mm256_or_si256(_mm256_and_si256(low, _mm256_set1_epi8(15)), _mm256_and_si256(high, _mm256_set1_epi8(48)));
}

INLINE struct laid q6_k_lay_out(const struct row_block *w, size_t from, size_t k, const bool plain) {
    (void)plain; /* tiles do not take them */
    struct laid l = laid_in(w->room, k, 256);
    struct places p = places_of(w, from);
    lay_out_sizes(l.d, &p, l.units, Q6_K_BYTES, 208);
    for (size_t u = 0; u < l.units; u++) {
        size_t at = u * Q6_K_BYTES;
        for (size_t j = 0; j < W; j++)
            /* NOLINTNEXTLINE(bugprone-signed-char-misuse): the sign is meant */
            for (size_t s = 0; s < 16; s++) l.scales[(u * 16 + s) * W + j] = (signed char)p.at[j][at + 192 + s];
#pragma GCC unroll 8
        for (int s = 0; s < 8; s++) {
            __m256i rows[W];
            for (size_t j = 0; j < W; j++) rows[j] = six_bits(p.at[j] + at, (size_t)s / 4, s % 4);
            lay_out(l.groups + (u * 8 + (size_t)s) * 32 * W, rows);
        }
    }
    return l;
}

INLINE void q6_k_of(const struct laid *l, const struct row_operand *x, size_t from, const size_t n, reals *totals) {
    for (size_t r = 0; r < n; r++) totals[r] = zero_reals();
    for (size_t u = 0; u < l->units; u++) {
        ints sums[MOST];
        for (size_t r = 0; r < n; r++) sums[r] = zero_ints();
        for (size_t s = 0; s < 16; s++) {
            ints part[MOST], scale = load_ints(l->scales + (u * 16 + s) * W);
            for (size_t r = 0; r < n; r++) part[r] = all_ints(x->excess[(from + r) * (x->k / 16) + 16 * u + s]);
            dots(part, l->groups + (u * 16 + s) * 16 * W, 4, x->q + from * x->k + 256 * u + 16 * s, x->k, n, 63);
            for (size_t r = 0; r < n; r++) sums[r] = add_ints(sums[r], times_ints(part[r], scale));
        }
        reals d = load_reals(l->d + u * W);
        for (size_t r = 0; r < n; r++) {
            reals scale = times(d, all_reals(x->d[(from + r) * l->units + u]));
            totals[r] = add(totals[r], times(scale, to_reals(sums[r])));
        }
    }
}

/* ---- one row of activations: weights stay as they lie ---- */

/* The sums of the eight lanes of each row, in the order of rows. In a vector of 64 bytes lie rows j and j + 4. */
#if defined(__AVX512VNNI__)
enum { SUMMED = 8 };
INLINE ints four_sums(const ints v[4]) {
    ints a = add_ints(_mm512_unpacklo_epi32(v[0], v[1]), _mm512_unpackhi_epi32(v[0], v[1]));
    ints b = add_ints(_mm512_unpacklo_epi32(v[2], v[3]), _mm512_unpackhi_epi32(v[2], v[3]));
    return add_ints(_mm512_unpacklo_epi64(a, b), _mm512_unpackhi_epi64(a, b));
}

INLINE ints sums_of_rows(const ints v[SUMMED]) {
    ints a = four_sums(v), b = four_sums(v + 4);
    return add_ints(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
}

INLINE ints q8_0_products(const struct places *p, size_t at, size_t i, ints x) {
    size_t j = i < 4 ? i : i + 4;
    __m256i a = load32(p->at[j] + at + 2), b = load32(p->at[j + 4] + at + 2);
    ints w = _mm512_inserti64x4(_mm512_castsi256_si512(a), b, 1);
    return _mm512_dpbusd_epi32(zero_ints(), _mm512_xor_si512(w, _mm512_set1_epi8((char)FLIP)), x);
}

INLINE ints q4_0_products(const struct places *p, size_t at, size_t i, ints x) {
    size_t j = i < 4 ? i : i + 4;
    __m256i both = join(_mm_loadu_si128((const __m128i *)(const void *)(p->at[j] + at + 2)),
                        _mm_loadu_si128((const __m128i *)(const void *)(p->at[j + 4] + at + 2)));
    ints w = _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 1, 0, 1, 2, 3, 2, 3), _mm512_castsi256_si512(both));
    w = _mm512_srlv_epi64(w, _mm512_setr_epi64(0, 0, 4, 4, 0, 0, 4, 4));
    return _mm512_dpbusd_epi32(zero_ints(), _mm512_and_si512(w, _mm512_set1_epi8(15)), x);
}

INLINE ints unit_of_one(const signed char *q) {
    return _mm512_broadcast_i64x4(load32(q));
}
#else
enum { SUMMED = 8 };
INLINE ints four_sums(const ints v[4]) {
    return _mm256_hadd_epi32(_mm256_hadd_epi32(v[0], v[1]), _mm256_hadd_epi32(v[2], v[3]));
}

INLINE ints sums_of_rows(const ints v[SUMMED]) {
    ints a = four_sums(v), b = four_sums(v + 4);
    return add_ints(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

INLINE ints q8_0_products(const struct places *p, size_t at, size_t j, ints x) {
    ints w = load32(p->at[j] + at + 2);
    return _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)), _mm256_set1_epi16(1));
}

INLINE ints q4_0_products(const struct places *p, size_t at, size_t j, ints x) {
    return _mm256_madd_epi16(_mm256_maddubs_epi16(q4_0_values(p->at[j] + at, false), x), _mm256_set1_epi16(1));
}

INLINE ints unit_of_one(const signed char *q) {
    return load32(q);
}
#endif

/* Rows lie one behind the other, but sixteen are read side by side, which no prefetcher of the machine foresees: while
 * unit u of a block is multiplied, a share of the next block is asked for. Reading ahead never faults. */
INLINE void foresee(const byte *next, size_t u, const size_t unit_bytes) {
    const char *from = (const char *)next + u * W * unit_bytes;
    for (size_t i = 0; i < W * unit_bytes; i += 64) _mm_prefetch(from + i, _MM_HINT_T0);
}

/* The same as thirties_of, for the row `row` alone. */
#define ONE_OF_THIRTIES(name, NAME, signed_there)                                                                      \
    INLINE reals name##_one(const struct row_block *w, size_t from, const struct row_operand *x, size_t row) {         \
        struct laid l = laid_in(w->room, x->k, 32);                                                                    \
        struct places p = places_of(w, from);                                                                          \
        lay_out_sizes(l.d, &p, l.units, NAME##_BYTES, 0);                                                              \
        reals total = zero_reals();                                                                                    \
        for (size_t u = 0; u < l.units; u++) {                                                                         \
            ints v[SUMMED], values = unit_of_one(x->q + row * x->k + 32 * u);                                          \
            foresee(w->at + (from + W) * w->bytes, u, NAME##_BYTES);                                                   \
            for (size_t i = 0; i < SUMMED; i++) v[i] = name##_products(&p, u * NAME##_BYTES, i, values);               \
            ints sums = sums_of_rows(v);                                                                               \
            if (!(signed_there) || FLIP != 0) sums = add_ints(sums, all_ints(x->excess[row * l.units + u]));           \
            reals scale = times(load_reals(l.d + u * W), all_reals(x->d[row * l.units + u]));                          \
            total = add(total, times(scale, to_reals(sums)));                                                          \
        }                                                                                                              \
        return total;                                                                                                  \
    }
ONE_OF_THIRTIES(q8_0, Q8_0, true)
ONE_OF_THIRTIES(q4_0, Q4_0, false)

INLINE float half_at(const byte *p) {
    return _cvtsh_ss(load_u16(p));
}

INLINE int total_of(__m256i sums) {
    __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    four = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(four, _mm_shuffle_epi32(four, 0xb1)));
}

INLINE float q4_k_row(const byte *w, const struct row_operand *x, size_t row) {
    const __m256i mask = _mm256_set1_epi8(15);
    size_t units = x->k / 256;
    float total = 0;
    for (size_t u = 0; u < units; u++, w += Q4_K_BYTES) {
        byte scales[16];
        k_scales(w + 4, scales);
        const int16_t *below = x->sums + row * (x->k / 32) + 8 * u;
        const signed char *q = x->q + row * x->k + 256 * u;
        __m128i mins = _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)(const void *)(scales + 8)));
        __m128i under = _mm_madd_epi16(mins, _mm_loadu_si128((const __m128i *)(const void *)below));
        __m256i sums = _mm256_setzero_si256();
        for (size_t s = 0; s < 8; s += 2, q += 64) {
            __m256i packed = load32(w + 16 + 16 * s), high = _mm256_and_si256(_mm256_srli_epi16(packed, 4), mask);
            __m256i a = _mm256_maddubs_epi16(_mm256_and_si256(packed, mask), load32(q));
            __m256i b = _mm256_maddubs_epi16(high, load32(q + 32));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(a, _mm256_set1_epi16(scales[s])));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(b, _mm256_set1_epi16(scales[s + 1])));
        }
        float dx = x->d[row * units + u];
        int m = total_of(_mm256_zextsi128_si256(under));
        total += half_at(w) * dx * (float)total_of(sums) - half_at(w + 2) * dx * (float)m;
    }
    return total;
}

INLINE float q6_k_row(const byte *w, const struct row_operand *x, size_t row) {
    size_t units = x->k / 256;
    float total = 0;
    for (size_t u = 0; u < units; u++, w += Q6_K_BYTES) {
        const int32_t *excess = x->excess + row * (x->k / 16) + 16 * u;
        __m128i scales = _mm_loadu_si128((const __m128i *)(const void *)(w + 192));
        __m256i first = _mm256_cvtepi8_epi32(scales), second = _mm256_cvtepi8_epi32(_mm_srli_si128(scales, 8));
        __m256i sums = _mm256_add_epi32(_mm256_mullo_epi32(first, load32(excess)),
                                        _mm256_mullo_epi32(second, load32(excess + 8)));
#pragma GCC unroll 8
        for (int s = 0; s < 8; s++) {
            short a = (signed char)w[192 + 2 * s], b = (signed char)w[193 + 2 * s];
            __m256i values = load32(x->q + row * x->k + 256 * u + 32 * (size_t)s);
            __m256i products = _mm256_maddubs_epi16(six_bits(w, (size_t)s / 4, s % 4), values);
            __m256i scale = join(_mm_set1_epi16(a), _mm_set1_epi16(b));
            sums = _mm256_add_epi32(sums, _mm256_madd_epi16(products, scale));
        }
        total += half_at(w + 208) * x->d[row * units + u] * (float)total_of(sums);
    }
    return total;
}

#define ONE_BY_ONE(name)                                                                                               \
    INLINE reals name##_one(const struct row_block *w, size_t from, const struct row_operand *x, size_t row) {         \
        _Alignas(64) float totals[W];                                                                                  \
        for (size_t j = 0; j < W; j++)                                                                                 \
            totals[j] = from + j < w->n ? name##_row(w->at + (from + j) * w->bytes, x, row) : 0;                       \
        return load_reals(totals);                                                                                     \
    }
ONE_BY_ONE(q4_k)
ONE_BY_ONE(q6_k)

/* ---- all rows ---- */

INLINE void put(float *y, size_t stride, const reals *totals, const size_t n, size_t used) {
    for (size_t r = 0; r < n; r++) {
        float values[W];
        store_reals(values, totals[r]);
        memcpy(y + r * stride, values, used * sizeof *y);
    }
}

#define THIRTIES(name, NAME, most)                                                                                     \
    INLINE struct laid name##_lay_out(const struct row_block *w, size_t from, size_t k, const bool plain) {            \
        struct laid l = laid_in(w->room, k, 32);                                                                       \
        struct places p = places_of(w, from);                                                                          \
        lay_out_sizes(l.d, &p, l.units, NAME##_BYTES, 0);                                                              \
        for (size_t u = 0; u < l.units; u++) {                                                                         \
            __m256i rows[W];                                                                                           \
            for (size_t j = 0; j < W; j++) rows[j] = name##_values(p.at[j] + u * NAME##_BYTES, plain);                 \
            lay_out(l.groups + u * 32 * W, rows);                                                                      \
        }                                                                                                              \
        return l;                                                                                                      \
    }                                                                                                                  \
    INLINE void name##_of(const struct laid *l, const struct row_operand *x, size_t from, const size_t n,              \
                          reals *totals) {                                                                             \
        thirties_of(l, x, from, n, most, totals);                                                                      \
    }
THIRTIES(q8_0, Q8_0, 128)
THIRTIES(q4_0, Q4_0, 15)

#if defined(ROW_TILES)
#include "lm/types/row_kernel_tiles.h"
#endif

/* Rows of activations by which weights that were laid out pay: below, each row goes by itself. */
enum { WORTH_LAYING = 3 };

#define ROWS_OF(name, n)                                                                                               \
    for (; r + (n) <= rows; r += (n)) {                                                                                \
        name##_of(&l, x, r, n, totals);                                                                                \
        put(y + r * stride + j, stride, totals, n, used);                                                              \
    }

#define LAID_KERNEL(name)                                                                                              \
    static void name##_laid(const struct row_block *w, size_t j, const struct row_operand *x, size_t rows, float *y,   \
                            size_t stride, size_t used) {                                                              \
        const struct laid l = name##_lay_out(w, j, x->k, false);                                                       \
        reals totals[MOST];                                                                                            \
        size_t r = 0;                                                                                                  \
        ROWS_OF(name, MOST)                                                                                            \
        ROWS_OF(name, 2)                                                                                               \
        ROWS_OF(name, 1)                                                                                               \
    }
LAID_KERNEL(q8_0)
LAID_KERNEL(q4_0)
LAID_KERNEL(q4_k)
LAID_KERNEL(q6_k)

#define none_tiled(w, x, rows, y, stride) ((void)(w), 0)
#define q6_k_tiled none_tiled
#if defined(ROW_TILES)
enum { TILES = 1 };
#else
enum { TILES = 0 };
#define q8_0_tiled none_tiled
#define q4_0_tiled none_tiled
#define q4_k_tiled none_tiled
#endif

/* Rows from `done` on. */
INLINE struct row_operand rest_of(const struct row_operand *x, const size_t unit, const size_t step, size_t done) {
    return (struct row_operand){.k = x->k,
                                .q = x->q + done * x->k,
                                .d = x->d + done * (x->k / unit),
                                .excess = x->excess + done * (x->k / step),
                                .sums = x->sums + done * (x->k / 32)};
}

#define ROW_KERNEL(name, unit, step)                                                                                   \
    static void name##_blocks(const struct row_block *w, const struct row_operand *x, size_t rows, float *y,           \
                              size_t stride) {                                                                         \
        for (size_t j = 0; j < w->n; j += W) {                                                                         \
            size_t used = w->n - j < W ? w->n - j : W;                                                                 \
            if (rows >= WORTH_LAYING) {                                                                                \
                name##_laid(w, j, x, rows, y, stride, used);                                                           \
                continue;                                                                                              \
            }                                                                                                          \
            for (size_t r = 0; r < rows; r++) {                                                                        \
                reals total = name##_one(w, j, x, r);                                                                  \
                put(y + r * stride + j, stride, &total, 1, used);                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }                                                                                                                  \
    static void name(const struct row_block *w, const struct row_operand *x, size_t rows, float *y, size_t stride) {   \
        size_t done = x->tiled ? name##_tiled(w, x, rows, y, stride) : 0;                                              \
        if (done == rows) return;                                                                                      \
        const struct row_operand rest = rest_of(x, unit, step, done);                                                  \
        name##_blocks(w, &rest, rows - done, y + done * stride, stride);                                               \
    }
ROW_KERNEL(q8_0, 32, 32)
ROW_KERNEL(q4_0, 32, 32)
ROW_KERNEL(q4_k, 256, 32)
ROW_KERNEL(q6_k, 256, 16)

/* ---- weights in f32 ---- */

#if defined(__AVX512VNNI__)
enum { PIECES = 1 }; /* vectors of sixteen lanes */
#define load_any(at) _mm512_loadu_ps(at)
#else
enum { PIECES = 2 };
#define load_any(at) _mm256_loadu_ps(at)
#endif

INLINE void floats_of(const float *w, const size_t n, const float *x, size_t k, const size_t rows, float *y,
                      size_t stride) {
    reals sums[4][4][PIECES];
    size_t i = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t r = 0; r < rows; r++)
            for (size_t p = 0; p < PIECES; p++) sums[j][r][p] = zero_reals();
    for (; i + 16 <= k; i += 16)
        for (size_t p = 0; p < PIECES; p++)
            for (size_t j = 0; j < n; j++) {
                reals a = load_any(w + j * k + i + p * W);
                for (size_t r = 0; r < rows; r++)
                    sums[j][r][p] = add(sums[j][r][p], times(a, load_any(x + r * k + i + p * W)));
            }
    for (size_t j = 0; j < n; j++)
        for (size_t r = 0; r < rows; r++) {
            float lanes[16];
            for (size_t p = 0; p < PIECES; p++) store_reals(lanes + p * W, sums[j][r][p]);
            for (size_t l = i; l < k; l++) lanes[l - i] += w[j * k + l] * x[r * k + l];
            for (size_t l = 0; l < 8; l++) lanes[l] += lanes[l + 8];
            y[r * stride + j] = row_fold(lanes);
        }
}

static void floats(const float *w, size_t n, const float *x, size_t k, size_t rows, float *y, size_t stride) {
    size_t r = 0, j;
    for (; r + 4 <= rows; r += 4) {
        for (j = 0; PIECES == 1 && j + 4 <= n; j += 4)
            floats_of(w + j * k, 4, x + r * k, k, 4, y + r * stride + j, stride);
        for (; j < n; j++) floats_of(w + j * k, 1, x + r * k, k, 4, y + r * stride + j, stride);
    }
    for (; r < rows; r++) {
        for (j = 0; j + 4 <= n; j += 4) floats_of(w + j * k, 4, x + r * k, k, 1, y + r * stride + j, stride);
        for (; j < n; j++) floats_of(w + j * k, 1, x + r * k, k, 1, y + r * stride + j, stride);
    }
}

const struct row_kernels KERNELS = {KERNELS_NAME, TILES, q8_0, q4_0, q4_k, q6_k, floats};
