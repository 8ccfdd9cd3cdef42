/* Grids of numbers, for what corruptions compute: a picture has three channels between 0 and 1, a mask or a layer one.
 * All of it is f32 in a fixed order. Beyond its edges a grid goes on as its last pixel. */
#ifndef MEDIA_IMAGE_FLOAT_H
#define MEDIA_IMAGE_FLOAT_H

#include "media/image/image.h"

struct floats {
    size_t width, height, channels;
    float *at; /* [height][width][channels] */
};

/* The nearest of 0..255; what is outside is cut, NaN gives 0. */
static inline unsigned char image_byte(float x) {
    return (unsigned char)(255 * (x > 0 ? x < 1 ? x : 1 : 0) + 0.5f);
}
/* BT.601 luma. */
static inline float image_luma(float red, float green, float blue) {
    return 0.299f * red + 0.587f * green + 0.114f * blue;
}
static inline size_t floats_count(const struct floats *f) {
    return f->width * f->height * f->channels;
}

/* Zeros, on the arena. */
bool floats_new(struct floats *f, size_t width, size_t height, size_t channels, struct arena *arena,
                struct error *err) MUST_CHECK;
bool floats_of_image(struct floats *f, const struct image *image, struct arena *arena, struct error *err) MUST_CHECK;
void floats_to_image(const struct floats *f, struct image *image); /* of one size */
/* Bilinear, at (x, y) in pixels, 0 the middle of the first one: [channels]. */
void floats_sample(const struct floats *f, float x, float y, float *out);

/* ---- image_filter.c ---- */

/* Gaussian of sd sigma in pixels, cut at four of them, at most 1024 pixels; 0: nothing is done. In place. */
bool floats_blur(struct floats *f, double sigma, struct arena *arena, struct error *err) MUST_CHECK;
/* Nearly the same by three running means, whose cost does not grow with sigma, of a grid that is mirrored at its edges;
 * sigma is cut at about the longer side. One channel. */
bool floats_blur_far(struct floats *f, double sigma, struct arena *arena, struct error *err) MUST_CHECK;

struct filter_tap {
    int dx, dy;
    float weight;
};
struct filter {
    struct filter_tap *taps; /* their weights sum to 1 */
    size_t n;
    int reach; /* most of |dx|, |dy| */
};
/* A disc, its rim softened by a Gaussian of sd `soft` in 3 x 3 pixels, or 5 x 5 beyond radius 8. */
bool filter_disc(struct filter *filter, double radius, double soft, struct arena *arena, struct error *err) MUST_CHECK;
/* From a pixel 2 radius pixels along `angle` (radians), with the weights of a half Gaussian of sd sigma. */
bool filter_motion(struct filter *filter, double radius, double sigma, double angle, struct arena *arena,
                   struct error *err) MUST_CHECK;
/* out(x, y) = sum of weight in(x + dx, y + dy); in place. */
bool floats_filter(struct floats *f, const struct filter *filter, struct arena *arena, struct error *err) MUST_CHECK;

/* ---- image_resize.c ---- */

/* Each pixel the mean of what it covers; for shrinking. */
bool floats_resize_area(const struct floats *f, size_t width, size_t height, struct floats *out, struct arena *arena,
                        struct error *err) MUST_CHECK;
/* Bilinear between the middles of pixels; for enlarging. */
bool floats_resize_bilinear(const struct floats *f, size_t width, size_t height, struct floats *out,
                            struct arena *arena, struct error *err) MUST_CHECK;
/* Room for enlarging grids of one size. */
struct floats_zoomer {
    struct floats_place *x, *y; /* [width], [height] */
    float *row;                 /* [width][channels] */
};
bool floats_zoomer_new(struct floats_zoomer *zoomer, const struct floats *f, struct arena *arena,
                       struct error *err) MUST_CHECK;
/* What lies within 1/zoom of the middle, enlarged to the whole; out of the size of f, another grid. zoom >= 1. */
void floats_zoom(const struct floats *f, double zoom, const struct floats_zoomer *zoomer, struct floats *out);

/* ---- image_fractal.c ---- */

/* Diamond-square noise (Fournier, Fussell and Carpenter 1982) from 0 to 1, whose steps shrink by `decay` at each
 * halving: on the next power of two of the longer side, at most 4096 and stretched beyond. One channel. */
bool floats_fractal(struct floats *f, size_t width, size_t height, double decay, struct rng *rng, struct arena *arena,
                    struct error *err) MUST_CHECK;

/* ---- image_hsv.c ---- */

/* The hexcone (Smith 1978): hue in 0..6, saturation and value in 0..1. */
void hsv_of_rgb(const float rgb[3], float hsv[3]);
void rgb_of_hsv(const float hsv[3], float rgb[3]);

#endif
