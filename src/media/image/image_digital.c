/* Corruptions of value, colour and storage: see image_corruptions.h. */
#include "media/image/image_corruptions.h"
#include "media/image/image_float.h"

#include <math.h>

/* (x - m) share + m with the mean m of each channel. */
static bool contrast(struct image *image, struct corruption_work *work, struct error *err) {
    size_t n = image->width * image->height;
    uint64_t sum[3] = {0};
    float share = (float)work->parameters[0], mean[3];
    for (size_t i = 0; i < 3 * n; i++) sum[i % 3] += image->rgb[i];
    for (int c = 0; c < 3; c++) mean[c] = (float)((double)sum[c] / (double)n / 255);
    for (size_t i = 0; i < 3 * n; i++)
        image->rgb[i] = image_byte(((float)image->rgb[i] / 255 - mean[i % 3]) * share + mean[i % 3]);
    return true;
}

/* Each pixel's saturation and value become `times` of it plus `more`, within 0..1. */
static void change(struct image *image, int which, float times, float more) {
    for (size_t i = 0, n = image->width * image->height; i < n; i++) {
        unsigned char *p = image->rgb + 3 * i;
        float rgb[3] = {(float)p[0] / 255, (float)p[1] / 255, (float)p[2] / 255}, hsv[3];
        hsv_of_rgb(rgb, hsv);
        float x = hsv[which] * times + more;
        hsv[which] = x > 0 ? x < 1 ? x : 1 : 0;
        rgb_of_hsv(hsv, rgb);
        for (int c = 0; c < 3; c++) p[c] = image_byte(rgb[c]);
    }
}

static bool brightness(struct image *image, struct corruption_work *work, struct error *err) {
    change(image, 2, 1, (float)work->parameters[0]);
    return true;
}

static bool saturate(struct image *image, struct corruption_work *work, struct error *err) {
    change(image, 1, (float)work->parameters[0], (float)work->parameters[1]);
    return true;
}

/* Shrunk by means, and enlarged to blocks of one colour. */
static bool pixelate(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f, small;
    double share = work->parameters[0];
    size_t w = (size_t)fmax(1, floor((double)image->width * share));
    size_t h = (size_t)fmax(1, floor((double)image->height * share));
    if (!floats_of_image(&f, image, work->arena, err) || !floats_resize_area(&f, w, h, &small, work->arena, err))
        return false;
    for (size_t y = 0; y < image->height; y++)
        for (size_t x = 0; x < image->width; x++) {
            const float *from = small.at + 3 * (y * h / image->height * w + x * w / image->width);
            for (size_t c = 0; c < 3; c++) image->rgb[3 * (y * image->width + x) + c] = image_byte(from[c]);
        }
    return true;
}

static bool jpeg(struct image *image, struct corruption_work *work, struct error *err) {
    struct buffer bytes;
    buffer_init(&bytes, (size_t)512 << 20);
    struct image *again = NULL;
    if (jpeg_write(image, (int)work->parameters[0], &bytes, err))
        again = jpeg_read(buffer_text(&bytes), IMAGE_PIXELS_MOST, work->arena, err);
    if (again) *image = *again;
    buffer_done(&bytes);
    return again != NULL;
}

/* ---- rows ---- */

static const struct option_def contrast_options[] = {
    {"share", OPTION_REAL, NULL, 0, 1, NULL, "of the contrast that is left"},
};
static const struct option_def brightness_options[] = {
    {"more", OPTION_REAL, NULL, -1, 1, NULL, "added to the value (HSV)"},
};
static const struct option_def saturate_options[] = {
    {"times", OPTION_REAL, NULL, 0, 100, NULL, "the saturation (HSV)"},
    {"more", OPTION_REAL, NULL, -1, 1, NULL, "added to it"},
};
static const struct option_def pixelate_options[] = {
    {"share", OPTION_REAL, NULL, 0.01, 1, NULL, "of width and height that is left"},
};
static const struct option_def jpeg_options[] = {
    {"quality", OPTION_INT, NULL, 1, 100, NULL, "of libjpeg's scale"},
};

const struct corruption corruption_contrast = {
    .name = "contrast",
    .medium = &medium_image,
    .summary = "less contrast, about the mean",
    .options = contrast_options,
    .n_options = 1,
    .severities = {{.4}, {.3}, {.2}, {.1}, {.05}},
    .image = contrast,
};
const struct corruption corruption_brightness = {
    .name = "brightness",
    .medium = &medium_image,
    .summary = "too much light",
    .options = brightness_options,
    .n_options = 1,
    .severities = {{.1}, {.2}, {.3}, {.4}, {.5}},
    .image = brightness,
};
const struct corruption corruption_saturate = {
    .name = "saturate",
    .medium = &medium_image,
    .summary = "pale colours (severity 1, 2), then garish ones",
    .options = saturate_options,
    .n_options = 2,
    .severities = {{.3, 0}, {.1, 0}, {2, 0}, {5, .1}, {20, .2}},
    .image = saturate,
};
const struct corruption corruption_pixelate = {
    .name = "pixelate",
    .medium = &medium_image,
    .summary = "blocks of one colour",
    .options = pixelate_options,
    .n_options = 1,
    .severities = {{.6}, {.5}, {.4}, {.3}, {.25}},
    .image = pixelate,
};
const struct corruption corruption_jpeg = {
    .name = "jpeg",
    .medium = &medium_image,
    .summary = "stored as JPEG of low quality",
    .options = jpeg_options,
    .n_options = 1,
    .severities = {{25}, {18}, {15}, {10}, {7}},
    .image = jpeg,
};
