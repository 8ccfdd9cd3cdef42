/* Grids of numbers: see image_float.h. */
#include "media/image/image_float.h"

bool floats_new(struct floats *f, size_t width, size_t height, size_t channels, struct arena *arena,
                struct error *err) {
    *f = (struct floats){width, height, channels, NULL};
    if (!image_size_check(width, height, IMAGE_PIXELS_MOST, err)) return false;
    return (f->at = arena_alloc(arena, width * height, channels * sizeof *f->at, err)) != NULL;
}

bool floats_of_image(struct floats *f, const struct image *image, struct arena *arena, struct error *err) {
    if (!floats_new(f, image->width, image->height, 3, arena, err)) return false;
    for (size_t i = 0, n = floats_count(f); i < n; i++) f->at[i] = (float)image->rgb[i] / 255;
    return true;
}

void floats_to_image(const struct floats *f, struct image *image) {
    for (size_t i = 0, n = floats_count(f); i < n; i++) image->rgb[i] = image_byte(f->at[i]);
}

/* The pixel before x and how far x is behind it; positions within 0..n-1. */
static size_t split(float x, size_t n, float *part) {
    if (!(x > 0)) x = 0;
    if (x > (float)(n - 1)) x = (float)(n - 1);
    size_t i = (size_t)x;
    if (i >= n - 1) i = n > 1 ? n - 2 : 0;
    *part = x - (float)i;
    return i;
}

void floats_sample(const struct floats *f, float x, float y, float *out) {
    float u, v;
    size_t i = split(x, f->width, &u), j = split(y, f->height, &v), c = f->channels;
    size_t right = f->width > 1 ? c : 0, down = f->height > 1 ? c * f->width : 0;
    const float *p = f->at + (j * f->width + i) * c;
    for (size_t k = 0; k < c; k++, p++) {
        float above = p[0] + u * (p[right] - p[0]), below = p[down] + u * (p[down + right] - p[down]);
        out[k] = above + v * (below - above);
    }
}
