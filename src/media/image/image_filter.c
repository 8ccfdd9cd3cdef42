/* Blurs and convolutions: see image_float.h. Sums run over the taps in their order, for whole rows at once. */
#include "media/image/image_float.h"

#include <math.h>
#include <string.h>

enum { BLUR_REACH_MOST = 1024, FILTER_REACH_MOST = 128 };

/* One row with `reach` pixels more on either side. */
static void pad_row(const float *row, size_t width, size_t channels, size_t reach, float *out) {
    memcpy(out + reach * channels, row, width * channels * sizeof *out);
    for (size_t i = 0; i < reach; i++) {
        memcpy(out + i * channels, row, channels * sizeof *out);
        memcpy(out + (reach + width + i) * channels, row + (width - 1) * channels, channels * sizeof *out);
    }
}

/* ---- Gaussian ---- */

struct gaussian {
    size_t reach;
    float *half; /* [reach + 1]: the weight of the middle, then of the pixels at 1, 2, ... on either side */
};

static bool make_gaussian(struct gaussian *g, double sigma, struct arena *arena, struct error *err) {
    double reach = ceil(4 * sigma), sum = 1;
    g->reach = reach < BLUR_REACH_MOST ? (size_t)reach : BLUR_REACH_MOST;
    if (!(g->half = arena_new(arena, float, g->reach + 1, err))) return false;
    for (size_t k = 1; k <= g->reach; k++) sum += 2 * exp(-0.5 * (double)(k * k) / (sigma * sigma));
    for (size_t k = 0; k <= g->reach; k++) g->half[k] = (float)(exp(-0.5 * (double)(k * k) / (sigma * sigma)) / sum);
    return true;
}

/* row: [n] values; padded: [n + 2 reach channels] */
static void blur_row(const struct gaussian *g, const float *padded, size_t n, size_t channels, float *row) {
    const float *middle = padded + g->reach * channels;
    for (size_t i = 0; i < n; i++) row[i] = g->half[0] * middle[i];
    for (size_t k = 1; k <= g->reach; k++) {
        const float *left = middle - k * channels, *right = middle + k * channels, w = g->half[k];
        for (size_t i = 0; i < n; i++) row[i] += w * (left[i] + right[i]);
    }
}

static void blur_column(const struct gaussian *g, const float *in, size_t y, size_t height, size_t n, float *row) {
    for (size_t i = 0; i < n; i++) row[i] = g->half[0] * in[y * n + i];
    for (size_t k = 1; k <= g->reach; k++) {
        size_t up = y > k ? y - k : 0, down = y + k < height ? y + k : height - 1;
        const float *above = in + up * n, *below = in + down * n, w = g->half[k];
        for (size_t i = 0; i < n; i++) row[i] += w * (above[i] + below[i]);
    }
}

bool floats_blur(struct floats *f, double sigma, struct arena *arena, struct error *err) {
    struct gaussian g;
    struct floats between;
    size_t n = f->width * f->channels;
    if (!(sigma > 0)) return true;
    if (!make_gaussian(&g, sigma, arena, err) || !floats_new(&between, f->width, f->height, f->channels, arena, err))
        return false;
    float *padded = arena_new(arena, float, n + 2 * g.reach * f->channels, err);
    if (!padded) return false;
    for (size_t y = 0; y < f->height; y++) {
        pad_row(f->at + y * n, f->width, f->channels, g.reach, padded);
        blur_row(&g, padded, n, f->channels, between.at + y * n);
    }
    for (size_t y = 0; y < f->height; y++) blur_column(&g, between.at, y, f->height, n, f->at + y * n);
    return true;
}

/* ---- three running means ---- */

/* Position i of a row of n that is mirrored at both ends; -n <= i < 2 n. */
static size_t mirrored(ptrdiff_t i, size_t n) {
    return (size_t)(i < 0 ? -i - 1 : i < (ptrdiff_t)n ? i : 2 * (ptrdiff_t)n - 1 - i);
}

/* Means of 2 reach + 1 values, `step` apart; reach < n. */
static void running_mean(const float *in, size_t n, size_t step, size_t reach, float *out) {
    double sum = 0;
    ptrdiff_t r = (ptrdiff_t)reach;
    for (ptrdiff_t k = -r; k <= r; k++) sum += in[mirrored(k, n) * step];
    for (ptrdiff_t i = 0; i < (ptrdiff_t)n; i++) {
        out[(size_t)i * step] = (float)(sum / (double)(2 * reach + 1));
        sum += in[mirrored(i + r + 1, n) * step];
        sum -= in[mirrored(i - r, n) * step];
    }
}

/* Three means of 2 r + 1 values have the variance (2 r + 1)^2 / 4 - 1 / 4. */
bool floats_blur_far(struct floats *f, double sigma, struct arena *arena, struct error *err) {
    struct floats other;
    if (!(sigma > 0)) return true;
    double wide = (sqrt(4 * sigma * sigma + 1) - 1) / 2;
    size_t reach = (size_t)(wide + 0.5), across = f->width - 1, down = f->height - 1;
    if (across > reach) across = reach;
    if (down > reach) down = reach;
    if (!floats_new(&other, f->width, f->height, 1, arena, err)) return false;
    for (int pass = 0; pass < 3; pass++) {
        for (size_t y = 0; y < f->height; y++)
            running_mean(f->at + y * f->width, f->width, 1, across, other.at + y * f->width);
        for (size_t x = 0; x < f->width; x++) running_mean(other.at + x, f->height, f->width, down, f->at + x);
    }
    return true;
}

/* ---- filters ---- */

/* The cells of a square that are not 0 as taps, their sum 1. square: [2 reach + 1][2 reach + 1]. */
static bool take_taps(struct filter *filter, const double *square, int reach, struct arena *arena, struct error *err) {
    size_t side = 2 * (size_t)reach + 1;
    double sum = 0;
    for (size_t i = 0; i < side * side; i++) sum += square[i];
    *filter = (struct filter){.taps = arena_new(arena, struct filter_tap, side * side, err), .reach = reach};
    if (!filter->taps) return false;
    for (size_t i = 0; i < side * side; i++)
        if (square[i] > 0)
            filter->taps[filter->n++] =
                (struct filter_tap){(int)(i % side) - reach, (int)(i / side) - reach, (float)(square[i] / sum)};
    return true;
}

/* The weights of a Gaussian at the distances 0, 1, 2, of which `reach` are used. */
static void soften(const double *disc, double *out, int side, int reach, double sd) {
    double w[3], sum = 0;
    for (int k = 0; k <= 2; k++) w[k] = k > reach ? 0 : sd > 0 ? exp(-0.5 * k * k / (sd * sd)) : k == 0;
    for (int j = -reach; j <= reach; j++)
        for (int i = -reach; i <= reach; i++) sum += w[i < 0 ? -i : i] * w[j < 0 ? -j : j];
    for (int y = reach; y < side - reach; y++)
        for (int x = reach; x < side - reach; x++)
            for (int j = -reach; j <= reach; j++)
                for (int i = -reach; i <= reach; i++)
                    out[(y + j) * side + x + i] += disc[y * side + x] * w[i < 0 ? -i : i] * w[j < 0 ? -j : j] / sum;
}

bool filter_disc(struct filter *filter, double radius, double soft, struct arena *arena, struct error *err) {
    int rim = radius <= 8 ? 1 : 2, reach = (int)radius + rim, side = 2 * reach + 1;
    if (reach > FILTER_REACH_MOST) return error_set(err, ERROR_USAGE, "a radius of at most %d", FILTER_REACH_MOST - 2);
    double *disc = arena_new(arena, double, (size_t)(side * side), err);
    double *softened = arena_new(arena, double, (size_t)(side * side), err);
    if (!disc || !softened) return false;
    for (int y = -reach; y <= reach; y++)
        for (int x = -reach; x <= reach; x++) disc[(y + reach) * side + x + reach] = x * x + y * y <= radius * radius;
    soften(disc, softened, side, rim, soft);
    return take_taps(filter, softened, reach, arena, err);
}

bool filter_motion(struct filter *filter, double radius, double sigma, double angle, struct arena *arena,
                   struct error *err) {
    int length = (int)(2 * radius + 0.5), reach = length + 1, side = 2 * reach + 1;
    if (reach > FILTER_REACH_MOST)
        return error_set(err, ERROR_USAGE, "a radius of at most %d", (FILTER_REACH_MOST - 1) / 2);
    double *square = arena_new(arena, double, (size_t)(side * side), err);
    if (!square) return false;
    for (int i = 0; i <= length; i++) {
        double w = exp(-0.5 * i * i / (sigma * sigma)), x = i * cos(angle) + reach, y = i * sin(angle) + reach;
        int left = (int)x, top = (int)y;
        double u = x - left, v = y - top;
        double *at = square + top * side + left; /* a point between four pixels */
        at[0] += w * (1 - u) * (1 - v);
        at[1] += w * u * (1 - v);
        at[side] += w * (1 - u) * v;
        at[side + 1] += w * u * v;
    }
    return take_taps(filter, square, reach, arena, err);
}

bool floats_filter(struct floats *f, const struct filter *filter, struct arena *arena, struct error *err) {
    size_t reach = (size_t)filter->reach, n = f->width * f->channels, wide = n + 2 * reach * f->channels;
    float *padded = arena_alloc(arena, f->height, wide * sizeof *padded, err);
    if (!padded) return false;
    for (size_t y = 0; y < f->height; y++) pad_row(f->at + y * n, f->width, f->channels, reach, padded + y * wide);
    memset(f->at, 0, floats_count(f) * sizeof *f->at);
    for (size_t y = 0; y < f->height; y++) {
        float *row = f->at + y * n;
        for (size_t t = 0; t < filter->n; t++) {
            const struct filter_tap *tap = &filter->taps[t];
            ptrdiff_t from = (ptrdiff_t)y + tap->dy, last = (ptrdiff_t)f->height - 1;
            size_t at = from < 0 ? 0 : (size_t)(from > last ? last : from);
            const float *in = padded + at * wide + (size_t)(tap->dx + filter->reach) * f->channels, w = tap->weight;
            for (size_t i = 0; i < n; i++) row[i] += w * in[i];
        }
    }
    return true;
}
