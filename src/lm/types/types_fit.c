/* Scales of groups: see types_fit.h. */
#include "lm/types/types_fit.h"

#include "lm/types/types_internal.h"

#include <math.h>

int fit_nearest(float x) {
    const float magic = 12582912.0f, most = 4194303.0f; /* 1.5 2^23: its sum with x has no room for a fraction */
    if (!(fabsf(x) <= most)) return x > 0 ? (int)most : x < 0 ? -(int)most : 0;
    return (int)((x + magic) - magic);
}

int fit_clamp(int x, int low, int high) {
    return x < low ? low : x > high ? high : x;
}

static float largest(const float *x, size_t n) {
    float most = 0, found = 0;
    for (size_t i = 0; i < n; i++)
        if (fabsf(x[i]) > most) most = fabsf(x[i]), found = x[i];
    return found;
}

static int signed_level(float x, int zero) {
    return fit_clamp(fit_nearest(x), -zero, zero - 1);
}

/* Sums of w x q and w q^2 over a group, w = x^2: their ratio is the best scale for these q. */
struct moments {
    float xq, qq;
};

static struct moments moments_of(const float *x, size_t n, float inverse, int zero) {
    struct moments m = {0, 0};
    for (size_t i = 0; i < n; i++) {
        float w = x[i] * x[i], q = (float)signed_level(inverse * x[i], zero);
        m.xq += w * x[i] * q;
        m.qq += w * q * q;
    }
    return m;
}

static void put_levels(int *q, const float *x, size_t n, float inverse, int zero) {
    for (size_t i = 0; i < n; i++) q[i] = zero + signed_level(inverse * x[i], zero);
}

float fit_signed(const float *x, size_t n, int zero, int *q) {
    float most = largest(x, n), inverse = (float)-zero / most;
    if (fabsf(most) < FIT_ZERO) return memset(q, 0, n * sizeof *q), 0.0f;
    struct moments m = moments_of(x, n, inverse, zero);
    float scale = m.qq != 0 ? m.xq / m.qq : 0.0f, best = scale * m.xq;
    put_levels(q, x, n, inverse, zero);
    for (int t = -9; t <= 9; t++) {
        if (t == 0) continue;
        inverse = -((float)zero + 0.1f * (float)t) / most;
        m = moments_of(x, n, inverse, zero);
        if (!(m.qq > 0 && m.xq * m.xq > best * m.qq)) continue;
        put_levels(q, x, n, inverse, zero);
        scale = m.xq / m.qq, best = scale * m.xq;
    }
    return scale;
}

/* One turn: each q is taken out of the sums and put back at the place that is best for the others' scale. */
static bool improve(struct moments *m, const float *x, size_t n, int zero, int *q) {
    bool changed = false;
    for (size_t i = 0; i < n; i++) {
        float w = x[i] * x[i], old = (float)q[i];
        struct moments without = {m->xq - w * x[i] * old, 0};
        if (!(without.xq > 0)) continue;
        without.qq = m->qq - w * old * old;
        int proposed = signed_level(x[i] * without.qq / without.xq, zero);
        if (proposed == q[i]) continue;
        struct moments with = {without.xq + w * x[i] * (float)proposed,
                               without.qq + w * (float)proposed * (float)proposed};
        if (!(with.qq > 0 && with.xq * with.xq * m->qq > m->xq * m->xq * with.qq)) continue;
        q[i] = proposed;
        *m = with;
        changed = true;
    }
    return changed;
}

float fit_signed_by_turns(const float *x, size_t n, int zero, int *q) {
    float most = largest(x, n), inverse = (float)-zero / most;
    if (fabsf(most) < FIT_ZERO) return memset(q, 0, n * sizeof *q), 0.0f;
    struct moments m = moments_of(x, n, inverse, zero);
    for (size_t i = 0; i < n; i++) q[i] = signed_level(inverse * x[i], zero);
    for (int turn = 0; turn < 5 && improve(&m, x, n, zero, q); turn++) continue;
    for (size_t i = 0; i < n; i++) q[i] += zero;
    return m.qq > 0 ? m.xq / m.qq : 0.0f;
}

struct line {
    float scale, min; /* min <= 0 */
};

static float line_error(struct line line, bool absolute, const float *x, const float *weights, size_t n, const int *q) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) {
        float miss = line.scale * (float)q[i] + line.min - x[i];
        sum += weights[i] * (absolute ? fabsf(miss) : miss * miss);
    }
    return sum;
}

/* Weighted least squares of x = scale q + min with min <= 0; false where it has no answer. */
static bool line_through(struct line *line, const float *x, const float *weights, size_t n, const int *q, float sum_w,
                         float sum_x) {
    float l = 0, ll = 0, xl = 0;
    for (size_t i = 0; i < n; i++) {
        float w = weights[i], k = (float)q[i];
        l += w * k;
        ll += w * k * k;
        xl += w * k * x[i];
    }
    float det = sum_w * ll - l * l;
    if (!(det > 0)) return false;
    line->scale = (sum_w * xl - sum_x * l) / det;
    line->min = (ll * sum_x - l * xl) / det;
    if (line->min > 0) *line = (struct line){xl / ll, 0};
    return true;
}

static void put_between(int *q, const float *x, size_t n, float inverse, float min, int most) {
    for (size_t i = 0; i < n; i++) q[i] = fit_clamp(fit_nearest(inverse * (x[i] - min)), 0, most);
}

float fit_between(const struct fit_range *range, const float *x, const float *weights, size_t n, int *q, float *min) {
    float low = x[0], high = x[0], sum_w = 0, sum_x = 0, most = (float)range->most;
    for (size_t i = 0; i < n; i++) {
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
        sum_w += weights[i];
        sum_x += weights[i] * x[i];
    }
    if (low > 0) low = 0;
    *min = -low;
    if (high == low) return memset(q, 0, n * sizeof *q), 0.0f;
    float inverse = most / (high - low);
    struct line best = {1 / inverse, low};
    put_between(q, x, n, inverse, low, range->most);
    float least = line_error(best, range->absolute, x, weights, n, q);
    for (int t = 0; t <= range->steps; t++) {
        int tried[FIT_MOST];
        struct line line;
        put_between(tried, x, n, (range->first + 0.1f * (float)t + most) / (high - best.min), best.min, range->most);
        if (!line_through(&line, x, weights, n, tried, sum_w, sum_x)) continue;
        float error = line_error(line, range->absolute, x, weights, n, tried);
        if (!(error < least)) continue;
        least = error, best = line;
        memcpy(q, tried, n * sizeof *q);
    }
    *min = -best.min;
    return best.scale;
}

static const signed char levels[16] = IQ4_LEVELS;

int fit_level(float x) {
    int above = 1;
    if (!(x > (float)levels[0])) return 0;
    while (above < 15 && x >= (float)levels[above]) above++;
    if (x >= (float)levels[15]) return 15;
    return x - (float)levels[above - 1] < (float)levels[above] - x ? above - 1 : above;
}

static struct moments level_moments(const float *x, size_t n, float inverse) {
    struct moments m = {0, 0};
    for (size_t i = 0; i < n; i++) {
        float w = x[i] * x[i], q = (float)levels[fit_level(inverse * x[i])];
        m.xq += w * q * x[i];
        m.qq += w * q * q;
    }
    return m;
}

float fit_levels(const float *x, size_t n) {
    float most = largest(x, n), first = (float)levels[0];
    if (fabsf(most) < FIT_ZERO) return 0;
    struct moments m = level_moments(x, n, 1 / (-most / first));
    float scale = m.qq > 0 ? m.xq / m.qq : 0.0f, best = scale * m.xq;
    for (int t = -7; t <= 7; t++) {
        m = level_moments(x, n, ((float)t + first) / most);
        if (m.qq > 0 && m.xq * m.xq > best * m.qq) scale = m.xq / m.qq, best = scale * m.xq;
    }
    return scale;
}
