/* Corruptions by weather, all of them drawn, none from pictures: see image_corruptions.h. */
#include "media/image/image_corruptions.h"
#include "media/image/image_float.h"

#include <math.h>

/* x' = (x + strength f) m / (m + strength), f a fractal, m the brightest value of the picture. */
static bool fog(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f, cloud;
    float strength = (float)work->parameters[0], most = 0;
    if (!floats_of_image(&f, image, work->arena, err) ||
        !floats_fractal(&cloud, image->width, image->height, work->parameters[1], &work->rng, work->arena, err))
        return false;
    for (size_t i = 0; i < floats_count(&f); i++)
        if (f.at[i] > most) most = f.at[i];
    for (size_t i = 0; i < floats_count(&f); i++)
        f.at[i] = (f.at[i] + strength * cloud.at[i / 3]) * most / (most + strength);
    floats_to_image(&f, image);
    return true;
}

/* Normal numbers, one a pixel. */
static bool normals(struct floats *f, const struct image *image, double mean, double sd, struct corruption_work *work,
                    struct error *err) {
    if (!floats_new(f, image->width, image->height, 1, work->arena, err)) return false;
    for (size_t i = 0; i < floats_count(f); i++) f->at[i] = (float)(mean + sd * rng_normal(&work->rng));
    return true;
}

/* ---- snow ---- */

enum { SNOW_MEAN, SNOW_SD, SNOW_ZOOM, SNOW_LEAST, SNOW_RADIUS, SNOW_SIGMA, SNOW_KEEP };

/* Flakes: the high values of enlarged noise, drawn out as they fall. */
static bool flakes(struct floats *layer, const struct image *image, struct corruption_work *work, struct error *err) {
    const double *p = work->parameters;
    struct floats noise;
    struct floats_zoomer zoomer;
    struct filter fall;
    double angle = -(0.25 + 0.5 * rng_unit(&work->rng)) * M_PI;
    if (!normals(&noise, image, p[SNOW_MEAN], p[SNOW_SD], work, err) ||
        !floats_new(layer, image->width, image->height, 1, work->arena, err) ||
        !floats_zoomer_new(&zoomer, &noise, work->arena, err) ||
        !filter_motion(&fall, p[SNOW_RADIUS], p[SNOW_SIGMA], angle, work->arena, err))
        return false;
    floats_zoom(&noise, p[SNOW_ZOOM], &zoomer, layer);
    for (size_t i = 0; i < floats_count(layer); i++) {
        float x = layer->at[i];
        layer->at[i] = x < (float)p[SNOW_LEAST] ? 0 : x > 1 ? 1 : x;
    }
    return floats_filter(layer, &fall, work->arena, err);
}

/* The picture becomes paler, then the flakes and the flakes turned by half a turn are added. */
static bool snow(struct image *image, struct corruption_work *work, struct error *err) {
    struct floats f, layer;
    float keep = (float)work->parameters[SNOW_KEEP];
    if (!flakes(&layer, image, work, err) || !floats_of_image(&f, image, work->arena, err)) return false;
    size_t n = floats_count(&layer);
    for (size_t i = 0; i < n; i++) {
        float *p = f.at + 3 * i, pale = 1.5f * image_luma(p[0], p[1], p[2]) + 0.5f;
        float added = layer.at[i] + layer.at[n - 1 - i];
        for (int c = 0; c < 3; c++) p[c] = keep * p[c] + (1 - keep) * (p[c] > pale ? p[c] : pale) + added;
    }
    floats_to_image(&f, image);
    return true;
}

/* ---- spatter ---- */

enum { SPATTER_MEAN, SPATTER_SD, SPATTER_SIGMA, SPATTER_LEAST, SPATTER_STRENGTH, SPATTER_MUD };

static float at_or_edge(const struct floats *f, ptrdiff_t x, ptrdiff_t y) {
    ptrdiff_t w = (ptrdiff_t)f->width, h = (ptrdiff_t)f->height;
    return f->at[(y < 0 ? 0 : y < h ? y : h - 1) * w + (x < 0 ? 0 : x < w ? x : w - 1)];
}

/* Drops of clear water: light is added, more of it where their surface is turned to the upper left. */
static void wet(struct floats *f, const struct floats *drops, float strength) {
    static const float colour[3] = {175 / 255.0f, 238 / 255.0f, 238 / 255.0f};
    for (size_t i = 0; i < floats_count(drops); i++) {
        ptrdiff_t x = (ptrdiff_t)(i % f->width), y = (ptrdiff_t)(i / f->width);
        float slope = at_or_edge(drops, x + 1, y + 1) - at_or_edge(drops, x - 1, y - 1);
        float light = 0.5f + slope, lit = strength * drops->at[i] * (light > 0 ? light : 0);
        for (size_t c = 0; c < 3; c++) f->at[3 * i + c] += lit * colour[c];
    }
}

/* Mud, which hides what is behind it. */
static void soil(struct floats *f, const struct floats *drops) {
    static const float colour[3] = {63 / 255.0f, 42 / 255.0f, 20 / 255.0f};
    for (size_t i = 0; i < floats_count(drops); i++) {
        float m = drops->at[i] < 0.8f ? 0 : drops->at[i];
        for (size_t c = 0; c < 3; c++) f->at[3 * i + c] = (1 - m) * f->at[3 * i + c] + m * colour[c];
    }
}

/* Drops are where smoothed noise is high. */
static bool spatter(struct image *image, struct corruption_work *work, struct error *err) {
    const double *p = work->parameters;
    struct floats f, drops;
    bool mud = p[SPATTER_MUD] != 0;
    if (!floats_of_image(&f, image, work->arena, err) ||
        !normals(&drops, image, p[SPATTER_MEAN], p[SPATTER_SD], work, err) ||
        !floats_blur(&drops, p[SPATTER_SIGMA], work->arena, err))
        return false;
    for (size_t i = 0; i < floats_count(&drops); i++) drops.at[i] = drops.at[i] > (float)p[SPATTER_LEAST];
    if (!floats_blur(&drops, mud ? p[SPATTER_STRENGTH] : 1, work->arena, err)) return false;
    if (mud)
        soil(&f, &drops);
    else
        wet(&f, &drops, (float)p[SPATTER_STRENGTH]);
    floats_to_image(&f, image);
    return true;
}

/* ---- rows ---- */

static const struct option_def fog_options[] = {
    {"strength", OPTION_REAL, NULL, 0, 100, NULL, "of the fog, beside a picture of 1"},
    {"decay", OPTION_REAL, NULL, 1, 8, NULL, "how much smaller each octave of the fog is; more is smoother"},
};
static const struct option_def snow_options[] = {
    {"mean", OPTION_REAL, NULL, -1, 2, NULL, "of the noise that becomes flakes"},
    {"sd", OPTION_REAL, NULL, 0, 2, NULL, "of it"},
    {"zoom", OPTION_REAL, NULL, 1, 16, NULL, "size of the flakes"},
    {"least", OPTION_REAL, NULL, 0, 1, NULL, "what is a flake"},
    {"radius", OPTION_REAL, NULL, 1, 60, NULL, "half of how far they fall, in pixels"},
    {"sigma", OPTION_REAL, NULL, 0.1, 100, NULL, "how soon they fade, in pixels"},
    {"keep", OPTION_REAL, NULL, 0, 1, NULL, "share of the picture that does not become pale"},
};
static const struct option_def spatter_options[] = {
    {"mean", OPTION_REAL, NULL, 0, 1, NULL, "of the noise that becomes drops"},
    {"sd", OPTION_REAL, NULL, 0, 2, NULL, "of it"},
    {"sigma", OPTION_REAL, NULL, 0, 32, NULL, "size of the drops, in pixels"},
    {"least", OPTION_REAL, NULL, 0, 1, NULL, "what is a drop"},
    {"strength", OPTION_REAL, NULL, 0, 10, NULL,
     "of the light that water adds; of mud: how soft its rim is, in pixels"},
    {"mud", OPTION_INT, NULL, 0, 1, NULL, "0 water, 1 mud"},
};

const struct corruption corruption_fog = {
    .name = "fog",
    .medium = &medium_image,
    .summary = "fractal fog",
    .options = fog_options,
    .n_options = 2,
    .severities = {{1.5, 2}, {2, 2}, {2.5, 1.7}, {2.5, 1.5}, {3, 1.4}},
    .image = fog,
};
const struct corruption corruption_snow = {
    .name = "snow",
    .medium = &medium_image,
    .summary = "falling snow",
    .options = snow_options,
    .n_options = 7,
    .severities = {{.1, .3, 3, .5, 10, 4, .8},
                   {.2, .3, 2, .5, 12, 4, .7},
                   {.55, .3, 4, .9, 12, 8, .7},
                   {.55, .3, 4.5, .85, 12, 8, .65},
                   {.55, .3, 2.5, .85, 12, 12, .55}},
    .image = snow,
};
const struct corruption corruption_spatter = {
    .name = "spatter",
    .medium = &medium_image,
    .summary = "drops of water, then of mud, on the lens",
    .options = spatter_options,
    .n_options = 6,
    .severities = {{.65, .3, 4, .69, .6, 0},
                   {.65, .3, 3, .68, .6, 0},
                   {.65, .3, 2, .68, .5, 0},
                   {.65, .3, 1, .65, 1.5, 1},
                   {.67, .4, 1, .65, 1.5, 1}},
    .image = spatter,
};
