/* Corruptions that move pixels: see image_corruptions.h. */
#include "media/image/image_corruptions.h"
#include "media/image/image_float.h"

#include <math.h>

/* ---- elastic ---- */

/* u = m[0] x + m[1] y + m[2], v = m[3] x + m[4] y + m[5], about the middle of the picture. */
struct affine {
    float m[6];
};

/* The map that takes three corners of a square with half side s about the middle to places up to `most` away. */
static struct affine jitter(double s, double most, struct rng *rng) {
    struct affine a = {{1, 0, 0, 0, 1, 0}};
    double d[6];
    for (int i = 0; i < 6; i++) d[i] = most * (2 * rng_unit(rng) - 1);
    if (!(s > 0)) return a;
    /* Corners (s, s), (s, -s), (-s, -s), moved by (d0, d1), (d2, d3), (d4, d5). */
    for (int c = 0; c < 2; c++) {
        a.m[3 * c] += (float)((d[2 + c] - d[4 + c]) / (2 * s));
        a.m[3 * c + 1] += (float)((d[c] - d[2 + c]) / (2 * s));
        a.m[3 * c + 2] += (float)((d[c] + d[4 + c]) / 2);
    }
    return a;
}

/* Smoothed noise: how far pixels move in one direction. */
static bool displacement(struct floats *f, const struct image *image, double alpha, double sigma,
                         struct corruption_work *work, struct error *err) {
    if (!floats_new(f, image->width, image->height, 1, work->arena, err)) return false;
    for (size_t i = 0; i < floats_count(f); i++) f->at[i] = (float)(alpha * (2 * rng_unit(&work->rng) - 1));
    return sigma < 8 ? floats_blur(f, sigma, work->arena, err) : floats_blur_far(f, sigma, work->arena, err);
}

/* Every pixel comes from where a random affine map and smoothed noise put it; lengths are shares of the shorter side.
 */
static bool elastic(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f, dx, dy;
    float rgb[3], cx = 0.5f * (float)(image->width - 1), cy = 0.5f * (float)(image->height - 1);
    double side = (double)(image->width < image->height ? image->width : image->height);
    double alpha = work->parameters[0] * side, sigma = work->parameters[1] * side;
    struct affine a = jitter(side / 3, work->parameters[2] * side, &work->rng);
    if (!floats_of_image(&f, image, work->arena, err) || !displacement(&dx, image, alpha, sigma, work, err) ||
        !displacement(&dy, image, alpha, sigma, work, err))
        return false;
    for (size_t i = 0; i < floats_count(&dx); i++) {
        float x = (float)(i % f.width) - cx + dx.at[i], y = (float)(i / f.width) - cy + dy.at[i];
        floats_sample(&f, a.m[0] * x + a.m[1] * y + a.m[2] + cx, a.m[3] * x + a.m[4] * y + a.m[5] + cy, rgb);
        for (size_t c = 0; c < 3; c++) image->rgb[3 * i + c] = image_byte(rgb[c]);
    }
    return true;
}

/* ---- rotate, flip ---- */

/* About the middle, to the left; the size stays, what comes from outside is black. */
static bool rotate(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f;
    double angle = work->parameters[0] * M_PI / 180;
    float rgb[3], across = (float)cos(angle), down = (float)sin(angle);
    float cx = 0.5f * (float)(image->width - 1), cy = 0.5f * (float)(image->height - 1);
    if (!floats_of_image(&f, image, work->arena, err)) return false;
    for (size_t i = 0, n = f.width * f.height; i < n; i++) {
        float x = (float)(i % f.width) - cx, y = (float)(i / f.width) - cy;
        float u = across * x - down * y + cx, v = down * x + across * y + cy;
        bool inside = u >= -0.5f && v >= -0.5f && u <= 2 * cx + 0.5f && v <= 2 * cy + 0.5f;
        floats_sample(&f, u, v, rgb);
        for (size_t c = 0; c < 3; c++) image->rgb[3 * i + c] = inside ? image_byte(rgb[c]) : 0;
    }
    return true;
}

enum { FLIP_LEFT_RIGHT = 1, FLIP_UP_DOWN, FLIP_BOTH, FLIP_TRANSPOSED, FLIP_TRANSPOSED_BACK };

/* Which pixel of the w x h picture stands at (x, y). */
static size_t flipped(int way, size_t x, size_t y, size_t w, size_t h) {
    switch (way) {
    case FLIP_LEFT_RIGHT:
        return y * w + w - 1 - x;
    case FLIP_UP_DOWN:
        return (h - 1 - y) * w + x;
    case FLIP_BOTH:
        return (h - 1 - y) * w + w - 1 - x;
    case FLIP_TRANSPOSED:
        return x * w + y;
    default:
        return (h - 1 - x) * w + w - 1 - y;
    }
}

static bool flip(struct image *image, struct corruption_work *work, struct error *err) {
    int way = (int)work->parameters[0];
    bool turned = way >= FLIP_TRANSPOSED;
    size_t w = image->width, h = image->height;
    struct image *out = image_new(turned ? h : w, turned ? w : h, IMAGE_PIXELS_MOST, work->arena, err);
    if (!out) return false;
    for (size_t y = 0; y < out->height; y++)
        for (size_t x = 0; x < out->width; x++)
            for (size_t c = 0; c < 3; c++)
                out->rgb[3 * (y * out->width + x) + c] = image->rgb[3 * flipped(way, x, y, w, h) + c];
    *image = *out;
    return true;
}

/* ---- rows ---- */

static const struct option_def elastic_options[] = {
    {"alpha", OPTION_REAL, NULL, 0, 10, NULL, "size of the noise, of the shorter side"},
    {"sigma", OPTION_REAL, NULL, 0, 1, NULL, "how far it is smoothed, of the shorter side"},
    {"affine", OPTION_REAL, NULL, 0, 0.5, NULL, "how far corners move, of the shorter side"},
};
static const struct option_def rotate_options[] = {
    {"degrees", OPTION_REAL, NULL, -360, 360, NULL, "to the left"},
};
static const struct option_def flip_options[] = {
    {"way", OPTION_INT, NULL, 1, 5, NULL, "1 left-right, 2 up-down, 3 both, 4 and 5 about a diagonal"},
};

const struct corruption corruption_elastic = {
    .name = "elastic",
    .medium = &medium_image,
    .summary = "stretched and twisted",
    .options = elastic_options,
    .n_options = 3,
    .severities = {{2, .7, .1}, {2, .08, .2}, {.05, .01, .02}, {.07, .01, .02}, {.12, .01, .02}},
    .image = elastic,
};
const struct corruption corruption_rotate = {
    .name = "rotate",
    .medium = &medium_image,
    .summary = "turned about the middle",
    .options = rotate_options,
    .n_options = 1,
    .severities = {{5}, {10}, {20}, {45}, {90}},
    .image = rotate,
};
const struct corruption corruption_flip = {
    .name = "flip",
    .medium = &medium_image,
    .summary = "mirrored, in the five ways that are no turns by a quarter",
    .options = flip_options,
    .n_options = 1,
    .severities = {{1}, {2}, {3}, {4}, {5}},
    .image = flip,
};
