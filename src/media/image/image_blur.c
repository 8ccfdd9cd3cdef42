/* Corruptions by blur: see image_corruptions.h. */
#include "media/image/image_corruptions.h"
#include "media/image/image_float.h"

#include <math.h>
#include <string.h>

static bool gaussian(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f;
    if (!floats_of_image(&f, image, work->arena, err) || !floats_blur(&f, work->parameters[0], work->arena, err))
        return false;
    floats_to_image(&f, image);
    return true;
}

/* Every pixel trades places with one that lies at most `shift` away. */
static void shuffle(struct floats *f, int shift, struct rng *rng) {
    size_t side = 2 * (size_t)shift + 1, s = (size_t)shift;
    for (size_t y = s; y + s < f->height; y++)
        for (size_t x = s; x + s < f->width; x++) {
            size_t to = (size_t)rng_below(rng, side * side);
            float kept[3], *a = f->at + 3 * (y * f->width + x);
            float *b = f->at + 3 * ((y + to / side - s) * f->width + x + to % side - s);
            memcpy(kept, a, sizeof kept);
            memmove(a, b, sizeof kept);
            memcpy(b, kept, sizeof kept);
        }
}

/* Blurred, shuffled, blurred again. */
static bool glass(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f;
    double sigma = work->parameters[0];
    if (!floats_of_image(&f, image, work->arena, err) || !floats_blur(&f, sigma, work->arena, err)) return false;
    for (int i = 0; i < (int)work->parameters[2]; i++) shuffle(&f, (int)work->parameters[1], &work->rng);
    if (!floats_blur(&f, sigma, work->arena, err)) return false;
    floats_to_image(&f, image);
    return true;
}

static bool filtered(struct image *image, const struct filter *filter, struct corruption_work *work,
                     struct error *err) {
    struct floats f;
    if (!floats_of_image(&f, image, work->arena, err) || !floats_filter(&f, filter, work->arena, err)) return false;
    floats_to_image(&f, image);
    return true;
}

static bool defocus(struct image *image, struct corruption_work *work, struct error *err) {
    struct filter disc;
    return filter_disc(&disc, work->parameters[0], work->parameters[1], work->arena, err) &&
           filtered(image, &disc, work, err);
}

/* Along a direction within 45 degrees of the horizontal. */
static bool motion(struct image *image, struct corruption_work *work, struct error *err) {
    struct filter line;
    double angle = (rng_unit(&work->rng) - 0.5) * M_PI / 2;
    return filter_motion(&line, work->parameters[0], work->parameters[1], angle, work->arena, err) &&
           filtered(image, &line, work, err);
}

/* The mean of the picture and of its enlargements 1 + step, 1 + 2 step, ... below `most`. */
static bool zoom(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f, larger, sum;
    struct floats_zoomer zoomer;
    double most = work->parameters[0], step = work->parameters[1];
    size_t n = 1, values;
    if (!floats_of_image(&f, image, work->arena, err) || !floats_of_image(&sum, image, work->arena, err) ||
        !floats_new(&larger, f.width, f.height, 3, work->arena, err) ||
        !floats_zoomer_new(&zoomer, &f, work->arena, err))
        return false;
    values = floats_count(&f);
    for (double z = 1 + step; z < most - 1e-9; z += step, n++) {
        floats_zoom(&f, z, &zoomer, &larger);
        for (size_t i = 0; i < values; i++) sum.at[i] += larger.at[i];
    }
    for (size_t i = 0; i < values; i++) sum.at[i] /= (float)n;
    floats_to_image(&sum, image);
    return true;
}

/* ---- rows ---- */

static const struct option_def gaussian_options[] = {
    {"sigma", OPTION_REAL, NULL, 0, 100, NULL, "standard deviation in pixels"},
};
static const struct option_def glass_options[] = {
    {"sigma", OPTION_REAL, NULL, 0, 100, NULL, "standard deviation of the blur before and after, in pixels"},
    {"shift", OPTION_INT, NULL, 0, 32, NULL, "how far pixels trade places"},
    {"times", OPTION_INT, NULL, 0, 16, NULL, "how often they do"},
};
static const struct option_def defocus_options[] = {
    {"radius", OPTION_REAL, NULL, 1, 100, NULL, "of the disc, in pixels"},
    {"soft", OPTION_REAL, NULL, 0, 2, NULL, "standard deviation of its rim, in pixels"},
};
static const struct option_def motion_options[] = {
    {"radius", OPTION_REAL, NULL, 1, 60, NULL, "half the length, in pixels"},
    {"sigma", OPTION_REAL, NULL, 0.1, 100, NULL, "how soon it fades, in pixels"},
};
static const struct option_def zoom_options[] = {
    {"most", OPTION_REAL, NULL, 1, 4, NULL, "enlargements stay below it"},
    {"step", OPTION_REAL, NULL, 0.005, 1, NULL, "from one to the next"},
};

const struct corruption corruption_gaussian_blur = {
    .name = "gaussian-blur",
    .medium = &medium_image,
    .summary = "blur by a Gaussian",
    .options = gaussian_options,
    .n_options = 1,
    .severities = {{1}, {2}, {3}, {4}, {6}},
    .image = gaussian,
};
const struct corruption corruption_glass_blur = {
    .name = "glass-blur",
    .medium = &medium_image,
    .summary = "pixels that trade places, as behind frosted glass",
    .options = glass_options,
    .n_options = 3,
    .severities = {{.7, 1, 2}, {.9, 2, 1}, {1, 2, 3}, {1.1, 3, 2}, {1.5, 4, 2}},
    .image = glass,
};
const struct corruption corruption_defocus_blur = {
    .name = "defocus-blur",
    .medium = &medium_image,
    .summary = "blur by a disc, as of a lens out of focus",
    .options = defocus_options,
    .n_options = 2,
    .severities = {{3, .1}, {4, .5}, {6, .5}, {8, .5}, {10, .5}},
    .image = defocus,
};
const struct corruption corruption_motion_blur = {
    .name = "motion-blur",
    .medium = &medium_image,
    .summary = "blur along a line, as of a camera that moves",
    .options = motion_options,
    .n_options = 2,
    .severities = {{10, 3}, {15, 5}, {15, 8}, {15, 12}, {20, 15}},
    .image = motion,
};
const struct corruption corruption_zoom_blur = {
    .name = "zoom-blur",
    .medium = &medium_image,
    .summary = "blur away from the middle, as of a camera that comes nearer",
    .options = zoom_options,
    .n_options = 2,
    .severities = {{1.11, .01}, {1.16, .01}, {1.21, .02}, {1.26, .02}, {1.31, .03}},
    .image = zoom,
};
