/* Pictures: 8 bits a channel, red, green, blue. Read from PNG and JPEG, written as PNG. */
#ifndef MEDIA_IMAGE_H
#define MEDIA_IMAGE_H

#include "media/medium.h"

struct image {
    size_t width, height; /* both at least 1 */
    unsigned char *rgb;   /* [height][width][3] */
};
/* The most pixels that are read or made: beyond them the header alone is looked at. */
enum { IMAGE_PIXELS_MOST = 64000000 };

extern const struct medium medium_image;

/* A black picture on the arena; ERROR_DATA: no pixels, or more than `most`. */
struct image *image_new(size_t width, size_t height, size_t most, struct arena *arena, struct error *err) MUST_CHECK;
struct image *image_copy(const struct image *image, struct arena *arena, struct error *err) MUST_CHECK;
/* Pixels within bounds? ERROR_DATA says which bound. */
bool image_size_check(uint64_t width, uint64_t height, size_t most, struct error *err) MUST_CHECK;

/* PNG: any depth, palette, grey; 16 bits are reduced to 8, a gAMA that is not sRGB's is turned into sRGB, alpha is laid
 * over white (noted as "alpha over white"). ERROR_DATA: damaged, cut short, too large. */
bool png_looks(struct text bytes);
struct image *png_read(struct text bytes, size_t most, struct arena *arena, struct media_told *told,
                       struct error *err) MUST_CHECK;
/* Equal pixels give equal bytes (with one version of libpng and zlib). */
bool png_write(const struct image *image, struct buffer *out, struct error *err) MUST_CHECK;

/* JPEG: grey and colour, also progressive; what libjpeg only warns of (missing or damaged data) is an error. Rotation
 * in EXIF is not looked at. */
bool jpeg_looks(struct text bytes);
struct image *jpeg_read(struct text bytes, size_t most, struct arena *arena, struct error *err) MUST_CHECK;
/* Baseline, quality 1 to 100, colours at half the resolution (4:2:0); the accurate integer transform. */
bool jpeg_write(const struct image *image, int quality, struct buffer *out, struct error *err) MUST_CHECK;

/* Largest difference of a channel; 10 log10(255^2 / mean squared difference), infinite for equal pictures; the mean
 * structural similarity of the luma with Gaussian windows of 11 pixels, sd 1.5 (Wang et al. 2004), NaN where a side is
 * shorter than 11. Pictures of one size. */
int image_distance(const struct image *a, const struct image *b);
double image_psnr(const struct image *a, const struct image *b);
bool image_ssim(const struct image *a, const struct image *b, struct arena *arena, double *out,
                struct error *err) MUST_CHECK;

#endif
