/* The kernels themselves: see engine_kernel.h. Included once by each twin, which defines KERNELS as the name of its
 * table and KERNELS_NAME as its text. Vectors are passed between inlined functions only, so the twins are built with
 * -Wno-psabi. */
#include "lm/engine/engine_kernel.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float lanes __attribute__((vector_size(64)));
typedef int32_t bits __attribute__((vector_size(64)));
typedef float half_lanes __attribute__((vector_size(32)));
typedef double wide __attribute__((vector_size(64)));

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
    float t[KERNEL_LANES];
    for (size_t i = 0; i < KERNEL_LANES; i++) t[i] = i < n ? at[i] : other;
    return load(t);
}

INLINE void store_part(float *at, lanes v, size_t n) {
    float t[KERNEL_LANES];
    store(t, v);
    for (size_t i = 0; i < KERNEL_LANES; i++)
        if (i < n) at[i] = t[i];
}

INLINE lanes choose(bits mask, lanes yes, lanes no) {
    return (lanes)((mask & (bits)yes) | (~mask & (bits)no));
}

INLINE lanes larger(lanes a, lanes b) {
    return choose(a > b, a, b);
}

/* Lanes turned by 8, 4, 2, 1. */
#define TURN8(v) __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
#define TURN4(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3)
#define TURN2(v) __builtin_shufflevector(v, v, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1)
#define TURN1(v) __builtin_shufflevector(v, v, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0)

INLINE float fold(lanes v) {
    v += TURN8(v);
    v += TURN4(v);
    v += TURN2(v);
    v += TURN1(v);
    return v[0];
}

INLINE float fold_max(lanes v) {
    v = larger(v, TURN8(v));
    v = larger(v, TURN4(v));
    v = larger(v, TURN2(v));
    v = larger(v, TURN1(v));
    return v[0];
}

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
    lanes sum = {0};
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) sum += load(x + i) * load(x + i);
    if (whole < n) {
        lanes v = load_part(x + whole, n - whole, 0.0f);
        sum += v * v;
    }
    float scale = 1.0f / sqrtf(fold(sum) / (float)n + eps);
    for (size_t i = 0; i < n; i++) out[i] = x[i] * scale * gain[i];
}

static void layernorm(float *out, const float *x, const float *gain, const float *bias, size_t n, float eps) {
    lanes sum = {0}, squares = {0};
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) sum += load(x + i);
    if (whole < n) sum += load_part(x + whole, n - whole, 0.0f);
    float mean = fold(sum) / (float)n;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) squares += (load(x + i) - mean) * (load(x + i) - mean);
    if (whole < n) {
        lanes v = load_part(x + whole, n - whole, mean) - mean;
        squares += v * v;
    }
    float scale = 1.0f / sqrtf(fold(squares) / (float)n + eps);
    for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * scale * gain[i] + bias[i];
}

INLINE lanes gelu_of(lanes x) {
    return x / (1.0f + exponential(-1.5957691216057308f * (x + 0.044715f * x * x * x)));
}

static void gelu(float *x, size_t n) {
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) store(x + i, gelu_of(load(x + i)));
    if (whole < n) store_part(x + whole, gelu_of(load_part(x + whole, n - whole, 0.0f)), n - whole);
}

static void geglu(float *gate, const float *up, size_t n) {
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) store(gate + i, gelu_of(load(gate + i)) * load(up + i));
    if (whole < n) {
        lanes v = gelu_of(load_part(gate + whole, n - whole, 0.0f)) * load_part(up + whole, n - whole, 0.0f);
        store_part(gate + whole, v, n - whole);
    }
}

INLINE lanes capped(lanes x, float cap) {
    return (1.0f - 2.0f / (exponential(x * (2.0f / cap)) + 1.0f)) * cap;
}

static void cap(float *x, size_t n, float most) {
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) store(x + i, capped(load(x + i), most));
    if (whole < n) store_part(x + whole, capped(load_part(x + whole, n - whole, 0.0f), most), n - whole);
}

INLINE lanes gated(lanes gate, lanes up) {
    return gate / (1.0f + exponential(-gate)) * up;
}

static void swiglu(float *gate, const float *up, size_t n) {
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) store(gate + i, gated(load(gate + i), load(up + i)));
    if (whole < n) {
        lanes v = gated(load_part(gate + whole, n - whole, 0.0f), load_part(up + whole, n - whole, 0.0f));
        store_part(gate + whole, v, n - whole);
    }
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

/* The mask of the first n lanes. */
INLINE bits first_lanes(size_t n) {
    bits lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return lane < (int32_t)n;
}

/* q K^T of one page: four partial sums over the head's dimensions. */
INLINE lanes page_scores(const float *q, const float *k, size_t size) {
    lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    size_t d = 0;
    for (; d + 4 <= size; d += 4, k += 4 * KERNEL_LANES) {
        s0 += q[d] * load(k);
        s1 += q[d + 1] * load(k + KERNEL_LANES);
        s2 += q[d + 2] * load(k + 2 * KERNEL_LANES);
        s3 += q[d + 3] * load(k + 3 * KERNEL_LANES);
    }
    for (; d < size; d++, k += KERNEL_LANES) s0 += q[d] * load(k);
    return (s0 + s1) + (s2 + s3);
}

/* The sums of 16 vectors as one vector: lane i is the sum over the lanes of a[i]. Lanes i and i + 8 of a vector are
 * added first, then i and i + 4, and so on, as in fold. */
#define PICK(...) __builtin_shufflevector(a[2 * i], a[2 * i + 1], __VA_ARGS__)
INLINE lanes fold_all(lanes a[KERNEL_LANES]) {
    for (size_t i = 0; i < 8; i++)
        a[i] = PICK(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
               PICK(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
    for (size_t i = 0; i < 4; i++)
        a[i] = PICK(0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
               PICK(4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    for (size_t i = 0; i < 2; i++)
        a[i] = PICK(0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29) +
               PICK(2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31);
    size_t i = 0;
    return PICK(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
           PICK(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}
#undef PICK

/* `count` outputs of the weighted values; each lane sums its own positions (16i + lane) in order. */
INLINE void weigh(float *out, const float *const *pages, size_t v_at, size_t count, size_t first, size_t n,
                  const float *scores, float scale) {
    lanes sums[KERNEL_LANES] = {0};
    size_t full = n / KERNEL_LANES, rest = n % KERNEL_LANES;
    for (size_t page = first; page < full; page++) {
        const float *v = pages[page] + v_at;
        lanes p = load(scores + page * KERNEL_LANES);
        for (size_t j = 0; j < count; j++) sums[j] += p * load(v + j * KERNEL_LANES);
    }
    if (rest) {
        const float *v = pages[full] + v_at;
        bits mask = first_lanes(rest);
        lanes p = load(scores + full * KERNEL_LANES);
        for (size_t j = 0; j < count; j++) sums[j] += p * choose(mask, load(v + j * KERNEL_LANES), (lanes){0});
    }
    lanes total = fold_all(sums) * scale;
    memcpy(out, &total, count * sizeof(float));
}

/* Positions from..n-1; where from and the cap are 0 they cost nothing, the compiler knows. */
INLINE void attend(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at, size_t size, size_t from,
                   size_t n, float most, float *scores) {
    size_t n_pages = (n + KERNEL_LANES - 1) / KERNEL_LANES, rest = n % KERNEL_LANES, first = from / KERNEL_LANES;
    lanes max = (lanes){0} - INFINITY, sum = {0};
    for (size_t page = first; page < n_pages; page++) {
        lanes s = page_scores(q, pages[page] + k_at, size);
        if (most > 0) s = capped(s, most);
        if (rest && page == n_pages - 1) s = choose(first_lanes(rest), s, (lanes){0} - INFINITY);
        if (from && page == first) s = choose(first_lanes(from % KERNEL_LANES), (lanes){0} - INFINITY, s);
        store(scores + page * KERNEL_LANES, s);
        max = larger(s, max);
    }
    float highest = fold_max(max);
    for (size_t page = first; page < n_pages; page++) {
        lanes e = exponential(load(scores + page * KERNEL_LANES) - highest);
        store(scores + page * KERNEL_LANES, e);
        sum += e;
    }
    float scale = 1.0f / fold(sum);
    size_t d = 0;
    for (; d + 16 <= size; d += 16) weigh(out + d, pages, v_at + d * KERNEL_LANES, 16, first, n, scores, scale);
    for (; d + 8 <= size; d += 8) weigh(out + d, pages, v_at + d * KERNEL_LANES, 8, first, n, scores, scale);
    for (; d < size; d++) weigh(out + d, pages, v_at + d * KERNEL_LANES, 1, first, n, scores, scale);
}

static void attention(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at, size_t size, size_t n,
                      float *scores) {
    attend(out, q, pages, k_at, v_at, size, 0, n, 0, scores);
}

static void attention_within(float *out, const float *q, const float *const *pages, size_t k_at, size_t v_at, size_t size,
                             size_t from, size_t n, float most, float *scores) {
    attend(out, q, pages, k_at, v_at, size, from, n, most, scores);
}

INLINE wide widen(const float *at) {
    half_lanes v;
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
    size_t whole = n - n % KERNEL_LANES;
    lanes max = (lanes){0} - INFINITY;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) max = larger(load(logits + i), max);
    if (whole < n) max = larger(load_part(logits + whole, n - whole, -INFINITY), max);
    struct kernel_mass m = {.max = fold_max(max)};
    wide low = {0}, high = {0};
    for (size_t i = 0; i < n; i += KERNEL_LANES) {
        lanes v = i < whole ? load(logits + i) : load_part(logits + i, n - i, -INFINITY);
        float e[KERNEL_LANES];
        store(e, exponential(v - m.max));
        low += widen(e);
        high += widen(e + KERNEL_LANES / 2);
    }
    double t[KERNEL_LANES / 2];
    wide both = low + high;
    memcpy(t, &both, sizeof t);
    for (size_t w = KERNEL_LANES / 4; w; w /= 2)
        for (size_t i = 0; i < w; i++) t[i] += t[i + w];
    m.sum = t[0];
    m.best = first_equal(logits, n, m.max);
    return m;
}

static void powers(float *out, const float *logits, size_t n, float max, float factor) {
    size_t whole = n - n % KERNEL_LANES;
    for (size_t i = 0; i < whole; i += KERNEL_LANES) store(out + i, exponential((load(logits + i) - max) * factor));
    if (whole < n) {
        lanes v = exponential((load_part(logits + whole, n - whole, max) - max) * factor);
        store_part(out + whole, v, n - whole);
    }
}

const struct engine_kernels KERNELS = {
    .name = KERNELS_NAME,
    .rmsnorm = rmsnorm,
    .layernorm = layernorm,
    .geglu = geglu,
    .gelu = gelu,
    .cap = cap,
    .swiglu = swiglu,
    .rope = rope,
    .attention = attention,
    .attention_within = attention_within,
    .mass = mass,
    .powers = powers,
};
