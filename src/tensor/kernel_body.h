/* The kernels themselves: see kernel.h. Included once by each twin, which defines KERNELS as the name of its table. */
#include "tensor/kernel.h"

#include <math.h>
#include <string.h>

#define LANES 16

typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef uint32_t vu __attribute__((vector_size(64)));
typedef double vd __attribute__((vector_size(64)));

#define INLINE static inline __attribute__((always_inline))

/* Macros, not functions, where a vector would be an argument: how it is passed depends on the instruction set. */
#define LOAD(p) (*(const vf_loose *)(p))
#define STORE(p, v) (*(vf_loose *)(p) = (v))
typedef float vf_loose __attribute__((vector_size(64), aligned(4), may_alias));

#define SELECT(mask, a, b) ((vf)(((mask) & (vi)(a)) | (~(mask) & (vi)(b))))
#define MAXIMUM(a, b) SELECT((a) > (b), a, b)

/* The last n % 16 elements, filled up with a neutral value. */
#define LOAD_PART(v, p, n, fill)                                                                                       \
    do {                                                                                                               \
        float part_[LANES];                                                                                            \
        for (size_t j_ = 0; j_ < LANES; j_++) part_[j_] = j_ < (n) ? (p)[j_] : (fill);                                 \
        (v) = LOAD(part_);                                                                                             \
    } while (0)
#define STORE_PART(p, v, n)                                                                                            \
    do {                                                                                                               \
        float part_[LANES];                                                                                            \
        STORE(part_, v);                                                                                               \
        for (size_t j_ = 0; j_ < (n); j_++) (p)[j_] = part_[j_];                                                       \
    } while (0)

/* Runs `body` for each 16 elements; in it `count` is how many are real and GET, PUT read and write them. */
#define EACH(n, body)                                                                                                  \
    do {                                                                                                               \
        size_t i = 0;                                                                                                  \
        for (; i + LANES <= (n); i += LANES) {                                                                         \
            enum { WHOLE = 1 };                                                                                        \
            size_t count = LANES;                                                                                      \
            body                                                                                                       \
        }                                                                                                              \
        if (i < (n)) {                                                                                                 \
            enum { WHOLE = 0 };                                                                                        \
            size_t count = (n) - i;                                                                                    \
            body                                                                                                       \
        }                                                                                                              \
    } while (0)
#define GET(v, p, fill)                                                                                                \
    do {                                                                                                               \
        if (WHOLE)                                                                                                     \
            (v) = LOAD((p) + i);                                                                                       \
        else                                                                                                           \
            LOAD_PART(v, (p) + i, count, fill);                                                                        \
    } while (0)
#define PUT(p, v)                                                                                                      \
    do {                                                                                                               \
        (void)count;                                                                                                   \
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

INLINE float fold(const vf *sums) {
    float s[LANES];
    memcpy(s, sums, sizeof s);
    for (size_t half = LANES / 2; half; half /= 2)
        for (size_t j = 0; j < half; j++) s[j] += s[j + half];
    return s[0];
}

INLINE float fold_maximum(const vf *v) {
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

static void exp_array(float *out, const float *in, size_t n) {
    vf x;
    EACH(n, {
        GET(x, in, 0.0f);
        EXP(x, x);
        PUT(out, x);
    });
}

static float dot(const float *a, const float *b, size_t n) {
    vf sum = {0}, x, y;
    EACH(n, {
        GET(x, a, 0.0f);
        GET(y, b, 0.0f);
        sum += x * y;
    });
    return fold(&sum);
}

static double squares(const float *a, size_t n) {
    vd sums[2] = {{0}, {0}};
    vf x;
    EACH(n, {
        GET(x, a, 0.0f);
        float part[LANES];
        memcpy(part, &x, sizeof part);
        for (size_t j = 0; j < 8; j++) {
            sums[0][j] += (double)part[j] * (double)part[j];
            sums[1][j] += (double)part[j + 8] * (double)part[j + 8];
        }
    });
    double total = 0;
    for (size_t j = 0; j < 8; j++) total += sums[0][j] + sums[1][j];
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
    vf sum = {0}, d, v, w, old;
    EACH(n, {
        GET(d, g, 0.0f);
        GET(v, x, 0.0f);
        if (dgain) {
            GET(old, dgain, 0.0f);
            PUT(dgain, old + d * v * inverse);
        }
        GET(w, gain, 0.0f);
        sum += d * w * v;
    });
    if (!dx) return;
    float mean = fold(&sum) / (float)n * inverse * inverse * inverse;
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
    vf most = (vf){0} - INFINITY, v;
    EACH(n, {
        GET(v, x, -INFINITY);
        most = MAXIMUM(v, most);
    });
    return fold_maximum(&most);
}

static float softmax(float *s, size_t valid, size_t n, float *total) {
    float most = maximum(s, valid);
    vf sum = {0}, v;
    EACH(valid, {
        GET(v, s, -INFINITY);
        EXP(v, v - most);
        sum += v;
        PUT(s, v);
    });
    memset(s + valid, 0, (n - valid) * sizeof *s);
    *total = fold(&sum);
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
    vf sum = {0}, v;
    EACH(n, {
        GET(v, x, -INFINITY);
        EXP(v, v - most);
        sum += v;
    });
    *total = fold(&sum);
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
