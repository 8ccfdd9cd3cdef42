/* The kernels themselves: see engine_kernel.h. Included once by each twin, which defines KERNELS as the name of its
 * table and KERNELS_NAME as its text. The 16 lanes are made of vectors that the machine has: compilers split wider ones
 * badly. Vectors are passed between inlined functions only, so the twins are built with -Wno-psabi. */
#include "lm/engine/engine_kernel.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
enum { WIDTH = 16, OUTPUTS = 8 }; /* OUTPUTS: sums of 16 lanes that the registers hold */
#else
enum { WIDTH = 8, OUTPUTS = 4 };
#endif
enum { PARTS = KERNEL_LANES / WIDTH };

typedef float lanes __attribute__((vector_size(4 * WIDTH)));
typedef int32_t bits __attribute__((vector_size(4 * WIDTH)));
typedef float eight __attribute__((vector_size(32)));
typedef float four __attribute__((vector_size(16)));
typedef double wide __attribute__((vector_size(32)));

#define INLINE static inline __attribute__((always_inline))

INLINE lanes load(const float *at) {
    lanes v;
    memcpy(&v, at, sizeof v);
    return v;
}

INLINE void store(float *at, lanes v) {
    memcpy(at, &v, sizeof v);
}

/* The first n lanes from memory, the others as told. */
INLINE lanes load_part(const float *at, size_t n, float other) {
    float t[WIDTH];
    for (size_t i = 0; i < WIDTH; i++) t[i] = i < n ? at[i] : other;
    return load(t);
}

INLINE void store_part(float *at, lanes v, size_t n) {
    float t[WIDTH];
    store(t, v);
    for (size_t i = 0; i < WIDTH; i++)
        if (i < n) at[i] = t[i];
}

INLINE lanes choose(bits mask, lanes yes, lanes no) {
    return (lanes)((mask & (bits)yes) | (~mask & (bits)no));
}

INLINE lanes larger(lanes a, lanes b) {
    return choose(a > b, a, b);
}

/* Lanes i and i + 8 first, then i and i + 4, and so on. */
INLINE float fold(const lanes v[PARTS]) {
    float t[KERNEL_LANES];
    memcpy(t, v, sizeof t);
    for (size_t half = KERNEL_LANES / 2; half; half /= 2)
        for (size_t i = 0; i < half; i++) t[i] += t[i + half];
    return t[0];
}

INLINE float fold_max(const lanes v[PARTS]) {
    float t[KERNEL_LANES];
    memcpy(t, v, sizeof t);
    for (size_t i = 1; i < KERNEL_LANES; i++) t[0] = t[i] > t[0] ? t[i] : t[0];
    return t[0];
}

/* `body` for each vector of n values: V(p, other) is that of p, the last filled up; PUT(p, v) writes it. */
#define EACH(n, ...)                                                                                                   \
    do {                                                                                                               \
        size_t i = 0;                                                                                                  \
        for (; i + WIDTH <= (n); i += WIDTH) {                                                                         \
            enum { WHOLE = 1 };                                                                                        \
            const size_t rest = WIDTH;                                                                                 \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
        if (i < (n)) {                                                                                                 \
            enum { WHOLE = 0 };                                                                                        \
            const size_t rest = (n)-i;                                                                                 \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    } while (0)
#define V(p, other) (WHOLE ? load((p) + i) : load_part((p) + i, rest, other))
#define PUT(p, v) (WHOLE ? store((p) + i, v) : store_part((p) + i, v, rest))
#define PART (i / WIDTH % PARTS)

/* exp by the polynomial of Cephes (Moshier), 2 ulp; below -88 it is 0, above 88 it is exp(88), NaN stays NaN. */
INLINE lanes exponential(lanes x) {
    x = choose(x < -88.0f, (lanes){0} - 88.0f, x);
    x = choose(x > 88.0f, (lanes){0} + 88.0f, x);
    lanes n = (x * 1.44269504088896341f + 12582912.0f) - 12582912.0f; /* rounds to the nearest whole number */
    lanes r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    lanes y = (lanes){0} + 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * (r * r) + r + 1.0f;
    bits power = (__builtin_convertvector(n, bits) + 127) << 23;
    return y * (lanes)power;
}

static void rmsnorm(float *out, const float *x, const float *gain, size_t n, float eps) {
    lanes sum[PARTS] = {0};
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES)
        for (size_t p = 0; p < PARTS; p++) sum[p] += load(x + i + p * WIDTH) * load(x + i + p * WIDTH);
    for (size_t p = 0; whole + p * WIDTH < n; p++) {
        lanes v = load_part(x + whole + p * WIDTH, n - whole - p * WIDTH, 0.0f);
        sum[p] += v * v;
    }
    float scale = 1.0f / sqrtf(fold(sum) / (float)n + eps);
    for (size_t i = 0; i < n; i++) out[i] = x[i] * scale * gain[i];
}

static void layernorm(float *out, const float *x, const float *gain, const float *bias, size_t n, float eps) {
    lanes sum[PARTS] = {0}, squares[PARTS] = {0};
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES)
        for (size_t p = 0; p < PARTS; p++) sum[p] += load(x + i + p * WIDTH);
    for (size_t p = 0; whole + p * WIDTH < n; p++)
        sum[p] += load_part(x + whole + p * WIDTH, n - whole - p * WIDTH, 0.0f);
    float mean = fold(sum) / (float)n;
    for (size_t i = 0; i < n; i += KERNEL_LANES)
        for (size_t p = 0; p < PARTS && i + p * WIDTH < n; p++) {
            size_t at = i + p * WIDTH;
            lanes v = (at + WIDTH <= n ? load(x + at) : load_part(x + at, n - at, mean)) - mean;
            squares[p] += v * v;
        }
    float scale = 1.0f / sqrtf(fold(squares) / (float)n + eps);
    for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * scale * gain[i] + bias[i];
}

INLINE lanes gelu_of(lanes x) {
    return x / (1.0f + exponential(-1.5957691216057308f * (x + 0.044715f * x * x * x)));
}

static void gelu(float *x, size_t n) {
    EACH(n, PUT(x, gelu_of(V(x, 0.0f))););
}

static void geglu(float *gate, const float *up, size_t n) {
    EACH(n, PUT(gate, gelu_of(V(gate, 0.0f)) * V(up, 0.0f)););
}

/* x Phi(x) with Phi(-a) = exp(-a^2 / 2) t P(t), t = 1 / (1 + 0.27 a). P is the polynomial of degree 8 whose largest
 * relative error for a up to 13.3 is smallest (2.3e-8, found by Remez' exchange); beyond it Phi(-a) is 0. */
INLINE lanes gelu_erf_of(lanes x) {
    static const float p[] = {2.8826872754e-2f, -1.2580916874e-1f, 1.6833113121e-1f,
                              -6.7471825437e-2f, 1.0656524202e-1f, 7.2615512073e-2f,
                              1.0165728821e-1f, 1.0756573620e-1f, 1.0771922323e-1f};
    lanes a = choose(x < 0.0f, -x, x), t = 1.0f / (1.0f + 0.27f * a), y = (lanes){0} + p[0];
    for (size_t i = 1; i < sizeof p / sizeof *p; i++) y = y * t + p[i];
    lanes below = exponential(-0.5f * (a * a)) * (t * y);
    return x * choose(x < 0.0f, below, 1.0f - below);
}

static void gelu_erf(float *x, size_t n) {
    EACH(n, PUT(x, gelu_erf_of(V(x, 0.0f))););
}

static void geglu_erf(float *gate, const float *up, size_t n) {
    EACH(n, PUT(gate, gelu_erf_of(V(gate, 0.0f)) * V(up, 0.0f)););
}

INLINE lanes capped(lanes x, float cap) {
    return (1.0f - 2.0f / (exponential(x * (2.0f / cap)) + 1.0f)) * cap;
}

static void cap(float *x, size_t n, float most) {
    EACH(n, PUT(x, capped(V(x, 0.0f), most)););
}

INLINE lanes gated(lanes gate, lanes up) {
    return gate / (1.0f + exponential(-gate)) * up;
}

static void swiglu(float *gate, const float *up, size_t n) {
    EACH(n, PUT(gate, gated(V(gate, 0.0f), V(up, 0.0f))););
}

static void rope(float *restrict out, const float *restrict x, size_t heads, size_t size, const float *restrict cosines,
                 const float *restrict sines, bool interleaved, float scale) {
    size_t half = size / 2, step = interleaved ? 2 : 1, other = interleaved ? 1 : half;
    for (size_t h = 0; h < heads; h++, x += size, out += size)
        for (size_t i = 0; i < half; i++) {
            float u = x[i * step], v = x[i * step + other];
            out[2 * i] = (u * cosines[i] - v * sines[i]) * scale;
            out[2 * i + 1] = (u * sines[i] + v * cosines[i]) * scale;
        }
}

/* The mask of those of lanes `from`.. that are among the first n. */
INLINE bits first_lanes(size_t from, size_t n) {
    bits lane = {0};
    for (int i = 0; i < WIDTH; i++) lane[i] = i;
    return lane + (int32_t)from < (int32_t)n;
}

/* q K^T of one page: four partial sums over the head's dimensions. */
INLINE void page_scores(lanes out[PARTS], const float *q, const float *k, size_t size) {
    lanes s[4][PARTS] = {0};
    size_t d = 0;
    for (; d + 4 <= size; d += 4, k += 4 * KERNEL_LANES)
        for (size_t j = 0; j < 4; j++)
            for (size_t p = 0; p < PARTS; p++) s[j][p] += q[d + j] * load(k + j * KERNEL_LANES + p * WIDTH);
    for (; d < size; d++, k += KERNEL_LANES)
        for (size_t p = 0; p < PARTS; p++) s[0][p] += q[d] * load(k + p * WIDTH);
    for (size_t p = 0; p < PARTS; p++) out[p] = (s[0][p] + s[1][p]) + (s[2][p] + s[3][p]);
}

/* The sums over the lanes of eight vectors, in the order of fold. */
#define PAIR(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
INLINE eight fold_eight(const float t[8][KERNEL_LANES]) {
    static const size_t order[8] = {0, 4, 1, 5,
                                    2, 6, 3, 7}; /* the steps below leave them in the order 0 2 4 6 1 3 5 7 */
    eight a[8];
    for (size_t i = 0; i < 8; i++) {
        eight low, high;
        memcpy(&low, t[order[i]], sizeof low);
        memcpy(&high, t[order[i]] + 8, sizeof high);
        a[i] = low + high;
    }
    for (size_t i = 0; i < 4; i++)
        a[i] = PAIR(a[2 * i], a[2 * i + 1], 0, 1, 2, 3, 8, 9, 10, 11) +
               PAIR(a[2 * i], a[2 * i + 1], 4, 5, 6, 7, 12, 13, 14, 15);
    for (size_t i = 0; i < 2; i++)
        a[i] = PAIR(a[2 * i], a[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13) +
               PAIR(a[2 * i], a[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    return PAIR(a[0], a[1], 0, 2, 8, 10, 4, 6, 12, 14) + PAIR(a[0], a[1], 1, 3, 9, 11, 5, 7, 13, 15);
}
#undef PAIR

/* `count` outputs of the weighted values; each lane sums its own positions (16i + lane) in order. */
INLINE void weigh(float (*out)[KERNEL_LANES], const float *const *pages, size_t v_at, size_t count, size_t first,
                  size_t n, const float *scores) {
    lanes sums[OUTPUTS][PARTS] = {0};
    size_t full = n / KERNEL_LANES, rest = n % KERNEL_LANES;
    for (size_t page = first; page < full; page++) {
        const float *v = pages[page] + v_at;
        for (size_t p = 0; p < PARTS; p++) {
            lanes weights = load(scores + page * KERNEL_LANES + p * WIDTH);
            for (size_t j = 0; j < count; j++) sums[j][p] += weights * load(v + j * KERNEL_LANES + p * WIDTH);
        }
    }
    for (size_t p = 0; rest && p < PARTS; p++) {
        const float *v = pages[full] + v_at;
        lanes weights = load(scores + full * KERNEL_LANES + p * WIDTH);
        bits mask = first_lanes(p * WIDTH, rest);
        for (size_t j = 0; j < count; j++)
            sums[j][p] += weights * choose(mask, load(v + j * KERNEL_LANES + p * WIDTH), (lanes){0});
    }
    memcpy(out, sums, count * sizeof *out);
}

/* Eight outputs, or fewer. */
INLINE void weigh_eight(float *out, const float *const *pages, size_t v_at, size_t count, size_t first, size_t n,
                        const float *scores, float scale) {
    float sums[8][KERNEL_LANES] = {{0}};
    if (count == 8)
        for (size_t j = 0; j < 8; j += OUTPUTS)
            weigh(sums + j, pages, v_at + j * KERNEL_LANES, OUTPUTS, first, n, scores);
    else
        for (size_t j = 0; j < count; j++) weigh(sums + j, pages, v_at + j * KERNEL_LANES, 1, first, n, scores);
    eight total = fold_eight((const float(*)[KERNEL_LANES])sums) * scale;
    memcpy(out, &total, count * sizeof(float));
}

/* Scores of positions from..n-1 behind one another; returns the highest. */
INLINE float scores_of(const float *q, const float *const *pages, size_t k_at, size_t size, size_t from, size_t n,
                       float most, float *scores) {
    size_t n_pages = (n + KERNEL_LANES - 1) / KERNEL_LANES, rest = n % KERNEL_LANES, first = from / KERNEL_LANES;
    lanes max[PARTS], s[PARTS];
    for (size_t p = 0; p < PARTS; p++) max[p] = (lanes){0} - INFINITY;
    for (size_t page = first; page < n_pages; page++) {
        page_scores(s, q, pages[page] + k_at, size);
        for (size_t p = 0; p < PARTS; p++) {
            if (most > 0) s[p] = capped(s[p], most);
            if (rest && page == n_pages - 1) s[p] = choose(first_lanes(p * WIDTH, rest), s[p], (lanes){0} - INFINITY);
            if (from && page == first)
                s[p] = choose(first_lanes(p * WIDTH, from % KERNEL_LANES), (lanes){0} - INFINITY, s[p]);
            store(scores + page * KERNEL_LANES + p * WIDTH, s[p]);
            max[p] = larger(s[p], max[p]);
        }
    }
    return fold_max(max);
}

/* Positions from..n-1; where from and the cap are 0 they cost nothing, the compiler knows. */
INLINE void attend(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at, size_t size,
                   size_t from, size_t n, float most, float *scores) {
    size_t n_pages = (n + KERNEL_LANES - 1) / KERNEL_LANES, first = from / KERNEL_LANES;
    float highest = scores_of(q, pages, k_at, size, from, n, most, scores);
    lanes sum[PARTS] = {0};
    for (size_t page = first; page < n_pages; page++)
        for (size_t p = 0; p < PARTS; p++) {
            float *at = scores + page * KERNEL_LANES + p * WIDTH;
            lanes e = exponential(load(at) - highest);
            store(at, e);
            sum[p] += e;
        }
    float scale = 1.0f / fold(sum);
    size_t d = 0;
    for (; d + 8 <= size; d += 8) weigh_eight(out + d, pages, v_at + d * KERNEL_LANES, 8, first, n, scores, scale);
    if (d < size) weigh_eight(out + d, pages, v_at + d * KERNEL_LANES, size - d, first, n, scores, scale);
}

static void attention(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at, size_t size,
                      size_t n, float *scores) {
    attend(out, q, pages, k_at, v_at, size, 0, n, 0, scores);
}

static void attention_within(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at,
                             size_t size, size_t from, size_t n, float most, float *scores) {
    attend(out, q, pages, k_at, v_at, size, from, n, most, scores);
}

INLINE wide widen(const float *at) {
    four v;
    memcpy(&v, at, sizeof v);
    return __builtin_convertvector(v, wide);
}

static size_t first_equal(const float *x, size_t n, float value) {
    size_t i = 0;
    for (; i + KERNEL_LANES <= n; i += KERNEL_LANES) {
        int any = 0;
        for (size_t j = 0; j < KERNEL_LANES; j++) any |= x[i + j] == value;
        if (any) break;
    }
    while (i < n && x[i] != value) i++;
    return i < n ? i : 0;
}

static struct kernel_mass mass(const float *logits, size_t n) {
    lanes max[PARTS];
    for (size_t p = 0; p < PARTS; p++) max[p] = (lanes){0} - INFINITY;
    EACH(n, max[PART] = larger(V(logits, -INFINITY), max[PART]););
    struct kernel_mass m = {.max = fold_max(max)};
    wide sums[4] = {0};
    for (size_t i = 0; i < n; i += KERNEL_LANES) {
        float e[KERNEL_LANES];
        for (size_t p = 0; p < PARTS; p++) {
            size_t at = i + p * WIDTH, left = at < n ? n - at : 0;
            store(e + p * WIDTH,
                  exponential((left >= WIDTH ? load(logits + at) : load_part(logits + at, left, -INFINITY)) - m.max));
        }
        for (size_t j = 0; j < 4; j++) sums[j] += widen(e + 4 * j);
    }
    double t[KERNEL_LANES / 2];
    wide low = sums[0] + sums[2], high = sums[1] + sums[3];
    memcpy(t, &low, sizeof low);
    memcpy(t + 4, &high, sizeof high);
    for (size_t w = KERNEL_LANES / 4; w; w /= 2)
        for (size_t i = 0; i < w; i++) t[i] += t[i + w];
    m.sum = t[0];
    m.best = first_equal(logits, n, m.max);
    return m;
}

static void powers(float *out, const float *logits, size_t n, float max, float factor) {
    EACH(n, PUT(out, exponential((V(logits, max) - max) * factor)););
}

const struct engine_kernels KERNELS = {
    .name = KERNELS_NAME,
    .rmsnorm = rmsnorm,
    .layernorm = layernorm,
    .geglu = geglu,
    .gelu = gelu,
    .geglu_erf = geglu_erf,
    .gelu_erf = gelu_erf,
    .cap = cap,
    .swiglu = swiglu,
    .rope = rope,
    .attention = attention,
    .attention_within = attention_within,
    .mass = mass,
    .powers = powers,
};
