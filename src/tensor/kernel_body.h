/* The kernels themselves: see kernel.h. Included once by each twin, which defines KERNELS as the name of its table. */
#include "tensor/kernel.h"

#include <math.h>
#include <string.h>

/* 16 lanes are PARTS vectors of the machine's own width: GCC compares wider ones element by element. */
#define LANES 16
#if defined(__AVX512F__)
#define WIDTH 16
#elif defined(__AVX2__)
#define WIDTH 8
#else
#define WIDTH 4
#endif
#define PARTS (LANES / WIDTH)

typedef float vf __attribute__((vector_size(4 * WIDTH)));
typedef int32_t vi __attribute__((vector_size(4 * WIDTH)));
typedef uint32_t vu __attribute__((vector_size(4 * WIDTH)));

#define INLINE static inline __attribute__((always_inline))

/* Macros, not functions, where a vector would be an argument: how it is passed depends on the instruction set. */
#define LOAD(p) (*(const vf_loose *)(p))
#define STORE(p, v) (*(vf_loose *)(p) = (v))
typedef float vf_loose __attribute__((vector_size(4 * WIDTH), aligned(4), may_alias));

#define SELECT(mask, a, b) ((vf)(((mask) & (vi)(a)) | (~(mask) & (vi)(b))))
#define MAXIMUM(a, b) SELECT((a) > (b), a, b)

/* The first n of a vector's elements, filled up with a neutral value. */
#define LOAD_PART(v, p, n, fill)                                                                                       \
    do {                                                                                                               \
        float part_[WIDTH];                                                                                            \
        for (size_t j_ = 0; j_ < WIDTH; j_++) part_[j_] = j_ < (n) ? (p)[j_] : (fill);                                 \
        (v) = LOAD(part_);                                                                                             \
    } while (0)
#define STORE_PART(p, v, n)                                                                                            \
    do {                                                                                                               \
        float part_[WIDTH];                                                                                            \
        STORE(part_, v);                                                                                               \
        for (size_t j_ = 0; j_ < (n); j_++) (p)[j_] = part_[j_];                                                       \
    } while (0)

/* `body` for each of the vectors that make up 16 elements from i0, with Q the vector's number and i its place. Variadic
 * because the expanded body has commas. */
#define PART(q, ...)                                                                                                   \
    {                                                                                                                  \
        enum { Q = q };                                                                                                \
        size_t i = i0 + Q * WIDTH;                                                                                     \
        size_t left = rest > Q * WIDTH ? rest - Q * WIDTH : 0, count = left < WIDTH ? left : WIDTH;                    \
        __VA_ARGS__                                                                                                    \
    }
#if PARTS == 1
#define ALL_PARTS(...) PART(0, __VA_ARGS__)
#elif PARTS == 2
#define ALL_PARTS(...) PART(0, __VA_ARGS__) PART(1, __VA_ARGS__)
#else
#define ALL_PARTS(...) PART(0, __VA_ARGS__) PART(1, __VA_ARGS__) PART(2, __VA_ARGS__) PART(3, __VA_ARGS__)
#endif

/* Runs `body` for each 16 elements, the last filled up; in it GET, PUT read and write the elements of one vector. */
#define EACH(n, body)                                                                                                  \
    do {                                                                                                               \
        size_t i0 = 0;                                                                                                 \
        for (; i0 + LANES <= (n); i0 += LANES) {                                                                       \
            enum { WHOLE = 1 };                                                                                        \
            const size_t rest = LANES;                                                                                 \
            ALL_PARTS(body)                                                                                            \
        }                                                                                                              \
        if (i0 < (n)) {                                                                                                \
            enum { WHOLE = 0 };                                                                                        \
            const size_t rest = (n) - i0;                                                                              \
            ALL_PARTS(body)                                                                                            \
        }                                                                                                              \
    } while (0)
#define GET(v, p, fill)                                                                                                \
    do {                                                                                                               \
        (void)count;                                                                                                   \
        if (WHOLE)                                                                                                     \
            (v) = LOAD((p) + i);                                                                                       \
        else                                                                                                           \
            LOAD_PART(v, (p) + i, count, fill);                                                                        \
    } while (0)
#define PUT(p, v)                                                                                                      \
    do {                                                                                                               \
        if (WHOLE)                                                                                                     \
            STORE((p) + i, v);                                                                                         \
        else                                                                                                           \
            STORE_PART((p) + i, v, count);                                                                             \
    } while (0)

/* y = exp(x), see kernel.h. 2^n is made from its bits; x = n ln 2 + r with |r| <= ln 2 / 2. */
#define EXP(y, x)                                                                                                      \
    do {                                                                                                               \
        vf x_ = (x), magic_ = (vf){0} + 12582912.0f;                                                                   \
        vi low_ = x_ < -87.0f, high_ = x_ > 88.0f;                                                                     \
        vf t_ = x_ * 1.44269504088896341f + magic_;                                                                    \
        vf n_ = t_ - magic_;                                                                                           \
        vf r_ = x_ - n_ * 0.693359375f - n_ * -2.12194440e-4f;                                                         \
        vf p_ = ((((1.9875691500e-4f * r_ + 1.3981999507e-3f) * r_ + 8.3334519073e-3f) * r_ + 4.1665795894e-2f) * r_ + \
                 1.6666665459e-1f) *                                                                                   \
                    r_ +                                                                                               \
                5.0000001201e-1f;                                                                                      \
        p_ = p_ * (r_ * r_) + r_ + 1.0f;                                                                               \
        vf two_ = (vf)(((vu)t_ - (vu)magic_ + 127u) << 23); /* wraps where low_ or high_ chooses */                    \
        p_ = p_ * two_;                                                                                                \
        p_ = SELECT(low_, (vf){0}, p_);                                                                                \
        (y) = SELECT(high_, (vf){0} + INFINITY, p_);                                                                   \
    } while (0)

INLINE float fold(const vf sums[PARTS]) {
    float s[LANES];
    memcpy(s, sums, sizeof s);
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++) s[j] += s[j + half];
    return s[0];
}

INLINE float fold_maximum(const vf v[PARTS]) {
    float s[LANES];
    memcpy(s, v, sizeof s);
    for (size_t j = 1; j < LANES; j++) s[0] = s[j] > s[0] ? s[j] : s[0];
    return s[0];
}

static void bf16_from_f32(uint16_t *restrict out, const float *restrict in, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, in + i, sizeof bits);
        uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16, quiet = bits >> 16 | 0x40u;
        out[i] = (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? quiet : rounded);
    }
}

static void bf16_round(float *out, const float *in, size_t n) {
    vf x;
    EACH(n, {
        GET(x, in, 0.0f);
        vu bits = (vu)x;
        vu rounded = bits + 0x7fffu + (bits >> 16 & 1u);
        vi nan = (vi)(bits & 0x7fffffffu) > 0x7f800000;
        x = SELECT(nan, (vf)(bits | 0x400000u), (vf)rounded);
        PUT(out, (vf)((vu)x & 0xffff0000u));
    });
}

static void exp_array(float *out, const float *in, size_t n) {
    vf x;
    EACH(n, {
        GET(x, in, 0.0f);
        EXP(x, x);
        PUT(out, x);
    });
}

static float dot(const float *a, const float *b, size_t n) {
    vf sum[PARTS] = {0}, x, y;
    EACH(n, {
        GET(x, a, 0.0f);
        GET(y, b, 0.0f);
        sum[Q] += x * y;
    });
    return fold(sum);
}

static double squares(const float *a, size_t n) {
    double sums[LANES] = {0}, total = 0;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t j = 0; j < LANES; j++) sums[j] += (double)a[i + j] * (double)a[i + j];
    for (size_t j = 0; i + j < n; j++) sums[j] += (double)a[i + j] * (double)a[i + j];
    for (size_t j = 0; j < LANES / 2; j++) total += sums[j] + sums[j + LANES / 2];
    return total;
}

static void add(float *out, const float *a, const float *b, size_t n) {
    vf x, y;
    EACH(n, {
        GET(x, a, 0.0f);
        GET(y, b, 0.0f);
        PUT(out, x + y);
    });
}

static void multiply(float *out, const float *a, const float *b, size_t n) {
    vf x, y;
    EACH(n, {
        GET(x, a, 0.0f);
        GET(y, b, 0.0f);
        PUT(out, x * y);
    });
}

static void scale(float *out, const float *a, float factor, size_t n) {
    vf x;
    EACH(n, {
        GET(x, a, 0.0f);
        PUT(out, x * factor);
    });
}

static void multiply_add(float *out, const float *a, const float *b, size_t n) {
    vf x, y, z;
    EACH(n, {
        GET(x, a, 0.0f);
        GET(y, b, 0.0f);
        GET(z, out, 0.0f);
        PUT(out, z + x * y);
    });
}

static void scale_add(float *out, const float *a, float factor, size_t n) {
    vf x, z;
    EACH(n, {
        GET(x, a, 0.0f);
        GET(z, out, 0.0f);
        PUT(out, z + x * factor);
    });
}

static float rmsnorm(float *y, const float *x, const float *gain, float eps, size_t n) {
    float inverse = 1.0f / sqrtf(dot(x, x, n) / (float)n + eps);
    vf v, w;
    EACH(n, {
        GET(v, x, 0.0f);
        GET(w, gain, 0.0f);
        PUT(y, v * inverse * w);
    });
    return inverse;
}

static void rmsnorm_back(float *dx, bool more, float *dgain, const float *g, const float *x, const float *gain,
                         float inverse, size_t n) {
    vf sum[PARTS] = {0}, d, v, w, old;
    EACH(n, {
        GET(d, g, 0.0f);
        GET(v, x, 0.0f);
        if (dgain) {
            GET(old, dgain, 0.0f);
            PUT(dgain, old + d * v * inverse);
        }
        GET(w, gain, 0.0f);
        sum[Q] += d * w * v;
    });
    if (!dx) return;
    float mean = fold(sum) / (float)n * inverse * inverse * inverse;
    EACH(n, {
        GET(d, g, 0.0f);
        GET(v, x, 0.0f);
        GET(w, gain, 0.0f);
        d = d * w * inverse - v * mean;
        if (more) {
            GET(old, dx, 0.0f);
            d = old + d;
        }
        PUT(dx, d);
    });
}

static void swiglu(float *y, const float *gate, const float *up, size_t n) {
    vf a, b, e;
    EACH(n, {
        GET(a, gate, 0.0f);
        GET(b, up, 0.0f);
        EXP(e, -a);
        PUT(y, a / (1.0f + e) * b);
    });
}

static void swiglu_back(float *dgate, bool add_gate, float *dup, bool add_up, const float *g, const float *gate,
                        const float *up, size_t n) {
    vf a, b, d, e, old;
    EACH(n, {
        GET(a, gate, 0.0f);
        GET(b, up, 0.0f);
        GET(d, g, 0.0f);
        EXP(e, -a);
        vf sigmoid = 1.0f / (1.0f + e);
        if (dgate) {
            vf r = d * b * (sigmoid * (1.0f + a * (1.0f - sigmoid)));
            if (add_gate) {
                GET(old, dgate, 0.0f);
                r = old + r;
            }
            PUT(dgate, r);
        }
        if (dup) {
            vf r = d * a * sigmoid;
            if (add_up) {
                GET(old, dup, 0.0f);
                r = old + r;
            }
            PUT(dup, r);
        }
    });
}

static float maximum(const float *x, size_t n) {
    vf most[PARTS], v;
    for (size_t q = 0; q < PARTS; q++) most[q] = (vf){0} - INFINITY;
    EACH(n, {
        GET(v, x, -INFINITY);
        most[Q] = MAXIMUM(v, most[Q]);
    });
    return fold_maximum(most);
}

static float softmax(float *s, size_t valid, size_t n, float *total) {
    float most = maximum(s, valid);
    vf sum[PARTS] = {0}, v;
    EACH(valid, {
        GET(v, s, -INFINITY);
        EXP(v, v - most);
        sum[Q] += v;
        PUT(s, v);
    });
    memset(s + valid, 0, (n - valid) * sizeof *s);
    *total = fold(sum);
    return most;
}

static void softmax_back(float *s, float *dp, float lse, float d, size_t valid, size_t n) {
    vf p, g;
    EACH(valid, {
        GET(p, s, 0.0f);
        GET(g, dp, 0.0f);
        EXP(p, p - lse);
        PUT(s, p);
        PUT(dp, p * (g - d));
    });
    memset(s + valid, 0, (n - valid) * sizeof *s);
    memset(dp + valid, 0, (n - valid) * sizeof *dp);
}

static float log_sum_exp(const float *x, size_t n, float *total) {
    float most = maximum(x, n);
    vf sum[PARTS] = {0}, v;
    EACH(n, {
        GET(v, x, -INFINITY);
        EXP(v, v - most);
        sum[Q] += v;
    });
    *total = fold(sum);
    return most;
}

static void logprob_back(float *dx, bool more, const float *x, float lse, float g, size_t n) {
    vf v, old;
    EACH(n, {
        GET(v, x, 0.0f);
        EXP(v, v - lse);
        v = v * -g;
        if (more) {
            GET(old, dx, 0.0f);
            v = old + v;
        }
        PUT(dx, v);
    });
}

static void adamw(float *restrict w, float *restrict m, float *restrict v, float *restrict g,
                  const struct kernel_adamw *step, size_t n) {
    const struct kernel_adamw s = *step;
    for (size_t i = 0; i < n; i++) {
        float d = g[i] * s.factor;
        m[i] = s.beta1 * m[i] + s.rest1 * d;
        v[i] = s.beta2 * v[i] + s.rest2 * (d * d);
        float move = m[i] * s.correct1 / (sqrtf(v[i] * s.correct2) + s.eps);
        w[i] -= s.rate * move + s.decay * w[i];
        g[i] = 0.0f;
    }
}

const struct kernels KERNELS = {
    .name = KERNELS_NAME,
    .bf16_from_f32 = bf16_from_f32,
    .bf16_round = bf16_round,
    .exp = exp_array,
    .dot = dot,
    .squares = squares,
    .add = add,
    .multiply = multiply,
    .scale = scale,
    .multiply_add = multiply_add,
    .scale_add = scale_add,
    .rmsnorm = rmsnorm,
    .rmsnorm_back = rmsnorm_back,
    .swiglu = swiglu,
    .swiglu_back = swiglu_back,
    .softmax = softmax,
    .softmax_back = softmax_back,
    .log_sum_exp = log_sum_exp,
    .logprob_back = logprob_back,
    .adamw = adamw,
};
