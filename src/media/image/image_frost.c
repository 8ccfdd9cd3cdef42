/* Frost on a pane, drawn by rule: a veil that is thicker towards the edges, and crystals with six arms that branch at
 * 60 degrees. See image_corruptions.h. */
#include "media/image/image_corruptions.h"
#include "media/image/image_float.h"

#include <math.h>

enum { CRYSTALS = 28, ARMS = 6, TWIGS = 7, DEPTH = 3 };

/* A point of a stroke, spread over the four pixels around it; the brightest one stays. */
static void dot(struct floats *f, double x, double y, float light) {
    if (!(x >= 0 && y >= 0 && x < (double)f->width - 1 && y < (double)f->height - 1)) return;
    size_t i = (size_t)x, j = (size_t)y;
    float u = (float)(x - (double)i), v = (float)(y - (double)j), *p = f->at + j * f->width + i;
    const float part[4] = {(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v};
    float *const at[4] = {p, p + 1, p + f->width, p + f->width + 1};
    for (int k = 0; k < 4; k++)
        if (*at[k] < light * part[k]) *at[k] = light * part[k];
}

/* A stroke that fades, with twigs on both sides, which are shorter the further out they stand. */
static void branch(struct floats *f, double x, double y, double angle, double length, float light, int depth) {
    double across = cos(angle), down = sin(angle);
    for (double t = 0; t < length; t += 0.7)
        dot(f, x + t * across, y + t * down, light * (float)(1 - 0.6 * t / length));
    for (int i = 1; depth > 1 && i <= TWIGS; i++) {
        double t = length * i / (TWIGS + 1), twig = 0.45 * (length - t);
        if (twig < 1.5) break;
        branch(f, x + t * across, y + t * down, angle + M_PI / 3, twig, 0.85f * light, depth - 1);
        branch(f, x + t * across, y + t * down, angle - M_PI / 3, twig, 0.85f * light, depth - 1);
    }
}

/* More of them near the edges: of two places the one further out. */
static void crystal(struct floats *f, struct rng *rng) {
    double w = (double)f->width, h = (double)f->height, x = 0, y = 0, out = -1;
    for (int k = 0; k < 2; k++) {
        double u = rng_unit(rng), v = rng_unit(rng), far = fmax(fabs(2 * u - 1), fabs(2 * v - 1));
        if (far > out) x = u * w, y = v * h, out = far;
    }
    double turn = rng_unit(rng) * M_PI / 3, length = fmin(w, h) * (0.08 + 0.22 * rng_unit(rng));
    float light = (float)(0.6 + 0.4 * rng_unit(rng));
    for (int arm = 0; arm < ARMS; arm++) branch(f, x, y, turn + arm * M_PI / 3, length, light, DEPTH);
}

/* Light of the ice, 0 to 1. */
static bool ice(struct floats *out, const struct image *image, struct corruption_work *work, struct error *err) {
    struct floats veil, strokes;
    size_t w = image->width, h = image->height;
    if (!floats_fractal(&veil, w, h, 1.6, &work->rng, work->arena, err) ||
        !floats_new(&strokes, w, h, 1, work->arena, err))
        return false;
    for (int i = 0; i < CRYSTALS; i++) crystal(&strokes, &work->rng);
    for (size_t i = 0; i < w * h; i++) {
        float x = fabsf(2 * ((float)(i % w) + 0.5f) / (float)w - 1),
              y = fabsf(2 * ((float)(i / w) + 0.5f) / (float)h - 1);
        float edge = x > y ? x : y, ridge = 1 - fabsf(2 * veil.at[i] - 1);
        veil.at[i] = 0.25f + 0.35f * edge * edge + 0.3f * ridge * ridge * ridge * ridge + 0.5f * strokes.at[i];
    }
    *out = veil;
    return true;
}

/* keep x + ice of a bluish white */
static bool frost(struct image *image, struct corruption_work *work, struct error *err) {
    static const float colour[3] = {0.86f, 0.93f, 1.0f};
    struct floats layer;
    float keep = (float)work->parameters[0], strength = (float)work->parameters[1];
    if (!ice(&layer, image, work, err)) return false;
    for (size_t i = 0; i < floats_count(&layer); i++) {
        float light = strength * (layer.at[i] < 1 ? layer.at[i] : 1);
        for (size_t c = 0; c < 3; c++)
            image->rgb[3 * i + c] = image_byte(keep * (float)image->rgb[3 * i + c] / 255 + light * colour[c]);
    }
    return true;
}

static const struct option_def options[] = {
    {"keep", OPTION_REAL, NULL, 0, 1, NULL, "share of the picture that comes through"},
    {"ice", OPTION_REAL, NULL, 0, 1, NULL, "share of the ice"},
};

const struct corruption corruption_frost = {
    .name = "frost",
    .medium = &medium_image,
    .summary = "frost on a pane, with crystals",
    .options = options,
    .n_options = 2,
    .severities = {{1, .4}, {.8, .6}, {.7, .7}, {.65, .7}, {.6, .75}},
    .image = frost,
};
