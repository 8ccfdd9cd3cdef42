/* Corruptions by noise, each channel of each pixel for itself: see image_corruptions.h. */
#include "media/image/image_corruptions.h"
#include "media/image/image_float.h"

#include <math.h>

static size_t values_of(const struct image *image) {
    return 3 * image->width * image->height;
}

/* x + sd z */
static bool gaussian(struct image *image, struct corruption_work *work, struct error *err) {
    float sd = (float)work->parameters[0];
    for (size_t i = 0, n = values_of(image); i < n; i++)
        image->rgb[i] = image_byte((float)image->rgb[i] / 255 + sd * (float)rng_normal(&work->rng));
    return true;
}

/* x + x sd z */
static bool speckle(struct image *image, struct corruption_work *work, struct error *err) {
    float sd = (float)work->parameters[0];
    for (size_t i = 0, n = values_of(image); i < n; i++) {
        float x = (float)image->rgb[i] / 255;
        image->rgb[i] = image_byte(x + x * sd * (float)rng_normal(&work->rng));
    }
    return true;
}

/* A share `amount` of all values becomes 0 or 255, half each. */
static bool salt_pepper(struct image *image, struct corruption_work *work, struct error *err) {
    double amount = work->parameters[0];
    for (size_t i = 0, n = values_of(image); i < n; i++) {
        double u = rng_unit(&work->rng);
        if (u < amount) image->rgb[i] = u < amount / 2 ? 0 : 255;
    }
    return true;
}

/* Whole steps of 1/255, all within the bound equally likely. */
static bool bounded(struct image *image, struct corruption_work *work, struct error *err) {
    int bound = (int)work->parameters[0];
    for (size_t i = 0, n = values_of(image); i < n; i++) {
        int x = image->rgb[i] + (int)rng_below(&work->rng, (uint64_t)(2 * bound + 1)) - bound;
        image->rgb[i] = (unsigned char)(x < 0 ? 0 : x < 255 ? x : 255);
    }
    return true;
}

/* ---- shot noise ---- */

enum { LEVELS = 256, COUNTS = 96, INVERTED_BELOW = 30 };

/* For each level of a channel its rate and P(count <= k), where counts are drawn by inversion. */
struct poisson {
    double rate[LEVELS];
    double below[LEVELS][COUNTS];
};

static void fill(struct poisson *p, double scale) {
    for (int v = 0; v < LEVELS; v++) {
        double rate = p->rate[v] = v / 255.0 * scale, term = exp(-rate), sum = 0;
        for (int k = 0; k < COUNTS; k++) {
            p->below[v][k] = sum += term;
            term *= rate / (k + 1);
        }
    }
}

static double draw(const struct poisson *p, int level, struct rng *rng) {
    double rate = p->rate[level];
    if (rate >= INVERTED_BELOW) return fmax(0, floor(rate + sqrt(rate) * rng_normal(rng) + 0.5));
    double u = rng_unit(rng);
    int k = 0;
    while (k < COUNTS - 1 && u >= p->below[level][k]) k++;
    return k;
}

/* Poisson(scale x) / scale: by inversion below a rate of 30, above it the rounded normal. */
static bool shot(struct image *image, struct corruption_work *work, struct error *err) {
    double scale = work->parameters[0];
    struct poisson *p = arena_new(work->arena, struct poisson, 1, err);
    if (!p) return false;
    fill(p, scale);
    for (size_t i = 0, n = values_of(image); i < n; i++)
        image->rgb[i] = image_byte((float)(draw(p, image->rgb[i], &work->rng) / scale));
    return true;
}

/* ---- rows ---- */

static const struct option_def sd_option[] = {
    {"sd", OPTION_REAL, NULL, 0, 2, NULL, "standard deviation, of white"},
};
static const struct option_def bound_option[] = {
    {"linf", OPTION_INT, NULL, 0, 255, NULL, "largest difference of a channel, of 255"},
};
static const struct option_def scale_option[] = {
    {"scale", OPTION_REAL, NULL, 0.5, 1000, NULL, "photons of a white pixel; fewer are worse"},
};
static const struct option_def amount_option[] = {
    {"amount", OPTION_REAL, NULL, 0, 1, NULL, "share of the values that are replaced"},
};

const struct corruption corruption_gaussian_noise = {
    .name = "gaussian-noise",
    .medium = &medium_image,
    .summary = "normal noise on every channel",
    .options = sd_option,
    .n_options = 1,
    .severities = {{.08}, {.12}, {.18}, {.26}, {.38}},
    .image = gaussian,
};
const struct corruption corruption_shot_noise = {
    .name = "shot-noise",
    .medium = &medium_image,
    .summary = "Poisson noise, as of few photons",
    .options = scale_option,
    .n_options = 1,
    .severities = {{60}, {25}, {12}, {5}, {3}},
    .image = shot,
};
const struct corruption corruption_salt_pepper = {
    .name = "salt-pepper",
    .medium = &medium_image,
    .summary = "values that become black or white",
    .options = amount_option,
    .n_options = 1,
    .severities = {{.03}, {.06}, {.09}, {.17}, {.27}},
    .image = salt_pepper,
};
const struct corruption corruption_speckle = {
    .name = "speckle",
    .medium = &medium_image,
    .summary = "normal noise in proportion to the brightness",
    .options = sd_option,
    .n_options = 1,
    .severities = {{.15}, {.2}, {.35}, {.45}, {.6}},
    .image = speckle,
};
const struct corruption corruption_bounded_noise = {
    .name = "bounded-noise",
    .medium = &medium_image,
    .summary = "uniform noise within a largest difference, what an attack of that size is compared with",
    .options = bound_option,
    .n_options = 1,
    .severities = {{1}, {2}, {4}, {8}, {16}},
    .image = bounded,
};
