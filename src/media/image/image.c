/* Pictures in memory, and the medium that they are: see image.h. */
#include "media/image/image.h"

#include "media/corruption.h"

#include <math.h>
#include <string.h>

bool image_size_check(uint64_t width, uint64_t height, size_t most, struct error *err) {
    if (width == 0 || height == 0)
        return error_set(err, ERROR_DATA, "the picture has no pixels (%llu x %llu)", (unsigned long long)width,
                         (unsigned long long)height);
    return (width <= most && height <= most / width) ||
           error_set(err, ERROR_DATA, "%llu x %llu pixels, at most %.4g million are read", (unsigned long long)width,
                     (unsigned long long)height, 1e-6 * (double)most);
}

struct image *image_new(size_t width, size_t height, size_t most, struct arena *arena, struct error *err) {
    if (!image_size_check(width, height, most, err)) return NULL;
    struct image *image = arena_new(arena, struct image, 1, err);
    if (!image || !(image->rgb = arena_alloc(arena, height, 3 * width, err))) return NULL;
    image->width = width;
    image->height = height;
    return image;
}

struct image *image_copy(const struct image *image, struct arena *arena, struct error *err) {
    struct image *copy = image_new(image->width, image->height, IMAGE_PIXELS_MOST, arena, err);
    if (copy) memcpy(copy->rgb, image->rgb, 3 * image->width * image->height);
    return copy;
}

/* ---- the medium ---- */

static bool looks(struct text bytes) {
    return png_looks(bytes) || jpeg_looks(bytes);
}

static void *read(struct text bytes, struct arena *arena, struct media_told *told, struct error *err) {
    return png_looks(bytes) ? png_read(bytes, IMAGE_PIXELS_MOST, arena, told, err)
                            : jpeg_read(bytes, IMAGE_PIXELS_MOST, arena, err);
}

static void *copy(const void *image, struct arena *arena, struct error *err) {
    return image_copy(image, arena, err);
}

static bool corrupt(void *image, const struct corruption *corruption, struct corruption_work *work, struct error *err) {
    return corruption->image(image, work, err);
}

static bool measure(const void *before, const void *after, struct arena *scratch, struct media_told *told,
                    struct error *err) {
    const struct image *a = before, *b = after;
    double ssim = NAN;
    if (a->width != b->width || a->height != b->height) {
        media_note(told, "another size, so nothing is measured");
        return true;
    }
    if (!image_ssim(a, b, scratch, &ssim, err)) return false;
    media_tell(told, "psnr", image_psnr(a, b));
    media_tell(told, "ssim", ssim);
    media_tell(told, "linf", image_distance(a, b));
    return true;
}

static bool write(const void *image, struct buffer *out, struct error *err) {
    return png_write(image, out, err);
}

const struct medium medium_image = {
    .name = "image",
    .what = "a PNG or JPEG picture",
    .extension = ".png",
    .looks = looks,
    .read = read,
    .copy = copy,
    .corrupt = corrupt,
    .measure = measure,
    .write = write,
};
